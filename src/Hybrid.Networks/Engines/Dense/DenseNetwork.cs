using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Engines.Dense;

/// <summary>
/// One transformer with its weights, run block by block forwards and backwards. All memory is planned by the constructor.
/// Single precision is for use; double precision makes finite differences sharp enough to check every derivative.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed unsafe class DenseNetwork<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly WorkerPool pool;
    private readonly DenseBlocks<T> blocks;

    /// <summary>Plans the network of a legal <paramref name="architecture"/>; pool and product stay the caller's.</summary>
    /// <exception cref="InsufficientMemoryException">Parameters or activations exceed the machine's memory.</exception>
    public DenseNetwork(Architecture architecture, WorkerPool pool, MatrixProduct<T> product)
    {
        Features.EnsureSupported("networks with real weights", DenseBlocks.Features, ArchitectureModule.EnsureValid(architecture));
        this.pool = pool;
        Layout = new ParameterLayout(architecture);
        Parameters = new NativeBuffer<T>(
            Layout.Length, $"parameters of {architecture.Depth} blocks of width {architecture.Width}, MLP width {architecture.MlpWidth}");
        BlockParameters<T> weights = new(Parameters.Pointer, Layout, null, GainLayout.None(architecture));
        blocks = new DenseBlocks<T>(architecture, 1, KeptActivations.ForStream, weights, default, pool, product);
    }

    /// <summary>Where each matrix lies in <see cref="Parameters"/>.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>All weights and biases.</summary>
    public NativeBuffer<T> Parameters { get; }

    /// <summary>x: [tokens, width], the residual stream where the forward pass stands; the caller writes the input here.</summary>
    public MatrixView<T> Stream => blocks.Stream;

    /// <summary>G: [tokens, width], the loss gradient where the backward pass stands; the caller writes the output's here.</summary>
    public MatrixView<T> Gradient => blocks.Gradient;

    /// <summary>The matrix <paramref name="role"/> of block <paramref name="layer"/>, 1..depth, as [in, out].</summary>
    public MatrixView<T> Matrix(int layer, MatrixRole role) =>
        Parameters.Matrix(Layout.Offset(layer, role), Layout[role].Rows, Layout[role].Columns);

    /// <summary>A of block <paramref name="layer"/> as the last forward pass left it: [heads, tokens, tokens].</summary>
    public ReadOnlySpan<T> Probabilities(int layer) => blocks.Probabilities(layer);

    /// <summary>Draws the initial weights of block <paramref name="layer"/>, 1..depth, of network (seed, sample).</summary>
    public void Draw(ulong seed, int sample, int layer)
    {
        WeightDraw<T> draw = new(Layout, Parameters.Pointer + (layer - 1) * Layout.BlockLength, seed, sample, layer);
        pool.Run(&WeightDraw<T>.Fill, &draw);
    }

    /// <summary>Carries <see cref="Stream"/> through block <paramref name="layer"/>, keeping what its backward pass needs.</summary>
    public void Forward(int layer) => blocks.Forward(layer);

    /// <summary>Carries <see cref="Gradient"/> from the output to the input of block <paramref name="layer"/>.</summary>
    public void Backward(int layer) => blocks.Backward(layer);

    /// <inheritdoc/>
    public void Dispose()
    {
        Parameters.Dispose();
        blocks.Dispose();
    }
}
