using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Hybrid.Networks.Linear;

/// <summary>
/// Copies a strip of a matrix into the order in which a micro-kernel reads it: destination[k·panel + i] =
/// source[i·across + k·along]. Both operands are packed by this one routine: a strip of A runs across its rows, a strip of
/// B across its columns. Lanes beyond <c>width</c> are zero, so that edge tiles use the same kernel.
/// </summary>
internal static unsafe class Panel<T>
    where T : unmanaged, INumberBase<T>
{
    /// <summary>Packs <paramref name="width"/> ≤ panel lanes over <paramref name="depth"/> steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Pack(T* source, nint across, nint along, int width, int panel, int depth, T* destination)
    {
        if (across == 1 && width == panel)
        {
            CopyRows(source, along, panel, depth, destination);
            return;
        }

        if (width < panel)
            new Span<T>(destination, panel * depth).Clear();
        if (across == 1)
        {
            CopyPartsOfRows(source, along, width, panel, depth, destination);
            return;
        }

        int group = Vector256<T>.Count;
        int lane = 0;
        if (along == 1 && Avx.IsSupported)
        {
            for (; lane + group <= width; lane += group)
                Transpose(source + lane * across, across, panel, depth, destination + lane);
        }

        for (; lane < width; lane++)
        {
            T* first = source + lane * across;
            for (int k = 0; k < depth; k++)
                destination[k * panel + lane] = first[k * along];
        }
    }

    /// <summary>Two packed panels that follow each other as one of twice the lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Pair(T* panels, int panel, int depth, T* destination)
    {
        int step = Vector256<T>.Count;
        T* second = panels + (nint)panel * depth;
        for (int k = 0; k < depth; k++)
        {
            for (int lane = 0; lane < panel; lane += step)
            {
                Vector256.Load(panels + lane).Store(destination + lane);
                Vector256.Load(second + lane).Store(destination + panel + lane);
            }

            panels += panel;
            second += panel;
            destination += 2 * panel;
        }
    }

    /// <summary>Copies what lies below the diagonal of a square matrix to its place above it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Mirror(T* matrix, nint stride, int size)
    {
        int group = Vector256<T>.Count, first = 0;
        for (; Avx.IsSupported && first + group <= size; first += group)
        {
            Transpose(matrix + first * stride, stride, (int)stride, first, matrix + first);
            MirrorColumns(matrix, stride, first, first, first + group);
        }

        MirrorColumns(matrix, stride, 0, first, size);
    }

    // Columns first ≤ j < end, from a row on down to the diagonal.
    private static void MirrorColumns(T* matrix, nint stride, int from, int first, int end)
    {
        for (int column = first; column < end; column++)
        {
            for (int row = from; row < column; row++)
                matrix[row * stride + column] = matrix[column * stride + row];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyRows(T* source, nint along, int panel, int depth, T* destination)
    {
        int wide = Vector512<T>.Count;
        if (Vector512.IsHardwareAccelerated && panel == 3 * wide)
        {
            for (int k = 0; k < depth; k++)
            {
                Vector512<T> first = Vector512.Load(source), second = Vector512.Load(source + wide);
                Vector512<T> third = Vector512.Load(source + 2 * wide);
                first.Store(destination);
                second.Store(destination + wide);
                third.Store(destination + 2 * wide);
                source += along;
                destination += panel;
            }

            return;
        }

        if (Vector512.IsHardwareAccelerated && panel % wide == 0)
        {
            for (int k = 0; k < depth; k++)
            {
                for (int i = 0; i < panel; i += wide)
                    Vector512.Load(source + i).Store(destination + i);
                source += along;
                destination += panel;
            }

            return;
        }

        int step = Vector128<T>.Count;
        for (int k = 0; k < depth; k++)
        {
            for (int i = 0; i < panel; i += step)
                Vector128.Load(source + i).Store(destination + i);
            source += along;
            destination += panel;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyPartsOfRows(T* source, nint along, int width, int panel, int depth, T* destination)
    {
        int step = Vector128<T>.Count;
        for (int k = 0; k < depth; k++)
        {
            int i = 0;
            for (; i + step <= width; i += step)
                Vector128.Load(source + i).Store(destination + i);
            for (; i < width; i++)
                destination[i] = source[i];
            source += along;
            destination += panel;
        }
    }

    /// <summary>One group of Vector256 lanes, each contiguous along the depth, by square register transposes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(T* source, nint across, int panel, int depth, T* destination)
    {
        int group = Vector256<T>.Count;
        int k = 0;
        for (; k + group <= depth; k += group)
        {
            if (typeof(T) == typeof(float))
                Transpose8((float*)source + k, across, (float*)destination + k * panel, panel);
            else
                Transpose4((double*)source + k, across, (double*)destination + k * panel, panel);
        }

        for (; k < depth; k++)
        {
            for (int i = 0; i < group; i++)
                destination[k * panel + i] = source[i * across + k];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose8(float* source, nint across, float* destination, nint panel)
    {
        Vector256<float> r0 = Vector256.Load(source), r1 = Vector256.Load(source + across);
        Vector256<float> r2 = Vector256.Load(source + 2 * across), r3 = Vector256.Load(source + 3 * across);
        Vector256<float> r4 = Vector256.Load(source + 4 * across), r5 = Vector256.Load(source + 5 * across);
        Vector256<float> r6 = Vector256.Load(source + 6 * across), r7 = Vector256.Load(source + 7 * across);

        // Pairs, then quadruples of rows within each 128-bit half; the halves are exchanged last.
        Vector256<float> p0 = Avx.UnpackLow(r0, r1), p1 = Avx.UnpackHigh(r0, r1);
        Vector256<float> p2 = Avx.UnpackLow(r2, r3), p3 = Avx.UnpackHigh(r2, r3);
        Vector256<float> p4 = Avx.UnpackLow(r4, r5), p5 = Avx.UnpackHigh(r4, r5);
        Vector256<float> p6 = Avx.UnpackLow(r6, r7), p7 = Avx.UnpackHigh(r6, r7);

        Vector256<float> q0 = Avx.Shuffle(p0, p2, 0x44), q1 = Avx.Shuffle(p0, p2, 0xEE);
        Vector256<float> q2 = Avx.Shuffle(p1, p3, 0x44), q3 = Avx.Shuffle(p1, p3, 0xEE);
        Vector256<float> q4 = Avx.Shuffle(p4, p6, 0x44), q5 = Avx.Shuffle(p4, p6, 0xEE);
        Vector256<float> q6 = Avx.Shuffle(p5, p7, 0x44), q7 = Avx.Shuffle(p5, p7, 0xEE);

        Avx.Permute2x128(q0, q4, 0x20).Store(destination);
        Avx.Permute2x128(q1, q5, 0x20).Store(destination + panel);
        Avx.Permute2x128(q2, q6, 0x20).Store(destination + 2 * panel);
        Avx.Permute2x128(q3, q7, 0x20).Store(destination + 3 * panel);
        Avx.Permute2x128(q0, q4, 0x31).Store(destination + 4 * panel);
        Avx.Permute2x128(q1, q5, 0x31).Store(destination + 5 * panel);
        Avx.Permute2x128(q2, q6, 0x31).Store(destination + 6 * panel);
        Avx.Permute2x128(q3, q7, 0x31).Store(destination + 7 * panel);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose4(double* source, nint across, double* destination, nint panel)
    {
        Vector256<double> r0 = Vector256.Load(source), r1 = Vector256.Load(source + across);
        Vector256<double> r2 = Vector256.Load(source + 2 * across), r3 = Vector256.Load(source + 3 * across);
        Vector256<double> p0 = Avx.UnpackLow(r0, r1), p1 = Avx.UnpackHigh(r0, r1);
        Vector256<double> p2 = Avx.UnpackLow(r2, r3), p3 = Avx.UnpackHigh(r2, r3);
        Avx.Permute2x128(p0, p2, 0x20).Store(destination);
        Avx.Permute2x128(p1, p3, 0x20).Store(destination + panel);
        Avx.Permute2x128(p0, p2, 0x31).Store(destination + 2 * panel);
        Avx.Permute2x128(p1, p3, 0x31).Store(destination + 3 * panel);
    }
}
