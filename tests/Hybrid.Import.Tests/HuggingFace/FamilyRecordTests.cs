using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Records;
using Xunit;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>What heads and experts of each family become in the record.</summary>
public class FamilyRecordTests
{
    private const string Rope = """{"rope":{"base":10000,"fraction":1}}""";

    private const string Expert = "\"intermediate_size\": 256, \"num_experts_per_tok\": 2";

    // Sizes of all: d = 64, L = 4, H = 4, 32 tokens, weights of standard deviation 0.02. What is not there is at its default.
    [Theory]
    [InlineData("llama", "", "attention.positions", Rope)]
    [InlineData("llama", "\"rope_theta\": 500000.0", "attention.positions", """{"rope":{"base":500000,"fraction":1}}""")]
    [InlineData("llama", "\"rope_theta\": \"500000.0\"", "attention.positions", """{"rope":{"base":500000,"fraction":1}}""")]
    [InlineData("llama", "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 7}", "attention.positions",
        """{"rope":{"base":7,"fraction":1}}""")]
    [InlineData("llama", "\"num_key_value_heads\": 2", "attention.keyValueHeads", "2")]
    [InlineData("llama", "\"num_key_value_heads\": 4", "attention.keyValueHeads", "")]
    [InlineData("llama", "\"head_dim\": 32", "attention.headWidth", "32")]
    [InlineData("llama", "\"head_dim\": 16", "attention.headWidth", "")]
    [InlineData("llama", "\"partial_rotary_factor\": 0", "attention.positions", "")]
    [InlineData("gpt2", "", "attention.positions", "")]
    [InlineData("gpt2", "\"scale_attn_by_inverse_layer_idx\": true", "attention.logitScale", "[1,0.5,0.3333333333333333,0.25]")]
    [InlineData("gpt2", "", "attention.logitScale", "")]
    [InlineData("gpt_neox", "", "attention.positions", """{"rope":{"base":10000,"fraction":0.25}}""")]
    [InlineData("gpt_neox", "\"rotary_pct\": 0.5, \"rotary_emb_base\": 100", "attention.positions",
        """{"rope":{"base":100,"fraction":0.5}}""")]
    [InlineData("gptj", "\"rotary_dim\": 8", "attention.positions", """{"rope":{"base":10000,"fraction":0.5}}""")]
    [InlineData("gptj", "\"rotary_dim\": null", "attention.positions", Rope)]
    [InlineData("phi", "", "attention.positions", """{"rope":{"base":10000,"fraction":0.5}}""")]
    [InlineData("phi", "\"partial_rotary_factor\": 0.25", "attention.positions", """{"rope":{"base":10000,"fraction":0.25}}""")]
    [InlineData("phi", "\"qk_layernorm\": true", "attention.queryKeyNorm", "\"head\"")]
    [InlineData("stablelm", "", "attention.positions", """{"rope":{"base":10000,"fraction":0.25}}""")]
    [InlineData("stablelm", "\"use_parallel_residual\": true", "wiring", "\"parallel\"")]
    [InlineData("phi3", "\"sliding_window\": 8", "mask", """{"window":8}""")]
    [InlineData("phi3", "\"sliding_window\": 32", "mask", "\"causal\"")]
    [InlineData("phi3", "\"sliding_window\": 0", "mask", "\"causal\"")]
    [InlineData("phi3", "\"sliding_window\": null", "mask", "\"causal\"")]
    [InlineData("mistral", "\"sliding_window\": 8", "mask", """{"window":8}""")]
    [InlineData("starcoder2", "\"sliding_window\": 8", "mask", """{"window":8}""")]
    [InlineData("qwen2", "\"sliding_window\": 8", "mask", "\"causal\"")]
    [InlineData("qwen2", "\"sliding_window\": 8, \"use_sliding_window\": true, \"max_window_layers\": 3", "mask",
        """["causal","causal","causal",{"window":8}]""")]
    [InlineData("qwen2", "\"sliding_window\": 8, \"use_sliding_window\": true, \"max_window_layers\": 0", "mask", """{"window":8}""")]
    [InlineData("qwen2", "\"sliding_window\": 8, \"use_sliding_window\": true", "mask", "\"causal\"")]
    [InlineData("qwen3", "\"head_dim\": 16", "attention.queryKeyNorm", "\"head\"")]
    [InlineData("gemma", "\"head_dim\": 16", "attention.softCap", "")]
    [InlineData("gemma2", "\"head_dim\": 16", "attention.softCap", "50")]
    [InlineData("gemma2", "\"head_dim\": 16, \"attn_logit_softcapping\": null", "attention.softCap", "")]
    [InlineData("gemma2", "\"head_dim\": 16, \"attn_logit_softcapping\": 30.0", "attention.softCap", "30")]
    [InlineData("gemma2", "\"head_dim\": 16, \"sliding_window\": 8", "mask", """[{"window":8},"causal",{"window":8},"causal"]""")]
    [InlineData("gemma3_text", "\"head_dim\": 16, \"sliding_window\": 8, \"sliding_window_pattern\": 3", "mask",
        """[{"window":8},{"window":8},"causal",{"window":8}]""")]
    [InlineData("gemma3_text", "\"head_dim\": 16, \"sliding_window_pattern\": 2, \"rope_local_base_freq\": 5", "attention.positions",
        """[{"rope":{"base":5,"fraction":1}},{"rope":{"base":1000000,"fraction":1}},"""
        + """{"rope":{"base":5,"fraction":1}},{"rope":{"base":1000000,"fraction":1}}]""")]
    [InlineData("gemma3_text", "\"head_dim\": 16, \"layer_types\": [\"full_attention\", \"sliding_attention\", \"full_attention\","
        + " \"full_attention\"], \"sliding_window\": 4", "mask", """["causal",{"window":4},"causal","causal"]""")]
    [InlineData("gemma3_text", "\"head_dim\": 16, \"sliding_window_pattern\": 4, \"rope_parameters\": {\"full_attention\": "
        + "{\"rope_theta\": 9,"
        + " \"rope_type\": \"default\"}, \"sliding_attention\": {\"rope_theta\": 3, \"rope_type\": \"default\"}}", "attention.positions",
        """[{"rope":{"base":3,"fraction":1}},{"rope":{"base":3,"fraction":1}},{"rope":{"base":3,"fraction":1}},"""
        + """{"rope":{"base":9,"fraction":1}}]""")]
    [InlineData("gemma3_text", "\"head_dim\": 16", "attention.queryKeyNorm", "\"head\"")]
    [InlineData("gpt_oss", Expert + ", \"num_local_experts\": 8, \"sliding_window\": 8", "mask",
        """[{"window":8},"causal",{"window":8},"causal"]""")]
    [InlineData("gpt_oss", Expert + ", \"num_local_experts\": 8", "attention.sink", "0")]
    [InlineData("gpt_oss", Expert + ", \"num_local_experts\": 8", "attention.headWidth", "64")]
    [InlineData("cohere", "", "attention.positions", Rope)]
    [InlineData("cohere", "\"use_qk_norm\": true", "attention.queryKeyNorm", "\"head\"")]
    [InlineData("cohere2", "\"sliding_window\": 8", "mask", """[{"window":8},{"window":8},{"window":8},"causal"]""")]
    [InlineData("cohere2", "", "attention.positions", "[" + Rope + "," + Rope + "," + Rope + ",\"none\"]")]
    [InlineData("smollm3", "\"rope_theta\": 10000", "attention.positions", "[" + Rope + "," + Rope + "," + Rope + ",\"none\"]")]
    [InlineData("smollm3", "\"rope_theta\": 10000, \"no_rope_layers\": [0, 1, 1, 0]", "attention.positions",
        "[\"none\"," + Rope + "," + Rope + ",\"none\"]")]
    [InlineData("smollm3", "\"no_rope_layers\": [1, 1, 1, 1]", "attention.positions", """{"rope":{"base":2000000,"fraction":1}}""")]
    [InlineData("llama4_text", Expert + ", \"num_local_experts\": 8, \"rope_theta\": 10000", "attention.positions",
        "[" + Rope + "," + Rope + "," + Rope + ",\"none\"]")]
    [InlineData("llama4_text", Expert + ", \"num_local_experts\": 8", "attention.queryKeyNorm", "\"head\"")]
    // 64 · 4e-4 where queries and keys are not normalised, which the layer without positions does not do
    [InlineData("llama4_text", Expert + ", \"num_local_experts\": 8", "attention.logitStd", "1")]
    [InlineData("llama4_text", Expert + ", \"num_local_experts\": 8", "attention.logitScale", "[1,1,1,0.0256]")]
    [InlineData("llama4_text", Expert + ", \"num_local_experts\": 8, \"use_qk_norm\": false", "attention.logitScale", "")]
    [InlineData("llama4_text", Expert + ", \"num_local_experts\": 8, \"no_rope_layers\": [1, 1, 1, 1]", "attention.logitScale", "")]
    [InlineData("smollm3", "\"use_sliding_window\": true, \"sliding_window\": 8", "mask", """["causal","causal","causal",{"window":8}]""")]
    [InlineData("smollm3", "\"use_sliding_window\": true, \"sliding_window\": 8, \"no_rope_layers\": [0, 1, 1, 1]", "mask",
        """[{"window":8},"causal","causal","causal"]""")]
    [InlineData("llama4_text", Expert + ", \"num_local_experts\": 8, \"use_qk_norm\": false", "attention.queryKeyNorm", "")]
    [InlineData("llama4_text", Expert + ", \"num_local_experts\": 8", "mask", "\"causal\"")]
    [InlineData("olmo", "", "attention.queryKeyNorm", "")]
    [InlineData("olmo2", "", "attention.queryKeyNorm", "\"all\"")]
    // queries and keys turned by YaRN are doubled each, in the layer without a window alone
    [InlineData("olmo3", "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, \"attention_factor\": 2}", "attention.logitStd", "4")]
    [InlineData("olmo3", "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, \"attention_factor\": 2}", "attention.logitScale",
        "[0.25,0.25,0.25,1]")]
    [InlineData("gemma3_text", "\"head_dim\": 16, \"query_pre_attn_scalar\": 16, \"sliding_window_pattern\": 2, \"rope_scaling\": "
        + "{\"rope_type\": \"yarn\", \"factor\": 4, \"attention_factor\": 2}", "attention.logitScale", "[0.25,1,0.25,1]")]
    [InlineData("olmo2", "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4, \"attention_factor\": 2}", "attention.logitScale", "")]
    [InlineData("olmo3", "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 9}, \"sliding_attention\": {\"rope_theta\": 3}}",
        "attention.positions", """[{"rope":{"base":3,"fraction":1}},{"rope":{"base":3,"fraction":1}},{"rope":{"base":3,"fraction":1}},"""
        + """{"rope":{"base":9,"fraction":1}}]""")]
    [InlineData("olmo3", "\"sliding_window\": 8, \"sliding_window_pattern\": 2, \"layer_types\": [\"full_attention\", \"full_attention\","
        + " \"full_attention\", \"sliding_attention\"]", "mask", """["causal","causal","causal",{"window":8}]""")]
    [InlineData("olmo3", "\"sliding_window\": 8", "mask", """[{"window":8},{"window":8},{"window":8},"causal"]""")]
    [InlineData("falcon", "", "attention.keyValueHeads", "1")]
    [InlineData("falcon", "\"multi_query\": false", "attention.keyValueHeads", "")]
    [InlineData("falcon", "\"new_decoder_architecture\": true, \"num_kv_heads\": 2", "attention.keyValueHeads", "2")]
    [InlineData("falcon", "", "attention.positions", Rope)]
    [InlineData("falcon", "\"alibi\": true, \"rope_theta\": 10000.0", "attention.positions", "\"alibi\"")]
    [InlineData("gpt_bigcode", "\"multi_query\": true", "attention.keyValueHeads", "1")]
    [InlineData("gpt_bigcode", "", "attention.keyValueHeads", "1")]
    [InlineData("gpt_bigcode", "\"multi_query\": false", "attention.keyValueHeads", "")]
    [InlineData("gpt_neo", "\"window_size\": 8", "mask", """["causal",{"window":8},"causal",{"window":8}]""")]
    [InlineData("gpt_neo", "\"window_size\": 8, \"attention_layers\": [\"local\", \"local\", \"global\", \"global\"]", "mask",
        """[{"window":8},{"window":8},"causal","causal"]""")]
    [InlineData("gpt_neo", "\"window_size\": 8, \"attention_types\": [[[\"global\"], 1], [[\"local\", \"global\", \"local\"], 1]]", "mask",
        """["causal",{"window":8},"causal",{"window":8}]""")]
    [InlineData("gpt_neo", "", "attention.positions", "")]
    [InlineData("codegen", "\"rotary_dim\": 8", "attention.positions", """{"rope":{"base":10000,"fraction":0.5}}""")]
    [InlineData("codegen", "", "wiring", "\"parallel\"")]
    [InlineData("eurobert", "", "mask", "\"none\"")]
    [InlineData("glm", "\"head_dim\": 16", "attention.positions", """{"rope":{"base":10000,"fraction":0.5}}""")]
    [InlineData("glm", "", "norm", "\"pre\"")]
    [InlineData("glm4", "", "norm", "\"peri\"")]
    [InlineData("exaone4", "", "norm", "\"output\"")]
    [InlineData("exaone4", "", "attention.queryKeyNorm", "\"head\"")]
    [InlineData("exaone4", "", "attention.positions", "[" + Rope + "," + Rope + "," + Rope + ",\"none\"]")]
    [InlineData("exaone4", "\"sliding_window\": null", "attention.positions", Rope)]
    [InlineData("cohere2", "\"sliding_window\": null", "attention.positions", "[" + Rope + "," + Rope + "," + Rope + ",\"none\"]")]
    [InlineData("dots1", "\"sliding_window\": 8", "mask", "\"causal\"")]
    [InlineData("dots1", "\"sliding_window\": 8, \"max_window_layers\": 3", "mask", """["causal","causal","causal",{"window":8}]""")]
    [InlineData("dots1", "", "attention.queryKeyNorm", "\"head\"")]
    [InlineData("minimax_m2", Expert + ", \"num_local_experts\": 8, \"use_qk_norm\": true, \"qk_norm_type\": \"per_layer\"",
        "attention.queryKeyNorm", "\"all\"")]
    [InlineData("minimax_m2", Expert + ", \"num_local_experts\": 8, \"head_dim\": 32, \"rotary_dim\": 16", "attention.positions",
        """{"rope":{"base":5000000,"fraction":0.5}}""")]
    [InlineData("ernie4_5", "", "attention.headWidth", "128")]
    [InlineData("ernie4_5", "\"head_dim\": null", "attention.headWidth", "")]
    [InlineData("llama4_text", Expert + ", \"num_local_experts\": 8", "attention.headWidth", "128")]
    [InlineData("hunyuan_v1_dense", "\"use_cla\": false, \"cla_share_factor\": 2", "attention.queryKeyNorm", "\"head\"")]
    [InlineData("hunyuan_v1_dense", "\"use_qk_norm\": false", "attention.queryKeyNorm", "")]
    [InlineData("RefinedWebModel", "", "attention.keyValueHeads", "")]
    [InlineData("RefinedWebModel", "\"multi_query\": true", "attention.keyValueHeads", "1")]
    [InlineData("RefinedWeb", "\"n_head_kv\": 2", "attention.keyValueHeads", "2")]
    [InlineData("RefinedWebModel", "\"alibi\": true", "attention.positions", "\"alibi\"")]
    [InlineData("nomic_bert", "", "attention.positions", """{"rope":{"base":1000,"fraction":1}}""")]
    [InlineData("nomic_bert", "\"rotary_emb_fraction\": 0.5, \"rotary_emb_base\": 7", "attention.positions",
        """{"rope":{"base":7,"fraction":0.5}}""")]
    [InlineData("nomic_bert", "\"causal\": true", "mask", "\"causal\"")]
    [InlineData("esm", "\"position_embedding_type\": \"rotary\"", "attention.positions", Rope)]
    [InlineData("esm", "", "attention.positions", "")]
    [InlineData("ernie4_5", "", "attention.positions", """{"rope":{"base":500000,"fraction":1}}""")]
    [InlineData("seed_oss", "", "attention.headWidth", "128")]
    [InlineData("helium", "", "attention.positions", """{"rope":{"base":100000,"fraction":1}}""")]
    [InlineData("ministral", "\"sliding_window\": 8", "mask", """{"window":8}""")]
    [InlineData("mimo", "\"sliding_window\": 8", "mask", "\"causal\"")]
    [InlineData("qwen3_moe", Expert + ", \"moe_intermediate_size\": 64, \"num_experts\": 8, \"use_sliding_window\": true, "
        + "\"sliding_window\": 8", "mask", """{"window":8}""")]
    [InlineData("qwen2_moe", Expert + ", \"moe_intermediate_size\": 64, \"num_experts\": 8, \"use_sliding_window\": true, "
        + "\"sliding_window\": 8, \"max_window_layers\": 3", "mask", """[{"window":8},"causal",{"window":8},"causal"]""")]
    // √16 · 64 · 4e-4, with no 1/√16 before it
    [InlineData("gpt_neo", "", "attention.logitStd", "0.1024")]
    [InlineData("bloom", "", "attention.positions", "\"alibi\"")]
    [InlineData("mpt", "", "attention.positions", "\"alibi\"")]
    [InlineData("mpt", "\"attn_config\": {\"qk_ln\": true}", "attention.queryKeyNorm", "\"all\"")]
    [InlineData("mpt", "\"attn_config\": {\"kv_n_heads\": 2}", "attention.keyValueHeads", "2")]
    [InlineData("baichuan", "", "attention.positions", Rope)]
    [InlineData("baichuan", "\"max_position_embeddings\": ABSENT", "attention.positions", "\"alibi\"")]
    [InlineData("bert", "", "attention.positions", "")]
    [InlineData("bert", "\"position_embedding_type\": \"alibi\"", "attention.positions", "\"alibi\"")]
    [InlineData("roberta", "", "mask", "\"none\"")]
    [InlineData("modernbert", "", "attention.positions", """[{"rope":{"base":160000,"fraction":1}},{"rope":{"base":10000,"fraction":1}},"""
        + """{"rope":{"base":10000,"fraction":1}},{"rope":{"base":160000,"fraction":1}}]""")]
    [InlineData("modernbert", "", "mask", "\"none\"")]
    [InlineData("modernbert", "", "norm", "\"pre\"")]
    [InlineData("modernbert", "", "gated", "true")]
    [InlineData("granite", "", "attention.positions", Rope)]
    [InlineData("minicpm", "", "attention.positions", Rope)]
    [InlineData("opt", "", "attention.positions", "")]
    [InlineData("qwen", "", "attention.positions", Rope)]
    [InlineData("phi4mm", "\"partial_rotary_factor\": 0.75", "attention.positions", """{"rope":{"base":10000,"fraction":0.75}}""")]
    public void A_field_is_what_the_familys_code_does(string modelType, string keys, string path, string expected) =>
        Assert.Equal(expected, Field(Parse(modelType, keys).Architecture, path));

