"""The steps of bench-networks in NumPy: prints milliseconds of the processor a step, the median of five batches.

    networks.py network BLOCKS K n d L T PIXELS   rn1, rn2 or tx1: forward, reverse, Adam
    networks.py classifier MODEL d n N            soft or lin: n samples in context, N queries
    networks.py gradient n T m                    the first step of embeddings, from counts [n][m]
    networks.py flow k m0 T                       the flow of p from t = 0 to 1000, balanced design (SciPy)
"""
import sys
import time

import numpy as np

rng = np.random.default_rng(1)


def milliseconds(step):
    step(), step()
    start = time.process_time()
    step()
    count = max(1, int(0.2 / max(time.process_time() - start, 1e-6)))
    batches = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(count):
            step()
        batches.append(1e3 * (time.process_time() - start) / count)
    return np.median(batches)


class Adam:
    def __init__(self, *unknowns):
        self.unknowns, self.k = unknowns, 0
        self.moments = [(np.zeros_like(x), np.zeros_like(x)) for x in unknowns]

    def step(self, gradients, rate):
        self.k += 1
        for x, g, (m, v) in zip(self.unknowns, gradients, self.moments):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            x -= rate * (m / (1 - 0.9**self.k)) / (np.sqrt(v / (1 - 0.999**self.k)) + 1e-8)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# ---- networks with normalised blocks ----


def normalise(y):
    y = y - y.mean(axis=1, keepdims=True)
    length = np.linalg.norm(y, axis=1, keepdims=True)
    return y / length, length


def normalise_back(h, length, g):
    g = (g - h * (h * g).sum(axis=1, keepdims=True)) / length
    return g - g.mean(axis=1, keepdims=True)


def attend(h, W, T):
    sequences = h.reshape(-1, T, h.shape[1])
    q, k = ((h @ w.T).reshape(sequences.shape) for w in W[:2])
    a = softmax(q @ k.transpose(0, 2, 1))
    mixed = (a @ sequences).reshape(h.shape)
    return mixed @ W[2].T, (sequences, q, k, a, mixed)


def attend_back(h, W, kept, g, wanted):
    sequences, q, k, a, mixed = kept
    through = (g @ W[2]).reshape(sequences.shape)
    da = through @ sequences.transpose(0, 2, 1)
    ds = a * (da - (a * da).sum(axis=2, keepdims=True))
    dq, dk = (ds @ k).reshape(h.shape), (ds.transpose(0, 2, 1) @ q).reshape(h.shape)
    if wanted:
        mixed_back = (a.transpose(0, 2, 1) @ through).reshape(h.shape)
        back = mixed_back + dq @ W[0] + dk @ W[1]
    return dq.T @ h, dk.T @ h, g.T @ mixed, back if wanted else None


def network(blocks, K, n, d, L, T, pixels):
    N, M, decay = K * n, {"rn1": 1, "rn2": 2, "tx1": 4}[blocks], 0.005
    labels = np.repeat(np.arange(K), n)
    inputs = rng.standard_normal((N, pixels)) if pixels else normalise(rng.standard_normal((N, d)))[0]
    W = rng.standard_normal((L, M, d, d)) / np.sqrt(d * L)
    U = rng.standard_normal((K, d)) / np.sqrt(d)
    E = rng.standard_normal((d, pixels)) / np.sqrt(max(pixels, 1))
    adam = Adam(W, U, E) if pixels else Adam(W, U)

    def gradients():
        kept = []
        h, first_length = normalise(inputs @ E.T) if pixels else (inputs, None)
        first = h
        for l in range(L):
            middle_length = tokens = None
            if blocks == "tx1":
                mixed, tokens = attend(h, W[l], T)
                middle, middle_length = normalise(h + mixed)
            else:
                middle = h
            z = middle @ W[l, 0].T if blocks == "rn2" else middle
            s = np.maximum(z, 0)
            out, length = normalise(middle + s @ W[l, -1].T)
            kept.append((h, tokens, middle, middle_length, z, s, out, length))
            h = out
        p = softmax(h @ U.T)
        p[np.arange(N), labels] -= 1
        p /= N
        dU = p.T @ h + decay * U
        g = p @ U
        dW = np.empty_like(W)
        for l in reversed(range(L)):
            h, tokens, middle, middle_length, z, s, out, length = kept[l]
            wanted = l > 0 or pixels > 0
            g = normalise_back(out, length, g)
            dW[l, -1] = g.T @ s
            if wanted or blocks != "rn1":
                back = (g @ W[l, -1]) * (z > 0)
            if blocks == "rn2":
                dW[l, 0] = back.T @ middle
                back = back @ W[l, 0] if wanted else None
            if wanted or blocks == "tx1":
                g = g + back
            if blocks == "tx1":
                g = normalise_back(middle, middle_length, g)
                dW[l, 0], dW[l, 1], dW[l, 2], back = attend_back(h, W[l], tokens, g, wanted)
                g = g + back if wanted else None
        dW += decay * W
        if not pixels:
            return dW, dU
        return dW, dU, normalise_back(first, first_length, g).T @ inputs

    return lambda: adam.step(gradients(), 0.005)


