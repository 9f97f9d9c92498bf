using System.Numerics;
using Hybrid.Networks.Linear;
using Hybrid.Theory;

namespace Hybrid.Networks.Dense;

/// <summary>
/// One transformer with its weights, run block by block forwards and backwards. All memory is planned by the constructor.
/// Single precision is for use; double precision makes finite differences sharp enough to check every derivative.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed unsafe class DenseNetwork<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Architecture architecture;
    private readonly WorkerPool pool;
    private readonly MatrixProduct<T> product;
    private readonly BlockStages<T> stages;

    /// <summary>Plans the network of a legal <paramref name="architecture"/>; pool and product stay the caller's.</summary>
    /// <exception cref="InsufficientMemoryException">Parameters or activations exceed the machine's memory.</exception>
    public DenseNetwork(Architecture architecture, WorkerPool pool, MatrixProduct<T> product)
    {
        this.architecture = ArchitectureModule.EnsureValid(architecture);
        this.pool = pool;
        this.product = product;
        Layout = new ParameterLayout(architecture);
        Parameters = new NativeBuffer<T>(
            Layout.Length, $"parameters of {architecture.Depth} blocks of width {architecture.Width}, MLP width {architecture.MlpWidth}");
        stages = new BlockStages<T>(architecture, product);
    }

    /// <summary>Where each matrix lies in <see cref="Parameters"/>.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>All weights and biases.</summary>
    public NativeBuffer<T> Parameters { get; }

    /// <summary>x: [tokens, width], the residual stream where the forward pass stands; the caller writes the input here.</summary>
    public MatrixView<T> Stream => stages.Stream;

    /// <summary>G: [tokens, width], the loss gradient where the backward pass stands; the caller writes the output's here.</summary>
    public MatrixView<T> Gradient => stages.Gradient;

    /// <summary>The matrix <paramref name="role"/> of block <paramref name="layer"/>, 1..depth, as [in, out].</summary>
    public MatrixView<T> Matrix(int layer, MatrixRole role) =>
        Parameters.Matrix(Layout.Offset(layer, role), Layout[role].Rows, Layout[role].Columns);

    /// <summary>A of block <paramref name="layer"/> as the last forward pass left it: [heads, tokens, tokens].</summary>
    public ReadOnlySpan<T> Probabilities(int layer) => stages.Probabilities(layer);

    /// <summary>Draws the initial weights of block <paramref name="layer"/>, 1..depth, of network (seed, sample).</summary>
    public void Draw(ulong seed, int sample, int layer)
    {
        WeightDraw<T> draw = new(Layout, Parameters.Pointer + (layer - 1) * Layout.BlockLength, seed, sample, layer);
        pool.Run(&WeightDraw<T>.Fill, &draw);
    }

    /// <summary>Carries <see cref="Stream"/> through block <paramref name="layer"/>, keeping what its backward pass needs.</summary>
    public void Forward(int layer)
    {
        Placement<T> placement = stages.AttentionPlacement(layer);
        pool.Run(&Placement<T>.Enter, &placement);
        AttentionForward(layer, placement.Input, placement.Branch);
        pool.Run(&Placement<T>.Leave, &placement);

        placement = stages.MlpPlacement(layer);
        pool.Run(&Placement<T>.Enter, &placement);
        MlpForward(layer, placement.Input, placement.Branch);
        pool.Run(&Placement<T>.Leave, &placement);
    }

    /// <summary>Carries <see cref="Gradient"/> from the output to the input of block <paramref name="layer"/>.</summary>
    public void Backward(int layer)
    {
        Placement<T> placement = stages.MlpPlacement(layer) with { Stream = Gradient };
        pool.Run(&Placement<T>.LeaveBackward, &placement);
        MlpBackward(layer, placement.Branch, placement.InputGradient);
        pool.Run(&Placement<T>.EnterBackward, &placement);

        placement = stages.AttentionPlacement(layer) with { Stream = Gradient };
        pool.Run(&Placement<T>.LeaveBackward, &placement);
        AttentionBackward(layer, placement.Branch, placement.InputGradient);
        pool.Run(&Placement<T>.EnterBackward, &placement);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Parameters.Dispose();
        stages.Dispose();
    }

    // input: [n, d], branch: [n, d].
    private void AttentionForward(int layer, MatrixView<T> input, MatrixView<T> branch)
    {
        AttentionHeads<T> heads = stages.Heads(layer);
        product.Multiply(input, Matrix(layer, MatrixRole.Query), heads.Query, T.One);
        product.Multiply(input, Matrix(layer, MatrixRole.Key), heads.Key, T.One);
        product.Multiply(input, Matrix(layer, MatrixRole.Value), heads.Value, T.One);
        pool.Run(&AttentionHeads<T>.Forward, &heads);
        product.Multiply(heads.Context, Matrix(layer, MatrixRole.AttentionOut), branch, T.One);
    }

    private void AttentionBackward(int layer, MatrixView<T> branch, MatrixView<T> input)
    {
        AttentionHeads<T> heads = stages.Heads(layer);
        product.Multiply(branch, Matrix(layer, MatrixRole.AttentionOut).Transposed, heads.Context, T.One);
        pool.Run(&AttentionHeads<T>.BackwardRows, &heads);
        pool.Run(&AttentionHeads<T>.BackwardColumns, &heads);
        product.Multiply(heads.QueryGradient, Matrix(layer, MatrixRole.Query).Transposed, input, T.One);
        product.Multiply(heads.KeyGradient, Matrix(layer, MatrixRole.Key).Transposed, input, T.One, accumulate: true);
        product.Multiply(heads.ValueGradient, Matrix(layer, MatrixRole.Value).Transposed, input, T.One, accumulate: true);
    }

    private void MlpForward(int layer, MatrixView<T> input, MatrixView<T> branch)
    {
        HiddenLayer<T> hidden = Hidden(layer);
        product.Multiply(input, Matrix(layer, MatrixRole.MlpIn), hidden.PreActivation, T.One);
        if (architecture.Gated)
            product.Multiply(input, Matrix(layer, MatrixRole.MlpUp), hidden.Up, T.One);
        pool.Run(&HiddenLayer<T>.Forward, &hidden);
        product.Multiply(hidden.Hidden, Matrix(layer, MatrixRole.MlpOut), branch, T.One);
    }

    private void MlpBackward(int layer, MatrixView<T> branch, MatrixView<T> input)
    {
        HiddenLayer<T> hidden = Hidden(layer);
        product.Multiply(branch, Matrix(layer, MatrixRole.MlpOut).Transposed, hidden.Gradient, T.One);
        pool.Run(&HiddenLayer<T>.Backward, &hidden);
        product.Multiply(hidden.Gradient, Matrix(layer, MatrixRole.MlpIn).Transposed, input, T.One);
        if (architecture.Gated)
            product.Multiply(hidden.UpGradient, Matrix(layer, MatrixRole.MlpUp).Transposed, input, T.One, accumulate: true);
    }

    private HiddenLayer<T> Hidden(int layer) => stages.Hidden(layer, Matrix(layer, MatrixRole.MlpBias));
}
