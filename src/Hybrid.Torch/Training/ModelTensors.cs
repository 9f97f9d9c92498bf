using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>The parameters of a network, tensor by tensor on a device: leaves of autograd, where gradients are asked for.</summary>
internal sealed class ModelTensors : IDisposable
{
    private readonly List<LearntTensor> all = [];
    private readonly ModelLayout layout;
    private readonly Dictionary<long, Tensor> byOffset = [];

    /// <summary>Takes their memory and copies their values.</summary>
    /// <param name="model">The network.</param>
    /// <param name="layout">Where its parameters lie on the host.</param>
    /// <param name="values">All of them.</param>
    /// <param name="device">Where the tensors are to be.</param>
    /// <param name="gradients">Whether there are gradients.</param>
    internal ModelTensors(ModelOptions model, ModelLayout layout, NativeBuffer<float> values, TorchDevice device, bool gradients = true)
    {
        this.layout = layout;
        try
        {
            foreach (PlacedTensor placed in layout.Tensors)
            {
                long[] shape = [.. placed.Tensor.Shape.Select(side => (long)side)];
                Tensor tensor = empty(shape, ScalarType.Float32, device.ToTorch()).DetachFromDisposeScope();
                all.Add(new(placed.Tensor, tensor, placed.Decays));
                byOffset.Add(placed.Offset, tensor);
                tensor.requires_grad = gradients;
            }

            Write(values);
        }
        catch
        {
            Dispose();
            throw;
        }

        TokenEmbedding = byOffset[layout.TokenEmbedding];
        PositionEmbedding = byOffset[layout.PositionEmbedding];
        FinalGain = layout.HasFinalNormalisation ? byOffset[layout.FinalGain] : null;
        Unembedding = model.Tied || model.Form?.Output?.Head == HeadKind.None ? null : byOffset[layout.Unembedding];
        Blocks = [.. Enumerable.Range(1, model.Architecture.Depth).Select(Block)];
    }

    /// <summary>The dense engine's initial parameters of a seed.</summary>
    internal static ModelTensors Drawn(ModelOptions model, ulong seed, TorchDevice device, int threads)
    {
        ModelLayout layout = new(model);
        using WorkerPool pool = new(threads);
        using NativeBuffer<float> initial = new(layout.Length, "initial parameters");
        InitialState.Draw(model, layout, initial, seed, pool);
        return new(model, layout, initial, device);
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

    /// <summary>γ behind the embedding, of published networks: [d]; null where it is not there, as all that follows.</summary>
    internal Tensor? EmbeddingGain => byOffset.GetValueOrDefault(layout.EmbeddingGain);

    /// <summary>β there: [d].</summary>
    internal Tensor? EmbeddingShift => byOffset.GetValueOrDefault(layout.EmbeddingShift);

    /// <summary>β behind the final gain: [d].</summary>
    internal Tensor? FinalShift => byOffset.GetValueOrDefault(layout.FinalShift);

    /// <summary>W of the map before the unembedding: [d, d].</summary>
    internal Tensor? Transform => byOffset.GetValueOrDefault(layout.Transform);

    /// <summary>Its b: [d].</summary>
    internal Tensor? TransformBias => byOffset.GetValueOrDefault(layout.TransformBias);

    /// <summary>γ behind the map: [d].</summary>
    internal Tensor? HeadGain => byOffset.GetValueOrDefault(layout.HeadGain);

    /// <summary>β there: [d].</summary>
    internal Tensor? HeadShift => byOffset.GetValueOrDefault(layout.HeadShift);

    /// <summary>What is added to the logits: [V].</summary>
    internal Tensor? UnembeddingBias => byOffset.GetValueOrDefault(layout.UnembeddingBias);

    /// <summary>Copies every value from the host.</summary>
    internal void Write(NativeBuffer<float> values)
    {
        foreach (PlacedTensor placed in layout.Tensors)
        {
            foreach ((long start, int length) in Parts(placed))
                HostMemory.Write(byOffset[placed.Offset], start, values.Span(placed.Offset + start, length));
        }
    }

    /// <summary>Copies every gradient to the host; zeros of what no pass reaches.</summary>
    internal void ReadGradients(NativeBuffer<float> gradients)
    {
        foreach (PlacedTensor placed in layout.Tensors)
        {
            using Tensor? gradient = byOffset[placed.Offset].grad;
            foreach ((long start, int length) in Parts(placed))
            {
                Span<float> destination = gradients.Span(placed.Offset + start, length);
                if (gradient is null)
                    destination.Clear();
                else
                    HostMemory.Read(gradient, start, destination);
            }
        }
    }

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

    private static IEnumerable<(long Start, int Length)> Parts(PlacedTensor placed)
    {
        for (long start = 0; start < placed.Tensor.Length; start += HostMemory.Part)
            yield return (start, (int)Math.Min(HostMemory.Part, placed.Tensor.Length - start));
    }

    // What a block has is found where the layout has it.
    private BlockTensors Block(int layer)
    {
        BlockTensors block = new();
        foreach (ParameterBlock matrix in layout.Blocks.Blocks)
        {
            if (matrix.Rows > 0)
                block[matrix.Role] = byOffset[layout.FirstBlock + layout.Blocks.Offset(layer, matrix.Role)];
        }

        foreach (GainRole role in layout.Gains.Roles)
            block[role] = byOffset[layout.FirstGain + layout.Gains.Offset(layer, role)];

        if (layout.Additions is not { } additions)
            return block;
        foreach (MatrixRole role in additions.Biases)
            block.AddBias(role, byOffset[layout.FirstAddition + additions.Offset(layer, role)]);
        foreach (GainRole role in additions.Shifts)
            block.AddShift(role, byOffset[layout.FirstAddition + additions.Offset(layer, role)]);
        return block;
    }
}