# ---- attention classifiers ----


def classifier(model, d, n, N):
    C, e = 10, 1e-3
    X, Q = rng.standard_normal((n, d)), rng.standard_normal((N, d))
    yx, yq = rng.integers(0, C, n), rng.integers(0, C, N)
    W = 0.05 * np.eye(d)
    adam = Adam(W)

    def soft():
        a = softmax(Q @ W @ X.T)
        hit = yx[None, :] == yq[:, None]
        P = (a * hit).sum(axis=1, keepdims=True)
        G = -(1 - e) * a * (hit - P) / ((1 - e) * P + e / C) / N
        return Q.T @ (G @ X)

    def lin():
        Y = np.eye(C)[yx]
        H = (Y - Y.mean(axis=0)).T @ X / n
        p = softmax(Q @ W @ H.T)
        p[np.arange(N), yq] -= 1
        return Q.T @ (p / N @ H)

    gradient = soft if model == "soft" else lin
    return lambda: adam.step((gradient(),), 1e-3)


# ---- embeddings ----


def gradient(n, T, m):
    tokens = rng.integers(0, m, (n, T))
    C = np.zeros((n, m))
    np.add.at(C, (np.arange(n)[:, None], tokens), 1)
    y = rng.choice([-1.0, 1.0], n)
    gam, pi = rng.standard_normal(m), rng.standard_normal(m)

    def step():
        e = np.exp(pi)
        total, value = (C @ np.column_stack((e, e * gam))).T
        f = value / total
        g = y / (1 + np.exp(y * f)) / total / n
        first, second = np.vstack((g, g * f)) @ C
        return e * first, e * (gam * first - second)

    return step


def flow(k, m0, T):
    from scipy.integrate import solve_ivp

    n, m = 2 * k * m0, 2 * k + m0
    C, y = np.zeros((n, m)), np.repeat([1.0, -1.0], k * m0)
    for s in range(2 * k):
        for j in range(m0):
            C[s * m0 + j, s] = 1
            C[s * m0 + j, 2 * k + (j + np.arange(T - 1)) % m0] = 1
    gam = np.r_[np.ones(k), -np.ones(k), np.zeros(m0)]
    best = y * np.where(C > 0, y[:, None] * gam, -np.inf).max(axis=1)
    odds = np.exp(y * best)

    def field(tau, z):  # K = 1
        e = np.exp(z - z.max())
        total, value = (C @ np.column_stack((e, e * gam))).T
        missing = y * (best - value / total)
        g = 1 / (1 + odds * np.exp(-missing)) / n / total
        first, second = np.vstack((g * (missing - y * best), g * y)) @ C
        return np.exp(tau) * e * (first + gam * second)

    return lambda: solve_ivp(field, (0, np.log1p(1000)), np.zeros(m), rtol=1e-9, atol=1e-9)


kind, *arguments = sys.argv[1:]
arguments = [int(a) if a.isdigit() else a for a in arguments]
print(milliseconds(globals()[kind](*arguments)))
