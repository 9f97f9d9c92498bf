using Hybrid.Networks.Random;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>Draws one matrix N(0, σ²) of one network into a tensor: on the host, or by libtorch where the tensor is.</summary>
internal sealed class MatrixDraw(WeightSource source, TorchDevice device, int threads) : IDisposable
{
    // Elements per piece of a thread: a multiple of the generator's block.
    private const int Piece = 1 << 14;

    private readonly Generator? generator = source == WeightSource.Device ? new Generator(0, device.ToTorch()) : null;

    /// <summary>Overwrites a contiguous tensor by the numbers that <paramref name="key"/> names.</summary>
    internal void Fill(Tensor destination, RandomKey key, double standardDeviation)
    {
        using DisposeScope scope = NewDisposeScope();
        if (generator is not null)
        {
            generator.manual_seed(SeedOf(key));
            destination.normal_(0, standardDeviation, generator);
            return;
        }

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

    /// <inheritdoc/>
    public void Dispose() => generator?.Dispose();

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

    /// <summary>One seed of libtorch's generator for each key, by SplitMix64's finalizer over its fields.</summary>
    private static long SeedOf(RandomKey key)
    {
        ulong state = key.Seed;
        foreach (uint field in (ReadOnlySpan<uint>)[(uint)key.Sample, (uint)key.Layer, (uint)key.Matrix])
        {
            state += 0x9E3779B97F4A7C15 + field;
            state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            state = (state ^ (state >> 27)) * 0x94D049BB133111EB;
            state ^= state >> 31;
        }

        return (long)state;
    }
}
