/* Rademacher covariates and a start on one coordinate: the residual is D x_1 + G, half a Gaussian. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "theory/dp-sgd/flow.h"

/* What clipping at c does to X ~ N(D, s^2). */
typedef struct {
  double mean, square, inside; /* E h(X), E h(X)^2, Prob(|X| < c) */
} clipped_gaussian;

static double density(double z) {
  return exp(-z * z / 2) / sqrt(2 * M_PI);
}
static double distribution(double z) {
  return erfc(-z * M_SQRT1_2) / 2;
}

static clipped_gaussian clip(double D, double s, double c) {
  if (isinf(c * c)) return (clipped_gaussian){D, D * D + s * s, 1};
  double lo = (-c - D) / s, hi = (c - D) / s; /* |X| < c is lo < z < hi */
  double below = distribution(lo), above = distribution(-hi), inside = 1 - below - above;
  double first = density(lo) - density(hi), second = inside + lo * density(lo) - hi * density(hi);
  /* X = D + s z inside, -c below and c above */
  double mean = D * inside + s * first + c * (above - below);
  double square = D * D * inside + 2 * D * s * first + s * s * second + c * c * (below + above);
  return (clipped_gaussian){mean, square, inside};
}

/* y = (D, Q). */
static int slope(double u, const double *y, double *out, void *context) {
  const flow *f = context;
  const dp_sgd_problem *p = f->problem;
  double rate, eta = schedule_eta(&p->eta, flow_time(&p->eta, u, &rate));
  clipped_gaussian h = clip(y[0], sqrt(fmax(y[1], 0) + p->zeta * p->zeta), p->c);
  out[0] = -rate * eta * h.mean;
  out[1] = rate * (-2 * eta * h.inside * y[1] + eta * eta * p->gamma * h.square);
  return 0;
}

assay_status dp_sgd_localised(const dp_sgd_problem *problem, const double *t, int count, assay_value *R,
                              assay_error *error) {
  dp_sgd_problem own = *problem;
  own.R0 = .5;
  flow f;
  assay_status status = flow_make(&f, &own, DP_SGD_RIGHT, 0, error);
  if (status != ASSAY_OK) return status;
  if (f.K > 0 && own.noise != DP_SGD_OUTPUT)
    return assay_error_set(error, ASSAY_DOMAIN, "the localised start allows private noise at the end only");
  const double start[2] = {1, 0};
  /* What rounding adds to E h over the whole run: its terms are of the order of D and zeta even where it is
   * small. */
  double rounding = 8 * DBL_EPSILON * schedule_max(&own.eta) * (1 + own.zeta);
  ode_problem ode = {.n = 2, .f = slope, .context = &f};
  assay_value *rows = malloc((size_t)count * 2 * sizeof *rows);
  status = rows ? flow_solve(&f, &ode, flow_stiffness(&f, 1), start, t, count, rows, NULL, error)
                : assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d times", count);
  for (int i = 0; i < count && status == ASSAY_OK; i++) {
    double D = rows[2 * i].value, Q = rows[2 * i + 1].value;
    R[i] = (assay_value){(D * D + Q) / 2, fabs(D) * rows[2 * i].error + rows[2 * i + 1].error / 2 + rounding};
  }
  free(rows);
  return status;
}
