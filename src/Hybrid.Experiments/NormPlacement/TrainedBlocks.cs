using Hybrid.Architectures;
using Hybrid.Experiments.Measurement;
using Hybrid.Networks.Measurements;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>What the bounds are told of a trained network.</summary>
internal static class TrainedBlocks
{
    /// <summary>max|γ| of a gain as it stands, such as "mlp.gain.out" of a block.</summary>
    public static double LargestGain(IMeasuredTrainer trainer, int layer, string gain) =>
        trainer.Values($"blocks.{layer}.{gain}").Max(entry => Math.Abs((double)entry));

    /// <summary>
    /// The architecture with other branch weights, and tokens that enter with the squared norm per
    /// coordinate <paramref name="input"/>.
    /// </summary>
    public static Architecture With(Architecture a, Schedule attention, Schedule mlp, double input) => a.With(
        attention: AttentionParameters.Of(a.Attention.Skip, attention, a.Attention.LogitStd, a.Attention.ValueStd),
        mlp: MlpParameters.Of(a.Mlp.Skip, mlp, a.Mlp.InStd, a.Mlp.BiasStd, a.Mlp.OutStd),
        input: new(input, a.Input.Correlation));
}
