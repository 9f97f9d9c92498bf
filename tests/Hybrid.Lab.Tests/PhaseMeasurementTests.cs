using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Phases;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Lab.Tests;

public class PhaseMeasurementTests
{
    private static readonly ComparisonOptions Options = ComparisonOptions.ForFamily(PhaseWork.FamilyWiseRate, 98);

    [Fact]
    public void Theory_and_networks_agree_over_a_diagram_and_a_theory_that_is_off_by_more_than_twice_the_tolerance_does_not()
    {
        PhaseMeasurement right = Measure(PhaseLaw.Of);
        Assert.Equal(Agreement.Agrees, right.Agreement);
        Assert.Equal(0, right.Count(Agreement.Disagrees));

        // What lies within a tolerance T of the truth lies beyond it once moved by 3 T.
        double shift = 3 * right.Points.Max(point => point.Angle.Tolerance);
        PhaseMeasurement wrong = Measure(members =>
        {
            PhaseLaw law = PhaseLaw.Of(members);
            return law with
            {
                OnLine = member =>
                {
                    PhasePoint point = law.OnLine(member);
                    return new(point.Angle + shift, point.Gradient, point.Difference, point.Rho, point.Stationary);
                },
            };
        });
        Assert.Equal(Agreement.Disagrees, wrong.Agreement);
        Assert.All(wrong.Points, point => Assert.Equal(Agreement.Disagrees, point.Angle.Agreement));
        Assert.Equal(right.Points.Select(point => point.Gradient), wrong.Points.Select(point => point.Gradient));
    }

    [Fact]
    public void A_shift_of_order_one_over_width_is_no_disagreement()
    {
        // At width 512 the exponent is 0.01 too large, a hundred standard errors.
        ExponentComparison found = ExponentComparison.Of(
            0.3, 12, new(0.3 + 0.01, 1e-4, 16), 512, new(0.3 + 0.04, 1e-4, 64), 128, Options);
        Assert.Equal(0.3, found.Extrapolation.Value, 1e-12);
        Assert.Equal(Agreement.Agrees, found.Agreement);
    }

    [Theory]
    [InlineData(0.0, 0.5 / 12)]
    [InlineData(2.0, 1.0)]
    public void A_tolerance_that_hides_half_of_the_exponent_or_half_a_logarithm_over_the_depth_is_inconclusive(double exponent, double most)
    {
        Estimate Of(double error) => new(exponent, error, 1000);
        ExponentComparison one = ExponentComparison.Of(exponent, 12, Of(1), 512, Of(1), 128, Options);
        foreach ((double share, Agreement expected) in (ReadOnlySpan<(double, Agreement)>)
            [(0.99, Agreement.Agrees), (1.01, Agreement.Inconclusive)])
        {
            // The tolerance is proportional to the error but for the floor of arithmetic.
            double error = (share * most - Options.NumericalFloor) / (one.Tolerance - Options.NumericalFloor);
            ExponentComparison found = ExponentComparison.Of(exponent, 12, Of(error), 512, Of(error), 128, Options);
            Assert.Equal(share * most, found.Tolerance, 1e-9);
            Assert.Equal(expected, found.Agreement);
        }
    }

    [Fact]
    public void What_is_no_number_disagrees()
    {
        Estimate sure = new(0.3, 0.01, 16);
        foreach ((double prediction, double mean) in (ReadOnlySpan<(double, double)>)
            [(double.NaN, 0.3), (0.3, double.NaN), (double.NegativeInfinity, 0.3)])
        {
            ExponentComparison found = ExponentComparison.Of(prediction, 12, sure with { Mean = mean }, 512, sure, 128, Options);
            Assert.Equal(Agreement.Disagrees, found.Agreement);
        }
    }

    [Fact]
    public void A_plan_of_points_at_one_width_is_refused_with_what_differs()
    {
        CellPlan plan = Work(null).Plan;
        Assert.Equal(plan.Hash, PhaseWork.Of(plan, Engines).Plan.Hash);
        JsonObject question = plan.Question.DeepClone().AsObject();
        question.Remove("familyWiseRate");
        InputException error = Assert.Throws<InputException>(
            () => PhaseWork.Of(new CellPlan(plan.Kind, plan.Version, plan.Seed, plan.Cells, question), Engines));
        Assert.Contains("familyWiseRate", error.Message);
    }

    private static EngineCatalogue Engines => new([]);

    private static PhaseMeasurement Measure(Func<IEnumerable<Architecture>, PhaseLaw> law) => PhaseMeasurement.Run(Work(law), 2);

    private static PhaseWork Work(Func<IEnumerable<Architecture>, PhaseLaw>? law) => new(
        ArchitectureOverrides.Apply(
            Presets.All.Single(preset => preset.Architecture.Name == "pre-tanh-critical").Architecture,
            ["depth=4", "width=128", "mlpWidth=128"]),
        PhaseAxis.Parse("mlp.inStd=1:6:3", "--x"),
        PhaseAxis.Parse("mlp.branch=0.2:0.9:2", "--y"),
        32,
        1,
        "test",
        law);
}
