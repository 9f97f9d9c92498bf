using Hybrid.Import.Json;

namespace Hybrid.Lab.Comparisons;

/// <summary>How strictly theory and measurement are compared; every number is fixed before anything is measured.</summary>
/// <param name="FalsePositiveRate">
/// Probability that a correct theory fails one comparison, two-sided. A check that makes N comparisons and wants the
/// family-wise rate α passes α/N (Bonferroni: the layers of one network are correlated, so nothing may be assumed about
/// their dependence).
/// </param>
/// <param name="NumericalFloor">
/// Relative difference that arithmetic alone may cause: float32 storage in the dense engine, quadrature in the theory.
/// </param>
/// <param name="CorrelationFloor">Absolute difference in ρ that float32 storage of the tokens alone may cause.</param>
/// <param name="LargestTolerance">
/// Tolerance, relative to the quantity's scale, beyond which an agreement is called inconclusive.
/// </param>
public sealed record ComparisonOptions(
    double FalsePositiveRate,
    double NumericalFloor = 1e-5,
    double CorrelationFloor = 1e-7,
    double LargestTolerance = 0.5)
{
    /// <summary>Options for one of <paramref name="comparisons"/> comparisons at a family-wise rate.</summary>
    public static ComparisonOptions ForFamily(double familyWiseRate, int comparisons)
    {
        if (!(familyWiseRate > 0 && familyWiseRate < 1))
            throw new InputException($"the family-wise false-positive rate must be between 0 and 1, got {familyWiseRate}");
        return new(familyWiseRate / Math.Max(1, comparisons));
    }
}
