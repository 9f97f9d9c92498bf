using Hybrid.Architectures;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
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
    [InlineData("electra", "\"intermediate_size\": 256, \"embedding_size\": 64", "post", "sequential", "gelu", false, "none", 1 / Variance,
        1 / 3.0)]
    // no segment, so that tokens share nothing
    [InlineData("distilbert", "\"hidden_dim\": 256, \"activation\": \"gelu\"", "post", "sequential", "gelu", false, "none", 1 / Variance,
        0)]
    // token vectors of 16 coordinates, times a matrix: 16 · 4e-4 of the others' variance, beside a position's
    [InlineData("opt", "\"ffn_dim\": 256, \"word_embed_proj_dim\": 16", "pre", "sequential", "relu", false, "causal", 1.0064, 0)]
    [InlineData("opt", "\"ffn_dim\": 256, \"word_embed_proj_dim\": 64", "pre", "sequential", "relu", false, "causal", 2, 0)]
    // 3 · 8² pixels and a position
    [InlineData("dinov2", "\"mlp_ratio\": 4, \"layerscale_value\": 1.0, \"image_size\": 32, \"patch_size\": 8, \"drop_path_rate\": 0.1",
        "pre", "sequential", "gelu", false, "none", 193, 0)]
    // what the files of Command R7B say once more of the code
    [InlineData("cohere2", "\"intermediate_size\": 256, \"use_gated_activation\": true, \"use_parallel_block\": true,"
        + " \"position_embedding_type\": \"rope_gptj\", \"rotary_pct\": 1.0", "pre", "parallel", "silu", true, "causal", 1, 0)]
    // norms of one input are one norm; what LoRA adds starts at 0
    [InlineData("falcon", "\"new_decoder_architecture\": true, \"num_ln_in_parallel_attn\": 2", "pre", "parallel", "gelu", false, "causal",
        1, 0)]
    [InlineData("xlm-roberta", "\"intermediate_size\": 256, \"position_embedding_type\": \"rotary\", \"rotary_emb_base\": 20000.0,"
        + " \"lora_rank\": 4", "post", "sequential", "gelu", false, "none", 1 / Variance, 0.5)]
    // no position vectors: of token and segment, half is shared
    [InlineData("bert", "\"intermediate_size\": 256, \"position_embedding_type\": \"alibi\", \"feed_forward_type\": \"geglu\"", "post",
        "sequential", "gelu", true, "none", 1 / Variance, 0.5)]
    // ESM-2, whose tokens are 1 − 0.15 · 0.8 of their vectors, and ESM-1b
    [InlineData("esm", "\"intermediate_size\": 256, \"position_embedding_type\": \"rotary\", \"token_dropout\": true,"
        + " \"emb_layer_norm_before\": false", "pre", "sequential", "gelu", false, "none", 0.7744, 0)]
    [InlineData("esm", "\"intermediate_size\": 256, \"token_dropout\": true", "pre", "sequential", "gelu", false, "none", 1.7744, 0)]
    [InlineData("esm", "\"intermediate_size\": 256, \"emb_layer_norm_before\": true", "pre", "sequential", "gelu", false, "none",
        1 / Variance, 0)]
    [InlineData("nomic_bert", "\"n_inner\": 256, \"activation_function\": \"swiglu\", \"causal\": false, \"prenorm\": false", "post",
        "sequential", "silu", true, "none", 1 / Variance, 0.5)]
    [InlineData("nomic_bert", "\"activation_function\": \"geglu\"", "post", "sequential", "gelu", true, "none", 1 / Variance, 0.5)]
    [InlineData("nomic_bert", "\"activation_function\": \"glu\"", "post", "sequential", "sigmoid", true, "none", 1 / Variance, 0.5)]
    [InlineData("nomic_bert", "\"activation_function\": \"gelu\"", "post", "sequential", "gelu", false, "none", 1 / Variance, 0.5)]
    [InlineData("nomic_bert", "\"hidden_act\": \"silu\"", "post", "sequential", "silu", true, "none", 1 / Variance, 0.5)]
    [InlineData("RefinedWebModel", "\"parallel_attn\": false", "pre", "sequential", "gelu", false, "causal", 1, 0)]
    [InlineData("RefinedWeb", "\"n_head_kv\": 2", "pre", "parallel", "gelu", false, "causal", 1, 0)]
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
    // logits times 1/64 and not as they come, which is what Granite's code does with a file that does not say
    [InlineData("granite", "\"attention_multiplier\": 0.015625", 1, 1, 0.015625)]
    // logits as they come, and not times 1/√16
    [InlineData("llama", "\"scale_attn_weights\": false", 1, 1, 4)]
    // 1.4 and 12 where a file of MiniCPM does not say, null: no factor; over √4
    [InlineData("minicpm", "\"scale_depth\": 2.8", 1.4, 1, 1)]
    [InlineData("minicpm", "\"scale_emb\": 6", 0.7, 0.25, 1)]
    [InlineData("minicpm", "\"scale_emb\": null, \"scale_depth\": null", 1, 1 / 144.0, 1)]
    // Llama's own code knows none of these keys: whoever writes them means them
    [InlineData("llama", "\"residual_multiplier\": 0.22, \"embedding_multiplier\": 12, \"attention_multiplier\": 0.015625", 0.22, 144,
        0.0625)]
    // over √64 and not √16
    [InlineData("llama", "\"query_pre_attn_scalar\": 64", 1, 1, 0.5)]
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

    // Keys as in files that people have, s = 0.02: σ_A, σ_V and q₀ by hand.
    [Theory]
    [InlineData("llama", 2048, 16, 32, "\"intermediate_size\": 8192, \"head_dim\": 64", 0.8192, 0.8192, 4e-4)]
    // d s² √d_h/√224, and s² √(3584 · 4096)
    [InlineData("gemma2", 3584, 42, 16, "\"intermediate_size\": 14336, \"head_dim\": 256, \"query_pre_attn_scalar\": 224", 1.532582866,
        1.532582866, 1.4336)]
    [InlineData("olmo2", 4096, 32, 32, "\"intermediate_size\": 11008, \"rope_theta\": 500000.0", 1, 1.6384, 4e-4)]
    [InlineData("bert", 768, 12, 12, "\"intermediate_size\": 3072, \"position_embedding_type\": \"alibi\","
        + " \"feed_forward_type\": \"geglu\"", 0.3072, 0.3072, 1)]
    // 1.36888794² √((128 · .6144 · .2048 + 64 · .6144 · 2.048)/192), values s² √(512 · 16384)
    [InlineData("deepseek_v2", 5120, 60, 128, "\"intermediate_size\": 12288, \"moe_intermediate_size\": 1536, \"n_routed_experts\": 160,"
        + " \"num_experts_per_tok\": 6, \"n_shared_experts\": 2, \"first_k_dense_replace\": 1, \"routed_scaling_factor\": 16.0,"
        + " \"kv_lora_rank\": 512, \"q_lora_rank\": 1536, \"qk_nope_head_dim\": 128, \"qk_rope_head_dim\": 64, \"v_head_dim\": 128,"
        + " \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 40, \"mscale\": 1.0, \"mscale_all_dim\": 1.0,"
        + " \"original_max_position_embeddings\": 4096}", 1.329402140, 1.15852375, 4e-4)]
    // three quarters of the logits' variance times (1 + ln 32/ln 4096)²
    [InlineData("phi4mm", 3072, 32, 24, "\"intermediate_size\": 8192, \"num_key_value_heads\": 8, \"partial_rotary_factor\": 0.75,"
        + " \"rope_scaling\": {\"type\": \"longrope\"}, \"original_max_position_embeddings\": 4096, \"sliding_window\": 262144", 1.627967,
        1.2288, 4e-4)]
    public void Scales_are_those_of_the_weights(
        string modelType, int width, int depth, int heads, string keys, double logitStd, double valueStd, double inputNorm)
    {
        Architecture record = ImportTests.Parse(
            $$"""{"model_type":"{{modelType}}","initializer_range":0.02,"hidden_size":{{width}},"num_hidden_layers":{{depth}},"""
            + $$""" "num_attention_heads":{{heads}},"max_position_embeddings":131072,{{keys}}}""").Architecture;
        Assert.Equal(logitStd, record.Attention.LogitStd, 1e-6 * logitStd);
        Assert.Equal(valueStd, record.Attention.ValueStd, 1e-6 * valueStd);
        Assert.Equal(inputNorm, record.Input.Norm, 1e-12);
        Assert.Equal(0.02 * Math.Sqrt(width), record.Mlp.InStd, 1e-12);
    }

    // The names of the newest releases and the older ones, both in one file.
    [Theory]
    [InlineData("\"rope_theta\": 7, \"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 7}", 7, 1)]
    [InlineData("\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 2}, \"rope_parameters\": {\"rope_type\": \"dynamic\", \"factor\": 2,"
        + " \"rope_theta\": 7}", 7, 1)]
    [InlineData("\"partial_rotary_factor\": 0.5, \"rope_parameters\": {\"rope_theta\": 7, \"partial_rotary_factor\": 0.5}", 7, 0.5)]
    [InlineData("\"rope_theta\": 7, \"partial_rotary_factor\": 0.5, \"rotary_dim\": 8", 7, 0.5)]
    public void A_quantity_of_positions_under_two_names_that_agree_is_read(string keys, double baseFrequency, double fraction) =>
        Assert.Equal(
            Positions.NewRope(baseFrequency, fraction),
            Parse("llama", "\"intermediate_size\": 256, " + keys).Architecture.Attention.Head.Positions);

    // d, L, H, G and d_mlp of the classes of configurations, of which a nested one gives only what differs.
    [Theory]
    [InlineData("llava", "llama", "", 4096, 32, 32, 32, 11008)]
    [InlineData("llava", "llama", ", \"hidden_size\": 5120, \"num_hidden_layers\": 40, \"num_attention_heads\": 40,"
        + " \"intermediate_size\": 13824", 5120, 40, 40, 40, 13824)]
    [InlineData("llava_next", "mistral", ", \"sliding_window\": null", 4096, 32, 32, 8, 14336)]
    [InlineData("llava_next", "mistral", ", \"num_key_value_heads\": null", 4096, 32, 32, 32, 14336)]
    [InlineData("qwen2_audio", "qwen2", ", \"intermediate_size\": 11008", 4096, 32, 32, 32, 11008)]
    [InlineData("any", "gemma", "", 3072, 28, 16, 16, 24576)]
    [InlineData("any", "gemma2", "", 2304, 26, 8, 4, 9216)]
    [InlineData("gemma3", "gemma3_text", "", 2304, 26, 8, 4, 9216)]
    [InlineData("any", "phi3", "", 3072, 32, 32, 32, 8192)]
    [InlineData("qwen2_vl", "qwen2_vl_text", "", 8192, 80, 64, 8, 29568)]
    [InlineData("qwen2_5_vl", "qwen2_5_vl_text", "", 8192, 80, 64, 8, 29568)]
    [InlineData("qwen3_vl", "qwen3_vl_text", "", 4096, 32, 32, 32, 22016)]
    [InlineData("aya_vision", "cohere2", ", \"num_key_value_heads\": 8", 8192, 40, 64, 8, 22528)]
    public void Sizes_that_a_nested_configuration_leaves_out_are_its_classs(
        string around, string modelType, string keys, int width, int depth, int heads, int shared, int mlpWidth)
    {
        LoadedArchitecture loaded = ImportTests.Parse(
            $$$"""{"model_type":"{{{around}}}","text_config":{"model_type":"{{{modelType}}}"{{{keys}}}}}""");
        Architecture record = loaded.Architecture;
        Assert.Equal(
            (width, depth, heads, shared, mlpWidth),
            (record.Width, record.Depth, record.Heads, ArchitectureModule.KeyValueHeads(record), record.MlpWidth));
        Assert.Equal(
            !keys.Contains("hidden_size"), loaded.Import!.Notes.Any(note => note.StartsWith(
                $"text_config.hidden_size is missing: {width}", StringComparison.Ordinal)));
    }

    // DeepSeek-VL2's smallest model, whose text model has a class and no type, and no latent vectors
    [Fact]
    public void A_text_model_without_a_type_is_known_by_its_class()
    {
        const string sizes = "\"hidden_size\": 64, \"num_hidden_layers\": 3, \"num_attention_heads\": 4, \"intermediate_size\": 128,"
            + " \"n_routed_experts\": 8, \"num_experts_per_tok\": 2, \"moe_intermediate_size\": 32, \"initializer_range\": 0.02";
        const string latent = "\"use_mla\": false, \"kv_lora_rank\": null, \"q_lora_rank\": null, \"qk_nope_head_dim\": 0,"
            + " \"qk_rope_head_dim\": 0, \"v_head_dim\": 0";
        LoadedArchitecture loaded = ImportTests.Parse(
            $$"""{"model_type":"any","language_config":{"architectures":["DeepseekV2ForCausalLM"],{{sizes}},{{latent}} } }""");
        Assert.Equal("deepseek_v2", loaded.Import!.ModelType);
        Assert.Equal(
            ImportTests.Parse($$"""{"model_type":"deepseek",{{sizes}}}""").Architecture, loaded.Architecture);
    }

    [Theory]
    [InlineData("qwen2_vl", 1e6)]
    [InlineData("qwen2_5_vl_text", 1e6)]
    [InlineData("qwen3_vl", 5e5)]
    public void Text_models_turn_with_their_own_classs_base_where_a_file_does_not_say(string modelType, double baseFrequency) =>
        Assert.Equal(
            Positions.NewRope(baseFrequency, 1),
            Parse(modelType, "\"intermediate_size\": 256").Architecture.Attention.Head.Positions);

    [Fact]
    public void Qwen_3_vls_gates_are_normalised_where_the_file_does_not_say()
    {
        const string keys = "\"intermediate_size\": 256, \"moe_intermediate_size\": 64, \"num_experts_per_tok\": 2, \"num_experts\": 8";
        Architecture absent = Parse("qwen3_vl_moe_text", keys).Architecture;
        Assert.True(absent.Mlp.Experts!.Value.Gate.IsRenormalised);
        Assert.Equal(Positions.NewRope(5e5, 1), absent.Attention.Head.Positions);
    }

    [Theory]
    [InlineData("text_config")]
    [InlineData("llm_config")]
    [InlineData("language_config")]
    public void A_text_model_stands_under_each_of_its_names(string key)
    {
        LoadedArchitecture plain = ImportTests.Parse(ImportTests.Tiny("\"head_dim\": 16"));
        LoadedArchitecture loaded = ImportTests.Parse(
            $$"""{"model_type":"any","vision_config":{},"{{key}}":{{ImportTests.Tiny("\"head_dim\": 16")}}}""");
        Assert.Equal(plain.Architecture, loaded.Architecture);
        Assert.Contains($"only {key}, the text model, and the standard deviation around it are read", loaded.Import!.Notes);
        Assert.Equal(["vision_config"], loaded.Import.IgnoredKeys);
    }

    [Theory]
    [InlineData("llama", 0.02)]
    [InlineData("starcoder2", 0.018042)]
    [InlineData("minicpm", 0.1)]
    public void A_missing_standard_deviation_is_its_classs(string modelType, double std)
    {
        Architecture record = ImportTests.Parse(ImportTests.Tiny("\"use_cache\": true").Replace("llama", modelType)).Architecture;
        Assert.Equal(8 * std, record.Mlp.InStd, 1e-14);
    }

    [Theory]
    [InlineData("qwen2_vl", "qwen2")]
    [InlineData("qwen2_vl_text", "qwen2")]
    [InlineData("qwen2_5_vl", "qwen2")]
    [InlineData("qwen2_5_vl_text", "qwen2")]
    [InlineData("qwen3_vl", "qwen3")]
    [InlineData("qwen3_vl_text", "qwen3")]
    public void A_text_model_of_its_own_name_is_the_family_whose_code_it_has(string modelType, string family)
    {
        string keys = "\"intermediate_size\": 256, \"rope_theta\": 7, \"num_key_value_heads\": 2, \"head_dim\": 16, \"rope_scaling\": "
            + "{\"type\": \"mrope\", \"mrope_section\": [2, 3, 3]}";
        Assert.Equal(Parse(family, keys).Architecture, Parse(modelType, keys).Architecture);
    }

    [Theory]
    // gates that Qwen 3's file asks to be normalised
    [InlineData("qwen3_vl_moe_text", "qwen3_moe", "\"num_experts\": 8, \"rope_theta\": 7, \"norm_topk_prob\": true")]
    [InlineData("qwen3_vl_moe", "qwen3_moe", "\"num_experts\": 8, \"rope_theta\": 7, \"norm_topk_prob\": true")]
    [InlineData("kimi_k2", "deepseek_v3", "\"n_routed_experts\": 8, \"kv_lora_rank\": 16")]
    [InlineData("deepseek_v32", "deepseek_v3", "\"n_routed_experts\": 8, \"kv_lora_rank\": 16, \"index_topk\": 2048, \"index_n_heads\": 64,"
        + " \"index_head_dim\": 128, \"layer_types\": [\"deepseek_sparse_attention\", \"deepseek_sparse_attention\","
        + " \"deepseek_sparse_attention\", \"deepseek_sparse_attention\"]")]
    public void A_model_with_experts_of_its_own_name_is_the_family_whose_code_it_has(string modelType, string family, string keys)
    {
        keys += ", \"intermediate_size\": 256, \"moe_intermediate_size\": 64, \"num_experts_per_tok\": 2";
        Assert.Equal(Parse(family, keys).Architecture, Parse(modelType, keys).Architecture);
    }

    [Theory]
    [InlineData("\"num_local_experts\": 0")]
    [InlineData("\"num_local_experts\": 0, \"num_experts_per_tok\": 2")]
    [InlineData("\"sliding_window\": 0")]
    [InlineData("\"mup_denominator\": 32")]
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

    // As Python writes them: a configuration of Mamba 2 has "time_step_limit": [0.0, Infinity].
    [Fact]
    public void Numbers_that_only_Python_writes_matter_where_they_are_read()
    {
        Architecture plain = ImportTests.Parse(ImportTests.Tiny("\"head_dim\": 16")).Architecture;
        const string Unread = "\"head_dim\": 16, \"limits\": [0.0, Infinity, -Infinity, NaN], \"say\": \"NaN \\\" Infinity\"";
        LoadedArchitecture loaded = ImportTests.Parse(ImportTests.Tiny(Unread));
        Assert.Equal(plain, loaded.Architecture);
        Assert.Equal(["limits", "say"], loaded.Import!.IgnoredKeys);
        InputException family = Assert.Throws<InputException>(
            () => ImportTests.Parse("""{"model_type":"mamba2","time_step_limit":[0.0,Infinity]}"""));
        Assert.Contains("Mamba", family.Message);
        InputException read = Assert.Throws<InputException>(() => ImportTests.Parse(ImportTests.Tiny("\"initializer_range\": NaN")));
        Assert.Contains("initializer_range must be a finite number > 0, got \"NaN\"", read.Message);
        InputException record = Assert.Throws<InputException>(() => ImportTests.Parse("""{"width":NaN}"""));
        Assert.Contains("line 1, column 10", record.Message);
    }

    [Theory]
    [InlineData("\"initializer_factor\": 0.5", "initializer_factor")]
    [InlineData("\"init_method\": \"mitchell\", \"embed_init_std\": 1", "init_method, embed_init_std")]
    public void Keys_of_how_weights_are_drawn_are_said_not_to_be_read(string keys, string names)
    {
        keys += ", \"initial_context_length\": 8, \"init_device\": \"cpu\"";
        ImportReport report = ImportTests.Parse(ImportTests.Tiny(keys)).Import!;
        Assert.Equal($"what {names} says of how weights are drawn is not read: all have one standard deviation here", report.Notes[0]);
        Assert.Empty(report.IgnoredKeys);
        report = ImportTests.Parse(ImportTests.Tiny("\"initializer_factor\": null")).Import!;
        Assert.DoesNotContain(report.Notes, note => note.Contains("how weights are drawn"));
    }

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
