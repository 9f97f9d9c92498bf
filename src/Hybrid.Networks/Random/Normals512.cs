using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static Hybrid.Networks.Random.NormalCoefficients;

namespace Hybrid.Networks.Random;

/// <summary>
/// Blocks of normals, 512 bits at a time. A block is eight Philox counters: 32 singles (16 cosines, then their 16 sines)
/// or 16 doubles (8 and 8). Only exactly rounded operations (+, −, ×, ÷, √, fused multiply-add, exact conversions) in a
/// fixed order, so every width and machine gives the same bits; <see cref="Normals256"/> is the same text at half width.
/// </summary>
internal static class Normals512
{
    /// <summary>Fills whole blocks of 32 singles; destination.Length is a multiple of 32.</summary>
    [SkipLocalsInit]
    public static void Fill(Span<float> destination, in Stream stream, ulong block, float standardDeviation)
    {
        Span<Vector512<ulong>> schedule = stackalloc Vector512<ulong>[2 * Philox.Rounds];
        Philox.Schedule(stream.Seed, schedule);
        Vector512<float> deviation = Vector512.Create(standardDeviation);
        ref float start = ref MemoryMarshal.GetReference(destination);
        nuint i = 0, length = (nuint)destination.Length;
        for (; i + 2 * Stream.SinglesPerBlock <= length; i += 2 * Stream.SinglesPerBlock, block += 2)
        {
            Counters(stream, block, out Vector512<ulong> x0, out Vector512<ulong> x1, out Vector512<ulong> x2, out Vector512<ulong> x3);
            Counters(stream, block + 1, out Vector512<ulong> y0, out Vector512<ulong> y1, out Vector512<ulong> y2, out Vector512<ulong> y3);
            Philox.Encrypt(ref schedule[0], ref x0, ref x1, ref x2, ref x3, ref y0, ref y1, ref y2, ref y3);
            Store(x0, x1, x2, x3, deviation, ref start, i);
            Store(y0, y1, y2, y3, deviation, ref start, i + Stream.SinglesPerBlock);
        }

        if (i < length)
        {
            Counters(stream, block, out Vector512<ulong> x0, out Vector512<ulong> x1, out Vector512<ulong> x2, out Vector512<ulong> x3);
            Philox.Encrypt(ref schedule[0], ref x0, ref x1, ref x2, ref x3);
            Store(x0, x1, x2, x3, deviation, ref start, i);
        }
    }

