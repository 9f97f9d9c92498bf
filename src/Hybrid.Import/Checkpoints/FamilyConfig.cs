using System.Text.Json.Nodes;
using Hybrid.Architectures;

namespace Hybrid.Import.Checkpoints;

/// <summary>
/// A record as a config.json of each family that is written; whether the family can be that record is another's to check.
/// </summary>
internal static class FamilyConfig
{
    /// <summary>The families that are written, in the order in which they are tried.</summary>
    public static readonly IReadOnlyList<string> ModelTypes =
        ["gpt2", "gpt_neox", "llama", "mistral", "qwen2", "qwen3", "olmo2", "gemma2", "gemma3_text", "bert", "roberta"];

    private static readonly Dictionary<string, string> Classes = new()
    {
        ["gpt2"] = "GPT2LMHeadModel",
        ["gpt_neox"] = "GPTNeoXForCausalLM",
        ["llama"] = "LlamaForCausalLM",
        ["mistral"] = "MistralForCausalLM",
        ["qwen2"] = "Qwen2ForCausalLM",
        ["qwen3"] = "Qwen3ForCausalLM",
        ["olmo2"] = "Olmo2ForCausalLM",
        ["gemma2"] = "Gemma2ForCausalLM",
        ["gemma3_text"] = "Gemma3ForCausalLM",
        ["bert"] = "BertForMaskedLM",
        ["roberta"] = "RobertaForMaskedLM",
    };

    /// <summary>The configuration of a family with the sizes of a record.</summary>
    /// <param name="modelType">One of <see cref="ModelTypes"/>.</param>
    /// <param name="a">The record.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="tied">Whether the head is the token embedding.</param>
    public static JsonObject Of(string modelType, Architecture a, int vocabulary, bool tied)
    {
        JsonObject node = new() { ["model_type"] = modelType, ["architectures"] = new JsonArray(Classes[modelType]) };
        string activation = NameOf(a.Activation);
        if (modelType == "gpt2")
        {
            (node["n_embd"], node["n_layer"], node["n_head"], node["n_inner"]) = (a.Width, a.Depth, a.Heads, a.MlpWidth);
            (node["n_positions"], node["activation_function"], node["layer_norm_epsilon"]) = (a.Tokens, activation, 1e-5);
        }
        else
        {
            (node["hidden_size"], node["num_hidden_layers"], node["num_attention_heads"]) = (a.Width, a.Depth, a.Heads);
            (node["intermediate_size"], node["max_position_embeddings"], node["hidden_act"]) = (a.MlpWidth, a.Tokens, activation);
            switch (modelType)
            {
                case "gpt_neox":
                    Neox(node, a);
                    break;
                case "bert" or "roberta":
                    Encoder(node, a, modelType == "roberta" ? 2 : 0);
                    break;
                default:
                    Decoder(node, a, modelType);
                    break;
            }
        }

        // Every family has one standard deviation: that of W_1, so that whoever reads the file predicts such blocks.
        (node["vocab_size"], node["tie_word_embeddings"]) = (vocabulary, tied);
        node["initializer_range"] = a.Mlp.InStd > 0 ? a.Mlp.InStd / Math.Sqrt(a.Width) : 0.02;
        node["torch_dtype"] = "float32";
        return node;
    }

    private static void Neox(JsonObject node, Architecture a)
    {
        Positions.Rope? rope = RopeOf(a, 1);
        (node["rotary_emb_base"], node["rotary_pct"]) = (BaseOf(rope), rope?.fraction ?? 1);
        (node["use_parallel_residual"], node["layer_norm_eps"]) = (a.Wiring.IsParallel, 1e-5);
    }

    // Tables of positions begin at firstPosition; all tokens are of one segment.
    private static void Encoder(JsonObject node, Architecture a, int firstPosition)
    {
        (node["max_position_embeddings"], node["type_vocab_size"], node["layer_norm_eps"]) = (a.Tokens + firstPosition, 1, 1e-12);
        node["position_embedding_type"] = "absolute";
    }

    private static void Decoder(JsonObject node, Architecture a, string modelType)
    {
        (node["rope_theta"], node["rms_norm_eps"]) = (BaseOf(RopeOf(a, 1)), 1e-6);
        node["num_key_value_heads"] = ArchitectureModule.KeyValueHeads(a);
        if (modelType is not ("olmo2" or "qwen2"))
            node["head_dim"] = ArchitectureModule.HeadWidth(a);
        if (modelType == "mistral" && a.Mask.At(1) is Mask.Window window)
            node["sliding_window"] = window.tokens;
        if (modelType.StartsWith("gemma", StringComparison.Ordinal))
            Gemma(node, a, modelType);
    }

    // What is absent here is not off: the family's code has caps and windows of its own.
    private static void Gemma(JsonObject node, Architecture a, string modelType)
    {
        int[] layers = [.. Enumerable.Range(1, a.Depth)];
        bool IsLocal(int layer) => a.Mask.At(layer).IsWindow;
        node["hidden_activation"] = node["hidden_act"]!.DeepClone();
        node["query_pre_attn_scalar"] = ArchitectureModule.HeadWidth(a);
        node["attn_logit_softcapping"] = a.Attention.Head.SoftCap is { } cap ? JsonValue.Create(cap.Value) : null;
        node["final_logit_softcapping"] = null;
        node["sliding_window"] = layers.Select(layer => a.Mask.At(layer)).OfType<Mask.Window>().FirstOrDefault() is Mask.Window window
            ? JsonValue.Create(window.tokens)
            : null;
        node["layer_types"] = new JsonArray(
            [.. layers.Select(layer => JsonValue.Create(IsLocal(layer) ? "sliding_attention" : "full_attention"))]);
        if (modelType != "gemma3_text")
            return;
        int whole = layers.FirstOrDefault(layer => !IsLocal(layer), 1), local = layers.FirstOrDefault(IsLocal, whole);
        (node["rope_theta"], node["rope_local_base_freq"]) = (BaseOf(RopeOf(a, whole)), BaseOf(RopeOf(a, local)));
    }

    private static Positions.Rope? RopeOf(Architecture a, int layer) => a.Attention.Head.Positions.At(layer) as Positions.Rope;

    private static double BaseOf(Positions.Rope? rope) => rope?.baseFrequency ?? 10000;

    private static string NameOf(Activation activation) => activation switch
    {
        { IsGelu: true } => "gelu",
        { IsGeluTanh: true } => "gelu_pytorch_tanh",
        { IsSilu: true } => "silu",
        { IsRelu: true } => "relu",
        { IsTanh: true } => "tanh",
        { IsSigmoid: true } => "sigmoid",
        _ => "linear",
    };
}
