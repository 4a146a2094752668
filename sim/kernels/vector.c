#include "sim/kernels/vector.h"

#include "sim/kernels/simd.h"

/* Four numbers: one AVX register or two SSE2 registers. Lane by lane the same operations at every level,
 * hence the same bits. (Wider registers gain nothing here: these loops wait for the cache.) */
typedef double lanes __attribute__((vector_size(32)));
typedef double lanes_anywhere __attribute__((vector_size(32), aligned(8), may_alias));
enum { LANES = 4, PARTS = 4 * LANES };

#define INLINE static inline __attribute__((always_inline))
#define AT(p) (*(const lanes_anywhere *)(p))
#define PUT(p) (*(lanes_anywhere *)(p))

/* Sum of the partial sums as a binary tree. */
static double tree_sum(double *part) {
  for (int half = PARTS / 2; half >= 1; half /= 2)
    for (int i = 0; i < half; i++) part[i] += part[i + half];
  return part[0];
}

INLINE void dot_and_square(const double *x, const double *y, size_t n, double *dot, double *square) {
  lanes dot0 = {0}, dot1 = {0}, dot2 = {0}, dot3 = {0}, square0 = {0}, square1 = {0}, square2 = {0},
        square3 = {0};
  size_t i = 0;
  for (; i + PARTS <= n; i += PARTS) {
    const lanes x0 = AT(x + i), x1 = AT(x + i + 4), x2 = AT(x + i + 8), x3 = AT(x + i + 12);
    dot0 += x0 * AT(y + i), square0 += x0 * x0;
    dot1 += x1 * AT(y + i + 4), square1 += x1 * x1;
    dot2 += x2 * AT(y + i + 8), square2 += x2 * x2;
    dot3 += x3 * AT(y + i + 12), square3 += x3 * x3;
  }
  double dots[PARTS], squares[PARTS];
  PUT(dots) = dot0, PUT(dots + 4) = dot1, PUT(dots + 8) = dot2, PUT(dots + 12) = dot3;
  PUT(squares) = square0, PUT(squares + 4) = square1, PUT(squares + 8) = square2, PUT(squares + 12) = square3;
  for (size_t k = 0; i + k < n; k++) {
    dots[k] += x[i + k] * y[i + k];
    squares[k] += x[i + k] * x[i + k];
  }
  *dot = tree_sum(dots);
  *square = tree_sum(squares);
}

INLINE void add_multiple(double a, const double *x, double *y, size_t n) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) PUT(y + i) = AT(y + i) + a * AT(x + i);
  for (; i < n; i++) y[i] += a * x[i];
}

INLINE void multiply(const double *x, double *y, size_t n) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) PUT(y + i) = AT(y + i) * AT(x + i);
  for (; i < n; i++) y[i] *= x[i];
}

/* The three bodies at one level. */
#define AT_LEVEL(level, attribute)                                                                           \
  attribute static void dot_and_square_##level(const double *x, const double *y, size_t n, double *dot,      \
                                               double *square) {                                             \
    dot_and_square(x, y, n, dot, square);                                                                    \
  }                                                                                                          \
  attribute static void add_multiple_##level(double a, const double *x, double *y, size_t n) {               \
    add_multiple(a, x, y, n);                                                                                \
  }                                                                                                          \
  attribute static void multiply_##level(const double *x, double *y, size_t n) {                             \
    multiply(x, y, n);                                                                                       \
  }

AT_LEVEL(sse2, )
AT_LEVEL(avx2, __attribute__((target("avx2"))))

void vector_dot_and_square(const double *x, const double *y, size_t n, double *dot, double *square) {
  if (simd_current() >= SIMD_AVX2)
    dot_and_square_avx2(x, y, n, dot, square);
  else
    dot_and_square_sse2(x, y, n, dot, square);
}

void vector_add_multiple(double a, const double *x, double *y, size_t n) {
  if (simd_current() >= SIMD_AVX2)
    add_multiple_avx2(a, x, y, n);
  else
    add_multiple_sse2(a, x, y, n);
}

void vector_multiply(const double *x, double *y, size_t n) {
  if (simd_current() >= SIMD_AVX2)
    multiply_avx2(x, y, n);
  else
    multiply_sse2(x, y, n);
}
