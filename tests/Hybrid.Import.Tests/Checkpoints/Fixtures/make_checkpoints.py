"""Small random checkpoints of the families that `hybrid probe` reads, each with what a forward and a backward pass give.

    /usr/bin/python3 make_checkpoints.py

Run with Debian's python3-torch (PyTorch 1.13). Every family's pass is written by hand here from its published definition, in
double precision on the weights as they are stored; nothing of it is shared with the C# that is tested. Each folder gets
config.json, the weights (float32, float16 or bfloat16, in one file or in parts) and expected.json: token ids, pixels of images, the
logits, ||x||^2/d of every token at every boundary, the loss and the norm of its gradient at every boundary and at every stored tensor.
"""
import json
import math
import os
import struct

import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {"F32": (torch.float32, 4), "F16": (torch.float16, 2), "BF16": (torch.bfloat16, 2)}
D, LAYERS, HEADS, MLP, VOCABULARY, TOKENS, SEQUENCES = 16, 2, 4, 24, 29, 8, 2
# Of images of 6 x 6 pixels in three colours.
PATCHES = 9
PIXELS = torch.randn([PATCHES, 12], generator=torch.Generator().manual_seed(200), dtype=torch.float64).to(torch.float32).to(torch.float64)


class Weights(dict):
    """Draws a tensor the first time it is asked for, as it will be stored, and keeps its gradient."""

    def __init__(self, seed, kind, prefix=""):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)
        self.kind, self.prefix = TYPES[kind][0], prefix

    def at(self, name, shape, mean=0.0, std=None):
        name = self.prefix + name
        if name not in self:
            std = std if std is not None else 1.0 / math.sqrt(shape[-1])
            drawn = mean + std * torch.randn(shape, generator=self.generator, dtype=torch.float64)
            self[name] = drawn.to(self.kind).to(torch.float64).requires_grad_(True)
        return self[name]

    def gain(self, name, width=D, mean=1.0):
        return self.at(name, [width], mean, 0.3)

    def bias(self, name, width=D):
        return self.at(name, [width], 0.0, 0.3)


