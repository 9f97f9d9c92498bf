using System.Globalization;
using Hybrid.Harness.Checks;
using Hybrid.Harness.Comparisons;
using Spectre.Console;

namespace Hybrid.Cli.Output;

/// <summary>A check's report as tables: one for each architecture, then the percentiles, then the verdict.</summary>
internal static class CheckTables
{
    // Two tables, so that a line fits a window of 110 columns.
    private static readonly Quantity[][] Tables =
        [[Quantity.Q, Quantity.Rho], [Quantity.GradientDiagonal, Quantity.GradientOffDiagonal]];

    public static void Write(Terminal terminal, CheckReport report)
    {
        foreach (Comparison comparison in report.Comparisons)
            WriteComparison(terminal, comparison);
        WriteErrors(terminal, report);
        WriteVerdict(terminal.Out, report);
    }

    private static void WriteComparison(Terminal terminal, Comparison comparison)
    {
        terminal.Out.WriteLine(
            $"{comparison.Prediction.Architecture.Name} at width {comparison.Measured.Architecture.Width}: {Words.Of(comparison.Agreement)}");
        foreach (Quantity[] quantities in Tables)
            WriteQuantities(terminal, comparison, quantities);
    }

    private static void WriteQuantities(Terminal terminal, Comparison comparison, Quantity[] quantities)
    {
        IEnumerable<string> headings = quantities.SelectMany(quantity =>
            (string[])[$"{Words.Symbol(quantity)} theory", "<measured ± error", "deviation", "<"]);
        TextTable table = new(["layer", .. headings]);
        foreach (IGrouping<int, QuantityComparison> layer in comparison.Quantities.GroupBy(item => item.Layer))
        {
            List<(string, Style?)> cells = [(Numbers.Integer(layer.Key), null)];
            foreach (Quantity quantity in quantities)
                cells.AddRange(Cells(layer.FirstOrDefault(item => item.Quantity == quantity)));
            table.Row(cells);
        }

        table.Write(terminal);
    }

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
            (Numbers.Uncertain(item.Measured), null),
            (Numbers.SignedPercent(item.Deviation), null),
            (Words.Mark(item.Agreement), style),
        ];
    }

    private static void WriteErrors(Terminal terminal, CheckReport report)
    {
        terminal.Out.WriteLine("relative errors over all layers: 50, 90 and 99 percent of them are below");
        TextTable table = new("<quantity", "comparisons", "at width 50%", "90%", "99%", "at ∞ 50%", "90%", "99%", "detectable 50%", "90%", "99%");
        foreach (ErrorSummary errors in report.Errors)
        {
            table.Row(
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
                Numbers.Percent(errors.Tolerance.P99));
        }

        table.Write(terminal);
        terminal.Out.WriteLine("deviation = (measured − theory)/scale; scale: q, 1 − ρ for ρ, g_d, and max(|g_o|, g_d/(n−1)) for g_o.");
        terminal.Out.WriteLine("at ∞: extrapolated to infinite width from the second width; detectable: the largest error that would still agree.");
    }

    private static void WriteVerdict(TextWriter output, CheckReport report)
    {
        int agree = report.Count(Agreement.Agrees), disagree = report.Count(Agreement.Disagrees), open = report.Count(Agreement.Inconclusive);
        output.WriteLine();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{agree} of {agree + disagree + open} comparisons agree ✓, {disagree} disagree ✗, {open} inconclusive ?; a correct theory fails any of them with probability ≤ {Numbers.Percent(report.Plan.FamilyWiseRate)}; {report.Seconds:0.0} s"));
        output.WriteLine(report.Agreement switch
        {
            Agreement.Agrees => "verdict: theory and networks agree",
            Agreement.Disagrees => "verdict: theory and networks disagree",
            _ => "verdict: inconclusive; draw more networks with --samples",
        });
    }
}
