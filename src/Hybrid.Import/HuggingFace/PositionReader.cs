using System.Globalization;
using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>Reads how attention is told where tokens are.</summary>
/// <param name="config">The configuration of the stack of blocks.</param>
/// <param name="family">Its family.</param>
/// <param name="notes">Where to add.</param>
internal sealed class PositionReader(ConfigReader config, Family family, NoteList notes)
{
    // Changes of mean cosines below this are far below what a change of the base does.
    private const double NoticeableChange = 0.01;

    private const string Parameters = "rope_parameters", Plain = "rope_scaling";

    /// <summary>What cosines and sines are multiplied by; known after <see cref="Read"/>.</summary>
    public double TurnFactor { get; private set; } = 1;

    /// <summary>The same in layers with windows; known after <see cref="Read"/>.</summary>
    public double LocalTurnFactor { get; private set; } = 1;

    /// <summary>Whether each layer has positions; known after <see cref="Read"/>, empty where all have those that do not turn.</summary>
    public IReadOnlyList<bool> HasPositions { get; private set; } = [];

    /// <summary>What DeepSeek's code multiplies logits by because of rope_scaling; known after <see cref="Read"/>.</summary>
    public double LogitFactor { get; private set; } = 1;

    /// <summary>The positions, one kind for all layers or one each.</summary>
    /// <param name="kinds">Which layers have windows.</param>
    /// <param name="attention">The object of MPT's keys of attention, or null.</param>
    /// <param name="heads">H, ≥ 1.</param>
    /// <param name="turning">Coordinates of a head of which some turn, ≥ 1.</param>
    /// <param name="tokens">n, ≥ 1.</param>
    public Positions Read(LayerKinds kinds, ConfigReader? attention, int heads, int turning, int tokens)
    {
        if (HasAlibi(attention))
            return Alibi(attention, heads);
        string? type = config.Text("position_embedding_type");
        if (family.Positions != PositionKind.Rotary && !IsRotary(type))
            return Positions.None;
        ConfigReader? parameters = config.Object(Parameters);
        bool apart = parameters is not null && (parameters.Has("full_attention") || parameters.Has("sliding_attention"));
        ConfigReader? whole = apart ? parameters!.Object("full_attention") : Whole(parameters, config.Object(Plain));
        ConfigReader? local = apart ? parameters!.Object("sliding_attention") : null;
        double baseFrequency = Base(whole, turning);
        Positions all = Rope(whole, baseFrequency, turning, tokens), near = all;
        LocalTurnFactor = TurnFactor;
        if (family.LocalBase is double usual)
            near = Rope(local, LocalBase(local, usual), turning, tokens, isLocal: true);
        else if (apart || family.ScalesFullOnly)
            near = Rope(local, local?.Positive("rope_theta") ?? baseFrequency, turning, tokens, isLocal: true);
        bool[] turns = Turning(kinds);
        HasPositions = turns;
        return all.Equals(near) && turns.All(turned => turned)
            ? all
            : Positions.NewPerLayer(
                [.. kinds.Local.Select((isLocal, layer) => !turns[layer] ? Positions.None : isLocal ? near : all)]);
    }

    /// <summary>Whether a value of position_embedding_type means positions that turn.</summary>
    public static bool IsRotary(string? type) => type is "rotary" or "rope" or "rope_gptj" or "rope_neox";

    // The library's newer releases write the same under the newer name.
    private ConfigReader? Whole(ConfigReader? parameters, ConfigReader? scaling)
    {
        if (parameters is null || scaling is null)
            return parameters ?? scaling;
        string one = RotaryScaling.TypeOf(parameters), other = RotaryScaling.TypeOf(scaling);
        return one == other ? parameters : throw config.Error(
            $"{config.Path(Parameters)} and {config.Path(Plain)} are two names of one quantity and disagree, {one} and {other}; give one "
            + "of them");
    }

    private bool HasAlibi(ConfigReader? attention)
    {
        if (attention is not null && !attention.Flag("alibi", true))
            throw config.Error($"{attention.Path("alibi")} must be true, as in the published code of {family.ModelType}");
        if (config.Text("position_embedding_type") == "alibi")
            return true;
        if (family.HasAlibiFlag)
            return config.Flag("alibi", false);
        // Both sizes of Baichuan have one model_type; the file of the larger one, which has ALiBi, gives its context another name.
        return family.AlibiWithoutContext ? !config.Has("max_position_embeddings") : family.Positions == PositionKind.Alibi;
    }

    private Positions Alibi(ConfigReader? attention, int heads)
    {
        const double Usual = 8;
        config.PassOver("rope_theta", Plain, Parameters);
        if (attention?.Positive("alibi_bias_max") is double most and not Usual)
            throw config.Error($"{attention.Path("alibi_bias_max")} must be {Usual}: head h of H has slope 2^(−8h/H), got {most}");
        if ((heads & (heads - 1)) != 0)
        {
            notes.Add(
                NoteRank.Approximated,
                $"ALiBi's slopes of {heads} heads, no power of two, are taken as 2^(−8h/{heads}); the code takes those of the power "
                + $"below and fills up");
        }

        if (family.HasAlibiFlag)
        {
            notes.Add(
                NoteRank.NotModelled,
                $"the code divides ALiBi's slopes by √d_h together with the logits, which is not modelled: slopes are whole here",
                1);
        }

        return Positions.Alibi;
    }

