using System.Globalization;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>
/// A small network of one family: its configuration is what is imported, its numbers what
/// <see cref="FamilyNetwork"/> builds.
/// </summary>
internal sealed record FamilyShape(string ModelType, int Width)
{
    public int Tokens => 6;

    public int Depth => 2;

    public int Heads => 8;

    public int KeyValueHeads => ModelType is "bert" or "gpt2" ? 8 : 2;

    /// <summary>Half as wide again as width / heads where the family allows it.</summary>
    public int HeadWidth => ModelType is "bert" or "gpt2" ? Width / 8 : Width * 3 / 16;

    public int MlpWidth => 2 * Width;

    /// <summary>Strong weights, so that attention and gates are far from trivial.</summary>
    public double Std => 1.2 / Math.Sqrt(Width);

    /// <summary>Logits are divided by its root: the head's width, or a number of its own.</summary>
    public int QueryScalar => ModelType is "gemma2" or "gemma3_text" ? HeadWidth / 9 : HeadWidth;

    public string Config => string.Create(CultureInfo.InvariantCulture, $$"""
        {
          "model_type": "{{ModelType}}", "hidden_size": {{Width}}, "num_hidden_layers": {{Depth}}, "num_attention_heads": {{Heads}},
          "num_key_value_heads": {{KeyValueHeads}}, "head_dim": {{HeadWidth}}, "intermediate_size": {{MlpWidth}},
          "max_position_embeddings": {{Tokens}}, "initializer_range": {{Std}}, "query_pre_attn_scalar": {{QueryScalar}}
        }
        """);
}
