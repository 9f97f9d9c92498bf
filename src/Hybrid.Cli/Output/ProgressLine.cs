using System.Diagnostics;
using System.Globalization;
using Hybrid.Cli.Shared;

namespace Hybrid.Cli.Output;

/// <summary>
/// Progress on stderr: on a terminal one line with a bar and the time left that is rewritten and removed at the end, otherwise
/// one plain line for each stage.
/// </summary>
internal sealed class ProgressLine(Terminal terminal) : IDisposable
{
    private const string Erase = "\r\u001b[2K";
    private const int Bar = 20;

    private readonly Lock _gate = new();
    private string? _stage;
    private long _start;
    private bool _shown;

    /// <summary>Reports that <paramref name="done"/> of <paramref name="total"/> of a stage are done; any thread may.</summary>
    /// <param name="stage">Names the stage.</param>
    /// <param name="text">What is shown.</param>
    /// <param name="done">Parts finished.</param>
    /// <param name="total">Parts of the stage.</param>
    /// <param name="left">Time left, where the caller knows that parts differ or that some were finished
    /// before; otherwise the pace so far says it.</param>
    public void Report(string stage, string text, int done, int total, TimeSpan? left = null)
    {
        lock (_gate)
        {
            if (stage != _stage)
                _start = Stopwatch.GetTimestamp();
            if (terminal.LiveProgress)
            {
                string line = $"{Filled(done, total)} {done,4}/{total}  {text}{Left(done, total, left)}";
                terminal.Error.Write(Erase + (terminal.Columns is int columns && line.Length >= columns ? line[..(columns - 1)] : line));
                terminal.Error.Flush();
                _shown = true;
            }
            else if (stage != _stage)
            {
                terminal.Progress(text);
            }

            _stage = stage;
        }
    }

    /// <summary>Removes the line.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_shown)
                terminal.Error.Write(Erase);
            _shown = false;
        }
    }

    private static string Filled(int done, int total)
    {
        int filled = total > 0 ? (int)((long)Bar * Math.Clamp(done, 0, total) / total) : 0;
        return new string('█', filled) + new string('░', Bar - filled);
    }

    /// <summary>What the stage still takes, in minutes and seconds; nothing in its last second.</summary>
    private string Left(int done, int total, TimeSpan? known)
    {
        if (done <= 0 || done >= total)
            return "";
        double seconds = (known ?? Stopwatch.GetElapsedTime(_start) * ((double)(total - done) / done)).TotalSeconds;
        return seconds < 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", {(long)seconds / 60}:{(long)seconds % 60:00} left");
    }
}
