using System.Diagnostics;
using System.Globalization;
using Hybrid.Cli.Shared;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>The command as a process of its own.</summary>
internal static class CommandProcess
{
    private const int Interrupt = 2;

    /// <summary>The command with these arguments, its outputs redirected. It can be interrupted wherever the tests run.</summary>
    public static Process Start(params string[] args)
    {
        // A shell that starts tests in the background has them and all that they start ignore SIGINT.
        string[] reset = IgnoresInterrupts() ? ["env", $"--default-signal={Interrupt}"] : [];
        string[] words = [.. reset, "dotnet", typeof(Cli).Assembly.Location, .. args];
        return Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    /// <summary>Waits until something is seen of a process that goes on meanwhile.</summary>
    public static void WaitUntil(this Process process, Func<bool> seen)
    {
        while (!seen())
        {
            Assert.False(process.HasExited, "the process ended before it was seen to begin");
            // On this thread: the pool's may be busy with other tests for as long as the process takes.
            Thread.Sleep(2);
        }
    }

    /// <summary>Sends a process a signal, by its name with a dash; nothing where it has ended.</summary>
    public static void Send(int process, string signal)
    {
        using Process kill = Process.Start(new ProcessStartInfo("kill", [signal, $"{process}"]) { RedirectStandardError = true })!;
        kill.WaitForExit();
    }

    /// <summary>Whether this process, and so a process that it starts, ignores SIGINT; known under Linux.</summary>
    private static bool IgnoresInterrupts()
    {
        const string Status = "/proc/self/status", Ignored = "SigIgn:";
        string? line = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Ignored)) : null;
        return line != null && (ulong.Parse(line[Ignored.Length..].Trim(), NumberStyles.HexNumber) & 1UL << (Interrupt - 1)) != 0;
    }
}
