using Hybrid.Lab.Data;
using Hybrid.Lab.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Training;

public class TrainingSummaryTests
{
    // Nats: the vocabulary of 8 guesses at 2.08, the unigram's entropy is 1.9, the optimum 1.
    private static readonly ReferenceLoss[] References = [new("no context", 1.9), new("one byte of context", 1.4)];

    [Theory]
    [InlineData(3, 2.5, false, null, "no context")]
    [InlineData(3, 2.0, true, null, "no context")]
    [InlineData(3, 1.5, true, "no context", "one byte of context")]
    [InlineData(3, 1.2, true, "one byte of context", null)]
    [InlineData(1.1, 1.2, false, "one byte of context", null)]
    public void What_is_learnt_and_beaten_follows_from_the_last_evaluation(
        double first, double last, bool learnt, string? beaten, string? ahead)
    {
        TrainingSummary summary = Of([first, last]);
        Assert.Equal((learnt, beaten, ahead), (summary.HasLearnt, summary.Beaten?.Name, summary.Ahead?.Name));
        Assert.Equal(learnt, summary.Sentence.StartsWith("It learns:", StringComparison.Ordinal));
        Assert.Equal(beaten is not null, summary.Sentence.Contains($" of {beaten},", StringComparison.Ordinal));
        Assert.Equal(ahead is not null, summary.Sentence.Contains(", not below the ", StringComparison.Ordinal));
        Assert.EndsWith("0.2000 above the optimum, with too few evaluations to tell whether it still falls.", Of([3, 1.2]).Sentence);
    }

    [Fact]
    public void Before_a_second_evaluation_nothing_is_said_of_learning() =>
        Assert.Equal("What it learns is not known yet: it was not evaluated since the 3.000 before training.", Of([3]).Sentence);

    [Theory]
    [InlineData(LossTrend.Falling, -0.01, "still falling by 1 in 100 steps.")]
    [InlineData(LossTrend.Level, 0, "no longer falling.")]
    [InlineData(LossTrend.Rising, 0.01, "rising by 1 in 100 steps.")]
    public void The_trend_is_that_of_the_later_half(LossTrend trend, double slope, string words)
    {
        // ten evaluations that fall fast before the middle, wherever they go after it
        double[] losses = [3, .. Enumerable.Range(1, 10).Select(k => k < 5 ? 3 - (0.2 * k) : 1.6 + (slope * (k - 5)))];
        // noise that a line does not follow, much smaller than the slope over the half
        for (int k = 5; k < losses.Length; k++)
            losses[k] += k % 2 == 0 ? 1e-4 : -1e-4;
        TrainingSummary summary = Of(losses);
        Assert.Equal(trend, summary.Trend);
        Assert.Equal(slope, summary.Slope, 2e-4);
        Assert.EndsWith(trend == LossTrend.Level ? words : "in 100 steps.", summary.Sentence);
    }

    // At steps 5 to 10, whose Σ(s − s̄)² is 17.5, residuals of a (5, −1, −4, −4, −1, 5), which no line follows: the slope's error is
    // √(84 a²/4/17.5), and Student's 2.5 % point of four degrees of freedom 2.776445.
    [Theory]
    [InlineData(1.001, true)]
    [InlineData(0.999, false)]
    public void A_slope_is_told_from_none_beyond_Students_interval(double factor, bool told)
    {
        const double A = 0.01;
        double slope = factor * 2.776445 * A * Math.Sqrt(84 / 4.0 / 17.5);
        Assert.Equal(told ? LossTrend.Rising : LossTrend.Level, Of(Losses(slope)).Trend);
        Assert.Equal(told ? LossTrend.Falling : LossTrend.Level, Of(Losses(-slope)).Trend);

        static double[] Losses(double slope)
        {
            double[] residuals = [5, -1, -4, -4, -1, 5];
            return [3, 3, 3, 3, 3, .. residuals.Select((residual, k) => 2 + (slope * k) + (A * residual))];
        }
    }

    [Fact]
    public void A_diverged_run_says_where() =>
        Assert.StartsWith("It diverged at step 1;", Of([3, 9], TrainingOutcome.Diverged).Sentence);

    /// <summary>A run that is evaluated after every step.</summary>
    private static TrainingSummary Of(double[] losses, TrainingOutcome outcome = TrainingOutcome.Finished) => new(new(
        new(Plans.Small(), outcome, null, [.. losses.Select((loss, step) => new LogEntry(step, step == 0 ? null : loss, 1, 1, loss))], 1),
        1,
        References,
        0));
}
