using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>What a module is told of the gradient g at its output, and what it makes of it at its input z.</summary>
internal readonly unsafe struct ModuleGradient
{
    /// <summary>F: [n, p] with F Fᵀ = σ² g gᵀ, σ² the variance of the output matrix' entries.</summary>
    internal required MatrixView<double> Factor { get; init; }

    /// <summary>K = σ g Φᵀ: [n, rank of the outputs], Φ the images of their directions; overwritten.</summary>
    internal required MatrixView<double> Known { get; init; }

    /// <summary>Σ σ_k² D_k D_kᵀ: [n, n], D_k the gradients at the input matrices' outputs: off z's span, the rows' covariance.</summary>
    internal required MatrixView<double> Covariance { get; init; }

    /// <summary>Σ σ_k D_k Φ_kᵀ: [n, r], the gradient at z in the frame of z's span.</summary>
    internal required MatrixView<double> AlongInput { get; init; }

    /// <summary>z zᵀ: [n, n].</summary>
    internal required MatrixView<double> InputGram { get; init; }

    /// <summary>
    /// Adds one input matrix' D Dᵀ, [n, n], to the covariance, and returns the squared norm of the matrix' own gradient,
    /// ‖Zᵀ D‖² = Σ_ij (z_i·z_j)(D_i·D_j).
    /// </summary>
    internal double Add(MatrixView<double> gram, double variance, bool first)
    {
        int length = gram.Rows * gram.Columns;
        if (first)
            RowMath.Scale(variance, gram.Data, Covariance.Data, length);
        else
            RowMath.Combine(1, Covariance.Data, variance, gram.Data, Covariance.Data, length);
        return RowMath.Dot(InputGram.Data, gram.Data, length);
    }
}

/// <summary>A module whose weights are never formed: attention or MLP, in one precision.</summary>
internal interface IModule
{
    /// <summary>
    /// From z = Input in the frame of its span to the outputs' factor; false where the storage does not resolve what the
    /// module makes: then the same module is to be run in double precision.
    /// </summary>
    bool Forward(ulong seed, int sample, SublayerState at);

    /// <summary>From the gradient at f to that at z, and the squared norms of the input matrices' gradients, by role.</summary>
    void Backward(ulong seed, int sample, SublayerState at, in ModuleGradient gradient, Span<double> weightGradients);
}
