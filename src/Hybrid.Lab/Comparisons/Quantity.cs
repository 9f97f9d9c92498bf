namespace Hybrid.Lab.Comparisons;

/// <summary>The quantities that a check compares in every layer; derivation sections 4 and 5.</summary>
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
