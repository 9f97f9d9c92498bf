using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;

namespace Hybrid.Networks.Measurements;

/// <summary>A network whose weights are given, on the dense engine; its exponents are in double precision.</summary>
/// <param name="model">A legal architecture, what is around it, and a form.</param>
/// <param name="sequences">B of its batches, ≥ 1.</param>
/// <param name="gradients">Whether passes may go back.</param>
/// <param name="threads">≥ 1; the results do not depend on it.</param>
public sealed class MeasuredNetwork(ModelOptions model, int sequences, bool gradients, int threads)
    : CheckpointNetwork(model, sequences, gradients, threads), IMeasuredNetwork
{
    private readonly int threads = threads;

    /// <inheritdoc/>
    public (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Exponents(
        TokenBatch batch, int exponents, ulong seed, CancellationToken cancellation = default)
    {
        using NetworkExponents measure = new(Model, Math.Min(NetworkMeter.Trajectories, batch.Sequences), exponents, threads);
        return measure.Measure(this, batch, seed, cancellation);
    }

    /// <inheritdoc/>
    public OperatorNorm[] OperatorNorms(string matrix, double tolerance, int parts = 1) =>
        OperatorNorm.OfParts(Matrix(matrix), parts, tolerance);
}
