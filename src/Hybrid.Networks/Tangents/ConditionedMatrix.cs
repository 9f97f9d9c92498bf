using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// A matrix W: [in, out] of independent N(0, σ²) entries that is known only through its actions (derivation section 12).
/// Whatever was asked before, an answer has exactly the law that the whole matrix would give it.
/// <para>
/// Let the rows of U span all inputs asked so far, A = U W their images; let V span all output vectors asked, B = V Wᵀ.
/// For new orthonormal directions U′ (orthogonal to U), U′ W is known along V only, where it equals U′ Bᵀ, and off it is
/// fresh: with Φ of independent N(0, σ²), U′ W = Φ + (U′ Bᵀ − Φ Vᵀ) V. The other side is the same with the roles
/// exchanged: V′ Wᵀ = Φ + (V′ Aᵀ − Φ Uᵀ) U. Every product is of a few vectors, so the cost is linear in the widths.
/// </para>
/// </summary>
public sealed unsafe class ConditionedMatrix : IDisposable
{
    private readonly ConditioningWorkspace workspace;
    private readonly double standardDeviation;
    private readonly RowBasis? ownInputs;
    private readonly int outDimension;
    private readonly MatrixSide inSide;

    // Planned when it is first asked for: most matrices answer only a last ask on this side.
    private MatrixSide? outSide;
    private RandomKey key;
    private long drawn;
    private bool spent;

    /// <summary>A matrix that nothing is known of, with directions of its own on both sides.</summary>
    /// <param name="workspace">Scratch and threads; stays the caller's.</param>
    /// <param name="inputs">Coordinates of an input, rows of W.</param>
    /// <param name="outputs">Coordinates of an output, columns of W.</param>
    /// <param name="standardDeviation">σ ≥ 0 of an entry.</param>
    public ConditionedMatrix(ConditioningWorkspace workspace, int inputs, int outputs, double standardDeviation)
        : this(workspace, new RowBasis(Math.Min(workspace.Vectors, inputs), inputs), outputs, standardDeviation) =>
            ownInputs = inSide.Basis;

    /// <summary>A matrix whose inputs are those of other matrices too: they share one basis of input directions.</summary>
    /// <param name="workspace">Scratch and threads; stays the caller's.</param>
    /// <param name="inputs">The directions; stays the caller's.</param>
    /// <param name="outputs">Coordinates of an output, columns of W.</param>
    /// <param name="standardDeviation">σ ≥ 0 of an entry.</param>
    public ConditionedMatrix(ConditioningWorkspace workspace, RowBasis inputs, int outputs, double standardDeviation)
    {
        this.workspace = workspace;
        this.standardDeviation = standardDeviation;
        outDimension = outputs;
        inSide = new MatrixSide(inputs, outputs);
    }

    /// <summary>Forgets everything: the next answers are those of matrix <paramref name="stream"/>.</summary>
    /// <param name="stream">Its random numbers.</param>
    public void Reset(in RandomKey stream)
    {
        (key, drawn, spent) = (stream, 0, false);
        inSide.Clear();
        outSide?.Clear();
        outSide?.Basis.Clear();
        ownInputs?.Clear();
    }

    /// <summary>Y = Z W.</summary>
    /// <param name="inputs">Z: [n, in].</param>
    /// <param name="result">Y: [n, out].</param>
    public void Apply(MatrixView<double> inputs, MatrixView<double> result)
    {
        MatrixView<double> coefficients = workspace.Small(2, inputs.Rows, inSide.Basis.Capacity);
        inSide.Basis.Append(inputs, coefficients, workspace);
        ApplyCoefficients(coefficients, result);
    }

    /// <summary>Y = C U W for inputs Z = C U that the shared basis of inputs has already been given.</summary>
    /// <param name="coefficients">C: [n, capacity of the basis], as <see cref="RowBasis.Append"/> wrote it.</param>
    /// <param name="result">Y: [n, out].</param>
    public void ApplyCoefficients(MatrixView<double> coefficients, MatrixView<double> result)
    {
        RequireUsable();
        Learn(inSide, outSide);
        workspace.Product.Multiply(coefficients.Slice(0, 0, coefficients.Rows, inSide.Known), inSide.Images, result, 1);
    }

    /// <summary>D = G Wᵀ.</summary>
    /// <param name="gradients">G: [n, out].</param>
    /// <param name="result">D: [n, in].</param>
    public void ApplyTranspose(MatrixView<double> gradients, MatrixView<double> result)
    {
        RequireUsable();
        outSide ??= new MatrixSide(new RowBasis(Math.Min(workspace.Vectors, outDimension), outDimension), inSide.Basis.Dimension);
        MatrixView<double> coefficients = workspace.Small(2, gradients.Rows, outSide.Basis.Capacity);
        outSide.Basis.Append(gradients, coefficients, workspace);
        Learn(outSide, inSide);
        workspace.Product.Multiply(coefficients.Slice(0, 0, coefficients.Rows, outSide.Known), outSide.Images, result, 1);
    }

