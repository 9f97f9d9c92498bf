using System.Text;

namespace Hybrid.Cli.Shared;

/// <summary>
/// A stream that reports and is not the work: once it cannot be written, nothing more is written to it, and the work goes on. What failed
/// is kept, for who must say so in the end.
/// </summary>
internal class ForgivingWriter(TextWriter inner) : TextWriter
{
    private readonly Lock _gate = new();

    /// <summary>Why it cannot be written; null as long as it can.</summary>
    public Exception? Failure { get; private set; }

    public override Encoding Encoding => inner.Encoding;

    [System.Diagnostics.CodeAnalysis.AllowNull]
    public override string NewLine
    {
        get => inner.NewLine;
        set => inner.NewLine = value;
    }

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    public override void WriteLine() => Write(NewLine);

    public override void WriteLine(string? value) => Write(value + NewLine);

    public override void Flush() => Try(inner.Flush);

    private void Try(Action write)
    {
        lock (_gate)
        {
            if (Failure is not null)
                return;
            try
            {
                write();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                Failure = error;
            }
        }
    }
}
