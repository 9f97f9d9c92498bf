using Hybrid.Networks.Model;
using static Hybrid.Import.Checkpoints.EntryChange;
using static Hybrid.Import.Checkpoints.StoredAs;

namespace Hybrid.Import.Checkpoints;

/// <summary>The families whose checkpoints are read and written, one table each.</summary>
internal static class TensorTables
{
    private const MatrixBiases QueryKeyValue = MatrixBiases.Query | MatrixBiases.Key | MatrixBiases.Value;
    private const MatrixBiases Attention = QueryKeyValue | MatrixBiases.AttentionOut;
    private const MatrixBiases Mlp = MatrixBiases.MlpIn | MatrixBiases.MlpUp | MatrixBiases.MlpOut;

    private static readonly string[] Fused = ["query", "key", "value"];

    private static readonly FamilyTensors Llama = new(["llama"], ["model.", ""], "^embed_tokens.weight", Decoder())
    {
        AttentionBiases = Attention,
        MlpBiases = Mlp,
        Ignored = ["^layers.{}.self_attn.rotary_emb.inv_freq"],
    };

    private static readonly FamilyTensors Gemma2 = new(
        ["gemma2"], ["model.", ""], "^embed_tokens.weight", [.. GemmaRows()])
    {
        AttentionBiases = Attention,
        TiedUsually = true,
    };

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<FamilyTensors> All =
    [
        new(["gpt2"], ["transformer.", ""], "^wte.weight",
        [
            new("^wte.weight", Rows, "token.embedding"),
            new("^wpe.weight", Rows, "position.embedding"),
            .. Norm("^h.{}.ln_1", "blocks.{}.attention.gain.in"),
            .. Linear("^h.{}.attn.c_attn", InOut, [.. Fused.Select(name => $"blocks.{{}}.attention.{name}")]),
            .. Linear("^h.{}.attn.c_proj", InOut, "blocks.{}.attention.out"),
            .. Norm("^h.{}.ln_2", "blocks.{}.mlp.gain.in"),
            .. Linear("^h.{}.mlp.c_fc", InOut, "blocks.{}.mlp.in"),
            .. Linear("^h.{}.mlp.c_proj", InOut, "blocks.{}.mlp.out"),
            .. Norm("^ln_f", "final.gain"),
            new("lm_head.weight", OutIn, "unembedding"),
        ])
        {
            LayerNorm = true,
            EpsilonKey = "layer_norm_epsilon",
            Epsilon = 1e-5,
            Biases = Attention | MatrixBiases.MlpIn | MatrixBiases.MlpOut,
            TiedUsually = true,
            LearnedPositions = true,
            Ignored = ["^h.{}.attn.bias", "^h.{}.attn.masked_bias"],
        },
        new(["gpt_neox"], ["gpt_neox.", ""], "^embed_in.weight",
        [
            new("^embed_in.weight", Rows, "token.embedding"),
            .. Norm("^layers.{}.input_layernorm", "blocks.{}.attention.gain.in"),
            .. Linear("^layers.{}.attention.query_key_value", OutIn, [.. Fused.Select(name => $"blocks.{{}}.attention.{name}")])
                .Select(row => row with { HeadByHead = true }),
            .. Linear("^layers.{}.attention.dense", OutIn, "blocks.{}.attention.out"),
            .. Norm("^layers.{}.post_attention_layernorm", "blocks.{}.mlp.gain.in"),
            .. Linear("^layers.{}.mlp.dense_h_to_4h", OutIn, "blocks.{}.mlp.in"),
            .. Linear("^layers.{}.mlp.dense_4h_to_h", OutIn, "blocks.{}.mlp.out"),
            .. Norm("^final_layer_norm", "final.gain"),
            new("embed_out.weight", OutIn, "unembedding"),
        ])
        {
            LayerNorm = true,
            EpsilonKey = "layer_norm_eps",
            Epsilon = 1e-5,
            Biases = MatrixBiases.MlpIn | MatrixBiases.MlpOut,
            AttentionBiases = Attention,
            AttentionBiasUsual = true,
            RotaryShare = ("rotary_pct", 0.25),
            Unembedding = "embed_out.weight",
            Ignored =
            [
                "^layers.{}.attention.bias", "^layers.{}.attention.masked_bias", "^layers.{}.attention.rotary_emb.inv_freq",
            ],
        },
        Llama,
        Llama with { ModelTypes = ["mistral"] },
        Llama with
        {
            ModelTypes = ["qwen2"],
            AttentionBiases = MatrixBiases.None,
            MlpBiases = MatrixBiases.None,
            Biases = QueryKeyValue,
        },
        Llama with
        {
            ModelTypes = ["qwen3"],
            Rows = [.. Decoder(None), .. HeadNorms(None)],
            MlpBiases = MatrixBiases.None,
        },
        Llama with
        {
            ModelTypes = ["olmo2"],
            RotaryBase = 10000,
            Epsilon = 1e-5,
            MlpBiases = MatrixBiases.None,
            Rows =
            [
                .. Projections(None), .. Surroundings(None), .. HeadNorms(None),
                .. Norm("^layers.{}.post_attention_layernorm", "blocks.{}.attention.gain.out"),
                .. Norm("^layers.{}.post_feedforward_layernorm", "blocks.{}.mlp.gain.out"),
            ],
        },
        Gemma2,
        Gemma2 with
        {
            ModelTypes = ["gemma3_text"],
            Rows = [.. GemmaRows(None), .. HeadNorms(PlusOne)],
            WindowPattern = 6,
            RotaryBase = 1000000,
        },
        Encoder("bert", "bert.", 0) with
        {
            Rows =
            [
                .. EncoderRows(), .. Linear("cls.predictions.transform.dense", OutIn, "head.transform"),
                .. Norm("cls.predictions.transform.LayerNorm", "head.gain"), new("cls.predictions.bias", Vector, "unembedding.bias"),
            ],
            MaskedHeadBias = "cls.predictions.bias",
            Ignored =
            [
                .. EncoderIgnored, "cls.predictions.decoder.weight", "cls.predictions.decoder.bias", "cls.seq_relationship.weight",
                "cls.seq_relationship.bias",
            ],
        },
        Encoder("roberta", "roberta.", 2) with
        {
            ModelTypes = ["roberta", "xlm-roberta", "camembert"],
            Rows =
            [
                .. EncoderRows(), .. Linear("lm_head.dense", OutIn, "head.transform"), .. Norm("lm_head.layer_norm", "head.gain"),
                new("lm_head.bias", Vector, "unembedding.bias"),
            ],
            MaskedHeadBias = "lm_head.bias",
            Ignored = [.. EncoderIgnored, "lm_head.decoder.weight", "lm_head.decoder.bias"],
        },
        Encoder("vit", "vit.", 0) with
        {
            Tokens = "^embeddings.cls_token",
            Rows =
            [
                .. Fused.SelectMany(
                    name => Linear($"^encoder.layer.{{}}.attention.attention.{name}", OutIn, $"blocks.{{}}.attention.{name}")),
                .. EncoderOutputs(),
                .. Norm("^encoder.layer.{}.layernorm_before", "blocks.{}.attention.gain.in"),
                .. Norm("^encoder.layer.{}.layernorm_after", "blocks.{}.mlp.gain.in"),
                .. Norm("^layernorm", "final.gain"),
            ],
            Patches = true,
            Biases = MatrixBiases.AttentionOut | MatrixBiases.MlpIn | MatrixBiases.MlpOut,
            PatchBiases = QueryKeyValue,
            EmbeddingNorm = false,
            Ignored =
            [
                .. PatchTable.Stored, "^embeddings.mask_token", "^pooler.dense.weight", "^pooler.dense.bias", "classifier.weight",
                "classifier.bias",
            ],
        },
    ];

