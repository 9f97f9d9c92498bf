using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Xunit;

namespace Hybrid.Experiments.Tests;

public class TrainedGeometryTests
{
    private const int Tokens = 8, Width = 32, Sequences = 8, Depth = 6;

    [Theory]
    [InlineData("Near", 1e-8)]
    [InlineData("Spread", 0.5)]
    public void Blocks_are_given_tokens_of_the_geometry_that_is_named(string start, double gap)
    {
        CellValues values = Measured("routed");
        foreach (int step in (int[])[0, 60])
            Assert.InRange(values[$"log(1 − ρ), {start}, 0 @{step}"].Mean - Math.Log(gap), -Scatter, Scatter);
    }

    [Fact]
    public void Given_tokens_pass_the_network_that_was_trained()
    {
        CellValues values = Measured("dense");
        Assert.Equal(values["log(1 − ρ), Spread, 0 @0"].Mean, values["log(1 − ρ), Spread, 0 @60"].Mean);
        Assert.NotEqual(values[$"log(1 − ρ), Spread, {Depth} @0"].Mean, values[$"log(1 − ρ), Spread, {Depth} @60"].Mean);
    }

    // log(1 − ρ) of a sequence: pairs scatter by √(2/d), of n tokens at least n/2 are independent, and what all tokens share scatters the
    // norm by as much once; five standard errors.
    private static double Scatter => 5 * Math.Sqrt(2.0 / Width * (1 + 2.0 / (Sequences * Tokens)));

    private static CellValues Measured(string network) => Designs.Of("trained-geometry")
        .Cells.First(cell => cell.Key.StartsWith(network, StringComparison.Ordinal))
        .Measure(new CellAttempt(7));
}
