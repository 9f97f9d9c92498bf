using Hybrid.Architectures;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Tests.Training;
using Xunit;

namespace Hybrid.Networks.Tests.Engines.Dense;

/// <summary>
/// The hand-written backward pass against central differences of the forward pass, both in double precision. With the
/// loss L = ⟨G, x_out⟩ and input x + t v, the derivative dL/dt at 0 must be ⟨G_in, v⟩.
/// </summary>
public sealed unsafe class BackwardTests
{
    // Roundings that one evaluation of the loss passes through: sums over widths and tokens, sublayer after sublayer.
    private const double Roundings = 500;

    // An estimate whose own uncertainty is above this tells a wrong term from a right one no longer.
    private const double LargestUncertainty = 1e-6;

    public static TheoryData<Placement, Wiring, Activation, Mask, bool> Cases
    {
        get
        {
            TheoryData<Placement, Wiring, Activation, Mask, bool> cases = [];
            foreach ((Placement norm, Wiring wiring) in Models.Blocks)
                foreach (Activation activation in Networks.Activations)
                    foreach (Mask mask in Networks.Masks)
                    {
                        cases.Add(norm, wiring, activation, mask, false);
                        cases.Add(norm, wiring, activation, mask, true);
                    }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_agree_with_finite_differences(Placement norm, Wiring wiring, Activation activation, Mask mask, bool gated)
    {
        Architecture architecture = Networks.Of(
            norm, activation, tokens: 5, depth: 2, width: 12, heads: 3, mlpWidth: 7, mask: mask, gated: gated,
            logitStd: 1.5, valueStd: 0.8, inStd: 1.2, biasStd: 0.3, attentionBranch: 0.7, mlpBranch: 0.9, skip: 0.8).With(wiring: wiring);
        using WorkerPool pool = new(1);
        using MatrixProduct<double> product = new(pool);
        using DenseNetwork<double> network = new(architecture, pool, product);
        for (int layer = 1; layer <= architecture.Depth; layer++)
            network.Draw(3, 0, layer);
        double[] input = Noise(5 * 12, 1), direction = Noise(5 * 12, 2), outputGradient = Noise(5 * 12, 3);

        Forward(network, input);
        outputGradient.CopyTo(new Span<double>(network.Gradient.Data, outputGradient.Length));
        for (int layer = architecture.Depth; layer >= 1; layer--)
            network.Backward(layer);
        double analytic = Dot(new Span<double>(network.Gradient.Data, direction.Length), direction);

        double magnitude = 0;
        Forward(network, input);
        for (int i = 0; i < outputGradient.Length; i++)
            magnitude += Math.Abs(outputGradient[i] * network.Stream.Data[i]);
        (double slope, double uncertainty) = FiniteDifference.Slope(Loss, Roundings * magnitude);
        string name = $"{norm} {wiring} {activation} {mask} gated {gated}";
        Near.Equal($"{name}: uncertainty of the difference", 0, uncertainty, LargestUncertainty * Math.Max(1, Math.Abs(slope)));
        Near.Equal(name, slope, analytic, uncertainty);

        double Loss(double step)
        {
            Forward(network, [.. input.Select((x, i) => x + step * direction[i])]);
            return Dot(new Span<double>(network.Stream.Data, input.Length), outputGradient);
        }
    }

    private static void Forward(DenseNetwork<double> network, double[] input)
    {
        input.CopyTo(new Span<double>(network.Stream.Data, input.Length));
        for (int layer = 1; layer <= network.Layout.Depth; layer++)
            network.Forward(layer);
    }

    private static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i++)
            sum += left[i] * right[i];
        return sum;
    }

    private static double[] Noise(int length, int seed)
    {
        System.Random random = new(seed);
        return [.. Enumerable.Range(0, length).Select(_ => 2 * random.NextDouble() - 1)];
    }
}
