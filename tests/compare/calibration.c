#include "tests/compare/calibration.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_poly.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/hash.h"
#include "compare/result.h"
#include "sim/kernels/random.h"

/* ---- scenarios ---- */

/* The theory is truth - off M. */
static const struct {
  double off, alpha_pass, alpha_fail;
} scenarios[CALIBRATION_SCENARIOS] = {
    [CALIBRATION_MARGIN_ABOVE] = {1, ASSAY_ALPHA_PASS, ASSAY_ALPHA_FAIL},
    [CALIBRATION_MARGIN_BELOW] = {-1, ASSAY_ALPHA_PASS, ASSAY_ALPHA_FAIL},
    [CALIBRATION_LOOSE_MARGIN_ABOVE] = {1, CALIBRATION_LOOSE_PASS, ASSAY_ALPHA_FAIL},
    [CALIBRATION_LOOSE_MARGIN_BELOW] = {-1, CALIBRATION_LOOSE_PASS, ASSAY_ALPHA_FAIL},
    [CALIBRATION_LOOSE_INSIDE_ABOVE] = {.99, ASSAY_ALPHA_PASS, CALIBRATION_LOOSE_FAIL},
    [CALIBRATION_LOOSE_INSIDE_BELOW] = {-.99, ASSAY_ALPHA_PASS, CALIBRATION_LOOSE_FAIL},
    [CALIBRATION_LOOSE_TRUE] = {0, ASSAY_ALPHA_PASS, CALIBRATION_LOOSE_FAIL},
    [CALIBRATION_TRUE] = {0, ASSAY_ALPHA_PASS, ASSAY_ALPHA_FAIL},
    [CALIBRATION_WRONG_ABOVE] = {2, ASSAY_ALPHA_PASS, ASSAY_ALPHA_FAIL},
    [CALIBRATION_WRONG_BELOW] = {-2, ASSAY_ALPHA_PASS, ASSAY_ALPHA_FAIL},
};

/* A one-sided statement holds for every d >= 0: only d < 0 can be wrong. */
static bool applies(const calibration_law *law, int s) {
  return law->side == 0 || scenarios[s].off <= 0;
}

static long look_size(const calibration_law *law, int look) {
  return law->first << (look - 1);
}

static long most_replicates(const calibration_law *law) {
  return look_size(law, law->looks);
}

static int multiple_of(const calibration_law *law, int k) {
  return law->multiple[k] ? law->multiple[k] : 1;
}

static double margin_of(const calibration_law *law) {
  double n = (double)most_replicates(law), few = law->problem.estimand == ASSAY_PROPORTION ? 12 / n : 0;
  return law->bias + 10 * law->sd / sqrt(n) + few;
}

static stat_decision decide(const calibration_result *r, const stat_estimate *e, int s, int looks_spent) {
  return stat_decide(e, r->law->truth - scenarios[s].off * r->margin, 0, r->margin, r->law->side,
                     scenarios[s].alpha_pass / looks_spent, scenarios[s].alpha_fail / looks_spent);
}

static void count(calibration_tally *t, stat_decision decision, double weight, double share) {
  t->agree += decision == STAT_AGREE ? weight : 0;
  t->disagree += decision == STAT_DISAGREE ? weight : 0;
  t->used += weight * share;
}

/* ---- laws that are drawn ---- */

typedef struct {
  double *memory, *x[CALIBRATION_GROUPS];
  long lost[2]; /* rising; n_max or more: none */
  double se, h; /* summed over the runs, at the last look */
  long intervals;
} player;

static assay_status start_player(player *p, const calibration_law *law, assay_error *error) {
  long n = most_replicates(law), all = 0;
  for (int k = 0; k < law->groups; k++) all += n * multiple_of(law, k);
  *p = (player){.memory = malloc((size_t)all * sizeof(double)), .lost = {n, n}};
  if (!p->memory) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %ld values", all);
  double *at = p->memory;
  for (int k = 0; k < law->groups; at += n * multiple_of(law, k), k++) p->x[k] = at;
  return ASSAY_OK;
}

/* Takes two replicates of the only group out, at places that have nothing to do with their values. */
static void lose_two(player *p, const assay_stream *stream, long n) {
  random_source source = random_open(stream, RANDOM_SPLIT, 0);
  uint64_t place[2];
  random_integers(&source, (uint64_t)n - 1, place, 2);
  if (place[1] >= place[0]) place[1]++; /* another one */
  p->lost[0] = (long)(place[0] < place[1] ? place[0] : place[1]);
  p->lost[1] = (long)(place[0] < place[1] ? place[1] : place[0]);
  for (int i = 1; i >= 0; i--) {
    double *hole = p->x[0] + p->lost[i];
    memmove(hole, hole + 1, (size_t)(n - 1 - p->lost[i]) * sizeof *hole);
  }
}

