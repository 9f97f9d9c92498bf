using System.Runtime.InteropServices;

namespace Hybrid.Cli.Shared;

/// <summary>
/// The three streams of a process that was started with some of them closed, as by 2&gt;&amp;-. The next file to be opened would take the
/// number of a closed one, and what was meant for the stream would be written into it.
/// </summary>
internal static class StandardStreams
{
    private const int Descriptors = 3, GetFlags = 1, ReadWrite = 2;

    /// <summary>Opens those that are closed on nothing.</summary>
    public static void EnsureOpen()
    {
        if (OperatingSystem.IsWindows())
            return;
        for (int number = 0; number < Descriptors; number++)
        {
            // The lowest number that is free is the one that is given.
            if (Control(number, GetFlags) < 0)
                _ = Open("/dev/null", ReadWrite);
        }
    }

    [DllImport("libc", EntryPoint = "fcntl")]
    private static extern int Control(int file, int command);

    [DllImport("libc", EntryPoint = "open")]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
