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

    /// <summary>Whether a vector of the segment, which all tokens share, is among those that are added up and normalised.</summary>
    public bool HasSegments { get; init; } = true;

    /// <summary>embedding_size where it is absent, for code that reads it; null: d.</summary>
    public int? EmbeddingWidth { get; init; }

    /// <summary>Whether token vectors are multiplied by √d.</summary>
    public bool EmbeddingTimesRootWidth { get; init; }

    /// <summary>Which queries and keys are normalised before their product, unless use_qk_norm says otherwise.</summary>
    public QueryKeyNorm QueryKeyNorm { get; init; } = QueryKeyNorm.None;

    /// <summary>Base of rotary positions where rope_theta is absent.</summary>
    public double RopeBase { get; init; } = 10000;

    /// <summary>Base of rotary positions in layers with windows, if they have their own.</summary>
    public double? LocalBase { get; init; }

    /// <summary>Share of a head's coordinates that turn where the configuration gives none.</summary>
    public double RotaryFraction { get; init; } = 1;

    /// <summary>Coordinates of a head that turn where rotary_dim is absent; null: their share is given.</summary>
    public int? RotaryWidth { get; init; }

    /// <summary>Every which layer has no positions, unless no_rope_layers says otherwise; null: none.</summary>
    public int? NoPositionsEvery { get; init; }

    /// <summary>Whether only layers with windows have positions.</summary>
    public bool PositionsInWindowsOnly { get; init; }

    /// <summary>Whether all layers have positions after all where sliding_window is null.</summary>
    public bool PositionsWithoutWindows { get; init; }

    /// <summary>Factor and context of the YaRN that stands where rope_scaling is absent; null: plain positions.</summary>
    public (double Factor, double Context)? Yarn { get; init; }

    /// <summary>Whether rope_scaling is for layers without windows alone.</summary>
    public bool ScalesFullOnly { get; init; }

    /// <summary>Whether the key alibi, false where absent, replaces rotary positions.</summary>
    public bool HasAlibiFlag { get; init; }

    /// <summary>Whether a file without max_position_embeddings means ALiBi.</summary>
    public bool AlibiWithoutContext { get; init; }

    /// <summary>Key of the tokens of a window.</summary>
    public string WindowKey { get; init; } = "sliding_window";

    /// <summary>Tokens of a window where that key is absent; null: no windows.</summary>
    public int? Window { get; init; }

    /// <summary>Every which layer, counted from 1, has no window; null: all have one.</summary>
    public int? FullEvery { get; init; }

    /// <summary>Every which layer has no window, the first among them; null for another pattern.</summary>
    public int? GlobalFirstEvery { get; init; }

    /// <summary>The first layer, counted from 0, with a window where max_window_layers is absent; null for another pattern.</summary>
    public int? WindowsFromLayer { get; init; }

    /// <summary>Every other layer, the first among them, below this one has a window where max_window_layers is absent.</summary>
    public int? WindowsBelowLayer { get; init; }

    /// <summary>Whether layers without positions are those with windows.</summary>
    public bool WindowsWithoutPositions { get; init; }

    /// <summary>Whether there are windows only if use_sliding_window is true.</summary>
    public bool WindowsAreOptIn { get; init; }

    /// <summary>Whether layers attend within chunks instead.</summary>
    public bool Chunks { get; init; }

    /// <summary>Cap of the logits where attn_logit_softcapping is absent; null for none.</summary>
    public double? SoftCap { get; init; }

    /// <summary>Whether a logit of 0 stands beside those of the tokens.</summary>
    public bool HasSink { get; init; }

    /// <summary>Whether all heads share one of keys and values unless multi_query is false.</summary>
    public bool SharesKeys { get; init; }

    /// <summary>num_key_value_heads where it is absent; null: as many as heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Whether attention is latent.</summary>
    public bool IsLatent { get; init; }

    /// <summary>The experts in the MLP's place; null for a family without them.</summary>
    public ExpertRule? Experts { get; init; }

    /// <summary>At how many standard deviations drawn weights are cut off where the file does not say; null: nowhere.</summary>
    public double? Cutoff { get; init; }

    /// <summary>What the family's own code does to W_O and W_2.</summary>
    public ResidualScaling Scaling { get; init; } = ResidualScaling.None;

    /// <summary>Whether attention and MLP of a block read the same input, unless the configuration says otherwise.</summary>
    public bool ParallelResidual { get; init; }

    /// <summary>Whether head_dim may give heads another width than width / heads; latent attention does not ask.</summary>
    public bool OwnHeadWidth { get; init; }

    /// <summary>Width of a head where head_dim is absent; null: width / heads.</summary>
    public int? HeadWidth { get; init; }

    /// <summary>Hidden units of the MLP over the width where their number is absent; null: the key is required.</summary>
    public int? MlpFactor { get; init; }

    /// <summary>Whether intermediate_size counts the units of gate and product together.</summary>
    public bool MlpCountsBothHalves { get; init; }

    /// <summary>Sizes of the class, which the nested configuration of a multi-modal model leaves out; null: they are required.</summary>
    public ClassSizes? Sizes { get; init; }

    /// <summary>Whether logits are divided by the root of query_pre_attn_scalar, 256 where absent, and not of the head's width.</summary>
    public bool QueryScalar { get; init; }

    /// <summary>What logits are multiplied by where attention_multiplier is absent; null: 1/√d_h.</summary>
    public double? LogitFactor { get; init; }

    /// <summary>scale_depth where it is absent; null: branches are not multiplied.</summary>
    public double? ScaleDepth { get; init; }

    /// <summary>scale_emb where it is absent; null: token vectors are not multiplied.</summary>
    public double? ScaleEmbedding { get; init; }

    /// <summary>initializer_range where it is absent.</summary>
    public double WeightStd { get; init; } = 0.02;

    /// <summary>The activation that the code computes whatever hidden_act says; null: hidden_act.</summary>
    public string? OwnActivation { get; init; }

    /// <summary>Whether activation_function, where it is given, names the gate too (swiglu, geglu), and other names mean none.</summary>
    public bool NamesGate { get; init; }

    /// <summary>Whether hidden_act "gelu" means the tanh approximation, as the first Gemma's code reads it.</summary>
    public bool GeluIsTanh { get; init; }

    /// <summary>A remark on this family that no key of the configuration gives away; null for none.</summary>
    public string? Remark { get; init; }
}
