namespace Hybrid.Import.HuggingFace;

/// <summary>Families that are known and that no architecture record describes, each with the reason.</summary>
internal static class Refusals
{
    private const string Encoder = "it is an encoder and a decoder that attends to it, and one stack of blocks is modelled";
    private const string StateSpace =
        "it has layers of state-space or recurrent mixing (Mamba and the like), and attention and MLPs are modelled";
    private const string SharedLayers = "its layers share one set of weights, and the theory draws the weights of every layer anew";
    private const string Disentangled =
        "its logits add terms of the tokens' relative positions (disentangled attention), which are not modelled";
    private const string CrossAttention = "some of its layers attend to an image instead of the text, and one stream of tokens is modelled";

    private const string Convolution =
        "some of its layers mix neighbouring tokens by a convolution in attention's place, which is not modelled";
    private const string Squared = "its MLPs have the activation relu(x)², which is none of the theory's";
    private const string Relative = "its logits have learned terms of relative positions, which are not modelled";
    private const string PerLayer =
        "its layers get vectors of each token of their own besides the stream, and some share keys and values with others, which is not "
        + "modelled";
    private const string Pair = "it trains an image and a text encoder side by side, and one stack of blocks is modelled";
    private const string OwnExperts =
        "what its experts are stands in lists of a number a layer or in an object of its own, which are not read; write an architecture "
        + "JSON record with mlp.experts";
    private const string Prefix =
        "image tokens come before its text and may be attended to by all, and one mask of one kind of token is modelled";

    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["t5"] = Encoder + "; its logits have learned terms of relative positions besides",
        ["mt5"] = Encoder + "; its logits have learned terms of relative positions besides",
        ["umt5"] = Encoder + "; its logits have learned terms of relative positions besides",
        ["bart"] = Encoder,
        ["mbart"] = Encoder,
        ["pegasus"] = Encoder,
        ["marian"] = Encoder,
        ["m2m_100"] = Encoder,
        ["whisper"] = Encoder,
        ["deberta"] = Disentangled,
        ["deberta-v2"] = Disentangled,
        ["albert"] = SharedLayers,
        ["jamba"] = StateSpace,
        ["bamba"] = StateSpace,
        ["zamba"] = StateSpace,
        ["zamba2"] = StateSpace,
        ["mamba"] = StateSpace,
        ["mamba2"] = StateSpace,
        ["falcon_mamba"] = StateSpace,
        ["falcon_h1"] = StateSpace,
        ["nemotron_h"] = StateSpace,
        ["recurrent_gemma"] = StateSpace,
        ["rwkv"] = StateSpace,
        ["mllama"] = CrossAttention,
        ["mllama_text_model"] = CrossAttention,
        ["qwen3_next"] = StateSpace,
        ["qwen3_5"] = StateSpace,
        ["qwen3_5_text"] = StateSpace,
        ["qwen3_5_moe"] = StateSpace,
        ["qwen3_5_moe_text"] = StateSpace,
        ["granitemoehybrid"] = StateSpace,
        ["kimi_linear"] = StateSpace,
        ["minimax"] = StateSpace,
        ["olmo_hybrid"] = StateSpace,
        ["plamo2"] = StateSpace,
        ["xlstm"] = StateSpace,
        ["lfm2"] = Convolution,
        ["lfm2_moe"] = Convolution,
        ["gemma3n"] = PerLayer,
        ["gemma3n_text"] = PerLayer,
        ["gemma4"] = PerLayer,
        ["gemma4_text"] = PerLayer,
        ["arcee"] = Squared,
        ["nemotron"] = Squared,
        ["persimmon"] = Squared,
        ["bitnet"] = Squared + ", and norms within its branches",
        ["apertus"] = "its MLPs have the activation xIELU, which is none of the theory's",
        ["phimoe"] =
            "its experts are chosen one after the other, each weighed by a softmax of its own (sparsemixer), which is not modelled",
        ["mpnet"] = Relative,
        ["beit"] = Relative,
        ["data2vec-vision"] = Relative,
        ["swin"] = Relative + "; its stack changes its width from stage to stage",
        ["clip"] = Pair,
        ["clip_text_model"] = "its weights are drawn by module, with standard deviations that depend on width and depth",
        ["clip_vision_model"] = "its weights are drawn by module, with standard deviations that depend on width and depth",
        ["siglip"] = Pair,
        ["siglip2"] = Pair,
        ["siglip_vision_model"] = "its weights are drawn by module (xavier, lecun), and one standard deviation for all is modelled",
        ["git"] = Prefix,
        ["paligemma"] = Prefix + "; import the language model's own config.json (Gemma's)",
        ["llava"] = "it joins an image encoder to a language model; import the language model's own config.json (for LLaVA 1.5: LLaMA's)",
        ["chatglm"] =
            "its code is published with the model (auto_map) and not read here; write an architecture JSON record of what it builds",
        ["dbrx"] = OwnExperts,
        ["hunyuan"] = OwnExperts,
        ["hunyuan_v1_moe"] = OwnExperts,
        ["baichuan_m1"] = "its attention first mixes neighbouring keys and values by a convolution, which is not modelled",
        ["xglm"] = "its position vectors are a table of sines and cosines, and vectors drawn at random are modelled",
        ["deit"] =
            "its position vectors and its class and distillation tokens start at 0, and tokens alike are modelled; import a ViT's "
            + "configuration of the same sizes, which differs in its input alone",
        ["yuan"] = "its attention first mixes neighbouring tokens by a convolution (localized filtering), which is not modelled",
        ["xlnet"] = "it attends along permuted orders with relative positions, which are not modelled",
        ["longformer"] = "its attention has windows with global tokens, which are not modelled",
        ["big_bird"] = "its attention has random and global blocks, which are not modelled",
    };

    // Models whose text_config alone, of a family that is imported, would not say what they do to text.
    private static readonly string[] Whole = ["paligemma"];

    /// <summary>Why a family is refused, or null.</summary>
    public static string? Reason(string? modelType) => modelType is null ? null : Reasons.GetValueOrDefault(modelType);

    /// <summary>Why a model is refused whatever its text model is, or null.</summary>
    public static string? ReasonAround(string? modelType) => Whole.Contains(modelType) ? Reason(modelType) : null;
}
