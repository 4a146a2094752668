/* Counting laws in exact integers, the unrecoverable fraction, and the amplification of noise. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "theory/data-reconstruction/data-reconstruction.h"
#include "theory/numerics/activation_kernel.h"
#include "theory/numerics/gaussian.h"
#include "theory/numerics/root.h"

static long least(long a, long b) {
  return a < b ? a : b;
}

/* ---- flats of sign patterns ---- */

enum { MOST_SAMPLES = 5, MOST_PATTERNS = 1 << MOST_SAMPLES };

typedef struct {
  int n, patterns, d;
  int b[MOST_PATTERNS][MOST_SAMPLES]; /* distinct lines */
  long count[MOST_PATTERNS], best, silent;
} matroid;

/* The rank of rows of small integers: elimination without fractions. */
static int rank_of(int rows, long a[][MOST_SAMPLES], int n) {
  int rank = 0;
  for (int column = 0; column < n && rank < rows; column++) {
    int pivot = rank;
    while (pivot < rows && a[pivot][column] == 0) pivot++;
    if (pivot == rows) continue;
    for (int j = 0; j < n; j++) {
      long swap = a[rank][j];
      a[rank][j] = a[pivot][j], a[pivot][j] = swap;
    }
    for (int i = rank + 1; i < rows; i++) {
      long factor = a[i][column], scale = a[rank][column];
      for (int j = 0; j < n; j++) a[i][j] = a[i][j] * scale - a[rank][j] * factor;
    }
    rank++;
  }
  return rank;
}

static int rank_with(const matroid *k, const int *chosen, int size, int extra) {
  long rows[MOST_SAMPLES + 1][MOST_SAMPLES];
  int count = 0;
  for (int i = 0; i < size; i++, count++)
    for (int j = 0; j < k->n; j++) rows[count][j] = k->b[chosen[i]][j];
  if (extra >= 0) {
    for (int j = 0; j < k->n; j++) rows[count][j] = k->b[extra][j];
    count++;
  }
  return rank_of(count, rows, k->n);
}

/* All independent sets of patterns, each with the features outside its span. */
static void flats(matroid *k, int *chosen, int size, int next) {
  long outside = 0;
  for (int i = 0; i < k->patterns; i++)
    if (rank_with(k, chosen, size, i) > size) outside += k->count[i];
  k->best = least(k->best, outside + (long)k->d * size);
  for (int i = next; i < k->patterns && size < k->n; i++) {
    chosen[size] = i;
    if (rank_with(k, chosen, size + 1, -1) == size + 1) flats(k, chosen, size + 1, i + 1);
  }
}

static long flats_rank(activation act, int d, int n, const double *counts) {
  matroid k = {.n = n, .d = d, .best = (long)n * d};
  int half = 1 << (n - 1), chosen[MOST_SAMPLES];
  for (int bits = 0; bits < 1 << n; bits++) {
    if (act == ACTIVATION_RELU && bits == 0) continue;
    if (act == ACTIVATION_ABS && bits >= half) { /* -b is b's line */
      k.count[(1 << n) - 1 - bits] += lround(counts[bits]);
      continue;
    }
    for (int i = 0; i < n; i++) k.b[k.patterns][i] = bits >> i & 1 ? 1 : act == ACTIVATION_ABS ? -1 : 0;
    k.count[k.patterns++] += lround(counts[bits]);
  }
  flats(&k, chosen, 0, 0);
  return k.best;
}

/* ---- ranks ---- */

static bool piecewise(activation act) {
  return act == ACTIVATION_RELU || act == ACTIVATION_ABS;
}

