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

    /// <summary>Most tokens that the model reads, as far as the configuration says; known after <see cref="Read"/>.</summary>
    public int Context { get; private set; }

    public ModelDescription Read(string name, ResidualScaling scaling)
    {
        int width = config.RequiredSize("hidden_size", "n_embd");
        int depth = config.RequiredSize("num_hidden_layers", "n_layer");
        int heads = Heads();
        int headWidth = HeadWidth(width, heads);
        double std = config.Positive("initializer_range") ?? outerStd ?? Assumed("initializer_range", UsualStd);
        return new ModelDescription(
            name: name,
            tokens: Tokens(),
            depth: depth,
            width: width,
            heads: heads,
            headWidth: headWidth,
            mlpWidth: MlpWidth(width),
            activation: Activation(),
            gated: family.Gated,
            norm: family.Norm,
            mask: Mask(),
            weightStd: std,
            logitFactor: LogitFactor(headWidth),
            queryKeyNorm: family.QueryKeyNorm,
            embedding: Embedding(),
            projectionFactor: scaling == ResidualScaling.Depth ? 1 / Math.Sqrt(2.0 * depth) : 1);
    }

    private int Heads() => family.Heads is int usual
        ? config.Size("num_attention_heads", "n_head") ?? Assumed("num_attention_heads", usual)
        : config.RequiredSize("num_attention_heads", "n_head");

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
        if (family.MlpFactor is not int factor)
            return config.RequiredSize("intermediate_size", "n_inner");
        // Not a size of the file, so its range is not checked on reading.
        return config.Size("intermediate_size", "n_inner")
            ?? (int)Math.Min((long)factor * width, ArchitectureModule.LargestSize);
    }

    private Activation Activation()
    {
        // In the order in which they win: the code that knows hidden_activation prefers it.
        string[] keys = ["hidden_activation", "hidden_act", "activation_function"];
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

    private Mask Mask() => config.Flag("use_bidirectional_attention", false) ? Hybrid.Architectures.Mask.None
        : config.Flag("is_decoder", false) ? Hybrid.Architectures.Mask.Causal
        : family.Mask;

    private double LogitFactor(int headWidth)
    {
        const double UsualScalar = 256;
        if (family.QueryScalar)
            return 1 / Math.Sqrt(config.Positive("query_pre_attn_scalar") ?? Assumed("query_pre_attn_scalar", UsualScalar));
        return config.Flag("scale_attn_weights", true) ? 1 / Math.Sqrt(headWidth) : 1;
    }

    private int Tokens()
    {
        if (family.Embedding == EmbeddingKind.Patches)
            return Context = Patches();
        int longest = Context = config.Size("max_position_embeddings", "n_positions") ?? MostTokens;
        int tokens = Math.Min(longest, MostTokens);
        notes.Add($"tokens are {tokens} unless --set tokens=N says otherwise (context {longest}): their number matters, and so does the time it takes");
        return tokens;
    }

    private int Patches()
    {
        int image = config.RequiredSize("image_size");
        int patch = config.RequiredSize("patch_size");
        long side = image / patch;
        if (side < 1 || (side * side) + 1 > ArchitectureModule.LargestSize)
            throw config.Error($"image_size over patch_size must give 1 to {ArchitectureModule.LargestSize - 1} patches, got {image} over {patch}");
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
            case EmbeddingKind.ScaledTokens:
                return Hybrid.Architectures.Embedding.ScaledTokens;
            case EmbeddingKind.NormalisedSum:
                bool absolute = (config.Text("position_embedding_type") ?? "absolute") == "absolute";
                return Hybrid.Architectures.Embedding.NewNormalisedSum(absolute ? 3 : 2);
            case EmbeddingKind.Patches:
                const int Colours = 3;
                long pixels = (long)(config.Size("num_channels") ?? Colours) * config.RequiredSize("patch_size") * config.RequiredSize("patch_size");
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
