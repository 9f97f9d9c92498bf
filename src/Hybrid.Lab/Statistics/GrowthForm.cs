namespace Hybrid.Lab.Statistics;

/// <summary>How a positive quantity may grow with depth x ≥ 1.</summary>
public enum GrowthForm
{
    /// <summary>α + β x.</summary>
    Linear,

    /// <summary>α + β x + γ x².</summary>
    Quadratic,

    /// <summary>α e^{β x}.</summary>
    Exponential,

    /// <summary>α x^β.</summary>
    PowerLaw,
}
