using System.Diagnostics;
using Hybrid.Import.Json;
using Hybrid.Lab.Data;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Training;

/// <summary>
/// Trains the run of a folder from where it is to its end. Whatever ends the process, the run continues from its last
/// checkpoint on the same trajectory, bit by bit: batches are functions of the step's number, the log is cut back to
/// the checkpoint, and a checkpoint holds everything else that a step depends on.
/// </summary>
public sealed class TrainingRun
{
    // Seconds; some 30 years, and far within what a TimeSpan holds.
    private const double LongestWait = 1e9;

    private readonly RunDirectory _directory;
    private readonly TrainingPlan _plan;
    private readonly ITrainer _trainer;
    private readonly BatchMaker _batches;
    private readonly TokenBatch _batch;
    private readonly DivergenceRule _divergence;

    /// <summary>Plans to continue a run.</summary>
    /// <param name="directory">The run's folder.</param>
    /// <param name="trainer">A trainer of the plan's options, as it was made.</param>
    /// <param name="source">The plan's data.</param>
    public TrainingRun(RunDirectory directory, ITrainer trainer, ITokenSource source)
    {
        _directory = directory;
        _plan = directory.Plan;
        _trainer = trainer;
        ModelOptions model = _plan.Options.Model;
        _batches = new(source, model, _plan.Options.Seed);
        _batch = new(_plan.Options.Sequences, model.Architecture.Tokens);
        _divergence = new(model.Vocabulary);
    }

    /// <summary>
    /// Trains until all steps are done, the run diverges or <paramref name="cancellation"/> asks to stop, which saves a
    /// checkpoint. A run that has come to an end stays as it is.
    /// </summary>
    /// <exception cref="InputException">A file of the run cannot be read or written; the last checkpoint stays good.</exception>
    public TrainingResult Run(Action<TrainingProgress> progress, CancellationToken cancellation)
    {
        if (Divergence() is string known)
            return Result(TrainingOutcome.Diverged, known);
        Restore(cancellation);
        long start = Stopwatch.GetTimestamp();
        int first = _trainer.StepsDone;
        double evalLoss = _directory.Log.Entries.LastOrDefault(entry => entry.EvalLoss is not null)?.EvalLoss ?? double.NaN;
        while (_trainer.StepsDone < _plan.Options.Steps)
        {
            if (cancellation.IsCancellationRequested)
            {
                Save();
                return Result(TrainingOutcome.Stopped, null);
            }

            LogEntry entry = Step();
            if (_divergence.Observe(entry) is string reason)
            {
                Append(entry);
                return Result(TrainingOutcome.Diverged, reason);
            }

            if (entry.Step % _plan.EvalEvery == 0 || entry.Step == _plan.Options.Steps)
                entry = entry with { EvalLoss = evalLoss = Evaluate() };
            if (IsMeasured(entry.Step))
                Measure(cancellation);
            Append(entry);
            if (entry.Step % _plan.CheckpointEvery == 0 || entry.Step == _plan.Options.Steps)
                Save();
            progress(Progress(entry, evalLoss, entry.Step - first, Stopwatch.GetElapsedTime(start).TotalSeconds));
        }

        return Result(OwesMeasurement ? TrainingOutcome.Stopped : TrainingOutcome.Finished, null);
    }

    /// <summary>What the run has come to so far.</summary>
    public TrainingResult SoFar => Result(TrainingOutcome.Running, null);

    /// <summary>Why the run has diverged already, or null.</summary>
    private string? Divergence()
    {
        DivergenceRule rule = new(_plan.Options.Model.Vocabulary);
        string? reason = null;
        foreach (LogEntry entry in _directory.Log.Entries)
            reason ??= rule.Observe(entry);
        return reason;
    }

    /// <summary>Takes the trainer and the log to the last checkpoint, or to the beginning.</summary>
    private void Restore(CancellationToken cancellation)
    {
        if (_directory.Checkpoints.Latest is int step)
        {
            _directory.Log.CutAfter(step);
            _directory.Times.CutAfter(step);
            _directory.Checkpoints.Load(_trainer, step);
            foreach (LogEntry entry in _directory.Log.Entries)
                _divergence.Observe(entry);
            if (OwesMeasurement)
                Measure(cancellation);
            return;
        }

        _directory.Log.Clear();
        _directory.Times.Clear();
        Measure(cancellation);
        Append(new(0, null, null, null, Evaluate()));
    }

