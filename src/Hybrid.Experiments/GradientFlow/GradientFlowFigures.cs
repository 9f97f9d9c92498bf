using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Model;

namespace Hybrid.Experiments.GradientFlow;

/// <summary>Gradients by depth, of tokens and of weights.</summary>
internal static class GradientFlowFigures
{
    private const string Subtitle = "lines: predicted; points: mean over networks at the larger width ± 2 standard errors";

    /// <summary>g_d and g_d − g_o: a column for each activation, a series for each placement.</summary>
    public static ReportFigure Tokens(IReadOnlyList<GradientNetwork> grid, CellResults results)
    {
        string[] activations = [.. grid.Select(network => network.ActivationName).Distinct()];
        CurvePanel Panel(string title, string activation, Func<GradientNetwork, int, double> predicted, Func<int, string> name) => new(
            $"{activation}: {title}",
            "blocks passed ℓ",
            "",
            [.. grid.Where(network => network.ActivationName == activation).Select((network, style) => new CurveSeries(
                network.Placement,
                style,
                [.. Enumerable.Range(0, network.Architecture.Depth).Select(layer => ((double)layer, predicted(network, layer)))],
                [.. Enumerable.Range(0, network.Architecture.Depth).Select(
                    layer => Point(layer, network.Pair.AtWidth(results, name(layer))))]))]);
        CurvePanel[] panels =
        [
            .. activations.Select(activation =>
                Panel("gradient g_d", activation, (network, layer) => network.PredictedDiagonal(layer), GradientNetwork.Diagonal)),
            .. activations.Select(activation => Panel(
                "differences g_d − g_o", activation, (network, layer) => network.PredictedDifference(layer), GradientNetwork.Difference)),
        ];
        return new(
            "tokens.svg",
            "Gradient at a token and its difference between tokens by depth, for five placements; lines: theory, points: networks",
            CurveFigure.Render("Gradients at the tokens", Subtitle, panels));
    }

    /// <summary>Every matrix's gradient by block, ReLU networks: a panel for each matrix.</summary>
    public static ReportFigure Weights(IReadOnlyList<GradientNetwork> grid, CellResults results)
    {
        string activation = grid[0].ActivationName;
        GradientNetwork[] shown = [.. grid.Where(network => network.ActivationName == activation)];
        CurvePanel[] panels = [.. GradientNetwork.Matrices.Select(matrix => new CurvePanel(
            $"{activation}: {Title(matrix)}",
            "block",
            "",
            [.. shown.Select((network, style) => new CurveSeries(
                network.Placement,
                style,
                [.. Enumerable.Range(1, network.Architecture.Depth).Select(
                    block => ((double)block, network.PredictedWeight(block, matrix)))],
                [.. Enumerable.Range(1, network.Architecture.Depth).Select(
                    block => Point(block, network.Pair.AtWidth(results, GradientNetwork.Weight(block, matrix))))]))]))];
        return new(
            "weights.svg",
            "Gradient power of an entry of every weight matrix by block, for five placements; lines: theory, points: networks",
            CurveFigure.Render("Gradients of the weights: ‖∂L/∂W‖² over the number of entries", Subtitle, panels));
    }

    public static string Title(MatrixRole matrix) => matrix switch
    {
        MatrixRole.Query => "W_Q",
        MatrixRole.Key => "W_K",
        MatrixRole.Value => "W_V",
        MatrixRole.AttentionOut => "W_O",
        MatrixRole.MlpIn => "W_1",
        _ => "W_2",
    };

    private static CurvePoint Point(int x, Estimate estimate) => new(x, estimate.Mean, 2 * estimate.StandardError);
}
