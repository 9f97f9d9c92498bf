using Hybrid.Networks.Training;

namespace Hybrid.Networks.Measurements;

/// <summary>Training on the dense engine whose network can be measured on the way.</summary>
/// <param name="options">Every number in its documented range.</param>
/// <param name="threads">≥ 1; the results do not depend on it.</param>
public sealed class MeasuredTrainer(TrainingOptions options, int threads) : DenseTrainer(options, threads), IMeasuredTrainer
{
    private readonly int threads = threads;

    /// <inheritdoc/>
    public NetworkMeasurement Measure(TokenBatch batch, MeasurementExtent extent = MeasurementExtent.Whole) =>
        NetworkMeter.Measure(this, batch, threads, extent);
}
