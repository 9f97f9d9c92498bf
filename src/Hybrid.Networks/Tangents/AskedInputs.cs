using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// Matrices of a block that see the same inputs, what they are asked about on that side, and the tokens among it.
/// </summary>
internal sealed unsafe class AskedInputs : IDisposable
{
    private readonly ConditioningWorkspace workspace;
    private readonly NativeBuffer<double> coefficients;
    private readonly MatrixRole[] roles;
    private readonly ConditionedMatrix[] matrices;

    /// <summary>Matrices of given roles for so many tokens of so many coordinates.</summary>
    internal AskedInputs(
        ConditioningWorkspace workspace, ParameterLayout layout, (int Tokens, int Dimension) inputs, params ReadOnlySpan<MatrixRole> roles)
    {
        this.workspace = workspace;
        this.roles = roles.ToArray();
        (int tokens, int dimension) = inputs;
        Basis = new RowBasis(Math.Min(workspace.Vectors, dimension), dimension);
        coefficients = new NativeBuffer<double>((long)tokens * Basis.Capacity, "coefficients of the tokens");
        Coefficients = coefficients.Matrix(0, tokens, Basis.Capacity);
        matrices = new ConditionedMatrix[roles.Length];
        for (int k = 0; k < roles.Length; k++)
        {
            ParameterBlock matrix = layout[roles[k]];
            matrices[k] = new ConditionedMatrix(workspace, Basis, matrix.Columns, matrix.StandardDeviation);
        }
    }

    /// <summary>U: directions of all inputs.</summary>
    internal RowBasis Basis { get; }

    /// <summary>C: [n, capacity], tokens = C U.</summary>
    internal MatrixView<double> Coefficients { get; }

    /// <summary>Forgets everything: the next answers are those of block <paramref name="layer"/> of network (seed, sample).</summary>
    internal void Reset(ulong seed, int sample, int layer)
    {
        Basis.Clear();
        for (int k = 0; k < matrices.Length; k++)
            matrices[k].Reset(roles[k].Stream().OfBlock(seed, sample, layer));
    }

    /// <summary>Takes the tokens, [n, dimension], as the first inputs.</summary>
    internal void Begin(MatrixView<double> tokens) => Basis.Append(tokens, Coefficients, workspace);

    /// <summary>Y = Z W for the tokens Z and matrix number <paramref name="index"/>.</summary>
    internal void Apply(int index, MatrixView<double> result) => matrices[index].ApplyCoefficients(Coefficients, result);

    /// <summary>Takes further inputs, [count, dimension], whose coefficients, [count, capacity], the caller keeps.</summary>
    internal void Continue(MatrixView<double> inputs, MatrixView<double> coefficients) => Basis.Append(inputs, coefficients, workspace);

    /// <summary>Y = Z W for further inputs Z and matrix number <paramref name="index"/>.</summary>
    internal void Apply(int index, MatrixView<double> coefficients, MatrixView<double> result) =>
        matrices[index].ApplyCoefficients(coefficients, result);

    /// <summary>
    /// D = Σ G_k W_kᵀ for the last time, and the squared norm of every matrix' gradient Zᵀ G_k into the place of its role
    /// (with W_1's that of the bias).
    /// </summary>
    internal void ApplyTransposeLast(
        ReadOnlySpan<MatrixView<double>> gradients, MatrixView<double> result, Span<double> weightGradients)
    {
        MatrixView<double> gram = workspace.Small(2, Coefficients.Rows, Coefficients.Rows);
        MatrixView<double> tokens = Coefficients.Slice(0, 0, Coefficients.Rows, Basis.Rank);
        workspace.Product.Gram(tokens, gram, 1);
        Span<double> squares = stackalloc double[matrices.Length], biasSquares = stackalloc double[matrices.Length];
        ConditionedMatrix.ApplyTransposeLast(matrices, gradients, result, gram, squares, biasSquares);
        for (int k = 0; k < roles.Length; k++)
        {
            weightGradients[(int)roles[k]] = squares[k];
            if (roles[k] == MatrixRole.MlpIn)
                weightGradients[(int)MatrixRole.MlpBias] = biasSquares[k];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ConditionedMatrix matrix in matrices)
            matrix.Dispose();
        Basis.Dispose();
        coefficients.Dispose();
    }
}
