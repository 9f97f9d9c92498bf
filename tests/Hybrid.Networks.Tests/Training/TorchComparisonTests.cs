using System.Numerics;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Networks.Tests.Training;

/// <summary>
/// The same small networks in PyTorch, in double precision: logits, loss, the gradient of every parameter, and training
/// step by step. Errors of tensors are norms of differences over norms. Rounding allows for about 100 roundings on the way
/// from the weights to a gradient, each amplified ten times at most by normalisations and cancelling sums.
/// </summary>
public sealed unsafe class TorchComparisonTests
{
    private const double Roundings = 1000;
    private static readonly double Double = Roundings * Math.ScaleB(1, -53), Single = Roundings / 10 * Math.ScaleB(1, -24);

    // Steps add their errors up and training amplifies them: 20 steps, each ten times at most.
    private const double TrajectoryFactor = 200;

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, TorchFixtures.Stored.Cases.Count)];

    public static TheoryData<int> Trajectories => [.. Enumerable.Range(0, TorchFixtures.Stored.Trajectories.Count)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_loss_and_every_gradient_agree_in_double_precision(int number) => Compare<double>(number, Double);

    [Theory]
    [MemberData(nameof(Cases))]
    public void And_in_single_precision(int number) => Compare<float>(number, Single);

    [Theory]
    [MemberData(nameof(Trajectories))]
    public void Training_follows_the_same_trajectory_in_double_precision(int number) => Follow<double>(number, Double);

    [Theory]
    [MemberData(nameof(Trajectories))]
    public void And_the_trajectory_in_single_precision(int number) => Follow<float>(number, Single);

    private static void Compare<T>(int number, double tolerance)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TorchFixtures.Case expected = TorchFixtures.Stored.Cases[number];
        ModelOptions options = TorchFixtures.Model(expected.Description);
        using WorkerPool pool = new(2);
        using MatrixProduct<T> product = new(pool);
        using DenseModel<T> model = new(options, TorchFixtures.Sequences, recompute: false, pool, product);
        TorchFixtures.SetWeights(model);
        TokenBatch batch = TorchFixtures.Batch(options, 0);
        string name = $"{typeof(T).Name} {expected.Description.Name}";

        model.Logits(batch);
        Near($"{name} logits", expected.Logits, model.LogitRows.Data);
        double loss = model.Run(batch, gradient: true);
        Tests.Near.Equal($"{name} loss", expected.Loss, loss, 0, tolerance);
        Assert.Equal(
            expected.Gradients.Select(tensor => $"{tensor.Name} [{string.Join(", ", tensor.Shape)}]"),
            model.Layout.Tensors.Select(place => $"{place.Tensor.Name} [{string.Join(", ", place.Tensor.Shape)}]"));
        foreach ((TorchFixtures.Gradient gradient, PlacedTensor place) in expected.Gradients.Zip(model.Layout.Tensors))
            Near($"{name} gradient of {gradient.Name}", gradient.Values, model.Gradients.Pointer + place.Offset);

        void Near(string what, double[] values, T* actual)
        {
            double difference = 0, size = 0;
            for (int i = 0; i < values.Length; i++)
            {
                difference += Math.Pow(double.CreateChecked(actual[i]) - values[i], 2);
                size += values[i] * values[i];
            }

            Tests.Near.Equal($"{what}, relative error", 0, Math.Sqrt(difference / size), tolerance);
        }
    }

    private static void Follow<T>(int number, double tolerance)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TorchFixtures.Trajectory expected = TorchFixtures.Stored.Trajectories[number];
        TrainingOptions options = new(
            TorchFixtures.Model(expected.Description), expected.Options.Options, TorchFixtures.Sequences, expected.Options.Steps, 1);
        using TrainingRun<T> run = new(options, 2);
        TorchFixtures.SetWeights(run.Model);
        foreach ((int step, double[] row) in expected.Steps.Index())
        {
            StepResult result = run.Step(TorchFixtures.Batch(options.Model, step + 1));
            string name = $"{typeof(T).Name} {expected.Options.Kind} {expected.Description.Name} step {step + 1}";
            Tests.Near.Equal(
                $"{name}: loss and gradient norm", row[..2], [result.Loss, result.GradientNorm], 0, TrajectoryFactor * tolerance);
            Tests.Near.Equal($"{name}: learning rate", row[2], result.LearningRate, 0, 1e-15);
        }
    }
}
