/* The probability that important tokens stand out: exact laws of the least important count and of the
 * irrelevant signed counts. */
#include <complex.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_bessel.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "theory/numerics/gsl.h"
#include "theory/token-embeddings/token-embeddings.h"

/* The same far in a tail, where the Bessel function underflows. */
static double skellam_sum(int s, double plus, double minus) {
  const int most = (int)(plus + minus + 40 * sqrt(plus + minus) + 60) + abs(s);
  double sum = 0;
  for (int j = s > 0 ? s : 0; j <= most; j++)
    sum += gsl_ran_poisson_pdf((unsigned)j, plus) * gsl_ran_poisson_pdf((unsigned)(j - s), minus);
  return sum;
}

/* P(plus - minus = s) for independent Poisson variables of these means. */
static double skellam(int s, double plus, double minus) {
  if (minus == 0) return s >= 0 ? gsl_ran_poisson_pdf((unsigned)s, plus) : 0;
  if (plus == 0) return s <= 0 ? gsl_ran_poisson_pdf((unsigned)-s, minus) : 0;
  const double root = sqrt(plus * minus), gap = sqrt(plus) - sqrt(minus);
  gsl_sf_result bessel;
  if (gsl_sf_bessel_In_scaled_e(abs(s), 2 * root, &bessel) || !(bessel.val > 1e-250))
    return skellam_sum(s, plus, minus);
  return exp(-gap * gap + s / 2. * log(plus / minus)) * bessel.val;
}

/* The coefficient of z^D in (sum_{|s| <= most} pmf_s z^s)^power, pmf [2 most + 1], by Fourier sums over more
 * points than the power has coefficients. */
static double power_coefficient(const double *pmf, int most, int power, int D) {
  const int points = 2 * power * most + 2;
  double sum = 0;
  if (abs(D) > power * most) return 0;
  for (int w = 0; w <= points / 2; w++) {
    const double angle = 2 * M_PI * w / points;
    const double complex turn = cos(angle) + I * sin(angle);
    double complex phi = 0, total = 1, square;
    for (int s = 2 * most; s >= 0; s--) phi = phi * turn + pmf[s];
    square = phi * (cos(angle * most) - I * sin(angle * most));
    for (int p = power; p; p >>= 1, square *= square)
      if (p & 1) total *= square;
    const double term = creal(total * (cos(angle * D) - I * sin(angle * D)));
    sum += w == 0 || 2 * w == points ? term : 2 * term;
  }
  return sum / points;
}

typedef struct {
  int n, T, k, m0, most; /* most: the largest x, n/k + 1 */
  double *least;         /* [n+1][most+2]: P(min of a multinomial(N; 1/k) >= x) */
  double *room;          /* [2 (n+1)] */
} separation;

/* P(every one of k classes has at least x of N). */
static double all_at_least(const separation *q, int N, int x) {
  double *one = q->room, *all = q->room + q->n + 1;
  if (N == 0) return x <= 0;
  if ((long)x * q->k > N) return 0;
  for (int j = 0; j <= N; j++)
    one[j] = all[j] = j >= x ? gsl_ran_poisson_pdf((unsigned)j, (double)N / q->k) : 0;
  for (int c = 1; c < q->k; c++)
    for (int j = N; j >= 0; j--) {
      double sum = 0;
      for (int i = x; i <= j; i++) sum += one[i] * all[j - i];
      all[j] = sum;
    }
  return fmin(1, all[N] / gsl_ran_poisson_pdf((unsigned)N, N));
}

/* P(|S_s| < x for all irrelevant tokens), given n+ positive sequences. */
static double all_below(const separation *q, int plus, int x) {
  const double up = (double)plus * (q->T - 1), down = (double)(q->n - plus) * (q->T - 1);
  double pmf[4096];
  if (x < 1) return 0;
  if (q->T == 1) return 1;
  for (int s = 1 - x; s < x; s++) pmf[s + x - 1] = skellam(s, up / q->m0, down / q->m0);
  const int D = (2 * plus - q->n) * (q->T - 1);
  return fmax(0, power_coefficient(pmf, x - 1, q->m0, D)) / skellam(D, up, down);
}

/* The same if they were independent differences of binomial counts. */
static double all_below_independently(const separation *q, int plus, int x) {
  const unsigned up = (unsigned)(plus * (q->T - 1)), down = (unsigned)((q->n - plus) * (q->T - 1));
  double inside = 0;
  for (unsigned j = 0; j <= up; j++) {
    double below = 0;
    for (long i = (long)j - x + 1; i < (long)j + x; i++)
      if (i >= 0 && i <= (long)down) below += gsl_ran_binomial_pdf((unsigned)i, 1. / q->m0, down);
    inside += gsl_ran_binomial_pdf(j, 1. / q->m0, up) * below;
  }
  return pow(inside, q->m0);
}

