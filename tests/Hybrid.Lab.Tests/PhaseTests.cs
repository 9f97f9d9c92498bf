using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Phases;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Lab.Tests;

public class PhaseTests
{
    [Fact]
    public void The_edge_of_chaos_on_the_grid_is_where_the_critical_preset_says()
    {
        Architecture critical = Presets.All.Single(preset => preset.Architecture.Name == "pre-tanh-critical").Architecture;
        PhaseGrid grid = Compute(critical, "mlp.inStd=3:5:4", "attention.branch,mlp.branch=0.5:0.6:2");
        ZeroLine line = Assert.Single(grid.AngleZero);
        int first = Array.IndexOf(line.Y, line.Y.Min());
        // The line ends within a step of the border, where σ_w has moved by no more than the slope times that step.
        double slope = (line.X[first == 0 ? 1 : first - 1] - line.X[first]) / (line.Y[first == 0 ? 1 : first - 1] - line.Y[first]);
        Assert.Equal(critical.Mlp.InStd, line.X[first] - slope * (line.Y[first] - 0.5), 1e-6);
    }

    [Fact]
    public void A_zero_line_does_not_depend_on_the_grid()
    {
        Architecture critical = Presets.All.Single(preset => preset.Architecture.Name == "pre-tanh-critical").Architecture;
        foreach (int count in (int[])[3, 8])
        {
            PhaseGrid grid = Compute(critical, $"mlp.inStd=3:6:{count}", $"mlp.branch=0.4:0.6:{count}");
            ZeroLine line = Assert.Single(grid.AngleZero);
            PhaseDiagram diagram = PhaseDiagram.Create([critical]);
            foreach ((double x, double y) in line.X.Zip(line.Y))
            {
                Architecture member = ArchitectureOverrides.Apply(
                    critical, [FormattableString.Invariant($"mlp.inStd={x:R}"), FormattableString.Invariant($"mlp.branch={y:R}")]);
                // |λ_a| ≤ slope × accuracy of the tracing in units of the range; slopes are below 10 per range here.
                Assert.InRange(diagram.OnLine(member).Angle, -10 * ZeroLines.Accuracy, 10 * ZeroLines.Accuracy);
            }
        }
    }

    [Fact]
    public void Grid_points_are_at_the_attracting_state_of_each_architecture_alone()
    {
        Architecture critical = Presets.All.Single(preset => preset.Architecture.Name == "pre-tanh-critical").Architecture;
        PhaseGrid grid = Compute(critical, "mlp.inStd=3:7:3", "attention.logitStd=0.5:3:4");
        for (int i = 0; i < grid.X.Count; i++)
        {
            for (int j = 0; j < grid.Y.Count; j++)
            {
                Prediction alone = Predict.Architecture(ArchitectureOverrides.Apply(
                    critical,
                    [FormattableString.Invariant($"mlp.inStd={grid.X.Values[i]:R}"),
                        FormattableString.Invariant($"attention.logitStd={grid.Y.Values[j]:R}")]));
                // PhaseDiagramTests of the theory: the shared table may move ρ* and λ_g by 1e-6.
                Assert.Equal(alone.AngleExponent, grid.Angle[i, j], 1e-9);
                Assert.Equal(alone.GradientExponent, grid.Gradient[i, j], 1e-6);
                Assert.Equal(alone.FixedPoint.Rho, grid.Correlation[i, j], 1e-6);
            }
        }

        Assert.Contains(grid.Correlation.Cast<double>(), rho => rho < 0.99);
    }

    [Fact]
    public void Nothing_is_traced_between_whole_numbers()
    {
        PhaseGrid grid = Compute(
            Presets.All.Single(preset => preset.Architecture.Name == "pre-tanh-critical").Architecture,
            "tokens=8:32:3",
            "mlp.inStd=3:5:3");
        Assert.Contains(grid.Angle.Cast<double>(), value => value < 0);
        Assert.Contains(grid.Angle.Cast<double>(), value => value > 0);
        Assert.Empty(grid.AngleZero);
    }