    /// <summary>
    /// D = Σ G_k W_kᵀ over matrices with one basis of inputs, when neither was asked on this side before and none will be
    /// asked again until it is reset: nothing need be remembered, so no directions are formed. Off the inputs' span the
    /// sum is Gaussian with rows of covariance Σ σ_k² G_k G_kᵀ = F Fᵀ, whatever the number of matrices:
    /// D = F Φ + (Σ G_k A_kᵀ − F Φ Uᵀ) U with one Φ of standard normals, drawn from the first matrix' stream.
    /// F is good to 1e-15 of the covariance's largest entry. On the way, and without forming them, the squared norms of the
    /// matrices' own gradients Zᵀ G_k at inputs Z: ‖Zᵀ G‖² = Σ_ij (z_i·z_j)(g_i·g_j), and of a bias added to the
    /// outputs: the same with 1 for z_i·z_j.
    /// </summary>
    /// <param name="matrices">At least one.</param>
    /// <param name="gradients">G_k: [n, out of matrix k].</param>
    /// <param name="result">D: [n, in].</param>
    /// <param name="inputGram">Z Zᵀ: [n, n].</param>
    /// <param name="gradientSquares">‖Zᵀ G_k‖² of every matrix.</param>
    /// <param name="biasSquares">‖Σ_i g_i‖² of every matrix.</param>
    /// <exception cref="InvalidOperationException">A matrix has been asked on this side since it was reset.</exception>
    public static void ApplyTransposeLast(
        ReadOnlySpan<ConditionedMatrix> matrices,
        ReadOnlySpan<MatrixView<double>> gradients,
        MatrixView<double> result,
        MatrixView<double> inputGram,
        Span<double> gradientSquares,
        Span<double> biasSquares)
    {
        ConditionedMatrix head = matrices[0];
        ConditioningWorkspace workspace = head.workspace;
        int n = result.Rows;
        MatrixView<double> covariance = workspace.Small(0, n, n), factor = workspace.Small(1, n, n);
        for (int k = 0; k < matrices.Length; k++)
        {
            ConditionedMatrix matrix = matrices[k];
            matrix.RequireUsable();
            if (matrix.outSide is { Known: > 0 } || matrix.inSide.Basis != head.inSide.Basis)
                throw new InvalidOperationException("the last ask must be the first of its side and share its inputs; use ApplyTranspose");
            matrix.Learn(matrix.inSide, matrix.outSide);
            matrix.spent = true;
            double variance = matrix.standardDeviation * matrix.standardDeviation;
            workspace.Product.Gram(gradients[k], factor, 1);
            gradientSquares[k] = RowMath.Dot(inputGram.Data, factor.Data, checked(n * n));
            biasSquares[k] = 0;
            foreach (double entry in new ReadOnlySpan<double>(factor.Data, n * n))
                biasSquares[k] += entry;
            RowMath.Combine(k > 0 ? 1 : 0, covariance.Data, variance, factor.Data, covariance.Data, n * n);
        }

        double largest = 0;
        for (int i = 0; i < n; i++)
            largest = Math.Max(largest, covariance.Data[(long)i * n + i]);
        int rank = PivotedCholesky.Factor(covariance.Data, n, 1e-15 * largest, n, factor.Data, workspace.Pivots);
        MatrixView<double> fresh = workspace.Large(rank, result.Columns);
        workspace.Draw(fresh, head.key, head.drawn, 1);
        workspace.Product.Multiply(factor.Slice(0, 0, n, rank), fresh, result, 1);

        MatrixView<double> directions = head.inSide.Directions;
        MatrixView<double> correction = workspace.Small(3, n, directions.Rows);
        workspace.Product.Multiply(result, directions.Transposed, correction, -1);
        for (int k = 0; k < matrices.Length; k++)
            workspace.Product.Multiply(gradients[k], matrices[k].inSide.Images.Transposed, correction, 1, accumulate: true);
        workspace.Product.Multiply(correction, directions, result, 1, accumulate: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ownInputs?.Dispose();
        inSide.Dispose();
        outSide?.Basis.Dispose();
        outSide?.Dispose();
    }

    private void RequireUsable()
    {
        if (spent)
            throw new InvalidOperationException("the matrix has answered its last ask; reset it to draw another");
    }

    // Images of the side's new directions D′: Φ + (D′ Bᵀ − Φ Vᵀ) V with V, B the directions and images of the other side.
    private void Learn(MatrixSide side, MatrixSide? other)
    {
        MatrixView<double> directions = side.NewDirections, images = side.NewImages;
        if (directions.Rows == 0)
            return;
        workspace.Draw(images, key, drawn, standardDeviation);
        drawn += (long)images.Rows * images.Columns;
        if (other is { Known: > 0 })
        {
            MatrixView<double> correction = workspace.Small(3, directions.Rows, other.Known);
            workspace.Product.Multiply(directions, other.Images.Transposed, correction, 1);
            workspace.Product.Multiply(images, other.Directions.Transposed, correction, -1, accumulate: true);
            workspace.Product.Multiply(correction, other.Directions, images, 1, accumulate: true);
        }

        side.AcceptNewImages();
    }
}
