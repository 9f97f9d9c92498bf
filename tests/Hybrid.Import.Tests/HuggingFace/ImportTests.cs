using Hybrid.Architectures;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>
/// Configurations in Configs are written for these tests; their values are those of the config.json that is published with
/// each model: openai-community/gpt2, EleutherAI/gpt-neox-20b, google-bert/bert-base-uncased, LLaMA 7B,
/// mistralai/Mistral-7B-v0.1, Qwen/Qwen2-7B, deepseek-ai/deepseek-llm-7b-base, allenai/OLMo-7B-hf,
/// allenai/OLMo-2-1124-7B, google/gemma-7b, google/gemma-2-9b, google/gemma-3-1b-pt, google/gemma-3-4b-pt,
/// google/vit-base-patch16-224, meta-llama/Llama-3.1-8B, EleutherAI/pythia-410m, mistralai/Mixtral-8x7B-v0.1, Qwen/Qwen3-8B,
/// Qwen/Qwen3-30B-A3B, deepseek-ai/DeepSeek-V3, openai/gpt-oss-20b.
/// </summary>
public class ImportTests
{
    // Each family by hand: s = 0.02 everywhere, so σ_w = s√d, σ_v = s√d_mlp, σ_V = s²√(d · H d_h), and σ_A = d s² √d_h c
    // with the logits' factor c = 1/√d_h, or √d_h c where queries and keys are normalised.
    [Theory]
    [InlineData("gpt2", "pre", "geluTanh", false, "causal", 12, 768 * 4e-4, 768 * 4e-4, 3072, 2 * 4e-4, 0)]
    [InlineData("gpt-neox-20b", "pre", "geluTanh", false, "causal", 44, 6144 * 4e-4, 6144 * 4e-4, 24576, 4e-4, 0)]
    [InlineData("bert-base", "post", "gelu", false, "none", 12, 768 * 4e-4, 768 * 4e-4, 3072, 1, 1 / 3.0)]
    [InlineData("llama-7b", "pre", "silu", true, "causal", 32, 4096 * 4e-4, 4096 * 4e-4, 11008, 4e-4, 0)]
    [InlineData("mistral-7b", "pre", "silu", true, "causal", 32, 4096 * 4e-4, 4096 * 4e-4, 14336, 4e-4, 0)]
    [InlineData("qwen2-7b", "pre", "silu", true, "causal", 28, 3584 * 4e-4, 3584 * 4e-4, 18944, 4e-4, 0)]
    [InlineData("deepseek-7b", "pre", "silu", true, "causal", 30, 4096 * 4e-4, 4096 * 4e-4, 11008, 4e-4, 0)]
    [InlineData("olmo-7b", "pre", "silu", true, "causal", 32, 4096 * 4e-4, 4096 * 4e-4, 11008, 4e-4, 0)]
    // QK-norm: logits of standard deviation 1 at any norm of the stream
    [InlineData("olmo2-7b", "output", "silu", true, "causal", 32, 1, 4096 * 4e-4, 11008, 4e-4, 0)]
    // H d_h = 4096: 4e-4 · √(3072 · 4096)
    [InlineData("gemma-7b", "pre", "geluTanh", true, "causal", 28, 3072 * 4e-4, 1.418896022, 24576, 3072 * 4e-4, 0)]
    // 4e-4 · √(3584 · 4096)
    [InlineData("gemma2-9b", "peri", "geluTanh", true, "causal", 42, 3584 * 4e-4, 1.532582866, 14336, 3584 * 4e-4, 0)]
    // QK-norm: √256 / √256; 4e-4 · √(1152 · 1024)
    [InlineData("gemma3-1b", "peri", "geluTanh", true, "causal", 26, 1, 0.434446406, 6912, 1152 * 4e-4, 0)]
    // the 8 heads of width 256 that the published file leaves to its class; 4e-4 · √(2560 · 2048)
    [InlineData("gemma3-4b", "peri", "geluTanh", true, "causal", 34, 1, 0.91589344, 10240, 2560 * 4e-4, 0)]
    [InlineData("llama-3.1-8b", "pre", "silu", true, "causal", 32, 1.6384, 1.6384, 14336, 4e-4, 0)]
    [InlineData("pythia-410m", "pre", "gelu", false, "causal", 24, 0.4096, 0.4096, 4096, 4e-4, 0)]
    [InlineData("mixtral-8x7b", "pre", "silu", true, "causal", 32, 1.6384, 1.6384, 14336, 4e-4, 0)]
    [InlineData("qwen3-8b", "pre", "silu", true, "causal", 36, 1, 1.6384, 12288, 4e-4, 0)]
    // 4e-4 · √(2048 · 4096); the width of an expert
    [InlineData("qwen3-30b-a3b", "pre", "silu", true, "causal", 48, 1, 1.15852375, 768, 4e-4, 0)]
    // YaRN's 0.1 ln 32 + 1 for queries and for keys: 2880 · 4e-4 · 1.34657359²; 4e-4 · √(2880 · 4096)
    [InlineData("gpt-oss-20b", "pre", "gelu", true, "causal", 24, 2.08887602, 1.373840165, 2880, 4e-4, 0)]
    // 1.36888794² from mscale_all_dim; queries' entries have variance 1536 · 4e-4, keys' 512 · 4e-4 and, turned, 7168 · 4e-4:
    // √((128 · .6144 · .2048 + 64 · .6144 · 2.8672)/192) = .8192; values 4e-4 · √(512 · 16384)
    [InlineData("deepseek-v3", "pre", "silu", true, "causal", 61, 1.535061366, 1.15852375, 2048, 4e-4, 0)]
    [InlineData("vit-base", "pre", "gelu", false, "none", 12, 768 * 4e-4, 768 * 4e-4, 3072, 769 * 4e-4, 0)]
    public void A_family_is_read_with_its_placement_and_initialisation(
        string file,
        string norm,
        string activation,
        bool gated,
        string mask,
        int depth,
        double logitStd,
        double valueStd,
        int mlpWidth,
        double inputNorm,
        double correlation)
    {
        Architecture model = Load(file).Architecture;
        System.Text.Json.Nodes.JsonObject record = ArchitectureJson.ToNode(model);
        Assert.Equal(
            (norm, activation, gated, mask, depth, mlpWidth),
            ((string)record["norm"]!, (string)record["activation"]!, model.Gated, (string)record["mask"]!, model.Depth, model.MlpWidth));
        Close("σ_A", logitStd, model.Attention.LogitStd);
        Close("σ_V", valueStd, model.Attention.ValueStd);
        Close("σ_w²", model.Width * 4e-4, model.Mlp.InStd * model.Mlp.InStd);
        Close("σ_v²", mlpWidth * 4e-4, model.Mlp.OutStd * model.Mlp.OutStd);
        Close("q₀", inputNorm, model.Input.Norm);
        Assert.Equal(correlation, model.Input.Correlation, 1e-15);
        Assert.Equal(0, model.Mlp.BiasStd);
    }

