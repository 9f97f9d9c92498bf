using Hybrid.Lab.Comparisons;

namespace Hybrid.Lab.Checks;

/// <summary>The outcome of a check.</summary>
/// <param name="Plan">What was asked.</param>
/// <param name="Options">The strictness that follows from the plan: the rate of one comparison and the floors.</param>
/// <param name="Comparisons">One for every architecture that was finished.</param>
/// <param name="Errors">Percentiles of the errors, quantity by quantity.</param>
/// <param name="Agreement">Disagrees if any architecture does, else inconclusive if any is.</param>
/// <param name="Seconds">Wall time.</param>
public sealed record CheckReport(
    CheckPlan Plan,
    ComparisonOptions Options,
    IReadOnlyList<Comparison> Comparisons,
    IReadOnlyList<ErrorSummary> Errors,
    Agreement Agreement,
    double Seconds)
{
    /// <summary>Whether every architecture of the plan was finished; a cancelled check reports those that were.</summary>
    public bool Complete => Comparisons.Count == Plan.Architectures.Count;

    /// <summary>All single comparisons of one verdict.</summary>
    public int Count(Agreement agreement) =>
        Comparisons.Sum(comparison => comparison.Quantities.Count(quantity => quantity.Agreement == agreement));
}
