#include "compare/statistics.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_poly.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- help ---- */

/* The levels of one look: 1e-4/16 and 1e-6/16. */
static const double a_pass = 6.25e-6, a_fail = 6.25e-8;

enum { MANY = 4096 };

/* Reproducible values with a skewness of nearly 2: an exponential along a low-discrepancy sequence, at[]
 * apart. */
static void fill(double *x, long n, int which, double shift, double scale) {
  for (long i = 0; i < n; i++) {
    double u = fmod((double)(i + 1) * 0.6180339887498949 + 0.7548776662466927 * which, 1);
    x[i] = shift - scale * log1p(-u);
  }
}

/* Symmetric values: skewness 0 but for rounding. */
static void fill_symmetric(double *x, long n, double shift, double scale) {
  for (long i = 0; i < n; i++) x[i] = shift + scale * ((double)(2 * i + 1) / (double)n - 1);
}

static stat_estimate made(stat_problem problem, const stat_group *groups, int k) {
  stat_estimate e;
  assay_error error = {0};
  cr_assert_eq(stat_estimate_make(&problem, groups, k, &e, &error), ASSAY_OK, "%s", error.text);
  return e;
}

static stat_estimate made_of(assay_estimand estimand, const double *x, long n) {
  return made((stat_problem){.estimand = estimand, .level = .5}, &(stat_group){x, n, 0}, 1);
}

static assay_status refused(stat_problem problem, const stat_group *groups, int k) {
  stat_estimate e;
  assay_error error = {0};
  assay_status status = stat_estimate_make(&problem, groups, k, &e, &error);
  cr_expect(status == ASSAY_OK || strlen(error.text) > 10, "a reason is given");
  if (status == ASSAY_OK) stat_estimate_clear(&e);
  return status;
}

/* An estimate with this interval at every level. */
static stat_estimate between(double lo, double hi) {
  return (stat_estimate){.estimand = ASSAY_EXACT, .n = 2, .least = lo, .greatest = hi};
}

static stat_estimate nearly_normal(stat_normal piece) {
  return (stat_estimate){.estimand = ASSAY_MEAN, .n = 1000, .pieces = 1, .piece = {piece}};
}

/* The z with P(T > z) = a, by bisection on the distribution function. */
static double quantile_of_t(double a, double nu) {
  double lo = 0, hi = 1e3;
  for (int i = 0; i < 100; i++) {
    double z = (lo + hi) / 2;
    if (gsl_cdf_tdist_Q(z, nu) > a)
      lo = z;
    else
      hi = z;
  }
  return lo;
}

/* The smallest positive root of x^2/2 - h x^3/3 = z^2/2, in closed form. */
static double root_of_cubic(double z, double h) {
  double x[3];
  cr_assert_eq(gsl_poly_solve_cubic(-1.5 / h, 0, 1.5 * z * z / h, &x[0], &x[1], &x[2]), 3);
  return x[1];
}

static void expect_interval(stat_interval i, stat_normal s, double a) {
  double reach = root_of_cubic(quantile_of_t(a, s.nu), s.h) * s.se + s.widen;
  cr_assert(!i.none);
  cr_expect_float_eq(i.lo, s.centre - reach, 1e-8 * reach + 1e-13 * fabs(s.centre));
  cr_expect_float_eq(i.hi, s.centre + reach, 1e-8 * reach + 1e-13 * fabs(s.centre));
}

static void expect_close(double value, double expected, double relative, const char *what) {
  cr_expect_float_eq(value, expected, relative * fabs(expected) + 1e-300, "%s: %.17g, expected %.17g", what,
                     value, expected);
}

/* Moments in long double, by the definitions. */
typedef struct {
  double mean, sd, skew;
} wide;

static wide wide_moments(const double *x, long n) {
  long double m = 0, s = 0, c = 0;
  for (long i = 0; i < n; i++) m += x[i];
  m /= n;
  for (long i = 0; i < n; i++) s += (x[i] - m) * (x[i] - m), c += (x[i] - m) * (x[i] - m) * (x[i] - m);
  s = sqrtl(s / (n - 1));
  return (wide){(double)m, (double)s, (double)(c / n / (s * s * s))};
}

static double pmf(long k, long n, double p) {
  return (double)expl(lgammal(n + 1.0L) - lgammal(k + 1.0L) - lgammal(n - k + 1.0L) + k * logl(p) +
                      (n - k) * log1pl(-p));
}

/* P(from <= Bin(n,p) <= to), term by term. */
static double binomial(long from, long to, long n, double p) {
  double sum = 0;
  for (long k = from; k <= to; k++) sum += pmf(k, n, p);
  return sum;
}

/* ---- moments ---- */

Test(moments, have_their_divisors) {
  stat_moments m = stat_moments_of((double[]){0, 0, 3}, 3);
  expect_close(m.mean, 1, 1e-15, "mean");
  expect_close(m.sd, sqrt(3), 1e-15, "sd, divisor n - 1");
  expect_close(m.skew, 2 / (3 * sqrt(3)), 1e-14, "skewness, divisor n");
  cr_expect_eq(m.n, 3);
}

Test(moments, agree_with_long_double) {
  static double x[MANY];
  for (int which = 0; which < 4; which++) {
    fill(x, MANY, which, which == 3 ? 1e4 : which, 1 + which);
    stat_moments m = stat_moments_of(x, MANY);
    wide w = wide_moments(x, MANY);
    expect_close(m.mean, w.mean, 1e-15, "mean");
    expect_close(m.sd, w.sd, 1e-12, "sd");
    expect_close(m.skew, w.skew, 1e-12, "skewness");
  }
}

Test(moments, lose_nothing_to_cancellation) {
  cr_expect_eq(stat_moments_of((double[]){1e16, 1, -1e16, 1}, 4).mean, .5);
  cr_expect_eq(stat_moments_of((double[]){1, 1e16, 1, -1e16}, 4).mean, .5);
}

Test(moments, of_one_value_and_of_a_constant) {
  stat_moments one = stat_moments_of((double[]){7}, 1), flat = stat_moments_of((double[]){7, 7, 7}, 3);
  cr_expect(one.mean == 7 && one.sd == 0 && one.skew == 0);
  cr_expect(flat.mean == 7 && flat.sd == 0 && flat.skew == 0);
}