    // σ_r = σ_w = 0.02 √64 = 0.16
    [Theory]
    [InlineData("mixtral", "\"num_local_experts\": 8", 8, "renormalised", 1, 0, 0, 256)]
    [InlineData("mixtral", "\"num_local_experts\": 0", 0, "", 0, 0, 0, 256)]
    [InlineData("granitemoe", "\"num_local_experts\": 8", 8, "renormalised", 1, 0, 0, 256)]
    [InlineData("granitemoeshared", "\"num_local_experts\": 8, \"shared_intermediate_size\": 512", 8, "renormalised", 1, 2, 0, 256)]
    [InlineData("gpt_oss", "\"num_local_experts\": 8", 8, "renormalised", 1, 0, 0, 256)]
    [InlineData("olmoe", "\"num_experts\": 8", 8, "softmax", 1, 0, 0, 256)]
    [InlineData("olmoe", "\"num_experts\": 8, \"norm_topk_prob\": true", 8, "renormalised", 1, 0, 0, 256)]
    [InlineData("qwen3_moe", "\"num_experts\": 8, \"norm_topk_prob\": true", 8, "renormalised", 1, 0, 0, 64)]
    [InlineData("qwen3_moe", "\"num_experts\": 8, \"norm_topk_prob\": false, \"mlp_only_layers\": [0, 1]", 8, "softmax", 1, 0, 2, 64)]
    [InlineData("qwen3_moe", "\"num_experts\": 8, \"mlp_only_layers\": [0, 1, 2, 3]", 0, "", 0, 0, 0, 256)]
    [InlineData("deepseek", "\"n_routed_experts\": 8, \"n_shared_experts\": 2, \"first_k_dense_replace\": 1", 8, "softmax", 1, 2, 1, 64)]
    [InlineData("deepseek", "\"n_routed_experts\": 8, \"norm_topk_prob\": true", 8, "renormalised", 1, 0, 0, 64)]
    [InlineData("dots1", "\"n_routed_experts\": 8, \"n_shared_experts\": 2, \"first_k_dense_replace\": 1, \"norm_topk_prob\": true,"
        + " \"scoring_func\": \"noaux_tc\", \"routed_scaling_factor\": 2.5", 8, "sigmoid", 2.5, 2, 1, 64)]
    [InlineData("minimax_m2", "\"num_local_experts\": 8, \"scoring_func\": \"sigmoid\"", 8, "sigmoid", 1, 0, 0, 256)]
    [InlineData("deepseek", "\"use_cache\": true", 0, "", 0, 0, 0, 256)]
    // what the classes of configurations have where a file says nothing
    [InlineData("deepseek_v3", "\"kv_lora_rank\": 16, \"n_routed_experts\": 8", 8, "sigmoid", 2.5, 1, 3, 64)]
    [InlineData("glm4_moe", "\"n_routed_experts\": 8", 8, "sigmoid", 1, 1, 1, 64)]
    // DeepSeek-V2's code multiplies by routed_scaling_factor in the place of normalising
    [InlineData("deepseek_v2", "\"kv_lora_rank\": 16, \"n_routed_experts\": 8, \"routed_scaling_factor\": 16,"
        + " \"norm_topk_prob\": true", 8, "renormalised", 1, 0, 0, 64)]
    // 5632/64 times E σ(0.16 z)²
    [InlineData("qwen2_moe", "\"num_experts\": 8", 8, "softmax", 1, 88 * 0.2515813, 0, 64)]
    // E σ(0.16 z)² = 1/4 + 0.16²/16 − 0.16⁴/32 + …
    [InlineData("qwen2_moe", "\"num_experts\": 8, \"shared_expert_intermediate_size\": 128", 8, "softmax", 1, 2 * 0.25158, 0, 64)]
    [InlineData("deepseek_v2", "\"kv_lora_rank\": 16, \"n_routed_experts\": 8, \"n_shared_experts\": 2, \"routed_scaling_factor\": 16,"
        + " \"first_k_dense_replace\": 1, \"scoring_func\": \"softmax\", \"norm_topk_prob\": false", 8, "softmax", 16, 2, 1, 64)]
    [InlineData("deepseek_v3", "\"kv_lora_rank\": 16, \"n_routed_experts\": 8, \"n_shared_experts\": 1, \"routed_scaling_factor\": 2.5,"
        + " \"first_k_dense_replace\": 3", 8, "sigmoid", 2.5, 1, 3, 64)]
    [InlineData("llama4_text", "\"num_local_experts\": 8, \"num_experts_per_tok\": 1", 8, "sigmoid", 1, 1, 0, 256)]
    // a list that names no layer
    [InlineData("llama4_text", "\"num_local_experts\": 8, \"moe_layers\": [], \"intermediate_size_mlp\": 256", 0, "", 0, 0, 0, 256)]
    [InlineData("deepseek_v3", "\"kv_lora_rank\": 16, \"n_routed_experts\": 8, \"mlp_layer_types\": [\"dense\", \"sparse\", \"sparse\","
        + " \"sparse\"]", 8, "sigmoid", 2.5, 1, 1, 64)]
    [InlineData("ernie4_5_moe", "\"moe_num_experts\": 8", 8, "renormalised", 1, 2, 1, 64)]
    [InlineData("ernie4_5_moe", "\"moe_num_experts\": 8, \"moe_k\": 2, \"moe_num_shared_experts\": 0, \"moe_layer_start_index\": 0,"
        + " \"moe_layer_end_index\": -1, \"moe_layer_interval\": 1, \"moe_capacity\": [64, 64, 64],"
        + " \"moe_use_aux_free\": true, \"moe_gate\": \"topk\","
        + " \"moe_norm_min\": 1e-12", 8, "renormalised", 1, 0, 0, 64)]
    [InlineData("ernie4_5_moe", "\"moe_num_experts\": 8, \"moe_num_shared_experts\": 1, \"moe_layer_start_index\": 3,"
        + " \"moe_layer_end_index\": 3", 8, "renormalised", 1, 1, 3, 64)]
    public void Experts_are_those_of_the_familys_code(
        string modelType, string keys, int count, string gate, double scale, double shared, int dense, int width)
    {
        string active = keys.Contains("num_experts_per_tok") ? "" : ", \"num_experts_per_tok\": 2";
        bool hasOwn = modelType.StartsWith("qwen", StringComparison.Ordinal) || modelType.StartsWith("deepseek", StringComparison.Ordinal)
            || modelType is "glm4_moe" or "dots1" or "ernie4_5_moe";
        string own = hasOwn ? ", \"moe_intermediate_size\": 64" : "";
        Architecture record = Parse(modelType, "\"intermediate_size\": 256" + own + active + ", " + keys).Architecture;
        Assert.Equal(width, record.MlpWidth);
        Assert.Equal(0.02 * Math.Sqrt(width), record.Mlp.OutStd, 1e-14);
        if (count == 0)
        {
            Assert.Null(record.Mlp.Experts);
            return;
        }

        Experts experts = record.Mlp.Experts!.Value;
        JsonNode node = JsonNode.Parse(Field(record, "mlp.experts"))!;
        Assert.Equal((count, gate, dense), (experts.Count, (string)node["gate"]!, experts.Dense));
        Assert.Equal(scale, experts.Scale);
        Assert.Equal(shared, experts.Shared, 1e-5 * Math.Max(1, shared));
        // uniform between ±1/√d in the code that is published with DeepSeekMoE and DeepSeek-V2
        Assert.Equal(modelType is "deepseek" or "deepseek_v2" ? Math.Sqrt(1 / 3.0) : 0.16, experts.RouterStd, 1e-14);
        // W_2 of a dense layer of 256 hidden units has √(256/64) times an expert's σ_v
        Assert.Equal(dense > 0 ? 2 : 1, record.Mlp.Branch.At(1), 1e-14);
        Assert.Equal(1, record.Mlp.Branch.At(4), 1e-14);
    }

