using System.Numerics;
using System.Runtime.CompilerServices;
using Hybrid.Architectures;

namespace Hybrid.Networks.Blocks.Activations;

/// <summary>The row operations of one activation in one precision.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly unsafe struct ActivationKernels<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private ActivationKernels(delegate*<T*, T*, int, void> value, delegate*<T*, T*, int, void> multiplyBySlope)
    {
        Value = value;
        MultiplyBySlope = multiplyBySlope;
    }

    /// <summary>(x, y, length): y = φ(x); y may be x.</summary>
    internal delegate*<T*, T*, int, void> Value { get; }

    /// <summary>(x, y, length): y ← y·φ′(x).</summary>
    internal delegate*<T*, T*, int, void> MultiplyBySlope { get; }

    /// <summary>
    /// The kernels of <paramref name="activation"/> for training and for rows that are kept in T: in single precision throughout
    /// where T is and φ needs no more than an exponential (errors of 2e−7), otherwise those of <see cref="Of"/>.
    /// </summary>
    internal static ActivationKernels<T> InOwnPrecision(Activation activation) =>
        typeof(T) != typeof(float)
            ? Of(activation)
            : activation.Tag switch
            {
                Activation.Tags.Linear => InSingle<Linear>(),
                Activation.Tags.Relu => InSingle<Relu>(),
                Activation.Tags.LeakyRelu => InSingle<LeakyRelu>(),
                Activation.Tags.Tanh => InSingle<Tanh>(),
                Activation.Tags.GeluTanh => InSingle<GeluTanh>(),
                Activation.Tags.Silu => InSingle<Silu>(),
                Activation.Tags.Sigmoid => InSingle<Sigmoid>(),
                _ => Of(activation),
            };

    /// <summary>The kernels of <paramref name="activation"/>, evaluated in double precision.</summary>
    internal static ActivationKernels<T> Of(Activation activation) => activation.Tag switch
    {
        Activation.Tags.Linear => For<Linear>(),
        Activation.Tags.Relu => For<Relu>(),
        Activation.Tags.LeakyRelu => For<LeakyRelu>(),
        Activation.Tags.Erf => For<Erf>(),
        Activation.Tags.Tanh => For<Tanh>(),
        Activation.Tags.Gelu => For<Gelu>(),
        Activation.Tags.GeluTanh => For<GeluTanh>(),
        Activation.Tags.Silu => For<Silu>(),
        Activation.Tags.Sigmoid => For<Sigmoid>(),
        _ => throw new NotSupportedException($"the dense engine has no kernel for the activation {activation}"),
    };

    private static ActivationKernels<T> For<TActivation>()
        where TActivation : IActivation =>
        new(&Apply<Widened<ValueOf<TActivation>>>, &Apply<Widened<SlopeOf<TActivation>>>);

    private static ActivationKernels<T> InSingle<TActivation>()
        where TActivation : ISingleActivation =>
        new(&Apply<SingleValueOf<TActivation>>, &Apply<SingleSlopeOf<TActivation>>);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<TStep>(T* x, T* y, int length)
        where TStep : IStep
    {
        int lanes = Vector<T>.Count;
        int i = 0;
        for (; i + lanes <= length; i += lanes)
            TStep.Take(x + i, y + i);
        if (i == length)
            return;

        // The remainder passes through full registers of its own.
        T* padded = stackalloc T[2 * lanes];
        new Span<T>(padded, 2 * lanes).Clear();
        new Span<T>(x + i, length - i).CopyTo(new Span<T>(padded, lanes));
        new Span<T>(y + i, length - i).CopyTo(new Span<T>(padded + lanes, lanes));
        TStep.Take(padded, padded + lanes);
        new Span<T>(padded + lanes, length - i).CopyTo(new Span<T>(y + i, length - i));
    }

    /// <summary>What becomes of a register of y where x is given.</summary>
    private interface IStep
    {
        static abstract void Take(T* x, T* y);
    }

    /// <summary>The same in double precision.</summary>
    private interface IWideStep
    {
        static abstract Vector<double> New(Vector<double> x, Vector<double> y);
    }

    private readonly struct Widened<TStep> : IStep
        where TStep : IWideStep
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(T* x, T* y)
        {
            if (typeof(T) == typeof(float))
            {
                Vector.Widen(Vector.Load((float*)x), out Vector<double> low, out Vector<double> high);
                Vector.Widen(Vector.Load((float*)y), out Vector<double> oldLow, out Vector<double> oldHigh);
                Vector.Store(Vector.Narrow(TStep.New(low, oldLow), TStep.New(high, oldHigh)), (float*)y);
            }
            else
            {
                Vector.Store(TStep.New(Vector.Load((double*)x), Vector.Load((double*)y)), (double*)y);
            }
        }
    }

    private readonly struct ValueOf<TActivation> : IWideStep
        where TActivation : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<double> New(Vector<double> x, Vector<double> y) => TActivation.Value(x);
    }

    private readonly struct SlopeOf<TActivation> : IWideStep
        where TActivation : IActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<double> New(Vector<double> x, Vector<double> y) => y * TActivation.Slope(x);
    }

    private readonly struct SingleValueOf<TActivation> : IStep
        where TActivation : ISingleActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(T* x, T* y) => Vector.Store(TActivation.Value(Vector.Load((float*)x)), (float*)y);
    }

    private readonly struct SingleSlopeOf<TActivation> : IStep
        where TActivation : ISingleActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(T* x, T* y) =>
            Vector.Store(Vector.Load((float*)y) * TActivation.Slope(Vector.Load((float*)x)), (float*)y);
    }
}
