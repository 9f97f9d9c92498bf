using Hybrid.Networks.Training;

namespace Hybrid.Networks.Measurements;

/// <summary>A trainer whose network can be measured before, during and after training.</summary>
public interface IMeasuredTrainer : ITrainer
{
    /// <summary>Measures the network as it stands; changes nothing that is learnt. A function of the state and the batch alone.</summary>
    /// <param name="batch">Options.Sequences sequences.</param>
    /// <param name="extent">What of it.</param>
    NetworkMeasurement Measure(TokenBatch batch, MeasurementExtent extent = MeasurementExtent.Whole);
}
