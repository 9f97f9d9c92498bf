using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Checkpoints;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Tests;
using Hybrid.Networks.Model;
using Xunit;

namespace Hybrid.Import.Tests.Checkpoints;

/// <summary>What of a configuration only matters where its weights run: sizes of all are d = 16, L = 2, H = 4, 256 tokens.</summary>
public sealed class CheckpointConfigTests
{
    private const MatrixBiases Attention = MatrixBiases.Query | MatrixBiases.Key | MatrixBiases.Value | MatrixBiases.AttentionOut;

    private const MatrixBiases Mlp = MatrixBiases.MlpIn | MatrixBiases.MlpOut;

    // Of 100 tokens: no window among as many; and Qwen has none in its first max_window_layers, 28 where the file does not say.
    [Theory]
    [InlineData("mistral", "", """{"window":100}""")]
    [InlineData("mistral", "\"use_sliding_window\": false", "\"causal\"")]
    [InlineData("llama", "", """{"window":100}""")]
    [InlineData("qwen2", "\"max_window_layers\": 1", "\"causal\"")]
    [InlineData("qwen2", "\"max_window_layers\": 1, \"use_sliding_window\": true", """["causal",{"window":100}]""")]
    [InlineData("qwen2", "\"use_sliding_window\": true", "\"causal\"")]
    [InlineData("gemma2", "\"head_dim\": 4", """[{"window":100},"causal"]""")]
    [InlineData("gemma3_text", "\"head_dim\": 4", """{"window":100}""")]
    [InlineData("gemma3_text", "\"head_dim\": 4, \"layer_types\": [\"full_attention\", \"sliding_attention\"]",
        """["causal",{"window":100}]""")]
    [InlineData("bert", "", "\"none\"")]
    public void Windows_are_those_of_the_familys_layers_wherever_a_sequence_is_longer(string modelType, string keys, string mask)
    {
        CheckpointConfig config = Parse(modelType, "\"sliding_window\": 100" + (keys == "" ? "" : ", " + keys));
        Assert.Equal(mask, Text(101));
        Assert.Equal(modelType == "bert" ? "\"none\"" : "\"causal\"", Text(100));

        string Text(int tokens) => ArchitectureJson.ToNode(config.Blocks(tokens))["mask"]!.ToJsonString();
    }

    // ε, whether norms take means off, whether the head is tied, what is biased: where the file says nothing, and where it says otherwise.
    [Theory]
    [InlineData("gpt2", 1e-5, "layer_norm_epsilon", true, true, Attention | Mlp, "", Attention | Mlp)]
    [InlineData("gpt_neox", 1e-5, "layer_norm_eps", true, false, Attention | Mlp, "\"attention_bias\": false", Mlp)]
    [InlineData("llama", 1e-6, "rms_norm_eps", false, false, MatrixBiases.None,
        "\"attention_bias\": true, \"mlp_bias\": true", Attention | Mlp | MatrixBiases.MlpUp)]
    [InlineData("mistral", 1e-6, "rms_norm_eps", false, false, MatrixBiases.None, "\"attention_bias\": true", Attention)]
    [InlineData("qwen2", 1e-6, "rms_norm_eps", false, false, Attention & ~MatrixBiases.AttentionOut,
        "\"attention_bias\": true, \"mlp_bias\": true", Attention & ~MatrixBiases.AttentionOut)]
    [InlineData("qwen3", 1e-6, "rms_norm_eps", false, false, MatrixBiases.None, "\"attention_bias\": true, \"mlp_bias\": true", Attention)]
    [InlineData("olmo2", 1e-5, "rms_norm_eps", false, false, MatrixBiases.None, "\"attention_bias\": true, \"mlp_bias\": true", Attention)]
    [InlineData("gemma2", 1e-6, "rms_norm_eps", false, true, MatrixBiases.None, "\"attention_bias\": true, \"mlp_bias\": true", Attention)]
    [InlineData("gemma3_text", 1e-6, "rms_norm_eps", false, true, MatrixBiases.None, "\"attention_bias\": true", Attention)]
    [InlineData("bert", 1e-12, "layer_norm_eps", true, true, Attention | Mlp, "\"attention_bias\": false", Attention | Mlp)]
    [InlineData("roberta", 1e-12, "layer_norm_eps", true, true, Attention | Mlp, "\"mlp_bias\": false", Attention | Mlp)]
    [InlineData("vit", 1e-12, "layer_norm_eps", true, true, Attention | Mlp, "\"qkv_bias\": false", Mlp | MatrixBiases.AttentionOut)]
    public void What_a_configuration_leaves_out_is_as_the_familys_code_has_it(
        string modelType, double epsilon, string key, bool centred, bool tied, MatrixBiases biases, string keys, MatrixBiases others)
    {
        CheckpointConfig config = Parse(modelType, ""), changed = Parse(
            modelType, $"\"{key}\": 0.25, \"tie_word_embeddings\": {(tied ? "false" : "true")}{(keys == "" ? "" : ", " + keys)}");
        ModelForm form = config.Form(HeadKind.None, false), other = changed.Form(HeadKind.None, false);
        Assert.Equal((epsilon, centred, centred, biases), (form.Epsilon, form.Centred, form.Shifted, form.Biases));
        Assert.Equal(modelType is "bert" or "roberta", form.EmbeddingNorm);
        Assert.Equal((0.25, others), (other.Epsilon, other.Biases));
        Assert.Equal((tied, !tied), (config.Tied, changed.Tied));
    }

