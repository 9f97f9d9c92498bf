using Hybrid.Architectures;
using Hybrid.Networks.Model;

namespace Hybrid.Torch;

/// <summary>About how many bytes a network takes: an upper estimate, from which batches are planned.</summary>
internal static class NetworkBytes
{
    // Tensors of [n, d], [n, m] and [H, n, n] that a block's graph keeps: up to six normalisations with their products, queries,
    // keys, values, context, the sums; entering, activated, up and their product; logits, probabilities, mask.
    private const int StreamTensors = 30, HiddenTensors = 6, AttentionTensors = 4;

    /// <summary>Activations of one sequence that one block's graph keeps.</summary>
    internal static Int128 Block(Architecture architecture, TorchPrecision precision)
    {
        Int128 n = architecture.Tokens, d = architecture.Width, heads = architecture.Heads;
        Int128 m = (Int128)architecture.MlpWidth * new ParameterLayout(architecture).Mlps;
        return precision.Bytes() * (StreamTensors * n * d + HiddenTensors * n * m + AttentionTensors * heads * n * n);
    }

    /// <summary>A random network of an ensemble: weights, the graph of every block, Gram matrices in double precision.</summary>
    internal static Int128 Random(Architecture architecture, TorchPrecision precision)
    {
        Int128 n = architecture.Tokens, d = architecture.Width;
        Int128 weights = new ParameterLayout(architecture).Length * (precision == TorchPrecision.BFloat16 ? 2 : precision.Bytes());
        return weights + architecture.Depth * Block(architecture, precision)
            + sizeof(double) * (2 * n * d + 3 * (architecture.Depth + 1) * n * n);
    }
}
