using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Drawing;
using Hybrid.Import.Json;
using Hybrid.Lab.Speed;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Training;

/// <summary>What a run takes, before it begins.</summary>
public static class TrainingCost
{
    /// <summary>A run of more seconds than a day's is not begun unasked.</summary>
    public const double LongestUnasked = 24 * 3600;

    /// <summary>
    /// Arithmetic of a step, products alone, a multiplication and an addition counted as two: forwards, backwards to activations and to
    /// weights, and forwards once more where activations are computed again.
    /// </summary>
    public static double OperationsOfStep(TrainingOptions options)
    {
        Architecture architecture = options.Model.Architecture;
        const double RandomNetworkPasses = 2;
        double passes = options.Recompute ? 4 : 3, unembedding = 2.0 * architecture.Tokens * architecture.Width * options.Model.Vocabulary;
        return options.Sequences
            * ((NetworkOperations.Of(architecture) * passes / RandomNetworkPasses) + (3 * unembedding));
    }

    /// <summary>Refuses a run that this processor has no prospect of ending within a day, at its rate of products.</summary>
    /// <exception cref="InputException">It says how long a step and the run would take.</exception>
    public static void EnsureWithinADay(TrainingPlan plan, int threads)
    {
        double operations = OperationsOfStep(plan.Options), rate = ProductRate.Measure(threads), step = operations / rate;
        double seconds = step * plan.Options.Steps;
        if (seconds <= LongestUnasked)
            return;
        throw new InputException(string.Create(
            CultureInfo.InvariantCulture,
            $"training '{plan.Options.Model.Architecture.Name}' for {plan.Options.Steps} steps takes {Duration(seconds)} or more on this "
            + $"processor: {Numbers.Significant(operations / 1e9, 3)} GFLOP a step at {Numbers.Significant(rate / 1e9, 3)} GFLOP/s, "
            + $"{Numbers.Significant(step, 3)} s each; give --yes to begin all the same, fewer --steps, a smaller --batch, or "
            + $"--set width=…, depth=… or tokens=…"));
    }

    private static string Duration(double seconds) => seconds < 2 * 365.25 * LongestUnasked
        ? $"{Numbers.Significant(seconds / LongestUnasked, 3)} days"
        : $"{Numbers.Significant(seconds / LongestUnasked / 365.25, 3)} years";
}
