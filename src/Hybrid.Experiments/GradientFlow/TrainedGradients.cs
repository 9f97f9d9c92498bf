using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.GradientFlow;

/// <summary>Runs of one placement with the gradients of tokens and weights by depth on the way.</summary>
internal sealed class TrainedGradients
{
    /// <summary>The test loss at the end, nats per token; +∞ where the run diverged.</summary>
    public const string Loss = "loss";

    public TrainedGradients(Placement norm, TrainableSize size)
    {
        TrainableTransformer network = new(
            norm, Activation.Relu, Math.Sqrt(2), size.Tokens, size.Depth, size.Width, TrainableSize.Heads, size.Sequences, size.Steps);
        Placement = network.Placement;
        Runs = [.. Enumerable.Range(1, size.Runs).Select(run => new Cell(
            $"{network.Key}, run {run}", network.Cost, attempt => Measure(network.Options(attempt.Seed), size, attempt)))];
    }

    public string Placement { get; }

    public IReadOnlyList<Cell> Runs { get; }

    /// <summary>g_d after a block over that at the output.</summary>
    public static string Token(int layer, int step) => $"g_d {layer} @{step}";

    /// <summary>‖∂L/∂W‖² of a matrix over the number of its entries.</summary>
    public static string Weight(MatrixRole matrix, int block, int step) => $"{matrix} {block} @{step}";

    /// <summary>
    /// Log growth per block backwards of ‖∂L/∂W‖² summed over a block's matrices, as
    /// <see cref="WeightGradients.Rate"/> has it.
    /// </summary>
    public static string Rate(int step) => $"rate @{step}";

    /// <summary>A number over the runs that reached its step.</summary>
    public Estimate Of(CellResults results, string name) =>
        Estimate.Of([.. Runs.Where(run => results[run].Names.Contains(name)).Select(run => results[run][name].Mean)]);

    private static CellValues Measure(TrainingOptions options, TrainableSize size, CellAttempt attempt)
    {
        ObservedRun run = ObservedTraining.Run(options, TrainingChain.Source, attempt, size.Every, Observe);
        return CellValues.Of([run.Record.Numbers.Append(new(Loss, run.Loss))]);

        void Observe(IMeasuredTrainer trainer, TokenBatch batch, RunRecord record)
        {
            List<KeyValuePair<string, double>> values = record.Numbers;
            int step = trainer.StepsDone;
            (double Diagonal, double OffDiagonal)[] gradients = trainer.MeasurePass(batch).Pass.Gradients;
            for (int layer = 0; layer <= size.Depth; layer++)
                values.Add(new(Token(layer, step), gradients[layer].Diagonal / gradients[^1].Diagonal));
            for (int block = 1; block <= size.Depth; block++)
            {
                foreach ((MatrixRole role, double power) in WeightGradients.Entries(trainer, block))
                    values.Add(new(Weight(role, block, step), power));
            }

            values.Add(new(Rate(step), WeightGradients.Rate(WeightGradients.Blocks(trainer))));
        }
    }
}
