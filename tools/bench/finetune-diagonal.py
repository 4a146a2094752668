"""Replicates of finetune-diagonal in NumPy and SciPy, for bench-algebra: the same algorithms as in sim/finetune-diagonal/ and
sim/kernels/hypentropy.c.

Usage: finetune-diagonal.py ROW REPLICATES; prints seconds of the processor for one replicate."""
import math
import sys
import time

import numpy as np
from scipy import linalg
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
        nu, b = stage(X, y, most ** (1 - t) * kappa**t, nu, 1e-11 if j == stages else 1e-3)
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


def weighted(d, n):
    w = np.r_[np.ones(d // 5), np.full(d - d // 5, 0.05)]
    X = rng.standard_normal((n, d)) / d**0.5
    teacher = np.r_[np.full(d // 25, 5.0), np.zeros(d - d // 25)]
    y = X @ teacher + 0.1**0.5 * rng.standard_normal(n)
    gram = dsyrk(1, X * np.sqrt(w), lower=1)
    b = w * (X.T @ linalg.cho_solve((linalg.cholesky(gram, lower=True, check_finite=False), True), y))
    return ((b - teacher) ** 2).mean()


ROWS = {
    "rich": lambda: fine_tuning(400, 100, 1e-6, -0.998, 1e-4),
    "lazy": lambda: fine_tuning(400, 100, 1e-3, 0.98, 0.1),
    "norm": lambda: weighted(400, 60),
}

if __name__ == "__main__":
    run, count = ROWS[sys.argv[1]], int(sys.argv[2])
    run()
    start = time.process_time()
    for _ in range(count):
        run()
    print((time.process_time() - start) / count)