    // 10⁴ · 128 to the power of 16/14
    [Fact]
    public void Alpha_of_a_dynamic_scaling_makes_the_base_larger_at_any_length()
    {
        const string scaling = "\"rope_scaling\": {\"type\": \"dynamic\", \"alpha\": 128, \"factor\": 1}";
        Positions positions = Parse("hunyuan_v1_dense", scaling).Architecture.Attention.Head.Positions;
        Assert.Equal(2.56e6, Assert.IsType<Positions.Rope>(positions).baseFrequency, 1e-6);
    }

    // Of 160 heads all divide; null is not absent.
    [Theory]
    [InlineData("mistral", 8, "")]
    [InlineData("ministral", 8, "")]
    [InlineData("mixtral", 8, Expert + ", \"num_local_experts\": 8")]
    [InlineData("qwen2", 32, "")]
    [InlineData("mimo", 32, "")]
    [InlineData("qwen2_moe", 16, Expert + ", \"num_experts\": 8, \"moe_intermediate_size\": 64")]
    [InlineData("qwen3", 32, "")]
    [InlineData("qwen3_moe", 4, Expert + ", \"num_experts\": 8, \"moe_intermediate_size\": 64")]
    [InlineData("starcoder2", 2, "")]
    [InlineData("stablelm", 32, "")]
    [InlineData("gemma", 16, "")]
    [InlineData("gemma2", 4, "")]
    [InlineData("gemma3_text", 4, "")]
    [InlineData("glm", 2, "")]
    [InlineData("glm4", 2, "")]
    [InlineData("glm4_moe", 8, Expert + ", \"n_routed_experts\": 8, \"moe_intermediate_size\": 64")]
    [InlineData("ernie4_5", 2, "")]
    [InlineData("ernie4_5_moe", 4, Expert + ", \"moe_num_experts\": 8, \"moe_intermediate_size\": 64")]
    [InlineData("helium", 20, "")]
    [InlineData("seed_oss", 8, "")]
    [InlineData("smollm3", 4, "")]
    [InlineData("exaone4", 32, "")]
    [InlineData("dots1", 32, "")]
    [InlineData("gpt_oss", 8, Expert + ", \"num_local_experts\": 8")]
    [InlineData("llama4_text", 8, Expert + ", \"num_local_experts\": 8")]
    [InlineData("minimax_m2", 8, Expert + ", \"num_local_experts\": 8")]
    public void Heads_of_keys_and_values_that_a_file_leaves_out_are_its_classs(string modelType, int shared, string keys)
    {
        LoadedArchitecture absent = Heads("\"use_cache\": true"), none = Heads("\"num_key_value_heads\": null");
        Assert.Equal(shared, absent.Import!.Model.Head.KeyValueHeads);
        Assert.Contains($"num_key_value_heads is missing: {shared}, the default of the family's code", absent.Import.Notes);
        Assert.Equal(160, none.Import!.Model.Head.KeyValueHeads);

        LoadedArchitecture Heads(string more) => ImportTests.Parse(Text(modelType, keys == "" ? more : $"{keys}, {more}")
            .Replace("\"num_attention_heads\":4", "\"num_attention_heads\":160").Replace("\"hidden_size\":64", "\"hidden_size\":320"));
    }

