namespace Hybrid.Experiments;

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
