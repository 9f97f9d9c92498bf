using System.Globalization;
using System.Text;
using Hybrid.Import.Files;

namespace Hybrid.Lab.Cells;

/// <summary>The failed attempts at the cells of a folder: a log each, failures/000012-….log.</summary>
internal static class CellFailures
{
    /// <summary>Attempts after which a cell is reported and left alone.</summary>
    public const int Most = 3;

    private const string Folder = "failures", Forgiven = ".forgiven";

    /// <summary>Logs by cell, in the order of their time.</summary>
    public static ILookup<int, string> Of(CellFolder folder) => CellFolder.Files(folder.PathOf(Folder), "*.log")
        .Order(StringComparer.Ordinal)
        .ToLookup(file => int.Parse(Path.GetFileName(file).Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture));

    /// <summary>Adds a failed attempt.</summary>
    public static void Add(CellFolder folder, int index, string key, string reason)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        string name = string.Create(
            CultureInfo.InvariantCulture, $"{index:000000}-{now:yyyyMMdd'T'HHmmssfffffff}-{Guid.NewGuid().ToString("N")[..8]}.log");
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"cell {index}: {key}\n");
        text.Append(CultureInfo.InvariantCulture, $"{now:O} on {Environment.MachineName}, process {CellOwner.Process}\n");
        AtomicFile.WriteText(Path.Combine(folder.Made(Folder), name), text.Append(reason).Append('\n').ToString());
    }

    /// <summary>What a log says happened, in its first line.</summary>
    public static string Reason(string log)
    {
        string[] lines = CellFolder.Read(log).Split('\n');
        return lines.Length > 2 ? lines[2] : "";
    }

    /// <summary>Lets the cells be tried anew; the logs stay under another name.</summary>
    public static void Forgive(CellFolder folder)
    {
        foreach (string log in Of(folder).SelectMany(logs => logs))
            CellFolder.Do(log, "renamed", () => FileCalls.Current.Rename(log, log + Forgiven));
    }
}

/// <summary>A process as its marks and logs name it.</summary>
internal static class CellOwner
{
    /// <summary>The process's number, and its job's where Slurm runs it.</summary>
    public static string Process => Job is string job
        ? $"{Environment.ProcessId} of job {job}"
        : Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    /// <summary>The Slurm job, such as 17_3, or null.</summary>
    public static string? Job => Environment.GetEnvironmentVariable("SLURM_ARRAY_JOB_ID") is string array
        ? $"{array}_{Environment.GetEnvironmentVariable("SLURM_ARRAY_TASK_ID")}"
        : Environment.GetEnvironmentVariable("SLURM_JOB_ID");
}
