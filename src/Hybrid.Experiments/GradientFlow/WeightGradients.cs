using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.GradientFlow;

/// <summary>The gradients of a trainer's weight matrices, as its last pass left them.</summary>
internal static class WeightGradients
{
    private static readonly (MatrixRole Role, string Name)[] Matrices =
    [
        (MatrixRole.Query, "attention.query"),
        (MatrixRole.Key, "attention.key"),
        (MatrixRole.Value, "attention.value"),
        (MatrixRole.AttentionOut, "attention.out"),
        (MatrixRole.MlpIn, "mlp.in"),
        (MatrixRole.MlpOut, "mlp.out"),
    ];

    /// <summary>‖∂L/∂W‖² of every matrix of a block over the number of its entries.</summary>
    public static IEnumerable<(MatrixRole Role, double Power)> Entries(IMeasuredTrainer trainer, int block) => Matrices.Select(matrix =>
    {
        NamedTensor gradient = Gradient(trainer, block, matrix.Name);
        return (matrix.Role, trainer.SquaredNorm(gradient) / gradient.Length);
    });

    /// <summary>‖∂L/∂W‖² summed over the matrices of each block.</summary>
    public static double[] Blocks(IMeasuredTrainer trainer) => [.. Enumerable.Range(1, trainer.Options.Model.Architecture.Depth).Select(
        block => Matrices.Sum(matrix => trainer.SquaredNorm(Gradient(trainer, block, matrix.Name))))];

    /// <summary>Log growth per block backwards: of the line of least squares through the logarithms of the blocks' powers.</summary>
    public static double Rate(double[] blocks) =>
        -GrowthFit.Of(
            GrowthForm.Exponential, [.. Enumerable.Range(1, blocks.Length).Select(block => (double)block)], blocks).Coefficients[1];

    private static NamedTensor Gradient(IMeasuredTrainer trainer, int block, string name) =>
        trainer.Named($"gradient.blocks.{block}.{name}");
}
