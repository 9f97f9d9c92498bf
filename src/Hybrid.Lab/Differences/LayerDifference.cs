namespace Hybrid.Lab.Differences;

/// <summary>What is compared at a block boundary.</summary>
public enum DifferenceQuantity
{
    /// <summary>Mean squared norm of a row per coordinate, q or g_d.</summary>
    Diagonal,

    /// <summary>Mean overlap of two different rows per coordinate, p or g_o.</summary>
    OffDiagonal,

    /// <summary>Every entry of the Gram matrix.</summary>
    Entries,
}

/// <summary>One block boundary of one pass, in two engines.</summary>
/// <param name="Backward">Whether these are gradients.</param>
/// <param name="Layer">0..depth.</param>
/// <param name="Diagonal">q or g_d, by engine.</param>
/// <param name="OffDiagonal">p or g_o, by engine.</param>
/// <param name="Entries">max |ΔC_ij|/√(C_ii C_jj) of the engines, C the reference's Gram matrix; ∞ where one is not finite.</param>
/// <param name="FromReference">The same of each engine against the reference.</param>
/// <param name="Condition">
/// Root mean square, over draws of random changes, of the same deviation of the changed reference from the reference, over the
/// changes' size: what one rounding of every number so far becomes here.
/// </param>
/// <param name="Tolerance">Of every quantity: 3 · rounding · condition.</param>
public sealed record LayerDifference(
    bool Backward,
    int Layer,
    IReadOnlyList<double> Diagonal,
    IReadOnlyList<double> OffDiagonal,
    double Entries,
    IReadOnlyList<double> FromReference,
    double Condition,
    double Tolerance)
{
    /// <summary>Deviation of the means on the diagonal, relative to the larger.</summary>
    public double DiagonalDeviation => Relative(Diagonal);

    /// <summary>Deviation of the means off the diagonal, relative to the larger mean on it.</summary>
    public double OffDiagonalDeviation => Relative(OffDiagonal);

    /// <summary>A mean deviates by no more than the worst entry, so the tolerance is one for all.</summary>
    public bool Agrees => Deviates is null;

    /// <summary>The first quantity beyond its tolerance.</summary>
    public DifferenceQuantity? Deviates =>
        Exceeds(DiagonalDeviation) ? DifferenceQuantity.Diagonal
        : Exceeds(OffDiagonalDeviation) ? DifferenceQuantity.OffDiagonal
        : Exceeds(Entries) ? DifferenceQuantity.Entries
        : null;

    /// <summary>The deviation of <paramref name="quantity"/>.</summary>
    public double Deviation(DifferenceQuantity quantity) => quantity switch
    {
        DifferenceQuantity.Diagonal => DiagonalDeviation,
        DifferenceQuantity.OffDiagonal => OffDiagonalDeviation,
        DifferenceQuantity.Entries => Entries,
        _ => throw new ArgumentOutOfRangeException(nameof(quantity), quantity, "is no quantity"),
    };

    // NaN exceeds.
    private bool Exceeds(double deviation) => !(deviation <= Tolerance);

    private double Relative(IReadOnlyList<double> means)
    {
        double scale = Math.Max(Diagonal[0], Diagonal[1]), difference = Math.Abs(means[0] - means[1]);
        return difference == 0 ? 0 : difference / scale;
    }
}
