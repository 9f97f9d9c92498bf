using System.Globalization;
using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>Reads sizes and initialisation of one family's configuration; what it had to assume goes into the notes.</summary>
/// <param name="config">The configuration of the stack of blocks.</param>
/// <param name="family">Its family.</param>
/// <param name="outerStd">initializer_range of the configuration around it, for one that has none; null where there is none.</param>
/// <param name="notes">Where to add.</param>
internal sealed class ModelReader(ConfigReader config, Family family, double? outerStd, List<string> notes)
{
    /// <summary>Tokens where the configuration leaves their number open: the theory of a causal mask costs n³ and more.</summary>
    public const int MostTokens = 64;

    private const double UsualStd = 0.02;

    // MPT keeps what concerns attention in an object of its own.
    private readonly ConfigReader? attention = config.Object("attn_config");

    /// <summary>Most tokens that the model reads, as far as the configuration says; known after <see cref="Read"/>.</summary>
    public int Context { get; private set; }

    public ModelDescription Read(string name, ResidualScaling scaling)
    {
        int width = config.RequiredSize("hidden_size", "n_embd", "n_embed", "d_model");
        int depth = config.RequiredSize("num_hidden_layers", "n_layer", "n_layers");
        int heads = Heads();
        int headWidth = HeadWidth(width, heads);
        double std = config.Positive("initializer_range", "init_std") ?? outerStd ?? Assumed("initializer_range", UsualStd);
        return new ModelDescription(
            name: name,
            tokens: Tokens(),
            depth: depth,
            width: width,
            heads: heads,
            headWidth: headWidth,
            mlpWidth: MlpWidth(width),
            activation: Activation(),
            gated: Gated(),
            norm: Norm(),
            wiring: Wiring(),
            mask: Mask(),
            weightStd: std,
            logitFactor: LogitFactor(headWidth),
            queryKeyNorm: QueryKeyNorm(),
            embedding: Embedding(),
            embeddingFactor: EmbeddingFactor(width),
            branchFactor: BranchFactor(depth),
            projectionFactor: scaling == ResidualScaling.Depth ? 1 / Math.Sqrt(2.0 * depth) : 1);
    }

    private int Heads()
    {
        string[] names = ["num_attention_heads", "n_head", "n_heads"];
        return family.Heads is int usual ? config.Size(names) ?? Assumed(names[0], usual) : config.RequiredSize(names);
    }

    private int HeadWidth(int width, int heads)
    {
        int? given = family.OwnHeadWidth ? config.Size("head_dim") : null;
        if ((given ?? family.HeadWidth) is int headWidth)
            return given ?? Assumed("head_dim", headWidth);
        return width % heads == 0
            ? width / heads
            : throw config.Error($"num_attention_heads must be a divisor of hidden_size = {width} where no head_dim is given, got {heads}");
    }

    private int MlpWidth(int width)
    {
        string[] names = ["intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size"];
        if (family.MlpFactor is not int usual)
        {
            int given = config.RequiredSize(names);
            return family.MlpCountsBothHalves ? given / 2 : given;
        }

        // Not a size of the file, so its range is not checked on reading.
        int factor = config.Size("expansion_ratio") ?? usual;
        return config.Size(names) ?? (int)Math.Min((long)factor * width, ArchitectureModule.LargestSize);
    }

    private Placement Norm()
    {
        if (config.Flag("apply_residual_connection_post_layernorm", false))
            throw config.Error(
                "apply_residual_connection_post_layernorm must be false: the stream then is the normalised token, which no placement is");
        return config.Flag("do_layer_norm_before", true) ? family.Norm : Placement.Post;
    }

    private Wiring Wiring()
    {
        // Falcon's newer blocks are parallel whatever parallel_attn says.
        bool parallel = config.Flag("use_parallel_residual", config.Flag("parallel_attn", family.ParallelResidual));
        return parallel || config.Flag("new_decoder_architecture", false)
            ? Hybrid.Architectures.Wiring.Parallel
            : Hybrid.Architectures.Wiring.Sequential;
    }

    private bool Gated()
    {
        const string Key = "feed_forward_type";
        return config.Text(Key) switch
        {
            null => family.Gated,
            "original" => false,
            "geglu" or "reglu" => true,
            string other => throw config.Error($"{config.Path(Key)} must be original, geglu or reglu, got '{other}'"),
        };
    }

    private bool QueryKeyNorm() =>
        config.Flag("qk_layernorm", false) | config
            .Flag("use_qk_norm", false) | (attention?.Flag("qk_ln", false) ?? false) | family.QueryKeyNorm;

    // Granite and MiniCPM; whoever writes such a key into another family's file means the same by it.
    private double EmbeddingFactor(int width)
    {
        double factor = family.EmbeddingTimesRootWidth ? Math.Sqrt(width) : 1;
        return config.Positive("embedding_multiplier", "scale_emb") is double given
            ? Multiplied("token vectors", "embedding_multiplier or scale_emb", given * factor)
            : factor;
    }

    private double BranchFactor(int depth) =>
        config.Positive("residual_multiplier") is double factor ? Multiplied("branches", "residual_multiplier", factor)
        : config.Positive("scale_depth") is double total ? Multiplied("branches", "scale_depth over √L", total / Math.Sqrt(depth))
        : 1;

