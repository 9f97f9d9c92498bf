using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hybrid.Networks.Random;

/// <summary>
/// Streams of independent uniform 64-bit words. Word i of a key's stream is a function of (key, i) alone, the same on
/// every machine, and independent of the normal streams of the same key.
/// </summary>
public static class UniformBits
{
    private const int WordsPerBlock = 8;

    /// <summary>Writes words 0, 1, … of the stream of <paramref name="key"/>.</summary>
    [SkipLocalsInit]
    public static void Fill(Span<ulong> destination, in RandomKey key)
    {
        Stream stream = new(key);
        Span<Vector256<ulong>> schedule = stackalloc Vector256<ulong>[2 * Philox.Rounds];
        Philox.Schedule(stream.Seed, schedule);
        Span<ulong> block = stackalloc ulong[WordsPerBlock];
        for (ulong counter = 0; !destination.IsEmpty; counter += (ulong)Vector256<ulong>.Count)
        {
            // Four counters of 128 bits: two words each. A span holds fewer words than 2³² counters have.
            Vector256<ulong> x0 = Vector256.Create(counter) + Vector256<ulong>.Indices;
            Vector256<ulong> x1 = Vector256.Create(Stream.UniformDomain);
            Vector256<ulong> x2 = Vector256.Create(stream.Sample), x3 = Vector256.Create(stream.Place);
            Philox.Encrypt(ref schedule[0], ref x0, ref x1, ref x2, ref x3);
            Normals256.Join(x0, x2).CopyTo(block);
            Normals256.Join(x1, x3).CopyTo(block[Vector256<ulong>.Count..]);
            int taken = Math.Min(WordsPerBlock, destination.Length);
            block[..taken].CopyTo(destination);
            destination = destination[taken..];
        }
    }

    /// <summary>A word as a number in [0, 1), a multiple of 2⁻⁵³.</summary>
    public static double ToUnit(ulong word) => (word >> 11) * (1.0 / (1L << 53));

    /// <summary>A word as an integer in [0, count), count ≥ 1; no value's probability is off by more than 2⁻⁶⁴.</summary>
    public static long Below(ulong word, long count) => (long)Math.BigMul(word, (ulong)count, out _);
}
