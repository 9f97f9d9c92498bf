namespace Hybrid.Import.HuggingFace;

/// <summary>
/// Keys that are understood and change nothing of what is predicted: bookkeeping, the vocabulary and its head, generation,
/// switches for biases (which start at 0), losses and switches of what was read otherwise.
/// </summary>
internal static class KeysWithoutEffect
{
    private static readonly HashSet<string> Names =
    [
        "architectures", "auto_map", "torch_dtype", "dtype", "transformers_version", "use_cache", "cache_implementation",
        "tie_word_embeddings", "tie_encoder_decoder", "vocab_size", "type_vocab_size", "id2label", "label2id", "num_labels", "problem_type",
        "task_specific_params", "finetuning_task", "output_attentions",
        "output_hidden_states", "return_dict", "torchscript", "use_bfloat16",
        "chunk_size_feed_forward", "gradient_checkpointing", "reorder_and_upcast_attn", "pretraining_tp", "n_ctx", "encoder_stride",
        "pooler_act", "pooler_output_size", "quantization_config", "final_logit_softcapping",
        "use_pooler", "classifier_dropout", "sliding_window_size",
        "attention_bias", "mlp_bias", "qkv_bias", "use_bias", "bias", "add_bias_linear",
        "max_position_embeddings", "max_sequence_length", "model_max_length", "max_length", "original_max_position_embeddings",
        "use_dynamic_ntk", "use_flash_attn",
        "use_flash_attention", "attn_implementation", "logit_scale", "logits_scaling", "dim_model_base", "emb_pooler", "no_bias",
        "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "masked_softmax_fusion", "bias_dropout_fusion", "skip_bias_add",
        "skip_bias_add_qkv", "offset_alibi", "bf16", "fp16", "fp32", "onnx_safe", "rotary", "enable_bias", "layer_norm_elementwise_affine",
        "inference_runner", "max_batch_size", "pad_key_length", "pre_allocate_kv_cache", "validate_runner_input", "init_device", "verbose",
        "tokenizer_name", "name_or_path", "learned_pos_emb", "use_qkv_bias", "output_router_logits", "kv_channels",
        "router_aux_loss_coef", "router_z_loss_coef", "router_jitter_noise", "aux_loss_alpha", "seq_aux", "ep_size", "rope_interleave",
        "num_nextn_predict_layers", "norm_bias", "decoder_bias", "classifier_bias", "classifier_pooling",
        "classifier_activation", "deterministic_flash_attn", "sparse_prediction", "sparse_pred_ignore_index", "reference_compile",
        "swiglu_limit", "num_ln_in_parallel_attn", "tokenizer_class", "mup_denominator", "initial_context_length", "max_window_layers",
        "moe_norm_min", "moe_capacity", "moe_use_aux_free", "index_head_dim", "index_n_heads",
    ];

    private static readonly string[] Endings = ["_token_id", "_token_index"];

    private static readonly string[] Beginnings = ["_", "summary_"];

    /// <summary>Whether a key that nobody read may be passed over in silence.</summary>
    public static bool Contains(string key) =>
        Names.Contains(key)
        || Endings.Any(ending => key.EndsWith(ending, StringComparison.Ordinal))
        || Beginnings.Any(beginning => key.StartsWith(beginning, StringComparison.Ordinal));
}
