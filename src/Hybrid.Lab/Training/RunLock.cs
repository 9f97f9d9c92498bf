using Hybrid.Import.Json;

namespace Hybrid.Lab.Training;

/// <summary>
/// Keeps a second process out of a run's folder: by a lock of the system, which lets go of it when the process ends, however it ends, and
/// by a lease beside it, since a file system that several machines share may know no locks.
/// </summary>
internal sealed class RunLock : IDisposable
{
    /// <summary>The file's name in the run's folder. It stays there, empty.</summary>
    public const string FileName = "lock";

    /// <summary>The lease's name in the run's folder. It goes with its holder.</summary>
    public const string LeaseName = "lease";

    private readonly FileStream? _file;
    private readonly Lease _lease;

    /// <summary>Takes the lock of a folder.</summary>
    /// <exception cref="InputException">Another process has it, or the folder cannot be written.</exception>
    public RunLock(string folder)
        : this(folder, LeaseHolder.OfProcess(), LeaseTimes.Usual, systemLocks: true)
    {
    }

    /// <summary>As above for a holder, and where the file system has no locks; for tests.</summary>
    internal RunLock(string folder, LeaseHolder holder, LeaseTimes times, bool systemLocks)
    {
        _file = systemLocks ? Open(folder) : null;
        try
        {
            _lease = Lease.Take(Path.Combine(folder, LeaseName), holder, times)
                ?? throw InUse(folder, "its lease is being renewed", null);
        }
        catch
        {
            _file?.Dispose();
            throw;
        }
    }

    /// <summary>Refuses to go on where another process has taken the lease, as may be after a long sleep of this one.</summary>
    /// <exception cref="InputException">It has.</exception>
    public void EnsureHeld() => _lease.EnsureHeld();

    /// <summary>As <see cref="EnsureHeld"/>, but looks only where it may have been still since the last look: for lines of a log.</summary>
    /// <exception cref="InputException">Another process has taken the lease.</exception>
    public void EnsureHeldLately() => _lease.EnsureHeldLately();

    public void Dispose()
    {
        _lease.Dispose();
        _file?.Dispose();
    }

    private static FileStream Open(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            return new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (IsHeld(error))
        {
            throw InUse(folder, error.Message.TrimEnd('.'), error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            string reason = error.Message.Split(" : '")[0].TrimEnd('.');
            throw new InputException(
                $"{path}: cannot be opened ({reason}); make room, or give --out a folder that can be written", error);
        }
    }

    /// <summary>Whether somebody else has the file, and nothing else is wrong with it.</summary>
    private static bool IsHeld(IOException error)
    {
        const int TryAgain = 11, TryAgainOnMac = 35, SharingViolation = unchecked((int)0x80070020);
        return error.HResult is TryAgain or TryAgainOnMac or SharingViolation;
    }

    private static RunInUseException InUse(string folder, string reason, Exception? error) =>
        new($"--out {folder} is in use by another process ({reason}); wait for it, stop it, or give another --out", error);
}

/// <summary>Another process has the folder of a run.</summary>
public sealed class RunInUseException(string message, Exception? inner) : InputException(message, inner);
