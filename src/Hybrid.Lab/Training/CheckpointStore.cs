using System.Globalization;
using System.Text;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Safetensors;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Training;

/// <summary>
/// The checkpoints of a run: folders step-000000123 with weights.safetensors, optimiser.safetensors and state.json. A folder
/// appears whole or not at all: it is written under another name, brought onto the disk and renamed. The last two are
/// kept. What the files hold is hashed in state.json and compared before anything is read.
/// </summary>
public sealed class CheckpointStore
{
    private const string Prefix = "step-", Unfinished = ".partial", Weights = "weights.safetensors", Optimiser = "optimiser.safetensors",
        State = "state.json";
    private const int Kept = 2;

    private readonly string _folder;
    private readonly Func<string, Stream> _create;

    /// <summary>The checkpoints in a folder, which need not exist.</summary>
    public CheckpointStore(string folder)
        : this(folder, path => new FileStream(path, FileMode.CreateNew))
    {
    }

    /// <summary>As above, with the stream that a path is written through; for tests of what fails.</summary>
    internal CheckpointStore(string folder, Func<string, Stream> create) => (_folder, _create) = (folder, create);

    /// <summary>Step of the newest checkpoint, or null where there is none.</summary>
    public int? Latest => Steps() is [.., int last] ? last : null;

    /// <summary>The folder of a step's checkpoint.</summary>
    public string FolderOf(int step) => Path.Combine(_folder, Prefix + step.ToString("000000000", CultureInfo.InvariantCulture));

    /// <summary>Saves the trainer's state under the number of its steps, then removes all but the last two checkpoints.</summary>
    /// <exception cref="InputException">A file cannot be written; the checkpoints before it are as they were.</exception>
    public void Save(ITrainer trainer)
    {
        string target = FolderOf(trainer.StepsDone), partial = target + Unfinished;
        RemoveUnfinished();
        try
        {
            RunFile.Do(partial, "made", () => Directory.CreateDirectory(partial));
            CheckpointState state = new(trainer.StepsDone, new Dictionary<string, FileIdentity>
            {
                [Weights] =
                    Write(partial, Weights, file => SafetensorsWriter.Write(file, trainer.Parameters, Metadata(trainer), trainer.Read)),
                [Optimiser] = Write(
                    partial, Optimiser, file => SafetensorsWriter.Write(file, trainer.OptimiserState, Metadata(trainer), trainer.Read)),
            });
            Write(partial, State, file => file.Write(Encoding.UTF8.GetBytes(state.ToText())));
            RunFile.Do(target, "made", () => Directory.Move(partial, target));
        }
        catch
        {
            RemoveUnfinished();
            throw;
        }

        foreach (int step in Steps().SkipLast(Kept))
            Delete(FolderOf(step));
    }

    /// <summary>Restores the state of a step's checkpoint.</summary>
    /// <exception cref="InputException">A file is missing, torn, altered, or of another network; the message names it.</exception>
    public void Load(ITrainer trainer, int step)
    {
        string folder = FolderOf(step), statePath = Path.Combine(folder, State);
        CheckpointState state = CheckpointState.Parse(RunFile.Do(statePath, "read", () => File.ReadAllText(statePath)), statePath);
        if (state.Step != step)
            throw new InputException($"{statePath}: must be of step {step}, as its folder is, got step {state.Step}; {Remedy(folder)}");
        foreach (string name in (string[])[Weights, Optimiser])
            EnsureIntact(folder, name, state);
        Restore(trainer, trainer.Parameters, Path.Combine(folder, Weights));
        Restore(trainer, trainer.OptimiserState, Path.Combine(folder, Optimiser));
        trainer.StepsDone = step;
    }

    /// <summary>Removes what a killed process left behind.</summary>
    public void RemoveUnfinished()
    {
        if (!Directory.Exists(_folder))
            return;
        foreach (string path in Directory.GetDirectories(_folder, Prefix + "*" + Unfinished))
            Delete(path);
    }

    private static Dictionary<string, string> Metadata(ITrainer trainer) => new()
    {
        ["engine"] = trainer.Engine,
        ["step"] = trainer.StepsDone.ToString(CultureInfo.InvariantCulture),
    };

    private static void EnsureIntact(string folder, string name, CheckpointState state)
    {
        string path = Path.Combine(folder, name);
        if (!state.Files.TryGetValue(name, out FileIdentity? written))
            throw new InputException($"{Path.Combine(folder, State)}: files.{name} is missing; {Remedy(folder)}");
        FileIdentity found = RunFile.Do(path, "read", () => FileIdentity.Of(path));
        if (found != written)
            throw new InputException($"{path}: is torn or altered: {written} were written, {found} are there; {Remedy(folder)}");
    }

    private static string Remedy(string folder) => $"remove the folder {folder} to continue from the checkpoint before it";

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

    private FileIdentity Write(string folder, string name, Action<HashedWriter> write)
    {
        string path = Path.Combine(folder, name);
        return RunFile.Do(path, "written", () =>
        {
            using HashedWriter file = new(_create(path));
            write(file);
            return file.Finish();
        });
    }

    private int[] Steps() => !Directory.Exists(_folder) ? [] :
    [
        .. Directory.GetDirectories(_folder, Prefix + "*")
            .Select(path => Path.GetFileName(path)[Prefix.Length..])
            .Where(digits => digits.Length == 9 && digits.All(char.IsAsciiDigit))
            .Select(digits => int.Parse(digits, CultureInfo.InvariantCulture))
            .Order(),
    ];

    /// <summary>
    /// Renamed first, so that half of a removed checkpoint never bears a checkpoint's name. What cannot be deleted now is
    /// deleted when the next checkpoint is saved.
    /// </summary>
    private static void Delete(string folder)
    {
        try
        {
            string unfinished = folder;
            if (!folder.EndsWith(Unfinished, StringComparison.Ordinal))
                Directory.Move(folder, unfinished += Unfinished);
            Directory.Delete(unfinished, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}
