#include "compare/baseline.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/hash.h"
#include "compare/judge.h"
#include "compare/machine.h"
#include "compare/plan_private.h"
#include "compare/results.h"

static assay_status no_memory(assay_error *error) {
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a baseline");
}

/* ---- from a plan: cells ---- */

static assay_status run_name(const plan_run *run, char name[BASELINE_NAME], assay_error *error) {
  char hex[HASH_TEXT];
  assay_status status = hash_text(run->text, hex, error);
  if (status == ASSAY_OK) snprintf(name, BASELINE_NAME, "%.16s", hex);
  return status;
}

/* Notes one run that the cell rests on, once. */
static assay_status rest_on(const plan *p, baseline_cell *cell, int run, assay_error *error) {
  char name[BASELINE_NAME];
  if (run < 0) return ASSAY_OK;
  assay_status status = run_name(&p->runs[run], name, error);
  for (int i = 0; status == ASSAY_OK && i < cell->n_runs; i++)
    if (!strcmp(cell->runs[i], name)) return ASSAY_OK;
  if (status != ASSAY_OK) return status;
  void *grown = plan_grow(cell->runs, cell->n_runs, &cell->room_runs, sizeof *cell->runs);
  if (!grown) return no_memory(error);
  cell->runs = grown;
  memcpy(cell->runs[cell->n_runs++], name, sizeof name);
  return ASSAY_OK;
}

static assay_status take_controls(const plan_cell *from, baseline_cell *cell, assay_error *error) {
  for (int c = 0; c < from->result.n_controls; c++) {
    const assay_control_result *r = &from->result.controls[c];
    void *grown = plan_grow(cell->controls, cell->n_controls, &cell->room_controls, sizeof *cell->controls);
    if (!grown) return no_memory(error);
    cell->controls = grown;
    char *name = strdup(r->name);
    if (!name) return no_memory(error);
    cell->controls[cell->n_controls++] = (baseline_control){name, r->rejected, r->distance};
  }
  return ASSAY_OK;
}

/* The standard error of the deciding look. A proportion's is that of (r + 1/2)/(n + 1), which is never 0. */
static assay_status standard_error(plan *p, plan_cell *from, baseline_cell *cell, assay_error *error) {
  const assay_cell_result *r = &from->result;
  double value;
  long used;
  cell->se = NAN;
  if (r->look < 1 || from->sample.n == 0) return ASSAY_OK;
  assay_status status =
      judge_estimate(p, from, from->first << (r->look - 1), &value, &cell->se, &used, error);
  if (status == ASSAY_OK && from->target->estimand == ASSAY_PROPORTION) {
    double n = (double)used, q = (r->estimate * n + 0.5) / (n + 1);
    cell->se = sqrt(q * (1 - q) / n);
  }
  return status == ASSAY_NO_MEMORY ? status : ASSAY_OK;
}

static assay_status take_cell(plan *p, plan_cell *from, bool judged, baseline_claim *claim,
                              assay_error *error) {
  const assay_cell_result *r = &from->result;
  void *grown = plan_grow(claim->cells, claim->n_cells, &claim->room_cells, sizeof *claim->cells);
  if (!grown) return no_memory(error);
  claim->cells = grown;
  baseline_cell *cell = &claim->cells[claim->n_cells++];
  bool open = from->open && !from->target->exploratory;
  *cell = (baseline_cell){.id = strdup(r->id),
                          .verdict = open ? ASSAY_VERDICT_UNDECIDED : r->verdict,
                          .theory = r->theory,
                          .theory_error = r->theory_error,
                          .margin = r->margin,
                          .estimate = NAN,
                          .se = NAN,
                          .lo = NAN,
                          .hi = NAN};
  if (!cell->id) return no_memory(error);
  if (judged) {
    cell->estimate = r->estimate;
    cell->lo = r->lo;
    cell->hi = r->hi;
    cell->used = r->used;
    cell->look = r->look;
  }
  assay_status status = judged ? take_controls(from, cell, error) : ASSAY_OK;
  if (status == ASSAY_OK && judged) status = standard_error(p, from, cell, error);
  for (int i = 0; i < from->sample.n && status == ASSAY_OK; i++) {
    status = rest_on(p, cell, from->sample.group[i].run, error);
    if (status == ASSAY_OK) status = rest_on(p, cell, from->sample.group[i].minus_run, error);
  }
  return status;
}

