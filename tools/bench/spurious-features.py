"""Replicates of spurious-features in NumPy and SciPy, for bench-algebra: the algorithms of sim/spurious-features/.

Usage: spurious-features.py ROW REPLICATES [single]; prints seconds of the processor for one replicate, the network's in
single precision on demand."""
import sys
import time

import numpy as np
from scipy import fft, linalg, special
from scipy.linalg.blas import dsyrk

rng = np.random.default_rng(1)


def twoblock(d):
    v = np.r_[np.full(d // 2, 1.6), np.full(d // 2, 0.4)]
    theta = (-1.0) ** np.arange(d) / np.sqrt(d)
    return dict(d=d, a=np.ones(d), b=v, q=0.5 * np.sqrt(v), theta=theta, u=0.5 * np.sqrt(v) * theta)


def dct(d, rho=0.7):
    a, b = (np.arange(1, d + 1.0) ** -e for e in (0.3, 0.7))
    a, b = a * d / a.sum(), b * d / b.sum()
    theta = np.cos(np.arange(1, d + 1))
    theta /= np.linalg.norm(theta)
    u = rho * np.sqrt(b) * fft.dct(np.sqrt(a) * theta, norm="ortho")
    return dict(d=d, a=a, b=b, rho=rho, theta=theta, u=u)


def rows(m, n):
    s = rng.standard_normal((n, 2 * m["d"]))
    x, e = s[:, : m["d"]], s[:, m["d"] :]
    if "q" in m:
        e *= np.sqrt(m["b"] - m["q"] ** 2)
        e += m["q"] * x
    else:
        e *= np.sqrt(1 - m["rho"] ** 2)
        e += m["rho"] * fft.dct(x, axis=1, norm="ortho")
        e *= np.sqrt(m["b"])
        x *= np.sqrt(m["a"])
    return s


def covariance(m, v):
    d = m["d"]
    if "q" in m:
        return np.r_[m["a"] * v[:d] + m["q"] * v[d:], m["b"] * v[d:] + m["q"] * v[:d]]
    cross = m["rho"] * np.sqrt(m["a"]) * fft.idct(np.sqrt(m["b"]) * v[d:], norm="ortho")
    back = m["rho"] * np.sqrt(m["b"]) * fft.dct(np.sqrt(m["a"]) * v[:d], norm="ortho")
    return np.r_[m["a"] * v[:d] + cross, m["b"] * v[d:] + back]


def draw(m, n):
    Z = rows(m, n)
    return Z, Z[:, : m["d"]] @ m["theta"] + 0.5 * rng.standard_normal(n)


def loss(m, hat):
    miss = hat.copy()
    miss[: m["d"]] -= m["theta"]
    image = covariance(m, miss)
    return 0.25 + miss @ image, image


def path(m, n):
    Z, g = draw(m, n)
    d = m["d"]
    gram = dsyrk(1.0 / n, Z.T, lower=1)
    w, U = linalg.eigh(gram, lower=True, driver="evd", overwrite_a=True, check_finite=False)
    t = U.T @ (Z.T @ g) / n
    for lam in (0.05, 0.3, 1, 4):
        hat, slope = U @ (t / (w + lam)), U @ (-t / (w + lam) ** 2)
        tau = n / ((1 / (w + lam)).sum() + (n - 2 * d) / lam)
        L, image = loss(m, hat)
        fit = Z @ hat - g
        yield tau, m["u"] @ hat[d:], L, fit @ fit / n, m["u"] @ slope[d:], 2 * slope @ image


def solve(gram, penalty, right):
    gram.flat[:: len(gram) + 1] += penalty
    factor = linalg.cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
    return linalg.cho_solve((factor, True), right)


def ridge(X, y, penalty):
    if len(X) < X.shape[1]:
        return X.T @ solve(dsyrk(1.0, X.T, trans=1, lower=1), penalty, y)
    return solve(dsyrk(1.0, X.T, lower=1), penalty, X.T @ y)



def features(m, n, p=900, tests=200):
    Z, g = draw(m, n)
    D = 2 * m["d"]
    V = rng.standard_normal((p, D)) / np.sqrt(D)
    a = ridge(special.erf(Z @ V.T) / np.sqrt(p), g, 1e-9)
    hat = ridge(Z, g, n * 0.1)
    variances = np.r_[m["a"], m["b"]]
    h = 2 / np.sqrt(np.pi * (1 + 2 * (V**2 @ variances))) * (V[:, m["d"] :] @ m["u"]) / np.sqrt(p)
    T = rows(m, tests)
    truth = T[:, : m["d"]] @ m["theta"]
    f, linear = special.erf(T @ V.T) @ a / np.sqrt(p), T @ hat
    yield a @ h, loss(m, hat)[0] + np.mean((f - truth) ** 2 - (linear - truth) ** 2)


def kernel(m, n, tests=300):
    Z, g = draw(m, n)
    D, d = 2 * m["d"], m["d"]

    def k(A):
        s, t = (A**2).sum(1) / D, (Z**2).sum(1) / D
        return 2 / np.pi * np.arcsin(2 * (A @ Z.T) / D / np.sqrt((1 + 2 * s)[:, None] * (1 + 2 * t)))

    dual = solve(k(Z), 1e-9, g)
    hat = ridge(Z, g, n * 0.1)
    first, second = rows(m, tests), rows(m, tests)
    truth = first[:, :d] @ m["theta"]
    f, linear = k(first) @ dual, first @ hat
    L = loss(m, hat)[0] + np.mean((f - truth) ** 2 - (linear - truth) ** 2)
    second[:, d:] = first[:, d:]
    f, linear = k(second) @ dual, second @ hat
    yield m["u"] @ hat[d:] + np.cov(f - linear, truth)[0, 1], L


def large(m, n, lam=0.3, probes=8):
    Z, g = draw(m, n)
    B = np.vstack([Z.T @ g / n, rng.choice([-1.0, 1.0], (probes, 2 * m["d"]))])
    X, R = np.zeros_like(B), B.copy()
    P, square, least = R.copy(), (R**2).sum(1), 1e-18 * (B**2).sum(1)
    while (square > least / 4).any():
        Q = (Z @ P.T).T @ Z / n + lam * P
        step = square / (P * Q).sum(1)
        X += step[:, None] * P
        R -= step[:, None] * Q
        new = (R**2).sum(1)
        P = R + (new / square)[:, None] * P
        square = new
    trace = (B[1:] * X[1:]).sum() / probes + (n - 2 * m["d"]) / lam
    fit = Z @ X[0] - g
    yield n / trace, m["u"] @ X[0, m["d"] :], loss(m, X[0])[0], fit @ fit / n


def clothes(n, dx=196):
    D = 2 * dx
    S = rng.standard_normal((n, D)) @ ROOT.T
    y = S @ BETA + 0.5 * rng.standard_normal(n)
    gram, right = dsyrk(1.0, S.T, lower=1), S.T @ y
    for lam in (0.1, 1):
        shifted = gram.copy(order="F")
        shifted.flat[:: D + 1] += n * lam
        factor = linalg.cholesky(shifted, lower=True, overwrite_a=True, check_finite=False)
        hat = linalg.cho_solve((factor, True), right)
        inverse = linalg.lapack.dtrtri(factor, lower=1)[0]
        miss = hat - BETA
        yield BETA @ hat, miss @ (ROOT @ (ROOT.T @ miss)), 1 / ((inverse**2).sum() + (n - D) / (n * lam))


def clothes_setup(dx=196):
    global ROOT, BETA
    ROOT = linalg.cholesky(np.eye(2 * dx) + 0.5, lower=True)
    BETA = rng.standard_normal(2 * dx) / dx**0.5


def coloured(rows, r, kap, dx=49):
    """Images with a coloured patch; a table of random numbers stands for the images."""
    image = rng.integers(0, len(POOL), rows)
    label = LABEL[image]
    colour = np.where(rng.random(rows) < (1 + r) / 2, label, -label)
    patch = kap * colour[:, None] + (1 - kap**2) ** 0.5 * rng.standard_normal((rows, dx))
    return np.hstack([POOL[image], patch])


def network(n, steps, hidden=64, tests=4000, dx=49, rate=0.1, wd=0.03):
    Z, test = coloured(n, 0.8, 0.5), coloured(tests, 0.8, 0.5)
    theta = np.ones(dx) / dx
    g, truth = Z[:, :dx] @ theta + 0.5 * rng.standard_normal(n), test[:, :dx] @ theta
    W, a = rng.standard_normal((hidden, 2 * dx)) / (2 * dx) ** 0.5, rng.standard_normal(hidden) / hidden**0.5
    Z, test, g, truth, W, a = (x.astype(REAL) for x in (Z, test, g, truth, W, a))
    for step in range(steps):
        h = Z @ W.T
        np.maximum(h, 0, out=h)
        miss = (h @ a - g) / n
        back = np.outer(miss, a)
        back *= h > 0
        a, W = a - rate * (h.T @ miss + wd * a), W - rate * (back.T @ Z + wd * W)
    other = np.hstack([np.roll(test[:, :dx], -1, axis=0), test[:, dx:]])
    f, own = (np.maximum(X @ W.T, 0) @ a for X in (other, test))
    yield np.cov(f, truth)[0, 1], ((own - truth) ** 2).mean()


def network_setup():
    global POOL, LABEL
    POOL, LABEL = rng.standard_normal((60000, 49)), rng.choice([-1.0, 1.0], 60000)


SETUP = {"clothes": clothes_setup, "network": network_setup}
ROWS = {
    "path": lambda: path(dct(100), 300),
    "path-400": lambda: path(dct(400), 1200),
    "features": lambda: features(twoblock(100), 300),
    "kernel": lambda: kernel(twoblock(96), 288),
    "clothes": lambda: clothes(800),
    "network": lambda: network(400, 400),
    "large": lambda: large(twoblock(200), 600),
    "large-800": lambda: large(twoblock(800), 2400),
}

if __name__ == "__main__":
    run, count = ROWS[sys.argv[1]], int(sys.argv[2])
    REAL = np.float32 if "single" in sys.argv else np.float64
    SETUP.get(sys.argv[1], lambda: None)()
    list(run())
    start = time.process_time()
    for _ in range(count):
        list(run())
    print((time.process_time() - start) / count)
