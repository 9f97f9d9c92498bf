using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Data;

/// <summary>Sequences of tokens by number: sequence i of a part depends on the source and (part, i) alone. Any thread may read.</summary>
public interface ITokenSource : IDisposable
{
    /// <summary>Tokens are 0..Vocabulary − 1; from 2 to 256.</summary>
    int Vocabulary { get; }

    /// <summary>The text that opens the same source again, every default written out.</summary>
    string Description { get; }

    /// <summary>The file that the tokens come from, or null for tokens that are made.</summary>
    FileIdentity? File { get; }

    /// <summary>Losses of simple predictors, nats per token, to compare a network with; may be empty.</summary>
    IReadOnlyList<ReferenceLoss> References { get; }

    /// <summary>
    /// The least mean loss that any predictor can reach, nats per target, over sequences of <paramref name="tokens"/>
    /// inputs: the exact conditional entropy of the targets given what the network sees. Null where it is not known.
    /// </summary>
    double? OptimalLoss(TrainingTask task, int tokens);

    /// <summary>
    /// How many different sequences of <paramref name="length"/> tokens a part has;
    /// <see cref="long.MaxValue"/> where they never end.
    /// </summary>
    /// <exception cref="InputException">Sequences of this length cannot be had at all.</exception>
    long Sequences(Split split, int length);

    /// <summary>Writes sequence number <paramref name="sequence"/> ≥ 0 of a part, as long as <paramref name="tokens"/>.</summary>
    void Fill(Split split, long sequence, Span<byte> tokens);
}

/// <summary>What a simple predictor loses on a source.</summary>
/// <param name="Name">The predictor, in a few words.</param>
/// <param name="Nats">Its mean loss, nats per token.</param>
public sealed record ReferenceLoss(string Name, double Nats);

/// <summary>What a sequence is drawn for. The three parts of a source share no sequence.</summary>
public enum Split
{
    /// <summary>What a network is trained on.</summary>
    Train,

    /// <summary>What it is evaluated on while it is trained.</summary>
    Validation,

    /// <summary>What neither training nor its evaluations touch.</summary>
    Test,
}