/* ---- mean ---- */

Test(mean, has_the_formulas_of_its_interval) {
  static double x[MANY];
  fill(x, MANY, 0, -3, 2);
  wide w = wide_moments(x, MANY);
  stat_estimate e = made_of(ASSAY_MEAN, x, MANY);
  cr_assert_eq(e.pieces, 1);
  expect_close(e.estimate, w.mean, 1e-14, "estimate");
  expect_close(e.se, w.sd / sqrt(MANY), 1e-12, "se");
  expect_close(e.skew, w.skew, 1e-12, "skewness");
  expect_close(e.piece[0].nu, MANY - 1, 1e-12, "nu");
  cr_assert_gt(w.skew, 1);
  expect_close(e.piece[0].h, 2 * w.skew / sqrt(MANY), 1e-12, "h of a skewed law");
  cr_expect_eq(e.piece[0].widen, 0);
  for (double a = 1e-8; a < .1; a *= 7) {
    stat_normal s = {w.mean, w.sd / sqrt(MANY), MANY - 1, 2 * w.skew / sqrt(MANY), 0};
    expect_interval(stat_interval_at(&e, a), s, a);
  }
}

Test(mean, counts_negative_skewness_as_positive) {
  static double x[MANY];
  fill(x, MANY, 0, 0, -1);
  stat_estimate e = made_of(ASSAY_MEAN, x, MANY);
  cr_expect_lt(e.skew, -1);
  expect_close(e.piece[0].h, -2 * wide_moments(x, MANY).skew / sqrt(MANY), 1e-12, "h");
}

Test(mean, keeps_a_floor_under_the_skewness) {
  static double x[128];
  fill_symmetric(x, 128, 5, 1);
  stat_group g = {x, 128, 0};
  double floors[] = {0, 1, .3};
  for (int i = 0; i < 3; i++) {
    stat_estimate e = made((stat_problem){.estimand = ASSAY_MEAN, .skew_floor = floors[i]}, &g, 1);
    expect_close(e.piece[0].h, (floors[i] > 0 ? floors[i] : 1) / sqrt(128), 1e-12, "h");
  }
}

/* The floor makes 128 replicates enough and 64 too few, a floor of .3 makes it 32, at both levels of a look.
 */
Test(mean, has_an_interval_from_128_replicates_or_32) {
  static double x[128];
  const struct {
    double floor;
    long n;
    bool there;
  } cases[] = {{1, 128, true}, {1, 64, false}, {.3, 32, true}, {.3, 8, false}};
  for (int i = 0; i < 4; i++) {
    fill_symmetric(x, cases[i].n, 0, 1);
    stat_estimate e = made((stat_problem){.estimand = ASSAY_MEAN, .skew_floor = cases[i].floor},
                           &(stat_group){x, cases[i].n, 0}, 1);
    cr_expect_eq(!stat_interval_at(&e, a_pass).none, cases[i].there, "n = %ld", cases[i].n);
    cr_expect_eq(!stat_interval_at(&e, a_fail).none, cases[i].there, "n = %ld", cases[i].n);
  }
}

Test(mean, has_no_interval_where_the_cubic_has_no_root) {
  double z = quantile_of_t(a_pass, 1e6), limit = 1 / (sqrt(3) * z);
  stat_estimate below = nearly_normal((stat_normal){0, 1, 1e6, limit * (1 - 1e-6), 0});
  stat_estimate above = nearly_normal((stat_normal){0, 1, 1e6, limit * (1 + 1e-6), 0});
  stat_interval last = stat_interval_at(&below, a_pass);
  cr_assert(!last.none);
  expect_close(last.hi, 1 / limit, 5e-3,
               "the root meets 1/h"); /* it nears it as the square root of the distance */
  cr_expect(stat_interval_at(&above, a_pass).none);
}

Test(mean, needs_replicates_that_vary) {
  double x[128];
  for (int i = 0; i < 128; i++) x[i] = 3;
  cr_expect_eq(made_of(ASSAY_MEAN, x, 128).pieces, 0);
  cr_expect(made_of(ASSAY_MEAN, x, 128).why[0] != 0);
  cr_expect_str_eq(made_of(ASSAY_MEAN, x, 1).why, "fewer than two replicates");
  fill_symmetric(x, 128, 3, 3e-12); /* sd = scale/sqrt(3) */
  cr_expect_eq(made_of(ASSAY_MEAN, x, 128).pieces, 0, "sd .6e-12 |mean|");
  fill_symmetric(x, 128, 3, 1e-11);
  cr_expect_eq(made_of(ASSAY_MEAN, x, 128).pieces, 1, "sd 2e-12 |mean|");
}

Test(mean, of_no_values_has_no_interval) {
  double x[1] = {1};
  stat_estimate e = made_of(ASSAY_MEAN, x, 0);
  cr_expect(stat_interval_at(&e, a_pass).none && isnan(e.estimate));
}

/* ---- proportion ---- */

static stat_estimate made_of_ones(long r, long n) {
  static double x[MANY];
  for (long i = 0; i < n; i++) x[i] = i < r;
  return made_of(ASSAY_PROPORTION, x, n);
}

Test(proportion, has_closed_forms_at_the_ends) {
  for (long n = 32; n <= MANY; n *= 2) {
    stat_estimate none = made_of_ones(0, n), all = made_of_ones(n, n);
    stat_interval low = stat_interval_at(&none, a_pass), high = stat_interval_at(&all, a_pass);
    cr_expect(low.lo == 0 && high.hi == 1);
    expect_close(low.hi, -expm1(log(a_pass) / (double)n), 1e-10, "upper end of r = 0");
    expect_close(high.lo, exp(log(a_pass) / (double)n), 1e-10, "lower end of r = n");
  }
}

/* Each end is where the sum over the tail is a, or at most 1e-14 outside: for every count of ones. */
Test(proportion, ends_where_binomial_sums_reach_the_level) {
  for (int level = 0; level < 2; level++)
    for (long n = 33; n <= 512; n += 479)
      for (long r = 1; r < n; r++) {
        double a = level ? a_fail : a_pass;
        stat_estimate e = made_of_ones(r, n);
        stat_interval i = stat_interval_at(&e, a);
        cr_assert(!i.none, "r = %ld of %ld", r, n);
        const double more = a * (1 + 1e-8), less = a * (1 - 1e-8);
        cr_expect(binomial(r, n, n, i.lo) <= more && binomial(r, n, n, i.lo * (1 + 2e-14)) >= less,
                  "r = %ld of %ld", r, n);
        cr_expect(binomial(0, r, n, i.hi) <= more && binomial(0, r, n, i.hi * (1 - 2e-14)) >= less,
                  "r = %ld of %ld", r, n);
      }
}

