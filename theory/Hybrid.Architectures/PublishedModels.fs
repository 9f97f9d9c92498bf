namespace Hybrid.Architectures

/// Models as published, at the initialisation of their code in Hugging Face's transformers: all weights N(0, 0.02²)
/// (initializer_range of every configuration below), no scaling of residual projections. Sizes are those of the
/// configuration file that is published with the weights and named beside each. Tokens are 64, far below the models' own
/// contexts, so that a prediction takes seconds; ViT has no mask and keeps its 197.
[<RequireQualifiedAccess>]
module internal PublishedModels =

    let private rope baseFrequency = Positions.Rope(baseFrequency, 1.0)

    /// A causal decoder of depth L, width d and H heads of width d/H: pre-norm, rotary positions, gated SiLU.
    let private decoder name depth width heads mlpWidth =
        { Name = name
          Tokens = 64
          Depth = depth
          Width = width
          Heads = heads
          HeadWidth = width / heads
          MlpWidth = mlpWidth
          Activation = Activation.Silu
          Gated = true
          Norm = Placement.Pre
          Wiring = Wiring.Sequential
          Mask = Mask.Causal
          WeightStd = 0.02
          EmbeddingStd = None
          LogitFactor = 1.0 / sqrt (float width / float heads)
          Head =
            { HeadDescription.Plain heads with
                Positions = rope 10000.0 }
          Experts = None
          Embedding = Embedding.Tokens
          EmbeddingFactor = 1.0
          BranchFactor = 1.0
          ProjectionFactor = 1.0 }

    let private withHead change (model: ModelDescription) = { model with Head = change model.Head }

    /// Heads of keys and values, and the base of the rotary positions.
    let private grouped heads baseFrequency =
        withHead (fun head ->
            { head with
                KeyValueHeads = heads
                Positions = rope baseFrequency })

    let private headWidth width (model: ModelDescription) =
        { model with
            HeadWidth = width
            LogitFactor = 1.0 / sqrt (float width) }

    let private normalised norm =
        withHead (fun head -> { head with QueryKeyNorm = norm })

    /// Every layer looks back so far, but for every `period`-th.
    let private window tokens period (model: ModelDescription) =
        { model with
            Mask =
                Mask.PerLayer(
                    Array.init model.Depth (fun index ->
                        if (index + 1) % period = 0 then
                            Mask.Causal
                        else
                            Mask.Window tokens)
                ) }

    /// Gemma: tanh-GELU, heads of width 256 with logits / √256, token vectors times √d.
    let private gemma norm (model: ModelDescription) =
        { headWidth 256 model with
            Activation = Activation.GeluTanh
            Norm = norm
            EmbeddingFactor = sqrt (float model.Width) }

    /// Gemma 3: five layers of windows with positions of base 10⁴ to one without, of base 10⁶.
    let private gemma3 keyValueHeads tokens (model: ModelDescription) =
        model
        |> gemma Placement.Peri
        |> normalised QueryKeyNorm.Head
        |> window tokens 6
        |> withHead (fun head ->
            { head with
                KeyValueHeads = keyValueHeads
                Positions =
                    Positions.PerLayer(
                        Array.init model.Depth (fun index -> rope (if (index + 1) % 6 = 0 then 1e6 else 1e4))
                    ) })

    /// `active` of `count` experts, softmax over the chosen.
    let private experts count active width (model: ModelDescription) =
        { model with
            Experts =
                Some
                    { Count = count
                      Active = active
                      Gate = Gate.Renormalised
                      Scale = 1.0
                      Width = width
                      SharedWidth = 0
                      SharedPower = 1.0
                      Dense = 0
                      RouterStd = None } }

    /// No gate and no rotary positions: BERT and ViT.
    let private plain activation (model: ModelDescription) =
        { model with
            Gated = false
            Activation = activation
            Head = HeadDescription.Plain model.Heads }

    /// GPT-NeoX: a quarter of the coordinates turn, attention and MLP side by side, no gate.
    let private neox activation (model: ModelDescription) =
        { plain activation model with
            Wiring = Wiring.Parallel }
        |> withHead (fun head ->
            { head with
                Positions = Positions.Rope(10000.0, 0.25) })

    /// 0.1 ln s + 1: by what YaRN multiplies for contexts s times as long.
    let private yarn scale = 0.1 * log scale + 1.0

    let private gptOss =
        { (decoder "gpt-oss-20b" 24 2880 64 2880
           |> headWidth 64
           |> grouped 8 150000.0
           |> window 128 2
           |> experts 32 4 2880) with
            Activation = Activation.Gelu }
        |> withHead (fun head ->
            { head with
                Sink = Some 0.0
                TurnFactor = yarn 32.0 })

    let private deepseekV3 =
        let model = decoder "deepseek-v3" 61 7168 128 18432 |> experts 256 8 2048

        { model with
            HeadWidth = 192
            LogitFactor = yarn 40.0 * yarn 40.0 / sqrt 192.0
            Experts =
                model.Experts
                |> Option.map (fun experts ->
                    { experts with
                        Gate = Gate.Sigmoid
                        Scale = 2.5
                        SharedWidth = 2048
                        Dense = 3 }) }
        |> withHead (fun head ->
            { head with
                Latent =
                    Some
                        { Query = Some 1536
                          KeyValue = 512
                          Turned = 64
                          Unturned = 128
                          Value = 128 } })

    /// Each model with its description.
    let all =
        [| decoder "gpt-neox-20b" 44 6144 64 24576 |> neox Activation.GeluTanh,
           "EleutherAI/gpt-neox-20b: causal, pre-LN, tanh-GELU, attention and MLP side by side"
           decoder "pythia-410m" 24 1024 16 4096 |> neox Activation.Gelu, "EleutherAI/pythia-410m: as GPT-NeoX, small"
           { (decoder "bert-base" 12 768 12 3072 |> plain Activation.Gelu) with
               Norm = Placement.Post
               Mask = Mask.None
               Embedding = Embedding.NormalisedSum(2, 1) },
           "google-bert/bert-base-uncased: post-LN GELU, tokens share the segment's vector"
           decoder "llama-7b" 32 4096 32 11008, "LLaMA 7B: causal, pre-RMSNorm, gated SiLU, rotary positions"
           decoder "llama-3.1-8b" 32 4096 32 14336 |> grouped 8 500000.0,
           "meta-llama/Llama-3.1-8B: as LLaMA, 8 heads of keys and values"
           { (decoder "mistral-7b" 32 4096 32 14336 |> grouped 8 10000.0) with
               Mask = Mask.Window 4096 },
           "mistralai/Mistral-7B-v0.1: as LLaMA, wider MLP, 8 heads of keys and values"
           decoder "mixtral-8x7b" 32 4096 32 14336 |> grouped 8 1e6 |> experts 8 2 14336,
           "mistralai/Mixtral-8x7B-v0.1: as Mistral, 2 of 8 experts"
           decoder "qwen2-7b" 28 3584 28 18944 |> grouped 4 1e6, "Qwen/Qwen2-7B: as LLaMA, wider MLP, grouped keys"
           decoder "qwen3-8b" 36 4096 32 12288
           |> grouped 8 1e6
           |> normalised QueryKeyNorm.Head,
           "Qwen/Qwen3-8B: as Qwen 2, with QK-norm"
           decoder "qwen3-30b-a3b" 48 2048 32 6144
           |> headWidth 128
           |> grouped 4 1e6
           |> normalised QueryKeyNorm.Head
           |> experts 128 8 768,
           "Qwen/Qwen3-30B-A3B: as Qwen 3, 8 of 128 experts"
           decoder "deepseek-7b" 30 4096 32 11008, "deepseek-ai/deepseek-llm-7b-base: as LLaMA, 30 blocks"
           deepseekV3, "deepseek-ai/DeepSeek-V3: latent attention, 8 of 256 experts by sigmoid and one for all"
           gptOss, "openai/gpt-oss-20b: sinks, every other layer a window, 4 of 32 experts"
           decoder "olmo-7b" 32 4096 32 11008, "allenai/OLMo-7B-hf: as LLaMA, LayerNorm without gains"
           { (decoder "olmo2-7b" 32 4096 32 11008
              |> grouped 32 500000.0
              |> normalised QueryKeyNorm.All) with
               Norm = Placement.Output },
           "allenai/OLMo-2-1124-7B: x + N(f(x)), gated SiLU, QK-norm over all heads"
           decoder "gemma-7b" 28 3072 16 24576 |> gemma Placement.Pre,
           "google/gemma-7b: causal, pre-RMSNorm, gated tanh-GELU, embeddings × √d"
           decoder "gemma2-9b" 42 3584 16 14336
           |> gemma Placement.Peri
           |> window 4096 2
           |> withHead (fun head ->
               { head with
                   KeyValueHeads = 8
                   SoftCap = Some 50.0 }),
           "google/gemma-2-9b: norms before and after each sublayer, gated tanh-GELU, capped logits"
           decoder "gemma3-1b" 26 1152 4 6912 |> gemma3 1 512,
           "google/gemma-3-1b-pt: as Gemma 2, with QK-norm and no cap"
           { (decoder "vit-base" 12 768 12 3072 |> plain Activation.Gelu) with
               Tokens = 197
               Mask = Mask.None
               Embedding = Embedding.Patches(3 * 16 * 16) },
           "google/vit-base-patch16-224: pre-LN GELU, 14² patches and a class token" |]
        |> Array.map (fun (model, description) -> struct (ModelDescription.toArchitecture model, description))