    /// <summary>The model types that can be read.</summary>
    public static IEnumerable<string> ModelTypes => All.SelectMany(family => family.ModelTypes);

    /// <summary>The table of a model type, or null.</summary>
    public static FamilyTensors? Find(string modelType) => All.FirstOrDefault(family => family.ModelTypes.Contains(modelType));

    private static string[] EncoderIgnored =>
        ["^embeddings.position_ids", "^embeddings.token_type_ids", "^pooler.dense.weight", "^pooler.dense.bias"];

    private static FamilyTensors Encoder(string modelType, string root, int firstPosition) =>
        new([modelType], [root, ""], "^embeddings.word_embeddings.weight", [])
        {
            LayerNorm = true,
            EpsilonKey = "layer_norm_eps",
            Epsilon = 1e-12,
            Biases = Attention | MatrixBiases.MlpIn | MatrixBiases.MlpOut,
            EmbeddingNorm = true,
            LearnedPositions = true,
            FirstPosition = firstPosition,
            TiedUsually = true,
        };

    private static TensorRow[] EncoderRows() =>
    [
        new("^embeddings.word_embeddings.weight", Rows, "token.embedding"),
        new("^embeddings.position_embeddings.weight", Rows, "position.embedding"),
        new("^embeddings.token_type_embeddings.weight", Segment, "position.embedding"),
        .. Norm("^embeddings.LayerNorm", "embedding.gain"),
        .. Fused.SelectMany(name => Linear($"^encoder.layer.{{}}.attention.self.{name}", OutIn, $"blocks.{{}}.attention.{name}")),
        .. EncoderOutputs(),
        .. Norm("^encoder.layer.{}.attention.output.LayerNorm", "blocks.{}.attention.gain.out"),
        .. Norm("^encoder.layer.{}.output.LayerNorm", "blocks.{}.mlp.gain.out"),
    ];

