using Hybrid.Architectures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.LossExponents;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Data;
using Hybrid.Theory;
using MathNet.Numerics.Distributions;
using Xunit;

namespace Hybrid.Experiments.Tests;

/// <summary>The judgement, on losses that are made up so that the answer is known.</summary>
public class LossExponentsTests
{
    private const double Optimum = 1, Ignorance = 2;

    // As many places as in the full run, of two networks of two runs, but shallow, so that their exponents are found quickly.
    private static readonly LossExponentsSize Size = new([0.1, 0.2, 0.4, 0.6, 0.8], [0.5, 1, 2, 4, 8], [0.5, 2], [2, 3, 4], 2, 1);
    private static readonly PlacementGrid Pre = new(Placement.Pre, Size, new MarkovSource(new MarkovOptions(8, 2, 1, 2403)));

    [Fact]
    public void Logit_strength_makes_no_new_place()
    {
        Assert.Equal(75, Pre.Places.Count);
        Assert.All(Pre.Places, place => Assert.Equal(place.Networks[0].Exponents, place.Networks[1].Exponents));
        // Without a mask it does: in the chaotic phase λ_g is taken off the line.
        TrainedNetwork[] chaotic = [.. Pre.Places.First(place => place.InStd == 8 && place.Branch == 0.6).Networks];
        Assert.NotEqual(chaotic[0].UnmaskedExponents.Value.Gradient, chaotic[1].UnmaskedExponents.Value.Gradient);
    }

    [Fact]
    public void Folds_are_equally_filled_as_far_as_the_places_go()
    {
        int[] sizes = [.. Pre.Folds.GroupBy(fold => fold).Select(fold => fold.Count())];
        Assert.Equal(75, sizes.Sum());
        Assert.All(sizes, size => Assert.InRange(size, 7, 8));
    }

    [Fact]
    public void Losses_that_grow_from_the_joint_zero_support_the_claim()
    {
        Evaluation evaluation = Judge((network, _) =>
            1 + 0.3 * Math.Asinh(Math.Max(Math.Abs(network.Exponents.Angle), Math.Abs(network.Exponents.Gradient))));
        Assert.All(evaluation.Results, result => Assert.Equal(Outcome.Supported, result.Outcome));
        Assert.Contains("alone with the best at the joint zero, holds under pre.", Reading(evaluation), StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_that_know_nothing_of_the_exponents_refute_the_claim()
    {
        Random random = new(11);
        Dictionary<TrainedNetwork, double> levels = Pre.Networks.ToDictionary(network => network, _ => Normal.Sample(random, 1.5, 0.1));
        Evaluation evaluation = Judge((network, run) => levels[network] + 0.001 * run);
        Assert.Equal(Outcome.Refuted, evaluation.Results[1].Outcome);
        Assert.NotEqual(Outcome.Supported, evaluation.Results[0].Outcome);
        Assert.NotEqual(Outcome.Supported, evaluation.Results[2].Outcome);
        Assert.Contains("with the best at the joint zero, fails under pre.", Reading(evaluation), StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_of_the_logit_strength_alone_refute_that_the_numbers_suffice()
    {
        Evaluation evaluation = Judge((network, run) => 1.5 + 0.2 * Math.Log(network.LogitStd) + 0.01 * run);
        Assert.Equal([Outcome.Supported, Outcome.Refuted], evaluation.Results[3].Tests.Select(test => test.Outcome));
        // By hand: ±0.2 ln 2 about the mean, and half of the variance of a mean of two runs, 0.01²/4, taken out.
        double all = Math.Pow(0.2 * Math.Log(2), 2);
        Assert.Equal((all - 0.01 * 0.01 / 8) / all, evaluation.Results[3].Tests[1].Measured, 1e-9);
    }

    [Fact]
    public void A_diverged_run_counts_as_knowing_nothing()
    {
        Evaluation evaluation = Judge((network, run) =>
            network == Pre.Networks[0] && run == 0 ? double.PositiveInfinity : 1 + network.Branch);
        Assert.Contains("the loss of knowing nothing: 1.", Reading(evaluation), StringComparison.Ordinal);
        // The other run's 1 + a = 1.1 and the 2 of knowing nothing.
        ReportTable table = evaluation.Findings[^1].Content.OfType<ReportTable>().Single();
        Assert.Equal("1.550", table.Rows[0][1]);
    }

    // By hand: distances 0 to 19, the best tenth at 0 and 3: percentiles 0.5/20 and 3.5/20, variance (21·18)/(12·2)/20².
    [Fact]
    public void The_nearness_of_the_best_is_that_of_their_ranks()
    {
        double[] distances = [.. Enumerable.Range(0, 20).Select(x => (double)x)], losses = [.. distances.Select(x => 10 + x)];
        losses[3] = 1;
        losses[0] = 2;
        Nearness nearness = Nearness.Of(distances, losses);
        Assert.Equal([3, 0], nearness.Best);
        Assert.Equal([0, 1], nearness.Nearest);
        Assert.Equal(0.1, nearness.Percentile, 1e-12);
        Assert.Equal(Math.Sqrt(21 * 18 / 24.0) / 20, nearness.StandardDeviation, 1e-12);
    }

    private static Evaluation Judge(Func<TrainedNetwork, int, double> loss)
    {
        LossExponentsClaims claims = new([Pre], Optimum, Ignorance);
        CellResults results = new(Pre.Networks
            .SelectMany(network => network.Runs.Select((cell, run) => (cell.Key, Loss: loss(network, run))))
            .ToDictionary(run => run.Key, run => CellValues.Of([[KeyValuePair.Create(TrainedLoss.Loss, run.Loss)]])));
        return claims.Evaluate(results, new TestPlan(claims.Planned).Level);
    }

    private static string Reading(Evaluation evaluation) =>
        string.Join("\n", evaluation.Findings[0].Content.OfType<ReportParagraph>().Select(paragraph => paragraph.Text));
}
