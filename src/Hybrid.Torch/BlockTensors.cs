using Hybrid.Networks.Model;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// The parameters of one block: of one network ([in, out], bias [m], gains [d]) or of S networks ([S, in, out], bias [S, 1, m],
/// no gains). Published networks add biases of the other matrices and shifts behind gains.
/// </summary>
internal sealed class BlockTensors : IDisposable
{
    private readonly Tensor?[] matrices = new Tensor?[(int)MatrixRole.Router + 1];
    private readonly Tensor?[] biases = new Tensor?[(int)MatrixRole.Router + 1];
    private readonly Tensor?[] gains = new Tensor?[GainRole.Count];
    private readonly Tensor?[] shifts = new Tensor?[GainRole.Count];

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

    /// <summary>What is added behind a product with a matrix, [out], or null; W_1's is a matrix's role of its own.</summary>
    internal Tensor? Bias(MatrixRole role) => biases[(int)role];

    /// <summary>What is added behind a gain, [d], or null.</summary>
    internal Tensor? Shift(GainRole role) => shifts[role.Index];

    /// <summary>Sets the bias of a matrix.</summary>
    internal void AddBias(MatrixRole role, Tensor bias) => biases[(int)role] = bias;

    /// <summary>Sets the shift behind a gain.</summary>
    internal void AddShift(GainRole role, Tensor shift) => shifts[role.Index] = shift;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? tensor in (Tensor?[])[.. matrices, .. biases, .. gains, .. shifts])
            tensor?.Dispose();
    }
}
