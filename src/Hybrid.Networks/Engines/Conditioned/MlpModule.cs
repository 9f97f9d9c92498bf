using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Blocks.Activations;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// The MLP: the hidden layer, where φ acts on every coordinate, is all that is formed. With z = L U, pre-activations are
/// σ_w L Φ with normal Φ = U W_1/σ_w: [r, m]. A block with experts has several, each of which sees some of the rows
/// (<see cref="ExpertsModule{T}"/>).
/// </summary>
internal sealed unsafe class MlpModule<T> : IModule
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly CoordinatePlan plan;
    private readonly NativeBuffer<double> memory;
    private readonly ModuleScratch<T> scratch;
    private readonly SpannedRows<T> outputs;
    private readonly ActivationKernels<T> kernels;
    private readonly int n, m, gates;
    private readonly long gateLength;
    private readonly double entering, biasDeviation;

    internal MlpModule(
        Architecture architecture, ParameterLayout layout, CoordinatePlan plan, NativeBuffer<double> memory, ModuleScratch<T> scratch)
    {
        (this.plan, this.memory, this.scratch) = (plan, memory, scratch);
        (n, m, gates) = (architecture.Tokens, architecture.MlpWidth, architecture.Gated ? 2 : 1);
        gateLength = (long)plan.PreActivation.Rows * m;
        outputs = new SpannedRows<T>(scratch);
        kernels = ActivationKernels<T>.InOwnPrecision(architecture.Activation);
        entering = layout[MatrixRole.MlpIn].StandardDeviation;
        biasDeviation = layout[MatrixRole.MlpBias].StandardDeviation;
    }

    /// <inheritdoc/>
    public bool Forward(ulong seed, int sample, SublayerState at)
    {
        MatrixView<double> input = at.Input.Slice(0, 0, n, at.InputRank);
        bool resolved = Forward(seed, sample, at, new(0, 0, n), input, at.OutputSpan<T>(), out int rank);
        at.OutputRank = rank;
        return resolved;
    }

    /// <inheritdoc/>
    public void Backward(ulong seed, int sample, SublayerState at, in ModuleGradient gradient, Span<double> weightGradients)
    {
        Clear(weightGradients);
        Backward(seed, sample, at, new(0, 0, n), at.OutputSpan<T>(), at.OutputRank, gradient, weightGradients);
    }

    /// <summary>The module on some rows, z = <paramref name="input"/> in a frame of their span; false as of the module.</summary>
    /// <param name="seed">Of the network.</param>
    /// <param name="sample">Of the network.</param>
    /// <param name="at">The sublayer.</param>
    /// <param name="rows">Which MLP, and which rows.</param>
    /// <param name="input">L: [R, r].</param>
    /// <param name="span">Where what the output matrix sees is kept: [R, m].</param>
    /// <param name="rank">Its dimension.</param>
    internal bool Forward(
        ulong seed, int sample, SublayerState at, MlpRows rows, MatrixView<double> input, in RowSpan<T> span, out int rank)
    {
        MatrixView<T> narrow = scratch.Small(StorageMatrix.Input, rows.Count, input.Columns);
        Precision.Narrow(input, narrow);
        HiddenLayer<T> hidden = Layer(at, rows);
        hidden.Hidden = SpannedRows<T>.Destination(span, hidden.Hidden);
        for (int gate = 0; gate < gates; gate++)
        {
            MatrixView<T> part = Images(at, rows, gate, input.Columns);
            RandomStream stream = gate == 0 ? RandomStream.MlpIn : RandomStream.MlpUp;
            scratch.Draw(part, stream.OfBlock(seed, sample, at.Layer), 1, FirstNormal(rows));
            scratch.Product.Multiply(narrow, part, gate == 0 ? hidden.PreActivation : hidden.Up, T.CreateChecked(entering));
        }

        scratch.Draw(hidden.Bias, RandomStream.MlpBias.OfBlock(seed, sample, at.Layer), biasDeviation, (long)rows.Mlp * m);
        scratch.Pool.Run(&HiddenLayer<T>.Forward, &hidden);
        return outputs.Take(span, hidden.Hidden, out rank);
    }

    /// <summary>
    /// Its way back; squared norms of gradients are added to those of other MLPs, from <see cref="Clear"/> on.
    /// </summary>
    internal void Backward(
        ulong seed, int sample, SublayerState at, MlpRows rows, in RowSpan<T> span, int rank, in ModuleGradient gradient,
        Span<double> weightGradients)
    {
        HiddenLayer<T> hidden = Layer(at, rows);
        MatrixView<T> noise = scratch.Noise(gradient.Factor.Columns, m);
        scratch.Draw(noise, RandomStream.MlpOut.OfBlock(seed, sample, at.Layer), 1, FirstNormal(rows));
        outputs.Recover(span, rank, gradient.Factor, gradient.Known, noise, hidden.Gradient);
        scratch.Pool.Run(&HiddenLayer<T>.Backward, &hidden);

        int inputRank = gradient.AlongInput.Columns;
        MatrixView<T> along = scratch.Small(StorageMatrix.InputGradient, rows.Count, inputRank),
            gram = scratch.Small(StorageMatrix.GradientGram, rows.Count, rows.Count);
        MatrixView<double> wide = scratch.Small(SmallMatrix.WidenedGram, rows.Count, rows.Count);
        for (int gate = 0; gate < gates; gate++)
        {
            MatrixView<T> reached = gate == 0 ? hidden.Gradient : hidden.UpGradient;
            MatrixView<T> images = Images(at, rows, gate, inputRank);
            scratch.Product.Multiply(reached, images.Transposed, along, T.CreateChecked(entering), gate > 0);
            scratch.Product.Gram(reached, gram, T.One);
            Precision.Widen(gram, wide);
            weightGradients[(int)(gate == 0 ? MatrixRole.MlpIn : MatrixRole.MlpUp)] += gradient.Add(wide, entering * entering, gate == 0);
            if (gate == 0)
                weightGradients[(int)MatrixRole.MlpBias] += Sum(wide);
        }

        Precision.Widen(along, gradient.AlongInput);
    }

    /// <summary>Zero for the gradients of the module's input matrices.</summary>
    internal void Clear(Span<double> weightGradients)
    {
        weightGradients[(int)MatrixRole.MlpIn] = weightGradients[(int)MatrixRole.MlpBias] = 0;
        if (gates > 1)
            weightGradients[(int)MatrixRole.MlpUp] = 0;
    }

    // MLPs before this one may draw [n, m] of each stream.
    private long FirstNormal(MlpRows rows) => (long)rows.Mlp * n * m;

    // The slot holds one gate's images behind the other's.
    private MatrixView<T> Images(SublayerState at, MlpRows rows, int gate, int rank) =>
        new(at.InputImages<T>().Data + gate * gateLength + (long)rows.First * m, rank, m);

    private HiddenLayer<T> Layer(SublayerState at, MlpRows rows)
    {
        long shift = (at.Layer - 1) * plan.BlockLength;
        int count = rows.Count;
        T* pre = plan.PreActivation.As<T>(memory, shift).Data + (long)rows.First * m, reached = plan.HiddenGradient.As<T>(memory).Data;
        return new()
        {
            Kernels = kernels,
            Gated = gates > 1,
            Bias = plan.Bias.As<T>(memory, shift).Slice(rows.Mlp, 0, 1, m),
            PreActivation = new MatrixView<T>(pre, count, m),
            Up = new MatrixView<T>(pre + gateLength, gates > 1 ? count : 0, m),
            Hidden = plan.Hidden.As<T>(memory).Slice(0, 0, count, m),
            Gradient = new MatrixView<T>(reached, count, m),
            UpGradient = new MatrixView<T>(reached + (long)n * m, gates > 1 ? count : 0, m),
        };
    }

    private static double Sum(MatrixView<double> matrix)
    {
        double sum = 0;
        foreach (double entry in new ReadOnlySpan<double>(matrix.Data, matrix.Rows * matrix.Columns))
            sum += entry;
        return sum;
    }
}
