using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>What the code of a family with experts does, whatever its configuration says.</summary>
/// <param name="Gate">What weighs the chosen experts; with <see cref="Unnormalised"/> only where norm_topk_prob is true.</param>
internal sealed record ExpertRule(Gate Gate)
{
    /// <summary>What weighs them where norm_topk_prob is false; null: the code does not read it.</summary>
    public Gate? Unnormalised { get; init; }

    /// <summary>norm_topk_prob where it is absent.</summary>
    public bool NormalisedByDefault { get; init; }

    /// <summary>Whether a file that does not say how many there are has none.</summary>
    public bool AreOptional { get; init; }

    /// <summary>routed_scaling_factor where it is absent.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Whether gates that are normalised are not multiplied by routed_scaling_factor.</summary>
    public bool ScalesUnnormalisedOnly { get; init; }

    /// <summary>Standard deviation of the router's logits of normalised tokens; null: that of its matrix, drawn as all others.</summary>
    public double? RouterStd { get; init; }

    /// <summary>first_k_dense_replace where it is absent.</summary>
    public int DenseFirst { get; init; }

    /// <summary>What n_shared_experts or shared_expert_intermediate_size is where it is absent.</summary>
    public int SharedByDefault { get; init; }

    /// <summary>Key of the width of an expert.</summary>
    public string WidthKey { get; init; } = "intermediate_size";

    /// <summary>Key of the width of an MLP in layers without experts; null: all layers have them.</summary>
    public string? DenseWidthKey { get; init; }

    /// <summary>What the expert that sees every token is.</summary>
    public SharedExpert Shared { get; init; }

    /// <summary>n_group and topk_group where they are absent; null: the code knows none, or takes them for 1.</summary>
    public (int Groups, int Chosen)? Groups { get; init; }

    /// <summary>Whether gates multiply what goes into the experts, and are not normalised.</summary>
    public bool GatesInputs { get; init; }

    /// <summary>Whether 1 is added to the half of an expert's hidden units that its gate multiplies.</summary>
    public bool AddsOne { get; init; }
}
