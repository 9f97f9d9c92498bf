#!/usr/bin/env python3
"""Writes kernels.csv: reference values of kappa, gap and chi for every activation (derivation section 2.1).

Needs mpmath and numpy; the tests read only the committed CSV. Nothing here follows the library's own routes:

* linear, relu, leakyRelu, erf: the closed forms, in 60-digit arithmetic;
* gelu: one-dimensional integral over x1 of phi(x1) E[phi(x2) | x1], in 40-digit arithmetic;
* tanh, geluTanh, silu, sigmoid: nested composite Gauss-Legendre over (x1, x2 | x1) in 80-bit floating point, on
  panels that resolve both phi's unit scale around the origin and each Gaussian's width; gap as E (phi1 - phi2)^2 / 2.
  `kernels.py verify` recomputes a few of these in 25-digit arithmetic (minutes) and prints the relative deviations.

Columns: activation, v, u, kappa, gap, chi. u = 1 - rho is the double nearest to the listed decimal.
"""
import sys

import mpmath as mp
import numpy as np

VARIANCES = ["1e-12", "1e-2", "1", "9", "11.9", "12.1", "100", "1e4", "1e6"]
US = ["0", "1e-8", "0.01", "0.5", "1", "1.5", "2"]
LD = np.longdouble


# --- 60-digit closed forms -------------------------------------------------------------------------------------

def relu(v, rho):
    theta = mp.acos(rho)
    return v * (mp.sqrt(1 - rho**2) + (mp.pi - theta) * rho) / (2 * mp.pi), v * (mp.pi - theta) / (2 * mp.pi)


def leaky(v, rho):
    a, (k, c) = mp.mpf("0.01"), relu(v, rho)
    return a * a * v * rho + a * (1 - a) * v * rho + (1 - a) ** 2 * k, a * a * v + a * (1 - a) * v + (1 - a) ** 2 * c


def erf(v, rho):
    return (2 / mp.pi * mp.asin(2 * v * rho / (1 + 2 * v)),
            4 * v / mp.pi / mp.sqrt((1 + 2 * v) ** 2 - (2 * v * rho) ** 2))


CLOSED = {"linear": lambda v, rho: (v * rho, v), "relu": relu, "leakyRelu": leaky, "erf": erf}


# --- gelu, one integral in 40 digits ---------------------------------------------------------------------------

def gelu(v, rho):
    def conditional(m, t2):
        b = 1 / mp.sqrt(1 + t2)
        return (m * mp.ncdf(b * m) + b * t2 * mp.npdf(b * m),
                mp.ncdf(b * m) + b * m * mp.npdf(b * m) * (1 - b * b * t2))

    std, t2 = mp.sqrt(v), v * (1 - rho) * (1 + rho)
    edge = 14 * std
    breaks = sorted({x for w in (1, 4, 10) for x in (-w, w) if w < edge} | {-edge, -edge / 4, 0, edge / 4, edge})

    def integrate(f):
        return mp.quad(lambda x: f(x) * mp.npdf(x / std) / std, breaks, method="gauss-legendre")

    kappa = integrate(lambda x: x * mp.ncdf(x) * conditional(rho * x, t2)[0])
    chi = v * integrate(lambda x: (mp.ncdf(x) + x * mp.npdf(x)) * conditional(rho * x, t2)[1])
    return kappa, chi


# --- nested Gauss-Legendre in 80-bit floating point ------------------------------------------------------------

def legendre(count):
    nodes, weights = [], []
    guess, _ = np.polynomial.legendre.leggauss(count)
    for g in guess:
        x = mp.findroot(lambda t: mp.legendre(count, t), mp.mpf(float(g)))
        derivative = count * (x * mp.legendre(count, x) - mp.legendre(count - 1, x)) / (x * x - 1)
        nodes.append(LD(mp.nstr(x, 25)))
        weights.append(LD(mp.nstr(2 / ((1 - x * x) * derivative**2), 25)))
    return np.array(nodes, LD), np.array(weights, LD)


def grid(mean, std, center_reach, other_scale=LD(0)):
    """Nodes z and weights for E f(mean + std z), f of unit scale within center_reach of 0 and smooth outside, but for
    features of width other_scale around 0 (what the inner Gaussian leaves of phi's step)."""
    breaks = [LD(k) for k in range(-11, 12)]
    for k in range(-11, 12):
        if other_scale > 1 and abs(k * other_scale - mean) < 11 * std:
            breaks.append((k * other_scale - mean) / std)
    for k in range(-center_reach, center_reach + 1):
        z = (LD(k) - mean) / std
        if abs(z) < 11:
            breaks.append(z)
    breaks = np.array(sorted(set(breaks)), LD)
    half = (breaks[1:] - breaks[:-1]) / 2
    middle = (breaks[1:] + breaks[:-1]) / 2
    z = (middle[:, None] + half[:, None] * NODES[None, :]).ravel()
    w = (half[:, None] * WEIGHTS[None, :]).ravel() * np.exp(-z * z / 2) / np.sqrt(2 * LD_PI)
    return z, w


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def tanh_slope(x):
    e = np.exp(-2 * np.abs(x))
    return 4 * e / (1 + e) ** 2


