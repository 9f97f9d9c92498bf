using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Hybrid.Networks.Random;

/// <summary>
/// Philox-4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011): a keyed bijection of a 128-bit counter whose outputs pass the
/// BigCrush battery; the same counter gives the same four words on every machine. Eight or four counters at a time, one
/// per 64-bit lane: a word lives in the lane's low half, and what the high half holds never reaches a result, because
/// the widening multiplication reads low halves only.
/// </summary>
internal static class Philox
{
    /// <summary>Rounds of the bijection; seven pass BigCrush, ten are the authors' margin.</summary>
    public const int Rounds = 10;

    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;

    /// <summary>Every round's two key words, spread over the lanes: schedule[2 r], schedule[2 r + 1].</summary>
    public static void Schedule(ulong seed, Span<Vector512<ulong>> schedule)
    {
        for (int word = 0; word < 2 * Rounds; word++)
            schedule[word] = Vector512.Create(KeyWord(seed, word));
    }

    /// <inheritdoc cref="Schedule(ulong, Span{Vector512{ulong}})"/>
    public static void Schedule(ulong seed, Span<Vector256<ulong>> schedule)
    {
        for (int word = 0; word < 2 * Rounds; word++)
            schedule[word] = Vector256.Create(KeyWord(seed, word));
    }

    private static ulong KeyWord(ulong seed, int word) =>
        word % 2 == 0 ? (uint)seed + (uint)(word / 2) * Weyl0 : (uint)(seed >> 32) + (uint)(word / 2) * Weyl1;

