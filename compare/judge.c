#include "compare/judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/statistics.h"

static const double a_pass = ASSAY_ALPHA_PASS / ASSAY_LOOKS, a_fail = ASSAY_ALPHA_FAIL / ASSAY_LOOKS;

/* A replicate that fails costs itself; the third one makes the cell an error. */
enum { FAILURES_ALLOWED = 2 };

/* ---- what a look needs ---- */

typedef void visit_run(plan_run *run, long n, void *with);

static void visit_sample(plan *p, const plan_cell *cell, const plan_sample *s, int look, visit_run *visit, void *with) {
  for (int i = 0; i < s->n; i++) {
    long n = plan_look_size(cell, &s->group[i], look);
    visit(&p->runs[s->group[i].run], n, with);
    if (s->group[i].minus_run >= 0) visit(&p->runs[s->group[i].minus_run], n, with);
  }
}

static void visit_look(plan *p, const plan_cell *cell, int look, visit_run *visit, void *with) {
  visit_sample(p, cell, &cell->sample, look, visit, with);
  for (int c = 0; c < cell->result.n_controls; c++)
    if (!cell->controls[c].settled) visit_sample(p, cell, &cell->controls[c].sample, look, visit, with);
}

static void raise_need(plan_run *run, long n, void *with) {
  (void)with;
  if (n > run->need) run->need = n;
}

void judge_need(plan *p, const plan_cell *cell) {
  if (cell->open) visit_look(p, cell, cell->look + 1, raise_need, NULL);
}

int judge_shard_look(const plan_cell *cell) {
  int last = cell->result.looks;
  return cell->look + 1 < last ? last - 1 : last;
}

void judge_need_through(plan *p, const plan_cell *cell, int look) {
  if (cell->open) visit_look(p, cell, look, raise_need, NULL);
}

static void count_lacking(plan_run *run, long n, void *with) {
  long *sum = with;
  sum[0] += n > run->prefix ? n - run->prefix : 0;
  sum[1] += n;
}

void judge_lacking(const plan *p, const plan_cell *cell, long *lacking, long *of) {
  long sum[2] = {0, 0};
  if (cell->open) visit_look((plan *)(uintptr_t)p, cell, cell->look + 1, count_lacking, sum);
  *lacking = sum[0];
  *of = sum[1];
}

/* ---- gathering values ---- */

typedef struct {
  stat_group *group;     /* [n] */
  double *values;        /* the groups' values, one after the other */
  unsigned char *state;  /* scratch: worst state of a replicate over the groups that share it */
  long used, failed, discarded;
} gathered;

static void free_gathered(gathered *g) {
  free(g->group);
  free(g->values);
  free(g->state);
}

static uint64_t stream_of(const plan *p, const plan_group *g) { return p->runs[g->run].stream; }

static void worst_of(unsigned char *state, const plan_run *run, long n) {
  for (long r = 0; r < n; r++)
    if (run->state[r] > state[r]) state[r] = run->state[r];
}

/* The state of each of n replicates, over every group of the sample that shares them with group i. */
static void joint_state(const plan *p, const plan_sample *s, int i, long n, unsigned char *state) {
  memset(state, RUN_OK, (size_t)n);
  for (int k = 0; k < s->n; k++) {
    if (stream_of(p, &s->group[k]) != stream_of(p, &s->group[i])) continue;
    worst_of(state, &p->runs[s->group[k].run], n);
    if (s->group[k].minus_run >= 0) worst_of(state, &p->runs[s->group[k].minus_run], n);
  }
}

static long gather_group(const plan *p, const plan_group *g, double shift, const unsigned char *state, long n, double *out) {
  const plan_run *run = &p->runs[g->run], *minus = g->minus_run >= 0 ? &p->runs[g->minus_run] : NULL;
  long row = (long)run->readouts * run->width, minus_row = minus ? (long)minus->readouts * minus->width : 0, used = 0;
  for (long r = 0; r < n; r++) {
    if (state[r] != RUN_OK) continue;
    double x = run->values[r * row + g->column] - shift;
    if (minus) x -= minus->values[r * minus_row + g->minus_column];
    out[used++] = x;
  }
  return used;
}

