using System.Numerics;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Blocks.Activations;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>
/// The map before the unembedding of masked language models: y = γ ∘ N φ(z W + b) + β, with the network's own φ. Backwards through the
/// norm, then as a hidden layer: with g the gradient at z W + b, at z it is g Wᵀ and at W zᵀ g.
/// </summary>
internal sealed unsafe class HeadTransform<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly WorkerPool pool;
    private readonly MatrixProduct<T> product;
    private readonly ActivationKernels<T> kernels;
    private readonly Normalisation norm;
    private readonly NativeBuffer<T> memory;
    private readonly int rows, width, chunks;

    internal HeadTransform(ModelOptions model, int sequences, WorkerPool pool, MatrixProduct<T> product)
    {
        (this.pool, this.product) = (pool, product);
        kernels = ActivationKernels<T>.InOwnPrecision(model.Architecture.Activation);
        norm = new Normalisation(model.Architecture.Width).Under(model.Form);
        (rows, width) = (checked(sequences * model.Architecture.Tokens), model.Architecture.Width);
        chunks = (int)RowChunks.Count(rows);
        memory = new NativeBuffer<T>(((Int128)5 * rows + 3 * chunks) * width + rows, "map before the unembedding");
    }

    /// <summary>y: [R, d], after <see cref="Forward"/>.</summary>
    internal MatrixView<T> Output => Part(0);

    private MatrixView<T> PreActivation => Part(1);

    private MatrixView<T> Hidden => Part(2);

    private MatrixView<T> Normalised => Part(3);

    private MatrixView<T> Gradient => Part(4);

    /// <summary>y of z: [R, d] each.</summary>
    internal MatrixView<T> Forward(MatrixView<T> input, HeadParameters<T> parameters)
    {
        product.Multiply(input, parameters.Transform, PreActivation, T.One);
        HiddenLayer<T> hidden = Layer(parameters);
        pool.Run(&HiddenLayer<T>.Forward, &hidden);
        FinalNormalisation<T> final = Norm(parameters) with { Stream = Hidden };
        pool.Run(&FinalNormalisation<T>.Forward, &final);
        return Output;
    }

    /// <summary>The gradient at y, overwritten by the one at z: [R, d]; and those at the map's parameters.</summary>
    internal void Backward(MatrixView<T> input, MatrixView<T> gradient, HeadParameters<T> parameters, HeadParameters<T> gradients)
    {
        FinalNormalisation<T> final = Norm(parameters) with { Gradient = gradient };
        pool.Run(&FinalNormalisation<T>.Backward, &final);
        RowChunks.Add(final.GainSums, gradients.Gain);
        if (parameters.Shift.Rows > 0)
            RowChunks.Add(final.ShiftSums, gradients.Shift);
        for (int row = 0; row < rows; row++)
            gradient.Row(row).CopyTo(Gradient.Row(row));
        HiddenLayer<T> hidden = Layer(parameters) with { Gradient = Gradient };
        pool.Run(&HiddenLayer<T>.Backward, &hidden);
        RowChunks.Add(hidden.BiasSums, gradients.TransformBias);
        product.Multiply(input.Transposed, Gradient, gradients.Transform, T.One);
        product.Multiply(Gradient, parameters.Transform.Transposed, gradient, T.One);
    }

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();

    private MatrixView<T> Part(int number) => memory.Matrix((long)number * rows * width, rows, width);

    // Sums of gain, shift and bias, behind the five parts.
    private MatrixView<T> Sums(int number) => memory.Matrix(((long)5 * rows + number * chunks) * width, chunks, width);

    private HiddenLayer<T> Layer(HeadParameters<T> parameters) => new()
    {
        Kernels = kernels,
        Bias = parameters.TransformBias,
        PreActivation = PreActivation,
        Hidden = Hidden,
        BiasSums = Sums(2),
    };

    private FinalNormalisation<T> Norm(HeadParameters<T> parameters) => new()
    {
        Norm = norm,
        Gain = parameters.Gain,
        Shift = parameters.Shift,
        Normalised = Normalised,
        Output = Output,
        Scale = memory.Matrix(((long)5 * rows + 3 * chunks) * width, rows, 1),
        GainSums = Sums(0),
        ShiftSums = parameters.Shift.Rows > 0 ? Sums(1) : default,
    };
}
