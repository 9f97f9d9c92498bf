namespace Hybrid.Networks.Blocks;

/// <summary>What the forward pass leaves for the backward pass.</summary>
internal enum KeptActivations
{
    /// <summary>What the gradient at the stream needs, of a network without gains.</summary>
    ForStream,

    /// <summary>The same of a network with gains.</summary>
    ForStreamWithGains,

    /// <summary>And what the gradients of the parameters need.</summary>
    ForParameters,

    /// <summary>The input of each block alone: the backward pass computes a block's activations again.</summary>
    BlockInputs,
}

/// <summary>What follows from a choice.</summary>
internal static class KeptActivationsExtensions
{
    /// <summary>Whether backward passes compute the gradients of the parameters.</summary>
    internal static bool LearnParameters(this KeptActivations kept) =>
        kept is KeptActivations.ForParameters or KeptActivations.BlockInputs;
}
