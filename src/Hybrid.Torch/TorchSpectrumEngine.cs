using Hybrid.Architectures;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;
using Hybrid.Networks.Tangents;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// The exponents of <see cref="LyapunovSpectrum"/> on TorchSharp, of networks with real weights, many at once: tangents by autograd,
/// orthonormalised on the device in double precision.
/// </summary>
public sealed class TorchSpectrumEngine : ISpectrumEngine
{
    // The graph of a block, that of its adjoint and the images.
    private const int Graphs = 3;

    private readonly Architecture architecture;
    private readonly int exponents;
    private readonly TorchDevice device;
    private readonly TokenDraw tokens;
    private readonly TorchBlock block;
    private readonly EnsembleBatch batch;

    /// <summary>Plans batches for <paramref name="architecture"/>.</summary>
    /// <param name="architecture">The network.</param>
    /// <param name="exponents">How many leading exponents, 1 to n d.</param>
    /// <param name="options">Device, precision of the blocks, where weights are drawn.</param>
    /// <param name="threads">Threads that draw on the host, ≥ 1.</param>
    /// <exception cref="InvalidArchitectureException">The engine has not what the architecture asks for.</exception>
    /// <exception cref="TorchMissingException">libtorch or the device is not there.</exception>
    /// <exception cref="InsufficientMemoryException">Not even one network fits the device.</exception>
    public TorchSpectrumEngine(Architecture architecture, int exponents, TorchOptions options, int threads = 1)
    {
        const string Who = "engine torch";
        Features.EnsureSupported(Who, TorchBlock.Features, ArchitectureModule.EnsureValid(architecture));
        this.architecture = ParameterLayout.EnsureSingle(Who, architecture, Enum.GetValues<MatrixRole>());
        ArgumentOutOfRangeException.ThrowIfLessThan(exponents, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(exponents, (long)architecture.Tokens * architecture.Width);
        this.exponents = exponents;
        options = options with { Device = TorchRuntime.EnsureAvailable(options.Device) };
        device = options.Device;
        Products.Configure(options.Precision);
        block = new TorchBlock(architecture, options.Precision, fuses: false);
        batch = new EnsembleBatch(architecture, options, threads, Bytes(architecture, exponents, options.Precision));
        try
        {
            GramFactor input = GramFactor.Equicorrelated(architecture.Tokens, architecture.Input.Norm, architecture.Input.Correlation);
            tokens = new TokenDraw(input, architecture.Width, options, batch.Pool, batch.Product, "input tokens");
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int BatchSize => batch.Size;

    /// <summary>About how many bytes of the device one network takes.</summary>
    public static Int128 Bytes(Architecture architecture, int exponents, TorchPrecision precision) =>
        NetworkBytes.Random(architecture, precision) + Graphs * NetworkBytes.Block(architecture, precision)
        + (Int128)Graphs * exponents * sizeof(double) * architecture.Tokens * architecture.Width;

    /// <inheritdoc/>
    public void Run(ulong seed, int first, ReadOnlySpan<double[][]> exponents)
    {
        double[][][] results = exponents.ToArray();
        batch.Run(results.Length, (start, count) => RunBatch(seed, first + start, results.AsSpan(start, count)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        tokens.Dispose();
        batch.Dispose();
    }

    private void RunBatch(ulong seed, int first, ReadOnlySpan<double[][]> results)
    {
        using DisposeScope scope = NewDisposeScope();
        EnsembleWeights weights = batch.Begin(seed, first, results.Length);
        Tensor[] logarithms = new Tensor[architecture.Depth];
        Tensor stream = tokens.Draw(seed, first, results.Length, RandomStream.InputTokens);
        Tensor tangents = TorchTangents.Orthonormalised(FirstTangents(seed, first, results.Length)).Tangents;
        for (int layer = 1; layer <= architecture.Depth; layer++)
        {
            using DisposeScope inner = NewDisposeScope();
            Tensor x = stream.detach().requires_grad_();
            Tensor y = block.Forward(layer, x, weights.Draw(layer, seed, first, results.Length));
            (Tensor frame, Tensor growth) = TorchTangents.Orthonormalised(TorchTangents.Forwards(x, y, tangents));
            stream.Dispose();
            tangents.Dispose();
            (tangents, logarithms[layer - 1]) = (frame.MoveToOuterDisposeScope(), growth.MoveToOuterDisposeScope());
            stream = y.detach().MoveToOuterDisposeScope();
        }

        Tensor all = stack(logarithms, 1).cpu().contiguous();
        for (int network = 0; network < results.Length; network++)
        {
            for (int layer = 0; layer < architecture.Depth; layer++)
                HostMemory.Entries<double>(all.select(0, network).select(0, layer)).CopyTo(results[network][layer]);
        }
    }

    // [S, K, n, d], with the numbers of the engine without weights.
    private Tensor FirstTangents(ulong seed, int first, int networks)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor drawn = empty([networks, exponents, architecture.Tokens, architecture.Width], ScalarType.Float64);
        for (int network = 0; network < networks; network++)
        {
            RandomKey key = RandomStream.InputTangents.OfInput(seed, first + network);
            Gaussian.Fill(HostMemory.Entries<double>(drawn.select(0, network)), key, 0, 1);
        }

        return drawn.to(device.ToTorch()).MoveToOuterDisposeScope();
    }
}
