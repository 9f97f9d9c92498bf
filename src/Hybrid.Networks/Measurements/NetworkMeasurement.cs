using Hybrid.Networks.Tangents;

namespace Hybrid.Networks.Measurements;

/// <summary>Everything that is measured of a network in training, at one moment, on one batch.</summary>
/// <param name="Loss">Mean cross-entropy over the batch's targets, nats.</param>
/// <param name="Pass">What passed through it, forwards and backwards.</param>
/// <param name="OperatorNorms">[block − 1]: ‖W‖ of every matrix of the block by its name within the block, such as "mlp.in"; none of a
/// measurement of the pass alone.</param>
/// <param name="Forward">[block − 1][k]: leading Lyapunov exponents, the tangents carried forwards, means over sequences; or none.</param>
/// <param name="Backward">[block − 1][k]: the same backwards.</param>
public sealed record NetworkMeasurement(
    double Loss,
    PassMeasurement Pass,
    IReadOnlyDictionary<string, OperatorNorm>[] OperatorNorms,
    ExponentEstimate[][] Forward,
    ExponentEstimate[][] Backward);

/// <summary>How much of a network is measured.</summary>
public enum MeasurementExtent
{
    /// <summary>Everything.</summary>
    Whole,

    /// <summary>What one pass shows, forwards and backwards: no operator norms and no exponents, which cost tens of steps.</summary>
    Pass,
}
