"""Replicates of data-reconstruction in NumPy and SciPy, for bench-algebra: the same algorithms as in sim/data-reconstruction/.

Usage: data-reconstruction.py ROW REPLICATES; prints seconds of the processor for one replicate."""
import sys
import time

import numpy as np
from scipy import linalg, optimize, special

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


def products(p, rho):
    g, h = rng.standard_normal(p), rng.standard_normal(p)
    yield np.tanh(g) @ np.tanh(rho * g + (1 - rho**2) ** 0.5 * h) / p


def relu_erf(z):
    return np.maximum(z, 0) + special.erf(z)


def relu_erf_slope(z):
    return (z > 0) + 2 / np.pi**0.5 * np.exp(-z * z)


class Enough(Exception):
    pass


def inversion(theta, V, phi, slope, start, enough, iterations):
    """The loss of the reconstruction that L-BFGS reaches from a start."""
    n, d = start.shape
    size = theta @ theta

    def objective(flat):
        y = flat.reshape(n, d)
        length = np.linalg.norm(y, axis=1, keepdims=True)
        x = y * (d**0.5 / length)
        Z = x @ V.T
        Phi = phi(Z)
        a = linalg.lstsq(Phi.T, theta, cond=1e-11, lapack_driver="gelsy", check_finite=False)[0]
        r = theta - a @ Phi
        L = r @ r / size
        if L < enough:
            raise Enough(L)
        g = ((-2 / size) * np.outer(a, r) * slope(Z)) @ V
        g = (g - (g * x).sum(1, keepdims=True) / d * x) * (d**0.5 / length)
        return L, g.ravel()

    try:
        options = dict(maxcor=20, maxiter=iterations, maxfun=10 * iterations, ftol=0, gtol=1e-10)
        return optimize.minimize(objective, start.ravel(), jac=True, method="L-BFGS-B", options=options).fun
    except Enough as reached:
        return reached.args[0]


def starts(search, count, enough, n, d):
    best = np.inf
    for _ in range(count):
        best = min(best, search(sphere(n, d)))
        if best < enough:
            break
    return best


def trained(d, n, w):
    X, y = sphere(n, d), rng.choice([-1.0, 1.0], n)
    W, a = rng.standard_normal((w, d)) / d**0.5, np.zeros(w)
    h = np.maximum(X @ W.T, 0)
    step = 0.2 * n / (2 * linalg.eigvalsh(h @ h.T)[-1])
    while True:
        Z = X @ W.T
        h = np.maximum(Z, 0)
        miss = h @ a - y
        if miss @ miss / n < 1e-12:
            break
        back = np.outer(2 / n * miss, a) * (Z > 0)
        a, W = a - step * (2 / n * (miss @ h)), W - step * (back.T @ X)
    search = lambda start: inversion(a, W, lambda z: np.maximum(z, 0), lambda z: z > 0, start, 1e-24, 500)
    yield starts(search, 4, 1e-24, n, d)


def newton(theta, V, X, stop, most):
    """Levenberg-Marquardt with variable projection, Kaufman's Jacobian."""
    n, d = X.shape
    size = theta @ theta

    def loss(X):
        Q, R = linalg.qr(relu_erf(V @ X.T), mode="economic", check_finite=False)
        c = Q.T @ theta
        r = theta - Q @ c
        return r @ r / size, Q, linalg.solve_triangular(R, c, check_finite=False), r

    def frames(X):
        w = X / np.linalg.norm(X, axis=1, keepdims=True)
        w[:, 0] += np.copysign(1, X[:, 0])
        return w, 2 / (w * w).sum(1)

    mu, (L, Q, a, r) = 1e-2, loss(X)
    for _ in range(most):
        if L < stop:
            break
        w, factor = frames(X)
        slope = relu_erf_slope(V @ X.T)
        along = (V @ w.T) * factor
        J = np.hstack([(-a[i] * d**0.5) * slope[:, i : i + 1] * (V[:, 1:] - along[:, i : i + 1] * w[i, 1:]) for i in range(n)])
        J -= Q @ (Q.T @ J)
        H, g, nu = J.T @ J, J.T @ r, 2
        diagonal = np.diag(H)
        most_of = diagonal.max()
        for rejected in range(30):
            M = H.copy()
            M.flat[:: len(M) + 1] += mu * np.maximum(diagonal, 1e-12 * most_of) + 1e-14 * most_of
            try:
                s = linalg.cho_solve(linalg.cho_factor(M, lower=True, check_finite=False), -g, check_finite=False).reshape(n, d - 1)
            except linalg.LinAlgError:
                mu, nu = mu * nu, min(2 * nu, 64)
                continue
            length = np.linalg.norm(s, axis=1, keepdims=True)
            h = np.minimum(length, 1)
            turn = np.hstack([np.zeros((n, 1)), s]) - (factor * (w[:, 1:] * s).sum(1))[:, None] * w
            trial = np.cos(h) * X + np.sin(h) * d**0.5 / length * turn
            trial *= d**0.5 / np.linalg.norm(trial, axis=1, keepdims=True)
            after = loss(trial)
            if after[0] < L:
                break
            mu, nu = mu * nu, min(2 * nu, 64)
        else:
            break
        stalled = L - after[0] < 1e-9 * L and after[0] > 1e-12
        X, mu, (L, Q, a, r) = trial, max(mu / 3, 1e-15), after
        if stalled:
            break
    return L


def search(d, n, p):
    X, V, y = sphere(n, d), rng.standard_normal((p, d)) / d**0.5, rng.choice([-1.0, 1.0], n)
    theta = linalg.lstsq(relu_erf(X @ V.T), y)[0]
    yield min(newton(theta, V, sphere(n, d), 1e-15, 150) for _ in range(10))


def images_setup(side=7):
    global SETS
    import gzip
    import os

    def read(file, offset):
        with gzip.open(os.path.join(os.environ["FASHION_MNIST"], file)) as f:
            return np.frombuffer(f.read(), np.uint8, offset=offset)

    cell = 28 // side
    raw = read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[:12000]
    x, label = raw.reshape(-1, side, cell, side, cell).mean((2, 4)).reshape(-1, side * side), read("train-labels-idx1-ubyte.gz", 8)[:12000]
    x = x - x[:6000].mean(0)
    x *= side / np.linalg.norm(x, axis=1, keepdims=True)
    SETS = [x[label == k] for k in (0, 1)]


def images(p):
    k = 2 * rng.integers(0, 500)
    X = np.vstack([SETS[0][k : k + 2], SETS[1][k : k + 2]])
    n, d = X.shape
    V = rng.standard_normal((p, d)) / d**0.5
    theta = linalg.lstsq(relu_erf(X @ V.T), np.array([-1.0, -1, 1, 1]))[0]
    find = lambda start: inversion(theta, V, relu_erf, relu_erf_slope, start, 1e-14, 1500)
    yield starts(find, 6, 1e-14, n, d)


SETUP = {"images": images_setup}
ROWS = {
    "products": lambda: products(20000, 0.3),
    "trained": lambda: trained(20, 4, 320),
    "search": lambda: search(10, 4, 120),
    "images": lambda: images(784),
    "span": lambda: span(100, 400),
    "jacobian": lambda: jacobian(60, 4, 240),
    "noise": lambda: noise(100, 200),
}

if __name__ == "__main__":
    run, count = ROWS[sys.argv[1]], int(sys.argv[2])
    SETUP.get(sys.argv[1], lambda: None)()
    list(run())
    start = time.process_time()
    for _ in range(count):
        list(run())
    print((time.process_time() - start) / count)
