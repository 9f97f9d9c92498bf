using System.Diagnostics;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>A test that needs a module of the system's Python; skipped, with the reason, where there is none.</summary>
public sealed class PythonFactAttribute : FactAttribute
{
    /// <summary>Where Debian has it.</summary>
    public const string Python = "/usr/bin/python3";

    /// <param name="module">Such as pandas, of Debian's package python3-pandas.</param>
    public PythonFactAttribute(string module)
    {
        if (!File.Exists(Python) || !Has(module))
            Skip = $"there is no python3 with {module}; Debian's package python3-{module} has it";
    }

    private static bool Has(string module)
    {
        using Process process = Process.Start(new ProcessStartInfo(Python, ["-c", $"import {module}"]) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
