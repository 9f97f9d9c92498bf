using System.Globalization;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>What the theory does not model is said, and what is not understood is listed.</summary>
public class ImportNotesTests
{
    private const string Expert = "\"intermediate_size\": 256, \"num_experts_per_tok\": 2, \"num_local_experts\": 8";

    [Theory]
    [InlineData("gpt2", "σ_A = 0.3072, σ_V = 0.3072, σ_w = 0.5543, σ_v = 1.109")]
    [InlineData("gpt2", "W_O and W_2 carry 1/√(2L) = 0.2041, as attention.branch and mlp.branch; do not count it twice")]
    [InlineData("gpt2", "dropout is taken as off, as in evaluation: attn_pdrop, embd_pdrop, resid_pdrop")]
    [InlineData("gpt2", "ε = 1E-05 is 1.3% of q₀")]
    [InlineData("gpt2", "embeddings this small make the first block unlike the others")]
    [InlineData("gpt-neox-20b", "small_init, wang_init")]
    [InlineData("bert-base", "normalised sum of token, position and the segment that all share: q₀ = 1, ρ₀ = 0.3333")]
    [InlineData("llama-7b", "give --residual-scaling depth, and do not count it twice")]
    [InlineData("llama-7b", "token vectors alone: q₀ = ")]
    [InlineData("llama-7b", "tokens are 64 unless --set tokens=N says otherwise (context 2048)")]
    [InlineData("mistral-7b", "windows of 4096 tokens change nothing among 64")]
    [InlineData("olmo-7b", "init_fn mitchell")]
    [InlineData("gemma-7b", "hidden_act gelu is read as its tanh approximation")]
    [InlineData("gemma-7b", "token vectors times √d: q₀ = 1.229")]
    [InlineData("gemma3-4b", "rope_scaling linear is not modelled: among 64 tokens it changes")]
    [InlineData("gemma3-4b", "text_config.num_key_value_heads is missing: 4")]
    [InlineData("llama-3.1-8b", "rope_scaling llama3 leaves frequencies as they are among 64 tokens: no mean cosine changes by "
        + "more than 0.0004")]
    [InlineData("qwen3-30b-a3b", "8 of 128 experts of 768 hidden units, in every layer; the router's logits have standard "
        + "deviation σ_r = 0.9051")]
    [InlineData("deepseek-v3", "8 of 256 experts of 2048 hidden units, one of 2048 that all see, gates times 2.5, behind 3 layers")]
    [InlineData("deepseek-v3", "standard deviation 0.577 at any width; transformers' own draws it as all others, and is followed here")]
    [InlineData("deepseek-v3", "mlp.branch is 3 times as large there")]
    [InlineData("deepseek-v3", "the choice of experts within 4 of 8 groups of 32 is not modelled: all 256 are chosen among here")]
    [InlineData("deepseek-v3", "that the 64 turned coordinates of keys are one vector for all 128 heads is not modelled")]
    [InlineData("deepseek-v3", "latent attention is taken as if its latent vectors (512 coordinates for keys and values) were wide")]
    [InlineData("gpt-oss-20b", "the 1 that is added to the gated half of an expert's hidden units is not modelled: it adds 0.87 "
        + "of their power")]
    [InlineData("gpt-oss-20b", "hidden_act silu is not what this family's code computes: x σ(1.702 x), taken as gelu")]
    [InlineData("gpt-oss-20b", "rope_scaling yarn multiplies turned queries and keys by 1.3466 each at any length, which is in σ_A")]
    [InlineData("gemma3-4b", "only text_config, the text model, and the standard deviation around it are read")]
    [InlineData("gemma3-4b", "text_config.num_attention_heads is missing: 8")]
    [InlineData("vit-base", "the class token is taken as one more patch")]
    [InlineData("vit-base", "independent pixels of unit variance")]
    public void A_family_says_what_is_assumed_and_what_is_not_modelled(string file, string note) =>
        Assert.Contains(ImportTests.Load(file).Import!.Notes, text => text.Contains(note));

    [Theory]
    [InlineData("qwen2-7b", "windows of")]
    [InlineData("gpt-neox-20b", "not modelled")]
    [InlineData("mistral-7b", "not modelled")]
    [InlineData("olmo2-7b", "not modelled")]
    [InlineData("gemma2-9b", "not modelled")]
    [InlineData("gemma3-1b", "not modelled")]
    [InlineData("qwen3-30b-a3b", "not modelled")]
    [InlineData("llama-7b", "ε")]
    [InlineData("gemma-7b", "embeddings this small")]
    [InlineData("llama-7b", "key and value heads")]
    [InlineData("vit-base", "rotary")]
    [InlineData("vit-base", "dropout")]
    public void A_note_is_only_there_where_it_applies(string file, string note) =>
        Assert.DoesNotContain(ImportTests.Load(file).Import!.Notes, text => text.Contains(note));

