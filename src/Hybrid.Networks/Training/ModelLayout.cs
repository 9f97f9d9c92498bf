using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Training;

/// <summary>A parameter of a trained network and its place in a buffer that holds all of them.</summary>
/// <param name="Tensor">Name and shape.</param>
/// <param name="Offset">Its first element.</param>
/// <param name="Decays">Whether weight decay applies: to matrices of blocks and to an unembedding of its own.</param>
internal sealed record PlacedTensor(NamedTensor Tensor, long Offset, bool Decays);

/// <summary>
/// Where every parameter of a trained network lies in one buffer: token embedding, position embedding, the blocks as
/// <see cref="ParameterLayout"/> has them, their gains, the final gain, the unembedding. Gradients and the optimiser's
/// numbers use the same layout. Elements between two tensors are padding and stay 0.
/// </summary>
internal sealed class ModelLayout
{
    private static readonly (string Name, MatrixRole Role)[] AttentionMatrices =
    [
        ("attention.query", MatrixRole.Query), ("attention.key", MatrixRole.Key), ("attention.value", MatrixRole.Value),
        ("attention.out", MatrixRole.AttentionOut),
    ];

    private static readonly (string Name, MatrixRole Role)[] MlpMatrices =
    [
        ("mlp.in", MatrixRole.MlpIn), ("mlp.bias", MatrixRole.MlpBias), ("mlp.up", MatrixRole.MlpUp), ("mlp.out", MatrixRole.MlpOut),
        ("mlp.router", MatrixRole.Router),
    ];

    private readonly List<PlacedTensor> tensors = [];

    internal ModelLayout(ModelOptions model)
    {
        Architecture architecture = model.Architecture;
        int d = architecture.Width;
        HasFinalNormalisation = NormalisesFinally(architecture.Norm);
        Blocks = new ParameterLayout(architecture);
        Gains = GainLayout.Of(architecture);

        TokenEmbedding = Take((Int128)model.EmbeddedTokens * d);
        PositionEmbedding = Take((Int128)architecture.Tokens * d);
        FirstBlock = Take(Blocks.Length);
        FirstGain = Take(Gains.Length);
        FinalGain = Take(HasFinalNormalisation ? d : 0);
        OutputForm? output = model.Form?.Output;
        bool own = !model.Tied && output?.Head != HeadKind.None;
        Unembedding = Take(own ? (Int128)d * model.Vocabulary : 0);
        Additions = model.Form is null ? null : new AdditionLayout(model.Form, d, Blocks, Gains, NamesOf(architecture).GetValueOrDefault!);
        FirstAddition = Take(Additions?.Length ?? 0);

        tensors.Add(new(new("token.embedding", [model.EmbeddedTokens, d]), TokenEmbedding, false));
        tensors.Add(new(new("position.embedding", [architecture.Tokens, d]), PositionEmbedding, false));
        for (int layer = 1; layer <= architecture.Depth; layer++)
        {
            foreach (BlockSublayer sublayer in BlockSublayer.Of(architecture, layer))
                AddSublayer(layer, sublayer);
            foreach ((string name, long offset, int columns) in Additions?.Of(layer) ?? [])
                tensors.Add(new(new($"blocks.{layer}.{name}", [columns]), FirstAddition + offset, false));
        }

        if (HasFinalNormalisation)
            tensors.Add(new(new("final.gain", [d]), FinalGain, false));
        if (own)
            tensors.Add(new(new("unembedding", [d, model.Vocabulary]), Unembedding, true));
        bool shifted = model.Form?.Shifted == true;
        EmbeddingGain = Add("embedding.gain", model.Form?.EmbeddingNorm == true, d);
        EmbeddingShift = Add("embedding.shift", shifted && model.Form!.EmbeddingNorm, d);
        FinalShift = Add("final.shift", shifted && HasFinalNormalisation, d);
        Transform = Add("head.transform", output?.Transform == true, d, d);
        TransformBias = Add("head.transform.bias", output?.Transform == true, d);
        HeadGain = Add("head.gain", output?.Transform == true, d);
        HeadShift = Add("head.shift", output?.Transform == true && shifted, d);
        UnembeddingBias = Add("unembedding.bias", output?.Bias == true, model.Vocabulary);
    }

    /// <summary>Whether a normalisation with gain stands before the unembedding.</summary>
    internal bool HasFinalNormalisation { get; }

    /// <summary>Matrices and biases, from <see cref="FirstBlock"/> on.</summary>
    internal ParameterLayout Blocks { get; }

    /// <summary>Gains of the blocks, from <see cref="FirstGain"/> on.</summary>
    internal GainLayout Gains { get; }

    /// <summary>First element of E: [embedded tokens, d].</summary>
    internal long TokenEmbedding { get; }

    /// <summary>First element of P: [n, d].</summary>
    internal long PositionEmbedding { get; }

    /// <summary>First element of the blocks.</summary>
    internal long FirstBlock { get; }

