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

    /// <summary>
    /// Writes UTF-8 text without a byte-order mark, replacing what was there, and brings file and name onto the disk: after a loss of power
    /// the path has the old text or the new one. What a killed process left of an earlier attempt is removed.
    /// </summary>
    /// <exception cref="InputException">The file cannot be written; nothing is left behind.</exception>
    public static void WriteText(string path, string text) => WriteText(path, text, durable: true);

    /// <summary>As above; what is not durable may be lost with the power: what is written in great numbers and can be made again.</summary>
    /// <exception cref="InputException">The file cannot be written; nothing is left behind.</exception>
    internal static void WriteText(string path, string text, bool durable) =>
        Write(path, file => file.Write(new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetBytes(text)), durable);

    /// <summary>As above, for whatever is written.</summary>
    /// <exception cref="InputException">The file cannot be written; nothing is left behind.</exception>
    internal static void Write(string path, Action<FileStream> write, bool durable = true) => FileWork.Do(() =>
    {
        string temporary = Leftovers.NameFor(path);
        FileCalls calls = FileCalls.Current;
        try
        {
            if (durable)
                Leftovers.RemoveOf(path);
            using (FileStream file = calls.Open(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read))
            {
                write(file);
                if (durable)
                    calls.Sync(file);
            }

            calls.Rename(temporary, path);
            if (durable)
                calls.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            // The system's message may end in " : 'path'", which is that of the unfinished file.
            string reason = error.Message.Split(" : '")[0].TrimEnd('.');
            throw new InputException($"cannot write {path} ({reason}); {Remedy(error)}", error);
        }
        finally
        {
            Leftovers.Remove(temporary);
        }
    });

    /// <summary>What to do about a file that cannot be written.</summary>
    internal static string Remedy(Exception error) =>
        IsFull(error) ? "make room on its disk" : "give a path in a writable folder";

    /// <summary>Whether the disk has no room, or the user none on it.</summary>
    internal static bool IsFull(Exception error) => error is IOException
        && (error.HResult is 28 or 122 or unchecked((int)0x80070070) || error.Message.Contains("No space left", StringComparison.Ordinal));
}
