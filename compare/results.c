#include "compare/results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/evaluate.h"
#include "compare/machine.h"
#include "compare/plan_private.h"


const char *const assay_tier_names[ASSAY_TIERS] = {"quick", "standard", "deep"};

const char *assay_verdict_name(assay_verdict verdict) {
  static const char *const names[] = {"exploratory", "pass", "skipped", "undecided", "underpowered", "error", "fail"};
  return (unsigned)verdict < sizeof names / sizeof *names ? names[verdict] : "unknown";
}

int assay_results_exit(const assay_results *results) {
  int good = results->count[ASSAY_VERDICT_PASS] + results->count[ASSAY_VERDICT_SKIPPED] +
             results->count[ASSAY_VERDICT_EXPLORATORY];
  if (results->count[ASSAY_VERDICT_FAIL] > 0) return 1;
  return good == results->n_claims ? 0 : 3;
}

/* ---- verdicts ---- */

static bool worse(assay_verdict a, assay_verdict b) { return a > b; }

assay_verdict results_claim_verdict(const plan *p, int claim) {
  if (p->claims[claim].broken) return p->claims[claim].broken;
  assay_verdict worst = ASSAY_VERDICT_EXPLORATORY;
  int judged = 0, controls = 0;
  for (int i = 0; i < p->n_cells; i++) {
    if (p->cells[i].claim != claim) continue;
    assay_verdict v = p->cells[i].open && !p->cells[i].target->exploratory ? ASSAY_VERDICT_UNDECIDED : p->cells[i].result.verdict;
    judged += v != ASSAY_VERDICT_EXPLORATORY;
    controls += p->cells[i].result.n_controls;
    if (worse(v, worst)) worst = v;
  }
  /* Nothing judged is not a pass; nor is what no mistake could have turned red. */
  if (!judged) return ASSAY_VERDICT_SKIPPED;
  return worst == ASSAY_VERDICT_PASS && controls == 0 ? ASSAY_VERDICT_UNDERPOWERED : worst;
}

static void claim_reason(const plan *p, int claim, assay_claim_result *r) {
  if (p->claims[claim].broken) {
    snprintf(r->reason, sizeof r->reason, "%s", p->claims[claim].reason);
    return;
  }
  if (r->verdict == ASSAY_VERDICT_SKIPPED)
    snprintf(r->reason, sizeof r->reason, "nothing of it is judged at this tier");
  if (r->verdict == ASSAY_VERDICT_UNDERPOWERED)
    snprintf(r->reason, sizeof r->reason, "no negative control is judged at this tier");
  int same = 0;
  const assay_cell_result *first = NULL;
  for (int i = 0; i < r->n_cells; i++) {
    if (r->cells[i].verdict != r->verdict || r->verdict <= ASSAY_VERDICT_PASS) continue;
    if (!first) first = &r->cells[i];
    same++;
  }
  if (!first) return;
  char more[48] = "";
  if (same > 1) snprintf(more, sizeof more, " (and %d more)", same - 1);
  snprintf(r->reason, sizeof r->reason, "%s: %s%s", first->id, first->reason, more);
}

/* ---- figures ---- */

/* The parts of a label but the one that gives `x`. */
static void series_label(const char *label, const char *x, char *out, size_t room) {
  char key[80];
  snprintf(key, sizeof key, ":%s=", x);
  const char *found = strstr(label, key);
  size_t head = found ? (size_t)(found - label) : strlen(label);
  const char *tail = found ? found + 1 + strcspn(found + 1, ":") : "";
  snprintf(out, room, "%.*s%s", (int)head, label, tail);
}

typedef struct {
  const plan *p;
  int claim;
  const assay_figure *figure;
  assay_figure_result *out;
  int room;
} drawing;

static const char *next_name(const char *list, char *name, size_t room) {
  if (!*list) return NULL;
  size_t n = strcspn(list, ",");
  snprintf(name, room, "%.*s", (int)n, list);
  return list[n] ? list + n + 1 : list + n;
}

