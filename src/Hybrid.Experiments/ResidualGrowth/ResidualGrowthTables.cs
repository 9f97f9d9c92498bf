using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Drawing.Reports;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>What was measured, in numbers.</summary>
internal static class ResidualGrowthTables
{
    /// <summary>Growth, the winning form and how much was learnt, by network.</summary>
    public static ReportTable Growth(IReadOnlyList<GrownStreams> streams, double rate) => new(
        "Growth of √q per block over the stated layers with its interval at the "
            + "registered level, and the corrected Akaike criterion of linear and power law "
            + "less that of the exponential (above 0: the exponential is preferred; 2 is little, 10 decisive), means over runs:",
        ["<network", "% before", "% after", "runs best fitted by", "linear", "power law", "growth exponent of the power law"],
        [.. streams.Select(item => (IReadOnlyList<string>)
        [
            item.Network.Subject,
            Interval(item.PercentAt(0), rate),
            Interval(item.Percent, rate),
            Wins(item.Growths),
            Mean(item, GrowthForm.Linear),
            Mean(item, GrowthForm.PowerLaw),
            GrownStreams.Mean(item.Growths, growth => growth.Fit(GrowthForm.PowerLaw).Coefficients[1]).ToString(),
        ])]);

    /// <summary>Measured growth against independent addition, and what was learnt.</summary>
    public static ReportTable Addition(IReadOnlyList<GrownStreams> streams, double rate) => new(
        "After training: growth of log q over that of independent addition (– under post, "
            + "whose sum is divided by its norm), cosine of branch and stream, "
            + "and test loss in nats per token:",
        ["<network", "growth over independent", "cosine", "test loss", "optimum", "knows nothing", "runs diverged"],
        [.. streams.Select(item => (IReadOnlyList<string>)
        [
            item.Network.Subject,
            item.Network.Placement == "post" ? "–" : Interval(item.OverIndependent, rate),
            Interval(item.Correlation, rate),
            Estimate.Of(item.Losses).ToString(),
            Numbers.Significant(item.Network.Optimum, 4),
            Numbers.Significant(item.Network.Task.Ignorance, 4),
            Numbers.Integer(item.Losses.Count(double.IsInfinity)),
        ])]);

    /// <summary>Half of an interval; infinite for fewer than three runs, which tell next to nothing at such a level.</summary>
    public static double HalfWidth(Spread spread, double rate) =>
        spread.DegreesOfFreedom >= 2 ? spread.CriticalValue(rate) * spread.StandardError : double.PositiveInfinity;

    /// <summary>Of a mean over runs.</summary>
    public static double HalfWidth(Estimate estimate, double rate) =>
        HalfWidth(new Spread(estimate.StandardError, estimate.Samples - 1), rate);

    /// <summary>A form in words.</summary>
    public static string Name(GrowthForm form) => form switch
    {
        GrowthForm.Exponential => "exponential",
        GrowthForm.Linear => "linear",
        GrowthForm.PowerLaw => "power law",
        _ => "quadratic",
    };

    /// <summary>In how many runs which form has the least criterion, most first.</summary>
    public static string Wins(IReadOnlyCollection<GrowthComparison> runs) => string.Join(
        ", ",
        runs.GroupBy(growth => growth.Best).OrderByDescending(group => group.Count()).ThenBy(group => group.Key)
            .Select(group => string.Create(CultureInfo.InvariantCulture, $"{Name(group.Key)} {group.Count()} of {runs.Count}")));

    /// <summary>A mean with half of its interval.</summary>
    public static string Interval(Estimate estimate, double rate) =>
        string.Create(
            CultureInfo.InvariantCulture, $"{Numbers.Significant(estimate.Mean, 3)} ± {Numbers.Significant(HalfWidth(estimate, rate), 2)}");

    private static string Mean(GrownStreams item, GrowthForm form) =>
        GrownStreams.Mean(item.Growths, growth => growth.Behind(form)).ToString();
}