static assay_status take_claim(plan *p, int index, bool judged, baseline *out, assay_error *error) {
  void *grown = plan_grow(out->claims, out->n_claims, &out->room_claims, sizeof *out->claims);
  if (!grown) return no_memory(error);
  out->claims = grown;
  baseline_claim *claim = &out->claims[out->n_claims++];
  *claim =
      (baseline_claim){.id = strdup(p->claims[index].claim->id), .verdict = results_claim_verdict(p, index)};
  assay_status status = claim->id ? ASSAY_OK : no_memory(error);
  for (int i = 0; i < p->n_cells && status == ASSAY_OK; i++)
    if (p->cells[i].claim == index) status = take_cell(p, &p->cells[i], judged, claim, error);
  return status;
}

/* ---- from a plan: runs ---- */

/* "t=0.5:" for read-out number k: the last READOUT parameter of the table varies fastest. Malloc'd. */
static char *readout_prefix(const plan_run *run, int k) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  int below = run->readouts;
  for (const assay_param *q = run->experiment->params; q->name; q++) {
    int n;
    const double *v = q->role & ASSAY_READOUT ? assay_list(run->sim, q->name, &n) : NULL;
    if (!v || n < 1) continue;
    below /= n;
    fprintf(out, "%s=%.15g:", q->name, v[k / below % n]);
  }
  if (fclose(out) == 0) return text;
  free(text);
  return NULL;
}

static assay_status add_column(const plan_run *run, const char *prefix, int record, int element, int column,
                               baseline_run *to, assay_error *error) {
  void *grown = plan_grow(to->columns, to->n_columns, &to->room_columns, sizeof *to->columns);
  if (!grown) return no_memory(error);
  to->columns = grown;
  baseline_column *c = &to->columns[to->n_columns];
  const assay_observable *o = &run->experiment->records[record];
  char number[16] = "";
  if (o->length) snprintf(number, sizeof number, "%d", element + 1);
  *c = (baseline_column){0};
  if (asprintf(&c->name, "%s%s%s", prefix, o->name, number) < 0) {
    c->name = NULL;
    return no_memory(error);
  }
  to->n_columns++;
  for (int r = 0; r < to->kept; r++)
    if (to->state[r] == RUN_OK) c->value[r] = run->values[(long)r * run->readouts * run->width + column];
  return ASSAY_OK;
}

static assay_status take_columns(const plan_run *run, baseline_run *to, assay_error *error) {
  int column = 0;
  assay_status status = ASSAY_OK;
  for (int k = 0; k < run->readouts && status == ASSAY_OK; k++) {
    char *prefix = readout_prefix(run, k);
    if (!prefix) return no_memory(error);
    for (int r = 0; run->experiment->records[r].name && status == ASSAY_OK; r++)
      for (int e = 0; e < assay_observable_length(run->sim, r) && status == ASSAY_OK; e++)
        status = add_column(run, prefix, r, e, column++, to, error);
    free(prefix);
  }
  return status;
}

