using Hybrid.Architectures;
using Hybrid.Networks.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// A block of the architecture as operations on tensors: its steps, one after the other, derivation (4.3). The backward pass
/// is autograd's. Differentiable in x and in the weights.
/// </summary>
internal sealed class TorchBlock(Architecture architecture, TorchPrecision precision)
{
    /// <summary>The output of block <paramref name="layer"/>, 1..depth. x: [B, n, d].</summary>
    internal Tensor Forward(int layer, Tensor x, BlockTensors weights)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (Step step in BlockModule.At(architecture, layer).Steps)
            x = Forward(layer, step, x, weights);
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>N x = √d x/‖x‖ times a gain; 0 with derivative 0 at x = 0. x: [.., d].</summary>
    internal static Tensor Normalise(Tensor x, Tensor? gain)
    {
        Tensor square = (x * x).mean([-1], keepdim: true);
        Tensor isZero = square.eq(0).to(ScalarType.Float32);
        Tensor normalised = x * ((square + isZero).rsqrt() * (1 - isZero));
        return gain is null ? normalised : normalised * gain;
    }

    /// <summary>The features that it knows.</summary>
    internal static readonly Feature[] Features = [Feature.NormKind, Feature.NormGain, .. TorchAttention.Features];

    // x' = [N] (r x + Σ a [N] f([N] x)).
    private Tensor Forward(int layer, Step step, Tensor x, BlockTensors weights)
    {
        Tensor sum = x * step.Skip;
        foreach (Sublayer sublayer in step.Sublayers)
            sum += Added(layer, sublayer, x, weights) * sublayer.Branch;
        return step.NormalisesSum ? Norm(layer, sum, weights[new GainRole(step.Sublayers[^1].Kind(), GainPlace.Sum)]) : sum;
    }

    // f([N] x), normalised where branches are.
    private Tensor Added(int layer, Sublayer sublayer, Tensor x, BlockTensors weights)
    {
        ModuleKind module = sublayer.Kind();
        Tensor z = sublayer.Placement.Before ? Norm(layer, x, weights[new GainRole(module, GainPlace.Input)]) : x;
        Tensor branch = sublayer.Module is Module.Attention attention ? Attention(layer, attention.Item, z, weights) : Mlp(z, weights);
        return sublayer.Placement.OnBranch ? Norm(layer, branch, weights[new GainRole(module, GainPlace.Branch)]) : branch;
    }

    // The record's norm, with a gain of its own or the record's.
    private Tensor Norm(int layer, Tensor x, Tensor? gain)
    {
        Tensor normalised = architecture.NormKind is NormKind.DyT kind ? (x * kind.alpha).tanh() : Normalise(x, null);
        if (gain is not null)
            return normalised * gain;
        double fixedGain = architecture.NormGain.At(layer);
        return fixedGain == 1 ? normalised : normalised * fixedGain;
    }

    // z: [B, n, d]; heads are columns [h d_k, (h + 1) d_k) of queries, groups of heads those of keys and values.
    private Tensor Attention(int layer, AttentionParameters parameters, Tensor z, BlockTensors weights)
    {
        Tensor context = new TorchAttention(architecture, layer, parameters, precision).Context(
            Projected(z, weights[MatrixRole.Query]), Projected(z, weights[MatrixRole.Key]), Projected(z, weights[MatrixRole.Value]),
            weights[new GainRole(ModuleKind.Attention, GainPlace.Query)], weights[new GainRole(ModuleKind.Attention, GainPlace.Key)]);
        return Products.Apply(context, weights[MatrixRole.AttentionOut], precision);
    }

    private Tensor Projected(Tensor z, Tensor weight) => Products.Rounded(Products.Apply(z, weight, precision), precision);

    private Tensor Mlp(Tensor z, BlockTensors weights)
    {
        Tensor entering = Products.Apply(z, weights[MatrixRole.MlpIn], precision) + weights[MatrixRole.MlpBias];
        Tensor hidden = Activations.Apply(architecture.Activation, entering);
        if (architecture.Gated)
            hidden *= Products.Apply(z, weights[MatrixRole.MlpUp], precision);
        return Products.Apply(hidden, weights[MatrixRole.MlpOut], precision);
    }
}
