/* The probability that important tokens stand out: exact laws of the least important count and of the
 * irrelevant signed counts. */
#include <complex.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "theory/numerics/gsl.h"
#include "theory/token-embeddings/token-embeddings.h"

/* e^-(plus + minus) I_s(2 sqrt(plus minus) e^(i theta)) for s = 0..most, cos theta >= 0, by Miller's backward
 * recurrence; their sum, both signs of s, is e^(z - plus - minus). plus, minus > 0. */
static void bessel(double plus, double minus, double theta, int most, double complex *values) {
  const double size = 2 * sqrt(plus * minus), top = fmax(most, size);
  const double complex z = size * (cos(theta) + I * sin(theta));
  double complex above = 0, here = 1e-290, total = 0;
  for (int s = (int)(top + 5 * sqrt(top)) + 40; s >= 0; s--) {
    if (cabs(here) > 1e250) {
      above *= 1e-250, here *= 1e-250, total *= 1e-250;
      for (int kept = s + 1; kept <= most; kept++) values[kept] *= 1e-250;
    }
    if (s <= most) values[s] = here;
    total += s == 0 ? here : 2 * here;
    const double complex below = above + 2 * s / z * here;
    above = here, here = below;
  }
  const double complex scale = cexp(z - plus - minus) / total;
  for (int s = 0; s <= most; s++) values[s] *= scale;
}

/* E e^(i theta (a + b)) 1{a - b = s} of independent Poisson variables a, b with these means: for s = 0..most
 * in `up`, for -s in `down`. */
static void signed_count(double plus, double minus, double theta, int most, double complex *up,
                         double complex *down) {
  if (plus > 0 && minus > 0) {
    bessel(plus, minus, theta, most, up);
    for (int s = 0; s <= most; s++) {
      down[s] = up[s] * exp(s / 2. * log(minus / plus));
      up[s] *= exp(s / 2. * log(plus / minus));
    }
    return;
  }
  for (int s = 0; s <= most; s++) {
    const double complex turn = cos(s * theta) + I * sin(s * theta);
    up[s] = turn * gsl_ran_poisson_pdf((unsigned)s, plus);
    down[s] = turn * gsl_ran_poisson_pdf((unsigned)s, minus);
  }
}

