using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>Reads which tokens a token attends to; what no mask of the record does goes into the notes.</summary>
/// <param name="config">The configuration of the stack of blocks.</param>
/// <param name="family">Its family.</param>
/// <param name="notes">Where to add.</param>
internal sealed class MaskReader(ConfigReader config, Family family, NoteList notes)
{
    /// <summary>The mask, one for all layers or one each.</summary>
    /// <param name="kinds">Which layers have windows.</param>
    /// <param name="attention">The object of MPT's keys of attention, or null.</param>
    /// <param name="tokens">n, ≥ 1: windows that are no shorter change nothing.</param>
    public Mask Read(LayerKinds kinds, ConfigReader? attention, int tokens)
    {
        if (attention is not null && attention.Flag("prefix_lm", false))
            throw config.Error($"{attention.Path("prefix_lm")} must be false, as in the published code of {family.ModelType}");
        bool everywhere = config.Flag("use_bidirectional_attention", false) | !config.Flag("is_causal", true)
            | !config.Flag("causal_mask", true);
        Mask whole = everywhere ? Mask.None
            : config.Flag("is_decoder", false) | config.Flag("causal", false) ? Mask.Causal
            : family.Mask;
        bool on = config.Flag("use_sliding_window", !family.WindowsAreOptIn);
        int? window = config.Count(family.WindowKey) ?? config.Absent(family.WindowKey, family.Window);
        Index(tokens);
        Chunks(kinds, tokens);
        if (whole.IsNone)
            return Both(kinds, on ? window : null, tokens);
        if (window is not int width || !on || !kinds.Local.Contains(true))
            return whole;
        if (width >= tokens)
            notes.Add(NoteRank.Harmless, $"windows of {width} tokens change nothing among {tokens}");
        return Mask.NewPerLayer([.. kinds.Local.Select(local => local ? Mask.NewWindow(width) : whole)]);
    }

    // ModernBERT states the whole width of its windows, others one side's.
    private Mask Both(LayerKinds kinds, int? window, int tokens)
    {
        int? side = config.Count("local_attention") is int whole ? whole / 2
            : family.GlobalFirstEvery is null ? window : family.Window / 2;
        if (side is not int reach || !kinds.Local.Contains(true))
            return Mask.None;
        if (reach >= tokens - 1)
            notes.Add(NoteRank.Harmless, $"windows of {reach} tokens to each side change nothing among {tokens}");
        else
            notes.Add(
                NoteRank.NotModelled,
                $"windows of {reach} tokens to each side are not modelled, only ones that look back: every layer sees all tokens here",
                Math.Pow(1 - ((double)reach / tokens), 2));
        return Mask.None;
    }

    // DeepSeek-V3.2 chooses for each token so many of those before it.
    private void Index(int tokens)
    {
        if (config.Size("index_topk") is not int chosen)
            return;
        if (chosen >= tokens)
            notes.Add(NoteRank.Harmless, $"the choice of {chosen} tokens to attend to (index_topk) changes nothing among {tokens}");
        else
            notes.Add(
                NoteRank.NotModelled,
                $"the choice of {chosen} tokens to attend to (index_topk) is not modelled: every token attends to all before it here",
                1);
    }

    private void Chunks(LayerKinds kinds, int tokens)
    {
        if (!family.Chunks)
            return;
        Temperature(tokens);
        const int Usual = 8192;
        const string Key = "attention_chunk_size";
        int? chunk = config.Count(Key) ?? (config.Has(Key) ? null : notes.Assumed(config, Key, Usual));
        if (chunk is not int size || !kinds.Local.Contains(true))
            return;
        if (size >= tokens)
            notes.Add(NoteRank.Harmless, $"attention within chunks of {size} tokens changes nothing among {tokens}");
        else
            notes.Add(NoteRank.NotModelled, $"attention within chunks of {size} tokens is not modelled: layers see all tokens before", 1);
    }

    // Llama 4 strengthens logits of late tokens in layers without positions: from the second floor_scale tokens on.
    private void Temperature(int tokens)
    {
        const int Usual = 8192;
        bool on = config.FlagOrNumber("attn_temperature_tuning", true);
        int floor = config.Size("floor_scale") ?? Usual;
        config.PassOver("attn_scale");
        if (on && tokens >= floor)
            notes.Add(NoteRank.NotModelled, $"attn_temperature_tuning of logits from token {floor} on is not modelled", 0.1);
    }
}
