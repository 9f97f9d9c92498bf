using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Training;

/// <summary>
/// A network whose weights come from somewhere else, on the dense engine in single precision, for passes that are watched: no
/// optimiser, gradients where they are asked for. Its parameters are 0 until they are written through <see cref="Matrix"/>.
/// </summary>
public class CheckpointNetwork : IObservedNetwork, IDisposable
{
    private readonly int sequences;
    private readonly bool gradients;
    private readonly WorkerPool pool;
    private readonly MatrixProduct<float> product;
    private readonly DenseModel<float> dense = null!;
    private readonly NetworkTensors tensors;

    /// <summary>Plans a network.</summary>
    /// <param name="model">A legal architecture, what is around it, and a form.</param>
    /// <param name="sequences">B of its batches, ≥ 1.</param>
    /// <param name="gradients">Whether passes may go back; gradients take as much memory as the parameters.</param>
    /// <param name="threads">≥ 1; the results do not depend on it.</param>
    /// <exception cref="InvalidArchitectureException">The dense engine has not what the architecture asks for.</exception>
    /// <exception cref="InsufficientMemoryException">It does not fit the machine's memory.</exception>
    public CheckpointNetwork(ModelOptions model, int sequences, bool gradients, int threads)
    {
        Features.EnsureSupported("engine dense", DenseBlocks.Features, ArchitectureModule.EnsureValid(model.Architecture));
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        Model = model;
        this.sequences = sequences;
        this.gradients = gradients && model.Form?.Output?.Head != HeadKind.None;
        EnsureFits(model, sequences, this.gradients);
        pool = new WorkerPool(threads);
        try
        {
            product = new MatrixProduct<float>(pool);
            dense = new DenseModel<float>(model, sequences, recompute: true, pool, product, this.gradients);
        }
        catch
        {
            Dispose();
            throw;
        }

        tensors = new NetworkTensors(dense.Layout, dense.Parameters, this.gradients ? dense.Gradients : null);
    }

    /// <inheritdoc/>
    public ModelOptions Model { get; }

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Parameters => tensors.Parameters;

    /// <summary>The parameters that a network of a model has, before any memory is taken.</summary>
    public static IReadOnlyList<NamedTensor> ParametersOf(ModelOptions model) =>
        [.. new ModelLayout(model).Tensors.Select(place => place.Tensor)];

    /// <summary>Draws the parameters of network (seed, 0) as before training: matrices from the record, gains 1, what is added 0.</summary>
    public void Draw(ulong seed) => dense.Draw(seed);

    /// <inheritdoc/>
    public MatrixView<float> Matrix(string name) => tensors.Matrix(name);

    /// <inheritdoc/>
    public double Observe(TokenBatch batch, IPassObserver<float> observer, bool backward = true)
    {
        if (backward && !gradients)
            throw new InvalidOperationException("a pass back needs a network that was planned with gradients and has a head");
        BatchRanges.EnsureValid(batch, Model, sequences);
        return dense.Run(batch, backward, observer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        dense?.Dispose();
        product?.Dispose();
        pool.Dispose();
    }

    private static void EnsureFits(ModelOptions model, int sequences, bool gradients)
    {
        (Int128 parameters, Int128 activations) = DenseModel<float>.Bytes(model, sequences, recompute: true);
        Int128 bytes = (gradients ? parameters : parameters / 2) + activations;
        Int128 available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > available)
        {
            throw new InsufficientMemoryException(
                $"the network takes {bytes} bytes ({bytes >> 30} GiB) and this machine offers {available}; ask for "
                + (gradients ? "no gradients, " : "") + "fewer sequences or tokens");
        }
    }
}
