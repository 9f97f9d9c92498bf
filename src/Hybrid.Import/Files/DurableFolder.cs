namespace Hybrid.Import.Files;

/// <summary>Folders for files that must outlive a loss of power: a file is lost with the name of its folder.</summary>
internal static class DurableFolder
{
    /// <summary>Makes a folder, and those above it, where they are not there, and brings the names of the new ones onto the disk.</summary>
    /// <exception cref="IOException">It cannot be made, or the disk fails.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void Make(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        Stack<string> parents = [];
        for (string folder = full; !Directory.Exists(folder) && Path.GetDirectoryName(folder) is string parent; folder = parent)
            parents.Push(parent);
        FileCalls calls = FileCalls.Current;
        calls.MakeFolder(full);
        foreach (string parent in parents)
            calls.SyncFolder(parent);
    }
}
