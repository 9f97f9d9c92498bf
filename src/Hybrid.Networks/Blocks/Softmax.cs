using System.Numerics;
using System.Runtime.CompilerServices;
using Hybrid.Networks.Blocks.Activations;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// One row of attention: A_j = e^(ℓ_j − max ℓ)/Σ. The maximum is taken off first: logits of chaotic networks reach
/// hundreds. Backwards, ∂A_j/∂ℓ_k = A_j (δ_jk − A_k), so G_ℓ = A ∘ (G_A − A·G_A).
/// </summary>
internal static unsafe class Softmax
{
    /// <summary>
    /// Overwrites logits [from, to) by probabilities and the rest, which the mask hides, by zeros. A sink is one more logit whose
    /// probability goes nowhere; −∞ for none.
    /// </summary>
    internal static void Forward<T>(T* row, int from, int to, int length, T sink)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        new Span<T>(row, from).Clear();
        Normalise(row + from, to - from, sink);
        new Span<T>(row + to, length - to).Clear();
    }

    /// <summary>Overwrites logits by probabilities; returns −log of the target's: log Σ e^(ℓ_j − max) − (ℓ_target − max).</summary>
    internal static double CrossEntropy<T>(T* row, int target, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double logit = double.CreateTruncating(row[target]);
        (T largest, T sum) = Normalise(row, length, T.NegativeInfinity);
        return Math.Log(double.CreateTruncating(sum)) - (logit - double.CreateTruncating(largest));
    }

    // The row's largest logit, and the sum of e^(ℓ_j − max).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (T Largest, T Sum) Normalise<T>(T* row, int allowed, T sink)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int lanes = Vector<T>.Count;
        T largest = row[0];
        int i = 0;
        if (allowed >= lanes)
        {
            Vector<T> most = Vector.Load(row);
            for (i = lanes; i + lanes <= allowed; i += lanes)
                most = Vector.MaxNative(most, Vector.Load(row + i));
            for (int lane = 0; lane < lanes; lane++)
                largest = T.MaxNative(largest, most[lane]);
        }

        for (; i < allowed; i++)
            largest = T.MaxNative(largest, row[i]);
        largest = T.MaxNative(largest, sink);
        Vector<T> shift = Vector.Create(largest), total = Vector<T>.Zero;
        i = 0;
        for (; i + lanes <= allowed; i += lanes)
        {
            Vector<T> weight = Decay(shift - Vector.Load(row + i));
            total += weight;
            Vector.Store(weight, row + i);
        }

        T sum = Vector.Sum(total);
        for (; i < allowed; i++)
        {
            row[i] = T.Exp(row[i] - largest);
            sum += row[i];
        }

        if (sink > T.NegativeInfinity)
            sum += T.Exp(sink - largest);
        RowMath.Scale(T.One / sum, row, row, allowed);
        return (largest, sum);
    }

    /// <summary>The same of probabilities [from, to); the gradient at the others becomes 0, whatever stood there.</summary>
    internal static void Backward<T>(T* gradient, T* probabilities, int from, int to, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        new Span<T>(gradient, from).Clear();
        Backward(gradient + from, probabilities + from, to - from);
        new Span<T>(gradient + to, length - to).Clear();
    }

    /// <summary>Overwrites the gradient at the probabilities by the gradient at the logits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Backward<T>(T* gradient, T* probabilities, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T mean = T.CreateTruncating(RowMath.Dot(gradient, probabilities, length));
        int lanes = Vector<T>.Count;
        Vector<T> shift = Vector.Create(mean);
        int i = 0;
        for (; i + lanes <= length; i += lanes)
            Vector.Store(Vector.Load(probabilities + i) * (Vector.Load(gradient + i) - shift), gradient + i);
        for (; i < length; i++)
            gradient[i] = probabilities[i] * (gradient[i] - mean);
    }

    // e^−x of x ≥ 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Decay<T>(Vector<T> x)
        where T : unmanaged =>
        typeof(T) == typeof(float)
            ? SingleElementary.Decay(x.As<T, float>()).As<float, T>()
            : Vector.Exp(-x.As<T, double>()).As<double, T>();
}
