using Hybrid.Import.HuggingFace;
using Hybrid.Theory;

namespace Hybrid.Cli.Output;

/// <summary>What a page's verdict rests on, to stand beside it as one table.</summary>
/// <param name="Name">The architecture's name.</param>
/// <param name="Caveats">Caveats, ranked; of an architecture that was imported and not predicted, what its import could not model.</param>
/// <param name="Import">How it was imported, or null.</param>
internal sealed record VerdictNotes(string Name, IReadOnlyList<Caveat> Caveats, ImportReport? Import)
{
    /// <summary>Of an architecture that no prediction is shown of.</summary>
    public static VerdictNotes Of(LoadedArchitecture loaded) =>
        new(loaded.Architecture.Name, loaded.Import is null ? [] : [.. ImportCaveats.Unmodelled(loaded.Import)], loaded.Import);

    /// <summary>Of a prediction and its import.</summary>
    public static VerdictNotes Of(Prediction prediction, ImportReport? import) =>
        new(prediction.Architecture.Name, ImportCaveats.Of(prediction, import, null), import);

    /// <summary>
    /// The strongest first: caveats by their effect, then what the import took for granted, by its rank. No block where there is nothing to
    /// say; of several architectures each row has its name.
    /// </summary>
    public static IReportBlock[] Table(params IReadOnlyList<VerdictNotes> notes)
    {
        IReadOnlyList<string>[] rows =
        [
            .. notes.SelectMany(one => one.Rows().Select(
                row => (IReadOnlyList<string>)[.. notes.Count > 1 ? (string[])[one.Name] : [], row.Effect, row.Text])),
        ];
        string[] headings = [.. notes.Count > 1 ? (string[])["<of"] : [], "<effect", "<caveats and notes, the strongest first"];
        return rows.Length == 0 ? [] : [new ReportTable("", headings, rows)];
    }

    private IEnumerable<(string Effect, string Text)> Rows() =>
    [
        .. Caveats.Select(caveat => (VerdictText.Effect(caveat), caveat.Text)),
        .. (Import?.Notes ?? []).Except(Caveats.Select(caveat => caveat.Text)).Select(note => ("taken for granted", note)),
    ];
}