static double *column(int n) { return malloc(((size_t)n + 1) * sizeof(double)); }

/* The values of x at which the theory's line is drawn. */
static int sweep_values(const assay_figure *f, double **values) {
  double lo, hi;
  int n;
  *values = NULL;
  if (!f->sweep || sscanf(f->sweep, "%lf:%lf:%d", &lo, &hi, &n) != 3 || n < 2 || n > 2000) return 0;
  *values = column(n);
  if (!*values) return 0;
  for (int i = 0; i < n; i++) {
    double s = (double)i / (n - 1);
    (*values)[i] = f->flags & ASSAY_LOG_X ? lo * pow(hi / lo, s) : lo + s * (hi - lo);
  }
  return n;
}

static void draw_line(const drawing *d, const instance *at, int observable, assay_series *series) {
  const assay_claim *claim = d->p->claims[d->claim].claim;
  double *x;
  int n = sweep_values(d->figure, &x);
  assay_call *call = n ? assay_call_copy(at->realised, NULL) : NULL;
  series->line_y = column(n);
  if (!call || !series->line_y) {
    free(x);
    assay_call_free(call);
    return;
  }
  series->line_x = x;
  series->n_line = n;
  for (int i = 0; i < n; i++) {
    assay_value value = {NAN, 0};
    assay_call_reset(call);
    if (assay_set(call, d->figure->x, x[i]) == ASSAY_OK && evaluate(claim->predict, call, NULL) == ASSAY_OK)
      assay_result(call, observable, 0, &value, NULL);
    series->line_y[i] = value.value;
  }
  assay_call_free(call);
}

/* The cells that lie on the series, in order of x. */
static void draw_points(const drawing *d, const char *label, const char *observable, assay_series *series) {
  int count = 0;
  for (int i = 0; i < d->p->n_cells; i++) count += d->p->cells[i].claim == d->claim;
  series->point_x = column(count);
  series->point_y = column(count);
  series->point_lo = column(count);
  series->point_hi = column(count);
  if (!series->point_x || !series->point_y || !series->point_lo || !series->point_hi) return;
  for (int i = 0; i < d->p->n_cells; i++) {
    const plan_cell *cell = &d->p->cells[i];
    char own[256];
    if (cell->claim != d->claim || strcmp(cell->target->name, observable) || cell->target->reduce || cell->target->against)
      continue;
    if (!cell->result.point || isnan(cell->result.estimate) || !cell->sample.points || !cell->sample.points[0]) continue;
    series_label(cell->result.point, d->figure->x, own, sizeof own);
    const assay_call *at = cell->sample.points[0];
    if (strcmp(own, label) || !assay_has_param(at, d->figure->x) || !assay_given(at, d->figure->x)) continue;
    double x = assay_real(at, d->figure->x);
    int k = series->n_points++;
    for (; k > 0 && series->point_x[k - 1] > x; k--) {
      series->point_x[k] = series->point_x[k - 1];
      series->point_y[k] = series->point_y[k - 1];
      series->point_lo[k] = series->point_lo[k - 1];
      series->point_hi[k] = series->point_hi[k - 1];
    }
    series->point_x[k] = x;
    series->point_y[k] = cell->result.estimate;
    series->point_lo[k] = cell->result.lo;
    series->point_hi[k] = cell->result.hi;
  }
}

static void free_series(assay_series *s) {
  free(s->label);
  free(s->line_x);
  free(s->line_y);
  free(s->point_x);
  free(s->point_y);
  free(s->point_lo);
  free(s->point_hi);
}

static bool is_empty(const assay_series *s) {
  for (int i = 0; i < s->n_line; i++)
    if (isfinite(s->line_y[i])) return false;
  return s->n_points == 0;
}

