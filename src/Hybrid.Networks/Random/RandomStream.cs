namespace Hybrid.Networks.Random;

/// <summary>
/// Every stream of random numbers that a network is drawn from: the one list of them. A value is the stream's number within
/// its kind of layer, from 0 to <see cref="RandomKey.LargestMatrix"/>, and <see cref="RandomStreams.BlockKind"/> more for
/// streams of blocks. Numbers never change and are never given again: they decide which network a seed names.
/// </summary>
public enum RandomStream
{
    /// <summary>The input tokens of networks without an embedding.</summary>
    InputTokens = 0,

    /// <summary>The loss gradient at the output.</summary>
    LossGradient = 1,

    /// <summary>Tangents at the input.</summary>
    InputTangents = 2,

    /// <summary>The embedding of tokens.</summary>
    TokenEmbedding = 16,

    /// <summary>The embedding of positions.</summary>
    PositionEmbedding = 17,

    /// <summary>What all positions have in common.</summary>
    CommonEmbedding = 18,

    /// <summary>The unembedding.</summary>
    Unembedding = 19,

    /// <summary>The map before the unembedding of masked language models.</summary>
    HeadTransform = 20,

    /// <summary>Pixels of the patches that a trained network sees.</summary>
    Pixels = 21,

    /// <summary>A frame of tangents at the input of a trained network.</summary>
    ForwardFrame = 120,

    /// <summary>A frame of gradients at the output of a trained network.</summary>
    BackwardFrame = 121,

    /// <summary>W_Q.</summary>
    Query = RandomStreams.BlockKind + 0,

    /// <summary>W_K.</summary>
    Key = RandomStreams.BlockKind + 1,

    /// <summary>W_V.</summary>
    Value = RandomStreams.BlockKind + 2,

    /// <summary>W_O.</summary>
    AttentionOut = RandomStreams.BlockKind + 3,

    /// <summary>W_1.</summary>
    MlpIn = RandomStreams.BlockKind + 4,

    /// <summary>b.</summary>
    MlpBias = RandomStreams.BlockKind + 5,

    /// <summary>W_u.</summary>
    MlpUp = RandomStreams.BlockKind + 6,

    /// <summary>W_2.</summary>
    MlpOut = RandomStreams.BlockKind + 7,

    /// <summary>W_r.</summary>
    Router = RandomStreams.BlockKind + 8,

    /// <summary>Networks in coordinates: images of what W_O sees.</summary>
    AttentionImages = RandomStreams.BlockKind + 16,

    /// <summary>Networks in coordinates: the gradient's directions in the frame of a step that begins with attention.</summary>
    AttentionFrame = RandomStreams.BlockKind + 17,

    /// <summary>Networks in coordinates: what W_Q, W_K and W_V add to the gradient off the tokens' span.</summary>
    AttentionInput = RandomStreams.BlockKind + 18,

    /// <summary>Networks in coordinates: images of what W_2 sees.</summary>
    MlpImages = RandomStreams.BlockKind + 19,

    /// <summary>Networks in coordinates: the gradient's directions in the frame of a step that begins with the MLP.</summary>
    MlpFrame = RandomStreams.BlockKind + 20,

    /// <summary>Networks in coordinates: what W_1 and W_u add to the gradient off the tokens' span.</summary>
    MlpInput = RandomStreams.BlockKind + 21,

    /// <summary>
    /// Networks in coordinates: gradients along what experts answer beside the branch, and what each adds to the gradient along
    /// the tokens' span, off its own.
    /// </summary>
    Experts = RandomStreams.BlockKind + 22,

    /// <summary>Relative changes of a block's weights, by which a condition is measured.</summary>
    WeightChanges = RandomStreams.BlockKind + 96,

    /// <summary>The same of the stream's entries at the input of a block; depth + 1: at the output.</summary>
    StreamChanges = RandomStreams.BlockKind + 97,

    /// <summary>The same of the stream's rows.</summary>
    StreamRowChanges = RandomStreams.BlockKind + 98,

    /// <summary>The same of the gradient's entries.</summary>
    GradientChanges = RandomStreams.BlockKind + 99,

    /// <summary>The same of the gradient's rows.</summary>
    GradientRowChanges = RandomStreams.BlockKind + 100,
}
