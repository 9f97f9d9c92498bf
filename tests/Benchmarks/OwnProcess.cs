using System.Diagnostics;
using System.Globalization;

namespace Hybrid.Benchmarks;

/// <summary>A measurement in a process of its own, so that nothing that another one left counts.</summary>
internal static class OwnProcess
{
    /// <summary>The numbers of the one line that these benchmarks print for <paramref name="arguments"/>.</summary>
    public static double[] Numbers(params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, [.. Host(), .. arguments]) { RedirectStandardOutput = true })!;
        string line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', arguments)} was not measured");
        return [.. line.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
    }

    /// <summary>Prints them there.</summary>
    public static void Print(params double[] numbers) =>
        Console.WriteLine(string.Join(' ', numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture))));

    /// <summary>What the runtime's own host needs in front of the arguments; nothing where the benchmarks are an executable.</summary>
    private static string[] Host() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(OwnProcess).Assembly.Location] : [];
}
