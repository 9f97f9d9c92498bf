using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>
/// The parameters of a network on a device, one after the other as on the host, and so their gradients: what is done to all of them is
/// one operation. Each is a leaf of autograd besides, where gradients are asked for, and gradients are added in their place.
/// </summary>
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
            long length = (long)layout.Length;
            Values = empty(length, ScalarType.Float32, device.ToTorch()).DetachFromDisposeScope();
            Gradients = gradients ? zeros_like(Values).DetachFromDisposeScope() : null;
            foreach (PlacedTensor placed in layout.Tensors)
            {
                using DisposeScope scope = NewDisposeScope();
                LearntTensor named = new(placed, null!);
                Tensor tensor = named.PartOf(Values).DetachFromDisposeScope();
                all.Add(named with { Value = tensor });
                byOffset.Add(placed.Offset, tensor);
                tensor.requires_grad = gradients;
                if (Gradients is not null)
                    tensor.grad = named.PartOf(Gradients);
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

    /// <summary>All of them, where the layout has them: [length].</summary>
    internal Tensor Values { get; }

    /// <summary>Their gradients of the passes since they were cleared, 0 of what no pass reaches; null where none are asked for.</summary>
    internal Tensor? Gradients { get; }

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
        foreach ((long start, int length) in Parts())
            HostMemory.Write(Values, start, values.Span(start, length));
    }

    /// <summary>Copies every gradient to the host.</summary>
    internal void ReadGradients(NativeBuffer<float> gradients)
    {
        foreach ((long start, int length) in Parts())
            HostMemory.Read(Gradients!, start, gradients.Span(start, length));
    }

    /// <summary>Sets every gradient to zero.</summary>
    internal void ClearGradients() => Gradients!.zero_().Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LearntTensor tensor in all)
            tensor.Value.Dispose();
        Gradients?.Dispose();
        Values?.Dispose();
    }

    private IEnumerable<(long Start, int Length)> Parts()
    {
        long length = Values.shape[0];
        for (long start = 0; start < length; start += HostMemory.Part)
            yield return (start, (int)Math.Min(HostMemory.Part, length - start));
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
