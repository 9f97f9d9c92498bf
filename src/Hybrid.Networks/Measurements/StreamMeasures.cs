namespace Hybrid.Networks.Measurements;

/// <summary>
/// The residual stream at one block boundary of a network that runs on data, averaged over the sequences of a batch.
/// Dimensionless. x_i are the n tokens of a sequence, d coordinates each.
/// </summary>
/// <param name="Q">q, mean squared norm per coordinate; ≥ 0.</param>
/// <param name="P">p, mean overlap per coordinate of two different tokens of a sequence.</param>
/// <param name="U">u = 1 − p/q, without cancellation; 0 for one token.</param>
/// <param name="MeanAbsolute">Mean of |x| over tokens and coordinates.</param>
/// <param name="CoordinateVariance">Variance over the coordinates of one token, mean over tokens.</param>
/// <param name="DataVariance">Variance over all tokens of the batch of one coordinate, mean over coordinates.</param>
/// <param name="LargestNorm">max ‖x_i‖ over the batch, for the bounds of derivation section 10.</param>
public readonly record struct StreamMeasures(
    double Q, double P, double U, double MeanAbsolute, double CoordinateVariance, double DataVariance, double LargestNorm)
{
    /// <summary>ρ = p/q.</summary>
    public double Rho => P / Q;
}