    /// <summary>Published configurations that are presets too.</summary>
    public static TheoryData<string> Presets =>
    [
        "gpt-neox-20b", "bert-base", "llama-7b", "mistral-7b", "qwen2-7b", "deepseek-7b",
        "olmo-7b", "olmo2-7b", "gemma-7b", "gemma2-9b", "gemma3-1b", "vit-base",
        "llama-3.1-8b", "pythia-410m", "mixtral-8x7b", "qwen3-8b", "qwen3-30b-a3b", "gpt-oss-20b",
        "deepseek-v3",
    ];

    [Theory]
    [MemberData(nameof(Presets))]
    public void A_published_configuration_is_its_preset(string name) =>
        Assert.Equal(ArchitectureSource.Load(name), Load(name).Architecture);

    [Fact]
    public void The_configuration_of_gpt2_is_its_preset_but_for_the_position_vectors_which_the_two_codes_draw_differently()
    {
        Architecture preset = ArchitectureSource.Load("gpt2");
        Architecture imported = Load("gpt2").Architecture;
        Assert.Equal(5e-4, preset.Input.Norm, 1e-18);
        Assert.Equal(8e-4, imported.Input.Norm, 1e-18);
        // equal up to rounding in the last digit, which the record's own equality would see
        Assert.Equal(Json(preset), Json(ArchitectureOverrides.Apply(imported, ["input.norm=0.0005"])));

        static string[] Json(Architecture architecture) =>
            [.. ArchitectureJson.ToNode(architecture).Select(field => Rounded(field.Value!))];
        static string Rounded(System.Text.Json.Nodes.JsonNode node) => node is System.Text.Json.Nodes.JsonObject group
            ? string.Join(
                ' ', group.Select(field => ((double)field.Value!).ToString("G14", System.Globalization.CultureInfo.InvariantCulture)))
            : node.ToJsonString();
    }

