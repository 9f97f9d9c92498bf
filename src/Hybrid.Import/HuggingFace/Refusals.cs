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
        ["qwen3_next"] = StateSpace,
        ["mllama"] = CrossAttention,
        ["mllama_text_model"] = CrossAttention,
        ["git"] = "image tokens come before its text and may be attended to by all, and one mask of one kind of token is modelled",
        ["llava"] = "it joins an image encoder to a language model; import the language model's own config.json (for LLaVA 1.5: LLaMA's)",
        ["chatglm"] =
            "its code is published with the model (auto_map) and not read here; write an architecture JSON record of what it builds",
        ["yuan"] = "its attention first mixes neighbouring tokens by a convolution (localized filtering), which is not modelled",
        ["xlnet"] = "it attends along permuted orders with relative positions, which are not modelled",
        ["longformer"] = "its attention has windows with global tokens, which are not modelled",
        ["big_bird"] = "its attention has random and global blocks, which are not modelled",
    };

    /// <summary>Why a family is refused, or null.</summary>
    public static string? Reason(string? modelType) => modelType is null ? null : Reasons.GetValueOrDefault(modelType);
}
