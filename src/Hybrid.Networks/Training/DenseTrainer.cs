using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>
/// Training on the dense engine: single precision, hand-written forward and backward passes on every thread, all memory
/// planned by the constructor. Every number depends on the options and the batches alone, not on the number of threads nor
/// on recomputation.
/// </summary>
public unsafe class DenseTrainer : ITrainer, IObservedNetwork
{
    private readonly int threads;
    private readonly TrainingRun<float> run;
    private readonly Dictionary<string, (NativeBuffer<float> Buffer, PlacedTensor Place)> tensors = [];

    /// <summary>Plans a run on as many threads as the machine has cores and draws its initial parameters.</summary>
    public DenseTrainer(TrainingOptions options)
        : this(options, Environment.ProcessorCount)
    {
    }

    /// <summary>Plans a run and draws its initial parameters.</summary>
    /// <param name="options">Every number in its documented range.</param>
    /// <param name="threads">≥ 1; the results do not depend on it.</param>
    /// <exception cref="ArgumentException">An option is out of its range; the message says which.</exception>
    /// <exception cref="InsufficientMemoryException">The run does not fit the machine's memory; see
    /// <see cref="Bytes(TrainingOptions, int)"/>.</exception>
    public DenseTrainer(TrainingOptions options, int threads)
    {
        this.threads = threads;
        run = new TrainingRun<float>(options, threads);
        IReadOnlyList<PlacedTensor> placed = run.Model.Layout.Tensors;
        Parameters = [.. placed.Select(place => Named("", place, run.Model.Parameters))];
        OptimiserState = options.Optimiser.Kind == OptimiserKind.AdamW
            ? [.. placed.Select(place => Named("mean.", place, run.Optimiser.Mean)),
                .. placed.Select(place => Named("square.", place, run.Optimiser.Square))]
            : [.. placed.Select(place => Named("momentum.", place, run.Optimiser.Mean))];
        Gradients = [.. placed.Select(place => Named("gradient.", place, run.Model.Gradients))];
    }

    /// <inheritdoc/>
    public string Engine => "dense";

    /// <inheritdoc/>
    public TrainingOptions Options => run.Options;

    /// <inheritdoc/>
    public ModelOptions Model => run.Options.Model;

    /// <inheritdoc/>
    public int StepsDone
    {
        get => run.StepsDone;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            run.StepsDone = value;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Parameters { get; }

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> OptimiserState { get; }

    /// <summary>
    /// "gradient.NAME" of every parameter: what the last <see cref="Step"/>
    /// or <see cref="Observe"/> computed, before clipping.
    /// </summary>
    public IReadOnlyList<NamedTensor> Gradients { get; }

    /// <summary>Bytes that a trainer for legal options takes on all cores of the machine, before it is planned.</summary>
    public static Int128 Bytes(TrainingOptions options) => Bytes(options, Environment.ProcessorCount);

    /// <summary>The same with so many threads, each of which packs products in memory of its own.</summary>
    public static Int128 Bytes(TrainingOptions options, int threads) => TrainingRun<float>.Bytes(options, threads);

    /// <inheritdoc/>
    public void Read(NamedTensor tensor, long offset, Span<float> destination) =>
        Part(tensor, offset, destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    public void Write(NamedTensor tensor, long offset, ReadOnlySpan<float> source) =>
        source.CopyTo(Part(tensor, offset, source.Length));

    /// <summary>The entries of a matrix, or of a vector as one row, as they stand in memory until the next step.</summary>
    /// <param name="name">A parameter or gradient, such as "blocks.1.mlp.in" or "gradient.blocks.1.mlp.in".</param>
    public MatrixView<float> Matrix(string name)
    {
        (NativeBuffer<float> buffer, PlacedTensor place) = Find(name);
        int[] shape = place.Tensor.Shape;
        return buffer.Matrix(place.Offset, shape.Length == 1 ? 1 : shape[0], shape[^1]);
    }

    /// <summary>
    /// One step of the optimiser on a batch of Options.Sequences sequences. After a loss or a gradient that is not finite
    /// nothing is updated, and the step does not count as done.
    /// </summary>
    public StepResult Step(TokenBatch batch) => run.Step(batch);

    /// <summary>
    /// Mean cross-entropy over the targets of a batch of
    /// Options.Sequences sequences, nats; changes nothing that is learnt.
    /// </summary>
    public double Evaluate(TokenBatch batch) => run.Model.Run(batch, gradient: false);

    /// <summary>
    /// Runs a batch of Options.Sequences sequences through the network as it stands, forwards and, if asked for, backwards,
    /// and shows what passes. Changes nothing that is learnt; <see cref="Gradients"/> are the batch's afterwards.
    /// </summary>
    /// <param name="batch">Tokens and targets.</param>
    /// <param name="observer">Told every stage in its order.</param>
    /// <param name="backward">Whether gradients are computed.</param>
    /// <returns>Mean cross-entropy over the targets, nats.</returns>
    public double Observe(TokenBatch batch, IPassObserver<float> observer, bool backward = true) =>
        run.Model.Run(batch, backward, observer);

    /// <inheritdoc/>
    public void Dispose() => run.Dispose();

    private NamedTensor Named(string prefix, PlacedTensor place, NativeBuffer<float> buffer)
    {
        NamedTensor tensor = place.Tensor with { Name = prefix + place.Tensor.Name };
        tensors.Add(tensor.Name, (buffer, place));
        return tensor;
    }

    private Span<float> Part(NamedTensor tensor, long offset, int length)
    {
        (NativeBuffer<float> buffer, PlacedTensor place) = Find(tensor.Name);
        if (!place.Tensor.Shape.SequenceEqual(tensor.Shape))
        {
            throw new ArgumentException(
                $"{tensor.Name} must have shape [{string.Join(", ", place.Tensor.Shape)}], got [{string.Join(", ", tensor.Shape)}]");
        }

        if (offset < 0 || offset > place.Tensor.Length - length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"must be from 0 to {place.Tensor.Length - length} for {length} entries of {tensor.Name}");
        }

        return buffer.Span(place.Offset + offset, length);
    }

    private (NativeBuffer<float> Buffer, PlacedTensor Place) Find(string name) =>
        tensors.TryGetValue(name, out (NativeBuffer<float> Buffer, PlacedTensor Place) found)
            ? found
            : throw new ArgumentException($"a tensor of this network must be named, got {name}; its parameters are listed in Parameters");
}
