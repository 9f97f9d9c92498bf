namespace Hybrid.Networks.Tangents;

/// <summary>Measures what becomes of infinitesimal differences between equal tokens, and of the gradient of such tokens.</summary>
public interface ILineEngine : IDisposable
{
    /// <summary>Networks that it measures at once, ≥ 1; what it measures does not depend on it beyond rounding.</summary>
    int BatchSize => 1;

    /// <summary>Measures networks (seed, first), (seed, first + 1), …, one for each result.</summary>
    /// <param name="seed">The ensemble's seed.</param>
    /// <param name="first">Number of the first network, ≥ 0.</param>
    /// <param name="results">Planned for the depth of the networks.</param>
    void Run(ulong seed, int first, ReadOnlySpan<LineSample> results);
}

/// <summary>Both exponents of every block of one network at the line, natural logarithms; block b is at b − 1.</summary>
/// <param name="depth">Blocks, ≥ 1.</param>
public sealed class LineSample(int depth)
{
    /// <summary>λ_a: growth of ‖v‖²/‖x‖².</summary>
    public double[] Angle { get; } = new double[depth];

    /// <summary>λ_g of the mean mode: growth backwards of ‖G‖².</summary>
    public double[] Gradient { get; } = new double[depth];
}
