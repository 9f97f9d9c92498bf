using Hybrid.Architectures;
using Hybrid.Import.HuggingFace;
using Xunit;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>What stands in files that people have: other families, keys that scale, values that mean nothing is there.</summary>
public class WildFileTests
{
    private const double Variance = 0.02 * 0.02;

    // Sizes of all: d = 64, L = 4, H = 4, d_mlp = 256, weights of standard deviation 0.02.
    [Theory]
    [InlineData("gptj", "\"n_inner\": null", "pre", "parallel", "geluTanh", false, "causal", 1, 0)]
    [InlineData("gpt_neox", "\"intermediate_size\": 256", "pre", "parallel", "gelu", false, "causal", 1, 0)]
    [InlineData("gpt_neox", "\"intermediate_size\": 256, \"use_parallel_residual\": false", "pre", "sequential", "gelu", false, "causal", 1,
        0)]
    [InlineData("phi", "\"intermediate_size\": 256", "pre", "parallel", "geluTanh", false, "causal", 1, 0)]
    [InlineData("falcon", "\"parallel_attn\": true", "pre", "parallel", "gelu", false, "causal", 1, 0)]
    [InlineData("falcon", "\"parallel_attn\": false", "pre", "sequential", "gelu", false, "causal", 1, 0)]
    [InlineData("falcon", "\"parallel_attn\": false, \"new_decoder_architecture\": true", "pre", "parallel", "gelu", false, "causal", 1, 0)]
    [InlineData("cohere", "\"intermediate_size\": 256", "pre", "parallel", "silu", true, "causal", 1, 0)]
    [InlineData("starcoder2", "\"intermediate_size\": 256", "pre", "sequential", "geluTanh", false, "causal", 1, 0)]
    [InlineData("gpt_bigcode", "\"n_inner\": null, \"multi_query\": true", "pre", "sequential", "geluTanh", false, "causal", 2, 0)]
    [InlineData("opt", "\"ffn_dim\": 256, \"init_std\": 0.02", "pre", "sequential", "relu", false, "causal", 2, 0)]
    [InlineData("opt", "\"ffn_dim\": 256, \"do_layer_norm_before\": false", "post", "sequential", "relu", false, "causal", 2, 0)]
    [InlineData("bloom", "\"offset_alibi\": 100", "pre", "sequential", "geluTanh", false, "causal", 1 / Variance, 0)]
    [InlineData("mpt", "\"expansion_ratio\": 4, \"attn_config\": {\"alibi\": true}", "pre", "sequential", "gelu", false, "causal", 1, 0)]
    [InlineData("stablelm", "\"intermediate_size\": 256", "pre", "sequential", "silu", true, "causal", 1, 0)]
    [InlineData("phi3", "\"intermediate_size\": 256", "pre", "sequential", "silu", true, "causal", 1, 0)]
    [InlineData("qwen", "\"intermediate_size\": 512", "pre", "sequential", "silu", true, "causal", 1, 0)]
    [InlineData("roberta", "\"intermediate_size\": 256", "post", "sequential", "gelu", false, "none", 1 / Variance, 1 / 3.0)]
    // no position vectors: of token and segment, half is shared
    [InlineData("bert", "\"intermediate_size\": 256, \"position_embedding_type\": \"alibi\", \"feed_forward_type\": \"geglu\"", "post",
        "sequential", "gelu", true, "none", 1 / Variance, 0.5)]
    [InlineData("qwen2", "\"intermediate_size\": 256, \"is_causal\": false", "pre", "sequential", "silu", true, "none", 1, 0)]
    [InlineData("llama", "\"intermediate_size\": 256, \"is_decoder\": false", "pre", "sequential", "silu", true, "causal", 1, 0)]
    public void A_family_is_read_as_its_code_builds_it(
        string modelType, string keys, string norm, string wiring, string activation,
        bool gated, string mask, double variances, double correlation)
    {
        Architecture record = Parse(modelType, keys).Architecture;
        Assert.Equal(
            (norm, wiring, activation, mask),
            (Text("norm"), Text("wiring"), Text("activation"), Text("mask")));
        Assert.Equal((gated, 256), (record.Gated, record.MlpWidth));
        Assert.Equal(variances * Variance, record.Input.Norm, 1e-12 * variances * Variance);
        Assert.Equal(correlation, record.Input.Correlation, 1e-15);

        string Text(string path) => ((FieldValue.Text)Fields.Find(path)!.Read(record)).Item;
    }