assay_status data_reconstruction_least_width(activation act, int d, int n,
                                             data_reconstruction_mistake mistake, long *p_star,
                                             assay_error *error) {
  long N = (long)n * d;
  if (d < 1 || n < 1)
    return assay_error_set(error, ASSAY_DOMAIN, "d = %d, n = %d; both are at least 1", d, n);
  if ((act == ACTIVATION_QUAD || act == ACTIVATION_QUAD_LIN) && n > d)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "n = %d > d = %d; the count of quadratic features needs n <= d", n, d);
  if (mistake == DATA_RECONSTRUCTION_NO_SPHERE) N = (long)n * (d + 1);
  if (mistake == DATA_RECONSTRUCTION_NO_COEFFICIENTS) N = (long)n * (d - 1);
  if (mistake == DATA_RECONSTRUCTION_ONLY_COEFFICIENTS) N = n;
  if (mistake == DATA_RECONSTRUCTION_ADDED) N = n + d;
  *p_star = N;
  if (piecewise(act)) *p_star = 0;
  if (act == ACTIVATION_LIN) *p_star = d;
  if (act == ACTIVATION_QUAD) *p_star = N - (long)n * (n - 1) / 2;
  if (act == ACTIVATION_QUAD_LIN) *p_star = N - (long)(n - 1) * (n - 2) / 2;
  return ASSAY_OK;
}

assay_status data_reconstruction_rank(activation act, int d, int n, long p, const double *counts,
                                      data_reconstruction_mistake mistake, long *rank, assay_error *error) {
  long most;
  assay_status status = data_reconstruction_least_width(act, d, n, mistake, &most, error);
  if (status != ASSAY_OK) return status;
  if (!piecewise(act)) {
    *rank = least(p, most);
    return ASSAY_OK;
  }
  if (n > MOST_SAMPLES || !counts)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "relu and abs need the counts of the 2^n sign patterns, n <= %d", MOST_SAMPLES);
  *rank = flats_rank(act, d, n, counts);
  return ASSAY_OK;
}

double data_reconstruction_full_rank(int d, long p) {
  return p < d ? 0 : gsl_cdf_binomial_Q((unsigned)(d - 1), 0.5, (unsigned)p);
}

long data_reconstruction_output_rank(int d, int n, int C, long p) {
  long all = (long)n * (d - 1 + C);
  if (C <= n) return least(p * C, all);
  return p < n ? p * C : least((long)n * (p + C - n), all);
}

long data_reconstruction_output_width(int d, int n, int C, data_reconstruction_mistake mistake) {
  if (mistake == DATA_RECONSTRUCTION_NAIVE_OUTPUTS) return ((long)d * n + C - 1) / C;
  if (mistake == DATA_RECONSTRUCTION_SHARED_OUTPUTS) return (long)d * n;
  long all = (long)n * (d - 1 + C);
  return C <= n ? (all + C - 1) / C : d - 1 + n;
}

double data_reconstruction_fraction(double d, double n, double p, data_reconstruction_mistake mistake) {
  double f = mistake == DATA_RECONSTRUCTION_OVER_ND ? 1 - p / (n * d) : (n * d - p) / (n * (d - 1));
  if (mistake == DATA_RECONSTRUCTION_NO_COEFFICIENTS) f = 1 - p / (n * (d - 1));
  return fmin(fmax(f, 0), 1);
}

double data_reconstruction_fraction_cdf(double f, double q, double x) {
  if (!(f > 0) || x >= 1) return 1;
  if (!(f < 1) || x <= 0) return 0;
  return gsl_cdf_beta_P(x, f * q / 2, (1 - f) * q / 2);
}

/* ---- noise ---- */

typedef struct {
  activation act;
  double c, M;
  int n;
} amplification;

static double damped_square(double z, void *context) {
  const amplification *k = context;
  double slope = activation_slope(k->act, z), square = k->M * slope * slope;
  return square / (1 + square);
}

static assay_status one_sample(double log_M, void *context, double *y, assay_error *error) {
  amplification *k = context;
  const double kink = 0;
  gaussian_axis axis = {0, 1, &kink, 1};
  assay_value share;
  k->M = exp(log_M);
  assay_status status = gaussian_expectation(damped_square, k, &axis, 1e-13, &share, error);
  *y = k->c * share.value - 1;
  return status;
}

