using Hybrid.Architectures;
using Hybrid.Experiments.Measurement;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>The bound of a pre-norm stream through its weights as they stand, equation 10.2.</summary>
internal static class WeightBound
{
    /// <summary>
    /// Bounds of ‖x_ℓ‖ at layers 0..depth for tokens that enter with at most <paramref name="largestInput"/>. Gains are counted with
    /// the matrices behind them, ‖(γ ∘ z) W‖ ≤ max|γ| ‖W‖ ‖z‖, and the trained bias of the hidden units with theirs. Heads attend to
    /// different tokens, so their values add in squares: √Σ‖W_V,h‖² stands for the ‖W_V‖ of a single head.
    /// </summary>
    public static double[] Of(IMeasuredTrainer trainer, double largestInput)
    {
        Architecture architecture = trainer.Options.Model.Architecture;
        double root = Math.Sqrt(architecture.Width);
        BlockWeightNorms[] norms = [.. Enumerable.Range(1, architecture.Depth).Select(Block)];
        Architecture entered = TrainedBlocks.With(
            architecture, architecture.Attention.Branch, architecture.Mlp.Branch, largestInput * largestInput / architecture.Width);
        return [.. Bounds.MagnitudeFromWeights(entered, 1, norms).Select(bound => bound * root)];

        BlockWeightNorms Block(int layer)
        {
            NamedTensor Matrix(string name) => trainer.Named($"blocks.{layer}.{name}");
            double NormOf(string name) => OfParts(name, 1);
            double OfParts(string name, int parts) =>
                Math.Sqrt(trainer.OperatorNorms(Matrix(name), parts).Sum(norm => Math.Pow(norm.Value, 2)));
            return new(
                query: NormOf("attention.query"),
                key: NormOf("attention.key"),
                value: TrainedBlocks.LargestGain(trainer, layer, "attention.gain.in")
                    * OfParts("attention.value", architecture.Heads),
                output: NormOf("attention.out"),
                mlpIn: TrainedBlocks.LargestGain(trainer, layer, "mlp.gain.in") * NormOf("mlp.in") + NormOf("mlp.bias") / root,
                mlpUp: 1,
                mlpOut: NormOf("mlp.out"));
        }
    }

    /// <summary>
    /// By how much single precision may lift a norm above the bound, relatively. A sum of m products errs by m 2⁻²⁴ of the sum of
    /// their sizes, which is at most √m ‖W‖ times the vector: m^{3/2}, for two matrices in a row. Softmax rows add up to 1 within
    /// n roundings, the stream is rounded in 2 L sums, and a few more are left for activations and norms.
    /// </summary>
    public static double Rounding(Architecture architecture) =>
        (2 * Math.Pow(Math.Max(architecture.Width, architecture.MlpWidth), 1.5) + architecture.Tokens + 2 * architecture.Depth + 16)
            * BoundTally.UnitRoundoff;
}
