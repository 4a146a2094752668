/* Cells: which values are held to which prediction, within which margin, and which wrong theories they have to reject. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/evaluate.h"
#include "compare/plan_private.h"
#include "compare/statistics.h"

/* ---- predictions ---- */

/* The prediction at a point, evaluated once. NULL: no memory. */
static const prediction *predicted(plan *p, assay_predict *predict, const assay_call *at, assay_error *error) {
  struct plan_private *h = p->hidden;
  char *text = assay_call_text(at, 0); /* SIM too: a spread may depend on what the experiment averages */
  if (!text) return NULL;
  for (int i = 0; i < h->n_predictions; i++)
    if (h->predictions[i].predict == predict && assay_call_observables(h->predictions[i].call) == assay_call_observables(at) &&
        !strcmp(h->predictions[i].text, text)) {
      free(text);
      return &h->predictions[i];
    }
  prediction *grown = plan_grow(h->predictions, h->n_predictions, &h->room_predictions, sizeof *grown);
  assay_call *call = assay_call_copy(at, error);
  if (grown) h->predictions = grown;
  if (!grown || !call) {
    free(text);
    assay_call_free(call);
    return NULL;
  }
  assay_error why = {0};
  prediction made = {.predict = predict, .text = text, .call = call};
  made.status = evaluate(predict, call, &why);
  snprintf(made.reason, sizeof made.reason, "%s", why.text);
  h->predictions[h->n_predictions] = made;
  return &h->predictions[h->n_predictions++];
}

/* One value of a prediction. A theory that fails, or has no value here, is an error with its reason. */
static assay_status predicted_value(plan *p, assay_predict *predict, const assay_call *at, int observable, int element,
                                    assay_value *value, assay_error *error) {
  const prediction *made = predicted(p, predict, at, error);
  if (!made) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a prediction");
  if (made->status != ASSAY_OK) return assay_error_set(error, made->status, "the theory: %s", made->reason);
  const char *reason = "";
  if (assay_result(made->call, observable, element, value, &reason)) return ASSAY_OK;
  return assay_error_set(error, ASSAY_DOMAIN, "the theory has no %s: %s",
                         assay_call_observables(at)[observable].name, reason);
}

/* ---- groups ---- */

/* What one group of a cell is made of. */
typedef struct {
  const instance *at;
  assay_call *realised; /* read-outs with one value each; the plan keeps it */
  int record;           /* in the experiment's table; -1: a check */
  int element;
} group_source;

typedef struct {
  plan *p;
  int claim_index;
  const assay_claim *claim;
  const assay_target *target;
  int observable;
} builder;

static int find_record(const assay_experiment *experiment, const char *name, size_t length) {
  for (int i = 0; experiment->records[i].name; i++)
    if (strlen(experiment->records[i].name) == length && !strncmp(experiment->records[i].name, name, length)) return i;
  return -1;
}

static int value_index(const assay_call *call, const char *name, double x) {
  int n;
  const double *v = assay_list(call, name, &n);
  for (int i = 0; i < n; i++)
    if (v[i] == x) return i;
  return -1;
}

/* The column of a record in a run: the read-out's place times the width, plus the element's. */
static int column_of(const plan_run *run, const assay_call *sim, const assay_call *realised, int record, int element) {
  int readout = 0;
  for (const assay_param *q = run->experiment->params; q->name; q++) {
    if (!(q->role & ASSAY_READOUT)) continue;
    int n;
    assay_list(run->sim, q->name, &n);
    if (n == 0) continue;
    bool claims = assay_has_param(realised, q->name);
    double x = claims && assay_given(realised, q->name) ? assay_real(realised, q->name) : assay_real(sim, q->name);
    int i = value_index(run->sim, q->name, x);
    if (i < 0) i = value_index(run->sim, q->name, assay_real(sim, q->name));
    if (i < 0) return -1;
    readout = readout * n + i;
  }
  int offset = element;
  for (int r = 0; r < record; r++) offset += assay_observable_length(run->sim, r);
  return readout * run->width + offset;
}

static assay_status sample_reserve(plan_sample *s, int n, assay_error *error) {
  s->group = calloc((size_t)n, sizeof *s->group);
  s->axis = calloc((size_t)n, sizeof *s->axis);
  s->points = calloc((size_t)n, sizeof *s->points);
  s->theory = calloc((size_t)n, sizeof *s->theory);
  if (s->group && s->axis && s->points && s->theory) return ASSAY_OK;
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a cell");
}

static double axis_value(const builder *b, const group_source *g) {
  const char *along = b->target->along;
  return along && assay_has_param(g->realised, along) ? assay_real(g->realised, along) : g->at->size;
}

