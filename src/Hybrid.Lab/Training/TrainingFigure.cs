using System.Globalization;
using Hybrid.Drawing.Figures;
using Hybrid.Lab.Data;

namespace Hybrid.Lab.Training;

/// <summary>
/// The figure of a run: training loss (mean over every three units of the axis) and evaluations against the step, and as dashed
/// lines the optimum and the references of the data. The steps are logarithmic in a run of 100 or more.
/// </summary>
public static class TrainingFigure
{
    private const double PageWidth = 960, PanelWidth = 852, PanelHeight = 330, Margin = 76, LegendTop = 74, BinWidth = 3;
    private const int LeastLogarithmic = 100, TrainingSeries = 0, EvaluationSeries = 1, FirstLevel = 2;

    /// <summary>The figure as SVG text.</summary>
    /// <param name="result">The run.</param>
    /// <param name="optimum">The optimal loss, or null where it is not known.</param>
    /// <param name="references">Other losses to compare with.</param>
    public static string Render(TrainingResult result, double? optimum, IReadOnlyList<ReferenceLoss> references)
    {
        List<ReferenceLoss> levels = [];
        if (optimum is double least)
            levels.Add(new("optimum", least));
        levels.AddRange(references);
        string[] labels = ["training", "evaluation",
            .. levels.Select(level => string.Create(CultureInfo.InvariantCulture, $"{level.Name} {level.Nats:0.####}"))];
        IReadOnlyList<(double X, double Y)> legend = Legend.Places(labels, Margin, PageWidth - 20, LegendTop, out double bottom);
        string title = $"Training '{result.Plan.Options.Model.Architecture.Name}': {Outcome(result)}";
        double top = bottom + 34;
        using SvgWriter svg = new(PageWidth, top + PanelHeight + 52, title, FigureStyle.Sheet);
        svg.Text(Margin, 30, title, "title");
        svg.Text(Margin, 48, Subtitle(result.Plan), "small");
        Panel panel = new(Margin, top, PanelWidth, PanelHeight, Steps(result), Losses(result, levels));
        panel.DrawGrid(svg);
        for (int i = 0; i < labels.Length; i++)
            DrawKey(svg, i, labels[i], legend[i]);
        for (int i = 0; i < levels.Count; i++)
            svg.Line(panel.Left, panel.Y(levels[i].Nats), panel.Left + panel.Width, panel.Y(levels[i].Nats), LineClass(FirstLevel + i));
        DrawTraining(svg, panel, result);
        DrawEvaluations(svg, panel, result);
        panel.DrawAxes(svg, "", "step", "loss, nats per target");
        return svg.Finish();
    }

    private static string Outcome(TrainingResult result) => result.Outcome switch
    {
        TrainingOutcome.Diverged => $"diverged at step {result.Steps}",
        TrainingOutcome.Stopped => $"stopped at step {result.Steps} of {result.Plan.Options.Steps}",
        _ => $"{result.Steps} steps",
    };

    /// <summary>A synthetic source as it is; of a file its name, not where it lies.</summary>
    private static string Subtitle(TrainingPlan plan) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(plan.Data.File is null ? plan.Data.Source : Path.GetFileName(plan.Data.Source))}; batch {plan.Options.Sequences}, "
        + $"learning rate {plan.Options.Optimiser.LearningRate}, engine {plan.Engine}, seed {plan.Options.Seed}");

    private static AxisScale Steps(TrainingResult result)
    {
        int last = Math.Max(1, result.Steps);
        return last >= LeastLogarithmic ? AxisScale.Log(1, last) : AxisScale.Linear(0, last, 8);
    }

    private static AxisScale Losses(TrainingResult result, IEnumerable<ReferenceLoss> levels)
    {
        IEnumerable<double> taken = result.Trajectory.SelectMany(
            entry => (double[])[entry.Loss ?? double.NaN, entry.EvalLoss ?? double.NaN]);
        return AxisScale.Fitting([.. taken.Concat(levels.Select(level => level.Nats)).Where(double.IsFinite)]);
    }

    private static void DrawKey(SvgWriter svg, int series, string label, (double X, double Y) place)
    {
        svg.Line(place.X, place.Y, place.X + Legend.LineLength, place.Y, LineClass(series));
        if (series == EvaluationSeries)
            svg.Path(Marker.Data(series, place.X + Legend.LineLength / 2, place.Y, 3.2), MarkClass(series));
        svg.Text(place.X + Legend.TextOffset, place.Y + 4, label);
    }

    /// <summary>Neighbouring steps that fall into one bin of the axis are averaged: a line of steps would be a band of noise.</summary>
    private static void DrawTraining(SvgWriter svg, Panel panel, TrainingResult result)
    {
        IEnumerable<(double X, double Loss)> shown = result.Trajectory
            .Where(entry => entry.Loss is double loss && panel.Vertical.Shows(loss))
            .Select(entry => (panel.X(entry.Step), entry.Loss!.Value));
        svg.Polyline(
            shown.GroupBy(point => Math.Floor(point.X / BinWidth))
                .Select(bin => (bin.Average(point => point.X), panel.Y(bin.Average(point => point.Loss)))),
            LineClass(TrainingSeries));
    }

    private static void DrawEvaluations(SvgWriter svg, Panel panel, TrainingResult result)
    {
        (double X, double Y)[] points =
        [
            .. result.Evaluations
                .Where(entry => panel.Horizontal.Shows(entry.Step) && panel.Vertical.Shows(entry.EvalLoss!.Value))
                .Select(entry => (panel.X(entry.Step), panel.Y(entry.EvalLoss!.Value))),
        ];
        svg.Polyline(points, LineClass(EvaluationSeries));
        foreach ((double x, double y) in points)
            svg.Path(Marker.Data(EvaluationSeries, x, y, 3.2), MarkClass(EvaluationSeries));
    }

    private static string LineClass(int series) => $"theory {FigureStyle.Stroke(series)}{(series >= FirstLevel ? " dashed" : "")}";

    private static string MarkClass(int series) => $"mark {FigureStyle.Stroke(series)} {FigureStyle.Fill(series)}";
}
