using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>Gram matrices X Xᵀ/d of a batch of token matrices, in double precision.</summary>
internal static class GramReader
{
    /// <summary>results[s][i·n + j] = x_i·x_j/d of network s. rows: [S, n, d] on any device.</summary>
    internal static void Read(Tensor rows, ReadOnlySpan<double[]> results)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        Tensor wide = rows.detach().to(ScalarType.Float64);
        Tensor grams = Products.Scaled(wide.bmm(wide.transpose(1, 2)), 1.0 / rows.shape[2]).cpu();
        for (int network = 0; network < results.Length; network++)
            HostMemory.Entries<double>(grams.select(0, network)).CopyTo(results[network]);
    }
}