    [Theory]
    [InlineData("\"clip_qkv\": 8", "clipping of queries, keys and values at ±8")]
    [InlineData("\"scale_attn_by_inverse_layer_idx\": true",
        "logits are divided by the layer's number, as scale_attn_by_inverse_layer_idx says")]
    [InlineData("\"position_embedding_type\": \"relative_key\"", "position_embedding_type relative_key is not modelled")]
    [InlineData("\"add_cross_attention\": true", "cross-attention is not modelled")]
    [InlineData("\"use_logn_attn\": true", "use_logn_attn scales the logits of tokens beyond seq_length only")]
    [InlineData("\"residual_multiplier\": 0.22", "branches are multiplied by 0.22, as residual_multiplier says")]
    [InlineData("\"feed_forward_type\": \"geglu\", \"hidden_act\": \"silu\"", "feed_forward_type geglu is used, not hidden_act silu")]
    [InlineData("\"max_position_embeddings\": null", "(the file gives no context)")]
    [InlineData("\"index_topk\": 64", "the choice of 64 tokens to attend to (index_topk) changes nothing among 64")]
    [InlineData("\"rope_scaling\": {\"type\": \"dynamic\", \"alpha\": 128}",
        "the base of rotary positions is 2.56E+06, as alpha of rope_scaling.alpha says")]
    [InlineData("\"hidden_activation\": \"relu\", \"hidden_act\": \"silu\"", "hidden_activation relu is used, not hidden_act silu")]
    public void An_unusual_key_is_said_too(string key, string note) =>
        Assert.Contains(ImportTests.Parse(ImportTests.Tiny(key)).Import!.Notes, text => text.Contains(note));

    // Token, position and segment vectors share a third of their power, the segment's; without position vectors half.
    [Theory]
    [InlineData("absolute", "normalised sum of token, position and the segment that all share: q₀ = 1, ρ₀ = 0.3333")]
    [InlineData("alibi", "normalised sum of token and the segment that all share, with no position vectors: q₀ = 1, ρ₀ = 0.5")]
    public void Berts_note_of_its_input_is_its_input(string positions, string note)
    {
        LoadedArchitecture loaded = ImportTests.Parse(
            $$"""
            {"model_type": "bert", "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 128,
            "position_embedding_type": "{{positions}}"}
            """);
        Assert.Contains(loaded.Import!.Notes, text => text.Contains(note));
        Assert.EndsWith(
            string.Create(CultureInfo.InvariantCulture, $"ρ₀ = {loaded.Architecture.Input.Correlation:G4}"), note);
    }

    [Theory]
    [InlineData("gpt2")]
    [MemberData(nameof(ImportTests.Presets), MemberType = typeof(ImportTests))]
    public void Every_key_of_a_published_text_model_is_understood(string file) =>
        Assert.Empty(ImportTests.Load(file).Import!.IgnoredKeys);

    [Fact]
    public void Keys_that_are_not_understood_are_listed_in_order_and_with_their_place()
    {
        LoadedArchitecture flat = ImportTests.Parse(
            ImportTests.Tiny("\"zeta\": 1, \"alpha\": {\"deep\": [1]}, \"_commit\": 2, \"vocab_size\": 3"));
        Assert.Equal(["zeta", "alpha"], flat.Import!.IgnoredKeys);
        Assert.Equal(["mm_tokens_per_image", "vision_config"], ImportTests.Load("gemma3-4b").Import!.IgnoredKeys);
        LoadedArchitecture nested = ImportTests.Parse("{\"model_type\":\"any\",\"text_config\":" + ImportTests.Tiny("\"zeta\": 1") + "}");
        Assert.Equal(["text_config.zeta"], nested.Import!.IgnoredKeys);
    }

    // Where the file counts experts and there are none, in a family without them, by the count or by a list of layers.
    [Theory]
    [InlineData("llama", "\"num_experts\": 0")]
    [InlineData("mixtral", "\"num_local_experts\": 0")]
    [InlineData("qwen3_moe", "\"num_experts\": 8, \"mlp_only_layers\": [0, 1, 2, 3]")]
    public void What_experts_would_be_where_there_are_none_is_neither_refused_nor_listed(string modelType, string none)
    {
        string[] keys =
        [
            "num_experts_per_tok", "experts_per_token", "moe_intermediate_size", "moe_layer_freq", "n_group", "topk_group",
            "n_shared_experts", "shared_expert_intermediate_size", "moe_num_shared_experts", "moe_layer_start_index",
            "moe_layer_end_index", "moe_layer_interval", "moe_gate",
        ];
        string given = string.Join(", ", keys.Select(key => $"\"{key}\": 2"));
        LoadedArchitecture loaded = FamilyRecordTests.Parse(modelType, $"{none}, {given}");
        Assert.Empty(loaded.Import!.IgnoredKeys);
        Assert.Equal(FamilyRecordTests.Parse(modelType, none).Architecture, loaded.Architecture);
        Assert.Contains(
            $"{keys[0]} must be absent", Assert.Throws<InputException>(() => FamilyRecordTests.Parse("llama", given)).Message);
    }

