using Hybrid.Architectures;
using MathNet.Numerics;
using Microsoft.FSharp.Core;

namespace Hybrid.Import.HuggingFace;

/// <summary>Reads sizes and initialisation of one family's configuration; what it had to assume goes into the notes.</summary>
/// <param name="config">The configuration of the stack of blocks.</param>
/// <param name="family">Its family.</param>
/// <param name="isNested">Whether it stands in another one and its class is known, so that it may leave out that one's sizes.</param>
/// <param name="outerStd">initializer_range of the configuration around it, for one that has none; null where there is none.</param>
/// <param name="asked">Tokens that are asked for, or null.</param>
/// <param name="notes">Where to add.</param>
internal sealed class ModelReader(
    ConfigReader config, Family family, bool isNested, double? outerStd, int? asked, NoteList notes)
{
    /// <summary>Tokens where the configuration leaves their number open: the theory of a causal mask costs n³ and more.</summary>
    public const int MostTokens = 64;

    private const string ScaleDepth = "scale_depth", ScaleEmbedding = "scale_emb", GateKey = "activation_function";

    /// <summary>Most tokens that the model reads, as far as the configuration says; known after <see cref="Read"/>.</summary>
    public int Context { get; private set; }

    private ClassSizes? Sizes => isNested ? family.Sizes : null;

    public ModelDescription Read(string name, ResidualScaling scaling)
    {
        int width = Size(Sizes?.Width, "hidden_size", "n_embd", "n_embed", "d_model", "dim");
        int depth = Size(Sizes?.Depth, "num_hidden_layers", "n_layer", "n_layers", "num_layers");
        HeadReader heads = new(config, family, notes);
        int count = heads.Heads(Sizes?.Heads);
        LatentDescription? latent = heads.Latent(count);
        int product = latent is null ? heads.HeadWidth(width, count) : latent.Turned + latent.Unturned;
        double std = Std();
        int tokens = Tokens();
        LayerKinds kinds = LayerKinds.Read(config, family, depth);
        PositionReader positions = new(config, family, notes);
        Positions where = positions.Read(kinds, heads.Attention, count, latent?.Turned ?? product, tokens);
        double entries = std * Math.Sqrt(width);
        ExpertReader experts = new(config, family, notes);
        ExpertDescription? routed = experts.Read(depth, entries);
        return new ModelDescription(
            name: name,
            tokens: tokens,
            depth: depth,
            width: width,
            heads: count,
            headWidth: product,
            mlpWidth: experts.DenseWidth() ?? routed?.Width ?? MlpWidth(width),
            activation: Activation(),
            gated: Gated(),
            norm: Norm(),
            wiring: Wiring(),
            mask: new MaskReader(config, family, notes).Read(kinds, heads.Attention, tokens),
            weightStd: std,
            embeddingStd: null,
            logitFactor: heads.LogitFactor(product) * (latent is null ? 1 : positions.LogitFactor),
            head: new HeadDescription(
                heads.KeyValueHeads(count),
                where,
                positions.TurnFactor,
                heads.QueryKeyNorm(),
                heads.LogitScale(
                    kinds, positions.HasPositions, Math.Pow(positions.LocalTurnFactor / positions.TurnFactor, 2), entries * entries),
                heads.SoftCap(),
                heads.Sink(),
                latent is null ? null : FSharpOption<LatentDescription>.Some(latent)),
            experts: routed is null ? null : FSharpOption<ExpertDescription>.Some(routed),
            embedding: Embedding(width),
            embeddingFactor: EmbeddingFactor(width, std),
            branchFactor: BranchFactor(depth),
            projectionFactor: scaling == ResidualScaling.Depth ? 1 / Math.Sqrt(2.0 * depth) : 1);
    }

    private int Size(int? usual, params string[] names) =>
        usual is int assumed ? config.Size(names) ?? notes.Assumed(config, names[0], assumed) : config.RequiredSize(names);

    // Weights that are cut off at ±c of their standard deviations vary less by 1 − 2c φ(c)/(2Φ(c) − 1).
    private double Std()
    {
        double std = config.Positive("initializer_range", "init_std") ?? outerStd
            ?? notes.Assumed(config, "initializer_range", family.WeightStd);
        const string Key = "initializer_cutoff_factor";
        const double CutoffOfNull = 3;
        double? usual = config.Has(Key) ? CutoffOfNull : family.Cutoff;
        if ((config.Positive(Key) ?? usual) is not double cutoff || family.Cutoff is null)
            return std;
        double density = Math.Exp(-cutoff * cutoff / 2) / Math.Sqrt(2 * Math.PI);
        double inside = SpecialFunctions.Erf(cutoff / Math.Sqrt(2));
        double kept = Math.Sqrt(1 - (2 * cutoff * density / inside));
        notes.Add(NoteRank.Read, $"weights are cut off at {cutoff:G3} of their standard deviations {std:G4}, which leaves {std * kept:G4}");
        return std * kept;
    }

    private int MlpWidth(int width)
    {
        string[] names = ["intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size", "hidden_dim"];
        if (family.MlpFactor is not int usual)
        {
            int given = Size(Sizes?.MlpWidth, names);
            return family.MlpCountsBothHalves ? given / 2 : given;
        }

        // Not a size of the file, so its range is not checked on reading.
        int factor = config.Size("expansion_ratio", "mlp_ratio") ?? usual;
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
        config.Restates("use_parallel_block", parallel, family.ModelType);
        return parallel || config.Flag("new_decoder_architecture", false)
            ? Hybrid.Architectures.Wiring.Parallel
            : Hybrid.Architectures.Wiring.Sequential;
    }

    private bool Gated()
    {
        const string Key = "feed_forward_type";
        config.Restates("use_gated_activation", family.Gated, family.ModelType);
        if (family.NamesGate && config.Text(GateKey) is string both)
            return ActivationNames.WithinGate(both) is not null;
        return config.Text(Key) switch
        {
            null => family.Gated,
            "original" => false,
            "geglu" or "reglu" => true,
            string other => throw config.Error($"{config.Path(Key)} must be original, geglu or reglu, got '{other}'"),
        };
    }

    // Granite and MiniCPM; whoever writes such a key into another family's file means the same by it.
    private double EmbeddingFactor(int width, double std)
    {
        double factor = family.EmbeddingTimesRootWidth ? Math.Sqrt(width) : 1;
        // Of the tokens masked in training, 0.15 · 0.8, whose vectors are 0 there.
        if (config.Flag("token_dropout", false))
            factor *= 1 - (0.15 * 0.8);
        if (config.Size("word_embed_proj_dim") is int narrow && narrow != width)
        {
            // A matrix N(0, s²) makes them of narrower vectors.
            factor *= std * Math.Sqrt(narrow);
            notes.Add(
                NoteRank.Read,
                $"token vectors are of {narrow} coordinates (word_embed_proj_dim), which a matrix takes to {width}: they are {factor:G4} "
                + $"times as large as others");
        }

        return (config.Positive("embedding_multiplier", ScaleEmbedding) ?? Usual(ScaleEmbedding, family.ScaleEmbedding)) is double given
            ? Multiplied("token vectors", "embedding_multiplier or scale_emb", given * factor)
            : factor;
    }

    private double BranchFactor(int depth) =>
        config.Positive("residual_multiplier") is double factor ? Multiplied("branches", "residual_multiplier", factor)
        : (config.Positive(ScaleDepth) ?? Usual(ScaleDepth, family.ScaleDepth)) is double total
            ? Multiplied("branches", "scale_depth over √L", total / Math.Sqrt(depth))
        : config.Positive("layerscale_value") is double each and not 1 ? Multiplied("branches", "layerscale_value", each)
        : 1;

    // Of a key that is absent; null is the same as no factor.
    private double? Usual(string key, double? factor) =>
        factor is double usual && !config.Has(key) ? notes.Assumed(config, key, usual) : null;

    private double Multiplied(string what, string key, double factor)
    {
        notes.Add(NoteRank.Read, $"{what} are multiplied by {factor:G4}, as {key} says");
        return factor;
    }

    private Activation Activation()
    {
        // In the order in which they win: the code that knows hidden_activation prefers it.
        string[] keys = ["hidden_activation", "hidden_act", "activation_function", "activation"];
        if (config.Text("feed_forward_type") is string gated and ("geglu" or "reglu"))
        {
            string inside = gated[..^3];
            foreach ((string act, string? unused) in keys.Select(act => (act, config.Text(act))))
            {
                if (unused is not null && !unused.StartsWith(inside, StringComparison.Ordinal))
                    notes.Add(NoteRank.Read, $"feed_forward_type {gated} is used, not {config.Path(act)} {unused}");
            }

            return inside == "ge" ? Hybrid.Architectures.Activation.Gelu : Hybrid.Architectures.Activation.Relu;
        }

        if (family.OwnActivation is string own)
            return Own(own);
        (string Key, string Name)[] given = [.. keys.Select(key => (key, config.Text(key)!)).Where(item => item.Item2 is not null)];
        (string key, string name) = given.Length > 0 ? given[0] : ("hidden_act", notes.Assumed(config, "hidden_act", family.Activation));
        foreach ((string other, string unused) in given.Skip(1).Where(item => item.Name != name))
            notes.Add(NoteRank.Read, $"{config.Path(key)} {name} is used, not {other} {unused}");
        if (family.GeluIsTanh && name == "gelu")
        {
            notes.Add(NoteRank.Read, $"{config.Path(key)} gelu is read as its tanh approximation, as this family's code reads it");
            name = "gelu_pytorch_tanh";
        }

        return ActivationNames.Find(config, key, family.NamesGate && key == GateKey ? ActivationNames.WithinGate(name) ?? name : name);
    }

    private Activation Own(string name)
    {
        const string Key = "hidden_act";
        notes.Add(
            NoteRank.Approximated,
            $"{config.Path(Key)} {config.Text(Key) ?? "(absent)"} is not what this family's code computes: x σ(1.702 x), taken as "
            + $"{name}, from which it differs by at most 0.021");
        return ActivationNames.Find(config, Key, name);
    }

    private int Tokens()
    {
        if (family.Embedding == EmbeddingKind.Patches)
            return Context = Patches();
        int? longest = config.Size("max_position_embeddings", "n_positions") ?? config.Size("max_seq_len") ?? config.Size("seq_length");
        Context = longest ?? MostTokens;
        int tokens = asked ?? Math.Min(Context, MostTokens);
        string context = longest is null ? "the file gives no context" : $"context {longest}";
        notes.Add(
            NoteRank.Read,
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

    private bool HasPositionVectors() =>
        family.Positions == PositionKind.None && (config.Text("position_embedding_type") ?? "absolute") == "absolute";

    private Embedding Embedding(int width)
    {
        switch (family.Embedding)
        {
            case EmbeddingKind.Tokens:
                return Hybrid.Architectures.Embedding.Tokens;
            case EmbeddingKind.TokensAndPositions:
                if (config.Flag("emb_layer_norm_before", false))
                    return Hybrid.Architectures.Embedding.NewNormalisedSum(HasPositionVectors() ? 2 : 1, 0);
                return HasPositionVectors()
                    ? Hybrid.Architectures.Embedding.TokensAndPositions
                    : Hybrid.Architectures.Embedding.Tokens;
            case EmbeddingKind.NormalisedTokens:
                return Hybrid.Architectures.Embedding.NewNormalisedSum(1, 0);
            case EmbeddingKind.NormalisedSum:
                if (family.EmbeddingWidth is int usual && (config.Size("embedding_size") ?? usual) is int narrow && narrow != width)
                    throw config.Error(
                        $"{config.Path("embedding_size")} must be hidden_size = {width}, got {narrow}: a matrix behind the norm of "
                        + "narrower vectors is not modelled");
                return Hybrid.Architectures.Embedding.NewNormalisedSum(HasPositionVectors() ? 2 : 1, family.HasSegments ? 1 : 0);
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
}
