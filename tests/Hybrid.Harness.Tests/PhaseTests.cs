using Hybrid.Harness;
using Hybrid.Harness.Phases;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Tests;

public class PhaseTests
{
    [Fact]
    public void Contour_vertices_approach_a_circle_as_the_square_of_the_spacing()
    {
        double previous = double.NaN;
        foreach (int count in (int[])[21, 41, 81, 161])
        {
            double worst = Circle(count).Single().Max(point => Math.Abs(Math.Sqrt(point.X * point.X + point.Y * point.Y) - 0.7));
            if (!double.IsNaN(previous))
                Assert.InRange(previous / worst, 3, 5.3);
            previous = worst;
        }
    }

    [Fact]
    public void A_closed_contour_returns_to_its_start_and_visits_every_vertex_once()
    {
        IReadOnlyList<(double X, double Y)> line = Circle(41).Single();
        Assert.Equal(line[0], line[^1]);
        Assert.Equal(line.Count - 1, line.Distinct().Count());
        double length = line.Zip(line.Skip(1)).Sum(pair => Math.Sqrt(Math.Pow(pair.First.X - pair.Second.X, 2) + Math.Pow(pair.First.Y - pair.Second.Y, 2)));
        Assert.Equal(2 * Math.PI * 0.7, length, 0.01);
    }

    [Fact]
    public void A_linear_function_is_traced_exactly_from_edge_to_edge()
    {
        double[] axis = Axis(-1, 1, 9);
        IReadOnlyList<(double X, double Y)> line = ZeroContour.Trace(axis, axis, Sample(axis, axis, (x, y) => x - 0.3 * y - 0.1)).Single();
        Assert.All(line, point => Assert.Equal(0, point.X - 0.3 * point.Y - 0.1, 1e-14));
        Assert.Equal([-1, 1], line.Select(point => point.Y).Where(y => Math.Abs(y) == 1).Order());
    }

    [Fact]
    public void A_saddle_gives_two_lines_that_do_not_cross()
    {
        double[] axis = Axis(-1, 1, 8);
        IReadOnlyList<IReadOnlyList<(double X, double Y)>> lines = ZeroContour.Trace(axis, axis, Sample(axis, axis, (x, y) => x * y + 0.001));
        Assert.Equal(2, lines.Count);
        Assert.All(lines, line => Assert.Single(line.Select(point => Math.Sign(point.X)).Distinct()));
    }

    [Fact]
    public void Cells_that_are_not_numbers_hold_no_line()
    {
        double[] axis = Axis(-1, 1, 9);
        double[,] values = Sample(axis, axis, (x, y) => y > 0 ? double.NaN : x - 0.1);
        Assert.All(ZeroContour.Trace(axis, axis, values).Single(), point => Assert.True(point.Y <= 0));
        Assert.Empty(ZeroContour.Trace(axis, axis, Sample(axis, axis, (_, _) => 1)));
    }

    [Fact]
    public void The_edge_of_chaos_on_the_grid_is_where_the_critical_preset_says()
    {
        Architecture critical = Presets.All.Single(preset => preset.Architecture.Name == "pre-tanh-critical").Architecture;
        PhaseDiagram diagram = PhaseDiagram.Create([critical]);
        PhaseGrid grid = PhaseGrid.Compute(
            critical,
            PhaseAxis.Parse("mlp.inStd=3:5:9", "--x"),
            PhaseAxis.Parse("attention.branch,mlp.branch=0.5:0.6:2", "--y"),
            architecture => (diagram.OnLine(architecture).Angle, 1),
            2,
            _ => { },
            CancellationToken.None);
        (double X, double Y) crossing = ZeroContour.Trace(grid.X.Values, grid.Y.Values, grid.Angle).Single().MinBy(point => point.Y);
        Assert.Equal(critical.Mlp.InStd, crossing.X, 0.01);
    }

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
            _ => (calls++, 0),
            1,
            _ => { },
            CancellationToken.None));
        Assert.Equal(0, calls);
    }

    [Fact]
    public void One_field_on_both_axes_is_refused()
    {
        PhaseAxis axis = PhaseAxis.Parse("mlp.inStd=1:2:3", "--x");
        InputException error = Assert.Throws<InputException>(
            () => PhaseGrid.Compute(ArchitectureModule.Defaults, axis, axis, _ => (0, 0), 1, _ => { }, CancellationToken.None));
        Assert.Contains("both sweep mlp.inStd", error.Message);
    }

    private static IReadOnlyList<IReadOnlyList<(double X, double Y)>> Circle(int count)
    {
        double[] axis = Axis(-1, 1, count);
        return ZeroContour.Trace(axis, axis, Sample(axis, axis, (x, y) => x * x + y * y - 0.49));
    }

    private static double[] Axis(double low, double high, int count) =>
        [.. Enumerable.Range(0, count).Select(i => low + i * (high - low) / (count - 1))];

    private static double[,] Sample(double[] xs, double[] ys, Func<double, double, double> function)
    {
        double[,] values = new double[xs.Length, ys.Length];
        for (int i = 0; i < xs.Length; i++)
        {
            for (int j = 0; j < ys.Length; j++)
                values[i, j] = function(xs[i], ys[j]);
        }

        return values;
    }
}
