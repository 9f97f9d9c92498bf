using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Data;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>What the networks learn, next token for next token.</summary>
/// <param name="Name">Names it in tables.</param>
/// <param name="Source">Its sequences.</param>
internal sealed record GrowthTask(string Name, ITokenSource Source)
{
    /// <summary>
    /// A chain of order 2, whose transitions must be remembered, and associative recall, which must look keys up: two tasks,
    /// so that what is said of a placement is not said of one task.
    /// </summary>
    public static IReadOnlyList<GrowthTask> All { get; } =
    [
        new("Markov chain", TrainingChain.Source),
        new("recall", new RecallSource(new(8, 8, 2, 2403))),
    ];

    /// <summary>ln V, the loss of a network that knows nothing, nats per token.</summary>
    public double Ignorance => Math.Log(Source.Vocabulary);

    /// <summary>The least loss over sequences of <paramref name="tokens"/> inputs, nats per token.</summary>
    public double Optimum(int tokens) => Source.OptimalLoss(TrainingTask.NextToken, tokens)!.Value;
}
