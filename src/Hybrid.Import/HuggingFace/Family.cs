using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>What the code of one family fixes, whatever its configuration says: a row of the table of families.</summary>
/// <param name="ModelType">model_type in the configuration.</param>
/// <param name="ClassPrefix">How the names in architectures begin, before "Model", "For…" and the like.</param>
/// <param name="Norm">Placement of the normalisation.</param>
/// <param name="Gated">Whether the MLP is gated.</param>
/// <param name="Mask">The attention's mask.</param>
/// <param name="Embedding">What enters the first block.</param>
/// <param name="Activation">The activation where the configuration names none.</param>
internal sealed record Family(
    string ModelType,
    string ClassPrefix,
    Placement Norm,
    bool Gated,
    Mask Mask,
    EmbeddingKind Embedding,
    string Activation)
{
    /// <summary>How attention is told where tokens are.</summary>
    public PositionKind Positions { get; init; }

    /// <summary>Whether token vectors are multiplied by √d.</summary>
    public bool EmbeddingTimesRootWidth { get; init; }

    /// <summary>Whether queries and keys are normalised before their product, unless the configuration says otherwise.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>What the family's own code does to W_O and W_2.</summary>
    public ResidualScaling Scaling { get; init; } = ResidualScaling.None;

    /// <summary>Whether attention and MLP of a block read the same input, unless the configuration says otherwise.</summary>
    public bool ParallelResidual { get; init; }

    /// <summary>Whether head_dim may give heads another width than width / heads.</summary>
    public bool OwnHeadWidth { get; init; }

    /// <summary>Width of a head where head_dim is absent; null: width / heads.</summary>
    public int? HeadWidth { get; init; }

    /// <summary>Hidden units of the MLP over the width where their number is absent; null: the key is required.</summary>
    public int? MlpFactor { get; init; }

    /// <summary>Whether intermediate_size counts the units of gate and product together.</summary>
    public bool MlpCountsBothHalves { get; init; }

    /// <summary>Heads where num_attention_heads is absent; null: the key is required.</summary>
    public int? Heads { get; init; }

    /// <summary>Whether logits are divided by the root of query_pre_attn_scalar, 256 where absent, and not of the head's width.</summary>
    public bool QueryScalar { get; init; }

    /// <summary>Whether hidden_act "gelu" means the tanh approximation, as the first Gemma's code reads it.</summary>
    public bool GeluIsTanh { get; init; }

    /// <summary>A remark on this family that no key of the configuration gives away; null for none.</summary>
    public string? Remark { get; init; }
}
