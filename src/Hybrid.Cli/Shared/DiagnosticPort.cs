namespace Hybrid.Cli.Shared;

/// <summary>
/// The sockets in the temporary folder by which the runtime of every process lets others of the same user read its memory and run code in
/// it. Only an environment variable keeps it from making them, so that builds for others remove them as they start.
/// </summary>
internal static class DiagnosticPort
{
    // Set to false by a published or packed build.
    private const string Switch = "Hybrid.Diagnostics";

    /// <summary>Removes them where the build says so; DOTNET_EnableDiagnostics=1 keeps them.</summary>
    public static void Close()
    {
        if (AppContext.TryGetSwitch(Switch, out bool kept) && !kept
            && Environment.GetEnvironmentVariable("DOTNET_EnableDiagnostics") != "1")
        {
            Remove(Path.GetTempPath(), Environment.ProcessId);
        }
    }

    /// <summary>Removes those of a process from a folder.</summary>
    internal static void Remove(string folder, int process)
    {
        try
        {
            string[] names = [$"dotnet-diagnostic-{process}-*-socket", $"clr-debug-pipe-{process}-*"];
            foreach (string path in names.SelectMany(name => Directory.GetFileSystemEntries(folder, name)))
                File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}
