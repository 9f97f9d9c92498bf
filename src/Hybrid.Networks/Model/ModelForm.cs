namespace Hybrid.Networks.Model;

/// <summary>
/// What a published network has and the architecture record leaves out because nothing of it matters at initialisation: ε and means
/// in its norms, biases, what surrounds the blocks. The default is the network of the record.
/// </summary>
/// <param name="Epsilon">ε ≥ 0 in x/√(mean x² + ε).</param>
/// <param name="Centred">Whether norms take the mean of the coordinates off first: layer norm, not RMS norm.</param>
/// <param name="Shifted">Whether a norm adds a vector of its own behind its gain.</param>
/// <param name="Biases">The matrices with a bias. W_1 always has one; without its flag it stays 0.</param>
/// <param name="EmbeddingNorm">Whether embedded tokens are normalised before the first block.</param>
/// <param name="Output">What stands behind the blocks.</param>
/// <param name="Stretch">How turns of rotary positions are stretched; null where they are not.</param>
public sealed record ModelForm(
    double Epsilon = 0,
    bool Centred = false,
    bool Shifted = false,
    MatrixBiases Biases = MatrixBiases.None,
    bool EmbeddingNorm = false,
    OutputForm? Output = null,
    RotaryStretch? Stretch = null);

/// <summary>
/// Rotary positions stretched for contexts longer than those of training. Every turn is slower by the factor; with a context n₀, only
/// those of fewer than Low turns within it are, those of more than High keep their speed, and between them it goes over linearly.
/// </summary>
/// <param name="Factor">How much slower, > 0.</param>
/// <param name="Base">Of the layers whose positions have this base, the others being as they are.</param>
/// <param name="Context">n₀; 0 where all turns are slower.</param>
/// <param name="Low">Fewest turns, below <paramref name="High"/>.</param>
/// <param name="High">Most turns.</param>
public sealed record RotaryStretch(double Factor, double Base, double Context = 0, double Low = 0, double High = 0)
{
    /// <summary>The angle a token that stands for <paramref name="angle"/> without the stretch.</summary>
    public double Of(double angle)
    {
        if (Context == 0)
            return angle / Factor;
        double turns = Context * angle / (2 * Math.PI), kept = Math.Clamp((turns - Low) / (High - Low), 0, 1);
        return (1 - kept) * angle / Factor + kept * angle;
    }
}

/// <summary>What turns the last stream into logits.</summary>
/// <param name="Head">Whose vectors it is multiplied by.</param>
/// <param name="Scale">c in c z U.</param>
/// <param name="Bias">Whether every token has a bias of its own.</param>
/// <param name="Cap">c in c tanh(ℓ/c); null for none.</param>
/// <param name="Transform">Whether z = γ ∘ N φ(x W + b) + β, with W of [d, d], stands before U, as in masked language models.</param>
public sealed record OutputForm(
    HeadKind Head = HeadKind.Own, double Scale = 1, bool Bias = false, double? Cap = null, bool Transform = false);

/// <summary>The vectors that a network's outputs are compared with.</summary>
public enum HeadKind
{
    /// <summary>Vectors of their own.</summary>
    Own,

    /// <summary>Those of the token embedding.</summary>
    Tied,

    /// <summary>None: the network ends with its last stream, and has no loss.</summary>
    None,
}

/// <summary>Matrices whose product gets a bias.</summary>
[Flags]
public enum MatrixBiases
{
    /// <summary>No matrix.</summary>
    None = 0,

    /// <summary>W_Q.</summary>
    Query = 1,

    /// <summary>W_K.</summary>
    Key = 2,

    /// <summary>W_V.</summary>
    Value = 4,

    /// <summary>W_O.</summary>
    AttentionOut = 8,

    /// <summary>W_1.</summary>
    MlpIn = 16,

    /// <summary>W_u of a gated MLP.</summary>
    MlpUp = 32,

    /// <summary>W_2.</summary>
    MlpOut = 64,
}
