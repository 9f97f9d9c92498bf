using Hybrid.Architectures;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// Attention between its products with weights: rotary positions, norms of queries and keys, caps, sinks and masks of one
/// layer. libtorch's fused attention where it can do what the layer asks for.
/// </summary>
internal sealed class TorchAttention(
    Architecture architecture, int layer, AttentionParameters parameters, TorchPrecision precision, ModelForm? form, bool fuses)
{
    private readonly TorchNorm norm = TorchNorm.Of(form);
    private readonly HeadParameters head = parameters.Head;
    private readonly int headWidth = ArchitectureModule.HeadWidth(architecture);
    private readonly Mask mask = architecture.Mask.At(layer).Within(architecture.Tokens);

    /// <summary>The features that it knows.</summary>
    internal static readonly Feature[] Features =
    [
        Feature.Mask, Feature.LogitScale, Feature.HeadWidth, Feature.KeyValueHeads, Feature.Positions, Feature.QueryKeyNorm,
        Feature.SoftCap, Feature.Sink,
    ];

    /// <summary>The heads' outputs side by side, [B, n, H d_k].</summary>
    /// <param name="queries">[B, n, H d_k].</param>
    /// <param name="keys">[B, n, G d_k].</param>
    /// <param name="values">[B, n, G d_k].</param>
    /// <param name="queryGain">Of normalised queries; null for gains whose product is σ_A.</param>
    /// <param name="keyGain">Of normalised keys.</param>
    /// <param name="observer">Shown A, which the fused attention never forms, if it cares for it.</param>
    internal Tensor Context(
        Tensor queries, Tensor keys, Tensor values, Tensor? queryGain, Tensor? keyGain, ITensorObserver? observer = null)
    {
        // Norms and turns are in the stream's precision; what attention multiplies need not be.
        if (!head.QueryKeyNorm.IsNone || head.Positions is Positions.Rope)
            (queries, keys) = (queries.to(precision.Stream()), keys.to(precision.Stream()));
        if (head.QueryKeyNorm.IsAll)
            (queries, keys) = (norm.Apply(queries, queryGain), norm.Apply(keys, keyGain));
        Tensor q = Heads(queries), k = Heads(keys), v = Heads(values);
        if (head.QueryKeyNorm.IsHead)
            (q, k) = (norm.Apply(q, queryGain), norm.Apply(k, keyGain));
        if (head.Positions is Positions.Rope rope)
            (q, k) = (Turned(q, rope), Turned(k, rope));
        // Norms leave logits of standard deviation 1; the product of their gains is σ_A, which has the layer's scale in it.
        double gain = head.QueryKeyNorm.IsNone || queryGain is not null
            ? architecture.Attention.Head.LogitScale.At(layer)
            : parameters.LogitStd;
        if (gain != 1)
            q = Products.Scaled(q, gain);
        int sharing = architecture.Heads / (int)k.shape[1];
        if (sharing > 1)
            (k, v) = (k.repeat_interleave(sharing, 1), v.repeat_interleave(sharing, 1));
        (q, k, v) = (Products.Rounded(q, precision), Products.Rounded(k, precision), Products.Rounded(v, precision));
        bool plain = head.SoftCap is null && head.Sink is null;
        Tensor context = fuses && plain && observer?.Sees(PassStages.Probabilities) != true ? Fused(q, k, v) : Written(q, k, v, observer);
        return context.transpose(1, 2).flatten(2);
    }

    private Tensor Fused(Tensor q, Tensor k, Tensor v)
    {
        if (mask.IsCausal && !head.Positions.IsAlibi)
            return nn.functional.scaled_dot_product_attention(q, k, v, is_casual: true);
        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask: Added(q));
    }

    // softmax of capped logits with a sink beside them, product by product.
    private Tensor Written(Tensor q, Tensor k, Tensor v, ITensorObserver? observer)
    {
        (long batch, long heads, long n, long width) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3]);
        Tensor logits = Flat(q).bmm(Flat(k).transpose(1, 2)).to(precision.Stream()).reshape(batch, heads, n, n);
        logits = Products.Scaled(logits, 1 / Math.Sqrt(width));
        if (head.SoftCap is { } cap)
            logits = Products.Scaled(Products.Scaled(logits, 1 / cap.Value).tanh(), cap.Value);
        if (Added(logits) is Tensor added)
            logits = Products.Sum(logits, added);
        if (head.Sink is { } sink)
        {
            using Scalar logit = sink.Value;
            Tensor beside = full([batch, heads, n, 1], logit, logits.dtype, logits.device);
            logits = cat([logits, beside], -1);
        }

        Tensor weights = logits.softmax(-1).narrow(-1, 0, n).reshape(batch * heads, n, n);
        observer?.Probabilities(layer, weights);
        return Products.Rounded(weights, precision).bmm(Flat(v)).reshape(v.shape);
    }

    // What is added to the logits: −∞ where the mask hides, ALiBi's slopes; null where nothing is.
    private Tensor? Added(Tensor like)
    {
        if (mask.IsNone && !head.Positions.IsAlibi)
            return null;
        int n = architecture.Tokens, heads = head.Positions.IsAlibi ? architecture.Heads : 1;
        double[] added = new double[heads * n * n];
        for (int index = 0; index < added.Length; index++)
        {
            (int h, int i, int j) = (index / (n * n), index / n % n, index % n);
            double slope = head.Positions.IsAlibi ? Math.Pow(2, -8.0 * (h + 1) / heads) : 0;
            added[index] = mask.Allows(i, j) ? -slope * Math.Abs(i - j) : double.NegativeInfinity;
        }

        return tensor(added, [1, heads, n, n]).to(like.dtype).to(like.device);
    }

    private Tensor Turned(Tensor x, Positions.Rope rope)
    {
        int width = (int)x.shape[3], pairs = (int)(rope.fraction * width / 2);
        Tensor places = arange(architecture.Tokens, ScalarType.Float64).unsqueeze(1);
        RotaryStretch? stretch = form?.Stretch?.Base == rope.baseFrequency ? form.Stretch : null;
        double[] turns = [.. Enumerable.Range(0, pairs).Select(pair => Math.Pow(rope.baseFrequency, -(double)pair / pairs))];
        if (stretch is not null)
            turns = [.. turns.Select(stretch.Of)];
        Tensor angles = places * tensor(turns);
        Tensor cosine = angles.cos().to(x.dtype).to(x.device), sine = angles.sin().to(x.dtype).to(x.device);
        Tensor left = x.narrow(3, 0, pairs), right = x.narrow(3, pairs, pairs), rest = x.narrow(3, 2 * pairs, width - 2 * pairs);
        Tensor first = Products.Sum(left * cosine, right * sine, -1), second = Products.Sum(left * sine, right * cosine);
        return cat([first, second, rest], 3);
    }

    // [B, heads, n, d_k].
    private Tensor Heads(Tensor x) => x.reshape(x.shape[0], x.shape[1], -1, headWidth).transpose(1, 2);

    private static Tensor Flat(Tensor x) => x.reshape(x.shape[0] * x.shape[1], x.shape[2], x.shape[3]);
}
