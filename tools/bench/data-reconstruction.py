"""Replicates of data-reconstruction in NumPy and SciPy, for bench-algebra: the same algorithms as in sim/data-reconstruction/.

Usage: data-reconstruction.py ROW REPLICATES; prints seconds of the processor for one replicate."""
import sys
import time

import numpy as np
from scipy import linalg

rng = np.random.default_rng(1)


def sphere(n, d):
    X = rng.standard_normal((n, d))
    return X * (d**0.5 / np.linalg.norm(X, axis=1, keepdims=True))


def relu_kernel(r):
    r = np.clip(r, -1, 1)
    return (np.sqrt((1 - r) * (1 + r)) + r * (np.pi - np.arccos(r))) / (2 * np.pi)


def span(d, n):
    X, U = sphere(n, d), rng.standard_normal((n, d))
    U -= ((U * X).sum(1) / d)[:, None] * X
    U /= np.linalg.norm(U, axis=1, keepdims=True)
    G, g = X @ X.T / d, U @ X.T / d**0.5
    K = relu_kernel(G)
    np.fill_diagonal(K, 0.5)
    L = linalg.cholesky(K, lower=True, check_finite=False)
    for t in (0.3, 1.0, np.pi / 2, np.pi):
        w = np.cos(t) * G + np.sin(t) * g
        np.fill_diagonal(w, np.cos(t))
        z = linalg.solve_triangular(L, relu_kernel(w).T, lower=True, check_finite=False)
        yield 1 - (z * z).sum() / n / 0.5


def tangents(V, x, act_slope):
    d = len(x)
    w = x / np.linalg.norm(x)
    w[0] += np.copysign(1, x[0])
    T = V - np.outer(V @ w, 2 * w / (w @ w))
    return act_slope(V @ x)[:, None] * T[:, 1:]


def jacobian(d, n, p):
    X, V, alpha = sphere(n, d), rng.standard_normal((p, d)) / d**0.5, rng.standard_normal(n)
    slope = lambda z: 1 - np.tanh(z) ** 2
    J = np.hstack([np.tanh(V @ X.T)] + [alpha[i] * tangents(V, X[i], slope) for i in range(n)])
    s = linalg.svdvals(J, check_finite=False)
    yield (s > 1e-12 * s[0]).sum()


def noise(d, p):
    x = np.zeros(d)
    x[0] = d**0.5
    V = rng.standard_normal((p, d)) / d**0.5
    J = np.hstack([np.abs(V @ x)[:, None], tangents(V, x, np.sign)])
    H = linalg.inv(J.T @ J, check_finite=False)
    yield np.diag(H)[1:].mean()


ROWS = {
    "span": lambda: span(200, 200),
    "jacobian": lambda: jacobian(60, 4, 240),
    "noise": lambda: noise(100, 200),
}

if __name__ == "__main__":
    run, count = ROWS[sys.argv[1]], int(sys.argv[2])
    list(run())
    start = time.process_time()
    for _ in range(count):
        list(run())
    print((time.process_time() - start) / count)