Test(proportion, reports_its_moments) {
  stat_estimate e = made_of_ones(3, 48);
  double p = 3. / 48;
  expect_close(e.estimate, p, 1e-15, "estimate");
  expect_close(e.se, sqrt(p * (1 - p) / 48), 1e-14, "se");
  expect_close(e.skew, (1 - 2 * p) / sqrt(p * (1 - p)), 1e-14, "skewness");
  cr_expect_eq(e.successes, 3);
}

Test(proportion, refuses_other_records) {
  stat_group g = {(double[]){0, 1, .5}, 3, 0};
  cr_expect_eq(refused((stat_problem){.estimand = ASSAY_PROPORTION}, &g, 1), ASSAY_NUMERIC);
}

/* ---- quantile ---- */

/* The largest l with P(Bin(n,p) <= l-1) <= a; 0 when there is none. */
static long lower_rank(long n, double p, double a) {
  long l = 0;
  while (l < n && binomial(0, l, n, p) <= a) l++;
  return l;
}

Test(quantile, has_the_ranks_of_binomial_sums) {
  static double x[600];
  for (long n = 40; n <= 600; n += 112)
    for (double p = .1; p < .95; p += .2)
      for (double a = a_fail; a < .01; a *= 50) {
        for (long i = 0; i < n; i++)
          x[i] = (double)((i * 7 + 3) % n); /* 0..n-1 out of order when 7 does not divide n */
        if (n % 7 == 0) continue;
        stat_problem problem = {.estimand = ASSAY_QUANTILE, .level = p};
        stat_estimate e = made(problem, &(stat_group){x, n, 0}, 1);
        stat_interval i = stat_interval_at(&e, a);
        long l = lower_rank(n, p, a),
             u = n + 1 - lower_rank(n, 1 - p, a); /* P(Bin(n,p) >= u) <= a mirrored */
        cr_expect_eq(i.none, l < 1 || u > n, "n = %ld, p = %g, a = %g", n, p, a);
        if (!i.none)
          cr_expect(i.lo == (double)(l - 1) && i.hi == (double)(u - 1), "n = %ld, p = %g, a = %g: [%g, %g]",
                    n, p, a, i.lo, i.hi);
        stat_estimate_clear(&e);
      }
}

/* 2^-17 > a_pass >= 2^-18: the least of 18 is below the median with that confidence, the least of 17 is not.
 */
Test(quantile, of_few_values_has_no_interval) {
  static double x[18];
  fill(x, 18, 0, 0, 1);
  for (long n = 17; n <= 18; n++) {
    stat_estimate e = made_of(ASSAY_QUANTILE, x, n);
    cr_expect_eq(stat_interval_at(&e, a_pass).none, n == 17);
    stat_estimate_clear(&e);
  }
}

Test(quantile, interpolates_its_estimate) {
  const struct {
    double x[5], level, expected;
    long n;
  } cases[] = {{{3, 1, 2}, .5, 2, 3},
               {{4, 1, 3, 2}, .5, 2.5, 4},
               {{4, 0, 3, 1, 2}, .25, 1, 5},
               {{4, 0, 3, 1, 2}, .9, 3.6, 5}};
  for (int i = 0; i < 4; i++) {
    stat_problem problem = {.estimand = ASSAY_QUANTILE, .level = cases[i].level};
    stat_estimate e = made(problem, &(stat_group){cases[i].x, cases[i].n, 0}, 1);
    expect_close(e.estimate, cases[i].expected, 1e-15, "estimate");
    stat_estimate_clear(&e);
  }
}

/* ---- variance ---- */

Test(variance, is_the_mean_of_scaled_squared_deviations) {
  static double x[300], y[300];
  fill(x, 300, 2, 10, 3);
  wide w = wide_moments(x, 300);
  for (int i = 0; i < 300; i++) y[i] = 300. / 299 * (x[i] - w.mean) * (x[i] - w.mean);
  wide v = wide_moments(y, 300);
  stat_estimate e = made_of(ASSAY_VARIANCE, x, 300);
  expect_close(e.estimate, w.sd * w.sd, 1e-12, "unbiased variance");
  expect_close(e.piece[0].se, v.sd / sqrt(300), 1e-11, "se");
  expect_close(e.piece[0].h, 2 * v.skew / sqrt(300), 1e-10, "h");
  expect_close(e.piece[0].nu, 299, 1e-12, "nu");
  cr_expect(made_of(ASSAY_VARIANCE, x, 1).why[0] != 0, "one value");
}

/* ---- combination ---- */

static assay_status first_value(const assay_sample *s, double *f) {
  *f = s->value[0];
  return ASSAY_OK;
}

static const double weight[] = {-2, 3, .25};

static assay_status weighted(const assay_sample *s, double *f) {
  *f = 0;
  for (int k = 0; k < s->groups; k++) *f += weight[k] * s->value[k];
  return ASSAY_OK;
}

static const stat_problem one_mean = {.estimand = ASSAY_MEAN};

Test(combination, of_one_group_is_its_mean) {
  static double x[400];
  fill(x, 400, 1, 0, 1);
  stat_group g = {x, 400, 0};
  stat_estimate c = made((stat_problem){.estimand = ASSAY_COMBINATION, .reduce = first_value}, &g, 1);
  stat_estimate m = made(one_mean, &g, 1);
  expect_close(c.estimate, m.estimate, 1e-15, "estimate");
  expect_close(c.piece[0].se, m.piece[0].se, 1e-12, "se");
  expect_close(c.piece[0].nu, m.piece[0].nu, 1e-11, "nu");
  expect_close(c.piece[0].h, m.piece[0].h, 1e-11, "h");
  expect_close(c.skew, m.skew / sqrt(400), 1e-11, "skewness of the form, not of its values");
  cr_expect_eq(c.piece[0].widen, 0);
}

