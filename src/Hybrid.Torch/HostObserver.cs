using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>Shows an observer what passes on a device: the stages that it cares for are brought to the host, the others stay.</summary>
internal sealed class HostObserver(IPassObserver<float> observer) : ITensorObserver
{
    /// <inheritdoc/>
    public bool Sees(PassStages stage) => observer.Stages.HasFlag(stage);

    /// <inheritdoc/>
    public void Stream(int layer, Tensor x) => Show(PassStages.Stream, x, rows => observer.Stream(layer, rows));

    /// <inheritdoc/>
    public void Probabilities(int layer, Tensor a) => Show(PassStages.Probabilities, a, rows => observer.Probabilities(layer, rows));

    /// <inheritdoc/>
    public void Middle(int layer, Tensor x) => Show(PassStages.Middle, x, rows => observer.Middle(layer, rows));

    /// <inheritdoc/>
    public void Branch(int layer, ModuleKind module, Tensor f) =>
        Show(PassStages.Branch, f, rows => observer.Branch(layer, module, rows));

    /// <inheritdoc/>
    public void Added(int layer, ModuleKind module, Tensor f) =>
        Show(PassStages.Added, f, rows => observer.Added(layer, module, rows));

    /// <inheritdoc/>
    public void Logits(Tensor logits) => Show(PassStages.Logits, logits, observer.Logits);

    /// <inheritdoc/>
    public void Gradient(int layer, Tensor g) => Show(PassStages.Gradient, g, rows => observer.Gradient(layer, rows));

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