    [Fact]
    public void An_architecture_record_in_the_configurations_place_is_named_as_what_it_is()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("config.json", ArchitectureJson.ToNode(ArchitectureModule.Defaults).ToJsonString());
        Assert.Equal(
            $"{path}: must be a Hugging Face config.json beside its weights, got an architecture record",
            Assert.Throws<InputException>(() => CheckpointConfig.Read(folder.Root)).Message);
    }

    [Theory]
    [InlineData("gpt2", "", "")]
    [InlineData("gpt_neox", "", """{"rope":{"base":10000,"fraction":0.25}}""")]
    [InlineData("gpt_neox", "\"rotary_pct\": 0.5, \"rotary_emb_base\": 7", """{"rope":{"base":7,"fraction":0.5}}""")]
    [InlineData("llama", "", """{"rope":{"base":10000,"fraction":1}}""")]
    [InlineData("llama", "\"rope_theta\": 7, \"partial_rotary_factor\": 0.5", """{"rope":{"base":7,"fraction":0.5}}""")]
    [InlineData("llama", "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 7, \"partial_rotary_factor\": 0.5}",
        """{"rope":{"base":7,"fraction":0.5}}""")]
    [InlineData("gemma2", "\"head_dim\": 4", """{"rope":{"base":10000,"fraction":1}}""")]
    [InlineData("gemma3_text", "\"head_dim\": 4, \"rope_theta\": 7, \"rope_local_base_freq\": 7", """{"rope":{"base":7,"fraction":1}}""")]
    [InlineData("gemma3_text", "\"head_dim\": 4", """{"rope":{"base":1000000,"fraction":1}}""")]
    [InlineData("gemma3_text", "\"head_dim\": 4, \"rope_theta\": 9, \"rope_local_base_freq\": 7, \"sliding_window_pattern\": 2",
        """[{"rope":{"base":7,"fraction":1}},{"rope":{"base":9,"fraction":1}}]""")]
    [InlineData("gemma3_text", "\"head_dim\": 4, \"rope_local_base_freq\": 7, \"layer_types\": [\"full_attention\", \"sliding_attention\"]",
        """[{"rope":{"base":1000000,"fraction":1}},{"rope":{"base":7,"fraction":1}}]""")]
    public void Positions_turn_with_the_base_and_the_share_of_the_file_or_else_of_the_family(string modelType, string keys, string expected)
    {
        JsonNode? positions = ArchitectureJson.ToNode(Parse(modelType, keys).Blocks(8))["attention"]!["positions"];
        Assert.Equal(expected, positions?.ToJsonString() ?? "");
    }

    [Theory]
    [InlineData("\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 4}", 4, 0, 0, 0)]
    [InlineData("\"rope_scaling\": {\"type\": \"linear\", \"factor\": 4}", 4, 0, 0, 0)]
    [InlineData("\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, \"original_max_position_embeddings\": 64, "
        + "\"low_freq_factor\": 2, \"high_freq_factor\": 5}", 8, 64, 2, 5)]
    public void Stretched_positions_are_those_of_the_file(string keys, double factor, double context, double low, double high) =>
        Assert.Equal(
            new RotaryStretch(factor, 10000, context, low, high), Parse("llama", keys).Form(HeadKind.None, false).Stretch);

    [Theory]
    [InlineData("llama", "\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 2}",
        "rope_scaling.rope_type must be default, linear or llama3 for a checkpoint to be run, got 'yarn'")]
    [InlineData("llama", "\"rope_scaling\": {\"factor\": 2}", "rope_scaling.rope_type is missing; it must be default, linear or llama3")]
    [InlineData("llama", "\"rope_scaling\": {\"type\": \"llama3\", \"factor\": 2, \"high_freq_factor\": 4, "
        + "\"original_max_position_embeddings\": 64}", "rope_scaling.low_freq_factor is missing; it must be a number > 0")]
    [InlineData("llama", "\"rope_scaling\": {\"type\": \"llama3\", \"factor\": 2, \"low_freq_factor\": 1, "
        + "\"original_max_position_embeddings\": 64}", "rope_scaling.high_freq_factor is missing")]
    [InlineData("llama", "\"rope_scaling\": {\"type\": \"llama3\", \"factor\": 2, \"low_freq_factor\": 1, \"high_freq_factor\": 4}",
        "rope_scaling.original_max_position_embeddings is missing")]
    [InlineData("gemma3_text", "\"head_dim\": 4, \"rope_parameters\": {\"full_attention\": {\"rope_theta\": 9}}",
        "rope_parameters must be those of all layers alike for a checkpoint to be run")]
    [InlineData("bert", "\"position_embedding_type\": \"relative_key\"",
        "position_embedding_type must be absolute for a checkpoint to be run")]
    public void Positions_that_no_engine_runs_are_refused_by_name(string modelType, string keys, string message) =>
        Assert.Contains(message, Assert.Throws<InputException>(() => Parse(modelType, keys)).Message);

    // Logits over √10 instead of √4, token vectors times √16, a cap on them and one on the head's.
    [Fact]
    public void Factors_of_logits_and_token_vectors_are_over_those_of_the_engine()
    {
        CheckpointConfig gemma = Parse(
            "gemma2", "\"head_dim\": 4, \"query_pre_attn_scalar\": 10, \"attn_logit_softcapping\": 30, \"final_logit_softcapping\": 20");
        Assert.Equal(Math.Sqrt(0.4), gemma.LogitFactor, 1e-15);
        Assert.Equal(4, gemma.EmbeddingFactor);
        Assert.Equal(30, gemma.Blocks(8).Attention.Head.SoftCap!.Value);
        Assert.Equal(new OutputForm(HeadKind.Tied, 0.25, Bias: false, 20, Transform: false), gemma.Form(HeadKind.Tied, false).Output);
        Assert.Equal(new OutputForm(HeadKind.Own, 1, Bias: true, 20, Transform: true), gemma.Form(HeadKind.Own, true).Output);
        CheckpointConfig llama = Parse("llama", "\"num_key_value_heads\": 2, \"head_dim\": 6");
        Assert.Equal((1, 1), (llama.LogitFactor, llama.EmbeddingFactor));
        HeadParameters head = llama.Blocks(8).Attention.Head;
        Assert.Equal((6, 2), (head.Width!.Value, head.KeyValueHeads!.Value));
        HeadParameters usual = Parse("llama", "\"num_key_value_heads\": 4, \"head_dim\": 4").Blocks(8).Attention.Head;
        Assert.Null(usual.Width);
        Assert.Null(usual.KeyValueHeads);
    }

    private static CheckpointConfig Parse(string modelType, string keys)
    {
        string own = modelType switch
        {
            "gemma2" or "gemma3_text" or "qwen3" when !keys.Contains("head_dim") => ", \"head_dim\": 4",
            "vit" => ", \"image_size\": 8, \"patch_size\": 4",
            _ => "",
        };
        using JsonDocument document = JsonDocument.Parse(
            $$"""
            {"model_type": "{{modelType}}", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24,
            "vocab_size": 29{{(modelType == "vit" ? "" : ", \"max_position_embeddings\": 256")}}{{own}}{{(keys == "" ? "" : ", " + keys)}}}
            """);
        return CheckpointConfig.Parse(document.RootElement, "config.json");
    }
}