/* A curve without a value at a point that was not simulated in this tier is left out. */
static void add_series(drawing *d, const instance *at, const char *label, const char *observable, bool name_it) {
  assay_series *grown = plan_grow(d->out->series, d->out->n_series, &d->room, sizeof *grown);
  if (!grown) return;
  d->out->series = grown;
  assay_series *series = &d->out->series[d->out->n_series++];
  *series = (assay_series){0};
  if (asprintf(&series->label, "%s%s%s", label, name_it ? " " : "", name_it ? observable : "") < 0) series->label = NULL;
  int index = evaluate_observable(d->p->claims[d->claim].claim, observable);
  if (index >= 0) draw_line(d, at, index, series);
  draw_points(d, label, observable, series);
  if (!is_empty(series)) return;
  free_series(series);
  d->out->n_series--;
}

static void draw(drawing *d) {
  const struct plan_private *h = d->p->hidden;
  bool several = strchr(d->figure->y, ',') != NULL;
  char name[64], label[256];
  for (const char *list = d->figure->y; (list = next_name(list, name, sizeof name));) {
    int before = d->out->n_series;
    for (int i = 0; i < h->n_instances; i++) {
      const instance *at = &h->instances[i];
      if (at->claim != d->claim || !point_matches(d->figure->points, at->at->base)) continue;
      series_label(at->at->label, d->figure->x, label, sizeof label);
      char full[330];
      snprintf(full, sizeof full, "%s%s%s", label, several ? " " : "", several ? name : "");
      bool drawn = false;
      for (int k = before; k < d->out->n_series; k++) drawn |= d->out->series[k].label && !strcmp(d->out->series[k].label, full);
      if (!drawn) add_series(d, at, label, name, several);
    }
  }
}

static void draw_all(const plan *p, int claim, assay_claim_result *r) {
  const assay_figure *figures = p->claims[claim].claim->figures;
  int n = 0;
  while (figures && figures[n].title) n++;
  r->figures = calloc((size_t)n + 1, sizeof *r->figures);
  if (!r->figures || p->claims[claim].broken) return;
  for (int i = 0; i < n; i++) {
    assay_figure_result *figure = &r->figures[r->n_figures];
    figure->of = &figures[i];
    drawing d = {p, claim, &figures[i], figure, 0};
    draw(&d);
    if (figure->n_series > 0) r->n_figures++;
    else free(figure->series), figure->series = NULL;
  }
}

/* ---- putting together ---- */

static double run_seconds(const plan *p, const plan_cell *cell) {
  double sum = 0;
  for (int i = 0; i < cell->sample.n; i++) {
    const plan_run *run = &p->runs[cell->sample.group[i].run];
    if (run->prefix > 0) sum += run->seconds * (double)cell->result.used / (double)run->prefix;
  }
  return sum;
}

static void claim_seconds(const plan *p, int claim, assay_claim_result *r) {
  for (int run = 0; run < p->n_runs; run++) {
    bool mine = false;
    for (int i = 0; i < p->n_cells && !mine; i++)
      for (int g = 0; p->cells[i].claim == claim && g < p->cells[i].sample.n && !mine; g++)
        mine = p->cells[i].sample.group[g].run == run;
    if (mine) r->seconds += p->runs[run].seconds;
  }
}

static bool take_cells(plan *p, int claim, assay_claim_result *r) {
  for (int i = 0; i < p->n_cells; i++) r->n_cells += p->cells[i].claim == claim;
  r->cells = calloc((size_t)r->n_cells + 1, sizeof *r->cells);
  if (!r->cells) return false;
  int k = 0;
  for (int i = 0; i < p->n_cells; i++) {
    plan_cell *cell = &p->cells[i];
    if (cell->claim != claim) continue;
    cell->result.seconds = run_seconds(p, cell);
    if (cell->open && !cell->result.reason[0])
      snprintf(cell->result.reason, sizeof cell->result.reason, "the run ended before a look could decide");
    r->cells[k++] = cell->result;
    for (int c = 0; c < cell->result.n_controls; c++) {
      free(cell->controls[c].sample.group);
      free(cell->controls[c].sample.axis);
      free(cell->controls[c].sample.points);
      free(cell->controls[c].sample.theory);
    }
    free(cell->controls);
    cell->controls = NULL;
    cell->result = (assay_cell_result){.of = cell->target}; /* the strings have gone over */
  }
  return true;
}

