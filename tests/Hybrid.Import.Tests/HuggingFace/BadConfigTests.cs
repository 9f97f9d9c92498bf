using Hybrid.Architectures;
using Hybrid.Import.Json;
using Xunit;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>A configuration that cannot be read is refused in one line that names the key.</summary>
public class BadConfigTests
{
    // Each row: what is added to or stands in the configuration, then what the message must contain.
    [Theory]
    [InlineData("\"hidden_act\": \"quick_gelu\"", "hidden_act must be one of gelu", "got 'quick_gelu': x sigmoid(1.702 x)")]
    [InlineData("\"hidden_act\": \"relu2\"", "hidden_act must be one of gelu", "got 'relu2', which is none of the theory's activations")]
    [InlineData("\"hidden_act\": \"relo\"", "hidden_act must be one of gelu", "got 'relo'; did you mean relu")]
    [InlineData("\"hidden_act\": 7", "hidden_act must be a string", "got 7")]
    [InlineData("\"initializer_range\": \"small\"", "initializer_range must be a finite number > 0", "got \"small\"")]
    [InlineData("\"initializer_range\": \"[1]\"", "initializer_range must be a finite number > 0", "got \"[1]\"")]
    [InlineData("\"initializer_range\": 0", "initializer_range must be a finite number > 0", "got 0")]
    [InlineData("\"initializer_range\": 1e999", "initializer_range must be a finite number > 0", "got 1e999")]
    [InlineData("\"initializer_range\": [0.02]", "initializer_range must be", "got [0.02]")]
    [InlineData("\"head_dim\": -1", "head_dim must be an integer from 1", "got -1")]
    [InlineData("\"num_key_value_heads\": 3", "num_key_value_heads must be a divisor of num_attention_heads = 4", "got 3")]
    [InlineData("\"num_key_value_heads\": \"2.5\"", "num_key_value_heads must be an integer", "got \"2.5\"")]
    [InlineData("\"max_position_embeddings\": 0", "max_position_embeddings must be an integer from 1", "got 0")]
    [InlineData("\"n_embd\": 65", "hidden_size = 64 and n_embd = 65", "disagree")]
    [InlineData("\"hidden_size\": 64", "hidden_size is given twice", "once")]
    [InlineData("\"num_local_experts\": 8", "num_local_experts must be 1 or absent, got 8", "the code of llama has no experts")]
    [InlineData("\"n_routed_experts\": 64", "n_routed_experts must be 1 or absent, got 64", "JSON record")]
    [InlineData("\"is_encoder_decoder\": true", "is_encoder_decoder must be false", "one half")]
    [InlineData("\"is_decoder\": \"yes\"", "is_decoder must be true or false", "got \"yes\"")]
    [InlineData("\"attention_dropout\": -1", "attention_dropout must be a finite number ≥ 0", "got -1")]
    [InlineData("\"text_config\": 3", "text_config must be an object", "got 3")]
    [InlineData("\"text_config\": {}", "text_config.hidden_size", "is missing")]
    [InlineData("\"text_config\": {\"hidden_size\": {\"a\": 1}}", "text_config.hidden_size must be an integer", "got {\"a\": 1}")]
    [InlineData("\"architectures\": \"LlamaModel\"", "architectures must be an array of strings", "got \"LlamaModel\"")]
    [InlineData("\"mup_width_multiplier\": 4", "mup_width_multiplier must be absent", "llama")]
    [InlineData("\"attn_logit_scale_multiplier\": 0.5", "attn_logit_scale_multiplier must be absent", "what a network computes")]
    [InlineData("\"relative_attention\": true", "relative_attention must be absent", "null, false or 0")]
    [InlineData("\"cross_attention_layers\": [3, 8]", "cross_attention_layers must be absent", "JSON record")]
    [InlineData("\"use_alibi\": true", "use_alibi must be absent", "remove it")]
    [InlineData("\"feed_forward_type\": \"maxout\"", "feed_forward_type must be original, geglu or reglu", "got 'maxout'")]
    [InlineData("\"apply_residual_connection_post_layernorm\": true", "must be false", "no placement")]
    [InlineData("\"partial_rotary_factor\": 1.5", "partial_rotary_factor must be a number from 0 to 1", "got 1.5")]
    [InlineData("\"rotary_pct\": -0.1", "rotary_pct must be a number from 0 to 1", "got -0.1")]
    [InlineData("\"rotary_dim\": 17", "rotary_dim must be at most the width of a head = 16", "got 17")]
    [InlineData("\"rope_theta\": 0", "rope_theta must be a finite number > 0", "got 0")]
    [InlineData("\"rope_scaling\": {\"type\": \"spiral\"}", "rope_scaling.rope_type must be default, linear", "got 'spiral'")]
    [InlineData("\"rope_scaling\": {\"type\": \"linear\"}", "rope_scaling.factor is missing", "a finite number > 0")]
    [InlineData("\"rope_scaling\": {\"type\": \"yarn\", \"factor\": -1}", "rope_scaling.factor must be a finite number > 0", "got -1")]
    [InlineData("\"rope_scaling\": {\"type\": \"longrope\", \"short_factor\": [1, 2], \"original_max_position_embeddings\": 8,"
        + " \"factor\": 2}, \"max_position_embeddings\": 16", "rope_scaling.short_factor must hold 8 numbers > 0", "got 2")]
    [InlineData("\"sliding_window\": -1", "sliding_window must be an integer from 0", "got -1")]
    [InlineData("\"layer_types\": [\"full_attention\"]", "layer_types must have one entry for each of 3 layers", "got 1")]
    [InlineData("\"layer_types\": [\"full_attention\", \"linear_attention\", \"full_attention\"]", "layer_types must hold full_attention",
        "got 'linear_attention'")]
    [InlineData("\"attn_logit_softcapping\": -50", "attn_logit_softcapping must be a finite number ≥ 0", "got -50")]
    [InlineData("\"cla_share_factor\": 2", "cla_share_factor must be absent", "JSON record")]
    [InlineData("\"use_cla\": true, \"cla_share_factor\": 2", "use_cla must be absent", "JSON record")]
    // frequencies and factors that are no finite numbers
    [InlineData("\"head_dim\": 64, \"rope_theta\": 1e-320, \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}",
        "rope_scaling must give finite frequencies and factors; linear of these numbers", "1E-320 does not")]
    [InlineData("\"rope_scaling\": {\"type\": \"linear\", \"factor\": 1e-320}", "rope_scaling must give finite frequencies", "10000")]
    [InlineData("\"rope_scaling\": {\"type\": \"longrope\", \"factor\": 2, \"original_max_position_embeddings\": 1}",
        "rope_scaling must give finite frequencies", "longrope")]
    [InlineData("\"no_rope_layers\": [1, 1, 0]", "no_rope_layers must be absent", "llama")]
    [InlineData("\"rope_theta\": 7, \"rope_parameters\": {\"rope_theta\": 8}", "rope_parameters.rope_theta = 8 and 7 outside of it",
        "disagree")]
    [InlineData("\"partial_rotary_factor\": 0.5, \"rope_parameters\": {\"partial_rotary_factor\": 0.25}",
        "rope_parameters.partial_rotary_factor = 0.25 and 0.5 outside of it", "disagree")]
    [InlineData("\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}, \"rope_parameters\": {\"rope_type\": \"yarn\", \"factor\": 2}",
        "rope_parameters and rope_scaling are two names of one quantity and disagree, yarn and linear", "give one")]
    [InlineData("\"use_gated_activation\": false", "use_gated_activation must be true or absent", "llama")]
    [InlineData("\"use_parallel_block\": true", "use_parallel_block must be false or absent", "llama")]
    [InlineData("\"norm_first\": true", "norm_first must be absent", "llama")]
    [InlineData("\"use_deepnorm\": true", "use_deepnorm must be absent", "llama")]
    [InlineData("\"emb_layer_norm_before\": true", "emb_layer_norm_before must be absent", "llama")]
    [InlineData("\"qk_norm_type\": \"per_layer\"", "qk_norm_type must be per_layer, in a family that normalises all heads",
        "got 'per_layer'")]
    [InlineData("\"qk_scale\": 0.5", "qk_scale must be absent", "llama")]
    [InlineData("\"kv_lora_rank\": 4", "kv_lora_rank must be absent", "llama")]
    [InlineData("\"layerscale_init\": 0.1", "layerscale_init must be absent", "llama")]
    [InlineData("\"architectures\": [1]", "architectures must be an array of strings", "got [1]")]
    public void A_bad_key_is_named(string key, string message, string received) =>
        Refused(ImportTests.Tiny(key), message, received);

