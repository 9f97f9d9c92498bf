using Hybrid.Architectures;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Tests.Training;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Networks.Tests.Measurements;

public sealed class NetworkExponentsTests
{
    /// <summary>Where sums are normalised one direction per token is removed, whose exponent is −∞.</summary>
    public static TheoryData<Placement, Wiring, bool> BlocksOfFullRank
    {
        get
        {
            TheoryData<Placement, Wiring, bool> cases = [];
            foreach ((Placement norm, Wiring wiring) in Models.Blocks.Where(block => !block.Norm.OnSum))
            {
                cases.Add(norm, wiring, false);
                cases.Add(norm, wiring, true);
            }

            return cases;
        }
    }

    // The sum over all n d exponents of a block is log |det J|: it needs no frame, so forwards (central differences) and
    // backwards (the adjoint) must agree.
    [Theory]
    [MemberData(nameof(BlocksOfFullRank))]
    public void All_exponents_of_a_block_sum_to_the_same_forwards_and_backwards(Placement norm, Wiring wiring, bool gated)
    {
        ModelOptions model = Models.Of(norm, gated: gated, tokens: 3, width: 6, wiring: wiring);
        (ExponentEstimate[][] forward, ExponentEstimate[][] backward) = Measure(model, exponents: 18, steps: 0);
        for (int block = 0; block < model.Architecture.Depth; block++)
        {
            // Central differences are exact to (1e-5)² times the ratio of the third to the first derivative.
            double expected = backward[block].Sum(exponent => exponent.Mean);
            Near.Equal($"block {block + 1}", expected, forward[block].Sum(exponent => exponent.Mean), 1e-6);
        }
    }

    [Fact]
    public void Exponents_of_a_trained_network_agree_forwards_and_backwards_too()
    {
        ModelOptions model = Models.Of(Placement.Peri, tokens: 3, width: 6);
        (ExponentEstimate[][] forward, ExponentEstimate[][] backward) = Measure(model, exponents: 18, steps: 30);
        (ExponentEstimate[][] initial, _) = Measure(model, exponents: 18, steps: 0);
        double trained = forward.Sum(block => block.Sum(exponent => exponent.Mean));
        Near.Equal("sum", backward.Sum(block => block.Sum(exponent => exponent.Mean)), trained, 1e-6);
        Assert.NotEqual(initial.Sum(block => block.Sum(exponent => exponent.Mean)), trained, 1e-3);
    }

    [Fact]
    public void The_exponents_of_a_linear_block_without_attention_sum_to_its_matrix_log_determinant()
    {
        // x' = x + a W_2 W_1 x on each of two tokens.
        ModelOptions model = Models.Of(Placement.None, activation: Activation.Linear, tokens: 2, depth: 1, width: 6);
        Architecture blocks = ArchitectureModule.Defaults.With(
            name: "linear",
            tokens: 2,
            depth: 1,
            width: 6,
            heads: 3,
            mlpWidth: 7,
            activation: Activation.Linear,
            gated: false,
            norm: Placement.None,
            mask: Mask.Causal,
            attention: AttentionParameters.Of(Schedule.NewConstant(1), Schedule.NewConstant(0), 1, 1),
            mlp: MlpParameters.Of(Schedule.NewConstant(1), Schedule.NewConstant(0.5), 1, 0, 1),
            input: new InputParameters(1, 0));
        model = model with { Architecture = blocks };
        using DenseTrainer trainer = new(Models.Options(model), threads: 1);
        (ExponentEstimate[][] forward, _) = Measure(trainer, exponents: 12);
        double expected = 2 * LogDeterminant(trainer);
        Near.Equal("log |det|", expected, forward[0].Sum(exponent => exponent.Mean), 1e-6);
    }

    [Fact]
    public void Requests_out_of_range_are_refused()
    {
        ModelOptions model = Models.Of(Placement.Pre);
        Assert.Throws<ArgumentOutOfRangeException>(() => Plan(model, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Plan(model, 61));
        using DenseTrainer trainer = new(Models.Options(model), threads: 1);
        using NetworkExponents exponents = new(model, 4, 1);
        Assert.Contains(
            "at least 4 sequences", Assert.Throws<ArgumentException>(() => exponents.Measure(trainer, Models.Batch(model, 3), 1)).Message);
    }

    private static void Plan(ModelOptions model, int exponents) => new NetworkExponents(model, 1, exponents).Dispose();

    private static double LogDeterminant(DenseTrainer trainer)
    {
        double[,] first = Entries(trainer, "blocks.1.mlp.in"), second = Entries(trainer, "blocks.1.mlp.out");
        var product = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.DenseOfArray(first)
            * MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.DenseOfArray(second);
        var identity = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.DenseIdentity(product.RowCount);
        return Math.Log(Math.Abs((identity + 0.5 * product).Determinant()));
    }

    private static double[,] Entries(DenseTrainer trainer, string name)
    {
        var view = trainer.Matrix(name);
        double[,] entries = new double[view.Rows, view.Columns];
        for (int i = 0; i < view.Rows; i++)
        {
            for (int j = 0; j < view.Columns; j++)
                entries[i, j] = view.Row(i)[j];
        }

        return entries;
    }

    private static (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Measure(ModelOptions model, int exponents, int steps)
    {
        using DenseTrainer trainer = new(Models.Options(model), threads: 1);
        for (int step = 0; step < steps; step++)
            trainer.Step(Models.Batch(model, 3, seed: step));
        return Measure(trainer, exponents);
    }

    private static (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Measure(DenseTrainer trainer, int exponents)
    {
        using NetworkExponents measure = new(trainer.Options.Model, 3, exponents);
        return measure.Measure(trainer, Models.Batch(trainer.Options.Model, 3), 1);
    }
}
