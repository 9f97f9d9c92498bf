using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Hybrid.Import.Files;

/// <summary>The running system and its processes, told from all others without naming a machine or a user.</summary>
internal static class RunningSystem
{
    /// <summary>A hash of what identifies the running system and the room that its process numbers are of; "" if nothing does.</summary>
    public static string Identity { get; } = Identify();

    /// <summary>When a process started, in ticks since the system did, which no clock changes; null if none of this number runs.</summary>
    public static long? StartOf(int process)
    {
        // Field 22 of a line whose second is a name in brackets.
        try
        {
            string line = File.ReadAllText($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/stat");
            return long.Parse(line[(line.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Identify()
    {
        try
        {
            const string Boot = "/proc/sys/kernel/random/boot_id", Numbers = "/proc/self/ns/pid";
            if (!File.Exists(Boot))
                return "";
            string identity = File.ReadAllText(Boot).Trim() + (new FileInfo(Numbers).LinkTarget ?? "");
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..16];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
