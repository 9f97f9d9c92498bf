using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Xunit;

namespace Hybrid.Networks.Tests;

/// <summary>What every engine promises. One sealed subclass per engine.</summary>
public abstract class EngineTests
{
    private const ulong Seed = 20;

    /// <summary>The engine under test; threads is a wish that an engine without threads ignores.</summary>
    protected abstract INetworkEngine Create(Architecture architecture, int threads = 2);

    /// <summary>Relative rounding of the engine's storage.</summary>
    protected abstract double Rounding { get; }

    /// <summary>Most managed bytes that a run may allocate for each block, whatever the block's size.</summary>
    protected virtual long BytesForEachBlock => 0;

    [Theory]
    [InlineData(0.5)]
    [InlineData(1.0)]
    [InlineData(-1.0 / 11)]
    public void Input_and_output_gradient_have_exactly_the_Gram_matrices_asked_for(double correlation)
    {
        Architecture architecture = Networks.Of(
            Placement.Pre, Activation.Tanh, tokens: 12, depth: 2, width: 36, norm0: 2.5, correlation: correlation);
        NetworkSample sample = Run(architecture, 0);
        double[] input = new double[144], output = new double[144];
        for (int i = 0; i < 144; i++)
            (input[i], output[i]) = i / 12 == i % 12 ? (2.5, 1) : (2.5 * correlation, 0);

        // Each coordinate is rounded once when it is stored: two factors, and some for forming it in double.
        Near.Equal("input", input, sample.Hidden[0], 4 * 2.5 * Rounding);
        Near.Equal("output gradient", output, sample.Gradient[2], 4 * Rounding);
    }