/* The equations of M = a I + b 1 1' of relu in (log a, b/a). */
static void relu_residual(const amplification *k, double log_a, double ratio, double r[2]) {
  double a = exp(log_a), b = ratio * a, A = 0, B = 0, n = k->n;
  for (int j = 1; j <= k->n; j++) {
    double w = exp(gsl_sf_lnchoose((unsigned)k->n, (unsigned)j) - n * M_LN2) / (1 + a * j + b * j * j);
    A += k->c * w * j / n;
    if (k->n > 1) B += k->c * w * j * (j - 1) / (n * (n - 1));
  }
  r[0] = a * (A - B) - 1;
  r[1] = ratio + B / (A + (n - 1) * B);
}

static assay_status relu_noise(amplification *k, assay_value *M, assay_error *error) {
  double x = log(4 / k->c), y = -1. / (k->n + 1), r[2], at[2], J[2][2], size = INFINITY;
  for (int i = 0; i < 400; i++) {
    relu_residual(k, x, y, r);
    size = hypot(r[0], r[1]);
    if (size < 4e-15) break;
    for (int j = 0; j < 2; j++) {
      const double step = 1e-7;
      relu_residual(k, x + (j == 0 ? step : 0), y + (j == 1 ? step : 0), at);
      J[0][j] = (at[0] - r[0]) / step, J[1][j] = (at[1] - r[1]) / step;
    }
    double det = J[0][0] * J[1][1] - J[0][1] * J[1][0];
    double dx = -(J[1][1] * r[0] - J[0][1] * r[1]) / det, dy = -(J[0][0] * r[1] - J[1][0] * r[0]) / det;
    double scale = fmin(1, fmin(0.5 / fabs(dx), 0.2 / fabs(dy)));
    while (scale > 0 && !(y + scale * dy > -1. / k->n)) scale /= 2; /* M stays positive definite */
    x += scale * dx, y += scale * dy;
  }
  if (!(size < 1e-11))
    return assay_error_set(error, ASSAY_NUMERIC, "the noise equations of relu hold to %.3g only", size);
  *M = (assay_value){exp(x) * (1 + y), 1e-12 * exp(x)};
  return ASSAY_OK;
}

/* (c E b b')^{-1}_ii. */
static double fisher(activation act, int n, double c) {
  double square = activation_kernel_slope(act, 1), mean = activation_numbers(act).mu1;
  double diagonal = square - mean * mean;
  return (1 - mean * mean / (diagonal + n * mean * mean)) / diagonal / c;
}

assay_status data_reconstruction_noise(activation act, int n, double c, data_reconstruction_mistake mistake,
                                       assay_value *M, assay_error *error) {
  amplification k = {.act = act, .c = c, .n = n};
  double threshold = act == ACTIVATION_ABS ? n : act == ACTIVATION_RELU ? n / (1 - pow(2, -n)) : 1;
  if (n < 1 || (n > 1 && !piecewise(act)))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "n = %d; the noise of several samples is known for abs and relu only", n);
  if (act == ACTIVATION_LIN || !(c > threshold))
    return assay_error_set(error, ASSAY_DOMAIN, "p/d = %g; the noise stays finite above %.10g only", c,
                           threshold);
  if (mistake == DATA_RECONSTRUCTION_FISHER && !(act == ACTIVATION_ABS || n == 1)) {
    *M = (assay_value){fisher(act, n, c), 0};
    return ASSAY_OK;
  }
  if (mistake == DATA_RECONSTRUCTION_FISHER) {
    *M = (assay_value){1 / (c * activation_kernel_slope(act, 1)), 0};
    return ASSAY_OK;
  }
  if (act == ACTIVATION_ABS) {
    *M = (assay_value){1 / (c - n), 4e-16 * c / ((c - n) * (c - n))};
    return ASSAY_OK;
  }
  if (act == ACTIVATION_RELU) return relu_noise(&k, M, error);
  assay_value log_M;
  assay_status status = root_find(one_sample, &k, -30, 30, 1e-14, &log_M, error);
  M->value = exp(log_M.value), M->error = M->value * (log_M.error + 1e-12 * (1 + M->value));
  return status;
}
