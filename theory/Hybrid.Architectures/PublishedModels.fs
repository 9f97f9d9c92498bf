namespace Hybrid.Architectures

/// Models as published, at the initialisation of their code in Hugging Face's transformers: all weights N(0, 0.02²)
/// (initializer_range of every configuration below), no scaling of residual projections. Sizes are those of the
/// configuration file that is published with the weights and named beside each. Tokens are 64, far below the models' own
/// contexts, so that a prediction under a causal mask takes a second; ViT has no mask and keeps its 197.
[<RequireQualifiedAccess>]
module internal PublishedModels =

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
          LogitFactor = 1.0 / sqrt (float width / float heads)
          QueryKeyNorm = false
          Embedding = Embedding.Tokens
          EmbeddingFactor = 1.0
          BranchFactor = 1.0
          ProjectionFactor = 1.0 }

    /// Gemma: tanh-GELU, heads of width 256 with logits / √256, token vectors times √d.
    let private gemma norm (model: ModelDescription) =
        { model with
            HeadWidth = 256
            LogitFactor = 1.0 / 16.0
            Activation = Activation.GeluTanh
            Norm = norm
            EmbeddingFactor = sqrt (float model.Width) }

    /// No gate: BERT and ViT with exact GELU, GPT-NeoX with its approximation.
    let private plain activation (model: ModelDescription) =
        { model with
            Gated = false
            Activation = activation }

    /// Each model with its description.
    let all =
        [| { (decoder "gpt-neox-20b" 44 6144 64 24576 |> plain Activation.GeluTanh) with
               Wiring = Wiring.Parallel },
           "EleutherAI/gpt-neox-20b: causal, pre-LN, tanh-GELU, attention and MLP side by side"
           { (decoder "bert-base" 12 768 12 3072 |> plain Activation.Gelu) with
               Norm = Placement.Post
               Mask = Mask.None
               Embedding = Embedding.NormalisedSum(2, 1) },
           "google-bert/bert-base-uncased: post-LN GELU, tokens share the segment's vector"
           decoder "llama-7b" 32 4096 32 11008, "LLaMA 7B: causal, pre-RMSNorm, gated SiLU"
           decoder "mistral-7b" 32 4096 32 14336, "mistralai/Mistral-7B-v0.1: as LLaMA, wider MLP"
           decoder "qwen2-7b" 28 3584 28 18944, "Qwen/Qwen2-7B: as LLaMA, wider MLP"
           decoder "deepseek-7b" 30 4096 32 11008, "deepseek-ai/deepseek-llm-7b-base: as LLaMA, 30 blocks"
           decoder "olmo-7b" 32 4096 32 11008, "allenai/OLMo-7B-hf: as LLaMA, LayerNorm without gains"
           { decoder "olmo2-7b" 32 4096 32 11008 with
               Norm = Placement.Output
               QueryKeyNorm = true },
           "allenai/OLMo-2-1124-7B: x + N(f(x)), gated SiLU, QK-norm at mid-depth strength"
           decoder "gemma-7b" 28 3072 16 24576 |> gemma Placement.Pre,
           "google/gemma-7b: causal, pre-RMSNorm, gated tanh-GELU, embeddings × √d"
           decoder "gemma2-9b" 42 3584 16 14336 |> gemma Placement.Peri,
           "google/gemma-2-9b: norms before and after each sublayer, gated tanh-GELU"
           { (decoder "gemma3-1b" 26 1152 4 6912 |> gemma Placement.Peri) with
               QueryKeyNorm = true },
           "google/gemma-3-1b-pt: as Gemma 2, with QK-norm"
           { (decoder "vit-base" 12 768 12 3072 |> plain Activation.Gelu) with
               Tokens = 197
               Mask = Mask.None
               Embedding = Embedding.Patches(3 * 16 * 16) },
           "google/vit-base-patch16-224: pre-LN GELU, 14² patches and a class token" |]
        |> Array.map (fun (model, description) -> struct (ModelDescription.toArchitecture model, description))