static assay_status take_run(const plan_run *run, baseline *out, assay_error *error) {
  void *grown = plan_grow(out->runs, out->n_runs, &out->room_runs, sizeof *out->runs);
  if (!grown) return no_memory(error);
  out->runs = grown;
  baseline_run *to = &out->runs[out->n_runs++];
  *to = (baseline_run){.text = strdup(run->text), .address = strdup(run->address), .seconds = NAN};
  if (!to->text || !to->address) return no_memory(error);
  memcpy(to->key, run->key, sizeof to->key);
  for (long r = 0; r < run->capacity; r++) to->stored += run->state[r] != RUN_ABSENT;
  if (to->stored > 0 && run->seconds > 0) to->seconds = run->seconds / (double)to->stored;
  to->kept = run->prefix < BASELINE_KEPT ? (int)run->prefix : BASELINE_KEPT;
  memcpy(to->state, run->state, (size_t)to->kept);
  assay_status status = run_name(run, to->name, error);
  return status == ASSAY_OK ? take_columns(run, to, error) : status;
}

assay_status baseline_make(plan *p, const char *const *patterns, int n_patterns, bool judged, baseline *out,
                           assay_error *error) {
  *out = (baseline){.version = strdup(machine_version()),
                    .fingerprint = strdup(machine_fingerprint()),
                    .machine = machine_text(),
                    .tier = p->tier,
                    .seed = p->seed,
                    .judged = judged};
  out->patterns = calloc((size_t)n_patterns + 1, sizeof *out->patterns);
  assay_status status =
      out->version && out->fingerprint && out->machine && out->patterns ? ASSAY_OK : no_memory(error);
  for (int i = 0; i < n_patterns && status == ASSAY_OK; i++) {
    out->patterns[out->n_patterns++] = strdup(patterns[i]);
    if (!out->patterns[i]) status = no_memory(error);
  }
  for (int c = 0; c < p->n_claims && status == ASSAY_OK; c++) status = take_claim(p, c, judged, out, error);
  for (int r = 0; r < p->n_runs && status == ASSAY_OK; r++)
    if (p->runs[r].prefix > 0) status = take_run(&p->runs[r], out, error);
  if (status != ASSAY_OK) baseline_free(out);
  return status;
}

/* ---- writing ---- */

static void put_number(FILE *out, const char *name, double x) {
  if (!isnan(x)) fprintf(out, "  %s %a %.17g\n", name, x, x);
}

/* One line, whatever the text holds. */
static void put_text(FILE *out, const char *name, const char *text) {
  fprintf(out, "%s ", name);
  for (const char *s = text; *s; s++) fputc((unsigned char)*s < ' ' ? ' ' : *s, out);
  fputc('\n', out);
}

static void put_cell(FILE *out, const baseline_cell *cell) {
  fprintf(out, "cell %s %s\n", assay_verdict_name(cell->verdict), cell->id);
  put_number(out, "theory", cell->theory);
  put_number(out, "theory-error", cell->theory_error);
  put_number(out, "margin", cell->margin);
  put_number(out, "estimate", cell->estimate);
  put_number(out, "se", cell->se);
  put_number(out, "lo", cell->lo);
  put_number(out, "hi", cell->hi);
  if (cell->look > 0) fprintf(out, "  used %ld\n  look %d\n", cell->used, cell->look);
  if (cell->n_runs > 0) fputs("  runs", out);
  for (int i = 0; i < cell->n_runs; i++) fprintf(out, " %s", cell->runs[i]);
  if (cell->n_runs > 0) fputc('\n', out);
  for (int c = 0; c < cell->n_controls; c++) {
    fprintf(out, "  control %s %s\n", cell->controls[c].rejected ? "rejected" : "open",
            cell->controls[c].name);
    put_number(out, "distance", cell->controls[c].distance);
  }
}

static const char *const state_names[] = {"absent", "ok", "failed", "discarded"};
enum { N_STATES = sizeof state_names / sizeof *state_names };

