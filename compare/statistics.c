#include "compare/statistics.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 256 };

/* ---- moments ---- */

typedef struct {
  double sum, carry;
} compensated;

/* Neumaier's sum: the carry collects what each addition loses. */
static inline void add(compensated *s, double x) {
  double t = s->sum + x;
  s->carry += fabs(s->sum) >= fabs(x) ? (s->sum - t) + x : (x - t) + s->sum;
  s->sum = t;
}

static double total(compensated s) { return s.sum + s.carry; }

stat_moments stat_moments_of(const double *x, long n) {
  compensated first = {0}, second = {0}, third = {0};
  for (long i = 0; i < n; i++) add(&first, x[i]);
  stat_moments m = {.n = n, .mean = n ? total(first) / (double)n : NAN};
  for (long i = 0; i < n; i++) {
    double e = x[i] - m.mean;
    add(&second, e * e);
    add(&third, e * e * e);
  }
  m.sd = n > 1 ? sqrt(total(second) / (double)(n - 1)) : 0;
  m.skew = m.sd > 0 ? total(third) / (double)n / (m.sd * m.sd * m.sd) : 0;
  return m;
}

/* ---- one group's contribution to a linear form ---- */

typedef struct {
  double se2, se2_over_nu, skew3; /* v_k; v_k^2/(n_k-1); |c_k|^3 max(G, 2|skew_k|) s_k^3/n_k^2 */
  double signed_skew3;            /* c_k^3 skew_k s_k^3/n_k^2, for the skewness that is reported */
  bool flat;                      /* s_k <= 1e-12 |m_k| */
} contribution;

static contribution contribution_of(double c, stat_moments m, double floor_g) {
  double n = (double)m.n, se = fabs(c) * m.sd / sqrt(n), cube = se * se * se / sqrt(n);
  return (contribution){.se2 = se * se,
                        .se2_over_nu = se * se * se * se / (n - 1),
                        .skew3 = fmax(floor_g, 2 * fabs(m.skew)) * cube,
                        .signed_skew3 = (c < 0 ? -1 : 1) * m.skew * cube,
                        .flat = m.sd <= 1e-12 * fabs(m.mean)};
}

/* Sums contributions into a nearly normal statistic. False when some group does not vary. */
static bool normal_of(double centre, double widen, const contribution *part, int k, stat_normal *out, double *skew) {
  double se2 = 0, over_nu = 0, skew3 = 0, signed_skew3 = 0;
  for (int i = 0; i < k; i++) {
    if (part[i].flat) return false;
    se2 += part[i].se2;
    over_nu += part[i].se2_over_nu;
    skew3 += part[i].skew3;
    signed_skew3 += part[i].signed_skew3;
  }
  if (!(se2 > 0)) return false;
  double se = sqrt(se2);
  *out = (stat_normal){centre, se, se2 * se2 / over_nu, skew3 / (se2 * se), widen};
  if (skew) *skew = signed_skew3 / (se2 * se);
  return true;
}

static void no_interval(stat_estimate *e, const char *why) {
  e->pieces = 0;
  snprintf(e->why, sizeof e->why, "%s", why);
}

static const char does_not_vary[] = "the replicates do not vary";
static const char too_few[] = "fewer than two replicates";

/* ---- single groups ---- */

static void estimate_mean(const stat_problem *p, const stat_group *g, stat_estimate *e) {
  stat_moments m = stat_moments_of(g->x, g->n);
  e->estimate = m.mean;
  e->skew = m.skew;
  e->se = g->n > 1 ? m.sd / sqrt((double)g->n) : NAN;
  contribution part = contribution_of(1, m, p->skew_floor);
  if (g->n < 2) no_interval(e, too_few);
  else if (!normal_of(m.mean, 0, &part, 1, &e->piece[0], NULL)) no_interval(e, does_not_vary);
  else e->pieces = 1;
}

/* y_i = n/(n-1) (x_i - m)^2, whose mean is the unbiased variance. */
static void squared_deviations(const double *x, long n, double *y) {
  double mean = stat_moments_of(x, n).mean, scale = (double)n / (double)(n - 1);
  for (long i = 0; i < n; i++) y[i] = scale * (x[i] - mean) * (x[i] - mean);
}

static assay_status no_memory(assay_error *error, long n) {
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %ld values", n);
}

