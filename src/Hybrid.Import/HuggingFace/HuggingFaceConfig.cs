using System.Text.Json;
using Hybrid.Architectures;
using Hybrid.Import.Json;

namespace Hybrid.Import.HuggingFace;

/// <summary>
/// A Hugging Face config.json as an architecture: sizes from its keys, placement and initialisation from what the family's
/// code does. What is assumed and what is not modelled is in the report; docs/import.md has the families.
/// </summary>
internal static class HuggingFaceConfig
{
    private static readonly string[] NestedTexts = ["text_config", "llm_config", "language_config"];

    // The architecture record has none of these; old files have sizes and no model_type.
    private static readonly string[] TellingKeys =
        ["model_type", "architectures", "hidden_size", "num_hidden_layers", "num_attention_heads", "n_embd", "n_layer"];

    /// <summary>Whether a document is such a configuration.</summary>
    public static bool Recognises(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object && TellingKeys.Any(key => root.TryGetProperty(key, out _));

    /// <summary>
    /// Reads a configuration. <paramref name="scaling"/> overrides what the family's code does; <paramref name="tokens"/>, if not null,
    /// are those that the record is for.
    /// </summary>
    /// <exception cref="InputException">A key has another type or range, or the network is none that can be imported.</exception>
    /// <exception cref="InvalidArchitectureException">The record that comes of it is out of range.</exception>
    public static LoadedArchitecture Import(JsonElement root, string source, ResidualScaling? scaling, int? tokens = null)
    {
        ConfigReader outer = new(root, source);
        string? modelType = outer.Text("model_type");
        if (Refusals.ReasonAround(modelType) is string whole)
            throw outer.Error($"model_type '{modelType}' cannot be imported: {whole}");
        string[] classes = outer.Texts("architectures");
        NoteList notes = new();
        string? nested = NestedTexts.FirstOrDefault(key => outer.Object(key) is not null);
        ConfigReader? text = nested is null ? null : outer.Object(nested);
        bool hasClass = false;
        if (text is not null)
        {
            notes.Add(NoteRank.Read, $"only {nested}, the text model, and the standard deviation around it are read");
            string? inner = text.Text("model_type") ?? Families.Find(null, text.Texts("architectures"))?.ModelType;
            hasClass = inner is not null || Families.IsAround(modelType);
            modelType = inner ?? modelType;
        }

        ConfigReader config = text ?? outer;
        if (Refusals.Reason(modelType) is string reason)
            throw outer.Error($"model_type '{modelType}' cannot be imported: {reason}");
        RefuseTwoStacks(config);
        Family family = Families.Find(modelType, classes) ?? throw Unknown(outer, modelType, classes);
        if (ForeignCode(outer) is string code)
        {
            notes.Add(
                NoteRank.ForeignCode,
                $"auto_map: this model runs code of its own, {code}, which is not read; what it does differently from "
                + $"{family.ModelType} is known here only as far as keys of this file say it");
        }

        ResidualScaling used = scaling ?? family.Scaling;
        double? outerStd = text is null ? null : outer.Positive("initializer_range");
        ModelReader reader = new(config, family, hasClass, outerStd, tokens, notes);
        ModelDescription model = reader.Read(NameOf(source, family), used);
        Architecture record = ArchitectureModule.EnsureValid(ModelDescriptionModule.ToArchitecture(model));
        Assumptions.Add(notes, family, model, record, used);
        Omissions.Add(notes, config, family, record);
        EffectiveKeys.EnsureRead(config, family);
        IEnumerable<string> ignored = text is null ? Ignored(outer) : Ignored(outer).Concat(Ignored(text));
        return new(record, new ImportReport(source, family.ModelType, used, notes.Ranked, model, reader.Context, [.. ignored]));
    }

    private static void RefuseTwoStacks(ConfigReader config)
    {
        if (config.Flag("is_encoder_decoder", false))
            throw config.Error($"{config.Path("is_encoder_decoder")} must be false: "
                + "one stack of blocks is modelled; write an architecture JSON record of one half");
    }

    private static InputException Unknown(ConfigReader config, string? modelType, string[] classes)
    {
        string legal =
            $"{string.Join(", ", Families.All.Select(family => family.ModelType))}; for another network write an architecture JSON record";
        return modelType is not null
            ? config.Error($"model_type must be one of the families that can be imported, got '{modelType}'. Families: {legal}")
            : classes.Length > 0
            ? config.Error($"architectures must name a class of a known family, got '{string.Join(", ", classes)}'. Families: {legal}")
            : config.Error("model_type is missing, and architectures too: "
                + $"sizes alone do not say what is computed; add \"model_type\": one of {legal}");
    }

    // The code that comes with a model, as its entry for a network without a head has it, or else any.
    private static string? ForeignCode(ConfigReader config) =>
        config.Object("auto_map")?.FirstText("AutoModelForCausalLM", "AutoModel", "AutoModelForMaskedLM");

    private static IEnumerable<string> Ignored(ConfigReader config) =>
        config.Unread.Where(key => !KeysWithoutEffect.Contains(key)).Select(config.Path);

    /// <summary>After the file, unless that has the name which they all have.</summary>
    private static string NameOf(string source, Family family) =>
        Path.GetFileNameWithoutExtension(source) is string name and not ("config" or "") ? name : family.ModelType;
}
