namespace Hybrid.Lab.Probes;

/// <summary>The residual stream at one boundary, over the counted tokens of a batch. Dimensionless; d coordinates.</summary>
/// <param name="Q">Mean of ‖x‖²/d.</param>
/// <param name="FirstQ">The same of position 0 alone.</param>
/// <param name="U">1 − ρ: 1 − mean x_i·x_j over mean ‖x‖² of tokens of one sequence.</param>
/// <param name="CoordinateVariance">Variance of a token's coordinates, mean over tokens.</param>
/// <param name="TokenVariance">Variance of a coordinate over all tokens, mean over coordinates.</param>
/// <param name="EffectiveRank">(tr C)²/tr C² of the tokens' Gram matrix, mean over sequences: 1 to the number of tokens.</param>
/// <param name="Largest">Largest |coordinate| of any token, position 0 included.</param>
/// <param name="Median">Median |coordinate| of all tokens.</param>
/// <param name="LargestAt">The position and the coordinate of the largest.</param>
/// <param name="LargestNorm">Largest ‖x‖ of any token, position 0 included; not over √d.</param>
/// <param name="Gradient">Root of Σ‖G‖² over all tokens, G the gradient of the mean loss there; NaN without a pass back.</param>
public sealed record ProbeBoundary(
    double Q,
    double FirstQ,
    double U,
    double CoordinateVariance,
    double TokenVariance,
    double EffectiveRank,
    double Largest,
    double Median,
    (int Position, int Coordinate) LargestAt,
    double LargestNorm,
    double Gradient)
{
    /// <summary>√q, the norm over √d.</summary>
    public double Norm => Math.Sqrt(Q);

    /// <summary>How massive the largest activation is: largest over median.</summary>
    public double Massive => Largest / Median;
}

/// <summary>What one module of a block adds to the stream, over the counted tokens.</summary>
/// <param name="Q">Mean of ‖f‖²/d as it is added, without the weight a.</param>
/// <param name="Correlation">Mean cosine of f and the stream that it is added to: 0 where branches are independent of it.</param>
public readonly record struct ProbeBranch(double Q, double Correlation);

/// <summary>Attention of one block, over heads and the counted tokens.</summary>
/// <param name="Entropy">Mean of −Σ A log A, nats.</param>
/// <param name="Participation">Mean of 1/Σ A²: how many tokens a token sees.</param>
/// <param name="OnFirst">Mean weight on position 0.</param>
/// <param name="Allowed">Mean logarithm of how many tokens a token may see: the largest that the entropy can be.</param>
public readonly record struct ProbeAttention(double Entropy, double Participation, double OnFirst, double Allowed);

/// <summary>One parameter of a block and its gradient.</summary>
/// <param name="Name">Within the block, such as "mlp.in".</param>
/// <param name="Size">‖W‖_F/√(number of entries): the root mean square entry.</param>
/// <param name="Gradient">‖∂loss/∂W‖_F; NaN without a pass back.</param>
/// <param name="OperatorNorm">‖W‖ of a matrix; NaN where it was not asked for.</param>
public sealed record ProbeWeight(string Name, double Size, double Gradient, double OperatorNorm);
