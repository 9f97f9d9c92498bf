using System.Numerics;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// Input tokens and output gradients of an ensemble with exact Gram matrices, drawn on the host as the dense engine draws them; in double
/// precision as its reference in that precision does.
/// </summary>
internal sealed class TokenDraw : IDisposable
{
    private readonly int tokens, width;
    private readonly TorchDevice device;
    private readonly TorchPrecision precision;
    private readonly ExactGram gram;

    /// <summary>Plans draws with a given Gram matrix, in the precision of the stream.</summary>
    internal TokenDraw(GramFactor target, int width, TorchOptions options, WorkerPool pool, MatrixProduct<double> product, string what)
    {
        (tokens, this.width, device, precision) = (target.Tokens, width, options.Device, options.Precision);
        gram = new ExactGram(target, width, pool, product, what);
    }

    /// <summary>[count, n, d] on the device: rows of networks (seed, first) … of one of the input's streams.</summary>
    internal Tensor Draw(ulong seed, int first, int count, RandomStream stream)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor host = empty([count, tokens, width], precision.Stream());
        for (int network = 0; network < count; network++)
        {
            if (precision == TorchPrecision.Double)
                Fill<double>(host.select(0, network), stream.OfInput(seed, first + network));
            else
                Fill<float>(host.select(0, network), stream.OfInput(seed, first + network));
        }

        return host.to(device.ToTorch()).MoveToOuterDisposeScope();
    }

    private unsafe void Fill<T>(Tensor destination, RandomKey key)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        fixed (T* data = HostMemory.Entries<T>(destination))
            gram.Fill(new MatrixView<T>(data, tokens, width), key);
    }

    /// <inheritdoc/>
    public void Dispose() => gram.Dispose();
}
