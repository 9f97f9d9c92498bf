namespace Hybrid.Harness.Comparisons;

/// <summary>
/// Standard errors of a layer's prediction: 0 for a closed form, positive where the theory averages a Gram matrix over
/// attention draws (theory.md section 8).
/// </summary>
/// <param name="Q">Of q.</param>
/// <param name="Rho">Of ρ, and of u.</param>
/// <param name="GradientDiagonal">Of g_d.</param>
/// <param name="GradientOffDiagonal">Of g_o.</param>
public readonly record struct LayerUncertainty(double Q, double Rho, double GradientDiagonal, double GradientOffDiagonal);
