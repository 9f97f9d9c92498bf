using Hybrid.Architectures;
using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>
/// A network that learns, as operations on tensors: x₀ = E[token] + P[position], blocks, final normalisation where the placement
/// has one, logits c z U, mean cross-entropy. The embedding and the head are in single precision whatever the blocks are.
/// </summary>
internal sealed class TorchModel
{
    private readonly ModelOptions model;
    private readonly ModelTensors tensors;
    private readonly TorchBlock block;
    private readonly TorchDevice device;
    private readonly bool recompute;
    private readonly double logitScale;

    /// <summary>On parameters that stay the caller's.</summary>
    internal TorchModel(ModelOptions model, ModelTensors tensors, TorchDevice device, TorchPrecision precision, bool recompute)
    {
        this.model = model;
        this.tensors = tensors;
        this.device = device;
        this.recompute = recompute;
        block = new TorchBlock(model.Architecture, precision);
        logitScale = model.Tied ? model.LogitStd / Math.Sqrt(model.Architecture.Width * InitialState.EmbeddingVariance(model)) : 1;
    }

    /// <summary>Part of the mean loss: of sequences [start, start + count), divided by the number of targets of the whole batch.</summary>
    internal double Loss(TokenBatch batch, int start, int count, int targets)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        Tensor stream = Embed(batch, start, count);
        for (int layer = 1; layer <= model.Architecture.Depth; layer++)
            stream = Forward(layer, stream);
        return Head(stream, batch, start, count, targets).item<double>();
    }

    /// <summary>The same, and its gradient added to that of every parameter.</summary>
    internal double LossAndGradient(TokenBatch batch, int start, int count, int targets)
    {
        using DisposeScope scope = NewDisposeScope();
        return recompute ? BlockByBlock(batch, start, count, targets) : AtOnce(batch, start, count, targets);
    }

    private double AtOnce(TokenBatch batch, int start, int count, int targets)
    {
        Tensor stream = Embed(batch, start, count);
        for (int layer = 1; layer <= model.Architecture.Depth; layer++)
            stream = Forward(layer, stream);
        Tensor loss = Head(stream, batch, start, count, targets);
        loss.backward();
        return loss.item<double>();
    }

    // Keeps the inputs of blocks alone; each block runs again, with its graph, when the gradient reaches it.
    private double BlockByBlock(TokenBatch batch, int start, int count, int targets)
    {
        int depth = model.Architecture.Depth;
        Tensor embedded = Embed(batch, start, count);
        Tensor[] streams = new Tensor[depth + 1];
        using (no_grad())
        {
            streams[0] = embedded.detach();
            for (int layer = 1; layer <= depth; layer++)
                streams[layer] = Forward(layer, streams[layer - 1]);
        }

        Tensor top = streams[depth].detach().requires_grad_();
        Tensor loss = Head(top, batch, start, count, targets);
        loss.backward();
        Tensor gradient = top.grad!;
        for (int layer = depth; layer >= 1; layer--)
        {
            using DisposeScope inner = NewDisposeScope();
            Tensor input = streams[layer - 1].detach().requires_grad_();
            Forward(layer, input).backward(grad_tensors: [gradient]);
            gradient.Dispose();
            gradient = input.grad!.MoveToOuterDisposeScope();
        }

        embedded.backward(grad_tensors: [gradient]);
        return loss.item<double>();
    }

    private Tensor Forward(int layer, Tensor stream) => block.Forward(layer, stream, tensors.Blocks[layer - 1]);

    // [count, n, d].
    private Tensor Embed(TokenBatch batch, int start, int count)
    {
        Architecture architecture = model.Architecture;
        Tensor rows = tensors.TokenEmbedding.index_select(0, Numbers(batch.Inputs, batch, start, count));
        return Products.Sum(rows.reshape(count, architecture.Tokens, architecture.Width), tensors.PositionEmbedding);
    }

    // The losses of rows are summed in double precision.
    private Tensor Head(Tensor stream, TokenBatch batch, int start, int count, int targets)
    {
        Tensor z = tensors.FinalGain is null ? stream : TorchBlock.Normalise(stream, tensors.FinalGain);
        Tensor unembedding = tensors.Unembedding ?? tensors.TokenEmbedding.narrow(0, 0, model.Vocabulary).transpose(0, 1);
        Tensor logits = Products.Scaled(Products.Apply(z, unembedding, TorchPrecision.Single), logitScale).reshape(-1, model.Vocabulary);
        Tensor losses = nn.functional.cross_entropy(
            logits, Numbers(batch.Targets, batch, start, count), ignore_index: TokenBatch.NoTarget, reduction: nn.Reduction.None);
        return Products.Scaled(losses.to(ScalarType.Float64).sum(), 1.0 / targets);
    }

    private Tensor Numbers(int[] tokens, TokenBatch batch, int start, int count) =>
        tensor(tokens.AsSpan(start * batch.Tokens, count * batch.Tokens).ToArray(), ScalarType.Int64, device.ToTorch());
}
