using Hybrid.Architectures;
using Microsoft.FSharp.Core;

namespace Hybrid.Import.HuggingFace;

/// <summary>Reads what heads are: their widths, shared keys, norms, caps, sinks and the logits' factor.</summary>
/// <param name="config">The configuration of the stack of blocks.</param>
/// <param name="family">Its family.</param>
/// <param name="notes">Where to add.</param>
internal sealed class HeadReader(ConfigReader config, Family family, NoteList notes)
{
    // MPT keeps what concerns attention in an object of its own.
    private readonly ConfigReader? _attention = config.Object("attn_config");

    /// <summary>MPT's keys of attention, or null.</summary>
    public ConfigReader? Attention => _attention;

    /// <summary>H.</summary>
    /// <param name="usual">Where the file does not say; null: it must.</param>
    public int Heads(int? usual)
    {
        string[] names = ["num_attention_heads", "n_head", "n_heads", "num_heads"];
        return usual is int heads ? config.Size(names) ?? notes.Assumed(config, names[0], heads) : config.RequiredSize(names);
    }

    /// <summary>d_h.</summary>
    public int HeadWidth(int width, int heads)
    {
        const string Key = "head_dim";
        int? given = family.OwnHeadWidth ? config.Size(Key) : null;
        if ((given ?? config.Absent(Key, family.HeadWidth)) is int headWidth)
            return given ?? notes.Assumed(config, Key, headWidth);
        return width % heads == 0
            ? width / heads
            : throw config.Error($"num_attention_heads must be a divisor of hidden_size = {width} where no head_dim is given, got {heads}");
    }

    /// <summary>G.</summary>
    /// <param name="heads">H, ≥ 1.</param>
    /// <exception cref="Json.InputException">It does not divide the heads.</exception>
    public int KeyValueHeads(int heads)
    {
        const string Key = "num_key_value_heads";
        string[] kinds = ["multihead_attention", "grouped_query_attention"];
        if (_attention?.Text("attn_type") is string kind && !kinds.Contains(kind))
            throw config.Error($"{_attention.Path("attn_type")} must be one of {string.Join(", ", kinds)}, got '{kind}'");
        if (_attention is not null && !_attention.IsSet("rope"))
            _attention.PassOver("rope_theta");
        bool one = config.Flag("multi_query", family.SharesKeys) && !config.Flag("new_decoder_architecture", false);
        int? given = config.Size(Key, "n_head_kv", "num_kv_heads") ?? _attention?.Size("kv_n_heads");
        if ((one ? 1 : given) is not int shared)
            return UsualKeyValueHeads(heads, config.Absent(Key, family.KeyValueHeads));
        return heads % shared == 0
            ? shared
            : throw config.Error($"{config.Path(Key)} must be a divisor of num_attention_heads = {heads}, got {shared}");

        int UsualKeyValueHeads(int all, int? usual)
        {
            if (usual is not int assumed || assumed == all)
                return all;
            if (all % assumed == 0)
                return notes.Assumed(config, Key, assumed);
            notes.Add(
                NoteRank.Approximated,
                $"{config.Path(Key)} is missing, and the default of the family's code, {assumed}, does not divide {all} heads: "
                + $"as many as heads are taken");
            return all;
        }
    }

    /// <summary>Which queries and keys are normalised.</summary>
    public QueryKeyNorm QueryKeyNorm()
    {
        if (_attention?.Flag("qk_ln", false) ?? false)
            return Hybrid.Architectures.QueryKeyNorm.All;
        bool own = !family.QueryKeyNorm.IsNone;
        const string KindKey = "qk_norm_type", OverAll = "per_layer";
        if (config.Text(KindKey) is string kind && !(kind == OverAll && family.QueryKeyNorm.IsAll))
        {
            throw config.Error(
                $"{config.Path(KindKey)} must be {OverAll}, in a family that normalises all heads together, or absent, got '{kind}'");
        }

        bool asked = config.Flag("use_qk_norm", own) | config.Flag("qk_layernorm", false);
        return !asked ? Hybrid.Architectures.QueryKeyNorm.None
            : own ? family.QueryKeyNorm
            : Hybrid.Architectures.QueryKeyNorm.Head;
    }

    /// <summary>The cap of the logits.</summary>
    public FSharpOption<double>? SoftCap()
    {
        const string Key = "attn_logit_softcapping";
        double? usual = config.Has(Key) || family.SoftCap is null ? null : notes.Assumed(config, Key, family.SoftCap.Value);
        double? cap = config.NonNegative(Key) ?? usual;
        return cap > 0 ? FSharpOption<double>.Some(cap.Value) : null;
    }

