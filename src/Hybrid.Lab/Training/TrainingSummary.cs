using Hybrid.Drawing;
using Hybrid.Lab.Data;
using Hybrid.Lab.Statistics;
using MathNet.Numerics.LinearRegression;

namespace Hybrid.Lab.Training;

/// <summary>Where the evaluations of a run's later half are going.</summary>
public enum LossTrend
{
    /// <summary>Fewer than <see cref="TrainingSummary.FewestEvaluations"/> of them.</summary>
    Unknown,

    /// <summary>Down: the slope of a line through them is negative with its whole interval.</summary>
    Falling,

    /// <summary>The interval holds 0.</summary>
    Level,

    /// <summary>Up.</summary>
    Rising,
}

/// <summary>What a run has shown, read off its evaluations: the sentence at its end is a function of these numbers.</summary>
public sealed record TrainingSummary
{
    /// <summary>From so many evaluations on a line through them has an interval that says something.</summary>
    public const int FewestEvaluations = 4;

    // That a level run is called falling or rising.
    private const double FalsePositiveRate = 0.05;

    private readonly TrainingReport _report;

    /// <summary>Reads a run.</summary>
    public TrainingSummary(TrainingReport report)
    {
        _report = report;
        TrainingResult result = report.Result;
        double final = result.FinalEvalLoss;
        Beaten = report.References.Where(reference => final < reference.Nats).MinBy(reference => reference.Nats);
        Ahead = report.References.Where(reference => !(final < reference.Nats)).MaxBy(reference => reference.Nats);
        HasLearnt = final < Math.Min(Math.Log(result.Plan.Options.Model.Vocabulary), result.InitialEvalLoss);
        (Trend, Slope) = TrendOf(result);
    }

    /// <summary>Whether the last evaluation is below the first one and below that of a guess among the whole vocabulary.</summary>
    public bool HasLearnt { get; }

    /// <summary>The best of the simple predictors that the run is better than, or null.</summary>
    public ReferenceLoss? Beaten { get; }

    /// <summary>The worst of those that it is not better than, or null.</summary>
    public ReferenceLoss? Ahead { get; }

    /// <summary>Where the evaluations of the later half go.</summary>
    public LossTrend Trend { get; }

    /// <summary>Slope of the line through them, nats per target and step; NaN where there are too few.</summary>
    public double Slope { get; }

    /// <summary>All of it in a sentence.</summary>
    public string Sentence
    {
        get
        {
            TrainingResult result = _report.Result;
            string from = Text(result.InitialEvalLoss), to = Text(result.FinalEvalLoss);
            string learning = HasLearnt ? $"It learns: the evaluation fell from {from} to {to}" : $"It learns nothing: {to} after {from}";
            if (result.Outcome == TrainingOutcome.Diverged)
                return $"It diverged at step {result.Steps}; the evaluation was {from} before training and {to} when last taken.";
            if (result.Evaluations.All(entry => entry.Step == 0))
                return $"What it learns is not known yet: it was not evaluated since the {from} before training.";
            List<string> parts = [learning];
            if (Beaten is not null)
                parts.Add($"below the {Text(Beaten.Nats)} of {Beaten.Name}");
            if (Ahead is not null)
                parts.Add($"not below the {Text(Ahead.Nats)} of {Ahead.Name}");
            if (_report.Optimum is double optimum)
                parts.Add($"{Text(result.FinalEvalLoss - optimum)} above the optimum");
            parts.Add(Trend switch
            {
                LossTrend.Falling => $"still falling by {Text(-100 * Slope)} in 100 steps",
                LossTrend.Rising => $"rising by {Text(100 * Slope)} in 100 steps",
                LossTrend.Level => "no longer falling",
                _ => "with too few evaluations to tell whether it still falls",
            });
            return string.Join(", ", parts) + ".";
        }
    }

    /// <summary>A line through the evaluations of the later half of the steps, and Student's interval of its slope.</summary>
    private static (LossTrend Trend, double Slope) TrendOf(TrainingResult result)
    {
        (double Step, double Loss)[] late = [.. result.Evaluations
            .Where(entry => entry.Step > 0 && 2 * entry.Step >= result.Steps && double.IsFinite(entry.EvalLoss!.Value))
            .Select(entry => ((double)entry.Step, entry.EvalLoss!.Value))];
        if (late.Length < FewestEvaluations)
            return (LossTrend.Unknown, double.NaN);
        double[] steps = [.. late.Select(point => point.Step)], losses = [.. late.Select(point => point.Loss)];
        (double intercept, double slope) = SimpleRegression.Fit(steps, losses);
        double mean = steps.Average(), spread = steps.Sum(step => (step - mean) * (step - mean));
        double residual = late.Sum(point => Math.Pow(point.Loss - intercept - (slope * point.Step), 2));
        Spread error = new(Math.Sqrt(residual / (late.Length - 2) / spread), late.Length - 2);
        double half = error.CriticalValue(FalsePositiveRate) * error.StandardError;
        return (slope + half < 0 ? LossTrend.Falling : slope - half > 0 ? LossTrend.Rising : LossTrend.Level, slope);
    }

    private static string Text(double value) => Numbers.Significant(value, 4);
}