    private LogEntry Step()
    {
        long start = Stopwatch.GetTimestamp();
        int step = _trainer.StepsDone + 1;
        _batches.Fill(Split.Train, step - 1, _batch);
        StepResult result = _trainer.Step(_batch);
        _directory.EnsureHeldLately();
        _directory.Times.Append(new(step, Stopwatch.GetElapsedTime(start).TotalSeconds));
        return new(step, result.Loss, result.GradientNorm, result.LearningRate, null);
    }

    /// <summary>Mean loss of the first validation sequences, always the same; every batch has the same number of targets.</summary>
    private double Evaluate()
    {
        int count = _plan.EvalSequences / _plan.Options.Sequences;
        double sum = 0;
        for (int number = 0; number < count; number++)
        {
            _batches.Fill(Split.Validation, number, _batch);
            sum += _trainer.Evaluate(_batch);
        }

        return sum / count;
    }

    /// <summary>Whether the plan has the network measured after so many steps.</summary>
    private bool IsMeasured(int step) => step % _plan.MeasureEvery == 0 || step == _plan.Options.Steps;

    /// <summary>Whether the network as it stands was to be measured, and a stop came between.</summary>
    private bool OwesMeasurement => _trainer is IMeasuredTrainer
        && IsMeasured(_trainer.StepsDone) && !File.Exists(_directory.Measurements.PathOf(_trainer.StepsDone));

    /// <summary>
    /// The network as it stands, on the first validation batch, where the engine can measure it. Asked to stop meanwhile, it leaves that
    /// to whoever resumes, so that the steps before it are not lost.
    /// </summary>
    private void Measure(CancellationToken cancellation)
    {
        if (_trainer is not IMeasuredTrainer measured)
            return;
        _batches.Fill(Split.Validation, 0, _batch);
        try
        {
            NetworkMeasurement measurement = measured.Measure(_batch, _plan.Measures, cancellation);
            _directory.EnsureHeld();
            _directory.Measurements.Write(_trainer.StepsDone, _plan.Options.Model.Architecture, measurement);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    private void Append(LogEntry entry)
    {
        _directory.EnsureHeldLately();
        _directory.Log.Append(entry);
    }

    /// <summary>The lines reach the disk before the checkpoint that continues them.</summary>
    private void Save()
    {
        if (_directory.Checkpoints.Latest == _trainer.StepsDone)
            return;
        _directory.EnsureHeld();
        _directory.Log.Sync();
        _directory.Times.Sync();
        _directory.Checkpoints.Save(_trainer, _directory.IdentityAt(_trainer.StepsDone), _plan.Keep, _plan.KeepBest ? Best : null);
    }

    /// <summary>Of the steps, the one whose last evaluation up to it is the lowest, the first of equals.</summary>
    private int Best(IEnumerable<int> steps)
    {
        (int step, double lowest) = (-1, double.PositiveInfinity);
        IEnumerable<LogEntry> evaluations = [.. _directory.Log.Entries.Where(entry => entry.EvalLoss is not null)];
        foreach (int candidate in steps)
        {
            double loss = evaluations.LastOrDefault(entry => entry.Step <= candidate)?.EvalLoss ?? double.PositiveInfinity;
            if (loss < lowest)
                (step, lowest) = (candidate, loss);
        }

        return step;
    }

    private TrainingProgress Progress(LogEntry entry, double evalLoss, int steps, double seconds)
    {
        double rate = steps / seconds;
        return new(
            entry.Step,
            _plan.Options.Steps,
            entry.Loss!.Value,
            evalLoss,
            entry.EvalLoss is not null,
            rate,
            rate * _batch.Inputs.Length,
            TimeSpan.FromSeconds(Math.Min(LongestWait, (_plan.Options.Steps - entry.Step) / rate)));
    }

    private TrainingResult Result(TrainingOutcome outcome, string? reason)
    {
        double seconds = 0;
        int steps = 0;
        foreach (double time in _directory.Times.Entries.Select(time => time.Seconds).OfType<double>())
        {
            seconds += time;
            steps++;
        }

        return new(_plan, outcome, reason, [.. _directory.Log.Entries], _batch.Inputs.Length * steps / seconds);
    }
}

/// <summary>Where a run is. Rates are those of this process.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Training loss of the last step, nats.</param>
/// <param name="EvalLoss">The last evaluation, nats.</param>
/// <param name="Evaluated">Whether that evaluation was of this step.</param>
/// <param name="StepsPerSecond">Steps per second, evaluations and checkpoints included.</param>
/// <param name="TokensPerSecond">Tokens seen by the network per second.</param>
/// <param name="Left">Time left at this rate.</param>
public sealed record TrainingProgress(
    int Step,
    int Steps,
    double Loss,
    double EvalLoss,
    bool Evaluated,
    double StepsPerSecond,
    double TokensPerSecond,
    TimeSpan Left);
