using System.Numerics;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>A model, its optimiser and the threads that both work on. Single precision is for use, double for tests.</summary>
internal sealed unsafe class TrainingRun<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly WorkerPool pool;
    private readonly MatrixProduct<T> product;

    /// <summary>Plans a run and draws its initial parameters.</summary>
    internal TrainingRun(TrainingOptions options, int threads)
    {
        Options = OptionRanges.EnsureValid(options);
        Int128 bytes = Bytes(options, threads), available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > available)
        {
            (Int128 parameters, Int128 activations) = DenseModel<T>.Bytes(options.Model, options.Sequences, options.Recompute);
            throw new InsufficientMemoryException(
                $"training takes {bytes} bytes ({Gibibytes(bytes)} GiB: parameters and gradients {Gibibytes(parameters)}, activations "
                + $"{Gibibytes(activations)}, optimiser and scratch the rest) and this machine offers {available}; ask for "
                + (options.Recompute ? "fewer sequences or tokens, " : "recomputation, fewer sequences or tokens, ")
                + "a smaller width or fewer blocks");
        }

        pool = new WorkerPool(threads);
        try
        {
            product = new MatrixProduct<T>(pool);
            Model = new DenseModel<T>(options.Model, options.Sequences, options.Recompute, pool, product);
            Optimiser = new Optimiser<T>(options.Optimiser, Model.Layout, pool);
            Model.Draw(options.Seed);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal TrainingOptions Options { get; }

    internal DenseModel<T> Model { get; } = null!;

    internal Optimiser<T> Optimiser { get; } = null!;

    internal int StepsDone { get; set; }

    /// <summary>Bytes that a run takes: parameters, gradients, the optimiser's numbers, activations, packing of products.</summary>
    internal static Int128 Bytes(TrainingOptions options, int threads)
    {
        (Int128 parameters, Int128 activations) = DenseModel<T>.Bytes(options.Model, options.Sequences, options.Recompute);
        Int128 optimiser = parameters / 2 * (options.Optimiser.Kind == OptimiserKind.AdamW ? 2 : 1);
        return parameters + optimiser + activations + sizeof(T) * PackingBuffers<T>.Length * threads;
    }

    /// <summary>Loss and gradient of a batch, and one step of the optimiser if both are finite.</summary>
    internal StepResult Step(TokenBatch batch)
    {
        double loss = Model.Run(batch, gradient: true);
        double norm = Optimiser.Norm(Model.Gradients);
        double rate = LearningRate.At(Options.Optimiser, Options.Steps, StepsDone + 1);
        if (double.IsFinite(loss) && double.IsFinite(norm))
        {
            StepsDone++;
            Optimiser.Update(Model.Parameters, Model.Gradients, norm, rate, StepsDone);
        }

        return new StepResult(loss, norm, rate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Optimiser?.Dispose();
        Model?.Dispose();
        product?.Dispose();
        pool.Dispose();
    }

    private static string Gibibytes(Int128 bytes) =>
        ((double)bytes / (1L << 30)).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);
}
