#include "compare/diff.h"

#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/plan_private.h"

/* A check that draws nothing is held to its margin, which bounds a numerical error: it may use up this share.
 */
static const double check_share = 1e-3;
static const double speed_factor = 1.5, speed_seconds = 0.1;

typedef struct {
  const baseline *a, *b;
  diff *out;
  assay_error *error;
} comparison;

const char *diff_kind_name(diff_kind kind) {
  static const char *const names[] = {"verdict",    "cell",     "control", "theory",
                                      "replicates", "estimate", "margin",  "speed"};
  return (unsigned)kind < DIFF_KINDS ? names[kind] : "unknown";
}

const char *diff_grade_name(diff_grade grade) {
  static const char *const names[] = {"same", "rounding", "noise", "timing", "real"};
  return (unsigned)grade < DIFF_GRADES ? names[grade] : "unknown";
}

/* ---- rows ---- */

static assay_status add(comparison *c, diff_row row) {
  diff *d = c->out;
  d->count[row.kind][row.grade]++;
  if (row.grade == DIFF_SAME) return ASSAY_OK;
  void *grown = plan_grow(d->rows, d->n_rows, &d->room_rows, sizeof *d->rows);
  if (!grown) return assay_error_set(c->error, ASSAY_NO_MEMORY, "no memory for the differences");
  d->rows = grown;
  d->rows[d->n_rows++] = row;
  return ASSAY_OK;
}

static assay_status add_texts(comparison *c, diff_kind kind, const char *claim, const char *where,
                              const char *what, const char *a, const char *b) {
  diff_grade grade = strcmp(a, b) ? DIFF_REAL : DIFF_SAME;
  return add(c, (diff_row){kind, grade, claim, where, what, a, b, NAN, NAN, NAN, NAN, NAN, INFINITY});
}

static double relative_change(double a, double b) {
  double scale = fmax(fabs(a), fabs(b));
  if (a == b || (isnan(a) && isnan(b))) return 0;
  return isinf(scale) ? INFINITY : fabs(b - a) / scale;
}

/* A row of two numbers. */
static diff_row numbers(diff_kind kind, const char *claim, const char *where, double a, double b) {
  return (diff_row){.kind = kind,
                    .claim = claim,
                    .where = where,
                    .what = "",
                    .a = a,
                    .b = b,
                    .relative = relative_change(a, b),
                    .units = NAN,
                    .probability = NAN};
}

/* A number that one side only has has moved; true when that settles the row. */
static bool one_sided(diff_row *row) {
  if (isnan(row->a) == isnan(row->b)) return false;
  row->grade = DIFF_REAL;
  row->relative = NAN;
  row->weight = INFINITY;
  return true;
}

static void grade_relative(diff_row *row, double relative, bool same) {
  row->grade = same ? DIFF_SAME : relative <= DIFF_ROUNDING ? DIFF_ROUNDED : DIFF_REAL;
  row->weight = relative / DIFF_ROUNDING;
}

static bool equal(double a, double b) {
  return a == b || (isnan(a) && isnan(b));
}

/* ---- cells ---- */

static double zero_if_nan(double x) {
  return isnan(x) ? 0 : x;
}

static assay_status compare_theory(comparison *c, const char *claim, const baseline_cell *a,
                                   const baseline_cell *b) {
  diff_row row = numbers(DIFF_THEORY, claim, a->id, a->theory, b->theory);
  if (!one_sided(&row) && !equal(a->theory, b->theory)) {
    double rounding = 4 * DBL_EPSILON * fmax(fabs(a->theory), fabs(b->theory));
    double unit =
        fmax(2 * fmin(zero_if_nan(a->theory_error), zero_if_nan(b->theory_error)), fmax(rounding, DBL_MIN));
    row.units = isinf(row.relative) ? INFINITY : fabs(b->theory - a->theory) / unit;
    row.grade = row.units <= 1 ? DIFF_ROUNDED : DIFF_REAL;
    row.weight = row.units;
  }
  return add(c, row);
}

