"""Replicates of finetune-diagonal in NumPy and SciPy, for bench-algebra: the same algorithms as in sim/finetune-diagonal/ and
sim/kernels/hypentropy.c.

Usage: finetune-diagonal.py ROW REPLICATES [single]; prints seconds of the processor for one replicate, the ReLU network's
in single precision on demand."""
import math
import sys
import time

import numpy as np
from scipy import integrate, linalg
from scipy.linalg.blas import dsyrk

rng = np.random.default_rng(1)
LONGEST, LARGEST = 4.0, 690.0


def stage(X, y, kappa, nu, tolerance):
    size = np.linalg.norm(y)
    s = X.T @ nu
    last, value = math.inf, kappa @ np.cosh(s) - y @ nu
    for _ in range(200):
        b = kappa * np.sinh(s)
        residual = X @ b - y
        now = np.linalg.norm(residual)
        if now <= tolerance * size or (now <= 1e-9 * size and now > 0.5 * last):
            return nu, b
        last = now
        hessian = dsyrk(1, X * np.sqrt(kappa * np.cosh(s)), lower=1)
        step = -linalg.cho_solve((linalg.cholesky(hessian, lower=True, overwrite_a=True, check_finite=False), True), residual)
        move = X.T @ step
        longest, slope = np.abs(move).max(), residual @ step
        scale = min(1, LONGEST / longest)
        for half in range(40):
            moved = s + scale * move
            if np.abs(moved).max() <= LARGEST:
                trial = kappa @ np.cosh(moved) - y @ (nu + scale * step)
                if trial <= value + 1e-4 * scale * slope or (longest < 1e-5 and half == 0):
                    break
            scale /= 2
        s, nu, value = moved, nu + scale * step, trial
    raise SystemExit("no convergence")


def minimiser(X, y, kappa):
    most, least = max(1, kappa.max()), kappa.min()
    stages, nu = max(1, math.ceil(math.log(most / least) / 2.5)), np.zeros(len(y))
    for j in range(stages + 1):
        t = j / stages
        nu, b = stage(X, y, most ** (1 - t) * kappa**t, nu, 1e-11 if j == stages else 0.5)
    return b


