using Hybrid.Architectures;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// Leading Lyapunov exponents of whole networks: tangents of all tokens at once (vectors of tokens · width coordinates)
/// carried through every block along the architecture's own trajectory and orthonormalised after each. A block's exponent
/// k is the logarithm of the growth of the k-th tangent off the ones before it.
/// </summary>
public sealed unsafe class LyapunovSpectrum : ISpectrumEngine
{
    private readonly Architecture architecture;
    private readonly WorkerPool pool;
    private readonly MatrixProduct<double> product;
    private readonly ConditionedNetwork network;
    private readonly TangentPass pass;
    private readonly ExactGram tokens;

    /// <summary>Plans for the <paramref name="exponents"/> ≥ 1 leading exponents of a legal architecture.</summary>
    public LyapunovSpectrum(Architecture architecture, int exponents, int threads = 1)
    {
        this.architecture = Features.EnsureSupported("tangents", [], ArchitectureModule.EnsureValid(architecture));
        (int n, int d) = (architecture.Tokens, architecture.Width);
        ArgumentOutOfRangeException.ThrowIfLessThan(exponents, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(exponents, (long)n * d);
        Exponents = exponents;
        pool = new WorkerPool(threads);
        product = new MatrixProduct<double>(pool);
        network = new ConditionedNetwork(architecture, checked(n * (1 + exponents)), pool, product);
        pass = new TangentPass(network, exponents);
        GramFactor input = GramFactor.Equicorrelated(n, architecture.Input.Norm, architecture.Input.Correlation);
        tokens = new ExactGram(input, d, pool, product, "input tokens");
    }

    /// <summary>How many exponents are measured.</summary>
    public int Exponents { get; }

    /// <summary>Measures network number <paramref name="sample"/> of the ensemble <paramref name="seed"/>.</summary>
    /// <param name="seed">The ensemble's seed.</param>
    /// <param name="sample">Number of the network.</param>
    /// <param name="exponents">[block − 1][k]: block 1..depth, leading exponent first.</param>
    public void Run(ulong seed, int sample, double[][] exponents)
    {
        if (exponents.Length != architecture.Depth || exponents.Any(row => row.Length != Exponents))
            throw new ArgumentException($"there must be {architecture.Depth} blocks of {Exponents} exponents");
        tokens.Fill(network.Stream, RandomStream.InputTokens.OfInput(seed, sample));
        MatrixView<double> rows = pass.Tangents;
        MatrixView<double> whole = new(rows.Data, Exponents, checked(architecture.Tokens * architecture.Width));
        RandomKey key = RandomStream.InputTangents.OfInput(seed, sample);
        for (int row = 0; row < Exponents; row++)
            Gaussian.Fill(whole.Row(row), key, (long)row * whole.Columns, 1);
        Span<double> ignored = stackalloc double[Exponents];
        TangentFrame.Orthonormalise(whole, ignored);
        for (int layer = 1; layer <= architecture.Depth; layer++)
        {
            network.Forward(seed, sample, layer);
            pass.Forward(layer);
            TangentFrame.Orthonormalise(whole, exponents[layer - 1]);
        }
    }

    /// <inheritdoc/>
    public void Run(ulong seed, int first, ReadOnlySpan<double[][]> exponents)
    {
        for (int network = 0; network < exponents.Length; network++)
            Run(seed, first + network, exponents[network]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        tokens.Dispose();
        pass.Dispose();
        network.Dispose();
        product.Dispose();
        pool.Dispose();
    }
}
