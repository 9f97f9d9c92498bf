using Hybrid.Networks.Model;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// The parameters of one block: of one network ([in, out], bias [m], gains [d]) or of S networks ([S, in, out], bias [S, 1, m],
/// no gains).
/// </summary>
internal sealed class BlockTensors : IDisposable
{
    private readonly Tensor?[] matrices = new Tensor?[(int)MatrixRole.Router + 1];
    private readonly Tensor?[] gains = new Tensor?[GainRole.Count];

    /// <summary>A matrix or bias that the block has.</summary>
    internal Tensor this[MatrixRole role]
    {
        get => matrices[(int)role] ?? throw new InvalidOperationException($"the block has no {role}");
        set => matrices[(int)role] = value;
    }

    /// <summary>The gain of a normalisation, or null for 1.</summary>
    internal Tensor? this[GainRole role]
    {
        get => gains[role.Index];
        set => gains[role.Index] = value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? tensor in matrices.Concat(gains))
            tensor?.Dispose();
    }
}
