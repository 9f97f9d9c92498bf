using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>Sees what passes through a network where it is; a tensor is valid until the method returns.</summary>
internal interface ITensorObserver
{
    /// <summary>Whether a stage is asked for.</summary>
    bool Sees(PassStages stage);

    /// <summary>x: [B, n, d] after block <paramref name="layer"/>; valid until the next block has been shown.</summary>
    void Stream(int layer, Tensor x);

    /// <summary>A: [B H, n, n].</summary>
    void Probabilities(int layer, Tensor a);

    /// <summary>x: [B, n, d] between two steps of a block; valid until the block has been shown.</summary>
    void Middle(int layer, Tensor x);

    /// <summary>f: [B, n, d].</summary>
    void Branch(int layer, ModuleKind module, Tensor f);

    /// <summary>What is added of it: [B, n, d].</summary>
    void Added(int layer, ModuleKind module, Tensor f);

    /// <summary>ℓ: [R, V].</summary>
    void Logits(Tensor logits);

    /// <summary>G: [B, n, d] after block <paramref name="layer"/>.</summary>
    void Gradient(int layer, Tensor g);
}