    [Fact]
    public void The_same_key_gives_the_same_bits_whatever_ran_before_and_another_sample_gives_others()
    {
        Architecture architecture = Networks.Of(Placement.Peri, Activation.Gelu, tokens: 9, depth: 3, width: 40, heads: 2);
        using INetworkEngine engine = Create(architecture);
        NetworkSample first = new(9, 3), other = new(9, 3), again = new(9, 3);
        engine.Run(Seed, 0, first);
        engine.Run(Seed, 1, other);
        engine.Run(Seed, 0, again);
        AssertSame(first, again);
        Assert.NotEqual(first.Hidden[3], other.Hidden[3]);
        Assert.NotEqual(first.Gradient[0], other.Gradient[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_number_of_threads_gives_the_same_bits(int heads)
    {
        foreach (Placement norm in Networks.Norms)
        {
            foreach (Wiring wiring in Networks.Wirings)
            {
                Architecture architecture = Networks.Of(
                    norm, Activation.Silu, 37, 2, 156, heads, 200,
                    norm.OnBranch ? Mask.None : Mask.Causal, gated: true, biasStd: 0.2, wiring: wiring);
                NetworkSample one = Run(architecture, 4, threads: 1);
                AssertSame(one, Run(architecture, 4, threads: 2));
                AssertSame(one, Run(architecture, 4, threads: 3));
            }
        }
    }

    // Attention acts in block 2 alone and the MLP in block 4 alone: elsewhere nothing changes.
    [Fact]
    public void With_a_schedule_a_block_has_its_own_branches()
    {
        Architecture plain = Networks.Of(Placement.Pre, Activation.Tanh, tokens: 6, depth: 4, width: 40, heads: 2);
        Architecture architecture = plain.With(
            attention: AttentionParameters.Of(plain.Attention.Skip, Schedule.NewPerLayer([0, 0.7, 0, 0]), 1, 1),
            mlp: MlpParameters.Of(plain.Mlp.Skip, Schedule.NewPerLayer([0, 0, 0, 0.6]), 1, 0, 1));
        NetworkSample sample = Run(architecture, 0);
        foreach ((int block, bool acts) in new[] { (1, false), (2, true), (3, false), (4, true) })
        {
            Check($"stream, block {block}", sample.Hidden[block - 1], sample.Hidden[block], acts);
            Check($"gradient, block {block}", sample.Gradient[block], sample.Gradient[block - 1], acts);
        }

        void Check(string what, double[] before, double[] after, bool acts)
        {
            // Sums of some 40 products, rounded where they are stored.
            if (!acts)
                Near.Equal(what, before, after, 100 * Rounding);
            else
                Assert.True(after.Zip(before, (x, y) => Math.Abs(x - y)).Max() > 0.05, what);
        }
    }

    [Fact]
    public void A_run_allocates_nothing_that_grows_with_depth()
    {
        foreach (Wiring wiring in Networks.Wirings)
        {
            (long two, long eight) = (Allocated(2, wiring), Allocated(8, wiring));
            Assert.True(Math.Abs(eight - two) <= 6 * BytesForEachBlock, $"{wiring}: 2 blocks allocate {two} bytes, 8 blocks {eight}");
        }

        long Allocated(int depth, Wiring wiring)
        {
            Architecture architecture =
                Networks.Of(Placement.Pre, Activation.Tanh, tokens: 16, depth: depth, width: 96, heads: 4, wiring: wiring);
            using INetworkEngine engine = Create(architecture, threads: 1);
            NetworkSample sample = new(16, depth);
            engine.Run(Seed, 0, sample);
            return Allocations.Of(() => engine.Run(Seed, 1, sample));
        }
    }

    [Fact]
    public void A_sample_of_another_shape_is_refused_with_both_shapes()
    {
        using INetworkEngine engine = Create(Networks.Of(Placement.Pre, Activation.Tanh, tokens: 4, depth: 2, width: 8));
        ArgumentException thrown = Assert.Throws<ArgumentException>(() => engine.Run(Seed, 0, new NetworkSample(5, 2)));
        Assert.Contains("must hold 4 tokens and 2 blocks, got 5 and 2", thrown.Message);
    }

    [Fact]
    public void More_tokens_than_orthogonal_gradients_are_refused()
    {
        Architecture architecture = Networks.Of(Placement.Pre, Activation.Tanh, tokens: 9, depth: 1, width: 8, correlation: 1);
        ArgumentException thrown = Assert.Throws<ArgumentException>(() => Create(architecture));
        Assert.Contains("need width ≥ 9, got width 8", thrown.Message);
    }

    [Fact]
    public void An_illegal_architecture_is_refused_by_field() =>
        Assert.Throws<InvalidArchitectureException>(() => Create(Networks.Of(Placement.Pre, Activation.Tanh, width: 10, heads: 3)));

    [Fact]
    public void One_token_and_one_coordinate_run()
    {
        foreach (Wiring wiring in Networks.Wirings)
        {
            NetworkSample sample = Run(Networks.Of(Placement.Pre, Activation.Tanh, tokens: 1, depth: 2, width: 1, wiring: wiring), 0);
            Near.Equal("input", 1, sample.Hidden[0][0], 4 * Rounding);
            Assert.True(double.IsFinite(sample.Hidden[2][0]) && double.IsFinite(sample.Gradient[0][0]));
        }
    }

    public static TheoryData<ReferenceTrajectory> Trajectories => [.. ReferenceTrajectory.All];

    // |mean − theory| ≤ k (standard errors) + c/d + half a unit of the table's last digit. The mean at width d deviates by
    // c/d + O(1/d²), at d/2 by twice that, so c/d is estimated by the change of the mean from d/2 to d.
    [Theory]
    [MemberData(nameof(Trajectories))]
    [Trait("guards", "(4.1) (4.2) (4.3) (5.1) (5.2) (5.3) by network")]
    public void Simulated_networks_follow_the_theory_of_infinite_width(ReferenceTrajectory reference)
    {
        const int Width = 512, Samples = 12;
        const double StandardErrors = 4;
        (double[] mean, double[] error) = Measure(reference, Width, Samples);
        (double[] halfMean, double[] halfError) = Measure(reference, Width / 2, Samples);
        double[] theory =
        [
            .. reference.Forward.SelectMany(row => new[] { row.Q, row.P }),
            .. reference.Backward.SelectMany(row => new[] { row.D, row.O }),
        ];
        for (int i = 0; i < theory.Length; i++)
        {
            double finiteWidth = Math.Abs(halfMean[i] - mean[i]);
            double digit = 0.5 * Math.Pow(10, Math.Floor(Math.Log10(theory[i])) - 3);
            Near.Equal(
                $"{reference} value {i}", theory[i], mean[i], StandardErrors * (error[i] + halfError[i]) + finiteWidth + digit);
        }
    }

    private (double[] Mean, double[] Error) Measure(ReferenceTrajectory reference, int width, int samples)
    {
        Architecture architecture = reference.Architecture(width);
        using INetworkEngine engine = Create(architecture);
        NetworkSample sample = new(architecture.Tokens, architecture.Depth);
        int count = 2 * (ReferenceTrajectory.ForwardLayers.Length + ReferenceTrajectory.BackwardLayers.Length);
        double[] sum = new double[count], squares = new double[count];
        for (int index = 0; index < samples; index++)
        {
            engine.Run(Seed, index, sample);
            int at = 0;
            foreach (int layer in ReferenceTrajectory.ForwardLayers)
            {
                LayerObservables observed = LayerObservables.Of(sample, layer);
                Add(observed.Q);
                Add(observed.P);
            }

            foreach (int layer in ReferenceTrajectory.BackwardLayers)
            {
                LayerObservables observed = LayerObservables.Of(sample, layer);
                Add(observed.GradientDiagonal);
                Add(observed.GradientOffDiagonal);
            }

            void Add(double value)
            {
                sum[at] += value;
                squares[at++] += value * value;
            }
        }

        double[] mean = [.. sum.Select(total => total / samples)];
        double[] error = [.. squares.Select((total, i) =>
            Math.Sqrt(Math.Max(0, total / samples - mean[i] * mean[i]) / (samples - 1)))];
        return (mean, error);
    }

    protected NetworkSample Run(Architecture architecture, int sample, int threads = 2)
    {
        using INetworkEngine engine = Create(architecture, threads);
        NetworkSample result = new(architecture.Tokens, architecture.Depth);
        engine.Run(Seed, sample, result);
        return result;
    }

    protected static void AssertSame(NetworkSample expected, NetworkSample actual)
    {
        for (int layer = 0; layer < expected.Hidden.Length; layer++)
        {
            Assert.Equal(expected.Hidden[layer], actual.Hidden[layer]);
            Assert.Equal(expected.Gradient[layer], actual.Gradient[layer]);
        }
    }
}
