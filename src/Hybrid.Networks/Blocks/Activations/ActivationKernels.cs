using System.Numerics;
using System.Runtime.CompilerServices;
using Hybrid.Architectures;

namespace Hybrid.Networks.Blocks.Activations;

/// <summary>The row operations of one activation in one precision.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly unsafe struct ActivationKernels<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private ActivationKernels(
        delegate*<T*, T*, int, void> value,
        delegate*<T*, T*, int, void> multiplyBySlope,
        delegate*<T*, T*, T*, int, void> valueAndSlope)
    {
        Value = value;
        MultiplyBySlope = multiplyBySlope;
        ValueAndSlope = valueAndSlope;
    }

    /// <summary>(x, y, length): y = φ(x); y may be x.</summary>
    internal delegate*<T*, T*, int, void> Value { get; }

    /// <summary>(x, y, length): y ← y·φ′(x).</summary>
    internal delegate*<T*, T*, int, void> MultiplyBySlope { get; }

    /// <summary>(x, y, g, length): y = φ(x) and g ← g·φ′(x), which share what is expensive; three rows.</summary>
    internal delegate*<T*, T*, T*, int, void> ValueAndSlope { get; }

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
        new(
            &Apply<Widened<ValueOf<TActivation>>>,
            &Apply<Widened<SlopeOf<TActivation>>>,
            &ApplyBoth<InTurn<Widened<ValueOf<TActivation>>, Widened<SlopeOf<TActivation>>>>);

    private static ActivationKernels<T> InSingle<TActivation>()
        where TActivation : ISingleActivation =>
        new(
            &Apply<SingleValueOf<TActivation>>,
            &Apply<SingleSlopeOf<TActivation>>,
            &ApplyBoth<SingleBoth<TActivation>>);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply<TStep>(T* x, T* y, int length)
        where TStep : IStep
    {
        int lanes = Vector<T>.Count;
        int i = 0;
        for (; i + lanes <= length; i += lanes)
            Vector.Store(TStep.New(Vector.Load(x + i), Vector.Load(y + i)), y + i);
        if (i == length)
            return;

        // The remainder passes through full registers of its own.
        T* padded = stackalloc T[2 * lanes];
        new Span<T>(padded, 2 * lanes).Clear();
        new Span<T>(x + i, length - i).CopyTo(new Span<T>(padded, lanes));
        new Span<T>(y + i, length - i).CopyTo(new Span<T>(padded + lanes, lanes));
        Vector.Store(TStep.New(Vector.Load(padded), Vector.Load(padded + lanes)), padded + lanes);
        new Span<T>(padded + lanes, length - i).CopyTo(new Span<T>(y + i, length - i));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ApplyBoth<TSteps>(T* x, T* y, T* gradient, int length)
        where TSteps : ISteps
    {
        int lanes = Vector<T>.Count;
        int i = 0;
        for (; i + lanes <= length; i += lanes)
            Take(x + i, y + i, gradient + i);
        if (i == length)
            return;

        T* padded = stackalloc T[3 * lanes];
        new Span<T>(padded, 3 * lanes).Clear();
        new Span<T>(x + i, length - i).CopyTo(new Span<T>(padded, lanes));
        new Span<T>(gradient + i, length - i).CopyTo(new Span<T>(padded + 2 * lanes, lanes));
        Take(padded, padded + lanes, padded + 2 * lanes);
        new Span<T>(padded + lanes, length - i).CopyTo(new Span<T>(y + i, length - i));
        new Span<T>(padded + 2 * lanes, length - i).CopyTo(new Span<T>(gradient + i, length - i));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Take(T* x, T* y, T* gradient)
        {
            (Vector<T> value, Vector<T> carried) = TSteps.New(Vector.Load(x), Vector.Load(gradient));
            Vector.Store(value, y);
            Vector.Store(carried, gradient);
        }
    }

    /// <summary>What becomes of a register of y where x is given.</summary>
    private interface IStep
    {
        static abstract Vector<T> New(Vector<T> x, Vector<T> y);
    }

    /// <summary>φ(x), and what becomes of a register of a gradient.</summary>
    private interface ISteps
    {
        static abstract (Vector<T> Value, Vector<T> Gradient) New(Vector<T> x, Vector<T> gradient);
    }

    private readonly struct InTurn<TValue, TSlope> : ISteps
        where TValue : IStep
        where TSlope : IStep
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (Vector<T> Value, Vector<T> Gradient) New(Vector<T> x, Vector<T> gradient) =>
            (TValue.New(x, x), TSlope.New(x, gradient));
    }

    /// <summary>A step in double precision.</summary>
    private interface IWideStep
    {
        static abstract Vector<double> New(Vector<double> x, Vector<double> y);
    }

    private readonly struct Widened<TStep> : IStep
        where TStep : IWideStep
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> New(Vector<T> x, Vector<T> y)
        {
            if (typeof(T) != typeof(float))
                return TStep.New(x.As<T, double>(), y.As<T, double>()).As<double, T>();
            Vector.Widen(x.As<T, float>(), out Vector<double> low, out Vector<double> high);
            Vector.Widen(y.As<T, float>(), out Vector<double> oldLow, out Vector<double> oldHigh);
            return Vector.Narrow(TStep.New(low, oldLow), TStep.New(high, oldHigh)).As<float, T>();
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
        public static Vector<T> New(Vector<T> x, Vector<T> y) => TActivation.Value(x.As<T, float>()).As<float, T>();
    }

    private readonly struct SingleSlopeOf<TActivation> : IStep
        where TActivation : ISingleActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> New(Vector<T> x, Vector<T> y) => y * TActivation.Both(x.As<T, float>()).Slope.As<float, T>();
    }

    private readonly struct SingleBoth<TActivation> : ISteps
        where TActivation : ISingleActivation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static (Vector<T> Value, Vector<T> Gradient) New(Vector<T> x, Vector<T> gradient)
        {
            (Vector<float> value, Vector<float> slope) = TActivation.Both(x.As<T, float>());
            return (value.As<float, T>(), gradient * slope.As<float, T>());
        }
    }
}
