using System.Diagnostics;
using System.Globalization;

namespace Hybrid.Import.Files;

/// <summary>Half-written files of processes that were killed. They end in .partial, and nobody reads them.</summary>
internal static class Leftovers
{
    /// <summary>How the name of an unfinished file or folder ends.</summary>
    public const string Ending = ".partial";

    // A process of another machine may be at the same file; its number says nothing here.
    private static readonly TimeSpan Young = TimeSpan.FromMinutes(1);

    /// <summary>Removes what is unfinished in a folder that this process alone has; a folder that is not there has none.</summary>
    public static void RemoveIn(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string path in Directory.GetFileSystemEntries(folder, "*" + Ending))
            Remove(path);
    }

    /// <summary>Removes the unfinished files of a path whose processes are gone: PATH.….NUMBER.partial.</summary>
    public static void RemoveOf(string path)
    {
        string full = Path.GetFullPath(path), name = Path.GetFileName(full);
        // A name with a wildcard would match other files.
        if (name.AsSpan().ContainsAny('*', '?') || Path.GetDirectoryName(full) is not string folder || !Directory.Exists(folder))
            return;
        foreach (string file in Directory.GetFiles(folder, $"{name}.*{Ending}"))
        {
            string number = Path.GetFileName(file)[(name.Length + 1)..^Ending.Length];
            if (int.TryParse(number.AsSpan(number.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int process)
                && DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > Young && !Runs(process))
            {
                Remove(file);
            }
        }
    }

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

    private static bool Runs(int process)
    {
        try
        {
            Process.GetProcessById(process).Dispose();
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
