using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Measurement;
using Hybrid.Theory;

namespace Hybrid.Experiments.Sensitivity;

/// <summary>A whole network with step Δt (branch weight a = Δt, r = 1) and what it does to a small change of its input.</summary>
internal sealed class AmplifiedNetwork
{
    public AmplifiedNetwork(Placement norm, double step, SensitivitySize size)
    {
        (Step, Placement) = (step, PlacementName.Of(norm));
        Subject = string.Create(CultureInfo.InvariantCulture, $"{Placement}, Δt = {step}");
        Schedule skip = 1, branch = step;
        Architecture architecture = ArchitectureModule.Defaults.With(
            name: Subject,
            tokens: size.Tokens,
            depth: size.Depth,
            width: size.Width,
            heads: size.Heads,
            mlpWidth: size.Width,
            activation: Activation.Gelu,
            gated: false,
            norm: norm,
            mask: Mask.None,
            attention: AttentionParameters.Of(skip, branch, 1, 1),
            mlp: MlpParameters.Of(skip, branch, 1, 0, 1),
            input: new InputParameters(1, 0.5));
        LayerPrediction[] layers = Predict.Architecture(architecture).Layers;
        // By the trace of JᵀJ the mean growth forwards is the gradient's backwards, at every depth of the same network.
        PredictedPower = layers[0].GradientDiagonal;
        (double Attention, double Mlp)[] sensitivity =
            [.. Bounds.BackwardSensitivity(architecture).Select(pair => (pair.Item1 / step, pair.Item2 / step))];
        BoundedPower = Math.Pow(
            Bounds.Amplification(
                architecture, [.. sensitivity.Select(pair => pair.Attention)], [.. sensitivity.Select(pair => pair.Mlp)])[^1],
            2);
        Pair = new(Subject, architecture, size.Samples, ForwardGrowth.Measure);
    }

    /// <summary>Δt.</summary>
    public double Step { get; }

    public string Placement { get; }

    /// <summary>The row of the tables.</summary>
    public string Subject { get; }

    /// <summary>E‖δx_L‖²/‖δx_0‖², predicted.</summary>
    public double PredictedPower { get; }

    /// <summary>∏(1 + Δt S)², the bound of it.</summary>
    public double BoundedPower { get; }

    public WidthPair Pair { get; }
}