/* Groups of different size, spread and skewness, the second one nearly symmetric so that the floor counts. */
static void three_groups(stat_group g[3]) {
  static double x[900];
  fill(x, 200, 0, 1, 1);
  fill_symmetric(x + 200, 300, 2, 3);
  fill(x + 500, 400, 2, 3, -8);
  g[0] = (stat_group){x, 200, 0};
  g[1] = (stat_group){x + 200, 300, 1};
  g[2] = (stat_group){x + 500, 400, 2};
}

static stat_normal combined(const stat_group *g, const double *c, int groups, double floor, double *skew) {
  double se2 = 0, over_nu = 0, h = 0, centre = 0;
  *skew = 0;
  for (int k = 0; k < groups; k++) {
    wide w = wide_moments(g[k].x, g[k].n);
    double n = (double)g[k].n, v = c[k] * c[k] * w.sd * w.sd / n;
    centre += c[k] * w.mean;
    se2 += v;
    over_nu += v * v / (n - 1);
    h += pow(fabs(c[k]) * w.sd, 3) / (n * n) * fmax(floor, 2 * fabs(w.skew));
    *skew += pow(c[k] * w.sd, 3) / (n * n) * w.skew;
  }
  *skew /= pow(se2, 1.5);
  return (stat_normal){centre, sqrt(se2), se2 * se2 / over_nu, h / pow(se2, 1.5), 0};
}

static void expect_normal(stat_normal s, stat_normal expected, double relative) {
  expect_close(s.centre, expected.centre, relative, "centre");
  expect_close(s.se, expected.se, relative, "se");
  expect_close(s.nu, expected.nu, relative, "nu");
  expect_close(s.h, expected.h, relative, "h");
  cr_expect_float_eq(s.widen, expected.widen, relative * s.se, "widening %g, expected %g", s.widen,
                     expected.widen);
}

Test(combination, weighs_variances_freedom_and_skewness) {
  stat_group g[3];
  three_groups(g);
  for (int i = 0; i < 2; i++) {
    double floor = i ? .3 : 1, skew;
    stat_problem problem = {.estimand = ASSAY_COMBINATION, .reduce = weighted, .skew_floor = floor};
    stat_estimate e = made(problem, g, 3);
    stat_normal expected = combined(g, weight, 3, floor, &skew);
    expect_normal(e.piece[0], expected, 1e-10);
    expect_close(e.skew, skew, 1e-9, "skewness");
    cr_expect_eq(e.piece[0].widen, 0, "rounding is no curvature");
    expect_interval(stat_interval_at(&e, a_pass), expected, a_pass);
  }
}

Test(combination, needs_every_group_to_vary) {
  stat_group g[3];
  three_groups(g);
  double flat[] = {4, 4, 4};
  g[1] = (stat_group){flat, 3, 1};
  stat_estimate e = made((stat_problem){.estimand = ASSAY_COMBINATION, .reduce = weighted}, g, 3);
  cr_expect(stat_interval_at(&e, a_pass).none && e.why[0]);
  g[1].n = 1;
  e = made((stat_problem){.estimand = ASSAY_COMBINATION, .reduce = weighted}, g, 3);
  cr_expect(stat_interval_at(&e, a_pass).none);
  cr_expect_str_eq(e.why, "fewer than two replicates");
}

static assay_status no_weight(const assay_sample *s, double *f) {
  *f = 0 * s->value[0];
  return ASSAY_OK;
}

Test(combination, of_nothing_has_no_interval) {
  stat_group g[3];
  three_groups(g);
  stat_estimate e = made((stat_problem){.estimand = ASSAY_COMBINATION, .reduce = no_weight}, g, 3);
  cr_expect(e.pieces == 0 && e.why[0]);
}

static assay_status less_half(const assay_sample *s, double *f) {
  *f = s->value[1] - s->value[0] / 2;
  return ASSAY_OK;
}

static stat_interval interval_of_counts(const long *r, long n, double a) {
  static double x[2][64];
  stat_group g[2];
  for (int k = 0; k < 2; k++) {
    for (long i = 0; i < n; i++) x[k][i] = i < r[k];
    g[k] = (stat_group){x[k], n, k};
  }
  stat_problem problem = {.estimand = ASSAY_COMBINATION, .of = ASSAY_PROPORTION, .reduce = less_half};
  stat_estimate e;
  assay_error error;
  cr_assert_eq(stat_estimate_make(&problem, g, 2, &e, &error), ASSAY_OK);
  cr_expect(fabs(e.estimate - ((double)r[1] - (double)r[0] / 2) / (double)n) < 1e-14);
  stat_interval i = stat_interval_at(&e, a);
  stat_estimate_clear(&e);
  return i;
}

/* Summed over all outcomes of two binomials: each end is wrong with probability at most a. */
Test(combination, of_proportions_covers_exactly) {
  enum { N = 24 };
  const double a = .05, p[][2] = {{0, .02}, {.1, .5}, {.9, .97}, {.3, .3}};
  for (int j = 0; j < 4; j++) {
    double above = 0, below = 0, truth = p[j][1] - p[j][0] / 2;
    for (long r[2] = {0, 0}; r[0] <= N; r[0]++)
      for (r[1] = 0; r[1] <= N; r[1]++) {
        stat_interval i = interval_of_counts(r, N, a);
        double mass = gsl_ran_binomial_pdf((unsigned)r[0], p[j][0], N) * gsl_ran_binomial_pdf((unsigned)r[1], p[j][1], N);
        cr_assert(!i.none);
        if (i.lo > truth) above += mass;
        if (i.hi < truth) below += mass;
      }
    cr_expect(above <= a && below <= a, "case %d: %g, %g", j, above, below);
  }
}

/* Where nothing or all is seen the normal form has no interval: the lower end of 24 of 24 less half of 0 of 24. */
Test(combination, of_proportions_needs_no_variation) {
  stat_interval i = interval_of_counts((long[]){0, 24}, 24, .05);
  double end = pow(.025, 1. / 24);
  expect_close(i.lo, end - (1 - end) / 2, 1e-12, "lower end");
  expect_close(i.hi, 1, 1e-12, "upper end");
}

