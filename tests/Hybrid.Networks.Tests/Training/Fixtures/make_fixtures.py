"""Writes fixtures.json and fixtures.bin: small transformers in PyTorch, double precision, for the tests of the trainer.

Run it with Debian's own Python, for which python3-torch is packaged; it writes beside itself and takes no arguments.
Weights and tokens come from the integer hash below, which the tests repeat exactly, so that only results are stored:
of every case the logits [B n, V], the loss and the gradient of every parameter in the order in which its tensors are
listed; of every trajectory losses, gradient norms and learning rates step by step. fixtures.bin holds them as
little-endian doubles, one after the other, in the order of fixtures.json.
"""

import json
import math
import pathlib
import struct

import torch
import torch.nn.functional as F

MASK = 0xFFFFFFFF
# Which placements normalise a module's input, its branch and the step's sum.
BEFORE = ("pre", "peri", "prePost", "before+branch+sum")
BRANCH = ("peri", "output", "before+branch+sum")
SUM = ("post", "prePost", "before+branch+sum")
TENSOR_SEED, TOKENS, WIDTH, HEADS, MLP, DEPTH, BATCH, VOCABULARY = 1000, 5, 12, 3, 20, 2, 3, 11
ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": F.relu,
    "leakyRelu": lambda x: F.leaky_relu(x, 0.01),
    "erf": torch.erf,
    "tanh": torch.tanh,
    "gelu": F.gelu,
    "geluTanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
}


def mix(seed, index):
    """32 bits that depend on both numbers."""
    x = (seed * 0x9E3779B1 + index * 0x85EBCA77 + 0x165667B1) & MASK
    x ^= x >> 15
    x = (x * 0x2C1B3C6D) & MASK
    x ^= x >> 12
    x = (x * 0x297A2D39) & MASK
    return x ^ (x >> 15)


def noise(seed, index):
    """From −1 to 1 in steps of 2⁻¹⁵, exact in either precision."""
    return ((mix(seed, index) >> 16) - 32768) / 32768


def wiring_of(case):
    return case.get("wiring", "sequential")


def gains_after(module, branch, total):
    """Gains behind a module: of its branch, and of the sum if it is the module's own."""
    if branch:
        yield module + ".gain.out", [WIDTH]
    if total:
        yield module + (".gain.sum" if branch else ".gain.out"), [WIDTH]


def tensors(case):
    """Names and shapes of the parameters in the trainer's order."""
    norm, d, m = case["norm"], WIDTH, MLP
    before, after, total = norm in BEFORE, norm in BRANCH, norm in SUM
    parallel = wiring_of(case) == "parallel"
    yield "token.embedding", [VOCABULARY + (case["task"] == "masked"), d]
    yield "position.embedding", [TOKENS, d]
    for layer in range(1, DEPTH + 1):
        block = f"blocks.{layer}."
        if before:
            yield block + "attention.gain.in", [d]
        for name in ("query", "key", "value", "out"):
            yield f"{block}attention.{name}", [d, d]
        yield from gains_after(block + "attention", after, total and not parallel)
        if before:
            yield block + "mlp.gain.in", [d]
        yield block + "mlp.in", [d, m]
        yield block + "mlp.bias", [m]
        if case["gated"]:
            yield block + "mlp.up", [d, m]
        yield block + "mlp.out", [m, d]
        yield from gains_after(block + "mlp", after, total and not parallel)
        if total and parallel:
            yield block + "gain.sum", [d]
    if (before or after) and not total:
        yield "final.gain", [d]
    if not case["tied"]:
        yield "unembedding", [d, VOCABULARY]


def parameters(case):
    """Gains are 1 + noise/4, biases noise/4, matrices noise/2 and embeddings noise."""
    result = {}
    for number, (name, shape) in enumerate(tensors(case)):
        values = torch.tensor([noise(TENSOR_SEED + number, i) for i in range(math.prod(shape))], dtype=torch.float64).view(shape)
        if ".gain" in name:
            values = 1 + values / 4
        elif "bias" in name:
            values = values / 4
        elif "embedding" not in name or name == "unembedding":
            values = values / 2
        result[name] = values.requires_grad_(True)
    return result


