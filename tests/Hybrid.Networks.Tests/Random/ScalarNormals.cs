using static Hybrid.Networks.Random.NormalCoefficients;

namespace Hybrid.Networks.Tests.Random;

/// <summary>
/// The stream's definition in scalar arithmetic, one element at a time: an independent route to the same bits, and the
/// same uniforms sent through the mathematical library instead of the polynomials.
/// </summary>
internal static class ScalarNormals
{
    /// <summary>Four words of Philox-4x32-10.</summary>
    public static uint[] Philox(ulong seed, uint c0, uint c1, uint c2, uint c3)
    {
        (uint k0, uint k1) = ((uint)seed, (uint)(seed >> 32));
        for (int round = 0; round < 10; round++, k0 += 0x9E3779B9, k1 += 0xBB67AE85)
        {
            ulong p0 = 0xD2511F53ul * c0, p1 = 0xCD9E8D57ul * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
        }

        return [c0, c1, c2, c3];
    }

    /// <summary>Element <paramref name="index"/> of a single stream: as the vectors compute it, and exactly.</summary>
    public static (float Value, double Exact, double ExactRadius) Single(ulong seed, int sample, int layer, int matrix, long index)
    {
        int place = (int)(index % 32), lane = place % 16;
        ulong counter = (ulong)(index / 32 * 8 + lane / 2);
        uint[] words = Philox(seed, (uint)counter, (uint)(counter >> 32), (uint)sample, (uint)(layer << 7 | matrix));
        uint radiusBits = words[lane % 2 == 0 ? 0 : 2], angleBits = words[lane % 2 == 0 ? 1 : 3];

        float u = MathF.FusedMultiplyAdd((int)(radiusBits >> 1), 1f / (1u << 31), 0.5f / (1u << 31));
        int shifted = BitConverter.SingleToInt32Bits(u) - SingleRootHalf;
        float f = BitConverter.Int32BitsToSingle((shifted & SingleMantissa) + SingleRootHalf) - 1;
        float log = Horner(f, L7, L6, L5, L4, L3, L2, L1, L0, -2);
        float radius = MathF.Sqrt(MathF.FusedMultiplyAdd(shifted >> 23, (float)LogTwo, f * log));

        float t = (int)(angleBits << 1) * (1f / (1u << 31)), y = t * t;
        bool negative = angleBits >> 31 == 1, isSine = place >= 16;
        float sine = t * Horner(y, S4, S3, S2, S1, S0);
        float cosine = Horner(y, C4, C3, C2, C1, C0) * MathF.FusedMultiplyAdd(-t, t, 1);

        double theta = Math.PI / 2 * (int)(angleBits << 1) / (1u << 31);
        double exactRadius = Math.Sqrt(-2 * Math.Log(((radiusBits >> 1) + 0.5) / (1u << 31)));
        return isSine
            ? (radius * sine, exactRadius * Math.Sin(theta), exactRadius)
            : (radius * (negative ? -cosine : cosine), exactRadius * (negative ? -1 : 1) * Math.Cos(theta), exactRadius);
    }

    /// <summary>Element <paramref name="index"/> of a double stream, both ways.</summary>
    public static (double Value, double Exact) Double(ulong seed, int sample, int layer, int matrix, long index)
    {
        int place = (int)(index % 16);
        ulong counter = (ulong)(index / 16 * 8 + place % 8);
        uint[] words = Philox(seed, (uint)counter, (uint)(counter >> 32) | 1u << 31, (uint)sample, (uint)(layer << 7 | matrix));
        ulong radiusBits = words[0] | (ulong)words[2] << 32, angleBits = words[1] | (ulong)words[3] << 32;

        double u = BitConverter.UInt64BitsToDouble(radiusBits >> 12 | 0x3FF0000000000000) - (1 - 0.5 / (1ul << 52));
        ulong shifted = BitConverter.DoubleToUInt64Bits(u) + (0x3FF0000000000000 - DoubleRootHalf);
        double m = BitConverter.UInt64BitsToDouble((shifted & DoubleMantissa) + DoubleRootHalf);
        double s = (m - 1) / (m + 1);
        double log = Horner(s * s, K6, K5, K4, K3, K2, K1, K0, 2) * s;
        double radius = Math.Sqrt(Math.FusedMultiplyAdd((int)(shifted >> 52) - 1023, LogTwo, log * -2));

        double t = BitConverter.UInt64BitsToDouble(angleBits >> 12 | 0x4000000000000000) - 3, y = t * t;
        bool negative = (angleBits & 1) == 1, isSine = place >= 8;
        double sine = t * Horner(y, D8, D7, D6, D5, D4, D3, D2, D1, D0);
        double cosine = Horner(y, E8, E7, E6, E5, E4, E3, E2, E1, E0) * Math.FusedMultiplyAdd(-t, t, 1);

        double exactRadius = Math.Sqrt(-2 * Math.Log(u));
        return isSine
            ? (radius * sine, exactRadius * Math.Sin(Math.PI / 2 * t))
            : (radius * (negative ? -cosine : cosine), exactRadius * (negative ? -1 : 1) * Math.Cos(Math.PI / 2 * t));
    }

    private static float Horner(float x, params ReadOnlySpan<float> coefficients)
    {
        float sum = coefficients[0];
        foreach (float coefficient in coefficients[1..])
            sum = MathF.FusedMultiplyAdd(sum, x, coefficient);
        return sum;
    }

    private static double Horner(double x, params ReadOnlySpan<double> coefficients)
    {
        double sum = coefficients[0];
        foreach (double coefficient in coefficients[1..])
            sum = Math.FusedMultiplyAdd(sum, x, coefficient);
        return sum;
    }
}
