using Hybrid.Architectures;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>The hyperparameters of the experiment's networks, one letter each as in derivation section 1; r² = 1 − a².</summary>
internal sealed record BoundaryNetwork(Activation Activation, Placement Norm)
{
    /// <summary>a_A.</summary>
    public double AttentionBranch { get; init; } = 0.5;

    /// <summary>a_M.</summary>
    public double MlpBranch { get; init; } = 0.5;

    /// <summary>σ_A.</summary>
    public double LogitStd { get; init; } = 1;

    /// <summary>σ_V.</summary>
    public double ValueStd { get; init; } = 1;

    /// <summary>σ_w.</summary>
    public double InStd { get; init; } = 1;

    /// <summary>σ_b.</summary>
    public double BiasStd { get; init; }

    /// <summary>σ_v.</summary>
    public double OutStd { get; init; } = 1;

    /// <summary>A plain multilayer perceptron: no attention, no skip; the mean-field networks of the literature.</summary>
    public static BoundaryNetwork Plain(Activation activation) => new(activation, Placement.None) { AttentionBranch = 0, MlpBranch = 1 };

    /// <summary>The record; sizes are set by the experiment.</summary>
    public Architecture Build() => ArchitectureModule.Defaults.With(
        name: "line",
        tokens: 8,
        depth: 1,
        width: 8,
        heads: 1,
        mlpWidth: 8,
        activation: Activation,
        gated: false,
        norm: Norm,
        mask: Mask.None,
        attention: AttentionParameters.Of(Skip(AttentionBranch), AttentionBranch, LogitStd, ValueStd),
        mlp: MlpParameters.Of(Skip(MlpBranch), MlpBranch, InStd, BiasStd, OutStd),
        input: new InputParameters(1, 0));

    private static Schedule Skip(double branch) => Math.Sqrt(1 - branch * branch);
}
