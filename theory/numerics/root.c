#include "theory/numerics/root.h"

#include <float.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_roots.h>
#include <math.h>

#include "theory/numerics/gsl.h"

#define ITERATIONS 300

/* Between GSL's plain function and one that can fail. */
typedef struct {
  root_function *f;
  void *context;
  assay_status status;
  assay_error *error;
} adapter;

static double adapted(double x, void *context) {
  adapter *a = context;
  double y = NAN;
  if (a->status == ASSAY_OK) a->status = a->f(x, a->context, &y, a->error);
  return a->status == ASSAY_OK ? y : NAN;
}

static assay_status evaluate(root_function *f, void *context, double x, double *y, assay_error *error) {
  assay_status status = f(x, context, y, error);
  if (status == ASSAY_OK && isnan(*y))
    status = assay_error_set(error, ASSAY_NUMERIC, "the function is not a number at %.17g", x);
  return status;
}

static int opposite(double a, double b) {
  return (a <= 0 && b >= 0) || (a >= 0 && b <= 0);
}

double root_grid_point(const root_grid *g, int i) {
  if (i == 0) return g->lo;
  if (i == g->count - 1) return g->hi;
  double share = (double)i / (g->count - 1);
  return g->spacing == ROOT_LOG ? g->lo * pow(g->hi / g->lo, share) : g->lo + (g->hi - g->lo) * share;
}

/* ---- roots ---- */

static assay_status iterate_root(gsl_root_fsolver *solver, const adapter *a, double rtol, assay_value *root,
                                 assay_error *error) {
  int code = GSL_CONTINUE;
  for (int i = 0; i < ITERATIONS && code == GSL_CONTINUE; i++) {
    code = gsl_root_fsolver_iterate(solver);
    if (a->status != ASSAY_OK) return a->status;
    if (code != GSL_SUCCESS)
      return assay_error_set(error, ASSAY_NUMERIC, "a root search failed: %s", gsl_strerror(code));
    double lo = gsl_root_fsolver_x_lower(solver), hi = gsl_root_fsolver_x_upper(solver);
    *root = (assay_value){gsl_root_fsolver_root(solver), hi - lo};
    code = gsl_root_test_interval(lo, hi, DBL_MIN, rtol);
  }
  if (code != GSL_SUCCESS)
    return assay_error_set(error, ASSAY_NUMERIC,
                           "a root search stopped after %d steps at %.17g, uncertain by %.3g", ITERATIONS,
                           root->value, root->error);
  root->error += 2 * DBL_EPSILON * fabs(root->value);
  return ASSAY_OK;
}

assay_status root_find(root_function *f, void *context, double lo, double hi, double rtol, assay_value *root,
                       assay_error *error) {
  numerics_quiet_gsl();
  double at_lo, at_hi;
  assay_status status = evaluate(f, context, lo, &at_lo, error);
  if (status == ASSAY_OK) status = evaluate(f, context, hi, &at_hi, error);
  if (status != ASSAY_OK) return status;
  if (!opposite(at_lo, at_hi))
    return assay_error_set(error, ASSAY_NUMERIC, "no sign change on [%.10g, %.10g]: f = %.6g and %.6g", lo,
                           hi, at_lo, at_hi);
  if (at_lo == 0 || at_hi == 0) {
    double exact = at_lo == 0 ? lo : hi;
    *root = (assay_value){exact, 2 * DBL_EPSILON * fabs(exact)};
    return ASSAY_OK;
  }
  gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);
  if (!solver) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a root search");
  adapter a = {f, context, ASSAY_OK, error};
  gsl_function g = {adapted, &a};
  int code = gsl_root_fsolver_set(solver, &g, lo, hi);
  if (a.status != ASSAY_OK)
    status = a.status;
  else if (code != GSL_SUCCESS)
    status = assay_error_set(error, ASSAY_NUMERIC, "a root search failed: %s", gsl_strerror(code));
  else
    status = iterate_root(solver, &a, fmax(rtol, 2 * DBL_EPSILON), root, error);
  gsl_root_fsolver_free(solver);
  return status;
}

assay_status root_bracket_doubling(root_function *f, void *context, double start, double *lo, double *hi,
                                   assay_error *error) {
  double first, up, down, y;
  assay_status status = evaluate(f, context, start, &first, error);
  up = down = first;
  for (int k = 1; k <= 200 && status == ASSAY_OK; k++) {
    status = evaluate(f, context, ldexp(start, k), &y, error);
    if (status == ASSAY_OK && opposite(up, y)) {
      *lo = ldexp(start, k - 1), *hi = ldexp(start, k);
      return ASSAY_OK;
    }
    up = y;
    if (status == ASSAY_OK) status = evaluate(f, context, ldexp(start, -k), &y, error);
    if (status == ASSAY_OK && opposite(down, y)) {
      *lo = ldexp(start, -k), *hi = ldexp(start, 1 - k);
      return ASSAY_OK;
    }
    down = y;
  }
  if (status != ASSAY_OK) return status;
  return assay_error_set(error, ASSAY_NUMERIC,
                         "no sign change within 2^+-200 of %.6g: f = %.6g at the far ends, %.6g", start, down,
                         up);
}

