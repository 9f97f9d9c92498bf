using Hybrid.Harness.Data;

namespace Hybrid.Harness.Experiments.LossExponents;

/// <summary>Do the exponents at initialisation foretell the loss after training? The claim of Cowsik et al.</summary>
internal sealed class LossExponentsExperiment : IExperiment
{
    // One chain for all networks: 64 contexts of two tokens, so that both attention and memory are needed.
    private static readonly MarkovOptions Chain = new(8, 2, 1, 2403);

    public string Name => "loss-vs-exponents";

    public string Purpose => "Whether λ_a and λ_g at initialisation foretell the test loss of small trained transformers.";

    public string Question =>
        "Cowsik et al. claim that the test loss after training is foretold by the angle and gradient exponents at initialisation, and least where both vanish. "
        + "Does this hold of small causal transformers (pre-norm, erf units, width 32, 2 heads, 16 blocks of r² = 1 − a²) that learn a Markov chain of order 2 over 8 tokens, "
        + "of known entropy, with one and the same optimiser (AdamW, η = 3e-3)? Nothing was tuned for any architecture; "
        + "another optimiser, width or task may order them differently.";

    public int Version => 1;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        LossExponentsSize size = LossExponentsSize.Of(scale);
        MarkovSource source = new(Chain);
        TrainedArchitecture[] grid = [..
            from branch in size.Branches
            from inStd in size.InStds
            select new TrainedArchitecture(branch, inStd, size, source)];
        LossExponentsClaims claims = new(grid, source);
        return new(claims.Hypotheses, [.. grid.SelectMany(architecture => architecture.Runs)], claims.Evaluate);
    }
}
