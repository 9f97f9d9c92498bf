using Hybrid.Lab.Comparisons;

namespace Hybrid.Experiments.Hypotheses;

/// <summary>
/// Every test that an experiment will make, fixed before anything is measured. Their number, counted here and nowhere else,
/// gives the level of each: the level times the number of tests is the family's rate (Bonferroni). A test that chance cannot
/// fail, such as a bound that holds of every network, counts like the others: the levels are then smaller than they need be.
/// </summary>
/// <param name="claims">The hypotheses in their order, each with its tests.</param>
public sealed class TestPlan(IReadOnlyList<PlannedClaim> claims)
{
    /// <summary>The hypotheses with their tests.</summary>
    public IReadOnlyList<PlannedClaim> Claims => claims;

    /// <summary>The hypotheses.</summary>
    public IReadOnlyList<Hypothesis> Hypotheses { get; } = [.. claims.Select(claim => claim.Hypothesis)];

    /// <summary>How many tests there are.</summary>
    public int Count { get; } = claims.Sum(claim => claim.Tests.Count);

    /// <summary>Probability of refuting one tested number although it is right: its share of the family's rate.</summary>
    public double Level => Significance.PerTest(Count);
}

/// <summary>The level of all experiments.</summary>
public static class Significance
{
    /// <summary>Probability that a correct theory is refuted anywhere in one experiment, at most (Bonferroni).</summary>
    public const double FamilyWiseRate = 0.01;

    /// <summary>The share of one of <paramref name="tests"/> tested numbers; <see cref="TestPlan.Level"/> counts them.</summary>
    internal static double PerTest(int tests) => ComparisonOptions.ForFamily(FamilyWiseRate, tests).FalsePositiveRate;
}
