using Hybrid.Architectures;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>What the bounds are told of a trained network.</summary>
internal static class TrainedBlocks
{
    /// <summary>max|γ| of a gain as it stands, such as "mlp.gain.out" of a block.</summary>
    public static double LargestGain(DenseTrainer trainer, int layer, string gain)
    {
        double largest = 0;
        foreach (float entry in trainer.Matrix($"blocks.{layer}.{gain}").Row(0))
            largest = Math.Max(largest, Math.Abs(entry));
        return largest;
    }

    /// <summary>
    /// The architecture with other branch weights, and tokens that enter with the squared norm per
    /// coordinate <paramref name="input"/>.
    /// </summary>
    public static Architecture With(Architecture a, Schedule attention, Schedule mlp, double input) => a.With(
        attention: AttentionParameters.Of(a.Attention.Skip, attention, a.Attention.LogitStd, a.Attention.ValueStd),
        mlp: MlpParameters.Of(a.Mlp.Skip, mlp, a.Mlp.InStd, a.Mlp.BiasStd, a.Mlp.OutStd),
        input: new(input, a.Input.Correlation));
}