def batch(case, step):
    """Inputs and targets [B, n]. Masked: every third token of a sequence is hidden, the others have no target."""
    draw = lambda kind: torch.tensor(
        [[mix(kind + 10 * step, b * TOKENS + i) % VOCABULARY for i in range(TOKENS)] for b in range(BATCH)])
    tokens, following = draw(1), draw(2)
    if case["task"] == "next":
        return tokens, following
    hidden = (torch.arange(TOKENS) % 3 == 0).expand(BATCH, TOKENS)
    return torch.where(hidden, VOCABULARY, tokens), torch.where(hidden, tokens, -1)


def normalise(x, gain):
    return gain * x * torch.rsqrt(x.square().mean(-1, keepdim=True))


def added(case, weights, block, x, module):
    """[N] f([N] x) with the normalisations of the placement."""
    norm = case["norm"]
    f = module(normalise(x, weights[block + ".gain.in"]) if norm in BEFORE else x)
    return normalise(f, weights[block + ".gain.out"]) if norm in BRANCH else f


def sum_of(case, weights, name, x):
    return normalise(x, weights[name]) if case["norm"] in SUM else x


def attention(case, weights, block, z):
    split = lambda y: y.view(BATCH, TOKENS, HEADS, WIDTH // HEADS).transpose(1, 2)
    q, k, v = (split(z @ weights[f"{block}.{name}"]) for name in ("query", "key", "value"))
    logits = q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS)
    if case["task"] == "next":
        logits = logits.masked_fill(torch.triu(torch.ones(TOKENS, TOKENS, dtype=torch.bool), 1), -math.inf)
    return (logits.softmax(-1) @ v).transpose(1, 2).reshape(BATCH, TOKENS, WIDTH) @ weights[f"{block}.out"]


def mlp(case, weights, block, z):
    hidden = ACTIVATIONS[case["activation"]](z @ weights[f"{block}.in"] + weights[f"{block}.bias"])
    if case["gated"]:
        hidden = hidden * (z @ weights[f"{block}.up"])
    return hidden @ weights[f"{block}.out"]


def forward(case, weights, inputs):
    x = weights["token.embedding"][inputs] + weights["position.embedding"]
    for layer in range(DEPTH):
        schedule = {name: case[name][layer] for name in ("attentionSkip", "attentionBranch", "mlpSkip", "mlpBranch")}
        block, inner = f"blocks.{layer + 1}.attention", f"blocks.{layer + 1}.mlp"
        attend = lambda x: added(case, weights, block, x, lambda z: attention(case, weights, block, z))
        think = lambda x: added(case, weights, inner, x, lambda z: mlp(case, weights, inner, z))
        if wiring_of(case) == "parallel":
            x = schedule["attentionSkip"] * x + schedule["attentionBranch"] * attend(x) + schedule["mlpBranch"] * think(x)
            x = sum_of(case, weights, f"blocks.{layer + 1}.gain.sum", x)
            continue
        end = ".gain.sum" if case["norm"] in BRANCH else ".gain.out"
        x = sum_of(case, weights, block + end, schedule["attentionSkip"] * x + schedule["attentionBranch"] * attend(x))
        x = sum_of(case, weights, inner + end, schedule["mlpSkip"] * x + schedule["mlpBranch"] * think(x))
    if "final.gain" in weights:
        x = normalise(x, weights["final.gain"])
    if not case["tied"]:
        return x @ weights["unembedding"]
    variance = (1 - case["correlation"]) * case["q0"] / 2
    return case["logitStd"] / math.sqrt(WIDTH * variance) * x @ weights["token.embedding"][:VOCABULARY].T


def loss_of(case, weights, step):
    inputs, targets = batch(case, step)
    logits = forward(case, weights, inputs).view(-1, VOCABULARY)
    return logits, F.cross_entropy(logits, targets.view(-1), ignore_index=-1)


def case_of(norm, task="next", gated=False, tied=False, activation="geluTanh", schedule=False, wiring="sequential"):
    case = {
        "norm": norm, "task": task, "gated": gated, "tied": tied, "activation": activation,
        "attentionSkip": [1.0, 0.75] if schedule else [0.875, 0.875],
        "attentionBranch": [0.5, 1.25] if schedule else [0.75, 0.75],
        "mlpSkip": [0.5, 1.0] if schedule else [1.0, 1.0],
        "mlpBranch": [1.0, 0.25] if schedule else [0.5, 0.5],
        "q0": 1.5, "correlation": 0.25, "logitStd": 0.75,
    }
    if wiring == "sequential":
        return case
    # The stream of a parallel block passes once: it has one skip.
    return {"wiring": wiring} | case | {"mlpSkip": case["attentionSkip"]}