static assay_status add_group(builder *b, plan_sample *s, int run_index, const group_source *g, assay_error *error) {
  const plan_run *run = &b->p->runs[run_index];
  int column = column_of(run, g->at->sim, g->realised, g->record, g->element);
  if (column < 0)
    return assay_error_set(error, ASSAY_USAGE, "%s: %s has no such read-out", b->claim->id, run->experiment->id);
  s->group[s->n] = (plan_group){run_index, column, -1, 0, 1};
  s->axis[s->n] = axis_value(b, g);
  s->points[s->n++] = g->realised;
  return ASSAY_OK;
}

/* ---- read-outs ---- */

/* The number of read-out combinations of a claim's point, without the read-out `along`. */
static int combinations(const assay_claim *claim, const assay_call *realised, const char *along) {
  int total = 1;
  for (const assay_param *q = claim->params; q->name; q++) {
    int n;
    if (!(q->role & ASSAY_READOUT) || (along && !strcmp(q->name, along))) continue;
    assay_list(realised, q->name, &n);
    total *= n > 0 ? n : 1;
  }
  return total;
}

/* The realised point at combination `i` of the read-outs; *suffix gets ":t=0.5" for each that has several values. */
static assay_call *at_combination(const assay_claim *claim, const assay_call *realised, const char *along, int i,
                                  char *suffix, size_t room, assay_error *error) {
  assay_call *one = assay_call_copy(realised, error);
  size_t used = 0;
  *suffix = 0;
  for (const assay_param *q = claim->params; one && q->name; q++) {
    int n;
    if (!(q->role & ASSAY_READOUT) || (along && !strcmp(q->name, along))) continue;
    const double *v = assay_list(realised, q->name, &n);
    if (n < 2) continue;
    double x = v[i % n];
    i /= n;
    assay_set(one, q->name, x);
    int more = snprintf(suffix + used, room - used, ":%s=%.15g", q->name, x);
    if (more > 0 && used + (size_t)more < room) used += (size_t)more;
  }
  return one;
}

/* ---- a cell ---- */

static const char *const estimand_names[] = {"mean",        "proportion", "quantile",     "variance",
                                             "combination", "smooth",     "extrapolated", "exact"};

static void describe_estimand(const assay_target *t, char *text, size_t room) {
  if (t->estimand == ASSAY_QUANTILE) snprintf(text, room, "quantile(%.3g)", t->level);
  else snprintf(text, room, "%s", estimand_names[t->estimand]);
}

/* Keeps a realised call for as long as the plan lives. */
static assay_status keep(plan *p, assay_call *call, assay_error *error) {
  struct plan_private *h = p->hidden;
  assay_call **grown = plan_grow(h->kept, h->n_kept, &h->room_kept, sizeof *grown);
  if (!grown) {
    assay_call_free(call);
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a point");
  }
  h->kept = grown;
  h->kept[h->n_kept++] = call;
  return ASSAY_OK;
}

/* The theory of a cell, right or wrong: the value at its point, minus the subtracted arm's, or the groups' values reduced. */
static assay_status cell_theory(builder *b, const plan_sample *s, assay_predict *predict, const group_source *sources,
                                const group_source *minus, bool reduced, assay_value *out, assay_error *error) {
  const assay_target *t = b->target;
  bool order = t->against && t->side != 0 && !t->reduce;
  if (order && predict == b->claim->predict) {
    *out = (assay_value){0, 0};
    return ASSAY_OK;
  }
  if (!reduced) {
    assay_status status = predicted_value(b->p, predict, sources[0].realised, b->observable, sources[0].element, out, error);
    if (status != ASSAY_OK || !minus) return status;
    assay_value less;
    status = predicted_value(b->p, predict, minus->realised, b->observable, minus->element, &less, error);
    *out = (assay_value){out->value - less.value, out->error + less.error};
    if (status == ASSAY_OK && isnan(out->value))
      return assay_error_set(error, ASSAY_NUMERIC, "the theory's difference of the two arms is not a number");
    return status;
  }
  double value[256], error_of[256], shifted;
  assay_sample sample = {s->n, value, s->axis, s->points};
  for (int i = 0; i < s->n; i++) {
    assay_value v;
    assay_status status = predicted_value(b->p, predict, sources[i].realised, b->observable, sources[i].element, &v, error);
    if (status != ASSAY_OK) return status;
    value[i] = v.value;
    error_of[i] = v.error;
  }
  if (t->reduce(&sample, &out->value) != ASSAY_OK || isnan(out->value))
    return assay_error_set(error, ASSAY_NUMERIC, "the theory's values cannot be reduced");
  out->error = 0;
  for (int i = 0; i < s->n; i++) {
    double keep_value = value[i];
    value[i] += error_of[i];
    if (t->reduce(&sample, &shifted) == ASSAY_OK) out->error += fabs(shifted - out->value);
    value[i] = keep_value;
  }
  return ASSAY_OK;
}

