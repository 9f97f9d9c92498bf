using System.Runtime.InteropServices;
using Hybrid.Import.Files;
using Hybrid.Lab.Slurm;

namespace Hybrid.Cli.Shared;

/// <summary>
/// Turns the first Ctrl-C or SIGTERM into a cancellation, so that the run ends between two networks or steps with no half-written
/// file. Where one of these takes longer than <see cref="Grace"/>, the process ends in it, but not while a file is written; a second signal
/// ends it at once. Where Slurm says that a task's time is nearly over, work is asked to end as well, and has the time that is left.
/// </summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>How long work may go on to where it can stop by itself: a job that is asked to end has some seconds.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    // A checkpoint of a large network takes a while to write, and is what the next process goes on from.
    private static readonly TimeSpan Writing = TimeSpan.FromMinutes(1);

    private readonly TextWriter _error;
    private readonly CancellationTokenSource _source = new();
    private readonly ManualResetEventSlim _ended = new();
    private readonly PosixSignalRegistration[] _registrations;
    private bool _asked;

    /// <summary>Listens until it is disposed.</summary>
    /// <param name="error">Told why the process ends.</param>
    public Interruption(TextWriter error)
    {
        _error = error;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
            .. OperatingSystem.IsLinux()
                ? (PosixSignalRegistration[])[PosixSignalRegistration.Create((PosixSignal)SlurmTask.TimeIsOver, EndInTime)]
                : [],
        ];
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Whether it was Slurm that asked, since a task's time is nearly over.</summary>
    public bool TimeIsOver { get; private set; }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        // The thread of a process that was asked to stop may still look at it.
        _ended.Set();
        _source.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        bool first = !_asked;
        _asked = true;
        context.Cancel = first;
        if (!first)
            return;
        new Thread(EndLater) { IsBackground = true, Name = "interruption" }.Start();
        _source.Cancel();
    }

    private void EndInTime(PosixSignalContext context)
    {
        context.Cancel = true;
        TimeIsOver = true;
        _source.Cancel();
    }

    private void EndLater()
    {
        if (_ended.Wait(Grace))
            return;
        FileWork.Close(Writing);
        if (_ended.IsSet)
            return;
        new ForgivingWriter(_error).WriteLine(
            "hybrid: stopped in the middle of what it was doing; nothing was half-written, and what was finished is kept");
        Exit();
    }

    /// <summary>Ends the process without waiting for threads that compute.</summary>
    private static void Exit()
    {
        if (OperatingSystem.IsWindows())
            Environment.Exit(ExitCode.Cancelled);
        else
            EndProcess(ExitCode.Cancelled);
    }

    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void EndProcess(int code);
}
