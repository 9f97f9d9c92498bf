using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static Hybrid.Networks.Random.NormalCoefficients;

namespace Hybrid.Networks.Random;

/// <summary>
/// The blocks of <see cref="Normals512"/> bit for bit, in two halves of four counters each, 256 bits at a time: for
/// machines without 512-bit registers, and without any hardware acceleration where there is none.
/// </summary>
internal static class Normals256
{
    /// <summary>Fills whole blocks of 32 singles; destination.Length is a multiple of 32.</summary>
    [SkipLocalsInit]
    public static void Fill(Span<float> destination, in Stream stream, ulong block, float standardDeviation)
    {
        Span<Vector256<ulong>> schedule = stackalloc Vector256<ulong>[2 * Philox.Rounds];
        Philox.Schedule(stream.Seed, schedule);
        Vector256<float> deviation = Vector256.Create(standardDeviation);
        ref float start = ref MemoryMarshal.GetReference(destination);
        ulong counter = block * Stream.CountersPerBlock;
        // i runs over the cosines' places: the first half of every block, a quarter at a time.
        for (nuint i = 0; i < (nuint)destination.Length; counter += (ulong)Vector256<ulong>.Count)
        {
            Vector256<ulong> x0 = Vector256.Create(counter) + Vector256<ulong>.Indices;
            Vector256<ulong> x1 = Vector256.Create(counter >> 32), x2 = Vector256.Create(stream.Sample);
            Vector256<ulong> x3 = Vector256.Create(stream.Place);
            Philox.Encrypt(ref schedule[0], ref x0, ref x1, ref x2, ref x3);
            Vector256<float> radius = Radius(Join(x0, x2).AsUInt32()) * deviation;
            Circle(Join(x1, x3).AsUInt32(), out Vector256<float> cosine, out Vector256<float> sine);
            (radius * cosine).StoreUnsafe(ref start, i);
            (radius * sine).StoreUnsafe(ref start, i + Stream.SinglesPerBlock / 2);
            i += (nuint)Vector256<float>.Count;
            if (i % Stream.SinglesPerBlock == Stream.SinglesPerBlock / 2)
                i += Stream.SinglesPerBlock / 2;
        }
    }

    /// <summary>Fills whole blocks of 16 doubles; destination.Length is a multiple of 16.</summary>
    [SkipLocalsInit]
    public static void Fill(Span<double> destination, in Stream stream, ulong block, double standardDeviation)
    {
        Span<Vector256<ulong>> schedule = stackalloc Vector256<ulong>[2 * Philox.Rounds];
        Philox.Schedule(stream.Seed, schedule);
        Vector256<double> deviation = Vector256.Create(standardDeviation);
        ref double start = ref MemoryMarshal.GetReference(destination);
        ulong counter = block * Stream.CountersPerBlock;
        // i runs over the cosines' places: the first half of every block, a quarter at a time.
        for (nuint i = 0; i < (nuint)destination.Length; counter += (ulong)Vector256<ulong>.Count)
        {
            Vector256<ulong> x0 = Vector256.Create(counter) + Vector256<ulong>.Indices;
            Vector256<ulong> x1 = Vector256.Create(counter >> 32 | Stream.DoubleDomain);
            Vector256<ulong> x2 = Vector256.Create(stream.Sample), x3 = Vector256.Create(stream.Place);
            Philox.Encrypt(ref schedule[0], ref x0, ref x1, ref x2, ref x3);
            Vector256<double> radius = Radius(Join(x0, x2)) * deviation;
            Circle(Join(x1, x3), out Vector256<double> cosine, out Vector256<double> sine);
            (radius * cosine).StoreUnsafe(ref start, i);
            (radius * sine).StoreUnsafe(ref start, i + Stream.DoublesPerBlock / 2);
            i += (nuint)Vector256<double>.Count;
            if (i % Stream.DoublesPerBlock == Stream.DoublesPerBlock / 2)
                i += Stream.DoublesPerBlock / 2;
        }
    }

    /// <summary>The low halves of both, interleaved into whole lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<ulong> Join(Vector256<ulong> low, Vector256<ulong> high) =>
        Vector256.ConditionalSelect(Vector256.Create((ulong)uint.MaxValue), low, high << 32);