/* The same with independent normal counts of the variance n V, whatever n+. */
static double all_below_normally(const separation *q, int x) {
  const double share = (q->T - 1.) / q->m0, V = share * (1 - 1. / q->m0) + share * share;
  return pow(erf((x - .5) / sqrt(2 * q->n * V)), q->m0);
}

static double below(const separation *q, int plus, int x, token_embeddings_counts counts) {
  return counts == TOKEN_EMBEDDINGS_BINOMIAL ? all_below_independently(q, plus, x)
         : counts == TOKEN_EMBEDDINGS_NORMAL ? all_below_normally(q, x)
                                             : all_below(q, plus, x);
}

static double sum_over_counts(const separation *q, token_embeddings_counts counts) {
  const int reach = (int)ceil(3.5 * sqrt(q->n)) + 1, lo = q->n / 2 - reach < 0 ? 0 : q->n / 2 - reach;
  const int hi = q->n / 2 + reach > q->n ? q->n : q->n / 2 + reach, wide = q->most + 2;
  double total = 0;
  for (int N = q->n - hi < lo ? q->n - hi : lo; N <= (q->n - lo > hi ? q->n - lo : hi); N++)
    for (int x = 0; x < wide; x++) q->least[N * wide + x] = all_at_least(q, N, x);
  for (int plus = lo; plus <= hi; plus++) {
    const double *a = q->least + plus * wide, *b = q->least + (q->n - plus) * wide;
    const double weight = gsl_ran_binomial_pdf((unsigned)plus, .5, (unsigned)q->n);
    for (int x = 1; x <= q->most; x++) {
      const double exactly = a[x] * b[x] - a[x + 1] * b[x + 1];
      if (weight * exactly < 1e-17) continue;
      total += weight * exactly * below(q, plus, x, counts);
    }
  }
  return total;
}

assay_status token_embeddings_separation(int n, int T, int k, int m0, token_embeddings_counts counts,
                                         assay_value *p, assay_error *error) {
  separation q = {n, T, k, m0, 0, NULL, NULL};
  numerics_quiet_gsl();
  if (!(n >= 1 && n <= 4000 && T >= 1 && k >= 1 && m0 >= 1))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "n = %d, T = %d, k = %d, m0 = %d: n lies in 1..4000, the others are at least 1", n,
                           T, k, m0);
  q.most = n / k + 1;
  if (q.most > 2000) q.most = 2000;
  q.least = calloc((size_t)(n + 1) * (size_t)(q.most + 2), sizeof *q.least);
  q.room = calloc(2 * (size_t)(n + 1), sizeof *q.room);
  if (q.least && q.room) *p = (assay_value){sum_over_counts(&q, counts), 0};
  p->error = 1e-12 + 1e-11 * p->value;
  free(q.least);
  free(q.room);
  if (!q.least || !q.room) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for n = %d", n);
  return isfinite(p->value)
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_NUMERIC, "the separation probability is not finite at n = %d", n);
}

assay_status token_embeddings_half(int T, int k, int m0, assay_value *n, assay_error *error) {
  int lo = 1, hi = 2;
  assay_value p, below, above;
  assay_status status = token_embeddings_separation(hi, T, k, m0, TOKEN_EMBEDDINGS_COUNTS, &p, error);
  while (status == ASSAY_OK && p.value < .5) {
    lo = hi, hi *= 2;
    if (hi > 4000)
      return assay_error_set(
          error, ASSAY_DOMAIN,
          "T = %d, k = %d, m0 = %d: half of the data sets are separated beyond n = %d only", T, k, m0, lo);
    status = token_embeddings_separation(hi, T, k, m0, TOKEN_EMBEDDINGS_COUNTS, &p, error);
  }
  while (status == ASSAY_OK && hi - lo > 1) {
    const int middle = (lo + hi) / 2;
    status = token_embeddings_separation(middle, T, k, m0, TOKEN_EMBEDDINGS_COUNTS, &p, error);
    if (p.value < .5)
      lo = middle;
    else
      hi = middle;
  }
  if (status == ASSAY_OK)
    status = token_embeddings_separation(lo, T, k, m0, TOKEN_EMBEDDINGS_COUNTS, &below, error);
  if (status == ASSAY_OK)
    status = token_embeddings_separation(hi, T, k, m0, TOKEN_EMBEDDINGS_COUNTS, &above, error);
  if (status != ASSAY_OK) return status;
  const double rise = above.value - below.value, value = lo + (.5 - below.value) / rise;
  *n = (assay_value){value, (below.error + above.error) / rise};
  return below.value < .5 ? ASSAY_OK
                          : assay_error_set(error, ASSAY_DOMAIN,
                                            "T = %d, k = %d, m0 = %d: a single sequence separates", T, k, m0);
}