def fine_tuning(d, n, c, lam, gamma):
    sign = rng.choice([-1.0, 1.0], d)
    pt, ft = np.zeros(d), np.zeros(d)
    pt[: d // 5], ft[: d // 25] = 5**0.5, 5
    pt, ft = pt * sign, ft * sign
    kappa = (1 + lam) * (c + np.hypot(c, pt)) + gamma**2
    X = rng.standard_normal((n, d)) / d**0.5
    b = minimiser(X, X @ ft, kappa)
    return ((b - ft) ** 2).mean()


def pipeline(d, n_pt, n_ft, c, lam, gamma):
    sign = rng.choice([-1.0, 1.0], d)
    pt, ft = np.zeros(d), np.zeros(d)
    pt[: d // 5], ft[: d // 25] = 5**0.5, 5
    pt, ft = pt * sign, ft * sign
    X = rng.standard_normal((n_pt, d)) / d**0.5
    b = minimiser(X, X @ pt, np.full(d, c))
    X = rng.standard_normal((n_ft, d)) / d**0.5
    beta = minimiser(X, X @ ft, (1 + lam) * (c + np.hypot(c, b)) + gamma**2)
    return ((b - pt) ** 2).mean(), ((beta - ft) ** 2).mean()


def weighted(d, n):
    w = np.r_[np.ones(d // 5), np.full(d - d // 5, 0.05)]
    X = rng.standard_normal((n, d)) / d**0.5
    teacher = np.r_[np.full(d // 25, 5.0), np.zeros(d - d // 25)]
    y = X @ teacher + 0.1**0.5 * rng.standard_normal(n)
    gram = dsyrk(1, X * np.sqrt(w), lower=1)
    b = w * (X.T @ linalg.cho_solve((linalg.cholesky(gram, lower=True, check_finite=False), True), y))
    return ((b - teacher) ** 2).mean()


def flow(d, n, c, lam):
    """Gradient flow of the network, 20 times on its way, its end, and five of the times by the dual flow."""
    X = rng.standard_normal((n, d)) / d**0.5
    teacher = np.r_[1.0, rng.choice([-1.0, 1.0], 4), np.zeros(d - 5)]
    y, gram = X @ teacher, X.T @ X
    u, v = np.sqrt(c * (1 + lam) / 2), np.sqrt(c * (1 - lam) / 2)
    start = np.r_[np.full(d, u), np.full(d, v), np.full(d, u), np.full(d, v)]
    sign = np.repeat([1.0, 1.0, -1.0, -1.0], d)
    swap = np.r_[d : 2 * d, 0:d, 3 * d : 4 * d, 2 * d : 3 * d]
    place = np.arange(4 * d)

    def beta(w):
        return w[:d] * w[d : 2 * d] - w[2 * d : 3 * d] * w[3 * d :]

    def velocity(t, w):
        return -sign * np.tile(X.T @ (X @ beta(w) - y), 4) * w[swap]

    def jacobian(t, w):
        g, p = X.T @ (X @ beta(w) - y), sign * w[swap]
        J = -np.outer(p, p) * np.tile(gram, (4, 4))
        J[place, swap] -= sign * np.tile(g, 4)
        return J

    def fitted(t, w):
        return np.linalg.norm(X @ beta(w) - y) - 1e-10 * np.linalg.norm(y)

    fitted.terminal = True
    times = 10 ** np.linspace(-1, 2, 20)
    path = integrate.solve_ivp(velocity, (0, 1e9), start, method="BDF", jac=jacobian, events=fitted, t_eval=times, rtol=1e-10, atol=1e-13)
    drift = np.abs(path.y[:d] ** 2 - path.y[d : 2 * d] ** 2 - lam * c).max()

    def dual(t, nu):
        return y - X @ (c * np.sinh(2 * X.T @ nu))

    def dual_jacobian(t, nu):
        return -2 * (X * (c * np.cosh(2 * X.T @ nu))) @ X.T

    nu = integrate.solve_ivp(dual, (0, times[18]), np.zeros(n), method="BDF", jac=dual_jacobian, t_eval=times[2::4], rtol=1e-10, atol=1e-13)
    return drift, nu.y, minimiser(X, y, np.full(d, c))


def pooled(file, count, offset, side):
    import gzip
    import os

    with gzip.open(os.path.join(os.environ["FASHION_MNIST"], file)) as f:
        raw = np.frombuffer(f.read(), np.uint8, offset=offset)
    if side == 0:
        return raw[:count]
    cell = 28 // side
    return raw.reshape(-1, 28, 28)[:count].reshape(-1, side, cell, side, cell).mean((2, 4)).reshape(-1, side * side)


def relu_setup(side=14):
    global IMAGES, LABELS, TEST, TRUTH
    IMAGES, LABELS = pooled("train-images-idx3-ubyte.gz", 20000, 16, side), pooled("train-labels-idx1-ubyte.gz", 20000, 8, 0)
    TEST, kind = pooled("t10k-images-idx3-ubyte.gz", 10000, 16, side), pooled("t10k-labels-idx1-ubyte.gz", 10000, 8, 0)
    mean = IMAGES.mean(0)
    scale = np.sqrt(((IMAGES - mean) ** 2).mean())
    IMAGES, TEST = (IMAGES - mean) / scale, (TEST - mean) / scale
    IMAGES, TEST = IMAGES.astype(REAL), TEST.astype(REAL)
    TEST, TRUTH = TEST[(kind == 4) | (kind == 6)], np.where(kind[(kind == 4) | (kind == 6)] == 4, 1.0, -1.0)


def relu_images(n, c, lam, H=100, batch=50, draws=20, shots=20):
    d, half = IMAGES.shape[1], H // 2
    order = rng.permutation(len(IMAGES))
    W = np.tile(rng.standard_normal((half, d)) * np.sqrt(c * (1 + lam) / d), (2, 1))
    A = rng.standard_normal((10, half)) * np.sqrt(c * (1 - lam) / H)
    W, A = W.astype(REAL), np.hstack([A, -A]).astype(REAL)
    W0, step, loss = W.copy(), 0.5 / (d * max(c, 1)), np.inf
    rows = np.arange(batch)
    while not loss < 0.5:
        loss = 0
        for chosen in rng.permutation(order[:n]).reshape(-1, batch):
            x, label = IMAGES[chosen], LABELS[chosen]
            h = np.maximum(x @ W.T, 0)
            z = h @ A.T
            z -= z.max(1, keepdims=True)
            p = np.exp(z)
            total = p.sum(1, keepdims=True)
            loss += (np.log(total[:, 0]) - z[rows, label]).mean() * batch / n
            p /= total
            p[rows, label] -= 1
            p /= batch
            back = p @ A
            back *= h > 0
            A -= step * (p.T @ h)
            W -= step * (back.T @ x)
    rest = [order[n:][LABELS[order[n:]] == k] for k in (4, 6)]
    y, accuracy = np.repeat([1.0, -1.0], shots), []
    for early in (W, W0):
        features = np.maximum(TEST @ early.T, 0)
        for _ in range(draws):
            x = IMAGES[np.r_[rng.choice(rest[0], shots, False), rng.choice(rest[1], shots, False)]]
            h = np.maximum(x @ early.T, 0)
            K = h @ h.T
            K.flat[:: 2 * shots + 1] += 1e-10 * np.trace(K) / (2 * shots)
            a = h.T @ linalg.cho_solve(linalg.cho_factor(K, lower=True, check_finite=False), y)
            accuracy.append(((features @ a) * TRUTH > 0).mean())
    return np.mean(accuracy[:draws]) - np.mean(accuracy[draws:])


SETUP = {"relu": relu_setup}
ROWS = {
    "rich": lambda: fine_tuning(400, 100, 1e-6, -0.998, 1e-4),
    "lazy": lambda: fine_tuning(400, 100, 1e-3, 0.98, 0.1),
    "pipeline": lambda: pipeline(400, 240, 80, 0.05, -0.9, 0.05),
    "norm": lambda: weighted(400, 60),
    "flow": lambda: flow(60, 24, 0.1, -0.9),
    "relu": lambda: relu_images(4000, 1, 0.99),
}

if __name__ == "__main__":
    run, count = ROWS[sys.argv[1]], int(sys.argv[2])
    REAL = np.float32 if "single" in sys.argv else np.float64
    SETUP.get(sys.argv[1], lambda: None)()
    run()
    start = time.process_time()
    for _ in range(count):
        run()
    print((time.process_time() - start) / count)