static assay_status cell_margin(builder *b, plan_cell *cell, const group_source *g, assay_value theory,
                                assay_error *error) {
  const assay_margin *m = &b->target->margin[b->p->tier];
  const assay_leg *leg = cell->leg;
  if (!isfinite(theory.value) || !isfinite(theory.error))
    return assay_error_set(error, ASSAY_NUMERIC, "the theory is %g with numerical error %g: no simulation can be held to it",
                           theory.value, theory.error);
  double bias = m->bias + m->relative * fabs(theory.value);
  if (m->over_size != 0) bias += m->over_size * fabs(theory.value) / g->at->size;
  assay_value sd = {NAN, 0};
  if (m->deviations != 0) {
    if (!b->target->spread)
      return assay_error_set(error, ASSAY_USAGE, "target %s has a margin in standard deviations and none to go by",
                             b->target->name);
    assay_status status = predicted_value(b->p, b->target->spread, g->realised, b->observable, g->element, &sd, error);
    if (status != ASSAY_OK) return status;
  }
  double n_max = (double)leg->first[b->p->tier] * ldexp(1, leg->looks[b->p->tier] - 1);
  double root = b->target->estimand == ASSAY_EXACT ? 1 : sqrt(n_max);
  double scatter = m->deviations != 0 ? m->deviations * sd.value / root : 0;
  cell->result.margin = bias + scatter + 4 * theory.error;
  cell->result.margin_bias = bias;
  cell->result.margin_sd = sd.value;
  cell->result.margin_reason = b->target->reason ? b->target->reason : "";
  if (b->target->side == 0 && !(cell->result.margin > 0) && !b->target->exploratory)
    return assay_error_set(error, ASSAY_USAGE, "target %s has margin %g; a two-sided one is > 0", b->target->name,
                           cell->result.margin);
  if (4 * theory.error > 0.1 * fabs(cell->result.margin) && b->target->estimand != ASSAY_EXACT)
    return assay_error_set(error, ASSAY_NUMERIC, "the theory's numerical error %.2g is not small against the margin %.2g",
                           theory.error, cell->result.margin);
  return ASSAY_OK;
}

static char *short_params(const assay_call *call) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  const char *gap = "";
  for (const assay_param *q = assay_call_params(call); q->name; q++) {
    char *value = assay_given(call, q->name) ? assay_param_text(call, q->name) : NULL;
    if (value) fprintf(out, "%s%s=%s", gap, q->name, value), gap = " ";
    free(value);
  }
  if (fclose(out) == 0) return text;
  free(text);
  return NULL;
}

static void cell_error(plan_cell *cell, const assay_error *why) {
  cell->result.verdict = ASSAY_VERDICT_ERROR;
  snprintf(cell->result.reason, sizeof cell->result.reason, "%s", why->text);
  cell->open = false;
}

static void attach_wrong_theory(builder *b, plan_cell *cell, int c, const group_source *sources,
                                const group_source *minus) {
  assay_control_result *r = &cell->result.controls[c];
  plan_control *pc = &cell->controls[c];
  assay_error why = {0};
  assay_value wrong;
  bool reduced = b->target->reduce && !b->target->predict;
  assay_status status = cell_theory(b, &cell->sample, pc->of->predict, sources, minus, reduced, &wrong, &why);
  if (status != ASSAY_OK) {
    assay_error text = {0};
    assay_error_set(&text, status, "control '%s': %s", r->name, why.text);
    cell_error(cell, &text);
    return;
  }
  pc->wrong = r->wrong = wrong.value;
  pc->wrong_error = wrong.error;
  r->separation = fabs(cell->result.theory - wrong.value) / cell->result.margin;
  bool far = fabs(cell->result.theory - wrong.value) >= 2 * cell->result.margin;
  if (!far) {
    pc->settled = true;
    snprintf(r->reason, sizeof r->reason, "the wrong value is only %.2g margins from the right one", r->separation);
  }
}