    [Theory]
    [InlineData("granite", "\"residual_multiplier\": 0.22", 0.22, 1, 1)]
    [InlineData("granite", "\"embedding_multiplier\": 12", 1, 144, 1)]
    // logits times 1/64 and not 1/√16
    [InlineData("granite", "\"attention_multiplier\": 0.015625", 1, 1, 0.0625)]
    [InlineData("minicpm", "\"scale_depth\": 1.4", 0.7, 1, 1)]
    [InlineData("minicpm", "\"scale_emb\": 12", 1, 144, 1)]
    // Llama's own code knows none of these keys: whoever writes them means them
    [InlineData("llama", "\"residual_multiplier\": 0.22, \"embedding_multiplier\": 12, \"attention_multiplier\": 0.015625", 0.22, 144,
        0.0625)]
    [InlineData("llama", "\"scale_emb\": 12, \"scale_depth\": 1.4, \"dim_model_base\": 256", 0.7, 144, 1)]
    public void Multipliers_of_branches_embeddings_and_logits_are_read_whatever_the_family(
        string modelType, string keys, double branch, double embedding, double logits)
    {
        Architecture plain = Parse(modelType, "\"intermediate_size\": 256").Architecture;
        LoadedArchitecture loaded = Parse(modelType, "\"intermediate_size\": 256, " + keys);
        Assert.Equal(branch, loaded.Architecture.Attention.Branch.At(1), 1e-14);
        Assert.Equal(branch, loaded.Architecture.Mlp.Branch.At(4), 1e-14);
        Assert.Equal(embedding, loaded.Architecture.Input.Norm / plain.Input.Norm, 1e-10);
        Assert.Equal(logits, loaded.Architecture.Attention.LogitStd / plain.Attention.LogitStd, 1e-14);
        Assert.Empty(loaded.Import!.IgnoredKeys);
    }

    [Theory]
    [InlineData("\"num_local_experts\": 0")]
    [InlineData("\"sliding_window\": 0")]
    [InlineData("\"rms_norm_eps\": \"1e-05\"")]
    [InlineData("\"initializer_range\": \"0.02\"")]
    [InlineData("\"cross_attention_layers\": [], \"mup_scale\": 0, \"use_alibi\": false, \"residual_scale\": null")]
    public void Values_that_mean_nothing_is_there_and_numbers_in_quotes_change_nothing(string keys) =>
        Assert.Equal(
            ImportTests.Parse(ImportTests.Tiny("\"head_dim\": 16")).Architecture, ImportTests.Parse(ImportTests.Tiny(keys)).Architecture);

    [Fact]
    public void A_byte_order_mark_is_no_text() =>
        Assert.Equal(ImportTests.Parse(ImportTests.Tiny("\"head_dim\": 16")).Architecture, ImportTests.Parse(
            '\ufeff' + ImportTests.Tiny("\"head_dim\": 16")).Architecture);

    [Fact]
    public void Code_that_comes_with_a_model_is_said_in_the_first_note() =>
        Assert.StartsWith(
            "auto_map: this model runs code of its own, modeling_bert.JinaBertModel",
            Parse("bert", "\"intermediate_size\": 256, \"auto_map\": {\"AutoModel\": \"modeling_bert.JinaBertModel\"}").Import!.Notes[0]);

    private static LoadedArchitecture Parse(string modelType, string keys)
    {
        string sizes = "\"hidden_size\":64,\"num_hidden_layers\":4,\"num_attention_heads\":4,\"max_position_embeddings\":32";
        string std = keys.Contains("init_std") ? "" : "\"initializer_range\":0.02,";
        return ImportTests.Parse($$"""{"model_type":"{{modelType}}",{{std}}{{sizes}},{{keys}}}""");
    }
}
