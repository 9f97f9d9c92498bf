using Hybrid.Architectures;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>
/// A network that learns, as operations on tensors: x₀ = E[token] + P[position], blocks, final normalisation where the placement
/// has one, logits c z U, mean cross-entropy. Published networks may normalise x₀, map z to γ ∘ N φ(z W + b) + β before U, add a bias
/// to the logits and cap them, C tanh(ℓ/C). The embedding and the head are in single precision whatever the blocks are.
/// </summary>
internal sealed class TorchModel
{
    private readonly ModelOptions model;
    private readonly ModelTensors tensors;
    private readonly TorchBlock block;
    private readonly TorchDevice device;
    private readonly TorchPrecision precision;
    private readonly bool recompute;
    private readonly double logitScale;
    private readonly TorchNorm norm;

    /// <summary>On parameters that stay the caller's.</summary>
    internal TorchModel(ModelOptions model, ModelTensors tensors, TorchDevice device, TorchPrecision precision, bool recompute)
    {
        this.model = model;
        this.tensors = tensors;
        (this.device, this.precision) = (device, precision);
        this.recompute = recompute;
        block = new TorchBlock(model.Architecture, precision, model.Form);
        norm = TorchNorm.Of(model.Form);
        logitScale = model.LogitScale;
    }

    /// <summary>Part of the mean loss: of sequences [start, start + count), divided by the number of targets of the whole batch.</summary>
    internal double Loss(TokenBatch batch, int start, int count, int targets)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        Tensor stream = Embedded(batch, start, count);
        for (int layer = 1; layer <= model.Architecture.Depth; layer++)
            stream = Forward(layer, stream);
        return Head(stream, batch, start, count, targets).item<double>();
    }

    /// <summary>As <see cref="Loss"/>, NaN without a head, and what passes on the way.</summary>
    /// <param name="batch">Tokens and targets.</param>
    /// <param name="start">The first sequence.</param>
    /// <param name="count">How many, at once.</param>
    /// <param name="targets">Of the whole batch.</param>
    /// <param name="observer">Shown every stage in its order.</param>
    /// <param name="backward">Whether gradients are added to those of the parameters, block by block.</param>
    internal double Observe(TokenBatch batch, int start, int count, int targets, ITensorObserver observer, bool backward)
    {
        using DisposeScope scope = NewDisposeScope();
        if (backward)
            return BlockByBlock(batch, start, count, targets, observer);
        using IDisposable untracked = no_grad();
        Tensor stream = Embedded(batch, start, count);
        observer.Stream(0, stream);
        for (int layer = 1; layer <= model.Architecture.Depth; layer++)
        {
            Tensor next = Forward(layer, stream, observer);
            stream.Dispose();
            stream = next;
            observer.Stream(layer, stream);
        }

        return model.Form?.Output?.Head == HeadKind.None
            ? double.NaN
            : Head(stream, batch, start, count, targets, observer).item<double>();
    }

    /// <summary>The embedded tokens of sequences of a batch, [count, n, d].</summary>
    internal Tensor Embed(TokenBatch batch, int start, int count)
    {
        using IDisposable untracked = no_grad();
        return Embedded(batch, start, count);
    }

    /// <summary>The same, and its gradient added to that of every parameter.</summary>
    internal double LossAndGradient(TokenBatch batch, int start, int count, int targets)
    {
        using DisposeScope scope = NewDisposeScope();
        return recompute ? BlockByBlock(batch, start, count, targets) : AtOnce(batch, start, count, targets);
    }

    private double AtOnce(TokenBatch batch, int start, int count, int targets)
    {
        Tensor stream = Embedded(batch, start, count);
        for (int layer = 1; layer <= model.Architecture.Depth; layer++)
            stream = Forward(layer, stream);
        Tensor loss = Head(stream, batch, start, count, targets);
        loss.backward();
        return loss.item<double>();
    }

    // Keeps the inputs of blocks alone; each block runs again, with its graph, when the gradient reaches it.
    private double BlockByBlock(TokenBatch batch, int start, int count, int targets, ITensorObserver? observer = null)
    {
        int depth = model.Architecture.Depth;
        Tensor embedded = Embedded(batch, start, count);
        Tensor[] streams = new Tensor[depth + 1];
        using (no_grad())
        {
            streams[0] = embedded.detach();
            observer?.Stream(0, streams[0]);
            for (int layer = 1; layer <= depth; layer++)
            {
                streams[layer] = Forward(layer, streams[layer - 1], observer);
                observer?.Stream(layer, streams[layer]);
            }
        }

        Tensor top = streams[depth].detach().requires_grad_();
        Tensor loss = Head(top, batch, start, count, targets, observer);
        loss.backward();
        Tensor gradient = top.grad!;
        observer?.Gradient(depth, gradient);
        for (int layer = depth; layer >= 1; layer--)
        {
            using DisposeScope inner = NewDisposeScope();
            Tensor input = streams[layer - 1].detach().requires_grad_();
            Forward(layer, input).backward(grad_tensors: [gradient]);
            gradient.Dispose();
            gradient = input.grad!.MoveToOuterDisposeScope();
            observer?.Gradient(layer - 1, gradient);
        }

        embedded.backward(grad_tensors: [gradient]);
        return loss.item<double>();
    }

    private Tensor Forward(int layer, Tensor stream, ITensorObserver? observer = null) =>
        block.Forward(layer, stream, tensors.Blocks[layer - 1], observer);

    // [count, n, d].
    private Tensor Embedded(TokenBatch batch, int start, int count)
    {
        Architecture architecture = model.Architecture;
        Tensor rows = tensors.TokenEmbedding.index_select(0, Numbers(batch.Inputs, batch, start, count));
        Tensor embedded = Products.Sum(rows.reshape(count, architecture.Tokens, architecture.Width), tensors.PositionEmbedding);
        if (tensors.EmbeddingGain is { } gain)
            embedded = norm.Apply(embedded, gain, tensors.EmbeddingShift);
        return embedded.to(precision.Stream());
    }

    // The losses of rows are summed in double precision.
    private Tensor Head(Tensor stream, TokenBatch batch, int start, int count, int targets, ITensorObserver? observer = null)
    {
        Tensor z = tensors.FinalGain is null ? stream : norm.Apply(stream, tensors.FinalGain, tensors.FinalShift);
        if (tensors.Transform is { } transform)
        {
            Tensor entering = Products.Sum(Products.Apply(z, transform, TorchPrecision.Single), tensors.TransformBias!);
            z = norm.Apply(Activations.Apply(model.Architecture.Activation, entering), tensors.HeadGain, tensors.HeadShift);
        }

        Tensor logits = Logits(z).reshape(-1, model.Vocabulary);
        observer?.Logits(logits);
        Tensor losses = nn.functional.cross_entropy(
            logits, Numbers(batch.Targets, batch, start, count), ignore_index: TokenBatch.NoTarget, reduction: nn.Reduction.None);
        return Products.Scaled(losses.to(ScalarType.Float64).sum(), 1.0 / targets);
    }

    private Tensor Logits(Tensor z)
    {
        Tensor unembedding = tensors.Unembedding ?? tensors.TokenEmbedding.narrow(0, 0, model.Vocabulary).transpose(0, 1);
        Tensor logits = Products.Scaled(Products.Apply(z, unembedding, TorchPrecision.Single), logitScale);
        if (tensors.UnembeddingBias is { } bias)
            logits = Products.Sum(logits, bias);
        return model.Form?.Output?.Cap is double cap
            ? Products.Scaled(Products.Scaled(logits, 1 / cap).tanh(), cap)
            : logits;
    }

    private Tensor Numbers(int[] tokens, TokenBatch batch, int start, int count) =>
        tensor(tokens.AsSpan(start * batch.Tokens, count * batch.Tokens).ToArray(), ScalarType.Int64, device.ToTorch());
}