    [Fact]
    public void Residual_scaling_follows_the_family_and_can_be_chosen()
    {
        double depth = 1 / Math.Sqrt(24);
        Assert.Equal((ResidualScaling.Depth, depth), Branch(Load("gpt2")));
        Assert.Equal((ResidualScaling.None, 1), Branch(Load("gpt2", ResidualScaling.None)));
        Assert.Equal((ResidualScaling.None, 1), Branch(Load("bert-base")));
        Assert.Equal((ResidualScaling.Depth, depth), Branch(Load("bert-base", ResidualScaling.Depth)));

        static (ResidualScaling, double) Branch(LoadedArchitecture loaded)
        {
            Assert.Equal(loaded.Architecture.Attention.Branch, loaded.Architecture.Mlp.Branch);
            return (loaded.Import!.Scaling, loaded.Architecture.Attention.Branch.At(1));
        }
    }

    [Theory]
    [InlineData("olmo2-7b", 64)]
    [InlineData("gemma2-9b", 84)]
    public void A_norm_behind_the_branch_takes_the_residual_scaling_out_again(string file, double twiceDepth)
    {
        LoadedArchitecture plain = Load(file), scaled = Load(file, ResidualScaling.Depth);
        Assert.Equal(1, scaled.Architecture.Mlp.Branch.At(1));
        Close("σ_V", plain.Architecture.Attention.ValueStd / Math.Sqrt(twiceDepth), scaled.Architecture.Attention.ValueStd);
        Close("σ_v", plain.Architecture.Mlp.OutStd / Math.Sqrt(twiceDepth), scaled.Architecture.Mlp.OutStd);
        Assert.Contains(scaled.Import!.Notes, note => note.Contains("it changes no signal"));
    }

    [Fact]
    public void A_scaling_asked_of_a_preset_or_a_record_is_refused()
    {
        using TemporaryFolder folder = new();
        string record = folder.Write("mine.json", "{}");
        foreach (string source in (string[])["gpt2", record])
        {
            InputException error = Assert.Throws<InputException>(() => ArchitectureSource.Read(source, ResidualScaling.Depth));
            Assert.Contains("--residual-scaling", error.Message);
            Assert.Contains("attention.branch", error.Message);
        }
    }

    [Fact]
    public void Both_dialects_say_the_same()
    {
        const string One =
            """{"model_type":"llama","n_embd":64,"n_layer":3,"n_head":4,"n_inner":128,"activation_function":"silu","n_positions":16}""";
        const string Other = """
            {"model_type":"llama","hidden_size":64,"num_hidden_layers":3,"num_attention_heads":4,
             "intermediate_size":128,"hidden_act":"silu","max_position_embeddings":16}
            """;
        Assert.Equal(Parse(One).Architecture, Parse(Other).Architecture);
    }

