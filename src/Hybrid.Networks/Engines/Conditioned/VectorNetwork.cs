using Hybrid.Architectures;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;
using Hybrid.Networks.Tangents;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// One random transformer whose vectors have all their coordinates, in double precision, on weights that are known only
/// through what was asked of them. For what a network in coordinates (<see cref="CoordinateNetwork"/>) cannot follow: tanh
/// in a norm's place acts on every coordinate of the stream, and tokens that choose their experts ask each about rows of their own.
/// </summary>
internal sealed unsafe class VectorNetwork : IRandomNetwork
{
    private readonly MatrixProduct<double> product;
    private readonly ConditionedNetwork network;
    private readonly ExactGram tokens;
    private readonly ExactGram outputGradient;
    private ulong seed;
    private int sample;

    /// <summary>Plans a legal architecture; pool and product stay the caller's.</summary>
    internal VectorNetwork(Architecture architecture, WorkerPool pool, MatrixProduct<double> product)
    {
        this.product = product;
        (int n, int d) = (architecture.Tokens, architecture.Width);
        network = new ConditionedNetwork(architecture, n, pool, product);
        GramFactor input = GramFactor.Equicorrelated(n, architecture.Input.Norm, architecture.Input.Correlation);
        tokens = new ExactGram(input, d, pool, product, "input tokens");
        outputGradient = new ExactGram(GramFactor.Identity(n), d, pool, product, "orthogonal output gradients");
    }

    /// <summary>Bytes that a network takes.</summary>
    internal static Int128 Bytes(Architecture architecture)
    {
        Int128 n = architecture.Tokens, d = architecture.Width;
        return ConditionedNetwork.Bytes(architecture, architecture.Tokens) + 2 * sizeof(double) * (3 * n * d + 3 * n * n);
    }

    /// <inheritdoc/>
    public void Begin(ulong seed, int sample)
    {
        (this.seed, this.sample) = (seed, sample);
        tokens.Fill(network.Stream, RandomStream.InputTokens.OfInput(seed, sample));
    }

    /// <inheritdoc/>
    public void Forward(int layer) => network.Forward(seed, sample, layer);

    /// <inheritdoc/>
    public void BeginBackward() => outputGradient.Fill(network.Gradient, RandomStream.LossGradient.OfInput(seed, sample));

    /// <inheritdoc/>
    public void Backward(int layer, Span<double> weightGradients) => network.Backward(layer, weightGradients);

    /// <inheritdoc/>
    public void MeasureStream(double[] result) => Measure(network.Stream, result);

    /// <inheritdoc/>
    public void MeasureGradient(double[] result) => Measure(network.Gradient, result);

    /// <inheritdoc/>
    public ReadOnlySpan<double> Probabilities(int layer) => network.Probabilities(layer);

    /// <inheritdoc/>
    public void Dispose()
    {
        network?.Dispose();
        tokens?.Dispose();
        outputGradient?.Dispose();
    }

    private void Measure(MatrixView<double> rows, double[] result)
    {
        fixed (double* gram = result)
            product.Gram(rows, new MatrixView<double>(gram, rows.Rows, rows.Rows), 1.0 / rows.Columns);
    }
}
