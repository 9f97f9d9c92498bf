using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>
/// The families that can be imported, as their published code builds and initialises them: all weight matrices and embeddings
/// N(0, initializer_range²), biases 0, normalisation gains 1, W_O and W_2 smaller where the row says so.
/// </summary>
internal static class Families
{
    private static readonly ExpertRule OfQwen = new(Gate.Renormalised)
    {
        Unnormalised = Gate.Softmax,
        WidthKey = "moe_intermediate_size",
        DenseWidthKey = "intermediate_size",
    };

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
            RotaryFraction = 0.25,
            Remark = "the training code of GPT-NeoX draws weights whose size depends on width and depth (small_init, wang_init), not on "
                + "initializer_range; for such a run set attention.* and mlp.* with --set",
        },
        Rotary("gptj", "GPTJ", "gelu_new") with { ParallelResidual = true, MlpFactor = 4, RotaryWidth = 64 },
        Rotary("phi", "Phi", "gelu_new") with { ParallelResidual = true, RotaryFraction = 0.5 },
        Rotary("falcon", "Falcon", "gelu") with { ParallelResidual = true, MlpFactor = 4, HasAlibiFlag = true, SharesKeys = true },
        Rotary("starcoder2", "Starcoder2", "gelu_pytorch_tanh"),
        Plain("opt", "OPT", EmbeddingKind.TokensAndPositions, "relu"),
        Plain("bloom", "Bloom", EmbeddingKind.NormalisedTokens, "gelu_pytorch_tanh") with { Positions = PositionKind.Alibi, MlpFactor = 4 },
        Plain("mpt", "Mpt", EmbeddingKind.Tokens, "gelu") with { Positions = PositionKind.Alibi, MlpFactor = 4 },
        Encoder("bert", "Bert"),
        Encoder("roberta", "Roberta"),
        Encoder("xlm-roberta", "XLMRoberta"),
        Encoder("camembert", "Camembert"),
        new("modernbert", "ModernBert", Placement.Pre, true, Mask.None, EmbeddingKind.NormalisedTokens, "gelu")
        {
            Positions = PositionKind.Rotary,
            RopeBase = 160000,
            LocalBase = 10000,
            Window = 128,
            GlobalFirstEvery = 3,
            Scaling = ResidualScaling.Depth,
            Cutoff = 2,
        },
        Decoder("llama", "Llama"),
        Decoder("llama4_text", "Llama4") with
        {
            QueryKeyNorm = QueryKeyNorm.Head,
            RopeBase = 500000,
            NoPositionsEvery = 4,
            FullEvery = 4,
            Chunks = true,
            Experts = new(Gate.Sigmoid) { DenseWidthKey = "intermediate_size_mlp", Shared = SharedExpert.Same, GatesInputs = true },
        },
        Decoder("deepseek", "Deepseek"),
        Latent("deepseek_v2", "DeepseekV2", Gate.Renormalised) with
        {
            Remark = "transformers' own code of deepseek_v2 never renormalises its experts' gates and leaves mscale_all_dim out of "
                + "the logits; "
                + "followed here is the code published with the model, as that of deepseek_v3",
        },
        Latent("deepseek_v3", "DeepseekV3", Gate.Sigmoid),
        Decoder("mistral", "Mistral"),
        Decoder("mixtral", "Mixtral") with { RopeBase = 1e6, Experts = new(Gate.Renormalised) },
        Decoder("baichuan", "Baichuan") with { AlibiWithoutContext = true },
        Decoder("qwen", "QWen") with { Scaling = ResidualScaling.Depth, MlpCountsBothHalves = true },
        Qwen("qwen2", "Qwen2"),
        Qwen("qwen2_moe", "Qwen2Moe") with { Experts = OfQwen with { Shared = SharedExpert.Gated } },
        Qwen("qwen3", "Qwen3") with { QueryKeyNorm = QueryKeyNorm.Head, HeadWidth = 128 },
        Qwen("qwen3_moe", "Qwen3Moe") with { QueryKeyNorm = QueryKeyNorm.Head, Experts = OfQwen },
        Decoder("gpt_oss", "GptOss") with
        {
            HeadWidth = 64,
            RopeBase = 150000,
            Window = 128,
            FullEvery = 2,
            HasSink = true,
            OwnActivation = "gelu",
            Experts = new(Gate.Renormalised) { AddsOne = true },
        },
        Decoder("phi3", "Phi3"),
        Decoder("phi4mm", "Phi4MM"),
        Decoder("stablelm", "StableLm") with { RotaryFraction = 0.25 },
        Decoder("granite", "Granite"),
        Decoder("granitemoe", "GraniteMoe") with { Experts = new(Gate.Renormalised) },
        Decoder("granitemoeshared", "GraniteMoeShared") with { Experts = new(Gate.Renormalised) { Shared = SharedExpert.Sized } },
        Decoder("minicpm", "MiniCPM"),
        Decoder("smollm3", "SmolLM3") with { RopeBase = 2e6, NoPositionsEvery = 4, WindowsAreOptIn = true },
        Decoder("cohere", "Cohere") with { ParallelResidual = true },
        Decoder("cohere2", "Cohere2") with { ParallelResidual = true, Window = 4096, FullEvery = 4, PositionsInWindowsOnly = true },
        Decoder("olmo", "Olmo") with
        {
            Remark = "OLMo's own training code draws weights whose size depends on "
                + "width and depth (init_fn mitchell), not on initializer_range; "
                + "for such a run set attention.* and mlp.* with --set",
        },
        Decoder("olmo2", "Olmo2") with { Norm = Placement.Output, QueryKeyNorm = QueryKeyNorm.All },
        Decoder("olmo3", "Olmo3") with { Norm = Placement.Output, QueryKeyNorm = QueryKeyNorm.All, Window = 4096, FullEvery = 4 },
        Decoder("olmoe", "Olmoe") with
        {
            QueryKeyNorm = QueryKeyNorm.All,
            Experts = new(Gate.Renormalised) { Unnormalised = Gate.Softmax },
        },
        Gemma("gemma", "Gemma", Placement.Pre) with { GeluIsTanh = true },
        Gemma("gemma2", "Gemma2", Placement.Peri) with { QueryScalar = true, Window = 4096, FullEvery = 2, SoftCap = 50 },
        Gemma("gemma3_text", "Gemma3", Placement.Peri) with
        {
            QueryScalar = true,
            QueryKeyNorm = QueryKeyNorm.Head,
            Heads = 8,
            KeyValueHeads = 4,
            RopeBase = 1e6,
            LocalBase = 10000,
            Window = 4096,
            FullEvery = 6,
        },
        new("vit", "ViT", Placement.Pre, false, Mask.None, EmbeddingKind.Patches, "gelu"),
    ];

    private static readonly string[] ClassEndings = ["Model", "For", "LMHead", "DoubleHeads", "PreTrained"];

    /// <summary>The family of a model_type or, where there is none, of a class name in architectures; null if unknown.</summary>
    public static Family? Find(string? modelType, IEnumerable<string> classes)
    {
        // The text half of a multi-modal model is the same network under its own name.
        string? name = modelType is "gemma3" or "llama4" ? modelType + "_text" : modelType;
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

    // Windows in the layers behind the first max_window_layers, and only if they are asked for.
    private static Family Qwen(string modelType, string classPrefix) =>
        Decoder(modelType, classPrefix) with { WindowsAreOptIn = true, WindowsFromLayer = 28 };

    private static Family Latent(string modelType, string classPrefix, Gate gate) =>
        Decoder(modelType, classPrefix) with
        {
            IsLatent = true,
            Experts = new(gate)
            {
                Unnormalised = Gate.Softmax,
                NormalisedByDefault = gate.IsSigmoid,
                WidthKey = "moe_intermediate_size",
                DenseWidthKey = "intermediate_size",
                Shared = SharedExpert.Counted,
                Groups = gate.IsSigmoid ? (8, 4) : (1, 1),
            },
        };

    private static Family Gemma(string modelType, string classPrefix, Placement norm) =>
        Decoder(modelType, classPrefix) with
        {
            Norm = norm,
            EmbeddingTimesRootWidth = true,
            Activation = "gelu_pytorch_tanh",
            HeadWidth = 256,
        };
}
