#include "compare/figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/evaluate.h"
#include "compare/plan_private.h"

/* ---- labels ---- */

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

static bool has(const drawing *d, unsigned flag) { return d->figure->flags & flag; }

static const char *size_of(const drawing *d) { return plan_size_name(d->p->claims[d->claim].claim->params); }

/* The series of an instance: its label without x and, where every size is a curve, with the size. */
static void instance_label(const drawing *d, const instance *at, char *out, size_t room) {
  series_label(at->at->label, d->figure->x, out, room);
  size_t used = strlen(out);
  if (has(d, ASSAY_BY_SIZE) && size_of(d) && !isnan(at->size)) snprintf(out + used, room - used, " %s=%g", size_of(d), at->size);
}

static void cell_label(const drawing *d, const plan_cell *cell, char *out, size_t room) {
  series_label(cell->result.point, d->figure->x, out, room);
  size_t used = strlen(out);
  const assay_call *at = cell->sample.points[0];
  if (has(d, ASSAY_BY_SIZE) && size_of(d) && assay_given(at, size_of(d)))
    snprintf(out + used, room - used, " %s=%g", size_of(d), assay_real(at, size_of(d)));
}

static const char *next_name(const char *list, char *name, size_t room) {
  if (!*list) return NULL;
  size_t n = strcspn(list, ",");
  snprintf(name, room, "%.*s", (int)n, list);
  return list[n] ? list + n + 1 : list + n;
}

static double *column(int n) { return malloc(((size_t)n + 1) * sizeof(double)); }

/* ---- curves ---- */

