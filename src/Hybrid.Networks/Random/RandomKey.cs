namespace Hybrid.Networks.Random;

/// <summary>
/// Names one stream of random numbers. Different keys give independent streams: every field enters the generator's
/// 192 bits of key and counter unhashed, so no two keys can meet.
/// </summary>
/// <param name="Seed">The ensemble's seed, any value.</param>
/// <param name="Sample">Number of the network in the ensemble, any value.</param>
/// <param name="Layer">0 for the input, 1..depth for the blocks; from 0 to <see cref="LargestLayer"/>.</param>
/// <param name="Matrix">Which matrix, bias or noise of that layer; from 0 to <see cref="LargestMatrix"/>.</param>
public readonly record struct RandomKey(ulong Seed, int Sample, int Layer, int Matrix)
{
    private const int MatrixBits = 7;

    /// <summary>The largest layer number that a key can hold, 2²⁵ − 1.</summary>
    public const int LargestLayer = (1 << (32 - MatrixBits)) - 1;

    /// <summary>The largest matrix number that a key can hold, 127.</summary>
    public const int LargestMatrix = (1 << MatrixBits) - 1;

    /// <summary>Layer and matrix as one counter word.</summary>
    internal uint Place
    {
        get
        {
            if ((uint)Layer > LargestLayer)
                throw new ArgumentOutOfRangeException(nameof(Layer), Layer, $"must be from 0 to {LargestLayer}");
            if ((uint)Matrix > LargestMatrix)
                throw new ArgumentOutOfRangeException(nameof(Matrix), Matrix, $"must be from 0 to {LargestMatrix}");
            return (uint)Layer << MatrixBits | (uint)Matrix;
        }
    }
}