/* The values of every group, with base replicates n (times each group's multiple). */
static assay_status gather(const plan *p, const plan_sample *s, long n, bool minus_theory, gathered *g, assay_error *error) {
  long all = 0, most = 0;
  for (int i = 0; i < s->n; i++) {
    long of_group = n * s->group[i].multiple;
    all += of_group;
    most = of_group > most ? of_group : most;
  }
  *g = (gathered){calloc((unsigned)s->n + 1u, sizeof *g->group), malloc((size_t)all * sizeof(double) + 1),
                  malloc((size_t)most + 1), 0, 0, 0};
  if (!g->group || !g->values || !g->state) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %ld values", all);
  double *at = g->values;
  for (int i = 0; i < s->n; i++) {
    long of_group = n * s->group[i].multiple;
    int share = 0;
    while (stream_of(p, &s->group[share]) != stream_of(p, &s->group[i])) share++;
    joint_state(p, s, i, of_group, g->state);
    for (long r = 0; r < of_group && share == i; r++) {
      g->failed += g->state[r] == RUN_FAILED;
      g->discarded += g->state[r] == RUN_DISCARDED;
    }
    long used = gather_group(p, &s->group[i], minus_theory ? s->theory[i] : 0, g->state, of_group, at);
    g->group[i] = (stat_group){at, used, share};
    at += used;
    g->used = used;
  }
  return ASSAY_OK;
}

static assay_status estimate_sample(const plan *p, const plan_cell *cell, const plan_sample *s, double measured, long n,
                                    gathered *g, stat_estimate *e, assay_error *error) {
  const assay_target *t = cell->target;
  stat_problem problem = {t->estimand, t->of, t->level, t->skew_floor, t->reduce, s->axis, s->points, t->exponent, cell->size};
  stat_group once = {&measured, 1, 0};
  *g = (gathered){0};
  if (s->n == 0) { /* a check: one evaluation */
    g->used = 1;
    problem.estimand = ASSAY_EXACT;
    return stat_estimate_make(&problem, &once, 1, e, error);
  }
  assay_status status = gather(p, s, n, t->estimand == ASSAY_EXTRAPOLATED, g, error);
  return status == ASSAY_OK ? stat_estimate_make(&problem, g->group, s->n, e, error) : status;
}

assay_status judge_estimate(plan *p, plan_cell *cell, long n, double *value, double *se, long *used, assay_error *error) {
  gathered g;
  stat_estimate e = {0};
  assay_status status = estimate_sample(p, cell, &cell->sample, cell->measured, n, &g, &e, error);
  *value = status == ASSAY_OK ? e.estimate : NAN;
  *se = status == ASSAY_OK ? e.se : NAN;
  *used = g.used;
  if (status == ASSAY_OK && e.estimand == ASSAY_QUANTILE) { /* half the width of a 68 % interval */
    stat_interval i = stat_interval_at(&e, 0.158655);
    if (!i.none) *se = (i.hi - i.lo) / 2;
  }
  stat_estimate_clear(&e);
  free_gathered(&g);
  return status;
}

/* ---- deciding ---- */

/* How far the interval stays from zero, in margins. */
static double distance_of(stat_interval i, double margin, int side) {
  double nearest = side != 0 ? -i.hi : i.lo > 0 ? i.lo : i.hi < 0 ? -i.hi : 0;
  return margin > 0 ? nearest / margin : NAN;
}

static void record_control(assay_control_result *r, const stat_estimate *e, double held_to, double error, double margin,
                           int side) {
  stat_interval i = stat_slack(e, held_to, error, side, a_pass);
  r->rejected = stat_rejects(e, held_to, error, margin, side, a_pass);
  r->lo = i.none ? NAN : i.lo;
  r->hi = i.none ? NAN : i.hi;
  r->distance = i.none ? NAN : distance_of(i, margin, side);
  if (r->rejected) r->reason[0] = 0;
  else if (i.none) snprintf(r->reason, sizeof r->reason, "there is no interval%s%s", e->why[0] ? ": " : "", e->why);
  else snprintf(r->reason, sizeof r->reason, "its interval [%.4g, %.4g] is not clear of the margin %.4g", i.lo, i.hi, margin);
}