    // Each a row: the keys of one network with one quantity that is not at its default, then the names that it has in files.
    [Theory]
    [InlineData("llama", "", "hidden_size n_embd n_embed d_model")]
    [InlineData("llama", "", "num_hidden_layers n_layer n_layers")]
    [InlineData("llama", "", "num_attention_heads n_head n_heads")]
    [InlineData("llama", "", "intermediate_size n_inner ffn_dim ffn_hidden_size")]
    [InlineData("llama", "\"max_position_embeddings\": 16", "max_position_embeddings n_positions max_seq_len seq_length")]
    [InlineData("llama", "\"initializer_range\": 0.1", "initializer_range init_std")]
    [InlineData("llama", "\"num_key_value_heads\": 2", "num_key_value_heads n_head_kv num_kv_heads")]
    [InlineData("llama", "\"rope_theta\": 7", "rope_theta rotary_emb_base global_rope_theta")]
    [InlineData("llama", "\"partial_rotary_factor\": 0.5", "partial_rotary_factor rotary_pct rotary_emb_fraction")]
    [InlineData("llama", "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4}, \"max_position_embeddings\": 16", "rope_type type")]
    [InlineData("llama", "\"rope_parameters\": {\"rope_type\": \"yarn\", \"factor\": 4}, \"max_position_embeddings\": 16",
        "rope_parameters rope_scaling")]
    [InlineData("llama", "\"hidden_activation\": \"relu\"", "hidden_activation hidden_act activation_function activation")]
    [InlineData("granite", "\"embedding_multiplier\": 12", "embedding_multiplier scale_emb")]
    [InlineData("llama", "\"rms_norm_eps\": 0.01", "rms_norm_eps layer_norm_eps layer_norm_epsilon norm_eps")]
    [InlineData("modernbert", "\"rope_local_base_freq\": 7", "rope_local_base_freq local_rope_theta")]
    [InlineData("cohere2", "\"sliding_window\": 8, \"sliding_window_pattern\": 2", "sliding_window_pattern _sliding_window_pattern")]
    [InlineData("mixtral", "\"num_experts_per_tok\": 2, \"num_local_experts\": 8",
        "num_local_experts num_experts n_routed_experts moe_num_experts")]
    [InlineData("mixtral", "\"num_experts_per_tok\": 2, \"num_local_experts\": 8", "num_experts_per_tok experts_per_token moe_k")]
    [InlineData("qwen3_moe", "\"moe_intermediate_size\": 32, \"num_experts_per_tok\": 2, \"num_experts\": 8, \"decoder_sparse_step\": 3",
        "decoder_sparse_step interleave_moe_layer_step moe_layer_interval")]
    [InlineData("deepseek", "\"moe_intermediate_size\": 32, \"num_experts_per_tok\": 2, \"num_experts\": 8, \"first_k_dense_replace\": 1",
        "first_k_dense_replace moe_layer_start_index")]
    [InlineData("deepseek", "\"moe_intermediate_size\": 32, \"num_experts_per_tok\": 2, \"num_experts\": 8, \"n_shared_experts\": 2",
        "n_shared_experts moe_num_shared_experts")]
    public void A_quantity_is_read_by_each_of_its_names(string modelType, string keys, string names)
    {
        string first = names.Split(' ')[0];
        string text = Tiny(keys == "" ? "\"use_cache\": true" : keys).Replace("llama", modelType);
        LoadedArchitecture expected = Parse(text);
        foreach (string name in names.Split(' '))
        {
            LoadedArchitecture loaded = Parse(text.Replace($"\"{first}\"", $"\"{name}\""));
            Assert.Equal(expected.Architecture, loaded.Architecture);
            Assert.Equal(Notes(expected), Notes(loaded));
            Assert.Empty(loaded.Import!.IgnoredKeys);

            // Notes that are alike but for the name.
            IEnumerable<string> Notes(LoadedArchitecture read) => read.Import!.Notes.Select(note => note.Replace(name, first));
        }
    }

