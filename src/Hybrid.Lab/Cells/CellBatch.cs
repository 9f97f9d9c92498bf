using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Records;

namespace Hybrid.Lab.Cells;

/// <summary>
/// A list of cells that is dealt to the tasks of one array: batches/NAME.json. It is fixed when it is made, so that every task
/// deals the same list, whatever is finished meanwhile.
/// </summary>
/// <param name="Name">Letters, digits and hyphens.</param>
/// <param name="Plan">The hash of the plan whose cells they are.</param>
/// <param name="Cells">Their numbers.</param>
public sealed partial record CellBatch(string Name, string Plan, IReadOnlyList<int> Cells)
{
    private const string Folder = "batches";

    /// <summary>A name that no batch of the folder has: BASE-1, BASE-2, …</summary>
    public static string NewName(CellFolder folder, string start)
    {
        int number = 1;
        while (File.Exists(PathOf(folder, $"{start}-{number}", ".json")))
            number++;
        return $"{start}-{number}";
    }

    /// <summary>A file of a batch, whose folder is there.</summary>
    public static string PathOf(CellFolder folder, string name, string extension) => Path.Combine(folder.Made(Folder), name + extension);

    /// <summary>Names of the batches of a folder.</summary>
    public static IEnumerable<string> Names(CellFolder folder) => CellFolder.Files(folder.PathOf(Folder), "*.json")
        .Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal);

    /// <summary>Writes it.</summary>
    public void Write(CellFolder folder) => AtomicFile.WriteText(
        PathOf(folder, Name, ".json"),
        new JsonObject { ["plan"] = Plan, ["cells"] = new JsonArray([.. Cells.Select(cell => (JsonNode)cell)]) }.ToJsonString() + "\n");

    /// <summary>Reads a batch.</summary>
    /// <exception cref="InputException">There is none of that name, or it is of another plan.</exception>
    public static CellBatch Read(CellFolder folder, string name)
    {
        string path = folder.PathOf(Path.Combine(Folder, name + ".json"));
        if (!Word().IsMatch(name) || !File.Exists(path))
        {
            string[] names = [.. Names(folder)];
            throw new InputException($"--batch must be one of {string.Join(", ", names)}, got '{name}'{NearestName.Question(name, names)}");
        }

        using JsonDocument document = ArchitectureJson.ParseDocument(CellFolder.Read(path), path);
        JsonFields root = new(document.RootElement, path);
        CellBatch batch = new(name, root.Text("plan"), [.. root.Any("cells").EnumerateArray().Select(cell => cell.GetInt32())]);
        root.EnsureNoOther();
        if (batch.Plan != folder.Plan.Hash)
        {
            throw new InputException($"{path}: is a batch of plan {batch.Plan[..12]}…, and the folder's plan is {folder.Plan.Hash[..12]}…; "
                + "submit the cells anew");
        }

        return batch.Cells.All(cell => cell >= 0 && cell < folder.Plan.Cells)
            ? batch
            : throw new InputException($"{path}: cells must be numbers from 0 to {folder.Plan.Cells - 1}");
    }

    [GeneratedRegex("^[a-z0-9-]+$")]
    private static partial Regex Word();
}
