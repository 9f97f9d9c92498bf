using MathNet.Numerics.Distributions;

namespace Hybrid.Harness.Statistics;

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
        double first = a.StandardError * a.StandardError, second = b.StandardError * b.StandardError;
        double total = first + second;
        double denominator = first * (first / a.DegreesOfFreedom) + second * (second / b.DegreesOfFreedom);
        return new(Math.Sqrt(total), denominator > 0 ? total * (total / denominator) : double.PositiveInfinity);
    }

    /// <summary>The two-sided critical value of Student's t: a larger |t| has the given probability.</summary>
    public double CriticalValue(double falsePositiveRate) => double.IsPositiveInfinity(DegreesOfFreedom)
        ? -Normal.InvCDF(0, 1, falsePositiveRate / 2)
        : -StudentT.InvCDF(0, 1, DegreesOfFreedom, falsePositiveRate / 2);
}
