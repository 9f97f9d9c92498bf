using System.Diagnostics;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Dense;

namespace Hybrid.Lab.Differences;

/// <summary>
/// One network through two engines and through the reference in double precision, compared at every block boundary. The
/// tolerance is what roundings may do: the size of the roundings of one product times a condition, which is measured on this
/// very network by changing every weight, stream and gradient of the reference by random amounts as small as roundings.
/// </summary>
public static class Difference
{
    // Standard errors that a tolerance spans: the largest of n² deviations has a narrow law, and the condition is its typical size.
    private const double Spread = 3;

    /// <summary>Runs <paramref name="plan"/>.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="progress">Told what runs next and how many of <see cref="DifferencePlan.Passes"/> are done.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <exception cref="InputException">The reference leaves double precision.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static DifferenceReport Run(DifferencePlan plan, Action<string, int> progress, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        int done = 0;
        NetworkSample reference = New(plan.Architecture);
        NetworkSample[] changed = [.. Enumerable.Range(0, DifferencePlan.Draws).Select(_ => New(plan.Architecture))];
        using (DoubleEngine engine = (DoubleEngine)plan.Run(DifferencePlan.Double).Create(plan.Architecture, plan.Threads))
        {
            Step("the reference in double precision");
            engine.Run(plan.Seed, 0, reference);
            EnsureFinite(plan.Architecture, reference);
            for (int draw = 0; draw < changed.Length; draw++)
            {
                Step($"the reference with changes {draw + 1}");
                engine.Run(plan.Seed, 0, changed[draw], DifferencePlan.SingleRounding, draw);
            }
        }

        NetworkSample[] samples = [.. ((DifferenceEngine[])[plan.First, plan.Second]).Select(engine =>
        {
            Step($"engine {engine.Entry.Name}");
            return Sample(plan, engine);
        })];
        return new(plan, [.. Compare(plan, samples, reference, changed)], Stopwatch.GetElapsedTime(start).TotalSeconds);

        void Step(string what)
        {
            cancellation.ThrowIfCancellationRequested();
            progress(what, done++);
        }
    }

    private static void EnsureFinite(Architecture architecture, NetworkSample reference)
    {
        for (int layer = 0; layer <= architecture.Depth; layer++)
        {
            if (!reference.Hidden[layer].Concat(reference.Gradient[layer]).All(double.IsFinite))
            {
                throw new InputException($"'{architecture.Name}': its networks leave double precision at layer {layer}, so there is "
                    + "nothing to compare with; hybrid predict says what diverges");
            }
        }
    }

    private static NetworkSample New(Architecture architecture) => new(architecture.Tokens, architecture.Depth);

    private static NetworkSample Sample(DifferencePlan plan, DifferenceEngine engine)
    {
        NetworkSample sample = New(plan.Architecture);
        using INetworkEngine running = plan.Run(engine).Create(plan.Architecture, plan.Threads);
        running.Run(plan.Seed, 0, sample);
        return sample;
    }

    private static IEnumerable<LayerDifference> Compare(
        DifferencePlan plan, NetworkSample[] samples, NetworkSample reference, NetworkSample[] changed)
    {
        int depth = plan.Architecture.Depth;
        for (int layer = 0; layer <= depth; layer++)
            yield return At(false, layer);
        for (int layer = depth; layer >= 0; layer--)
            yield return At(true, layer);

        LayerDifference At(bool backward, int layer)
        {
            double[] Gram(NetworkSample sample) => (backward ? sample.Gradient : sample.Hidden)[layer];
            double[] standard = Gram(reference);
            LayerObservables[] means = [.. samples.Select(sample => LayerObservables.Of(sample, layer))];
            double condition = Math.Sqrt(changed.Average(sample => Square(Largest(Gram(sample), standard, standard))))
                / DifferencePlan.SingleRounding;
            return new(
                backward,
                layer,
                [.. means.Select(mean => backward ? mean.GradientDiagonal : mean.Q)],
                [.. means.Select(mean => backward ? mean.GradientOffDiagonal : mean.P)],
                Largest(Gram(samples[0]), Gram(samples[1]), standard),
                [.. samples.Select(sample => Largest(Gram(sample), standard, standard))],
                condition,
                Spread * plan.Rounding * condition);
        }
    }

    private static double Square(double value) => value * value;

    // max |left − right| of an entry over the geometric mean of its rows' squared norms.
    private static double Largest(double[] left, double[] right, double[] scale)
    {
        int tokens = (int)Math.Sqrt(scale.Length);
        double largest = 0;
        for (int i = 0; i < tokens; i++)
        {
            for (int j = 0; j < tokens; j++)
            {
                int at = i * tokens + j;
                double difference = Math.Abs(left[at] - right[at]);
                if (difference == 0)
                    continue;
                double relative = difference / Math.Sqrt(scale[i * tokens + i] * scale[j * tokens + j]);
                largest = double.IsNaN(relative) ? double.PositiveInfinity : Math.Max(largest, relative);
            }
        }

        return largest;
    }
}

/// <summary>Where two engines part, or that they do not.</summary>
/// <param name="Plan">What was run.</param>
/// <param name="Layers">Every block boundary in the order of the passes: streams 0..depth, gradients depth..0.</param>
/// <param name="Seconds">What it took.</param>
public sealed record DifferenceReport(DifferencePlan Plan, IReadOnlyList<LayerDifference> Layers, double Seconds)
{
    /// <summary>The first boundary beyond its tolerance, in the order in which the passes come to it; null where all agree.</summary>
    public LayerDifference? First => Layers.FirstOrDefault(layer => !layer.Agrees);

    /// <summary>The boundary whose entries use most of their tolerance.</summary>
    public LayerDifference Nearest => Layers.MaxBy(layer => layer.Entries / layer.Tolerance)!;

    /// <summary>Whether no boundary is beyond its tolerance.</summary>
    public bool Agrees => First is null;
}
