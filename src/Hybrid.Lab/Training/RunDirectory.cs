using System.Text;
using Hybrid.Import.Files;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Training;

/// <summary>
/// The folder of one run: config.json (the plan), log.jsonl (the trajectory), times.jsonl (seconds of every step),
/// checkpoints/, measurements/ and curve.svg. One process at a time has it open.
/// </summary>
public sealed class RunDirectory : IDisposable
{
    private const string Config = "config.json", LogName = "log.jsonl", TimesName = "times.jsonl", CheckpointsName = "checkpoints";

    private readonly RunLock _lock;

    private RunDirectory(string path, RunLock held, TrainingPlan plan)
    {
        _lock = held;
        FullPath = path;
        Plan = plan;
        Log = new(Path.Combine(path, LogName), 0, entry => entry.Step, LogEntryJson.Parse, LogEntryJson.ToText);
        Times = new(Path.Combine(path, TimesName), 1, time => time.Step, StepTime.Parse, time => time.ToText());
        Measurements = new(path);
        Checkpoints = new(Path.Combine(path, CheckpointsName));
        Checkpoints.RemoveUnfinished();
    }

    /// <summary>The folder.</summary>
    public string FullPath { get; }

    /// <summary>What the run was made for.</summary>
    public TrainingPlan Plan { get; private set; }

    /// <summary>The checkpoints.</summary>
    public CheckpointStore Checkpoints { get; }

    /// <summary>What was measured of the network.</summary>
    public MeasurementFiles Measurements { get; }

    /// <summary>Where the figure goes.</summary>
    public string FigurePath => Path.Combine(FullPath, "curve.svg");

    /// <summary>The trajectory.</summary>
    internal StepLines<LogEntry> Log { get; }

    /// <summary>Seconds of every step.</summary>
    internal StepLines<StepTime> Times { get; }

    /// <summary>Whether a folder holds a run.</summary>
    public static bool Exists(string path) => File.Exists(Path.Combine(path, Config));

    /// <summary>The error for a run that is to begin where one is.</summary>
    public static InputException HoldsARun(string path) =>
        new($"--out {path}: holds a run already; continue it with --resume, or give another folder");

    /// <summary>Begins a run in a folder that is new or empty.</summary>
    /// <exception cref="InputException">The folder holds a run or other files, cannot be written, or is in use.</exception>
    public static RunDirectory Create(string path, TrainingPlan plan)
    {
        string full = FullPathOf(path);
        if (File.Exists(full))
            throw new InputException($"--out {path}: must be a folder, got a file");
        RunFile.Do(full, "made", () => Directory.CreateDirectory(full));
        RunLock held = new(full);
        try
        {
            EnsureEmpty(path, full);
            AtomicFile.WriteText(Path.Combine(full, Config), TrainingPlanJson.ToText(plan));
            return new(full, held, plan);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Opens the run of a folder.</summary>
    /// <exception cref="InputException">There is none, a file of it cannot be read, or it is in use.</exception>
    public static RunDirectory Open(string path)
    {
        string full = FullPathOf(path);
        if (!Exists(full))
            throw new InputException($"--out {path}: holds no run to resume (there is no {Config}); leave out --resume to begin one");
        RunLock held = new(full);
        try
        {
            string config = Path.Combine(full, Config);
            string text = RunFile.Do(config, "read", () => File.ReadAllText(config, Encoding.UTF8));
            return new(full, held, TrainingPlanJson.Parse(text, config));
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Replaces the plan, as when a run is made longer.</summary>
    public void Change(TrainingPlan plan)
    {
        AtomicFile.WriteText(Path.Combine(FullPath, Config), TrainingPlanJson.ToText(plan));
        Plan = plan;
    }

    /// <summary>Lets other processes have the folder.</summary>
    public void Dispose()
    {
        Log.Dispose();
        Times.Dispose();
        _lock.Dispose();
    }

    private static string FullPathOf(string path) => string.IsNullOrWhiteSpace(path)
        ? throw new InputException("--out: must be a folder, got an empty path")
        : Path.GetFullPath(path);

    /// <summary>A process that was killed before it wrote the plan leaves the lock and half of the plan: these count as nothing.</summary>
    private static void EnsureEmpty(string path, string full)
    {
        if (Exists(full))
            throw HoldsARun(path);
        string? other = Directory.EnumerateFileSystemEntries(full)
            .Select(Path.GetFileName)
            .FirstOrDefault(name => name != RunLock.FileName
                && !(name!.StartsWith(Config, StringComparison.Ordinal) && name.EndsWith(".partial", StringComparison.Ordinal)));
        if (other is not null)
            throw new InputException($"--out {path}: must be new or empty, and holds {other}; give another folder");
    }
}
