using System.Globalization;
using Hybrid.Import.Files;

namespace Hybrid.Lab.Training;

/// <summary>Who holds a lease: a process of a running system, told from all others without naming a machine or a user.</summary>
/// <param name="Token">Of this holding alone.</param>
/// <param name="System">A hash of what identifies the running system and the room that its process numbers are of; "" if nothing
/// does.</param>
/// <param name="Process">The process's number there.</param>
/// <param name="Started">When it started, so that a number given again is told.</param>
internal sealed record LeaseHolder(string Token, string System, int Process, long Started)
{
    /// <summary>This process.</summary>
    public static LeaseHolder OfProcess() => new(
        Guid.NewGuid().ToString("N"), RunningSystem.Identity, Environment.ProcessId, RunningSystem.StartOf(Environment.ProcessId) ?? 0);

    /// <summary>The line of a lease.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Token} {(System == "" ? "-" : System)} {Process} {Started}");

    /// <summary>The holder of a line; null where it is none.</summary>
    public static LeaseHolder? Parse(string line) =>
        line.Split(' ') is [string token, string system, string process, string started]
            && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && long.TryParse(started, NumberStyles.None, CultureInfo.InvariantCulture, out long ticks)
            ? new(token, system == "-" ? "" : system, number, ticks)
            : null;

    /// <summary>Whether the holder's process has ended; null where that cannot be seen from here.</summary>
    public bool? HasEnded(LeaseHolder here)
    {
        if (System == "" || System != here.System)
            return null;
        return RunningSystem.StartOf(Process) != Started;
    }
}
