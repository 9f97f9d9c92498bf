using Hybrid.Import.Json;

namespace Hybrid.Lab.Training;

/// <summary>Keeps a second process out of a run's folder. The system lets go of it when the process ends, however it ends.</summary>
internal sealed class RunLock : IDisposable
{
    /// <summary>The file's name in the run's folder. It stays there, empty.</summary>
    public const string FileName = "lock";

    private readonly FileStream _file;

    /// <summary>Takes the lock of a folder.</summary>
    /// <exception cref="InputException">Another process has it, or the folder cannot be written.</exception>
    public RunLock(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            _file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new InputException(
                $"{path}: cannot be opened ({error.Message.TrimEnd('.')}); give --out a folder that can be written", error);
        }
        catch (IOException error)
        {
            throw new RunInUseException(
                $"--out {folder} is in use by another process ({error.Message.TrimEnd('.')}); wait for it, stop it, or give another --out",
                error);
        }
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>Another process has the folder of a run.</summary>
public sealed class RunInUseException(string message, Exception inner) : InputException(message, inner);
