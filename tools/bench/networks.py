"""A training step of the residual network of bench-networks in NumPy: prints milliseconds of the processor. Arguments: K n d L."""
import sys
import time

import numpy as np

K, n, d, L = map(int, sys.argv[1:])
N = K * n
rng = np.random.default_rng(1)
labels = np.repeat(np.arange(K), n)
decay = 0.005


def normalise(y):
    y = y - y.mean(axis=1, keepdims=True)
    length = np.linalg.norm(y, axis=1, keepdims=True)
    return y / length, length


def normalise_back(h, length, g):
    g = (g - h * (h * g).sum(axis=1, keepdims=True)) / length
    return g - g.mean(axis=1, keepdims=True)


def gradients(W, U, X):
    h, kept = X, []
    for l in range(L):
        s = np.maximum(h, 0)
        out, length = normalise(h + s @ W[l].T)
        kept.append((h, s, out, length))
        h = out
    z = h @ U.T
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(N), labels] -= 1
    p /= N
    dU = p.T @ h + decay * U
    g = p @ U
    dW = np.empty_like(W)
    for l in reversed(range(L)):
        h, s, out, length = kept[l]
        g = normalise_back(out, length, g)
        dW[l] = g.T @ s + decay * W[l]
        g = g + (g @ W[l]) * (h > 0)
    return dW, dU


def adam(x, g, m, v, k, rate):
    m += 0.1 * (g - m)
    v += 0.001 * (g * g - v)
    x -= rate * (m / (1 - 0.9**k)) / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)


X = normalise(rng.standard_normal((N, d)))[0]
W = rng.standard_normal((L, d, d)) / np.sqrt(d * L)
U = rng.standard_normal((K, d)) / np.sqrt(d)
moments = [np.zeros_like(W), np.zeros_like(W), np.zeros_like(U), np.zeros_like(U)]
start = time.process_time()
for k in range(1, 201):
    dW, dU = gradients(W, U, X)
    adam(W, dW, moments[0], moments[1], k, 0.005)
    adam(U, dU, moments[2], moments[3], k, 0.005)
print(1e3 * (time.process_time() - start) / 200)
