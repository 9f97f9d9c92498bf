#!/usr/bin/env python3
"""Writes attention.csv: reference values of S1, S2, T1, T2 (derivation section 3) at any n, s and row correlation rho.

Needs numpy; the tests read only the committed CSV. The integrals over t are those of the derivation, but evaluated by
other rules than the library's:

* S1, T1 (one row): composite Gauss-Legendre panels in tau and in g, 80-bit floating point;
* S2, T2 (two rows): the joint normal density of (g, g') on a product grid, phi_ab = F_a W F_b^T, instead of Mehler's
  series, in 64-bit floating point with a relative error below 1e-12 (halving both steps moves nothing above it).

The one-row values of the second rule are asserted against the first. Columns: n, s, u, S1, S2, T1, T2.
"""
import numpy as np

LD = np.longdouble
TWO_PI = LD("6.283185307179586476925286766559")

POINTS = [(n, s) for n in (2, 3, 16, 256, 10**4, 10**6) for s in ("1e-3", "0.1", "1", "3", "8", "20", "50")]


def legendre():
    x, w = np.polynomial.legendre.leggauss(24)
    x = x.astype(LD)
    for _ in range(3):  # Newton in 80 bits
        p0, p1 = np.ones_like(x), x
        for k in range(2, 25):
            p0, p1 = p1, ((2 * k - 1) * x * p1 - (k - 1) * p0) / k
        d = 24 * (x * p1 - p0) / (x * x - 1)
        x = x - p1 / d
    return x, 2 / ((1 - x * x) * d * d)


NODES, WEIGHTS = legendre()


def panels(breaks):
    breaks = np.array(sorted(set(breaks)), LD)
    half, middle = (breaks[1:] - breaks[:-1]) / 2, (breaks[1:] + breaks[:-1]) / 2
    return (middle[:, None] + half[:, None] * NODES).ravel(), (half[:, None] * WEIGHTS).ravel()


def one_row(n, s):
    """S1 and T1"""
    reach = 9.5 + np.sqrt(2 * np.log(float(n)))
    first, last = -np.log(float(n)) - float(s) * reach - 45, float(s) * np.sqrt(80 / n) + 6
    tau, w_tau = panels(np.linspace(LD(first), LD(last), max(60, int(last - first)) + 1))
    sums = np.zeros(3, LD)
    standard = list(np.arange(-15, 16).astype(LD))
    for t, wt in zip(tau, w_tau):
        inner = [(LD(k) - t) / s for k in range(-46, 8)]
        g, w = panels(standard + [b for b in inner if abs(b) < 15])
        w = w * np.exp(-g * g / 2) / np.sqrt(TWO_PI)
        y = np.exp(np.minimum(t + s * g, LD(9)))
        k0 = np.exp(-y)
        psi = -np.sum(w * np.expm1(-y))
        k2, k3, k4 = (np.sum(w * k0 * y**m) for m in (2, 3, 4))
        rest = np.exp((n - 2) * np.log1p(-min(psi, LD(1) - LD(1e-19))))
        rest1 = rest * (1 - psi)
        sums += wt * np.array([k2 * rest1, k3 * rest1 / 2, (k4 * rest1 + (n - 1) * k2 * k2 * rest) / 6])
    s1, cubic, quartic = n * sums
    return s1, s1 - 2 * cubic + quartic


def two_rows(n, s, rho, refine=1.0):
    """S2 and T2, and S1 by the same rule"""
    s = float(s)
    reach = 9 + np.sqrt(2 * np.log(n))
    # the density's narrow direction has width sqrt(1 - |rho|); F needs a step of 2 pi/(23.6 s)
    h = 1 / refine * min(2 * np.pi / (9 + 24 * s), 0.7 * np.sqrt(1 - abs(rho)))
    half = int(np.ceil(reach / h))
    g = h * np.arange(-half, half + 1)
    density = np.exp(-0.5 * g * g) / np.sqrt(2 * np.pi) * h
    joint = np.exp(-(g[:, None] ** 2 - 2 * rho * g[:, None] * g[None, :] + g[None, :] ** 2) / (2 * (1 - rho * rho)))
    joint *= h * h / (2 * np.pi * np.sqrt(1 - rho * rho))
    step = 0.22 / refine * max(1.0, s / np.sqrt(2 * np.log(n) + 2))
    first, last = -np.log(n) - s * reach - 32, s * np.sqrt(60 / n) + 4.5
    tau = first + step * np.arange(int((last - first) / step) + 2)
    y = np.exp(np.minimum(tau[:, None] + s * g[None, :], 9.0))
    # nodes of tau where one row alone is already negligible add nothing
    psi1 = -np.expm1(-y) @ density
    weight = ((y * np.exp(-y)) @ density) * np.exp((n - 2) * np.log1p(-np.minimum(psi1, 1 - 1e-16)))
    y, psi1 = y[weight > 1e-14 * weight.max()], psi1[weight > 1e-14 * weight.max()]
    f0, k0 = -np.expm1(-y), np.exp(-y)
    f1, f2 = k0 * y, k0 * y * y
    g0, g1, g2 = f0 @ joint, f1 @ joint, f2 @ joint
    psi = np.minimum(psi1[:, None] + psi1[None, :] - g0 @ f0.T, 1 - 1e-16)
    rest = np.exp((n - 2) * np.log1p(-psi))
    rest1 = rest * (1 - psi)
    k11, k21, k22 = g1 @ f1.T, g2 @ f1.T, g2 @ f2.T
    area = n * step * step
    s2 = area * np.sum(k11 * rest1)
    cubic = area * np.sum(k21 * rest1)
    quartic = area * np.sum(k22 * rest1 + (n - 1) * k11 * k11 * rest)
    return s2, s2 - 2 * cubic + quartic


def main():
    print("n,s,u,S1,S2,T1,T2")
    for n, s in POINTS:
        s1, t1 = one_row(n, LD(s))
        rhos = ["0.5", "0.97"] if float(s) <= 8 else ["0.5"]
        if n <= 16 and float(s) <= 8:
            rhos.append(str(-1 / (n - 1)) if n > 2 else "-0.9")
        for rho in rhos:
            u = 1 - float(rho)
            s2, t2 = two_rows(n, s, 1 - u)
            if float(s) <= 3:
                finer = two_rows(n, s, 1 - u, 1.3)
                worst = max(abs(s2 / finer[0] - 1), abs(t2 / finer[1] - 1))
                assert worst < 2e-12, (n, s, rho, worst)
            print(f"{n},{s},{u!r},{s1:.18e},{s2:.15e},{t1:.18e},{t2:.15e}", flush=True)


if __name__ == "__main__":
    main()