typedef struct {
  assay_results *results;
  const char *address;
  int room;
} failure_list;

static void add_failure(void *with, long replicate, const char *reason) {
  failure_list *list = with;
  assay_failure *grown = plan_grow(list->results->failures, list->results->n_failures, &list->room, sizeof *grown);
  if (!grown) return;
  list->results->failures = grown;
  assay_failure made = {NULL, strdup(reason)};
  if (asprintf(&made.address, "%s/%ld", list->address, replicate) < 0) made.address = NULL;
  grown[list->results->n_failures++] = made;
}

static assay_status take_failures(const plan *p, store *s, assay_results *results, assay_error *error) {
  failure_list list = {results, NULL, 0};
  for (int i = 0; s && i < p->n_runs; i++) {
    list.address = p->runs[i].address;
    assay_status status = store_failures(s, &p->runs[i], add_failure, &list, error);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}

static char *reproduce(const plan *p, const assay_claim *claim) {
  char *text = NULL, seed[32] = "";
  if (p->seed != ASSAY_DEFAULT_SEED) snprintf(seed, sizeof seed, " --seed %llu", (unsigned long long)p->seed);
  if (asprintf(&text, "assay run '%s' --tier %s%s", claim->id, assay_tier_names[p->tier], seed) < 0) return NULL;
  return text;
}

assay_results *results_make(plan *p, store *s, bool figures, assay_error *error) {
  assay_results *results = calloc(1, sizeof *results);
  if (results) results->claims = calloc((size_t)p->n_claims + 1, sizeof *results->claims);
  if (!results || !results->claims) {
    free(results);
    assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the results");
    return NULL;
  }
  results->n_claims = p->n_claims;
  results->tier = p->tier;
  results->seed = p->seed;
  results->default_seed = p->seed == ASSAY_DEFAULT_SEED;
  results->version = strdup(machine_version());
  results->fingerprint = strdup(machine_fingerprint());
  results->machine = machine_text();
  for (int i = 0; i < p->n_runs; i++) results->worker_seconds += p->runs[i].seconds;
  assay_status status = take_failures(p, s, results, error);
  for (int c = 0; c < p->n_claims; c++) {
    assay_claim_result *r = &results->claims[c];
    *r = (assay_claim_result){.claim = p->claims[c].claim, .paper = p->claims[c].paper};
    r->verdict = results_claim_verdict(p, c);
    r->reproduce = reproduce(p, r->claim);
    claim_seconds(p, c, r);
    if (figures) draw_all(p, c, r);
    if (!take_cells(p, c, r)) status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the results");
    claim_reason(p, c, r);
    results->count[r->verdict]++;
    for (int i = 0; i < r->n_cells; i++) results->n_cells += r->cells[i].verdict != ASSAY_VERDICT_EXPLORATORY;
  }
  if (status == ASSAY_OK) return results;
  assay_results_free(results);
  return NULL;
}

static void free_claim(assay_claim_result *r) {
  for (int i = 0; i < r->n_cells; i++) {
    free(r->cells[i].point);
    free(r->cells[i].id);
    free(r->cells[i].params);
    free(r->cells[i].sizes);
    free(r->cells[i].controls);
  }
  for (int f = 0; f < r->n_figures; f++) {
    for (int k = 0; k < r->figures[f].n_series; k++) free_series(&r->figures[f].series[k]);
    free(r->figures[f].series);
  }
  free(r->figures);
  free(r->cells);
  free(r->reproduce);
}

void assay_results_free(assay_results *results) {
  if (!results) return;
  for (int c = 0; c < results->n_claims; c++) free_claim(&results->claims[c]);
  for (int i = 0; i < results->n_failures; i++) {
    free(results->failures[i].address);
    free(results->failures[i].reason);
  }
  free(results->failures);
  free(results->claims);
  free(results->command);
  free(results->version);
  free(results->fingerprint);
  free(results->machine);
  free(results->started);
  free(results);
}
