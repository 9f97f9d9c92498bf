"""What `hybrid export` writes, run by PyTorch: a fresh network of every family through the passes of make_checkpoints.py.

    /usr/bin/python3 load_exports.py hybrid

The words behind the script are the command. For each family it exports a small record, holds config.json to what the family's pass takes
for granted, reads every tensor by its name (none may be missing or left over), runs the pass forwards and backwards in double precision,
and compares with
`hybrid probe` of the same folder, in single precision: ||x||^2/d at every boundary, of position 0 and of the others, the loss, and the
norm of its gradient at every boundary. Prints one row a family with the largest relative difference; exits with 1 beyond 1e-5.
"""
import json
import os
import struct
import subprocess
import sys
import tempfile

import torch

from make_checkpoints import D, HEADS, LAYERS, MLP, SEQUENCES, TOKENS, VOCABULARY, decoder, encoder, gemma, gpt2, mean_loss, neox, olmo2

TOLERANCE = 1e-5


class Stored(dict):
    """The tensors of a checkpoint; whoever asks for one that is not there, or of another width, is told so."""

    def __init__(self, path):
        super().__init__()
        with open(path, "rb") as file:
            header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
            body = file.read()
        header.pop("__metadata__", None)
        for name, entry in header.items():
            assert entry["dtype"] == "F32", f"{name} is {entry['dtype']}"
            start, end = entry["data_offsets"]
            tensor = torch.frombuffer(bytearray(body[start:end]), dtype=torch.float32).reshape(entry["shape"])
            self[name] = tensor.to(torch.float64).requires_grad_(True)
        self.unused = set(self)

    def at(self, name, shape, mean=0.0, std=None):
        # Published GPT-2 leaves its root out, exports of the class with a head have it.
        name = name if name in self else "transformer." + name
        # Tables of positions have as many rows as the network has tokens.
        assert list(self[name].shape[1:]) == list(shape[1:]), f"{name} is {list(self[name].shape)}, and {shape} was asked for"
        self.unused.discard(name)
        return self[name]

    def gain(self, name, width=D, mean=1.0):
        return self.at(name, [width])

    def bias(self, name, width=D):
        return self.at(name, [width])


def record(**more):
    rope = {"rope": {"base": 10000, "fraction": 1}}
    head = dict(branch=0.5, valueStd=1.2, logitStd=1.5, positions=rope, keyValueHeads=2)
    base = dict(
        tokens=TOKENS, depth=LAYERS, width=D, heads=HEADS, mlpWidth=MLP, activation="silu", gated=True, norm="pre", mask="causal",
        mlp=dict(branch=0.7, inStd=1.3), attention={**head, **more.pop("attention", {})})
    return {**base, **more}


def plain(**more):
    """Without gates and shared keys, with biases."""
    attention = {"keyValueHeads": None, **more.pop("attention", {})}
    return record(gated=False, attention=attention, mlp=dict(branch=0.7, inStd=1.3, biasStd=0.5), **more)


def rope(base, fraction=1):
    return dict(positions={"rope": {"base": base, "fraction": fraction}})


WINDOWS = [{"window": 5}, "causal"]

LAYER_NORM, RMS_NORM = dict(layer_norm_eps=1e-5), dict(rms_norm_eps=1e-6, num_key_value_heads=2)

