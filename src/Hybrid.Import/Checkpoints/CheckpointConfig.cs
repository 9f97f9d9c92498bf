using System.Text.Json;
using Hybrid.Architectures;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Networks.Model;
using Microsoft.FSharp.Core;

namespace Hybrid.Import.Checkpoints;

/// <summary>
/// The network that a config.json describes, as the dense engine is to run it: what the import makes of it for the theory, and
/// what matters only where the weights are there.
/// </summary>
internal sealed class CheckpointConfig
{
    private readonly ConfigReader _config;

    private CheckpointConfig(ConfigReader config, FamilyTensors family, LoadedArchitecture imported)
    {
        (_config, Family) = (config, family);
        Report = imported.Import!;
        Record = imported.Architecture;
        Vocabulary = family.Patches ? Report.Context : config.RequiredSize("vocab_size");
        ModelDescription model = Report.Model;
        EmbeddingFactor = model.EmbeddingFactor;
        double usual = 1 / Math.Sqrt(model.HeadWidth);
        LogitFactor = model.LogitFactor / usual;
        Tied = config.Flag("tie_word_embeddings", family.TiedUsually);
        Positions = Rotary();
        RefuseOthers();
    }

    /// <summary>The table of its tensors.</summary>
    public FamilyTensors Family { get; }

    /// <summary>How the configuration was read.</summary>
    public ImportReport Report { get; }

    /// <summary>The record at initialisation.</summary>
    public Architecture Record { get; }

    /// <summary>V; of a network that sees images the class and the patches of one.</summary>
    public int Vocabulary { get; }

    /// <summary>Pixels of a patch, all of its colours, of a network that sees images.</summary>
    public int Pixels => Report.Model.Embedding is Embedding.Patches patches
        ? patches.pixels
        : throw new InvalidOperationException($"{Report.ModelType} sees no images");

    /// <summary>Whether tie_word_embeddings holds.</summary>
    public bool Tied { get; }

    /// <summary>What token vectors are multiplied by.</summary>
    public double EmbeddingFactor { get; }

    /// <summary>The logits' scale over 1/√d_k.</summary>
    public double LogitFactor { get; }

    /// <summary>Whether classes of the configuration say that it has a head.</summary>
    public bool SaysHead => _config.Texts("architectures").Any(
        name => name.Contains("For", StringComparison.Ordinal) || name.Contains("LMHead", StringComparison.Ordinal));

    private Positions Positions { get; }

    private RotaryStretch? Stretch { get; set; }

    /// <summary>Reads config.json of a folder.</summary>
    /// <exception cref="InputException">It cannot be read, or is of a family whose checkpoints are not.</exception>
    public static CheckpointConfig Read(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        LoadedArchitecture imported = ArchitectureFile.Read(path, null);
        if (imported.Import is null)
            throw new InputException($"{path}: must be a Hugging Face config.json beside its weights, got an architecture record");
        using JsonDocument document = ArchitectureJson.ParseDocument(File.ReadAllText(path), path);
        return Of(document.RootElement, path, imported);
    }

    /// <summary>The same of a configuration that is in memory.</summary>
    public static CheckpointConfig Parse(JsonElement root, string source) =>
        Of(root, source, HuggingFaceConfig.Import(root, source, null));

    private static CheckpointConfig Of(JsonElement root, string path, LoadedArchitecture imported)
    {
        ConfigReader config = new(root.Clone(), path);
        FamilyTensors family = TensorTables.Find(imported.Import!.ModelType) ?? throw config.Error(
            $"checkpoints of model_type '{imported.Import!.ModelType}' are not read; legal: {string.Join(", ", TensorTables.ModelTypes)}");
        return new(config, family, imported);
    }

    /// <summary>The network's blocks for sequences of <paramref name="tokens"/> tokens.</summary>
    public Architecture Blocks(int tokens)
    {
        ModelDescription model = Report.Model;
        int groups = _config.Size("num_key_value_heads") ?? model.Heads;
        bool own = (long)model.Heads * model.HeadWidth != model.Width;
        Schedule one = Schedule.NewConstant(1), branch = Schedule.NewConstant(model.BranchFactor);
        HeadParameters head = new(
            own ? FSharpOption<int>.Some(model.HeadWidth) : null,
            groups == model.Heads ? null : FSharpOption<int>.Some(groups),
            Positions,
            model.Head.QueryKeyNorm,
            one,
            _config.Positive("attn_logit_softcapping") is double cap ? FSharpOption<double>.Some(cap) : null,
            null);
        return ArchitectureModule.EnsureValid(ArchitectureModule.Defaults.With(
            name: model.Name,
            tokens: tokens,
            depth: model.Depth,
            width: model.Width,
            heads: model.Heads,
            mlpWidth: model.MlpWidth,
            activation: model.Activation,
            gated: model.Gated,
            norm: model.Norm,
            wiring: model.Wiring,
            mask: model.Mask.Within(tokens),
            attention: AttentionParameters.Of(one, branch, 1, 1).With(head: head),
            mlp: MlpParameters.Of(one, branch, 1, 0, 1)));
    }