    [Theory]
    [InlineData("""{"model_type":"lama"}""", "model_type must be one of", "got 'lama'. Families: gpt2")]
    [InlineData("""{"model_type":7}""", "model_type must be a string", "got 7")]
    [InlineData("""{"model_type":null,"architectures":["MambaForCausalLM"]}""", "architectures must name a class",
        "got 'MambaForCausalLM'")]
    [InlineData("""{"architectures":[]}""", "model_type is missing, and architectures too", "one of gpt2, ")]
    [InlineData("""{"hidden_size":768,"num_hidden_layers":12,"num_attention_heads":12}""", "model_type is missing", "roberta")]
    [InlineData("""{"model_type":"t5"}""", "model_type 't5' cannot be imported", "an encoder and a decoder")]
    [InlineData("""{"model_type":"deberta-v2"}""", "'deberta-v2' cannot be imported", "relative positions")]
    [InlineData("""{"model_type":"whisper"}""", "'whisper' cannot be imported", "an encoder and a decoder")]
    [InlineData("""{"model_type":"jamba","num_experts":2}""", "'jamba' cannot be imported", "Mamba")]
    [InlineData("""{"model_type":"albert"}""", "'albert' cannot be imported", "share one set of weights")]
    [InlineData("""{"model_type":"git"}""", "'git' cannot be imported", "image tokens")]
    [InlineData("""{"model_type":"mllama","text_config":{"cross_attention_layers":[3]}}""", "'mllama' cannot be imported",
        "attend to an image")]
    [InlineData("""{"model_type":"paligemma","text_config":{"model_type":"gemma"}}""", "'paligemma' cannot be imported",
        "image tokens")]
    [InlineData("""{"model_type":"llava"}""", "'llava' cannot be imported", "language model's own config.json")]
    [InlineData("""{"model_type":"chatglm"}""", "'chatglm' cannot be imported", "auto_map")]
    [InlineData("""{"model_type":"yuan"}""", "'yuan' cannot be imported", "convolution")]
    [InlineData("""{"model_type":"llama"}""", "hidden_size or n_embd or n_embed or d_model or dim is missing", "an integer from 1")]
    [InlineData("""{"model_type":"llama","hidden_size":64}""", "num_hidden_layers or n_layer or n_layers or num_layers "
        + "is missing", "integer")]
    [InlineData("""{"model_type":"llama","hidden_size":64,"num_hidden_layers":2}""", "num_attention_heads or n_head or n_heads or "
        + "num_heads is missing", "integer")]
    [InlineData("""{"model_type":"llama","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4}""",
        "intermediate_size or n_inner or ffn_dim or ffn_hidden_size or hidden_dim is missing", "integer")]
    [InlineData("""{"model_type":"llama","hidden_size":-64}""", "hidden_size must be an integer from 1", "got -64")]
    [InlineData("""{"model_type":"llama","hidden_size":64.5}""", "hidden_size must be an integer", "got 64.5")]
    [InlineData("""{"model_type":"llama","hidden_size":99999999999}""", "hidden_size must be an integer", "got 99999999999")]
    [InlineData("""{"model_type":"llama","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":7,"intermediate_size":8}""",
        "num_attention_heads must be a divisor of hidden_size = 64", "got 7")]
    [InlineData("""{"model_type":"vit","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":8,"""
        + """ "image_size":8,"patch_size":16}""", "image_size over patch_size", "got 8 over 16")]
    [InlineData("""{"model_type":"vit","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":8,"""
        + """ "image_size":[224,224],"patch_size":16}""", "image_size must be an integer", "got [224,224]")]
    [InlineData("""{"model_type":"vit","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":8,"""
        + """ "image_size":16777216,"patch_size":1}""", "image_size over patch_size", "got 16777216 over 1")]
    [InlineData("""{"model_type":"llama","a":[[[[[[[[[[1]]]]]]]]]]}""", "line 1", "depth of 8")]
    [InlineData("""{"model_type":"llama",""", "line 1", "JSON")]
    [InlineData("""{"model_type":"llama","a":"x\ud800"}""", "strings must be text", "half of a character")]
    [InlineData("""{"model_type":"llama","a":["x",{"b":"\udfff"}]}""", "strings must be text", "half of a character")]
    [InlineData("""{"model_type":"llama","a":{"\ud800":1}}""", "strings must be text", "half of a character")]
    public void A_configuration_that_is_none_is_refused(string text, string message, string received) => Refused(text, message, received);