    private static IEnumerable<TensorRow> EncoderOutputs() =>
    [
        .. Linear("^encoder.layer.{}.attention.output.dense", OutIn, "blocks.{}.attention.out"),
        .. Linear("^encoder.layer.{}.intermediate.dense", OutIn, "blocks.{}.mlp.in"),
        .. Linear("^encoder.layer.{}.output.dense", OutIn, "blocks.{}.mlp.out"),
    ];

    private static TensorRow[] Decoder(EntryChange query = Logits) =>
    [
        .. Projections(query), .. Surroundings(None), .. Norm("^layers.{}.input_layernorm", "blocks.{}.attention.gain.in"),
        .. Norm("^layers.{}.post_attention_layernorm", "blocks.{}.mlp.gain.in"),
    ];

    private static IEnumerable<TensorRow> GemmaRows(EntryChange query = Logits) =>
    [
        .. Projections(query), .. Surroundings(PlusOne),
        .. Norm("^layers.{}.input_layernorm", "blocks.{}.attention.gain.in", PlusOne),
        .. Norm("^layers.{}.post_attention_layernorm", "blocks.{}.attention.gain.out", PlusOne),
        .. Norm("^layers.{}.pre_feedforward_layernorm", "blocks.{}.mlp.gain.in", PlusOne),
        .. Norm("^layers.{}.post_feedforward_layernorm", "blocks.{}.mlp.gain.out", PlusOne),
    ];

    private static TensorRow[] Surroundings(EntryChange gain) =>
    [
        new("^embed_tokens.weight", Rows, "token.embedding") { Change = Embedding },
        .. Norm("^norm", "final.gain", gain),
        new("lm_head.weight", OutIn, "unembedding"),
    ];

    private static TensorRow[] Projections(EntryChange query = Logits) =>
    [
        .. Linear("^layers.{}.self_attn.q_proj", OutIn, "blocks.{}.attention.query").Select(row => row with { Change = query }),
        .. Linear("^layers.{}.self_attn.k_proj", OutIn, "blocks.{}.attention.key"),
        .. Linear("^layers.{}.self_attn.v_proj", OutIn, "blocks.{}.attention.value"),
        .. Linear("^layers.{}.self_attn.o_proj", OutIn, "blocks.{}.attention.out"),
        .. Linear("^layers.{}.mlp.gate_proj", OutIn, "blocks.{}.mlp.in"),
        .. Linear("^layers.{}.mlp.up_proj", OutIn, "blocks.{}.mlp.up"),
        .. Linear("^layers.{}.mlp.down_proj", OutIn, "blocks.{}.mlp.out"),
    ];

    private static TensorRow[] HeadNorms(EntryChange change) =>
    [
        new("^layers.{}.self_attn.q_norm.weight", Vector, "blocks.{}.attention.gain.query") { Change = change | Logits },
        new("^layers.{}.self_attn.k_norm.weight", Vector, "blocks.{}.attention.gain.key") { Change = change },
    ];

    // The bias of W_1 is the one that the record knows, under its own name.
    private static IEnumerable<TensorRow> Linear(string stored, StoredAs how, params string[] targets) =>
    [
        new(stored + ".weight", how, targets),
        new(stored + ".bias", Vector, [.. targets.Select(BiasOf)]),
    ];

    private static string BiasOf(string matrix) => matrix == "blocks.{}.mlp.in" ? "blocks.{}.mlp.bias" : matrix + ".bias";

    private static IEnumerable<TensorRow> Norm(string stored, string gain, EntryChange change = None) =>
    [
        new(stored + ".weight", Vector, gain) { Change = change },
        new(stored + ".bias", Vector, gain.Replace("gain", "shift", StringComparison.Ordinal)),
    ];
}
