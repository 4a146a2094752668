#include "compare/forecast.h"

#include <math.h>
#include <stdlib.h>

/* Half-widths in standard errors: of the interval that has to lie inside the margin, and how much wider the
 * one is that has to lie outside. */
static const double half_width = 4.4, wider = 1.25;

enum { STEPS = 4, GRID = 40 * STEPS }; /* numbers of replicates n = 2^(k/STEPS) */

/* Where decided cells stopped: the share of those that left at least so many looks of their budget untaken.
 */
typedef struct {
  double left_over[ASSAY_LOOKS + 1];
} habits;

typedef struct {
  const plan *p;
  habits usual;
  double *every;    /* [n_runs][GRID] the probability that 2^(k/STEPS) replicates are enough: product over its
                       cells, */
  double *hardest;  /* [n_runs][GRID] and least of them */
  double *expected; /* [n_runs] */
  double *cost;     /* [n_runs] seconds of one replicate */
  int *counted_by;  /* [n_runs] 1 + the claim that counted it last */
} outlook;

/* ---- cells ---- */

static double below(double x, double mean, double sd) {
  if (!(sd > 0)) return x > mean;
  return 0.5 * erfc((mean - x) / (sd * M_SQRT2));
}

/* The probability that a value expected at `mean` +- `sd` decides, when the half-width is `h`. */
static double decides(const assay_cell_result *r, double mean, double sd, double h) {
  double m = r->margin;
  if (r->side) return 1 - below(h - m, mean, sd) + below(-m - wider * h, mean, sd);
  double inside = h < m ? below(m - h, mean, sd) - below(h - m, mean, sd) : 0;
  return inside + below(-m - wider * h, mean, sd) + 1 - below(m + wider * h, mean, sd);
}

/* The same for a control, which has to leave the margin. */
static double rejects(const assay_cell_result *r, double mean, double sd, double h) {
  double outside = below(-r->margin - h, mean, sd);
  return r->side ? outside : outside + 1 - below(r->margin + h, mean, sd);
}

static bool has_interval(double lo, double hi) {
  return isfinite(lo) && isfinite(hi) && hi > lo;
}

static long look_of(const plan_cell *cell, int look) {
  return cell->first << (look - 1);
}

/* The half-width at n replicates in standard errors: small samples pay for what their skewness may be. */
static double errors_wide(const plan_cell *cell, int look) {
  double skew = isnan(cell->result.skew) ? 0 : 2 * fabs(cell->result.skew);
  return half_width * (1 + 2.6 * fmax(1, skew) / sqrt((double)look_of(cell, look)));
}

/* Of half-width `h` at the last look: the standard error there, and at a later one. */
static double error_then(const plan_cell *cell, double h) {
  return h / errors_wide(cell, cell->look);
}
static double error_later(const plan_cell *cell, double h, int look) {
  return error_then(cell, h) * sqrt((double)look_of(cell, cell->look) / (double)look_of(cell, look));
}

/* Most claims are true by a good part of their margin: what d is expected to spread by, without its noise. */
static double spread_of_truth(const assay_cell_result *r) {
  return r->margin / 6;
}

/* The probability that the estimate is decided at `look`. With the spread tau of the truth, and s, s' the
 * standard errors of the last look and of this one (which has all replicates of the last), d is then expected
 * at d (tau^2 + s'^2)/(tau^2 + s^2). */
static double estimate_decided(const plan_cell *cell, int look, const habits *usual) {
  const assay_cell_result *r = &cell->result;
  double tau = spread_of_truth(r), wide = errors_wide(cell, look);
  if (cell->target->estimand == ASSAY_EXACT || cell->target->exploratory || look >= r->looks) return 1;
  if (cell->look > 0 && has_interval(r->lo, r->hi)) {
    double h = (r->hi - r->lo) / 2, se_last = error_then(cell, h), se = error_later(cell, h, look);
    if (r->side) return decides(r, r->d, sqrt(se_last * se_last - se * se), wide * se);
    double now = tau * tau + se * se, last = tau * tau + se_last * se_last;
    return decides(r, r->d * now / last, sqrt(now * (1 - now / last)), wide * se);
  }
  if (r->margin_sd > 0) {
    double se = r->margin_sd / sqrt((double)look_of(cell, look));
    return decides(r, 0, r->side ? se : hypot(tau, se), wide * se);
  }
  return usual->left_over[r->looks - look];
}