    private static PhaseGrid Compute(Architecture architecture, string x, string y) => PhaseGrid.Compute(
        architecture, PhaseAxis.Parse(x, "--x"), PhaseAxis.Parse(y, "--y"), 2, _ => { }, CancellationToken.None);

    [Theory]
    [InlineData("mlp.inStd", "got 0 equals signs")]
    [InlineData("=1:2:3", "got no path")]
    [InlineData("mlp.inStd=1:2", "got 2 numbers")]
    [InlineData("mlp.inStd=a:2:3", "lo must be a finite number, got 'a'")]
    [InlineData("mlp.inStd=1:inf:3", "hi must be a finite number, got 'inf'")]
    [InlineData("mlp.inStd=2:1:3", "hi must be greater than lo")]
    [InlineData("mlp.inStd=1:2:1", "count must be an integer from 2 to 1000, got '1'")]
    [InlineData("mlp.inStd=1:2:3.5", "count must be an integer from 2 to 1000, got '3.5'")]
    [InlineData("mlp.inSdt=1:2:3", "did you mean mlp.inStd?")]
    [InlineData("activation=1:2:3", "activation must be one of")]
    public void A_bad_axis_is_refused_with_what_is_legal(string text, string message)
    {
        InputException error = Assert.Throws<InputException>(() => PhaseAxis.Parse(text, "--x"));
        Assert.Contains("--x", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void An_illegal_corner_is_refused_before_any_work()
    {
        int calls = 0;
        Assert.Throws<InvalidArchitectureException>(() => PhaseGrid.Compute(
            ArchitectureModule.Defaults,
            PhaseAxis.Parse("mlp.inStd=-1:1:3", "--x"),
            PhaseAxis.Parse("mlp.outStd=1:2:3", "--y"),
            members =>
            {
                calls++;
                return PhaseLaw.Of(members);
            },
            1,
            _ => { },
            CancellationToken.None));
        Assert.Equal(0, calls);
    }

    // At r = 1e160 the second block squares what the first one has squared.
    [Fact]
    public void Points_whose_norms_leave_double_precision_have_no_exponents_and_the_others_have_theirs()
    {
        Architecture architecture = ArchitectureModule.Defaults.With(norm: Placement.None);
        PhaseAxis y = PhaseAxis.Parse("mlp.inStd=0.5:2:3", "--y");
        PhaseGrid wide = Compute("attention.skip=0.5:1e160:3"), alone = Compute("attention.skip=0.5:0.75:2");
        Assert.True(wide.HasDivergent);
        Assert.False(alone.HasDivergent);
        for (int j = 0; j < y.Count; j++)
        {
            Assert.Equal((alone.Angle[0, j], alone.Gradient[0, j]), (wide.Angle[0, j], wide.Gradient[0, j]));
            for (int i = 1; i < 3; i++)
                Assert.Equal((double.NaN, double.NaN, double.NaN), (wide.Angle[i, j], wide.Gradient[i, j], wide.Correlation[i, j]));
        }

        Assert.Contains("Grey:", PhaseFigure.Render(wide).Svg);
        Assert.DoesNotContain("Grey", PhaseFigure.Render(alone).Svg);

        PhaseGrid Compute(string x) => PhaseGrid.Compute(architecture, PhaseAxis.Parse(x, "--x"), y);
    }

    [Fact]
    public void One_field_on_both_axes_is_refused()
    {
        PhaseAxis axis = PhaseAxis.Parse("mlp.inStd=1:2:3", "--x");
        InputException error = Assert.Throws<InputException>(
            () => PhaseGrid.Compute(ArchitectureModule.Defaults, axis, axis, 1, _ => { }, CancellationToken.None));
        Assert.Contains("both sweep mlp.inStd", error.Message);
    }
}
