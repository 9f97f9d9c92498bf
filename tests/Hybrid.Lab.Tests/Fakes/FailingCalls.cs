using Hybrid.Import.Files;

namespace Hybrid.Lab.Tests.Fakes;

/// <summary>
/// Lets one call fail, the one of a number counted from 0, and all that come after it where <paramref name="lasting"/>. Nothing waits for
/// the disk.
/// </summary>
internal sealed class FailingCalls(int number, Func<Exception> error, bool shortWrite = false, bool lasting = false) : FileCalls
{
    private readonly Func<Exception> _error = error;
    private readonly bool _shortWrite = shortWrite;
    private int _count;

    /// <summary>Whether the run came so far.</summary>
    public bool Failed => _count > number;

    public override FileStream Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        Call();
        return new Failing(this, path, mode, access, share);
    }

    public override void Sync(FileStream file)
    {
        Call();
        file.Flush();
    }

    public override void Rename(string from, string to)
    {
        Call();
        base.Rename(from, to);
    }

    public override void RenameFolder(string from, string to)
    {
        Call();
        base.RenameFolder(from, to);
    }

    public override void MakeFolder(string path)
    {
        Call();
        base.MakeFolder(path);
    }

    public override void Delete(string path)
    {
        Call();
        base.Delete(path);
    }

    public override void DeleteFolder(string path)
    {
        Call();
        base.DeleteFolder(path);
    }

    public override void SyncFolder(string path) => Call();

    private bool Fails()
    {
        int mine = _count++;
        return mine == number || (lasting && mine > number);
    }

    private void Call()
    {
        if (Fails())
            throw _error();
    }

    private sealed class Failing(FailingCalls calls, string path, FileMode mode, FileAccess access, FileShare share)
        : FileStream(path, mode, access, share)
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (calls.Fails())
            {
                if (calls._shortWrite)
                    base.Write(buffer[..(buffer.Length / 2)].ToArray(), 0, buffer.Length / 2);
                throw calls._error();
            }

            base.Write(buffer.ToArray(), 0, buffer.Length);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void SetLength(long value)
        {
            calls.Call();
            base.SetLength(value);
        }
    }
}