    private double Base(ConfigReader? parameters, int turning)
    {
        const string Key = "rope_theta";
        double? outer = config.Positive(Key, "rotary_emb_base", "global_rope_theta");
        double given = (parameters ?? config).Same(parameters?.Positive(Key), outer, Key)
            ?? notes.Assumed(config, Key, family.RopeBase);
        if (RotaryScaling.Stretch(parameters, turning) is not double stretch)
            return given;
        notes.Add(NoteRank.Read, $"the base of rotary positions is {given * stretch:G5}, as alpha of {parameters!.Path("alpha")} says");
        return given * stretch;
    }

    private double LocalBase(ConfigReader? parameters, double usual) =>
        parameters?.Positive("rope_theta") ?? config.Positive("rope_local_base_freq", "local_rope_theta") ?? usual;

    private Positions Rope(ConfigReader? parameters, double baseFrequency, int turning, int tokens, bool isLocal = false)
    {
        const string Key = "partial_rotary_factor";
        double? outer = config.Fraction(Key, "rotary_pct", "rotary_emb_fraction");
        double? given = (parameters ?? config).Same(parameters?.Fraction(Key), outer, Key);
        double? width = RotaryWidth(turning);
        double fraction = given ?? width ?? family.RotaryFraction;
        int pairs = (int)Math.Round(fraction * turning) / 2;
        if (pairs == 0)
            return Positions.None;
        if (isLocal)
            LocalTurnFactor = 1;
        if ((RotaryScaling.Read(parameters, config) ?? Usual(parameters)) is RotaryScaling scaling)
        {
            double change = fraction * scaling.Effect(baseFrequency, pairs, tokens);
            if (!double.IsFinite(change + Math.Pow(scaling.TurnFactor * scaling.LogitFactor, 4)))
            {
                throw config.Error(
                    $"{config.Path(Plain)} must give finite frequencies and factors; {scaling.Type} of these numbers with a base of "
                    + string.Create(CultureInfo.InvariantCulture, $"{baseFrequency} does not"));
            }

            if (!isLocal)
                (TurnFactor, LogitFactor) = (scaling.TurnFactor, scaling.LogitFactor);
            else
                LocalTurnFactor = scaling.TurnFactor;
            Say(scaling, change, tokens);
        }

        return Positions.NewRope(baseFrequency, fraction);
    }

    // Of a family's code where the file has no object for it.
    private RotaryScaling? Usual(ConfigReader? parameters)
    {
        if (parameters is not null || config.Has(Plain) || family.Yarn is not (double factor, double context))
            return null;
        notes.Add(
            NoteRank.Assumed,
            $"{config.Path(Plain)} is missing: yarn of factor {factor} and {context} tokens, the default of the family's code");
        return RotaryScaling.Yarn(factor, context);
    }

    private void Say(RotaryScaling scaling, double change, int tokens)
    {
        if (change >= NoticeableChange)
        {
            notes.Add(
                NoteRank.NotModelled,
                $"rope_scaling {scaling.Type} is not modelled: among {tokens} tokens it changes what is left of a logit's "
                + $"correlation, the mean cosine, by up to {change:0.00}",
                change);
        }
        else
        {
            notes.Add(
                NoteRank.Harmless,
                $"rope_scaling {scaling.Type} leaves frequencies as they are among {tokens} tokens: no mean cosine changes by more "
                + $"than {change:0.0000}");
        }

        if (scaling.TurnFactor != 1)
        {
            notes.Add(
                NoteRank.Read,
                $"rope_scaling {scaling.Type} multiplies turned queries and keys by {scaling.TurnFactor:G5} each at any length, "
                + $"which is in σ_A");
        }
    }

    private double? RotaryWidth(int turning)
    {
        const string Key = "rotary_dim";
        int? width = config.Size(Key) ?? config.Absent(Key, family.RotaryWidth);
        if (width is not int turned)
            return null;
        return turned <= turning ? (double)turned / turning
            : config.Has(Key) ? throw config.Error($"{config.Path(Key)} must be at most the width of a head = {turning}, got {turned}")
            : 1;
    }

    private bool[] Turning(LayerKinds kinds)
    {
        int depth = kinds.Local.Count;
        if (family.PositionsWithoutWindows && config.Has(family.WindowKey) && config.Count(family.WindowKey) is null)
            return [.. Enumerable.Repeat(true, depth)];
        if (family.PositionsInWindowsOnly)
            return [.. kinds.Local];
        return Listed(config, family, depth);
    }

    /// <summary>Whether each layer has positions, as no_rope_layers or the family's code has it.</summary>
    public static bool[] Listed(ConfigReader config, Family family, int depth)
    {
        if (family.NoPositionsEvery is not int usual)
            return [.. Enumerable.Repeat(true, depth)];
        const string Key = "no_rope_layers";
        double[]? flags = config.Numbers(Key);
        int every = config.Count("no_rope_layer_interval") ?? usual;
        if (flags is null or { Length: 0 })
            return [.. Enumerable.Range(1, depth).Select(layer => layer % every != 0)];
        return flags.Length >= depth && flags.All(flag => flag is 0 or 1)
            ? [.. flags.Take(depth).Select(flag => flag == 1)]
            : throw config.Error($"{config.Path(Key)} must hold a 1 (positions) or 0 (none) for each of {depth} layers, got "
            + $"{flags.Length} numbers");
    }
}
