using System.Text.RegularExpressions;
using Hybrid.Architectures;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;

namespace Hybrid.Import;

/// <summary>
/// Resolves the command's ARCH argument: a preset's name, or else the path of an architecture JSON file or of a Hugging Face
/// config.json. The one place that knows which formats an architecture may come in.
/// </summary>
public static partial class ArchitectureSource
{
    /// <summary>The architecture that <paramref name="text"/> names. A preset wins over a file; ./NAME is always a file.</summary>
    /// <exception cref="InputException">There is no such preset and no such file, or the file is no architecture.</exception>
    /// <exception cref="InvalidArchitectureException">A field of the file is out of its range.</exception>
    public static Architecture Load(string text) => Read(text).Architecture;

    /// <summary>
    /// The same with the report of an import. <paramref name="scaling"/> overrides the residual scaling of a configuration's
    /// family, and only that; <paramref name="tokens"/>, ≥ 1, the number of tokens that a configuration is read for, on which it depends
    /// which windows change anything.
    /// </summary>
    /// <exception cref="InputException">As for <see cref="Load"/>, or a scaling is given for a preset or a record.</exception>
    /// <exception cref="InvalidArchitectureException">A field of the file is out of its range.</exception>
    public static LoadedArchitecture Read(string text, ResidualScaling? scaling = null, int? tokens = null)
    {
        foreach (Preset preset in Presets.All)
        {
            if (string.Equals(preset.Architecture.Name, text, StringComparison.OrdinalIgnoreCase))
                return scaling is null ? new(preset.Architecture) : throw ArchitectureFile.NoConfiguration(text);
        }

        if (HubName().IsMatch(text) && !Path.Exists(text) && !Directory.Exists(text.Split('/')[0]))
        {
            throw new InputException(
                $"'{text}' looks like a model on the Hugging Face Hub, from which nothing is fetched: download its config.json, "
                    + $"for example by hf download {text} config.json --local-dir ., and give that file");
        }

        if (LooksLikePath(text))
            return ArchitectureFile.Read(text, scaling, tokens);
        string[] names = [.. Presets.All.Select(preset => preset.Architecture.Name)];
        throw new InputException(
            "ARCH must be a preset, an architecture JSON file or a Hugging Face config.json, "
                + $"got '{text}'{NearestName.QuestionOrStop(text, names)} "
                + $"Presets: {string.Join(", ", names)}.");
    }

    // An owner and a model, neither of them a file's name.
    [GeneratedRegex(@"^[A-Za-z0-9][\w-]*/[A-Za-z0-9][\w.-]*(?<!\.json)$")]
    private static partial Regex HubName();

    private static bool LooksLikePath(string text) =>
        File.Exists(text)
        || text.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
        || text.Contains('/')
        || text.Contains(Path.DirectorySeparatorChar);
}