    /// <summary>The logit beside those of the tokens.</summary>
    public FSharpOption<double>? Sink() => family.HasSink ? FSharpOption<double>.Some(0) : null;

    /// <summary>c in softmax(c q·k), <paramref name="width"/> coordinates in a product.</summary>
    public double LogitFactor(int width)
    {
        const double UsualScalar = 256;
        if ((config.Positive("attention_multiplier") ?? _attention?.Positive("softmax_scale")) is double factor)
        {
            notes.Add(NoteRank.Read, $"logits are multiplied by {factor:G4}, as attention_multiplier or softmax_scale says");
            return factor;
        }

        const string ScalarKey = "query_pre_attn_scalar";
        double? scalar = config.Positive(ScalarKey);
        if (family.QueryScalar)
            return 1 / Math.Sqrt(scalar ?? notes.Assumed(config, ScalarKey, UsualScalar));
        if (scalar is double meant)
        {
            notes.Add(NoteRank.Read, $"logits are divided by √{meant:G4}, as {ScalarKey} says");
            return 1 / Math.Sqrt(meant);
        }

        if (family.LogitFactor is double own)
        {
            notes.Add(
                NoteRank.Read,
                $"logits are multiplied by {own:G4} and not by 1/√d_h, as the family's code does without attention_multiplier");
            return own;
        }

        return config.Flag("scale_attn_weights", true) ? 1 / Math.Sqrt(width) : 1;
    }

    /// <summary>
    /// What the logits of a layer are multiplied by: 1, or 1 over its number, the first one's 1; in layers with windows
    /// <paramref name="local"/> besides, and in those whose queries and keys are not normalised though the others' are,
    /// <paramref name="plain"/>.
    /// </summary>
    public Schedule LogitScale(LayerKinds kinds, IReadOnlyList<bool> hasPositions, double local, double plain)
    {
        if (family.NoPositionsEvery is not null && !QueryKeyNorm().IsNone && hasPositions.Contains(false))
        {
            notes.Add(
                NoteRank.Approximated,
                $"layers without positions do not normalise queries and keys: their logits are {plain:G4} times the others' here, which "
                + $"leaves out how the norms of a head's vectors vary");
            return Schedule.NewPerLayer([.. hasPositions.Select(turned => turned ? 1 : plain)]);
        }

        bool divides = config.Flag("scale_attn_by_inverse_layer_idx", false);
        if (divides)
            notes.Add(NoteRank.Read, $"logits are divided by the layer's number, as scale_attn_by_inverse_layer_idx says");
        return !divides && (local == 1 || !kinds.Local.Contains(true))
            ? Schedule.NewConstant(1)
            : Schedule.NewPerLayer(
                [.. kinds.Local.Select((isLocal, layer) => (isLocal ? local : 1) / (divides ? layer + 1 : 1))]);
    }

    /// <summary>Latent attention, or null.</summary>
    public LatentDescription? Latent(int heads)
    {
        if (!family.IsLatent || !config.Flag("use_mla", true))
            return null;
        // The library writes the turned part's width, or the sum, under these names.
        config.PassOver("head_dim", "qk_head_dim");
        int turned = config.Size("qk_rope_head_dim") ?? notes.Assumed(config, "qk_rope_head_dim", 64);
        int unturned = config.Size("qk_nope_head_dim") ?? notes.Assumed(config, "qk_nope_head_dim", 128);
        int value = config.Size("v_head_dim") ?? notes.Assumed(config, "v_head_dim", 128);
        int keyValue = config.RequiredSize("kv_lora_rank");
        const string QueryKey = "q_lora_rank";
        int? query = config.Size(QueryKey) ?? (config.Has(QueryKey) ? null : notes.Assumed(config, QueryKey, 1536));
        notes.Add(
            NoteRank.Approximated,
            $"latent attention is taken as if its latent vectors ({keyValue} coordinates for keys and values) were wide, so that "
            + $"their norms change nothing: σ_A and σ_V are those of its products of matrices");
        notes.Add(
            NoteRank.NotModelled,
            $"that the {turned} turned coordinates of keys are one vector for all {heads} heads is not modelled: each head has its "
            + $"own here, "
            + $"which changes no expectation where logits are weak");
        return new LatentDescription(query is int rank ? FSharpOption<int>.Some(rank) : null, keyValue, turned, unturned, value);
    }
}
