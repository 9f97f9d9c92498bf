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
/// σ_w L Φ with normal Φ = U W_1/σ_w: [r, m].
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
    private readonly double entering, biasDeviation;

    internal MlpModule(
        Architecture architecture, ParameterLayout layout, CoordinatePlan plan, NativeBuffer<double> memory, ModuleScratch<T> scratch)
    {
        (this.plan, this.memory, this.scratch) = (plan, memory, scratch);
        (n, m, gates) = (architecture.Tokens, architecture.MlpWidth, architecture.Gated ? 2 : 1);
        outputs = new SpannedRows<T>(scratch);
        kernels = ActivationKernels<T>.InOwnPrecision(architecture.Activation);
        entering = layout[MatrixRole.MlpIn].StandardDeviation;
        biasDeviation = layout[MatrixRole.MlpBias].StandardDeviation;
    }

    /// <inheritdoc/>
    public bool Forward(ulong seed, int sample, SublayerState at)
    {
        int rank = at.InputRank;
        MatrixView<T> input = scratch.Small(StorageMatrix.Input, n, rank), images = at.InputImages<T>();
        Precision.Narrow(at.Input.Slice(0, 0, n, rank), input);
        HiddenLayer<T> hidden = Layer(at) with { Hidden = SpannedRows<T>.Destination(at, plan.Hidden.As<T>(memory)) };
        for (int gate = 0; gate < gates; gate++)
        {
            MatrixView<T> part = Gate(images, gate, rank);
            RandomStream stream = gate == 0 ? RandomStream.MlpIn : RandomStream.MlpUp;
            scratch.Draw(part, stream.OfBlock(seed, sample, at.Layer), 1);
            scratch.Product.Multiply(input, part, gate == 0 ? hidden.PreActivation : hidden.Up, T.CreateChecked(entering));
        }

        scratch.Draw(hidden.Bias, RandomStream.MlpBias.OfBlock(seed, sample, at.Layer), biasDeviation);
        scratch.Pool.Run(&HiddenLayer<T>.Forward, &hidden);
        return outputs.Take(at, hidden.Hidden);
    }

    /// <inheritdoc/>
    public void Backward(ulong seed, int sample, SublayerState at, in ModuleGradient gradient, Span<double> weightGradients)
    {
        HiddenLayer<T> hidden = Layer(at);
        MatrixView<T> noise = scratch.Noise(gradient.Factor.Columns, m), images = at.InputImages<T>();
        scratch.Draw(noise, RandomStream.MlpOut.OfBlock(seed, sample, at.Layer), 1);
        outputs.Recover(at, gradient.Factor, gradient.Known, noise, hidden.Gradient);
        scratch.Pool.Run(&HiddenLayer<T>.Backward, &hidden);

        MatrixView<T> along = scratch.Small(StorageMatrix.InputGradient, n, at.InputRank),
            gram = scratch.Small(StorageMatrix.GradientGram, n, n);
        MatrixView<double> wide = scratch.Small(SmallMatrix.WidenedGram, n, n);
        for (int gate = 0; gate < gates; gate++)
        {
            MatrixView<T> reached = gate == 0 ? hidden.Gradient : hidden.UpGradient;
            scratch.Product.Multiply(reached, Gate(images, gate, at.InputRank).Transposed, along, T.CreateChecked(entering), gate > 0);
            scratch.Product.Gram(reached, gram, T.One);
            Precision.Widen(gram, wide);
            weightGradients[(int)(gate == 0 ? MatrixRole.MlpIn : MatrixRole.MlpUp)] = gradient.Add(wide, entering * entering, gate == 0);
            if (gate == 0)
                weightGradients[(int)MatrixRole.MlpBias] = Sum(wide);
        }

        Precision.Widen(along, gradient.AlongInput);
    }

    // The images' slot holds one gate's [r, m] behind the other's.
    private MatrixView<T> Gate(MatrixView<T> images, int gate, int rank) => new(images.Data + (long)gate * n * m, rank, m);

    private HiddenLayer<T> Layer(SublayerState at)
    {
        long shift = (at.Layer - 1) * plan.BlockLength;
        T* pre = plan.PreActivation.As<T>(memory, shift).Data, reached = plan.HiddenGradient.As<T>(memory).Data;
        return new()
        {
            Kernels = kernels,
            Gated = gates > 1,
            Bias = plan.Bias.As<T>(memory, shift),
            PreActivation = new MatrixView<T>(pre, n, m),
            Up = new MatrixView<T>(pre + (long)n * m, gates > 1 ? n : 0, m),
            Hidden = plan.Hidden.As<T>(memory),
            Gradient = new MatrixView<T>(reached, n, m),
            UpGradient = new MatrixView<T>(reached + (long)n * m, gates > 1 ? n : 0, m),
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
