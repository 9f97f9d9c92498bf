namespace Hybrid.Networks.Tangents;

/// <summary>Measures the leading Lyapunov exponents of whole random networks.</summary>
public interface ISpectrumEngine : IDisposable
{
    /// <summary>Networks that it measures at once, ≥ 1; what it measures does not depend on it beyond rounding.</summary>
    int BatchSize => 1;

    /// <summary>Measures networks (seed, first), (seed, first + 1), …, one for each of the results.</summary>
    /// <param name="seed">The ensemble's seed.</param>
    /// <param name="first">Number of the first network, ≥ 0.</param>
    /// <param name="exponents">[network][block − 1][k]: block 1..depth, leading exponent first.</param>
    void Run(ulong seed, int first, ReadOnlySpan<double[][]> exponents);
}
