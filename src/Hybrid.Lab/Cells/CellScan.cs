using System.Text;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Cells;

/// <summary>What a folder of cells holds.</summary>
internal sealed class CellScan
{
    private readonly Dictionary<int, CellResult> _results = [];
    private readonly CellFolder _folder;

    private CellScan(CellFolder folder) => _folder = folder;

    /// <summary>Finished cells by number.</summary>
    public IReadOnlyDictionary<int, CellResult> Results => _results;

    /// <summary>Files with a line that is torn or altered.</summary>
    public List<string> Damaged { get; } = [];

    /// <summary>Files with a cell of another plan.</summary>
    public List<string> Foreign { get; } = [];

    /// <summary>Cells that are there twice with different values, and the kinds of machine that measured them.</summary>
    public List<(int Index, string One, string Other)> Conflicts { get; } = [];

    /// <summary>All cells of a folder.</summary>
    public static CellScan Of(CellFolder folder)
    {
        CellScan scan = new(folder);
        // Files first: a process that packs meanwhile moves cells from files into packs, so that none is missed.
        foreach (string file in folder.CellFiles())
            scan.Add(file);
        foreach (string file in folder.PackFiles())
            scan.Add(file);
        return scan;
    }

    /// <summary>Which of some cells are finished, looking at nothing but their files and the packs of owners who may have them.</summary>
    public static HashSet<int> Finished(CellFolder folder, IEnumerable<int> cells, Predicate<string> mayHold)
    {
        CellScan scan = new(folder);
        foreach (int index in cells)
            scan.Add(folder.CellFile(index));
        foreach (string file in folder.PackFiles().Where(file => mayHold(Path.GetFileName(file).Split('.')[0])))
            scan.Add(file);
        return [.. scan.Results.Keys];
    }

    private void Add(string file)
    {
        string text;
        try
        {
            text = File.ReadAllText(file, Encoding.UTF8);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: cannot be read ({error.Message.TrimEnd('.')}); give access", error);
        }

        string[] lines = text.Split('\n');
        // A whole file ends in \n, so that what follows the last one is empty.
        for (int i = 0; i < lines.Length - (lines[^1] == "" && lines.Length > 1 ? 1 : 0); i++)
        {
            switch (CellResult.Parse(lines[i], _folder.Plan.Hash, out CellResult? result))
            {
                case CellLine.Damaged:
                    Damaged.Add(file);
                    break;
                case CellLine.Foreign:
                    Foreign.Add(file);
                    break;
                case CellLine.Whole:
                    Add(result!);
                    break;
                default:
                    throw new InvalidOperationException("no such line");
            }
        }
    }

    private void Add(CellResult result)
    {
        if (_results.TryAdd(result.Index, result))
            return;
        CellResult known = _results[result.Index];
        if (known.Values != result.Values)
            Conflicts.Add((result.Index, known.Machine, result.Machine));
    }
}
