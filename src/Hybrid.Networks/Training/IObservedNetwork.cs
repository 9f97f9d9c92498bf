using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>A network whose parameters can be read and written in the host's memory and whose passes can be watched.</summary>
public interface IObservedNetwork
{
    /// <summary>What it is.</summary>
    ModelOptions Model { get; }

    /// <summary>Everything that is learnt.</summary>
    IReadOnlyList<NamedTensor> Parameters { get; }

    /// <summary>The entries of a matrix, or of a vector as one row, where they lie in memory.</summary>
    /// <param name="name">A parameter or, after a backward pass, its gradient: "gradient.blocks.1.mlp.in".</param>
    MatrixView<float> Matrix(string name);

    /// <summary>Runs a batch forwards and, if asked for, backwards, and shows what passes; changes nothing that is learnt.</summary>
    /// <param name="batch">Tokens and targets.</param>
    /// <param name="observer">Told every stage in its order.</param>
    /// <param name="backward">Whether gradients are computed.</param>
    /// <returns>Mean cross-entropy over the targets, nats; NaN of a network without a head.</returns>
    double Observe(TokenBatch batch, IPassObserver<float> observer, bool backward = true);
}
