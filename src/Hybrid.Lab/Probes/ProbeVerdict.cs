using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Lab.Statistics;

namespace Hybrid.Lab.Probes;

/// <summary>What a probe found, in sentences: how the stream grows, where it leaves the theory, which layers are odd.</summary>
public static class ProbeVerdict
{
    // √q over the theory's: beyond it training has made another network of it.
    private const double Departure = 2;

    // Information criteria that lie closer tell nothing.
    private const double Undecided = 2;

    // A step of log ‖x‖ is odd so many robust standard deviations off the median, and by 10 % of the norm at least.
    private const double OddDeviations = 5, OddLeast = 0.1, RobustDeviation = 1.4826;

    // Nearer to 1 than that, log growth is what independent branches give.
    private const double Independent = 0.1;

    /// <summary>The largest coordinate over the median from which activations count as massive.</summary>
    public const double Massive = 1000;

    /// <summary>How the stream grows, in one sentence.</summary>
    public static string Growth(ProbeResult result)
    {
        string layers = Line($"over layers {result.First} to {result.Last} of {result.Depth}");
        if (result.Growth is not GrowthComparison growth)
            return $"The stream of '{result.Name}' has too few layers for a form of growth: {Times(result)} {layers}.";
        (double low, double high) = growth.Interval;
        string rate = Line($"{growth.Percent:0.0#} % a layer (95 %: {low:0.0#} to {high:0.0#})");
        GrowthForm best = growth.Best, second = GrowthComparison.Forms.Where(form => form != best)
            .MinBy(form => growth.Fit(form).InformationCriterion);
        double margin = growth.Fit(second).InformationCriterion - growth.Fit(best).InformationCriterion;
        string form = margin < Undecided ? $"{Word(best)} or {Word(second)}, which fit alike" : Word(best);
        return low <= 0 && high >= 0
            ? $"The stream of '{result.Name}' does not grow {layers}: {rate}."
            : $"The stream of '{result.Name}' {(growth.Percent > 0 ? "grows" : "shrinks")} {form} {layers}: {rate}, {Times(result)}.";
    }

    /// <summary>Where it leaves the theory at initialisation.</summary>
    public static string Theory(ProbeResult result)
    {
        if (!result.Theory.IsThere)
            return $"Theory before training: {result.Theory.Source}.";
        double expected = Math.Sqrt(result.Theory.Q[result.Last] / result.Theory.Q[result.First]);
        string said = $"Before training theory says ×{Short(expected)} over the same layers ({result.Theory.Source})";
        int[] away = [.. Enumerable.Range(1, result.Depth).Where(layer => Math.Abs(Math.Log(Ratio(result, layer))) > Math.Log(Departure))];
        return away.Length == 0
            ? $"{said}; every layer's norm is within a factor {Short(Departure)} of it."
            : Line($"{said}; it departs at layer {away[0]}, where the norm is {Short(Ratio(result, away[0]))} times the theory's")
                + (away[0] == result.Depth ? "." : $", and {Short(Ratio(result, result.Depth))} times at the end.");
    }

    /// <summary>How much of the growth independent branches explain; null where sums are normalised or nothing grows.</summary>
    public static string? Independence(ProbeResult result)
    {
        if (!double.IsFinite(result.OverIndependent))
            return null;
        string cosine = $"mean cosine with it {Short(result.Correlation)}";
        return Math.Abs(result.OverIndependent - 1) < Independent
            ? $"Branches add up as if they were independent of the stream: log growth is {Short(result.OverIndependent)} of that, {cosine}."
            : $"Independent branches of these sizes predict too {(result.OverIndependent > 1 ? "little" : "much")}: "
                + $"log growth is {Short(result.OverIndependent)} of that, {cosine}.";
    }

    /// <summary>The layers that are not like the others, each with why.</summary>
    public static IReadOnlyList<(int Layer, string Why)> Odd(ProbeResult result)
    {
        double[] steps = [.. Enumerable.Range(1, result.Depth)
            .Select(layer => Math.Log(result.Boundaries[layer].Norm / result.Boundaries[layer - 1].Norm))];
        double median = Median(steps), deviation = RobustDeviation * Median([.. steps.Select(step => Math.Abs(step - median))]);
        List<(int Layer, string Why)> odd = [];
        for (int layer = 1; layer <= result.Depth; layer++)
        {
            double away = Math.Abs(steps[layer - 1] - median);
            if (away > OddLeast && away > OddDeviations * deviation)
                odd.Add((layer, $"norm ×{Short(Math.Exp(steps[layer - 1]))}, the median layer's ×{Short(Math.Exp(median))}"));
        }

        int massive = Enumerable.Range(0, result.Depth + 1).FirstOrDefault(layer => result.Boundaries[layer].Massive > Massive, -1);
        if (massive >= 0)
        {
            ProbeBoundary boundary = result.Boundaries[massive];
            odd.Add((massive, Line($"a massive activation begins: {Short(boundary.Massive)} times the median, coordinate ")
                + Line($"{boundary.LargestAt.Coordinate} of position {boundary.LargestAt.Position}")));
        }

        return odd;
    }

    /// <summary>How far the bound for any text is from what was seen; null without a bound.</summary>
    public static string? Bound(ProbeResult result) => result.Bounds is not ProbeBounds bounds ? null
        : $"Bound for any text: the longest token reaches {Short(100 * result.Filled)} % of what "
            + (bounds.NeedsWeights ? "operator norms allow (10.4)." : "gains allow (10.4), and can reach no more than 100 %.");

    private static double Ratio(ProbeResult result, int layer) => result.Boundaries[layer].Norm / Math.Sqrt(result.Theory.Q[layer]);

    private static string Times(ProbeResult result) =>
        $"×{Short(result.Boundaries[result.Last].Norm / result.Boundaries[result.First].Norm)} in all";

    private static string Word(GrowthForm form) => form switch
    {
        GrowthForm.Exponential => "exponentially",
        GrowthForm.Linear => "linearly",
        GrowthForm.PowerLaw => "as a power of the layer",
        _ => "quadratically",
    };

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1
            ? sorted[sorted.Length / 2]
            : 0.5 * (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]);
    }

    private static string Short(double value) => Numbers.Significant(value, 3);

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