static assay_status judge_control(plan *p, plan_cell *cell, int c, int look, const stat_estimate *right,
                                  assay_error *error) {
  plan_control *control = &cell->controls[c];
  assay_control_result *r = &cell->result.controls[c];
  const assay_cell_result *cr = &cell->result;
  double theory = cell->target->estimand == ASSAY_EXTRAPOLATED ? 0 : cr->theory, shift = cr->theory - theory;
  double numeric = cr->theory_error + cell->measured_error;
  if (r->wrong_experiment) {
    gathered g;
    stat_estimate e = {0};
    assay_status status = estimate_sample(p, cell, &control->sample, control->measured, cell->first << (look - 1), &g, &e, error);
    if (status == ASSAY_OK) {
      r->wrong = e.estimate + shift;
      record_control(r, &e, theory, numeric, cr->margin, cr->side);
      if (g.failed > FAILURES_ALLOWED) {
        r->rejected = false;
        snprintf(r->reason, sizeof r->reason, "%ld replicates of the wrong experiment failed", g.failed);
      }
    }
    stat_estimate_clear(&e);
    free_gathered(&g);
    if (status != ASSAY_OK) return status;
  } else if (control->of->reversed) {
    r->wrong = cr->theory;
    record_control(r, right, theory, numeric, cr->margin, -cr->side);
  } else {
    record_control(r, right, control->wrong - shift, control->wrong_error + cell->measured_error, cr->margin, cr->side);
  }
  control->settled = r->rejected;
  return ASSAY_OK;
}

static void record_cell(plan_cell *cell, const stat_estimate *e, const gathered *g, int look) {
  assay_cell_result *r = &cell->result;
  double shift = cell->target->estimand == ASSAY_EXTRAPOLATED ? r->theory : 0, held_to = r->theory - shift;
  stat_interval i = stat_interval_at(e, a_pass);
  stat_interval d = stat_slack(e, held_to, r->theory_error + cell->measured_error, r->side, a_pass);
  r->estimate = e->estimate + shift;
  r->lo = i.none ? NAN : i.lo + shift;
  r->hi = i.none ? NAN : i.hi + shift;
  r->d = r->side < 0 ? held_to - e->estimate : e->estimate - held_to;
  r->demonstrated = d.none ? NAN : r->side ? fmax(0, -d.lo) : fmax(fabs(d.lo), fabs(d.hi));
  r->demonstrated_relative = r->theory != 0 ? r->demonstrated / fabs(r->theory) : NAN;
  r->used = g->used;
  r->failed = g->failed;
  r->discarded = g->discarded;
  r->look = look;
  r->skew = e->skew;
  r->drift = e->drift;
}

static void undecided_reason(plan_cell *cell, const stat_estimate *e) {
  assay_cell_result *r = &cell->result;
  if (isnan(r->lo))
    snprintf(r->reason, sizeof r->reason, "no interval from %ld replicates%s%s", r->used, e->why[0] ? ": " : "", e->why);
  else
    snprintf(r->reason, sizeof r->reason, "after %ld replicates the interval of the difference reaches %.4g, the margin is %.4g",
             r->used, r->demonstrated, r->margin);
}

static void set_verdict(plan_cell *cell, stat_decision decision, const stat_estimate *e) {
  assay_cell_result *r = &cell->result;
  if (decision == STAT_DISAGREE) {
    r->verdict = ASSAY_VERDICT_FAIL;
    snprintf(r->reason, sizeof r->reason, "%s %.10g, theory %.10g: off by %.4g, margin %.4g", r->estimand, r->estimate,
             r->theory, r->d, r->margin);
  } else if (decision == STAT_AGREE) {
    r->verdict = ASSAY_VERDICT_PASS;
    r->reason[0] = 0;
  } else {
    r->verdict = ASSAY_VERDICT_UNDECIDED;
    undecided_reason(cell, e);
  }
}

