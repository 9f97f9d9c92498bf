using Hybrid.Networks.Model;

namespace Hybrid.Import.Checkpoints;

/// <summary>How the files of one family of checkpoints are to be read: names, shapes, and what its code fixes.</summary>
/// <param name="ModelTypes">model_type of the configurations.</param>
/// <param name="Roots">What names may begin with, the usual one first.</param>
/// <param name="Tokens">The token embedding, by which the root is found.</param>
/// <param name="Rows">Every tensor that the family may have; those without a place in the network are no tensor of it.</param>
internal sealed record FamilyTensors(string[] ModelTypes, string[] Roots, string Tokens, TensorRow[] Rows)
{
    /// <summary>Tensors that are stored and say nothing: masks, positions, heads of other tasks.</summary>
    public string[] Ignored { get; init; } = [];

    /// <summary>Whether norms take means off and have biases.</summary>
    public bool LayerNorm { get; init; }

    /// <summary>The key of ε.</summary>
    public string EpsilonKey { get; init; } = "rms_norm_eps";

    /// <summary>ε where the key is absent.</summary>
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>Biases that the family always has.</summary>
    public MatrixBiases Biases { get; init; }

    /// <summary>Biases that attention_bias adds; false where absent, or as the family's code has it.</summary>
    public MatrixBiases AttentionBiases { get; init; }

    /// <summary>Whether attention_bias is true where it is absent.</summary>
    public bool AttentionBiasUsual { get; init; }

    /// <summary>Biases that qkv_bias adds, true where absent.</summary>
    public MatrixBiases PatchBiases { get; init; }

    /// <summary>Biases that mlp_bias adds.</summary>
    public MatrixBiases MlpBiases { get; init; }

    /// <summary>Whether tokens are patches of images, behind a token of the class; such networks have no head here.</summary>
    public bool Patches { get; init; }

    /// <summary>Whether embedded tokens are normalised.</summary>
    public bool EmbeddingNorm { get; init; }

    /// <summary>Whether the head is tied where tie_word_embeddings is absent.</summary>
    public bool TiedUsually { get; init; }

    /// <summary>The unembedding of its own.</summary>
    public string Unembedding { get; init; } = "lm_head.weight";

    /// <summary>The bias of a masked language model's head, by which that head is found; null: the family has none.</summary>
    public string? MaskedHeadBias { get; init; }

    /// <summary>The key of the share of a head that is turned, for rotary positions, and the share where it is absent.</summary>
    public (string Key, double Usual) RotaryShare { get; init; } = ("partial_rotary_factor", 1);

    /// <summary>The base of rotary positions where no key gives it.</summary>
    public double RotaryBase { get; init; } = 10000;

    /// <summary>First row of the position table that stands for position 0.</summary>
    public int FirstPosition { get; init; }

    /// <summary>Whether learned positions are added.</summary>
    public bool LearnedPositions { get; init; }

    /// <summary>Every which layer has no window where layer_types is absent; null: windows turn as all layers do.</summary>
    public int? WindowPattern { get; init; }
}
