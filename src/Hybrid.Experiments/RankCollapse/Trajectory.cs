using Hybrid.Architectures;
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
            attention: new AttentionParameters(Skip(AttentionBranch), Schedule.NewConstant(AttentionBranch), 1, 1),
            mlp: new MlpParameters(Skip(regime.MlpBranch), Schedule.NewConstant(regime.MlpBranch), regime.InStd, 0, 1),
            input: new InputParameters(1, regime.InputCorrelation));

    private static Schedule Skip(double branch) => Schedule.NewConstant(Math.Sqrt(1 - branch * branch));

    private static CellValues Measure(Architecture architecture, ulong seed, int samples) =>
        NetworkEnsemble.Measure(architecture, seed, samples, Observe);

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
