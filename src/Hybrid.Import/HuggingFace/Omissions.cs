using System.Globalization;
using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>What a configuration asks for and the theory does not model, each with what it changes at initialisation.</summary>
internal static class Omissions
{
    private static readonly string[] DropoutKeys =
    [
        "attn_pdrop", "embd_pdrop", "resid_pdrop", "attention_dropout",
        "hidden_dropout", "attention_probs_dropout_prob", "hidden_dropout_prob",
        "embedding_dropout", "residual_dropout",
    ];

    /// <summary>ε is worth a word where it changes the first normalisation by more.</summary>
    private const double NoticeableEpsilon = 0.01;

    public static IEnumerable<string> Of(ConfigReader config, Family family, ModelDescription model, Architecture record) =>
        Structure(config, family, model, record).Concat(Attention(config, model, record)).Concat(Details(config, record));

    private static IEnumerable<string> Structure(ConfigReader config, Family family, ModelDescription model, Architecture record)
    {
        if (family.Positions == PositionKind.Rotary)
            yield return "rotary positions are not modelled: they keep every logit's variance, "
                + "but let logits of equal tokens differ by position";
        if (family.Positions == PositionKind.Alibi)
            yield return "ALiBi is not modelled: logits do not fall with the distance here, "
                + "so that tokens come out more alike than they are";
        if (family.Embedding == EmbeddingKind.Patches)
            yield return "the class token is taken as one more patch";
        if (config.Text("position_embedding_type") is string type and not "absolute")
            yield return $"position_embedding_type {type} is not modelled: its terms in the logits are left out";
        if (config.Flag("add_cross_attention", false))
            yield return "cross-attention is not modelled: the record is the network without it";
        if (model.QueryKeyNorm)
            yield return QueryKeyNorm(model, record);
        if (config.Flag("use_logn_attn", false))
            yield return "use_logn_attn scales the logits of tokens beyond seq_length only: it changes nothing before it";
    }

    private static string QueryKeyNorm(ModelDescription model, Architecture record)
    {
        double logits = model.LogitFactor * Math.Sqrt(model.HeadWidth);
        if (model.Norm != Placement.Output)
            return "QK-norm is exact for wide heads: its modules see normalised tokens, "
                + Line($"so that it only sets σ_A = {record.Attention.LogitStd:G4}");
        return Line(
            $"QK-norm is not modelled: it keeps the logits' standard deviation at {logits:G4}, while the record's grows with the stream's ")
            + Line($"squared norm; σ_A = {record.Attention.LogitStd:G4} is right in the ")
                + "middle of the depth, too small before it, where tokens then come out "
            + Line($"too much alike; for angles --set norm=peri --set attention.logitStd={logits:G4} is closer: ")
                + "attention exact, the MLP's input normalised";
    }

    private static IEnumerable<string> Attention(ConfigReader config, ModelDescription model, Architecture record)
    {
        int? given = config.Size("num_key_value_heads", "n_head_kv", "num_kv_heads") ?? (config.Flag("multi_query", false) ? 1 : null);
        if (given is int shared && shared != model.Heads)
        {
            if (model.Heads % shared != 0)
                throw config.Error($"num_key_value_heads must be a divisor of num_attention_heads = {model.Heads}, got {shared}");
            yield return $"{shared} key and value heads for {model.Heads} query heads are not modelled: "
                + "no expectation depends on it, only fluctuations do";
        }

        bool windows = config.Flag("use_sliding_window", true);
        if (config.Count("sliding_window") is int window && windows)
            yield return $"sliding windows of {window} tokens are not modelled: they change nothing up to {window} tokens";
        if (config.Positive("attn_logit_softcapping") is double cap)
        {
            double change = Math.Pow(record.Attention.LogitStd / cap, 2) / 3;
            yield return Line($"soft-capping of logits at {cap:G4} is not modelled: ")
                + Line($"at their standard deviation it changes them by about {change:0.###%}");
        }

        if (config.Positive("clip_qkv") is double clip)
            yield return Line($"clipping of queries, keys and values at ±{clip:G4} is not modelled; ")
                + Line($"their initial standard deviation is {record.Mlp.InStd:G4}");
        if (config.Flag("scale_attn_by_inverse_layer_idx", false))
            yield return "scale_attn_by_inverse_layer_idx is not modelled: "
                + "logits keep one scale in all layers here, and shrink as 1/layer there";
    }

    private static IEnumerable<string> Details(ConfigReader config, Architecture record)
    {
        string[] dropped = [.. DropoutKeys.Where(key => config.NonNegative(key) > 0)];
        if (dropped.Length > 0)
            yield return $"dropout is taken as off, as in evaluation: {string.Join(", ", dropped)}";
        double epsilon = config.NonNegative("rms_norm_eps") ?? config.NonNegative("layer_norm_eps")
            ?? config.NonNegative("layer_norm_epsilon") ?? 0;
        if (epsilon > NoticeableEpsilon * record.Input.Norm)
        {
            yield return "normalisation divides by the norm alone: "
                + Line($"ε = {epsilon:G3} is {epsilon / record.Input.Norm:0.#%} of q₀ and matters in the first layer only");
        }
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