    /// <summary>Fills whole blocks of 16 doubles; destination.Length is a multiple of 16.</summary>
    [SkipLocalsInit]
    public static void Fill(Span<double> destination, in Stream stream, ulong block, double standardDeviation)
    {
        Span<Vector512<ulong>> schedule = stackalloc Vector512<ulong>[2 * Philox.Rounds];
        Philox.Schedule(stream.Seed, schedule);
        Vector512<double> deviation = Vector512.Create(standardDeviation);
        ref double start = ref MemoryMarshal.GetReference(destination);
        for (nuint i = 0; i < (nuint)destination.Length; i += Stream.DoublesPerBlock, block++)
        {
            ulong counter = block * Stream.CountersPerBlock;
            Vector512<ulong> x0 = Vector512.Create(counter) + Vector512<ulong>.Indices;
            Vector512<ulong> x1 = Vector512.Create(counter >> 32 | Stream.DoubleDomain);
            Vector512<ulong> x2 = Vector512.Create(stream.Sample), x3 = Vector512.Create(stream.Place);
            Philox.Encrypt(ref schedule[0], ref x0, ref x1, ref x2, ref x3);
            Vector512<double> radius = Radius(Join(x0, x2)) * deviation;
            Circle(Join(x1, x3), out Vector512<double> cosine, out Vector512<double> sine);
            (radius * cosine).StoreUnsafe(ref start, i);
            (radius * sine).StoreUnsafe(ref start, i + Stream.DoublesPerBlock / 2);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Counters(
        in Stream stream, ulong block, out Vector512<ulong> x0, out Vector512<ulong> x1, out Vector512<ulong> x2, out Vector512<ulong> x3)
    {
        ulong counter = block * Stream.CountersPerBlock;
        x0 = Vector512.Create(counter) + Vector512<ulong>.Indices;
        x1 = Vector512.Create(counter >> 32);
        x2 = Vector512.Create(stream.Sample);
        x3 = Vector512.Create(stream.Place);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        Vector512<ulong> x0, Vector512<ulong> x1, Vector512<ulong> x2,
        Vector512<ulong> x3, Vector512<float> deviation, ref float start, nuint at)
    {
        Vector512<float> radius = Radius(Join(x0, x2).AsUInt32()) * deviation;
        Circle(Join(x1, x3).AsUInt32(), out Vector512<float> cosine, out Vector512<float> sine);
        (radius * cosine).StoreUnsafe(ref start, at);
        (radius * sine).StoreUnsafe(ref start, at + Stream.SinglesPerBlock / 2);
    }

    /// <summary>The low halves of both, interleaved into whole lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Join(Vector512<ulong> low, Vector512<ulong> high) =>
        Vector512.ConditionalSelect(Vector512.Create((ulong)uint.MaxValue), low, high << 32);

    // u = (k + ½) 2⁻³¹ from the upper 31 bits, rounded to single: the radius reaches √(−2 ln 2⁻³²) = 6.66.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Radius(Vector512<uint> bits)
    {
        Vector512<float> u = Vector512.FusedMultiplyAdd(
            Vector512.ConvertToSingle((bits >>> 1).AsInt32()), Vector512.Create(1f / (1u << 31)), Vector512.Create(0.5f / (1u << 31)));
        Vector512<int> i = u.AsInt32() - Vector512.Create(SingleRootHalf);
        Vector512<float> exponent = Vector512.ConvertToSingle(i >> 23);
        Vector512<float> f = ((i & Vector512.Create(SingleMantissa)) + Vector512.Create(SingleRootHalf)).AsSingle() - Vector512<float>.One;
        Vector512<float> log = Step(Vector512.Create(L7), f, L6);
        log = Step(Step(Step(Step(log, f, L5), f, L4), f, L3), f, L2);
        log = Step(Step(Step(log, f, L1), f, L0), f, -2f);
        return Vector512.Sqrt(Vector512.FusedMultiplyAdd(exponent, Vector512.Create((float)LogTwo), f * log));
    }

    // θ = π t/2 with t in [−1, 1) from the lower 31 bits, and the top bit for the cosine's sign: the whole circle.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Circle(Vector512<uint> bits, out Vector512<float> cosine, out Vector512<float> sine)
    {
        Vector512<float> t = Vector512.ConvertToSingle((bits << 1).AsInt32()) * Vector512.Create(1f / (1u << 31));
        Vector512<float> y = t * t;
        Vector512<float> s = Step(Step(Step(Step(Vector512.Create(S4), y, S3), y, S2), y, S1), y, S0);
        Vector512<float> c = Step(Step(Step(Step(Vector512.Create(C4), y, C3), y, C2), y, C1), y, C0);
        sine = t * s;
        c *= Vector512.FusedMultiplyAdd(-t, t, Vector512<float>.One);
        cosine = (c.AsUInt32() ^ (bits & Vector512.Create(0x80000000u))).AsSingle();
    }

    // u = (k + ½) 2⁻⁵² from the upper 52 bits, exactly: the radius reaches √(−2 ln 2⁻⁵³) = 8.57.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Radius(Vector512<ulong> bits)
    {
        Vector512<double> u = (bits >>> 12 | Vector512.Create(0x3FF0000000000000u)).AsDouble() - Vector512.Create(1 - 0.5 / (1ul << 52));
        Vector512<ulong> i = u.AsUInt64() + Vector512.Create(0x3FF0000000000000u - DoubleRootHalf);
        Vector512<double> exponent = (i >>> 52 | Vector512.Create(DoubleInteger)).AsDouble()
            - Vector512.Create((double)((1ul << 52) + 1023));
        Vector512<double> m = ((i & Vector512.Create(DoubleMantissa)) + Vector512.Create(DoubleRootHalf)).AsDouble();
        Vector512<double> s = (m - Vector512<double>.One) / (m + Vector512<double>.One), y = s * s;
        Vector512<double> log = Step(Step(Step(Vector512.Create(K6), y, K5), y, K4), y, K3);
        log = Step(Step(Step(Step(log, y, K2), y, K1), y, K0), y, 2) * s;
        return Vector512.Sqrt(Vector512.FusedMultiplyAdd(exponent, Vector512.Create(LogTwo), log * Vector512.Create(-2.0)));
    }

    // t in [−1, 1) from the upper 52 bits, the cosine's sign from the lowest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Circle(Vector512<ulong> bits, out Vector512<double> cosine, out Vector512<double> sine)
    {
        Vector512<double> t = (bits >>> 12 | Vector512.Create(0x4000000000000000u)).AsDouble() - Vector512.Create(3.0);
        Vector512<double> y = t * t;
        Vector512<double> s = Step(Step(Step(Step(Vector512.Create(D8), y, D7), y, D6), y, D5), y, D4);
        Vector512<double> c = Step(Step(Step(Step(Vector512.Create(E8), y, E7), y, E6), y, E5), y, E4);
        sine = t * Step(Step(Step(Step(s, y, D3), y, D2), y, D1), y, D0);
        c = Step(Step(Step(Step(c, y, E3), y, E2), y, E1), y, E0) * Vector512.FusedMultiplyAdd(-t, t, Vector512<double>.One);
        cosine = (c.AsUInt64() ^ bits << 63).AsDouble();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Step(Vector512<float> sum, Vector512<float> x, float coefficient) =>
        Vector512.FusedMultiplyAdd(sum, x, Vector512.Create(coefficient));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Step(Vector512<double> sum, Vector512<double> x, double coefficient) =>
        Vector512.FusedMultiplyAdd(sum, x, Vector512.Create(coefficient));
}