/* The same groups, from the runs of the wrong experiment. */
static assay_status attach_wrong_experiment(builder *b, plan_cell *cell, int c, int table_index,
                                            const group_source *sources, assay_error *error) {
  plan_control *pc = &cell->controls[c];
  assay_status status = sample_reserve(&pc->sample, cell->sample.n, error);
  for (int i = 0; i < cell->sample.n && status == ASSAY_OK; i++) {
    int run = sources[i].at->control_run[table_index];
    if (run < 0)
      return assay_error_set(error, ASSAY_USAGE, "control '%s' has no run at %s", pc->of->name, cell->result.id);
    group_source g = sources[i];
    const assay_experiment *other = b->p->runs[run].experiment;
    const char *name = b->claim->legs[g.at->leg].experiment->records[g.record].name;
    g.record = find_record(other, name, strlen(name));
    if (g.record < 0)
      return assay_error_set(error, ASSAY_USAGE, "control '%s': %s does not record %s", pc->of->name, other->id, name);
    status = add_group(b, &pc->sample, run, &g, error);
    pc->sample.group[i].multiple = cell->sample.group[i].multiple;
    if (cell->sample.group[i].minus_run >= 0 && status == ASSAY_OK) {
      pc->sample.group[i].minus_run = cell->sample.group[i].minus_run;
      pc->sample.group[i].minus_column = cell->sample.group[i].minus_column;
    }
    if (cell->sample.theory) pc->sample.theory[i] = cell->sample.theory[i];
  }
  return status;
}

/* The wrong evaluation of an identity. */
static assay_status attach_wrong_check(builder *b, plan_cell *cell, int c, const group_source *g, assay_error *error) {
  assay_value value;
  plan_control *pc = &cell->controls[c];
  assay_status status = predicted_value(b->p, pc->of->check, g->realised, b->observable, g->element, &value, error);
  pc->measured = value.value;
  return status;
}

