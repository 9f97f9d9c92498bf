using System.Diagnostics;
using Hybrid.Cli.Shared;
using Hybrid.Import.Json;
using Hybrid.Lab.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>
/// The curve of a run, and its page where one is asked for, which are drawn while it trains: at evaluations, in at most a twentieth of the
/// run's time. Where they cannot be written the run goes on.
/// </summary>
internal sealed class TrainingView(
    Terminal terminal, TrainingRun run, Func<TrainingResult, TrainingReport> report, Action<TrainingReport> write)
{
    private const double Share = 0.05;

    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _spent;
    private bool _failed;

    /// <summary>Draws what there is, where it is due.</summary>
    public void Update(TrainingProgress now)
    {
        if (!now.Evaluated || _failed || _spent > Share * Stopwatch.GetElapsedTime(_start))
            return;
        long begin = Stopwatch.GetTimestamp();
        try
        {
            write(report(run.SoFar));
        }
        catch (InputException error) when (error is not RunInUseException)
        {
            _failed = true;
            terminal.Warn($"{error.Message}; the run goes on without its curve");
        }

        _spent += Stopwatch.GetElapsedTime(begin);
    }
}