static double control_settled(const plan_cell *cell, int c, int look) {
  const assay_control_result *k = &cell->result.controls[c];
  if (cell->controls[c].settled || cell->look < 1 || !has_interval(k->lo, k->hi)) return 1;
  double h = (k->hi - k->lo) / 2, se_last = error_then(cell, h), se = error_later(cell, h, look);
  return rejects(&cell->result, (k->hi + k->lo) / 2, sqrt(se_last * se_last - se * se),
                 errors_wide(cell, look) * se);
}

static double closed_by(const plan_cell *cell, int look, const habits *usual) {
  if (look >= cell->result.looks) return 1;
  double chance = cell->decided ? 1 : estimate_decided(cell, look, usual);
  for (int c = 0; c < cell->result.n_controls; c++) chance *= control_settled(cell, c, look);
  return chance;
}

static habits learn(const plan *p) {
  /* As if three cells had been seen: most take the half or a quarter of their budget. */
  habits h = {.left_over = {3, 2.4, 1.2, 0.3}};
  for (int i = 0; i < p->n_cells; i++) {
    const plan_cell *cell = &p->cells[i];
    if (cell->open || cell->sample.n == 0 || cell->look < 1 || cell->result.looks < 2) continue;
    for (int k = 0; k <= cell->result.looks - cell->look; k++) h.left_over[k]++;
  }
  for (int k = ASSAY_LOOKS; k >= 0; k--) h.left_over[k] /= h.left_over[0];
  return h;
}

/* ---- runs ---- */

static int grid_of(long n) {
  int k = (int)lround(STEPS * log2((double)n));
  return k < 0 ? 0 : k < GRID ? k : GRID - 1;
}

/* The cell is closed by `n` replicates with probability `chance`, and not by fewer than `from`: those in
 * between. */
static void bound_run(outlook *o, int run, long from, long n, double chance) {
  if (run < 0) return;
  for (int k = grid_of(from); k < grid_of(n); k++) {
    size_t at = (size_t)run * GRID + (size_t)k;
    o->every[at] *= chance;
    o->hardest[at] = fmin(o->hardest[at], chance);
  }
}

static void bound_sample(outlook *o, const plan_cell *cell, const plan_sample *s, int look, double chance) {
  for (int i = 0; i < s->n; i++) {
    long n = plan_look_size(cell, &s->group[i], look);
    long from = look > cell->look + 1 ? plan_look_size(cell, &s->group[i], look - 1) : 1;
    bound_run(o, s->group[i].run, from, n, chance);
    bound_run(o, s->group[i].minus_run, from, n, chance);
  }
}

/* Between two looks a cell needs the second with the probability that the first did not close it. */
static void bound_cell(outlook *o, const plan_cell *cell) {
  double chance = 0;
  for (int look = cell->look + 1; look <= cell->result.looks; look++) {
    bound_sample(o, cell, &cell->sample, look, chance);
    for (int c = 0; c < cell->result.n_controls; c++)
      if (!cell->controls[c].settled) bound_sample(o, cell, &cell->controls[c].sample, look, chance);
    double now = closed_by(cell, look, &o->usual);
    if (now > chance) chance = now;
  }
}

/* The mean number of replicates. Cells of one run share its draws: between independent and one and the same.
 */
static void expect_run(outlook *o, int run) {
  const plan_run *r = &o->p->runs[run];
  const double *every = o->every + (size_t)run * GRID, *hardest = o->hardest + (size_t)run * GRID;
  double n = 0;
  for (int k = 0; k < GRID - 1; k++) {
    double step = exp2((k + 1.0) / STEPS) - (k ? exp2((double)k / STEPS) : 0);
    n += (1 - sqrt(every[k] * hardest[k])) * step;
  }
  n = fmax(n, (double)r->prefix);
  o->expected[run] = fmax(n, (double)r->need);
}

