using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// Attention: queries, keys and values of every head in the coordinates that <see cref="HeadNormals"/> keeps, σ L Φ with
/// normal Φ: [r, e], and contexts A V in those of the values.
/// </summary>
internal sealed unsafe class AttentionModule<T> : IModule
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Architecture architecture;
    private readonly CoordinatePlan plan;
    private readonly NativeBuffer<double> memory;
    private readonly ModuleScratch<T> scratch;
    private readonly SpannedRows<T> outputs;
    private readonly int n, width, headWidth;
    private readonly double logit, value;

    internal AttentionModule(
        Architecture architecture, ParameterLayout layout, CoordinatePlan plan, NativeBuffer<double> memory, ModuleScratch<T> scratch)
    {
        (this.architecture, this.plan, this.memory, this.scratch) = (architecture, plan, memory, scratch);
        (n, headWidth, width) =
            (architecture.Tokens, architecture.Width / architecture.Heads, architecture.Heads * HeadNormals.Kept(architecture));
        outputs = new SpannedRows<T>(scratch);
        logit = layout[MatrixRole.Query].StandardDeviation;
        value = layout[MatrixRole.Value].StandardDeviation;
    }

    private MatrixView<T> ContextGradient => plan.ContextGradient.As<T>(memory).Slice(0, 0, n, width);

    private bool Wide => width < architecture.Width;

    /// <inheritdoc/>
    public bool Forward(ulong seed, int sample, SublayerState at)
    {
        int rank = at.InputRank;
        MatrixView<T> input = scratch.Small(StorageMatrix.Input, n, rank), images = at.InputImages<T>();
        Precision.Narrow(at.Input.Slice(0, 0, n, rank), input);
        Draw(images, seed, sample, at);
        MatrixView<T> projected = Kept(plan.Projected, at);
        scratch.Product.Multiply(input, images.Slice(0, 0, rank, 2 * width), projected.Slice(0, 0, n, 2 * width), T.CreateChecked(logit));
        scratch.Product.Multiply(
            input, images.Slice(0, 2 * width, rank, width), projected.Slice(0, 2 * width, n, width), T.CreateChecked(value));
        AttentionHeads<T> heads = Heads(at) with { Context = SpannedRows<T>.Destination(at, ContextGradient) };
        scratch.Pool.Run(&AttentionHeads<T>.Forward, &heads);
        return outputs.Take(at, heads.Context);
    }

    /// <inheritdoc/>
    public void Backward(ulong seed, int sample, SublayerState at, in ModuleGradient gradient, Span<double> weightGradients)
    {
        AttentionHeads<T> heads = Heads(at);
        MatrixView<T> noise = scratch.Noise(gradient.Factor.Columns, width), images = at.InputImages<T>();
        RandomKey key = RandomStream.AttentionOut.OfBlock(seed, sample, at.Layer);
        if (Wide)
            Fill(noise, key, first: false);
        else
            scratch.Draw(noise, key, 1);
        outputs.Recover(at, gradient.Factor, gradient.Known, noise, heads.Context);
        scratch.Pool.Run(&AttentionHeads<T>.BackwardRows, &heads);
        scratch.Pool.Run(&AttentionHeads<T>.BackwardColumns, &heads);

        MatrixView<T> along = scratch.Small(StorageMatrix.InputGradient, n, at.InputRank),
            gram = scratch.Small(StorageMatrix.GradientGram, n, n);
        MatrixView<T> reached = plan.ProjectedGradient.As<T>(memory);
        MatrixView<double> wide = scratch.Small(SmallMatrix.WidenedGram, n, n);
        int rank = at.InputRank;
        scratch.Product.Multiply(
            reached.Slice(0, 0, n, 2 * width), images.Slice(0, 0, rank, 2 * width).Transposed, along, T.CreateChecked(logit));
        scratch.Product.Multiply(
            reached.Slice(0, 2 * width, n, width), images.Slice(0, 2 * width, rank, width).Transposed,
            along, T.CreateChecked(value), accumulate: true);
        for (int part = 0; part < 3; part++)
        {
            scratch.Product.Gram(reached.Slice(0, part * width, n, width), gram, T.One);
            Precision.Widen(gram, wide);
            double deviation = part < 2 ? logit : value;
            weightGradients[(int)MatrixRole.Query + part] = gradient.Add(wide, deviation * deviation, part == 0);
        }

        Precision.Widen(along, gradient.AlongInput);
    }

    /// <summary>A of the sublayer's block: [H n, n].</summary>
    internal MatrixView<T> Probabilities(SublayerState at) => Kept(plan.Probabilities, at);

    private void Draw(MatrixView<T> images, ulong seed, int sample, SublayerState at)
    {
        if (!Wide)
        {
            scratch.Draw(images, RandomStream.Query.OfBlock(seed, sample, at.Layer), 1);
            return;
        }

        // Queries, keys, values: where keys and values lie in the first coordinates alone.
        ReadOnlySpan<RandomStream> parts = [RandomStream.Query, RandomStream.Key, RandomStream.Value];
        for (int part = 0; part < parts.Length; part++)
            Fill(images.Slice(0, part * width, images.Rows, width), parts[part].OfBlock(seed, sample, at.Layer), first: part > 0);
    }

    private void Fill(MatrixView<T> result, in RandomKey key, bool first)
    {
        scratch.Normals.Start(key);
        HeadNormals.Fill(
            result, architecture.Heads, headWidth, first, scratch.Strip(result.Rows, width / architecture.Heads), scratch.Normals);
    }

    private AttentionHeads<T> Heads(SublayerState at)
    {
        MatrixView<T> projected = Kept(plan.Projected, at), reached = plan.ProjectedGradient.As<T>(memory);
        return new()
        {
            Heads = architecture.Heads,
            Groups = architecture.Heads,
            Span = AttentionSpan.Of(architecture.Mask, architecture.Tokens),
            Sink = T.NegativeInfinity,
            LogitScale = T.One / T.Sqrt(T.CreateChecked(headWidth)),
            Buffers = scratch.Product.Buffers,
            Query = projected.Slice(0, 0, n, width),
            Key = projected.Slice(0, width, n, width),
            Value = projected.Slice(0, 2 * width, n, width),
            Probabilities = Probabilities(at),
            LogitGradient = plan.LogitGradient.As<T>(memory),
            Context = ContextGradient,
            QueryGradient = reached.Slice(0, 0, n, width),
            KeyGradient = reached.Slice(0, width, n, width),
            ValueGradient = reached.Slice(0, 2 * width, n, width),
        };
    }

    private MatrixView<T> Kept(Slot slot, SublayerState at) => slot.As<T>(memory, (at.Layer - 1) * plan.BlockLength);
}
