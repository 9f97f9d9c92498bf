namespace Hybrid.Networks.Tangents;

/// <summary>A measured exponent, per block: mean over networks and the standard error of that mean.</summary>
/// <param name="Mean">Mean of the logarithm of one block's growth; dimensionless.</param>
/// <param name="StandardError">Of the mean; NaN for a single network.</param>
public readonly record struct ExponentEstimate(double Mean, double StandardError)
{
    /// <summary>Over networks, each one value.</summary>
    public static ExponentEstimate Of(IEnumerable<double> values)
    {
        double sum = 0, squares = 0;
        int count = 0;
        double first = double.NaN;
        foreach (double value in values)
        {
            // Deviations from the first value, so that close values keep their digits.
            first = count == 0 ? value : first;
            sum += value - first;
            squares += (value - first) * (value - first);
            count++;
        }

        double mean = sum / count;
        return new(first + mean, Math.Sqrt(Math.Max(0, squares / count - mean * mean) / (count - 1)));
    }
}
