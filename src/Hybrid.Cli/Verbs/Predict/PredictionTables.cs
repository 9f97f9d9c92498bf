using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Import.HuggingFace;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A prediction as tables.</summary>
internal static class PredictionTables
{
    /// <summary>The verdict, what it rests on, exponents, and the tables that are asked for.</summary>
    public static void Write(Terminal terminal, PredictionOutput output, ImportReport? import)
    {
        Prediction prediction = output.Prediction;
        WriteVerdict(terminal.Out, output);
        terminal.Out.WriteLine();
        TextTable.Write(terminal, Exponents(prediction));
        terminal.Out.WriteLine($"bound: {NormBounds.Of(prediction.Architecture).Statement}");
        terminal.Out.WriteLine(VerdictText.Legend);
        if (import is not null)
        {
            terminal.Out.WriteLine("what the import took for granted:");
            ImportNotes.WriteNotes(terminal.Out, import);
        }

        foreach (ReportTable table in output.Tables())
        {
            terminal.Out.WriteLine();
            WriteWithCaption(terminal, table);
        }

        int width = prediction.Architecture.Width;
        string[] more =
        [
            .. output.Layers ? (string[])[] : ["--layers (every layer, attention's entropy)"],
            .. output.Weights ? (string[])[] : ["--weights (every module's activations, every weight matrix's gradient)"],
            .. output.Trend is null ? [$"--widths {width},{4 * width} (coordinate check)"] : (string[])[],
        ];
        if (more.Length > 0)
            terminal.Out.WriteLine($"more: {string.Join(", ", more)}");
    }

    /// <summary>The answer, what counts, how sure, why, and what could change it.</summary>
    private static void WriteVerdict(TextWriter output, PredictionOutput shown)
    {
        (Architecture architecture, Trainability trainability) = (shown.Prediction.Architecture, shown.Prediction.Trainability);
        output.WriteLine(VerdictText.Sentence(architecture, trainability));
        output.WriteLine(VerdictText.Distance(trainability));
        if (VerdictText.Evidence(architecture, trainability) is string evidence)
            output.WriteLine(evidence);
        output.WriteLine("why:");
        foreach (string reason in trainability.Reasons)
            output.WriteLine($"  · {reason}");
        if (shown.Caveats.Length == 0)
            return;
        output.WriteLine("caveats, the strongest first:");
        foreach (Caveat caveat in shown.Caveats.Take(VerdictText.Caveats))
            output.WriteLine($"  · {VerdictText.Effect(caveat)}: {caveat.Text}");
        if (shown.Caveats.Length > VerdictText.Caveats)
            output.WriteLine($"    and {shown.Caveats.Length - VerdictText.Caveats} weaker, in --json and --report");
    }

    private static void WriteWithCaption(Terminal terminal, ReportTable table)
    {
        TextTable.Write(terminal, table);
        if (table.Caption != "")
            terminal.Out.WriteLine(table.Caption);
    }

    /// <summary>Exponents, depth scales and the fixed point.</summary>
    public static ReportTable Exponents(Prediction prediction)
    {
        string phase = prediction.Phase.IsUnknown
            ? "unknown here: rows of attention differ at the line; the layers tell"
            : $"{Words.Of(prediction.Phase)}: growth of 1 − ρ per block at the line";
        string average = prediction.Stationary ? "" : ", mean over depth";
        FixedPoint fixedPoint = prediction.FixedPoint;
        string found = !prediction.Stationary
            ? "norms are not stationary: there is none"
            : fixedPoint.Converged ? "attracting fixed point of the block" : "iteration did not converge";
        return new(
            "",
            ["<quantity", "<symbol", "value", "<meaning"],
            [
                ["angle exponent", "λ_a", Exponent(prediction.AngleExponent), $"{phase}{average}"],
                .. AtDepth(prediction),
                .. Known(
                    [
                        "gradient exponent", "λ_g", Exponent(prediction.GradientExponent),
                        $"growth of gradient power per block, backwards{average}",
                    ],
                    ["difference exponent", "λ_d", Exponent(prediction.DifferenceExponent), $"the same for g_d − g_o{average}"],
                    ["angle depth scale", "ξ_a", DepthScale(prediction.AngleExponent), "blocks over which angles change by e"],
                    ["gradient depth scale", "ξ_g", DepthScale(prediction.GradientExponent), "blocks over which gradients change by e"]),
                .. prediction.Stationary
                    ? (string[][])
                    [
                        ["fixed-point norm", "q*", Numbers.Significant(fixedPoint.Q), found],
                        ["fixed-point correlation", "ρ*", Numbers.Significant(fixedPoint.Rho), found],
                    ]
                    : [["fixed point", "q*, ρ*", Numbers.Significant(double.NaN), found]],
            ]);
    }

    /// <summary>What is not known here has no row: the first one says why.</summary>
    private static IEnumerable<string[]> Known(params string[][] rows) => rows.Where(row => row[2] != Numbers.Significant(double.NaN));

    /// <summary>
    /// Under a mask λ_a is a limit that differences approach over a
    /// hundred blocks; beside it what they do over the network's own.
    /// </summary>
    private static string[][] AtDepth(Prediction prediction) => double.IsNaN(prediction.AngleExponentAtDepth)
        || prediction.Architecture.Mask.IsNone
        ? []
        : [
            [
                "the same at this depth", "", Exponent(prediction.AngleExponentAtDepth),
                "λ_a is its limit in many blocks: mean over the network's own",
            ],
        ];

    private const string Exponential = "p = qρ; λ_a, λ_g: growth per block of 1 − ρ and of gradients at the collapsed line";

    /// <summary>Every layer, with what its columns mean; what is an average over draws says so.</summary>
    public static ReportTable Layers(Prediction prediction) => new(
        prediction.Layers.Any(layer => layer.Uncertainty.Q > 0)
            ? $"{Exponential}. Means over positions and draws of infinitely wide networks; --json gives standard errors"
            : Exponential,
        ["layer", "q", "p", "ρ", "1 − ρ", "g_d", "g_o", "λ_a", "λ_g"],
        [.. prediction.Layers.Select(Row)]);

    /// <summary>An exponent is the log of a number near 1: below 1e-12 there is only rounding.</summary>
    private static string Exponent(double value) => Numbers.Significant(Math.Abs(value) < Rounding ? 0 : value);

    private static string DepthScale(double exponent) => Math.Abs(exponent) < Rounding ? "∞" : Numbers.Significant(1 / Math.Abs(exponent));

    private const double Rounding = 1e-12;

    private static IReadOnlyList<string> Row(LayerPrediction layer) =>
    [
        Numbers.Integer(layer.Layer),
        Numbers.Significant(layer.Q),
        Numbers.Significant(layer.P),
        Numbers.Significant(layer.Rho),
        Numbers.Significant(layer.U),
        Numbers.Significant(layer.GradientDiagonal),
        Numbers.Significant(layer.GradientOffDiagonal),
        Numbers.Significant(layer.AngleExponent),
        Numbers.Significant(layer.GradientExponent),
    ];
}
