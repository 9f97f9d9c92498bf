using System.Globalization;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.LossExponents;

/// <summary>The hypotheses of the experiment and their judgement: the claim's parts, each for every placement by itself.</summary>
internal sealed class LossExponentsClaims
{
    /// <summary>What "predicts" must at least mean: more than half of the variance.</summary>
    private const double LeastExplained = 0.5;

    /// <summary>What "alone" leaves to everything else at most: a tenth of the variance.</summary>
    private const double MostBeside = 0.1;

    private readonly IReadOnlyList<PlacementGrid> _grids;
    private readonly double _optimum, _ignorance;
    private (CellResults Results, IReadOnlyList<PlacementFindings> All)? _findings;

    /// <param name="grids">One for each placement.</param>
    /// <param name="optimum">The least loss that any predictor reaches, nats per token.</param>
    /// <param name="ignorance">The loss of knowing nothing.</param>
    public LossExponentsClaims(IReadOnlyList<PlacementGrid> grids, double optimum, double ignorance)
    {
        (_grids, _optimum, _ignorance) = (grids, optimum, ignorance);
        Hypothesis[] hypotheses =
        [
            new(
                "H1",
                "The larger max(|Σλ_a|, |Σλ_g|) at initialisation, the larger the test loss after training, in each placement.",
                "Spearman's rank correlation between that maximum and the test loss, "
                    + "averaged over σ_A and runs, over the places of a placement is above 0 with its "
                    + "whole interval (Fisher's z).",
                [.. grids.SelectMany(grid => grid.Places.SelectMany(place => new RegisteredNumber[]
                {
                    new($"{grid.Name}, {place.Subject}", "Σλ_a", place.Angle),
                    new($"{grid.Name}, {place.Subject}", "Σλ_g", place.Gradient),
                }))]),
            new(
                "H2",
                "The two numbers predict the loss: a smooth fit in Σλ_a and Σλ_g explains "
                    + "more than half of the variance of losses that it was not fitted to, in "
                    + "each placement.",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"R² over {PlacementGrid.FoldCount} folds is above {LeastExplained} with its whole interval. ")
                    + "The fit is Gaussian-process regression in asinh Σλ_a and asinh Σλ_g, "
                    + "its length and noise those that foretell one place of the fitted part "
                    + "from its others best. Folds are dealt by a hash of the place, "
                    + "so that networks of equal exponents are fitted, as their mean, or foretold together. "
                    + "The interval is the jackknife's over places (Student's t), for the fits as they are.",
                [.. grids.Select(Explained)]),
            new(
                "H3",
                "The loss is least where both vanish: the places with the best tenth of the "
                    + "losses lie nearer to the joint zero than places drawn at random, in each "
                    + "placement.",
                "their mean percentile of max(|Σλ_a|, |Σλ_g|) is below ½ with its whole interval, "
                + "whose width is that of a random tenth's mean (Wilcoxon's rank sum).",
                [.. grids.Select(Percentile)]),
            new(
                "H4",
                "The two numbers suffice alone, in each placement: less than a tenth of the "
                    + "variance is what a, σ_w and L add to the R² of H2, and so is the share that "
                    + "σ_A makes where exponents are equal.",
                "both numbers are below 0.1 with their whole intervals (jackknife over places, "
                    + "Student's t). The larger fit has a second length for the logarithms of the "
                    + "three, which may be infinite: they do not matter then. The share of σ_A has the variance of runs taken out.",
                [.. grids.SelectMany(grid => (RegisteredNumber[])[Added(grid), LogitStdShare(grid)])]),
        ];
        Planned =
        [
            new(hypotheses[0], [.. grids.Select(grid => Test(grid, RankOrder(grid), Order))]),
            new(hypotheses[1], [.. grids.Select(grid =>
                Test(grid, Explained(grid), (number, found, level) => TestedNumber.Above(number, found.ExponentFit.Explained, level)))]),
            new(hypotheses[2], [.. grids.Select(grid => Test(grid, Percentile(grid), Zero))]),
            new(hypotheses[3], [.. grids.SelectMany(grid => (PlannedTest[])
            [
                Test(grid, Added(grid), (number, found, level) => TestedNumber.Below(number, found.Gain, level)),
                Test(grid, LogitStdShare(grid), (number, found, level) => TestedNumber.Below(number, found.Losses.LogitStdShare, level)),
            ])]),
        ];
    }

    public IReadOnlyList<PlannedClaim> Planned { get; }

    public Evaluation Evaluate(CellResults results, double level)
    {
        IReadOnlyList<PlacementFindings> all = Findings(results);
        HypothesisResult[] judged = [.. Planned.Select(claim => claim.Judge(results, level))];
        LossExponentsFigures figures = new(_optimum, _ignorance);
        LossExponentsReading reading = new(all, judged);
        return new(
            judged,
            [
                new("Reading", [.. reading.Paragraphs.Select(text => new ReportParagraph(text))]),
                new("Losses", [figures.Plane(all), .. all.Select(figures.Curves)]),
                new("What foretells the loss", [LossExponentsTables.Fits(all)]),
                new("Where the best losses lie", [LossExponentsTables.Extremes(all), LossExponentsTables.Subsets(all)]),
                new("Every loss", [.. all.Select(LossExponentsTables.Losses)]),
            ]);
    }

    /// <summary>Every placement's findings; those of the last results are kept, for every test asks for them.</summary>
    private IReadOnlyList<PlacementFindings> Findings(CellResults results)
    {
        if (_findings is not { } found || found.Results != results)
            _findings = found = (results, [.. _grids.Select(grid => new PlacementFindings(grid, results, _ignorance))]);
        return found.All;
    }

    private PlannedTest Test(
        PlacementGrid grid, RegisteredNumber number, Func<RegisteredNumber, PlacementFindings, double, TestedNumber> judge) =>
        new(number, (results, level) => judge(number, Findings(results).Single(findings => findings.Grid == grid), level));

    private static RegisteredNumber RankOrder(PlacementGrid grid) => new(grid.Name, "rank correlation, above", 0);

    private static RegisteredNumber Explained(PlacementGrid grid) => new(grid.Name, "R² of the two numbers, above", LeastExplained);

    private static RegisteredNumber Percentile(PlacementGrid grid) => new(grid.Name, "mean percentile of the best tenth, below", 0.5);

    private static RegisteredNumber Added(PlacementGrid grid) => new(grid.Name, "R² that a, σ_w and L add, below", MostBeside);

    private static RegisteredNumber LogitStdShare(PlacementGrid grid) =>
        new(grid.Name, "share of σ_A at equal exponents, below", MostBeside);

    private static double Normal(double level) => new Spread(1, double.PositiveInfinity).CriticalValue(level);

    private static TestedNumber Order(RegisteredNumber number, PlacementFindings findings, double level)
    {
        (double low, double high) = findings.Order.Interval(Normal(level));
        Outcome outcome = low > 0 ? Outcome.Supported : high < 0 ? Outcome.Refuted : Outcome.Inconclusive;
        return new(number.Subject, number.Quantity, number.Value, findings.Order.Value, low, high, outcome) { Side = +1 };
    }

    private static TestedNumber Zero(RegisteredNumber number, PlacementFindings findings, double level) =>
        TestedNumber.OnSide(number, -1, findings.Nearness.Percentile, Normal(level) * findings.Nearness.StandardDeviation);
}
