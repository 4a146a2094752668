#include "sim/kernels/vector.h"

#include <criterion/criterion.h>
#include <math.h>

#include "sim/kernels/random.h"
#include "sim/kernels/simd.h"

enum { MOST = 131 };

static void fill(double *x, unsigned index) {
  random_source source = random_open(&(assay_stream){1, 2}, RANDOM_MATRIX, index);
  random_normals(&source, x, MOST);
}

/* Against long double sums, at every length and alignment. */
Test(vector, operations_are_right_and_the_same_at_every_level) {
  double x[MOST], y[MOST], base[2];
  fill(x, 0);
  fill(y, 1);
  for (size_t n = 0; n < MOST - 1; n++) {
    const double *a = x + n % 2, *b = y + (n / 2) % 2;
    long double dot = 0, square = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
      dot += (long double)a[i] * b[i];
      square += (long double)a[i] * a[i];
      size += fabsl((long double)a[i] * b[i]);
    }
    for (int level = SIMD_SSE2; level <= (int)simd_best(); level++) {
      simd_set_level((simd_level)level);
      double d, s, sum[MOST], product[MOST];
      float single[MOST];
      vector_dot_and_square(a, b, n, &d, &s);
      cr_assert_leq(fabsl(d - dot), 1e-15L * (size + 1));
      cr_assert_leq(fabsl(s - square), 1e-15L * (square + 1));
      for (size_t i = 0; i < MOST; i++) sum[i] = product[i] = y[i];
      vector_add_multiple(0.7, x, sum, n);
      vector_multiply(x, product, n);
      vector_product_single(x, y, n, single);
      for (size_t i = 0; i < MOST; i++) {
        cr_assert_eq(sum[i], i < n ? y[i] + 0.7 * x[i] : y[i]);
        cr_assert_eq(product[i], i < n ? y[i] * x[i] : y[i]);
        if (i < n) cr_assert_eq(single[i], (float)(x[i] * y[i]));
      }
      if (level == SIMD_SSE2) base[0] = d, base[1] = s;
      cr_assert(d == base[0] && s == base[1], "length %zu at %s", n, simd_level_name((simd_level)level));
    }
  }
}

/* Matrices of every small shape, against long double sums and row after row. */
Test(vector, products_with_a_matrix_are_right_and_the_same_at_every_level) {
  double x[MOST], y[MOST], base[2][MOST];
  fill(x, 0);
  fill(y, 1);
  for (size_t rows = 0; rows <= 13; rows++)
    for (size_t cols = 1; cols * rows < MOST && cols < 40; cols++)
      for (int level = SIMD_SSE2; level <= (int)simd_best(); level++) {
        simd_set_level((simd_level)level);
        double u[MOST] = {0}, sum[MOST], row_by_row[MOST];
        for (size_t j = 0; j < MOST; j++) sum[j] = row_by_row[j] = y[j];
        vector_rows_dot(x, rows, cols, y, u);
        vector_rows_add(x, rows, cols, y + 40, sum);
        for (size_t i = 0; i < rows; i++) {
          long double dot = 0, size = 0;
          for (size_t j = 0; j < cols; j++) {
            dot += (long double)x[i * cols + j] * y[j];
            size += fabsl((long double)x[i * cols + j] * y[j]);
          }
          cr_assert_leq(fabsl(u[i] - dot), 1e-15L * (size + 1));
          vector_add_multiple(y[40 + i], x + i * cols, row_by_row, cols);
        }
        for (size_t j = 0; j < MOST; j++) {
          cr_assert_eq(sum[j], row_by_row[j]);
          if (level == SIMD_SSE2) base[0][j] = u[j], base[1][j] = sum[j];
          cr_assert(u[j] == base[0][j] && sum[j] == base[1][j], "%zu x %zu at %s", rows, cols,
                    simd_level_name((simd_level)level));
        }
        cr_assert_eq(u[rows], 0);
      }
}

/* One array as both arguments gives its square twice. */
Test(vector, arguments_may_be_one_array) {
  double x[MOST], dot, square;
  fill(x, 2);
  vector_dot_and_square(x, x, MOST, &dot, &square);
  cr_expect_eq(dot, square);
}
