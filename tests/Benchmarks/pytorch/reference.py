"""PyTorch's side of the paired benchmarks.

Reads one JSON request per line, runs it once and answers one JSON line with the seconds taken, as "value". Kept alive between
requests so that both sides are warm; it does nothing while the other side runs. Run by tests/Benchmarks; the first
line it writes says which PyTorch, how many threads and which settings it uses.
"""

import json
import os
import sys
import time

threads = int(sys.argv[1])
os.environ.setdefault("OPENBLAS_NUM_THREADS", str(threads))
os.environ.setdefault("OMP_NUM_THREADS", str(threads))

import torch  # noqa: E402  (the thread counts must be set first)

torch.set_num_threads(threads)
operands = {}


def product(m, k, n):
    """Seconds for one float32 product [m, k] · [k, n] into memory that exists already."""
    if (m, k, n) not in operands:
        operands[m, k, n] = (torch.randn(m, k), torch.randn(k, n), torch.empty(m, n))
    a, b, c = operands[m, k, n]
    start = time.perf_counter()
    torch.mm(a, b, out=c)
    return time.perf_counter() - start


class Network:
    """The dense engine's network in plain PyTorch: pre-norm (root mean square), multi-head attention, tanh-GELU."""

    def __init__(self, tokens, width, mlp, depth, heads):
        self.heads = heads
        self.x = torch.randn(tokens, width)
        self.g = torch.linalg.qr(torch.randn(width, tokens))[0].T.contiguous() * width ** 0.5
        d = width ** -0.5
        self.blocks = [
            [(torch.empty(width, width), d) for _ in range(4)]
            + [(torch.empty(width, mlp), d), (torch.empty(mlp, width), mlp ** -0.5)]
            for _ in range(depth)
        ]
        self.draw()

    def draw(self):
        for block in self.blocks:
            for weight, std in block:
                weight.normal_(0, std)

    def run(self):
        """One forward and one backward pass to the input; weights need no gradient."""
        x = self.x.detach().requires_grad_(True)
        start, (n, d) = x, x.shape
        split = lambda y: y.view(n, self.heads, d // self.heads).transpose(0, 1)
        for block in self.blocks:
            q, k, v, o, w1, w2 = (weight for weight, _ in block)
            z = x * torch.rsqrt(x.square().mean(1, keepdim=True))
            logits = split(z @ q) @ split(z @ k).transpose(1, 2) * (d // self.heads) ** -0.5
            x = x + (logits.softmax(-1) @ split(z @ v)).transpose(0, 1).reshape(n, d) @ o
            z = x * torch.rsqrt(x.square().mean(1, keepdim=True))
            x = x + torch.nn.functional.gelu(z @ w1, approximate="tanh") @ w2
        x.backward(self.g)
        return start.grad


def network(tokens, width, mlp, depth, heads, draw):
    """Seconds for one forward and backward pass, with fresh weights if draw is set."""
    shape = (tokens, width, mlp, depth, heads)
    if shape not in operands:
        operands[shape] = Network(*shape)
    start = time.perf_counter()
    if draw:
        operands[shape].draw()
    operands[shape].run()
    return time.perf_counter() - start


class Training:
    """A training step in plain PyTorch: one [d, 3d] product for queries, keys and values, batched attention products,
    F.cross_entropy, AdamW over lists of tensors (foreach). norm is "rms", composed of tensor operations since PyTorch 1.13
    has no fused one, or "layer", the fused F.layer_norm without bias, which does more arithmetic but in one operation."""

    def __init__(self, tokens, width, mlp, depth, heads, sequences, vocabulary, norm):
        self.heads, self.norm = heads, norm
        parameter = lambda std, *shape: torch.nn.Parameter(torch.randn(*shape) * std)
        gain = lambda: torch.nn.Parameter(torch.ones(width))
        d = width ** -0.5
        self.tokens, self.positions = parameter(0.7, vocabulary, width), parameter(0.7, tokens, width)
        self.blocks = [
            (gain(), parameter(d, width, 3 * width), parameter(d, width, width),
             gain(), parameter(d, width, mlp), torch.nn.Parameter(torch.zeros(mlp)), parameter(mlp ** -0.5, mlp, width))
            for _ in range(depth)
        ]
        self.final, self.unembedding = gain(), parameter(d, width, vocabulary)
        decay = [w for block in self.blocks for w in block if w.dim() == 2] + [self.unembedding]
        rest = [self.tokens, self.positions, self.final] + [w for block in self.blocks for w in block if w.dim() == 1]
        self.parameters = decay + rest
        groups = [{"params": decay, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), foreach=True)
        self.mask = torch.full((tokens, tokens), float("-inf")).triu(1)
        self.inputs, self.targets = (torch.randint(vocabulary, (sequences, tokens)) for _ in range(2))

    def normalise(self, x, gain):
        if self.norm == "layer":
            return torch.nn.functional.layer_norm(x, x.shape[-1:], gain)
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True)) * gain

    def run(self):
        batch, n = self.inputs.shape
        x = torch.nn.functional.embedding(self.inputs, self.tokens) + self.positions
        d = x.shape[-1]
        for first, qkv, out, second, up, bias, down in self.blocks:
            q, k, v = (self.normalise(x, first).view(batch * n, d) @ qkv).view(batch, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            logits = torch.baddbmm(
                self.mask, q.reshape(-1, n, d // self.heads), k.reshape(-1, n, d // self.heads).transpose(1, 2),
                alpha=(d // self.heads) ** -0.5)
            context = torch.bmm(logits.softmax(-1), v.reshape(-1, n, d // self.heads))
            x = x + context.view(batch, self.heads, n, -1).transpose(1, 2).reshape(batch, n, d) @ out
            hidden = torch.addmm(bias, self.normalise(x, second).view(batch * n, d), up)
            x = x + (torch.nn.functional.gelu(hidden, approximate="tanh") @ down).view(batch, n, d)
        logits = self.normalise(x, self.final).view(batch * n, d) @ self.unembedding
        loss = torch.nn.functional.cross_entropy(logits, self.targets.view(-1))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        return loss.item()


def training(processor, **shape):
    """Seconds (of the processor, if asked for) for one training step; the model of another shape is let go, and the peak
    memory counted anew."""
    key = ("training", *shape.values())
    if key not in operands:
        for other in [other for other in operands if other[0] == "training"]:
            del operands[other]
        with open("/proc/self/clear_refs", "w") as peak:
            peak.write("5")
        operands[key] = Training(**shape)
    clock = time.process_time if processor else time.perf_counter
    start = clock()
    operands[key].run()
    return clock() - start


def memory():
    """Not seconds: bytes of the largest resident size, VmHWM."""
    with open("/proc/self/status") as status:
        return next(1024.0 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))


OPERATIONS = {"product": product, "network": network, "training": training, "memory": memory}


def main():
    print(json.dumps({
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "openblas": os.environ["OPENBLAS_NUM_THREADS"],
        "omp": os.environ["OMP_NUM_THREADS"],
    }), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        value = OPERATIONS[request.pop("operation")](**request)
        print(json.dumps({"value": value}), flush=True)


main()
