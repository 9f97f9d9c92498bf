using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Model;

namespace Hybrid.Experiments.GradientFlow;

/// <summary>Gradients by depth of networks that are trained.</summary>
internal static class TrainedFigures
{
    /// <summary>g_d by depth: at initialisation against the theory, and at every moment of training.</summary>
    public static ReportFigure Tokens(
        IReadOnlyList<InitialGradients> initial, IReadOnlyList<TrainedGradients> trained, TrainableSize size, CellResults results)
    {
        int[] layers = [.. Enumerable.Range(0, size.Depth + 1)];
        CurvePanel theory = new(
            $"width {size.WideWidth}, before training",
            "blocks passed ℓ",
            "",
            [.. initial.Select((network, style) => new CurveSeries(
                $"{network.Placement}, theory and networks",
                style,
                [.. layers.Select(layer => ((double)layer, network.Prediction(results, InitialGradients.Diagonal(layer))))],
                [.. layers.Select(layer => Wide(network, layer))]))]);
        CurvePanel[] training = [.. trained.Select(network => new CurvePanel(
            $"{network.Placement}, width {size.Width}, in training",
            "blocks passed ℓ",
            "",
            [.. size.Moments.Select((step, moment) => new CurveSeries(
                $"step {step}",
                initial.Count + moment,
                [.. layers.Select(layer => ((double)layer, network.Of(results, TrainedGradients.Token(layer, step)).Mean))],
                [.. layers.Select(layer => Point(layer, network.Of(results, TrainedGradients.Token(layer, step))))]))]))];
        return new(
            "trained-tokens.svg",
            "Gradient at a token by depth over that at the output: "
            + "trainable networks on data against the Gram process, and through training",
            CurveFigure.Render(
                "Gradients at the tokens, g_d over g_d at the output, on data",
                "points: mean over networks ± 2 standard errors; "
                + "lines before training: the Gram process; lines in training: through the means",
                [theory, .. training]));

        CurvePoint Wide(InitialGradients network, int layer)
        {
            string name = InitialGradients.Diagonal(layer);
            double predicted = network.Prediction(results, name);
            Estimate ratio = network.Pair.AtWidth(results, name);
            return new(layer, predicted * ratio.Mean, 2 * predicted * ratio.StandardError);
        }
    }

    /// <summary>Every matrix's gradient by block before and after training.</summary>
    public static ReportFigure Weights(IReadOnlyList<TrainedGradients> trained, TrainableSize size, CellResults results)
    {
        (int Step, string Name)[] ends = [(0, "before"), (size.Steps, "after")];
        CurvePanel[] panels = [.. GradientNetwork.Matrices.Select(matrix => new CurvePanel(
            GradientFlowFigures.Title(matrix),
            "block",
            "",
            [.. trained.SelectMany((network, i) => ends.Select((end, j) => new CurveSeries(
                $"{network.Placement}, {end.Name}",
                2 * i + j,
                [.. Enumerable.Range(1, size.Depth).Select(block => ((double)block, Weight(network, matrix, block, end.Step).Mean))],
                [.. Enumerable.Range(1, size.Depth).Select(block => Point(block, Weight(network, matrix, block, end.Step)))])))]))];
        return new(
            "trained-weights.svg",
            "Gradient power of an entry of every weight matrix by block, before and after training, for pre-, post- and peri-normalisation",
            CurveFigure.Render(
                "Gradients of the weights before and after training: ‖∂L/∂W‖² over the number of entries",
                $"points: mean over {size.Runs} runs ± 2 standard errors; lines through the means",
                panels));

        Estimate Weight(TrainedGradients network, MatrixRole matrix, int block, int step) =>
            network.Of(results, TrainedGradients.Weight(matrix, block, step));
    }

    private static CurvePoint Point(int x, Estimate estimate) => new(x, estimate.Mean, 2 * estimate.StandardError);
}
