using System.Globalization;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Comparisons;
using Spectre.Console;

namespace Hybrid.Cli.Verbs;

/// <summary>A check's report as tables: one for each architecture, then the percentiles, then the verdict.</summary>
internal static class CheckTables
{
    /// <summary>What the columns of <see cref="Errors"/> mean.</summary>
    public const string ErrorsNote =
        "deviation = (measured − theory)/scale; scale: q, 1 − ρ for ρ, g_d, and max(|g_o|, g_d/(n−1)) for g_o.\n"
        + "at ∞: extrapolated to infinite width from the second width; detectable: the largest error that would still agree.";

    // Two tables, so that a line fits a window of 110 columns.
    public static readonly Quantity[][] Tables =
        [[Quantity.Q, Quantity.Rho], [Quantity.GradientDiagonal, Quantity.GradientOffDiagonal]];

    public static void Write(Terminal terminal, CheckReport report)
    {
        foreach (Comparison comparison in report.Comparisons)
            WriteComparison(terminal, comparison);
        ReportTable errors = Errors(report);
        terminal.Out.WriteLine(errors.Caption);
        TextTable.Write(terminal, errors);
        terminal.Out.WriteLine(ErrorsNote);
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(Counts(report));
        terminal.Out.WriteLine($"verdict: {Verdict(report)}");
    }

    private static void WriteComparison(Terminal terminal, Comparison comparison)
    {
        terminal.Out.WriteLine(Heading(comparison));
        foreach (Quantity[] quantities in Tables)
            WriteQuantities(terminal, comparison, quantities);
    }

    private static void WriteQuantities(Terminal terminal, Comparison comparison, Quantity[] quantities)
    {
        TextTable table = new(Headings(quantities));
        foreach (IEnumerable<(string, Style?)> layer in Layers(comparison, quantities))
            table.Row(layer);
        table.Write(terminal);
    }

    private static string[] Headings(Quantity[] quantities) =>
    [
        "layer",
        .. quantities.SelectMany(quantity => (string[])[$"{Words.Symbol(quantity)} theory", "<measured ± error", "deviation", "<"]),
    ];

    private static IEnumerable<IEnumerable<(string Text, Style? Style)>> Layers(Comparison comparison, Quantity[] quantities) =>
        comparison.Quantities.GroupBy(item => item.Layer).Select(layer => (IEnumerable<(string, Style?)>)
        [
            (Numbers.Integer(layer.Key), null),
            .. quantities.SelectMany(quantity => Cells(layer.FirstOrDefault(item => item.Quantity == quantity))),
        ]);

    private static IEnumerable<(string, Style?)> Cells(QuantityComparison? item)
    {
        if (item is null)
            return [("–", null), ("", null), ("", null), ("", null)];
        Style style = new(item.Agreement switch
        {
            Agreement.Agrees => Color.Green,
            Agreement.Disagrees => Color.Red,
            _ => Color.Yellow,
        });
        return
        [
            (Numbers.Significant(item.Prediction), null),
            (item.Measured.ToString(), null),
            (Numbers.SignedPercent(item.Deviation), null),
            (Words.Mark(item.Agreement), style),
        ];
    }

    /// <summary>An architecture and its verdict in one line.</summary>
    public static string Heading(Comparison comparison) =>
        $"{comparison.Prediction.Architecture.Name} at width {comparison.Measured.Architecture.Width}: {Words.Of(comparison.Agreement)}";

    /// <summary>Some quantities of one architecture, layer by layer.</summary>
    public static ReportTable Of(Comparison comparison, Quantity[] quantities) => new(
        "",
        Headings(quantities),
        [.. Layers(comparison, quantities).Select(cells => (IReadOnlyList<string>)[.. cells.Select(cell => cell.Text)])]);

    /// <summary>Percentiles of the errors.</summary>
    public static ReportTable Errors(CheckReport report) => new(
        "relative errors over all layers: 50, 90 and 99 percent of them are below",
        ["<quantity", "comparisons", "at width 50%", "90%", "99%", "at ∞ 50%", "90%", "99%", "detectable 50%", "90%", "99%"],
        [.. report.Errors.Select(Row)]);

    /// <summary>How many comparisons agree, how strict they were, how long it took.</summary>
    public static string Counts(CheckReport report) => string.Create(
        CultureInfo.InvariantCulture, $"{AgreementText.Counts(report.Count, report.Plan.FamilyWiseRate)}; {report.Seconds:0.0} s");

    /// <summary>The verdict as a sentence.</summary>
    public static string Verdict(CheckReport report) => AgreementText.Verdict(report.Agreement, "--samples");

    private static IReadOnlyList<string> Row(ErrorSummary errors) =>
    [
        Words.Symbol(errors.Quantity),
        Numbers.Integer(errors.Comparisons),
        Numbers.Percent(errors.AtWidth.P50),
        Numbers.Percent(errors.AtWidth.P90),
        Numbers.Percent(errors.AtWidth.P99),
        Numbers.Percent(errors.Extrapolated.P50),
        Numbers.Percent(errors.Extrapolated.P90),
        Numbers.Percent(errors.Extrapolated.P99),
        Numbers.Percent(errors.Tolerance.P50),
        Numbers.Percent(errors.Tolerance.P90),
        Numbers.Percent(errors.Tolerance.P99),
    ];
}
