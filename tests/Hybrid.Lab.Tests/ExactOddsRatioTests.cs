using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Lab.Tests;

public class ExactOddsRatioTests
{
    /// <summary>Another program's enumeration of all tables in whole numbers; the first is Fisher's lady tasting tea.</summary>
    public static TheoryData<int[][], double, double, double, double> Enumerated() => new()
    {
        { [[3, 4, 1, 4]], 0.05, 6.408319658, 0.2117355954, 626.2435306 },
        { [[4, 5, 1, 5], [3, 5, 2, 5], [0, 5, 0, 5]], 0.05, 4.495206863, 0.5835782607, 43.84914428 },
        { [[0, 5, 5, 5], [1, 5, 4, 5]], 0.01, 0.02923723633, 0.0001003362958, 0.6084827266 },
        { [[400, 800, 350, 800], [400, 800, 350, 800]], 0.05, 1.2855118269731, 1.1158789912742, 1.4811723824894 },
        { [.. Enumerable.Repeat<int[]>([8, 20, 10, 20], 100)], 0.05, 1 / 1.484771737229, 1 / 1.683671193427, 1 / 1.309636364483 },
    };

    [Theory]
    [MemberData(nameof(Enumerated))]
    public void Estimate_and_interval_are_those_of_the_enumerated_tables(
        int[][] strata, double rate, double estimate, double low, double high)
    {
        ExactOddsRatio odds = Of(strata);
        Assert.Equal(1, odds.Estimate / estimate, 1e-9);
        Assert.Equal(1, odds.Interval(rate).Low / low, 1e-9);
        Assert.Equal(1, odds.Interval(rate).High / high, 1e-9);
    }

    // With one run on each side the first group has the event with probability ω/(1 + ω).
    [Fact]
    public void One_run_on_each_side_is_done_by_hand()
    {
        ExactOddsRatio odds = Of([1, 1, 0, 1]);
        Assert.Equal(double.PositiveInfinity, odds.Estimate);
        Assert.Equal(double.PositiveInfinity, odds.Interval(0.1).High);
        Assert.Equal(0.05 / 0.95, odds.Interval(0.1).Low, 1e-10);
    }

    [Fact]
    public void Exchanging_the_groups_inverts_the_ratio()
    {
        (double low, double high) = Of([4, 7, 2, 9], [1, 3, 2, 4]).Interval(0.01);
        (double inverseLow, double inverseHigh) = Of([2, 9, 4, 7], [2, 4, 1, 3]).Interval(0.01);
        Assert.Equal(1, low * inverseHigh, 1e-9);
        Assert.Equal(1, high * inverseLow, 1e-9);
    }

    [Fact]
    public void Strata_in_which_it_happens_to_nobody_or_to_everybody_say_nothing()
    {
        ExactOddsRatio silent = Of([0, 5, 0, 5], [5, 5, 5, 5]);
        Assert.Equal(double.NaN, silent.Estimate);
        Assert.Equal((0, double.PositiveInfinity), silent.Interval(0.05));
        Assert.Equal(Of([3, 4, 1, 4]).Interval(0.05), Of([0, 5, 0, 5], [3, 4, 1, 4], [5, 5, 5, 5]).Interval(0.05));
    }

    private static ExactOddsRatio Of(params int[][] strata) =>
        new(strata.Select(counts => new TwoGroups(counts[0], counts[1], counts[2], counts[3])));
}
