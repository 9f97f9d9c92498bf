namespace Hybrid.Lab.Statistics;

/// <summary>
/// How the odds of an event in one group compare with those in another, over strata that share the ratio: exact, conditional on
/// every stratum's number of events. One stratum is Fisher's exact test (1935); more of them Gart's (1970).
/// </summary>
internal sealed class ExactOddsRatio
{
    // Logarithms of odds ratios beyond which an interval's end counts as 0 or infinite.
    private const double Farthest = 60;

    // Logarithms: over many strata the least likely tables have less than the smallest double.
    private readonly double[] _logWeights;
    private readonly int _observed;

    /// <summary>Conditions on the strata.</summary>
    public ExactOddsRatio(IEnumerable<TwoGroups> strata)
    {
        // How many tables have that many of the first group's events beyond the least possible: their law for an odds ratio of 1.
        _logWeights = [0];
        foreach (TwoGroups stratum in strata)
        {
            int all = stratum.FirstEvents + stratum.SecondEvents;
            int least = Math.Max(0, all - stratum.Second), most = Math.Min(stratum.First, all);
            double[] ways = [.. Enumerable.Range(least, most - least + 1).Select(events =>
                LogCombinations(stratum.First, events) + LogCombinations(stratum.Second, all - events))];
            _logWeights = Convolution(_logWeights, ways);
            _observed += stratum.FirstEvents - least;
        }
    }

    /// <summary>
    /// The conditional maximum-likelihood estimate; 0 or ∞ where the events are as one-sided as they can
    /// be, NaN where they say nothing.
    /// </summary>
    public double Estimate => _logWeights.Length == 1 ? double.NaN
        : _observed == 0 ? 0
        : _observed == _logWeights.Length - 1 ? double.PositiveInfinity
        : Solve(ratio => Expectation(ratio, events => events) - _observed);

    /// <summary>The interval that misses the true ratio on either side with probability at most half of <paramref name="rate"/>.</summary>
    public (double Low, double High) Interval(double rate) => (
        Solve(ratio => Expectation(ratio, events => events >= _observed ? 1 : 0) - rate / 2),
        Solve(ratio => rate / 2 - Expectation(ratio, events => events <= _observed ? 1 : 0)));

    /// <summary>
    /// The zero of a function that rises with the logarithm of the odds ratio, as an odds ratio: 0 where it is nowhere below 0, and ∞ where
    /// it is everywhere.
    /// </summary>
    private static double Solve(Func<double, double> rising)
    {
        double low = -Farthest, high = Farthest;
        while (high - low > 1e-12)
        {
            double middle = 0.5 * (low + high);
            (low, high) = rising(middle) < 0 ? (middle, high) : (low, middle);
        }

        return low == -Farthest ? 0 : high == Farthest ? double.PositiveInfinity : Math.Exp(low);
    }

    private double Expectation(double logRatio, Func<int, double> of)
    {
        double[] logs = [.. _logWeights.Select((weight, events) => weight + logRatio * events)];
        double largest = logs.Max(), sum = 0, total = 0;
        for (int events = 0; events < logs.Length; events++)
        {
            double weight = Math.Exp(logs[events] - largest);
            total += weight;
            sum += weight * of(events);
        }

        return sum / total;
    }

    private static double[] Convolution(double[] left, double[] right)
    {
        double[] result = new double[left.Length + right.Length - 1];
        for (int sum = 0; sum < result.Length; sum++)
        {
            int first = Math.Max(0, sum - right.Length + 1), last = Math.Min(sum, left.Length - 1);
            double[] terms = [.. Enumerable.Range(first, last - first + 1).Select(i => left[i] + right[sum - i])];
            double largest = terms.Max();
            result[sum] = largest + Math.Log(terms.Sum(term => Math.Exp(term - largest)));
        }

        return result;
    }

    private static double LogCombinations(int of, int some) => MathNet.Numerics.SpecialFunctions.BinomialLn(of, some);
}

/// <summary>One stratum of a comparison of two groups: how many of each there are and in how many the event happened.</summary>
internal readonly record struct TwoGroups(int FirstEvents, int First, int SecondEvents, int Second);
