using System.CommandLine;
using System.Text;
using System.Text.Json;
using Hybrid.Cli.Shared;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Lab.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>What a comparison may be of: what every verb takes, and folders, of which the configuration counts and no weight.</summary>
internal static class CompareSource
{
    private const string Config = "config.json";

    /// <summary>The architecture, with every --set applied.</summary>
    /// <exception cref="InputException">There is none, or it cannot be read.</exception>
    public static LoadedArchitecture Load(ArchitectureLoading loading, CommonOptions common, ParseResult parsed, string source)
    {
        if (!Directory.Exists(source))
            return loading.Load(parsed, source);
        string config = Path.Combine(source, Config);
        if (!File.Exists(config))
            throw new InputException($"{source}: must hold a {Config}, of a checkpoint or of a run; give a file, or another folder");
        return IsRun(config)
            ? new(common.Apply(parsed, TrainingPlanJson.Parse(Text(config), config).Options.Model.Architecture))
            : loading.Load(parsed, config);
    }

    /// <summary>Whether a configuration is the plan of one of our own runs, which says in which format it is.</summary>
    private static bool IsRun(string config)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Text(config));
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("format", out _);
        }
        catch (JsonException)
        {
            // Whoever reads it next says what is wrong with it.
            return false;
        }
    }

    private static string Text(string config) => File.ReadAllText(config, Encoding.UTF8);
}
