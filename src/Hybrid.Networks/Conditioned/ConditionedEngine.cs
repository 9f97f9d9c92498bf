using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;
using Hybrid.Theory;

namespace Hybrid.Networks.Conditioned;

/// <summary>
/// Networks exact in distribution at a cost linear in the width, theory.md section 6: no weight matrix is ever formed. In
/// double precision throughout, so that collapsing tokens are followed down to u = 1e-12 and below. Also measures the norm
/// of every parameter's gradient, without forming it. The engine for ensembles at initialisation.
/// </summary>
public sealed unsafe class ConditionedEngine : INetworkEngine
{
    // Matrices of layer 0, the input: no block has that number, so no stream is used twice.
    private const int InputLayer = 0, TokenStream = 0, GradientStream = 1;

    private readonly WorkerPool pool;
    private readonly MatrixProduct<double> product;
    private readonly ConditionedNetwork network;
    private readonly ExactGram tokens, outputGradient;

    /// <summary>Plans all buffers for <paramref name="architecture"/>.</summary>
    /// <param name="architecture">Must be legal; tokens ≤ width, since the output's gradients are orthogonal.</param>
    /// <param name="threads">≥ 1; the results do not depend on it. Ensembles run faster with many engines of one thread.</param>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    /// <exception cref="ArgumentException">More tokens than orthogonal gradients of that width.</exception>
    /// <exception cref="InsufficientMemoryException">The buffers exceed the machine's memory.</exception>
    public ConditionedEngine(Architecture architecture, int threads = 1)
    {
        Architecture = ArchitectureModule.EnsureValid(architecture);
        (int n, int d) = (architecture.Tokens, architecture.Width);
        pool = new WorkerPool(threads);
        try
        {
            product = new MatrixProduct<double>(pool);
            GramFactor input = GramFactor.Equicorrelated(n, architecture.Input.Norm, architecture.Input.Correlation);
            tokens = new ExactGram(input, d, pool, product, "input tokens");
            outputGradient = new ExactGram(GramFactor.Identity(n), d, pool, product, "orthogonal output gradients");
            network = new ConditionedNetwork(architecture, n, pool, product);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Name => "conditioned";

    /// <inheritdoc/>
    public Architecture Architecture { get; }

    /// <summary>The network that ran last, with what its passes left.</summary>
    internal ConditionedNetwork Network => network;

    /// <summary>Bytes that an engine for <paramref name="architecture"/> takes, before it is planned.</summary>
    public static Int128 Bytes(Architecture architecture)
    {
        Int128 n = architecture.Tokens, d = architecture.Width;
        Int128 drawnTokens = sizeof(double) * 2 * (3 * n * d + 3 * n * n);
        return ConditionedNetwork.Bytes(architecture, architecture.Tokens) + drawnTokens;
    }

    /// <inheritdoc/>
    public void Run(ulong seed, int sample, NetworkSample result)
    {
        result.EnsureShape(Architecture);

        tokens.Fill(network.Stream, new RandomKey(seed, sample, InputLayer, TokenStream));
        Measure(network.Stream, result.Hidden[0]);
        for (int layer = 1; layer <= Architecture.Depth; layer++)
        {
            network.Forward(seed, sample, layer);
            Measure(network.Stream, result.Hidden[layer]);
        }

        outputGradient.Fill(network.Gradient, new RandomKey(seed, sample, InputLayer, GradientStream));
        Measure(network.Gradient, result.Gradient[Architecture.Depth]);
        for (int layer = Architecture.Depth; layer >= 1; layer--)
        {
            network.Backward(layer, result.WeightGradients[layer - 1]);
            Measure(network.Gradient, result.Gradient[layer - 1]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        network?.Dispose();
        outputGradient?.Dispose();
        tokens?.Dispose();
        product?.Dispose();
        pool.Dispose();
    }

    private void Measure(MatrixView<double> rows, double[] result)
    {
        fixed (double* gram = result)
            product.Gram(rows, new MatrixView<double>(gram, rows.Rows, rows.Rows), 1.0 / rows.Columns);
    }
}
