using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>Where λ_a and λ_g vanish, measured along lines through hyperparameter space: derivation section 6.</summary>
internal sealed class PhaseBoundaryExperiment : IExperiment
{
    public string Name => "phase-boundary";

    public string Purpose => "Where λ_a and λ_g vanish along 26 lines through hyperparameter space, and six lines on which they cannot.";

    public string Question =>
        "Do the exponents of random networks vanish where the theory says? Along each line one hyperparameter is swept around the "
        + "predicted zero; the others are r² = 1 − a², a = 1/2 and σ = 1 unless named, and a plain network has neither attention nor "
        + "skips. λ_a is measured as the growth of infinitesimal differences between collapsed tokens, or of real differences between "
        + "8 nearly equal tokens with their attention (u₀ = 1e-8); λ_g as the growth of the gradient's mean mode.";

    public int Version => 1;

    public CellNeeds Needs => CellNeeds.Networks | CellNeeds.Lines;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        PhaseBoundarySize size = PhaseBoundarySize.Of(scale);
        PhaseBoundaryClaims claims = new(
            [.. BoundaryLines.WithZero.Where((_, number) => number % size.Every == 0).Select(line => new MeasuredLine(line, size))],
            [.. BoundaryLines.WithoutZero.SelectMany(line => line.Values.Select(value => new ForbiddenPoint(line, value, size)))]);
        return new(new(claims.Planned), [.. claims.Cells], claims.Evaluate);
    }
}

/// <summary>The size of networks and ensembles, and where a line is measured, in fractions of its predicted zero.</summary>
/// <param name="Depth">L.</param>
/// <param name="Width">d, the larger of the two.</param>
/// <param name="Samples">Networks at that width.</param>
/// <param name="Offsets">x/x* − 1 of the measured points.</param>
/// <param name="Every">1 for every line, 5 for every fifth.</param>
internal sealed record PhaseBoundarySize(int Depth, int Width, int Samples, IReadOnlyList<double> Offsets, int Every)
{
    public static PhaseBoundarySize Of(ExperimentScale scale) => scale == ExperimentScale.Full
        ? new(8, 512, 768, [-0.2, -0.1, 0, 0.1, 0.2], 1)
        : new(4, 128, 64, [-0.25, 0, 0.25], 5);
}
