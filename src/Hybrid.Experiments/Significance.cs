using Hybrid.Lab.Comparisons;

namespace Hybrid.Experiments;

/// <summary>The level of all experiments.</summary>
public static class Significance
{
    /// <summary>Probability that a correct theory is refuted anywhere in one experiment, at most (Bonferroni).</summary>
    public const double FamilyWiseRate = 0.01;

    /// <summary>The share of one of <paramref name="tests"/> tested numbers; <see cref="TestPlan.Level"/> counts them.</summary>
    internal static double PerTest(int tests) => ComparisonOptions.ForFamily(FamilyWiseRate, tests).FalsePositiveRate;
}
