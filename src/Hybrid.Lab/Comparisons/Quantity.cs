namespace Hybrid.Lab.Comparisons;

/// <summary>The quantities that a check compares in every layer; theory.md sections 2 and 3.</summary>
public enum Quantity
{
    /// <summary>q, squared norm of the residual stream per coordinate.</summary>
    Q,

    /// <summary>ρ = p/q, correlation of two different tokens; compared through u = 1 − ρ.</summary>
    Rho,

    /// <summary>g_d, squared gradient per coordinate.</summary>
    GradientDiagonal,

    /// <summary>g_o, overlap of two different tokens' gradients per coordinate.</summary>
    GradientOffDiagonal,
}