static assay_status compare_margin(comparison *c, const char *claim, const baseline_cell *a,
                                   const baseline_cell *b) {
  diff_row row = numbers(DIFF_MARGIN, claim, a->id, a->margin, b->margin);
  if (!one_sided(&row)) grade_relative(&row, row.relative, equal(a->margin, b->margin));
  return add(c, row);
}

/* The same replicates of the same runs are behind both estimates. */
static bool same_draws(const baseline_cell *a, const baseline_cell *b) {
  if (a->n_runs != b->n_runs || a->used != b->used || a->look != b->look) return false;
  for (int i = 0; i < a->n_runs; i++)
    if (strcmp(a->runs[i], b->runs[i])) return false;
  return true;
}

static bool tested(const baseline_cell *a, const baseline_cell *b) {
  return !same_draws(a, b) && a->se > 0 && b->se > 0 && a->used > 1 && b->used > 1;
}

static void grade_same_draws(diff_row *row, const baseline_cell *a, const baseline_cell *b) {
  double n = (double)a->used,
         scale = fmax(fmax(fabs(a->estimate), fabs(b->estimate)), zero_if_nan(a->se) * sqrt(n));
  double change = fabs(b->estimate - a->estimate);
  if (a->se > 0) row->units = change / a->se;
  row->relative = isinf(scale) ? INFINITY : scale > 0 ? change / scale : 0;
  grade_relative(row, row->relative, a->estimate == b->estimate);
  bool check = !(a->se > 0) && a->margin > 0 && change <= check_share * a->margin;
  if (check && row->grade == DIFF_REAL) row->grade = DIFF_ROUNDED;
}

static void grade_other_draws(diff_row *row, const baseline_cell *a, const baseline_cell *b, int tests) {
  double nu = (double)(a->used < b->used ? a->used : b->used) - 1;
  row->units = (b->estimate - a->estimate) / hypot(a->se, b->se);
  row->probability = fmin(1, 2 * gsl_cdf_tdist_Q(fabs(row->units), nu) * tests);
  row->grade = row->probability < DIFF_ALPHA ? DIFF_REAL
               : a->estimate == b->estimate  ? DIFF_SAME
                                             : DIFF_NOISE;
  row->weight = fabs(row->units) / gsl_cdf_tdist_Qinv(DIFF_ALPHA / 2 / tests, nu);
}

static assay_status compare_estimate(comparison *c, const char *claim, const baseline_cell *a,
                                     const baseline_cell *b) {
  diff_row row = numbers(DIFF_ESTIMATE, claim, a->id, a->estimate, b->estimate);
  if (one_sided(&row)) return add(c, row);
  if (isnan(a->estimate)) return ASSAY_OK;
  if (same_draws(a, b))
    grade_same_draws(&row, a, b);
  else if (tested(a, b))
    grade_other_draws(&row, a, b, c->out->tests);
  else
    return ASSAY_OK; /* other draws and no standard error: there is nothing to hold the change to */
  return add(c, row);
}

static const baseline_control *find_control(const baseline_cell *cell, const char *name) {
  for (int i = 0; i < cell->n_controls; i++)
    if (!strcmp(cell->controls[i].name, name)) return &cell->controls[i];
  return NULL;
}

static const char *control_text(const baseline_control *control) {
  return !control ? "absent" : control->rejected ? "rejected" : "not rejected";
}

static assay_status compare_controls(comparison *c, const char *claim, const baseline_cell *a,
                                     const baseline_cell *b) {
  assay_status status = ASSAY_OK;
  for (int i = 0; i < a->n_controls && status == ASSAY_OK; i++)
    status = add_texts(c, DIFF_CONTROL, claim, a->id, a->controls[i].name, control_text(&a->controls[i]),
                       control_text(find_control(b, a->controls[i].name)));
  for (int i = 0; i < b->n_controls && status == ASSAY_OK; i++)
    if (!find_control(a, b->controls[i].name))
      status = add_texts(c, DIFF_CONTROL, claim, b->id, b->controls[i].name, "absent",
                         control_text(&b->controls[i]));
  return status;
}

