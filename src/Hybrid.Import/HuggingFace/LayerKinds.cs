namespace Hybrid.Import.HuggingFace;

/// <summary>Which layers attend to few tokens beside them and which to all: what masks and positions of a layer follow.</summary>
/// <param name="Local">Whether each layer, the first one first, is of the former kind.</param>
internal sealed record LayerKinds(IReadOnlyList<bool> Local)
{
    private const string SwitchKey = "max_window_layers";

    /// <summary>From layer_types where the file has it, or else the pattern of the family's code.</summary>
    /// <exception cref="Json.InputException">The list has another length than the layers, or another kind of attention.</exception>
    public static LayerKinds Read(ConfigReader config, Family family, int depth)
    {
        // GPT-Neo writes its list under two names, one of them in groups that are repeated.
        string key = new[] { "attention_layers", "attention_types" }.FirstOrDefault(config.Has) ?? "layer_types";
        string[] types = key == "attention_types" ? config.RepeatedTexts(key) : config.Texts(key);
        config.PassOver("attention_types");
        if (types.Length == 0)
            return family.WindowsWithoutPositions
                ? new([.. PositionReader.Listed(config, family, depth).Select(turned => !turned)])
                : new([.. Enumerable.Range(0, depth).Select(Pattern(config, family))]);
        config.PassOver("sliding_window_pattern", "_sliding_window_pattern");
        if (types.Length != depth)
            throw config.Error($"{config.Path(key)} must have one entry for each of {depth} layers, got {types.Length}");
        return new([.. types.Select(type => type switch
        {
            "full_attention" or "global" or "deepseek_sparse_attention" => false,
            "sliding_attention" or "chunked_attention" or "local" => true,
            _ => throw config.Error(
                $"{config.Path(key)} must hold full_attention, sliding_attention or chunked_attention, got '{type}', which is not "
                + $"modelled"),
        })]);
    }

    private static Func<int, bool> Pattern(ConfigReader config, Family family)
    {
        // From this layer on, as the code of Qwen counts them.
        if (family.WindowsFromLayer is int from)
        {
            int first = config.CountOr(from, SwitchKey);
            return layer => layer >= first;
        }

        if (family.WindowsBelowLayer is int below)
        {
            int end = config.CountOr(below, SwitchKey);
            return layer => layer < end && layer % 2 == 0;
        }

        if (family.GlobalFirstEvery is int every)
        {
            int period = config.Size("global_attn_every_n_layers") ?? every;
            return layer => layer % period != 0;
        }

        if (family.FullEvery is int usual)
        {
            int period = config.Size("sliding_window_pattern", "_sliding_window_pattern") ?? usual;
            return layer => (layer + 1) % period != 0;
        }

        return _ => true;
    }
}
