using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Blocks.Activations;
using MathNet.Numerics;
using Xunit;

namespace Hybrid.Networks.Tests.Blocks;

/// <summary>φ and φ′ against scalar references of the standard library and of Math.NET.</summary>
public sealed unsafe class ActivationTests
{
    private static readonly double[] Points =
        [.. Enumerable.Range(-1200, 2401).Select(i => i / 100.0), 0.0, 1e-12, -1e-7, 1e-3, 1.0 / 64, 0.46875, -0.46876, 40, -40, 800, -800];

    public static TheoryData<Activation> All => [.. Networks.Activations];

    [Theory]
    [MemberData(nameof(All))]
    public void Doubles_agree_with_the_reference(Activation activation) => Check<double>(activation, 1e-13);

    // The storage rounds to 6e−8; a float argument is exact, and its function is evaluated in double.
    [Theory]
    [MemberData(nameof(All))]
    public void Singles_agree_with_the_reference(Activation activation) => Check<float>(activation, 1e-7);

    // 2⁻²⁰ of the larger of 1 and |x|, as ISingleActivation states.
    [Theory]
    [MemberData(nameof(All))]
    public void Singles_of_training_agree_with_the_reference(Activation activation)
    {
        string name = activation.ToString();
        foreach (double at in Points)
        {
            float x = (float)at, value = 0, slope = 1;
            ActivationKernels<float> kernels = ActivationKernels<float>.InOwnPrecision(activation);
            kernels.Value(&x, &value, 1);
            kernels.MultiplyBySlope(&x, &slope, 1);
            double tolerance = Math.ScaleB(Math.Max(1, Math.Abs(x)), -20);
            Near.Equal($"φ of {name} at {x}", Value(activation, x), value, tolerance);
            Near.Equal($"φ′ of {name} at {x}", Slope(activation, x), slope, tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_row_of_any_length_is_filled_to_its_end_and_no_further(Activation activation)
    {
        string name = activation.ToString();
        ActivationKernels<float> kernels = ActivationKernels<float>.Of(activation);
        float* x = stackalloc float[20];
        float* y = stackalloc float[20];
        for (int length = 0; length <= 19; length++)
        {
            for (int i = 0; i < 20; i++)
                (x[i], y[i]) = (0.3f * i - 2, 77);
            kernels.Value(x, y, length);
            for (int i = 0; i < 20; i++)
                Near.Equal($"{name} {length} {i}", i < length ? Value(activation, x[i]) : 77, y[i], 1e-14, 1e-7);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Value_and_slope_at_once_are_those_of_each_alone(Activation activation)
    {
        Compare(ActivationKernels<float>.InOwnPrecision(activation));
        Compare(ActivationKernels<float>.Of(activation));
        Compare(ActivationKernels<double>.Of(activation));

        static void Compare<T>(ActivationKernels<T> kernels)
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T[] x = [.. Enumerable.Range(0, 20).Select(i => T.CreateChecked(0.3 * i - 2))];
            for (int length = 0; length <= 19; length++)
            {
                T[] value = Filled(77), gradient = Filled(1.5), bothValue = Filled(77), bothGradient = Filled(1.5);
                fixed (T* at = x, v = value, g = gradient, both = bothValue, slope = bothGradient)
                {
                    kernels.Value(at, v, length);
                    kernels.MultiplyBySlope(at, g, length);
                    kernels.ValueAndSlope(at, both, slope, length);
                }

                Assert.Equal(value, bothValue);
                Assert.Equal(gradient, bothGradient);
            }

            static T[] Filled(double with) => [.. Enumerable.Repeat(T.CreateChecked(with), 20)];
        }
    }

    private static void Check<T>(Activation activation, double relative)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ActivationKernels<T> kernels = ActivationKernels<T>.Of(activation);
        T[] x = [.. Points.Select(T.CreateChecked)];
        T[] value = new T[x.Length], slope = [.. x.Select(_ => T.One)];
        fixed (T* from = x, to = value, rate = slope)
        {
            kernels.Value(from, to, x.Length);
            kernels.MultiplyBySlope(from, rate, x.Length);
        }

        // Absolute: 1 − erfc and e^−x² lose their tail below the double rounding of 1, times |x|; T's own underflow.
        double[] exact = [.. x.Select(double.CreateChecked)];
        double absolute = Math.Max(1e-14, double.CreateChecked(T.Epsilon));
        Near.Equal($"φ of {activation}", [.. exact.Select(at => Value(activation, at))], Wide(value), absolute, relative);
        Near.Equal($"φ′ of {activation}", [.. exact.Select(at => Slope(activation, at))], Wide(slope), absolute, relative);
    }

    private static double[] Wide<T>(T[] values)
        where T : unmanaged, IFloatingPointIeee754<T> => [.. values.Select(double.CreateChecked)];

    private static double Value(Activation activation, double x) => activation.Tag switch
    {
        Activation.Tags.Linear => x,
        Activation.Tags.Relu => Math.Max(x, 0),
        Activation.Tags.LeakyRelu => x > 0 ? x : 0.01 * x,
        Activation.Tags.Erf => SpecialFunctions.Erf(x),
        Activation.Tags.Tanh => Math.Tanh(x),
        Activation.Tags.Gelu => 0.5 * x * SpecialFunctions.Erfc(-x / Math.Sqrt(2)),
        Activation.Tags.GeluTanh => 0.5 * x * (1 + Math.Tanh(Cubic(x))),
        Activation.Tags.Silu => x / (1 + Math.Exp(-x)),
        _ => 1 / (1 + Math.Exp(-x)),
    };

    private static double Slope(Activation activation, double x) => activation.Tag switch
    {
        Activation.Tags.Linear => 1,
        Activation.Tags.Relu => x > 0 ? 1 : 0,
        Activation.Tags.LeakyRelu => x > 0 ? 1 : 0.01,
        Activation.Tags.Erf => 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x),
        Activation.Tags.Tanh => 1 / (Math.Cosh(x) * Math.Cosh(x)),
        Activation.Tags.Gelu => 0.5 * SpecialFunctions.Erfc(-x / Math.Sqrt(2)) + x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI),
        Activation.Tags.GeluTanh => 0.5 * (1 + Math.Tanh(Cubic(x)))
            + 0.5 * x * Math.Sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x) / Math.Pow(Math.Cosh(Math.Min(Math.Abs(Cubic(x)), 700)), 2),
        Activation.Tags.Silu =>
            (1 + Math.Exp(-x) + x * Math.Exp(-x)) / Math.Pow(1 + Math.Exp(-x), 2) is var slope && double.IsNaN(slope) ? 0 : slope,
        _ => 1 / (2 + Math.Exp(x) + Math.Exp(-x)),
    };

    private static double Cubic(double x) => Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
}
