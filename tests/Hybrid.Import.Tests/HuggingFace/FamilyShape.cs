using System.Globalization;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>
/// A small network of one family: its configuration is what is imported, its numbers what
/// <see cref="FamilyNetwork"/> builds.
/// </summary>
internal sealed record FamilyShape(string ModelType, int Width)
{
    public int Tokens => 6;

    public int Depth => 2;

    public int Heads => 8;

    public int KeyValueHeads => ModelType is "bert" or "gpt2" or "bloom" or "gpt_neox" or "deepseek_v3" or "olmo2" ? 8 : 2;

    /// <summary>Half as wide again as width / heads where the family allows it.</summary>
    public int HeadWidth => ModelType is "bert" or "gpt2" or "bloom" or "gpt_neox" ? Width / 8 : Width * 3 / 16;

    public int MlpWidth => 2 * Width;

    /// <summary>Strong weights, so that attention and gates are far from trivial.</summary>
    public double Std => 1.2 / Math.Sqrt(Width);

    /// <summary>Logits are divided by its root: the head's width, or a number of its own.</summary>
    public int QueryScalar => ModelType is "gemma2" or "gemma3_text" ? HeadWidth / 9 : HeadWidth;

    /// <summary>Coordinates of a head that turn.</summary>
    public int Turned => ModelType switch
    {
        "bert" or "gpt2" or "bloom" => 0,
        "gpt_neox" => HeadWidth / 3 / 2 * 2,
        // the rest do not
        "deepseek_v3" => HeadWidth / 3 / 2 * 2,
        _ => HeadWidth / 2 * 2,
    };

    /// <summary>Base of the turning: small, so that most pairs turn visibly among few tokens.</summary>
    public double Base => 30;

    /// <summary>Base in layers with windows.</summary>
    public double LocalBase => 4;

    /// <summary>Tokens that the first layer of two looks back; 0 for all.</summary>
    public int Window => ModelType is "gemma2" or "gemma3_text" ? 3 : 0;

    /// <summary>Cap of the logits; 0 for none.</summary>
    public double Cap => ModelType == "gemma2" ? 2 : 0;

    /// <summary>Experts of the layers from <see cref="Dense"/> on; 0 for none.</summary>
    public int Experts => ModelType is "mixtral" or "deepseek_v3" ? 6 : 0;

    /// <summary>Experts that see a token.</summary>
    public int Active => 2;

    /// <summary>First layers with one MLP.</summary>
    public int Dense => ModelType == "deepseek_v3" ? 1 : 0;

    public int ExpertWidth => ModelType == "deepseek_v3" ? Width : MlpWidth;

    public double RoutedScale => ModelType == "deepseek_v3" ? 2.5 : 1;

    /// <summary>Coordinates of the vectors that queries, and keys and values, are made of in latent attention.</summary>
    public int QueryRank => 3 * Width / 4;

    public int KeyValueRank => Width / 2;

    public string Config => string.Create(CultureInfo.InvariantCulture, $$"""
        {
          "model_type": "{{ModelType}}", "hidden_size": {{Width}}, "num_hidden_layers": {{Depth}}, "num_attention_heads": {{Heads}},
          "num_key_value_heads": {{KeyValueHeads}}, "intermediate_size": {{MlpWidth}},
          "max_position_embeddings": {{Tokens}}, "initializer_range": {{Std}} {{Own}}
        }
        """);

    private string Own => ModelType switch
    {
        "bert" or "gpt2" or "bloom" => "",
        "gpt_neox" => Line($", \"rotary_pct\": {(double)Turned / HeadWidth}, \"rotary_emb_base\": {Base}"),
        "gemma2" => HeadKeys + Line($", \"query_pre_attn_scalar\": {QueryScalar}, \"attn_logit_softcapping\": {Cap}")
            + Line($", \"sliding_window\": {Window}"),
        "gemma3_text" => HeadKeys + Line($", \"query_pre_attn_scalar\": {QueryScalar}, \"rope_local_base_freq\": {LocalBase}")
            + Line($", \"sliding_window\": {Window}, \"sliding_window_pattern\": 2"),
        "mixtral" => HeadKeys + Line($", \"num_local_experts\": {Experts}, \"num_experts_per_tok\": {Active}"),
        "deepseek_v3" => Line($", \"rope_theta\": {Base}, \"n_routed_experts\": {Experts}, \"num_experts_per_tok\": {Active}")
            + Line($", \"n_group\": 1, \"moe_intermediate_size\": {ExpertWidth}, \"n_shared_experts\": 1")
            + Line($", \"first_k_dense_replace\": {Dense}, \"routed_scaling_factor\": {RoutedScale}, \"q_lora_rank\": {QueryRank}")
            + Line($", \"kv_lora_rank\": {KeyValueRank}, \"qk_rope_head_dim\": {Turned}")
            + Line($", \"qk_nope_head_dim\": {HeadWidth - Turned}, \"v_head_dim\": {HeadWidth}"),
        _ => HeadKeys,
    };

    private string HeadKeys => Line($", \"head_dim\": {HeadWidth}, \"rope_theta\": {Base}");

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
