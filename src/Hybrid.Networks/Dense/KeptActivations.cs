namespace Hybrid.Networks.Dense;

/// <summary>What the forward pass leaves for the backward pass.</summary>
internal enum KeptActivations
{
    /// <summary>What the gradient at the stream needs.</summary>
    ForStream,

    /// <summary>And what the gradients of the parameters need.</summary>
    ForParameters,

    /// <summary>The input of each block alone: the backward pass computes a block's activations again.</summary>
    BlockInputs,
}
