using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.TrainedGeometry;

/// <summary>Whether two statements about untrained blocks, of rotary positions and of experts, outlast training.</summary>
internal sealed class TrainedGeometryExperiment : IExperiment
{
    public string Name => "trained-geometry";

    public string Purpose =>
        "Whether rotary positions slow the collapse of trained networks too, and whether trained experts keep tokens where they start.";

    public string Question =>
        "Two statements hold of untrained blocks (derivation sections 15.1 and 16.2): rotary positions slow the collapse of tokens, and a "
        + "network with experts has two stable states, the line of equal tokens and a spread simplex, so that it ends where it starts. "
        + "Do they outlast training? Small causal pre-norm transformers with and without rotary positions (GELU, r = a = 1, σ_A = 2), "
        + "and with 8 experts of which 2 are active or with one MLP (ReLU, r = 0.8, a = 0.6, σ_A = 2, σ_v = 2 or 1), learn a Markov chain "
        + "of order 2 with AdamW (η = 1e-3, 50 steps of warm-up, weight decay 0.01). Before and after it their blocks are given three "
        + "kinds of tokens: those that they embed themselves, of a sequence that is never trained on; drawn ones with 1 − ρ = 10⁻⁸, "
        + "near the line; and drawn ones with 1 − ρ = 0.5, spread.";

    public int Version => 1;

    public CellNeeds Needs => CellNeeds.Training;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        GeometrySize size = GeometrySize.Of(scale);
        GeometryClaims claims = new(
            size,
            GeometryNetwork.Positions(size, rotary: false), GeometryNetwork.Positions(size, rotary: true),
            GeometryNetwork.Routing(size, experts: false), GeometryNetwork.Routing(size, experts: true));
        return new(new(claims.Planned), [.. claims.Networks.SelectMany(network => network.Runs)], claims.Evaluate);
    }
}

/// <summary>The size of the networks and of their training.</summary>
/// <param name="Tokens">n.</param>
/// <param name="Depth">L.</param>
/// <param name="Width">d.</param>
/// <param name="Steps">Optimisation steps of a run.</param>
/// <param name="Runs">Independent runs of each network, ≥ 2.</param>
internal sealed record GeometrySize(int Tokens, int Depth, int Width, int Steps, int Runs)
{
    /// <summary>H.</summary>
    public const int Heads = 2;

    public static GeometrySize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 12, 64, 400, 16) : new(8, 6, 32, 60, 3);
}
