using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Hybrid.Networks.Random;

/// <summary>
/// Streams of independent normal numbers N(0, σ²). Element i of a key's stream is a function of (key, i) alone: the same
/// bits however a stream is cut into calls or spread over threads, and on every machine (512-bit, 256-bit or no vector
/// registers). Singles carry 31 random bits in the radius and 32 in the angle (values to 6.66 σ), doubles 52 and 53
/// (values to 8.57 σ). The single and the double stream of one key are independent of each other.
/// </summary>
public static class Gaussian
{
    private static readonly bool Wide = Vector512.IsHardwareAccelerated && Avx512F.IsSupported;

    /// <summary>Writes elements offset, offset + 1, … of the single stream of <paramref name="key"/>.</summary>
    /// <param name="destination">Filled to its end.</param>
    /// <param name="key">Names the stream.</param>
    /// <param name="offset">First element, ≥ 0.</param>
    /// <param name="standardDeviation">σ ≥ 0; 0 gives zeros.</param>
    [SkipLocalsInit]
    public static void Fill(Span<float> destination, in RandomKey key, long offset, float standardDeviation)
    {
        Check(destination.Length, offset, standardDeviation);
        Stream stream = new(key);
        ulong block = (ulong)offset / Stream.SinglesPerBlock;
        int skipped = (int)(offset % Stream.SinglesPerBlock);
        Span<float> partial = stackalloc float[Stream.SinglesPerBlock];
        if (skipped > 0)
        {
            Blocks(partial, stream, block++, standardDeviation);
            int taken = Math.Min(Stream.SinglesPerBlock - skipped, destination.Length);
            partial.Slice(skipped, taken).CopyTo(destination);
            destination = destination[taken..];
        }

        int rest = destination.Length % Stream.SinglesPerBlock;
        Blocks(destination[..^rest], stream, block, standardDeviation);
        if (rest == 0)
            return;
        block += (ulong)(destination.Length / Stream.SinglesPerBlock);
        Blocks(partial, stream, block, standardDeviation);
        partial[..rest].CopyTo(destination[^rest..]);
    }

    /// <summary>Writes elements offset, offset + 1, … of the double stream of <paramref name="key"/>.</summary>
    /// <param name="destination">Filled to its end.</param>
    /// <param name="key">Names the stream.</param>
    /// <param name="offset">First element, ≥ 0.</param>
    /// <param name="standardDeviation">σ ≥ 0; 0 gives zeros.</param>
    [SkipLocalsInit]
    public static void Fill(Span<double> destination, in RandomKey key, long offset, double standardDeviation)
    {
        Check(destination.Length, offset, standardDeviation);
        Stream stream = new(key);
        ulong block = (ulong)offset / Stream.DoublesPerBlock;
        int skipped = (int)(offset % Stream.DoublesPerBlock);
        Span<double> partial = stackalloc double[Stream.DoublesPerBlock];
        if (skipped > 0)
        {
            Blocks(partial, stream, block++, standardDeviation);
            int taken = Math.Min(Stream.DoublesPerBlock - skipped, destination.Length);
            partial.Slice(skipped, taken).CopyTo(destination);
            destination = destination[taken..];
        }

        int rest = destination.Length % Stream.DoublesPerBlock;
        Blocks(destination[..^rest], stream, block, standardDeviation);
        if (rest == 0)
            return;
        block += (ulong)(destination.Length / Stream.DoublesPerBlock);
        Blocks(partial, stream, block, standardDeviation);
        partial[..rest].CopyTo(destination[^rest..]);
    }

    private static void Blocks(Span<float> destination, in Stream stream, ulong block, float standardDeviation)
    {
        if (Wide)
            Normals512.Fill(destination, stream, block, standardDeviation);
        else
            Normals256.Fill(destination, stream, block, standardDeviation);
    }

    private static void Blocks(Span<double> destination, in Stream stream, ulong block, double standardDeviation)
    {
        if (Wide)
            Normals512.Fill(destination, stream, block, standardDeviation);
        else
            Normals256.Fill(destination, stream, block, standardDeviation);
    }

    private static void Check(int length, long offset, double standardDeviation)
    {
        if (offset < 0 || offset > long.MaxValue - length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"must be from 0 to 2^63 − 1 − {length}, the length asked for");
        if (!(standardDeviation >= 0 && double.IsFinite(standardDeviation)))
            throw new ArgumentOutOfRangeException(nameof(standardDeviation), standardDeviation, "must be finite and ≥ 0");
    }
}
