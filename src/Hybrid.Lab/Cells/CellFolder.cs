using System.Globalization;
using System.Text;
using Hybrid.Import.Files;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Cells;

/// <summary>
/// The folder of a plan's cells, on a file system that all machines share: plan.json, cells/ and packs/ (results), failures/
/// (logs of failed attempts), running/ (what is measured now), work/ (scratch), batches/ (what was submitted). Every file has
/// one writer and appears whole, so any number of processes may work in it at once.
/// </summary>
public sealed class CellFolder
{
    private const string PlanName = "plan.json", CreatedName = "created.txt";
    private const int Bucket = 1000;

    private CellFolder(string path, CellPlan plan) => (FullPath, Plan) = (path, plan);

    /// <summary>The folder.</summary>
    public string FullPath { get; }

    /// <summary>What is asked.</summary>
    public CellPlan Plan { get; }

    /// <summary>When the plan was laid down, before the first cell.</summary>
    public DateTimeOffset Created =>
        DateTimeOffset.Parse(Read(Path.Combine(FullPath, CreatedName)).Trim(), CultureInfo.InvariantCulture);

    /// <summary>Lays a plan down in a folder, or joins those who did.</summary>
    /// <exception cref="InputException">The folder holds another plan or other files, or cannot be written.</exception>
    public static CellFolder Create(string path, CellPlan plan)
    {
        string full = FullPathOf(path), file = Path.Combine(full, PlanName);
        if (!File.Exists(file))
        {
            EnsureUsable(path, full);
            Do(full, "made", () => DurableFolder.Make(full));
            string created = Path.Combine(full, CreatedName);
            if (!File.Exists(created))
                AtomicFile.WriteText(created, DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture) + "\n");
            if (!File.Exists(file))
                AtomicFile.WriteText(file, plan.Text);
        }

        CellFolder folder = Open(path);
        return folder.Plan.Hash == plan.Hash
            ? folder
            : throw new InputException(
                $"{path}: holds the cells of another plan, {folder.Plan.DifferenceTo(plan)}; give another folder, or the same question");
    }

    /// <summary>Opens the folder of a plan.</summary>
    /// <exception cref="InputException">It holds none, or it cannot be read.</exception>
    public static CellFolder Open(string path)
    {
        string full = FullPathOf(path), file = Path.Combine(full, PlanName);
        if (!File.Exists(file))
            throw new InputException($"{path}: must be a folder of cells, and has no {PlanName}; hybrid sweep --help says how to make one");
        return new(full, CellPlan.Parse(Read(file), file));
    }

    /// <summary>A file or folder of what comes of the cells, in this folder.</summary>
    public string PathOf(string name) => Path.Combine(FullPath, name);

    /// <summary>A cell's file.</summary>
    internal string CellFile(int index) => Path.Combine(CellBucket(index), $"{index:000000}.cell");

    /// <summary>The folder of a cell's file: a thousand cells a folder.</summary>
    internal string CellBucket(int index) => Path.Combine(FullPath, "cells", $"{index / Bucket:000}");

    /// <summary>Every file of a single cell.</summary>
    internal IEnumerable<string> CellFiles() => Files(Path.Combine(FullPath, "cells"), "*.cell", SearchOption.AllDirectories);

    /// <summary>A pack of an owner's cells.</summary>
    internal string PackFile(string owner, string name) => Path.Combine(Made("packs"), $"{owner}.{name}.cells");

    /// <summary>All packs; a name begins with its owner and a dot.</summary>
    internal IEnumerable<string> PackFiles() => Files(Path.Combine(FullPath, "packs"), "*.cells");

    /// <summary>A cell's scratch folder.</summary>
    internal string Scratch(int index) => ScratchIn(FullPath, index);

    /// <summary>The scratch folder of a cell of a folder that need not be there; a path from one is that from every other.</summary>
    public static string ScratchIn(string folder, int index) => Path.Combine(folder, "work", $"{index:000000}");

    /// <summary>Folder of the logs of failed attempts, made where it is missing.</summary>
    internal string Made(string name)
    {
        string folder = Path.Combine(FullPath, name);
        Do(folder, "made", () => DurableFolder.Make(folder));
        return folder;
    }

    /// <summary>Removes what killed processes left half-written; those at work on it are seen by their numbers or write for less than
    /// an hour.</summary>
    internal void RemoveLeft()
    {
        string cells = Path.Combine(FullPath, "cells");
        string[] buckets = Directory.Exists(cells) ? Directory.GetDirectories(cells) : [];
        foreach (string folder in (string[])[FullPath, PathOf("packs"), PathOf("failures"), PathOf("batches"), .. buckets])
            Leftovers.RemoveLeft(folder);
    }

    /// <summary>Files of a folder that need not exist; none that is still being written.</summary>
    internal static IEnumerable<string> Files(string folder, string pattern, SearchOption depth = SearchOption.TopDirectoryOnly) =>
        Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, pattern, depth).Where(file => !file.EndsWith(".partial", StringComparison.Ordinal))
            : [];

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    internal static string Read(string path) => Do(path, "read", () => File.ReadAllText(path, Encoding.UTF8));

    /// <inheritdoc cref="Do{T}"/>
    internal static void Do(string path, string done, Action action) => Do(path, done, () =>
    {
        action();
        return true;
    });

    /// <summary>Does something with a file that must be <paramref name="done"/>, such as "written".</summary>
    internal static T Do<T>(string path, string done, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException(
                $"{path}: cannot be {done} ({error.Message.Split(" : '")[0].TrimEnd('.')}); make room or give access; "
                + "finished cells are kept",
                error);
        }
    }

    private static string FullPathOf(string path) => string.IsNullOrWhiteSpace(path)
        ? throw new InputException("FOLDER must be a folder, got an empty path")
        : Path.GetFullPath(path);

    private static void EnsureUsable(string path, string full)
    {
        if (File.Exists(full))
            throw new InputException($"{path}: must be a folder, got a file");
        string? other = !Directory.Exists(full) ? null : Directory.EnumerateFileSystemEntries(full)
            .Select(Path.GetFileName)
            .FirstOrDefault(name => !(name!.StartsWith(PlanName, StringComparison.Ordinal)
                || name.StartsWith(CreatedName, StringComparison.Ordinal)));

        // Unless another process has laid the plan down meanwhile.
        if (other is not null && !File.Exists(Path.Combine(full, PlanName)))
            throw new InputException($"{path}: must be new or empty, and holds {other}; give another folder");
    }
}
