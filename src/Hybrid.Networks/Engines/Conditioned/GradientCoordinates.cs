using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// The loss gradient G at the stream x in coordinates, derivation section 12: along x's frame they are in the buffer's
/// first columns; of what lies off it only the Gram matrix is kept, as a factor in directions of its own, until the next
/// frame is entered.
/// </summary>
internal sealed unsafe class GradientCoordinates
{
    private readonly ModuleScratch<double> scratch;
    private readonly MatrixView<double> gradient, inputGradient, offStream;
    private readonly int width;
    private int offRank;

    /// <summary>Works on G and on the gradient at what a module sees, [n, w] each.</summary>
    internal GradientCoordinates(
        Architecture architecture, ModuleScratch<double> scratch, MatrixView<double> gradient, MatrixView<double> inputGradient)
    {
        (this.scratch, this.gradient, this.inputGradient, width) = (scratch, gradient, inputGradient, architecture.Width);
        offStream = scratch.Small(SmallMatrix.OffStreamFactor, architecture.Tokens, architecture.Tokens);
    }

    /// <summary>
    /// The loss gradient at the output: √d times uniformly random orthonormal rows, whose coordinates along the stream's
    /// frame and off it are those of normal rows, orthonormalised (twice: the first time leaves the condition number times ε).
    /// </summary>
    /// <param name="key">The stream of normals.</param>
    /// <param name="rank">Directions of the stream's frame.</param>
    internal void Begin(in RandomKey key, int rank)
    {
        NormalSequence normals = scratch.Normals;
        normals.Start(key);
        int n = gradient.Rows, off = Bartlett.Columns(n, width - rank);
        MatrixView<double> drawn = scratch.Strip(n, rank + off), frame = inputGradient.Slice(0, 0, n, rank + off);
        for (int i = 0; i < n; i++)
            normals.Fill(drawn.Row(i)[..rank]);
        Bartlett.Fill(drawn.Slice(0, rank, n, off), width - rank, normals);
        scratch.SmallProduct.Multiply(Orthonormaliser(drawn), drawn, frame, 1);
        Clear(gradient);
        scratch.SmallProduct.Multiply(Orthonormaliser(frame), frame, gradient.Slice(0, 0, n, rank + off), Math.Sqrt(width));
        SplitOff(rank, rank + off);
    }

    /// <summary>
    /// G into the local frame of a step, of x and the branches f. Of its part off x', [n, offRank] in
    /// directions of their own, nothing is known but its Gram matrix: those directions are uniformly random
    /// off x', like orthonormalised normal rows. So many normals are drawn along what the frame has off x',
    /// N (I − EᵀE), and Bartlett's triangle for all the other coordinates.
    /// </summary>
    /// <param name="at">The step below x'.</param>
    /// <param name="rank">Directions of x': the rows of E.</param>
    /// <param name="key">The stream of normals.</param>
    /// <returns>How many coordinates G then has, the frame's first.</returns>
    internal int EnterFrame(StepState at, int rank, in RandomKey key)
    {
        int n = gradient.Rows, k = at.FrameRank, off = Bartlett.Columns(offRank, width - k), all = k + off;
        MatrixView<double> along = scratch.Small(SmallMatrix.GradientAlong, n, rank), frame = at.Frame.Rows.Slice(0, 0, rank, k);
        for (int i = 0; i < n; i++)
        {
            gradient.Row(i)[..rank].CopyTo(along.Row(i));
            gradient.Row(i).Clear();
        }

        if (offRank > 0)
        {
            NormalSequence normals = scratch.Normals;
            normals.Start(key);
            MatrixView<double> drawn = scratch.Strip(offRank, all), inside = drawn.Slice(0, 0, offRank, k);
            MatrixView<double> overlap = scratch.Small(SmallMatrix.DirectionsAlong, offRank, rank);
            MatrixView<double> mixed = scratch.Small(SmallMatrix.GradientByNormals, n, offRank);
            for (int i = 0; i < offRank; i++)
                normals.Fill(inside.Row(i));
            Bartlett.Fill(drawn.Slice(0, k, offRank, off), width - k, normals);
            scratch.SmallProduct.Multiply(inside, frame.Transposed, overlap, 1);
            scratch.SmallProduct.Multiply(overlap, frame, inside, -1, accumulate: true);
            scratch.SmallProduct.Multiply(offStream.Slice(0, 0, n, offRank), Orthonormaliser(drawn), mixed, 1);
            scratch.SmallProduct.Multiply(mixed, drawn, gradient.Slice(0, 0, n, all), 1);
        }

        scratch.SmallProduct.Multiply(along, frame, gradient.Slice(0, 0, n, k), 1, accumulate: true);
        return all;
    }

