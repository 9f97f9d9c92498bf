namespace Hybrid.Import.HuggingFace;

/// <summary>The expert that sees every token.</summary>
internal enum SharedExpert
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>n_shared_experts of the routed experts' width, 1 MLP.</summary>
    Counted,

    /// <summary>One of the routed experts' width.</summary>
    Same,

    /// <summary>One of the width shared_expert_intermediate_size, multiplied by a logistic function of the token.</summary>
    Gated,

    /// <summary>One of the width shared_intermediate_size.</summary>
    Sized,
}
