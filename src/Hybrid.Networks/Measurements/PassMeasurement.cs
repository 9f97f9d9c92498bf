namespace Hybrid.Networks.Measurements;

/// <summary>
/// What one pass of data through a network showed. Boundaries are 0 (embedded tokens) to depth; blocks are 1 to depth and
/// stand at index block − 1.
/// </summary>
/// <param name="Streams">[0..depth].</param>
/// <param name="Gradients">[0..depth]: the gradient of the mean loss there, as (g_d, g_o) per coordinate; empty if only forwards.</param>
/// <param name="Attention">[block − 1].</param>
/// <param name="Mlp">[block − 1].</param>
/// <param name="Entropy">[block − 1]: mean over heads and tokens of −Σ A log A, nats.</param>
public sealed record PassMeasurement(
    StreamMeasures[] Streams,
    (double Diagonal, double OffDiagonal)[] Gradients,
    BranchMeasures[] Attention,
    BranchMeasures[] Mlp,
    double[] Entropy);
