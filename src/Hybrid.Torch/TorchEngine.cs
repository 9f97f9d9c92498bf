using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// Random networks with real weights on TorchSharp, many at once: every product is a batched one over networks, the backward
/// pass is autograd's, block by block. With <see cref="WeightSource.Host"/> a network of a seed has the dense engine's weights,
/// and its results up to rounding. Results depend on (architecture, options, seed, sample); on the size of a batch and on
/// libtorch's threads in their last bits only.
/// </summary>
public sealed class TorchEngine : INetworkEngine
{
    private readonly TokenDraw tokens, outputGradient;
    private readonly TorchBlock block;
    private readonly EnsembleBatch batch;
    private readonly MatrixRole[] roles;

    /// <summary>Plans batches for <paramref name="architecture"/>.</summary>
    /// <param name="architecture">Must be legal; tokens ≤ width, since the output's gradients are orthogonal.</param>
    /// <param name="options">Device, precision, where weights are drawn.</param>
    /// <param name="threads">Threads that draw on the host, ≥ 1; libtorch's own are <see cref="TorchRuntime.Threads"/>.</param>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    /// <exception cref="ArgumentException">More tokens than orthogonal gradients of that width.</exception>
    /// <exception cref="TorchMissingException">libtorch or the device is not there.</exception>
    /// <exception cref="InsufficientMemoryException">Not even one network fits the device.</exception>
    public TorchEngine(Architecture architecture, TorchOptions options, int threads = 1)
    {
        const string Who = "engine torch";
        Architectures.Features.EnsureSupported(Who, TorchBlock.Features, ArchitectureModule.EnsureValid(architecture));
        Architecture = ParameterLayout.EnsureSingle(Who, architecture, Enum.GetValues<MatrixRole>());
        options = options with { Device = TorchRuntime.EnsureAvailable(options.Device) };
        Products.Configure(options.Precision);
        block = new TorchBlock(architecture, options.Precision);
        roles = [.. new ParameterLayout(architecture).Blocks.ToArray().Where(matrix => matrix.Rows > 0).Select(matrix => matrix.Role)];
        batch = new EnsembleBatch(architecture, options, threads, Bytes(architecture, options.Precision));
        try
        {
            (int n, int d) = (architecture.Tokens, architecture.Width);
            GramFactor input = GramFactor.Equicorrelated(n, architecture.Input.Norm, architecture.Input.Correlation);
            tokens = new TokenDraw(input, d, options, batch.Pool, batch.Product, "input tokens");
            outputGradient = new TokenDraw(
                GramFactor.Identity(n), d, options, batch.Pool, batch.Product, "orthogonal output gradients");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What its networks can have beyond plain heads, one MLP and norms of gain 1.</summary>
    public static IReadOnlyList<Feature> Features => TorchBlock.Features;

    /// <inheritdoc/>
    public string Name => "torch";

    /// <inheritdoc/>
    public Architecture Architecture { get; }

    /// <inheritdoc/>
    public int BatchSize => batch.Size;

    /// <summary>About how many bytes of the device one network takes.</summary>
    public static Int128 Bytes(Architecture architecture, TorchPrecision precision) => NetworkBytes.Random(architecture, precision);

    /// <inheritdoc/>
    public void Run(ulong seed, int sample, NetworkSample result) => Run(seed, sample, [result]);

    /// <inheritdoc/>
    public void Run(ulong seed, int first, ReadOnlySpan<NetworkSample> results)
    {
        NetworkSample[] samples = results.ToArray();
        foreach (NetworkSample sample in samples)
            sample.EnsureShape(Architecture);
        batch.Run(samples.Length, (start, count) => RunBatch(seed, first + start, samples.AsSpan(start, count)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        tokens?.Dispose();
        outputGradient?.Dispose();
        batch.Dispose();
    }

    // One forward and one backward pass of count networks; every tensor but the weights lives in the scope.
    private void RunBatch(ulong seed, int first, ReadOnlySpan<NetworkSample> results)
    {
        using DisposeScope scope = NewDisposeScope();
        EnsembleWeights held = batch.Begin(seed, first, results.Length);
        int depth = Architecture.Depth;
        bool learns = results.ToArray().Any(sample => sample.AsksForWeightGradients);
        BlockTensors[] weights = new BlockTensors[depth];
        Tensor[] powers = new Tensor[depth];
        Tensor[] inputs = new Tensor[depth], outputs = new Tensor[depth], hidden = new Tensor[depth + 1], gradients = new Tensor[depth + 1];
        Tensor stream = tokens.Draw(seed, first, results.Length, RandomStream.InputTokens);
        hidden[0] = GramReader.Of(stream);
        for (int layer = 1; layer <= depth; layer++)
        {
            inputs[layer - 1] = stream.detach().requires_grad_();
            weights[layer - 1] = held.Draw(layer, seed, first, results.Length, learns);
            outputs[layer - 1] = stream = block.Forward(layer, inputs[layer - 1], weights[layer - 1]);
            hidden[layer] = GramReader.Of(stream);
        }

        Tensor gradient = outputGradient.Draw(seed, first, results.Length, RandomStream.LossGradient);
        gradients[depth] = GramReader.Of(gradient);
        for (int layer = depth; layer >= 1; layer--)
        {
            // By backward: where libtorch fails, TorchSharp's autograd.grad ends the process, for want of memory too.
            outputs[layer - 1].backward(grad_tensors: [gradient]);
            outputs[layer - 1].Dispose();
            gradient.Dispose();
            gradient = inputs[layer - 1].grad!;
            inputs[layer - 1].Dispose();
            gradients[layer - 1] = GramReader.Of(gradient);
            if (learns)
                powers[layer - 1] = Powers(weights[layer - 1]);
        }

        GramReader.Read(hidden, [.. results.ToArray().Select(sample => sample.Hidden)]);
        GramReader.Read(gradients, [.. results.ToArray().Select(sample => sample.Gradient)]);
        if (learns)
            Read(powers, results);
    }

    // ‖∂L/∂W‖² of every network and matrix of a block, [matrices, S]; its weights are done with.
    private Tensor Powers(BlockTensors weights)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        Tensor powers = stack(roles.Select(role => Products.Square(weights[role].grad!.to(ScalarType.Float64)).sum([1, 2])));
        weights.Dispose();
        return powers.MoveToOuterDisposeScope();
    }

    private void Read(Tensor[] powers, ReadOnlySpan<NetworkSample> results)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor all = stack(powers).cpu();
        for (int layer = 0; layer < powers.Length; layer++)
        {
            for (int role = 0; role < roles.Length; role++)
            {
                double[] networks = HostMemory.Entries<double>(all.select(0, layer).select(0, role)).ToArray();
                for (int network = 0; network < results.Length; network++)
                    results[network].WeightGradients[layer][(int)roles[role]] = networks[network];
            }
        }
    }
}
