using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Tests.Training;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Networks.Tests;

/// <summary>
/// Networks against the theory of infinite width, however their blocks are put together. One sealed subclass per engine.
/// </summary>
public abstract class WiredNetworkTests
{
    private const int Width = 256, Samples = 24;
    private const double StandardErrors = 4;

    /// <summary>The engine under test.</summary>
    protected abstract INetworkEngine Create(Architecture architecture);

    public static TheoryData<Placement, Wiring> Blocks => Models.BlockCases;

    // |mean − theory| ≤ k (standard errors) + c/d. The mean at width d deviates by c/d + O(1/d²), at d/2 by twice that, so c/d
    // is estimated by the change of the mean from d/2 to d.
    [Theory]
    [MemberData(nameof(Blocks))]
    [Trait("guards", "(3.1) (4.1) (4.2) (4.3) (5.1) (5.2) (5.3) by network")]
    public void Simulated_networks_follow_the_theory(Placement norm, Wiring wiring)
    {
        Architecture architecture = Of(norm, wiring, Width);
        BlockTrace[] blocks = Geometry.forward(architecture, LawsModule.exact(architecture));
        GradientGram[] gradients = Gradients.backward(architecture, blocks);
        double[] theory =
        [
            .. blocks.SelectMany(block => new[] { block.Output.Q, block.Output.Q * (1 - block.Output.U) }),
            .. gradients.SkipLast(1).SelectMany(gradient => new[] { gradient.Diagonal, gradient.OffDiagonal }),
        ];
        (double[] mean, double[] error) = Measure(architecture);
        (double[] halfMean, double[] halfError) = Measure(Of(norm, wiring, Width / 2));
        double single = Math.ScaleB(1, -20);
        for (int i = 0; i < theory.Length; i++)
        {
            Near.Equal(
                $"{norm} {wiring} value {i}",
                theory[i],
                mean[i],
                StandardErrors * (error[i] + halfError[i]) + Math.Abs(halfMean[i] - mean[i]) + single * Math.Abs(theory[i]));
        }
    }

    // Everything that a wrong wiring would show in is away from 1: skips, branches, scales.
    private static Architecture Of(Placement norm, Wiring wiring, int width) => Networks.Of(
        norm, Activation.Tanh, tokens: 8, depth: 3, width: width, heads: 4, valueStd: 1.4, inStd: 1.3, biasStd: 0.2,
        attentionBranch: 0.8, mlpBranch: 1.2, skip: 0.9, norm0: 1.5, correlation: 0.3, wiring: wiring);

    private (double[] Mean, double[] Error) Measure(Architecture architecture)
    {
        using INetworkEngine engine = Create(architecture);
        NetworkSample sample = new(architecture.Tokens, architecture.Depth);
        int depth = architecture.Depth;
        double[] sum = new double[4 * depth], squares = new double[4 * depth];
        for (int index = 0; index < Samples; index++)
        {
            engine.Run(5, index, sample);
            for (int layer = 0; layer < depth; layer++)
            {
                LayerObservables after = LayerObservables.Of(sample, layer + 1), before = LayerObservables.Of(sample, layer);
                Add(2 * layer, after.Q);
                Add(2 * layer + 1, after.P);
                Add(2 * (depth + layer), before.GradientDiagonal);
                Add(2 * (depth + layer) + 1, before.GradientOffDiagonal);
            }

            void Add(int at, double value)
            {
                sum[at] += value;
                squares[at] += value * value;
            }
        }

        double[] mean = [.. sum.Select(total => total / Samples)];
        double[] error = [.. squares.Select((total, i) => Math.Sqrt(Math.Max(0, total / Samples - mean[i] * mean[i]) / (Samples - 1)))];
        return (mean, error);
    }
}

/// <summary>Networks with real weights.</summary>
public sealed class DenseWiredNetworkTests : WiredNetworkTests
{
    protected override INetworkEngine Create(Architecture architecture) => new DenseEngine(architecture, 1);
}

/// <summary>Networks in coordinates.</summary>
public sealed class ConditionedWiredNetworkTests : WiredNetworkTests
{
    protected override INetworkEngine Create(Architecture architecture) => new ConditionedEngine(architecture, 1);
}