    [Fact]
    public void Heads_that_the_classs_number_of_keys_and_values_does_not_divide_have_their_own()
    {
        LoadedArchitecture loaded = Parse("mistral", "");
        Assert.Equal(4, loaded.Import!.Model.Head.KeyValueHeads);
        Assert.Contains(loaded.Import.Notes, note => note.StartsWith(
            "num_key_value_heads is missing, and the default of the family's code, 8, does not divide 4 heads", StringComparison.Ordinal));
    }

    [Fact]
    public void Queries_latent_vectors_have_the_classs_coordinates_where_a_file_leaves_them_out_and_null_means_none()
    {
        const string keys = "\"kv_lora_rank\": 16, \"n_routed_experts\": 8, \"moe_intermediate_size\": 64, \"num_experts_per_tok\": 2";
        Architecture absent = Parse("deepseek_v3", keys).Architecture;
        Assert.Equal(Parse("deepseek_v3", keys + ", \"q_lora_rank\": 1536").Architecture, absent);
        // of 1536 or of the token's 64 coordinates
        double none = Parse("deepseek_v3", keys + ", \"q_lora_rank\": null").Architecture.Attention.LogitStd;
        Assert.Equal(Math.Sqrt(1536 / 64.0), absent.Attention.LogitStd / none, 1e-12);
    }

