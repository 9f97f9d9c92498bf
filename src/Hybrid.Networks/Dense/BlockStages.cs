using System.Numerics;
using Hybrid.Networks.Dense.Activations;
using Hybrid.Networks.Linear;
using Hybrid.Theory;

namespace Hybrid.Networks.Dense;

/// <summary>
/// The stages of every block between its products with weights, on one buffer of activations: what a network does whatever
/// its weights are, or whether they exist.
/// </summary>
internal sealed unsafe class BlockStages<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Architecture architecture;
    private readonly MatrixProduct<T> product;
    private readonly ActivationPlan plan;
    private readonly ActivationKernels<T> kernels;
    private readonly NativeBuffer<T> activations;

    /// <summary>Plans the activations of a legal architecture; the product stays the caller's.</summary>
    internal BlockStages(Architecture architecture, MatrixProduct<T> product)
    {
        this.architecture = architecture;
        this.product = product;
        kernels = ActivationKernels<T>.Of(architecture.Activation);
        plan = new ActivationPlan(architecture);
        activations = new NativeBuffer<T>(
            plan.Length,
            $"activations of {architecture.Tokens} tokens in {architecture.Depth} blocks of width {architecture.Width}, MLP width {architecture.MlpWidth}");
        Stream = plan.Stream.In(activations);
        Gradient = plan.Gradient.In(activations);
    }

    /// <summary>x: [n, d], the residual stream where the forward pass stands.</summary>
    internal MatrixView<T> Stream { get; }

    /// <summary>G: [n, d], the loss gradient where the backward pass stands.</summary>
    internal MatrixView<T> Gradient { get; }

    /// <summary>A of block <paramref name="layer"/>, 1..depth, after its forward pass: [H n, n].</summary>
    internal ReadOnlySpan<T> Probabilities(int layer)
    {
        MatrixView<T> probabilities = Kept(plan.Probabilities, layer);
        return new ReadOnlySpan<T>(probabilities.Data, checked(probabilities.Rows * probabilities.Columns));
    }

    /// <summary>Where block <paramref name="layer"/>'s attention meets the stream.</summary>
    internal Placement<T> AttentionPlacement(int layer) => Placed(
        layer, plan.Attention, architecture.Attention.Skip.At(layer), architecture.Attention.Branch.At(layer));

    /// <summary>Where block <paramref name="layer"/>'s MLP meets the stream.</summary>
    internal Placement<T> MlpPlacement(int layer) =>
        Placed(layer, plan.Mlp, architecture.Mlp.Skip.At(layer), architecture.Mlp.Branch.At(layer));

    /// <summary>Attention of block <paramref name="layer"/> between its products with weights.</summary>
    internal AttentionHeads<T> Heads(int layer) => new()
    {
        Heads = architecture.Heads,
        Causal = architecture.Mask.IsCausal,
        LogitScale = T.One / T.Sqrt(T.CreateChecked(architecture.Width / architecture.Heads)),
        Buffers = product.Buffers,
        Query = Kept(plan.Query, layer),
        Key = Kept(plan.Key, layer),
        Value = Kept(plan.Value, layer),
        Probabilities = Kept(plan.Probabilities, layer),
        LogitGradient = plan.LogitGradient.In(activations),
        Context = plan.Context.In(activations),
        QueryGradient = plan.QueryGradient.In(activations),
        KeyGradient = plan.KeyGradient.In(activations),
        ValueGradient = plan.ValueGradient.In(activations),
    };

    /// <summary>The hidden layer of block <paramref name="layer"/>'s MLP; bias: [1, m].</summary>
    internal HiddenLayer<T> Hidden(int layer, MatrixView<T> bias) => new()
    {
        Kernels = kernels,
        Gated = architecture.Gated,
        Bias = bias,
        PreActivation = Kept(plan.PreActivation, layer),
        Up = Kept(plan.Up, layer),
        Hidden = plan.Hidden.In(activations),
        Gradient = plan.HiddenGradient.In(activations),
        UpGradient = plan.UpGradient.In(activations),
    };

    /// <inheritdoc/>
    public void Dispose() => activations.Dispose();

    private Placement<T> Placed(int layer, SublayerSlots slots, double skip, double weight) => new()
    {
        Norm = architecture.Norm,
        Width = architecture.Width,
        Skip = T.CreateChecked(skip),
        Weight = T.CreateChecked(weight),
        Stream = Stream,
        Branch = plan.Branch.In(activations),
        InputGradient = plan.InputGradient.In(activations),
        Input = Kept(slots.Input, layer),
        InputScale = Kept(slots.InputScale, layer),
        Normalised = Kept(slots.Normalised, layer),
        NormalisedScale = Kept(slots.NormalisedScale, layer),
    };

    private MatrixView<T> Kept(Slot slot, int layer) => slot.In(activations, (layer - 1) * plan.BlockLength);
}
