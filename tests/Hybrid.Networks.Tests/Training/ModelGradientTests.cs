using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Networks.Tests.Training;

/// <summary>
/// Every parameter's gradient against central differences of the loss, both in double precision: along a random direction v
/// within one tensor, dL/dt at θ + t v must be ⟨∂L/∂θ, v⟩. Gains and biases are moved off their initial values first.
/// </summary>
public sealed unsafe class ModelGradientTests
{
    // Roundings that one evaluation of the loss passes through: sums over widths and tokens, sublayer after sublayer.
    private const double Roundings = 500;

    // An estimate whose own uncertainty is above this tells a wrong term from a right one no longer.
    private const double LargestUncertainty = 1e-6;

    private const int Sequences = 3;

    public static TheoryData<Placement, Wiring, TrainingTask, bool, bool> Cases
    {
        get
        {
            TheoryData<Placement, Wiring, TrainingTask, bool, bool> cases = [];
            foreach ((Placement norm, Wiring wiring) in Models.Blocks)
                foreach (TrainingTask task in Enum.GetValues<TrainingTask>())
                    foreach (bool gated in new[] { false, true })
                    {
                        cases.Add(norm, wiring, task, gated, false);
                        cases.Add(norm, wiring, task, gated, true);
                    }

            return cases;
        }
    }

    public static TheoryData<Activation> Activations => [.. Networks.Activations];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_parameter_gradient_agrees_with_finite_differences(
        Placement norm, Wiring wiring, TrainingTask task, bool gated, bool tied) =>
        Check(Models.Of(norm, task, gated, tied, wiring: wiring));

    [Theory]
    [MemberData(nameof(Activations))]
    public void And_for_every_activation(Activation activation) => Check(Models.Of(Placement.Pre, gated: true, activation: activation));

    public static TheoryData<string> Features => [.. Networks.Features.Keys];

    [Theory]
    [MemberData(nameof(Features))]
    public void And_for_every_feature(string feature) => Check(Models.With(Networks.Features[feature]));

    private static void Check(ModelOptions options)
    {
        Architecture architecture = options.Architecture;
        string network = $"{architecture.Norm} {architecture.Wiring} {architecture.Activation} {options.Task} tied {options.Tied}";
        using WorkerPool pool = new(1);
        using MatrixProduct<double> product = new(pool);
        using DenseModel<double> model = new(options, Sequences, recompute: false, pool, product);
        model.Draw(5);
        Shake(model);
        TokenBatch batch = Models.Batch(options, Sequences);
        double loss = model.Run(batch, gradient: true);
        foreach (PlacedTensor place in model.Layout.Tensors)
        {
            int length = (int)place.Tensor.Length;
            double[] direction = Noise(length, 7);
            double[] origin = model.Parameters.Span(place.Offset, length).ToArray();
            double analytic = 0;
            for (int i = 0; i < length; i++)
                analytic += direction[i] * model.Gradients.Pointer[place.Offset + i];
            (double slope, double uncertainty) = FiniteDifference.Slope(Loss, Roundings * loss);
            origin.CopyTo(model.Parameters.Span(place.Offset, length));
            string name = $"{network} {place.Tensor.Name}";
            Near.Equal($"{name}: uncertainty of the difference", 0, uncertainty, LargestUncertainty * Math.Max(1, Math.Abs(slope)));
            Near.Equal(name, slope, analytic, uncertainty);

            double Loss(double step)
            {
                Span<double> parameter = model.Parameters.Span(place.Offset, length);
                for (int i = 0; i < length; i++)
                    parameter[i] = origin[i] + step * direction[i];
                return model.Run(batch, gradient: false);
            }
        }
    }

    private static void Shake(DenseModel<double> model)
    {
        foreach (PlacedTensor place in model.Layout.Tensors)
        {
            double[] noise = Noise((int)place.Tensor.Length, 3);
            Span<double> parameter = model.Parameters.Span(place.Offset, noise.Length);
            for (int i = 0; i < noise.Length; i++)
                parameter[i] += 0.2 * noise[i];
        }
    }

    private static double[] Noise(int length, int seed)
    {
        System.Random random = new(seed);
        return [.. Enumerable.Range(0, length).Select(_ => 2 * random.NextDouble() - 1)];
    }
}
