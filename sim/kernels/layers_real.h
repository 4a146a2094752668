/* What layers.h has in both precisions, and the relu of double: the body of layers.c, which defines
 *   REAL, LAYER(name), GEMM   the type of a number, a function's name, and the product of matrices.
 * No include guard: it is included once for each precision, and undefines what it was given. */

#define LANES (int)(32 / sizeof(REAL))
#define V LAYER(numbers)
#define MASK __typeof__((V){0} < (V){0})
#define AT(p) (*(const LAYER(anywhere) *)(p))
#define PUT(p) (*(LAYER(anywhere) *)(p))
typedef REAL V __attribute__((vector_size(32)));
typedef REAL LAYER(anywhere) __attribute__((vector_size(32), aligned(sizeof(REAL)), may_alias));

void LAYER(dense_turned)(const REAL *X, int N, int in, const REAL *turned, int out, REAL beta, REAL *Y) {
  const int rows = rows_of_a_block(N, in, out);
  for (int i = 0; i < N; i += rows)
    GEMM(CblasRowMajor, CblasNoTrans, CblasNoTrans, least(rows, N - i), out, in, 1,
         X + (size_t)i * (size_t)in, in, turned, out, beta, Y + (size_t)i * (size_t)out, out);
}

void LAYER(dense_reverse)(const REAL *X, int N, int in, const REAL *W, int out, const REAL *dY, REAL *dW,
                          REAL beta, REAL *dX) {
  const int rows = rows_of_a_block(N, in, out);
  for (int i = 0; dW && i < N; i += rows)
    GEMM(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, least(rows, N - i), 1,
         dY + (size_t)i * (size_t)out, out, X + (size_t)i * (size_t)in, in, 1, dW, in);
  if (dX) LAYER(dense_turned)(dY, N, out, W, in, beta, dX);
}

SIMD_BODY void LAYER(relu_body)(REAL *Z, size_t n) {
  size_t i = 0;
  for (; i + (size_t)LANES <= n; i += (size_t)LANES) PUT(Z + i) = (V)(~(AT(Z + i) < 0) & (MASK)AT(Z + i));
  for (; i < n; i++) Z[i] = Z[i] < 0 ? 0 : Z[i];
}
SIMD_AT_LEVELS(, void, , LAYER(relu), (REAL * Z, size_t n), (Z, n))

/* With masks: the processor could not predict a branch. */
SIMD_BODY void LAYER(relu_reverse_body)(const REAL *Z, size_t n, const REAL *dA, bool add, REAL *dZ) {
  size_t i = 0;
  for (; i + (size_t)LANES <= n; i += (size_t)LANES) {
    V kept = (V)((AT(Z + i) > 0) & (MASK)AT(dA + i));
    if (add) kept += AT(dZ + i);
    PUT(dZ + i) = kept;
  }
  for (; i < n; i++) {
    const REAL kept = Z[i] > 0 ? dA[i] : 0;
    dZ[i] = add ? dZ[i] + kept : kept;
  }
}
SIMD_AT_LEVELS(, void, , LAYER(relu_reverse), (const REAL *Z, size_t n, const REAL *dA, bool add, REAL *dZ),
               (Z, n, dA, add, dZ))

SIMD_BODY void LAYER(relu_readout_body)(REAL *Z, int N, int H, const REAL *a, REAL *f) {
  for (int i = 0; i < N; i++, Z += H) {
    V sums = {0};
    REAL sum = 0;
    int j = 0;
    for (; j + LANES <= H; j += LANES) {
      const V z = AT(Z + j);
      sums += AT(a + j) * (PUT(Z + j) = (V)(~(z < 0) & (MASK)z));
    }
    for (; j < H; j++) sum += a[j] * (Z[j] = Z[j] < 0 ? 0 : Z[j]);
    for (int k = 0; k < LANES; k++) sum += sums[k];
    f[i] = sum;
  }
}
SIMD_AT_LEVELS(, void, , LAYER(relu_readout), (REAL * Z, int N, int H, const REAL *a, REAL *f),
               (Z, N, H, a, f))

SIMD_BODY void LAYER(relu_readout_reverse_body)(REAL *h, int N, int H, const REAL *a, const REAL *df,
                                                REAL *restrict da) {
  for (int i = 0; i < N; i++, h += H) {
    int j = 0;
    for (; j + LANES <= H; j += LANES) {
      const V x = AT(h + j);
      PUT(da + j) = AT(da + j) + df[i] * x;
      PUT(h + j) = (V)((x > 0) & (MASK)(df[i] * AT(a + j)));
    }
    for (; j < H; j++) {
      da[j] += df[i] * h[j];
      h[j] = h[j] > 0 ? df[i] * a[j] : 0;
    }
  }
}
SIMD_AT_LEVELS(, void, , LAYER(relu_readout_reverse),
               (REAL * h, int N, int H, const REAL *a, const REAL *df, REAL *restrict da),
               (h, N, H, a, df, da))

#undef LANES
#undef V
#undef MASK
#undef AT
#undef PUT
#undef REAL
#undef LAYER
#undef GEMM