static assay_status compare_cell(comparison *c, const char *claim, const baseline_cell *a,
                                 const baseline_cell *b) {
  assay_status status = compare_theory(c, claim, a, b);
  if (status == ASSAY_OK) status = compare_margin(c, claim, a, b);
  if (status != ASSAY_OK || !c->out->judged) return status;
  status = compare_estimate(c, claim, a, b);
  if (status == ASSAY_OK) status = compare_controls(c, claim, a, b);
  if (status == ASSAY_OK)
    status = add_texts(c, DIFF_VERDICT, claim, a->id, "", assay_verdict_name(a->verdict),
                       assay_verdict_name(b->verdict));
  return status;
}

/* ---- claims ---- */

static assay_status compare_claim(comparison *c, const baseline_claim *a, const baseline_claim *b) {
  assay_status status = ASSAY_OK;
  for (int i = 0; i < a->n_cells && status == ASSAY_OK; i++) {
    const baseline_cell *other = baseline_find_cell(b, a->cells[i].id);
    if (other)
      status = compare_cell(c, a->id, &a->cells[i], other);
    else
      status = add_texts(c, DIFF_CELL, a->id, a->cells[i].id, "", "present", "absent");
  }
  for (int i = 0; i < b->n_cells && status == ASSAY_OK; i++)
    if (!baseline_find_cell(a, b->cells[i].id))
      status = add_texts(c, DIFF_CELL, b->id, b->cells[i].id, "", "absent", "present");
  /* A claim without cells was skipped or is broken; otherwise its cells have told. */
  bool told = a->n_cells > 0 && b->n_cells > 0;
  if (status == ASSAY_OK && c->out->judged && !told)
    status = add_texts(c, DIFF_VERDICT, a->id, "", "", assay_verdict_name(a->verdict),
                       assay_verdict_name(b->verdict));
  return status;
}

static assay_status compare_claims(comparison *c) {
  assay_status status = ASSAY_OK;
  for (int i = 0; i < c->a->n_claims && status == ASSAY_OK; i++) {
    const baseline_claim *a = &c->a->claims[i], *b = baseline_find_claim(c->b, a->id);
    if (b)
      status = compare_claim(c, a, b);
    else
      status = add_texts(c, DIFF_CELL, a->id, "", "", "present", "absent");
  }
  for (int i = 0; i < c->b->n_claims && status == ASSAY_OK; i++)
    if (!baseline_find_claim(c->a, c->b->claims[i].id))
      status = add_texts(c, DIFF_CELL, c->b->claims[i].id, "", "", "absent", "present");
  return status;
}

/* The comparisons of estimates that are tests; the correction has to know their number beforehand. */
static int count_tests(const comparison *c) {
  int n = 0;
  for (int i = 0; i < c->a->n_claims; i++) {
    const baseline_claim *a = &c->a->claims[i], *b = baseline_find_claim(c->b, a->id);
    for (int k = 0; b && k < a->n_cells; k++) {
      const baseline_cell *other = baseline_find_cell(b, a->cells[k].id);
      n += other && !isnan(a->cells[k].estimate) && !isnan(other->estimate) && tested(&a->cells[k], other);
    }
  }
  return n;
}

/* ---- runs ---- */

static const char *const state_names[] = {"absent", "ok", "failed", "discarded"};

/* Greatest change and greatest value of one column over the replicates that both sides have. */
static void compare_column(const baseline_run *a, const baseline_run *b, const baseline_column *x,
                           const baseline_column *y, diff_row *row, double *worst, bool *same) {
  double scale = 0;
  int n = a->kept < b->kept ? a->kept : b->kept, at = -1;
  double change = 0;
  for (int i = 0; i < n; i++) {
    if (a->state[i] != RUN_OK || b->state[i] != RUN_OK) continue;
    scale = fmax(scale, fmax(fabs(x->value[i]), fabs(y->value[i])));
    *same &= memcmp(&x->value[i], &y->value[i], sizeof x->value[i]) == 0;
    double moved = fabs(y->value[i] - x->value[i]);
    if (moved > change) change = moved, at = i;
  }
  double relative = at < 0 ? 0 : isinf(change) ? INFINITY : change / scale;
  if (relative <= *worst && row->what[0]) return;
  *worst = relative;
  row->what = x->name;
  row->a = x->value[at < 0 ? 0 : at];
  row->b = y->value[at < 0 ? 0 : at];
}