Test(combination, of_proportions_takes_only_zeros_and_ones) {
  double x[2][3] = {{0, 1, 1}, {0, .5, 1}};
  stat_group g[2] = {{x[0], 3, 0}, {x[1], 3, 1}};
  stat_problem problem = {.estimand = ASSAY_COMBINATION, .of = ASSAY_PROPORTION, .reduce = less_half};
  stat_estimate e;
  assay_error error;
  cr_assert_neq(stat_estimate_make(&problem, g, 2, &e, &error), ASSAY_OK);
}

/* ---- smooth ---- */

static assay_status quotient(const assay_sample *s, double *f) {
  *f = s->value[0] / s->value[1];
  return ASSAY_OK;
}

static assay_status log_slope(const assay_sample *s, double *f) {
  double x = 0, y = 0, xx = 0, xy = 0, n = s->groups;
  for (int k = 0; k < s->groups; k++) {
    double u = log(s->axis[k]), v = log(s->value[k]);
    x += u, y += v, xx += u * u, xy += u * v;
  }
  *f = (xy - x * y / n) / (xx - x * x / n);
  return ASSAY_OK;
}

Test(smooth, of_a_linear_function_is_the_combination) {
  stat_group g[3];
  three_groups(g);
  double skew;
  stat_estimate e = made((stat_problem){.estimand = ASSAY_SMOOTH, .reduce = weighted}, g, 3);
  expect_normal(e.piece[0], combined(g, weight, 3, 1, &skew), 1e-10);
}

/* f = m_0/m_1 at m -+ se, in closed form: linear in m_0, and 1/(m_1 + se) - 1/(m_1 - se) = -2 se/(m_1^2 -
 * se^2). */
Test(smooth, differences_a_quotient_and_widens_for_its_curvature) {
  stat_group g[3];
  three_groups(g);
  wide w0 = wide_moments(g[0].x, 200), w1 = wide_moments(g[1].x, 300);
  double se1 = w1.sd / sqrt(300), below = w1.mean * w1.mean - se1 * se1, f = w0.mean / w1.mean, skew;
  stat_normal expected = combined(g, (double[]){1 / w1.mean, -w0.mean / below}, 2, 1, &skew);
  expected.centre = f;
  expected.widen = fabs(f) * se1 * se1 / below;
  stat_estimate e = made((stat_problem){.estimand = ASSAY_SMOOTH, .reduce = quotient}, g, 2);
  expect_normal(e.piece[0], expected, 1e-9);
  expect_close(e.estimate, f, 1e-13, "estimate");
  expect_interval(stat_interval_at(&e, a_pass), expected, a_pass);
}

/* The delta method: weights (l_k - mean l)/(m_k sum (l - mean l)^2) for a slope of logarithms, l_k the log of
 * the axis. */
Test(smooth, has_the_slope_of_logarithms) {
  static double x[5][512];
  static const double axis[] = {1, 2, 4, 8, 16};
  stat_group g[5];
  double v = 0, slope = 0;
  for (int k = 0; k < 5; k++) {
    fill(x[k], 512, k, 3 / axis[k], .003 / axis[k]);
    g[k] = (stat_group){x[k], 512, k};
    wide w = wide_moments(x[k], 512);
    double c = (k - 2) / (10 * M_LN2);
    slope += c * log(w.mean);
    v += pow(c * w.sd / w.mean, 2) / 512;
  }
  stat_estimate e = made((stat_problem){.estimand = ASSAY_SMOOTH, .reduce = log_slope, .axis = axis}, g, 5);
  expect_close(e.estimate, slope, 1e-12, "slope");
  expect_close(e.estimate, -1, 1e-3, "slope");
  expect_close(e.se, sqrt(v), 1e-6, "se");
}

Test(smooth, enters_proportions_away_from_zero_and_one) {
  static double x[200];
  for (int r = 0; r <= 200; r += 40) {
    for (int i = 0; i < 200; i++) x[i] = i < r;
    stat_problem problem = {.estimand = ASSAY_SMOOTH, .of = ASSAY_PROPORTION, .reduce = first_value};
    stat_estimate e = made(problem, &(stat_group){x, 200, 0}, 1);
    double p = (r + .5) / 201, s = sqrt(p * (1 - p));
    stat_normal expected = {p, s / sqrt(200), 199, fmax(1, 2 * fabs(1 - 2 * p) / s) / sqrt(200), 0};
    cr_assert_eq(e.pieces, 1, "r = %d", r);
    expect_normal(e.piece[0], expected, 1e-10);
  }
}

/* The second difference of v^2 over a standard error is 2 se^2, whatever v and the sign. */
static assay_status difference_of_squares(const assay_sample *s, double *f) {
  *f = s->value[0] * s->value[0] - s->value[1] * s->value[1];
  return ASSAY_OK;
}

Test(smooth, adds_curvatures_up) {
  static double x[2][200];
  double widen = 0;
  stat_group g[2];
  for (int k = 0; k < 2; k++) {
    int r = 50 + 60 * k;
    double p = (r + .5) / 201;
    for (int i = 0; i < 200; i++) x[k][i] = i < r;
    g[k] = (stat_group){x[k], 200, k};
    widen += p * (1 - p) / 200;
  }
  stat_problem problem = {.estimand = ASSAY_SMOOTH, .of = ASSAY_PROPORTION, .reduce = difference_of_squares};
  expect_close(made(problem, g, 2).piece[0].widen, widen, 1e-9, "widening");
}

Test(smooth, enters_variances_as_squared_deviations) {
  static double x[300];
  fill(x, 300, 2, 10, 3);
  stat_group g = {x, 300, 0};
  stat_estimate v = made_of(ASSAY_VARIANCE, x, 300);
  stat_estimate e =
      made((stat_problem){.estimand = ASSAY_SMOOTH, .of = ASSAY_VARIANCE, .reduce = first_value}, &g, 1);
  expect_normal(e.piece[0], v.piece[0], 1e-10);
}

static const double contrast[] = {2, .5, -2};

static assay_status contrasted(const assay_sample *s, double *f) {
  *f = 0;
  for (int k = 0; k < s->groups; k++) *f += contrast[k] * s->value[k];
  return ASSAY_OK;
}

/* Groups 0 and 2 are the same large noise, apart from a small part of its own; group 1 is independent of
 * both. */
