using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.Departures;

/// <summary>What probing trained networks shows if theory at initialisation says anything about them.</summary>
internal sealed class DeparturesExperiment : IExperiment
{
    private static readonly Placement[] Placements = [Placement.None, Placement.Pre, Placement.Post, Placement.Peri, Placement.Output];

    public string Name => "departures";

    public string Purpose =>
        "Where trained networks leave the theory at initialisation: which blocks first, how branches lie to the stream, where λ_1 moves.";

    public string Question =>
        "hybrid probe sets the theory at initialisation beside trained networks. What should it show if that theory says anything "
        + "about them? Small causal transformers of all placements (GELU, r = a = 1, σ_w = 1, residual projections at 1/√(2L) of the "
        + "other weights as in GPT-2) learn a Markov chain of order 2 with the same AdamW (η = 1e-3, 50 steps of warm-up, weight "
        + "decay 0.01) and are measured before and after, on sequences that are never trained on. A block's departure is by how much "
        + "its step of log √q and its step of log(1 − ρ) differ from those that the Gram process, started from the same sequences' "
        + "own embedded tokens, gives to untrained weights, less the same number before training. The experiments residual-growth and "
        + "lyapunov were known when these hypotheses were written: that branches and stream correlate and norms grow under pre and "
        + "peri, and that under peri |λ_1| falls.";

    public int Version => 1;

    public CellNeeds Needs => CellNeeds.Training;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        DepartureSize size = DepartureSize.Of(scale);
        DepartingNetwork[] networks = [.. Placements.Select(norm => new DepartingNetwork(norm, size))];
        DepartureClaims claims = new(networks, size);
        return new(new(claims.Planned), [.. networks.SelectMany(network => network.Runs)], claims.Evaluate);
    }
}
