using Hybrid.Networks.Training;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>A parameter on its device, a leaf of autograd.</summary>
/// <param name="Named">Name and shape.</param>
/// <param name="Value">In single precision; its grad is the gradient of the last pass.</param>
/// <param name="Decays">Whether weight decay applies.</param>
internal sealed record LearntTensor(NamedTensor Named, Tensor Value, bool Decays);
