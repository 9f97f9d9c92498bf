using Hybrid.Theory;

namespace Hybrid.Harness.Experiments.GradientFlow;

/// <summary>Gradients by depth at initialisation, every weight matrix included: theory.md sections 3 and 5.</summary>
internal sealed class GradientFlowExperiment : IExperiment
{
    private static readonly Norm[] Placements = [Norm.None, Norm.Pre, Norm.Post, Norm.Peri, Norm.Output];

    public string Name => "gradient-flow";

    public string Purpose => "Gradient norms of tokens and of every weight matrix by depth and placement, at initialisation.";

    public string Question =>
        "How do gradients travel towards the input at initialisation? The literature claims that post-normalisation makes them vanish "
        + "exponentially in depth and that pre- and peri-normalisation do not. The theory predicts the whole profile: the gradient at every "
        + "token and the gradient norm of every weight matrix, at every depth. ReLU (σ_w = √2) and GELU (σ_w = 1) networks, "
        + "σ_A = σ_V = σ_v = 1, ρ₀ = 0.5, r = a = 1, and r² = a² = 1/2 where nothing is normalised; the loss gradient at the output is g_d = 1, g_o = 0.";

    public int Version => 1;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        GradientFlowSize size = GradientFlowSize.Of(scale);
        GradientNetwork[] grid = [..
            from kind in ((Activation, double)[])[(Activation.Relu, Math.Sqrt(2)), (Activation.Gelu, 1)]
            from norm in Placements
            select new GradientNetwork(kind.Item1, kind.Item2, norm, size)];
        GradientFlowClaims claims = new(grid, size);
        return new(claims.Hypotheses, [.. grid.SelectMany(network => network.Pair.Cells)], claims.Evaluate);
    }
}
