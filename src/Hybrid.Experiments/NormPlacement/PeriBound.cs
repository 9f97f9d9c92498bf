using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>
/// Holds every token of a pass against ‖x_ℓ‖ ≤ ‖x_0‖ + Σ a max|γ| √d, equation 10.1 with r = 1 and the gain of each
/// sublayer's branch as it is trained: ‖γ ∘ N f‖ ≤ max|γ| √d.
/// </summary>
internal sealed class PeriBound(Architecture architecture) : IPassObserver<float>
{
    private double[] growth = [], input = [];

    /// <summary>Every token of every pass, once at each boundary after the first.</summary>
    public BoundTally Tally { get; } = new(Rounding(architecture.Depth));

    /// <summary>
    /// By how much single precision may lift a norm above the bound, relatively. A branch coordinate is rounded five times (a,
    /// the scale of N and its product, the products with γ and a) and the stream once in each of 2 L sums, by 2⁻²⁴ at most; one
    /// more for terms of second order. Norms are summed in double precision.
    /// </summary>
    public static double Rounding(int depth) => (2 * depth + 6) * BoundTally.UnitRoundoff;

    /// <summary>Takes the gains as they stand; the next passes are held against them.</summary>
    public void Read(IMeasuredTrainer trainer)
    {
        Schedule Gained(Schedule branch, string gain) => Schedule.NewPerLayer([.. Enumerable.Range(1, architecture.Depth).Select(layer =>
            branch.At(layer) * TrainedBlocks.LargestGain(trainer, layer, gain))]);
        // For tokens of norm 0 the bound is what the branches may add; r = 1 adds it to the norm of any token.
        Architecture branches = TrainedBlocks.With(
            architecture,
            Gained(architecture.Attention.Branch, "attention.gain.out"),
            Gained(architecture.Mlp.Branch, "mlp.gain.out"),
            0);
        growth = [.. Bounds.Magnitude(branches, 1).Select(bound => bound * Math.Sqrt(architecture.Width))];
    }

    /// <inheritdoc/>
    public PassStages Stages => PassStages.Stream;

    /// <inheritdoc/>
    public void Stream(int layer, MatrixView<float> stream)
    {
        double[] norms = [.. Enumerable.Range(0, stream.Rows).Select(row => Norm(stream.Row(row)))];
        if (layer == 0)
        {
            input = norms;
            return;
        }

        Tally.Add([.. norms.Select((norm, row) => norm / (input[row] + growth[layer]))]);
    }

    private static double Norm(ReadOnlySpan<float> token)
    {
        double square = 0;
        foreach (float x in token)
            square += (double)x * x;
        return Math.Sqrt(square);
    }
}
