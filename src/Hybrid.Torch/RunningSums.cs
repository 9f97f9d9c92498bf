using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>Tensors of one shape that stay on their device until all are read at once: a device is waited for each time.</summary>
/// <param name="count">How many.</param>
internal sealed class RunningSums(int count) : IDisposable
{
    private readonly Tensor?[] sums = new Tensor?[count];

    /// <summary>Whether anything was added.</summary>
    internal bool Any => sums[0] is not null;

    /// <summary>Adds to sum number <paramref name="index"/>, from 0.</summary>
    internal void Add(int index, Tensor part) => Join(index, part, (sum, next) => Products.Sum(sum, next));

    /// <summary>Keeps the larger entries.</summary>
    internal void KeepLargest(int index, Tensor part) => Join(index, part, maximum);

    /// <summary>[index][entry] of them all, in double precision.</summary>
    internal double[][] Read()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor all = stack(sums.Select(sum => sum!)).cpu().contiguous();
        return [.. Enumerable.Range(0, sums.Length).Select(index => HostMemory.Entries<double>(all.select(0, index)).ToArray())];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? sum in sums)
            sum?.Dispose();
    }

    private void Join(int index, Tensor part, Func<Tensor, Tensor, Tensor> join)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor? before = sums[index];
        sums[index] = (before is null ? part.clone() : join(before, part)).DetachFromDisposeScope();
        before?.Dispose();
    }
}
