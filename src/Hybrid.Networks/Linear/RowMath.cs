using System.Numerics;
using System.Runtime.CompilerServices;

namespace Hybrid.Networks.Linear;

/// <summary>
/// Operations on one contiguous row. Each starts at the row's first element, so a result depends on the row alone and not
/// on how rows are spread over threads.
/// </summary>
internal static unsafe class RowMath
{
    /// <summary>Σ left·right, accumulated in double whatever the storage.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double Dot<T>(T* left, T* right, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int lanes = Vector<T>.Count;
        Vector<double> first = Vector<double>.Zero, second = Vector<double>.Zero;
        int i = 0;
        for (; i + lanes <= length; i += lanes)
        {
            if (typeof(T) == typeof(float))
            {
                Vector.Widen(Vector.Load((float*)left + i), out Vector<double> leftLow, out Vector<double> leftHigh);
                Vector.Widen(Vector.Load((float*)right + i), out Vector<double> rightLow, out Vector<double> rightHigh);
                first = Vector.FusedMultiplyAdd(leftLow, rightLow, first);
                second = Vector.FusedMultiplyAdd(leftHigh, rightHigh, second);
            }
            else
            {
                first = Vector.FusedMultiplyAdd(Vector.Load((double*)left + i), Vector.Load((double*)right + i), first);
            }
        }

