using System.Numerics;
using System.Runtime.CompilerServices;

namespace Hybrid.Networks.Linear;

/// <summary>The tiles of two registers of B, for matrices whose columns three do not divide.</summary>
internal static unsafe partial class MicroKernel<TSimd, TVector, T>
    where TSimd : ISimd<TVector, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>C[8, 2 registers] = α A·B, or += ; both panels packed, a: [k][8], b: [k][2 registers].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Tile8x2(nint depth, T* a, T* b, T* c, nint rowStride, T alpha, bool accumulate, Ahead<T>* ahead)
    {
        int lanes = TSimd.Lanes;
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
            TVector a1 = TSimd.Broadcast(a[1]);
            c10 = TSimd.MultiplyAdd(a1, b0, c10);
            c11 = TSimd.MultiplyAdd(a1, b1, c11);
            TVector a2 = TSimd.Broadcast(a[2]);
            c20 = TSimd.MultiplyAdd(a2, b0, c20);
            c21 = TSimd.MultiplyAdd(a2, b1, c21);
            TVector a3 = TSimd.Broadcast(a[3]);
            c30 = TSimd.MultiplyAdd(a3, b0, c30);
            c31 = TSimd.MultiplyAdd(a3, b1, c31);
            TVector a4 = TSimd.Broadcast(a[4]);
            c40 = TSimd.MultiplyAdd(a4, b0, c40);
            c41 = TSimd.MultiplyAdd(a4, b1, c41);
            TVector a5 = TSimd.Broadcast(a[5]);
            c50 = TSimd.MultiplyAdd(a5, b0, c50);
            c51 = TSimd.MultiplyAdd(a5, b1, c51);
            TVector a6 = TSimd.Broadcast(a[6]);
            c60 = TSimd.MultiplyAdd(a6, b0, c60);
            c61 = TSimd.MultiplyAdd(a6, b1, c61);
            TVector a7 = TSimd.Broadcast(a[7]);
            c70 = TSimd.MultiplyAdd(a7, b0, c70);
            c71 = TSimd.MultiplyAdd(a7, b1, c71);
            a += 8;
            b += 2 * lanes;
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

    /// <summary>C[4, 2 registers] = α A·B, or += ; both panels packed, a: [k][4], b: [k][2 registers].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Tile4x2(nint depth, T* a, T* b, T* c, nint rowStride, T alpha, bool accumulate, Ahead<T>* ahead)
    {
        int lanes = TSimd.Lanes;
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
            TVector a1 = TSimd.Broadcast(a[1]);
            c10 = TSimd.MultiplyAdd(a1, b0, c10);
            c11 = TSimd.MultiplyAdd(a1, b1, c11);
            TVector a2 = TSimd.Broadcast(a[2]);
            c20 = TSimd.MultiplyAdd(a2, b0, c20);
            c21 = TSimd.MultiplyAdd(a2, b1, c21);
            TVector a3 = TSimd.Broadcast(a[3]);
            c30 = TSimd.MultiplyAdd(a3, b0, c30);
            c31 = TSimd.MultiplyAdd(a3, b1, c31);
            a += 4;
            b += 2 * lanes;
        }

        TVector scale = TSimd.Broadcast(alpha);
        StoreRow(c, c00, c01, scale, accumulate);
        StoreRow(c + rowStride, c10, c11, scale, accumulate);
        StoreRow(c + 2 * rowStride, c20, c21, scale, accumulate);
        StoreRow(c + 3 * rowStride, c30, c31, scale, accumulate);
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
}
