using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Benchmarks.Reference;

/// <summary>Training steps of a <see cref="PlainTransformer"/> on one batch: forward, backward, clipping, libtorch's AdamW.</summary>
internal sealed class PlainTraining : IDisposable
{
    private readonly PlainTransformer model;
    private readonly optim.Optimizer optimiser;
    private readonly Tensor inputs, targets;

    /// <summary>Takes a model, which it then owns, to where and in what it is trained.</summary>
    internal PlainTraining(PlainTransformer model, TokenBatch batch, Device device, ScalarType type)
    {
        this.model = model;
        model.to(device);
        model.to(type);
        optimiser = optim.AdamW(model.parameters(), lr: 3e-4, weight_decay: 0.1);
        inputs = tensor(batch.Inputs, ScalarType.Int64).reshape(batch.Sequences, batch.Tokens).to(device);
        targets = tensor(batch.Targets, ScalarType.Int64).to(device);
    }

    internal void Step()
    {
        using DisposeScope scope = NewDisposeScope();
        optimiser.zero_grad();
        Tensor loss = nn.functional.cross_entropy(model.forward(inputs).to(ScalarType.Float32), targets);
        loss.backward();
        nn.utils.clip_grad_norm_(model.parameters(), 1);
        optimiser.step();
        _ = loss.item<float>();
    }

    public void Dispose()
    {
        optimiser.Dispose();
        model.Dispose();
        inputs.Dispose();
        targets.Dispose();
    }
}
