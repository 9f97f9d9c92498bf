using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Blocks;

/// <content>What published networks add: biases behind products with matrices, shifts behind gains.</content>
internal sealed unsafe partial class DenseBlocks<T>
{
    // Norms around a module: before it, on its branch, on its sum.
    private const int Places = (int)GainPlace.Sum + 1;

    // Sums of shifts, which stay until their sublayer's end, stand before those of biases.
    private long FirstBiasSum => additions.Layout!.HasShifts ? (long)Places * chunks * architecture.Width : 0;

    /// <summary>Elements of the sums that gradients of added vectors take; 0 without any.</summary>
    internal static Int128 SumsLength(AdditionLayout? layout, long chunks, int width) =>
        layout is null ? 0 : chunks * (layout.LongestBias + (layout.HasShifts ? Places * (Int128)width : 0));

    private Placement<T> Published(Placement<T> plain, int layer, BlockSublayer sublayer) => plain with
    {
        Normalisation = plain.Normalisation.Under(form),
        InputShift = additions.Shift(layer, new(sublayer.Module, GainPlace.Input)),
        BranchShift = additions.Shift(layer, new(sublayer.Module, GainPlace.Branch)),
        SumShift = additions.Shift(layer, new(sublayer.Module, GainPlace.Sum)),
        InputShiftSums = ShiftSums(layer, new(sublayer.Module, GainPlace.Input)),
        BranchShiftSums = ShiftSums(layer, new(sublayer.Module, GainPlace.Branch)),
        SumShiftSums = ShiftSums(layer, new(sublayer.Module, GainPlace.Sum)),
    };

    // rows: [R, columns], the outputs of a product, which get its bias where it has one.
    private void AddBias(int layer, MatrixRole role, MatrixView<T> rows)
    {
        RowBias<T> bias = new() { Rows = rows, Bias = additions.Bias(layer, role) };
        if (bias.Bias.Rows > 0)
            pool.Run(&RowBias<T>.Forward, &bias);
    }

    private void LearnBias(int layer, MatrixRole role, MatrixView<T> gradient)
    {
        if (additionSums is null || additionGradients.Bias(layer, role) is not { Rows: > 0 } result)
            return;
        RowBias<T> bias = new() { Rows = gradient, Sums = additionSums.Matrix(FirstBiasSum, chunks, gradient.Columns) };
        pool.Run(&RowBias<T>.Backward, &bias);
        RowChunks.Add(bias.Sums, result);
    }

    // One of three parts of the sums for each place of a norm.
    private MatrixView<T> ShiftSums(int layer, GainRole role) =>
        additionSums is null || additions.Shift(layer, role).Rows == 0
            ? default
            : additionSums.Matrix((long)role.Place * chunks * architecture.Width, chunks, architecture.Width);

    private void AddShifts(int layer, ModuleKind module, in Placement<T> placement)
    {
        AddShift(layer, new(module, GainPlace.Input), placement.InputShiftSums);
        AddShift(layer, new(module, GainPlace.Branch), placement.BranchShiftSums);
        AddShift(layer, new(module, GainPlace.Sum), placement.SumShiftSums);
    }

    private void AddShift(int layer, GainRole role, MatrixView<T> sums)
    {
        if (sums.Rows > 0)
            RowChunks.Add(sums, additionGradients.Shift(layer, role));
    }
}
