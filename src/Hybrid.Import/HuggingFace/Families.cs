using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>
/// The families that can be imported, as their code in Hugging Face's transformers builds and initialises them: all weight
/// matrices and embeddings N(0, initializer_range²), biases 0, normalisation gains 1; only GPT-2 scales W_O and W_2.
/// </summary>
internal static class Families
{
    public static readonly IReadOnlyList<Family> All =
    [
        new("gpt2", "GPT2", Placement.Pre, false, Mask.Causal, EmbeddingKind.TokensAndPositions, "gelu_new")
        {
            Scaling = ResidualScaling.Depth,
            MlpFactor = 4,
            Remark = "position vectors have the tokens' standard deviation, as in Hugging Face's code; the code released with GPT-2 "
                + "(preset gpt2) draws them with half of it",
        },
        new("gpt_neox", "GPTNeoX", Placement.Pre, false, Mask.Causal, EmbeddingKind.Tokens, "gelu")
        {
            ParallelResidual = true,
            Remark = "the training code of GPT-NeoX draws weights whose size depends on width and depth (small_init, wang_init), not on "
                + "initializer_range; for such a run set attention.* and mlp.* with --set",
        },
        new("bert", "Bert", Placement.Post, false, Mask.None, EmbeddingKind.NormalisedSum, "gelu"),
        Decoder("llama", "Llama"),
        Decoder("deepseek", "Deepseek"),
        Decoder("mistral", "Mistral"),
        Decoder("qwen2", "Qwen2"),
        Decoder("qwen3", "Qwen3") with { QueryKeyNorm = true, HeadWidth = 128 },
        Decoder("olmo", "Olmo") with
        {
            Remark = "OLMo's own training code draws weights whose size depends on "
                + "width and depth (init_fn mitchell), not on initializer_range; "
                + "for such a run set attention.* and mlp.* with --set",
        },
        Decoder("olmo2", "Olmo2") with { Norm = Placement.Output, QueryKeyNorm = true },
        Gemma("gemma", "Gemma", Placement.Pre) with { GeluIsTanh = true },
        Gemma("gemma2", "Gemma2", Placement.Peri) with { QueryScalar = true },
        Gemma("gemma3_text", "Gemma3", Placement.Peri) with { QueryScalar = true, QueryKeyNorm = true, Heads = 8 },
        new("vit", "ViT", Placement.Pre, false, Mask.None, EmbeddingKind.Patches, "gelu"),
    ];

    private static readonly string[] ClassEndings = ["Model", "For", "LMHead", "DoubleHeads", "PreTrained"];

    /// <summary>The family of a model_type or, where there is none, of a class name in architectures; null if unknown.</summary>
    public static Family? Find(string? modelType, IEnumerable<string> classes)
    {
        // The text half of a multi-modal Gemma 3 is the same network under its own name.
        string? name = modelType == "gemma3" ? "gemma3_text" : modelType;
        return name is not null
            ? All.FirstOrDefault(family => family.ModelType == name)
            : All.FirstOrDefault(family => classes.Any(type => IsOf(family, type)));
    }

    private static bool IsOf(Family family, string type) =>
        type.StartsWith(family.ClassPrefix, StringComparison.Ordinal)
        && ClassEndings.Any(ending => type[family.ClassPrefix.Length..].StartsWith(ending, StringComparison.Ordinal));

    private static Family Decoder(string modelType, string classPrefix) =>
        new(modelType, classPrefix, Placement.Pre, true, Mask.Causal, EmbeddingKind.Tokens, "silu") { OwnHeadWidth = true };

    private static Family Gemma(string modelType, string classPrefix, Placement norm) =>
        new(modelType, classPrefix, norm, true, Mask.Causal, EmbeddingKind.ScaledTokens, "gelu_pytorch_tanh")
        {
            OwnHeadWidth = true,
            HeadWidth = 256,
        };
}
