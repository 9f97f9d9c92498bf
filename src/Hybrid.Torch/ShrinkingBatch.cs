using System.Runtime.InteropServices;

namespace Hybrid.Torch;

/// <summary>Work on items in batches whose size halves, for good, whenever the device's memory is exhausted.</summary>
internal sealed class ShrinkingBatch
{
    /// <summary>Starts at <paramref name="size"/> ≥ 1 items.</summary>
    internal ShrinkingBatch(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        Size = size;
    }

    /// <summary>Items in a batch, ≥ 1.</summary>
    internal int Size { get; private set; }

    /// <summary>Whether a failure of libtorch says that memory is exhausted.</summary>
    internal static bool IsExhausted(Exception error) =>
        error is OutOfMemoryException
        || (error is ExternalException
            && (Says(error, "out of memory") || Says(error, "can't allocate memory") || Says(error, "CUBLAS_STATUS_ALLOC_FAILED")));

    /// <summary>
    /// Calls <paramref name="work"/>(start, length) until all <paramref name="count"/> items are done; a
    /// batch that fails for memory is done again in halves.
    /// </summary>
    internal void Run(int count, Action<int, int> work)
    {
        for (int start = 0; start < count;)
        {
            int length = Math.Min(Size, count - start);
            if (Try(() => work(start, length), length))
                start += length;
        }
    }

    /// <summary>Does <paramref name="work"/> with batches of <see cref="Size"/>, from its beginning again after each halving.</summary>
    internal void Repeat(int count, Action work)
    {
        while (!Try(work, Math.Min(Size, count)))
        {
        }
    }

    private bool Try(Action work, int length)
    {
        try
        {
            work();
            return true;
        }
        catch (Exception error) when (length > 1 && IsExhausted(error))
        {
            Size = length / 2;
        }

        // What the failed batch still holds is freed by finalizers.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return false;
    }

    private static bool Says(Exception error, string words) => error.Message.Contains(words, StringComparison.OrdinalIgnoreCase);
}