# The record, whether the head is tied, the family's pass, and what config.json must say for it.
CASES = {
    "gpt2": (
        plain(activation="geluTanh", mlpWidth=4 * D, attention=dict(positions="none")), True, gpt2,
        dict(layer_norm_epsilon=1e-5, activation_function="gelu_pytorch_tanh", n_inner=4 * D)),
    "gpt_neox": (
        plain(activation="gelu", wiring="parallel", attention=rope(10000, 0.5)), False, neox,
        dict(LAYER_NORM, hidden_act="gelu", rotary_pct=0.5, rotary_emb_base=10000, use_parallel_residual=True)),
    "llama": (
        record(attention=rope(500)), False, lambda w, i, s: decoder(w, i, s, base=500.0),
        dict(RMS_NORM, hidden_act="silu", rope_theta=500)),
    "mistral": (
        record(mask={"window": 5}), False, lambda w, i, s: decoder(w, i, s, window=5),
        dict(RMS_NORM, hidden_act="silu", rope_theta=10000, sliding_window=5)),
    "qwen2": (
        record(), True, lambda w, i, s: decoder(w, i, s, bias=("q_proj", "k_proj", "v_proj"), tied=True),
        dict(RMS_NORM, hidden_act="silu", rope_theta=10000)),
    "qwen3": (
        record(attention=dict(headWidth=6, queryKeyNorm="head")), True,
        lambda w, i, s: decoder(w, i, s, head=6, head_norm=True, tied=True),
        dict(RMS_NORM, hidden_act="silu", rope_theta=10000, head_dim=6)),
    "olmo2": (
        record(norm="output", attention={**rope(500000), "queryKeyNorm": "all"}), False, olmo2,
        dict(RMS_NORM, hidden_act="silu", rope_theta=500000)),
    "gemma2": (
        record(norm="peri", activation="geluTanh", mask=WINDOWS, attention=dict(headWidth=6, softCap=20)), True,
        lambda w, i, s: gemma(w, i, s, three=False, scalar=6.0, cap=20.0),
        dict(RMS_NORM, hidden_activation="gelu_pytorch_tanh", rope_theta=10000, head_dim=6, query_pre_attn_scalar=6,
             attn_logit_softcapping=20, final_logit_softcapping=None, sliding_window=5,
             layer_types=["sliding_attention", "full_attention"])),
    "gemma3_text": (
        record(norm="peri", activation="geluTanh", mask=WINDOWS, attention=dict(
            headWidth=6, queryKeyNorm="head", positions=[rope(10000)["positions"], rope(1000000)["positions"]])), True,
        lambda w, i, s: gemma(w, i, s, three=True, scalar=6.0),
        dict(RMS_NORM, hidden_activation="gelu_pytorch_tanh", rope_theta=1000000, rope_local_base_freq=10000, head_dim=6,
             query_pre_attn_scalar=6, attn_logit_softcapping=None, final_logit_softcapping=None, sliding_window=5,
             layer_types=["sliding_attention", "full_attention"])),
    "bert": (
        plain(activation="gelu", norm="post", mask="none", attention=dict(positions="none")), True, encoder,
        dict(hidden_act="gelu", layer_norm_eps=1e-12, max_position_embeddings=TOKENS)),
    "roberta": (
        plain(activation="gelu", norm="post", mask="none", attention=dict(positions="none")), True,
        lambda w, i, s: encoder(w, i, s, roberta=True),
        dict(hidden_act="gelu", layer_norm_eps=1e-12, max_position_embeddings=TOKENS + 2)),
}


def passed(network, weights, ids, causal):
    streams = []
    logits = network(weights, ids, streams)
    for x in streams:
        x.retain_grad()
    loss = mean_loss(logits, ids, causal)
    loss.backward()
    squares = [(x * x).mean(-1) for x in streams]
    return dict(
        loss=[loss.item()],
        qOfPosition0=[square[:, 0].mean().item() for square in squares],
        q=[square[:, 1:].mean().item() for square in squares],
        gradient=[x.grad.norm().item() for x in streams])


def main(hybrid):
    worst = 0.0
    for family, (architecture, tied, network, needed) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            source, ids_file, out = (os.path.join(folder, name) for name in ("record.json", "ids.txt", family))
            with open(source, "w") as file:
                json.dump({"name": family, **architecture}, file)
            ids = torch.randint(0, VOCABULARY, [SEQUENCES, TOKENS], generator=torch.Generator().manual_seed(7))
            with open(ids_file, "w") as file:
                file.writelines(" ".join(map(str, row)) + "\n" for row in ids.tolist())
            options = ["--family", family, "--vocabulary", str(VOCABULARY), "--out", out] + ["--tied"] * tied
            subprocess.run([*hybrid, "export", source, *options], check=True, stdout=subprocess.DEVNULL)
            with open(os.path.join(out, "config.json")) as file:
                config = json.load(file)
            needed = dict(needed, vocab_size=VOCABULARY, tie_word_embeddings=tied)
            wrong = {key: config.get(key) for key, value in needed.items() if config.get(key) != value}
            assert not wrong, f"{family}: config.json says {wrong}"
            probe = json.loads(subprocess.run(
                [*hybrid, "probe", out, "--ids", ids_file, "--json"], check=True, capture_output=True).stdout)
            weights = Stored(os.path.join(out, "model.safetensors"))
            expected = passed(network, weights, ids, causal=family not in ("bert", "roberta"))
            assert not weights.unused, f"{family}: nobody reads {sorted(weights.unused)}"
            actual = {name: [layer[name] for layer in probe["layers"]] for name in ("qOfPosition0", "q", "gradient")}
            actual["loss"] = [probe["loss"]]
            difference = max(abs(a - e) / abs(e) for name in expected for a, e in zip(actual[name], expected[name]))
            print(f"{family:12} {len(weights):3} tensors, largest relative difference {difference:.1e}", flush=True)
            worst = max(worst, difference)
    return 0 if worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["hybrid"]))