    private double Multiplied(string what, string key, double factor)
    {
        notes.Add(string.Create(CultureInfo.InvariantCulture, $"{what} are multiplied by {factor:G4}, as {key} says"));
        return factor;
    }

    private Activation Activation()
    {
        // In the order in which they win: the code that knows hidden_activation prefers it.
        string[] keys = ["hidden_activation", "hidden_act", "activation_function", "activation"];
        if (config.Text("feed_forward_type") is "geglu" or "reglu")
            return config.Text("feed_forward_type") == "geglu"
                ? Hybrid.Architectures.Activation.Gelu
                : Hybrid.Architectures.Activation.Relu;
        (string Key, string Name)[] given = [.. keys.Select(key => (key, config.Text(key)!)).Where(item => item.Item2 is not null)];
        (string key, string name) = given.Length > 0 ? given[0] : ("hidden_act", Assumed("hidden_act", family.Activation));
        foreach ((string other, string unused) in given.Skip(1).Where(item => item.Name != name))
            notes.Add($"{config.Path(key)} {name} is used, not {other} {unused}");
        if (family.GeluIsTanh && name == "gelu")
        {
            notes.Add($"{config.Path(key)} gelu is read as its tanh approximation, as this family's code reads it");
            name = "gelu_pytorch_tanh";
        }

        return ActivationNames.Find(config, key, name);
    }

    private Mask Mask()
    {
        foreach ((string key, bool legal) in new[] { ("prefix_lm", false), ("alibi", true) })
        {
            if (attention is not null && attention.Flag(key, legal) != legal)
                throw config.Error(
                    $"{attention.Path(key)} must be {(legal ? "true" : "false")}, as in the published code of {family.ModelType}");
        }

        bool everywhere = config.Flag("use_bidirectional_attention", false) | !config.Flag("is_causal", true) | !config
            .Flag("causal_mask", true);
        return everywhere ? Hybrid.Architectures.Mask.None
            : config.Flag("is_decoder", false) ? Hybrid.Architectures.Mask.Causal
            : family.Mask;
    }

    private double LogitFactor(int headWidth)
    {
        const double UsualScalar = 256;
        if ((config.Positive("attention_multiplier") ?? attention?.Positive("softmax_scale")) is double factor)
            return Multiplied("logits", "attention_multiplier or softmax_scale", factor);
        if (family.QueryScalar)
            return 1 / Math.Sqrt(config.Positive("query_pre_attn_scalar") ?? Assumed("query_pre_attn_scalar", UsualScalar));
        return config.Flag("scale_attn_weights", true) ? 1 / Math.Sqrt(headWidth) : 1;
    }

    private int Tokens()
    {
        if (family.Embedding == EmbeddingKind.Patches)
            return Context = Patches();
        int? longest = config.Size("max_position_embeddings", "n_positions") ?? config.Size("max_seq_len") ?? config.Size("seq_length");
        Context = longest ?? MostTokens;
        int tokens = Math.Min(Context, MostTokens);
        string context = longest is null ? "the file gives no context" : $"context {longest}";
        notes.Add(
            $"tokens are {tokens} unless --set tokens=N says otherwise ({context}): their number matters, and so does the time it takes");
        return tokens;
    }

    private int Patches()
    {
        int image = config.RequiredSize("image_size");
        int patch = config.RequiredSize("patch_size");
        long side = image / patch;
        if (side < 1 || (side * side) + 1 > ArchitectureModule.LargestSize)
            throw config.Error(
                $"image_size over patch_size must give 1 to {ArchitectureModule.LargestSize - 1} patches, got {image} over {patch}");
        return (int)((side * side) + 1);
    }

    private Embedding Embedding()
    {
        switch (family.Embedding)
        {
            case EmbeddingKind.Tokens:
                return Hybrid.Architectures.Embedding.Tokens;
            case EmbeddingKind.TokensAndPositions:
                return Hybrid.Architectures.Embedding.TokensAndPositions;
            case EmbeddingKind.NormalisedTokens:
                return Hybrid.Architectures.Embedding.NewNormalisedSum(1, 0);
            case EmbeddingKind.NormalisedSum:
                bool absolute = (config.Text("position_embedding_type") ?? "absolute") == "absolute";
                return Hybrid.Architectures.Embedding.NewNormalisedSum(absolute ? 2 : 1, 1);
            case EmbeddingKind.Patches:
                const int Colours = 3;
                long pixels =
                    (long)(config.Size("num_channels") ?? Colours) * config.RequiredSize("patch_size") * config.RequiredSize("patch_size");
                return pixels < int.MaxValue
                    ? Hybrid.Architectures.Embedding.NewPatches((int)pixels)
                    : throw config.Error($"num_channels · patch_size² must be below {int.MaxValue}, got {pixels}");
            default:
                throw new InvalidOperationException($"no embedding for {family.Embedding}");
        }
    }

    private T Assumed<T>(string key, T value)
    {
        notes.Add(string.Create(CultureInfo.InvariantCulture, $"{config.Path(key)} is missing: {value}, the default of the family's code"));
        return value;
    }
}