    // Read as they stand at the top, the first two are not in a text model within: there they are keys as any other.
    [Fact]
    public void Keys_of_bookkeeping_vocabulary_generation_and_losses_change_nothing_and_are_not_listed()
    {
        const string keys = """
            architectures auto_map torch_dtype dtype transformers_version use_cache cache_implementation tie_word_embeddings
            tie_encoder_decoder vocab_size type_vocab_size id2label label2id num_labels problem_type task_specific_params
            finetuning_task output_attentions output_hidden_states return_dict torchscript use_bfloat16 chunk_size_feed_forward
            gradient_checkpointing reorder_and_upcast_attn pretraining_tp n_ctx encoder_stride pooler_act pooler_output_size
            quantization_config final_logit_softcapping use_pooler classifier_dropout sliding_window_size attention_bias mlp_bias
            qkv_bias use_bias bias add_bias_linear max_sequence_length model_max_length max_length original_max_position_embeddings
            use_dynamic_ntk use_flash_attn use_flash_attention attn_implementation logit_scale logits_scaling dim_model_base
            emb_pooler no_bias attention_softmax_in_fp32 scale_attention_softmax_in_fp32 masked_softmax_fusion bias_dropout_fusion
            skip_bias_add skip_bias_add_qkv offset_alibi bf16 fp16 fp32 onnx_safe rotary enable_bias layer_norm_elementwise_affine
            inference_runner max_batch_size pad_key_length pre_allocate_kv_cache validate_runner_input init_device verbose
            tokenizer_name name_or_path learned_pos_emb use_qkv_bias output_router_logits kv_channels router_aux_loss_coef
            router_z_loss_coef router_jitter_noise aux_loss_alpha seq_aux ep_size rope_interleave num_nextn_predict_layers
            norm_bias decoder_bias classifier_bias classifier_pooling classifier_activation deterministic_flash_attn
            sparse_prediction sparse_pred_ignore_index reference_compile swiglu_limit initial_context_length max_window_layers
            moe_norm_min moe_capacity moe_use_aux_free index_head_dim index_n_heads
            pad_token_id image_token_index _attn_implementation_autoset summary_type
            """;
        LoadedArchitecture plain = Nested(""), loaded = Nested(
            string.Concat(keys.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(key => $", \"{key.Trim()}\": 7")));
        Assert.Empty(loaded.Import!.IgnoredKeys);
        Assert.Equal(plain.Architecture, loaded.Architecture);
        Assert.Equal(plain.Import!.Notes, loaded.Import.Notes);

        static LoadedArchitecture Nested(string more) => ImportTests.Parse(
            "{\"model_type\":\"any\",\"text_config\":" + ImportTests.Tiny("\"rope_theta\": 10000" + more) + "}");
    }

    [Theory]
    [InlineData("attn_pdrop")]
    [InlineData("embd_pdrop")]
    [InlineData("resid_pdrop")]
    [InlineData("attention_dropout")]
    [InlineData("hidden_dropout")]
    [InlineData("attention_probs_dropout_prob")]
    [InlineData("hidden_dropout_prob")]
    [InlineData("embedding_dropout")]
    [InlineData("residual_dropout")]
    [InlineData("mlp_dropout")]
    [InlineData("activation_dropout")]
    [InlineData("dropout")]
    [InlineData("layerdrop")]
    [InlineData("attn_dropout_prob")]
    [InlineData("emb_dropout_prob")]
    [InlineData("emb_pdrop")]
    public void Every_name_of_dropout_is_said_to_be_off(string key)
    {
        ImportReport report = ImportTests.Parse(ImportTests.Tiny($"\"{key}\": 0.1")).Import!;
        Assert.Contains($"dropout is taken as off, as in evaluation: {key}", report.Notes);
        Assert.Empty(report.IgnoredKeys);
    }

    [Fact]
    public void Notes_begin_with_foreign_code_and_what_is_not_modelled_by_its_effect_and_end_with_what_changes_nothing()
    {
        const string keys = """
            "clip_qkv": 1, "add_cross_attention": true, "attention_dropout": 0.1,
            "auto_map": {"AutoModel": "modeling_mine.Mine"}, "rope_scaling": {"type": "linear", "factor": 2}
            """;
        IReadOnlyList<string> notes = ImportTests.Parse(ImportTests.Tiny(keys)).Import!.Notes;
        Assert.StartsWith("auto_map", notes[0]);
        Assert.StartsWith("cross-attention is not modelled", notes[1]);
        Assert.StartsWith("rope_scaling linear is not modelled", notes[2]);
        // hidden units of standard deviation 0.16 are not cut off at 1
        Assert.StartsWith("clipping of queries, keys and values at ±1 is not modelled", notes[3]);
        Assert.StartsWith("dropout is taken as off", notes[^1]);
    }

