using Hybrid.Architectures;
using Hybrid.Networks.Tests;
using Hybrid.Networks.Tests.Training;
using Hybrid.Networks.Training;
using Hybrid.Torch.Training;
using Xunit;

namespace Hybrid.Torch.Tests;

/// <summary>The same options and batches on the dense trainer and on TorchSharp: initial state, gradients, steps, resumption.</summary>
public sealed class TrainingEqualityTests : IDisposable
{
    private const int Sequences = 3, Steps = 20;

    // As against PyTorch's own gradients, relative to a tensor's norm; over 20 steps errors add up and training amplifies them, ten
    // times at most.
    private static readonly double Rounding = Target.RoundingOfPasses(blocks: 2);
    private const double TrajectoryFactor = 200;

    // A gradient of few entries, each a sum over rows, may be small by chance beside the terms that were rounded: the norm of four
    // Gaussian entries is below a quarter of its typical size in 0.7 % of cases, that of 16 below half of it in 1e-5.
    private const int FewEntries = 16;
    private const double SmallByChance = 4;
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    public static TheoryData<Placement, Wiring, TrainingTask, bool, bool> Cases
    {
        get
        {
            TheoryData<Placement, Wiring, TrainingTask, bool, bool> data = [];
            foreach ((Placement norm, Wiring wiring) in Models.Blocks)
            {
                data.Add(norm, wiring, TrainingTask.NextToken, false, true);
                data.Add(norm, wiring, TrainingTask.MaskedToken, true, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Initial_parameters_are_the_same_bits_under_the_same_names(
        Placement norm, Wiring wiring, TrainingTask task, bool gated, bool tied)
    {
        TrainingOptions options = Models.Options(Models.Of(norm, task, gated, tied, wiring: wiring), seed: 5);
        using DenseTrainer dense = new(options, 2);
        using TorchTrainer torch = new(options, Target.Device, Target.Precision, threads: 2);
        Assert.Equal(Names(dense.Parameters), Names(torch.Parameters));
        Assert.Equal(Names(dense.OptimiserState), Names(torch.OptimiserState));
        foreach (NamedTensor tensor in dense.Parameters)
            Assert.Equal(Values(dense, tensor), Values(torch, tensor));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_every_gradient_agree(Placement norm, Wiring wiring, TrainingTask task, bool gated, bool tied) =>
        GradientsAgree(Models.Of(norm, task, gated, tied, wiring: wiring));

    private static void GradientsAgree(ModelOptions model)
    {
        TrainingOptions options = Models.Options(model);
        using DenseTrainer dense = new(options, 2);
        using TorchTrainer torch = new(options, Target.Device, Target.Precision);
        TokenBatch batch = Models.Batch(model, Sequences);
        Near.Equal("loss before", dense.Evaluate(batch), torch.Evaluate(batch), 0, Rounding);
        Agree("step", dense.Step(batch), torch.Step(batch), Rounding);
        foreach (NamedTensor gradient in dense.Gradients)
        {
            double tolerance = gradient.Length < FewEntries ? SmallByChance * Rounding : Rounding;
            Agree(gradient.Name, Values(dense, gradient), Values(torch, gradient), tolerance);
        }
    }

    [Theory(Single = true)]
    [MemberData(nameof(Cases))]
    public void Twenty_steps_agree(Placement norm, Wiring wiring, TrainingTask task, bool gated, bool tied)
    {
        ModelOptions model = Models.Of(norm, task, gated, tied, wiring: wiring);
        OptimiserKind kind = gated ? OptimiserKind.Sgd : OptimiserKind.AdamW;
        TrainingOptions options = Models.Options(model, optimiser: new(kind, 3e-3, WarmupSteps: 4, ClipNorm: 0.5, WeightDecay: 0.1));
        using DenseTrainer dense = new(options, 2);
        using TorchTrainer torch = new(options, Target.Device, Target.Precision);
        for (int step = 0; step < Steps; step++)
        {
            TokenBatch batch = Models.Batch(model, Sequences, step);
            Agree($"step {step}", dense.Step(batch), torch.Step(batch), TrajectoryFactor * Rounding);
        }

        Assert.Equal(Steps, torch.StepsDone);
        foreach (NamedTensor parameter in dense.Parameters)
            Agree(parameter.Name, Values(dense, parameter), Values(torch, parameter), TrajectoryFactor * Rounding);
    }

    public static TheoryData<string> Features => [.. Hybrid.Networks.Tests.Networks.Features.Keys];

    [Theory]
    [MemberData(nameof(Features))]
    public void Every_gradient_agrees_with_every_feature(string feature) =>
        GradientsAgree(Models.With(Hybrid.Networks.Tests.Networks.Features[feature]));

    [Theory(Single = true)]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_that_began_on_one_engine_continues_on_the_other(bool beginsDense)
    {
        ModelOptions model = Models.Of(Placement.Pre);
        TrainingOptions options = Models.Options(model);
        using DenseTrainer dense = new(options, 2);
        using TorchTrainer torch = new(options, Target.Device, Target.Precision);
        using DenseTrainer whole = new(options, 2);
        (ITrainer first, ITrainer second) = beginsDense ? ((ITrainer)dense, (ITrainer)torch) : (torch, dense);
        for (int step = 0; step < Steps; step++)
        {
            TokenBatch batch = Models.Batch(model, Sequences, step);
            if (step == Steps / 2)
                Copy(first, second);
            Agree($"step {step}", whole.Step(batch), (step < Steps / 2 ? first : second).Step(batch), TrajectoryFactor * Rounding);
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Recomputation_and_parts_of_batches_change_roundings_only(bool recompute, bool parts)
    {
        ModelOptions model = Models.Of(Placement.Post);
        TrainingOptions options = Models.Options(model, recompute: recompute);
        using TorchTrainer expected = new(Models.Options(model), Target.Device, Target.Precision);
        long? memory = parts ? (long)TrainingBytes.Of(options, 2, Target.Precision) : null;
        using TorchTrainer trainer = new(options, Target.Device, Target.Precision, memory: memory);
        Assert.Equal(parts ? 2 : Sequences, trainer.SequencesAtOnce);
        TokenBatch batch = Models.Batch(model, Sequences);
        Near.Equal("loss", expected.Evaluate(batch), trainer.Evaluate(batch), 0, Rounding);
        Agree("step", expected.Step(batch), trainer.Step(batch), Rounding);
        foreach (NamedTensor gradient in expected.Gradients)
            Agree(gradient.Name, Values(expected, gradient), Values(trainer, gradient), Rounding);
    }

    // On a GPU gradients of embeddings are summed in no fixed order.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_runs_of_a_seed_have_the_same_bits_on_the_processor(bool recompute)
    {
        ModelOptions model = Models.Of(Placement.Peri, gated: true);
        TrainingOptions options = Models.Options(model, recompute: recompute);
        using TorchTrainer first = new(options, TorchDevice.Cpu, Target.Precision);
        using TorchTrainer second = new(options, TorchDevice.Cpu, Target.Precision);
        for (int step = 0; step < Steps; step++)
            Assert.Equal(first.Step(Models.Batch(model, Sequences, step)), second.Step(Models.Batch(model, Sequences, step)));
        foreach (NamedTensor tensor in first.Parameters.Concat(first.OptimiserState))
            Assert.Equal(Values(first, tensor), Values(second, tensor));
    }

    [Fact]
    public void A_loss_that_is_not_finite_updates_nothing()
    {
        ModelOptions model = Models.Of(Placement.Pre);
        using TorchTrainer trainer = new(Models.Options(model), Target.Device, Target.Precision);
        NamedTensor embedding = trainer.Parameters[0],
            bias = trainer.Parameters.First(tensor => tensor.Name.EndsWith("mlp.bias", StringComparison.Ordinal));
        trainer.Write(embedding, 0, Enumerable.Repeat(float.NaN, (int)embedding.Length).ToArray());
        float[] before = Values(trainer, bias);
        Assert.False(double.IsFinite(trainer.Step(Models.Batch(model, Sequences)).Loss));
        Assert.Equal(0, trainer.StepsDone);
        Assert.Equal(before, Values(trainer, bias));
    }

    [Fact]
    public void Bad_batches_tensors_and_offsets_are_refused()
    {
        ModelOptions model = Models.Of(Placement.Pre);
        using TorchTrainer trainer = new(Models.Options(model), Target.Device, Target.Precision);
        NamedTensor first = trainer.Parameters[0];
        Assert.Contains("must have 3 sequences", Assert.Throws<ArgumentException>(() => trainer.Step(Models.Batch(model, 2))).Message);
        Assert.Throws<ArgumentException>(() => trainer.Read(new NamedTensor("nothing", [1]), 0, new float[1]));
        Assert.Throws<ArgumentException>(() => trainer.Read(first with { Shape = [1] }, 0, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Read(first, first.Length, new float[1]));
        Assert.Throws<InvalidOperationException>(() => trainer.Read(trainer.Gradients[0], 0, new float[1]));
    }

    private static void Copy(ITrainer from, ITrainer to)
    {
        foreach (NamedTensor tensor in from.Parameters.Concat(from.OptimiserState))
            to.Write(tensor, 0, Values(from, tensor));
        to.StepsDone = from.StepsDone;
    }

    private static string[] Names(IReadOnlyList<NamedTensor> tensors) =>
        [.. tensors.Select(tensor => $"{tensor.Name} [{string.Join(", ", tensor.Shape)}]")];

    private static float[] Values(ITrainer trainer, NamedTensor tensor)
    {
        float[] values = new float[tensor.Length];
        trainer.Read(tensor, 0, values);
        return values;
    }

    private static void Agree(string name, StepResult expected, StepResult actual, double tolerance)
    {
        Near.Equal(
            $"{name}: loss and gradient norm", [expected.Loss, expected.GradientNorm], [actual.Loss, actual.GradientNorm], 0, tolerance);
        Assert.Equal(expected.LearningRate, actual.LearningRate);
    }

    // Norm of the difference over the norm.
    private static void Agree(string name, float[] expected, float[] actual, double tolerance)
    {
        double difference = 0, size = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)actual[i] - expected[i], 2);
            size += Math.Pow(expected[i], 2);
        }

        // Nothing at all where no pass reaches.
        Near.Equal($"{name}, relative error", 0, size > 0 ? Math.Sqrt(difference / size) : difference, tolerance);
    }
}