    /// <summary>What the blocks' record leaves out; whether there is a head the files say.</summary>
    public ModelForm Form(HeadKind head, bool masked)
    {
        MatrixBiases biases = Family.Biases;
        if (_config.Flag("attention_bias", Family.AttentionBiasUsual))
            biases |= Family.AttentionBiases;
        if (_config.Flag("mlp_bias", false))
            biases |= Family.MlpBiases;
        if (_config.Flag("qkv_bias", Family.Patches))
            biases |= Family.PatchBiases;
        // Token vectors carry their factor here, and the head is told to take it off.
        double scale = head == HeadKind.Tied ? 1 / EmbeddingFactor : 1;
        return new(
            _config.Positive(Family.EpsilonKey) ?? Family.Epsilon,
            Family.LayerNorm,
            Family.LayerNorm,
            biases,
            Family.EmbeddingNorm,
            new(head, scale, Bias: masked, _config.Positive("final_logit_softcapping"), Transform: masked),
            Stretch);
    }

    private void RefuseOthers()
    {
        foreach (string key in (string[])["scale_attn_by_inverse_layer_idx", "add_cross_attention"])
        {
            if (_config.Flag(key, false))
                throw _config.Error($"{key} must be false for a checkpoint to be run");
        }

        foreach (string key in (string[])["logits_scaling", "logit_scale", "clip_qkv"])
        {
            if (_config.IsSet(key))
                throw _config.Error($"{key} must be absent for a checkpoint to be run");
        }

        if (Family.LearnedPositions && (_config.Text("position_embedding_type") ?? "absolute") != "absolute")
            throw _config.Error("position_embedding_type must be absolute for a checkpoint to be run");
    }

    private Positions Rotary()
    {
        if (Family.LearnedPositions)
            return Positions.None;
        // Newer files keep all of it in one object, and of layers that differ in one for each kind.
        ConfigReader? parameters = _config.Object("rope_parameters");
        if (parameters?.IsSet("full_attention") == true)
            throw _config.Error("rope_parameters must be those of all layers alike for a checkpoint to be run");
        double share = parameters?.Positive("partial_rotary_factor") ?? _config.Positive(Family.RotaryShare.Key)
            ?? Family.RotaryShare.Usual;
        double given = parameters?.Positive("rope_theta") ?? _config.Positive("rope_theta", "rotary_emb_base") ?? Family.RotaryBase;
        Stretch = StretchOf(parameters ?? _config.Object("rope_scaling"), given);
        if (Family.WindowPattern is null || _config.Positive("rope_local_base_freq") is not double local || local == given)
            return Positions.NewRope(given, share);
        return Positions.NewPerLayer([.. Enumerable.Range(1, Report.Model.Depth)
            .Select(layer => Positions.NewRope(IsLocal(layer) ? local : given, share))]);
    }

    private RotaryStretch? StretchOf(ConfigReader? scaling, double frequency)
    {
        switch (scaling?.FirstText("rope_type", "type"))
        {
            case null when scaling is null || !scaling.IsSet("factor"):
            case "default":
                return null;
            case "linear":
                return new(scaling!.Positive("factor") ?? 1, frequency);
            case "llama3":
                return new(
                    Needed("factor"), frequency, Needed("original_max_position_embeddings"), Needed("low_freq_factor"),
                    Needed("high_freq_factor"));
            case string other:
                throw _config.Error(
                    $"{scaling!.Path("rope_type")} must be default, linear or llama3 for a checkpoint to be run, got '{other}'");
            default:
                throw _config.Error($"{scaling!.Path("rope_type")} is missing; it must be default, linear or llama3");
        }

        double Needed(string key) =>
            scaling!.Positive(key) ?? throw _config.Error($"{scaling.Path(key)} is missing; it must be a number > 0");
    }

    // Of layers that alternate: all but every pattern-th see a window.
    private bool IsLocal(int layer)
    {
        string[] types = _config.Texts("layer_types");
        return types.Length >= layer
            ? types[layer - 1] == "sliding_attention"
            : layer % (_config.Size("sliding_window_pattern") ?? Family.WindowPattern!.Value) != 0;
    }
}
