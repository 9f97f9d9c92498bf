using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// Rotary positions: coordinates f and f + pairs of a head's queries and keys, f = 0..pairs − 1, are turned by the token's
/// place times base^(−f/pairs); the rest of the head is not. Backwards, their gradients are turned back.
/// </summary>
internal unsafe struct RotaryTurn<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>d_k.</summary>
    internal int HeadWidth;

    /// <summary>1 forwards, −1 backwards.</summary>
    internal T Direction;

    /// <summary>[n, pairs] each.</summary>
    internal MatrixView<T> Cosines, Sines;

    /// <summary>[R, heads · d_k] each: what is turned.</summary>
    internal MatrixView<T> First, Second;

    /// <summary>Pairs of coordinates that are turned, of heads of a width.</summary>
    internal static int Pairs(Positions.Rope rope, int headWidth) => (int)(rope.fraction * headWidth / 2);

    /// <summary>Cosines, then sines, of every token and pair: [2 n, pairs]; slower where they are stretched.</summary>
    internal static void Fill(Positions.Rope rope, MatrixView<T> angles, RotaryStretch? stretch = null)
    {
        int tokens = angles.Rows / 2, pairs = angles.Columns;
        for (int token = 0; token < tokens; token++)
        {
            for (int pair = 0; pair < pairs; pair++)
            {
                double angle = Math.Pow(rope.baseFrequency, -(double)pair / pairs);
                if (stretch?.Base == rope.baseFrequency)
                    angle = stretch.Of(angle);
                (double sine, double cosine) = Math.SinCos(token * angle);
                angles.Row(token)[pair] = T.CreateChecked(cosine);
                angles.Row(tokens + token)[pair] = T.CreateChecked(sine);
            }
        }
    }

    /// <summary>Turns every head of every row in place.</summary>
    internal static void Turn(RotaryTurn<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->First.Rows, worker, threads);
        for (int row = start; row < end; row++)
        {
            at->TurnRow(at->First, row);
            at->TurnRow(at->Second, row);
        }
    }

    private readonly void TurnRow(MatrixView<T> rows, int row)
    {
        int tokens = Cosines.Rows, pairs = Cosines.Columns;
        T* cosines = Cosines.Data + row % tokens * Cosines.RowStride, sines = Sines.Data + row % tokens * Sines.RowStride;
        for (int column = 0; column < rows.Columns; column += HeadWidth)
        {
            T* x = rows.Data + row * rows.RowStride + column, y = x + pairs;
            int pair = 0;
            for (; pair + Vector<T>.Count <= pairs; pair += Vector<T>.Count)
            {
                Vector<T> cosine = Vector.Load(cosines + pair), sine = Vector.Load(sines + pair) * Direction;
                Vector<T> left = Vector.Load(x + pair), right = Vector.Load(y + pair);
                Vector.Store(left * cosine - right * sine, x + pair);
                Vector.Store(left * sine + right * cosine, y + pair);
            }

            for (; pair < pairs; pair++)
            {
                T sine = sines[pair] * Direction, left = x[pair];
                x[pair] = left * cosines[pair] - y[pair] * sine;
                y[pair] = left * sine + y[pair] * cosines[pair];
            }
        }
    }
}
