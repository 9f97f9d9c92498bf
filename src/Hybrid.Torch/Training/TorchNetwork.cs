using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Model;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>
/// A network whose weights come from somewhere else, on TorchSharp, for passes that are watched: no optimiser, gradients where they are
/// asked for. The host holds the parameters, 0 until they are written through <see cref="Matrix"/>, and the gradients of the last pass;
/// every pass begins by copying the parameters to the device.
/// </summary>
public sealed class TorchNetwork : IMeasuredNetwork
{
    private readonly int sequences;
    private readonly TorchDevice device;
    private readonly TorchPrecision precision;
    private readonly NativeBuffer<float> parameters;
    private readonly NativeBuffer<float>? gradients;
    private readonly NetworkTensors host;
    private readonly ModelTensors tensors;
    private readonly TorchModel network;
    private readonly TorchExponents exponents;

    /// <summary>Plans a network.</summary>
    /// <param name="model">A legal architecture, what is around it, and a form.</param>
    /// <param name="sequences">B of its batches, ≥ 1.</param>
    /// <param name="gradients">Whether passes may go back; gradients take as much memory as the parameters.</param>
    /// <param name="device">Where.</param>
    /// <param name="precision">Of the blocks' products.</param>
    /// <param name="memory">Bytes of the device that it may take; null: <see cref="DeviceMemory.Budget"/>.</param>
    /// <exception cref="InvalidArchitectureException">The engine has not what the architecture asks for.</exception>
    /// <exception cref="TorchMissingException">libtorch or the device is not there.</exception>
    /// <exception cref="InsufficientMemoryException">It does not fit the memory of the device or of the host.</exception>
    public TorchNetwork(
        ModelOptions model, int sequences, bool gradients, TorchDevice device, TorchPrecision precision = TorchPrecision.Single,
        long? memory = null)
    {
        Features.EnsureSupported("engine torch", TorchBlock.Features, ArchitectureModule.EnsureValid(model.Architecture));
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        Model = model;
        (this.sequences, this.precision) = (sequences, precision);
        this.device = TorchRuntime.EnsureAvailable(device);
        Products.Configure(precision);
        bool learns = gradients && model.Form?.Output?.Head != HeadKind.None;
        ModelLayout layout = new(model);
        EnsureFits(layout, learns, memory ?? DeviceMemory.Of(device).Budget);
        parameters = new NativeBuffer<float>(layout.Length, "parameters");
        try
        {
            this.gradients = learns ? new NativeBuffer<float>(layout.Length, "gradients of the parameters") : null;
            host = new NetworkTensors(layout, parameters, this.gradients);
            tensors = OnDevice(() => new ModelTensors(model, layout, parameters, device, learns));
        }
        catch
        {
            parameters.Dispose();
            this.gradients?.Dispose();
            throw;
        }

        network = new TorchModel(model, tensors, device, precision, recompute: true);
        exponents = new TorchExponents(model, tensors, network);
    }

    /// <inheritdoc/>
    public ModelOptions Model { get; }

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Parameters => host.Parameters;

    /// <inheritdoc/>
    public MatrixView<float> Matrix(string name) => host.Matrix(name);

    /// <inheritdoc/>
    public double Observe(TokenBatch batch, IPassObserver<float> observer, bool backward = true)
    {
        if (backward && gradients is null)
            throw new InvalidOperationException("a pass back needs a network that was planned with gradients and has a head");
        int targets = BatchRanges.EnsureValid(batch, Model, sequences);
        return OnDevice(() =>
        {
            tensors.Write(parameters);
            if (backward)
                tensors.ClearGradients();
            double loss = network.Observe(batch, 0, batch.Sequences, targets, new HostObserver(observer), backward);
            if (backward)
                tensors.ReadGradients(gradients!);
            return loss;
        });
    }

    /// <inheritdoc/>
    public (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Exponents(
        TokenBatch batch, int exponents, ulong seed, CancellationToken cancellation = default)
    {
        BatchRanges.EnsureValid(batch, Model, sequences);
        return OnDevice(() =>
        {
            tensors.Write(parameters);
            int measured = Math.Min(NetworkMeter.Trajectories, sequences);
            Int128 planned = sequences * TrainingBytes.Sequence(Model, recompute: true, precision);
            Int128 atOnce = planned / TrainingBytes.Exponents(Model.Architecture, exponents);
            return this.exponents.Measure(
                batch, measured, exponents, seed, (int)Int128.Clamp(atOnce, 1, measured), cancellation);
        });
    }

    /// <inheritdoc/>
    public unsafe OperatorNorm[] OperatorNorms(string matrix, double tolerance, int parts = 1) => OnDevice(() =>
    {
        using DisposeScope scope = NewDisposeScope();
        MatrixView<float> held = host.Matrix(matrix);
        Tensor rows = empty([held.Rows, held.Columns], ScalarType.Float32, device.ToTorch());
        HostMemory.Write(rows, 0, new ReadOnlySpan<float>(held.Data, checked(held.Rows * held.Columns)));
        return PowerIteration.OfParts(rows, parts, tolerance);
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        tensors.Dispose();
        parameters.Dispose();
        gradients?.Dispose();
    }

    private void EnsureFits(ModelLayout layout, bool learns, long memory)
    {
        Int128 bytes = sizeof(float) * layout.Length * (learns ? 2 : 1)
            + sequences * TrainingBytes.Sequence(Model, recompute: true, precision);
        if (bytes > memory)
            throw TooLarge($"takes about {bytes} bytes ({bytes >> 30} GiB) on {device} and {memory} are allowed", learns);
    }

    private static InsufficientMemoryException TooLarge(string what, bool learns, Exception? inner = null) =>
        new($"the network {what}; ask for {(learns ? "no gradients, " : "")}fewer sequences or tokens", inner);

    private T OnDevice<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (ShrinkingBatch.IsExhausted(error))
        {
            throw TooLarge($"exhausts the memory of {device}", gradients is not null, error);
        }
    }
}