    [Fact]
    public void Gpt_oss_turns_as_its_class_has_it_where_a_file_does_not_say()
    {
        const string keys = Expert + ", \"num_local_experts\": 8";
        LoadedArchitecture absent = Parse("gpt_oss", keys);
        const string yarn = "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 32, \"original_max_position_embeddings\": 4096,"
            + " \"truncate\": false}";
        Assert.Equal(Parse("gpt_oss", $"{keys}, {yarn}").Architecture, absent.Architecture);
        Assert.Contains(
            "rope_scaling is missing: yarn of factor 32 and 4096 tokens, the default of the family's code", absent.Import!.Notes);
        Assert.Equal(64 * 4e-4, Parse("gpt_oss", keys + ", \"rope_scaling\": null").Architecture.Attention.LogitStd, 1e-15);
    }

    // s⁴ is below double precision, and logits are 0 whichever share of them turns; beyond it the logits are what is refused.
    [Fact]
    public void Weights_whose_logits_leave_double_precision_are_not_said_to_turn_by_no_number()
    {
        string text = Text("deepseek_v3", "\"kv_lora_rank\": 16, \"n_routed_experts\": 8, \"moe_intermediate_size\": 64,"
            + " \"num_experts_per_tok\": 2");
        Assert.Equal(0, ImportTests.Parse(text.Replace("0.02", "1e-100")).Architecture.Attention.LogitStd);
        string message = Assert.Throws<InvalidArchitectureException>(() => ImportTests.Parse(text.Replace("0.02", "1e100"))).Message;
        Assert.Contains("attention.logitStd", message);
        Assert.DoesNotContain("fraction", message);
    }