def layer_norm(x, gain, bias, eps):
    mean = x.mean(-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(-1, keepdim=True)
    return (x - mean) / torch.sqrt(variance + eps) * gain + bias


def rms_norm(x, gain, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * gain


def gelu_new(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def gelu(x):
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def split(x, heads):
    return x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)


def merge(x):
    return x.transpose(1, 2).reshape(x.shape[0], x.shape[2], -1)


def slower(angle, scaling):
    """LLaMA 3.1: turns whose wavelength exceeds the old context over `low` are `factor` times slower, shorter ones gradually not."""
    factor, low, high, context = scaling
    wavelength = 2 * math.pi / angle
    smooth = (context / wavelength - low) / (high - low)
    middle = (1 - smooth) * angle / factor + smooth * angle
    scaled = torch.where(wavelength > context / low, angle / factor, angle)
    return torch.where((wavelength <= context / low) & (wavelength >= context / high), middle, scaled)


def rotate(x, base, dims, stretch=1.0, scaling=None):
    """The halves of the first `dims` coordinates of every head, turned by position/stretch * base^(-2f/dims)."""
    n, half = x.shape[2], dims // 2
    speed = base ** (-torch.arange(half, dtype=torch.float64) * 2 / dims) / stretch
    angle = torch.arange(n, dtype=torch.float64)[:, None] * (slower(speed, scaling) if scaling else speed)
    cosine, sine = angle.cos(), angle.sin()
    a, b, rest = x[..., :half], x[..., half:dims], x[..., dims:]
    return torch.cat([a * cosine - b * sine, b * cosine + a * sine, rest], -1)


def attend(q, k, v, scale, causal=True, window=None, cap=None):
    groups = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
    logits = q @ k.transpose(-1, -2) * scale
    if cap:
        logits = cap * torch.tanh(logits / cap)
    n = q.shape[2]
    i, j = torch.arange(n)[:, None], torch.arange(n)[None]
    hidden = (j > i) if causal else torch.zeros(n, n, dtype=torch.bool)
    if window:
        hidden = hidden | (j <= i - window)
    return torch.softmax(logits.masked_fill(hidden, float("-inf")), -1) @ v


def gpt2(w, ids, streams):
    position = w.at("wpe.weight", [TOKENS + 3, D], std=0.5)
    tokens = w.at("wte.weight", [VOCABULARY, D], std=0.7)
    x = tokens[ids] + position[:TOKENS]
    streams.append(x)
    for i in range(LAYERS):
        p = f"h.{i}."
        z = layer_norm(x, w.gain(p + "ln_1.weight"), w.bias(p + "ln_1.bias"), 1e-5)
        qkv = z @ w.at(p + "attn.c_attn.weight", [D, 3 * D], std=0.35) + w.bias(p + "attn.c_attn.bias", 3 * D)
        q, k, v = qkv.split(D, -1)
        context = merge(attend(split(q, HEADS), split(k, HEADS), split(v, HEADS), (D // HEADS) ** -0.5))
        x = x + context @ w.at(p + "attn.c_proj.weight", [D, D]) + w.bias(p + "attn.c_proj.bias")
        z = layer_norm(x, w.gain(p + "ln_2.weight"), w.bias(p + "ln_2.bias"), 1e-5)
        h = gelu_new(z @ w.at(p + "mlp.c_fc.weight", [D, 4 * D], std=0.3) + w.bias(p + "mlp.c_fc.bias", 4 * D))
        x = x + h @ w.at(p + "mlp.c_proj.weight", [4 * D, D], std=0.2) + w.bias(p + "mlp.c_proj.bias")
        streams.append(x)
    return layer_norm(x, w.gain("ln_f.weight"), w.bias("ln_f.bias"), 1e-5) @ tokens.T


def neox(w, ids, streams):
    x = w.at("gpt_neox.embed_in.weight", [VOCABULARY, D], std=0.7)[ids]
    streams.append(x)
    head = D // HEADS
    for i in range(LAYERS):
        p = f"gpt_neox.layers.{i}."
        z = layer_norm(x, w.gain(p + "input_layernorm.weight"), w.bias(p + "input_layernorm.bias"), 1e-5)
        qkv = z @ w.at(p + "attention.query_key_value.weight", [3 * D, D], std=0.35).T \
            + w.bias(p + "attention.query_key_value.bias", 3 * D)
        q, k, v = qkv.view(SEQUENCES, TOKENS, HEADS, 3 * head).transpose(1, 2).split(head, -1)
        q, k = rotate(q, 10000.0, head // 2), rotate(k, 10000.0, head // 2)
        attention = merge(attend(q, k, v, head ** -0.5)) @ w.at(p + "attention.dense.weight", [D, D]).T \
            + w.bias(p + "attention.dense.bias")
        z = layer_norm(x, w.gain(p + "post_attention_layernorm.weight"), w.bias(p + "post_attention_layernorm.bias"), 1e-5)
        h = gelu(z @ w.at(p + "mlp.dense_h_to_4h.weight", [MLP, D]).T + w.bias(p + "mlp.dense_h_to_4h.bias", MLP))
        mlp = h @ w.at(p + "mlp.dense_4h_to_h.weight", [D, MLP]).T + w.bias(p + "mlp.dense_4h_to_h.bias")
        x = x + attention + mlp
        streams.append(x)
    x = layer_norm(x, w.gain("gpt_neox.final_layer_norm.weight"), w.bias("gpt_neox.final_layer_norm.bias"), 1e-5)
    return x @ w.at("embed_out.weight", [VOCABULARY, D]).T


def decoder(w, ids, streams, *, head=D // HEADS, groups=2, bias=(), window=None, tied=False, head_norm=False, base=10000.0,
            eps=1e-6, scaling=None):
    tokens = w.at("model.embed_tokens.weight", [VOCABULARY, D], std=0.7)
    x = tokens[ids]
    streams.append(x)
    for i in range(LAYERS):
        p = f"model.layers.{i}."

        def linear(z, name, rows, columns):
            y = z @ w.at(f"{p}{name}.weight", [rows, columns]).T
            return y + w.bias(f"{p}{name}.bias", rows) if name.split(".")[-1] in bias else y

        z = rms_norm(x, w.gain(p + "input_layernorm.weight"), eps)
        q = split(linear(z, "self_attn.q_proj", HEADS * head, D), HEADS)
        k = split(linear(z, "self_attn.k_proj", groups * head, D), groups)
        v = split(linear(z, "self_attn.v_proj", groups * head, D), groups)
        if head_norm:
            q = rms_norm(q, w.gain(p + "self_attn.q_norm.weight", head), eps)
            k = rms_norm(k, w.gain(p + "self_attn.k_norm.weight", head), eps)
        context = merge(attend(
            rotate(q, base, head, scaling=scaling), rotate(k, base, head, scaling=scaling), v, head ** -0.5, window=window))
        x = x + linear(context, "self_attn.o_proj", D, HEADS * head)
        z = rms_norm(x, w.gain(p + "post_attention_layernorm.weight"), eps)
        h = F.silu(linear(z, "mlp.gate_proj", MLP, D)) * linear(z, "mlp.up_proj", MLP, D)
        x = x + linear(h, "mlp.down_proj", D, MLP)
        streams.append(x)
    x = rms_norm(x, w.gain("model.norm.weight"), eps)
    return x @ (tokens if tied else w.at("lm_head.weight", [VOCABULARY, D])).T


def olmo2(w, ids, streams):
    x = w.at("model.embed_tokens.weight", [VOCABULARY, D], std=0.7)[ids]
    streams.append(x)
    for i in range(LAYERS):
        p = f"model.layers.{i}."
        q = rms_norm(x @ w.at(p + "self_attn.q_proj.weight", [D, D]).T, w.gain(p + "self_attn.q_norm.weight"), 1e-6)
        k = rms_norm(x @ w.at(p + "self_attn.k_proj.weight", [D // 2, D]).T, w.gain(p + "self_attn.k_norm.weight", D // 2), 1e-6)
        v = x @ w.at(p + "self_attn.v_proj.weight", [D // 2, D]).T
        q, k, v = split(q, HEADS), split(k, HEADS // 2), split(v, HEADS // 2)
        head = D // HEADS
        y = merge(attend(rotate(q, 500000.0, head), rotate(k, 500000.0, head), v, head ** -0.5))
        y = y @ w.at(p + "self_attn.o_proj.weight", [D, D]).T
        x = x + rms_norm(y, w.gain(p + "post_attention_layernorm.weight"), 1e-6)
        h = F.silu(x @ w.at(p + "mlp.gate_proj.weight", [MLP, D]).T) * (x @ w.at(p + "mlp.up_proj.weight", [MLP, D]).T)
        y = h @ w.at(p + "mlp.down_proj.weight", [D, MLP]).T
        x = x + rms_norm(y, w.gain(p + "post_feedforward_layernorm.weight"), 1e-6)
        streams.append(x)
    return rms_norm(x, w.gain("model.norm.weight"), 1e-6) @ w.at("lm_head.weight", [VOCABULARY, D]).T


def gemma(w, ids, streams, *, three, scalar=10.0, factor=1.0, cap=None, final=None):
    head, groups, eps = 6, 2, 1e-6
    tokens = w.at("model.embed_tokens.weight", [VOCABULARY, D], std=0.3)
    x = tokens[ids] * math.sqrt(D)
    streams.append(x)
    for i in range(LAYERS):
        p = f"model.layers.{i}."

        def norm(z, name, width=D):
            return rms_norm(z, 1 + w.gain(p + name + ".weight", width, 0.0), eps)

        z = norm(x, "input_layernorm")
        q = split(z @ w.at(p + "self_attn.q_proj.weight", [HEADS * head, D]).T, HEADS)
        k = split(z @ w.at(p + "self_attn.k_proj.weight", [groups * head, D]).T, groups)
        v = split(z @ w.at(p + "self_attn.v_proj.weight", [groups * head, D]).T, groups)
        # Gemma 2: the even layers see a window. Gemma 3 with a pattern of 2: layer 0 is local with a base of its own, layer 1 global.
        local = i % 2 == 0
        base = 10000.0 if local or not three else 1000000.0
        if three:
            q, k = norm(q, "self_attn.q_norm", head), norm(k, "self_attn.k_norm", head)
        stretch = 1.0 if local else factor
        q, k = rotate(q, base, head, stretch), rotate(k, base, head, stretch)
        y = merge(attend(q, k, v, scalar ** -0.5, window=5 if local else None, cap=cap))
        x = x + norm(y @ w.at(p + "self_attn.o_proj.weight", [D, HEADS * head]).T, "post_attention_layernorm")
        z = norm(x, "pre_feedforward_layernorm")
        h = gelu_new(z @ w.at(p + "mlp.gate_proj.weight", [MLP, D]).T) * (z @ w.at(p + "mlp.up_proj.weight", [MLP, D]).T)
        x = x + norm(h @ w.at(p + "mlp.down_proj.weight", [D, MLP]).T, "post_feedforward_layernorm")
        streams.append(x)
    logits = rms_norm(x, 1 + w.gain("model.norm.weight", D, 0.0), eps) @ tokens.T
    return final * torch.tanh(logits / final) if final else logits


def encoder(w, ids, streams, *, roberta=False, head=True, eps=1e-12):
    root = "roberta." if roberta else "bert." if head else ""
    skip = 2 if roberta else 0
    tokens = w.at(root + "embeddings.word_embeddings.weight", [VOCABULARY, D], std=0.7)
    x = tokens[ids] + w.at(root + "embeddings.position_embeddings.weight", [TOKENS + 4, D], std=0.5)[skip:skip + TOKENS] \
        + w.at(root + "embeddings.token_type_embeddings.weight", [1 if roberta else 2, D], std=0.5)[0]
    p = root + "embeddings.LayerNorm."
    x = layer_norm(x, w.gain(p + "weight"), w.bias(p + "bias"), eps)
    streams.append(x)
    for i in range(LAYERS):
        p = f"{root}encoder.layer.{i}."

        def linear(z, name, rows, columns):
            return z @ w.at(f"{p}{name}.weight", [rows, columns]).T + w.bias(f"{p}{name}.bias", rows)

        q, k, v = (split(linear(x, f"attention.self.{name}", D, D), HEADS) for name in ("query", "key", "value"))
        y = linear(merge(attend(q, k, v, (D // HEADS) ** -0.5, causal=False)), "attention.output.dense", D, D)
        n = p + "attention.output.LayerNorm."
        x = layer_norm(x + y, w.gain(n + "weight"), w.bias(n + "bias"), eps)
        y = linear(gelu(linear(x, "intermediate.dense", MLP, D)), "output.dense", D, MLP)
        n = p + "output.LayerNorm."
        x = layer_norm(x + y, w.gain(n + "weight"), w.bias(n + "bias"), eps)
        streams.append(x)
    if not head:
        return None
    n = "lm_head." if roberta else "cls.predictions.transform."
    dense, norm = n + "dense.", n + ("layer_norm." if roberta else "LayerNorm.")
    y = gelu(x @ w.at(dense + "weight", [D, D]).T + w.bias(dense + "bias"))
    y = layer_norm(y, w.gain(norm + "weight"), w.bias(norm + "bias"), eps)
    return y @ tokens.T + w.bias("lm_head.bias" if roberta else "cls.predictions.bias", VOCABULARY)


def vit(w, ids, streams):
    """Token 0 is the class, token r >= 1 the patch of pixels PIXELS[r - 1]."""
    projection = w.at("embeddings.patch_embeddings.projection.weight", [D, 3, 2, 2], std=0.3)
    patches = PIXELS @ projection.reshape(D, -1).T + w.bias("embeddings.patch_embeddings.projection.bias")
    tokens = torch.cat([w.at("embeddings.cls_token", [1, 1, D], std=0.7)[0], patches])
    x = tokens[ids] + w.at("embeddings.position_embeddings", [1, PATCHES + 1, D], std=0.5)[0]
    streams.append(x)
    for i in range(LAYERS):
        p = f"encoder.layer.{i}."

        def linear(z, name, rows, columns):
            return z @ w.at(f"{p}{name}.weight", [rows, columns]).T + w.bias(f"{p}{name}.bias", rows)

        z = layer_norm(x, w.gain(p + "layernorm_before.weight"), w.bias(p + "layernorm_before.bias"), 1e-12)
        q, k, v = (split(linear(z, f"attention.attention.{name}", D, D), HEADS) for name in ("query", "key", "value"))
        x = x + linear(merge(attend(q, k, v, (D // HEADS) ** -0.5, causal=False)), "attention.output.dense", D, D)
        z = layer_norm(x, w.gain(p + "layernorm_after.weight"), w.bias(p + "layernorm_after.bias"), 1e-12)
        x = x + linear(gelu(linear(z, "intermediate.dense", MLP, D)), "output.dense", D, MLP)
        streams.append(x)
    w.gain("layernorm.weight"), w.bias("layernorm.bias")


def sizes(**more):
    return {**dict(hidden_size=D, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=MLP, vocab_size=VOCABULARY,
                   max_position_embeddings=64, initializer_range=0.02), **more}


def rotary(kind, cls, **more):
    return sizes(model_type=kind, architectures=[cls], hidden_act="silu", rms_norm_eps=1e-6, rope_theta=10000.0,
                 num_key_value_heads=2, **{"tie_word_embeddings": False, **more})


CASES = {
    "gpt2": (gpt2, "F32", 1, dict(
        model_type="gpt2", architectures=["GPT2LMHeadModel"], n_embd=D, n_layer=LAYERS, n_head=HEADS, n_positions=TOKENS + 3,
        vocab_size=VOCABULARY, activation_function="gelu_new", layer_norm_epsilon=1e-5)),
    "gpt_neox": (neox, "F16", 1, sizes(
        model_type="gpt_neox", architectures=["GPTNeoXForCausalLM"], hidden_act="gelu", layer_norm_eps=1e-5, rotary_pct=0.5,
        rotary_emb_base=10000, use_parallel_residual=True, tie_word_embeddings=False)),
    "llama": (lambda w, i, s: decoder(w, i, s, base=50.0, scaling=(4.0, 1.0, 4.0, 16.0)), "F32", 1, {**rotary(
        "llama", "LlamaForCausalLM", rope_scaling=dict(
            rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)),
        "rope_theta": 50.0}),
    "mistral": (lambda w, i, s: decoder(w, i, s, window=5), "BF16", 3, rotary("mistral", "MistralForCausalLM", sliding_window=5)),
    "qwen2": (lambda w, i, s: decoder(w, i, s, bias=("q_proj", "k_proj", "v_proj"), tied=True), "F32", 1,
              rotary("qwen2", "Qwen2ForCausalLM", tie_word_embeddings=True, use_sliding_window=False, sliding_window=5)),
    "qwen3": (lambda w, i, s: decoder(w, i, s, head=6, head_norm=True, tied=True, base=1000000.0), "F16", 1,
              {**rotary("qwen3", "Qwen3ForCausalLM", tie_word_embeddings=True, head_dim=6), "rope_theta": 1000000.0}),
    "olmo2": (olmo2, "F32", 1, {**rotary("olmo2", "Olmo2ForCausalLM"), "rope_theta": 500000.0}),
    "gemma2": (lambda w, i, s: gemma(w, i, s, three=False, cap=2.0, final=3.0), "BF16", 1, {**rotary(
        "gemma2", "Gemma2ForCausalLM", head_dim=6, query_pre_attn_scalar=10, sliding_window=5, attn_logit_softcapping=2.0,
        final_logit_softcapping=3.0, hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=True), "hidden_act": "gelu_pytorch_tanh"}),
    "gemma3": (lambda w, i, s: gemma(w, i, s, three=True, factor=8.0), "F32", 1, {**rotary(
        "gemma3_text", "Gemma3ForCausalLM", head_dim=6, query_pre_attn_scalar=10, sliding_window=5, sliding_window_pattern=2,
        rope_local_base_freq=10000.0, hidden_activation="gelu_pytorch_tanh", tie_word_embeddings=True,
        rope_scaling=dict(rope_type="linear", factor=8.0)), "rope_theta": 1000000.0, "hidden_act": "gelu_pytorch_tanh"}),
    "bert": (encoder, "F32", 1, sizes(
        model_type="bert", architectures=["BertForMaskedLM"], hidden_act="gelu", layer_norm_eps=1e-12, type_vocab_size=2,
        max_position_embeddings=TOKENS + 4)),
    "roberta": (lambda w, i, s: encoder(w, i, s, roberta=True, eps=1e-5), "F32", 1, sizes(
        model_type="roberta", architectures=["RobertaForMaskedLM"], hidden_act="gelu", layer_norm_eps=1e-5, type_vocab_size=1,
        pad_token_id=1, max_position_embeddings=TOKENS + 4)),
    "minilm": (lambda w, i, s: encoder(w, i, s, head=False), "F32", 1, sizes(
        model_type="bert", architectures=["BertModel"], hidden_act="gelu", layer_norm_eps=1e-12, type_vocab_size=2,
        max_position_embeddings=TOKENS + 4)),
    "vit": (vit, "F32", 1, dict(
        model_type="vit", architectures=["ViTModel"], hidden_act="gelu", hidden_size=D, num_hidden_layers=LAYERS,
        num_attention_heads=HEADS, intermediate_size=MLP, image_size=6, patch_size=2, num_channels=3, qkv_bias=True,
        initializer_range=0.02, layer_norm_eps=1e-12)),
}


def raw(tensor, kind):
    if kind in ("U8", "I64"):
        return tensor.numpy().tobytes()
    tensor = tensor.detach().to(TYPES[kind][0]).contiguous()
    return (tensor.view(torch.int16) if kind == "BF16" else tensor).numpy().tobytes()


def write(path, tensors):
    header, body = {"__metadata__": {"format": "pt"}}, b""
    for name, (tensor, kind) in tensors.items():
        data = raw(tensor, kind)
        header[name] = dict(dtype=kind, shape=list(tensor.shape), data_offsets=[len(body), len(body) + len(data)])
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def mean_loss(logits, ids, causal):
    """Each token from those before it, or of an encoder from all."""
    targets = ids[:, 1:] if causal else ids
    return F.cross_entropy((logits[:, :-1] if causal else logits).reshape(-1, VOCABULARY), targets.reshape(-1))


def main():
    for number, (name, (network, kind, parts, config)) in enumerate(CASES.items()):
        folder = os.path.join(HERE, name)
        os.makedirs(folder, exist_ok=True)
        weights = Weights(number + 1, kind)
        ids = torch.randint(0, VOCABULARY, [SEQUENCES, TOKENS], generator=torch.Generator().manual_seed(100 + number))
        if name == "vit":
            generator = torch.Generator().manual_seed(201)
            orders = [torch.randperm(PATCHES, generator=generator) + 1 for _ in range(SEQUENCES)]
            ids = torch.stack([torch.cat([torch.zeros(1, dtype=torch.int64), order]) for order in orders])
        streams = []
        logits = network(weights, ids, streams)
        for x in streams:
            x.retain_grad()
        expected = dict(ids=ids.tolist(), norms=[(x * x).mean(-1).flatten().tolist() for x in streams])
        if logits is not None:
            loss = mean_loss(logits, ids, causal=config["model_type"] not in ("bert", "roberta"))
            loss.backward()
            expected["logits"] = [float(f"{v:.9g}") for v in logits.flatten().tolist()]
            expected["loss"] = loss.item()
            expected["streamGradients"] = [x.grad.norm().item() for x in streams]
            expected["gradients"] = {key: value.grad.norm().item() for key, value in weights.items()}
        if name == "vit":
            expected["pixels"] = PIXELS.tolist()
        tensors = {key: (value, kind) for key, value in weights.items()}
        if name == "gpt2":
            tensors["h.0.attn.bias"] = (torch.ones(1, 1, 11, 11, dtype=torch.uint8).tril(), "U8")
        if name == "minilm":
            tensors["embeddings.position_ids"] = (torch.arange(12)[None], "I64")
            tensors["pooler.dense.weight"] = (torch.zeros(D, D, dtype=torch.float64), kind)
            tensors["pooler.dense.bias"] = (torch.zeros(D, dtype=torch.float64), kind)
        if parts == 1:
            write(os.path.join(folder, "model.safetensors"), tensors)
        else:
            places = {}
            for part in range(parts):
                file = f"model-{part + 1:05}-of-{parts:05}.safetensors"
                own = dict(list(tensors.items())[part::parts])
                write(os.path.join(folder, file), own)
                places.update({key: file for key in own})
            with open(os.path.join(folder, "model.safetensors.index.json"), "w") as file:
                json.dump(dict(metadata=dict(total_size=sum(len(raw(*t)) for t in tensors.values())), weight_map=places), file, indent=1)
        with open(os.path.join(folder, "config.json"), "w") as file:
            json.dump(config, file, indent=2)
            file.write("\n")
        with open(os.path.join(folder, "expected.json"), "w") as file:
            json.dump(expected, file)
            file.write("\n")


if __name__ == "__main__":
    main()