    /// <summary>First element of the blocks' gains.</summary>
    internal long FirstGain { get; }

    /// <summary>First element of the final gain: [d] if there is one.</summary>
    internal long FinalGain { get; }

    /// <summary>First element of U: [d, V] if it is not tied.</summary>
    internal long Unembedding { get; }

    /// <summary>What a published network adds in its blocks, from <see cref="FirstAddition"/> on; null of the record's own.</summary>
    internal AdditionLayout? Additions { get; }

    /// <summary>First element of <see cref="Additions"/>.</summary>
    internal long FirstAddition { get; }

    /// <summary>Norm behind the embedding: [d] each, −1 where there is none, as all that follows.</summary>
    internal long EmbeddingGain { get; }

    /// <summary>[d].</summary>
    internal long EmbeddingShift { get; }

    /// <summary>[d], behind the final gain.</summary>
    internal long FinalShift { get; }

    /// <summary>[d, d], the map before the unembedding.</summary>
    internal long Transform { get; }

    /// <summary>[d].</summary>
    internal long TransformBias { get; }

    /// <summary>[d], behind the map's norm.</summary>
    internal long HeadGain { get; }

    /// <summary>[d].</summary>
    internal long HeadShift { get; }

    /// <summary>[V].</summary>
    internal long UnembeddingBias { get; }

    /// <summary>Elements of all parameters, padding included.</summary>
    internal Int128 Length { get; private set; }

    /// <summary>Every parameter once.</summary>
    internal IReadOnlyList<PlacedTensor> Tensors => tensors;

    /// <summary>Whether a placement has a normalisation before the unembedding: where nothing else fixes the stream's scale.</summary>
    internal static bool NormalisesFinally(Placement norm) => norm.IsBlindToScale;

    private static Dictionary<GainRole, string> NamesOf(Architecture architecture)
    {
        Dictionary<GainRole, string> names = [];
        foreach (BlockSublayer sublayer in BlockSublayer.Of(architecture, layer: 1))
        {
            foreach (GainPlace place in Enum.GetValues<GainPlace>())
                names[new(sublayer.Module, place)] = NameOf(sublayer, place);
        }

        return names;
    }

    // A tensor of its own at the end of the layout, where it exists; otherwise −1.
    private long Add(string name, bool exists, params int[] shape)
    {
        if (!exists)
            return -1;
        NamedTensor tensor = new(name, shape);
        long offset = Take(tensor.Length);
        tensors.Add(new(tensor, offset, false));
        return offset;
    }

    // A layout too long for 63 bits is refused by its buffer before any offset is used.
    private long Take(Int128 length)
    {
        long offset = (long)Int128.Min(Length, long.MaxValue);
        Length += Slot.Padded(length);
        return offset;
    }

    private void AddSublayer(int layer, BlockSublayer sublayer)
    {
        AddGain(layer, sublayer, GainPlace.Input);
        foreach ((string name, MatrixRole role) in sublayer.Module == ModuleKind.Attention ? AttentionMatrices : MlpMatrices)
        {
            if (Blocks[role].Rows > 0)
                AddMatrix(layer, name, role);
        }

        AddGain(layer, sublayer, GainPlace.Query);
        AddGain(layer, sublayer, GainPlace.Key);

        AddGain(layer, sublayer, GainPlace.Branch);
        AddGain(layer, sublayer, GainPlace.Sum);
    }

    // "out" is the one gain behind a module, of the branch or of the sum; a sum of several modules belongs to none of them.
    private static string NameOf(BlockSublayer sublayer, GainPlace place)
    {
        string module = sublayer.Module == ModuleKind.Attention ? "attention." : "mlp.";
        return (place, sublayer.Turn) switch
        {
            (GainPlace.Query, _) => module + "gain.query",
            (GainPlace.Key, _) => module + "gain.key",
            (GainPlace.Input, _) => module + "gain.in",
            (GainPlace.Branch, _) => module + "gain.out",
            (_, StepTurn.Last) => "gain.sum",
            _ => module + (sublayer.Placement.OnBranch ? "gain.sum" : "gain.out"),
        };
    }

    private void AddGain(int layer, BlockSublayer sublayer, GainPlace place)
    {
        GainRole role = new(sublayer.Module, place);
        if (!Gains.Has(role))
            return;
        NamedTensor tensor = new($"blocks.{layer}.{NameOf(sublayer, place)}", [Gains.LengthOf(role)]);
        tensors.Add(new(tensor, FirstGain + Gains.Offset(layer, role), false));
    }

    private void AddMatrix(int layer, string name, MatrixRole role)
    {
        ParameterBlock block = Blocks[role];
        bool bias = role == MatrixRole.MlpBias;
        int[] shape = bias && block.Rows == 1 ? [block.Columns] : [block.Rows, block.Columns];
        tensors.Add(new(new($"blocks.{layer}.{name}", shape), FirstBlock + Blocks.Offset(layer, role), !bias));
    }
}
