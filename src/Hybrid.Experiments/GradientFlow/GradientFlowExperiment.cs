using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.GradientFlow;

/// <summary>Gradients by depth at initialisation, every weight matrix included: derivation section 5.</summary>
internal sealed class GradientFlowExperiment : IExperiment
{
    private static readonly Placement[] Placements = [Placement.None, Placement.Pre, Placement.Post, Placement.Peri, Placement.Output];

    // Those that the literature compares in training.
    private static readonly Placement[] Trained = [Placement.Pre, Placement.Post, Placement.Peri];

    public string Name => "gradient-flow";

    public string Purpose =>
        "Gradient norms of tokens and of every weight matrix by depth and placement, at initialisation and in training.";

    public string Question =>
        "How do gradients travel towards the input at initialisation? The literature claims that post-normalisation makes them vanish "
        + "exponentially in depth and that pre- and peri-normalisation do not. "
        + "The theory predicts the whole profile: the gradient at every "
        + "token and the gradient norm of every weight matrix, at every depth. ReLU (σ_w = √2) and GELU (σ_w = 1) networks, "
        + "σ_A = σ_V = σ_v = 1, ρ₀ = 0.5, r = a = 1, and r² = a² = 1/2 where nothing is normalised; "
        + "the loss gradient at the output is g_d = 1, g_o = 0. "
        + "Then small causal transformers (ReLU, σ_w = √2, r = a = 1) that learn a Markov chain: "
        + "at initialisation with data and the loss's own gradient, and through training.";

    public int Version => 2;

    public CellNeeds Needs => CellNeeds.Networks | CellNeeds.WeightGradients | CellNeeds.Training;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        GradientFlowSize size = GradientFlowSize.Of(scale);
        GradientNetwork[] grid = [..
            from kind in ((Activation, double)[])[(Activation.Relu, Math.Sqrt(2)), (Activation.Gelu, 1)]
            from norm in Placements
            select new GradientNetwork(kind.Item1, kind.Item2, norm, size)];
        GradientFlowClaims claims = new(grid, size);
        TrainableSize trainable = TrainableSize.Of(scale);
        TrainedClaims trained = new(
            [.. Trained.Select(norm => new InitialGradients(norm, trainable))],
            [.. Trained.Select(norm => new TrainedGradients(norm, trainable))],
            trainable);
        return new(
            new([.. claims.Planned, .. trained.Planned]),
            [.. grid.SelectMany(network => network.Pair.Cells), .. trained.Cells],
            (results, level) => Evaluation.Together(claims.Evaluate(results, level), trained.Evaluate(results, level)));
    }
}

/// <summary>The size of the networks and of the ensembles.</summary>
internal sealed record GradientFlowSize(int Tokens, int Depth, int Width, int Heads, int Samples)
{
    public static GradientFlowSize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 16, 512, 8, 384) : new(8, 8, 128, 4, 24);

    /// <summary>The layers whose token gradients are registered; at the output they are given.</summary>
    public IReadOnlyList<int> Layers => [0, Depth / 4, Depth / 2, 3 * Depth / 4];

    /// <summary>The blocks whose weight gradients are registered.</summary>
    public IReadOnlyList<int> Blocks => [1, Depth / 2, Depth];
}