Test(smooth, lets_shared_noise_cancel) {
  static double x[3][256], own[256];
  fill(x[0], 256, 0, 0, 50);
  fill(x[1], 256, 5, 0, .1);
  fill(own, 256, 3, 1, .05);
  for (int i = 0; i < 256; i++) x[2][i] = x[0][i] + own[i];
  stat_group shared[3] = {{x[0], 256, 7}, {x[1], 256, 4}, {x[2], 256, 7}};
  stat_group joined[2] = {{own, 256, 0}, {x[1], 256, 1}};
  stat_problem problem = {.estimand = ASSAY_SMOOTH, .reduce = contrasted};
  stat_estimate e = made(problem, shared, 3);
  double skew;
  expect_normal(e.piece[0], combined(joined, (double[]){-2, .5}, 2, 1, &skew), 1e-9);
  expect_close(e.skew, skew, 1e-9, "skewness");
  shared[2].share = 8; /* independent noises would not cancel */
  cr_expect_gt(made(problem, shared, 3).se, 100 * e.se);
}

Test(smooth, passes_over_groups_without_weight) {
  stat_group g[3];
  three_groups(g);
  stat_problem problem = {.estimand = ASSAY_SMOOTH, .reduce = first_value};
  stat_estimate one = made(problem, g, 1), three = made(problem, g, 3);
  expect_normal(three.piece[0], one.piece[0], 1e-12);
}

static assay_status no_value(const assay_sample *s, double *f) {
  *f = NAN;
  return s->groups > 1 ? ASSAY_DOMAIN : ASSAY_OK;
}

Test(smooth, refuses_what_it_cannot_estimate) {
  stat_group g[3];
  three_groups(g);
  stat_problem problem = {.estimand = ASSAY_SMOOTH, .reduce = no_value};
  cr_expect_eq(refused(problem, g, 3), ASSAY_DOMAIN, "the reduction's own status");
  cr_expect_eq(refused(problem, g, 1), ASSAY_NUMERIC, "a value that is not finite");
  problem.reduce = NULL;
  cr_expect_eq(refused(problem, g, 3), ASSAY_USAGE, "no reduction");
  problem.reduce = weighted;
  g[2].share = g[0].share;
  cr_expect_eq(refused(problem, g, 3), ASSAY_USAGE, "sharing groups of different size");
  cr_expect_eq(refused(problem, g, 0), ASSAY_USAGE, "no groups");
  cr_expect_eq(refused(one_mean, g, 2), ASSAY_USAGE, "two groups for one mean");
}

/* ---- extrapolated ---- */

/* Groups whose means are mean[k], of spread 1/100 and as many values as a ladder has. */
static void three_sizes(stat_group g[3], const double mean[3]) {
  static double x[896];
  const long n[] = {512, 256, 128}, from[] = {0, 512, 768};
  for (int k = 0; k < 3; k++) {
    fill_symmetric(x + from[k], n[k], mean[k], .01);
    g[k] = (stat_group){x + from[k], n[k], k};
  }
}

static stat_estimate extrapolated(const double mean[3], const double size[3], double exponent) {
  stat_group g[3];
  three_sizes(g, mean);
  return made((stat_problem){.estimand = ASSAY_EXTRAPOLATED, .exponent = exponent, .size = size}, g, 3);
}

/* With r^g = 4: A = (4 m_3 - m_2)/3; q = 1 for r = 4, g = 1 and for r = 2, g = 2. With r = 2, g = 1: A = 2
 * m_3 - m_2 and q = 1/(sqrt 2 - 1). */
Test(extrapolated, has_its_constants) {
  const double mean[] = {.3, .7, 1.1}, root = M_SQRT2 + 1;
  const struct {
    double r, g, limit, drift, q, c[2][3];
  } cases[] = {
      {4, 1, 3.7 / 3, .4, 1, {{1. / 3, -2, 8. / 3}, {-1. / 3, 4. / 3, 0}}},
      {2, 2, 3.7 / 3, .4, 1, {{1. / 3, -2, 8. / 3}, {-1. / 3, 4. / 3, 0}}},
      {2, 1, 1.5, .4, root, {{root, -1 - 3 * root, 2 + 2 * root}, {-root, -1 + 3 * root, 2 - 2 * root}}},
  };
  for (int i = 0; i < 3; i++) {
    double r = cases[i].r, skew;
    stat_group g[3];
    three_sizes(g, mean);
    stat_estimate e = extrapolated(mean, (double[]){50, 50 * r, 50 * r * r}, cases[i].g);
    expect_close(e.estimate, cases[i].limit, 1e-13, "A");
    expect_close(e.drift, cases[i].drift, 1e-12, "A - A'");
    cr_assert_eq(e.pieces, 2);
    cr_expect_eq(e.se, fmax(e.piece[0].se, e.piece[1].se));
    for (int side = 0; side < 2; side++) {
      expect_close(e.piece[side].centre, cases[i].limit + (side ? -1 : 1) * cases[i].q * .4, 1e-12, "centre");
      stat_normal expected = combined(g, cases[i].c[side], 3, 1, &skew);
      expect_close(e.piece[side].se, expected.se, 1e-9, "se");
      expect_close(e.piece[side].nu, expected.nu, 1e-9, "nu");
      expect_close(e.piece[side].h, expected.h, 1e-9, "h");
    }
  }
}

Test(extrapolated, has_the_hull_of_both_intervals) {
  const double rising[] = {.3, .7, 1.1}, falling[] = {1.1, .7, .3}, size[] = {50, 200, 800};
  for (int i = 0; i < 2; i++) {
    stat_estimate e = extrapolated(i ? falling : rising, size, 1), upper = e, lower = e;
    upper.pieces = lower.pieces = 1;
    lower.piece[0] = e.piece[1];
    stat_interval hull = stat_interval_at(&e, a_pass), u = stat_interval_at(&upper, a_pass),
                  l = stat_interval_at(&lower, a_pass);
    cr_expect(!hull.none && hull.lo == fmin(u.lo, l.lo) && hull.hi == fmax(u.hi, l.hi));
    e.piece[i].h = 1; /* one of them has no interval */
    cr_expect(stat_interval_at(&e, a_pass).none);
  }
}

/* m_k = 2 + 3 N_k^-e: the limit 2 lies between the centres from e = g/2 on, on one of them there, and outside
 * below. */
