using Hybrid.Architectures;
using Hybrid.Networks.Random;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>
/// Leading Lyapunov exponents of a network's blocks by autograd, which run in double precision on the network's weights, as the dense
/// engine's do. The first tangents are the dense engine's.
/// </summary>
internal sealed class TorchExponents(ModelOptions model, ModelTensors tensors, TorchModel network)
{
    private readonly TorchBlock block = new(model.Architecture, TorchPrecision.Double, model.Form, fuses: false);

    /// <summary>Forward and backward exponents, [block − 1][k], means over the first <paramref name="sequences"/> of a batch.</summary>
    internal (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Measure(
        TokenBatch batch, int sequences, int exponents, ulong seed)
    {
        using DisposeScope scope = NewDisposeScope();
        int depth = model.Architecture.Depth;
        Tensor[] streams = new Tensor[depth + 1], forward = new Tensor[depth], backward = new Tensor[depth];
        streams[0] = network.Embed(batch, sequences).to(ScalarType.Float64);
        Tensor tangents = First(RandomStream.ForwardFrame);
        for (int layer = 1; layer <= depth; layer++)
        {
            using DisposeScope inner = NewDisposeScope();
            (Tensor x, Tensor y) = Block(layer);
            forward[layer - 1] = Orthonormalise(ref tangents, TorchTangents.Forwards(x, y, tangents));
            streams[layer] = y.detach().MoveToOuterDisposeScope();
        }

        tangents = First(RandomStream.BackwardFrame);
        for (int layer = depth; layer >= 1; layer--)
        {
            using DisposeScope inner = NewDisposeScope();
            (Tensor x, Tensor y) = Block(layer);
            backward[layer - 1] = Orthonormalise(ref tangents, TorchTangents.Backwards(x, y, tangents));
        }

        return (Estimates(forward), Estimates(backward));

        (Tensor Input, Tensor Output) Block(int layer)
        {
            Tensor x = streams[layer - 1].detach().requires_grad_();
            return (x, block.Forward(layer, x, tensors.Blocks[layer - 1]));
        }

        Tensor First(RandomStream stream) => FirstTangents(stream, seed, exponents, sequences, streams[0].device);
    }

    // [S, K, n, d], drawn on the host and made orthonormal there.
    private Tensor FirstTangents(RandomStream stream, ulong seed, int exponents, int sequences, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        Architecture architecture = model.Architecture;
        using SequenceFrames frames = new(exponents, sequences, (long)architecture.Tokens * architecture.Width);
        frames.Start(seed, stream);
        Tensor tangents = empty([exponents, sequences, architecture.Tokens, architecture.Width], ScalarType.Float64);
        for (int k = 0; k < exponents; k++)
            frames[k].CopyTo(HostMemory.Entries<double>(tangents.select(0, k)));
        return tangents.transpose(0, 1).contiguous().to(device).MoveToOuterDisposeScope();
    }

    // Images take the place of the tangents, which outlive the block as the logarithms do.
    private static Tensor Orthonormalise(ref Tensor tangents, Tensor images)
    {
        tangents.Dispose();
        (Tensor frame, Tensor logarithms) = TorchTangents.Orthonormalised(images);
        tangents = frame.MoveToOuterDisposeScope();
        return logarithms.MoveToOuterDisposeScope();
    }

    // Means over the sequences of [S, K] of every block, which come to the host at once.
    private static ExponentEstimate[][] Estimates(Tensor[] logarithms)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor all = stack(logarithms).transpose(1, 2).cpu().contiguous();
        (long exponents, int sequences) = (all.shape[1], (int)all.shape[2]);
        double[] values = HostMemory.Entries<double>(all).ToArray();
        return [.. values.Chunk((int)exponents * sequences).Select(
            block => block.Chunk(sequences).Select(rows => ExponentEstimate.Of(rows)).ToArray())];
    }
}
