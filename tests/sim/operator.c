/* Orthogonal matrices, operators, eigenpairs and overlaps: identities on random input. */
#include "sim/kernels/operator.h"

#include <cblas.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "sim/kernels/orthogonal.h"

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, error.text);                                               \
  } while (0)

static const assay_param no_params[] = {{0}};
static const assay_observable no_records[] = {{0}};
static const assay_stream stream = {7, 3};

static void normals(double *x, long n, unsigned index) {
  random_source source = random_open(&stream, RANDOM_TEST, index);
  random_normals(&source, x, (size_t)n);
}
static double largest_difference(const double *x, const double *y, long n) {
  double most = 0;
  for (long i = 0; i < n; i++) most = fmax(most, fabs(x[i] - y[i]));
  return most;
}

/* y_k = sqrt(2/n) c_k sum_j x_j cos(pi (j+1/2) k/n), c_0 = 1/sqrt 2; the unitary Fourier transform with e^{-2
 * pi i jk/n}. */
Test(cosine, is_the_transform_that_it_says) {
  enum { N = 45 };
  double x[2 * N], y[2 * N], back[2 * N], direct[2 * N];
  for (int width = 1; width <= 2; width++) {
    cosine *C;
    normals(x, 2 * N, 0);
    ok(cosine_new(N, width, &C, e));
    for (int k = 0; k < N; k++) {
      double re = 0, im = 0;
      for (int j = 0; j < N; j++) {
        double angle = width == 1 ? M_PI * (j + .5) * k / N : -2 * M_PI * j * k / N, c = cos(angle),
               s = sin(angle);
        if (width == 1)
          re += sqrt(2. / N) * (k ? 1 : M_SQRT1_2) * c * x[j];
        else
          re += (c * x[2 * j] - s * x[2 * j + 1]) / sqrt(N),
              im += (c * x[2 * j + 1] + s * x[2 * j]) / sqrt(N);
      }
      direct[k * width] = re;
      if (width == 2) direct[2 * k + 1] = im;
    }
    cosine_apply(C, x, y);
    cosine_transposed(C, y, back);
    cr_expect_lt(largest_difference(y, direct, N * width), 1e-13);
    cr_expect_lt(largest_difference(x, back, N * width), 1e-13);
    cosine_free(C);
  }
}

/* O^T O = I, lengths are kept, <O x, y> = <x, O^T y>, another stream gives another matrix. */
Test(orthogonal, is_orthogonal_and_drawn) {
  enum { N = 60 };
  double x[2 * N], y[2 * N], Ox[2 * N], OTy[2 * N], other[2 * N];
  for (int kind = 0; kind < 3; kind++) {
    orthogonal *O;
    int width = kind == 1 ? 2 : 1;
    normals(x, 2 * N, 0), normals(y, 2 * N, 1);
    if (kind == 2)
      ok(orthogonal_haar_new(N, &O, e));
    else
      ok(orthogonal_fast_new(N, width, &O, e));
    ok(orthogonal_draw(O, &stream, 4, e));
    orthogonal_apply(O, x, Ox), orthogonal_transposed(O, y, OTy);
    cr_expect_lt(fabs(cblas_ddot(N * width, Ox, 1, y, 1) - cblas_ddot(N * width, x, 1, OTy, 1)), 1e-12);
    orthogonal_transposed(O, Ox, other);
    cr_expect_lt(largest_difference(other, x, N * width), 1e-13);
    ok(orthogonal_draw(O, &(assay_stream){7, 4}, 4, e));
    orthogonal_apply(O, x, other);
    cr_expect_gt(largest_difference(other, Ox, N * width), .1);
    ok(orthogonal_draw(O, &stream, 4, e));
    orthogonal_apply(O, x, other);
    cr_expect_eq(largest_difference(other, Ox, N * width), 0);
    orthogonal_free(O);
  }
  assay_error refused = {0};
  orthogonal *O;
  cr_expect_eq(orthogonal_haar_new(100000, &O, &refused), ASSAY_NO_MEMORY);
  cr_expect_eq(orthogonal_fast_new(0, 1, &O, &refused), ASSAY_DOMAIN);
}

/* E (a.O b)^2 = |a|^2 |b|^2/n, for Haar and fast ones. */
Test(orthogonal, entries_have_variance_one_over_n) {
  enum { N = 30, DRAWS = 2000 };
  double a[N], b[N], Ob[N];
  normals(a, N, 0), normals(b, N, 1);
  for (int kind = 0; kind < 2; kind++) {
    orthogonal *O;
    double sum = 0, sum2 = 0;
    if (kind)
      ok(orthogonal_haar_new(N, &O, e));
    else
      ok(orthogonal_fast_new(N, 1, &O, e));
    for (int i = 0; i < DRAWS; i++) {
      ok(orthogonal_draw(O, &(assay_stream){11, (uint64_t)i}, 0, e));
      orthogonal_apply(O, b, Ob);
      double square =
          pow(cblas_ddot(N, a, 1, Ob, 1), 2) * N / (cblas_ddot(N, a, 1, a, 1) * cblas_ddot(N, b, 1, b, 1));
      sum += square / DRAWS, sum2 += square * square / DRAWS;
    }
    cr_expect_lt(fabs(sum - 1), 5 * sqrt((sum2 - sum * sum) / DRAWS), "kind %d: %g", kind, sum);
    orthogonal_free(O);
  }
}

typedef struct {
  assay_call *call;
  design X;
  float_design F;
  double *x, *y, *z, *work;
} bed;