Test(extrapolated, covers_the_limit_of_every_power_from_half_the_declared) {
  const double ladders[][3] = {
      {100, 400, 1600}, {64, 128, 256}, {30, 90, 270}, {100, 410, 1640}, {100, 400, 1560}};
  for (int i = 0; i < 5; i++)
    for (double g = .5; g <= 2; g += .5)
      for (double times = .4; times < 4.05; times += .1) {
        double e = times * g, m[3];
        for (int k = 0; k < 3; k++) m[k] = 2 + 3 * pow(ladders[i][k], -e);
        stat_estimate made = extrapolated(m, ladders[i], g);
        double p = made.piece[0].centre - 2, q = made.piece[1].centre - 2, size = fabs(p) + fabs(q);
        if (fabs(times - 1) > 1e-9) /* there both are the limit, to rounding */
          cr_expect_eq(p * q <= 1e-9 * size * size, times > .45, "ladder %d, g = %g, e = %g g", i, g, times);
        if (fabs(times - .5) < 1e-9) cr_expect_leq(fmin(fabs(p), fabs(q)), 1e-9, "e = g/2 is the boundary");
        if (fabs(times - 1) < 1e-9) {
          cr_expect_float_eq(made.estimate, 2, 1e-11);
          cr_expect_float_eq(made.drift, 0, 1e-11);
        }
      }
}

Test(extrapolated, refuses_other_sizes) {
  const double mean[] = {1, 2, 3};
  const double uneven[] = {100, 400, 1400}, close[] = {100, 150, 225}, fine[] = {100, 400, 1600};
  stat_group g[3];
  three_sizes(g, mean);
  cr_expect_eq(refused((stat_problem){.estimand = ASSAY_EXTRAPOLATED, .exponent = 1, .size = uneven}, g, 3),
               ASSAY_USAGE);
  cr_expect_eq(refused((stat_problem){.estimand = ASSAY_EXTRAPOLATED, .exponent = 1, .size = close}, g, 3),
               ASSAY_USAGE);
  cr_expect_eq(refused((stat_problem){.estimand = ASSAY_EXTRAPOLATED, .exponent = 0, .size = fine}, g, 3),
               ASSAY_USAGE);
  cr_expect_eq(refused((stat_problem){.estimand = ASSAY_EXTRAPOLATED, .exponent = 1, .size = fine}, g, 2),
               ASSAY_USAGE);
  cr_expect_eq(refused((stat_problem){.estimand = ASSAY_EXTRAPOLATED, .exponent = 1, .size = fine}, g, 3),
               ASSAY_OK);
}

/* ---- exact ---- */

Test(exact, has_the_extremes) {
  stat_estimate e = made_of(ASSAY_EXACT, (double[]){.5, -1, 2, 0}, 4),
                one = made_of(ASSAY_EXACT, (double[]){.25}, 1);
  stat_interval i = stat_interval_at(&e, a_pass), of_one = stat_interval_at(&one, a_fail);
  cr_expect(i.lo == -1 && i.hi == 2 && !i.none && e.estimate == .375);
  cr_expect(of_one.lo == .25 && of_one.hi == .25 && !of_one.none && one.estimate == .25);
}