static void put_run(FILE *out, const baseline_run *run) {
  fprintf(out, "\nrun %s\n", run->name);
  put_text(out, "  text", run->text);
  put_text(out, "  address", run->address);
  fprintf(out, "  key %s\n  stored %ld\n", run->key, run->stored);
  if (run->kept > 0) fputs("  states", out);
  for (int r = 0; r < run->kept; r++) fprintf(out, " %s", state_names[run->state[r] % N_STATES]);
  if (run->kept > 0) fputc('\n', out);
  for (int c = 0; c < run->n_columns && run->kept > 0; c++) {
    fprintf(out, "  value %s", run->columns[c].name);
    for (int r = 0; r < run->kept; r++) {
      if (run->state[r] == RUN_OK)
        fprintf(out, " %a", run->columns[c].value[r]);
      else
        fputs(" -", out);
    }
    fputc('\n', out);
  }
}

assay_status baseline_write(const baseline *b, FILE *out, assay_error *error) {
  fputs("assay-baseline 1\n", out);
  put_text(out, "version", b->version);
  fprintf(out, "tier %s\nseed %" PRIu64 "\n", assay_tier_names[b->tier], b->seed);
  put_text(out, "fingerprint", b->fingerprint);
  put_text(out, "machine", b->machine);
  fprintf(out, "judged %s\n", b->judged ? "yes" : "no");
  for (int i = 0; i < b->n_patterns; i++) put_text(out, "pattern", b->patterns[i]);
  for (int c = 0; c < b->n_claims; c++) {
    fprintf(out, "\nclaim %s %s\n", assay_verdict_name(b->claims[c].verdict), b->claims[c].id);
    for (int i = 0; i < b->claims[c].n_cells; i++) put_cell(out, &b->claims[c].cells[i]);
  }
  for (int r = 0; r < b->n_runs; r++) put_run(out, &b->runs[r]);
  fputs("\n# what depends on the moment\n", out);
  for (int r = 0; r < b->n_runs; r++)
    if (!isnan(b->runs[r].seconds)) fprintf(out, "speed %s %.3g\n", b->runs[r].name, b->runs[r].seconds);
  if (fflush(out) == 0 && !ferror(out)) return ASSAY_OK;
  return assay_error_set(error, ASSAY_IO, "a baseline could not be written in full");
}

/* ---- finding and freeing ---- */

const baseline_claim *baseline_find_claim(const baseline *b, const char *id) {
  for (int i = 0; i < b->n_claims; i++)
    if (!strcmp(b->claims[i].id, id)) return &b->claims[i];
  return NULL;
}

const baseline_cell *baseline_find_cell(const baseline_claim *claim, const char *id) {
  for (int i = 0; i < claim->n_cells; i++)
    if (!strcmp(claim->cells[i].id, id)) return &claim->cells[i];
  return NULL;
}

const baseline_run *baseline_find_run(const baseline *b, const char *name) {
  for (int i = 0; i < b->n_runs; i++)
    if (!strcmp(b->runs[i].name, name)) return &b->runs[i];
  return NULL;
}

const baseline_column *baseline_find_column(const baseline_run *run, const char *name) {
  for (int i = 0; i < run->n_columns; i++)
    if (!strcmp(run->columns[i].name, name)) return &run->columns[i];
  return NULL;
}

static void free_claim(baseline_claim *claim) {
  for (int i = 0; i < claim->n_cells; i++) {
    for (int c = 0; c < claim->cells[i].n_controls; c++) free(claim->cells[i].controls[c].name);
    free(claim->cells[i].controls);
    free(claim->cells[i].runs);
    free(claim->cells[i].id);
  }
  free(claim->cells);
  free(claim->id);
}

static void free_run(baseline_run *run) {
  for (int c = 0; c < run->n_columns; c++) free(run->columns[c].name);
  free(run->columns);
  free(run->text);
  free(run->address);
}

void baseline_free(baseline *b) {
  for (int i = 0; i < b->n_claims; i++) free_claim(&b->claims[i]);
  for (int i = 0; i < b->n_runs; i++) free_run(&b->runs[i]);
  for (int i = 0; i < b->n_patterns; i++) free(b->patterns[i]);
  free(b->claims);
  free(b->runs);
  free(b->patterns);
  free(b->version);
  free(b->fingerprint);
  free(b->machine);
  *b = (baseline){0};
}
