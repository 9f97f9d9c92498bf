using System.Globalization;
using System.Text;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Safetensors;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Training;

/// <summary>
/// The checkpoints of a run: folders step-000000123 with weights.safetensors, optimiser.safetensors and state.json. A folder
/// appears whole or not at all: it is written under another name, brought onto the disk and renamed. The last ones are
/// kept. What the files hold is hashed in state.json and compared before anything is read.
/// </summary>
public sealed class CheckpointStore
{
    private const string Prefix = "step-", Weights = "weights.safetensors", Optimiser = "optimiser.safetensors",
        State = "state.json";

    /// <summary>How the name of what was damaged and set aside ends.</summary>
    internal const string Damaged = ".damaged";

    private readonly string _folder;

    /// <summary>The checkpoints in a folder, which need not exist.</summary>
    public CheckpointStore(string folder) => _folder = folder;

    /// <summary>Step of the newest checkpoint, or null where there is none.</summary>
    public int? Latest => Steps() is [.., int last] ? last : null;

    /// <summary>The folder of a step's checkpoint.</summary>
    public string FolderOf(int step) => Path.Combine(_folder, Prefix + step.ToString("000000000", CultureInfo.InvariantCulture));

    /// <summary>Saves the trainer's state under the number of its steps, then removes all but the last two checkpoints.</summary>
    /// <exception cref="InputException">A file cannot be written; the checkpoints before it are as they were.</exception>
    public void Save(ITrainer trainer) => Save(trainer, null, TrainingPlan.UsualCheckpoints, null);

    /// <summary>Restores the state of a step's checkpoint.</summary>
    /// <exception cref="InputException">A file is missing, torn, altered, or of another network; the message names it.</exception>
    public void Load(ITrainer trainer, int step)
    {
        if (Damage(step) is string damage)
            throw new InputException($"{damage}; {Remedy(FolderOf(step))}");
        Restore(trainer, trainer.Parameters, Path.Combine(FolderOf(step), Weights));
        Restore(trainer, trainer.OptimiserState, Path.Combine(FolderOf(step), Optimiser));
        trainer.StepsDone = step;
    }

    /// <summary>Removes what a killed process left behind.</summary>
    public void RemoveUnfinished() => Leftovers.RemoveIn(_folder);

    /// <summary>Steps of all checkpoints, the newest last.</summary>
    internal int[] Steps() => !Directory.Exists(_folder) ? [] :
    [
        .. Directory.GetDirectories(_folder, Prefix + "*")
            .Select(path => Path.GetFileName(path)[Prefix.Length..])
            .Where(digits => digits.Length == 9 && digits.All(char.IsAsciiDigit))
            .Select(digits => int.Parse(digits, CultureInfo.InvariantCulture))
            .Order(),
    ];

    /// <summary>Saves the trainer's state, then removes all but the last <paramref name="kept"/> checkpoints.</summary>
    /// <param name="trainer">What is saved.</param>
    /// <param name="run">The run that it is of, if it is of one.</param>
    /// <param name="kept">≥ 1.</param>
    /// <param name="best">Of steps, the one whose checkpoint is kept besides; null if none is.</param>
    /// <exception cref="InputException">A file cannot be written; the checkpoints before it are as they were.</exception>
    internal void Save(ITrainer trainer, RunIdentity? run, int kept, Func<IEnumerable<int>, int>? best) => FileWork.Do(() =>
    {
        string target = FolderOf(trainer.StepsDone), partial = target + Leftovers.Ending;
        RemoveUnfinished();
        try
        {
            RunFile.Do(partial, "made", () =>
            {
                DurableFolder.Make(_folder);
                FileCalls.Current.MakeFolder(partial);
            });
            CheckpointState state = new(
                trainer.StepsDone,
                new Dictionary<string, FileIdentity>
                {
                    [Weights] = Write(partial, Weights, file =>
                        SafetensorsWriter.Write(file.Write, trainer.Parameters, Metadata(trainer), trainer.Read)),
                    [Optimiser] = Write(partial, Optimiser, file =>
                        SafetensorsWriter.Write(file.Write, trainer.OptimiserState, Metadata(trainer), trainer.Read)),
                },
                run);
            Write(partial, State, file => file.Write(Encoding.UTF8.GetBytes(state.ToText())));
            RunFile.Do(target, "made", () =>
            {
                FileCalls.Current.SyncFolder(partial);
                FileCalls.Current.RenameFolder(partial, target);
                FileCalls.Current.SyncFolder(_folder);
            });
        }
        catch
        {
            RemoveUnfinished();
            throw;
        }

        int[] steps = Steps();
        int? spared = best?.Invoke(steps);
        foreach (int step in steps.SkipLast(kept).Where(step => step != spared))
            Remove(FolderOf(step));
    });