    // By reason: what the message must say of each.
    [Theory]
    [InlineData("t5 mt5 umt5", "one stack of blocks is modelled; its logits have learned terms of relative positions besides")]
    [InlineData("bart mbart pegasus marian m2m_100 whisper", "an encoder and a decoder that attends to it, and one stack of blocks")]
    [InlineData("deberta deberta-v2", "its logits add terms of the tokens' relative positions (disentangled attention)")]
    [InlineData("albert", "its layers share one set of weights, and the theory draws the weights of every layer anew")]
    [InlineData("jamba bamba zamba zamba2 mamba mamba2 falcon_mamba falcon_h1 nemotron_h recurrent_gemma rwkv qwen3_next qwen3_5 "
        + "qwen3_5_text qwen3_5_moe qwen3_5_moe_text granitemoehybrid kimi_linear minimax olmo_hybrid plamo2 xlstm",
        "it has layers of state-space or recurrent mixing (Mamba and the like), and attention and MLPs are modelled")]
    [InlineData("mllama mllama_text_model", "some of its layers attend to an image instead of the text, and one stream of tokens")]
    [InlineData("lfm2 lfm2_moe", "mix neighbouring tokens by a convolution in attention's place")]
    [InlineData("gemma3n gemma3n_text gemma4 gemma4_text", "vectors of each token of their own besides the stream")]
    [InlineData("arcee nemotron persimmon bitnet", "relu(x)²")]
    [InlineData("apertus", "xIELU")]
    [InlineData("phimoe", "sparsemixer")]
    [InlineData("mpnet beit data2vec-vision swin", "learned terms of relative positions")]
    [InlineData("clip siglip siglip2", "an image and a text encoder side by side")]
    [InlineData("clip_text_model clip_vision_model siglip_vision_model", "its weights are drawn by module")]
    [InlineData("paligemma", "image tokens come before its text")]
    [InlineData("xlnet", "along permuted orders with relative positions")]
    [InlineData("dbrx hunyuan hunyuan_v1_moe", "what its experts are stands in lists")]
    [InlineData("baichuan_m1", "keys and values by a convolution")]
    [InlineData("xglm", "a table of sines and cosines")]
    [InlineData("deit", "tokens start at 0")]
    [InlineData("longformer", "windows with global tokens")]
    [InlineData("big_bird", "random and global blocks")]
    public void Families_that_no_record_describes_are_refused_with_the_reason(string modelTypes, string reason)
    {
        foreach (string modelType in modelTypes.Split(' '))
            Refused($$"""{"model_type":"{{modelType}}"}""", $"model_type '{modelType}' cannot be imported: ", reason);
    }