    // Names of transformers' classes.
    [Fact]
    public void Every_family_is_known_by_its_classes_alone()
    {
        const string classes = """
            gpt2 GPT2LMHeadModel|gpt2 GPT2DoubleHeadsModel|gpt_bigcode GPTBigCodeForCausalLM|gpt_neox GPTNeoXForCausalLM
            gptj GPTJForCausalLM|phi PhiForCausalLM|falcon FalconForCausalLM|starcoder2 Starcoder2ForCausalLM|opt OPTForCausalLM
            bloom BloomForCausalLM|mpt MptForCausalLM|bert BertForMaskedLM|bert BertModel|roberta RobertaForMaskedLM
            xlm-roberta XLMRobertaForMaskedLM|camembert CamembertForMaskedLM|modernbert ModernBertForMaskedLM
            llama LlamaForCausalLM|llama4_text Llama4ForCausalLM|deepseek DeepseekForCausalLM|deepseek_v2 DeepseekV2ForCausalLM
            deepseek_v3 DeepseekV3ForCausalLM|mistral MistralForCausalLM
            mixtral MixtralForCausalLM|baichuan BaichuanForCausalLM|qwen QWenLMHeadModel|qwen2 Qwen2ForCausalLM
            qwen2_moe Qwen2MoeForCausalLM|qwen3 Qwen3ForCausalLM|qwen3_moe Qwen3MoeForCausalLM|gpt_oss GptOssForCausalLM
            phi3 Phi3ForCausalLM|phi4mm Phi4MMForCausalLM|stablelm StableLmForCausalLM|granite GraniteForCausalLM
            granitemoe GraniteMoeForCausalLM|granitemoeshared GraniteMoeSharedForCausalLM|minicpm MiniCPMForCausalLM
            smollm3 SmolLM3ForCausalLM|cohere CohereForCausalLM|cohere2 Cohere2ForCausalLM|olmo OlmoForCausalLM|olmo2 Olmo2ForCausalLM
            olmo3 Olmo3ForCausalLM|olmoe OlmoeForCausalLM|gemma GemmaForCausalLM|gemma2 Gemma2ForCausalLM
            gemma3_text Gemma3ForCausalLM|vit ViTForImageClassification|dinov2 Dinov2Model|gpt_neo GPTNeoForCausalLM
            codegen CodeGenForCausalLM|distilbert DistilBertForMaskedLM|electra ElectraForPreTraining|eurobert EuroBertForMaskedLM
            glm GlmForCausalLM|glm4 Glm4ForCausalLM|glm4_moe Glm4MoeForCausalLM|ernie4_5 Ernie4_5ForCausalLM
            exaone4 Exaone4ForCausalLM|helium HeliumForCausalLM|internlm2 InternLM2ForCausalLM|seed_oss SeedOssForCausalLM
            ministral MinistralForCausalLM|mimo MiMoForCausalLM|dots1 Dots1ForCausalLM|minimax_m2 MiniMaxM2ForCausalLM
            RefinedWebModel RWForCausalLM|esm EsmForMaskedLM|nomic_bert NomicBertModel|ernie4_5_moe Ernie4_5_MoeForCausalLM
            hunyuan_v1_dense HunYuanDenseV1ForCausalLM|qwen2_vl_text Qwen2VLForConditionalGeneration
            qwen3_vl_text Qwen3VLForConditionalGeneration|qwen3_vl_moe_text Qwen3VLMoeForConditionalGeneration
            """;
        string[][] pairs = [.. classes.Split('|', '\n').Select(pair => pair.Trim().Split(' '))];
        Assert.All(pairs, pair => Assert.Equal(pair[0], Families.Find(null, [pair[1]])?.ModelType));
        Assert.Equal(Families.All.Select(family => family.ModelType).Order(), pairs.Select(pair => pair[0]).Distinct().Order());
    }

    [Fact]
    public void Without_a_model_type_the_class_decides()
    {
        LoadedArchitecture loaded = Parse("""
            {"architectures":["Olmo2ForCausalLM"],"hidden_size":64,
             "num_hidden_layers":3,"num_attention_heads":4,"intermediate_size":128}
            """);
        Assert.Equal("olmo2", loaded.Import!.ModelType);
        Assert.True(loaded.Architecture.Norm == Placement.Output);
    }

    [Fact]
    public void A_file_called_config_is_named_after_its_model_type_and_another_after_itself()
    {
        using TemporaryFolder folder = new();
        string text = File.ReadAllText(PathOf("llama-7b"));
        Assert.Equal("llama", ArchitectureSource.Load(folder.Write("config.json", text)).Name);
        Assert.Equal("mine", ArchitectureSource.Load(folder.Write("mine.json", text)).Name);
    }

