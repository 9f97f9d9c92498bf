using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Experiments.Tests;

public class TestPlanTests
{
    private static readonly CellResults Nothing = new(new Dictionary<string, CellValues>());

    public static TheoryData<string> Names => [.. ExperimentCatalogue.All.Select(experiment => experiment.Name)];

    // The measurements are made up: what is counted does not depend on them.
    [Theory]
    [MemberData(nameof(Names))]
    public void The_tests_that_are_made_are_the_planned_ones_and_share_the_familys_rate(string name) =>
        Assert.All(Enum.GetValues<ExperimentScale>(), scale => PlannedAndMade(Designs.Of(name, scale)));

    // A test that took a level of its own would not see that the family's is another.
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_interval_is_that_of_the_level_which_the_plan_gives(string name)
    {
        ExperimentDesign design = Designs.Of(name);
        CellResults cells = new(design.Cells.ToDictionary(cell => cell.Key, cell => MadeUp(cell.Key)));
        TestedNumber[] usual = Judged(1), strict = Judged(1e-3);
        Assert.All(usual.Zip(strict), pair =>
        {
            (TestedNumber wide, TestedNumber wider) = pair;
            // NaN or ∞ where nothing was measured; 0 where nothing is by chance.
            bool byChance = double.IsFinite(wide.HalfWidth) && wide.HalfWidth > 0;
            Assert.True(
                !byChance || wider.HalfWidth > wide.HalfWidth,
                $"{wide.Subject}: {wide.Quantity}: ± {wide.HalfWidth} and ± {wider.HalfWidth} at a thousandth of the level");
        });

        TestedNumber[] Judged(double share) =>
            [.. design.Judge(cells, share * design.Plan.Level).Results.SelectMany(result => result.Tests)];
    }

    [Fact]
    public void A_design_that_makes_other_tests_than_it_planned_is_refused()
    {
        Hypothesis hypothesis = new("H1", "", "", []);
        PlannedTest test = new(new("a", "b", 1), (_, _) => TestedNumber.Undecided(new("a", "b", 1)));
        PlannedClaim one = new(hypothesis, [test]), two = new(hypothesis, [test, test]);
        ExperimentDesign design = new(new([two]), [], (results, level) => new([one.Judge(results, level)], []));
        Assert.Contains("got (H1, 1)", Assert.Throws<InvalidOperationException>(() => design.Evaluate(Nothing)).Message);
    }

    [Fact]
    public void A_test_of_another_number_than_planned_is_refused()
    {
        PlannedClaim claim = new(new("H1", "", "", []), [new(new("a", "b", 1), (_, _) => TestedNumber.Undecided(new("a", "c", 1)))]);
        Assert.Contains("'a: c'", Assert.Throws<InvalidOperationException>(() => claim.Judge(Nothing, 0.01)).Message);
    }

    private static void PlannedAndMade(ExperimentDesign design)
    {
        HashSet<double> levels = [];
        Evaluation evaluation = (design with
        {
            Judge = (cells, level) =>
            {
                levels.Add(level);
                return design.Judge(cells, level);
            },
        }).Evaluate(new(design.Cells.ToDictionary(cell => cell.Key, cell => MadeUp(cell.Key))));
        TestedNumber[] made = [.. evaluation.Results.SelectMany(result => result.Tests)];
        Assert.Equal(
            design.Plan.Claims.SelectMany(claim =>
                claim.Tests.Select(test => (claim.Hypothesis.Id, test.Number.Subject, test.Number.Quantity))),
            evaluation.Results.SelectMany(result => result.Tests.Select(test => (result.Hypothesis.Id, test.Subject, test.Quantity))));
        Assert.All(evaluation.Results, result => Assert.Distinct(result.Tests.Select(test => (test.Subject, test.Quantity))));
        Assert.All(design.Plan.Claims, claim => Assert.NotEmpty(claim.Tests));
        Assert.Equal(design.Plan.Count, made.Length);
        Assert.Equal(Significance.FamilyWiseRate, Assert.Single(levels) * made.Length, 1e-15);
    }

    /// <summary>A cell that has whatever number an evaluation asks for, between 1 and 1.2, of eight samples.</summary>
    private static CellValues MadeUp(string key) =>
        new(name => new Estimate(1 + 0.2 * new Random(unchecked((int)HashOf($"{key}\n{name}"))).NextDouble(), 0.01, 8));

    private static ulong HashOf(string text) =>
        text.Aggregate(14695981039346656037UL, (hash, letter) => (hash ^ letter) * 1099511628211UL);
}
