using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Networks.Engines;
using Hybrid.Theory;

namespace Hybrid.Experiments.RankCollapse;

/// <summary>One network of the grid: its prediction and its cells.</summary>
internal sealed class Trajectory
{
    private const double AttentionBranch = 0.5;

    public Trajectory(Regime regime, Placement norm, Mask mask, RankCollapseSize size)
    {
        Regime = regime;
        Mask = mask;
        Placement = PlacementName.Of(norm);
        Subject = $"{regime.Name}, {Placement}, {(mask.IsCausal ? "causal" : "no mask")}";
        Architecture architecture = Build(regime, norm, mask, size, Subject);
        AngleExponent = Predict.Architecture(architecture).AngleExponent;
        Predicted = PredictedAngles.Of(architecture);
        Pair = new(Subject, architecture, size.Samples, Measure);
    }

    public Regime Regime { get; }

    public Mask Mask { get; }

    /// <summary>none, pre, post, peri or output.</summary>
    public string Placement { get; }

    /// <summary>The row of the tables.</summary>
    public string Subject { get; }

    /// <summary>λ_a per block at the line.</summary>
    public double AngleExponent { get; }

    /// <summary>u = 1 − ρ of layers 0..depth.</summary>
    public PredictedAngles Predicted { get; }

    public WidthPair Pair { get; }

    /// <summary>The measured u = 1 − ρ at a layer.</summary>
    public static string U(int layer) => $"u {layer}";

    /// <summary>The measured log(u_layer/u_{layer−1}) of single networks.</summary>
    public static string Growth(int layer) => $"growth {layer}";

    /// <summary>The measured log(u_L/u_0) of single networks.</summary>
    public const string Total = "total";

    /// <summary>r² = 1 − a² in both sublayers, so that no placement's norm grows and collapse is geometric in depth.</summary>
    private static Architecture Build(Regime regime, Placement norm, Mask mask, RankCollapseSize size, string name) =>
        ArchitectureModule.Defaults.With(
            name: name,
            tokens: size.Tokens,
            depth: size.Depth,
            width: size.Width,
            heads: size.Heads,
            mlpWidth: size.Width,
            activation: Activation.Erf,
            gated: false,
            norm: norm,
            mask: mask,
            attention: AttentionParameters.Of(Skip(AttentionBranch), AttentionBranch, 1, 1),
            mlp: MlpParameters.Of(Skip(regime.MlpBranch), regime.MlpBranch, regime.InStd, 0, 1),
            input: new InputParameters(1, regime.InputCorrelation));

    private static Schedule Skip(double branch) => Math.Sqrt(1 - branch * branch);

    private static CellValues Measure(Architecture architecture, CellAttempt attempt, int samples) =>
        NetworkEnsemble.Measure(architecture, attempt, samples, Observe);

    private static IEnumerable<KeyValuePair<string, double>> Observe(EnsembleMember member)
    {
        yield return KeyValuePair.Create(Total, Math.Log(member.Layers[^1].U / member.Layers[0].U));
        for (int layer = 1; layer < member.Layers.Length; layer++)
        {
            double u = member.Layers[layer].U;
            yield return KeyValuePair.Create(U(layer), u);
            yield return KeyValuePair.Create(Growth(layer), Math.Log(u / member.Layers[layer - 1].U));
        }
    }
}

/// <summary>What the blocks of a network consist of.</summary>
/// <param name="Name">As in tables.</param>
/// <param name="MlpBranch">a_M; 0 for attention alone.</param>
/// <param name="InStd">σ_w of the MLP, which decides between order and chaos.</param>
/// <param name="InputCorrelation">ρ₀.</param>
internal sealed record Regime(string Name, double MlpBranch, double InStd, double InputCorrelation)
{
    /// <summary>Attention alone from uncorrelated tokens: the claim is that they collapse.</summary>
    public static readonly Regime AttentionAlone = new("attention alone", 0, 1, 0);

    /// <summary>With an MLP that keeps the order, from tokens that are nearly equal.</summary>
    public static readonly Regime Ordered = new("ordered MLP", 0.5, 1, 0.95);

    /// <summary>With an MLP that makes chaos, from the same tokens.</summary>
    public static readonly Regime Chaotic = new("chaotic MLP", 0.5, 8, 0.95);

    /// <summary>All three.</summary>
    public static readonly IReadOnlyList<Regime> All = [AttentionAlone, Ordered, Chaotic];
}