    [Fact]
    public void Tokens_are_at_most_64_and_those_of_an_image_its_patches_and_one()
    {
        Assert.Equal(64, Load("llama-7b").Architecture.Tokens);
        Assert.Equal(16, Parse(Tiny("\"max_position_embeddings\": 16")).Architecture.Tokens);
        Assert.Equal(197, Load("vit-base").Architecture.Tokens);
    }

    [Fact]
    public void Query_pre_attn_scalar_scales_the_logits()
    {
        // Gemma 2 27B: d = 4608, d_h = 128, logits over √144
        LoadedArchitecture loaded = Parse("""
            {"model_type":"gemma2","hidden_size":4608,"num_hidden_layers":46,"num_attention_heads":32,
             "head_dim":128,"query_pre_attn_scalar":144,"intermediate_size":36864}
            """);
        Close("σ_A", 4608 * 4e-4 * Math.Sqrt(128.0 / 144), loaded.Architecture.Attention.LogitStd);
    }

    [Fact]
    public void Heads_that_do_not_divide_the_width_become_the_largest_divisor_where_they_have_a_width_of_their_own()
    {
        LoadedArchitecture loaded = Parse("""
            {"model_type":"qwen3","hidden_size":60,"num_hidden_layers":3,
             "num_attention_heads":8,"head_dim":16,"intermediate_size":128}
            """);
        Assert.Equal(6, loaded.Architecture.Heads);
        Close("σ_V", 4e-4 * Math.Sqrt(60 * 8 * 16), loaded.Architecture.Attention.ValueStd);
        Assert.Contains(loaded.Import!.Notes, note => note.Contains("largest divisor of the width below 8"));
    }

    [Theory]
    [InlineData("\"initializer_range\": 0.1", 0.1)]
    [InlineData("\"initializer_range\": null", 0.02)]
    [InlineData("\"unrelated\": 1", 0.02)]
    public void Initializer_range_is_read_and_2_percent_where_there_is_none(string key, double std)
    {
        LoadedArchitecture loaded = Parse(Tiny(key));
        Close("q₀", std * std, loaded.Architecture.Input.Norm);
        Assert.Equal(
            std == 0.02, loaded.Import!.Notes.Any(note => note.StartsWith("initializer_range is missing: 0.02", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_nested_text_model_falls_back_on_the_standard_deviation_around_it()
    {
        LoadedArchitecture loaded = Parse("""
            {"model_type":"gemma3","initializer_range":0.1,
             "text_config":{"hidden_size":64,"num_hidden_layers":3,"intermediate_size":128}}
            """);
        Close("q₀", 64 * 0.01, loaded.Architecture.Input.Norm);
        Assert.Equal("gemma3_text", loaded.Import!.ModelType);
    }

    [Theory]
    [InlineData("gelu", "gelu gelu_python")]
    [InlineData("geluTanh", "gelu_new gelu_pytorch_tanh gelu_fast gelu_accurate gelu_python_tanh")]
    [InlineData("silu", "silu swish")]
    [InlineData("relu", "relu")]
    [InlineData("tanh", "tanh")]
    [InlineData("sigmoid", "sigmoid")]
    [InlineData("linear", "linear")]
    public void Every_name_of_an_activation_is_read(string activation, string names) => Assert.All(
        names.Split(' '),
        name => Assert.Equal(
            activation, (string?)ArchitectureJson.ToNode(Parse(Tiny($"\"hidden_act\": \"{name}\"")).Architecture)["activation"]));

    internal static string Tiny(string more) =>
        $$"""{"model_type":"llama","hidden_size":64,"num_hidden_layers":3,"num_attention_heads":4,"intermediate_size":128, {{more}}}""";

    internal static LoadedArchitecture Parse(string text)
    {
        using TemporaryFolder folder = new();
        return ArchitectureSource.Read(folder.Write("test.json", text));
    }

    internal static LoadedArchitecture Load(string name, ResidualScaling? scaling = null) => ArchitectureSource.Read(PathOf(name), scaling);

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Configs", name + ".json");

    private static void Close(string what, double expected, double actual) =>
        Assert.True(Math.Abs(actual / expected - 1) < 1e-7, $"{what}: expected {expected}, got {actual}");
}
