using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;

namespace Hybrid.Networks.Measurements;

/// <summary>Takes the <see cref="NetworkMeasurement"/> of a network in training.</summary>
public static class NetworkMeter
{
    // Tangents cost some five passes in double precision each: a few exponents of a few sequences are enough for a mean.
    private const int Exponents = 4;

    /// <summary>Sequences whose exponents are measured.</summary>
    public const int Trajectories = 4;

    /// <summary>
    /// What a measurement of exponents and operator norms costs for each of them, in sequences of training steps: 23 s for two, where 60
    /// steps of 8 took as long (width 256, 12 blocks, 128 tokens).
    /// </summary>
    public const int SequencesOfSteps = 60;

    /// <summary>Measures.</summary>
    /// <param name="trainer">Its network, as it stands.</param>
    /// <param name="batch">Its number of sequences, of which the first four are the trajectories of the exponents.</param>
    /// <param name="extent">What of it.</param>
    /// <param name="cancellation">Asks to stop; heard between blocks and matrices.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static NetworkMeasurement Measure(
        IMeasuredTrainer trainer,
        TokenBatch batch,
        MeasurementExtent extent = MeasurementExtent.Whole,
        CancellationToken cancellation = default)
    {
        TrainingOptions options = trainer.Options;
        Architecture architecture = options.Model.Architecture;
        (double loss, PassMeasurement pass) = trainer.MeasurePass(batch);
        if (extent == MeasurementExtent.Pass)
            return new(loss, pass, [], [], []);
        int largest = (int)Math.Min(Exponents, (long)architecture.Tokens * architecture.Width);
        (ExponentEstimate[][] forward, ExponentEstimate[][] backward) =
            trainer.Exponents(batch, Math.Min(Trajectories, batch.Sequences), largest, options.Seed, cancellation);
        return new(loss, pass, OperatorNorms(trainer, cancellation), forward, backward);
    }

    private static Dictionary<string, OperatorNorm>[] OperatorNorms(IMeasuredTrainer trainer, CancellationToken cancellation)
    {
        Dictionary<string, OperatorNorm>[] blocks =
            [.. Enumerable.Range(0, trainer.Options.Model.Architecture.Depth).Select(_ => new Dictionary<string, OperatorNorm>())];
        foreach (NamedTensor tensor in trainer.Parameters.Where(tensor => tensor.Shape.Length == 2))
        {
            cancellation.ThrowIfCancellationRequested();
            if (tensor.Name.Split('.', 3) is ["blocks", string block, string name])
                blocks[int.Parse(block, CultureInfo.InvariantCulture) - 1][name] = trainer.OperatorNorms(tensor)[0];
        }

        return blocks;
    }
}
