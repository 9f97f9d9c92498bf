using Hybrid.Architectures;
using Hybrid.Experiments.Measurement;
using Hybrid.Theory;

namespace Hybrid.Experiments.Lyapunov;

/// <summary>One network whose growth is measured forwards, by tangents, and backwards, by gradients.</summary>
internal sealed class TwoWayNetwork
{
    /// <summary>The name of g_d at the input.</summary>
    public const string Backward = "g_d 0";

    public TwoWayNetwork(Placement norm, double inStd, string phase, LyapunovSize size)
    {
        Subject = $"{PlacementName.Of(norm)}, {phase}";
        double branch = Math.Sqrt(0.5);
        Schedule weight = branch;
        Architecture architecture = ArchitectureModule.Defaults.With(
            name: Subject,
            tokens: size.Tokens,
            depth: size.Depth,
            width: size.Width,
            heads: size.Heads,
            mlpWidth: size.Width,
            activation: Activation.Erf,
            gated: false,
            norm: norm,
            mask: Mask.None,
            attention: AttentionParameters.Of(weight, weight, 1, 1),
            mlp: MlpParameters.Of(weight, weight, inStd, 0, 1),
            input: new InputParameters(1, 0.5));
        Power = Predict.Architecture(architecture).Layers[0].GradientDiagonal;
        Forward = new($"{Subject}, forwards", architecture, size.Samples, ForwardGrowth.Measure);
        Backwards = new($"{Subject}, backwards", architecture, size.Samples, (sized, attempt, samples) => NetworkEnsemble.Measure(
            sized, attempt, samples, member => [KeyValuePair.Create(Backward, member.Layers[0].GradientDiagonal)]));
    }

    /// <summary>The row of the tables.</summary>
    public string Subject { get; }

    /// <summary>tr JᵀJ/(n d), predicted.</summary>
    public double Power { get; }

    public WidthPair Forward { get; }

    public WidthPair Backwards { get; }
}