static assay_status estimate_variance(const stat_problem *p, const stat_group *g, stat_estimate *e, assay_error *error) {
  if (g->n < 2) {
    no_interval(e, too_few);
    return ASSAY_OK;
  }
  double *y = malloc((size_t)g->n * sizeof *y);
  if (!y) return no_memory(error, g->n);
  squared_deviations(g->x, g->n, y);
  stat_group squares = {y, g->n, g->share};
  estimate_mean(p, &squares, e);
  free(y);
  return ASSAY_OK;
}

static assay_status count_ones(const stat_group *g, long *ones, assay_error *error) {
  *ones = 0;
  for (long i = 0; i < g->n; i++) {
    if (g->x[i] != 0 && g->x[i] != 1)
      return assay_error_set(error, ASSAY_NUMERIC, "a record judged as a proportion is %g, not 0 or 1", g->x[i]);
    *ones += g->x[i] == 1;
  }
  return ASSAY_OK;
}

static assay_status estimate_proportion(const stat_group *g, stat_estimate *e, assay_error *error) {
  assay_status status = count_ones(g, &e->successes, error);
  if (status != ASSAY_OK) return status;
  double p = (double)e->successes / (double)g->n;
  e->estimate = p;
  e->se = sqrt(p * (1 - p) / (double)g->n);
  e->skew = p > 0 && p < 1 ? (1 - 2 * p) / sqrt(p * (1 - p)) : NAN;
  return ASSAY_OK;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static assay_status estimate_quantile(const stat_problem *p, const stat_group *g, stat_estimate *e, assay_error *error) {
  e->sorted = malloc((size_t)g->n * sizeof *e->sorted);
  if (!e->sorted) return no_memory(error, g->n);
  memcpy(e->sorted, g->x, (size_t)g->n * sizeof *e->sorted);
  qsort(e->sorted, (size_t)g->n, sizeof *e->sorted, ascending);
  e->level = p->level;
  double at = p->level * (double)(g->n - 1);
  long i = (long)at;
  double next = i + 1 < g->n ? e->sorted[i + 1] : e->sorted[i];
  e->estimate = e->sorted[i] + (at - (double)i) * (next - e->sorted[i]);
  return ASSAY_OK;
}

static void estimate_exact(const stat_group *g, stat_estimate *e) {
  e->least = INFINITY;
  e->greatest = -INFINITY;
  for (long i = 0; i < g->n; i++) {
    e->least = fmin(e->least, g->x[i]);
    e->greatest = fmax(e->greatest, g->x[i]);
  }
  e->estimate = g->n == 1 ? g->x[0] : stat_moments_of(g->x, g->n).mean;
}

/* ---- several groups ---- */

typedef struct {
  const stat_problem *problem;
  const stat_group *groups;
  int k;
  double *values;            /* what enters each group's mean: [sum of n] when transformed, else unused */
  const double *x[MOST_GROUPS];
  double m[MOST_GROUPS], se[MOST_GROUPS], c[MOST_GROUPS];
} smooth_work;

/* Each group's statistic and its standard error; variances by their squared deviations. */
static void group_statistics(smooth_work *w) {
  double *at = w->values;
  for (int k = 0; k < w->k; k++) {
    const stat_group *g = &w->groups[k];
    w->x[k] = g->x;
    if (w->problem->of == ASSAY_VARIANCE) {
      squared_deviations(g->x, g->n, at);
      w->x[k] = at;
      at += g->n;
    }
    stat_moments m = stat_moments_of(w->x[k], g->n);
    w->m[k] = m.mean;
    w->se[k] = m.sd / sqrt((double)g->n);
    if (w->problem->of == ASSAY_PROPORTION) {
      w->m[k] = (m.mean * (double)g->n + 0.5) / (double)(g->n + 1);
      w->se[k] = sqrt(w->m[k] * (1 - w->m[k]) / (double)g->n);
    }
  }
}

static assay_status reduced(const smooth_work *w, int shifted, double by, double *f, assay_error *error) {
  double m[MOST_GROUPS];
  memcpy(m, w->m, (size_t)w->k * sizeof *m);
  if (shifted >= 0) m[shifted] += by;
  assay_sample sample = {w->k, m, w->problem->axis, w->problem->points};
  assay_status status = w->problem->reduce(&sample, f);
  if (status != ASSAY_OK || !isfinite(*f))
    return assay_error_set(error, status == ASSAY_OK ? ASSAY_NUMERIC : status,
                           "the reduction of %d groups failed (value %g)", w->k, *f);
  return ASSAY_OK;
}

static assay_status gradient(smooth_work *w, double *f, double *widen, assay_error *error) {
  assay_status status = reduced(w, -1, 0, f, error);
  *widen = 0;
  for (int k = 0; k < w->k && status == ASSAY_OK; k++) {
    double up, down;
    w->c[k] = 0;
    if (!(w->se[k] > 0)) continue;
    status = reduced(w, k, w->se[k], &up, error);
    if (status == ASSAY_OK) status = reduced(w, k, -w->se[k], &down, error);
    if (status != ASSAY_OK) break;
    w->c[k] = (up - down) / (2 * w->se[k]);
    *widen += fabs(up - 2 * *f + down) / 2;
  }
  return status;
}

static stat_moments proportion_moments(double p, long n) {
  double sd = sqrt(p * (1 - p));
  return (stat_moments){n, p, sd, (1 - 2 * p) / sd};
}

/* The moments of sum c_k x_k over the groups that share replicates with group `first`. */
static stat_moments joined_moments(const smooth_work *w, const double *c, int first, double *y) {
  long n = w->groups[first].n;
  memset(y, 0, (size_t)n * sizeof *y);
  for (int k = first; k < w->k; k++)
    if (w->groups[k].share == w->groups[first].share)
      for (long i = 0; i < n; i++) y[i] += c[k] * w->x[k][i];
  return stat_moments_of(y, n);
}

static bool shares_with_earlier(const smooth_work *w, int k) {
  for (int i = 0; i < k; i++)
    if (w->groups[i].share == w->groups[k].share) return true;
  return false;
}

static bool shares_with_later(const smooth_work *w, int k) {
  for (int i = k + 1; i < w->k; i++)
    if (w->groups[i].share == w->groups[k].share) return true;
  return false;
}

/* The nearly normal statistic of the linear form with coefficients c. */
static bool linear_form(const smooth_work *w, const double *c, double centre, double widen, double *scratch,
                        stat_normal *out, double *skew) {
  contribution part[MOST_GROUPS];
  int parts = 0;
  for (int k = 0; k < w->k; k++) {
    if (shares_with_earlier(w, k)) continue;
    if (shares_with_later(w, k)) {
      part[parts++] = contribution_of(1, joined_moments(w, c, k, scratch), w->problem->skew_floor);
      continue;
    }
    if (c[k] == 0 && w->se[k] > 0) continue; /* it does not enter */
    stat_moments m = w->problem->of == ASSAY_PROPORTION ? proportion_moments(w->m[k], w->groups[k].n)
                                                        : stat_moments_of(w->x[k], w->groups[k].n);
    part[parts++] = contribution_of(c[k], m, w->problem->skew_floor);
  }
  return normal_of(centre, widen, part, parts, out, skew);
}

/* sum c_k p_k, term by term, about the value f at the statistics of the groups. */
static assay_status estimate_terms(const smooth_work *w, double f, stat_estimate *e, assay_error *error) {
  double variance = 0;
  e->terms = malloc((size_t)w->k * sizeof *e->terms);
  if (!e->terms) return no_memory(error, w->k);
  e->estimate = f;
  for (int k = 0; k < w->k; k++) {
    long ones, n = w->groups[k].n;
    assay_status status = count_ones(&w->groups[k], &ones, error);
    if (status != ASSAY_OK) {
      stat_estimate_clear(e);
      return status;
    }
    double p = (double)ones / (double)n;
    e->estimate += w->c[k] * (p - w->m[k]);
    variance += w->c[k] * w->c[k] * p * (1 - p) / (double)n;
    if (w->c[k] != 0) e->terms[e->term_count++] = (stat_term){w->c[k], ones, n};
  }
  e->se = sqrt(variance);
  return ASSAY_OK;
}

static bool any_shared(const smooth_work *w) {
  for (int k = 0; k < w->k; k++)
    if (shares_with_later(w, k)) return true;
  return false;
}

static assay_status estimate_smooth(smooth_work *w, double *scratch, stat_estimate *e, assay_error *error) {
  double f, widen;
  group_statistics(w);
  assay_status status = gradient(w, &f, &widen, error);
  if (status != ASSAY_OK) return status;
  if (w->problem->estimand == ASSAY_COMBINATION && w->problem->of == ASSAY_PROPORTION && !any_shared(w))
    return estimate_terms(w, f, e, error);
  e->estimate = f;
  if (w->problem->estimand == ASSAY_COMBINATION) widen = 0;
  if (!linear_form(w, w->c, f, widen, scratch, &e->piece[0], &e->skew)) no_interval(e, does_not_vary);
  else e->pieces = 1, e->se = e->piece[0].se;
  return ASSAY_OK;
}

/* How many drifts A - A' a bias N^-(g/2) leaves A off by: 1/(r^(g/2) - 1) for sizes N, rN, r^2 N. */
static double reach_of_drift(const double a[3], const double b[3], const double size[3], double g) {
  double limit = 0, before = 0;
  for (int k = 0; k < 3; k++) {
    double bias = pow(size[k], -g / 2);
    limit += a[k] * bias;
    before += b[k] * bias;
  }
  return limit / (before - limit);
}

static assay_status estimate_extrapolated(smooth_work *w, double *scratch, stat_estimate *e, assay_error *error) {
  const double *size = w->problem->size, g = w->problem->exponent;
  double r = size[1] / size[0];
  if (!(r >= 2) || fabs(size[2] / size[1] - r) > 0.05 * r || !(g > 0))
    return assay_error_set(error, ASSAY_USAGE, "extrapolation needs sizes N, rN, r^2 N with r >= 2 and an exponent > 0");
  group_statistics(w);
  double u1 = pow(size[0], -g), u2 = pow(size[1], -g), u3 = pow(size[2], -g);
  double a[3] = {0, -u3 / (u2 - u3), u2 / (u2 - u3)}, b[3] = {-u2 / (u1 - u2), u1 / (u1 - u2), 0};
  double q = reach_of_drift(a, b, size, g), limit = 0, before = 0;
  for (int k = 0; k < 3; k++) limit += a[k] * w->m[k], before += b[k] * w->m[k];
  e->estimate = limit;
  e->drift = limit - before;
  for (int side = 0; side < 2; side++) {
    double sign = side ? -q : q, c[3];
    for (int k = 0; k < 3; k++) c[k] = a[k] + sign * (a[k] - b[k]);
    if (!linear_form(w, c, limit + sign * (limit - before), 0, scratch, &e->piece[side], &e->skew)) {
      no_interval(e, does_not_vary);
      return ASSAY_OK;
    }
  }
  e->pieces = 2;
  e->se = fmax(e->piece[0].se, e->piece[1].se);
  return ASSAY_OK;
}

static assay_status check_groups(const stat_problem *p, const stat_group *groups, int k, assay_error *error) {
  bool several = p->estimand == ASSAY_COMBINATION || p->estimand == ASSAY_SMOOTH;
  int need = p->estimand == ASSAY_EXTRAPOLATED ? 3 : 1;
  if (several ? k < 1 || k > MOST_GROUPS : k != need)
    return assay_error_set(error, ASSAY_USAGE, "an estimate got %d groups of values; it takes %d", k,
                           several ? MOST_GROUPS : need);
  for (int i = 0; i < k; i++)
    for (int j = 0; j < i; j++)
      if (groups[i].share == groups[j].share && groups[i].n != groups[j].n)
        return assay_error_set(error, ASSAY_USAGE, "groups that share replicates have %ld and %ld values", groups[j].n,
                               groups[i].n);
  if (several && !p->reduce) return assay_error_set(error, ASSAY_USAGE, "a %s needs a reduction", "smooth estimand");
  return ASSAY_OK;
}

static assay_status estimate_groups(const stat_problem *p, const stat_group *groups, int k, stat_estimate *e,
                                    assay_error *error) {
  long all = 0, most = 0;
  for (int i = 0; i < k; i++) {
    all += groups[i].n;
    most = groups[i].n > most ? groups[i].n : most;
    if (groups[i].n < 2) {
      no_interval(e, too_few);
      return ASSAY_OK;
    }
  }
  smooth_work *w = malloc(sizeof *w);
  double *memory = malloc((size_t)(all + most) * sizeof *memory);
  assay_status status = ASSAY_NO_MEMORY;
  if (w && memory) {
    w->problem = p, w->groups = groups, w->k = k, w->values = memory;
    status = p->estimand == ASSAY_EXTRAPOLATED ? estimate_extrapolated(w, memory + all, e, error)
                                               : estimate_smooth(w, memory + all, e, error);
  } else {
    no_memory(error, all + most);
  }
  free(w);
  free(memory);
  return status;
}

/* Order statistics and extremes would pass over a NaN in silence. */
static bool all_finite(const stat_group *g) {
  for (long i = 0; i < g->n; i++)
    if (!isfinite(g->x[i])) return false;
  return true;
}

assay_status stat_estimate_make(const stat_problem *problem, const stat_group *groups, int k, stat_estimate *e,
                                assay_error *error) {
  stat_problem p = *problem;
  if (p.skew_floor == 0) p.skew_floor = 1;
  *e = (stat_estimate){.estimand = p.estimand, .estimate = NAN, .skew = NAN, .drift = NAN, .se = NAN};
  assay_status status = check_groups(&p, groups, k, error);
  if (status != ASSAY_OK) return status;
  e->n = groups[k - 1].n;
  for (int i = 0; i < k; i++)
    if (groups[i].n < 1 || !all_finite(&groups[i])) {
      no_interval(e, groups[i].n < 1 ? "no replicates" : "a value is not finite");
      return ASSAY_OK;
    }
  switch (p.estimand) {
  case ASSAY_MEAN: estimate_mean(&p, groups, e); return ASSAY_OK;
  case ASSAY_VARIANCE: return estimate_variance(&p, groups, e, error);
  case ASSAY_PROPORTION: return estimate_proportion(groups, e, error);
  case ASSAY_QUANTILE: return estimate_quantile(&p, groups, e, error);
  case ASSAY_EXACT: estimate_exact(groups, e); return ASSAY_OK;
  case ASSAY_COMBINATION:
  case ASSAY_SMOOTH:
  case ASSAY_EXTRAPOLATED: return estimate_groups(&p, groups, k, e, error);
  }
  return assay_error_set(error, ASSAY_USAGE, "unknown estimand %d", (int)p.estimand);
}

void stat_estimate_clear(stat_estimate *e) {
  free(e->sorted);
  free(e->terms);
  e->sorted = NULL;
  e->terms = NULL;
  e->term_count = 0;
}

/* ---- intervals ---- */

static const stat_interval none = {-INFINITY, INFINITY, true};

/* x in [z, 1/h] with x^2/2 - h x^3/3 = z^2/2: how far a sum with skewness correction h may stray. */
static double stretched(double z, double h) {
  double lo = z, hi = 1 / h;
  for (int i = 0; i < 200 && hi - lo > 1e-15 * hi; i++) {
    double x = lo + (hi - lo) / 2;
    if (x * x / 2 - h * x * x * x / 3 < z * z / 2) lo = x;
    else hi = x;
  }
  return hi;
}

static stat_interval normal_interval(const stat_normal *s, double a) {
  double z = gsl_cdf_tdist_Qinv(a, s->nu);
  if (!isfinite(z) || sqrt(3) * s->h * z >= 1) return none;
  double reach = stretched(z, s->h) * s->se + s->widen;
  return (stat_interval){s->centre - reach, s->centre + reach, false};
}

/* P(Bin(n,p) <= k). */
static double binomial_below(long k, long n, double p) {
  return k < 0 ? 0 : k >= n ? 1 : gsl_cdf_beta_Q(p, (double)k + 1, (double)(n - k));
}

/* P(Bin(n,p) >= k). */
static double binomial_above(long k, long n, double p) {
  return k <= 0 ? 1 : k > n ? 0 : gsl_cdf_beta_P(p, (double)k, (double)(n - k) + 1);
}

/* The p in (0,1) where `tail`, a probability under Bin(n,p), passes a; `rising`: it grows with p. By bisection:
 * GSL's inverses of the beta distribution do not converge for a quarter of all arguments. */
static double crossing_of(double (*tail)(long, long, double), bool rising, long bound, long n, double a) {
  double lo = 0, hi = 1;
  while (hi - lo > 1e-14 * hi) {
    double p = lo + (hi - lo) / 2;
    if ((tail(bound, n, p) <= a) == rising) lo = p;
    else hi = p;
  }
  return rising ? lo : hi;
}

/* Clopper-Pearson: the ends are where r or more, r or fewer ones have probability a. */
static stat_interval proportion_interval(long r, long n, double a) {
  double lo = r == 0 ? 0 : crossing_of(binomial_above, true, r, n, a);
  double hi = r == n ? 1 : crossing_of(binomial_below, false, r, n, a);
  return (stat_interval){lo, hi, false};
}

/* Each of the 2 K ends is wrong with probability at most a/K, so their sums are with at most a. */
static stat_interval terms_interval(const stat_estimate *e, double a) {
  stat_interval sum = {e->estimate, e->estimate, e->term_count == 0};
  for (int k = 0; k < e->term_count; k++) {
    stat_term t = e->terms[k];
    double p = (double)t.r / (double)t.n;
    stat_interval i = proportion_interval(t.r, t.n, a / e->term_count);
    sum.lo += t.c > 0 ? t.c * (i.lo - p) : t.c * (i.hi - p);
    sum.hi += t.c > 0 ? t.c * (i.hi - p) : t.c * (i.lo - p);
  }
  return sum.none ? none : sum;
}

static stat_interval quantile_interval(const stat_estimate *e, double a) {
  long low = 0, high = e->n + 1; /* order statistics are counted from 1 */
  for (long from = 0, to = e->n + 1; to - from > 1;) { /* largest l with P(Bin <= l-1) <= a */
    long middle = from + (to - from) / 2;
    if (binomial_below(middle - 1, e->n, e->level) <= a) from = low = middle;
    else to = middle;
  }
  for (long from = 0, to = e->n + 1; to - from > 1;) { /* smallest u with P(Bin >= u) <= a */
    long middle = from + (to - from) / 2;
    if (binomial_above(middle, e->n, e->level) <= a) to = high = middle;
    else from = middle;
  }
  if (low < 1 || high > e->n) return none;
  return (stat_interval){e->sorted[low - 1], e->sorted[high - 1], false};
}

stat_interval stat_interval_at(const stat_estimate *e, double a) {
  if (e->n < 1 || e->why[0]) return none;
  if (e->estimand == ASSAY_PROPORTION) return proportion_interval(e->successes, e->n, a);
  if (e->estimand == ASSAY_QUANTILE) return quantile_interval(e, a);
  if (e->estimand == ASSAY_EXACT) return (stat_interval){e->least, e->greatest, false};
  if (e->terms) return terms_interval(e, a);
  stat_interval hull = normal_interval(&e->piece[0], a);
  for (int i = 1; i < e->pieces && !hull.none; i++) {
    stat_interval next = normal_interval(&e->piece[i], a);
    if (next.none) return none;
    hull = (stat_interval){fmin(hull.lo, next.lo), fmax(hull.hi, next.hi), false};
  }
  return hull;
}

/* ---- decisions ---- */

stat_interval stat_slack(const stat_estimate *e, double theory, double error, int side, double a) {
  stat_interval i = stat_interval_at(e, a);
  if (i.none) return none;
  double lo = i.lo - theory - error, hi = i.hi - theory + error;
  return side < 0 ? (stat_interval){-hi, -lo, false} : (stat_interval){lo, hi, false};
}

stat_decision stat_decide(const stat_estimate *e, double theory, double error, double margin, int side, double a_pass,
                          double a_fail) {
  stat_interval pass = stat_slack(e, theory, error, side, a_pass);
  if (!pass.none) {
    bool inside = pass.lo > -margin && (side != 0 || pass.hi < margin);
    if (inside) return STAT_AGREE;
    if (e->estimand == ASSAY_EXACT) return STAT_DISAGREE;
  }
  stat_interval fail = stat_slack(e, theory, error, side, a_fail);
  if (!fail.none && (fail.hi < -margin || (side == 0 && fail.lo > margin))) return STAT_DISAGREE;
  return STAT_UNDECIDED;
}

bool stat_rejects(const stat_estimate *e, double wrong, double error, double margin, int side, double a) {
  stat_interval i = stat_slack(e, wrong, error, side, a);
  return !i.none && (i.hi < -margin || (side == 0 && i.lo > margin));
}
