using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Torch;

/// <summary>Batches of random networks within the device's memory, and their weights, which are taken once and drawn anew.</summary>
internal sealed class EnsembleBatch : IDisposable
{
    private readonly Architecture architecture;
    private readonly TorchOptions options;
    private readonly MatrixDraw onHost;
    private readonly DeviceDraw? onDevice;
    private readonly ShrinkingBatch batch;
    private EnsembleWeights? weights;

    /// <summary>Plans batches of networks that take so many bytes of the device each.</summary>
    /// <exception cref="InsufficientMemoryException">Not even one network fits the device.</exception>
    internal EnsembleBatch(Architecture architecture, TorchOptions options, int threads, Int128 bytes)
    {
        (this.architecture, this.options) = (architecture, options);
        batch = new ShrinkingBatch(Fitting(options, bytes));
        Pool = new WorkerPool(threads);
        Product = new MatrixProduct<double>(Pool);
        onHost = new MatrixDraw(options.Device, threads);
        onDevice = options.Source == WeightSource.Device ? new DeviceDraw(options.Device) : null;
    }

    /// <summary>Networks in a batch, ≥ 1.</summary>
    internal int Size => batch.Size;

    /// <summary>Threads that draw on the host.</summary>
    internal WorkerPool Pool { get; }

    /// <summary>Products on them.</summary>
    internal MatrixProduct<double> Product { get; }

    /// <summary>Calls <paramref name="work"/>(start, count) until all are done, in smaller batches where memory is exhausted.</summary>
    internal void Run(int networks, Action<int, int> work) => batch.Run(networks, work);

    /// <summary>
    /// Weights of networks (seed, first) …, begun. Memory is for the largest batch so far: a single network asked for takes no more than
    /// its own.
    /// </summary>
    internal EnsembleWeights Begin(ulong seed, int first, int networks)
    {
        if (weights is null || weights.Networks < networks || weights.Networks > batch.Size)
        {
            weights?.Dispose();
            weights = null;
            weights = new EnsembleWeights(architecture, networks, options.Device, options.Precision, onHost, onDevice);
        }

        weights.Begin(seed, first, networks);
        return weights;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        weights?.Dispose();
        onDevice?.Dispose();
        Product.Dispose();
        Pool.Dispose();
    }

    private static int Fitting(TorchOptions options, Int128 bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MostAtOnce, 1);
        long memory = options.Memory ?? DeviceMemory.Of(options.Device).Budget;
        if (bytes > memory)
        {
            throw new InsufficientMemoryException(
                $"one network takes about {bytes} bytes ({(double)bytes / (1L << 30):0.00} "
                + $"GiB) on {options.Device} and {memory} are allowed; "
                + "allow more memory, take bfloat16, or ask for fewer tokens, a smaller width or fewer blocks");
        }

        return (int)Int128.Min(options.MostAtOnce, memory / bytes);
    }
}
