using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Data;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.LossExponents;

/// <summary>Do the exponents at initialisation foretell the loss after training? The claim of Cowsik et al.</summary>
internal sealed class LossExponentsExperiment : IExperiment
{
    public string Name => "loss-vs-exponents";

    public string Purpose => "Whether λ_a and λ_g at initialisation foretell the test loss of small trained transformers.";

    public string Question =>
        "Cowsik et al. claim that the test loss after training is foretold by the angle "
        + "and gradient exponents at initialisation alone, and least where both vanish. "
        + "Does this hold of small causal transformers (pre-, peri- and post-norm, erf units, "
        + "width 32, 2 heads, r² = 1 − a²) of a grid over the branch weight a, σ_w, σ_A "
        + "and depth, that learn a Markov chain of order 2 over 8 tokens, of known entropy, "
        + "with one and the same optimiser (AdamW, η = 3e-3) in the same number of steps? "
        + "Nothing was tuned for any network. Networks that differ in σ_A alone make one place: "
        + "under a causal mask the exponents are those of the collapsed line, "
        + "where attention is a uniform average, so theirs are equal. A diverged run counts with the loss of knowing nothing, ln 8.";

    public int Version => 2;

    public CellNeeds Needs => CellNeeds.Training;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        LossExponentsSize size = LossExponentsSize.Of(scale);
        MarkovSource source = TrainingChain.Source;
        PlacementGrid[] grids =
            [.. new[] { Placement.Pre, Placement.Peri, Placement.Post }.Select(norm => new PlacementGrid(norm, size, source))];
        LossExponentsClaims claims = new(grids, source.OptimalLoss(TrainingTask.NextToken, TrainedNetwork.Tokens)!.Value,
            Math.Log(source.Vocabulary));
        return new(new(claims.Planned), [.. grids.SelectMany(grid => grid.Networks).SelectMany(network => network.Runs)], claims.Evaluate);
    }
}
