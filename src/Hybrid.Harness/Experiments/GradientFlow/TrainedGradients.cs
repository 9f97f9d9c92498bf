using Hybrid.Harness.Experiments.Measurement;
using Hybrid.Harness.Statistics;
using Hybrid.Networks.Dense;
using Hybrid.Networks.Dense.Training;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Harness.Experiments.GradientFlow;

/// <summary>Runs of one placement with the gradients of tokens and weights by depth on the way.</summary>
internal sealed class TrainedGradients
{
    /// <summary>The test loss at the end, nats per token; +∞ where the run diverged.</summary>
    public const string Loss = "loss";

    private static readonly (MatrixRole Role, string Name)[] Matrices =
    [
        (MatrixRole.Query, "attention.query"),
        (MatrixRole.Key, "attention.key"),
        (MatrixRole.Value, "attention.value"),
        (MatrixRole.AttentionOut, "attention.out"),
        (MatrixRole.MlpIn, "mlp.in"),
        (MatrixRole.MlpOut, "mlp.out"),
    ];

    public TrainedGradients(Norm norm, TrainableSize size)
    {
        TrainableTransformer network = new(
            norm, Activation.Relu, Math.Sqrt(2), size.Tokens, size.Depth, size.Width, TrainableSize.Heads, size.Sequences, size.Steps);
        Placement = network.Placement;
        Runs = [.. Enumerable.Range(1, size.Runs).Select(run => new Cell(
            $"{network.Key}, run {run}", network.Cost, seed => Measure(network.Options(seed), size)))];
    }

    public string Placement { get; }

    public IReadOnlyList<Cell> Runs { get; }

    /// <summary>g_d after a block over that at the output.</summary>
    public static string Token(int layer, int step) => $"g_d {layer} @{step}";

    /// <summary>‖∂L/∂W‖² of a matrix over the number of its entries.</summary>
    public static string Weight(MatrixRole matrix, int block, int step) => $"{matrix} {block} @{step}";

    /// <summary>Σ ‖∂L/∂W‖² over the six matrices of a block.</summary>
    public static string Block(int block, int step) => $"block {block} @{step}";

    /// <summary>Log growth per block backwards of the latter: the line of least squares through its logarithms.</summary>
    public static string Rate(int step) => $"rate @{step}";

    /// <summary>A number over the runs that reached its step.</summary>
    public Estimate Of(CellResults results, string name) =>
        Estimate.Of([.. Runs.Where(run => results[run].Names.Contains(name)).Select(run => results[run][name].Mean)]);

    private static CellValues Measure(TrainingOptions options, TrainableSize size)
    {
        List<KeyValuePair<string, double>> values = [];
        PassMeter meter = new(options.Model.Architecture);
        TrainingEnd end = ObservedTraining.Run(options, TrainableTransformer.Source, size.Every, Observe);
        values.Add(new(Loss, end.TestLoss));
        return CellValues.Of([values]);

        void Observe(DenseTrainer trainer, TokenBatch batch)
        {
            int step = trainer.StepsDone;
            trainer.Observe(batch, meter);
            (double Diagonal, double OffDiagonal)[] gradients = meter.Measurement.Gradients;
            for (int layer = 0; layer <= size.Depth; layer++)
                values.Add(new(Token(layer, step), gradients[layer].Diagonal / gradients[^1].Diagonal));
            double[] blocks = new double[size.Depth];
            for (int block = 1; block <= size.Depth; block++)
            {
                foreach ((MatrixRole role, string name) in Matrices)
                {
                    MatrixView<float> gradient = trainer.Matrix($"gradient.blocks.{block}.{name}");
                    double square = SquaredNorm(gradient);
                    values.Add(new(Weight(role, block, step), square / ((double)gradient.Rows * gradient.Columns)));
                    blocks[block - 1] += square;
                }

                values.Add(new(Block(block, step), blocks[block - 1]));
            }

            double[] numbers = [.. Enumerable.Range(1, size.Depth).Select(block => (double)block)];
            values.Add(new(Rate(step), -GrowthFit.Of(GrowthForm.Exponential, numbers, blocks).Coefficients[1]));
        }
    }

    private static double SquaredNorm(MatrixView<float> matrix)
    {
        double sum = 0;
        for (int i = 0; i < matrix.Rows; i++)
        {
            foreach (float entry in matrix.Row(i))
                sum += (double)entry * entry;
        }

        return sum;
    }
}
