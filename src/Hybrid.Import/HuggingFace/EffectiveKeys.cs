using System.Text.Json;
using System.Text.RegularExpressions;

namespace Hybrid.Import.HuggingFace;

/// <summary>
/// Keys that, in the code of some family, change gate, mask, logits, branches, positions or embeddings. Where the importer has
/// read them they are in the record; where it has not, the file asks for a network that would not be predicted.
/// </summary>
internal static partial class EffectiveKeys
{
    /// <summary>Refuses the file where such a key is set and nobody read it.</summary>
    public static void EnsureRead(ConfigReader config, Family family)
    {
        foreach (ConfigReader nested in config.Objects)
            EnsureRead(nested, family);
        foreach (string key in config.Unread)
        {
            if (!KeysWithoutEffect.Contains(key) && Has(key) && config.IsSet(key))
            {
                throw config.Error(
                    $"{config.Path(key)} must be absent, null, false or 0: "
                    + "keys of this kind change what a network computes, and the code of "
                    + $"{family.ModelType} that the import follows has none of that name; "
                    + "remove it if yours does not read it either, or write an "
                    + "architecture JSON record of what it does");
            }
        }
    }

    /// <summary>Whether a key is of that kind.</summary>
    public static bool Has(string key) => Pattern().IsMatch(key);

    [GeneratedRegex(
        "multiplier|^mup|^use_mup|^scale_(emb|depth|attn|residual)|residual_(scale|weight|alpha|connection)|branch_scale"
        + "|qk_?(layer)?_?norm|query_key_norm|qk_ln|softcap|logit_cap|attn_scale|attention_scale|qk_scale|softmax_scale|logn_attn"
        + "|alibi|relative_attention|pos_att_type|position_buckets|position_embedding|learned_pos|sinusoidal|no_rope"
        + "|cross_attention|attn_layer|mamba|ssm_|conv_kernel|linear_attn|layer_group|num_hidden_groups|share_layers"
        + "|feed_forward_type|ffn_type|gated|glu|is_causal|causal_mask|prefix_lm|bidirectional|sparse_attention|attention_type"
        + "|layernorm_before|layer_norm_before|post_?layer_?norm|sandwich|^pre_?norm|norm_first|normalize_before"
        + "|normalize_embedding|layernorm_embedding|emb_layer_norm|deepnorm|sub_?ln|parallel_(attn|residual|block)|layer_?scale|drop_path"
        + "|(q|kv)_lora_rank|moe_|n_group|experts|router|rotary_(pct|dim|emb)|partial_rotary|^rope$|rope_(theta|scaling|parameters|local)"
        + "|^sliding_window$|sliding_window_pattern|local_attention|attention_chunk|temperature_tuning|cla_share|use_cla",
        RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();

    /// <summary>Whether a value is more than "not there": neither null, false, 0, an empty list nor a word for nothing.</summary>
    internal static bool IsSet(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False or JsonValueKind.Undefined => false,
        JsonValueKind.Number => value.GetRawText().Trim('0', '.', '-') != "",
        JsonValueKind.String => value.GetString() is not ("" or "none" or "absolute" or "original" or "default"),
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        _ => true,
    };
}
