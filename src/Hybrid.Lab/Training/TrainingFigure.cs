using System.Globalization;
using Hybrid.Drawing.Figures;
using Hybrid.Lab.Data;

namespace Hybrid.Lab.Training;

/// <summary>
/// The figure of a run: training loss (mean over every three units of the axis) and evaluations against the step, and as dashed
/// lines the optimum and the references of the data. The steps are logarithmic in a run of 100 or more. Below, the gradient's norm with
/// the norm that it is clipped at, the learning rate, and the stream's squared norm by layer at the moments that were measured.
/// </summary>
public static class TrainingFigure
{
    private const double PageWidth = 960, PanelWidth = 852, PanelHeight = 330, Margin = 76, LegendTop = 74, BinWidth = 3;
    private const double SmallWidth = 236, SmallHeight = 170, SmallGap = 72, Between = 84;
    private const int LeastLogarithmic = 100, TrainingSeries = 0, EvaluationSeries = 1, FirstLevel = 2;

    /// <summary>Most moments whose norms can be told apart in one panel.</summary>
    public const int MostMoments = 6;

    /// <summary>The figure as SVG text.</summary>
    /// <param name="result">The run.</param>
    /// <param name="optimum">The optimal loss, or null where it is not known.</param>
    /// <param name="references">Other losses to compare with.</param>
    /// <param name="norms">Norms of the stream at up to <see cref="MostMoments"/> moments.</param>
    public static string Render(
        TrainingResult result, double? optimum, IReadOnlyList<ReferenceLoss> references, IReadOnlyList<LayerNorms> norms)
    {
        List<ReferenceLoss> levels = [];
        if (optimum is double least)
            levels.Add(new("optimum", least));
        levels.AddRange(references);
        string[] labels = ["training", "evaluation",
            .. levels.Select(level => string.Create(CultureInfo.InvariantCulture, $"{level.Name} {level.Nats:0.####}"))];
        IReadOnlyList<(double X, double Y)> legend = Legend.Places(labels, Margin, PageWidth - 20, LegendTop, out double bottom);
        string title = $"Training '{result.Plan.Options.Model.Architecture.Name}': {Outcome(result)}";
        double top = bottom + 34, below = top + PanelHeight + Between;
        bool labelled = norms.Count > 0;
        using SvgWriter svg = new(PageWidth, below + SmallHeight + (labelled ? 74 : 52), title, FigureStyle.Sheet);
        svg.Text(Margin, 30, title, "title");
        svg.Text(Margin, 48, Subtitle(result.Plan), "small");
        Panel panel = new(Margin, top, PanelWidth, PanelHeight, Steps(result), Losses(result, levels));
        panel.DrawGrid(svg);
        for (int i = 0; i < labels.Length; i++)
            DrawKey(svg, i, labels[i], legend[i]);
        for (int i = 0; i < levels.Count; i++)
            svg.Line(panel.Left, panel.Y(levels[i].Nats), panel.Left + panel.Width, panel.Y(levels[i].Nats), LineClass(FirstLevel + i));
        DrawBinned(svg, panel, result, entry => entry.Loss);
        DrawEvaluations(svg, panel, result);
        panel.DrawAxes(svg, "", "step", "loss, nats per target");
        DrawGradient(svg, result, below);
        DrawLearningRate(svg, result, below);
        DrawNorms(svg, norms, below);
        return svg.Finish();
    }

    private static string Outcome(TrainingResult result) => result.Outcome switch
    {
        TrainingOutcome.Diverged => $"diverged at step {result.Steps}",
        TrainingOutcome.Running => $"at step {result.Steps} of {result.Plan.Options.Steps}",
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
    private static void DrawBinned(SvgWriter svg, Panel panel, TrainingResult result, Func<LogEntry, double?> of)
    {
        IEnumerable<(double X, double Value)> shown = result.Trajectory
            .Where(entry => of(entry) is double value && panel.Vertical.Shows(value))
            .Select(entry => (panel.X(entry.Step), of(entry)!.Value));
        svg.Polyline(
            shown.GroupBy(point => Math.Floor(point.X / BinWidth))
                .Select(bin => (bin.Average(point => point.X), panel.Y(bin.Average(point => point.Value)))),
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

    private static void DrawGradient(SvgWriter svg, TrainingResult result, double top)
    {
        double clip = result.Plan.Options.Optimiser.ClipNorm;
        double[] norms = [.. result.Trajectory.Select(entry => entry.GradientNorm ?? double.NaN).Where(double.IsFinite)];
        Panel panel = new(Margin, top, SmallWidth, SmallHeight, Steps(result), AxisScale.Fitting([.. norms, .. Finite(clip)]));
        panel.DrawGrid(svg);
        if (double.IsFinite(clip))
            svg.Line(panel.Left, panel.Y(clip), panel.Left + panel.Width, panel.Y(clip), LineClass(FirstLevel));
        DrawBinned(svg, panel, result, entry => entry.GradientNorm);
        int clipped = norms.Count(norm => norm > clip);
        panel.DrawAxes(
            svg,
            double.IsFinite(clip) && norms.Length > 0
                ? string.Create(CultureInfo.InvariantCulture, $"gradient norm, {100.0 * clipped / norms.Length:0.#} % clipped")
                : "gradient norm",
            "step",
            "");
    }

    private static void DrawLearningRate(SvgWriter svg, TrainingResult result, double top)
    {
        double[] rates = [.. result.Trajectory.Select(entry => entry.LearningRate ?? double.NaN).Where(double.IsFinite)];
        Panel panel = new(
            Margin + SmallWidth + SmallGap, top, SmallWidth, SmallHeight, Steps(result), AxisScale.Fitting([0, .. rates]));
        panel.DrawGrid(svg);
        DrawBinned(svg, panel, result, entry => entry.LearningRate);
        panel.DrawAxes(svg, "learning rate", "step", "");
    }

    private static void DrawNorms(SvgWriter svg, IReadOnlyList<LayerNorms> norms, double top)
    {
        if (norms.Count == 0)
            return;
        double left = Margin + (2 * (SmallWidth + SmallGap));
        Panel panel = new(
            left, top, SmallWidth, SmallHeight, AxisScale.Linear(0, Math.Max(1, norms[0].Squares.Count - 1)),
            AxisScale.Fitting([.. norms.SelectMany(moment => moment.Squares).Where(value => double.IsFinite(value) && value > 0)]));
        panel.DrawGrid(svg);
        for (int moment = 0; moment < norms.Count; moment++)
        {
            svg.Polyline(
                norms[moment].Squares.Index().Where(layer => panel.Vertical.Shows(layer.Item))
                    .Select(layer => (panel.X(layer.Index), panel.Y(layer.Item))),
                $"theory {FigureStyle.Stroke(moment)}");
        }

        panel.DrawAxes(svg, "stream, q after steps", "layer", "");
        double width = SmallWidth / norms.Count, y = top + SmallHeight + 58;
        for (int moment = 0; moment < norms.Count; moment++)
        {
            double x = left - 20 + (moment * (width + 6));
            svg.Line(x, y, x + 12, y, $"theory {FigureStyle.Stroke(moment)}");
            svg.Text(x + 15, y + 4, norms[moment].Step.ToString(CultureInfo.InvariantCulture), "small");
        }
    }

    private static double[] Finite(double value) => double.IsFinite(value) ? [value] : [];

    private static string LineClass(int series) => $"theory {FigureStyle.Stroke(series)}{(series >= FirstLevel ? " dashed" : "")}";

    private static string MarkClass(int series) => $"mark {FigureStyle.Stroke(series)} {FigureStyle.Fill(series)}";
}