static assay_status estimate_look(player *p, const calibration_law *law, long n, stat_estimate *e,
                                  assay_error *error) {
  stat_group group[CALIBRATION_GROUPS];
  long there = n - (p->lost[0] < n) - (p->lost[1] < n);
  for (int k = 0; k < law->groups; k++)
    group[k] = (stat_group){p->x[k], there * multiple_of(law, k), law->shared ? 0 : k};
  return stat_estimate_make(&law->problem, group, law->groups, e, error);
}

static void note_width(player *p, const stat_estimate *e) {
  double se = 0, h = 0;
  for (int i = 0; i < e->pieces; i++) {
    se = fmax(se, e->piece[i].se);
    h = fmax(h, e->piece[i].h);
  }
  p->se += se;
  p->h += h;
  p->intervals += e->pieces > 0;
}

static assay_status play(player *p, int looks_spent, calibration_result *r, assay_error *error) {
  bool open[CALIBRATION_SCENARIOS];
  for (int s = 0; s < CALIBRATION_SCENARIOS; s++) open[s] = applies(r->law, s);
  for (int look = 1; look <= r->law->looks; look++) {
    stat_estimate e;
    assay_status status = estimate_look(p, r->law, look_size(r->law, look), &e, error);
    if (status != ASSAY_OK) return status;
    bool last = look == r->law->looks;
    for (int s = 0; s < CALIBRATION_SCENARIOS; s++) {
      if (!open[s]) continue;
      stat_decision decision = decide(r, &e, s, looks_spent);
      open[s] = decision == STAT_UNDECIDED;
      if (!open[s] || last) count(&r->tally[s], decision, 1, ldexp(1, look - r->law->looks));
    }
    if (last) note_width(p, &e);
    stat_estimate_clear(&e);
  }
  return ASSAY_OK;
}

/* How far a statistic with correction h may stray at level a, in standard errors; infinite when there is no
 * interval. Solves the cubic x^2/2 - h x^3/3 = z^2/2 in closed form, as a check on the bisection of the code
 * that is tested. */
static double stray(double a, double h) {
  double z = gsl_cdf_ugaussian_Qinv(a), x[3];
  if (sqrt(3) * h * z >= 1) return INFINITY;
  int roots = gsl_poly_solve_cubic(-1.5 / h, 0, 1.5 * z * z / h, &x[0], &x[1], &x[2]);
  return roots == 3 ? x[1] : INFINITY; /* in rising order: one negative, this one, one beyond 1/h */
}

static double fixed_sample(const player *p, const calibration_result *r) {
  if (p->intervals == 0) return NAN;
  double se = p->se / (double)p->intervals, h = p->h / (double)p->intervals,
         miss = r->law->side ? 1e-3 : 5e-4;
  double room = (r->margin - r->law->bias) / se, lo = 1e-3, hi = 16;
  for (int i = 0; i < 60; i++) {
    double share = sqrt(lo * hi), root = sqrt(share);
    bool enough = stray(ASSAY_ALPHA_PASS, h / root) + gsl_cdf_ugaussian_Qinv(miss) <= room * root;
    *(enough ? &hi : &lo) = share;
  }
  return hi < 15 ? hi : NAN;
}

static assay_status key_of(const calibration_law *law, uint64_t *key, assay_error *error) {
  char text[160];
  snprintf(text, sizeof text, "calibration: %s, %s", law->name, law->estimand);
  return hash_key(text, key, error);
}

static assay_status run_drawn(calibration_result *r, long runs, int looks_spent, assay_error *error) {
  const calibration_law *law = r->law;
  player p;
  assay_stream stream;
  assay_status status = key_of(law, &stream.key, error);
  if (status == ASSAY_OK) status = start_player(&p, law, error);
  if (status != ASSAY_OK) return status;
  for (long i = 0; i < runs && status == ASSAY_OK; i++) {
    stream.replicate = (uint64_t)i;
    law->draw(law, &stream, most_replicates(law), p.x);
    if (law->lost) lose_two(&p, &stream, most_replicates(law));
    status = play(&p, looks_spent, r, error);
  }
  if (status == ASSAY_OK) r->fixed = fixed_sample(&p, r);
  free(p.memory);
  return status;
}

