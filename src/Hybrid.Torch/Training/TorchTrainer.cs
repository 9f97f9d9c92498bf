using Hybrid.Networks.Measurements;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>
/// Training on TorchSharp: the dense trainer's initial parameters, batches, update and named tensors, so that a run may begin on
/// one engine and continue on the other. A batch that exceeds the device's memory is taken in parts whose gradients add up.
/// </summary>
public sealed class TorchTrainer : IMeasuredTrainer
{
    private readonly ModelTensors tensors;
    private readonly TorchModel model;
    private readonly TorchOptimiser optimiser;
    private readonly TorchExponents exponents;
    private readonly TorchPrecision precision;
    private readonly ShrinkingBatch part;
    private readonly Dictionary<string, Func<Tensor>> byName = [];
    private int stepsDone;
    private bool hasGradients;

    /// <summary>Plans a run and draws its initial parameters.</summary>
    /// <param name="options">Every number in its documented range.</param>
    /// <param name="device">Where.</param>
    /// <param name="precision">Of the blocks' products; parameters and the optimiser's numbers are in single precision.</param>
    /// <param name="threads">Threads that draw the initial parameters, ≥ 1; libtorch's own are <see cref="TorchRuntime.Threads"/>.</param>
    /// <param name="memory">Bytes of the device that the run may take; null: <see cref="DeviceMemory.Budget"/>.</param>
    /// <exception cref="ArgumentException">An option is out of its range; the message says which.</exception>
    /// <exception cref="TorchMissingException">libtorch or the device is not there.</exception>
    /// <exception cref="InsufficientMemoryException">Parameters and one sequence do not fit the device.</exception>
    public TorchTrainer(
        TrainingOptions options, TorchDevice device, TorchPrecision precision = TorchPrecision.Single, int threads = 1, long? memory = null)
    {
        Options = OptionRanges.EnsureValid(options);
        this.precision = precision;
        TorchRuntime.EnsureAvailable(device);
        Products.Configure(precision);
        part = new ShrinkingBatch(TrainingBytes.SequencesWithin(options, memory ?? DeviceMemory.Of(device).Budget, device, precision));
        tensors = ModelTensors.Drawn(options.Model, options.Seed, device, threads);
        model = new TorchModel(options.Model, tensors, device, precision, options.Recompute);
        exponents = new TorchExponents(options.Model, tensors, model);
        optimiser = new TorchOptimiser(options.Optimiser, tensors, device);
        Parameters = [.. tensors.All.Select(tensor => Named("", tensor, () => tensor.Value))];
        OptimiserState = options.Optimiser.Kind == OptimiserKind.AdamW
            ? [.. Named("mean.", optimiser.Mean), .. Named("square.", optimiser.Square!)]
            : [.. Named("momentum.", optimiser.Mean)];
        Gradients = [.. tensors.All.Select(tensor => Named("gradient.", tensor, () => GradientOf(tensor)))];
    }

    /// <inheritdoc/>
    public string Engine => "torch";

    /// <inheritdoc/>
    public TrainingOptions Options { get; }

