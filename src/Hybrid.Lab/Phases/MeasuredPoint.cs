using Hybrid.Lab.Statistics;

namespace Hybrid.Lab.Phases;

/// <summary>Both exponents of random networks at one point of a phase diagram, at the collapsed line.</summary>
/// <param name="X">Value along the horizontal axis.</param>
/// <param name="Y">Value along the vertical axis.</param>
/// <param name="Angle">λ_a per block, mean over blocks and networks.</param>
/// <param name="PredictedAngle">The theory's λ_a, at infinite width.</param>
/// <param name="Gradient">λ_g of the mean mode per block.</param>
/// <param name="PredictedGradient">The theory's λ_g at the line: the diagram's where λ_a &lt; 0.</param>
public sealed record MeasuredPoint(
    double X, double Y, Estimate Angle, double PredictedAngle, Estimate Gradient, double PredictedGradient);
