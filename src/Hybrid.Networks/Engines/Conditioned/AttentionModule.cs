using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// Attention: queries, keys and values of every head in the coordinates that <see cref="HeadNormals"/> keeps, σ L Φ with
/// normal Φ: [r, e], and contexts A V in those of the values. What happens to them in between is the dense networks' own.
/// </summary>
internal sealed unsafe class AttentionModule<T> : IModule, IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Architecture architecture;
    private readonly CoordinatePlan plan;
    private readonly NativeBuffer<double> memory;
    private readonly ModuleScratch<T> scratch;
    private readonly SpannedRows<T> outputs;
    private readonly RotaryPositions<T> positions;
    private readonly int n, kept, headWidth, queries, keys;
    private readonly double logit, value;

    internal AttentionModule(
        Architecture architecture, ParameterLayout layout, CoordinatePlan plan, NativeBuffer<double> memory, ModuleScratch<T> scratch)
    {
        (this.architecture, this.plan, this.memory, this.scratch) = (architecture, plan, memory, scratch);
        (n, kept, headWidth) = (architecture.Tokens, HeadNormals.Kept(architecture), ArchitectureModule.HeadWidth(architecture));
        (queries, keys) = (architecture.Heads * kept, ArchitectureModule.KeyValueHeads(architecture) * kept);
        positions = new RotaryPositions<T>(architecture);
        outputs = new SpannedRows<T>(scratch);
        logit = layout[MatrixRole.Query].StandardDeviation;
        value = layout[MatrixRole.Value].StandardDeviation;
    }

    private MatrixView<T> ContextGradient => plan.ContextGradient.As<T>(memory).Slice(0, 0, n, queries);

    private bool Wide => kept < headWidth;

    /// <inheritdoc/>
    public bool Forward(ulong seed, int sample, SublayerState at)
    {
        int rank = at.InputRank;
        MatrixView<T> input = scratch.Small(StorageMatrix.Input, n, rank), images = Images(at);
        Precision.Narrow(at.Input.Slice(0, 0, n, rank), input);
        Draw(images, seed, sample, at);
        MatrixView<T> projected = Kept(plan.Projected, at);
        scratch.Product.Multiply(
            input, images.Slice(0, 0, rank, queries + keys), projected.Slice(0, 0, n, queries + keys), T.CreateChecked(logit));
        scratch.Product.Multiply(input, Values(images), Values(projected), T.CreateChecked(value));
        AttentionHeads<T> heads = Heads(at) with { Context = SpannedRows<T>.Destination(at.OutputSpan<T>(), ContextGradient) };
        QueriesAndKeys(at).Forward(scratch.Pool, heads.Query, heads.Key);
        scratch.Pool.Run(&AttentionHeads<T>.Forward, &heads);
        bool resolved = outputs.Take(at.OutputSpan<T>(), heads.Context, out int taken);
        at.OutputRank = taken;
        return resolved;
    }

    /// <inheritdoc/>
    public void Backward(ulong seed, int sample, SublayerState at, in ModuleGradient gradient, Span<double> weightGradients)
    {
        AttentionHeads<T> heads = Heads(at);
        MatrixView<T> noise = scratch.Noise(gradient.Factor.Columns, queries), images = Images(at);
        RandomKey key = RandomStream.AttentionOut.OfBlock(seed, sample, at.Layer);
        if (Wide)
            Fill(noise, key, first: false);
        else
            scratch.Draw(noise, key, 1);
        outputs.Recover(at.OutputSpan<T>(), at.OutputRank, gradient.Factor, gradient.Known, noise, heads.Context);
        scratch.Pool.Run(&AttentionHeads<T>.BackwardRows, &heads);
        scratch.Pool.Run(&AttentionHeads<T>.BackwardColumns, &heads);
        QueriesAndKeys(at).Backward(scratch.Pool, heads.QueryGradient, heads.KeyGradient);

        MatrixView<T> along = scratch.Small(StorageMatrix.InputGradient, n, at.InputRank),
            gram = scratch.Small(StorageMatrix.GradientGram, n, n);
        MatrixView<T> reached = plan.ProjectedGradient.As<T>(memory);
        MatrixView<double> wide = scratch.Small(SmallMatrix.WidenedGram, n, n);
        int rank = at.InputRank;
        scratch.Product.Multiply(
            reached.Slice(0, 0, n, queries + keys), images.Slice(0, 0, rank, queries + keys).Transposed, along, T.CreateChecked(logit));
        scratch.Product.Multiply(Values(reached), Values(images).Transposed, along, T.CreateChecked(value), accumulate: true);
        for (int part = 0; part < 3; part++)
        {
            scratch.Product.Gram(Part(reached, part), gram, T.One);
            Precision.Widen(gram, wide);
            double deviation = part < 2 ? logit : value;
            weightGradients[(int)MatrixRole.Query + part] = gradient.Add(wide, deviation * deviation, part == 0);
        }

        Precision.Widen(along, gradient.AlongInput);
    }

    /// <inheritdoc/>
    public void Dispose() => positions.Dispose();

    /// <summary>A of the sublayer's block: [H n, n].</summary>
    internal MatrixView<T> Probabilities(SublayerState at) => Kept(plan.Probabilities, at);

    // Of z's directions.
    private static MatrixView<T> Images(SublayerState at)
    {
        MatrixView<T> images = at.InputImages<T>();
        return images.Slice(0, 0, at.InputRank, images.Columns);
    }

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
            Fill(Part(images, part), parts[part].OfBlock(seed, sample, at.Layer), first: part > 0);
    }

    private void Fill(MatrixView<T> result, in RandomKey key, bool first)
    {
        scratch.Normals.Start(key);
        HeadNormals.Fill(
            result, architecture.Heads, headWidth, first, scratch.Strip(result.Rows, kept), scratch.Normals);
    }

    private AttentionHeads<T> Heads(SublayerState at)
    {
        MatrixView<T> projected = Kept(plan.Projected, at), reached = plan.ProjectedGradient.As<T>(memory);
        return AttentionHeads<T>.Of(architecture, at.Layer, gainsLearn: false) with
        {
            Buffers = scratch.Product.Buffers,
            Query = Part(projected, 0),
            Key = Part(projected, 1),
            Value = Values(projected),
            Probabilities = Probabilities(at),
            Capped = Kept(plan.Capped, at),
            LogitGradient = plan.LogitGradient.As<T>(memory),
            Context = ContextGradient,
            QueryGradient = Part(reached, 0),
            KeyGradient = Part(reached, 1),
            ValueGradient = Values(reached),
        };
    }

    private QueryKeyStages<T> QueriesAndKeys(SublayerState at) => new()
    {
        QueryNorm = Norm(Kept(plan.NormalisedQuery, at), Kept(plan.QueryScale, at)),
        KeyNorm = Norm(Kept(plan.NormalisedKey, at), Kept(plan.KeyScale, at)),
        Turn = positions.Turn(at.Layer),
    };

    // Of the e coordinates that are kept of each head's d_k.
    private HeadNormalisation<T>? Norm(MatrixView<T> normalised, MatrixView<T> scale)
    {
        if (scale.Rows == 0)
            return null;
        int together = normalised.Columns / scale.Columns;
        return new() { Width = together, Norm = new(together / kept * headWidth), Normalised = normalised, Scale = scale };
    }

    // Queries, keys, values: 0, 1, 2, beside each other in [rows, P + gap].
    private MatrixView<T> Part(MatrixView<T> rows, int part) => part == 0
        ? rows.Slice(0, 0, rows.Rows, queries)
        : rows.Slice(0, queries + (part - 1) * keys, rows.Rows, keys);

    private MatrixView<T> Values(MatrixView<T> rows) => Part(rows, 2);

    private MatrixView<T> Kept(Slot slot, SublayerState at) => slot.As<T>(memory, (at.Layer - 1) * plan.BlockLength);
}
