using Hybrid.Import.HuggingFace;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>What the theory does not model is said, and what is not understood is listed.</summary>
public class ImportNotesTests
{
    [Theory]
    [InlineData("gpt2", "σ_A = 0.3072, σ_V = 0.3072, σ_w = 0.5543, σ_v = 1.109")]
    [InlineData("gpt2", "W_O and W_2 carry 1/√(2L) = 0.2041, as attention.branch and mlp.branch; do not count it twice")]
    [InlineData("gpt2", "dropout is taken as off, as in evaluation: attn_pdrop, embd_pdrop, resid_pdrop")]
    [InlineData("gpt2", "ε = 1E-05 is 1.3% of q₀")]
    [InlineData("gpt2", "embeddings this small make the first block unlike the others")]
    [InlineData("gpt-neox-20b", "rotary positions are not modelled")]
    [InlineData("gpt-neox-20b", "small_init, wang_init")]
    [InlineData("bert-base", "normalised sum of token, position and the segment that all share: q₀ = 1, ρ₀ = 0.3333")]
    [InlineData("llama-7b", "give --residual-scaling depth, and do not count it twice")]
    [InlineData("llama-7b", "tokens are 64 unless --set tokens=N says otherwise (context 2048)")]
    [InlineData("mistral-7b", "8 key and value heads for 32 query heads are not modelled")]
    [InlineData("mistral-7b", "sliding windows of 4096 tokens are not modelled")]
    [InlineData("olmo-7b", "init_fn mitchell")]
    [InlineData("olmo2-7b", "QK-norm is not modelled: it keeps the logits' standard deviation at 1")]
    [InlineData("gemma-7b", "hidden_act gelu is read as its tanh approximation")]
    [InlineData("gemma-7b", "token vectors times √d: q₀ = 1.229")]
    [InlineData("gemma2-9b", "soft-capping of logits at 50 is not modelled: at their standard deviation it changes them by about 0.027%")]
    [InlineData("gemma3-1b", "QK-norm is exact for wide heads")]
    [InlineData("gemma3-4b", "only text_config, the text model, and the standard deviation around it are read")]
    [InlineData("gemma3-4b", "text_config.num_attention_heads is missing: 8")]
    [InlineData("vit-base", "the class token is taken as one more patch")]
    [InlineData("vit-base", "independent pixels of unit variance")]
    public void A_family_says_what_is_assumed_and_what_is_not_modelled(string file, string note) =>
        Assert.Contains(ImportTests.Load(file).Import!.Notes, text => text.Contains(note));

    [Theory]
    [InlineData("qwen2-7b", "sliding windows")]
    [InlineData("gemma3-1b", "soft-capping")]
    [InlineData("llama-7b", "ε")]
    [InlineData("gemma-7b", "embeddings this small")]
    [InlineData("llama-7b", "key and value heads")]
    [InlineData("vit-base", "rotary")]
    [InlineData("vit-base", "dropout")]
    public void A_note_is_only_there_where_it_applies(string file, string note) =>
        Assert.DoesNotContain(ImportTests.Load(file).Import!.Notes, text => text.Contains(note));

    [Theory]
    [InlineData("\"clip_qkv\": 8", "clipping of queries, keys and values at ±8")]
    [InlineData("\"scale_attn_by_inverse_layer_idx\": true", "scale_attn_by_inverse_layer_idx is not modelled")]
    [InlineData("\"position_embedding_type\": \"relative_key\"", "position_embedding_type relative_key is not modelled")]
    [InlineData("\"add_cross_attention\": true", "cross-attention is not modelled")]
    [InlineData("\"use_logn_attn\": true", "use_logn_attn scales the logits of tokens beyond seq_length only")]
    [InlineData("\"residual_multiplier\": 0.22", "branches are multiplied by 0.22, as residual_multiplier says")]
    [InlineData("\"max_position_embeddings\": null", "(the file gives no context)")]
    [InlineData("\"hidden_activation\": \"relu\", \"hidden_act\": \"silu\"", "hidden_activation relu is used, not hidden_act silu")]
    public void An_unusual_key_is_said_too(string key, string note) =>
        Assert.Contains(ImportTests.Parse(ImportTests.Tiny(key)).Import!.Notes, text => text.Contains(note));

    [Theory]
    [InlineData("gpt2")]
    [InlineData("gpt-neox-20b")]
    [InlineData("bert-base")]
    [InlineData("llama-7b")]
    [InlineData("mistral-7b")]
    [InlineData("qwen2-7b")]
    [InlineData("deepseek-7b")]
    [InlineData("olmo-7b")]
    [InlineData("olmo2-7b")]
    [InlineData("gemma-7b")]
    [InlineData("gemma2-9b")]
    [InlineData("gemma3-1b")]
    [InlineData("vit-base")]
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

    [Fact]
    public void Presets_and_records_have_no_report()
    {
        Assert.Null(ArchitectureSource.Read("gpt2").Import);
        Assert.Null(ImportTests.Parse("{}").Import);
    }
}
