using Hybrid.Architectures;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// The weights of S independent networks side by side: [S, in, out] for every matrix of every block.
/// Taken once, drawn anew for every batch.
/// </summary>
internal sealed class EnsembleWeights : IDisposable
{
    private readonly ParameterLayout layout;
    private readonly MatrixDraw draw;
    private readonly BlockTensors[] blocks;

    /// <summary>Takes the memory of <paramref name="networks"/> networks.</summary>
    internal EnsembleWeights(Architecture architecture, int networks, TorchDevice device, TorchPrecision precision, MatrixDraw draw)
    {
        this.draw = draw;
        Networks = networks;
        layout = new ParameterLayout(architecture);
        blocks = new BlockTensors[architecture.Depth];
        try
        {
            ScalarType type = precision == TorchPrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
            for (int block = 0; block < blocks.Length; block++)
            {
                blocks[block] = new BlockTensors();
                foreach (ParameterBlock matrix in layout.Blocks)
                {
                    if (matrix.Rows == 0)
                        continue;

                    // A bias is added, not multiplied: it stays in single precision.
                    ScalarType its = matrix.Role == MatrixRole.MlpBias ? ScalarType.Float32 : type;
                    blocks[block][matrix.Role] = empty([networks, matrix.Rows, matrix.Columns], its, device.ToTorch())
                        .DetachFromDisposeScope();
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>S.</summary>
    internal int Networks { get; }

    /// <summary>
    /// Draws block <paramref name="layer"/>, 1..depth, of networks (seed, first), (seed, first + 1), …,
    /// <paramref name="count"/> of them.
    /// </summary>
    internal BlockTensors Draw(int layer, ulong seed, int first, int count)
    {
        BlockTensors all = blocks[layer - 1], drawn = new();
        foreach (ParameterBlock matrix in layout.Blocks)
        {
            if (matrix.Rows == 0)
                continue;
            for (int network = 0; network < count; network++)
            {
                using Tensor destination = all[matrix.Role].select(0, network);
                draw.Fill(destination, matrix.Role.Stream().OfBlock(seed, first + network, layer), matrix.StandardDeviation);
            }

            drawn[matrix.Role] = all[matrix.Role].narrow(0, 0, count);
        }

        return drawn;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BlockTensors? block in blocks)
            block?.Dispose();
    }
}
