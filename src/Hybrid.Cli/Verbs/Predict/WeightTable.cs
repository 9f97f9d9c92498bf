using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Drawing;
using Hybrid.Import.Json;
using Hybrid.Networks.Model;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>The gradient of every weight matrix by layer, and what a step of an optimiser would be relative to the weight.</summary>
internal static class WeightTable
{
    private sealed record Matrix(string Symbol, string Field, MatrixRole Role, Func<ParameterGradientNorms, double> Square);

    private static readonly Matrix[] Matrices =
    [
        new("W_Q", "query", MatrixRole.Query, weights => weights.Query),
        new("W_K", "key", MatrixRole.Key, weights => weights.Key),
        new("W_V", "value", MatrixRole.Value, weights => weights.Value),
        new("W_O", "output", MatrixRole.AttentionOut, weights => weights.Output),
        new("W_1", "mlpIn", MatrixRole.MlpIn, weights => weights.MlpIn),
        new("W_u", "mlpUp", MatrixRole.MlpUp, weights => weights.MlpUp),
        new("W_2", "mlpOut", MatrixRole.MlpOut, weights => weights.MlpOut),
    ];

    /// <summary>A row a layer; last the spread over layers and the relative step that Adam takes at a learning rate of 1.</summary>
    public static ReportTable Of(Prediction prediction)
    {
        ParameterLayout layout = new(prediction.Architecture);
        Matrix[] matrices = Of(prediction.Architecture);
        List<IReadOnlyList<string>> rows = [.. prediction.Weights.Select((weights, index) =>
            (IReadOnlyList<string>)
        [
            Numbers.Integer(index + 1),
            .. matrices.Select(matrix => Numbers.Significant(Relative(layout, matrix, weights), 3)),
        ])];
        if (prediction.Weights.Length > 0)
        {
            rows.Add(["largest / smallest", .. matrices.Select(matrix => Numbers.Significant(Spread(matrix, prediction.Weights), 3))]);
            rows.Add(["Adam's step", .. matrices.Select(matrix => Numbers.Significant(1 / layout[matrix.Role].StandardDeviation, 3))]);
        }

        return new(
            "‖∂L/∂W‖/‖W‖ of every weight matrix, for a loss whose gradient at the output has g_d = 1: plain gradient "
            + "descent's step relative to the weight at a learning rate of 1; "
            + "Adam's first step is 1 for every entry, so its relative step is 1/σ of the "
            + "entries whatever the layer. A large spread over layers is what warm-up and per-parameter step sizes are for",
            ["<layer", .. matrices.Select(matrix => matrix.Symbol)],
            rows);

        double Spread(Matrix matrix, ParameterGradientNorms[] layers) =>
            Math.Sqrt(layers.Max(matrix.Square) / layers.Min(matrix.Square));
    }

    /// <summary>Steps relative to the weights at a learning rate of 1: of plain gradient descent by layer, of Adam's first step.</summary>
    public static JsonObject ToNode(Prediction prediction)
    {
        ParameterLayout layout = new(prediction.Architecture);
        Matrix[] matrices = Of(prediction.Architecture);
        return new()
        {
            ["gradientDescent"] = new JsonArray([.. prediction.Weights.Select((weights, index) =>
            {
                JsonObject row = new() { ["layer"] = index + 1 };
                foreach (Matrix matrix in matrices)
                    row[matrix.Field] = JsonNumber.OrNull(Relative(layout, matrix, weights));
                return (JsonNode)row;
            })]),
            ["adam"] = new JsonObject(matrices.Select(matrix =>
                KeyValuePair.Create(matrix.Field, JsonNumber.OrNull(1 / layout[matrix.Role].StandardDeviation)))),
        };
    }

    private static Matrix[] Of(Architecture architecture) =>
        [.. Matrices.Where(matrix => matrix.Role != MatrixRole.MlpUp || architecture.Gated)];

    private static double Relative(ParameterLayout layout, Matrix matrix, ParameterGradientNorms weights)
    {
        ParameterBlock block = layout[matrix.Role];
        return Math.Sqrt(matrix.Square(weights) / ((double)block.Rows * block.Columns)) / block.StandardDeviation;
    }
}
