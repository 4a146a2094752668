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
INLINE double tree_sum(double *part, int parts) {
  for (int half = parts / 2; half >= 1; half /= 2)
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
  *dot = tree_sum(dots, PARTS);
  *square = tree_sum(squares, PARTS);
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

/* The rows of a matrix are read once, from memory: as many at a time as the prefetcher follows, and asked for
 * four lines ahead. */
enum { ROWS = 4, ROW_PARTS = 2 * LANES, AHEAD = 32 };

INLINE void rows_dot(const double *x, size_t rows, size_t cols, const double *y, double *u) {
  lanes low[ROWS] = {{0}}, high[ROWS] = {{0}};
  size_t i = 0;
  for (; i + ROW_PARTS <= cols; i += ROW_PARTS) {
    const lanes y0 = AT(y + i), y1 = AT(y + i + LANES);
    for (size_t k = 0; k < rows; k++) {
      const double *from = x + k * cols + i;
      __builtin_prefetch(from + AHEAD);
      low[k] += AT(from) * y0;
      high[k] += AT(from + LANES) * y1;
    }
  }
  for (size_t k = 0; k < rows; k++) {
    double part[ROW_PARTS];
    PUT(part) = low[k], PUT(part + LANES) = high[k];
    for (size_t j = i; j < cols; j++) part[j - i] += x[k * cols + j] * y[j];
    u[k] = tree_sum(part, ROW_PARTS);
  }
}

INLINE void rows_add(const double *x, size_t rows, size_t cols, const double *c, double *y) {
  size_t i = 0;
  for (; i + ROW_PARTS <= cols; i += ROW_PARTS) {
    lanes y0 = AT(y + i), y1 = AT(y + i + LANES);
    for (size_t k = 0; k < rows; k++) {
      const double *from = x + k * cols + i;
      __builtin_prefetch(from + AHEAD);
      y0 += c[k] * AT(from);
      y1 += c[k] * AT(from + LANES);
    }
    PUT(y + i) = y0, PUT(y + i + LANES) = y1;
  }
  for (; i < cols; i++)
    for (size_t k = 0; k < rows; k++) y[i] += c[k] * x[k * cols + i];
}

INLINE void all_rows_dot(const double *x, size_t rows, size_t cols, const double *y, double *u) {
  size_t i = 0;
  for (; i + ROWS <= rows; i += ROWS) rows_dot(x + i * cols, ROWS, cols, y, u + i);
  for (; i < rows; i++) rows_dot(x + i * cols, 1, cols, y, u + i);
}

INLINE void all_rows_add(const double *x, size_t rows, size_t cols, const double *c, double *y) {
  size_t i = 0;
  for (; i + ROWS <= rows; i += ROWS) rows_add(x + i * cols, ROWS, cols, c + i, y);
  for (; i < rows; i++) rows_add(x + i * cols, 1, cols, c + i, y);
}

/* The bodies at one level. */
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
  }                                                                                                          \
  attribute static void rows_dot_##level(const double *x, size_t rows, size_t cols, const double *y,         \
                                         double *u) {                                                        \
    all_rows_dot(x, rows, cols, y, u);                                                                       \
  }                                                                                                          \
  attribute static void rows_add_##level(const double *x, size_t rows, size_t cols, const double *c,         \
                                         double *y) {                                                        \
    all_rows_add(x, rows, cols, c, y);                                                                       \
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

void vector_rows_dot(const double *x, size_t rows, size_t cols, const double *y, double *u) {
  if (simd_current() >= SIMD_AVX2)
    rows_dot_avx2(x, rows, cols, y, u);
  else
    rows_dot_sse2(x, rows, cols, y, u);
}

void vector_rows_add(const double *x, size_t rows, size_t cols, const double *c, double *y) {
  if (simd_current() >= SIMD_AVX2)
    rows_add_avx2(x, rows, cols, c, y);
  else
    rows_add_sse2(x, rows, cols, c, y);
}