static assay_status compare_run(comparison *c, const baseline_run *a, const baseline_run *b) {
  int n = a->kept < b->kept ? a->kept : b->kept;
  for (int i = 0; i < n; i++)
    if (a->state[i] != b->state[i])
      return add_texts(c, DIFF_REPLICATES, "", a->address, "", state_names[a->state[i] & 3u],
                       state_names[b->state[i] & 3u]);
  diff_row row = numbers(DIFF_REPLICATES, "", a->address, NAN, NAN);
  double worst = 0;
  bool same = true, any = false;
  for (int k = 0; k < a->n_columns; k++) {
    const baseline_column *other = baseline_find_column(b, a->columns[k].name);
    if (!other) continue;
    any = true;
    compare_column(a, b, &a->columns[k], other, &row, &worst, &same);
  }
  if (!any || n == 0) return ASSAY_OK;
  row.relative = worst;
  grade_relative(&row, worst, same);
  return add(c, row);
}

static assay_status compare_speed(comparison *c, const baseline_run *a, const baseline_run *b, double *of_a,
                                  double *of_b) {
  if (isnan(a->seconds) || isnan(b->seconds)) return ASSAY_OK;
  double n = (double)a->stored, ratio = b->seconds / a->seconds;
  *of_a += n * a->seconds;
  *of_b += n * b->seconds;
  diff_row row = numbers(DIFF_SPEED, "", a->address, a->seconds, b->seconds);
  bool timed = fmin(n * a->seconds, (double)b->stored * b->seconds) >= speed_seconds;
  bool changed = timed && (ratio >= speed_factor || ratio <= 1 / speed_factor);
  row.grade = changed ? DIFF_TIMING : DIFF_SAME;
  row.units = ratio;
  row.weight = fmax(ratio, 1 / ratio);
  return add(c, row);
}

static assay_status compare_runs(comparison *c) {
  assay_status status = ASSAY_OK;
  double of_a = 0, of_b = 0;
  for (int i = 0; i < c->a->n_runs && status == ASSAY_OK; i++) {
    const baseline_run *a = &c->a->runs[i], *b = baseline_find_run(c->b, a->name);
    if (!b || strcmp(a->text, b->text)) continue;
    c->out->runs_common++;
    status = compare_run(c, a, b);
    if (status == ASSAY_OK) status = compare_speed(c, a, b, &of_a, &of_b);
  }
  c->out->runs_a = c->a->n_runs - c->out->runs_common;
  c->out->runs_b = c->b->n_runs - c->out->runs_common;
  c->out->speed = of_a > 0 ? of_b / of_a : NAN;
  return status;
}

/* ---- putting together ---- */

static int by_significance(const void *left, const void *right) {
  const diff_row *x = left, *y = right;
  if (x->grade != y->grade) return x->grade > y->grade ? -1 : 1;
  if (x->weight != y->weight) return x->weight > y->weight ? -1 : 1;
  if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
  int order = strcmp(x->claim, y->claim);
  if (!order) order = strcmp(x->where, y->where);
  return order ? order : strcmp(x->what, y->what);
}

assay_status diff_make(const baseline *a, const baseline *b, diff *out, assay_error *error) {
  comparison c = {a, b, out, error};
  *out = (diff){.speed = NAN, .judged = a->judged && b->judged};
  out->tests = out->judged ? count_tests(&c) : 0;
  assay_status status = compare_claims(&c);
  if (status == ASSAY_OK) status = compare_runs(&c);
  if (status != ASSAY_OK)
    diff_free(out);
  else if (out->n_rows > 0)
    qsort(out->rows, (size_t)out->n_rows, sizeof *out->rows, by_significance);
  return status;
}

void diff_free(diff *d) {
  free(d->rows);
  *d = (diff){0};
}

bool diff_moved(const diff *d, bool strict) {
  for (int i = 0; i < d->n_rows; i++)
    if (d->rows[i].grade == DIFF_REAL || (strict && d->rows[i].grade == DIFF_ROUNDED)) return true;
  return false;
}
