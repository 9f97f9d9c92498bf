using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// Input tokens and output gradients of an ensemble with exact Gram
/// matrices, drawn on the host as the dense engine draws them.
/// </summary>
internal sealed class TokenDraw : IDisposable
{
    private readonly int tokens, width;
    private readonly TorchDevice device;
    private readonly ExactGram gram;

    /// <summary>Plans draws with a given Gram matrix.</summary>
    internal TokenDraw(GramFactor target, int width, TorchDevice device, WorkerPool pool, MatrixProduct<double> product, string what)
    {
        (tokens, this.width, this.device) = (target.Tokens, width, device);
        gram = new ExactGram(target, width, pool, product, what);
    }

    /// <summary>[count, n, d] on the device: rows of networks (seed, first) … of one of the input's streams.</summary>
    internal unsafe Tensor Draw(ulong seed, int first, int count, RandomStream stream)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor host = empty([count, tokens, width], ScalarType.Float32);
        for (int network = 0; network < count; network++)
        {
            fixed (float* data = HostMemory.Entries<float>(host.select(0, network)))
                gram.Fill(new MatrixView<float>(data, tokens, width), stream.OfInput(seed, first + network));
        }

        return host.to(device.ToTorch()).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => gram.Dispose();
}
