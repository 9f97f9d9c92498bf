using System.Numerics;
using System.Runtime.CompilerServices;

namespace Hybrid.Networks.Linear;

/// <summary>
/// The innermost products: a tile of C held in registers while the depth runs. Written out by hand, one variable per
/// register, because the compiler keeps only named locals in registers. 8×3 needs 24 accumulators, 3 registers of B
/// and one of A (AVX-512, NEON); 4×3 needs 16 in all (AVX2). Tiles of two registers of B serve the columns that three do
/// not divide. Every element is one chain of fused multiply-adds in the
/// order of the depth, whatever the tile and the register width.
/// </summary>
internal static unsafe partial class MicroKernel<TSimd, TVector, T>
    where TSimd : ISimd<TVector, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Registers of B, and of C, in a tile's row.</summary>
    internal const int RowRegisters = 3;

    /// <summary>C[8, 3 registers] = α A·B, or += ; A: [8, depth], B: [depth, 3 registers], contiguous along rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Tile8x3(
        nint depth, T* a, nint across, nint along, T* b, nint down, T* c, nint rowStride, T alpha, bool accumulate, Ahead<T>* ahead)
    {
        int lanes = TSimd.Lanes;
        nint two = 2 * across, three = 3 * across;
        T* lower = a + 4 * across;
        TVector c00 = TSimd.Broadcast(T.Zero), c01 = TSimd.Broadcast(T.Zero), c02 = TSimd.Broadcast(T.Zero);
        TVector c10 = TSimd.Broadcast(T.Zero), c11 = TSimd.Broadcast(T.Zero), c12 = TSimd.Broadcast(T.Zero);
        TVector c20 = TSimd.Broadcast(T.Zero), c21 = TSimd.Broadcast(T.Zero), c22 = TSimd.Broadcast(T.Zero);
        TVector c30 = TSimd.Broadcast(T.Zero), c31 = TSimd.Broadcast(T.Zero), c32 = TSimd.Broadcast(T.Zero);
        TVector c40 = TSimd.Broadcast(T.Zero), c41 = TSimd.Broadcast(T.Zero), c42 = TSimd.Broadcast(T.Zero);
        TVector c50 = TSimd.Broadcast(T.Zero), c51 = TSimd.Broadcast(T.Zero), c52 = TSimd.Broadcast(T.Zero);
        TVector c60 = TSimd.Broadcast(T.Zero), c61 = TSimd.Broadcast(T.Zero), c62 = TSimd.Broadcast(T.Zero);
        TVector c70 = TSimd.Broadcast(T.Zero), c71 = TSimd.Broadcast(T.Zero), c72 = TSimd.Broadcast(T.Zero);
        for (; depth > 0; depth--)
        {
            ahead->Step();
            TVector b0 = TSimd.Load(b);
            TVector b1 = TSimd.Load(b + lanes);
            TVector b2 = TSimd.Load(b + 2 * lanes);
            TVector a0 = TSimd.Broadcast(a[0]);
            c00 = TSimd.MultiplyAdd(a0, b0, c00);
            c01 = TSimd.MultiplyAdd(a0, b1, c01);
            c02 = TSimd.MultiplyAdd(a0, b2, c02);
            TVector a1 = TSimd.Broadcast(a[across]);
            c10 = TSimd.MultiplyAdd(a1, b0, c10);
            c11 = TSimd.MultiplyAdd(a1, b1, c11);
            c12 = TSimd.MultiplyAdd(a1, b2, c12);
            TVector a2 = TSimd.Broadcast(a[two]);
            c20 = TSimd.MultiplyAdd(a2, b0, c20);
            c21 = TSimd.MultiplyAdd(a2, b1, c21);
            c22 = TSimd.MultiplyAdd(a2, b2, c22);
            TVector a3 = TSimd.Broadcast(a[three]);
            c30 = TSimd.MultiplyAdd(a3, b0, c30);
            c31 = TSimd.MultiplyAdd(a3, b1, c31);
            c32 = TSimd.MultiplyAdd(a3, b2, c32);
            TVector a4 = TSimd.Broadcast(lower[0]);
            c40 = TSimd.MultiplyAdd(a4, b0, c40);
            c41 = TSimd.MultiplyAdd(a4, b1, c41);
            c42 = TSimd.MultiplyAdd(a4, b2, c42);
            TVector a5 = TSimd.Broadcast(lower[across]);
            c50 = TSimd.MultiplyAdd(a5, b0, c50);
            c51 = TSimd.MultiplyAdd(a5, b1, c51);
            c52 = TSimd.MultiplyAdd(a5, b2, c52);
            TVector a6 = TSimd.Broadcast(lower[two]);
            c60 = TSimd.MultiplyAdd(a6, b0, c60);
            c61 = TSimd.MultiplyAdd(a6, b1, c61);
            c62 = TSimd.MultiplyAdd(a6, b2, c62);
            TVector a7 = TSimd.Broadcast(lower[three]);
            c70 = TSimd.MultiplyAdd(a7, b0, c70);
            c71 = TSimd.MultiplyAdd(a7, b1, c71);
            c72 = TSimd.MultiplyAdd(a7, b2, c72);
            a += along;
            lower += along;
            b += down;
        }

        TVector scale = TSimd.Broadcast(alpha);
        StoreRow(c, c00, c01, c02, scale, accumulate);
        StoreRow(c + rowStride, c10, c11, c12, scale, accumulate);
        StoreRow(c + 2 * rowStride, c20, c21, c22, scale, accumulate);
        StoreRow(c + 3 * rowStride, c30, c31, c32, scale, accumulate);
        StoreRow(c + 4 * rowStride, c40, c41, c42, scale, accumulate);
        StoreRow(c + 5 * rowStride, c50, c51, c52, scale, accumulate);
        StoreRow(c + 6 * rowStride, c60, c61, c62, scale, accumulate);
        StoreRow(c + 7 * rowStride, c70, c71, c72, scale, accumulate);
    }

    /// <summary>C[4, 3 registers] = α A·B, or += ; a: [4, k], b: [k, 3 registers], whose rows are contiguous.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Tile4x3(
        nint depth, T* a, nint across, nint along, T* b, nint down, T* c, nint rowStride, T alpha, bool accumulate, Ahead<T>* ahead)
    {
        int lanes = TSimd.Lanes;
        nint two = 2 * across, three = 3 * across;
        TVector c00 = TSimd.Broadcast(T.Zero), c01 = TSimd.Broadcast(T.Zero), c02 = TSimd.Broadcast(T.Zero);
        TVector c10 = TSimd.Broadcast(T.Zero), c11 = TSimd.Broadcast(T.Zero), c12 = TSimd.Broadcast(T.Zero);
        TVector c20 = TSimd.Broadcast(T.Zero), c21 = TSimd.Broadcast(T.Zero), c22 = TSimd.Broadcast(T.Zero);
        TVector c30 = TSimd.Broadcast(T.Zero), c31 = TSimd.Broadcast(T.Zero), c32 = TSimd.Broadcast(T.Zero);
        for (; depth > 0; depth--)
        {
            ahead->Step();
            TVector b0 = TSimd.Load(b);
            TVector b1 = TSimd.Load(b + lanes);
            TVector b2 = TSimd.Load(b + 2 * lanes);
            TVector a0 = TSimd.Broadcast(a[0]);
            c00 = TSimd.MultiplyAdd(a0, b0, c00);
            c01 = TSimd.MultiplyAdd(a0, b1, c01);
            c02 = TSimd.MultiplyAdd(a0, b2, c02);
            TVector a1 = TSimd.Broadcast(a[across]);
            c10 = TSimd.MultiplyAdd(a1, b0, c10);
            c11 = TSimd.MultiplyAdd(a1, b1, c11);
            c12 = TSimd.MultiplyAdd(a1, b2, c12);
            TVector a2 = TSimd.Broadcast(a[two]);
            c20 = TSimd.MultiplyAdd(a2, b0, c20);
            c21 = TSimd.MultiplyAdd(a2, b1, c21);
            c22 = TSimd.MultiplyAdd(a2, b2, c22);
            TVector a3 = TSimd.Broadcast(a[three]);
            c30 = TSimd.MultiplyAdd(a3, b0, c30);
            c31 = TSimd.MultiplyAdd(a3, b1, c31);
            c32 = TSimd.MultiplyAdd(a3, b2, c32);
            a += along;
            b += down;
        }

        TVector scale = TSimd.Broadcast(alpha);
        StoreRow(c, c00, c01, c02, scale, accumulate);
        StoreRow(c + rowStride, c10, c11, c12, scale, accumulate);
        StoreRow(c + 2 * rowStride, c20, c21, c22, scale, accumulate);
        StoreRow(c + 3 * rowStride, c30, c31, c32, scale, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(T* c, TVector c0, TVector c1, TVector c2, TVector scale, bool accumulate)
    {
        int lanes = TSimd.Lanes;
        c0 = TSimd.Multiply(scale, c0);
        c1 = TSimd.Multiply(scale, c1);
        c2 = TSimd.Multiply(scale, c2);
        if (accumulate)
        {
            c0 = TSimd.Add(c0, TSimd.Load(c));
            c1 = TSimd.Add(c1, TSimd.Load(c + lanes));
            c2 = TSimd.Add(c2, TSimd.Load(c + 2 * lanes));
        }

        TSimd.Store(c0, c);
        TSimd.Store(c1, c + lanes);
        TSimd.Store(c2, c + 2 * lanes);
    }
}
