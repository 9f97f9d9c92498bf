using Hybrid.Architectures;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Tests;
using Hybrid.Networks.Tests.Training;
using Hybrid.Networks.Training;
using Hybrid.Torch.Training;
using Xunit;

namespace Hybrid.Torch.Tests;

/// <summary>What is measured of a network in training where it is, is what the dense engine measures of the same parameters.</summary>
public sealed class MeasurementEqualityTests : IDisposable
{
    private const int Sequences = 3;

    // As in training, in two blocks; a number of order 1 or a square has twice that.
    private static readonly double Rounding = 2 * Target.RoundingOfPasses(blocks: 2);

    // Sums of the same numbers in double precision, in another order.
    private const double Summation = 1e-11;

    // What the dense engine's differences over four points are off by in double precision; where they are exact, rounding.
    private const double Differences = 1e-8;
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    public static TheoryData<Placement, Wiring> Blocks => Models.BlockCases;

    public static TheoryData<string> Features => [.. Hybrid.Networks.Tests.Networks.Features.Keys];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_pass_of_every_placement_and_wiring(Placement norm, Wiring wiring) => PassesAgree(Models.Of(norm, wiring: wiring));

    [Theory]
    [MemberData(nameof(Features))]
    public void A_pass_with_every_feature(string feature) => PassesAgree(Models.With(Hybrid.Networks.Tests.Networks.Features[feature]));