    // What clipping at c changes is exp(−(c/σ_w)²/2): a c on either side of any weight below 1, so that its note stands on either side.
    [Theory]
    [InlineData("llama4_text", Expert + ", \"floor_scale\": 16", "attn_temperature_tuning of logits", 0.1)]
    // E = 8 and σ_r = 0.16: the largest logit is 0.16 √(2 ln 8), and 1 − σ(0.326289)² is left out
    [InlineData("llama4_text", Expert, "the router's logistic function multiplies", 0.6625)]
    // the share of pairs farther apart than a side, among 32 tokens: (1 − r/32)²
    [InlineData("modernbert", "\"local_attention\": 8", "windows of 4 tokens to each side", 28 * 28 / 1024.0)]
    [InlineData("modernbert", "\"local_attention\": 40", "windows of 20 tokens to each side", 12 * 12 / 1024.0)]
    // 8 pairs, or 4 of half the coordinates, half as fast: the largest change among 32 tokens, by hand below
    [InlineData("llama", "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}", "rope_scaling linear", double.NaN)]
    [InlineData("gptj", "\"rotary_dim\": 8, \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}", "rope_scaling linear", double.NaN)]
    [InlineData("llama4_text", Expert + ", \"attention_chunk_size\": 16", "attention within chunks of 16", 1)]
    [InlineData("llama", "\"index_topk\": 31", "the choice of 31 tokens to attend to (index_topk) is not modelled", 1)]
    [InlineData("falcon", "\"alibi\": true", "the code divides ALiBi's slopes", 1)]
    [InlineData("llama", "\"position_embedding_type\": \"relative_key\"", "position_embedding_type relative_key", 1)]
    [InlineData("llama", "\"add_cross_attention\": true", "cross-attention", 1)]
    public void Notes_of_what_is_not_modelled_stand_in_the_order_of_what_they_change(
        string modelType, string keys, string note, double weight)
    {
        if (double.IsNaN(weight))
            weight = modelType == "llama" ? Change(8) : Change(4) / 2;
        double deviation = FamilyRecordTests.Parse(modelType, keys).Architecture.Mlp.InStd;
        foreach (double factor in (double[])[0.99, 1.01])
        {
            if (factor * weight >= 1)
                continue;
            string clip = (deviation * Math.Sqrt(-2 * Math.Log(factor * weight))).ToString("R", CultureInfo.InvariantCulture);
            List<string> notes = [.. FamilyRecordTests.Parse(modelType, $"{keys}, \"clip_qkv\": {clip}").Import!.Notes];
            int clipping = notes.FindIndex(text => text.StartsWith("clipping of queries", StringComparison.Ordinal));
            int other = notes.FindIndex(text => text.StartsWith(note, StringComparison.Ordinal));
            Assert.True(clipping >= 0 && other >= 0, string.Join('\n', notes));
            Assert.True(factor > 1 == clipping < other, $"{factor} of {weight}: {string.Join('\n', notes)}");
        }

        static double Change(int pairs) => Enumerable.Range(1, 31).Max(distance => Math.Abs(
            Enumerable.Range(0, pairs).Average(pair => Cosine(distance, pair, pairs) - Cosine(distance / 2.0, pair, pairs))));

        static double Cosine(double distance, int pair, int pairs) => Math.Cos(distance * Math.Pow(10000, -(double)pair / pairs));
    }

    // Of what is approximated the share of ε is the one number: 0.001 of 64 · 0.02² is more than a hundredth.
    [Fact]
    public void Epsilon_stands_before_what_is_approximated_by_an_unknown_amount()
    {
        IReadOnlyList<string> notes = FamilyRecordTests.Parse(
            "qwen2_moe",
            Expert.Replace("num_local_experts", "num_experts")
                + ", \"moe_intermediate_size\": 64, \"shared_expert_intermediate_size\": 64, \"rms_norm_eps\": 0.001").Import!.Notes;
        string[] approximated = [.. notes.Where(
            note => note.StartsWith("normalisation divides", StringComparison.Ordinal) || note.Contains("shared expert's own gate"))];
        Assert.Equal(2, approximated.Length);
        Assert.StartsWith("normalisation divides by the norm alone: ε = 0.001 is 250% of q₀", approximated[0]);
    }

    [Fact]
    public void Presets_and_records_have_no_report()
    {
        Assert.Null(ArchitectureSource.Read("gpt2").Import);
        Assert.Null(ImportTests.Parse("{}").Import);
    }
}
