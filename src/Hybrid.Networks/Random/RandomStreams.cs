namespace Hybrid.Networks.Random;

/// <summary>From a stream's name to its key.</summary>
public static class RandomStreams
{
    /// <summary>What the values of blocks' streams have above those of the input's.</summary>
    internal const int BlockKind = RandomKey.LargestMatrix + 1;

    private const int InputLayer = 0;

    /// <summary>Whether it is a stream of blocks, not of the input.</summary>
    public static bool IsOfBlock(this RandomStream stream) => (int)stream >= BlockKind;

    /// <summary>The key of a stream of the input.</summary>
    /// <param name="stream">Not of blocks.</param>
    /// <param name="seed">The ensemble's seed, any value.</param>
    /// <param name="sample">Number of the network in the ensemble, any value.</param>
    /// <exception cref="ArgumentException">The stream is one of blocks.</exception>
    public static RandomKey OfInput(this RandomStream stream, ulong seed, int sample) => stream.IsOfBlock()
        ? throw new ArgumentException($"a stream of the input must be asked for, got {stream}, which every block has", nameof(stream))
        : new(seed, sample, InputLayer, (int)stream);

    /// <summary>The key of a stream of block <paramref name="layer"/>.</summary>
    /// <param name="stream">Of blocks.</param>
    /// <param name="seed">The ensemble's seed, any value.</param>
    /// <param name="sample">Number of the network in the ensemble, any value.</param>
    /// <param name="layer">1..depth.</param>
    /// <exception cref="ArgumentException">The stream is one of the input, or the layer is not a block's.</exception>
    public static RandomKey OfBlock(this RandomStream stream, ulong seed, int sample, int layer) =>
        !stream.IsOfBlock() || layer <= InputLayer
        ? throw new ArgumentException($"a stream of a block, 1..depth, must be asked for, got {stream} of layer {layer}", nameof(stream))
        : new(seed, sample, layer, (int)stream - BlockKind);
}