    // The meter of the host on what the same network brings there.
    [Theory(Single = true)]
    [MemberData(nameof(Blocks))]
    public void Sums_on_the_device_are_those_of_the_host(Placement norm, Wiring wiring)
    {
        ModelOptions model = Models.Of(norm, wiring: wiring);
        using TorchTrainer torch = Trained(model);
        TokenBatch batch = Models.Batch(model, Sequences, 9);
        PassMeter meter = new(model.Architecture);
        double loss = torch.Observe(batch, meter);
        Agree((loss, meter.Measurement), torch.MeasurePass(batch), Summation);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_batch_in_parts_measures_the_same(bool backward)
    {
        ModelOptions model = Models.Of(Placement.Post);
        TrainingOptions options = Models.Options(model);
        using TorchTrainer whole = new(options, Target.Device, Target.Precision);
        using TorchTrainer parts = new(
            options, Target.Device, Target.Precision, memory: (long)TrainingBytes.Of(options, 2, Target.Precision));
        Assert.Equal(2, parts.SequencesAtOnce);
        TokenBatch batch = Models.Batch(model, Sequences);
        (double, PassMeasurement Pass) measured = parts.MeasurePass(batch, backward);
        Agree(whole.MeasurePass(batch, backward), measured, Rounding);
        ExponentEstimate[][] together = whole.Exponents(batch, Sequences, 2, seed: 3).Backward;
        ExponentEstimate[][] apart = parts.Exponents(batch, Sequences, 2, seed: 3).Backward;
        Near.Equal("exponents", [.. together.Select(block => block[1].Mean)], [.. apart.Select(block => block[1].Mean)], Summation);
        Assert.Equal(backward ? model.Architecture.Depth + 1 : 0, measured.Pass.Gradients.Length);
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Norms_of_matrices_and_of_gradients(Placement norm, Wiring wiring)
    {
        ModelOptions model = Models.Of(norm, wiring: wiring);
        TrainingOptions options = Models.Options(model);
        using TorchTrainer torch = new(options, Target.Device, Target.Precision);
        using MeasuredTrainer dense = new(options, threads: 1);
        TokenBatch batch = Models.Batch(model, Sequences);
        torch.MeasurePass(batch);
        dense.MeasurePass(batch);
        foreach (NamedTensor matrix in dense.Parameters.Where(tensor => tensor.Shape.Length == 2 && tensor.Shape[1] % 2 == 0))
        {
            // Each stops where ten iterations add less than this to the square, from below.
            Near.Equal(
                $"‖{matrix.Name}‖", Values(dense.OperatorNorms(matrix, 2)), Values(torch.OperatorNorms(matrix, 2)), 0, 1e-9);
            Near.Equal(
                $"squares of {matrix.Name}", dense.SquaredNorm(matrix), torch.SquaredNorm(matrix), 0, Summation);
        }

        double largest = dense.Gradients.Max(dense.SquaredNorm);
        foreach (NamedTensor gradient in dense.Gradients)
        {
            Near.Equal(
                $"squares of {gradient.Name}", dense.SquaredNorm(gradient), torch.SquaredNorm(gradient), 1e-6 * Rounding * largest,
                2 * Rounding);
        }

        static double[] Values(OperatorNorm[] norms)
        {
            Assert.All(norms, norm => Assert.True(norm.Converged));
            return [.. norms.Select(norm => norm.Value)];
        }
    }

    [Fact]
    public void A_matrix_of_zeros_has_norm_0()
    {
        ModelOptions model = Models.Of(Placement.Pre);
        using TorchTrainer torch = new(Models.Options(model), Target.Device, Target.Precision);
        NamedTensor matrix = torch.Parameters.First(tensor => tensor.Name == "blocks.1.mlp.in");
        torch.Write(matrix, 0, new float[matrix.Length]);
        Assert.Equal(new OperatorNorm(0, true, 1), torch.OperatorNorms(matrix)[0]);
    }

    // A later exponent is what a frame keeps off those before it: as many times less exact as the leading one grows more.
    [Theory]
    [MemberData(nameof(Blocks))]
    public void Exponents_in_double_precision(Placement norm, Wiring wiring)
    {
        const int Count = 3;
        ModelOptions model = Models.Of(norm, wiring: wiring);
        using TorchTrainer torch = Trained(model);
        using MeasuredTrainer dense = new(Models.Options(model), threads: 1);
        foreach (NamedTensor tensor in torch.Parameters)
        {
            float[] values = new float[tensor.Length];
            torch.Read(tensor, 0, values);
            dense.Write(tensor, 0, values);
        }

        TokenBatch batch = Models.Batch(model, Sequences);
        (ExponentEstimate[][] forward, ExponentEstimate[][] backward) = dense.Exponents(batch, 2, Count, seed: 4);
        (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) actual = torch.Exponents(batch, 2, Count, seed: 4);
        double tolerance = Differences * Math.Exp(Gap(forward) + Gap(backward));
        for (int block = 0; block < forward.Length; block++)
        {
            Near.Equal($"forwards, block {block + 1}", Means(forward[block]), Means(actual.Forward[block]), tolerance);
            Near.Equal($"backwards, block {block + 1}", Means(backward[block]), Means(actual.Backward[block]), tolerance);
        }

        static double[] Means(ExponentEstimate[] exponents) => [.. exponents.Select(exponent => exponent.Mean)];

        static double Gap(ExponentEstimate[][] exponents) => exponents.Sum(block => block[0].Mean - block.Min(estimate => estimate.Mean));
    }

    [Fact]
    public void Measuring_changes_nothing_that_is_learnt_and_leaves_no_tensor()
    {
        ModelOptions model = Models.Of(Placement.Peri);
        using TorchTrainer measured = new(Models.Options(model), Target.Device, Target.Precision);
        using TorchTrainer other = new(Models.Options(model), Target.Device, Target.Precision);
        IMeasuredTrainer trainer = measured;
        trainer.Measure(Models.Batch(model, Sequences));
        long held = LiveTensors.Count;
        for (int step = 0; step < 3; step++)
        {
            NetworkMeasurement measurement = trainer.Measure(Models.Batch(model, Sequences, step));
            Assert.Equal(model.Architecture.Depth, measurement.OperatorNorms.Length);
            Assert.Equal(other.Step(Models.Batch(model, Sequences, step)), measured.Step(Models.Batch(model, Sequences, step)));
        }

        Assert.Equal(held, LiveTensors.Count);
    }

    private static TorchTrainer Trained(ModelOptions model)
    {
        TorchTrainer trainer = new(Models.Options(model), Target.Device, Target.Precision);
        for (int step = 0; step < 5; step++)
            trainer.Step(Models.Batch(model, Sequences, step));
        return trainer;
    }

    private static void PassesAgree(ModelOptions model)
    {
        using TorchTrainer torch = new(Models.Options(model), Target.Device, Target.Precision);
        using MeasuredTrainer dense = new(Models.Options(model), threads: 1);
        TokenBatch batch = Models.Batch(model, Sequences);
        Agree(dense.MeasurePass(batch), torch.MeasurePass(batch), Rounding);
        Agree(dense.MeasurePass(batch, backward: false), torch.MeasurePass(batch, backward: false), Rounding);
    }

    private static void Agree((double Loss, PassMeasurement Pass) expected, (double Loss, PassMeasurement Pass) actual, double rounding)
    {
        Near.Equal("loss", expected.Loss, actual.Loss, 0, rounding);
        Near.Equal("entropy", expected.Pass.Entropy, actual.Pass.Entropy, rounding, rounding);
        Assert.Equal(expected.Pass.Streams.Length, actual.Pass.Streams.Length);
        foreach ((int layer, (StreamMeasures wanted, StreamMeasures got)) in expected.Pass.Streams.Zip(actual.Pass.Streams).Index())
            Near.Equal($"stream {layer}", Numbers(wanted), Numbers(got), rounding * wanted.Q, rounding);
        Near.Equal("gradients", Numbers(expected.Pass.Gradients), Numbers(actual.Pass.Gradients), 0, 2 * rounding);
        Near.Equal("attention", Numbers(expected.Pass.Attention), Numbers(actual.Pass.Attention), rounding, rounding);
        Near.Equal("MLP", Numbers(expected.Pass.Mlp), Numbers(actual.Pass.Mlp), rounding, rounding);
    }

    private static double[] Numbers(StreamMeasures stream) =>
        [stream.Q, stream.P, stream.U, stream.MeanAbsolute, stream.CoordinateVariance, stream.DataVariance, stream.LargestNorm];

    // g_d and g_d − g_o, which are of one size.
    private static double[] Numbers((double Diagonal, double OffDiagonal)[] gradients) =>
        [.. gradients.SelectMany(gradient => new[] { gradient.Diagonal, gradient.Diagonal - gradient.OffDiagonal })];

    private static double[] Numbers(BranchMeasures[] branches) =>
        [.. branches.SelectMany(branch => new[] { branch.Q, branch.Correlation })];
}