    /// <inheritdoc/>
    public int StepsDone
    {
        get => stepsDone;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            stepsDone = value;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Parameters { get; }

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> OptimiserState { get; }

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Gradients { get; }

    /// <summary>Sequences that pass at once: a whole batch, or fewer where memory asks for it.</summary>
    public int SequencesAtOnce => part.Size;

    /// <summary>About how many bytes of the device a run takes with whole batches.</summary>
    public static Int128 Bytes(TrainingOptions options, TorchPrecision precision = TorchPrecision.Single) =>
        TrainingBytes.Of(options, options.Sequences, precision);

    /// <inheritdoc/>
    public void Read(NamedTensor tensor, long offset, Span<float> destination)
    {
        using DisposeScope scope = NewDisposeScope();
        HostMemory.Read(Part(tensor, offset, destination.Length), offset, destination);
    }

    /// <inheritdoc/>
    public void Write(NamedTensor tensor, long offset, ReadOnlySpan<float> source)
    {
        using DisposeScope scope = NewDisposeScope();
        HostMemory.Write(Part(tensor, offset, source.Length), offset, source);
    }

    /// <summary>
    /// One step of the optimiser on a batch of Options.Sequences sequences. After a loss or a gradient that is not finite
    /// nothing is updated, and the step does not count as done.
    /// </summary>
    public StepResult Step(TokenBatch batch)
    {
        int targets = BatchRanges.EnsureValid(batch, Options.Model, Options.Sequences);
        double loss = Sum(
            (start, count) => model.LossAndGradient(batch, start, count, targets),
            before: () => ClearGradients(backward: true));
        double norm = optimiser.Norm();
        double rate = LearningRate.At(Options.Optimiser, Options.Steps, StepsDone + 1);
        if (double.IsFinite(loss) && double.IsFinite(norm))
        {
            StepsDone++;
            optimiser.Update(norm, rate, StepsDone);
        }

        return new StepResult(loss, norm, rate);
    }

    /// <inheritdoc/>
    public double Evaluate(TokenBatch batch)
    {
        int targets = BatchRanges.EnsureValid(batch, Options.Model, Options.Sequences);
        return Sum((start, count) => model.Loss(batch, start, count, targets), before: () => { });
    }

    /// <inheritdoc/>
    public (double Loss, PassMeasurement Pass) MeasurePass(TokenBatch batch, bool backward = true)
    {
        int targets = BatchRanges.EnsureValid(batch, Options.Model, Options.Sequences);
        TensorPassMeter meter = new(Options.Model.Architecture);
        try
        {
            double loss = Sum(
                (start, count) => model.Observe(batch, start, count, targets, meter, backward),
                before: () =>
                {
                    meter.Dispose();
                    meter = new TensorPassMeter(Options.Model.Architecture);
                    ClearGradients(backward);
                });
            return (loss, meter.Measurement());
        }
        finally
        {
            meter.Dispose();
        }
    }

    /// <inheritdoc/>
    public double Observe(TokenBatch batch, IPassObserver<float> observer, bool backward = true)
    {
        int targets = BatchRanges.EnsureValid(batch, Options.Model, Options.Sequences);
        ClearGradients(backward);
        return model.Observe(batch, 0, batch.Sequences, targets, new HostObserver(observer), backward);
    }

    /// <inheritdoc/>
    public (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Exponents(
        TokenBatch batch, int sequences, int exponents, ulong seed, CancellationToken cancellation = default)
    {
        BatchRanges.EnsureValid(batch, Options.Model, Options.Sequences);
        Int128 planned = part.Size * TrainingBytes.Sequence(Options.Model, Options.Recompute, precision);
        Int128 atOnce = planned / TrainingBytes.Exponents(Options.Model.Architecture, exponents);
        return this.exponents.Measure(batch, sequences, exponents, seed, (int)Int128.Clamp(atOnce, 1, sequences), cancellation);
    }

    /// <inheritdoc/>
    public double SquaredNorm(NamedTensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return Products.Square(Part(tensor, 0, 0).detach().to(ScalarType.Float64)).sum().item<double>();
    }

    /// <inheritdoc/>
    public OperatorNorm[] OperatorNorms(NamedTensor matrix, int parts = 1)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = Part(matrix, 0, 0).detach();
        return PowerIteration.OfParts(rows.reshape(-1, rows.shape[^1]), parts);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        optimiser.Dispose();
        tensors.Dispose();
    }

    // Over parts of the batch in their order; from the beginning again where memory was exhausted.
    private double Sum(Func<int, int, double> loss, Action before)
    {
        double sum = 0;
        part.Repeat(Options.Sequences, () =>
        {
            before();
            sum = 0;
            for (int start = 0; start < Options.Sequences; start += part.Size)
                sum += loss(start, Math.Min(part.Size, Options.Sequences - start));
        });
        return sum;
    }

    private void ClearGradients(bool backward)
    {
        if (backward)
            tensors.ClearGradients();
        hasGradients |= backward;
    }

    private Tensor GradientOf(LearntTensor tensor) => hasGradients
        ? tensor.PartOf(tensors.Gradients!)
        : throw new InvalidOperationException($"{tensor.Placed.Tensor.Name} has no gradient before the first step");

    private IEnumerable<NamedTensor> Named(string prefix, Tensor values) =>
        tensors.All.Select(tensor => Named(prefix, tensor, () => tensor.PartOf(values)));

    private NamedTensor Named(string prefix, LearntTensor tensor, Func<Tensor> value)
    {
        NamedTensor named = tensor.Placed.Tensor with { Name = prefix + tensor.Placed.Tensor.Name };
        byName.Add(named.Name, value);
        return named;
    }

    private Tensor Part(NamedTensor tensor, long offset, int length)
    {
        if (!byName.TryGetValue(tensor.Name, out Func<Tensor>? find))
        {
            throw new ArgumentException(
                $"a tensor of this network must be named, got {tensor.Name}; its parameters are listed in Parameters");
        }

        Tensor found = find();
        if (!found.shape.SequenceEqual(tensor.Shape.Select(side => (long)side)))
        {
            throw new ArgumentException(
                $"{tensor.Name} must have shape [{string.Join(", ", found.shape)}], got [{string.Join(", ", tensor.Shape)}]");
        }

        if (offset < 0 || offset > tensor.Length - length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"must be from 0 to {tensor.Length - length} for {length} entries of {tensor.Name}");
        }

        return found;
    }
}
