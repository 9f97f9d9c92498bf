using System.Numerics;
using System.Runtime.CompilerServices;

namespace Hybrid.Networks.Linear;

/// <summary>The tiles of two registers of B and of one, for matrices whose columns three do not divide and for triangles.</summary>
internal static unsafe partial class MicroKernel<TSimd, TVector, T>
    where TSimd : ISimd<TVector, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>C[8, 2 registers] = α A·B, or += ; a: [8, k], b: [k, 2 registers], whose rows are contiguous.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Tile8x2(
        nint depth, T* a, nint across, nint along, T* b, nint down, T* c, nint rowStride, T alpha, bool accumulate, Ahead<T>* ahead)
    {
        int lanes = TSimd.Lanes;
        nint two = 2 * across, three = 3 * across;
        T* lower = a + 4 * across;
        TVector c00 = TSimd.Broadcast(T.Zero), c01 = TSimd.Broadcast(T.Zero);
        TVector c10 = TSimd.Broadcast(T.Zero), c11 = TSimd.Broadcast(T.Zero);
        TVector c20 = TSimd.Broadcast(T.Zero), c21 = TSimd.Broadcast(T.Zero);
        TVector c30 = TSimd.Broadcast(T.Zero), c31 = TSimd.Broadcast(T.Zero);
        TVector c40 = TSimd.Broadcast(T.Zero), c41 = TSimd.Broadcast(T.Zero);
        TVector c50 = TSimd.Broadcast(T.Zero), c51 = TSimd.Broadcast(T.Zero);
        TVector c60 = TSimd.Broadcast(T.Zero), c61 = TSimd.Broadcast(T.Zero);
        TVector c70 = TSimd.Broadcast(T.Zero), c71 = TSimd.Broadcast(T.Zero);
        for (; depth > 0; depth--)
        {
            ahead->Step();
            TVector b0 = TSimd.Load(b);
            TVector b1 = TSimd.Load(b + lanes);
            TVector a0 = TSimd.Broadcast(a[0]);
            c00 = TSimd.MultiplyAdd(a0, b0, c00);
            c01 = TSimd.MultiplyAdd(a0, b1, c01);
            TVector a1 = TSimd.Broadcast(a[across]);
            c10 = TSimd.MultiplyAdd(a1, b0, c10);
            c11 = TSimd.MultiplyAdd(a1, b1, c11);
            TVector a2 = TSimd.Broadcast(a[two]);
            c20 = TSimd.MultiplyAdd(a2, b0, c20);
            c21 = TSimd.MultiplyAdd(a2, b1, c21);
            TVector a3 = TSimd.Broadcast(a[three]);
            c30 = TSimd.MultiplyAdd(a3, b0, c30);
            c31 = TSimd.MultiplyAdd(a3, b1, c31);
            TVector a4 = TSimd.Broadcast(lower[0]);
            c40 = TSimd.MultiplyAdd(a4, b0, c40);
            c41 = TSimd.MultiplyAdd(a4, b1, c41);
            TVector a5 = TSimd.Broadcast(lower[across]);
            c50 = TSimd.MultiplyAdd(a5, b0, c50);
            c51 = TSimd.MultiplyAdd(a5, b1, c51);
            TVector a6 = TSimd.Broadcast(lower[two]);
            c60 = TSimd.MultiplyAdd(a6, b0, c60);
            c61 = TSimd.MultiplyAdd(a6, b1, c61);
            TVector a7 = TSimd.Broadcast(lower[three]);
            c70 = TSimd.MultiplyAdd(a7, b0, c70);
            c71 = TSimd.MultiplyAdd(a7, b1, c71);
            a += along;
            lower += along;
            b += down;
        }

        TVector scale = TSimd.Broadcast(alpha);
        StoreRow(c, c00, c01, scale, accumulate);
        StoreRow(c + rowStride, c10, c11, scale, accumulate);
        StoreRow(c + 2 * rowStride, c20, c21, scale, accumulate);
        StoreRow(c + 3 * rowStride, c30, c31, scale, accumulate);
        StoreRow(c + 4 * rowStride, c40, c41, scale, accumulate);
        StoreRow(c + 5 * rowStride, c50, c51, scale, accumulate);
        StoreRow(c + 6 * rowStride, c60, c61, scale, accumulate);
        StoreRow(c + 7 * rowStride, c70, c71, scale, accumulate);
    }

    /// <summary>C[4, 2 registers] = α A·B, or += ; a: [4, k], b: [k, 2 registers], whose rows are contiguous.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Tile4x2(
        nint depth, T* a, nint across, nint along, T* b, nint down, T* c, nint rowStride, T alpha, bool accumulate, Ahead<T>* ahead)
    {
        int lanes = TSimd.Lanes;
        nint two = 2 * across, three = 3 * across;
        TVector c00 = TSimd.Broadcast(T.Zero), c01 = TSimd.Broadcast(T.Zero);
        TVector c10 = TSimd.Broadcast(T.Zero), c11 = TSimd.Broadcast(T.Zero);
        TVector c20 = TSimd.Broadcast(T.Zero), c21 = TSimd.Broadcast(T.Zero);
        TVector c30 = TSimd.Broadcast(T.Zero), c31 = TSimd.Broadcast(T.Zero);
        for (; depth > 0; depth--)
        {
            ahead->Step();
            TVector b0 = TSimd.Load(b);
            TVector b1 = TSimd.Load(b + lanes);
            TVector a0 = TSimd.Broadcast(a[0]);
            c00 = TSimd.MultiplyAdd(a0, b0, c00);
            c01 = TSimd.MultiplyAdd(a0, b1, c01);
            TVector a1 = TSimd.Broadcast(a[across]);
            c10 = TSimd.MultiplyAdd(a1, b0, c10);
            c11 = TSimd.MultiplyAdd(a1, b1, c11);
            TVector a2 = TSimd.Broadcast(a[two]);
            c20 = TSimd.MultiplyAdd(a2, b0, c20);
            c21 = TSimd.MultiplyAdd(a2, b1, c21);
            TVector a3 = TSimd.Broadcast(a[three]);
            c30 = TSimd.MultiplyAdd(a3, b0, c30);
            c31 = TSimd.MultiplyAdd(a3, b1, c31);
            a += along;
            b += down;
        }

        TVector scale = TSimd.Broadcast(alpha);
        StoreRow(c, c00, c01, scale, accumulate);
        StoreRow(c + rowStride, c10, c11, scale, accumulate);
        StoreRow(c + 2 * rowStride, c20, c21, scale, accumulate);
        StoreRow(c + 3 * rowStride, c30, c31, scale, accumulate);
    }

    /// <summary>C[8, 1 register] = α A·B, or += ; a: [8, k], b: [k, 1 register], whose rows are contiguous.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Tile8x1(
        nint depth, T* a, nint across, nint along, T* b, nint down, T* c, nint rowStride, T alpha, bool accumulate)
    {
        int lanes = TSimd.Lanes;
        nint two = 2 * across, three = 3 * across;
        T* lower = a + 4 * across;
        TVector c0 = TSimd.Broadcast(T.Zero), c1 = TSimd.Broadcast(T.Zero), c2 = TSimd.Broadcast(T.Zero), c3 = TSimd.Broadcast(T.Zero);
        TVector c4 = TSimd.Broadcast(T.Zero), c5 = TSimd.Broadcast(T.Zero), c6 = TSimd.Broadcast(T.Zero), c7 = TSimd.Broadcast(T.Zero);
        for (; depth > 0; depth--)
        {
            TVector row = TSimd.Load(b);
            c0 = TSimd.MultiplyAdd(TSimd.Broadcast(a[0]), row, c0);
            c1 = TSimd.MultiplyAdd(TSimd.Broadcast(a[across]), row, c1);
            c2 = TSimd.MultiplyAdd(TSimd.Broadcast(a[two]), row, c2);
            c3 = TSimd.MultiplyAdd(TSimd.Broadcast(a[three]), row, c3);
            c4 = TSimd.MultiplyAdd(TSimd.Broadcast(lower[0]), row, c4);
            c5 = TSimd.MultiplyAdd(TSimd.Broadcast(lower[across]), row, c5);
            c6 = TSimd.MultiplyAdd(TSimd.Broadcast(lower[two]), row, c6);
            c7 = TSimd.MultiplyAdd(TSimd.Broadcast(lower[three]), row, c7);
            a += along;
            lower += along;
            b += down;
        }

        TVector scale = TSimd.Broadcast(alpha);
        StoreColumn(c, rowStride, c0, c1, c2, c3, scale, accumulate);
        StoreColumn(c + 4 * rowStride, rowStride, c4, c5, c6, c7, scale, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(T* c, TVector c0, TVector c1, TVector scale, bool accumulate)
    {
        int lanes = TSimd.Lanes;
        c0 = TSimd.Multiply(scale, c0);
        c1 = TSimd.Multiply(scale, c1);
        if (accumulate)
        {
            c0 = TSimd.Add(c0, TSimd.Load(c));
            c1 = TSimd.Add(c1, TSimd.Load(c + lanes));
        }

        TSimd.Store(c0, c);
        TSimd.Store(c1, c + lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreColumn(T* c, nint rowStride, TVector c0, TVector c1, TVector c2, TVector c3, TVector scale, bool accumulate)
    {
        Store(c, c0, scale, accumulate);
        Store(c + rowStride, c1, scale, accumulate);
        Store(c + 2 * rowStride, c2, scale, accumulate);
        Store(c + 3 * rowStride, c3, scale, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(T* c, TVector value, TVector scale, bool accumulate)
    {
        value = TSimd.Multiply(scale, value);
        TSimd.Store(accumulate ? TSimd.Add(value, TSimd.Load(c)) : value, c);
    }
}