assay_status root_bracket_scan(root_function *f, void *context, const root_grid *grid, double *lo, double *hi,
                               assay_error *error) {
  double before = NAN, y = NAN;
  for (int i = 0; i < grid->count; i++) {
    double x = root_grid_point(grid, i);
    assay_status status = evaluate(f, context, x, &y, error);
    if (status != ASSAY_OK) return status;
    if (i > 0 && opposite(before, y)) {
      *lo = root_grid_point(grid, i - 1), *hi = x;
      return ASSAY_OK;
    }
    before = y;
  }
  return assay_error_set(error, ASSAY_NUMERIC,
                         "no sign change at %d points of [%.10g, %.10g]: f(%.10g) = %.6g", grid->count,
                         grid->lo, grid->hi, grid->hi, y);
}

/* ---- minima ---- */

assay_status root_valley_scan(root_function *f, void *context, const root_grid *grid, root_valley *valley,
                              assay_error *error) {
  int best = 0;
  for (int i = 0; i < grid->count; i++) {
    double y;
    assay_status status = evaluate(f, context, root_grid_point(grid, i), &y, error);
    if (status != ASSAY_OK) return status;
    if (i == 0 || y < valley->least) valley->least = y, best = i;
  }
  valley->lo = root_grid_point(grid, best > 0 ? best - 1 : 0);
  valley->mid = root_grid_point(grid, best);
  valley->hi = root_grid_point(grid, best < grid->count - 1 ? best + 1 : best);
  return ASSAY_OK;
}

static assay_status iterate_minimum(gsl_min_fminimizer *solver, const adapter *a, double rtol, assay_value *x,
                                    assay_value *least, assay_error *error) {
  int code = GSL_CONTINUE;
  for (int i = 0; i < ITERATIONS && code == GSL_CONTINUE; i++) {
    code = gsl_min_fminimizer_iterate(solver);
    if (a->status != ASSAY_OK) return a->status;
    if (code != GSL_SUCCESS && code != GSL_FAILURE)
      return assay_error_set(error, ASSAY_NUMERIC, "a search for a minimum failed: %s", gsl_strerror(code));
    double lo = gsl_min_fminimizer_x_lower(solver), hi = gsl_min_fminimizer_x_upper(solver);
    *x = (assay_value){gsl_min_fminimizer_x_minimum(solver), hi - lo};
    least->value = gsl_min_fminimizer_f_minimum(solver);
    code = gsl_min_test_interval(lo, hi, DBL_MIN, rtol);
  }
  return code == GSL_SUCCESS
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_NUMERIC,
                               "a search for a minimum stopped after %d steps at %.17g, uncertain by %.3g",
                               ITERATIONS, x->value, x->error);
}

assay_status root_minimum(root_function *f, void *context, const root_valley *valley, double rtol,
                          assay_value *x, assay_value *least, assay_error *error) {
  numerics_quiet_gsl();
  double lo, mid, hi;
  assay_status status = evaluate(f, context, valley->lo, &lo, error);
  if (status == ASSAY_OK) status = evaluate(f, context, valley->mid, &mid, error);
  if (status == ASSAY_OK) status = evaluate(f, context, valley->hi, &hi, error);
  if (status != ASSAY_OK) return status;
  if (!(valley->lo < valley->mid && valley->mid < valley->hi && mid < lo && mid < hi))
    return assay_error_set(error, ASSAY_NUMERIC,
                           "no minimum inside [%.10g, %.10g]: f = %.6g, %.6g, %.6g at %.10g, %.10g, %.10g",
                           valley->lo, valley->hi, lo, mid, hi, valley->lo, valley->mid, valley->hi);
  gsl_min_fminimizer *solver = gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
  if (!solver) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a search for a minimum");
  adapter a = {f, context, ASSAY_OK, error};
  gsl_function g = {adapted, &a};
  int code = gsl_min_fminimizer_set_with_values(solver, &g, valley->mid, mid, valley->lo, lo, valley->hi, hi);
  if (code != GSL_SUCCESS)
    status = assay_error_set(error, ASSAY_NUMERIC, "a search for a minimum failed: %s", gsl_strerror(code));
  else
    status = iterate_minimum(solver, &a, fmax(rtol, 4 * sqrt(DBL_EPSILON)), x, least, error);
  gsl_min_fminimizer_free(solver);
  if (status != ASSAY_OK) return status;
  least->error = 8 * DBL_EPSILON * fabs(least->value);
  /* f'' from the valley's three values by divided differences. */
  double rise = (hi - mid) / (valley->hi - valley->mid), fall = (mid - lo) / (valley->mid - valley->lo);
  double curvature = 2 * (rise - fall) / (valley->hi - valley->lo);
  x->error += sqrt(2 * least->error / curvature) + 2 * DBL_EPSILON * fabs(x->value);
  return ASSAY_OK;
}