        double sum = Vector.Sum(first + second);
        for (; i < length; i++)
            sum += double.CreateTruncating(left[i]) * double.CreateTruncating(right[i]);
        return sum;
    }

    /// <summary>destination = a·x + b·y; destination may be x or y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Combine<T>(T a, T* x, T b, T* y, T* destination, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int lanes = Vector<T>.Count;
        int i = 0;
        for (; i + lanes <= length; i += lanes)
            Vector.Store(a * Vector.Load(x + i) + b * Vector.Load(y + i), destination + i);
        for (; i < length; i++)
            destination[i] = a * x[i] + b * y[i];
    }

    /// <summary>destination = a·x; destination may be x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Scale<T>(T a, T* x, T* destination, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int lanes = Vector<T>.Count;
        int i = 0;
        for (; i + lanes <= length; i += lanes)
            Vector.Store(a * Vector.Load(x + i), destination + i);
        for (; i < length; i++)
            destination[i] = a * x[i];
    }

    /// <summary>destination = x ∘ y; destination may be either.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply<T>(T* x, T* y, T* destination, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int lanes = Vector<T>.Count;
        int i = 0;
        for (; i + lanes <= length; i += lanes)
            Vector.Store(Vector.Load(x + i) * Vector.Load(y + i), destination + i);
        for (; i < length; i++)
            destination[i] = x[i] * y[i];
    }

    /// <summary>sum += x ∘ y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void MultiplyAdd<T>(T* x, T* y, T* sum, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int lanes = Vector<T>.Count;
        int i = 0;
        for (; i + lanes <= length; i += lanes)
            Vector.Store(Vector.Load(sum + i) + Vector.Load(x + i) * Vector.Load(y + i), sum + i);
        for (; i < length; i++)
            sum[i] += x[i] * y[i];
    }

    /// <summary>y ← factor (1 − (scale z)²) ∘ y: the slope of tanh at the places where its value is scale z.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void MultiplyByTanhSlope<T>(T factor, T* z, T scale, T* y, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int lanes = Vector<T>.Count;
        int i = 0;
        for (; i + lanes <= length; i += lanes)
        {
            Vector<T> value = Vector.Load(z + i) * scale;
            Vector.Store((Vector<T>.One - value * value) * factor * Vector.Load(y + i), y + i);
        }

        for (; i < length; i++)
        {
            T value = z[i] * scale;
            y[i] *= (T.One - value * value) * factor;
        }
    }

    /// <summary>
    /// destination −= Σ_k coefficients[k · stride] · row k of
    /// <paramref name="rows"/>, contiguous rows of the same length.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Subtract(double* coefficients, nint stride, double* rows, int count, double* destination, int length)
    {
        // Eight registers of the destination at a time stay where they are while all rows pass: as many sums at once as two
        // multiply-adds a cycle of four cycles each take.
        int lanes = Vector<double>.Count, i = 0;
        for (; i + 8 * lanes <= length; i += 8 * lanes)
        {
            double* to = destination + i;
            Vector<double> d0 = Vector.Load(to), d1 = Vector.Load(to + lanes);
            Vector<double> d2 = Vector.Load(to + 2 * lanes), d3 = Vector.Load(to + 3 * lanes);
            Vector<double> d4 = Vector.Load(to + 4 * lanes), d5 = Vector.Load(to + 5 * lanes);
            Vector<double> d6 = Vector.Load(to + 6 * lanes), d7 = Vector.Load(to + 7 * lanes);
            double* from = rows + i;
            for (int k = 0; k < count; k++, from += length)
            {
                Vector<double> factor = Vector.Create(-coefficients[k * stride]);
                d0 = Vector.FusedMultiplyAdd(factor, Vector.Load(from), d0);
                d1 = Vector.FusedMultiplyAdd(factor, Vector.Load(from + lanes), d1);
                d2 = Vector.FusedMultiplyAdd(factor, Vector.Load(from + 2 * lanes), d2);
                d3 = Vector.FusedMultiplyAdd(factor, Vector.Load(from + 3 * lanes), d3);
                d4 = Vector.FusedMultiplyAdd(factor, Vector.Load(from + 4 * lanes), d4);
                d5 = Vector.FusedMultiplyAdd(factor, Vector.Load(from + 5 * lanes), d5);
                d6 = Vector.FusedMultiplyAdd(factor, Vector.Load(from + 6 * lanes), d6);
                d7 = Vector.FusedMultiplyAdd(factor, Vector.Load(from + 7 * lanes), d7);
            }

            Vector.Store(d0, to);
            Vector.Store(d1, to + lanes);
            Vector.Store(d2, to + 2 * lanes);
            Vector.Store(d3, to + 3 * lanes);
            Vector.Store(d4, to + 4 * lanes);
            Vector.Store(d5, to + 5 * lanes);
            Vector.Store(d6, to + 6 * lanes);
            Vector.Store(d7, to + 7 * lanes);
        }

        for (; i + lanes <= length; i += lanes)
        {
            Vector<double> d = Vector.Load(destination + i);
            for (int k = 0; k < count; k++)
                d = Vector.FusedMultiplyAdd(Vector.Create(-coefficients[k * stride]), Vector.Load(rows + (nint)k * length + i), d);
            Vector.Store(d, destination + i);
        }

        for (; i < length; i++)
        {
            for (int k = 0; k < count; k++)
                destination[i] = Math.FusedMultiplyAdd(-coefficients[k * stride], rows[(long)k * length + i], destination[i]);
        }
    }

    /// <summary>The largest element of a row of at least one, none of them NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double Largest(double* x, int length)
    {
        int lanes = Vector<double>.Count, i = 0;
        double largest = x[0];
        if (length >= lanes)
        {
            Vector<double> most = Vector.Load(x);
            for (i = lanes; i + lanes <= length; i += lanes)
                most = Vector.MaxNative(most, Vector.Load(x + i));
            for (int lane = 0; lane < lanes; lane++)
                largest = double.MaxNative(largest, most[lane]);
        }

        for (; i < length; i++)
            largest = double.MaxNative(largest, x[i]);
        return largest;
    }

    /// <summary>destination −= x ∘ x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void SubtractSquares(double* x, double* destination, int length)
    {
        int lanes = Vector<double>.Count, i = 0;
        for (; i + lanes <= length; i += lanes)
            Vector.Store(Vector.Load(destination + i) - Vector.Load(x + i) * Vector.Load(x + i), destination + i);
        for (; i < length; i++)
            destination[i] -= x[i] * x[i];
    }
}
