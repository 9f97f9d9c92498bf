using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>
/// The families that can be imported, as their published code builds and initialises them: all weight matrices and embeddings
/// N(0, initializer_range²), biases 0, normalisation gains 1, W_O and W_2 smaller where the row says so.
/// </summary>
internal static class Families
{
    public static readonly IReadOnlyList<Family> All =
    [
        Plain("gpt2", "GPT2", EmbeddingKind.TokensAndPositions, "gelu_new") with
        {
            Scaling = ResidualScaling.Depth,
            MlpFactor = 4,
            Remark = "position vectors have the tokens' standard deviation, as in Hugging Face's code; the code released with GPT-2 "
                + "(preset gpt2) draws them with half of it",
        },
        Plain("gpt_bigcode", "GPTBigCode", EmbeddingKind.TokensAndPositions, "gelu_pytorch_tanh") with
        {
            Scaling = ResidualScaling.Depth,
            MlpFactor = 4,
        },
        Rotary("gpt_neox", "GPTNeoX", "gelu") with
        {
            ParallelResidual = true,
            Remark = "the training code of GPT-NeoX draws weights whose size depends on width and depth (small_init, wang_init), not on "
                + "initializer_range; for such a run set attention.* and mlp.* with --set",
        },
        Rotary("gptj", "GPTJ", "gelu_new") with { ParallelResidual = true, MlpFactor = 4 },
        Rotary("phi", "Phi", "gelu_new") with { ParallelResidual = true },
        Rotary("falcon", "Falcon", "gelu") with { ParallelResidual = true, MlpFactor = 4 },
        Rotary("starcoder2", "Starcoder2", "gelu_pytorch_tanh"),
        Plain("opt", "OPT", EmbeddingKind.TokensAndPositions, "relu"),
        Plain("bloom", "Bloom", EmbeddingKind.NormalisedTokens, "gelu_pytorch_tanh") with { Positions = PositionKind.Alibi, MlpFactor = 4 },
        Plain("mpt", "Mpt", EmbeddingKind.Tokens, "gelu") with { Positions = PositionKind.Alibi, MlpFactor = 4 },
        Encoder("bert", "Bert"),
        Encoder("roberta", "Roberta"),
        Encoder("xlm-roberta", "XLMRoberta"),
        Encoder("camembert", "Camembert"),
        Decoder("llama", "Llama"),
        Decoder("deepseek", "Deepseek"),
        Decoder("mistral", "Mistral"),
        Decoder("baichuan", "Baichuan"),
        Decoder("qwen", "QWen") with { Scaling = ResidualScaling.Depth, MlpCountsBothHalves = true },
        Decoder("qwen2", "Qwen2"),
        Decoder("qwen3", "Qwen3") with { QueryKeyNorm = true, HeadWidth = 128 },
        Decoder("phi3", "Phi3"),
        Decoder("phi4mm", "Phi4MM"),
        Decoder("stablelm", "StableLm"),
        Decoder("granite", "Granite"),
        Decoder("minicpm", "MiniCPM"),
        Decoder("smollm3", "SmolLM3"),
        Decoder("cohere", "Cohere") with { ParallelResidual = true },
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

    // A causal pre-norm stack whose MLP has no gate.
    private static Family Plain(string modelType, string classPrefix, EmbeddingKind embedding, string activation) =>
        new(modelType, classPrefix, Placement.Pre, false, Mask.Causal, embedding, activation);

    private static Family Rotary(string modelType, string classPrefix, string activation) =>
        Plain(modelType, classPrefix, EmbeddingKind.Tokens, activation) with { Positions = PositionKind.Rotary };

    private static Family Encoder(string modelType, string classPrefix) =>
        new(modelType, classPrefix, Placement.Post, false, Mask.None, EmbeddingKind.NormalisedSum, "gelu");

    private static Family Decoder(string modelType, string classPrefix) =>
        Rotary(modelType, classPrefix, "silu") with { Gated = true, OwnHeadWidth = true };

    private static Family Gemma(string modelType, string classPrefix, Placement norm) =>
        Decoder(modelType, classPrefix) with
        {
            Norm = norm,
            EmbeddingTimesRootWidth = true,
            Activation = "gelu_pytorch_tanh",
            HeadWidth = 256,
        };
}
