using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>The modules of a block's sublayers.</summary>
public enum ModuleKind
{
    /// <summary>Attention.</summary>
    Attention,

    /// <summary>The MLP.</summary>
    Mlp,
}

/// <summary>
/// Sees what passes through a network: block by block forwards, then backwards. Rows are those of the batch, R = B n, token
/// i of sequence b in row b n + i. A view is valid, and must only be read, until the method returns: the next stage writes
/// over it. What an observer does not care for it leaves out.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IPassObserver<T>
    where T : unmanaged
{
    /// <summary>x: [R, d], the residual stream after block <paramref name="layer"/>, 0 (the embedded tokens) to depth.</summary>
    void Stream(int layer, MatrixView<T> stream)
    {
    }

    /// <summary>A of block <paramref name="layer"/>, 1..depth: [B H n, n], row ((b H + h) n + i); what a mask hides is 0.</summary>
    void Probabilities(int layer, MatrixView<T> probabilities)
    {
    }

    /// <summary>x: [R, d], the residual stream of block <paramref name="layer"/>, 1..depth, between attention and MLP.</summary>
    void Middle(int layer, MatrixView<T> stream)
    {
    }

    /// <summary>
    /// [R, d], what a sublayer of block <paramref name="layer"/> added to the stream but for the weight a: f, or γ ∘ N f
    /// where the branch is normalised (peri, output).
    /// </summary>
    void Branch(int layer, ModuleKind sublayer, MatrixView<T> branch)
    {
    }

    /// <summary>ℓ: [R, V].</summary>
    void Logits(MatrixView<T> logits)
    {
    }

    /// <summary>G: [R, d], the gradient of the mean loss at the stream after block <paramref name="layer"/>, depth first.</summary>
    void Gradient(int layer, MatrixView<T> gradient)
    {
    }
}
