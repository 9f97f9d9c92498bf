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
    /// <param name="batch">Tokens.</param>
    /// <param name="sequences">S ≥ 1.</param>
    /// <param name="exponents">K, from 1 to n d.</param>
    /// <param name="seed">Names the first tangents.</param>
    /// <param name="atOnce">Sequences that run at once, ≥ 1; the result depends on it in roundings alone.</param>
    /// <param name="cancellation">Asks to stop; heard between blocks.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    internal (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Measure(
        TokenBatch batch, int sequences, int exponents, ulong seed, int atOnce, CancellationToken cancellation)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor ahead = FirstTangents(RandomStream.ForwardFrame, seed, exponents, sequences);
        Tensor back = FirstTangents(RandomStream.BackwardFrame, seed, exponents, sequences);
        List<Tensor> forward = [], backward = [];
        for (int start = 0; start < sequences; start += atOnce)
        {
            int count = Math.Min(atOnce, sequences - start);
            (Tensor f, Tensor b) = Run(
                network.Embed(batch, start, count), ahead.narrow(0, start, count), back.narrow(0, start, count), cancellation);
            forward.Add(f);
            backward.Add(b);
        }

        return (Estimates(forward), Estimates(backward));
    }

    // Logarithms [depth, S, K] of both ways, on the host.
    private (Tensor Forward, Tensor Backward) Run(Tensor embedded, Tensor ahead, Tensor back, CancellationToken cancellation)
    {
        using DisposeScope scope = NewDisposeScope();
        int depth = model.Architecture.Depth;
        Tensor[] streams = new Tensor[depth + 1], forward = new Tensor[depth], backward = new Tensor[depth];
        streams[0] = embedded.to(ScalarType.Float64);
        Tensor tangents = ahead.to(embedded.device);
        for (int layer = 1; layer <= depth; layer++)
        {
            using DisposeScope inner = NewDisposeScope();
            (Tensor x, Tensor y) = Block(layer);
            forward[layer - 1] = Orthonormalise(ref tangents, TorchTangents.Forwards(x, y, tangents));
            streams[layer] = y.detach().MoveToOuterDisposeScope();
        }

        tangents = back.to(embedded.device);
        for (int layer = depth; layer >= 1; layer--)
        {
            using DisposeScope inner = NewDisposeScope();
            (Tensor x, Tensor y) = Block(layer);
            backward[layer - 1] = Orthonormalise(ref tangents, TorchTangents.Backwards(x, y, tangents));
        }

        return (stack(forward).cpu().MoveToOuterDisposeScope(), stack(backward).cpu().MoveToOuterDisposeScope());

        (Tensor Input, Tensor Output) Block(int layer)
        {
            cancellation.ThrowIfCancellationRequested();
            Tensor x = streams[layer - 1].detach().requires_grad_();
            return (x, block.Forward(layer, x, tensors.Blocks[layer - 1]));
        }
    }

    // [S, K, n, d], drawn and made orthonormal on the host, where it is.
    private Tensor FirstTangents(RandomStream stream, ulong seed, int exponents, int sequences)
    {
        using DisposeScope scope = NewDisposeScope();
        Architecture architecture = model.Architecture;
        using SequenceFrames frames = new(exponents, sequences, (long)architecture.Tokens * architecture.Width);
        frames.Start(seed, stream);
        Tensor tangents = empty([exponents, sequences, architecture.Tokens, architecture.Width], ScalarType.Float64);
        for (int k = 0; k < exponents; k++)
            frames[k].CopyTo(HostMemory.Entries<double>(tangents.select(0, k)));
        return tangents.transpose(0, 1).contiguous().MoveToOuterDisposeScope();
    }

    // Images take the place of the tangents, which outlive the block as the logarithms do.
    private static Tensor Orthonormalise(ref Tensor tangents, Tensor images)
    {
        tangents.Dispose();
        (Tensor frame, Tensor logarithms) = TorchTangents.Orthonormalised(images);
        tangents = frame.MoveToOuterDisposeScope();
        return logarithms.MoveToOuterDisposeScope();
    }

    // Means over the sequences of parts [depth, S, K].
    private static ExponentEstimate[][] Estimates(List<Tensor> parts)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor all = cat(parts, 1).transpose(1, 2).contiguous();
        (int exponents, int sequences) = ((int)all.shape[1], (int)all.shape[2]);
        double[] values = HostMemory.Entries<double>(all).ToArray();
        return [.. values.Chunk(exponents * sequences).Select(
            block => block.Chunk(sequences).Select(rows => ExponentEstimate.Of(rows)).ToArray())];
    }
}
