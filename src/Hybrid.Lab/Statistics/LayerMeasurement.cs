namespace Hybrid.Lab.Statistics;

/// <summary>One layer's observables over an ensemble of networks; symbols as in derivation section 1, all dimensionless.</summary>
/// <param name="Layer">0..depth: the residual stream at the input of block layer + 1 (depth: at the output).</param>
/// <param name="Q">q, squared norm per coordinate.</param>
/// <param name="P">p, overlap of two different tokens per coordinate.</param>
/// <param name="Rho">ρ = p/q, correlation of two different tokens, averaged over networks after the division.</param>
/// <param name="U">u = 1 − ρ, from each network's own difference q − p.</param>
/// <param name="GradientDiagonal">g_d, squared gradient per coordinate.</param>
/// <param name="GradientOffDiagonal">g_o, overlap of two different tokens' gradients per coordinate.</param>
public sealed record LayerMeasurement(
    int Layer,
    Estimate Q,
    Estimate P,
    Estimate Rho,
    Estimate U,
    Estimate GradientDiagonal,
    Estimate GradientOffDiagonal);