def tanh_difference(x, delta):
    """tanh(x) - tanh(x - delta) = tanh(delta) (1 - tanh(x) tanh(x - delta))"""
    return np.tanh(delta) * (1 - np.tanh(x) * np.tanh(x - delta))


def gelu_tanh(x):
    return x * sigmoid(2 * C * (x + B * x**3))


def gelu_tanh_slope(x):
    y = 2 * C * (x + B * x**3)
    return sigmoid(y) + x * sigmoid(y) * sigmoid(-y) * 2 * C * (1 + 3 * B * x * x)


SMOOTH = {
    # phi, phi', phi(x) - phi(x - delta), distance from 0 beyond which phi is a polynomial to 1e-20
    "tanh": (np.tanh, tanh_slope, tanh_difference, 25),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x),
                lambda x, delta: tanh_difference(x / 2, delta / 2) / 2, 50),
    "silu": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * sigmoid(-x)),
             lambda x, delta: x * sigmoid(x) - (x - delta) * sigmoid(x - delta), 60),
    "geluTanh": (gelu_tanh, gelu_tanh_slope, lambda x, delta: gelu_tanh(x) - gelu_tanh(x - delta), 14),
}


def nested(name, v, u):
    phi, slope, difference, center = SMOOTH[name]
    std, rho, tau = np.sqrt(v), 1 - u, np.sqrt(v * u * (2 - u))
    z1, w1 = grid(LD(0), std, center, tau / abs(rho) if rho != 0 else LD(0))
    kappa = gap = chi = LD(0)
    for z, w in zip(z1, w1):
        if w < LD(1e-30):
            continue
        x1 = std * z
        if tau == 0:
            x2, delta, w2 = np.array([rho * x1]), np.array([u * x1]), np.array([LD(1)])
        else:
            z2, w2 = grid(rho * x1, tau, center)
            x2, delta = rho * x1 + tau * z2, u * x1 - tau * z2
        d = difference(np.full_like(x2, x1), delta)
        kappa += w * phi(x1) * np.sum(w2 * phi(x2))
        chi += w * slope(x1) * np.sum(w2 * slope(x2))
        gap += w * np.sum(w2 * d * d) / 2
    return kappa, gap, v * chi


def digits(x):
    return np.format_float_scientific(x, precision=19, unique=False) if isinstance(x, LD) else mp.nstr(x, 20)


def rows():
    for name, closed in CLOSED.items():
        mp.mp.dps = 60
        for v in VARIANCES:
            for u in US:
                kappa, chi = closed(mp.mpf(v), 1 - mp.mpf(u))
                one, _ = closed(mp.mpf(v), mp.mpf(1))
                # erf's and ReLU's kappa are exactly 0 at the ends where they should be, up to 60 digits
                yield name, v, u, mp.chop(kappa, mp.mpf(10) ** -50), mp.chop(one - kappa, mp.mpf(10) ** -50), chi
    mp.mp.dps = 40
    for v in VARIANCES:
        one, _ = gelu(mp.mpf(v), mp.mpf(1))
        for u in US:
            kappa, chi = gelu(mp.mpf(v), 1 - mp.mpf(u))
            yield "gelu", v, u, kappa, one - kappa if u != "0" else mp.mpf(0), chi
    for name in SMOOTH:
        for v in VARIANCES:
            for u in US:
                yield (name, v, u) + nested(name, LD(v), LD(u))


def verify():
    """The nested rule against mpmath's own two-dimensional quadrature."""
    mp.mp.dps = 25
    functions = {
        "tanh": (mp.tanh, lambda x: 1 / mp.cosh(x) ** 2),
        "silu": (lambda x: x / (1 + mp.exp(-x)), lambda x: (1 + x / (1 + mp.exp(x))) / (1 + mp.exp(-x))),
    }
    for name, (phi, slope) in functions.items():
        for v, u in (("1", "0.5"), ("9", "0.01"), ("100", "1.5")):
            std, rho = mp.sqrt(mp.mpf(v)), 1 - mp.mpf(u)
            tau = mp.sqrt(mp.mpf(v) * (1 - rho**2))

            def expectation(f):
                outer = [-11, -4, -1, 0, 1, 4, 11]

                def inner(z):
                    x = std * z
                    zero = -rho * x / tau
                    middle = {zero} if abs(zero) < 11 else set()
                    return f(x) * mp.quad(lambda y: f(rho * x + tau * y) * mp.npdf(y), sorted({-11, -4, 0, 4, 11} | middle))

                return mp.quad(lambda z: mp.npdf(z) * inner(z), outer, maxdegree=5)

            kappa, _, chi = nested(name, LD(v), LD(u))
            exact = expectation(phi), mp.mpf(v) * expectation(slope)
            print(name, v, u, [mp.nstr(abs(mp.mpf(digits(x)) / y - 1), 3) for x, y in zip((kappa, chi), exact)], flush=True)


mp.mp.dps = 40
NODES, WEIGHTS = legendre(24)
LD_PI = LD(mp.nstr(mp.pi, 25))
C, B = LD(mp.nstr(mp.sqrt(2 / mp.pi), 25)), LD("0.044715")

if __name__ == "__main__":
    if sys.argv[1:] == ["verify"]:
        verify()
    else:
        print("activation,v,u,kappa,gap,chi")
        for name, v, u, *values in rows():
            print(",".join([name, v, u] + [digits(x) for x in values]), flush=True)
