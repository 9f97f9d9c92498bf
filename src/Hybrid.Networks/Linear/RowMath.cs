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
}
