using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;
using Hybrid.Networks.Training;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Networks.Tests.Engines.Conditioned;

public sealed unsafe class WeightGradientTests
{
    private const int Samples = 1000;

    public static TheoryData<bool, int, int, Wiring> Cases
    {
        get
        {
            TheoryData<bool, int, int, Wiring> cases = [];
            foreach (Wiring wiring in Networks.Wirings)
            {
                cases.Add(true, 4, 2, wiring);
                cases.Add(false, 4, 2, wiring);
                cases.Add(false, 7, 1, wiring);
            }

            return cases;
        }
    }

    /// <summary>What the engine can do beyond plain blocks.</summary>
    public static TheoryData<string> Features => [.. Networks.Features.Keys.Where(IsDrawn)];

    public static TheoryData<Gate> Gates => [Gate.Renormalised, Gate.Softmax];

    // Networks with weights carry the gradient G at the output back to every entry of every parameter of block 1; squares summed.
    // Conditioned networks never form the gradients. Two-sample
    // Kolmogorov–Smirnov tests of 9 parameters at most and 3 architectures in either wiring, false alarm once in a thousand after
    // Bonferroni. The last architecture has a head wider than twice its tokens.
    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("guards", "(12.6) (12.7) by network")]
    public void Norms_of_parameter_gradients_have_the_law_of_networks_with_weights(bool gated, int width, int heads, Wiring wiring)
    {
        Architecture architecture = Networks.Of(
            gated ? Placement.Pre : Placement.Post, Activation.Tanh, 3, 2, width, heads, 5, gated ? Mask.Causal : Mask.None, gated,
            logitStd: 2, biasStd: 0.4, wiring: wiring);
        MatrixRole[] roles = HaveOneLaw(architecture, Cases.Count);
        Assert.Equal(gated, roles.Contains(MatrixRole.MlpUp));
    }

    // The same for every feature, one network of four tokens each.
    [Theory]
    [MemberData(nameof(Features))]
    public void Norms_of_parameter_gradients_have_that_law_with_every_feature(string feature) =>
        HaveOneLaw(Networks.Features[feature](Plain), Features.Count);

    // A bias is what all tokens share: its gradient is their sum, most of which is overlaps of different tokens where attention has
    // mixed them. Derivation (5.4), exact without logits as the width grows; what finite width leaves is c/d, estimated by the
    // change from d/2 to d.
    [Fact]
    [Trait("guards", "(5.4) by network")]
    public void A_bias_has_the_gradient_of_all_tokens_together()
    {
        const int width = 512, samples = 100;
        (double mean, double error, double overlap) = Measured(width);
        (double halfMean, double halfError, _) = Measured(width / 2);
        Assert.InRange(overlap, 0.25, 1);
        double theory = Predict.WeightGradients(Of(width))[0].MlpBias / width;
        Statistics.Agrees("‖∂L/∂b‖² of a hidden unit", theory, mean, error + halfError, Math.Abs(mean - halfMean));

        static Architecture Of(int d) => Networks.Of(
            Placement.Pre, Activation.Tanh, 4, 3, d, 4, logitStd: 0, valueStd: 4, inStd: 1.5, biasStd: 0.3, correlation: 0.9);

        static (double Mean, double Error, double Overlap) Measured(int d)
        {
            using ConditionedEngine engine = new(Of(d));
            NetworkSample result = new(4, 3);
            double[] bias = new double[samples];
            double same = 0, other = 0;
            for (int sample = 0; sample < samples; sample++)
            {
                engine.Run(7, sample, result);
                bias[sample] = result.WeightGradients[0][(int)MatrixRole.MlpBias] / d;
                same += result.Gradient[1][0];
                other += result.Gradient[1][1];
            }

            (double mean, double error) = Statistics.MeanOf(bias);
            return (mean, error, other / same);
        }
    }

    // Derivation (15.10) by draws of routers, each a network of infinite width. What finite width leaves is c/d, estimated by the
    // change from d/2 to d. Logits of attention are left out, which would cost most of the time and are none of it.
    [Theory]
    [MemberData(nameof(Gates))]
    [Trait("guards", "(15.10) by network")]
    [Trait("guards", "(12.8) (12.9) by process")]
    public void Routers_and_experts_have_the_gradients_of_drawn_routers(Gate gate)
    {
        const int width = 128, samples = 2000;
        MatrixRole[] roles = [MatrixRole.Router, MatrixRole.MlpIn, MatrixRole.MlpUp, MatrixRole.MlpOut];
        Architecture wide = Of(width), half = Of(width / 2);
        Laws laws = LawsModule.exact(wide);
        ParameterGradientNorms[] drawn = [.. Enumerable.Range(0, 4 * samples)
            .Select(index => TrajectoryDraws.sampled(wide, laws, 1, index).Weights[0])];
        double[][] theory = [.. drawn.Select(norms => new[] { norms.Router, norms.MlpIn, norms.MlpUp, norms.MlpOut })];
        double[][] whole = Measured(wide), narrow = Measured(half);
        for (int k = 0; k < roles.Length; k++)
        {
            // In units of d², to which (15.10) is proportional where d_mlp = d.
            (double expected, double expectedError) = Statistics.MeanOf([.. theory.Select(row => row[k] / width / width)]);
            (double mean, double error) = Statistics.MeanOf([.. whole.Select(row => row[k] / width / width)]);
            (double other, double otherError) = Statistics.MeanOf([.. narrow.Select(row => row[k] / (width / 2) / (width / 2))]);
            Statistics.Agrees($"{roles[k]}", expected, mean, expectedError + error + otherError, Math.Abs(mean - other));
            Assert.InRange(expectedError + error, 0, 0.04 * expected);
        }

        Architecture Of(int d) => Networks.WithExperts(
            Networks.Of(
                Placement.Pre, Activation.Silu, 4, 2, d, 4, mlpWidth: d, gated: true, logitStd: 0, inStd: 1.3, attentionBranch: 0.8,
                mlpBranch: 0.7, skip: 0.9, correlation: 0.4),
            gate,
            shared: 0.3);

        double[][] Measured(Architecture architecture)
        {
            using ConditionedEngine engine = new(architecture);
            NetworkSample result = new(architecture.Tokens, architecture.Depth);
            return [.. Enumerable.Range(0, samples).Select(sample =>
            {
                engine.Run(11, sample, result);
                return roles.Select(role => result.WeightGradients[0][(int)role]).ToArray();
            })];
        }
    }

    private static Architecture Plain =>
        Networks.Of(Placement.Pre, Activation.Tanh, 4, 2, 6, 3, 5, logitStd: 2, biasStd: 0.4, attentionBranch: 1.2);

    private static bool IsDrawn(string feature) =>
        !Architectures.Features.Of(Networks.Features[feature](Plain)).Except(ConditionedEngine.Features).Any();

    // Returns the matrices that block 1 has: of these, and of no others, there are gradients.
    private static MatrixRole[] HaveOneLaw(Architecture architecture, int cases)
    {
        ParameterLayout layout = new(architecture);
        bool routes = architecture.Mlp.Experts?.Value.Dense == 0;
        MatrixRole[] roles =
            [.. Enum.GetValues<MatrixRole>().Where(role => layout[role].Rows > 0 && (routes || role != MatrixRole.Router))];
        double[][] dense = [.. roles.Select(_ => new double[Samples])], conditioned = [.. roles.Select(_ => new double[Samples])];
        using ConditionedEngine engine = new(architecture);
        NetworkSample result = new(architecture.Tokens, architecture.Depth);
        using Learning learning = new(architecture);
        for (int sample = 0; sample < Samples; sample++)
        {
            engine.Run(2, sample, result);
            learning.Run(1, sample);
            for (int k = 0; k < roles.Length; k++)
            {
                conditioned[k][sample] = result.WeightGradients[0][(int)roles[k]];
                dense[k][sample] = learning.SquaredNorm(roles[k]);
            }
        }

        for (int k = 0; k < roles.Length; k++)
        {
            double tail = Statistics.KolmogorovTail(Statistics.Distance(dense[k], conditioned[k]), Samples / 2.0);
            Assert.True(tail > 1e-3 / (9 * cases), $"{roles[k]}: such a distance has probability {tail:g3} between equal laws");
        }

        Assert.All(
            Enum.GetValues<MatrixRole>(),
            role => Assert.Equal(roles.Contains(role), double.IsFinite(result.WeightGradients[0][(int)role])));
        return roles;
    }

    /// <summary>Networks with weights that learn: gradients which finite differences confirm (ModelGradientTests).</summary>
    private sealed class Learning : IDisposable
    {
        private readonly Architecture architecture;
        private readonly ParameterLayout layout;
        private readonly GainLayout gainLayout;
        private readonly WorkerPool pool = new(1);
        private readonly MatrixProduct<double> product;
        private readonly NativeBuffer<double> weights, weightGradients, gains, gainGradients;
        private readonly DenseBlocks<double> blocks;
        private readonly ExactGram tokens, gradients;

        public Learning(Architecture architecture)
        {
            this.architecture = architecture;
            layout = new ParameterLayout(architecture);
            gainLayout = GainLayout.Of(architecture);
            (int n, int d) = (architecture.Tokens, architecture.Width);
            product = new MatrixProduct<double>(pool);
            weights = new NativeBuffer<double>(layout.Length, "weights");
            weightGradients = new NativeBuffer<double>(layout.Length, "gradients");
            gains = new NativeBuffer<double>(gainLayout.Length, "gains");
            gainGradients = new NativeBuffer<double>(gainLayout.Length, "gradients of gains");
            InitialState.FillGains(architecture, gainLayout, gains.Span(0, (int)gains.Length));
            blocks = new DenseBlocks<double>(
                architecture, 1, KeptActivations.ForParameters, In(weights, gains), In(weightGradients, gainGradients), pool, product);
            tokens = new ExactGram(GramFactor.Equicorrelated(n, 1, architecture.Input.Correlation), d, pool, product, "tokens");
            gradients = new ExactGram(GramFactor.Identity(n), d, pool, product, "gradients");
        }

        public void Run(ulong seed, int sample)
        {
            for (int layer = 1; layer <= architecture.Depth; layer++)
            {
                WeightDraw<double> draw = new(layout, weights.Pointer + ((layer - 1) * layout.BlockLength), seed, sample, layer);
                pool.Run(&WeightDraw<double>.Fill, &draw);
            }

            tokens.Fill(blocks.Stream, RandomStream.InputTokens.OfInput(seed, sample));
            for (int layer = 1; layer <= architecture.Depth; layer++)
                blocks.Forward(layer);
            gradients.Fill(blocks.Gradient, RandomStream.LossGradient.OfInput(seed, sample));
            for (int layer = architecture.Depth; layer >= 1; layer--)
                blocks.Backward(layer);
        }

        public double SquaredNorm(MatrixRole role)
        {
            double sum = 0;
            foreach (double slope in weightGradients.Span(layout.Offset(1, role), layout[role].Rows * layout[role].Columns))
                sum += slope * slope;
            return sum;
        }

        public void Dispose()
        {
            gradients.Dispose();
            tokens.Dispose();
            blocks.Dispose();
            gainGradients.Dispose();
            gains.Dispose();
            weightGradients.Dispose();
            weights.Dispose();
            product.Dispose();
            pool.Dispose();
        }

        private BlockParameters<double> In(NativeBuffer<double> matrices, NativeBuffer<double> vectors) =>
            new(matrices.Pointer, layout, vectors.Pointer, gainLayout);
    }
}
