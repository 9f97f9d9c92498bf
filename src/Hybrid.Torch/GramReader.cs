using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>Gram matrices X Xᵀ/d of batches of token matrices, in double precision.</summary>
internal static class GramReader
{
    /// <summary>[S, n, n] where the rows are: x_i·x_j/d of every network. rows: [S, n, d] on any device.</summary>
    internal static Tensor Of(Tensor rows)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        Tensor wide = rows.detach().to(ScalarType.Float64);
        return Products.Scaled(wide.bmm(wide.transpose(1, 2)), 1.0 / rows.shape[2]).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// results[s][layer][i·n + j] of network s, from [S, n, n] of each layer: all at once, since a device is waited for each time.
    /// </summary>
    internal static void Read(IReadOnlyList<Tensor> layers, ReadOnlySpan<double[][]> results)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor grams = stack(layers).cpu();
        for (int network = 0; network < results.Length; network++)
        {
            for (int layer = 0; layer < layers.Count; layer++)
            {
                using DisposeScope inner = NewDisposeScope();
                HostMemory.Entries<double>(grams.select(0, layer).select(0, network)).CopyTo(results[network][layer]);
            }
        }
    }
}