Test(exact, always_decides) {
  stat_estimate e = between(-1, 2);
  const struct {
    double theory, margin;
    int side;
    stat_decision decision;
  } cases[] = {
      {0, 2.001, 0, STAT_AGREE},   {0, 2, 0, STAT_DISAGREE},   {.5, 1.501, 0, STAT_AGREE},
      {.5, 1.5, 0, STAT_DISAGREE}, {0, 1.001, 1, STAT_AGREE},  {0, 1, 1, STAT_DISAGREE},
      {0, 2.001, -1, STAT_AGREE},  {0, 2, -1, STAT_DISAGREE},  {0, .5, 0, STAT_DISAGREE},
      {-1.001, 0, 1, STAT_AGREE},  {-1, 0, 1, STAT_DISAGREE},  {2.001, 0, -1, STAT_AGREE},
      {-2, -.999, 1, STAT_AGREE},  {-2, -1, 1, STAT_DISAGREE},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    cr_expect_eq(stat_decide(&e, cases[i].theory, 0, cases[i].margin, cases[i].side, a_pass, a_fail),
                 cases[i].decision, "case %zu", i);
}

/* ---- decisions ---- */

/* A statistic with mean 0 and its reach at both levels. */
static const stat_normal standard = {0, 1, 999, .03, 0};

static double reach(double a) {
  return root_of_cubic(quantile_of_t(a, standard.nu), standard.h);
}

static stat_decision decided(double theory, double margin, int side) {
  stat_estimate e = nearly_normal(standard);
  return stat_decide(&e, theory, 0, margin, side, a_pass, a_fail);
}

Test(decision, agrees_at_the_level_of_passing) {
  const double z = reach(a_pass), hair = 1e-6;
  for (double d = -3; d <= 3; d++) {
    cr_expect_eq(decided(-d, fabs(d) + z + hair, 0), STAT_AGREE, "d = %g", d);
    cr_expect_eq(decided(-d, fabs(d) + z - hair, 0), STAT_UNDECIDED, "d = %g", d);
  }
}

Test(decision, disagrees_at_the_level_of_failing) {
  const double z = reach(a_fail), margin = 2, hair = 1e-6;
  cr_assert_gt(z, reach(a_pass) + .5);
  for (int sign = -1; sign <= 1; sign += 2) {
    cr_expect_eq(decided(sign * (margin + z + hair), margin, 0), STAT_DISAGREE);
    cr_expect_eq(decided(sign * (margin + z - hair), margin, 0), STAT_UNDECIDED);
  }
}

/* The slack of side +1 is estimate - theory, that of side -1 its negative. The margin may be 0, or negative:
 * a gap. */
Test(decision, of_one_side_looks_at_one_end) {
  const double pass = reach(a_pass), fail = reach(a_fail), hair = 1e-6, margins[] = {1.5, 0, -1.5};
  for (int i = 0; i < 3; i++)
    for (int side = -1; side <= 1; side += 2) {
      double m = margins[i];
      cr_expect_eq(decided(-side * (pass - m + hair), m, side), STAT_AGREE, "M = %g, side %d", m, side);
      cr_expect_eq(decided(-side * (pass - m - hair), m, side), STAT_UNDECIDED, "M = %g, side %d", m, side);
      cr_expect_eq(decided(-side * 1e6, m, side), STAT_AGREE, "far on the right side");
      cr_expect_eq(decided(side * (fail + m + hair), m, side), STAT_DISAGREE, "M = %g, side %d", m, side);
      cr_expect_eq(decided(side * (fail + m - hair), m, side), STAT_UNDECIDED, "M = %g, side %d", m, side);
    }
}

Test(decision, never_agrees_within_no_margin) {
  for (double d = -50; d <= 50; d += 5) {
    cr_expect_neq(decided(d, 0, 0), STAT_AGREE, "M = 0, d = %g", d);
    cr_expect_neq(decided(d, -1, 0), STAT_AGREE, "M = -1, d = %g", d);
  }
}

Test(decision, counts_numerical_errors_against_both_verdicts) {
  stat_estimate e = nearly_normal(standard);
  const double pass = reach(a_pass), fail = reach(a_fail), hair = 1e-6, error = .25;
  cr_expect_eq(stat_decide(&e, 0, error, pass + error + hair, 0, a_pass, a_fail), STAT_AGREE);
  cr_expect_eq(stat_decide(&e, 0, error, pass + error - hair, 0, a_pass, a_fail), STAT_UNDECIDED);
  for (int sign = -1; sign <= 1; sign += 2) {
    cr_expect_eq(stat_decide(&e, sign * (2 + fail + error + hair), error, 2, 0, a_pass, a_fail),
                 STAT_DISAGREE);
    cr_expect_eq(stat_decide(&e, sign * (2 + fail + error - hair), error, 2, 0, a_pass, a_fail),
                 STAT_UNDECIDED);
  }
  for (int side = -1; side <= 1; side++) {
    stat_interval i = stat_slack(&e, 10, error, side, a_pass);
    double centre = side < 0 ? 10 : -10;
    cr_expect_float_eq(i.lo, centre - pass - error, 1e-7);
    cr_expect_float_eq(i.hi, centre + pass + error, 1e-7);
  }
}

Test(decision, without_an_interval_is_none) {
  stat_estimate e = nearly_normal((stat_normal){0, 1, 999, .5, 0});
  for (int side = -1; side <= 1; side++) {
    cr_expect_eq(stat_decide(&e, 0, 0, 1e9, side, a_pass, a_fail), STAT_UNDECIDED);
    cr_expect_eq(stat_decide(&e, 1e9, 0, 1, side, a_pass, a_fail), STAT_UNDECIDED);
    cr_expect_not(stat_rejects(&e, 1e9, 0, 1, side, a_pass));
  }
}

/* At this h there is an interval at a_pass but none at a_fail: agreement can be shown, disagreement cannot.
 */
Test(decision, may_have_an_interval_at_one_level_only) {
  stat_estimate e = nearly_normal((stat_normal){0, 1, 999, .12, 0});
  cr_assert(!stat_interval_at(&e, a_pass).none && stat_interval_at(&e, a_fail).none);
  cr_expect_eq(stat_decide(&e, 0, 0, 10, 0, a_pass, a_fail), STAT_AGREE);
  cr_expect_eq(stat_decide(&e, 1e6, 0, 10, 0, a_pass, a_fail), STAT_UNDECIDED);
}

Test(decision, rejects_a_control_beyond_the_margin) {
  stat_estimate e = nearly_normal(standard);
  const double far = 2 + reach(a_pass) + .25, hair = 1e-6;
  for (int sign = -1; sign <= 1; sign += 2) {
    cr_expect(stat_rejects(&e, sign * (far + hair), .25, 2, 0, a_pass));
    cr_expect_not(stat_rejects(&e, sign * (far - hair), .25, 2, 0, a_pass));
    cr_expect(stat_rejects(&e, sign * (far + hair), .25, 2, sign, a_pass), "slack below -M");
    cr_expect_not(stat_rejects(&e, sign * (far - hair), .25, 2, sign, a_pass));
    cr_expect_not(stat_rejects(&e, sign * (far + hair), .25, 2, -sign, a_pass), "slack above M is right");
  }
}

/* ---- numbers that are none ---- */

Test(decision, of_a_theory_that_is_not_a_number_is_not_agreement) {
  stat_estimate e = between(0, 0), n = nearly_normal(standard);
  for (int side = -1; side <= 1; side++)
    for (int i = 0; i < 3; i++) {
      double theory = i == 0 ? NAN : 0, error = i == 1 ? NAN : 0, margin = i == 2 ? NAN : 100;
      cr_expect_neq(stat_decide(&e, theory, error, margin, side, a_pass, a_fail), STAT_AGREE);
      cr_expect_eq(stat_decide(&n, theory, error, margin, side, a_pass, a_fail), STAT_UNDECIDED);
      cr_expect_not(stat_rejects(&n, theory, error, margin, side, a_pass));
    }
}

Test(decision, of_values_that_are_not_finite_is_none) {
  static double x[256];
  const assay_estimand estimands[] = {ASSAY_MEAN,        ASSAY_QUANTILE, ASSAY_VARIANCE,
                                      ASSAY_COMBINATION, ASSAY_SMOOTH,   ASSAY_EXACT};
  for (int bad = 0; bad < 3; bad++)
    for (int at = 0; at < 256; at += 85)
      for (int i = 0; i < 6; i++) {
        fill_symmetric(x, 256, 0, 1);
        x[at] = bad == 0 ? NAN : bad == 1 ? INFINITY : -INFINITY;
        stat_problem problem = {.estimand = estimands[i], .level = .5, .reduce = first_value};
        stat_estimate e = made(problem, &(stat_group){x, 256, 0}, 1);
        cr_expect(e.why[0] && stat_interval_at(&e, a_pass).none);
        for (int side = -1; side <= 1; side++)
          cr_expect_eq(stat_decide(&e, 0, 0, 100, side, a_pass, a_fail), STAT_UNDECIDED, "estimand %d",
                       (int)estimands[i]);
        stat_estimate_clear(&e);
      }
  stat_estimate one = made_of(ASSAY_EXACT, (double[]){NAN}, 1);
  cr_expect_eq(stat_decide(&one, 0, 0, 100, 0, a_pass, a_fail), STAT_UNDECIDED, "one evaluation");
}