def rate_of(options, step):
    """The learning rate of step 1, 2, … of the run."""
    if step <= options["warmup"]:
        return options["rate"] * step / options["warmup"]
    if options["schedule"] == "constant":
        return options["rate"]
    progress = (step - options["warmup"]) / (options["steps"] - options["warmup"])
    return options["rate"] * (options["final"] + (1 - options["final"]) * (1 + math.cos(math.pi * progress)) / 2)


def trajectory(case, options):
    """Losses, gradient norms and rates. Clipping scales by clip/norm exactly; both optimisers decay decoupled."""
    weights = parameters(case)
    decays = lambda name: name == "unembedding" or name.startswith("blocks.") and "gain" not in name and "bias" not in name
    groups = [
        {"params": [w for name, w in weights.items() if decays(name)], "decay": options["decay"]},
        {"params": [w for name, w in weights.items() if not decays(name)], "decay": 0.0},
    ]
    if options["kind"] == "adamw":
        for group in groups:
            group["weight_decay"] = group["decay"]
        optimiser = torch.optim.AdamW(groups, betas=(options["beta1"], options["beta2"]), eps=options["epsilon"])
    else:
        optimiser = torch.optim.SGD(groups, lr=1, momentum=options["momentum"])
    rows = []
    for step in range(1, options["steps"] + 1):
        rate = rate_of(options, step)
        optimiser.zero_grad()
        _, loss = loss_of(case, weights, step)
        loss.backward()
        norm = math.sqrt(sum(float(w.grad.square().sum()) for w in weights.values()))
        for group in optimiser.param_groups:
            group["lr"] = rate
            for w in group["params"]:
                if norm > options["clip"]:
                    w.grad *= options["clip"] / norm
                if options["kind"] == "sgd":
                    w.data *= 1 - rate * group["decay"]
        optimiser.step()
        rows.append((float(loss), norm, rate))
    return rows


def options_of(kind, rate, schedule="constant", warmup=0, clip=1e9, decay=0.125):
    return {
        "kind": kind, "rate": rate, "beta1": 0.875, "beta2": 0.96875, "epsilon": 1e-8, "momentum": 0.75, "decay": decay,
        "schedule": schedule, "warmup": warmup, "final": 0.125, "clip": clip, "steps": 20,
    }


def main():
    family = [
        case_of(norm, task, gated)
        for norm in ("none", "pre", "post", "peri", "output") for task in ("next", "masked") for gated in (False, True)
    ]
    cases = family + [case_of("pre", activation=name, gated=name == "silu") for name in ACTIVATIONS if name != "geluTanh"]
    cases += [case_of("pre", tied=True), case_of("post", "masked", tied=True), case_of("peri", schedule=True), case_of("none", schedule=True)]
    triples = [case_of(norm, schedule=True) for norm in ("prePost", "before+branch+sum")]
    parallel = [
        case_of(norm, task, gated, wiring="parallel")
        for norm in ("none", "pre", "post", "peri", "output", "prePost", "before+branch+sum")
        for task, gated in (("next", True), ("masked", False))
    ]
    cases += triples + parallel
    trajectories = [(case, options_of("adamw", 0.015625)) for case in family] + [
        (case_of("post", "masked", gated=True), options_of("adamw", 0.015625, "cosine", warmup=5, clip=0.5)),
        (case_of("peri", tied=True), options_of("sgd", 0.125, "cosine", clip=2.0)),
    ]
    trajectories += [(case, options_of("adamw", 0.015625)) for case in triples + parallel[::2]]
    document, values = {"cases": [], "trajectories": []}, []
    for case in cases:
        weights = parameters(case)
        logits, loss = loss_of(case, weights, 0)
        loss.backward()
        document["cases"].append(case | {"tensors": [{"name": name, "shape": shape} for name, shape in tensors(case)]})
        values += logits.flatten().tolist() + [float(loss)]
        for weight in weights.values():
            values += weight.grad.flatten().tolist()
    for case, options in trajectories:
        document["trajectories"].append({"case": case, "options": options})
        for row in trajectory(case, options):
            values += row
    folder = pathlib.Path(__file__).parent
    (folder / "fixtures.json").write_text(
        json.dumps({"torch": torch.__version__, **document}, separators=(",", ":")).replace('{"norm"', '\n{"norm"').replace('{"wiring"', '\n{"wiring"') + "\n")
    (folder / "fixtures.bin").write_bytes(struct.pack(f"<{len(values)}d", *values))


main()
