using Hybrid.Networks.Model;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>The gradient of every weight matrix by layer, and what a step of an optimiser would be relative to the weight.</summary>
internal static class WeightTable
{
    private sealed record Matrix(string Symbol, MatrixRole Role, Func<ParameterGradientNorms, double> Square);

    private static readonly Matrix[] Matrices =
    [
        new("W_Q", MatrixRole.Query, weights => weights.Query),
        new("W_K", MatrixRole.Key, weights => weights.Key),
        new("W_V", MatrixRole.Value, weights => weights.Value),
        new("W_O", MatrixRole.AttentionOut, weights => weights.Output),
        new("W_1", MatrixRole.MlpIn, weights => weights.MlpIn),
        new("W_u", MatrixRole.MlpUp, weights => weights.MlpUp),
        new("W_2", MatrixRole.MlpOut, weights => weights.MlpOut),
    ];

    /// <summary>A row a layer; last the spread over layers and the relative step that Adam takes at a learning rate of 1.</summary>
    public static ReportTable Of(Prediction prediction)
    {
        ParameterLayout layout = new(prediction.Architecture);
        Matrix[] matrices = [.. Matrices.Where(matrix => matrix.Role != MatrixRole.MlpUp || prediction.Architecture.Gated)];
        List<IReadOnlyList<string>> rows = [.. prediction.Weights.Select((weights, index) =>
            (IReadOnlyList<string>)[
                Numbers.Integer(index + 1), .. matrices.Select(matrix => Numbers.Significant(Relative(matrix, weights), 3))])];
        if (prediction.Weights.Length > 0)
        {
            rows.Add(["largest / smallest", .. matrices.Select(matrix => Numbers.Significant(Spread(matrix, prediction.Weights), 3))]);
            rows.Add(["Adam's step", .. matrices.Select(matrix => Numbers.Significant(1 / layout[matrix.Role].StandardDeviation, 3))]);
        }

        return new(
            "‖∂L/∂W‖/‖W‖ of every weight matrix, for a loss whose gradient at the output has g_d = 1: "
            + "plain gradient descent's step relative to the weight at a learning rate of 1; "
            + "Adam's first step is 1 for every entry, so its relative step is 1/σ of the entries whatever "
            + "the layer. A large spread over layers is what warm-up and per-parameter step sizes are for",
            ["<layer", .. matrices.Select(matrix => matrix.Symbol)],
            rows);

        double Relative(Matrix matrix, ParameterGradientNorms weights)
        {
            ParameterBlock block = layout[matrix.Role];
            return Math.Sqrt(matrix.Square(weights) / ((double)block.Rows * block.Columns)) / block.StandardDeviation;
        }

        double Spread(Matrix matrix, ParameterGradientNorms[] layers) =>
            Math.Sqrt(layers.Max(matrix.Square) / layers.Min(matrix.Square));
    }
}
