using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Training;

/// <summary>
/// Sees what passes through a network: block by block forwards, then backwards. Rows are those of the batch, R = B n, token
/// i of sequence b in row b n + i. A view is valid, and must only be read, until the method returns: the next stage writes
/// over it. What an observer does not care for it leaves out.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IPassObserver<T>
    where T : unmanaged
{
    /// <summary>What it cares for: an engine whose tensors are elsewhere brings these to the host and may leave the others there.</summary>
    PassStages Stages => PassStages.All;

    /// <summary>x: [R, d], the residual stream after block <paramref name="layer"/>, 0 (the embedded tokens) to depth.</summary>
    void Stream(int layer, MatrixView<T> stream)
    {
    }

    /// <summary>A of block <paramref name="layer"/>, 1..depth: [B H n, n], row ((b H + h) n + i); what a mask hides is 0.</summary>
    void Probabilities(int layer, MatrixView<T> probabilities)
    {
    }

    /// <summary>
    /// x: [R, d], the residual stream between two steps of block <paramref name="layer"/>, 1..depth: between attention and MLP
    /// where they follow each other; not told where they stand side by side.
    /// </summary>
    void Middle(int layer, MatrixView<T> stream)
    {
    }

    /// <summary>f: [R, d], what a module of block <paramref name="layer"/> puts out, before any normalisation of it.</summary>
    void Branch(int layer, ModuleKind module, MatrixView<T> branch)
    {
    }

    /// <summary>
    /// [R, d], what the sublayer of that module then added to the stream but for the weight a: f itself, or γ ∘ N f where the
    /// branch is normalised.
    /// </summary>
    void Added(int layer, ModuleKind module, MatrixView<T> added)
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

/// <summary>What an observer of a pass is told: one of its methods each.</summary>
[Flags]
public enum PassStages
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><see cref="IPassObserver{T}.Stream"/>.</summary>
    Stream = 1,

    /// <summary><see cref="IPassObserver{T}.Probabilities"/>.</summary>
    Probabilities = 2,

    /// <summary><see cref="IPassObserver{T}.Middle"/>.</summary>
    Middle = 4,

    /// <summary><see cref="IPassObserver{T}.Branch"/>.</summary>
    Branch = 8,

    /// <summary><see cref="IPassObserver{T}.Added"/>.</summary>
    Added = 16,

    /// <summary><see cref="IPassObserver{T}.Logits"/>.</summary>
    Logits = 32,

    /// <summary><see cref="IPassObserver{T}.Gradient"/>.</summary>
    Gradient = 64,

    /// <summary>Everything.</summary>
    All = Stream | Probabilities | Middle | Branch | Added | Logits | Gradient,
}
