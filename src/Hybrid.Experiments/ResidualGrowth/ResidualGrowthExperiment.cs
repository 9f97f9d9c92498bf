using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>
/// Norm of the residual stream by layer in trained networks: the
/// claims of Heimersheim and Turner and of their commenters.
/// </summary>
internal sealed class ResidualGrowthExperiment : IExperiment
{
    public string Name => "residual-growth";

    public string Purpose =>
        "How the residual stream's norm grows over the layers of trained networks, by placement; exponential against linear and power law.";

    public string Question =>
        "Heimersheim and Turner found the residual stream's norm to grow exponentially over the "
        + "layers of trained GPT-2 models, about 4.5 % per layer in GPT-2 XL, and that adding "
        + "independent branches predicts too little growth; commenters expected norms of post-norm "
        + "models to shrink exponentially, or to grow more strongly. Does this hold of small causal "
        + "transformers under pre-, peri- and post-normalisation (GELU, r = a = 1, "
        + "σ_w = 1) that learn a Markov chain of order 2 or associative recall with the same AdamW "
        + "(η = 1e-3, 50 steps of warm-up, weight decay 0.01; rate, tasks and steps are such that all of them learn, "
        + "and nothing was tuned for one of them)? The residual projections begin at 1/√(2L) of the other weights as in GPT-2: "
        + "at full size gradient differences in a post-norm network halve with every block, and a pre-norm stream "
        + "grows before anything is learnt. The norm is ‖x‖/√d = √q, measured on sequences that are never trained on.";

    public int Version => 1;

    public CellNeeds Needs => CellNeeds.Training;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        ResidualGrowthSize size = ResidualGrowthSize.Of(scale);
        GrownNetwork[] grid = [..
            from norm in (Placement[])[Placement.Pre, Placement.Peri, Placement.Post]
            from task in GrowthTask.All
            select new GrownNetwork(task, norm, size)];
        ResidualGrowthClaims claims = new(grid, size);
        return new(new(claims.Planned), [.. grid.SelectMany(network => network.Cells)], claims.Evaluate);
    }
}