    // 2³² coordinates of values: more than an integer holds
    [Fact]
    public void Many_wide_heads_have_values_as_large_as_their_number_makes_them()
    {
        LoadedArchitecture loaded = ImportTests.Parse(
            Text("llama", "\"head_dim\": 256").Replace("\"num_attention_heads\":4", "\"num_attention_heads\":16777216"));
        Assert.Equal(4e-4 * 8 * 65536, loaded.Architecture.Attention.ValueStd, 1e-9);
    }

    [Fact]
    public void Weights_that_are_cut_off_vary_less()
    {
        // 1 − 4 φ(2)/(2 Φ(2) − 1) = 0.773741; the projections are smaller by 1/√(2L)
        Architecture record = Parse("modernbert", "").Architecture;
        Assert.Equal(64 * 4e-4 * 0.773741, record.Mlp.InStd * record.Mlp.InStd, 1e-7);
        Assert.Equal(1 / Math.Sqrt(8), record.Mlp.Branch.At(1), 1e-15);
        Assert.Equal((1, 0), (record.Input.Norm, record.Input.Correlation));
        // at 3 where the file says null: 1 − 6 φ(3)/(2 Φ(3) − 1) = 0.973337
        record = Parse("modernbert", "\"initializer_cutoff_factor\": null").Architecture;
        Assert.Equal(64 * 4e-4 * 0.973337, record.Mlp.InStd * record.Mlp.InStd, 1e-7);
    }

