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


OPERATIONS = {"product": product}


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
