using Hybrid.Lab.Data;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Measurement;

/// <summary>The loss at the end of a training run and nothing else.</summary>
internal static class TrainedLoss
{
    /// <summary>The name of the test loss, nats per token; +∞ where the run diverged.</summary>
    public const string Loss = "loss";

    /// <summary>One run from the seed of the options.</summary>
    public static CellValues Measure(TrainingOptions options, ITokenSource source) =>
        CellValues.Of([[KeyValuePair.Create(Loss, ObservedTraining.Run(options, source, options.Steps, (_, _) => { }))]]);
}
