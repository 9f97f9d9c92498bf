using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.Lyapunov;

/// <summary>Lyapunov exponents of random and of trained networks, and the calibration of their estimator: derivation section 6.</summary>
internal sealed class LyapunovExperiment : IExperiment
{
    private static readonly Placement[] Placements = [Placement.None, Placement.Pre, Placement.Post, Placement.Peri, Placement.Output];

    public string Name => "lyapunov";

    public string Purpose =>
        "Lyapunov spectra of random and trained networks: against λ_g, forwards against backwards, calibrated on known maps.";

    public string Question =>
        "Are the theory's exponents the Lyapunov exponents of actual networks? The estimator, "
        + "tangent vectors with orthonormalisation after each block, is "
        + "calibrated on maps and on products of Gaussian matrices with known spectra; "
        + "then tangents carried forwards must grow as gradients carried backwards, "
        + "and the leading exponents of collapsed networks must be ½ λ_g. "
        + "erf networks, r² = a² = 1/2, σ = 1, σ_w as stated; at initialisation. "
        + "Then small causal transformers (erf, σ_w = 1, r = a = 1) that learn a Markov chain: "
        + "the exponents along data before and after training.";

    // Version 1 allowed 1e-12 for rounding, less than a sum of 100,000 logarithms loses; 2 had no trained networks; 3 took
    // differences over two points, whose curvature alone was above what the determinants of trained blocks may differ by.
    public int Version => 4;

    public CellNeeds Needs => CellNeeds.Networks | CellNeeds.Spectra | CellNeeds.Training;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        LyapunovSize size = LyapunovSize.Of(scale);
        LyapunovClaims claims = new(
            [.. CalibrationMap.All.Select(map => new CalibrationCell(map, size))],
            new GaussianProduct(size),
            [..
                from phase in ((string, double)[])[("σ_w = 1", 1), ("σ_w = 6", 6)]
                from norm in Placements
                select new TwoWayNetwork(norm, phase.Item2, phase.Item1, size)],
            [.. Placements.Select(norm => new LineSpectrum(norm, size))]);
        TrainedSize trained = TrainedSize.Of(scale), complete = TrainedSize.Complete(scale);
        TrainedSpectrumClaims trainedClaims = new(
            [.. ((Placement[])[Placement.Pre, Placement.Post, Placement.Peri]).Select(norm => new TrainedSpectrum(norm, trained))],
            [.. ((Placement[])[Placement.Pre, Placement.Peri]).Select(norm => new TrainedSpectrum(norm, complete))]);
        return new(
            new([.. claims.Planned, .. trainedClaims.Planned]),
            [.. claims.Cells, .. trainedClaims.Cells],
            (results, level) => Evaluation.Together(claims.Evaluate(results, level), trainedClaims.Evaluate(results, level)));
    }
}

/// <summary>The size of networks and ensembles, and the length of orbits.</summary>
internal sealed record LyapunovSize(int Tokens, int Depth, int Width, int Heads, int Samples, int Products, int Orbits, int Steps)
{
    public static LyapunovSize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 12, 512, 8, 96, 2000, 32, 100_000) : new(8, 6, 128, 4, 24, 500, 8, 5000);
}
