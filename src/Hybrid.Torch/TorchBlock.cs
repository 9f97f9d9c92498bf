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
        Tensor isZero = square.eq(zeros_like(square)).to(ScalarType.Float32);
        Tensor normalised = x * (Products.Sum(square, isZero).rsqrt() * Products.Sum(ones_like(isZero), isZero, -1));
        return gain is null ? normalised : normalised * gain;
    }

    /// <summary>The features that it knows.</summary>
    internal static readonly Feature[] Features = [Feature.NormKind, Feature.NormGain, Feature.Experts, .. TorchAttention.Features];

    // x' = [N] (r x + Σ a [N] f([N] x)).
    private Tensor Forward(int layer, Step step, Tensor x, BlockTensors weights)
    {
        Tensor sum = Products.Scaled(x, step.Skip);
        foreach (Sublayer sublayer in step.Sublayers)
            sum = Products.Sum(sum, Added(layer, sublayer, x, weights), sublayer.Branch);
        return step.NormalisesSum ? Norm(layer, sum, weights[new GainRole(step.Sublayers[^1].Kind(), GainPlace.Sum)]) : sum;
    }

    // f([N] x), normalised where branches are.
    private Tensor Added(int layer, Sublayer sublayer, Tensor x, BlockTensors weights)
    {
        ModuleKind module = sublayer.Kind();
        Tensor z = sublayer.Placement.Before ? Norm(layer, x, weights[new GainRole(module, GainPlace.Input)]) : x;
        Tensor branch = sublayer.Module is Module.Attention attention
            ? Attention(layer, attention.Item, z, weights)
            : Mlp(layer, z, weights);
        return sublayer.Placement.OnBranch ? Norm(layer, branch, weights[new GainRole(module, GainPlace.Branch)]) : branch;
    }

    // The record's norm, with a gain of its own or the record's.
    private Tensor Norm(int layer, Tensor x, Tensor? gain)
    {
        Tensor normalised = architecture.NormKind is NormKind.DyT kind ? Products.Scaled(x, kind.alpha).tanh() : Normalise(x, null);
        if (gain is not null)
            return normalised * gain;
        double fixedGain = architecture.NormGain.At(layer);
        return fixedGain == 1 ? normalised : Products.Scaled(normalised, fixedGain);
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

    private Tensor Mlp(int layer, Tensor z, BlockTensors weights) => architecture.Mlp.Experts?.Value is not { } experts
        ? Mlp(z, weights, 0, 1)
        : layer <= experts.Dense ? Mlp(z, weights, 0, experts.Mlps) : Routed(experts, z, weights);

    // The experts on every token, times gates that are 0 where they are not chosen: c Σ_e g_e f_e(z) + √w_s f_shared(z).
    private Tensor Routed(Experts experts, Tensor z, BlockTensors weights)
    {
        Tensor gates = Products.Scaled(Gates(experts, Products.Apply(z, weights[MatrixRole.Router], precision)), experts.Scale);
        Tensor sum = experts.HasShared
            ? Products.Scaled(Mlp(z, weights, experts.Count, experts.Mlps), Math.Sqrt(experts.Shared))
            : zeros_like(z, ScalarType.Float32);
        for (int expert = 0; expert < experts.Count; expert++)
            sum = Products.Sum(sum, Mlp(z, weights, expert, experts.Mlps) * gates.narrow(-1, expert, 1));
        return sum;
    }

    // [.., E]: of the k with the largest logits, or 0. Sigmoids in proportion are exponentials of their logarithms, which do not all
    // vanish where every logit is far below 0.
    private static Tensor Gates(Experts experts, Tensor logits)
    {
        Tensor indices = logits.topk(experts.Active, -1).indexes;
        Tensor chosen = zeros_like(logits).scatter(-1, indices, ones(indices.shape, logits.dtype, logits.device));
        if (experts.Gate.IsSoftmax)
            return logits.softmax(-1) * chosen;
        Tensor scores = experts.Gate.IsSigmoid ? nn.functional.logsigmoid(logits) : logits;
        Tensor weights = scores.softmax(-1) * chosen;
        return weights / weights.sum(-1, keepdim: true);
    }

    // One MLP of several that stand one below the other.
    private Tensor Mlp(Tensor z, BlockTensors weights, int mlp, int mlps)
    {
        Tensor entering = Products.Sum(
            Products.Apply(z, Part(weights[MatrixRole.MlpIn]), precision), Part(weights[MatrixRole.MlpBias]));
        Tensor hidden = Activations.Apply(architecture.Activation, entering);
        if (architecture.Gated)
            hidden *= Products.Apply(z, Part(weights[MatrixRole.MlpUp]), precision);
        return Products.Apply(hidden, Part(weights[MatrixRole.MlpOut]), precision);

        Tensor Part(Tensor all) => mlps == 1 ? all : all.narrow(-2, all.shape[^2] / mlps * mlp, all.shape[^2] / mlps);
    }
}
