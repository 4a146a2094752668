"""The top eigenpair of X^T diag(z) X by SciPy's eigsh, for bench-operators: the law of the operator, tolerance and vectors are the same.

Usage: operators.py ROWS COLS; prints seconds."""
import sys
import time

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

rows, cols = map(int, sys.argv[1:])
rng = np.random.default_rng(1)
X, z = rng.standard_normal((rows, cols)), rng.standard_normal(rows)
z[0] = 12
A = LinearOperator((cols, cols), matvec=lambda v: X.T @ (z * (X @ v)), dtype=float)
start = time.perf_counter()
eigsh(A, k=1, which="LA", ncv=40, tol=1e-6, v0=rng.standard_normal(cols))
print(time.perf_counter() - start)
