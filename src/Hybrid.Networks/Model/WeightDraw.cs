using System.Runtime.CompilerServices;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Model;

/// <summary>
/// Draws all matrices of one block in one parallel region. Each matrix is a stream of its own, and every number depends
/// on its place in it alone, so threads may take any pieces.
/// </summary>
internal unsafe struct WeightDraw<T>
    where T : unmanaged
{
    // Elements per piece: a multiple of the generator's block, small enough to even out what threads get.
    private const int Piece = 1 << 14;

    private readonly T* destination;
    private readonly ulong seed;
    private readonly int sample, layer;
    private Matrices matrices;

    /// <summary>Plans the draw of block <paramref name="layer"/>, whose parameters start at <paramref name="destination"/>.</summary>
    internal WeightDraw(ParameterLayout layout, T* destination, ulong seed, int sample, int layer)
    {
        this.destination = destination;
        this.seed = seed;
        this.sample = sample;
        this.layer = layer;
        layout.Blocks.CopyTo(matrices);
    }

    /// <summary>The share of one worker: every threads-th piece of each matrix.</summary>
    internal static void Fill(WeightDraw<T>* draw, int worker, int threads)
    {
        long number = 0;
        foreach (ref readonly ParameterBlock block in (ReadOnlySpan<ParameterBlock>)draw->matrices)
        {
            RandomKey key = block.Role.Stream().OfBlock(draw->seed, draw->sample, draw->layer);
            long length = (long)block.Rows * block.Columns;
            for (long start = 0; start < length; start += Piece, number++)
            {
                if (number % threads != worker)
                    continue;
                int count = (int)Math.Min(Piece, length - start);
                T* piece = draw->destination + block.Offset + start;
                if (typeof(T) == typeof(float))
                    Gaussian.Fill(new Span<float>(piece, count), key, start, (float)block.StandardDeviation);
                else
                    Gaussian.Fill(new Span<double>(piece, count), key, start, block.StandardDeviation);
            }
        }
    }

    [InlineArray((int)MatrixRole.Router + 1)]
    private struct Matrices
    {
        private ParameterBlock first;
    }
}