/* The values of x at which the theory's line is drawn. */
static int sweep_values(const assay_figure *f, double **values) {
  double lo, hi;
  int n;
  *values = NULL;
  if (!f->sweep || sscanf(f->sweep, "%lf:%lf:%d", &lo, &hi, &n) != 3 || n < 2 || n > 2000) return 0;
  *values = column(n);
  if (!*values) return 0;
  for (int i = 0; i < n; i++) {
    int rest = n - 1 - i; /* so weighted, whole numbers stay whole */
    (*values)[i] = f->flags & ASSAY_LOG_X ? lo * pow(hi / lo, (double)i / (n - 1)) : (lo * rest + hi * i) / (n - 1);
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
    if (has(d, ASSAY_BY_SIZE) && cell->sample.n > 1) continue;
    cell_label(d, cell, own, sizeof own);
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

static assay_series *add_series(drawing *d, const char *label) {
  assay_series *grown = plan_grow(d->out->series, d->out->n_series, &d->room, sizeof *grown);
  if (!grown) return NULL;
  d->out->series = grown;
  assay_series *series = &d->out->series[d->out->n_series++];
  *series = (assay_series){.label = strdup(label)};
  return series;
}

/* The theory's values of the figure's marks at an instance. */
static void draw_marks(const drawing *d, const instance *at, assay_series *series) {
  const assay_claim *claim = d->p->claims[d->claim].claim;
  assay_call *call = d->figure->marks ? assay_call_copy(at->realised, NULL) : NULL;
  char name[64];
  if (call && evaluate(claim->predict, call, NULL) == ASSAY_OK)
    for (const char *list = d->figure->marks; (list = next_name(list, name, sizeof name)) && series->n_marks < ASSAY_MOST_MARKS;) {
      assay_value value = {NAN, 0};
      int observable = evaluate_observable(claim, name);
      if (observable >= 0) assay_result(call, observable, 0, &value, NULL);
      series->mark[series->n_marks++] = value.value;
    }
  assay_call_free(call);
}

/* The last series, if it shows nothing. */
static void drop_if_empty(drawing *d) {
  assay_series *last = &d->out->series[d->out->n_series - 1];
  if (!is_empty(last)) return;
  free_series(last);
  d->out->n_series--;
}

/* A curve without a value, at a point that was not simulated in this tier is left out. */
static void add_curve(drawing *d, const instance *at, const char *label, const char *observable, const char *full, bool marked) {
  assay_series *series = add_series(d, full);
  if (!series) return;
  int index = evaluate_observable(d->p->claims[d->claim].claim, observable);
  if (index >= 0) draw_line(d, at, index, series);
  draw_points(d, label, observable, series);
  if (marked) draw_marks(d, at, series);
  drop_if_empty(d);
}

static bool is_drawn(const drawing *d, const char *label) {
  for (int k = 0; k < d->out->n_series; k++)
    if (d->out->series[k].label && !strcmp(d->out->series[k].label, label)) return true;
  return false;
}

static void draw_curves(drawing *d) {
  const struct plan_private *h = d->p->hidden;
  bool several = strchr(d->figure->y, ',') != NULL, marked = true;
  char name[64], label[256];
  for (const char *list = d->figure->y; (list = next_name(list, name, sizeof name));) {
    for (int i = 0; i < h->n_instances; i++) {
      const instance *at = &h->instances[i];
      if (at->claim != d->claim || !point_matches(d->figure->points, at->at->base)) continue;
      instance_label(d, at, label, sizeof label);
      char full[330];
      snprintf(full, sizeof full, "%s%s%s", label, several ? " " : "", several ? name : "");
      if (!is_drawn(d, full)) add_curve(d, at, label, name, full, marked);
    }
    marked = false;
  }
}

/* ---- clouds ---- */

enum { MOST_DOTS = 400, CIRCLE = 97 };

static int record_of(const assay_experiment *experiment, const char *name) {
  int at = 0;
  for (const assay_observable *r = experiment->records; r->name; r++, at++)
    if (!strcmp(r->name, name)) return at;
  return -1;
}

/* The replicates' pairs of the records x and y. */
static void draw_dots(const drawing *d, const instance *at, assay_series *series) {
  const plan_run *run = &d->p->runs[at->run];
  int x = record_of(run->experiment, d->figure->x), y = record_of(run->experiment, d->figure->y);
  series->point_x = column(MOST_DOTS);
  series->point_y = column(MOST_DOTS);
  series->point_lo = column(MOST_DOTS);
  series->point_hi = column(MOST_DOTS);
  if (x < 0 || y < 0 || !series->point_x || !series->point_y || !series->point_lo || !series->point_hi) return;
  for (long r = 0; r < run->prefix && series->n_points < MOST_DOTS; r++) {
    const double *record = run->values + (size_t)r * (size_t)run->readouts * (size_t)run->width;
    if (run->state[r] != RUN_OK) continue;
    int k = series->n_points++;
    series->point_x[k] = record[x];
    series->point_y[k] = record[y];
    series->point_lo[k] = series->point_hi[k] = NAN;
  }
}

/* From the origin to what `predict` says of x and y, and the circle through it. */
static void draw_arrow(const drawing *d, const instance *at, assay_predict *predict, bool circle, assay_series *series) {
  const assay_claim *claim = d->p->claims[d->claim].claim;
  int x = evaluate_observable(claim, d->figure->x), y = evaluate_observable(claim, d->figure->y), n = circle ? CIRCLE : 0;
  assay_value to[2] = {{NAN, 0}, {NAN, 0}};
  assay_call *call = assay_call_copy(at->realised, NULL);
  if (call && x >= 0 && y >= 0 && evaluate(predict, call, NULL) == ASSAY_OK)
    if (!assay_result(call, x, 0, &to[0], NULL) || !assay_result(call, y, 0, &to[1], NULL)) to[0].value = NAN;
  assay_call_free(call);
  series->line_x = column(3 + n);
  series->line_y = column(3 + n);
  if (!series->line_x || !series->line_y || isnan(to[0].value)) return;
  series->n_line = 3 + n;
  series->line_x[0] = series->line_y[0] = 0;
  series->line_x[1] = to[0].value, series->line_y[1] = to[1].value;
  series->line_x[2] = series->line_y[2] = NAN;
  for (int i = 0; i < n; i++) {
    double angle = 2 * M_PI * i / (n - 1), radius = hypot(to[0].value, to[1].value);
    series->line_x[3 + i] = radius * cos(angle);
    series->line_y[3 + i] = radius * sin(angle);
  }
}

/* The points that match: dots, the theory's arrow, and those of the controls that are wrong theories of both. */
static void draw_clouds(drawing *d) {
  const struct plan_private *h = d->p->hidden;
  const assay_claim *claim = d->p->claims[d->claim].claim;
  char label[256], full[330];
  for (int i = 0; i < h->n_instances; i++) {
    const instance *at = &h->instances[i];
    if (at->claim != d->claim || at->run < 0 || !point_matches(d->figure->points, at->at->base)) continue;
    instance_label(d, at, label, sizeof label);
    assay_series *series = is_drawn(d, label) ? NULL : add_series(d, label);
    if (!series) continue;
    draw_dots(d, at, series);
    draw_arrow(d, at, claim->predict, true, series);
    for (const assay_control *c = claim->controls; c && c->name; c++) {
      snprintf(full, sizeof full, "%s: %s", label, c->name);
      if (!c->predict || !point_matches(c->points ? c->points : "*", at->at->base) || !(series = add_series(d, full))) continue;
      draw_arrow(d, at, c->predict, false, series);
      drop_if_empty(d);
    }
  }
}

void figures_draw(const plan *p, int claim, assay_claim_result *r) {
  const assay_figure *figures = p->claims[claim].claim->figures;
  int n = 0;
  while (figures && figures[n].title) n++;
  r->figures = calloc((size_t)n + 1, sizeof *r->figures);
  if (!r->figures || p->claims[claim].broken) return;
  for (int i = 0; i < n; i++) {
    assay_figure_result *figure = &r->figures[r->n_figures];
    figure->of = &figures[i];
    drawing d = {p, claim, &figures[i], figure, 0};
    if (has(&d, ASSAY_CLOUD)) draw_clouds(&d);
    else draw_curves(&d);
    if (figure->n_series > 0) r->n_figures++;
    else free(figure->series), figure->series = NULL;
  }
}

void figures_free(assay_claim_result *r) {
  for (int f = 0; f < r->n_figures; f++) {
    for (int k = 0; k < r->figures[f].n_series; k++) free_series(&r->figures[f].series[k]);
    free(r->figures[f].series);
  }
  free(r->figures);
}