typedef struct {
  int n, T, k, m0, most; /* most: the largest x, n/k + 1 */
  double *least;         /* [n+1][most+2]: P(min of a multinomial(N; 1/k) >= x) */
  double *room;          /* [2 (n+1)] */
  double *below;         /* [most+2]: P(|S_s| < x for all irrelevant tokens) at one n+ */
  double complex *cell;  /* [2 (most+2)] */
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

/* Adds, for x = 1..top, weight Re e^(-i(theta N + w D)) phi_x(w)^m0 over `points` angles w, where phi_x(w) =
 * sum over |s| < x of the law of one signed count times e^(i w s); N and D are the sum and the difference of
 * the counts. The largest addition. */
static double add_angles(const separation *q, double up, double down, double theta, int points, double weight,
                         int top) {
  double complex *plus = q->cell, *minus = plus + q->most + 2;
  double largest = 0;
  signed_count(up / q->m0, down / q->m0, theta, top, plus, minus);
  for (int x = 1; x <= top; x++) q->room[x] = 0;
  for (int l = 0; l < points; l++) {
    const double w = 2 * M_PI * l / points, back = -theta * (up + down) - w * (up - down);
    const double complex step = cos(w) + I * sin(w), start = cos(back) + I * sin(back);
    double complex turn = 1, phi = 0;
    for (int x = 1; x <= top; x++, turn *= step) {
      phi += x == 1 ? plus[0] : plus[x - 1] * turn + minus[x - 1] * conj(turn);
      double complex product = start, square = phi;
      for (int p = q->m0; p; p >>= 1, square *= square)
        if (p & 1) product *= square;
      q->room[x] += weight * creal(product);
    }
  }
  for (int x = 1; x <= top; x++) {
    q->below[x] += q->room[x];
    largest = fmax(largest, fabs(q->room[x]));
  }
  return largest;
}

/* P(|S_s| < x for all irrelevant tokens), x = 1..top, given n+ positive sequences. With independent Poisson
 * counts of the means up/m0 and down/m0 instead, joint with their totals being up and down: the coefficient
 * of e^(i theta (up + down)) e^(i w (up - down)) in phi^m0, by sums over angles so many that what they alias
 * lies 7.5 standard deviations away. Sum and difference have one parity and the terms are conjugate at
 * -theta, -w, hence a quarter of the angles theta. Of these terms beyond some theta vanish. Poissonised: not
 * joint with the sum. */
static void all_below(const separation *q, int plus, int top, bool poissonised) {
  const double up = (double)plus * (q->T - 1), down = (double)(q->n - plus) * (q->T - 1);
  const int turns = 4 * (int)((7.5 * sqrt(up + down) + 60) / 4),
            far = 2 * q->m0 * (top - 1) + 2 + (int)fabs(up - down), points = turns < far ? turns : far;
  for (int x = 0; x <= top; x++) q->below[x] = 0;
  if (poissonised) {
    add_angles(q, up, down, 0, points, 1. / points, top);
    const int D = (int)fabs(up - down);
    double complex *law = calloc(2 * (size_t)(D + 1), sizeof *law);
    if (law) signed_count(fmax(up, down), fmin(up, down), 0, D, law, law + D + 1);
    for (int x = 1; x <= top; x++) q->below[x] = law ? q->below[x] / creal(law[D]) : NAN;
    free(law);
    return;
  }
  const double both = gsl_ran_poisson_pdf((unsigned)up, up) * gsl_ran_poisson_pdf((unsigned)down, down);
  for (int j = 0, vanished = 0; 4 * j <= turns && vanished < 2; j++) {
    const double weight = (j == 0 || 4 * j == turns ? 2. : 4.) / turns / points / both;
    vanished = add_angles(q, up, down, 2 * M_PI * j / turns, points, weight, top) < 1e-14 ? vanished + 1 : 0;
  }
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

/* Fills q->below up to x = top. */
static void fill_below(const separation *q, int plus, int top, token_embeddings_counts counts) {
  if (q->T == 1)
    for (int x = 1; x <= top; x++) q->below[x] = 1;
  else if (counts == TOKEN_EMBEDDINGS_COUNTS || counts == TOKEN_EMBEDDINGS_POISSONISED)
    all_below(q, plus, top, counts == TOKEN_EMBEDDINGS_POISSONISED);
  else
    for (int x = 1; x <= top; x++)
      q->below[x] = counts == TOKEN_EMBEDDINGS_BINOMIAL ? all_below_independently(q, plus, x)
                                                        : all_below_normally(q, x);
}

/* Both labels alike: n+ and n - n+ count the same. */
static double sum_over_counts(const separation *q, token_embeddings_counts counts) {
  const int reach = (int)ceil(3.5 * sqrt(q->n)) + 1, lo = q->n / 2 - reach < 0 ? 0 : q->n / 2 - reach,
            wide = q->most + 2;
  double total = 0;
  for (int N = lo; N <= q->n - lo; N++)
    for (int x = 0; x < wide; x++) q->least[N * wide + x] = all_at_least(q, N, x);
  for (int plus = lo; 2 * plus <= q->n; plus++) {
    const double *a = q->least + plus * wide, *b = q->least + (q->n - plus) * wide;
    const double weight =
        (2 * plus == q->n ? 1 : 2) * gsl_ran_binomial_pdf((unsigned)plus, .5, (unsigned)q->n);
    int top = q->most;
    while (top > 0 && weight * a[top] * b[top] < 1e-17) top--;
    fill_below(q, plus, top, counts);
    for (int x = 1; x <= top; x++)
      total += weight * (a[x] * b[x] - a[x + 1] * b[x + 1]) * fmax(0, q->below[x]);
  }
  return total;
}

assay_status token_embeddings_separation(int n, int T, int k, int m0, token_embeddings_counts counts,
                                         assay_value *p, assay_error *error) {
  separation q = {.n = n, .T = T, .k = k, .m0 = m0};
  numerics_quiet_gsl();
  if (!(n >= 1 && n <= 4000 && T >= 1 && k >= 1 && m0 >= 1))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "n = %d, T = %d, k = %d, m0 = %d: n lies in 1..4000, the others are at least 1", n,
                           T, k, m0);
  q.most = n / k + 1;
  if (q.most > 2000) q.most = 2000;
  q.least = calloc((size_t)(n + 1) * (size_t)(q.most + 2), sizeof *q.least);
  q.room = calloc(2 * (size_t)(n + 1) + 2, sizeof *q.room);
  q.below = calloc((size_t)q.most + 2, sizeof *q.below);
  q.cell = calloc(2 * (size_t)q.most + 4, sizeof *q.cell);
  const bool ready = q.least && q.room && q.below && q.cell;
  *p = (assay_value){ready ? sum_over_counts(&q, counts) : 0, 0};
  p->error = 1e-12 + 1e-15 * n * T + 1e-11 * p->value;
  free(q.least);
  free(q.room);
  free(q.below);
  free(q.cell);
  if (!ready) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for n = %d", n);
  return isfinite(p->value)
             ? ASSAY_OK
             : assay_error_set(error, ASSAY_NUMERIC, "the separation probability is not finite at n = %d", n);
}

assay_status token_embeddings_half(int T, int k, int m0, token_embeddings_counts counts, assay_value *n,
                                   assay_error *error) {
  int lo = 1, hi = 2;
  assay_value p, below, above;
  assay_status status = token_embeddings_separation(hi, T, k, m0, counts, &p, error);
  while (status == ASSAY_OK && p.value < .5) {
    lo = hi, hi *= 2;
    if (hi > 4000)
      return assay_error_set(
          error, ASSAY_DOMAIN,
          "T = %d, k = %d, m0 = %d: half of the data sets are separated beyond n = %d only", T, k, m0, lo);
    status = token_embeddings_separation(hi, T, k, m0, counts, &p, error);
  }
  while (status == ASSAY_OK && hi - lo > 1) {
    const int middle = (lo + hi) / 2;
    status = token_embeddings_separation(middle, T, k, m0, counts, &p, error);
    if (p.value < .5)
      lo = middle;
    else
      hi = middle;
  }
  if (status == ASSAY_OK) status = token_embeddings_separation(lo, T, k, m0, counts, &below, error);
  if (status == ASSAY_OK) status = token_embeddings_separation(hi, T, k, m0, counts, &above, error);
  if (status != ASSAY_OK) return status;
  const double rise = above.value - below.value, value = lo + (.5 - below.value) / rise;
  *n = (assay_value){value, (below.error + above.error) / rise};
  return below.value < .5 ? ASSAY_OK
                          : assay_error_set(error, ASSAY_DOMAIN,
                                            "T = %d, k = %d, m0 = %d: a single sequence separates", T, k, m0);
}
