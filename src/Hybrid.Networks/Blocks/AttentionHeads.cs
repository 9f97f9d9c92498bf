using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Blocks.Activations;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// The part of attention between the weight matrices: for every head of every sequence, A = softmax(Q Kᵀ/√d_k) and
/// context = A V. Items of work are row blocks of heads; R = B n rows. Backwards, with G the gradient at the context:
/// G_A = G Vᵀ, G_ℓ by the softmax, G_Q = G_ℓ K/√d_k (row block by row block), then, from all rows,
/// G_K = G_ℓᵀ Q/√d_k and G_V = Aᵀ G, added up over the heads that share keys and values. A cap c makes a logit
/// c tanh(ℓ/c).
/// </summary>
internal unsafe struct AttentionHeads<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // From so many heads per thread on, one head more or less matters little.
    private const int EnoughHeads = 8;

    // Rows at a time of a product of which a mask hides a part.
    private const int Strip = 32;

    /// <summary>H; head h owns an H-th of the queries' columns.</summary>
    internal int Heads;

    /// <summary>G: H/G heads after one another share a G-th of the columns of keys and values.</summary>
    internal int Groups;

    /// <summary>Which tokens a token sees.</summary>
    internal AttentionSpan Span;

    /// <summary>Whether head h = 0.. has 2^(−8(h + 1)/H) |i − j| taken off its logits.</summary>
    internal bool Alibi;

    /// <summary>A logit beside those of the tokens; −∞ for none.</summary>
    internal T Sink;

    /// <summary>c; 0 for none.</summary>
    internal T SoftCap;

    /// <summary>tanh, where there is a cap.</summary>
    internal ActivationKernels<T> Tanh;

    /// <summary>
    /// 1/√d_k times the layer's scale and the gain of normalised queries and keys; the matrices may hold fewer coordinates of a head
    /// than d_k, in a frame of what matters.
    /// </summary>
    internal T LogitScale;

    /// <summary>Packing memory, one per worker.</summary>
    internal PackingBuffers<T>* Buffers;

    /// <summary>[R, H d_k].</summary>
    internal MatrixView<T> Query;

    /// <summary>[R, G d_k] each.</summary>
    internal MatrixView<T> Key, Value;

    /// <summary>Whether the way back forms A (and tanh(ℓ/c)) again, as another block's stands there.</summary>
    internal bool Again;

    /// <summary>tanh(ℓ/c) where there is a cap: [B H n, n].</summary>
    internal MatrixView<T> Capped;

    /// <summary>A and the gradient at A and ℓ: [B H n, n].</summary>
    internal MatrixView<T> Probabilities, LogitGradient;

    /// <summary>[R, H d_k]; backwards the gradient there.</summary>
    internal MatrixView<T> Context;

    /// <summary>[R, H d_k].</summary>
    internal MatrixView<T> QueryGradient;

    /// <summary>[R, G d_k] each.</summary>
    internal MatrixView<T> KeyGradient, ValueGradient;

    private readonly int Tokens => Probabilities.Columns;

    // Heads of all sequences: head h of sequence b has number b H + h.
    private readonly int AllHeads => Probabilities.Rows / Tokens;

    private readonly int HeadWidth => Query.Columns / Heads;

    // Heads to a group.
    private readonly int Sharing => Heads / Groups;

    /// <summary>What the heads of block <paramref name="layer"/> do; matrices and buffers are the caller's.</summary>
    internal static AttentionHeads<T> Of(Architecture architecture, int layer, bool gainsLearn)
    {
        HeadParameters head = architecture.Attention.Head;

        // What norms of queries and keys leave of logits has standard deviation 1; the product of their gains is σ_A, unless the
        // gains learn.
        double gain = head.QueryKeyNorm.IsNone || gainsLearn ? 1 : architecture.Attention.LogitStd;
        return new()
        {
            Heads = architecture.Heads,
            Groups = ArchitectureModule.KeyValueHeads(architecture),
            Span = AttentionSpan.Of(architecture.Mask.At(layer), architecture.Tokens),
            Alibi = head.Positions.At(layer).IsAlibi,
            Sink = head.Sink is { } sink ? T.CreateChecked(sink.Value) : T.NegativeInfinity,
            SoftCap = head.SoftCap is { } cap ? T.CreateChecked(cap.Value) : T.Zero,
            Tanh = ActivationKernels<T>.Of(Activation.Tanh),
            LogitScale = T.CreateChecked(gain * head.LogitScale.At(layer))
                / T.Sqrt(T.CreateChecked(ArchitectureModule.HeadWidth(architecture))),
        };
    }

    /// <summary>Probabilities and Context from Query, Key, Value.</summary>
    internal static void Forward(AttentionHeads<T>* at, int worker, int threads)
    {
        (int start, int end) = at->Items(worker, threads);
        for (int item = start; item < end; item++)
        {
            (int head, int row, int rows) = at->Item(item, threads);
            MatrixView<T> probabilities = at->Attend(worker, head, row, rows);
            BlockedProduct.Multiply(
                at->Buffers[worker], probabilities, at->Shared(at->Value, head), at->Head(at->Context, head, row, rows), T.One);
        }
    }

    /// <summary>LogitGradient and QueryGradient from the gradient at Context.</summary>
    internal static void BackwardRows(AttentionHeads<T>* at, int worker, int threads)
    {
        (int start, int end) = at->Items(worker, threads);
        for (int item = start; item < end; item++)
        {
            (int head, int row, int rows) = at->Item(item, threads);
            MatrixView<T> probabilities = at->Again ? at->Attend(worker, head, row, rows) : at->Rows(head, row, rows);
            MatrixView<T> gradient = at->LogitGradient.Slice(head * at->Tokens + row, 0, rows, at->Tokens);
            at->Overlap(worker, at->Head(at->Context, head, row, rows), at->Shared(at->Value, head), row, gradient, T.One);
            for (int i = 0; i < rows; i++)
            {
                (int from, int to) = at->Span.Of(row + i, at->Tokens);
                nint shift = i * gradient.RowStride;
                Softmax.Backward(gradient.Data + shift, probabilities.Data + shift, from, to, at->Tokens);
                if (at->SoftCap > T.Zero)
                {
                    T* capped = at->Capped.Data + (head * at->Tokens + row + i) * at->Capped.RowStride;
                    RowMath.MultiplyByTanhSlope(T.One, capped + from, T.One, gradient.Data + shift + from, to - from);
                }
            }

            BlockedProduct.Multiply(
                at->Buffers[worker],
                gradient,
                at->Shared(at->Key, head),
                at->Head(at->QueryGradient, head, row, rows),
                at->LogitScale);
        }
    }

    /// <summary>KeyGradient and ValueGradient, once LogitGradient is complete.</summary>
    internal static void BackwardColumns(AttentionHeads<T>* at, int worker, int threads)
    {
        // A group's heads stay with one worker, who adds them up in their order.
        (int start, int end) = WorkerPool.Share(at->AllHeads / at->Sharing * at->BlocksOfHead(threads), worker, threads);
        for (int item = start; item < end; item++)
        {
            (int group, int column, int columns) = at->Item(item, threads);
            for (int head = group * at->Sharing; head < (group + 1) * at->Sharing; head++)
            {
                MatrixView<T> probabilities = at->Probabilities.Slice(head * at->Tokens, column, at->Tokens, columns);
                MatrixView<T> gradient = at->LogitGradient.Slice(head * at->Tokens, column, at->Tokens, columns);
                bool further = head > group * at->Sharing;
                BlockedProduct.Multiply(
                    at->Buffers[worker],
                    gradient.Transposed,
                    at->Head(at->Query, head),
                    at->Shared(at->KeyGradient, head, column, columns),
                    at->LogitScale,
                    further);
                BlockedProduct.Multiply(
                    at->Buffers[worker],
                    probabilities.Transposed,
                    at->Head(at->Context, head),
                    at->Shared(at->ValueGradient, head, column, columns),
                    T.One,
                    further);
            }
        }
    }

    private readonly MatrixView<T> Rows(int head, int row, int rows) => Probabilities.Slice(head * Tokens + row, 0, rows, Tokens);

    // Rows of A from queries and keys.
    private readonly MatrixView<T> Attend(int worker, int head, int row, int rows)
    {
        MatrixView<T> probabilities = Rows(head, row, rows);
        bool caps = SoftCap > T.Zero;
        Overlap(
            worker, Head(Query, head, row, rows), Shared(Key, head), row, probabilities, caps ? LogitScale / SoftCap : LogitScale);
        for (int i = 0; i < rows; i++)
        {
            T* logits = probabilities.Data + i * probabilities.RowStride;
            if (caps)
                Cap(logits, head * Tokens + row + i);
            if (Alibi)
                Incline(logits, row + i, Tokens, Slope(head));
            (int from, int to) = Span.Of(row + i, Tokens);
            Softmax.Forward(logits, from, to, Tokens, Sink);
        }

        return probabilities;
    }

    // What rows from one on, left, have with all tokens', right, where the mask lets them see these; more of the result is left as it is.
    private readonly void Overlap(int worker, MatrixView<T> left, MatrixView<T> right, int row, MatrixView<T> result, T scale)
    {
        if (Span.IsCausal(Tokens))
        {
            BlockedProduct.Lower(Buffers[worker], left, right.Transposed, result, scale, row);
            return;
        }

        int step = Span.Window == 0 ? left.Rows : Strip;
        for (int first = 0; first < left.Rows; first += step)
        {
            int rows = Math.Min(step, left.Rows - first);
            int from = Span.Of(row + first, Tokens).From, to = Span.Of(row + first + rows - 1, Tokens).To;
            BlockedProduct.Multiply(
                Buffers[worker],
                left.Slice(first, 0, rows, left.Columns),
                right.Slice(from, 0, to - from, right.Columns).Transposed,
                result.Slice(first, from, rows, to - from),
                scale);
        }
    }

    // c tanh(ℓ/c) from ℓ/c, whose tanh is kept.
    private readonly void Cap(T* logits, int row)
    {
        T* capped = Capped.Data + row * Capped.RowStride;
        Tanh.Value(logits, capped, Tokens);
        RowMath.Scale(SoftCap, capped, logits, Tokens);
    }

    private readonly T Slope(int head) => T.CreateChecked(Math.Pow(2, -8.0 * (head % Heads + 1) / Heads));

    private static void Incline(T* logits, int token, int tokens, T slope)
    {
        for (int other = 0; other < tokens; other++)
            logits[other] -= slope * T.CreateTruncating(Math.Abs(token - other));
    }

    // Whole heads where they spread evenly enough over the threads, otherwise heads cut into as many row blocks as threads.
    private readonly int BlockRows(int threads) =>
        AllHeads % threads == 0 || AllHeads >= EnoughHeads * threads ? Tokens : (Tokens + threads - 1) / threads;

    private readonly int BlocksOfHead(int threads)
    {
        int blockRows = BlockRows(threads);
        return (Tokens + blockRows - 1) / blockRows;
    }

    private readonly (int Start, int End) Items(int worker, int threads) =>
        WorkerPool.Share(AllHeads * BlocksOfHead(threads), worker, threads);

    private readonly (int Head, int Row, int Rows) Item(int item, int threads)
    {
        int blockRows = BlockRows(threads), blocks = BlocksOfHead(threads);
        int row = item % blocks * blockRows;
        return (item / blocks, row, Math.Min(blockRows, Tokens - row));
    }

    private readonly MatrixView<T> Head(MatrixView<T> matrix, int head) => Head(matrix, head, 0, Tokens);

    private readonly MatrixView<T> Head(MatrixView<T> matrix, int head, int row, int rows) =>
        matrix.Slice(head / Heads * Tokens + row, head % Heads * HeadWidth, rows, HeadWidth);

    // Of keys, values or their gradients: what the head shares with its group.
    private readonly MatrixView<T> Shared(MatrixView<T> matrix, int head) => Shared(matrix, head, 0, Tokens);

    private readonly MatrixView<T> Shared(MatrixView<T> matrix, int head, int row, int rows) =>
        matrix.Slice(head / Heads * Tokens + row, head % Heads / Sharing * HeadWidth, rows, HeadWidth);
}
