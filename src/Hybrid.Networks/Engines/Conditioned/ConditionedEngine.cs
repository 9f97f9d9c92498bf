using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// Networks exact in distribution at a cost linear in the width, derivation section 12: no weight
/// matrix is ever formed, nor the residual stream, which is known by its coordinates in frames of a few n directions, in
/// double precision, so that collapsing tokens are followed down to u = 1e-12 and below. Heads and hidden layers are as wide
/// as the network: in single precision where the tokens' differences are large against its rounding, otherwise in double.
/// With tanh in the norm's place vectors have all their coordinates, at some 1.4 times the cost.
/// Also measures the norm of every parameter's gradient, without forming it. The engine for ensembles at initialisation.
/// </summary>
public sealed class ConditionedEngine : INetworkEngine
{
    private readonly WorkerPool pool;
    private readonly MatrixProduct<double> product;
    private readonly IRandomNetwork network;

    /// <summary>Plans all buffers for <paramref name="architecture"/>.</summary>
    /// <param name="architecture">Must be legal; tokens ≤ width, since the output's gradients are orthogonal.</param>
    /// <param name="threads">≥ 1; the results do not depend on it. Ensembles run faster with many engines of one thread.</param>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    /// <exception cref="ArgumentException">More tokens than orthogonal gradients of that width.</exception>
    /// <exception cref="InsufficientMemoryException">The buffers exceed the machine's memory.</exception>
    public ConditionedEngine(Architecture architecture, int threads = 1)
    {
        const string Who = "engine conditioned";
        Architectures.Features.EnsureSupported(Who, DenseBlocks.Features, ArchitectureModule.EnsureValid(architecture));
        Architecture = ParameterLayout.EnsureSingle(Who, architecture, MatrixRole.MlpBias);
        (int n, int d) = (architecture.Tokens, architecture.Width);
        pool = new WorkerPool(threads);
        try
        {
            product = new MatrixProduct<double>(pool);
            GramFactor.Equicorrelated(n, architecture.Input.Norm, architecture.Input.Correlation).RequireWidth(d, "input tokens");
            GramFactor.Identity(n).RequireWidth(d, "orthogonal output gradients");
            network = CoordinatePlan.HasVectors(architecture)
                ? new VectorNetwork(architecture, pool, product)
                : new CoordinateNetwork(architecture, pool, product);
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
    public string Name => "conditioned";

    /// <inheritdoc/>
    public Architecture Architecture { get; }

    /// <summary>The network that ran last, with what its passes left.</summary>
    internal IRandomNetwork Network => network;

    /// <summary>Bytes that an engine for <paramref name="architecture"/> takes, before it is planned.</summary>
    public static Int128 Bytes(Architecture architecture) =>
        CoordinatePlan.HasVectors(architecture) ? VectorNetwork.Bytes(architecture) : CoordinateNetwork.Bytes(architecture);

    /// <inheritdoc/>
    public void Run(ulong seed, int sample, NetworkSample result)
    {
        result.EnsureShape(Architecture);

        network.Begin(seed, sample);
        network.MeasureStream(result.Hidden[0]);
        for (int layer = 1; layer <= Architecture.Depth; layer++)
        {
            network.Forward(layer);
            network.MeasureStream(result.Hidden[layer]);
        }

        network.BeginBackward();
        network.MeasureGradient(result.Gradient[Architecture.Depth]);
        for (int layer = Architecture.Depth; layer >= 1; layer--)
        {
            network.Backward(layer, result.WeightGradients[layer - 1]);
            network.MeasureGradient(result.Gradient[layer - 1]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        network?.Dispose();
        product?.Dispose();
        pool.Dispose();
    }
}
