using System.Numerics;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// What queries and keys of a layer go through between their weights and their product: norms, then turns; their gradients the
/// same backwards. Each is null where the layer has none.
/// </summary>
internal unsafe struct QueryKeyStages<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The norms, whose rows are taken from the call.</summary>
    internal HeadNormalisation<T>? QueryNorm, KeyNorm;

    /// <summary>Rotary positions, whose matrices and direction are taken from the call.</summary>
    internal RotaryTurn<T>? Turn;

    /// <summary>Overwrites queries, [R, H d_k], and keys, [R, G d_k].</summary>
    internal readonly void Forward(WorkerPool pool, MatrixView<T> queries, MatrixView<T> keys)
    {
        Normalise(pool, QueryNorm, queries);
        Normalise(pool, KeyNorm, keys);
        Run(pool, queries, keys, T.One);
    }

    /// <summary>Overwrites the gradients there.</summary>
    internal readonly void Backward(WorkerPool pool, MatrixView<T> queries, MatrixView<T> keys)
    {
        Run(pool, queries, keys, -T.One);
        NormaliseBackward(pool, QueryNorm, queries);
        NormaliseBackward(pool, KeyNorm, keys);
    }

    private static void Normalise(WorkerPool pool, HeadNormalisation<T>? norm, MatrixView<T> rows)
    {
        if (norm is not HeadNormalisation<T> heads)
            return;
        heads.Rows = rows;
        pool.Run(&HeadNormalisation<T>.Forward, &heads);
    }

    private static void NormaliseBackward(WorkerPool pool, HeadNormalisation<T>? norm, MatrixView<T> rows)
    {
        if (norm is not HeadNormalisation<T> heads)
            return;
        heads.Rows = rows;
        pool.Run(&HeadNormalisation<T>.Backward, &heads);
    }

    private readonly void Run(WorkerPool pool, MatrixView<T> queries, MatrixView<T> keys, T direction)
    {
        if (Turn is not RotaryTurn<T> turn)
            return;
        (turn.First, turn.Second, turn.Direction) = (queries, keys, direction);
        pool.Run(&RotaryTurn<T>.Turn, &turn);
    }
}