enum { ROWS = 90, COLS = 40 };

static void open_bed(bed *b) {
  assay_error error;
  b->call = assay_call_new(no_params, no_records, &error);
  cr_assert(b->call);
  cr_assert_eq(design_new(b->call, ROWS, COLS, &b->X), ASSAY_OK);
  cr_assert_eq(float_design_new(b->call, ROWS, COLS, &b->F), ASSAY_OK);
  design_gaussian(&b->X, &stream, RANDOM_DESIGN), float_design_gaussian(&b->F, &stream, RANDOM_DESIGN);
  b->x = assay_alloc(b->call, 4 * ROWS * sizeof(double)), b->y = b->x + ROWS, b->z = b->y + ROWS,
  b->work = b->z + ROWS;
  normals(b->x, COLS, 0), normals(b->y, ROWS, 1), normals(b->z, ROWS, 2);
}

static void expect_adjoint(linear_operator A, const double *x, const double *y) {
  double Ax[ROWS], ATy[ROWS];
  A.apply(A.context, x, Ax), A.transposed(A.context, y, ATy);
  double left = cblas_ddot((int)A.rows, Ax, 1, y, 1), right = cblas_ddot((int)A.cols, x, 1, ATy, 1);
  cr_expect_lt(fabs(left - right), 1e-5 * (fabs(left) + 10), "%g, %g", left, right);
}

Test(linear_operator, stored_scaled_and_single_precision_designs) {
  bed b;
  double by_double[ROWS], by_float[ROWS], scaled[ROWS];
  open_bed(&b);
  linear_operator X = operator_of_design(&b.X), F = operator_of_float_design(&b.F);
  operator_scaling scaling = {X, b.z, b.y, b.work};
  linear_operator S = operator_scaled(&scaling);
  expect_adjoint(X, b.x, b.y), expect_adjoint(F, b.x, b.y), expect_adjoint(S, b.x, b.y);
  X.apply(X.context, b.x, by_double), F.apply(F.context, b.x, by_float);
  cr_expect_lt(largest_difference(by_double, by_float, ROWS), 2e-5);
  cr_expect_gt(largest_difference(by_double, by_float, ROWS), 0);
  for (int i = 0; i < COLS; i++) b.work[ROWS - COLS + i] = b.y[i] * b.x[i];
  X.apply(X.context, b.work + ROWS - COLS, by_double);
  S.apply(S.context, b.x, scaled);
  for (int i = 0; i < ROWS; i++) by_double[i] *= b.z[i];
  cr_expect_lt(largest_difference(by_double, scaled, ROWS), 1e-12);
  assay_call_free(b.call);
}

Test(linear_operator, weighted_eigenpairs_and_power_iteration_agree_with_the_dense_solver) {
  bed b;
  double lanczos[2], dense[2];
  static double vectors[2 * COLS], exact[2 * COLS];
  open_bed(&b);
  linear_operator X = operator_of_design(&b.X);
  ok(operator_weighted_eigen(&X, b.z, EIGEN_LARGEST, 2, 20, 1e-10, &stream, b.work, lanczos, vectors, e));
  ok(eigen_weighted(&b.X, b.z, EIGEN_LARGEST, 2, &stream, dense, exact, e));
  for (int k = 0; k < 2; k++) cr_expect_lt(fabs(lanczos[k] - ROWS * dense[k]), 1e-8 * fabs(lanczos[0]));
  cr_expect_lt(fabs(overlap_squared(vectors, exact, COLS, 1) - 1), 1e-10);
  double squares[2];
  ok(overlap_subspaces(vectors, exact, 2, COLS, squares, e));
  cr_expect(fabs(squares[0] - 1) < 1e-9 && fabs(squares[1] - 1) < 1e-9);
  ok(overlap_subspaces(vectors, vectors + COLS, 1, COLS, squares, e));
  cr_expect_lt(squares[0], 1e-12);
  assay_call_free(b.call);
}

static void stretch(const void *context, const double *x, double *y) {
  (void)context;
  for (int i = 0; i < COLS; i++) y[i] = (i == 3 ? -5 : 1 + .05 * i) * x[i];
}

Test(linear_operator, power_iteration_finds_the_largest_magnitude_or_says_that_it_did_not) {
  double x[COLS], value;
  const eigen_operator A = {COLS, stretch, NULL};
  normals(x, COLS, 0);
  ok(operator_power(&A, 1e-10, 1000, x, &value, e));
  cr_expect(fabs(value + 5) < 1e-9 && fabs(fabs(x[3]) - 1) < 1e-9);
  assay_error refused = {0};
  normals(x, COLS, 0);
  cr_expect_eq(operator_power(&A, 1e-10, 3, x, &value, &refused), ASSAY_NUMERIC);
}

Test(overlap, sign_and_phase) {
  double v[] = {1, -2, .5, 3}, b[] = {-1, 1, 0, -2}, w[] = {1, -2, .5, 3};
  overlap_align(v, b, 4, 1);
  cr_expect_gt(cblas_ddot(4, v, 1, b, 1), 0);
  double before = overlap_squared(w, b, 2, 2);
  overlap_align(w, b, 2, 2);
  double im = w[0] * b[1] - w[1] * b[0] + w[2] * b[3] - w[3] * b[2];
  cr_expect(cblas_ddot(4, w, 1, b, 1) > 0 && fabs(im) < 1e-14);
  cr_expect_lt(fabs(overlap_squared(w, b, 2, 2) - before), 1e-14);
}