/* Once nothing more will be looked at: a control that was not rejected is a lack of power. */
static void close_cell(plan_cell *cell) {
  assay_cell_result *r = &cell->result;
  cell->open = false;
  if (r->verdict != ASSAY_VERDICT_PASS) return;
  for (int c = 0; c < r->n_controls; c++) {
    if (r->controls[c].rejected) continue;
    r->verdict = ASSAY_VERDICT_UNDERPOWERED;
    snprintf(r->reason, sizeof r->reason, "control '%s' is not rejected: %s", r->controls[c].name, r->controls[c].reason);
    return;
  }
}

static bool too_many_lost(plan_cell *cell, const gathered *g) {
  assay_cell_result *r = &cell->result;
  long all = g->used + g->failed + g->discarded;
  if (g->failed > FAILURES_ALLOWED)
    snprintf(r->reason, sizeof r->reason, "%ld of %ld replicates failed; the reasons are listed with the failures", g->failed,
             all);
  else if (g->discarded > 0 && (double)g->discarded > cell->leg->discarded * (double)all)
    snprintf(r->reason, sizeof r->reason, "%ld of %ld replicates were discarded; at most %.3g %% may be", g->discarded, all,
             100 * cell->leg->discarded);
  else return false;
  r->verdict = ASSAY_VERDICT_ERROR;
  return true;
}

static assay_status judge_look(plan *p, plan_cell *cell, int look, assay_error *error) {
  assay_cell_result *r = &cell->result;
  gathered g;
  stat_estimate e = {0};
  assay_status status = estimate_sample(p, cell, &cell->sample, cell->measured, cell->first << (look - 1), &g, &e, error);
  if (status == ASSAY_OK && !cell->decided) {
    double held_to = cell->target->estimand == ASSAY_EXTRAPOLATED ? 0 : r->theory;
    record_cell(cell, &e, &g, look);
    stat_decision decision = STAT_UNDECIDED;
    if (!cell->target->exploratory)
      decision = stat_decide(&e, held_to, r->theory_error + cell->measured_error, r->margin, r->side, a_pass, a_fail);
    set_verdict(cell, decision, &e);
    cell->decided = decision != STAT_UNDECIDED;
    if (decision == STAT_DISAGREE) cell->open = false;
  }
  bool pending = !cell->decided, lost = status == ASSAY_OK && too_many_lost(cell, &g);
  for (int c = 0; c < r->n_controls && status == ASSAY_OK && !lost; c++) {
    if (!cell->controls[c].settled) status = judge_control(p, cell, c, look, &e, error);
    pending |= !cell->controls[c].settled;
  }
  if (!pending || look == r->looks || lost) cell->open = false;
  if (!cell->open) close_cell(cell);
  if (cell->target->exploratory) {
    r->verdict = ASSAY_VERDICT_EXPLORATORY;
    r->reason[0] = 0;
    cell->open = false;
  }
  stat_estimate_clear(&e);
  free_gathered(&g);
  return status;
}

static void all_there(plan_run *run, long n, void *with) {
  if (run->prefix < n) *(bool *)with = false;
}

bool judge_cell(plan *p, plan_cell *cell, assay_error *error) {
  bool looked = false;
  while (cell->open) {
    bool ready = true;
    visit_look(p, cell, cell->look + 1, all_there, &ready);
    if (!ready) break;
    assay_error why = {0};
    if (judge_look(p, cell, ++cell->look, &why) != ASSAY_OK) {
      cell->open = false;
      cell->result.verdict = ASSAY_VERDICT_ERROR;
      snprintf(cell->result.reason, sizeof cell->result.reason, "%s", why.text);
      if (why.status == ASSAY_NO_MEMORY && error) *error = why;
    }
    looked = true;
  }
  return looked;
}
