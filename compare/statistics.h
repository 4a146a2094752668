/* Estimates, intervals and three-way decisions.
 *
 * An interval at level a has two ends, each wrong with probability at most a. It may be *none*: then nothing is decided.
 * Moments come from the values in the order given, in two compensated passes, so that the same values give the same bits
 * whatever the process, the shard or the order in which they were computed. */
#ifndef ASSAY_COMPARE_STATISTICS_H
#define ASSAY_COMPARE_STATISTICS_H

#include "compare/claim.h"

/* Size, mean, standard deviation (divisor n-1) and skewness mean((x-m)^3)/s^3 (0 when s is 0). */
typedef struct {
  long n;
  double mean, sd, skew;
} stat_moments;

stat_moments stat_moments_of(const double *x, long n);

/* The values of one group. Groups with the same `share` come from the same replicates: same n, aligned by replicate. */
typedef struct {
  const double *x; /* [n]; borrowed */
  long n;
  int share;
} stat_group;

/* A statistic that is close to normal: centre, standard error, degrees of freedom nu, skewness correction
 * h = max(G, 2|skew|)/sqrt(n) (of a combination: the weighted form below), and an absolute widening for curvature. */
typedef struct {
  double centre, se, nu, h, widen;
} stat_normal;

/* c times the probability of which r of n were seen. */
typedef struct {
  double c;
  long r, n;
} stat_term;

typedef struct {
  assay_estimand estimand;
  double estimate;
  double skew;         /* of the values (one group) or of the linear form (several); NaN when it has no meaning */
  double drift;        /* EXTRAPOLATED: A - A'; else NaN */
  double se;           /* standard error of the estimate; NaN when it has no meaning */
  long n;              /* values used (of the last group) */
  int pieces;          /* stat_normal pieces whose intervals' hull is the interval; 0: other estimands */
  stat_normal piece[2];
  long successes;      /* PROPORTION */
  stat_term *terms;    /* COMBINATION of proportions of independent groups: [term_count], owned; see stat_estimate_clear */
  int term_count;
  double *sorted;      /* QUANTILE: [n], owned; see stat_estimate_clear */
  double level;
  double least, greatest; /* EXACT */
  char why[160];          /* why there can be no interval; "" when there can */
} stat_estimate;

typedef struct {
  double lo, hi;
  bool none;
} stat_interval;

/* What is estimated from which groups. `value[k]` of `reduce` is group k's statistic `of`; axis and points are passed on. */
typedef struct {
  assay_estimand estimand, of;
  double level;          /* QUANTILE */
  double skew_floor;     /* G; 0 means 1 */
  assay_reduce *reduce;  /* COMBINATION, SMOOTH */
  const double *axis;
  const assay_call *const *points;
  double exponent;       /* EXTRAPOLATED: g; groups are the sizes N, rN, r^2 N in rising order, values measured minus theory */
  const double *size;    /* EXTRAPOLATED: [3] */
} stat_problem;

/* Estimates. MEAN, PROPORTION, QUANTILE, VARIANCE and EXACT take one group.
 *   mean          the mean; se = s/sqrt n, nu = n-1, h = max(G, 2|skew|)/sqrt n
 *   variance      the mean of y_i = n/(n-1) (x_i - m)^2
 *   combination   sum c_k m_k: v_k = c_k^2 s_k^2/n_k, se^2 = sum v_k, nu = se^4/sum(v_k^2/(n_k-1)),
 *                 h = sum |c_k|^3 max(G, 2|skew_k|) s_k^3/n_k^2 / se^3; of proportions of independent groups: sum c_k p_k,
 *                 every p_k by itself
 *   smooth        f(m_1..m_K): the combination with c_k = (f(m_k+se_k) - f(m_k-se_k))/(2 se_k), widened by
 *                 sum |f(m_k+se_k) - 2f + f(m_k-se_k)|/2; groups that share replicates become one, y_i = sum c_k x_ik
 *   extrapolated  with u_k = N_k^-g, A = (u_2 m_3 - u_3 m_2)/(u_2 - u_3), A' = (u_1 m_2 - u_2 m_1)/(u_1 - u_2),
 *                 q = 1/(r^(g/2) - 1): the hull of A + q(A-A') and A - q(A-A'). It holds for every true exponent >= g/2.
 *                 Where rounding made the two ratios of sizes differ (by 5 % at most) q is what N^-(g/2) gives there.
 * A mistake in the problem (reduce fails, sizes not in geometric progression) is an error; too little data, or a
 * value that is not finite, is not: the estimate then says why it can have no interval. */
assay_status stat_estimate_make(const stat_problem *problem, const stat_group *groups, int k, stat_estimate *estimate,
                                assay_error *error);
void stat_estimate_clear(stat_estimate *estimate);

/* The interval at level a, 0 < a < 1/2:
 *   mean and its kind  z = t quantile at a; m -+ x se with x from x^2/2 - h x^3/3 = z^2/2 on [z, 1/h]; none if
 *                      sqrt(3) h z >= 1, or s <= 1e-12 |m|
 *   proportion         Clopper-Pearson; of a combination: the sum of its terms' ends, each of the K at level a/K
 *   quantile           order statistics; none when one is missing
 *   exact              least and greatest */
stat_interval stat_interval_at(const stat_estimate *estimate, double a);

typedef enum { STAT_UNDECIDED, STAT_AGREE, STAT_DISAGREE } stat_decision;

/* Two-sided (side 0): d = estimate - theory; agree when interval(a_pass) lies inside (-M, M), disagree when
 * interval(a_fail) lies outside [-M, M] (exact: when it does not lie inside). One-sided: d is the slack, estimate - theory
 * (side +1) or theory - estimate (side -1); agree when lo > -M, disagree when hi < -M (exact: lo <= -M). Intervals are
 * widened by `error`, the numerical errors of both values. */
stat_decision stat_decide(const stat_estimate *estimate, double theory, double error, double margin, int side,
                          double a_pass, double a_fail);

/* The interval of d (see stat_decide) at level a, widened. */
stat_interval stat_slack(const stat_estimate *estimate, double theory, double error, int side, double a);

/* A control is rejected when interval(a) of estimate - wrong lies outside [-M, M]; one-sided: below -M. */
bool stat_rejects(const stat_estimate *estimate, double wrong, double error, double margin, int side, double a);

#endif
