using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// What is known of a Gaussian matrix on one of its sides: its images of the rows of a basis. The in-side knows U W for
/// the orthonormal rows U of a basis of inputs, the out-side V Wᵀ for a basis V of output gradients.
/// </summary>
internal sealed unsafe class MatrixSide : IDisposable
{
    private readonly NativeBuffer<double> images;
    private readonly int imageDimension;

    internal MatrixSide(RowBasis basis, int imageDimension)
    {
        Basis = basis;
        this.imageDimension = imageDimension;
        images = new NativeBuffer<double>(
            (long)basis.Capacity * imageDimension, $"images of {basis.Capacity} vectors with {imageDimension} coordinates");
    }

    /// <summary>The directions; maybe shared with other matrices, so it may be ahead of <see cref="Known"/>.</summary>
    internal RowBasis Basis { get; }

    /// <summary>How many rows of the basis have images.</summary>
    internal int Known { get; private set; }

    /// <summary>[Known, image dimension].</summary>
    internal MatrixView<double> Images => images.Matrix(0, Known, imageDimension);

    /// <summary>The basis' rows that have images.</summary>
    internal MatrixView<double> Directions => Basis.Rows.Slice(0, 0, Known, Basis.Dimension);

    /// <summary>The directions that have no image yet.</summary>
    internal MatrixView<double> NewDirections => Basis.Rows.Slice(Known, 0, Basis.Rank - Known, Basis.Dimension);

    /// <summary>Where their images belong.</summary>
    internal MatrixView<double> NewImages => images.Matrix((long)Known * imageDimension, Basis.Rank - Known, imageDimension);

    internal void Clear() => Known = 0;

    internal void AcceptNewImages() => Known = Basis.Rank;

    /// <inheritdoc/>
    public void Dispose() => images.Dispose();
}
