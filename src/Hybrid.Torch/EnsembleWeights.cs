using Hybrid.Architectures;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// The weights of S independent networks side by side, each block as its layout has it, [S, block], and views [S, in, out] of every
/// matrix. Taken once, drawn anew for every batch.
/// </summary>
internal sealed class EnsembleWeights : IDisposable
{
    private readonly ParameterLayout layout;
    private readonly MatrixDraw onHost;
    private readonly DeviceDraw? onDevice;

    // Where the device draws, one tensor [S, depth, block]; where the host draws block by block, one for each, since autograd counts
    // the changes of a tensor and refuses a way back through one that was changed after it was used.
    private readonly Tensor? whole;
    private readonly Tensor[] layers;
    private readonly BlockTensors[] blocks;

    /// <summary>Takes the memory of <paramref name="networks"/> networks.</summary>
    /// <param name="architecture">Of each.</param>
    /// <param name="networks">S.</param>
    /// <param name="device">Where.</param>
    /// <param name="precision">Of products.</param>
    /// <param name="onHost">What draws.</param>
    /// <param name="onDevice">What draws instead; null: <paramref name="onHost"/>.</param>
    internal EnsembleWeights(
        Architecture architecture, int networks, TorchDevice device, TorchPrecision precision, MatrixDraw onHost, DeviceDraw? onDevice)
    {
        (this.onHost, this.onDevice) = (onHost, onDevice);
        Networks = networks;
        layout = new ParameterLayout(architecture);
        layers = new Tensor[architecture.Depth];
        blocks = new BlockTensors[architecture.Depth];
        try
        {
            if (onDevice is not null)
                whole = Empty(networks, architecture.Depth, layout.BlockLength);
            for (int block = 0; block < layers.Length; block++)
            {
                layers[block] = whole?.select(1, block).DetachFromDisposeScope() ?? Empty(networks, layout.BlockLength);
                blocks[block] = ViewsOf(layers[block]);
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        Tensor Empty(params long[] shape) => empty(shape, precision.Factors(), device.ToTorch()).DetachFromDisposeScope();
    }

    /// <summary>S.</summary>
    internal int Networks { get; }

    /// <summary>
    /// Draws networks (seed, first), (seed, first + 1), …, <paramref name="count"/> of them, where the device draws: every number of a
    /// network at once, and then every matrix of all of them by its scale.
    /// </summary>
    internal void Begin(ulong seed, int first, int count)
    {
        if (onDevice is null || whole is null)
            return;
        using DisposeScope scope = NewDisposeScope();
        for (int network = 0; network < count; network++)
            onDevice.Fill(whole.select(0, network), seed, first + network);
        Tensor drawn = whole.narrow(0, 0, count);
        foreach (ParameterBlock matrix in layout.Blocks)
        {
            if (matrix.Rows > 0)
                Products.Scale(drawn.narrow(2, matrix.Offset, (long)matrix.Rows * matrix.Columns), matrix.StandardDeviation);
        }
    }

    /// <summary>
    /// Block <paramref name="layer"/>, 1..depth, of the same networks, drawn now where the host draws; leaves of autograd where their
    /// gradients are asked for.
    /// </summary>
    internal BlockTensors Draw(int layer, ulong seed, int first, int count, bool gradients = false)
    {
        BlockTensors views = blocks[layer - 1], drawn = new();
        foreach (ParameterBlock matrix in layout.Blocks)
        {
            if (matrix.Rows == 0)
                continue;
            for (int network = 0; onDevice is null && network < count; network++)
            {
                using Tensor destination = views[matrix.Role].select(0, network);
                onHost.Fill(destination, matrix.Role.Stream().OfBlock(seed, first + network, layer), matrix.StandardDeviation);
            }

            Tensor part = views[matrix.Role].narrow(0, 0, count);
            drawn[matrix.Role] = gradients ? part.detach().requires_grad_() : part;
        }

        return drawn;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BlockTensors? block in blocks)
            block?.Dispose();
        foreach (Tensor? layer in layers)
            layer?.Dispose();
        whole?.Dispose();
    }

    private BlockTensors ViewsOf(Tensor all)
    {
        using DisposeScope scope = NewDisposeScope();
        BlockTensors views = new();
        foreach (ParameterBlock matrix in layout.Blocks)
        {
            if (matrix.Rows > 0)
            {
                views[matrix.Role] = all.narrow(1, matrix.Offset, (long)matrix.Rows * matrix.Columns)
                    .unflatten(1, matrix.Rows, matrix.Columns).DetachFromDisposeScope();
            }
        }

        return views;
    }
}
