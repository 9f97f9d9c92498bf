using System.Globalization;
using System.Text.RegularExpressions;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Probes;

/// <summary>What lies in a folder: one checkpoint, one of our runs, or one of either for each of several steps.</summary>
public static partial class ProbeFolders
{
    private const string Config = "config.json", Checkpoints = "checkpoints", Weights = "weights.safetensors";

    /// <summary>Opens every network of a folder, in the order of their steps; whoever asked disposes them.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static IReadOnlyList<Func<IProbeSubject>> Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new InputException($"{folder}: must be a folder with a checkpoint, got {(File.Exists(folder) ? "a file" : "nothing")}");
        if (IsRun(folder))
        {
            string[] steps = Numbered(Path.Combine(folder, Checkpoints)).Where(HasRunWeights).ToArray();
            return steps.Length > 0
                ? [.. steps.Select(step => (Func<IProbeSubject>)(() => new RunSubject(folder, step)))]
                : throw new InputException($"{folder}: is a run without a checkpoint; train it to its first one");
        }

        string? run = Path.GetDirectoryName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))));
        if (HasRunWeights(folder) && run is not null && IsRun(run))
            return [() => new RunSubject(run, folder)];
        if (File.Exists(Path.Combine(folder, Config)))
            return [() => new CheckpointSubject(folder)];
        string[] parts = [.. Numbered(folder).Where(part => File.Exists(Path.Combine(part, Config)))];
        return parts.Length > 0
            ? [.. parts.Select(part => (Func<IProbeSubject>)(() => new CheckpointSubject(part)))]
            : throw new InputException(
                $"{folder}: must hold config.json and model.safetensors (or its parts), a run of hybrid train, or folders of steps "
                + "such as step1000 that do");
    }

    /// <summary>The number at the end of a folder's name, or null.</summary>
    internal static int? StepOf(string folder)
    {
        Match number = LastNumber().Match(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))));
        return number.Success && int.TryParse(number.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int step)
            ? step
            : null;
    }

    private static bool IsRun(string folder) =>
        File.Exists(Path.Combine(folder, Config)) && Directory.Exists(Path.Combine(folder, Checkpoints));

    private static bool HasRunWeights(string folder) => File.Exists(Path.Combine(folder, Weights));

    private static IEnumerable<string> Numbered(string folder) => !Directory.Exists(folder) ? []
        : Directory.GetDirectories(folder)
            .Where(path => StepOf(path) is not null && !path.EndsWith(".partial", StringComparison.Ordinal))
            .OrderBy(StepOf)
            .ThenBy(path => path, StringComparer.Ordinal);

    [GeneratedRegex("^(?:step|checkpoint|global_step|iter)?[-_]?([0-9]+)$")]
    private static partial Regex LastNumber();
}
