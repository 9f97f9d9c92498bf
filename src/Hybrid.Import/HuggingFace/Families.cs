using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>
/// The families that can be imported, as their published code builds and initialises them: all weight matrices and embeddings
/// N(0, initializer_range²), biases 0, normalisation gains 1, W_O and W_2 smaller where the row says so.
/// </summary>
internal static class Families
{
    // Of logits when the router's matrix is uniform between ±1/√d: its entries have variance 1/(3d).
    private static readonly double UniformRouter = 1 / Math.Sqrt(3);

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
            SharesKeys = true,
        },
        Plain("gpt_neo", "GPTNeo", EmbeddingKind.TokensAndPositions, "gelu_new") with
        {
            MlpFactor = 4,
            LogitFactor = 1,
            Window = 256,
            WindowKey = "window_size",
            GlobalFirstEvery = 2,
        },
        Rotary("gpt_neox", "GPTNeoX", "gelu") with
        {
            ParallelResidual = true,
            RotaryFraction = 0.25,
            Remark = "the training code of GPT-NeoX draws weights whose size depends on width and depth (small_init, wang_init), not on "
                + "initializer_range; for such a run set attention.* and mlp.* with --set",
        },
        Rotary("gptj", "GPTJ", "gelu_new") with { ParallelResidual = true, MlpFactor = 4, RotaryWidth = 64 },
        Rotary("codegen", "CodeGen", "gelu_new") with { ParallelResidual = true, MlpFactor = 4, RotaryWidth = 64 },
        Rotary("phi", "Phi", "gelu_new") with { ParallelResidual = true, RotaryFraction = 0.5 },
        Rotary("falcon", "Falcon", "gelu") with { ParallelResidual = true, MlpFactor = 4, HasAlibiFlag = true, SharesKeys = true },
        // Falcon's first name: one head of keys and values only where the file says so.
        Rotary("RefinedWebModel", "RW", "gelu") with { ParallelResidual = true, MlpFactor = 4, HasAlibiFlag = true },
        Rotary("starcoder2", "Starcoder2", "gelu_pytorch_tanh") with { KeyValueHeads = 2, WeightStd = 0.018042 },
        Plain("opt", "OPT", EmbeddingKind.TokensAndPositions, "relu"),
        Plain("bloom", "Bloom", EmbeddingKind.NormalisedTokens, "gelu_pytorch_tanh") with { Positions = PositionKind.Alibi, MlpFactor = 4 },
        Plain("mpt", "Mpt", EmbeddingKind.Tokens, "gelu") with
        {
            Positions = PositionKind.Alibi,
            MlpFactor = 4,
            Remark = "MPT's own training code draws weights as init_config says, whose size depends on the width (kaiming_normal_), not on "
                + "initializer_range; for such a run set attention.* and mlp.* with --set",
        },
        Encoder("bert", "Bert"),
        Encoder("roberta", "Roberta"),
        Encoder("xlm-roberta", "XLMRoberta"),
        Encoder("camembert", "Camembert"),
        Encoder("distilbert", "DistilBert") with { HasSegments = false },
        Encoder("electra", "Electra") with { EmbeddingWidth = 128 },
        Encoder("nomic_bert", "NomicBert") with
        {
            Gated = true,
            NamesGate = true,
            Activation = "silu",
            MlpFactor = 4,
            Positions = PositionKind.Rotary,
            RopeBase = 1000,
        },
        new("esm", "Esm", Placement.Pre, false, Mask.None, EmbeddingKind.TokensAndPositions, "gelu"),
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
        Decoder("eurobert", "EuroBert") with { Mask = Mask.None, RopeBase = 250000 },
        Decoder("llama", "Llama") with { Sizes = new(4096, 32, 32, 11008) },
        Decoder("llama4_text", "Llama4") with
        {
            KeyValueHeads = 8,
            HeadWidth = 128,
            QueryKeyNorm = QueryKeyNorm.Head,
            RopeBase = 500000,
            NoPositionsEvery = 4,
            FullEvery = 4,
            Chunks = true,
            Experts = new(Gate.Sigmoid) { DenseWidthKey = "intermediate_size_mlp", Shared = SharedExpert.Same, GatesInputs = true },
        },
        Decoder("deepseek", "Deepseek") with
        {
            Experts = new(Gate.Renormalised)
            {
                AreOptional = true,
                Unnormalised = Gate.Softmax,
                WidthKey = "moe_intermediate_size",
                DenseWidthKey = "intermediate_size",
                Shared = SharedExpert.Counted,
                RouterStd = UniformRouter,
            },
        },
        Latent("deepseek_v2", "DeepseekV2", Gate.Renormalised) with
        {
            Experts = OfDeepseek(Gate.Renormalised) with { RouterStd = UniformRouter },
            Remark = "transformers' own code of deepseek_v2 never renormalises its experts' gates and leaves mscale_all_dim out of "
                + "the logits; "
                + "followed here is the code published with the model, as that of deepseek_v3",
        },
        Latent("deepseek_v3", "DeepseekV3", Gate.Sigmoid) with
        {
            Experts = OfDeepseek(Gate.Sigmoid) with { Scale = 2.5, DenseFirst = 3, SharedByDefault = 1 },
            Remark = "the code published with the model draws the router's matrix uniformly, which gives logits of standard deviation "
                + "0.577 at any width; transformers' own draws it as all others, and is followed here",
        },
        Decoder("glm", "Glm") with { KeyValueHeads = 2, RotaryFraction = 0.5, HeadWidth = 128 },
        Decoder("glm4", "Glm4") with { KeyValueHeads = 2, Norm = Placement.Peri, RotaryFraction = 0.5, HeadWidth = 128 },
        Decoder("glm4_moe", "Glm4Moe") with
        {
            KeyValueHeads = 8,
            RotaryFraction = 0.5,
            Experts = OfDeepseek(Gate.Sigmoid) with { DenseFirst = 1, SharedByDefault = 1, Groups = (1, 1) },
        },
        Decoder("dots1", "Dots1") with
        {
            KeyValueHeads = 32,
            QueryKeyNorm = QueryKeyNorm.Head,
            Window = 4096,
            WindowsFromLayer = 62,
            Experts = OfDeepseek(Gate.Sigmoid) with { AreOptional = true, NormalisedByDefault = false, Groups = (1, 1) },
        },
        Decoder("minimax_m2", "MiniMaxM2") with
        {
            KeyValueHeads = 8,
            QueryKeyNorm = QueryKeyNorm.All,
            HeadWidth = 128,
            RopeBase = 5e6,
            Experts = new(Gate.Sigmoid),
        },
        Decoder("ernie4_5", "Ernie4_5") with { KeyValueHeads = 2, HeadWidth = 128, RopeBase = 500000 },
        Decoder("ernie4_5_moe", "Ernie4_5_Moe") with
        {
            KeyValueHeads = 4,
            RopeBase = 500000,
            Experts = new(Gate.Renormalised)
            {
                WidthKey = "moe_intermediate_size",
                DenseWidthKey = "intermediate_size",
                DenseFirst = 1,
                Shared = SharedExpert.Counted,
                SharedByDefault = 2,
            },
        },
        Decoder("exaone4", "Exaone4") with
        {
            KeyValueHeads = 32,
            Norm = Placement.Output,
            QueryKeyNorm = QueryKeyNorm.Head,
            Window = 4096,
            FullEvery = 4,
            PositionsInWindowsOnly = true,
            PositionsWithoutWindows = true,
        },
        Decoder("helium", "Helium") with { KeyValueHeads = 20, HeadWidth = 128, RopeBase = 100000 },
        Decoder("hunyuan_v1_dense", "HunYuanDenseV1") with { QueryKeyNorm = QueryKeyNorm.Head },
        Decoder("internlm2", "InternLM2"),
        Decoder("seed_oss", "SeedOss") with { KeyValueHeads = 8, HeadWidth = 128 },
        Decoder("mistral", "Mistral") with { KeyValueHeads = 8, Window = 4096, Sizes = new(4096, 32, 32, 14336) },
        Decoder("ministral", "Ministral") with { KeyValueHeads = 8, Window = 4096 },
        Decoder("mixtral", "Mixtral") with { KeyValueHeads = 8, RopeBase = 1e6, Experts = new(Gate.Renormalised) },
        Decoder("baichuan", "Baichuan") with { AlibiWithoutContext = true },
        Decoder("qwen", "QWen") with { Scaling = ResidualScaling.Depth, MlpCountsBothHalves = true },
        Qwen("qwen2", "Qwen2") with { KeyValueHeads = 32, WindowsFromLayer = 28, Sizes = new(4096, 32, 32, 22016) },
        Qwen("mimo", "MiMo") with { KeyValueHeads = 32, WindowsFromLayer = 28 },
        Qwen("qwen2_moe", "Qwen2Moe") with
        {
            KeyValueHeads = 16,
            WindowsBelowLayer = 28,
            Experts = OfQwen with { Shared = SharedExpert.Gated, SharedByDefault = 5632 },
        },
        Qwen("qwen3", "Qwen3") with
        {
            KeyValueHeads = 32,
            QueryKeyNorm = QueryKeyNorm.Head,
            HeadWidth = 128,
            WindowsFromLayer = 28,
        },
        Qwen("qwen3_moe", "Qwen3Moe") with { KeyValueHeads = 4, QueryKeyNorm = QueryKeyNorm.Head, Experts = OfQwen },
        Qwen("qwen2_vl_text", "Qwen2VL") with
        {
            KeyValueHeads = 8,
            RopeBase = 1e6,
            WindowsFromLayer = 80,
            Sizes = new(8192, 80, 64, 29568),
        },
        Qwen("qwen3_vl_text", "Qwen3VL") with
        {
            KeyValueHeads = 32,
            QueryKeyNorm = QueryKeyNorm.Head,
            HeadWidth = 128,
            RopeBase = 500000,
            Sizes = new(4096, 32, 32, 22016),
        },
        Qwen("qwen3_vl_moe_text", "Qwen3VLMoe") with
        {
            KeyValueHeads = 16,
            QueryKeyNorm = QueryKeyNorm.Head,
            RopeBase = 500000,
            Experts = OfQwen with { NormalisedByDefault = true },
            Sizes = new(2048, 24, 16, 5632),
        },
        Decoder("gpt_oss", "GptOss") with
        {
            KeyValueHeads = 8,
            HeadWidth = 64,
            RopeBase = 150000,
            Yarn = (32, 4096),
            Window = 128,
            FullEvery = 2,
            HasSink = true,
            OwnActivation = "gelu",
            Experts = new(Gate.Renormalised) { AddsOne = true },
        },
        Decoder("phi3", "Phi3") with { Sizes = new(3072, 32, 32, 8192) },
        Decoder("phi4mm", "Phi4MM"),
        Decoder("stablelm", "StableLm") with { KeyValueHeads = 32, RotaryFraction = 0.25 },
        Granite("granite", "Granite"),
        Granite("granitemoe", "GraniteMoe") with { Experts = new(Gate.Renormalised) },
        Granite("granitemoeshared", "GraniteMoeShared") with { Experts = new(Gate.Renormalised) { Shared = SharedExpert.Sized } },
        Decoder("minicpm", "MiniCPM") with
        {
            ScaleDepth = 1.4,
            ScaleEmbedding = 12,
            WeightStd = 0.1,
            Remark = "the code published with the first MiniCPM has other values than the library's where the file leaves out "
                + "initializer_range, scale_emb and scale_depth: 0.02, 1 and 1",
        },
        Decoder("smollm3", "SmolLM3") with
        {
            KeyValueHeads = 4,
            RopeBase = 2e6,
            NoPositionsEvery = 4,
            WindowsAreOptIn = true,
            WindowsWithoutPositions = true,
        },
        Decoder("cohere", "Cohere") with { ParallelResidual = true },
        Decoder("cohere2", "Cohere2") with
        {
            ParallelResidual = true,
            Window = 4096,
            FullEvery = 4,
            PositionsInWindowsOnly = true,
            Sizes = new(8192, 40, 64, 22528),
        },
        Decoder("olmo", "Olmo") with
        {
            Remark = "OLMo's own training code draws weights whose size depends on "
                + "width and depth (init_fn mitchell), not on initializer_range; "
                + "for such a run set attention.* and mlp.* with --set",
        },
        Decoder("olmo2", "Olmo2") with { Norm = Placement.Output, QueryKeyNorm = QueryKeyNorm.All },
        Decoder("olmo3", "Olmo3") with
        {
            Norm = Placement.Output,
            QueryKeyNorm = QueryKeyNorm.All,
            Window = 4096,
            FullEvery = 4,
            ScalesFullOnly = true,
        },
        Decoder("olmoe", "Olmoe") with
        {
            QueryKeyNorm = QueryKeyNorm.All,
            Experts = new(Gate.Renormalised) { Unnormalised = Gate.Softmax },
        },
        Gemma("gemma", "Gemma", Placement.Pre) with { KeyValueHeads = 16, GeluIsTanh = true, Sizes = new(3072, 28, 16, 24576) },
        Gemma("gemma2", "Gemma2", Placement.Peri) with
        {
            KeyValueHeads = 4,
            QueryScalar = true,
            Window = 4096,
            FullEvery = 2,
            SoftCap = 50,
            Sizes = new(2304, 26, 8, 9216),
        },
        Gemma("gemma3_text", "Gemma3", Placement.Peri) with
        {
            KeyValueHeads = 4,
            QueryScalar = true,
            QueryKeyNorm = QueryKeyNorm.Head,
            Sizes = new(2304, 26, 8, 9216),
            RopeBase = 1e6,
            LocalBase = 10000,
            Window = 4096,
            FullEvery = 6,
        },
        new("vit", "ViT", Placement.Pre, false, Mask.None, EmbeddingKind.Patches, "gelu"),
        new("dinov2", "Dinov2", Placement.Pre, false, Mask.None, EmbeddingKind.Patches, "gelu") { MlpFactor = 4 },
    ];

    // The text half of a multi-modal model is the same network under its own name; a few models have another name for others' code.
    private static readonly Dictionary<string, string> OtherNames = new()
    {
        ["gemma3"] = "gemma3_text",
        ["llama4"] = "llama4_text",
        ["qwen2_vl"] = "qwen2_vl_text",
        ["qwen2_5_vl"] = "qwen2_vl_text",
        ["qwen2_5_vl_text"] = "qwen2_vl_text",
        ["qwen3_vl"] = "qwen3_vl_text",
        ["qwen3_vl_moe"] = "qwen3_vl_moe_text",
        ["kimi_k2"] = "deepseek_v3",
        ["deepseek_v32"] = "deepseek_v3",
        ["RefinedWeb"] = "RefinedWebModel",
    };

    private static readonly string[] ClassEndings = ["Model", "For", "LMHead", "DoubleHeads", "PreTrained"];

    /// <summary>The family of a model_type or, where there is none, of a class name in architectures; null if unknown.</summary>
    public static Family? Find(string? modelType, IEnumerable<string> classes)
    {
        string? name = modelType is null ? null : OtherNames.GetValueOrDefault(modelType, modelType);
        return name is not null
            ? All.FirstOrDefault(family => family.ModelType == name)
            : All.FirstOrDefault(family => classes.Any(type => IsOf(family, type)));
    }

    /// <summary>Whether a model_type is that of a multi-modal model, whose text model has one class.</summary>
    public static bool IsAround(string? modelType) => modelType is not null && OtherNames.ContainsKey(modelType);

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

    // Windows only if they are asked for.
    private static Family Qwen(string modelType, string classPrefix) =>
        Decoder(modelType, classPrefix) with { WindowsAreOptIn = true, Window = 4096 };

    // Its attention's logits are multiplied by attention_multiplier, and by nothing else.
    private static Family Granite(string modelType, string classPrefix) => Decoder(modelType, classPrefix) with { LogitFactor = 1 };

    private static Family Latent(string modelType, string classPrefix, Gate gate) =>
        Decoder(modelType, classPrefix) with
        {
            IsLatent = true,
            Experts = OfDeepseek(gate),
        };

    private static ExpertRule OfDeepseek(Gate gate) => new(gate)
    {
        Unnormalised = Gate.Softmax,
        NormalisedByDefault = gate.IsSigmoid,
        WidthKey = "moe_intermediate_size",
        DenseWidthKey = "intermediate_size",
        Shared = SharedExpert.Counted,
        Groups = gate.IsSigmoid ? (8, 4) : (1, 1),
        ScalesUnnormalisedOnly = !gate.IsSigmoid,
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
