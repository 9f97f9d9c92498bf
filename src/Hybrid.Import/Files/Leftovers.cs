using System.Globalization;

namespace Hybrid.Import.Files;

/// <summary>
/// Half-written files of processes that were killed. They end in .partial, and nobody reads them. Where several processes may write into
/// a folder their names say whose they are: NAME.TOKEN.SYSTEM.NUMBER.partial.
/// </summary>
internal static class Leftovers
{
    /// <summary>How the name of an unfinished file or folder ends.</summary>
    public const string Ending = ".partial";

    // A process of another machine may be at the same file, and cannot be seen from here.
    private static readonly TimeSpan Silence = TimeSpan.FromHours(1);

    private static readonly string Mine = $"{Short(RunningSystem.Identity)}.{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>A name for an unfinished file, which no other process of any machine that shares the folder takes.</summary>
    public static string NameFor(string path) => $"{path}.{Guid.NewGuid().ToString("N")[..12]}.{Mine}{Ending}";

    /// <summary>Removes what is unfinished in a folder that this process alone has; a folder that is not there has none.</summary>
    public static void RemoveIn(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string path in Directory.GetFileSystemEntries(folder, "*" + Ending))
            Remove(path);
    }

    /// <summary>Removes the unfinished files of a path whose processes are gone.</summary>
    public static void RemoveOf(string path)
    {
        string full = Path.GetFullPath(path), name = Path.GetFileName(full);
        // A name with a wildcard would match other files.
        if (!name.AsSpan().ContainsAny('*', '?') && Path.GetDirectoryName(full) is string folder)
            RemoveLeft(folder, name + ".");
    }

    /// <summary>Removes the unfinished files of a folder, which others may use, whose processes are gone.</summary>
    public static void RemoveLeft(string folder) => RemoveLeft(folder, "");

    /// <summary>Removes a file or folder; what cannot be removed stays.</summary>
    public static void Remove(string path)
    {
        try
        {
            if (Directory.Exists(path) && new FileInfo(path).LinkTarget is null)
                FileCalls.Current.DeleteFolder(path);
            else
                FileCalls.Current.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static void RemoveLeft(string folder, string start)
    {
        try
        {
            foreach (string file in Directory.GetFiles(folder, $"{start}*{Ending}").Where(IsLeft))
                Remove(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A folder that is not there or that nobody may look into: whoever writes into it says what is wrong.
        }
    }

    private static bool IsLeft(string file)
    {
        string[] parts = Path.GetFileName(file)[..^Ending.Length].Split('.');
        if (parts.Length < 4 || !int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int process))
            return false;
        return RunningSystem.Identity != "" && parts[^2] == Short(RunningSystem.Identity)
            ? RunningSystem.StartOf(process) is null
            : DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > Silence;
    }

    private static string Short(string identity) => identity == "" ? "0" : identity[..8];
}