/* ---- 0/1 records: sums over the number of ones ---- */

/* Less than this does not show in any frequency. */
static const double negligible = 1e-15;

typedef struct {
  double *ones;   /* [n_max] the values of a sample: ones, then zeros */
  double *before; /* [SCENARIOS][n_max + 1] probability of being undecided with r ones */
  double *step;   /* [n_max + 1] */
} summer;

static double *undecided(const summer *w, const calibration_law *law, int s) {
  return w->before + s * (most_replicates(law) + 1);
}

/* Adds the ones of as many new replicates as there are old ones. */
static void double_sample(double *undecided_now, double *step, long old, double p) {
  double pmf;
  memset(step, 0, (size_t)(2 * old + 1) * sizeof *step);
  for (long k = 0; k <= old; k++) {
    if ((pmf = gsl_ran_binomial_pdf((unsigned)k, p, (unsigned)old)) < negligible) continue;
    for (long r = 0; r <= old; r++) step[r + k] += undecided_now[r] * pmf;
  }
  memcpy(undecided_now, step, (size_t)(2 * old + 1) * sizeof *step);
}

static assay_status sum_look(const summer *w, calibration_result *r, int look, int looks_spent,
                             assay_error *error) {
  long n = look_size(r->law, look);
  bool last = look == r->law->looks;
  memset(w->ones, 0, (size_t)n * sizeof *w->ones);
  for (long ones = 0; ones <= n; ones++) {
    if (ones > 0) w->ones[ones - 1] = 1;
    stat_group group = {w->ones, n, 0};
    stat_estimate e;
    assay_status status = stat_estimate_make(&r->law->problem, &group, 1, &e, error);
    if (status != ASSAY_OK) return status;
    for (int s = 0; s < CALIBRATION_SCENARIOS; s++) {
      double *mass = undecided(w, r->law, s) + ones;
      if (*mass < negligible) continue;
      stat_decision decision = decide(r, &e, s, looks_spent);
      if (decision == STAT_UNDECIDED && !last) continue;
      count(&r->tally[s], decision, *mass, ldexp(1, look - r->law->looks));
      *mass = 0;
    }
    stat_estimate_clear(&e);
  }
  return ASSAY_OK;
}

static assay_status sum_looks(const summer *w, calibration_result *r, int looks_spent, assay_error *error) {
  const calibration_law *law = r->law;
  for (int s = 0; s < CALIBRATION_SCENARIOS; s++)
    for (long k = 0; k <= law->first; k++)
      undecided(w, law, s)[k] = gsl_ran_binomial_pdf((unsigned)k, law->truth, (unsigned)law->first);
  for (int look = 1; look <= law->looks; look++) {
    assay_status status = sum_look(w, r, look, looks_spent, error);
    if (status != ASSAY_OK) return status;
    for (int s = 0; s < CALIBRATION_SCENARIOS && look < law->looks; s++)
      double_sample(undecided(w, law, s), w->step, look_size(law, look), law->truth);
  }
  return ASSAY_OK;
}

static assay_status run_summed(calibration_result *r, int looks_spent, assay_error *error) {
  size_t n = (size_t)most_replicates(r->law) + 1;
  summer w = {malloc(n * sizeof(double)), calloc(n * CALIBRATION_SCENARIOS, sizeof(double)),
              malloc(n * sizeof(double))};
  assay_status status = w.ones && w.before && w.step
                            ? sum_looks(&w, r, looks_spent, error)
                            : assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a table");
  free(w.ones);
  free(w.before);
  free(w.step);
  return status;
}

assay_status calibration_run(const calibration_law *law, long runs, int looks_spent, calibration_result *r,
                             assay_error *error) {
  *r = (calibration_result){.law = law, .runs = law->draw ? runs : 0, .margin = margin_of(law), .fixed = NAN};
  return law->draw ? run_drawn(r, runs, looks_spent, error) : run_summed(r, looks_spent, error);
}

/* ---- frequencies ---- */

static const double doubt = 1e-3;

calibration_rate calibration_of(const calibration_result *r, calibration_scenario s, bool agree) {
  double events = agree ? r->tally[s].agree : r->tally[s].disagree;
  if (r->runs == 0) return (calibration_rate){events, events, events, events};
  stat_estimate counted = {.estimand = ASSAY_PROPORTION, .n = r->runs, .successes = (long)events};
  stat_interval bounds = stat_interval_at(&counted, doubt);
  return (calibration_rate){events, events / (double)r->runs, bounds.lo, bounds.hi};
}

