using Hybrid.Architectures;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Tangents;

namespace Hybrid.Lab.Probes;

/// <summary>Everything that was measured of one network, with what it is to be compared with.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Description">Where it came from.</param>
/// <param name="Step">Steps of training, where known.</param>
/// <param name="Blocks">The blocks that ran.</param>
/// <param name="Input">What it was probed with.</param>
/// <param name="Loss">Mean loss of the targets, nats; NaN without a head.</param>
/// <param name="Boundaries">[0..depth].</param>
/// <param name="Attention">[block − 1].</param>
/// <param name="Mlp">[block − 1].</param>
/// <param name="Heads">[block − 1].</param>
/// <param name="Weights">[block], block 0 what surrounds the blocks.</param>
/// <param name="First">First boundary of the fits.</param>
/// <param name="Last">Last boundary of the fits.</param>
/// <param name="Growth">Fits of √q over them; null where they are too few.</param>
/// <param name="OverIndependent">
/// Log growth of q over them in units of what independent branches would add; NaN where sums are normalised.
/// </param>
/// <param name="Theory">The same architecture before training.</param>
/// <param name="Bounds">For any text, with these weights; null where there are none.</param>
/// <param name="Exponents">[block − 1][k], forwards; empty where not asked for.</param>
/// <param name="BackwardExponents">The same backwards.</param>
/// <param name="Notes">What was assumed.</param>
/// <param name="Seconds">Time that it took.</param>
public sealed record ProbeResult(
    string Name,
    string Description,
    int? Step,
    Architecture Blocks,
    ProbeInput Input,
    double Loss,
    IReadOnlyList<ProbeBoundary> Boundaries,
    IReadOnlyList<ProbeBranch> Attention,
    IReadOnlyList<ProbeBranch> Mlp,
    IReadOnlyList<ProbeAttention> Heads,
    ProbeWeight[][] Weights,
    int First,
    int Last,
    GrowthComparison? Growth,
    double OverIndependent,
    ProbeTheory Theory,
    ProbeBounds? Bounds,
    ExponentEstimate[][] Exponents,
    ExponentEstimate[][] BackwardExponents,
    IReadOnlyList<string> Notes,
    double Seconds)
{
    /// <summary>L.</summary>
    public int Depth => Blocks.Depth;

    /// <summary>Cosine of branch and stream, mean over both branches of the blocks between the fitted boundaries.</summary>
    public double Correlation => Enumerable.Range(First + 1, Last - First)
        .Average(block => 0.5 * (Attention[block - 1].Correlation + Mlp[block - 1].Correlation));

    /// <summary>‖x‖ of the longest token over the bound, the largest of all layers after the input; NaN without a bound.</summary>
    public double Filled => Bounds is null ? double.NaN : Enumerable.Range(1, Depth).Max(Filling);

    /// <summary>‖x‖ of the longest token after a layer over the bound there.</summary>
    public double Filling(int layer) => Boundaries[layer].LargestNorm / (Bounds!.Norms[layer] * Math.Sqrt(Blocks.Width));
}
