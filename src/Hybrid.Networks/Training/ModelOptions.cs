using Hybrid.Architectures;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Training;

/// <summary>
/// What is trained: the blocks of an architecture between a token and position embedding and an unembedding. At
/// initialisation the blocks are exactly what the theory is told; the embedded tokens have the architecture's q₀, and
/// two different tokens at two different positions its ρ₀.
/// </summary>
/// <param name="Architecture">Legal, ρ₀ ≥ 0; its mask is causal for <see cref="TrainingTask.NextToken"/> and none otherwise.</param>
/// <param name="Task">What is predicted.</param>
/// <param name="Vocabulary">
/// Tokens 0..Vocabulary − 1, in training from 2 to 256; of a masked task the network also knows the token "hidden".
/// </param>
/// <param name="Tied">Whether the unembedding is the token embedding.</param>
/// <param name="LogitStd">Standard deviation of the initial logits of the vocabulary for a normalised token, > 0.</param>
public sealed record ModelOptions(
    Architecture Architecture,
    TrainingTask Task,
    int Vocabulary = 256,
    bool Tied = false,
    double LogitStd = 1)
{
    /// <summary>What a published network has beyond the record; null of networks that are trained here.</summary>
    public ModelForm? Form { get; init; }

    /// <summary>Rows of the token embedding: the vocabulary, and "hidden" for a masked task of ours.</summary>
    public int EmbeddedTokens => Task == TrainingTask.MaskedToken && Form is null ? Vocabulary + 1 : Vocabulary;

    /// <summary>c in c z U: the form's; else 1, or with E as U what gives z's logits the standard deviation LogitStd.</summary>
    internal double LogitScale => Form?.Output?.Scale
        ?? (Tied ? LogitStd / Math.Sqrt(Architecture.Width * InitialState.EmbeddingVariance(this)) : 1);

    /// <summary>The input token that stands for a hidden one, of a masked task.</summary>
    public int HiddenToken => Vocabulary;
}