calibration_rate calibration_worse(const calibration_result *r, calibration_scenario above, bool agree) {
  calibration_rate a = calibration_of(r, above, agree), b = calibration_of(r, above + 1, agree);
  return a.value > b.value ? a : b;
}

calibration_rate calibration_rejected(const calibration_result *r) {
  calibration_rate a = calibration_of(r, CALIBRATION_WRONG_ABOVE, false),
                   b = calibration_of(r, CALIBRATION_WRONG_BELOW, false);
  return r->law->side != 0 || b.value < a.value ? b : a;
}

static bool broken(char *why, size_t size, const char *what, calibration_rate rate, double promised) {
  snprintf(why, size, "%s: %.4g, with 99.9 %% confidence in [%.4g, %.4g]; promised %.4g", what, rate.value,
           rate.lo, rate.hi, promised);
  return false;
}

bool calibration_keeps(const calibration_result *r, char *why, size_t size) {
  calibration_rate rate;
  if (r->law->known_limit) return true;
  if ((rate = calibration_worse(r, CALIBRATION_MARGIN_ABOVE, true)).lo > ASSAY_ALPHA_PASS)
    return broken(why, size, "false agree", rate, ASSAY_ALPHA_PASS);
  if ((rate = calibration_worse(r, CALIBRATION_LOOSE_MARGIN_ABOVE, true)).lo > CALIBRATION_LOOSE_PASS)
    return broken(why, size, "false agree at the raised level", rate, CALIBRATION_LOOSE_PASS);
  if ((rate = calibration_worse(r, CALIBRATION_LOOSE_INSIDE_ABOVE, false)).lo > CALIBRATION_LOOSE_FAIL)
    return broken(why, size, "false disagree just inside the margin", rate, CALIBRATION_LOOSE_FAIL);
  if ((rate = calibration_of(r, CALIBRATION_LOOSE_TRUE, false)).lo > CALIBRATION_LOOSE_FAIL)
    return broken(why, size, "false disagree of a true theory", rate, CALIBRATION_LOOSE_FAIL);
  if (r->law->power && (rate = calibration_of(r, CALIBRATION_TRUE, true)).hi < .999)
    return broken(why, size, "a true theory agrees", rate, .999);
  if (r->law->power && (rate = calibration_rejected(r)).hi < .99)
    return broken(why, size, "a theory off by 2M disagrees", rate, .99);
  return true;
}

/* ---- the table ---- */

static void print_rate(FILE *out, calibration_rate rate, bool exact) {
  if (exact)
    fprintf(out, " %.2g exact |", rate.value);
  else
    fprintf(out, " %.2g ≤ %.2g |", rate.value, rate.hi);
}

void calibration_print_head(FILE *out) {
  fputs("| law | estimand | n_1 to n_max | runs | agree on the margin (1e-4) | the same, ALPHA_PASS 1e-2 | "
        "disagree at .99 M, ALPHA_FAIL 1e-3 | disagree at 0, ALPHA_FAIL 1e-3 | true: agree % | off by 2M: "
        "disagree % | "
        "used/n_max | used/fixed |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
        out);
}

static void print_share(FILE *out, double share, bool promised) {
  fprintf(out, promised ? " %.2f |" : " (%.2f) |", 100 * share);
}

void calibration_print(FILE *out, const calibration_result *r) {
  bool exact = r->runs == 0;
  double used = r->tally[CALIBRATION_TRUE].used / (exact ? 1 : (double)r->runs);
  fprintf(out, "| %s | %s | %ld to %ld |", r->law->name, r->law->estimand, r->law->first,
          most_replicates(r->law));
  if (exact)
    fputs(" all |", out);
  else
    fprintf(out, " %ld |", r->runs);
  print_rate(out, calibration_worse(r, CALIBRATION_MARGIN_ABOVE, true), exact);
  print_rate(out, calibration_worse(r, CALIBRATION_LOOSE_MARGIN_ABOVE, true), exact);
  print_rate(out, calibration_worse(r, CALIBRATION_LOOSE_INSIDE_ABOVE, false), exact);
  print_rate(out, calibration_of(r, CALIBRATION_LOOSE_TRUE, false), exact);
  print_share(out, calibration_of(r, CALIBRATION_TRUE, true).value, r->law->power);
  print_share(out, calibration_rejected(r).value, r->law->power);
  fprintf(out, " %.2f |", used);
  if (isfinite(r->fixed))
    fprintf(out, " %.2f |\n", used / r->fixed);
  else
    fputs(" – |\n", out);
}