    /// <summary>
    /// The gradient at z off z's span: rows of the given covariance with normal coordinates along everything that the frame
    /// and the gradients know beside x, and Bartlett's triangle for the others.
    /// </summary>
    /// <param name="at">The sublayer.</param>
    /// <param name="covariance">[n, n]; overwritten.</param>
    /// <param name="known">Coordinates that are taken: G's in the frame and beside it, and what other
    /// sublayers of the step have added.</param>
    /// <param name="tolerance">What of the covariance is rounding, relative to its largest entry.</param>
    /// <param name="key">The stream of normals.</param>
    /// <returns>How many coordinates are then taken.</returns>
    internal int AddOffInput(SublayerState at, MatrixView<double> covariance, int known, double tolerance, in RandomKey key)
    {
        int n = gradient.Rows, r = at.InputRank;
        MatrixView<double> factor = scratch.Small(SmallMatrix.OffInputFactor, n, n);
        int rows = scratch.Factor(covariance, n, factor, tolerance);
        int off = Bartlett.Columns(rows, width - known), columns = known - r + off;
        if (rows == 0 || columns == 0)
            return known;
        NormalSequence normals = scratch.Normals;
        normals.Start(key);
        MatrixView<double> drawn = scratch.Strip(rows, columns);
        for (int i = 0; i < rows; i++)
            normals.Fill(drawn.Row(i)[..(known - r)]);
        Bartlett.Fill(drawn.Slice(0, known - r, rows, off), width - known, normals);
        scratch.SmallProduct.Multiply(factor.Slice(0, 0, n, rows), drawn, inputGradient.Slice(0, r, n, columns), 1);
        return known + off;
    }

    /// <summary>Off the stream's frame of <paramref name="rank"/> only the Gram matrix counts: a factor replaces all coordinates.</summary>
    internal void SplitOff(int rank, int all)
    {
        int n = gradient.Rows;
        MatrixView<double> gram = scratch.Small(SmallMatrix.OffStreamGram, n, n);
        scratch.SmallProduct.Gram(gradient.Slice(0, rank, n, all - rank), gram, 1);
        offRank = scratch.Factor(gram, Math.Min(n, width - rank), offStream, Precision.Rounding);
    }

    // M with M N orthonormal rows, N: [p, columns] of rank p.
    private MatrixView<double> Orthonormaliser(MatrixView<double> rows)
    {
        int p = rows.Rows;
        MatrixView<double> gram = scratch.Small(SmallMatrix.NormalGram, p, p), factor = scratch.Small(SmallMatrix.NormalFactor, p, p);
        MatrixView<double> inverse = scratch.Small(SmallMatrix.Orthonormaliser, p, p);
        scratch.SmallProduct.Gram(rows, gram, 1);
        if (PivotedCholesky.Factor(gram.Data, p, 0, p, factor.Data, scratch.Workspace.Pivots) < p)
            throw new InvalidOperationException($"{p} Gaussian vectors were linearly dependent in double precision; use another seed");
        PivotedCholesky.InvertPivots(factor.Data, scratch.Workspace.Pivots, p, p, inverse.Data);
        return inverse;
    }

    /// <summary>Zeros a matrix without gaps.</summary>
    internal static void Clear(MatrixView<double> matrix) => new Span<double>(matrix.Data, matrix.Rows * matrix.Columns).Clear();
}