    /// <summary>What is wrong with the files of a step's checkpoint, which is read as a whole; null if nothing is.</summary>
    /// <exception cref="InputException">They may not be read.</exception>
    internal string? Damage(int step)
    {
        string folder = FolderOf(step), statePath = Path.Combine(folder, State);
        CheckpointState state;
        try
        {
            if (!File.Exists(statePath))
                return $"{statePath}: cannot be read (it is not there)";
            state = StateOf(step);
        }
        catch (InputException error) when (error.InnerException is not UnauthorizedAccessException)
        {
            return error.Message;
        }

        if (state.Step != step)
            return $"{statePath}: must be of step {step}, as its folder is, got step {state.Step}";
        foreach (string name in (string[])[Weights, Optimiser])
        {
            string path = Path.Combine(folder, name);
            if (!state.Files.TryGetValue(name, out FileIdentity? written))
                return $"{statePath}: files.{name} is missing";
            if (!File.Exists(path))
                return $"{path}: is missing";
            if (RunFile.Do(path, "read", () => FileIdentity.Of(path)) is FileIdentity found && found != written)
                return $"{path}: is torn or altered: {written} were written, {found} are there";
        }

        return null;
    }

    /// <summary>The run that a step's checkpoint, which is not damaged, says that it is of; null if it does not say.</summary>
    internal RunIdentity? RunOf(int step) => StateOf(step).Run;

    /// <summary>Writes of which run all checkpoints are.</summary>
    internal void Change(Func<int, RunIdentity, RunIdentity> change)
    {
        foreach (int step in Steps().Where(step => Damage(step) is null))
        {
            CheckpointState state = StateOf(step);
            if (state.Run is RunIdentity run)
                AtomicFile.WriteText(Path.Combine(FolderOf(step), State), (state with { Run = change(step, run) }).ToText());
        }
    }

    /// <summary>Gives a damaged checkpoint a name under which nobody takes it for one. The folder's new name.</summary>
    internal string SetAside(int step)
    {
        string folder = FolderOf(step), aside = folder + Damaged;
        RunFile.Do(folder, "set aside", () =>
        {
            for (int number = 2; Directory.Exists(aside); number++)
                aside = $"{folder}{Damaged}-{number}";
            FileCalls.Current.RenameFolder(folder, aside);
            FileCalls.Current.SyncFolder(_folder);
        });
        return aside;
    }

    private CheckpointState StateOf(int step)
    {
        string path = Path.Combine(FolderOf(step), State);
        return CheckpointState.Parse(RunFile.Do(path, "read", () => File.ReadAllText(path)), path);
    }

    private static Dictionary<string, string> Metadata(ITrainer trainer) => new()
    {
        ["engine"] = trainer.Engine,
        ["step"] = trainer.StepsDone.ToString(CultureInfo.InvariantCulture),
    };

    internal static string Remedy(string folder) => $"remove the folder {folder} to continue from the checkpoint before it";

    private static void Restore(ITrainer trainer, IReadOnlyList<NamedTensor> tensors, string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (file.Tensors.FirstOrDefault(tensor => tensors.All(wanted => wanted.Name != tensor.Name)) is NamedTensor other)
            throw new InputException($"{path}: tensor '{other.Name}' belongs to no part of this network");
        float[] buffer = new float[1 << 16];
        foreach (NamedTensor tensor in tensors)
        {
            for (long offset = 0; offset < tensor.Length; offset += buffer.Length)
            {
                Span<float> piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, tensor.Length - offset));
                file.Read(tensor, offset, piece);
                trainer.Write(tensor, offset, piece);
            }
        }
    }

    private static FileIdentity Write(string folder, string name, Action<HashedWriter> write)
    {
        string path = Path.Combine(folder, name);
        return RunFile.Do(path, "written", () =>
        {
            using HashedWriter file = new(FileCalls.Current.Open(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read));
            write(file);
            return file.Finish();
        });
    }

    /// <summary>
    /// Renamed first, and that brought onto the disk, so that half of a removed checkpoint never bears a checkpoint's name. What cannot be
    /// deleted now is deleted when the next checkpoint is saved.
    /// </summary>
    private void Remove(string folder)
    {
        try
        {
            FileCalls.Current.RenameFolder(folder, folder + Leftovers.Ending);
            FileCalls.Current.SyncFolder(_folder);
            FileCalls.Current.DeleteFolder(folder + Leftovers.Ending);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}