    /// <summary>Encrypts eight counters (x0, x1, x2, x3) in place; only the low halves of the lanes are meaningful.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Encrypt(
        ref Vector512<ulong> keys,
        ref Vector512<ulong> x0, ref Vector512<ulong> x1, ref Vector512<ulong> x2, ref Vector512<ulong> x3)
    {
        (Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c, Vector512<ulong> d) = (x0, x1, x2, x3);
        Round(ref keys, 0, ref a, ref b, ref c, ref d);
        Round(ref keys, 1, ref a, ref b, ref c, ref d);
        Round(ref keys, 2, ref a, ref b, ref c, ref d);
        Round(ref keys, 3, ref a, ref b, ref c, ref d);
        Round(ref keys, 4, ref a, ref b, ref c, ref d);
        Round(ref keys, 5, ref a, ref b, ref c, ref d);
        Round(ref keys, 6, ref a, ref b, ref c, ref d);
        Round(ref keys, 7, ref a, ref b, ref c, ref d);
        Round(ref keys, 8, ref a, ref b, ref c, ref d);
        Round(ref keys, 9, ref a, ref b, ref c, ref d);
        (x0, x1, x2, x3) = (a, b, c, d);
    }

    /// <summary>Encrypts twice eight counters, round by round in turns: two chains keep the processor busy where one waits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Encrypt(
        ref Vector512<ulong> keys,
        ref Vector512<ulong> x0, ref Vector512<ulong> x1, ref Vector512<ulong> x2, ref Vector512<ulong> x3,
        ref Vector512<ulong> y0, ref Vector512<ulong> y1, ref Vector512<ulong> y2, ref Vector512<ulong> y3)
    {
        (Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c, Vector512<ulong> d) = (x0, x1, x2, x3);
        (Vector512<ulong> e, Vector512<ulong> f, Vector512<ulong> g, Vector512<ulong> h) = (y0, y1, y2, y3);
        Round(ref keys, 0, ref a, ref b, ref c, ref d);
        Round(ref keys, 0, ref e, ref f, ref g, ref h);
        Round(ref keys, 1, ref a, ref b, ref c, ref d);
        Round(ref keys, 1, ref e, ref f, ref g, ref h);
        Round(ref keys, 2, ref a, ref b, ref c, ref d);
        Round(ref keys, 2, ref e, ref f, ref g, ref h);
        Round(ref keys, 3, ref a, ref b, ref c, ref d);
        Round(ref keys, 3, ref e, ref f, ref g, ref h);
        Round(ref keys, 4, ref a, ref b, ref c, ref d);
        Round(ref keys, 4, ref e, ref f, ref g, ref h);
        Round(ref keys, 5, ref a, ref b, ref c, ref d);
        Round(ref keys, 5, ref e, ref f, ref g, ref h);
        Round(ref keys, 6, ref a, ref b, ref c, ref d);
        Round(ref keys, 6, ref e, ref f, ref g, ref h);
        Round(ref keys, 7, ref a, ref b, ref c, ref d);
        Round(ref keys, 7, ref e, ref f, ref g, ref h);
        Round(ref keys, 8, ref a, ref b, ref c, ref d);
        Round(ref keys, 8, ref e, ref f, ref g, ref h);
        Round(ref keys, 9, ref a, ref b, ref c, ref d);
        Round(ref keys, 9, ref e, ref f, ref g, ref h);
        (x0, x1, x2, x3) = (a, b, c, d);
        (y0, y1, y2, y3) = (e, f, g, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        ref Vector512<ulong> keys, int round,
        ref Vector512<ulong> x0, ref Vector512<ulong> x1, ref Vector512<ulong> x2, ref Vector512<ulong> x3)
    {
        Vector512<ulong> product0 = Widen(x0, Multiplier0), product1 = Widen(x2, Multiplier1);
        x0 = product1 >>> 32 ^ x1 ^ Unsafe.Add(ref keys, 2 * round);
        x1 = product1;
        x2 = product0 >>> 32 ^ x3 ^ Unsafe.Add(ref keys, 2 * round + 1);
        x3 = product0;
    }

    /// <summary>Encrypts four counters (x0, x1, x2, x3) in place; only the low halves of the lanes are meaningful.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Encrypt(
        ref Vector256<ulong> keys,
        ref Vector256<ulong> x0, ref Vector256<ulong> x1, ref Vector256<ulong> x2, ref Vector256<ulong> x3)
    {
        (Vector256<ulong> a, Vector256<ulong> b, Vector256<ulong> c, Vector256<ulong> d) = (x0, x1, x2, x3);
        Round(ref keys, 0, ref a, ref b, ref c, ref d);
        Round(ref keys, 1, ref a, ref b, ref c, ref d);
        Round(ref keys, 2, ref a, ref b, ref c, ref d);
        Round(ref keys, 3, ref a, ref b, ref c, ref d);
        Round(ref keys, 4, ref a, ref b, ref c, ref d);
        Round(ref keys, 5, ref a, ref b, ref c, ref d);
        Round(ref keys, 6, ref a, ref b, ref c, ref d);
        Round(ref keys, 7, ref a, ref b, ref c, ref d);
        Round(ref keys, 8, ref a, ref b, ref c, ref d);
        Round(ref keys, 9, ref a, ref b, ref c, ref d);
        (x0, x1, x2, x3) = (a, b, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        ref Vector256<ulong> keys, int round,
        ref Vector256<ulong> x0, ref Vector256<ulong> x1, ref Vector256<ulong> x2, ref Vector256<ulong> x3)
    {
        Vector256<ulong> product0 = Widen(x0, Multiplier0), product1 = Widen(x2, Multiplier1);
        x0 = product1 >>> 32 ^ x1 ^ Unsafe.Add(ref keys, 2 * round);
        x1 = product1;
        x2 = product0 >>> 32 ^ x3 ^ Unsafe.Add(ref keys, 2 * round + 1);
        x3 = product0;
    }

    // The multiplier is broadcast to 32-bit lanes: as a 64-bit broadcast, reinterpreted, the .NET 10.0 compiler gets the
    // unoptimised tier wrong (dotnet 10.0.401: the product is 0).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Widen(Vector512<ulong> x, uint multiplier) =>
        Avx512F.IsSupported
            ? Avx512F.Multiply(x.AsUInt32(), Vector512.Create(multiplier))
            : Vector512.Create(Widen(x.GetLower(), multiplier), Widen(x.GetUpper(), multiplier));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Widen(Vector256<ulong> x, uint multiplier) =>
        Avx2.IsSupported
            ? Avx2.Multiply(x.AsUInt32(), Vector256.Create(multiplier))
            : (x & Vector256.Create((ulong)uint.MaxValue)) * multiplier;
}
