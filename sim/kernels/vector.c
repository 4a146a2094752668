#include "sim/kernels/vector.h"

#include "sim/kernels/simd.h"

enum { LANES = SIMD_LANES, PARTS = 4 * LANES };
#define AT SIMD_AT
#define PUT SIMD_PUT

/* Sum of the partial sums as a binary tree. */
SIMD_BODY double tree_sum(double *part, int parts) {
  for (int half = parts / 2; half >= 1; half /= 2)
    for (int i = 0; i < half; i++) part[i] += part[i + half];
  return part[0];
}

SIMD_BODY void vector_dot_and_square_body(const double *x, const double *y, size_t n, double *dot,
                                          double *square) {
  simd_lanes dot0 = {0}, dot1 = {0}, dot2 = {0}, dot3 = {0}, square0 = {0}, square1 = {0}, square2 = {0},
             square3 = {0};
  size_t i = 0;
  for (; i + PARTS <= n; i += PARTS) {
    const simd_lanes x0 = AT(x + i), x1 = AT(x + i + 4), x2 = AT(x + i + 8), x3 = AT(x + i + 12);
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

SIMD_AT_LEVELS(, void, , vector_dot_and_square,
               (const double *x, const double *y, size_t n, double *dot, double *square),
               (x, y, n, dot, square))

SIMD_BODY void vector_add_multiple_body(double a, const double *x, double *y, size_t n) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) PUT(y + i) = AT(y + i) + a * AT(x + i);
  for (; i < n; i++) y[i] += a * x[i];
}

SIMD_AT_LEVELS(, void, , vector_add_multiple, (double a, const double *x, double *y, size_t n), (a, x, y, n))

SIMD_BODY void vector_multiply_body(const double *x, double *y, size_t n) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) PUT(y + i) = AT(y + i) * AT(x + i);
  for (; i < n; i++) y[i] *= x[i];
}

SIMD_AT_LEVELS(, void, , vector_multiply, (const double *x, double *y, size_t n), (x, y, n))

SIMD_BODY void vector_product_single_body(const double *x, const double *y, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) out[i] = (float)(x[i] * y[i]);
}

SIMD_AT_LEVELS(, void, , vector_product_single, (const double *x, const double *y, size_t n, float *out),
               (x, y, n, out))

/* The rows of a matrix are read once, from memory: many at a time, and asked for eight lines ahead. */
enum { ROWS = 8, FEWER = 4, ROW_PARTS = 2 * LANES, AHEAD = 64 };

SIMD_BODY void rows_dot(const double *x, size_t rows, size_t cols, const double *y, double *u) {
  simd_lanes low[ROWS] = {{0}}, high[ROWS] = {{0}};
  size_t i = 0;
  for (; i + ROW_PARTS <= cols; i += ROW_PARTS) {
    const simd_lanes y0 = AT(y + i), y1 = AT(y + i + LANES);
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

SIMD_BODY void rows_add(const double *x, size_t rows, size_t cols, const double *c, double *y) {
  size_t i = 0;
  for (; i + ROW_PARTS <= cols; i += ROW_PARTS) {
    simd_lanes y0 = AT(y + i), y1 = AT(y + i + LANES);
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

SIMD_BODY void vector_rows_dot_body(const double *x, size_t rows, size_t cols, const double *y, double *u) {
  size_t i = 0;
  for (; i + ROWS <= rows; i += ROWS) rows_dot(x + i * cols, ROWS, cols, y, u + i);
  for (; i + FEWER <= rows; i += FEWER) rows_dot(x + i * cols, FEWER, cols, y, u + i);
  for (; i < rows; i++) rows_dot(x + i * cols, 1, cols, y, u + i);
}

SIMD_BODY void vector_rows_add_body(const double *x, size_t rows, size_t cols, const double *c, double *y) {
  size_t i = 0;
  for (; i + ROWS <= rows; i += ROWS) rows_add(x + i * cols, ROWS, cols, c + i, y);
  for (; i + FEWER <= rows; i += FEWER) rows_add(x + i * cols, FEWER, cols, c + i, y);
  for (; i < rows; i++) rows_add(x + i * cols, 1, cols, c + i, y);
}

SIMD_AT_LEVELS(, void, , vector_rows_dot,
               (const double *x, size_t rows, size_t cols, const double *y, double *u), (x, rows, cols, y, u))
SIMD_AT_LEVELS(, void, , vector_rows_add,
               (const double *x, size_t rows, size_t cols, const double *c, double *y), (x, rows, cols, c, y))
