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
    // A line has at most so many points: one of every step would be a band of noise.
    private const int Bins = 284;
    private const int LeastLogarithmic = 100, TrainingSeries = 0, EvaluationSeries = 1, FirstLevel = 2;

    /// <summary>Most moments whose norms can be told apart in one panel.</summary>
    public const int MostMoments = 6;

    /// <summary>The figure.</summary>
    /// <param name="result">The run.</param>
    /// <param name="optimum">The optimal loss, or null where it is not known.</param>
    /// <param name="references">Other losses to compare with.</param>
    /// <param name="norms">Norms of the stream at up to <see cref="MostMoments"/> moments.</param>
    public static Figure Render(
        TrainingResult result, double? optimum, IReadOnlyList<ReferenceLoss> references, IReadOnlyList<LayerNorms> norms)
    {
        ReferenceLoss[] levels = [.. optimum is double least ? (ReferenceLoss[])[new("optimum", least)] : [], .. references];
        AxisScale steps = Steps(result);
        CurvePanel loss = new(
            "",
            "step",
            "loss, nats per target",
            [
                Binned("training", TrainingSeries, result, steps, entry => entry.Loss),
                Evaluations(result, steps),
                .. levels.Select((level, i) => Level(
                    string.Create(CultureInfo.InvariantCulture, $"{level.Name} {level.Nats:0.####}"), FirstLevel + i, steps, level.Nats)),
            ])
        { HorizontalScale = steps, VerticalScale = Losses(result, levels), Wide = true };
        return CurveFigure.Render(
            $"Training '{result.Plan.Options.Model.Architecture.Name}': {Outcome(result)}",
            Subtitle(result.Plan),
            [loss, Gradient(result, steps), LearningRate(result, steps), .. norms.Count == 0 ? (CurvePanel[])[] : [Norms(norms)]]);
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

    /// <summary>Neighbouring steps that fall into one bin of the axis are averaged.</summary>
    private static CurveSeries Binned(string label, int style, TrainingResult result, AxisScale steps, Func<LogEntry, double?> of) => new(
        label,
        style,
        [.. result.Trajectory
            .Where(entry => steps.Shows(entry.Step) && of(entry) is double value && double.IsFinite(value))
            .GroupBy(entry => Math.Floor(Bins * steps.Position(entry.Step)))
            .Select(bin => (bin.Average(entry => entry.Step), bin.Average(entry => of(entry)!.Value)))],
        []);

    private static CurveSeries Evaluations(TrainingResult result, AxisScale steps)
    {
        LogEntry[] shown = [.. result.Evaluations.Where(entry => steps.Shows(entry.Step) && double.IsFinite(entry.EvalLoss!.Value))];
        return new(
            "evaluation",
            EvaluationSeries,
            [.. shown.Select(entry => ((double)entry.Step, entry.EvalLoss!.Value))],
            [.. shown.Select(entry => new CurvePoint(entry.Step, entry.EvalLoss!.Value, double.NaN))]);
    }

    private static CurveSeries Level(string label, int style, AxisScale steps, double value) =>
        new(label, style, [(steps.Low, value), (steps.High, value)], []) { Dashed = true };

    private static CurvePanel Gradient(TrainingResult result, AxisScale steps)
    {
        double clip = result.Plan.Options.Optimiser.ClipNorm;
        double[] norms = [.. result.Trajectory.Select(entry => entry.GradientNorm ?? double.NaN).Where(double.IsFinite)];
        double clipped = 100.0 * norms.Count(norm => norm > clip) / norms.Length;
        string title = double.IsFinite(clip) && norms.Length > 0
            ? string.Create(CultureInfo.InvariantCulture, $"gradient norm, {clipped:0.#} % clipped")
            : "gradient norm";
        return new(
            title,
            "step",
            "",
            [
                Binned("training", TrainingSeries, result, steps, entry => entry.GradientNorm),
                .. double.IsFinite(clip) ? (CurveSeries[])[Level("clipped at", FigureStyle.Series - 1, steps, clip)] : [],
            ])
        { HorizontalScale = steps };
    }

    private static CurvePanel LearningRate(TrainingResult result, AxisScale steps)
    {
        double[] rates = [.. result.Trajectory.Select(entry => entry.LearningRate ?? double.NaN).Where(double.IsFinite)];
        return new("learning rate", "step", "", [Binned("training", TrainingSeries, result, steps, entry => entry.LearningRate)])
        {
            HorizontalScale = steps,
            VerticalScale = AxisScale.Fitting([0, .. rates]),
        };
    }

    private static CurvePanel Norms(IReadOnlyList<LayerNorms> norms) => new(
        "stream, q by layer",
        "layer",
        "",
        [.. norms.Select((moment, style) => new CurveSeries(
            $"stream after {moment.Step.ToString(CultureInfo.InvariantCulture)} steps",
            style,
            [.. moment.Squares.Index().Select(layer => ((double)layer.Index, layer.Item > 0 ? layer.Item : double.NaN))],
            []))])
    {
        HorizontalScale = AxisScale.Linear(0, Math.Max(1, norms[0].Squares.Count - 1)),
    };
}