    // u = (k + ½) 2⁻³¹ from the upper 31 bits, rounded to single: the radius reaches √(−2 ln 2⁻³²) = 6.66.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Radius(Vector256<uint> bits)
    {
        Vector256<float> u = Vector256.FusedMultiplyAdd(
            Vector256.ConvertToSingle((bits >>> 1).AsInt32()), Vector256.Create(1f / (1u << 31)), Vector256.Create(0.5f / (1u << 31)));
        Vector256<int> i = u.AsInt32() - Vector256.Create(SingleRootHalf);
        Vector256<float> exponent = Vector256.ConvertToSingle(i >> 23);
        Vector256<float> f = ((i & Vector256.Create(SingleMantissa)) + Vector256.Create(SingleRootHalf)).AsSingle() - Vector256<float>.One;
        Vector256<float> log = Step(Vector256.Create(L7), f, L6);
        log = Step(Step(Step(Step(log, f, L5), f, L4), f, L3), f, L2);
        log = Step(Step(Step(log, f, L1), f, L0), f, -2f);
        return Vector256.Sqrt(Vector256.FusedMultiplyAdd(exponent, Vector256.Create((float)LogTwo), f * log));
    }

    // θ = π t/2 with t in [−1, 1) from the lower 31 bits, and the top bit for the cosine's sign: the whole circle.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Circle(Vector256<uint> bits, out Vector256<float> cosine, out Vector256<float> sine)
    {
        Vector256<float> t = Vector256.ConvertToSingle((bits << 1).AsInt32()) * Vector256.Create(1f / (1u << 31));
        Vector256<float> y = t * t;
        Vector256<float> s = Step(Step(Step(Step(Vector256.Create(S4), y, S3), y, S2), y, S1), y, S0);
        Vector256<float> c = Step(Step(Step(Step(Vector256.Create(C4), y, C3), y, C2), y, C1), y, C0);
        sine = t * s;
        c *= Vector256.FusedMultiplyAdd(-t, t, Vector256<float>.One);
        cosine = (c.AsUInt32() ^ (bits & Vector256.Create(0x80000000u))).AsSingle();
    }

    // u = (k + ½) 2⁻⁵² from the upper 52 bits, exactly: the radius reaches √(−2 ln 2⁻⁵³) = 8.57.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Radius(Vector256<ulong> bits)
    {
        Vector256<double> u = (bits >>> 12 | Vector256.Create(0x3FF0000000000000u)).AsDouble() - Vector256.Create(1 - 0.5 / (1ul << 52));
        Vector256<ulong> i = u.AsUInt64() + Vector256.Create(0x3FF0000000000000u - DoubleRootHalf);
        Vector256<double> exponent = (i >>> 52 | Vector256.Create(DoubleInteger)).AsDouble()
            - Vector256.Create((double)((1ul << 52) + 1023));
        Vector256<double> m = ((i & Vector256.Create(DoubleMantissa)) + Vector256.Create(DoubleRootHalf)).AsDouble();
        Vector256<double> s = (m - Vector256<double>.One) / (m + Vector256<double>.One), y = s * s;
        Vector256<double> log = Step(Step(Step(Vector256.Create(K6), y, K5), y, K4), y, K3);
        log = Step(Step(Step(Step(log, y, K2), y, K1), y, K0), y, 2) * s;
        return Vector256.Sqrt(Vector256.FusedMultiplyAdd(exponent, Vector256.Create(LogTwo), log * Vector256.Create(-2.0)));
    }

    // t in [−1, 1) from the upper 52 bits, the cosine's sign from the lowest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Circle(Vector256<ulong> bits, out Vector256<double> cosine, out Vector256<double> sine)
    {
        Vector256<double> t = (bits >>> 12 | Vector256.Create(0x4000000000000000u)).AsDouble() - Vector256.Create(3.0);
        Vector256<double> y = t * t;
        Vector256<double> s = Step(Step(Step(Step(Vector256.Create(D8), y, D7), y, D6), y, D5), y, D4);
        Vector256<double> c = Step(Step(Step(Step(Vector256.Create(E8), y, E7), y, E6), y, E5), y, E4);
        sine = t * Step(Step(Step(Step(s, y, D3), y, D2), y, D1), y, D0);
        c = Step(Step(Step(Step(c, y, E3), y, E2), y, E1), y, E0) * Vector256.FusedMultiplyAdd(-t, t, Vector256<double>.One);
        cosine = (c.AsUInt64() ^ bits << 63).AsDouble();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Step(Vector256<float> sum, Vector256<float> x, float coefficient) =>
        Vector256.FusedMultiplyAdd(sum, x, Vector256.Create(coefficient));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Step(Vector256<double> sum, Vector256<double> x, double coefficient) =>
        Vector256.FusedMultiplyAdd(sum, x, Vector256.Create(coefficient));
}
