using System.Text;
using Hybrid.Import.Files;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Cells;

/// <summary>
/// The finished cells of a folder as one store: results.jsonl, a line a cell in the order of their numbers, the same bytes
/// whoever measured them; and times.jsonl, how long each took and on what kind of machine.
/// </summary>
public static class CellMerge
{
    /// <summary>The store.</summary>
    public const string ResultsName = "results.jsonl";

    private const string TimesName = "times.jsonl";

    /// <summary>Merges the cells of a folder in which none is missing.</summary>
    /// <exception cref="InputException">A cell is missing, there twice with different values, or of another plan.</exception>
    public static IReadOnlyList<CellResult> Run(CellFolder folder)
    {
        CellScan scan = CellScan.Of(folder);
        if (scan.Foreign.Count > 0)
        {
            throw new InputException(
                $"{scan.Foreign[0]}: is of another plan or version than {folder.FullPath}, and is refused"
                + $"{(scan.Foreign.Count > 1 ? $", and {scan.Foreign.Count - 1} files more" : "")}; take it away");
        }

        if (scan.Conflicts.Count > 0)
        {
            (int index, string one, string other) = scan.Conflicts[0];
            throw new InputException(
                $"{folder.FullPath}: cell {index} was measured twice, with different values, on '{one}' and '{other}'"
                + (one == other ? "; please report it, and remove one of both" : "; remove one of both"));
        }

        if (scan.Results.Count < folder.Plan.Cells)
        {
            int missing = Enumerable.Range(0, folder.Plan.Cells).First(index => !scan.Results.ContainsKey(index));
            throw new InputException(
                $"{folder.FullPath}: {folder.Plan.Cells - scan.Results.Count} of {folder.Plan.Cells} cells are missing, "
                + $"the first is {missing}; see hybrid cells status {folder.FullPath}");
        }

        CellResult[] results = [.. Enumerable.Range(0, folder.Plan.Cells).Select(index => scan.Results[index])];
        Write(folder.PathOf(ResultsName), results, result => result.Line());
        Write(folder.PathOf(TimesName), results, result => result.Provenance());
        return results;
    }

    private static void Write(string path, CellResult[] results, Func<CellResult, string> line)
    {
        StringBuilder text = new();
        foreach (CellResult result in results)
            text.Append(line(result)).Append('\n');
        AtomicFile.WriteText(path, text.ToString());
    }
}
