using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>Shows an observer what passes on a device: the stages that it cares for are brought to the host, the others stay.</summary>
internal sealed class TensorObserver(IPassObserver<float> observer)
{
    /// <summary>Whether a stage is asked for.</summary>
    internal bool Sees(PassStages stage) => observer.Stages.HasFlag(stage);

    /// <summary>x: [B, n, d] after block <paramref name="layer"/>.</summary>
    internal void Stream(int layer, Tensor x) => Show(PassStages.Stream, x, rows => observer.Stream(layer, rows));

    /// <summary>A: [B, H, n, n].</summary>
    internal void Probabilities(int layer, Tensor a) => Show(PassStages.Probabilities, a, rows => observer.Probabilities(layer, rows));

    /// <summary>x: [B, n, d] between two steps of a block.</summary>
    internal void Middle(int layer, Tensor x) => Show(PassStages.Middle, x, rows => observer.Middle(layer, rows));

    /// <summary>f: [B, n, d].</summary>
    internal void Branch(int layer, ModuleKind module, Tensor f) =>
        Show(PassStages.Branch, f, rows => observer.Branch(layer, module, rows));

    /// <summary>What is added of it: [B, n, d].</summary>
    internal void Added(int layer, ModuleKind module, Tensor f) =>
        Show(PassStages.Added, f, rows => observer.Added(layer, module, rows));

    /// <summary>ℓ: [R, V].</summary>
    internal void Logits(Tensor logits) => Show(PassStages.Logits, logits, observer.Logits);

    /// <summary>G: [B, n, d] after block <paramref name="layer"/>.</summary>
    internal void Gradient(int layer, Tensor g) => Show(PassStages.Gradient, g, rows => observer.Gradient(layer, rows));

    private unsafe void Show(PassStages stage, Tensor x, Action<MatrixView<float>> show)
    {
        if (!Sees(stage))
            return;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        Tensor rows = x.detach().reshape(-1, x.shape[^1]).to(ScalarType.Float32).cpu().contiguous();
        show(new(HostMemory.Pointer(rows), checked((int)rows.shape[0]), (int)rows.shape[1]));
    }
}