    [Theory]
    [InlineData("modernbert", "\"local_attention\": 8", "windows of 4 tokens to each side are not modelled")]
    [InlineData("modernbert", "", "windows of 64 tokens to each side change nothing among 32")]
    [InlineData("llama4_text", "\"num_local_experts\": 8", "attention within chunks of 8192 tokens changes nothing among 32")]
    [InlineData("llama4_text", "\"num_local_experts\": 8, \"attention_chunk_size\": 16", "chunks of 16 tokens is not modelled")]
    [InlineData("llama4_text", "\"num_local_experts\": 8", "layers without positions do not normalise queries and keys: their logits are "
        + "0.0256 times the others' here")]
    [InlineData("llama4_text", "\"num_local_experts\": 8", "the router's logistic function multiplies what goes into a chosen expert")]
    // published with the number 4 in the place of true
    [InlineData("llama4_text", "\"num_local_experts\": 8, \"floor_scale\": 16, \"attn_temperature_tuning\": 4",
        "attn_temperature_tuning of logits from token 16 on is not modelled")]
    [InlineData("mistral", "", "windows of 4096 tokens change nothing among 32")]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 0", "windows of 4096 tokens change nothing among 32")]
    [InlineData("granite", "", "logits are multiplied by 1 and not by 1/√d_h")]
    [InlineData("mpt", "", "draws weights as init_config says")]
    [InlineData("mpt", "\"attn_config\": {\"clip_qkv\": 0.1}", "clipping of queries, keys and values at ±0.1 is not modelled")]
    [InlineData("starcoder2", "\"norm_epsilon\": 0.001", "ε = 0.001 is 250% of q₀")]
    [InlineData("llama4_text", "\"num_local_experts\": 8, \"floor_scale\": 16", "attn_temperature_tuning of logits from token 16 "
        + "on is not modelled")]
    [InlineData("qwen2_moe", "\"num_experts\": 8, \"shared_expert_intermediate_size\": 64", "the shared expert's own gate")]
    [InlineData("falcon", "\"alibi\": true", "the code divides ALiBi's slopes by √d_h together with the logits, which is not modelled")]
    [InlineData("bloom", "\"num_attention_heads\": 2, \"n_head\": 2", "")]
    [InlineData("deepseek_v2", "\"kv_lora_rank\": 16, \"n_routed_experts\": 8", "transformers' own code of deepseek_v2 never renormalises")]
    public void What_a_family_does_besides_is_said(string modelType, string keys, string note)
    {
        string experts = !keys.Contains("experts") ? "" : modelType is "qwen2_moe" or "deepseek_v2"
            ? Expert + ", \"moe_intermediate_size\": 64, "
            : Expert + ", ";
        IReadOnlyList<string> notes = Parse(modelType, experts + keys).Import!.Notes;
        bool right = note == "" ? notes.All(text => !text.Contains("ALiBi")) : notes.Any(text => text.Contains(note));
        Assert.True(right, string.Join('\n', notes));
    }