    // Sizes of all: d = 64, L = 3, H = 4.
    [Theory]
    [InlineData("mixtral", "\"intermediate_size\": 128, \"num_local_experts\": 8, \"num_experts_per_tok\": 9",
        "num_experts_per_tok must be an integer from 1 to num_local_experts = 8", "got 9")]
    [InlineData("mixtral", "\"intermediate_size\": 128, \"num_local_experts\": 8",
        "num_experts_per_tok or experts_per_token or moe_k is missing", "an integer from 1")]
    [InlineData("mixtral", "\"intermediate_size\": 128", "num_local_experts or num_experts", "is missing")]
    [InlineData("qwen3_moe", "\"intermediate_size\": 128, \"num_experts\": 8, \"num_experts_per_tok\": 2", "moe_intermediate_size "
        + "is missing",
        "integer")]
    [InlineData("qwen3_moe", "\"intermediate_size\": 128, \"moe_intermediate_size\": 32, \"num_experts\": 8, \"num_experts_per_tok\": 2,"
        + " \"mlp_only_layers\": [1]", "layers without experts must be the first ones: mlp_only_layers", "behind layer 1")]
    [InlineData("qwen3_moe", "\"intermediate_size\": 128, \"moe_intermediate_size\": 32, \"num_experts\": 8, \"num_experts_per_tok\": 2,"
        + " \"decoder_sparse_step\": 2", "layers without experts must be the first ones: decoder_sparse_step", "from one layer on")]
    [InlineData("deepseek_v3", "\"kv_lora_rank\": 16, \"intermediate_size\": 128, \"moe_intermediate_size\": 32, \"n_routed_experts\": 8,"
        + " \"num_experts_per_tok\": 2, \"first_k_dense_replace\": 0, \"norm_topk_prob\": false",
        "norm_topk_prob must be true where experts are weighed by sigmoid",
        "got false")]
    [InlineData("deepseek_v3", "\"kv_lora_rank\": 16, \"intermediate_size\": 128, \"moe_intermediate_size\": 32, \"n_routed_experts\": 8,"
        + " \"num_experts_per_tok\": 2, \"first_k_dense_replace\": 0, \"scoring_func\": \"tanh\"",
        "scoring_func must be softmax or sigmoid", "got 'tanh'")]
    [InlineData("deepseek_v3",
        "\"kv_lora_rank\": 16, \"intermediate_size\": 128, \"moe_intermediate_size\": 32, \"n_routed_experts\": 8,"
        + " \"num_experts_per_tok\": 2, \"mlp_layer_types\": [\"dense\", \"sparse\"]",
        "mlp_layer_types must have dense or sparse for each of 3 layers", "got 2 entries")]
    [InlineData("deepseek_v3",
        "\"kv_lora_rank\": 16, \"intermediate_size\": 128, \"moe_intermediate_size\": 32, \"n_routed_experts\": 8,"
        + " \"num_experts_per_tok\": 2, \"mlp_layer_types\": [\"sparse\", \"dense\", \"sparse\"]",
        "layers without experts must be the first ones: mlp_layer_types", "behind layer 1")]
    [InlineData("ernie4_5_moe", "\"intermediate_size\": 128, \"moe_intermediate_size\": 32, \"moe_num_experts\": 8, \"moe_k\": 2,"
        + " \"moe_layer_end_index\": 1", "layers without experts must be the first ones: moe_layer_end_index", "behind layer 2")]
    [InlineData("ernie4_5_moe", "\"intermediate_size\": 128, \"moe_intermediate_size\": 32, \"moe_num_experts\": 8, \"moe_k\": 2,"
        + " \"moe_layer_end_index\": -2", "moe_layer_end_index must be the number of a layer from 0, or -1", "got -2")]
    [InlineData("ernie4_5_moe", "\"intermediate_size\": 128, \"moe_intermediate_size\": 32, \"moe_num_experts\": 8, \"moe_k\": 2,"
        + " \"moe_gate\": \"sinkhorn\"", "moe_gate must be topk or absent", "got 'sinkhorn'")]
    [InlineData("dots1", "\"intermediate_size\": 128, \"moe_intermediate_size\": 32, \"n_routed_experts\": 8, \"num_experts_per_tok\": 2",
        "norm_topk_prob must be true where experts are weighed by sigmoid", "got none, which the family's code takes for false")]
    [InlineData("ernie4_5_moe", "\"intermediate_size\": 128, \"moe_intermediate_size\": 32, \"moe_num_experts\": 8, \"moe_k\": 9",
        "moe_k must be an integer from 1 to moe_num_experts = 8", "got 9")]
    [InlineData("deepseek_v3", "\"intermediate_size\": 128", "kv_lora_rank is missing", "integer")]
    [InlineData("smollm3", "\"intermediate_size\": 128, \"no_rope_layers\": [1, 2, 0]", "no_rope_layers must hold a 1", "of 3 layers")]
    [InlineData("smollm3", "\"intermediate_size\": 128, \"no_rope_layers\": [1, 0]", "no_rope_layers must hold a 1", "got 2 numbers")]
    [InlineData("mpt", "\"attn_config\": {\"alibi\": false}", "attn_config.alibi must be true", "mpt")]
    [InlineData("mpt", "\"attn_config\": {\"prefix_lm\": true}", "attn_config.prefix_lm must be false", "mpt")]
    [InlineData("mpt", "\"attn_config\": {\"alibi_bias_max\": 16}", "attn_config.alibi_bias_max must be 8", "got 16")]
    [InlineData("mpt", "\"attn_config\": {\"rope\": true, \"rope_theta\": 10000}", "attn_config.rope must be absent", "mpt")]
    [InlineData("mpt", "\"attn_config\": {\"attn_type\": \"multiquery_attention\"}",
        "attn_config.attn_type must be one of multihead_attention", "got 'multiquery_attention'")]
    [InlineData("electra", "\"intermediate_size\": 128, \"embedding_size\": 32", "embedding_size must be hidden_size = 64, got 32",
        "behind the norm")]
    [InlineData("electra", "\"intermediate_size\": 128", "embedding_size must be hidden_size = 64, got 128", "behind the norm")]
    [InlineData("distilbert", "\"hidden_dim\": 128, \"sinusoidal_pos_embds\": true", "sinusoidal_pos_embds must be absent", "distilbert")]
    [InlineData("dinov2", "\"image_size\": 32, \"patch_size\": 8, \"use_swiglu_ffn\": true", "use_swiglu_ffn must be absent", "dinov2")]
    [InlineData("gpt_neo", "\"attention_layers\": [\"global\", \"sparse\", \"local\"]", "attention_layers must hold full_attention",
        "got 'sparse'")]
    [InlineData("gpt_neo", "\"attention_types\": [[[\"global\", \"local\"], 2]]",
        "attention_types must have one entry for each of 3 layers", "got 4")]
    [InlineData("gpt_neo", "\"attention_types\": [[\"global\", 3]]", "attention_types must be an array of groups",
        "how often it is repeated")]
    [InlineData("gpt_neo", "\"attention_types\": [[[\"global\"], -3]]", "attention_types must be an array of groups", "up to 4096")]
    [InlineData("gpt_neo", "\"attention_types\": [[[\"global\"], 4096], [[\"global\"], 1]]",
        "attention_types must be groups of at most 4096 strings together", "got [[[\"global\"], 4096]")]
    [InlineData("gpt_neo", "\"attention_types\": \"global\"", "attention_types must be an array of groups", "got \"global\"")]
    [InlineData("bert", "\"intermediate_size\": 128, \"rotary_emb_fraction\": 1", "rotary_emb_fraction must be absent", "bert")]
    public void Keys_of_a_family_are_named_with_what_is_legal(string modelType, string keys, string message, string received) => Refused(
        $$"""{"model_type":"{{modelType}}","hidden_size":64,"num_hidden_layers":3,"num_attention_heads":4,{{keys}}}""", message, received);

    [Fact]
    public void Numbers_that_leave_the_range_of_the_record_are_refused_by_it()
    {
        string text = ImportTests.Tiny("\"initializer_range\": 1e200");
        Assert.Throws<InvalidArchitectureException>(() => ImportTests.Parse(text));
        Assert.Throws<InvalidArchitectureException>(() => ImportTests.Parse(text.Replace("1e200", "1e-200")));
    }

    private static void Refused(string text, string message, string received)
    {
        InputException error = Assert.Throws<InputException>(() => ImportTests.Parse(text));
        Assert.Contains("test.json", error.Message);
        Assert.Contains(message, error.Message);
        Assert.Contains(received, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }
}
