using Hybrid.Architectures;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Random;
using Hybrid.Networks.Tangents;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// The exponents of <see cref="LineExponents"/> on TorchSharp, many networks at once, by autograd: a difference v is carried as the
/// tangents v and −v of two of the equal tokens, whose mean, which attention takes, does not change. Forwards the image is the adjoint of
/// the block's adjoint, J v = ∂(v·Jᵀ w)/∂w; backwards the gradient's mean mode is one gradient at every token. With
/// <see cref="WeightSource.Host"/> a network has the weights of <see cref="DenseLineEngine"/>, and its exponents up to rounding.
/// </summary>
public sealed class TorchLineEngine : ILineEngine
{
    // The graph of a block, that of its adjoint and the images.
    private const int Graphs = 3;

    // Products have few rows, so that calls and not arithmetic take the time where networks are few.
    private const int MostAtOnce = 64;

    private readonly int depth, differences;
    private readonly ScalarType type;
    private readonly TokenDraw token, tangents, outputGradient;
    private readonly TorchBlock block;
    private readonly EnsembleBatch batch;

    /// <summary>Plans batches for <paramref name="architecture"/>; its mask, tokens and input correlation play no part.</summary>
    /// <param name="architecture">The network.</param>
    /// <param name="options">Device, precision, where weights are drawn.</param>
    /// <param name="threads">Threads that draw on the host, ≥ 1.</param>
    /// <param name="differences">Independent differences carried through every network, 1 to width − 1; more average more.</param>
    /// <exception cref="InvalidArchitectureException">The engine has not what the architecture asks for.</exception>
    /// <exception cref="TorchMissingException">libtorch or the device is not there.</exception>
    /// <exception cref="InsufficientMemoryException">Not even one network fits the device.</exception>
    public TorchLineEngine(
        Architecture architecture, TorchOptions options, int threads = 1, int differences = LineExponents.StandardDifferences)
    {
        LineExponents.EnsureRange(architecture, differences);
        options = options with
        {
            Device = TorchRuntime.EnsureAvailable(options.Device),
            MostNetworks = options.MostNetworks ?? MostAtOnce,
        };
        Products.Configure(options.Precision);
        type = options.Precision.Stream();
        (depth, int d, this.differences) = (architecture.Depth, architecture.Width, differences);
        Architecture line = Tokens(architecture, differences);
        block = new TorchBlock(line, options.Precision, fuses: false);
        batch = new EnsembleBatch(line, options, threads, Bytes(architecture, options.Precision, differences));
        token = Draw(GramFactor.Equicorrelated(1, architecture.Input.Norm, 0), "token");
        tangents = Draw(GramFactor.Identity(differences), "differences");
        outputGradient = Draw(GramFactor.Identity(1), "output gradient");

        // Rounded to single precision, as the dense engine's.
        TokenDraw Draw(GramFactor target, string what) =>
            new(target, d, options with { Precision = TorchPrecision.Single }, batch.Pool, batch.Product, what);
    }

    /// <inheritdoc/>
    public int BatchSize => batch.Size;

    /// <summary>About how many bytes of the device one network takes.</summary>
    public static Int128 Bytes(Architecture architecture, TorchPrecision precision, int differences = LineExponents.StandardDifferences) =>
        NetworkBytes.Random(Tokens(architecture, differences), precision)
        + Graphs * NetworkBytes.Block(Tokens(architecture, differences), precision);

    /// <inheritdoc/>
    public void Run(ulong seed, int first, ReadOnlySpan<LineSample> results)
    {
        LineSample[] samples = results.ToArray();
        batch.Run(samples.Length, (start, count) => RunBatch(seed, first + start, samples.AsSpan(start, count)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        outputGradient.Dispose();
        tangents.Dispose();
        token.Dispose();
        batch.Dispose();
    }

    private static Architecture Tokens(Architecture a, int differences) =>
        a.With(tokens: 2 * differences, mask: Mask.None, input: new InputParameters(a.Input.Norm, 0));

    // Every exponent is a tensor [S] until the end, when the device is waited for once.
    private void RunBatch(ulong seed, int first, ReadOnlySpan<LineSample> results)
    {
        using DisposeScope scope = NewDisposeScope();
        int count = results.Length;
        EnsembleWeights weights = batch.Begin(seed, first, count);
        Tensor[] inputs = new Tensor[depth], outputs = new Tensor[depth], exponents = new Tensor[2 * depth];
        Tensor x = token.Draw(seed, first, count, RandomStream.InputTokens).to(type);
        Tensor v = Rotated(tangents.Draw(seed, first, count, RandomStream.InputTangents).to(type), x);
        for (int layer = 1; layer <= depth; layer++)
        {
            Tensor before = Size(x);
            v /= Size(v).sqrt().to(v.dtype).reshape(-1, 1, 1);
            inputs[layer - 1] = x.expand(-1, 2 * differences, -1).contiguous().requires_grad_();
            outputs[layer - 1] = block.Forward(layer, inputs[layer - 1], weights.Draw(layer, seed, first, count));
            Tensor start = Size(v);
            v = Image(inputs[layer - 1], outputs[layer - 1], v);
            x = outputs[layer - 1].detach().narrow(1, 0, 1);
            exponents[layer - 1] = (Size(v) * before / (start * Size(x))).log();
        }

        Tensor g = outputGradient.Draw(seed, first, count, RandomStream.LossGradient).to(type);
        for (int layer = depth; layer >= 1; layer--)
        {
            Tensor size = Size(g);
            outputs[layer - 1].backward(grad_tensors: [g.expand(-1, 2 * differences, -1).contiguous()]);
            g = inputs[layer - 1].grad!.narrow(1, 0, 1);
            exponents[depth + layer - 1] = (Size(g) / size).log();
        }

        Read(exponents, results);
    }

    // J v of every difference, [S, k, d]: by autograd.grad, since it derives twice.
    private Tensor Image(Tensor input, Tensor output, Tensor v)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor w = zeros_like(output, requires_grad: true);
        Tensor adjoint = autograd.grad([output], [input], [w], retain_graph: true, create_graph: true)[0];
        Tensor image = autograd.grad([adjoint], [w], [cat([v, v.neg()], 1)])[0];
        return image.narrow(1, 0, differences).MoveToOuterDisposeScope();
    }

    // Tokens of one norm differ across x, so v's part along x is taken off.
    private static Tensor Rotated(Tensor v, Tensor x)
    {
        Tensor along = (v * x).sum(-1, keepdim: true) / Products.Square(x).sum(-1, keepdim: true);
        return Products.Sum(v, along * x, -1);
    }

    // Sum of squares of every network, [S], in double precision.
    private static Tensor Size(Tensor rows)
    {
        using DisposeScope scope = NewDisposeScope();
        return Products.Square(rows.detach().to(ScalarType.Float64)).sum([1, 2]).MoveToOuterDisposeScope();
    }

    private void Read(Tensor[] exponents, ReadOnlySpan<LineSample> results)
    {
        Tensor all = stack(exponents, 1).cpu();
        for (int network = 0; network < results.Length; network++)
        {
            ReadOnlySpan<double> row = HostMemory.Entries<double>(all.select(0, network));
            row[..depth].CopyTo(results[network].Angle);
            row[depth..].CopyTo(results[network].Gradient);
        }
    }
}
