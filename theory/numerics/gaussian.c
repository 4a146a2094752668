#include "theory/numerics/gaussian.h"

#include <float.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <stdlib.h>

#include "theory/numerics/gsl.h"

#define PIECES 400  /* subdivisions a piece may use */
#define FARTHEST 38 /* in units of sd: beyond it the density underflows */
#define INV_SQRT_2PI 0.398942280401432677939946059934

typedef struct {
  gaussian_function *f;
  void *context;
  double mean, sd;
} integrand;

typedef struct {
  double value, error, absolute; /* sums over the pieces of the integral, its error and its absolute value */
} total;

static double weighted(double z, void *context) {
  const integrand *g = context;
  double density = INV_SQRT_2PI * exp(-z * z / 2);
  return density > 0 ? density * g->f(g->mean + g->sd * z, g->context) : 0;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The cuts in standard units, sorted; always one at 0, so that the bulk is seen from every piece. */
static double *cuts_of(const gaussian_axis *x, int *count) {
  double *cuts = malloc(((size_t)x->count + 1) * sizeof *cuts);
  if (!cuts) return NULL;
  int n = 0;
  cuts[n++] = 0;
  for (int i = 0; i < x->count; i++) {
    double z = (x->breaks[i] - x->mean) / x->sd;
    if (fabs(z) < FARTHEST && z != 0) cuts[n++] = z;
  }
  qsort(cuts, (size_t)n, sizeof *cuts, ascending);
  *count = n;
  return cuts;
}

/* Adds the piece from `lo` to `hi`, either of which may be infinite. */
static int add_piece(gsl_function *f, double lo, double hi, double rtol, gsl_integration_workspace *work,
                     total *sum) {
  double value, error;
  int code;
  if (isinf(lo))
    code = gsl_integration_qagil(f, hi, 0, rtol, PIECES, work, &value, &error);
  else if (isinf(hi))
    code = gsl_integration_qagiu(f, lo, 0, rtol, PIECES, work, &value, &error);
  else
    code = gsl_integration_qag(f, lo, hi, 0, rtol, PIECES, GSL_INTEG_GAUSS21, work, &value, &error);
  sum->value += value;
  sum->error += error;
  sum->absolute += fabs(value);
  return code;
}

/* A piece that adds next to nothing may miss its own relative tolerance; what counts is the error of the sum.
 */
static int is_fatal(int code) {
  return code != GSL_SUCCESS && code != GSL_EROUND && code != GSL_EMAXITER && code != GSL_ESING &&
         code != GSL_EDIVERGE;
}

static assay_status judge(const total *sum, double rtol, assay_value *result, assay_error *error) {
  if (!isfinite(sum->value) || !isfinite(sum->error))
    return assay_error_set(error, ASSAY_NUMERIC, "a Gaussian expectation is not finite");
  result->value = sum->value;
  result->error = sum->error + 4 * DBL_EPSILON * sum->absolute;
  double allowed = fmax(10 * rtol, 1e-13) * sum->absolute;
  if (sum->error > allowed)
    return assay_error_set(
        error, ASSAY_NUMERIC,
        "a Gaussian expectation reached error %.3g, not %.3g: is every kink a break point?", sum->error,
        allowed);
  return ASSAY_OK;
}

static assay_status integrate(integrand *g, const gaussian_axis *x, double rtol, assay_value *result,
                              assay_error *error) {
  int count;
  double *cuts = cuts_of(x, &count);
  gsl_integration_workspace *work = gsl_integration_workspace_alloc(PIECES);
  assay_status status = ASSAY_OK;
  if (!cuts || !work) {
    status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a Gaussian expectation");
  } else {
    gsl_function f = {weighted, g};
    total sum = {0, 0, 0};
    int code = add_piece(&f, -INFINITY, cuts[0], rtol, work, &sum);
    for (int i = 1; i < count && !is_fatal(code); i++)
      code = add_piece(&f, cuts[i - 1], cuts[i], rtol, work, &sum);
    if (!is_fatal(code)) code = add_piece(&f, cuts[count - 1], INFINITY, rtol, work, &sum);
    status = is_fatal(code) ? assay_error_set(error, ASSAY_NUMERIC, "a Gaussian expectation failed: %s",
                                              gsl_strerror(code))
                            : judge(&sum, rtol, result, error);
  }
  if (work) gsl_integration_workspace_free(work);
  free(cuts);
  return status;
}

assay_status gaussian_expectation(gaussian_function *f, void *context, const gaussian_axis *x, double rtol,
                                  assay_value *result, assay_error *error) {
  numerics_quiet_gsl();
  if (!isfinite(x->mean) || !isfinite(x->sd) || x->sd < 0)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "N(%g, %g^2) is not a Gaussian; the mean is finite, the sd >= 0", x->mean, x->sd);
  if (x->sd == 0) {
    double value = f(x->mean, context);
    *result = (assay_value){value, DBL_EPSILON * fabs(value)};
    return isfinite(value) ? ASSAY_OK
                           : assay_error_set(error, ASSAY_NUMERIC, "a Gaussian expectation is not finite");
  }
  integrand g = {f, context, x->mean, x->sd};
  return integrate(&g, x, fmax(rtol, 1e-14), result, error);
}

/* ---- two dimensions ---- */

typedef struct {
  gaussian_function2 *f;
  void *context;
  const gaussian_axis *y;
  double x, rtol, largest; /* largest inner error so far */
  assay_status status;     /* of the first inner expectation that failed */
  assay_error *error;
} inner;

static double at_fixed_x(double y, void *context) {
  const inner *g = context;
  return g->f(g->x, y, g->context);
}

static double over_y(double x, void *context) {
  inner *g = context;
  assay_value value = {NAN, 0};
  if (g->status != ASSAY_OK) return NAN;
  g->x = x;
  g->status = gaussian_expectation(at_fixed_x, g, g->y, g->rtol, &value, g->error);
  g->largest = fmax(g->largest, value.error / fmax(fabs(value.value), DBL_MIN));
  return g->status == ASSAY_OK ? value.value : NAN;
}

assay_status gaussian_expectation2(gaussian_function2 *f, void *context, const gaussian_axis *x,
                                   const gaussian_axis *y, double rtol, assay_value *result,
                                   assay_error *error) {
  inner g = {f, context, y, 0, fmax(rtol / 10, 1e-14), 0, ASSAY_OK, error};
  assay_error outer; /* of its own: the inner expectation's message is the one that explains a failure */
  assay_status status = gaussian_expectation(over_y, &g, x, rtol, result, &outer);
  if (g.status != ASSAY_OK) return g.status;
  if (status != ASSAY_OK) return assay_error_set(error, status, "%s", outer.text);
  result->error += g.largest * fabs(result->value);
  return ASSAY_OK;
}
