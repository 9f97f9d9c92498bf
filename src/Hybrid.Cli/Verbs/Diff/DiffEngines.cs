using System.CommandLine;
using Hybrid.Import.Json;
using Hybrid.Lab.Differences;
using Hybrid.Lab.Engines;

namespace Hybrid.Cli.Verbs;

/// <summary>The two engines of hybrid diff, which must draw the same weights from the same keys.</summary>
internal static class DiffEngines
{
    private const string Torch = "torch", Dense = "dense", Conditioned = "conditioned";

    /// <summary>dense and torch, or dense and its double-precision reference where torch cannot be loaded.</summary>
    public static string Default(EngineCatalogue engines) =>
        engines.Entries.Any(entry => entry.Name == Torch && entry.WhyMissing() is null)
            ? $"{Dense},{Torch}"
            : $"{Dense},{DifferencePlan.Double.Entry.Name}";

    /// <summary>--engines A,B.</summary>
    public static Option<string?> Option()
    {
        Option<string?> option = new("--engines")
        {
            Description = "Two engines that have weights, of dense (single precision), double (the reference) and torch; "
                + "dense,torch if not given, or dense,double where torch is absent.",
            HelpName = "A,B",
        };
        option.CompletionSources.Add("dense,double", "dense,torch", "double,torch");
        return option;
    }

    /// <summary>Both engines of "A,B".</summary>
    /// <exception cref="InputException">Not two different engines with weights.</exception>
    /// <exception cref="EngineMissingException">One is not in this build.</exception>
    public static (DifferenceEngine First, DifferenceEngine Second) Parse(EngineCatalogue engines, string text)
    {
        string[] names = [.. text.Split(',').Select(name => name.Trim())];
        if (names.Length != 2 || names[0] == names[1])
            throw new InputException($"--engines must be two different engines such as {Default(engines)}, got '{text}'");
        return (Find(engines, names[0]), Find(engines, names[1]));
    }

    private static DifferenceEngine Find(EngineCatalogue engines, string name)
    {
        if (name == DifferencePlan.Double.Entry.Name)
            return DifferencePlan.Double;
        if (name == Conditioned)
        {
            throw new InputException(
                $"--engines: {Conditioned} forms no weight, so there is no network "
                + "that it shares with another engine; take two of dense, double, torch");
        }

        return new(engines.Find(name, new DeviceChoice()), DifferencePlan.SingleRounding);
    }
}
