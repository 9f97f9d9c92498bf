using System.Text;
using Hybrid.Import.Json;

namespace Hybrid.Import.Files;

/// <summary>Files that appear whole or not at all: written beside their target, then renamed onto it.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Checks before any work is done that a file can be written at <paramref name="path"/>: its folder exists and it is
    /// no folder itself. <paramref name="option"/> names the request in the error, such as --out.
    /// </summary>
    /// <exception cref="InputException">The path cannot be reached.</exception>
    public static void EnsureReachable(string path, string option)
    {
        if (string.IsNullOrWhiteSpace(path))
            throw new InputException($"{option}: must be a file to write, got an empty path");
        if (Directory.Exists(path))
            throw new InputException($"{option}: must be a file to write, got the folder {path}");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder))
            throw new InputException($"{option}: cannot write {path}: there is no folder {folder}; create it or give another path");
    }

    /// <summary>Writes UTF-8 text without a byte-order mark, replacing what was there.</summary>
    /// <exception cref="InputException">The file cannot be written; nothing is left behind.</exception>
    public static void WriteText(string path, string text) => WriteText(path, text, durable: false, CreateNew);

    /// <summary>As above; a durable file is on the disk, and not only on its way there, before it bears its name.</summary>
    /// <exception cref="InputException">The file cannot be written; nothing is left behind.</exception>
    internal static void WriteText(string path, string text, bool durable, Func<string, Stream>? create = null)
    {
        // No process of any machine that shares the folder takes the same name.
        string temporary = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (Stream file = (create ?? CreateNew)(temporary))
            {
                file.Write(Encoding.UTF8.GetBytes(text));
                if (durable && file is FileStream onDisk)
                    onDisk.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error)
        {
            Remove(temporary);
            if (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
                throw new InputException($"cannot write {path} ({error.Message.TrimEnd('.')}); give a path in a writable folder", error);
            throw;
        }
    }

    private static FileStream CreateNew(string path) => new(path, FileMode.CreateNew);

    /// <summary>What cannot be removed stays.</summary>
    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}
