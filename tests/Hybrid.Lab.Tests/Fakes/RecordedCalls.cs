using Hybrid.Import.Files;

namespace Hybrid.Lab.Tests.Fakes;

/// <summary>
/// One call that changed a file or a folder, by paths as they were then. Which file a path means is the replay's to know.
/// </summary>
internal abstract record FileCall
{
    public sealed record Made(string Path) : FileCall;

    public sealed record Wrote(string Path, long Offset, byte[] Bytes) : FileCall;

    public sealed record Cut(string Path, long Length) : FileCall;

    public sealed record Synced(string Path) : FileCall;

    public sealed record Renamed(string From, string To) : FileCall;

    public sealed record MadeFolder(string Path) : FileCall;

    public sealed record Deleted(string Path) : FileCall;

    public sealed record SyncedFolder(string Path) : FileCall;
}

/// <summary>
/// Does what is asked, but for waiting for the disk, and writes it down. A file keeps the path under which it was opened as long as it is
/// open.
/// </summary>
internal sealed class RecordedCalls : FileCalls
{
    public List<FileCall> Calls { get; } = [];

    public override FileStream Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        if (!File.Exists(path))
            Calls.Add(new FileCall.Made(path));
        else if (mode == FileMode.Create)
            Calls.Add(new FileCall.Cut(path, 0));
        return new Recorded(path, mode, access, share, Calls);
    }

    public override void Sync(FileStream file)
    {
        file.Flush();
        Calls.Add(new FileCall.Synced(file.Name));
    }

    public override void Rename(string from, string to)
    {
        base.Rename(from, to);
        Calls.Add(new FileCall.Renamed(from, to));
    }

    public override void RenameFolder(string from, string to)
    {
        base.RenameFolder(from, to);
        Calls.Add(new FileCall.Renamed(from, to));
    }

    public override void MakeFolder(string path)
    {
        Stack<string> missing = [];
        for (string? folder = path; folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
            missing.Push(folder);
        base.MakeFolder(path);
        Calls.AddRange(missing.Select(folder => new FileCall.MadeFolder(folder)));
    }

    public override void Delete(string path)
    {
        if (!File.Exists(path))
            return;
        base.Delete(path);
        Calls.Add(new FileCall.Deleted(path));
    }

    public override void DeleteFolder(string path)
    {
        string[] files = Directory.GetFiles(path);
        base.DeleteFolder(path);
        Calls.AddRange(files.Append(path).Select(removed => new FileCall.Deleted(removed)));
    }

    public override void SyncFolder(string path) => Calls.Add(new FileCall.SyncedFolder(path));

    private sealed class Recorded(string path, FileMode mode, FileAccess access, FileShare share, List<FileCall> calls)
        : FileStream(path, mode, access, share)
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            calls.Add(new FileCall.Wrote(Name, Position, buffer.ToArray()));
            base.Write(buffer.ToArray(), 0, buffer.Length);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void SetLength(long value)
        {
            calls.Add(new FileCall.Cut(Name, value));
            base.SetLength(value);
        }
    }
}