    // Power of a routed branch over that of one expert, of many tokens whose logits are drawn.
    [Theory]
    [InlineData("qwen3-30b-a3b", 0.144)]
    [InlineData("gpt-oss-20b", 0.298)]
    public void A_routed_branch_has_the_power_that_its_gates_leave(string file, double expected)
    {
        const int Count = 20000;
        Experts experts = ImportTests.Load(file).Architecture.Mlp.Experts!.Value;
        Assert.True(experts.Gate.IsRenormalised);
        Random random = new(1);
        double[] powers = [.. Enumerable.Range(0, Count).Select(_ => Power())];
        double mean = powers.Average();
        double error = Math.Sqrt(powers.Sum(power => (power - mean) * (power - mean)) / Count / Count);
        // three digits are given
        Assert.Equal(expected, mean, 0.0005 + (4 * error));

        double Power()
        {
            double[] gates = [.. Enumerable.Range(0, experts.Count).Select(_ => Math.Exp(experts.RouterStd * Normal()))
                .OrderDescending().Take(experts.Active)];
            return gates.Sum(gate => gate * gate) / Math.Pow(gates.Sum(), 2);
        }

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    [Fact]
    public void Tokens_that_are_asked_for_decide_which_windows_matter()
    {
        using Hybrid.Lab.Tests.TemporaryFolder folder = new();
        string file = folder.Write("test.json", Text("mistral", "\"sliding_window\": 100"));
        Assert.True(ArchitectureSource.Read(file).Architecture.Mask.IsCausal);
        Architecture asked = ArchitectureSource.Read(file, null, 101).Architecture;
        Assert.Equal(101, asked.Tokens);
        Assert.Equal("""{"window":100}""", Field(asked, "mask"));
        Assert.True(ArchitectureSource.Read(file, null, 100).Architecture.Mask.IsCausal);
    }

    [Fact]
    public void A_smaller_depth_keeps_the_first_layers_of_every_list()
    {
        string keys = "\"kv_lora_rank\": 16, \"n_routed_experts\": 8, \"first_k_dense_replace\": 3, "
            + "\"moe_intermediate_size\": 64, " + Expert;
        Architecture routed = ArchitectureOverrides.Apply(Parse("deepseek_v3", keys).Architecture, ["depth=2"]);
        Assert.Equal((2, 2, 2), (routed.Depth, routed.Mlp.Experts!.Value.Dense, routed.Mlp.Branch.Values.Length));
        Architecture layered = Parse("cohere2", "\"sliding_window\": 8").Architecture;
        Architecture shorter = ArchitectureOverrides.Apply(layered, ["depth=3"]);
        Assert.Equal("[" + Rope + "," + Rope + "," + Rope + "]", Field(shorter, "attention.positions"));
        Assert.Equal("""{"window":8}""", Field(shorter, "mask"));
        Assert.Throws<InvalidArchitectureException>(() => ArchitectureOverrides.Apply(layered, ["depth=5"]));
    }

    /// <summary>A field as the record's JSON has it; "" where it is left out.</summary>
    private static string Field(Architecture record, string path)
    {
        JsonNode? node = ArchitectureJson.ToNode(record);
        foreach (string part in path.Split('.'))
            node = node?[part];
        return node?.ToJsonString() ?? "";
    }

    internal static LoadedArchitecture Parse(string modelType, string keys) => ImportTests.Parse(Text(modelType, keys));

    private static string Text(string modelType, string keys)
    {
        string context = keys.Contains("ABSENT") ? "" : ",\"max_position_embeddings\":32";
        string own = keys.Contains("ABSENT") || keys == "" ? "" : "," + keys;
        string heads = keys.Contains("\"n_head\"") ? "" : ",\"num_attention_heads\":4";
        string mlp = keys.Contains("\"intermediate_size\"") ? "" : ",\"intermediate_size\":256";
        string sizes = "\"initializer_range\":0.02,\"hidden_size\":64,\"num_hidden_layers\":4";
        return $$"""{"model_type":"{{modelType}}",{{sizes}}{{heads}}{{context}}{{mlp}}{{own}}}""";
    }
}