static void expect_runs(outlook *o) {
  o->usual = learn(o->p);
  for (size_t i = 0; i < (size_t)o->p->n_runs * GRID; i++) o->every[i] = o->hardest[i] = 1;
  for (int i = 0; i < o->p->n_cells; i++)
    if (o->p->cells[i].open) bound_cell(o, &o->p->cells[i]);
  for (int i = 0; i < o->p->n_runs; i++) expect_run(o, i);
}

/* Runs that have not been timed cost what the timed ones of their experiment cost, or all of them. */
static void cost_runs(outlook *o) {
  const plan *p = o->p;
  for (int i = 0; i < p->n_runs; i++) {
    double same = 0, all = 0;
    int n_same = 0, n_all = 0;
    o->cost[i] = p->runs[i].prefix > 0 ? p->runs[i].seconds / (double)p->runs[i].prefix : NAN;
    if (p->runs[i].prefix > 0) continue;
    for (int k = 0; k < p->n_runs; k++) {
      if (p->runs[k].prefix == 0) continue;
      double cost = p->runs[k].seconds / (double)p->runs[k].prefix;
      all += cost, n_all++;
      if (p->runs[k].experiment == p->runs[i].experiment) same += cost, n_same++;
    }
    if (n_all > 0) o->cost[i] = n_same ? same / n_same : all / n_all;
  }
}

static double seconds_left(const outlook *o, int run) {
  double left = o->expected[run] - (double)o->p->runs[run].prefix;
  return left > 0 ? left * o->cost[run] : 0;
}

/* ---- claims ---- */

static void count_run(outlook *o, int claim, int run, forecast_claim *f) {
  if (run < 0 || o->counted_by[run] == claim + 1) return;
  o->counted_by[run] = claim + 1;
  f->done += o->p->runs[run].prefix;
  f->expected += lround(o->expected[run]);
  f->seconds += seconds_left(o, run);
}

static void count_sample(outlook *o, int claim, const plan_sample *s, forecast_claim *f) {
  for (int i = 0; i < s->n; i++) {
    count_run(o, claim, s->group[i].run, f);
    count_run(o, claim, s->group[i].minus_run, f);
  }
}

/* Half-width over margin. */
static double width_of(const plan_cell *cell) {
  const assay_cell_result *r = &cell->result;
  if (!cell->open || cell->decided || !has_interval(r->lo, r->hi) || !(r->margin > 0)) return 0;
  return (r->hi - r->lo) / 2 / r->margin;
}

static void count_claims(outlook *o, forecast_claim *claims) {
  for (int c = 0; c < o->p->n_claims; c++) claims[c] = (forecast_claim){0};
  /* Cells of one claim stand together. */
  for (int i = 0; i < o->p->n_cells; i++) {
    const plan_cell *cell = &o->p->cells[i];
    forecast_claim *f = &claims[cell->claim];
    f->cells++;
    f->open += cell->open;
    count_sample(o, cell->claim, &cell->sample, f);
    for (int c = 0; c < cell->result.n_controls; c++)
      if (cell->controls) count_sample(o, cell->claim, &cell->controls[c].sample, f);
    double width = width_of(cell);
    if (width > 0 && (!f->widest || width > width_of(f->widest))) f->widest = cell;
  }
}

double forecast_make(const plan *p, forecast_claim *claims) {
  size_t n = (size_t)p->n_runs + 1;
  outlook o = {.p = p,
               .every = malloc(n * GRID * sizeof *o.every),
               .hardest = malloc(n * GRID * sizeof *o.hardest),
               .expected = calloc(n, sizeof *o.expected),
               .cost = calloc(n, sizeof *o.cost),
               .counted_by = calloc(n, sizeof *o.counted_by)};
  double left = NAN;
  for (int c = 0; c < p->n_claims; c++) claims[c] = (forecast_claim){.seconds = NAN};
  if (o.every && o.hardest && o.expected && o.cost && o.counted_by) {
    expect_runs(&o);
    cost_runs(&o);
    count_claims(&o, claims);
    left = 0;
    for (int i = 0; i < p->n_runs; i++) left += seconds_left(&o, i);
  }
  free(o.every);
  free(o.hardest);
  free(o.expected);
  free(o.cost);
  free(o.counted_by);
  return left;
}
