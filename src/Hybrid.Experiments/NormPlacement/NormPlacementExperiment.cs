using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Measurement;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>Stability of trained pre-, post- and peri-norm networks with steps Δt: derivation section 10.</summary>
internal sealed class NormPlacementExperiment : IExperiment
{
    public string Name => "norm-placement";

    public string Purpose => "Which placements and steps Δt train stably, and how their streams grow over depth before and after training.";

    public string Question =>
        "Kan et al. claim that the placement of the normalisation decides what "
        + "training may do to a network: under peri the stream grows at most "
        + "linearly over depth and its variance at most quadratically whatever the weights, "
        + "under pre weight decay alone holds it back, and a smaller "
        + "step Δt (the branch weight of both sublayers, r = 1) makes training more stable and better. "
        + "Does this hold of small causal transformers "
        + "(width 64, 2 heads, 16 blocks, GELU, gains trained) that learn a Markov "
        + "chain of order 2 over 8 tokens of known entropy? Nothing is clipped, "
        + "and nothing was tuned for any placement: AdamW, whose steps have one size "
        + "whatever the gradients, and SGD, whose steps follow them, at learning "
        + "rates from those that train to those at which networks break, as a trial showed. Runs are short; the task is one and easy.";

    public int Version => 1;

    public CellNeeds Needs => CellNeeds.Training;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        PlacementGrid grid = new(NormPlacementSize.Of(scale), TrainingChain.Source);
        NormPlacementClaims claims = new(grid);
        return new(new(claims.Planned), grid.Cells, claims.Evaluate);
    }
}
