using System.Text;

namespace Hybrid.Cli.Shared;

/// <summary>
/// stdout. What is written in the first moments of a run is held back, in which it finds out whether it can do what was asked: a refusal is
/// one line of stderr and nothing else. To flush is to hold back nothing more.
/// </summary>
internal sealed class ResultWriter : ForgivingWriter
{
    private readonly Lock _gate = new();
    private readonly Timer _timer;
    private StringBuilder? _held = new();

    public ResultWriter(TextWriter inner, TimeSpan firstMoments)
        : base(inner) => _timer = new(_ => Release(), null, firstMoments, Timeout.InfiniteTimeSpan);

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value)
    {
        lock (_gate)
        {
            if (_held is null)
                base.Write(value);
            else
                _held.Append(value);
        }
    }

    public override void Flush()
    {
        Release();
        base.Flush();
    }

    /// <summary>Drops what is held back.</summary>
    public void Drop()
    {
        lock (_gate)
            _held = null;
    }

    protected override void Dispose(bool disposing)
    {
        _timer.Dispose();
        base.Dispose(disposing);
    }

    private void Release()
    {
        lock (_gate)
        {
            if (_held is { Length: > 0 })
                base.Write(_held.ToString());
            _held = null;
        }
    }
}
