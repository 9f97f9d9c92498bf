using System.Diagnostics;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Lab.Checks;

/// <summary>The main job: predict every architecture, simulate it at two widths, compare, judge.</summary>
public static class Check
{
    /// <summary>
    /// Runs a plan. <paramref name="predict"/> is the theory; <paramref name="progress"/> is told before each prediction
    /// and after each network, from any thread. The report depends on the plan alone, not on threads. Cancelled, the report
    /// holds the architectures that were finished.
    /// </summary>
    /// <exception cref="InputException">The plan asks for too few samples, for no architecture, or for more
    /// memory than it allows.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before any architecture was finished.</exception>
    public static CheckReport Run(
        CheckPlan plan,
        Func<Architecture, Prediction> predict,
        Action<CheckProgress> progress,
        CancellationToken cancellation)
    {
        if (plan.Samples < CheckPlan.LeastSamples)
        {
            throw new InputException(
                $"--samples must be an integer ≥ {CheckPlan.LeastSamples} to compare with error bars, got {plan.Samples}");
        }

        if (plan.Architectures.Count == 0)
            throw new InputException("a check needs at least one architecture, got none");

        long start = Stopwatch.GetTimestamp();
        EnsembleRun run = plan.Run;
        ComparisonOptions options = plan.Options;
        List<Comparison> comparisons = [];
        int done = 0;
        Measurement Measure(Architecture at, int first, int samples)
        {
            Measurement measurement = run.Measure(
                at,
                first,
                samples,
                () => progress(new(at.Name, at.Width, Interlocked.Increment(ref done), plan.Networks)),
                cancellation);
            cancellation.ThrowIfCancellationRequested();
            return measurement;
        }

        try
        {
            foreach (Architecture architecture in plan.Architectures)
            {
                progress(new(architecture.Name, 0, done, plan.Networks));
                Prediction prediction = predict(architecture);
                Measurement measured = Measure(architecture, 0, plan.Samples);
                // Other sample numbers: the two ensembles share no random number.
                Measurement other = Measure(SecondWidth.Of(architecture), plan.Samples, SecondWidth.Networks(architecture, plan.Samples));
                comparisons.Add(Comparison.Of(prediction, measured, other, options));
            }
        }
        catch (OperationCanceledException) when (comparisons.Count > 0)
        {
            // What is finished is reported.
        }

        return Report(plan, options, comparisons, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>The report of comparisons that were made.</summary>
    internal static CheckReport Report(CheckPlan plan, ComparisonOptions options, List<Comparison> comparisons, double seconds) =>
        new(plan, options, comparisons, ErrorSummary.Of(comparisons), Judge(comparisons), seconds);

    private static Agreement Judge(List<Comparison> comparisons)
    {
        if (comparisons.Any(comparison => comparison.Agreement == Agreement.Disagrees))
            return Agreement.Disagrees;
        return comparisons.Any(comparison => comparison.Agreement == Agreement.Inconclusive)
            ? Agreement.Inconclusive
            : Agreement.Agrees;
    }
}

/// <summary>How far a check has come.</summary>
/// <param name="Architecture">The name of the architecture at work.</param>
/// <param name="Width">The width being simulated; 0 while the theory predicts.</param>
/// <param name="Done">Networks drawn so far, over the whole check.</param>
/// <param name="Total">Networks that the check draws.</param>
public readonly record struct CheckProgress(string Architecture, int Width, int Done, int Total);
