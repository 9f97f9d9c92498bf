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
    private readonly long[] firsts;

    /// <summary>
    /// Matrices of given roles for at most so many tokens of so many coordinates, those of MLP number <paramref name="mlp"/>.
    /// </summary>
    internal AskedInputs(
        ConditioningWorkspace workspace, ParameterLayout layout, (int Tokens, int Dimension) inputs, int mlp,
        params ReadOnlySpan<MatrixRole> roles)
    {
        this.workspace = workspace;
        this.roles = roles.ToArray();
        (int tokens, int dimension) = inputs;
        Basis = new RowBasis(Math.Min(workspace.Vectors, dimension), dimension);
        coefficients = new NativeBuffer<double>((long)tokens * Basis.Capacity, "coefficients of the tokens");
        Coefficients = coefficients.Matrix(0, tokens, Basis.Capacity);
        matrices = new ConditionedMatrix[roles.Length];
        firsts = new long[roles.Length];
        for (int k = 0; k < roles.Length; k++)
        {
            int columns = layout[roles[k]].Columns;
            matrices[k] = new ConditionedMatrix(workspace, Basis, columns, layout[roles[k]].StandardDeviation);

            // Behind all that the MLPs before may draw: images, and what is fresh of a gradient.
            firsts[k] = (long)mlp * Basis.Capacity * (columns + dimension);
        }
    }

    /// <summary>Doubles that such matrices take: a basis of directions, the tokens in it, and images.</summary>
    internal static Int128 Length(long vectors, (long Tokens, long Dimension) inputs, Int128 outputs)
    {
        Int128 capacity = Math.Min(vectors, inputs.Dimension);
        return capacity * (inputs.Tokens + inputs.Dimension + outputs);
    }

    /// <summary>U: directions of all inputs.</summary>
    internal RowBasis Basis { get; }

    /// <summary>C: [n, capacity], tokens = C U.</summary>
    internal MatrixView<double> Coefficients { get; private set; }

    /// <summary>Forgets everything: the next answers are those of block <paramref name="layer"/> of network (seed, sample).</summary>
    internal void Reset(ulong seed, int sample, int layer)
    {
        Basis.Clear();
        for (int k = 0; k < matrices.Length; k++)
            matrices[k].Reset(roles[k].Stream().OfBlock(seed, sample, layer), firsts[k]);
    }

    /// <summary>Takes the tokens, [n, dimension], as the first inputs.</summary>
    internal void Begin(MatrixView<double> tokens)
    {
        Coefficients = coefficients.Matrix(0, tokens.Rows, Basis.Capacity);
        Basis.Append(tokens, Coefficients, workspace);
    }

    /// <summary>Y = Z W for the tokens Z and matrix number <paramref name="index"/>.</summary>
    internal void Apply(int index, MatrixView<double> result) => matrices[index].ApplyCoefficients(Coefficients, result);

    /// <summary>Takes further inputs, [count, dimension], whose coefficients, [count, capacity], the caller keeps.</summary>
    internal void Continue(MatrixView<double> inputs, MatrixView<double> coefficients) => Basis.Append(inputs, coefficients, workspace);

    /// <summary>Y = Z W for further inputs Z and matrix number <paramref name="index"/>.</summary>
    internal void Apply(int index, MatrixView<double> coefficients, MatrixView<double> result) =>
        matrices[index].ApplyCoefficients(coefficients, result);

    /// <summary>
    /// D = Σ G_k W_kᵀ for the last time, and the squared norm of every matrix' gradient Zᵀ G_k into the place of its role
    /// (with W_1's that of the bias), added to what stands there where others share the role.
    /// </summary>
    internal void ApplyTransposeLast(
        ReadOnlySpan<MatrixView<double>> gradients, MatrixView<double> result, Span<double> weightGradients, bool accumulate = false)
    {
        MatrixView<double> gram = workspace.Small(2, Coefficients.Rows, Coefficients.Rows);
        MatrixView<double> tokens = Coefficients.Slice(0, 0, Coefficients.Rows, Basis.Rank);
        workspace.Product.Gram(tokens, gram, 1);
        Span<double> squares = stackalloc double[matrices.Length], biasSquares = stackalloc double[matrices.Length];
        ConditionedMatrix.ApplyTransposeLast(matrices, gradients, result, gram, squares, biasSquares);
        for (int k = 0; k < roles.Length; k++)
        {
            Set(ref weightGradients[(int)roles[k]], squares[k]);
            if (roles[k] == MatrixRole.MlpIn)
                Set(ref weightGradients[(int)MatrixRole.MlpBias], biasSquares[k]);
        }

        void Set(ref double square, double own) => square = accumulate ? square + own : own;
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
