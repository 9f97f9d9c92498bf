namespace Hybrid.Torch;

/// <summary>Where the weights of random networks are drawn.</summary>
public enum WeightSource
{
    /// <summary>By the generator of the dense engine on the processor, then copied: the same weights for a seed, to the bit.</summary>
    Host,

    /// <summary>
    /// By libtorch on the device: faster on a GPU, but the numbers of a seed are others, and differ between kinds of devices.
    /// They still depend on seed and network alone. Input tokens and output gradients stay the host's.
    /// </summary>
    Device,
}
