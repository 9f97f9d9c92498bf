using Hybrid.Networks.Training;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>A parameter on its device, a leaf of autograd.</summary>
/// <param name="Placed">Name, shape and place among all.</param>
/// <param name="Value">In single precision; its grad is its part of the gradients.</param>
internal sealed record LearntTensor(PlacedTensor Placed, Tensor Value)
{
    /// <summary>Its part of a tensor that holds as many numbers as there are parameters, in its own shape.</summary>
    internal Tensor PartOf(Tensor all) =>
        all.narrow(0, Placed.Offset, Placed.Tensor.Length).view([.. Placed.Tensor.Shape.Select(side => (long)side)]);
}
