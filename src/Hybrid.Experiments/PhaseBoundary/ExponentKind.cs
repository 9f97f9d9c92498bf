namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>Which exponent of derivation section 6 a line is about, and by which route it is measured.</summary>
internal enum ExponentKind
{
    /// <summary>λ_a by infinitesimal differences at the collapsed line.</summary>
    Angle,

    /// <summary>λ_a by whole sequences of nearly equal tokens with their attention, whatever σ_A is.</summary>
    AngleOfTokens,

    /// <summary>λ_g of the mean mode at the collapsed line.</summary>
    Gradient,
}
