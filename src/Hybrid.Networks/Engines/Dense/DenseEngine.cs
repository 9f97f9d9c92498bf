using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Dense;

/// <summary>
/// Networks with real weight matrices in single precision. Weights are drawn block by block just before the forward pass
/// needs them, while they are still in the cache, and stay for the backward pass.
/// </summary>
public sealed class DenseEngine : INetworkEngine
{
    private readonly WorkerPool pool;
    private readonly MatrixProduct<float> product;
    private readonly MatrixProduct<double> wideProduct;
    private readonly DenseNetwork<float> network;
    private readonly GramMeter<float> meter;
    private readonly ExactGram tokens;
    private readonly ExactGram outputGradient;

    /// <summary>Plans all buffers for <paramref name="architecture"/> on as many threads as the machine has cores.</summary>
    public DenseEngine(Architecture architecture)
        : this(architecture, Environment.ProcessorCount)
    {
    }

    /// <summary>Plans all buffers for <paramref name="architecture"/>.</summary>
    /// <param name="architecture">Must be legal; tokens ≤ width, since the output's gradients are orthogonal.</param>
    /// <param name="threads">≥ 1; the results do not depend on it.</param>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    /// <exception cref="ArgumentException">More tokens than orthogonal gradients of that width.</exception>
    /// <exception cref="InsufficientMemoryException">The buffers exceed the machine's memory.</exception>
    public DenseEngine(Architecture architecture, int threads)
    {
        const string Who = "engine dense";
        Architectures.Features.EnsureSupported(Who, DenseBlocks.Features, ArchitectureModule.EnsureValid(architecture));
        Architecture = ParameterLayout.EnsureSingle(Who, architecture, Enum.GetValues<MatrixRole>());
        (int n, int d) = (architecture.Tokens, architecture.Width);
        pool = new WorkerPool(threads);
        try
        {
            product = new MatrixProduct<float>(pool);
            wideProduct = new MatrixProduct<double>(pool);
            network = new DenseNetwork<float>(architecture, pool, product);
            GramFactor input = GramFactor.Equicorrelated(n, architecture.Input.Norm, architecture.Input.Correlation);
            tokens = new ExactGram(input, d, pool, wideProduct, "input tokens");
            outputGradient = new ExactGram(GramFactor.Identity(n), d, pool, wideProduct, "orthogonal output gradients");
            meter = new GramMeter<float>(n, d, pool, wideProduct);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What its networks can have beyond plain heads, one MLP and norms of gain 1.</summary>
    public static IReadOnlyList<Feature> Features => DenseBlocks.Features;

    /// <inheritdoc/>
    public string Name => "dense";

    /// <inheritdoc/>
    public Architecture Architecture { get; }

    /// <summary>Bytes that an engine for <paramref name="architecture"/> takes, before it is planned.</summary>
    public static Int128 Bytes(Architecture architecture)
    {
        Int128 n = architecture.Tokens, d = architecture.Width;
        Int128 singles = new ParameterLayout(architecture).Length + new ActivationPlan(architecture).Length;
        return sizeof(float) * singles + sizeof(double) * (2 * (3 * n * d + 3 * n * n) + n * d);
    }

    /// <inheritdoc/>
    public void Run(ulong seed, int sample, NetworkSample result)
    {
        result.EnsureShape(Architecture);

        tokens.Fill(network.Stream, RandomStream.InputTokens.OfInput(seed, sample));
        meter.Measure(network.Stream, result.Hidden[0]);
        for (int layer = 1; layer <= Architecture.Depth; layer++)
        {
            network.Draw(seed, sample, layer);
            network.Forward(layer);
            meter.Measure(network.Stream, result.Hidden[layer]);
        }

        outputGradient.Fill(network.Gradient, RandomStream.LossGradient.OfInput(seed, sample));
        meter.Measure(network.Gradient, result.Gradient[Architecture.Depth]);
        for (int layer = Architecture.Depth; layer >= 1; layer--)
        {
            network.Backward(layer);
            meter.Measure(network.Gradient, result.Gradient[layer - 1]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        network?.Dispose();
        meter?.Dispose();
        outputGradient?.Dispose();
        tokens?.Dispose();
        wideProduct?.Dispose();
        product?.Dispose();
        pool.Dispose();
    }
}
