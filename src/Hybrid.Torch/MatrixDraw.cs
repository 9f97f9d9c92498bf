using Hybrid.Networks.Random;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>Draws one matrix N(0, σ²) of one network on the host, as the dense engine does, into a tensor on any device.</summary>
internal sealed class MatrixDraw(TorchDevice device, int threads)
{
    // Elements per piece of a thread: a multiple of the generator's block.
    private const int Piece = 1 << 14;

    /// <summary>Overwrites a contiguous tensor by the numbers that <paramref name="key"/> names.</summary>
    internal void Fill(Tensor destination, RandomKey key, double standardDeviation)
    {
        using DisposeScope scope = NewDisposeScope();
        bool inPlace = !device.IsCuda && destination.dtype == ScalarType.Float32;
        Tensor flat = destination.view(-1);
        for (long start = 0; start < flat.shape[0]; start += HostMemory.Part)
        {
            Tensor part = flat.narrow(0, start, Math.Min(HostMemory.Part, flat.shape[0] - start));
            Tensor staged = inPlace ? part : empty(part.shape, ScalarType.Float32);
            FillHost(staged, key, start, (float)standardDeviation);
            if (!inPlace)
                part.copy_(staged);
        }
    }

    private unsafe void FillHost(Tensor host, RandomKey key, long offset, float standardDeviation)
    {
        Span<float> entries = HostMemory.Entries<float>(host);
        int length = entries.Length;
        fixed (float* pointer = entries)
        {
            float* first = pointer;
            Parallel.For(0, (length + Piece - 1) / Piece, new ParallelOptions { MaxDegreeOfParallelism = threads }, piece =>
            {
                int start = piece * Piece;
                Gaussian.Fill(new Span<float>(first + start, Math.Min(Piece, length - start)), key, offset + start, standardDeviation);
            });
        }
    }
}
