using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;

namespace Hybrid.Networks.Measurements;

/// <summary>
/// A trainer whose network can be measured before, during and after training. No measurement changes anything that is learnt; each is a
/// function of the state and the batch alone.
/// </summary>
public interface IMeasuredTrainer : ITrainer
{
    /// <summary>"gradient.NAME" of every parameter: what the last step or pass back computed, before clipping.</summary>
    IReadOnlyList<NamedTensor> Gradients { get; }

    /// <summary>Everything that is measured of the network as it stands.</summary>
    /// <param name="batch">Options.Sequences sequences.</param>
    /// <param name="extent">What of it.</param>
    /// <param name="cancellation">Asks to stop; heard between blocks and matrices.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    NetworkMeasurement Measure(
        TokenBatch batch, MeasurementExtent extent = MeasurementExtent.Whole, CancellationToken cancellation = default) =>
        NetworkMeter.Measure(this, batch, extent, cancellation);

    /// <summary>Mean cross-entropy over the targets, nats, and what one pass shows.</summary>
    /// <param name="batch">Options.Sequences sequences.</param>
    /// <param name="backward">Whether gradients are computed, <see cref="Gradients"/> among them.</param>
    (double Loss, PassMeasurement Pass) MeasurePass(TokenBatch batch, bool backward = true);

    /// <summary>Runs a batch, all of it at once, and shows what passes on the host.</summary>
    /// <param name="batch">Options.Sequences sequences.</param>
    /// <param name="observer">Told the stages that it cares for, in their order.</param>
    /// <param name="backward">Whether gradients are computed, <see cref="Gradients"/> among them.</param>
    /// <returns>Mean cross-entropy over the targets, nats.</returns>
    double Observe(TokenBatch batch, IPassObserver<float> observer, bool backward = true);

    /// <summary>
    /// Leading Lyapunov exponents of every block, [block − 1][k], in double precision, tangents carried forwards and backwards: means over
    /// the first <paramref name="sequences"/> of a batch.
    /// </summary>
    /// <param name="batch">Options.Sequences sequences.</param>
    /// <param name="sequences">From 1 to Options.Sequences.</param>
    /// <param name="exponents">How many, from 1 to n d.</param>
    /// <param name="seed">Names the first tangents.</param>
    /// <param name="cancellation">Asks to stop; heard between blocks.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Exponents(
        TokenBatch batch, int sequences, int exponents, ulong seed, CancellationToken cancellation = default);

    /// <summary>Sum of the squares of a tensor's entries, in double precision.</summary>
    /// <param name="tensor">Of <see cref="ITrainer.Parameters"/> or <see cref="Gradients"/>.</param>
    double SquaredNorm(NamedTensor tensor);

    /// <summary>‖W‖ of equal parts of a matrix that stand side by side, such as the heads of values.</summary>
    /// <param name="matrix">Of <see cref="ITrainer.Parameters"/>; a vector is one row.</param>
    /// <param name="parts">How many, ≥ 1, of equal numbers of columns.</param>
    OperatorNorm[] OperatorNorms(NamedTensor matrix, int parts = 1);
}
