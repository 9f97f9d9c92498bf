namespace Hybrid.Networks.Training;

/// <summary>All that an engine needs to train a network, data apart: equal options and equal batches give equal runs.</summary>
/// <param name="Model">What is trained.</param>
/// <param name="Optimiser">How.</param>
/// <param name="Sequences">B, sequences in a batch, ≥ 1.</param>
/// <param name="Steps">Length of the run, ≥ 1; the schedule ends there.</param>
/// <param name="Seed">Names the initial weights.</param>
/// <param name="Recompute">Whether the backward pass computes each block's activations again instead of keeping them: some
/// 4/3 of the arithmetic for about 1/L of the activation memory.</param>
public sealed record TrainingOptions(
    ModelOptions Model,
    OptimiserOptions Optimiser,
    int Sequences,
    int Steps,
    ulong Seed,
    bool Recompute = false);