static assay_status attach_controls(builder *b, plan_cell *cell, const group_source *sources, const group_source *minus,
                                    const char *suffix, assay_error *error) {
  int all = plan_count_controls(b->claim);
  const instance *at = sources[0].at;
  const assay_cell_result *result = &cell->result;
  char readout[512];
  snprintf(readout, sizeof readout, "%s%s", result->point, suffix);
  const char *const names[] = {result->point, at->at->base, readout, result->id, NULL};
  cell->controls = calloc((size_t)all + 1, sizeof *cell->controls);
  cell->result.controls = calloc((size_t)all + 1, sizeof *cell->result.controls);
  if (!cell->controls || !cell->result.controls) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for controls");
  for (int k = 0; k < all && !b->target->exploratory; k++) {
    const assay_control *control = &b->claim->controls[k];
    if (!point_matches(control->targets, result->target)) continue;
    if (!plan_control_applies(control, b->p->tier, names, at->size)) continue;
    int c = cell->result.n_controls++;
    cell->controls[c] = (plan_control){.of = control};
    cell->result.controls[c] = (assay_control_result){.name = control->name, .mistake = control->mistake,
        .wrong_experiment = control->change || control->experiment || control->check, .wrong = NAN, .lo = NAN, .hi = NAN, .distance = NAN,
        .separation = NAN};
    assay_status status = ASSAY_OK;
    if (control->check) status = attach_wrong_check(b, cell, c, sources, error);
    else if (cell->result.controls[c].wrong_experiment && !cell->leg->experiment)
      status = assay_error_set(error, ASSAY_USAGE, "control '%s' is a wrong experiment, but %s is checked without one",
                               control->name, result->id);
    else if (cell->result.controls[c].wrong_experiment)
      status = attach_wrong_experiment(b, cell, c, k, sources, error);
    else if (control->predict) attach_wrong_theory(b, cell, c, sources, minus);
    else if (!control->reversed || b->target->side == 0)
      status = assay_error_set(error, ASSAY_USAGE, "control '%s' has neither a theory nor an experiment", control->name);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}

/* The second, independent evaluation of an identity. */
static assay_status measure_check(builder *b, plan_cell *cell, const group_source *g, assay_error *error) {
  assay_value value;
  assay_status status = predicted_value(b->p, cell->leg->check, g->realised, b->observable, g->element, &value, error);
  cell->measured = value.value;
  cell->measured_error = value.error;
  return status;
}

static assay_status extrapolation_theory(builder *b, plan_cell *cell, const group_source *sources, assay_error *error) {
  if (cell->sample.n != 3)
    return assay_error_set(error, ASSAY_USAGE, "extrapolation takes three sizes, not %d", cell->sample.n);
  double largest = sources[2].at->size;
  for (int i = 0; i < 3; i++) {
    assay_value v;
    assay_status status = predicted_value(b->p, b->claim->predict, sources[i].realised, b->observable, sources[i].element,
                                          &v, error);
    if (status != ASSAY_OK) return status;
    cell->sample.theory[i] = v.value;
    cell->size[i] = sources[i].at->size;
    cell->sample.group[i].multiple = lround(largest / sources[i].at->size);
  }
  return ASSAY_OK;
}

static void describe(builder *b, plan_cell *cell, const group_source *sources, int n, const char *suffix) {
  const assay_target *t = b->target;
  const instance *at = sources[0].at;
  assay_cell_result *r = &cell->result;
  const char *length = b->claim->observables[b->observable].length;
  char title[96], estimand[64], sizes[256] = "";
  snprintf(title, sizeof title, "%s", t->title ? t->title : t->name);
  size_t used = 0;
  for (int i = 0; i < n; i++) {
    if (isnan(sources[i].at->size) || (i && sources[i].at->size == sources[i - 1].at->size)) continue;
    int more = snprintf(sizes + used, sizeof sizes - used, "%s%.15g", used ? "," : "", sources[i].at->size);
    if (more > 0 && used + (size_t)more < sizeof sizes) used += (size_t)more;
  }
  describe_estimand(t, estimand, sizeof estimand);
  r->sizes = strdup(sizes);
  /* A group along a parameter carries the base label; a point of its own, its own. */
  bool along_point = t->along && n > 1 && strcmp(sources[0].at->at->label, sources[n - 1].at->at->label);
  r->point = strdup(along_point ? at->at->base : at->at->label);
  const char *size_name = plan_size_name(b->claim->params);
  char element[16] = "", of_size[300] = "";
  if (length) snprintf(element, sizeof element, "%d", sources[0].element + 1);
  if (size_name && sizes[0]) snprintf(of_size, sizeof of_size, ":%s=%s", size_name, sizes);
  if (asprintf(&r->id, "%s%s%s:%s%s", r->point ? r->point : "", suffix, of_size, title, element) < 0) r->id = NULL;
  r->params = short_params(sources[0].realised);
  r->estimand = estimand_names[t->estimand];
  r->target = t->title ? t->title : t->name;
  r->unit = b->claim->observables[b->observable].unit;
  r->of = t;
  r->leg = cell->leg;
  r->side = t->side;
}

/* What the estimand can make of so many groups. */
static assay_status check_shape(const builder *b, const group_source *sources, int n, bool subtracted, assay_error *error) {
  const assay_target *t = b->target;
  const char *name = t->title ? t->title : t->name;
  bool check = sources[0].record < 0, reducing = t->estimand == ASSAY_SMOOTH || t->estimand == ASSAY_COMBINATION;
  if (check && (n != 1 || subtracted || t->reduce))
    return assay_error_set(error, ASSAY_USAGE, "%s, target %s: an evaluation without experiment takes one value, not %s",
                           b->claim->id, name, subtracted ? "a difference" : "several");
  if (check || reducing) return ASSAY_OK;
  int takes = t->estimand == ASSAY_EXTRAPOLATED ? 3 : 1;
  if (n != takes)
    return assay_error_set(error, ASSAY_USAGE, "%s, target %s: %d groups of values, but %s takes %d", b->claim->id, name, n,
                           estimand_names[t->estimand], takes);
  if (takes == 3 && subtracted)
    return assay_error_set(error, ASSAY_USAGE, "%s, target %s: an extrapolation does not subtract an arm", b->claim->id, name);
  return ASSAY_OK;
}

/* Is the id taken by an earlier cell of the claim? */
static bool id_taken(const plan *p, int claim, const char *id) {
  for (int i = 0; i < p->n_cells - 1; i++)
    if (p->cells[i].claim == claim && p->cells[i].result.id && !strcmp(p->cells[i].result.id, id)) return true;
  return false;
}

/* Makes one cell from its groups; `minus` is the subtracted arm of the only group, or NULL. */
static assay_status add_cell(builder *b, const group_source *sources, int n, const group_source *minus,
                             const char *suffix, assay_error *error) {
  plan *p = b->p;
  assay_status shape = check_shape(b, sources, n, minus != NULL, error);
  if (shape != ASSAY_OK) return shape;
  plan_cell *cells = plan_grow(p->cells, p->n_cells, &p->hidden->room_cells, sizeof *cells);
  if (!cells) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a cell");
  p->cells = cells;
  plan_cell *cell = &p->cells[p->n_cells++];
  const assay_leg *leg = &b->claim->legs[sources[0].at->leg];
  *cell = (plan_cell){.claim = b->claim_index, .target = b->target, .leg = leg, .first = leg->first[p->tier],
                      .open = true};
  cell->result = (assay_cell_result){.theory = NAN, .theory_error = NAN, .estimate = NAN, .lo = NAN, .hi = NAN, .d = NAN,
      .demonstrated = NAN, .demonstrated_relative = NAN, .margin = NAN, .margin_bias = NAN, .margin_sd = NAN, .skew = NAN,
      .drift = NAN, .looks = leg->experiment ? leg->looks[p->tier] : 1, .verdict = ASSAY_VERDICT_UNDECIDED,
      .margin_reason = ""};
  describe(b, cell, sources, n, suffix);
  if (!cell->result.id || !cell->result.point || !cell->result.params || !cell->result.sizes)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a cell");
  if (id_taken(p, b->claim_index, cell->result.id))
    return assay_error_set(error, ASSAY_USAGE, "%s: two cells are called %s; give one target another title", b->claim->id,
                           cell->result.id);
  assay_status status = sample_reserve(&cell->sample, n, error);
  for (int i = 0; i < n && status == ASSAY_OK && sources[0].record >= 0; i++)
    status = add_group(b, &cell->sample, sources[i].at->run, &sources[i], error);
  if (status == ASSAY_OK && minus) {
    plan_sample arm = {0};
    status = sample_reserve(&arm, 1, error);
    if (status == ASSAY_OK) status = add_group(b, &arm, minus->at->run, minus, error);
    if (status == ASSAY_OK) {
      cell->sample.group[0].minus_run = arm.group[0].run;
      cell->sample.group[0].minus_column = arm.group[0].column;
      if (p->runs[arm.group[0].run].stream != p->runs[cell->sample.group[0].run].stream)
        status = assay_error_set(error, ASSAY_USAGE, "%s: %s does not share its draws with %s", b->claim->id,
                                 minus->at->at->label, sources[0].at->at->label);
    }
    free(arm.group), free(arm.axis), free(arm.points), free(arm.theory);
  }
  if (status != ASSAY_OK) return status;
  /* From here on a failure is the cell's, not the claim's. */
  assay_error why = {0};
  assay_value theory = {NAN, 0};
  if (sources[0].record < 0) {
    cell->sample.points[0] = sources[0].realised;
    status = measure_check(b, cell, &sources[0], &why);
  }
  if (status == ASSAY_OK && b->target->estimand == ASSAY_EXTRAPOLATED)
    status = extrapolation_theory(b, cell, sources, &why);
  bool reduced = b->target->reduce && !b->target->predict;
  assay_predict *predict = b->target->predict ? b->target->predict : b->claim->predict;
  int last = b->target->estimand == ASSAY_EXTRAPOLATED ? n - 1 : 0;
  if (status == ASSAY_OK) status = cell_theory(b, &cell->sample, predict, sources + last, minus, reduced, &theory, &why);
  if (b->target->exploratory) {
    cell->result.theory = theory.value;
    return ASSAY_OK;
  }
  if (status == ASSAY_OK) status = cell_margin(b, cell, &sources[n - 1], theory, &why);
  if (status != ASSAY_OK) {
    cell_error(cell, &why);
    return ASSAY_OK;
  }
  cell->result.theory = theory.value;
  cell->result.theory_error = theory.error;
  return attach_controls(b, cell, sources, minus, suffix, error);
}

/* ---- from targets to cells ---- */

/* Are the two points the same but for the value of `along`? */
static bool same_but(const char *a, const char *b, const char *along) {
  char cut_a[256], cut_b[256], key[80];
  const char *labels[] = {a, b};
  char *cuts[] = {cut_a, cut_b};
  snprintf(key, sizeof key, ":%s=", along);
  for (int i = 0; i < 2; i++) {
    const char *found = strstr(labels[i], key);
    size_t head = found ? (size_t)(found - labels[i]) : strlen(labels[i]);
    const char *tail = found ? found + 1 + strcspn(found + 1, ":") : "";
    snprintf(cuts[i], sizeof cut_a, "%.*s%s", (int)head, labels[i], tail);
  }
  return !strcmp(cut_a, cut_b);
}

/* Is `setting`, ":name=value", one of the label's? ":r=0" is not of "R:r=0.8". */
static bool has_setting(const char *label, const char *setting) {
  size_t length = strlen(setting);
  for (const char *at = label; (at = strstr(at, setting)); at += length)
    if (at[length] == ':' || !at[length]) return true;
  return false;
}

/* The instance that `against` names for the one given: a point's label, or the same point with one parameter changed. */
static const instance *arm_of(builder *b, const instance *at, assay_error *error) {
  const char *against = b->target->against, *equals = strchr(against, '=');
  const struct plan_private *h = b->p->hidden;
  for (int i = 0; i < h->n_instances; i++) {
    const instance *other = &h->instances[i];
    bool same_size = other->size == at->size || (isnan(other->size) && isnan(at->size));
    if (other->claim != at->claim || other->leg != at->leg || !same_size || other == at) continue;
    if (!equals && (!strcmp(other->at->label, against) || !strcmp(other->at->base, against))) return other;
    if (equals) {
      char key[80], with[96];
      snprintf(key, sizeof key, "%.*s", (int)(equals - against), against);
      snprintf(with, sizeof with, ":%s", against);
      if (same_but(other->at->label, at->at->label, key) && has_setting(other->at->label, with)) return other;
    }
  }
  assay_error_set(error, ASSAY_USAGE, "%s, target %s: no point '%s' to compare %s with", b->claim->id, b->target->name,
                  against, at->at->label);
  return NULL;
}

/* Appends the groups of one instance at one read-out combination: a group per record. */
static assay_status sources_at(builder *b, const instance *at, assay_call *realised, int element, group_source *out,
                               int *n, assay_error *error) {
  const assay_leg *leg = &b->claim->legs[at->leg];
  if (!leg->experiment) {
    out[(*n)++] = (group_source){at, realised, -1, element};
    return ASSAY_OK;
  }
  const char *records = b->target->records ? b->target->records : b->target->name;
  for (const char *s = records; *s; s += *s == ',') {
    size_t length = strcspn(s, ",");
    int record = find_record(leg->experiment, s, length);
    if (record < 0)
      return assay_error_set(error, ASSAY_USAGE, "%s: %s has no record '%.*s'", b->claim->id, leg->experiment->id,
                             (int)length, s);
    int scalar = leg->experiment->records[record].length == NULL;
    if (*n >= 255) return assay_error_set(error, ASSAY_USAGE, "%s: a cell of more than 255 groups", b->claim->id);
    out[(*n)++] = (group_source){at, realised, record, scalar ? 0 : element};
    s += length;
  }
  return ASSAY_OK;
}

static bool has_readout(const assay_claim *claim, const char *name) {
  for (const assay_param *q = claim->params; name && q->name; q++)
    if (!strcmp(q->name, name)) return q->role & ASSAY_READOUT;
  return false;
}

static bool targeted(const builder *b, const instance *at) {
  return point_matches(b->target->points, at->at->label) || point_matches(b->target->points, at->at->base);
}

/* The instances that go into one cell with `first`: itself, or all that differ in `along` only. */
static int gather(builder *b, int first, const instance **out) {
  const struct plan_private *h = b->p->hidden;
  const instance *at = &h->instances[first];
  const char *along = b->target->along, *size = plan_size_name(b->claim->params);
  bool sizes = b->target->estimand == ASSAY_EXTRAPOLATED || (along && size && !strcmp(along, size));
  int n = 0;
  for (int i = first; i < h->n_instances && n < 255; i++) {
    const instance *other = &h->instances[i];
    if (other->claim != at->claim || other->leg != at->leg) continue;
    bool same_size = other->size == at->size || (isnan(other->size) && isnan(at->size));
    bool in = other == at;
    if (!targeted(b, other)) continue;
    if (sizes) in = !strcmp(other->at->label, at->at->label);
    else if (along && !has_readout(b->claim, along)) in = same_size && same_but(other->at->label, at->at->label, along);
    if (in) out[n++] = other;
  }
  return n;
}

/* Was the instance taken into a cell by an earlier one? */
static bool gathered_before(builder *b, int index) {
  const struct plan_private *h = b->p->hidden;
  const instance *at = &h->instances[index];
  if (!b->target->along && b->target->estimand != ASSAY_EXTRAPOLATED) return false;
  for (int i = 0; i < index; i++) {
    if (h->instances[i].claim != at->claim || h->instances[i].leg != at->leg) continue;
    const instance *with[256];
    int n = gather(b, i, with);
    for (int k = 0; k < n; k++)
      if (with[k] == at) return true;
  }
  return false;
}

/* The groups of one cell: over the instances, over a read-out along which it is fitted, over arms. */
static assay_status cell_sources(builder *b, const instance **with, int n_with, int combination, int element,
                                 group_source *out, int *n, char *suffix, size_t room, assay_error *error) {
  const char *along = has_readout(b->claim, b->target->along) ? b->target->along : NULL;
  bool arms = b->target->against && b->target->reduce;
  for (int i = 0; i < n_with; i++) {
    int steps = 1;
    const double *v = along ? assay_list(with[i]->realised, along, &steps) : NULL;
    for (int k = 0; k < steps; k++) {
      const instance *both[2] = {with[i], NULL};
      if (arms && !(both[1] = arm_of(b, with[i], error))) return ASSAY_USAGE;
      for (int a = 0; a < (arms ? 2 : 1); a++) {
        assay_call *one = at_combination(b->claim, both[a]->realised, along, combination, suffix, room, error);
        if (!one) return ASSAY_NO_MEMORY;
        if (v) assay_set(one, along, v[k]);
        assay_status status = keep(b->p, one, error);
        if (status == ASSAY_OK) status = sources_at(b, both[a], one, element, out, n, error);
        if (status != ASSAY_OK) return status;
      }
    }
  }
  return ASSAY_OK;
}

static assay_status cells_at(builder *b, int first, assay_error *error) {
  const instance *with[256], *at = &b->p->hidden->instances[first];
  const char *along = has_readout(b->claim, b->target->along) ? b->target->along : NULL;
  int n_with = gather(b, first, with), combos = combinations(b->claim, at->realised, along);
  const char *length = b->claim->observables[b->observable].length;
  int elements = 1;
  if (length) assay_list(at->realised, length, &elements);
  for (int combination = 0; combination < combos; combination++)
    for (int e = 0; e < elements; e++) {
      group_source sources[256], minus;
      char suffix[256] = "";
      int n = 0;
      assay_status status = cell_sources(b, with, n_with, combination, e, sources, &n, suffix, sizeof suffix, error);
      if (status != ASSAY_OK) return status;
      bool subtract = b->target->against && !b->target->reduce;
      if (subtract) {
        const instance *arm = arm_of(b, at, error);
        if (!arm) return ASSAY_USAGE;
        minus = sources[0];
        minus.at = arm;
        char ignored[256];
        minus.realised = at_combination(b->claim, arm->realised, along, combination, ignored, sizeof ignored, error);
        if (!minus.realised) return ASSAY_NO_MEMORY;
        if ((status = keep(b->p, minus.realised, error)) != ASSAY_OK) return status;
      }
      status = add_cell(b, sources, n, subtract ? &minus : NULL, suffix, error);
      if (status != ASSAY_OK) return status;
    }
  return ASSAY_OK;
}

/* What can be seen to be wrong with a target by itself. */
static assay_status check_target(const builder *b, assay_error *error) {
  const assay_target *t = b->target;
  const char *wrong = NULL;
  bool reducing = t->estimand == ASSAY_SMOOTH || t->estimand == ASSAY_COMBINATION;
  if (b->observable < 0) wrong = "it is not an observable of the claim";
  else if (reducing && !t->reduce) wrong = "there is nothing that reduces its groups";
  else if (!reducing && t->reduce) wrong = "only a combination or a smooth function is reduced";
  else if (t->estimand == ASSAY_QUANTILE && !(t->level > 0 && t->level < 1)) wrong = "the order of a quantile lies between 0 and 1";
  else if (t->estimand == ASSAY_EXTRAPOLATED && !(t->exponent > 0)) wrong = "an extrapolation needs its exponent > 0";
  else if (t->skew_floor != 0 && !(t->skew_floor >= 0.3)) wrong = "its skew_floor is at least 0.3, or 0 for the usual 1";
  if (!wrong) return ASSAY_OK;
  return assay_error_set(error, ASSAY_USAGE, "%s, target %s: %s", b->claim->id, t->title ? t->title : t->name, wrong);
}

/* A control that meets no cell would be a promise that nothing keeps. */
static assay_status check_controls(const plan *p, int claim_index, assay_error *error) {
  const assay_claim *claim = p->claims[claim_index].claim;
  for (const assay_control *control = claim->controls; control && control->name; control++) {
    if (control->tiers && !(control->tiers & 1u << p->tier)) continue;
    int met = 0, judged = 0;
    for (int i = 0; i < p->n_cells; i++) {
      const plan_cell *cell = &p->cells[i];
      if (cell->claim != claim_index || cell->target->exploratory) continue;
      judged += cell->result.verdict != ASSAY_VERDICT_ERROR; /* a cell without theory has no controls */
      for (int c = 0; c < cell->result.n_controls; c++) met += cell->controls[c].of == control;
    }
    if (judged && !met)
      return assay_error_set(error, ASSAY_USAGE, "%s: control '%s' meets no cell at the %s tier; mind its targets, points and sizes",
                             claim->id, control->name, assay_tier_names[p->tier]);
  }
  return ASSAY_OK;
}

assay_status cells_build(plan *p, int claim_index, assay_error *error) {
  const assay_claim *claim = p->claims[claim_index].claim;
  for (const assay_target *t = claim->targets; t && t->name; t++) {
    builder b = {p, claim_index, claim, t, evaluate_observable(claim, t->name)};
    if (check_target(&b, error) != ASSAY_OK) return ASSAY_USAGE;
    for (int i = 0; i < p->hidden->n_instances; i++) {
      const instance *at = &p->hidden->instances[i];
      if (at->claim != claim_index) continue;
      if (!targeted(&b, at) || gathered_before(&b, i)) continue;
      assay_status status = cells_at(&b, i, error);
      if (status != ASSAY_OK) return status;
    }
  }
  return check_controls(p, claim_index, error);
}

long plan_look_size(const plan_cell *cell, const plan_group *group, int look) {
  return (cell->first << (look - 1)) * group->multiple;
}
