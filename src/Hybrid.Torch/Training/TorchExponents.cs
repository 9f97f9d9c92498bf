using Hybrid.Networks.Random;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>
/// Leading Lyapunov exponents of a network's blocks by autograd, in single precision. Backwards a tangent's image is the adjoint w ↦ Jᵀ w
/// of its block; forwards it is the adjoint of that linear map, J v = ∂(v·Jᵀ w)/∂w, whatever w is: both are exact, no difference is
/// taken. Tangents are orthonormalised on the host in double precision, as the dense engine's, which begin with the same.
/// </summary>
internal sealed class TorchExponents(
    ModelOptions model, ModelTensors tensors, TorchModel network, TorchDevice device, TorchPrecision precision)
{
    private readonly TorchBlock block = new(model.Architecture, precision, model.Form, fuses: false);

    /// <summary>Forward and backward exponents, [block − 1][k], means over the first <paramref name="sequences"/> of a batch.</summary>
    internal (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Measure(
        TokenBatch batch, int sequences, int exponents, ulong seed)
    {
        using DisposeScope scope = NewDisposeScope();
        int depth = model.Architecture.Depth;
        using SequenceFrames frames = new(exponents, sequences, (long)model.Architecture.Tokens * model.Architecture.Width);
        double[][][] forward = frames.Logarithms(depth), backward = frames.Logarithms(depth);
        Tensor[] streams = new Tensor[depth + 1];
        streams[0] = network.Embed(batch, sequences);
        frames.Start(seed, RandomStream.ForwardFrame);
        for (int layer = 1; layer <= depth; layer++)
        {
            using DisposeScope inner = NewDisposeScope();
            (Tensor x, Tensor y) = Block(layer, streams[layer - 1]);
            Tensor w = zeros_like(y, requires_grad: true);
            Tensor adjoint = autograd.grad([y], [x], [w], create_graph: true)[0];
            Push(frames, exponents, adjoint, w);
            frames.Orthonormalise(forward[layer - 1]);
            streams[layer] = y.detach().MoveToOuterDisposeScope();
        }

        frames.Start(seed, RandomStream.BackwardFrame);
        for (int layer = depth; layer >= 1; layer--)
        {
            using DisposeScope inner = NewDisposeScope();
            (Tensor x, Tensor y) = Block(layer, streams[layer - 1]);
            Push(frames, exponents, y, x);
            frames.Orthonormalise(backward[layer - 1]);
        }

        return (frames.Estimates(forward), frames.Estimates(backward));
    }

    private (Tensor Input, Tensor Output) Block(int layer, Tensor stream)
    {
        Tensor x = stream.detach().requires_grad_();
        return (x, block.Forward(layer, x, tensors.Blocks[layer - 1]));
    }

    // Each tangent becomes the gradient, at an input, of its product with an output: [S, n, d] each.
    private void Push(SequenceFrames frames, int exponents, Tensor output, Tensor input)
    {
        for (int k = 0; k < exponents; k++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor tangent = empty(output.shape, ScalarType.Float64);
            frames[k].CopyTo(HostMemory.Entries<double>(tangent));
            Tensor image = autograd.grad(
                [output], [input], [tangent.to(ScalarType.Float32).to(device.ToTorch())], retain_graph: true)[0];
            HostMemory.Entries<double>(image.to(ScalarType.Float64).cpu().contiguous()).CopyTo(frames[k]);
        }
    }
}
