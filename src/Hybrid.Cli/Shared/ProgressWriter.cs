namespace Hybrid.Cli.Shared;

/// <summary>
/// stderr. Lines of progress are held back in the first moments of a run, in which it finds out whether it can do what was asked: what is
/// refused is refused in one line.
/// </summary>
internal sealed class ProgressWriter : ForgivingWriter
{
    private readonly Lock _gate = new();
    private readonly Timer _timer;
    private List<string>? _held = [];

    public ProgressWriter(TextWriter inner, TimeSpan firstMoments)
        : base(inner) => _timer = new(_ => Release(), null, firstMoments, Timeout.InfiniteTimeSpan);

    /// <summary>Writes a line of progress, now or a little later.</summary>
    public void WriteProgress(string line)
    {
        lock (_gate)
        {
            if (_held is null)
                WriteLine(line);
            else
                _held.Add(line);
        }
    }

    /// <summary>Writes what is held back, and holds back nothing more.</summary>
    public void Release()
    {
        lock (_gate)
        {
            foreach (string line in _held ?? [])
                WriteLine(line);
            _held = null;
        }
    }

    /// <summary>Drops what is held back, which nobody needs beside an error.</summary>
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
}
