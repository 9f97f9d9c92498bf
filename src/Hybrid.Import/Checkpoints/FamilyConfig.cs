using System.Text.Json.Nodes;
using Hybrid.Architectures;

namespace Hybrid.Import.Checkpoints;

/// <summary>
/// A record as a config.json of each family that is written; whether the family can be that record is another's to check.
/// </summary>
internal static class FamilyConfig
{
    /// <summary>The families that are written, in the order in which they are tried.</summary>
    public static readonly IReadOnlyList<string> ModelTypes = ["gpt2", "gpt_neox", "llama", "mistral", "qwen3", "olmo2"];

    private static readonly Dictionary<string, string> Classes = new()
    {
        ["gpt2"] = "GPT2LMHeadModel",
        ["gpt_neox"] = "GPTNeoXForCausalLM",
        ["llama"] = "LlamaForCausalLM",
        ["mistral"] = "MistralForCausalLM",
        ["qwen3"] = "Qwen3ForCausalLM",
        ["olmo2"] = "Olmo2ForCausalLM",
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
            Positions.Rope? rope = a.Attention.Head.Positions.At(1) as Positions.Rope;
            double frequency = rope?.baseFrequency ?? 10000;
            if (modelType == "gpt_neox")
            {
                (node["rotary_emb_base"], node["rotary_pct"]) = (frequency, rope?.fraction ?? 1);
                (node["use_parallel_residual"], node["layer_norm_eps"]) = (a.Wiring.IsParallel, 1e-5);
            }
            else
            {
                (node["rope_theta"], node["rms_norm_eps"]) = (frequency, 1e-6);
                node["num_key_value_heads"] = ArchitectureModule.KeyValueHeads(a);
                if (modelType != "olmo2")
                    node["head_dim"] = ArchitectureModule.HeadWidth(a);
                if (modelType == "mistral" && a.Mask.At(1) is Mask.Window window)
                    node["sliding_window"] = window.tokens;
            }
        }

        // Every family has one standard deviation: that of W_1, so that whoever reads the file predicts such blocks.
        (node["vocab_size"], node["tie_word_embeddings"]) = (vocabulary, tied);
        node["initializer_range"] = a.Mlp.InStd > 0 ? a.Mlp.InStd / Math.Sqrt(a.Width) : 0.02;
        node["torch_dtype"] = "float32";
        return node;
    }

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
