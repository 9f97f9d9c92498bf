namespace Hybrid.Lab.Statistics;

/// <summary>
/// How the odds of an event in one group compare with those in another, over strata that share the ratio: exact, conditional on
/// every stratum's number of events. One stratum is Fisher's exact test (1935); more of them Gart's (1970).
/// </summary>
internal sealed class ExactOddsRatio
{
    // Logarithms of odds ratios beyond which an interval's end counts as 0 or infinite.
    private const double Farthest = 60;

    private readonly double[] _weights;
    private readonly int _observed;

    /// <summary>Conditions on the strata.</summary>
    public ExactOddsRatio(IEnumerable<TwoGroups> strata)
    {
        // The law of the first group's events beyond the least possible, for an odds ratio of 1: a sum of hypergeometric ones.
        _weights = [1];
        foreach (TwoGroups stratum in strata)
        {
            int all = stratum.FirstEvents + stratum.SecondEvents;
            int least = Math.Max(0, all - stratum.Second), most = Math.Min(stratum.First, all);
            double[] ways = [.. Enumerable.Range(least, most - least + 1).Select(events =>
                Combinations(stratum.First, events) * Combinations(stratum.Second, all - events))];
            double sum = ways.Sum();
            _weights = Convolution(_weights, [.. ways.Select(way => way / sum)]);
            _observed += stratum.FirstEvents - least;
        }
    }

    /// <summary>
    /// The conditional maximum-likelihood estimate; 0 or ∞ where the events are as one-sided as they can
    /// be, NaN where they say nothing.
    /// </summary>
    public double Estimate => _weights.Length == 1 ? double.NaN
        : _observed == 0 ? 0
        : _observed == _weights.Length - 1 ? double.PositiveInfinity
        : Solve(ratio => Expectation(ratio, events => events) - _observed);

    /// <summary>The interval that misses the true ratio on either side with probability at most half of <paramref name="rate"/>.</summary>
    public (double Low, double High) Interval(double rate) => (
        _observed == 0 ? 0 : Solve(ratio => Expectation(ratio, events => events >= _observed ? 1 : 0) - rate / 2),
        _observed == _weights.Length - 1
            ? double.PositiveInfinity
            : Solve(ratio => rate / 2 - Expectation(ratio, events => events <= _observed ? 1 : 0)));

    /// <summary>The zero of a function that rises with the logarithm of the odds ratio, as an odds ratio.</summary>
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
        double sum = 0, total = 0;
        // Powers count from the heavier end, so that none overflows.
        int pivot = logRatio > 0 ? _weights.Length - 1 : 0;
        for (int events = 0; events < _weights.Length; events++)
        {
            double weight = _weights[events] * Math.Exp(logRatio * (events - pivot));
            total += weight;
            sum += weight * of(events);
        }

        return sum / total;
    }

    private static double[] Convolution(double[] left, double[] right)
    {
        double[] result = new double[left.Length + right.Length - 1];
        for (int i = 0; i < left.Length; i++)
        {
            for (int j = 0; j < right.Length; j++)
                result[i + j] += left[i] * right[j];
        }

        return result;
    }

    private static double Combinations(int of, int some) => MathNet.Numerics.SpecialFunctions.Binomial(of, some);
}

/// <summary>One stratum of a comparison of two groups: how many of each there are and in how many the event happened.</summary>
internal readonly record struct TwoGroups(int FirstEvents, int First, int SecondEvents, int Second);
