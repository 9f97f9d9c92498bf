using Hybrid.Lab.Data;

namespace Hybrid.Lab.Training;

/// <summary>A run's result beside what its data allow.</summary>
/// <param name="Result">What the run has come to.</param>
/// <param name="Optimum">The optimal loss, nats per target, or null where it is not known.</param>
/// <param name="References">Other losses to compare with.</param>
/// <param name="PeakMemory">The most memory that the process has had, bytes.</param>
public sealed record TrainingReport(
    TrainingResult Result,
    double? Optimum,
    IReadOnlyList<ReferenceLoss> References,
    long PeakMemory);
