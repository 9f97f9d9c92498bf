using MathNet.Numerics.Distributions;

namespace Hybrid.Lab.Statistics;

/// <summary>A standard error and how well it is known.</summary>
/// <param name="StandardError">≥ 0.</param>
/// <param name="DegreesOfFreedom">N − 1 for the mean of N samples; fractional for a sum of errors; infinite if exact.</param>
public readonly record struct Spread(double StandardError, double DegreesOfFreedom)
{
    /// <summary>
    /// The standard error of a sum of two independent errors, with Welch and Satterthwaite's degrees of freedom
    /// ν = (v₁ + v₂)²/(v₁²/ν₁ + v₂²/ν₂); infinite where both errors are 0.
    /// </summary>
    public static Spread operator +(Spread a, Spread b)
    {
        int exponent = Magnitude.Of(Math.Max(a.StandardError, b.StandardError));
        double first = Square(Math.ScaleB(a.StandardError, -exponent)), second = Square(Math.ScaleB(b.StandardError, -exponent));
        double total = first + second;
        double denominator = first * (first / a.DegreesOfFreedom) + second * (second / b.DegreesOfFreedom);
        return new(Math.ScaleB(Math.Sqrt(total), exponent), denominator > 0 ? total * (total / denominator) : double.PositiveInfinity);
    }

    /// <summary>The two-sided critical value of Student's t: a larger |t| has the given probability.</summary>
    public double CriticalValue(double falsePositiveRate) => double.IsPositiveInfinity(DegreesOfFreedom)
        ? -Normal.InvCDF(0, 1, falsePositiveRate / 2)
        : Student(DegreesOfFreedom, falsePositiveRate / 2);

    private static double Square(double value) => value * value;

    /// <summary>
    /// The value that Student's t exceeds with probability
    /// <paramref name="tail"/>, also where one degree of freedom puts it far out.
    /// </summary>
    private static double Student(double degrees, double tail)
    {
        // The library looks for quantiles up to here.
        const double Reach = 800;
        if (StudentT.CDF(0, 1, degrees, -Reach) < tail)
            return -StudentT.InvCDF(0, 1, degrees, tail);
        double low = Reach, high = double.MaxValue;
        while (high > low * (1 + 1e-12))
        {
            double middle = Math.Sqrt(low) * Math.Sqrt(high);
            (low, high) = StudentT.CDF(0, 1, degrees, -middle) > tail ? (middle, high) : (low, middle);
        }

        return high;
    }
}
