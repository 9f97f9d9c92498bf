namespace Hybrid.Networks.Measurements;

/// <summary>What one sublayer adds to the stream, averaged over the tokens of a batch. Dimensionless.</summary>
/// <param name="Q">Mean squared norm per coordinate of f (γ ∘ N f where the branch is normalised), without the weight a.</param>
/// <param name="Correlation">Mean cosine of f and the stream it is added to: 0 where branches are independent of it.</param>
public readonly record struct BranchMeasures(double Q, double Correlation);
