using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Records;

namespace Hybrid.Lab.Training;

/// <summary>
/// The folder of one run: config.json (the plan), log.jsonl (the trajectory), times.jsonl (seconds of every step),
/// checkpoints/, measurements/, curve.svg and report.json (where its page goes). One process at a time has it open.
/// </summary>
public sealed class RunDirectory : IDisposable
{
    private const string Config = "config.json", LogName = "log.jsonl", TimesName = "times.jsonl", CheckpointsName = "checkpoints",
        FigureName = "curve.svg", ReportName = "report.json";

    private readonly RunLock _lock;

    private RunDirectory(string path, RunLock held, TrainingPlan plan, byte[] config)
    {
        _lock = held;
        FullPath = path;
        Plan = plan;
        ConfigHash = HashOf(config);
        // Nobody else writes here, so that whatever is unfinished is of a process that was killed.
        Leftovers.RemoveIn(path);
        Leftovers.RemoveIn(Path.Combine(path, MeasurementFiles.FolderName));
        Log = new(LogPath, 0, entry => entry.Step, LogEntryJson.Parse, LogEntryJson.ToText);
        Times = new(Path.Combine(path, TimesName), 1, time => time.Step, StepTime.Parse, time => time.ToText());
        Measurements = new(path);
        Checkpoints = new(Path.Combine(path, CheckpointsName));
        Checkpoints.RemoveUnfinished();
        RunFile.Do(path, "written", () => FileCalls.Current.SyncFolder(path));
    }

    /// <summary>The folder.</summary>
    public string FullPath { get; }

    /// <summary>The folder's own name.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(FullPath));

    /// <summary>What the run was made for.</summary>
    public TrainingPlan Plan { get; private set; }

    /// <summary>The checkpoints.</summary>
    public CheckpointStore Checkpoints { get; }

    /// <summary>What was measured of the network.</summary>
    public MeasurementFiles Measurements { get; }

    /// <summary>Where the figure goes.</summary>
    public string FigurePath => Path.Combine(FullPath, FigureName);

    /// <summary>
    /// The page that is written of the run besides, as a full path, or null; it is remembered as a path from the run's folder, which says
    /// nothing of whose machine it lies on.
    /// </summary>
    /// <exception cref="InputException">The file that remembers it cannot be read or written.</exception>
    public string? Report
    {
        get => !File.Exists(ReportPath) ? null : RunFile.Do(ReportPath, "read", () =>
        {
            using JsonDocument document = ArchitectureJson.ParseDocument(File.ReadAllText(ReportPath), ReportPath);
            JsonFields fields = new(document.RootElement, ReportPath);
            string path = fields.Text("report");
            fields.EnsureNoOther();
            return Path.GetFullPath(Path.Combine(FullPath, path));
        });

        set => AtomicFile.WriteText(
            ReportPath, new JsonObject { ["report"] = Path.GetRelativePath(FullPath, Path.GetFullPath(value!)) }.ToJsonString() + "\n");
    }

    private string ReportPath => Path.Combine(FullPath, ReportName);

    internal string ConfigPath => Path.Combine(FullPath, Config);

    internal string LogPath => Path.Combine(FullPath, LogName);

