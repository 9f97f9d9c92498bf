using System.Text.RegularExpressions;
using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>What a configuration asks for and the theory does not model, each with what it changes at initialisation.</summary>
internal static partial class Omissions
{
    private static readonly string[] DropoutKeys =
    [
        "attn_pdrop", "embd_pdrop", "resid_pdrop", "attention_dropout",
        "hidden_dropout", "attention_probs_dropout_prob", "hidden_dropout_prob",
        "embedding_dropout", "residual_dropout", "mlp_dropout", "activation_dropout", "dropout", "layerdrop",
        "attn_dropout_prob", "emb_dropout_prob", "emb_pdrop", "resid_dropout", "embed_dropout",
        "qa_dropout", "seq_classif_dropout", "drop_path_rate",
    ];

    private static readonly string[] EpsilonKeys = ["rms_norm_eps", "norm_eps", "norm_epsilon", "layer_norm_eps", "layer_norm_epsilon"];

    /// <summary>ε is worth a word where it changes the first normalisation by more.</summary>
    private const double NoticeableEpsilon = 0.01;

    public static void Add(NoteList notes, ConfigReader config, Family family, Architecture record)
    {
        Structure(notes, config, family);
        Attention(notes, config, record);
        Details(notes, config, record);
    }

    private static void Structure(NoteList notes, ConfigReader config, Family family)
    {
        if (family.Embedding == EmbeddingKind.Patches)
            notes.Add(NoteRank.Approximated, $"the class token is taken as one more patch");
        if (config.Text("position_embedding_type") is string type and not ("absolute" or "alibi") && !PositionReader.IsRotary(type))
            notes.Add(NoteRank.NotModelled, $"position_embedding_type {type} is not modelled: its terms in the logits are left out", 1);
        if (config.Has("use_cla") && !config.IsSet("use_cla"))
            config.PassOver("cla_share_factor");
        if (config.Flag("add_cross_attention", false))
            notes.Add(NoteRank.NotModelled, $"cross-attention is not modelled: the record is the network without it", 1);
        string[] drawn =
        [
            .. config.Unread.Where(key => Drawing().IsMatch(key) && !EffectiveKeys.Has(key) && !KeysWithoutEffect.Contains(key)
                && config.IsSet(key)),
        ];
        if (drawn.Length > 0)
        {
            config.PassOver(drawn);
            notes.Add(
                NoteRank.NotModelled,
                $"what {string.Join(", ", drawn.Select(config.Path))} says of how weights are drawn is not read: all have one standard "
                + $"deviation here",
                1);
        }

        if (config.Flag("use_logn_attn", false))
        {
            notes.Add(
                NoteRank.Harmless,
                $"use_logn_attn scales the logits of tokens beyond seq_length only: it changes nothing before it");
        }
    }

    [GeneratedRegex("(^|_)init(_|$)|(^|_)initializer_|weight_init|rescale_prenorm", RegexOptions.CultureInvariant)]
    private static partial Regex Drawing();

    private static void Attention(NoteList notes, ConfigReader config, Architecture record)
    {
        if ((config.Positive("clip_qkv") ?? config.Object("attn_config")?.Positive("clip_qkv")) is double clip)
        {
            // Entries of queries and keys beyond the clip, of a standard deviation that every layer has.
            notes.Add(
                NoteRank.NotModelled,
                $"clipping of queries, keys and values at ±{clip:G4} is not modelled; their initial standard deviation is "
                + $"{record.Mlp.InStd:G4}",
                Math.Exp(-Math.Pow(clip / record.Mlp.InStd, 2) / 2));
        }
    }

    private static void Details(NoteList notes, ConfigReader config, Architecture record)
    {
        string[] dropped = [.. DropoutKeys.Where(key => config.NonNegative(key) > 0)];
        if (dropped.Length > 0)
            notes.Add(NoteRank.Harmless, $"dropout is taken as off, as in evaluation: {string.Join(", ", dropped)}");
        double epsilon = EpsilonKeys.Select(config.NonNegative).ToArray().FirstOrDefault(value => value is not null) ?? 0;
        if (epsilon > NoticeableEpsilon * record.Input.Norm)
        {
            notes.Add(
                NoteRank.Approximated,
                $"normalisation divides by the norm alone: ε = {epsilon:G3} is {epsilon / record.Input.Norm:0.#%} of q₀ and matters "
                + $"in the first layer only",
                epsilon / record.Input.Norm);
        }
    }
}
