namespace Hybrid.Cli.Tests;

/// <summary>A stream onto a disk without room, or to somebody who has gone.</summary>
internal sealed class FullStream : MemoryStream
{
    /// <summary>A writer that fails at once.</summary>
    public static StreamWriter Writer() => new(new FullStream()) { AutoFlush = true };

    public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("no room");

    public override void Write(byte[] buffer, int offset, int count) => throw new IOException("no room");
}
