using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;

namespace Hybrid.Networks.Measurements;

/// <summary>A network whose weights are given, on one engine, with everything that is measured of it.</summary>
public interface IMeasuredNetwork : IObservedNetwork, IDisposable
{
    /// <summary>
    /// Leading Lyapunov exponents of every block, [block − 1][k], the tangents of all tokens of a sequence carried forwards and
    /// backwards along the batch's first sequences, <see cref="NetworkMeter.Trajectories"/> of them at most: means over these.
    /// </summary>
    /// <param name="batch">As the network's passes take it.</param>
    /// <param name="exponents">How many, from 1 to n d.</param>
    /// <param name="seed">Names the first tangents.</param>
    /// <param name="cancellation">Asks to stop; heard between blocks.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Exponents(
        TokenBatch batch, int exponents, ulong seed, CancellationToken cancellation = default);

    /// <summary>
    /// ‖W‖ of equal parts of a matrix that stand side by side, such as heads, as <see cref="OperatorNorm.Of"/> finds it. Matrices may be
    /// asked for from several threads at once.
    /// </summary>
    /// <param name="matrix">The name of a parameter; a vector is one row.</param>
    /// <param name="tolerance">As <see cref="OperatorNorm.Of"/> takes it.</param>
    /// <param name="parts">How many, ≥ 1, of equal numbers of columns.</param>
    OperatorNorm[] OperatorNorms(string matrix, double tolerance, int parts = 1);
}
