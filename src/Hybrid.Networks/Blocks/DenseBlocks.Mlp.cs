using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Blocks;

/// <content>The MLP: one for all tokens, or experts, of which each token has some.</content>
internal sealed unsafe partial class DenseBlocks<T>
{
    // One of a block's MLPs on some rows: input and branch: [rows, d]; the hidden layer's begin at first.
    private void MlpForward(int layer, int mlp, int first, MatrixView<T> input, MatrixView<T> branch)
    {
        HiddenLayer<T> hidden = Hidden(layer, mlp, first, input.Rows);
        product.Multiply(input, weights.Matrix(layer, MatrixRole.MlpIn, mlp), hidden.PreActivation, T.One);
        if (architecture.Gated)
        {
            product.Multiply(input, weights.Matrix(layer, MatrixRole.MlpUp, mlp), hidden.Up, T.One);
            AddBias(layer, MatrixRole.MlpUp, hidden.Up);
        }

        pool.Run(&HiddenLayer<T>.Forward, &hidden);
        product.Multiply(hidden.Hidden, weights.Matrix(layer, MatrixRole.MlpOut, mlp), branch, T.One);
        AddBias(layer, MatrixRole.MlpOut, branch);
    }

    private void MlpBackward(
        int layer, int mlp, int first, MatrixView<T> input, MatrixView<T> branchGradient, MatrixView<T> inputGradient)
    {
        HiddenLayer<T> hidden = Hidden(layer, mlp, first, input.Rows);
        product.Multiply(branchGradient, weights.Matrix(layer, MatrixRole.MlpOut, mlp).Transposed, hidden.Gradient, T.One);
        pool.Run(&HiddenLayer<T>.Backward, &hidden);
        Learn(layer, MatrixRole.MlpOut, mlp, hidden.Hidden, branchGradient);
        LearnBias(layer, MatrixRole.MlpOut, branchGradient);
        if (LearnsParameters)
            RowChunks.Add(hidden.BiasSums, gradients.Matrix(layer, MatrixRole.MlpBias, mlp));
        Learn(layer, MatrixRole.MlpIn, mlp, input, hidden.Gradient);
        product.Multiply(hidden.Gradient, weights.Matrix(layer, MatrixRole.MlpIn, mlp).Transposed, inputGradient, T.One);
        if (!architecture.Gated)
            return;
        Learn(layer, MatrixRole.MlpUp, mlp, input, hidden.UpGradient);
        LearnBias(layer, MatrixRole.MlpUp, hidden.UpGradient);
        MatrixView<T> up = weights.Matrix(layer, MatrixRole.MlpUp, mlp);
        product.Multiply(hidden.UpGradient, up.Transposed, inputGradient, T.One, accumulate: true);
    }

    private void ExpertsForward(int layer, ExpertRouting<T> routing)
    {
        product.Multiply(routing.Input, weights.Matrix(layer, MatrixRole.Router), routing.Logits, T.One);
        routing.Choose();
        pool.Run(&ExpertRouting<T>.Gather, &routing);
        for (int expert = 0; expert < routing.Mlps; expert++)
        {
            (int first, int rows) = routing.RowsOf(expert);
            if (rows > 0)
                MlpForward(layer, expert, first, Rows(routing.Seen, first, rows), Rows(routing.Made, first, rows));
        }

        pool.Run(&ExpertRouting<T>.Combine, &routing);
    }

    private void ExpertsBackward(int layer, ExpertRouting<T> routing)
    {
        pool.Run(&ExpertRouting<T>.CombineBackward, &routing);
        Learn(layer, MatrixRole.Router, routing.Input, routing.LogitGradient);
        product.Multiply(
            routing.LogitGradient, weights.Matrix(layer, MatrixRole.Router).Transposed, routing.InputGradient, T.One);
        for (int expert = 0; expert < routing.Mlps; expert++)
        {
            (int first, int rows) = routing.RowsOf(expert);
            if (rows > 0)
            {
                MlpBackward(
                    layer, expert, first, Rows(routing.Seen, first, rows), Rows(routing.MadeGradient, first, rows),
                    Rows(routing.SeenGradient, first, rows));
            }
            else
            {
                LearnNothing(layer, expert);
            }
        }

        pool.Run(&ExpertRouting<T>.GatherBackward, &routing);
    }

    // The gradient of one MLP's part of a matrix.
    private void Learn(int layer, MatrixRole role, int mlp, MatrixView<T> input, MatrixView<T> gradient)
    {
        if (LearnsParameters)
            product.Multiply(input.Transposed, gradient, gradients.Matrix(layer, role, mlp), T.One);
    }

    // An expert that no token chose.
    private void LearnNothing(int layer, int mlp)
    {
        if (!LearnsParameters)
            return;
        foreach (MatrixRole role in (ReadOnlySpan<MatrixRole>)[MatrixRole.MlpIn, MatrixRole.MlpBias, MatrixRole.MlpUp, MatrixRole.MlpOut])
        {
            MatrixView<T> gradient = gradients.Matrix(layer, role, mlp);
            for (int row = 0; row < gradient.Rows; row++)
                gradient.Row(row).Clear();
        }
    }

    private HiddenLayer<T> Hidden(int layer, int mlp, int first, int rows)
    {
        MatrixView<T> bias = weights.Matrix(layer, MatrixRole.MlpBias, mlp);
        return stages.Hidden(layer, bias).Of(first, rows, bias);
    }

    private static MatrixView<T> Rows(MatrixView<T> matrix, int first, int rows) => matrix.Slice(first, 0, rows, matrix.Columns);
}
