using Hybrid.Architectures;
using Hybrid.Networks.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// A block of the architecture as operations on tensors: its steps, one after the other, derivation (4.3). The backward pass
/// is autograd's. Differentiable in x and in the weights.
/// </summary>
/// <param name="architecture">Legal.</param>
/// <param name="precision">Of products.</param>
/// <param name="form">What a published network has beyond the record.</param>
/// <param name="fuses">Whether attention may be libtorch's fused one, which has no second derivative and never forms A.</param>
internal sealed class TorchBlock(Architecture architecture, TorchPrecision precision, ModelForm? form = null, bool fuses = true)
{
    private readonly TorchNorm norm = TorchNorm.Of(form);

    /// <summary>The output of block <paramref name="layer"/>, 1..depth, its stages shown on the way. x: [B, n, d].</summary>
    internal Tensor Forward(int layer, Tensor x, BlockTensors weights, ITensorObserver? observer = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Step[] steps = [.. BlockModule.At(architecture, layer).Steps];
        for (int index = 0; index < steps.Length; index++)
        {
            x = Forward(layer, steps[index], x, weights, observer);
            if (index < steps.Length - 1)
                observer?.Middle(layer, x);
        }

        return x.MoveToOuterDisposeScope();
    }

    /// <summary>The features that it knows.</summary>
    internal static readonly Feature[] Features = [Feature.NormKind, Feature.NormGain, Feature.Experts, .. TorchAttention.Features];

    // x' = [N] (r x + Σ a [N] f([N] x)).
    private Tensor Forward(int layer, Step step, Tensor x, BlockTensors weights, ITensorObserver? observer)
    {
        Tensor sum = Products.Scaled(x, step.Skip);
        foreach (Sublayer sublayer in step.Sublayers)
            sum = Products.Sum(sum, Added(layer, sublayer, x, weights, observer), sublayer.Branch);
        return step.NormalisesSum ? Norm(layer, sum, weights, new(step.Sublayers[^1].Kind(), GainPlace.Sum)) : sum;
    }

    // f([N] x), normalised where branches are.
    private Tensor Added(int layer, Sublayer sublayer, Tensor x, BlockTensors weights, ITensorObserver? observer)
    {
        ModuleKind module = sublayer.Kind();
        Tensor z = sublayer.Placement.Before ? Norm(layer, x, weights, new(module, GainPlace.Input)) : x;
        Tensor branch = sublayer.Module is Module.Attention attention
            ? Attention(layer, attention.Item, z, weights, observer)
            : Mlp(layer, z, weights);
        observer?.Branch(layer, module, branch);
        Tensor added = sublayer.Placement.OnBranch ? Norm(layer, branch, weights, new(module, GainPlace.Branch)) : branch;
        observer?.Added(layer, module, added);
        return added;
    }

    // The record's norm or the form's, with a gain and a shift of its own or the record's gain.
    private Tensor Norm(int layer, Tensor x, BlockTensors weights, GainRole role)
    {
        Tensor normalised = architecture.NormKind is NormKind.DyT kind ? Products.Scaled(x, kind.alpha).tanh() : norm.Apply(x);
        if (weights[role] is { } gain)
            return TorchNorm.Gained(normalised, gain, weights.Shift(role));
        double fixedGain = architecture.NormGain.At(layer);
        return fixedGain == 1 ? normalised : Products.Scaled(normalised, fixedGain);
    }

    // z: [B, n, d]; heads are columns [h d_k, (h + 1) d_k) of queries, groups of heads those of keys and values.
    private Tensor Attention(int layer, AttentionParameters parameters, Tensor z, BlockTensors weights, ITensorObserver? observer)
    {
        Tensor factor = Products.Rounded(z, precision);
        Tensor context = new TorchAttention(architecture, layer, parameters, precision, form, fuses).Context(
            Projected(MatrixRole.Query), Projected(MatrixRole.Key), Projected(MatrixRole.Value),
            weights[new GainRole(ModuleKind.Attention, GainPlace.Query)], weights[new GainRole(ModuleKind.Attention, GainPlace.Key)],
            observer);
        return Products.Apply(context, weights[MatrixRole.AttentionOut], precision, weights.Bias(MatrixRole.AttentionOut));

        Tensor Projected(MatrixRole role) => Products.ApplyRounded(factor, weights[role], precision, weights.Bias(role));
    }

    private Tensor Mlp(int layer, Tensor z, BlockTensors weights) => architecture.Mlp.Experts?.Value is not { } experts
        ? Mlp(z, weights, 0, 1)
        : layer <= experts.Dense ? Mlp(z, weights, 0, experts.Mlps) : Routed(experts, z, weights);

    // The experts on every token, times gates that are 0 where they are not chosen: c Σ_e g_e f_e(z) + √w_s f_shared(z).
    private Tensor Routed(Experts experts, Tensor z, BlockTensors weights)
    {
        Tensor gates = Products.Scaled(Gates(experts, Products.Apply(z, weights[MatrixRole.Router], precision)), experts.Scale);
        Tensor sum = experts.HasShared
            ? Products.Scaled(Mlp(z, weights, experts.Count, experts.Mlps), Math.Sqrt(experts.Shared))
            : zeros_like(z, precision.Stream());
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
        Tensor factor = Products.Rounded(z, precision);
        Tensor entering = Products.ApplyRounded(factor, Part(weights[MatrixRole.MlpIn]), precision, Part(weights[MatrixRole.MlpBias]));
        Tensor hidden = Activations.Apply(architecture.Activation, entering);
        if (architecture.Gated)
            hidden *= Products.ApplyRounded(factor, Part(weights[MatrixRole.MlpUp]), precision, weights.Bias(MatrixRole.MlpUp));
        return Products.Apply(hidden, Part(weights[MatrixRole.MlpOut]), precision, weights.Bias(MatrixRole.MlpOut));

        Tensor Part(Tensor all) => mlps == 1 ? all : all.narrow(-2, all.shape[^2] / mlps * mlp, all.shape[^2] / mlps);
    }
}