    /// <summary>Of config.json as it is there.</summary>
    internal string ConfigHash { get; private set; }

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
        RunFile.Do(full, "made", () => DurableFolder.Make(full), begins: true);
        EnsureNoLinks(full);
        RunLock held = new(full);
        try
        {
            EnsureEmpty(path, full);
            string text = TrainingPlanJson.ToText(plan);
            AtomicFile.WriteText(Path.Combine(full, Config), text);
            if (Path.GetDirectoryName(full) is string parent)
                RunFile.Do(full, "made", () => FileCalls.Current.SyncFolder(parent), begins: true);
            return new(full, held, plan, Encoding.UTF8.GetBytes(text));
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
        EnsureNoLinks(full);
        RunLock held = new(full);
        try
        {
            string config = Path.Combine(full, Config);
            byte[] bytes = RunFile.Do(config, "read", () => File.ReadAllBytes(config));
            return new(full, held, TrainingPlanJson.Parse(Encoding.UTF8.GetString(bytes), config), bytes);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Replaces the plan, as when a run is made longer. The checkpoints are told first: one that knows both plans continues whichever a
    /// loss of power leaves.
    /// </summary>
    public void Change(TrainingPlan plan)
    {
        string text = TrainingPlanJson.ToText(plan), hash = HashOf(Encoding.UTF8.GetBytes(text));
        Checkpoints.Change((_, run) => run with { Configs = [.. run.Configs.Append(hash).Distinct()] });
        AtomicFile.WriteText(ConfigPath, text);
        (Plan, ConfigHash) = (plan, hash);
    }

    /// <summary>Lets other processes have the folder.</summary>
    public void Dispose()
    {
        Log.Dispose();
        Times.Dispose();
        _lock.Dispose();
    }

    /// <summary>The run as a checkpoint of a step knows it.</summary>
    internal RunIdentity IdentityAt(int step) => new([ConfigHash], Log.IdentityAt(step));

    /// <summary>Makes the plan and the log that are there those of all checkpoints.</summary>
    internal void AcceptChanges() => Checkpoints.Change((step, run) =>
        new([.. run.Configs.Append(ConfigHash).Distinct()], step <= LastLogged ? Log.IdentityAt(step) : run.Log));

    /// <summary>
    /// Puts what could be saved of a damaged file of lines in its place. The checkpoints are told first, as of a plan; whatever a loss of
    /// power leaves is done again in the same way. The name under which the damaged file is kept.
    /// </summary>
    internal string Replace<T>(StepLines<T> lines, SavedLines saved)
        where T : class
    {
        if (ReferenceEquals(lines, Log))
            Checkpoints.Change((step, run) => step < saved.Lines.Count ? run with { Log = saved.IdentityOf(step + 1) } : run);
        return lines.Replace(saved);
    }

    /// <summary>Writes the figure.</summary>
    /// <exception cref="InputException">It cannot be written, or another process has taken the folder.</exception>
    public void WriteFigure(string svg)
    {
        EnsureHeld();
        AtomicFile.WriteText(FigurePath, svg);
    }

    /// <summary>Refuses to write where another process has taken the folder since, as may be after a long sleep of this one.</summary>
    /// <exception cref="InputException">It has.</exception>
    internal void EnsureHeld() => _lock.EnsureHeld();

    /// <inheritdoc cref="RunLock.EnsureHeldLately"/>
    internal void EnsureHeldLately() => _lock.EnsureHeldLately();

    private int LastLogged => Log.Entries.LastOrDefault()?.Step ?? -1;

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>
    /// What is written in a run's folder is written there and nowhere else: a link in the place of one of its parts would have another
    /// file overwritten, or read as the run's.
    /// </summary>
    private static void EnsureNoLinks(string full)
    {
        string[] names =
        [
            Config, LogName, TimesName, CheckpointsName, MeasurementFiles.FolderName, RunLock.FileName, RunLock.LeaseName, FigureName,
            ReportName,
        ];
        foreach (string path in names.Select(name => Path.Combine(full, name)))
        {
            if (new FileInfo(path).LinkTarget is string target)
            {
                throw new InputException($"{path}: must be a file or folder of the run, got a link to {target}; "
                    + "put what it leads to in its place (a link may stand for the whole run's folder)");
            }
        }
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
            .FirstOrDefault(name => name != RunLock.FileName && !name!.StartsWith(RunLock.LeaseName, StringComparison.Ordinal)
                && !(name.StartsWith(Config, StringComparison.Ordinal) && name.EndsWith(Leftovers.Ending, StringComparison.Ordinal)));
        if (other is not null)
            throw new InputException($"--out {path}: must be new or empty, and holds {other}; give another folder");
    }
}
