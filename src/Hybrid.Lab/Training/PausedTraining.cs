using System.Globalization;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Training;

/// <summary>
/// The folder of a training that is no run of its own but may be interrupted: checkpoints, and beside each what its owner carries besides
/// the network. Held by one process at a time.
/// </summary>
public sealed class PausedTraining : IDisposable
{
    private const string CheckpointsName = "checkpoints", RecordPrefix = "record-", RecordExtension = ".json";

    private readonly string _folder;
    private readonly RunLock _lock;
    private readonly CheckpointStore _checkpoints;

    private PausedTraining(string folder)
    {
        _folder = folder;
        _lock = new(folder);
        _checkpoints = new(Path.Combine(folder, CheckpointsName));
    }

    /// <summary>Takes a folder, which need not exist.</summary>
    /// <exception cref="RunInUseException">Another process has it.</exception>
    /// <exception cref="InputException">It cannot be made or written.</exception>
    public static PausedTraining Open(string folder)
    {
        RunFile.Do(folder, "made", () => FileCalls.Current.MakeFolder(folder), begins: true);
        return new(folder);
    }

    /// <summary>Takes the trainer to where the last <see cref="Save"/> left it.</summary>
    /// <returns>What was saved with it; null where nothing was.</returns>
    /// <exception cref="InputException">A file is missing, torn, altered, or of another network.</exception>
    public string? Restore(ITrainer trainer)
    {
        if (_checkpoints.Latest is not int step)
            return null;
        string path = RecordOf(step);
        string record = RunFile.Do(path, "read", () => File.ReadAllText(path));
        _checkpoints.Load(trainer, step);
        return record;
    }

    /// <summary>Saves the trainer and, before its checkpoint appears, the text that goes with it.</summary>
    /// <exception cref="InputException">A file cannot be written, or another process has taken the folder; what was saved before
    /// stays.</exception>
    public void Save(ITrainer trainer, string record)
    {
        _lock.EnsureHeld();
        AtomicFile.WriteText(RecordOf(trainer.StepsDone), record);
        _checkpoints.Save(trainer);
    }

    /// <summary>Lets other processes have the folder.</summary>
    public void Dispose() => _lock.Dispose();

    private string RecordOf(int step) =>
        Path.Combine(_folder, RecordPrefix + step.ToString("000000000", CultureInfo.InvariantCulture) + RecordExtension);
}
