"""Squared parameter-gradient norms of explicit random transformers, by PyTorch's automatic differentiation.

Run with Debian's python3 and python3-torch, in this folder:  python3 parameter_gradients.py > parameter_gradients.csv
Columns: norm, gated, width, layer, matrix, mean over networks, standard error. The theory is width -> infinity, so every
case is run at two widths, from which a test estimates the finite-width term. The network is derivation section 1:
16 tokens of q0 = 1, rho0 = 0.4 with exactly this Gram matrix, 3 blocks, 2 heads, tanh, r = 0.9, a = 0.7, sigma_A = 1.5,
sigma_V = 1.2, sigma_w = 1.4, sigma_b = 0.3, sigma_v = 0.8, MLP twice as wide; the gradient at the output has the identity
as its Gram matrix per coordinate.
"""
import math
import torch

TOKENS, DEPTH, HEADS, NETWORKS = 16, 3, 2, 40
R, A = 0.9, 0.7
LOGIT, VALUE, INNER, BIAS, OUTER = 1.5, 1.2, 1.4, 0.3, 0.8
torch.set_num_threads(1)


def with_gram(gram, width):
    """Rows whose inner products per coordinate are exactly `gram`."""
    rows = torch.randn(len(gram), width, dtype=torch.float64)
    basis = torch.linalg.qr(rows.T)[0].T
    return torch.linalg.cholesky(gram) @ basis * math.sqrt(width)


def normalise(x):
    return x * math.sqrt(x.shape[1]) / x.norm(dim=1, keepdim=True)


def place(norm, x, module):
    branch = module(normalise(x) if norm in ("pre", "peri") else x)
    if norm in ("peri", "output"):
        branch = normalise(branch)
    total = R * x + A * branch
    return normalise(total) if norm == "post" else total


def attention(z, q, k, v, o):
    n, d = z.shape
    heads = [(z @ w.T).view(n, HEADS, d // HEADS).transpose(0, 1) for w in (q, k, v)]
    logits = heads[0] @ heads[1].transpose(1, 2) / math.sqrt(d // HEADS)
    return (torch.softmax(logits, dim=2) @ heads[2]).transpose(0, 1).reshape(n, d) @ o.T


def mlp(z, gated, inner, up, bias, outer):
    hidden = torch.tanh(z @ inner.T + bias)
    if gated:
        hidden = hidden * (z @ up.T)
    return hidden @ outer.T


def draw(rows, columns, variance):
    return (torch.randn(rows, columns, dtype=torch.float64) * math.sqrt(variance)).requires_grad_()


def network(norm, gated, width):
    hidden = 2 * width
    identity = torch.eye(TOKENS, dtype=torch.float64)
    x = with_gram(0.4 + 0.6 * identity, width)
    parameters = []
    for _ in range(DEPTH):
        p = {
            "query": draw(width, width, LOGIT / width),
            "key": draw(width, width, LOGIT / width),
            "value": draw(width, width, VALUE / width),
            "output": draw(width, width, VALUE / width),
            "mlpIn": draw(hidden, width, INNER**2 / width),
            "mlpBias": draw(1, hidden, BIAS**2),
            "mlpOut": draw(width, hidden, OUTER**2 / hidden),
        }
        if gated:
            p["mlpUp"] = draw(hidden, width, INNER**2 / width)
        parameters.append(p)
        x = place(norm, x, lambda z: attention(z, p["query"], p["key"], p["value"], p["output"]))
        x = place(norm, x, lambda z: mlp(z, gated, p["mlpIn"], p.get("mlpUp"), p["mlpBias"], p["mlpOut"]))
    x.backward(with_gram(identity, width))
    return {(layer + 1, name): float((w.grad**2).sum()) for layer, p in enumerate(parameters) for name, w in p.items()}


print("norm,gated,width,layer,matrix,mean,error")
torch.manual_seed(20240301)
for norm, gated in [("none", False), ("pre", False), ("pre", True), ("post", False), ("peri", False), ("output", False)]:
    for width in (128, 384):
        samples = [network(norm, gated, width) for _ in range(NETWORKS)]
        for layer, name in samples[0]:
            values = torch.tensor([sample[layer, name] for sample in samples], dtype=torch.float64)
            error = values.std() / math.sqrt(NETWORKS)
            print(f"{norm},{str(gated).lower()},{width},{layer},{name},{values.mean():.8g},{error:.3g}")
