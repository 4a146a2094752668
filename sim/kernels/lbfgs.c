#include "sim/kernels/lbfgs.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

size_t lbfgs_room(size_t n, const lbfgs_rule *rule) {
  return (2 * (size_t)rule->memory + 4) * n + 2 * (size_t)rule->memory;
}

typedef struct {
  lbfgs_objective *f;
  void *context;
  int n;
  const double *x, *direction;
  double *trial, *gradient; /* of the last point on the line */
} line;

typedef struct {
  double step, value, slope;
} line_point;

static line_point look(line *l, double step) {
  memcpy(l->trial, l->x, (size_t)l->n * sizeof(double));
  cblas_daxpy(l->n, step, l->direction, 1, l->trial, 1);
  const double value = l->f(l->trial, l->gradient, l->context);
  return (line_point){step, value, cblas_ddot(l->n, l->gradient, 1, l->direction, 1)};
}

/* The minimum of the cubic through two points, kept a tenth inside; the middle where there is none. */
static double between(line_point a, line_point b) {
  const double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step),
               square = d1 * d1 - a.slope * b.slope;
  const double width = b.step - a.step, middle = a.step + width / 2;
  if (!(square >= 0)) return middle;
  const double d2 = copysign(sqrt(square), width),
               step = b.step - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
  const double share = (step - a.step) / width;
  return share > .1 && share < .9 ? step
         : share <= .1            ? a.step + .1 * width
         : share >= .9            ? a.step + .9 * width
                                  : middle;
}

enum { LOOKS = 40 };
static const double decrease = 1e-4, curvature = .9;

/* A step with sufficient decrease and a small slope; the best one seen when rounding stops the search. 0: no
 * decrease at all. */
static double search(line *l, line_point start, double first, line_point *end) {
  line_point low = start, high = {0, 0, 0}, now = look(l, first);
  const double noise = 4e-15 * fabs(start.value); /* below it only slopes tell points apart */
  int bracketed = 0;
  for (int i = 0; i < LOOKS; i++) {
    const double limit = start.value + decrease * now.step * start.slope;
    if (!(now.value <= limit + noise) || (now.value >= low.value + noise && low.step > 0)) {
      high = now;
      bracketed = 1;
    } else {
      if (fabs(now.slope) <= -curvature * start.slope) {
        *end = now;
        return now.step;
      }
      if (bracketed ? now.slope * (high.step - low.step) >= 0 : now.slope >= 0) high = low, bracketed = 1;
      low = now;
    }
    if (bracketed && fabs(high.step - low.step) < 1e-14 * fabs(high.step)) break;
    const double next = !bracketed             ? 2 * now.step
                        : isfinite(high.value) ? between(low, high)
                                               : low.step + (high.step - low.step) / 10;
    now = look(l, next);
  }
  if (low.step > 0 && now.step != low.step) low = look(l, low.step);
  *end = low;
  return low.step;
}

/* direction = -H gradient by the two loops over the kept pairs s, y [memory][n]. */
static void quasi_newton(int n, int kept, int oldest, int memory, const double *s, const double *y,
                         double *rho, double *alpha, const double *gradient, double *direction) {
  for (int i = 0; i < n; i++) direction[i] = -gradient[i];
  for (int j = kept - 1; j >= 0; j--) {
    const int at = (oldest + j) % memory;
    alpha[at] = rho[at] * cblas_ddot(n, s + (size_t)at * (size_t)n, 1, direction, 1);
    cblas_daxpy(n, -alpha[at], y + (size_t)at * (size_t)n, 1, direction, 1);
  }
  if (kept) {
    const int last = (oldest + kept - 1) % memory;
    const double *yl = y + (size_t)last * (size_t)n;
    cblas_dscal(n, 1 / (rho[last] * cblas_ddot(n, yl, 1, yl, 1)), direction, 1);
  }
  for (int j = 0; j < kept; j++) {
    const int at = (oldest + j) % memory;
    const double beta = rho[at] * cblas_ddot(n, y + (size_t)at * (size_t)n, 1, direction, 1);
    cblas_daxpy(n, alpha[at] - beta, s + (size_t)at * (size_t)n, 1, direction, 1);
  }
}

static double largest(int n, const double *x) {
  return fabs(x[cblas_idamax(n, x, 1)]);
}

lbfgs_report lbfgs_until(lbfgs_objective *f, void *context, size_t size, const lbfgs_rule *rule,
                         double enough, double *x, double *room) {
  const int n = (int)size, memory = rule->memory;
  double *gradient = room, *direction = gradient + n, *trial = direction + n, *fresh = trial + n,
         *s = fresh + n, *y = s + size * (size_t)memory;
  double *rho = y + size * (size_t)memory, *alpha = rho + memory, value = f(x, gradient, context);
  int kept = 0, oldest = 0, done = 0;
  for (; done < rule->iterations && isfinite(value) && !(value < enough) &&
         largest(n, gradient) >= rule->gradient;
       done++) {
    quasi_newton(n, kept, oldest, memory, s, y, rho, alpha, gradient, direction);
    double slope = cblas_ddot(n, gradient, 1, direction, 1);
    if (!(slope < 0)) { /* forget a metric that points uphill */
      kept = 0;
      for (int i = 0; i < n; i++) direction[i] = -gradient[i];
      slope = cblas_ddot(n, gradient, 1, direction, 1);
    }
    line l = {f, context, n, x, direction, trial, fresh};
    line_point end;
    const double step =
        search(&l, (line_point){0, value, slope}, kept ? 1 : fmin(1, 1 / largest(n, gradient)), &end);
    if (!(step > 0)) {
      if (kept == 0) break;
      kept = 0; /* once more along the gradient */
      continue;
    }
    const int at = kept < memory ? (oldest + kept) % memory : oldest;
    double *sa = s + size * (size_t)at, *ya = y + size * (size_t)at;
    for (int i = 0; i < n; i++) {
      sa[i] = trial[i] - x[i];
      ya[i] = fresh[i] - gradient[i];
    }
    const double sy = cblas_ddot(n, sa, 1, ya, 1);
    if (sy > 0) {
      rho[at] = 1 / sy;
      if (kept < memory)
        kept++;
      else
        oldest = (oldest + 1) % memory;
    }
    memcpy(x, trial, size * sizeof *x);
    memcpy(gradient, fresh, size * sizeof *x);
    value = end.value;
  }
  return (lbfgs_report){value, largest(n, gradient), done};
}

assay_status lbfgs_minimise(lbfgs_objective *f, void *context, size_t n, const lbfgs_rule *rule, double *x,
                            double *room, lbfgs_report *report, assay_error *error) {
  *report = lbfgs_until(f, context, n, rule, -INFINITY, x, room);
  if (isfinite(report->value) && report->gradient < rule->gradient) return ASSAY_OK;
  return assay_error_set(error, ASSAY_NUMERIC,
                         "after %d iterations the largest gradient entry is %.3g, not below %.3g",
                         report->iterations, report->gradient, rule->gradient);
}
