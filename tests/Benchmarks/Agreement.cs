using System.Diagnostics;
using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Cli.Shared;
using Hybrid.Import.Records;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;
using Verdict = Hybrid.Lab.Comparisons.Agreement;

namespace Hybrid.Benchmarks;

/// <summary>
/// The published agreement between theory and random networks, as the tables of docs/agreement.md: errors by placement of
/// the normalisation and by attention strength, where the width is no longer the limit, against the number of heads, and for what
/// transformers have today.
/// </summary>
internal static class Agreement
{
    private const ulong Seed = 1;

    private static readonly string[] Placements = ["none", "pre", "post", "peri", "output"];
    private static readonly string[] Strengths = ["0.1", "1", "2", "4", "8"];
    private static readonly string[] HeadPlacements = ["pre", "post", "peri", "output"];
    private static readonly int[] Heads = [1, 2, 4, 8, 32];

    /// <summary>Prints Markdown; progress goes to stderr. With cells apart, only where all of them are measured.</summary>
    /// <param name="threads">≥ 1.</param>
    /// <param name="width">The larger width.</param>
    /// <param name="samples">Networks at it.</param>
    /// <param name="cells">How the ensembles are measured as cells; null to measure them in one piece.</param>
    public static int Run(int threads, int width, int samples, AgreementCells? cells)
    {
        long start = Stopwatch.GetTimestamp();
        (string Placement, string Strength)[] grid =
            [.. Placements.SelectMany(placement => Strengths.Select(strength => (placement, strength)))];
        CheckReport? report = Check(
            cells, "grid", threads, samples, [.. grid.Select(point => Of(width, point.Placement, point.Strength, 8))]);
        (string Placement, int Count)[] headGrid =
            [.. HeadPlacements.SelectMany(placement => Heads.Select(count => (placement, count)))];
        CheckReport? heads = Check(
            cells, "heads", threads, samples, [.. headGrid.Select(point => Of(width, point.Placement, "8", point.Count))]);
        if (report is null || heads is null)
            return cells!.Code;

        Console.WriteLine(Drawn(report.Plan, start));
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

    /// <summary>The same for masks, heads, norms and MLPs of today's transformers, one at a time and together.</summary>
    public static int RunFeatures(int threads, int width, int samples, AgreementCells? cells)
    {
        long start = Stopwatch.GetTimestamp();
        string[] names = [.. Features.Select(feature => feature.Name)];
        Architecture[] architectures = [.. Features.Select(feature => Modern(width, feature.Name, feature.Changes))];
        if (Check(cells, "features", threads, samples, architectures) is not CheckReport report)
            return cells!.Code;
        Console.WriteLine(Drawn(report.Plan, start));
        Summarise("network", names, name => report.Comparisons.Where((_, index) => names[index] == name));
        return 0;
    }

    private static string Drawn(CheckPlan plan, long start)
    {
        Architecture first = plan.Architectures[0];
        return $"Width {first.Width}, {plan.Samples} networks (and {SecondWidth.Networks(first, plan.Samples)} at width "
            + $"{SecondWidth.Of(first).Width}), seed {plan.Seed}, {plan.Threads} threads, "
            + $"{Stopwatch.GetElapsedTime(start).TotalSeconds:0} s, {Environment.CpuUsage.TotalTime.TotalSeconds:0} s of processor time.";
    }

    private static readonly (string Name, string[] Changes)[] Features =
    [
        ("plain", []),
        ("in parallel", ["wiring=parallel"]),
        ("window", ["mask={\"window\":8}"]),
        ("prefix", ["mask={\"prefix\":8}"]),
        ("five windows, one causal", [$"mask=[{string.Join(",", Enumerable.Repeat("{\"window\":8}", 5))},\"causal\"]"]),
        ("rotary", ["attention.positions={\"rope\":{\"base\":10000,\"fraction\":1}}"]),
        ("a quarter rotary", ["attention.positions={\"rope\":{\"base\":10000,\"fraction\":0.25}}"]),
        ("ALiBi", ["attention.positions=alibi"]),
        ("heads' queries and keys normalised", ["attention.queryKeyNorm=head"]),
        ("all queries and keys normalised", ["attention.queryKeyNorm=all"]),
        ("cap", ["attention.softCap=2"]),
        ("sink", ["attention.sink=1"]),
        ("two groups of heads", ["attention.keyValueHeads=2"]),
        ("8 experts, 2 active", [Experts("renormalised", 8, 2, 0, 0), "mlpWidth=256"]),
        ("16 experts, 4 active, softmax, shared", [Experts("softmax", 16, 4, 0.25, 0), "mlpWidth=128"]),
        ("16 experts, 4 active, sigmoid, one dense layer", [Experts("sigmoid", 16, 4, 0, 1), "mlpWidth=128"]),
        ("gains falling as 1/√ℓ", [$"normGain=[{string.Join(",", Enumerable.Range(1, ModernDepth).Select(Gain))}]"]),
        ("dynamic tanh", ["normKind={\"dyt\":0.5}"]),
        ("grouped, rotary, normalised, experts",
        [
            "attention.keyValueHeads=4", "attention.positions={\"rope\":{\"base\":10000,\"fraction\":1}}", "attention.queryKeyNorm=head",
            Experts("renormalised", 8, 2, 0, 0), "mlpWidth=256",
        ]),
        ("windows, rotary, sink, experts",
        [
            $"mask=[{string.Join(",", Enumerable.Repeat("{\"window\":8},\"causal\"", ModernDepth / 2))}]", "attention.sink=0",
            "attention.positions={\"rope\":{\"base\":10000,\"fraction\":1}}", Experts("renormalised", 8, 2, 0, 0), "mlpWidth=256",
        ]),
    ];

    private const int ModernDepth = 6;

    private static string Gain(int layer) => (1 / Math.Sqrt(layer)).ToString("R", CultureInfo.InvariantCulture);

    private static string Experts(string gate, int count, int active, double shared, int dense) => string.Create(
        CultureInfo.InvariantCulture,
        $"mlp.experts={{\"count\":{count},\"active\":{active},\"gate\":\"{gate}\",\"routerStd\":1,\"shared\":{shared},\"dense\":{dense}}}");

    // Heads keep their width at the second width: they are drawn with as many coordinates as they have.
    private static Architecture Modern(int width, string name, string[] changes) => ArchitectureOverrides.Apply(
        ArchitectureModule.Defaults,
        [
            $"name={name}", "tokens=32", $"depth={ModernDepth}", $"width={width}", $"mlpWidth={width}", "heads=8", "attention.headWidth=32",
            "activation=silu", "gated=true", "norm=pre", "mask=causal", "attention.logitStd=1.5", "attention.branch=0.8", "mlp.branch=0.8",
            "mlp.inStd=1.5", "mlp.outStd=1.5", "input.correlation=0.2", .. changes,
        ]);

    private static CheckReport? Check(AgreementCells? cells, string name, int threads, int samples, Architecture[] architectures)
    {
        CheckPlan plan = new(architectures, BuiltEngines.Catalogue.Find("conditioned"), samples, Seed, threads);
        if (cells is not null)
            return cells.Check(plan, name);
        string last = "";
        return Hybrid.Lab.Checks.Check.Run(
            plan,
            Predict.Thoroughly,
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
        double deviation = Math.Round(100 * item.Deviation, 2), error = 100 * item.Measured.StandardError / item.Scale;
        return string.Create(CultureInfo.InvariantCulture, $"{deviation:+0.00;−0.00;0.00} ± {error:0.00} %");
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
