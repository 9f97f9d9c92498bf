"""PyTorch's side of the paired benchmarks.

Reads one JSON request per line, runs it once and answers one JSON line with the seconds taken. Kept alive between
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


OPERATIONS = {"product": product, "network": network}


def main():
    print(json.dumps({
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "openblas": os.environ["OPENBLAS_NUM_THREADS"],
        "omp": os.environ["OMP_NUM_THREADS"],
    }), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        seconds = OPERATIONS[request.pop("operation")](**request)
        print(json.dumps({"seconds": seconds}), flush=True)


main()
