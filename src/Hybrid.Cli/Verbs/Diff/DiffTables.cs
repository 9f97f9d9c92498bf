using System.Globalization;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Import.HuggingFace;
using Hybrid.Lab.Differences;
using Spectre.Console;

namespace Hybrid.Cli.Verbs;

/// <summary>A difference of two engines as tables, one for each pass in its order, then the verdict.</summary>
internal static class DiffTables
{
    public static void Write(Terminal terminal, DifferenceReport report)
    {
        foreach (bool backward in (bool[])[false, true])
        {
            terminal.Out.WriteLine(Caption(backward));
            TextTable table = new([.. Headings(report, backward)]);
            foreach (LayerDifference layer in report.Layers.Where(layer => layer.Backward == backward))
            {
                table.Row(Cells(layer).Select(
                    (cell, column) => (cell, column == Mark ? (Style?)new Style(layer.Agrees ? Color.Green : Color.Red) : null)));
            }

            table.Write(terminal);
        }

        terminal.Out.WriteLine(Tolerance(report));
        terminal.Out.WriteLine($"verdict: {Verdict(report)}");
    }

    /// <summary>The same as a page.</summary>
    public static Report Page(DifferenceReport report, ImportReport? import, RunHeader header, string command) => new(
        "One network in two engines",
        [
            new(
                $"Verdict: {Verdict(report)}",
                [
                    new ReportParagraph(Tolerance(report)),
                    .. VerdictNotes.Table(VerdictNotes.Of(new LoadedArchitecture(report.Plan.Architecture, import))),
                    Table(report, false),
                    Table(report, true),
                ]),
            RunSections.Asked(command, [report.Plan.Architecture], [import]),
            RunSections.Run(header, report.Seconds),
        ]);

    /// <summary>Where the engines part, or how near they came to it.</summary>
    public static string Verdict(DifferenceReport report)
    {
        (string first, string second) = Names(report);
        if (report.First is not LayerDifference layer)
        {
            LayerDifference nearest = report.Nearest;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{first} and {second} agree at every layer; nearest to its tolerance is the {Pass(nearest)} "
                + $"at layer {nearest.Layer}, at {nearest.Entries / nearest.Tolerance:0.000} of it");
        }

        DifferenceQuantity quantity = layer.Deviates!.Value;
        return $"{first} and {second} part at layer {layer.Layer}, {Pass(layer)}, {Symbol(quantity, layer.Backward)}: "
            + $"deviation {Short(layer.Deviation(quantity))}, tolerance {Short(layer.Tolerance)}; "
            + $"from double precision {first} deviates by {Short(layer.FromReference[0])} there, "
            + $"{second} by {Short(layer.FromReference[1])}";
    }

    /// <summary>How the tolerance came about.</summary>
    public static string Tolerance(DifferenceReport report) =>
        $"tolerance = 3 · (ε₁ + ε₂) √K · condition, ε = {Short(report.Plan.First.Rounding)} and {Short(report.Plan.Second.Rounding)}, "
        + $"K = {Numbers.Integer(report.Plan.LongestSum)} terms of the longest sum;\n"
        + "condition: what random relative changes of every weight, stream and gradient become there, measured in double precision.\n"
        + "entries: largest deviation of an entry of the Gram matrix, over √(C_ii C_jj).";

    /// <summary>A quantity's symbol.</summary>
    public static string Symbol(DifferenceQuantity quantity, bool backward) => quantity switch
    {
        DifferenceQuantity.Diagonal => backward ? "g_d" : "q",
        DifferenceQuantity.OffDiagonal => backward ? "g_o" : "p",
        DifferenceQuantity.Entries => "entries",
        _ => throw new ArgumentOutOfRangeException(nameof(quantity), quantity, "is no quantity"),
    };

    /// <summary>stream or gradient.</summary>
    public static string Pass(LayerDifference layer) => layer.Backward ? "gradient" : "stream";

    private const int Mark = 9;

    private static string Caption(bool backward) =>
        backward ? "gradient, from the output to the input" : "stream, from the input to the output";

    private static IEnumerable<string> Headings(DifferenceReport report, bool backward)
    {
        (string first, string second) = Names(report);
        string diagonal = Symbol(DifferenceQuantity.Diagonal, backward), off = Symbol(DifferenceQuantity.OffDiagonal, backward);
        return ["layer", $"{diagonal} {first}", second, "apart", $"{off} {first}", second, "apart", "entries", "tolerance", "<"];
    }

    private static IEnumerable<string> Cells(LayerDifference layer) =>
    [
        Numbers.Integer(layer.Layer),
        Numbers.Significant(layer.Diagonal[0]),
        Numbers.Significant(layer.Diagonal[1]),
        Short(layer.DiagonalDeviation),
        Numbers.Significant(layer.OffDiagonal[0]),
        Numbers.Significant(layer.OffDiagonal[1]),
        Short(layer.OffDiagonalDeviation),
        Short(layer.Entries),
        Short(layer.Tolerance),
        layer.Agrees ? "✓" : "✗",
    ];

    private static ReportTable Table(DifferenceReport report, bool backward) => new(
        Caption(backward),
        [.. Headings(report, backward)],
        [.. report.Layers.Where(layer => layer.Backward == backward).Select(layer => (IReadOnlyList<string>)[.. Cells(layer)])]);

    private static (string First, string Second) Names(DifferenceReport report) =>
        (report.Plan.First.Entry.Name, report.Plan.Second.Entry.Name);

    private static string Short(double value) => value.ToString("0.0e-0", CultureInfo.InvariantCulture);
}
