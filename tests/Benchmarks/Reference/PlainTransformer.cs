using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Hybrid.Benchmarks.Reference;

/// <summary>
/// A decoder as anyone would write it on TorchSharp, for comparison: modules of libtorch, one product for queries, keys and
/// values, fused normalisation and attention, its own AdamW and clipping. Knows nothing of Hybrid.
/// </summary>
internal sealed class PlainTransformer : Module<Tensor, Tensor>
{
    private readonly Embedding tokens, positions;
    private readonly ModuleList<PlainBlock> blocks = [];
    private readonly LayerNorm norm;
    private readonly Linear head;
    private readonly Tensor places;

    /// <summary>Takes the sizes of the network.</summary>
    internal PlainTransformer(int vocabulary, int tokens, int width, int depth, int heads)
        : base(nameof(PlainTransformer))
    {
        this.tokens = Embedding(vocabulary, width);
        positions = Embedding(tokens, width);
        for (int layer = 0; layer < depth; layer++)
            blocks.Add(new PlainBlock(width, heads));
        norm = LayerNorm(width);
        head = Linear(width, vocabulary, hasBias: false);
        places = arange(tokens, ScalarType.Int64);
        RegisterComponents();
    }

    /// <summary>Logits [B n, V] of tokens [B, n].</summary>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor stream = tokens.forward(input) + positions.forward(places);
        foreach (PlainBlock block in blocks)
            stream = block.forward(stream);
        return head.forward(norm.forward(stream)).flatten(0, 1).MoveToOuterDisposeScope();
    }

    private sealed class PlainBlock : Module<Tensor, Tensor>
    {
        private readonly int heads;
        private readonly LayerNorm first, second;
        private readonly Linear queriesKeysValues, attended, entering, leaving;

        internal PlainBlock(int width, int heads)
            : base(nameof(PlainBlock))
        {
            this.heads = heads;
            (first, second) = (LayerNorm(width), LayerNorm(width));
            queriesKeysValues = Linear(width, 3 * width, hasBias: false);
            attended = Linear(width, width, hasBias: false);
            entering = Linear(width, 4 * width);
            leaving = Linear(4 * width, width, hasBias: false);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            x = x + Attention(first.forward(x));
            return x + leaving.forward(entering.forward(second.forward(x)).gelu(TorchSharp.Modules.GELU.Approximate.tanh));
        }

        private Tensor Attention(Tensor z)
        {
            Tensor[] parts = [.. queriesKeysValues.forward(z).chunk(3, -1).Select(Split)];
            Tensor context = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true);
            return attended.forward(context.transpose(1, 2).flatten(2));
        }

        private Tensor Split(Tensor part) => part.reshape(part.shape[0], part.shape[1], heads, -1).transpose(1, 2);
    }
}
