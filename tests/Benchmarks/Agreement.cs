using System.Diagnostics;
using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Import.Records;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Theory;
using Verdict = Hybrid.Lab.Comparisons.Agreement;

namespace Hybrid.Benchmarks;

/// <summary>
/// The published agreement between theory and random networks, as the tables of docs/agreement.md: errors by placement of
/// the normalisation and by attention strength, where the width is no longer the limit, and against the number of heads.
/// </summary>
internal static class Agreement
{
    private const ulong Seed = 1;

    private static readonly string[] Placements = ["none", "pre", "post", "peri", "output"];
    private static readonly string[] Strengths = ["0.1", "1", "2", "4", "8"];
    private static readonly string[] HeadPlacements = ["pre", "post", "peri", "output"];
    private static readonly int[] Heads = [1, 2, 4, 8, 32];

    /// <summary>Prints Markdown; progress goes to stderr.</summary>
    public static int Run(int threads, int width, int samples)
    {
        long start = Stopwatch.GetTimestamp();
        (string Placement, string Strength)[] grid =
            [.. Placements.SelectMany(placement => Strengths.Select(strength => (placement, strength)))];
        CheckReport report = Check(threads, samples, [.. grid.Select(point => Of(width, point.Placement, point.Strength, 8))]);
        (string Placement, int Count)[] headGrid =
            [.. HeadPlacements.SelectMany(placement => Heads.Select(count => (placement, count)))];
        CheckReport heads = Check(threads, samples, [.. headGrid.Select(point => Of(width, point.Placement, "8", point.Count))]);

        Console.WriteLine($"Width {width}, {samples} networks (and {4 * samples} at width {width / 4}), seed {Seed}, {threads} threads, "
            + $"{Stopwatch.GetElapsedTime(start).TotalSeconds:0} s, {Environment.CpuUsage.TotalTime.TotalSeconds:0} s of processor time.");
        Console.WriteLine();
        Console.WriteLine("### By placement, over all attention strengths and layers");
        Summarise("norm", Placements, name =>
            grid.Index().Where(item => item.Item.Placement == name).Select(item => report.Comparisons[item.Index]));
        Console.WriteLine();
        Console.WriteLine("### By attention strength, over all placements and layers");
        Summarise("σ_A", Strengths, name =>
            grid.Index().Where(item => item.Item.Strength == name).Select(item => report.Comparisons[item.Index]));
        Console.WriteLine();
        Console.WriteLine("### By heads, over the placements pre, post, peri and output, at σ_A = 8");
        Summarise("heads", [.. Heads.Select(count => count.ToString(CultureInfo.InvariantCulture))], name =>
            headGrid.Index().Where(item => $"{item.Item.Count}" == name).Select(item => heads.Comparisons[item.Index]));
        Console.WriteLine();
        Console.WriteLine("### By placement and heads, signed: (measured − theory)/scale ± standard error at the width itself");
        Console.WriteLine();
        Console.WriteLine("| norm | heads | q, last layer | 1 − ρ, last layer | g_d, first layer | g_o, first layer |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- |");
        foreach ((int index, Comparison comparison) in heads.Comparisons.Index())
        {
            int depth = comparison.Prediction.Architecture.Depth;
            Console.WriteLine($"| {headGrid[index].Placement} | {headGrid[index].Count} "
                + $"| {Signed(comparison, Quantity.Q, depth)} | {Signed(comparison, Quantity.Rho, depth)} "
                + $"| {Signed(comparison, Quantity.GradientDiagonal, 0)} | {Signed(comparison, Quantity.GradientOffDiagonal, 0)} |");
        }

        return 0;
    }

    private static CheckReport Check(int threads, int samples, Architecture[] architectures)
    {
        EngineEntry engine = new(
            "conditioned", "", (architecture, inner) => new ConditionedEngine(architecture, inner), ConditionedEngine.Bytes);
        string last = "";
        return Hybrid.Lab.Checks.Check.Run(
            new CheckPlan(architectures, engine, samples, Seed, threads),
            Predict.Architecture,
            now =>
            {
                if (Interlocked.Exchange(ref last, now.Architecture) != now.Architecture)
                    Console.Error.WriteLine($"{now.Done}/{now.Total} {now.Architecture}");
            },
            CancellationToken.None);
    }

    private static Architecture Of(int width, string placement, string strength, int heads) => ArchitectureOverrides.Apply(
        ArchitectureModule.Defaults,
        [
            $"name=norm {placement}, σ_A {strength}, {heads} heads", "tokens=32", "depth=12", $"width={width}", $"mlpWidth={width}",
            $"heads={heads}", "activation=tanh", $"norm={placement}", $"attention.logitStd={strength}", "attention.branch=0.5",
            "mlp.branch=0.5", "mlp.inStd=1.5", "input.correlation=0.2",
        ]);

    private static void Summarise(string heading, string[] rows, Func<string, IEnumerable<Comparison>> select)
    {
        Console.WriteLine();
        Console.WriteLine($"| {heading} | quantity | median | 90 % | 99 % | at ∞: "
            + "median | 90 % | 99 % | standard error | agree ✓ | inconclusive ? | disagree ✗ |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (string row in rows)
        {
            Comparison[] comparisons = [.. select(row)];
            foreach (ErrorSummary errors in ErrorSummary.Of(comparisons))
            {
                QuantityComparison[] items =
                    [.. comparisons.SelectMany(item => item.Quantities).Where(item => item.Quantity == errors.Quantity)];
                Percentiles sampling = Percentiles.Of(
                    items.Where(item => item.Measured.StandardError > 0).Select(item => item.Measured.StandardError / item.Scale));
                int Count(Verdict verdict) => items.Count(item => item.Agreement == verdict);
                Console.WriteLine($"| {row} | {Symbol(errors.Quantity)} | {Row(errors.AtWidth)} | {Row(errors.Extrapolated)} | "
                    + $"{Percent(sampling.P50)} | {Count(Verdict.Agrees)} | {Count(Verdict.Inconclusive)} | {Count(Verdict.Disagrees)} |");
            }
        }
    }

    private static string Signed(Comparison comparison, Quantity quantity, int layer)
    {
        QuantityComparison item = comparison.Quantities.First(item => item.Quantity == quantity && item.Layer == layer);
        return string.Create(
            CultureInfo.InvariantCulture, $"{Math.Round(100 * item.Deviation, 2):+0.00;−0.00;0.00} ± {100 * item.Measured.StandardError / item.Scale:0.00} %");
    }

    private static string Row(Percentiles errors) => $"{Percent(errors.P50)} | {Percent(errors.P90)} | {Percent(errors.P99)}";

    private static string Percent(double fraction) => string.Create(CultureInfo.InvariantCulture, $"{100 * fraction:0.000} %");

    private static string Symbol(Quantity quantity) => quantity switch
    {
        Quantity.Q => "q",
        Quantity.Rho => "1 − ρ",
        Quantity.GradientDiagonal => "g_d",
        Quantity.GradientOffDiagonal => "g_o",
        _ => throw new ArgumentOutOfRangeException(nameof(quantity), quantity, "no such quantity"),
    };
}
