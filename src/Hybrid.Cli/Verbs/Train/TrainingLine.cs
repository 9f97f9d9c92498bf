using System.Diagnostics;
using System.Globalization;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Lab.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>A run's progress on stderr: on a terminal at most ten times a second, otherwise one line for each evaluation.</summary>
internal sealed class TrainingLine(Terminal terminal) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.1);

    private readonly ProgressLine _line = new(terminal);
    private long _last;

    public void Report(TrainingProgress now)
    {
        bool due = terminal.LiveProgress ? Stopwatch.GetElapsedTime(_last) >= Pause : now.Evaluated;
        if (!due)
            return;
        _last = Stopwatch.GetTimestamp();
        string place = terminal.LiveProgress ? "" : $"step {now.Step} of {now.Steps}: ";
        string left = terminal.LiveProgress ? "" : $", {(long)now.Left.TotalHours}:{now.Left:mm\\:ss} left";
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{place}loss {now.Loss:0.0000}, evaluation {now.EvalLoss:0.0000}, "
            + $"{Numbers.Significant(now.StepsPerSecond, 3)} steps/s, {now.TokensPerSecond:0} tokens/s{left}");
        _line.Report(place, text, now.Step, now.Steps, now.Left);
    }

    public void Dispose() => _line.Dispose();
}
