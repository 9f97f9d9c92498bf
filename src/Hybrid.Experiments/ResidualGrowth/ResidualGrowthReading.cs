using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>What the numbers say, in sentences that are true whichever way they come out.</summary>
internal static class ResidualGrowthReading
{
    public static IEnumerable<string> Of(IReadOnlyList<GrownStreams> streams, ResidualGrowthSize size, double rate)
    {
        yield return "Growth of √q per block, before and after training: "
            + string.Join("; ", streams.Select(item => Growth(item, rate))) + ". "
            + "Heimersheim and Turner measured some 4.5 % per layer in GPT-2 XL, "
            + "whose size, depth, data and length of training are others: "
            + "a fact to stand beside these, not a test of them.";
        yield return "Against independent addition: "
            + string.Join("; ", streams.Where(item => item.Network.Placement != "post").Select(item => Addition(item, rate))) + ".";
        yield return "Post: "
            + string.Join("; ", streams.Where(item => item.Network.Placement == "post").Select(item => Post(item, rate))) + ".";
        yield return "What was learnt of what can be learnt (from knowing nothing to the optimum): "
            + string.Join(", ", streams.Select(Learnt)) + ". "
            + string.Create(
                CultureInfo.InvariantCulture,
                $"Networks of width {size.Width} with {size.Depth} blocks and {size.Steps} steps on small tasks: ")
            + "they begin as GPT-2 does, with weak branches, and what they have not forgotten of that beginning is in these numbers. "
            + "Points of one network along its depth are not independent, so the information "
            + "criterion of one run exaggerates; intervals are therefore those of runs. "
            + "The forms are compared over these layers only; none is claimed beyond them.";
    }

    private static string Growth(GrownStreams item, double rate) => item.After.Length == 0
        ? $"{item.Network.Subject}: every run diverged"
        : $"{item.Network.Subject}: {Numbers.Significant(item.PercentAt(0).Mean, 3)} % before, "
            + $"{ResidualGrowthTables.Interval(item.Percent, rate)} % after, "
            + $"best fitted by {ResidualGrowthTables.Wins(item.Growths)}";

    private static string Addition(GrownStreams item, double rate)
    {
        if (item.After.Length == 0)
            return $"{item.Network.Subject}: every run diverged";
        string verdict = Side(item.OverIndependent, 1, rate) switch
        {
            > 0 => "it predicts too little",
            < 0 => "it predicts too much",
            _ => "which way it errs is not decided",
        };
        return $"{item.Network.Subject}: log q grew {ResidualGrowthTables.Interval(item.OverIndependent, rate)} "
            + "times as much as independent branches would make it, "
            + $"with a mean cosine of {ResidualGrowthTables.Interval(item.Correlation, rate)}; {verdict}";
    }

    private static string Post(GrownStreams item, double rate)
    {
        if (item.After.Length == 0)
            return $"{item.Network.Task.Name}: every run diverged";
        string verdict = Side(item.Percent, 0, rate) switch
        {
            > 0 => "norms grew",
            < 0 => "norms shrank",
            _ => "norms neither grew nor shrank beyond the interval",
        };
        return $"{item.Network.Task.Name}: {verdict}, {ResidualGrowthTables.Interval(item.Percent, rate)} % per block; "
            + $"less the growth of the gains, {ResidualGrowthTables.Interval(item.BeyondGains, rate)}; "
            + $"the longest token filled {Numbers.Significant(item.Filled, 3)} of its bound γ_max √d";
    }

    private static string Learnt(GrownStreams item)
    {
        GrowthTask task = item.Network.Task;
        double[] losses = [.. item.Losses.Where(double.IsFinite)];
        return losses.Length == 0
            ? $"{item.Network.Subject}: every run diverged"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{item.Network.Subject} {100 * (task.Ignorance - losses.Average()) / (task.Ignorance - item.Network.Optimum):0} %");
    }

    /// <summary>+1 or −1 where the whole interval lies above or below a value, otherwise 0.</summary>
    private static int Side(Estimate estimate, double value, double rate) =>
        Math.Abs(estimate.Mean - value) > ResidualGrowthTables.HalfWidth(estimate, rate) ? Math.Sign(estimate.Mean - value) : 0;
}
