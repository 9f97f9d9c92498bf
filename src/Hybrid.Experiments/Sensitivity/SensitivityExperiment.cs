using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.Sensitivity;

/// <summary>How sensitive branches are to their weights' scale and networks to their input: derivation section 10.</summary>
internal sealed class SensitivityExperiment : IExperiment
{
    private static readonly double[] Steps = [1, 0.5, 0.1];

    public string Name => "sensitivity";

    public string Purpose => "Rescaled output weights: proportional sensitivity under pre, none under peri; amplification and its bound.";

    public string Question =>
        "Kan et al. claim that a pre-normalised branch's Jacobian grows in proportion "
        + "to its output weights while a peri-normalised one's does not depend on "
        + "them, and that a step Δt < 1 tightens the amplification ∏(1 + Δt S) of input differences. "
        + "Does this hold of random networks, and do the sizes "
        + "agree with the theory? GELU networks, σ = 1, ρ₀ = 0.5. "
        + "Sensitivities S are root mean squares over directions, not operator norms: "
        + "what holds of the worst direction is not measured here.";

    public int Version => 1;

    public CellNeeds Needs => CellNeeds.Networks | CellNeeds.Weights | CellNeeds.Spectra;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        SensitivitySize size = SensitivitySize.Of(scale);
        RescaledBranch[] branches = [..
            from norm in (Placement[])[Placement.None, Placement.Pre, Placement.Peri, Placement.Output]
            from attention in (bool[])[true, false]
            select new RescaledBranch(norm, attention, size)];
        AmplifiedNetwork[] networks = [..
            from norm in (Placement[])[Placement.Pre, Placement.Peri, Placement.Output]
            from step in Steps
            select new AmplifiedNetwork(norm, step, size)];
        SensitivityClaims claims = new(branches, networks);
        return new(
            new(claims.Planned),
            [.. branches.SelectMany(branch => branch.Pair.Cells.Append(branch.Rescaling)),
                .. networks.SelectMany(network => network.Pair.Cells)],
            claims.Evaluate);
    }
}

/// <summary>The size of the networks and of the ensembles.</summary>
internal sealed record SensitivitySize(int Tokens, int Depth, int Width, int Heads, int Samples)
{
    public static SensitivitySize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 12, 512, 8, 96) : new(8, 6, 128, 4, 24);
}
