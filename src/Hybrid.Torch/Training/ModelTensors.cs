using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>The parameters of a network that learns: the dense engine's initial ones, tensor by tensor on a device.</summary>
internal sealed class ModelTensors : IDisposable
{
    private readonly List<LearntTensor> all = [];

    /// <summary>Draws the initial parameters on the host and copies them.</summary>
    internal ModelTensors(ModelOptions model, ulong seed, TorchDevice device, int threads)
    {
        ModelLayout layout = new(model);
        using WorkerPool pool = new(threads);
        using NativeBuffer<float> initial = new(layout.Length, "initial parameters");
        InitialState.Draw(model, layout, initial, seed, pool);
        Dictionary<long, Tensor> byOffset = [];
        try
        {
            foreach (PlacedTensor placed in layout.Tensors)
            {
                Tensor tensor = Copy(initial, placed, device);
                all.Add(new(placed.Tensor, tensor, placed.Decays));
                byOffset.Add(placed.Offset, tensor);
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        TokenEmbedding = byOffset[layout.TokenEmbedding];
        PositionEmbedding = byOffset[layout.PositionEmbedding];
        FinalGain = layout.HasFinalNormalisation ? byOffset[layout.FinalGain] : null;
        Unembedding = model.Tied ? null : byOffset[layout.Unembedding];
        Blocks = [.. Enumerable.Range(1, model.Architecture.Depth).Select(layer => Block(layout, layer, byOffset))];
    }

    /// <summary>Every parameter, in the order of its layout.</summary>
    internal IReadOnlyList<LearntTensor> All => all;

    /// <summary>E: [embedded tokens, d].</summary>
    internal Tensor TokenEmbedding { get; }

    /// <summary>P: [n, d].</summary>
    internal Tensor PositionEmbedding { get; }

    /// <summary>γ before the unembedding: [d], or null where no normalisation stands there.</summary>
    internal Tensor? FinalGain { get; }

    /// <summary>U: [d, V], or null when it is E.</summary>
    internal Tensor? Unembedding { get; }

    /// <summary>Blocks 1..depth, from index 0.</summary>
    internal BlockTensors[] Blocks { get; }

    /// <summary>Sets every gradient to zero; the first pass takes their memory.</summary>
    internal void ClearGradients()
    {
        foreach (LearntTensor tensor in all)
        {
            using Tensor? gradient = tensor.Value.grad;
            gradient?.zero_().Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LearntTensor tensor in all)
            tensor.Value.Dispose();
    }

    private static Tensor Copy(NativeBuffer<float> source, PlacedTensor placed, TorchDevice device)
    {
        long[] shape = [.. placed.Tensor.Shape.Select(side => (long)side)];
        Tensor tensor = empty(shape, ScalarType.Float32, device.ToTorch()).DetachFromDisposeScope();
        for (long start = 0; start < placed.Tensor.Length; start += HostMemory.Part)
        {
            int length = (int)Math.Min(HostMemory.Part, placed.Tensor.Length - start);
            HostMemory.Write(tensor, start, source.Span(placed.Offset + start, length));
        }

        return tensor.requires_grad_();
    }

    // A matrix or gain of a block is found where the layout has it.
    private static BlockTensors Block(ModelLayout layout, int layer, Dictionary<long, Tensor> byOffset)
    {
        BlockTensors block = new();
        foreach (ParameterBlock matrix in layout.Blocks.Blocks)
        {
            if (matrix.Rows > 0)
                block[matrix.Role] = byOffset[layout.FirstBlock + layout.Blocks.Offset(layer, matrix.Role)];
        }

        foreach (GainRole role in layout.Gains.Roles)
            block[role] = byOffset[layout.FirstGain + layout.Gains.Offset(layer, role)];

        return block;
    }
}
