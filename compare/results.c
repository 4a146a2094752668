#include "compare/results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/figures.h"
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
    if (figures) figures_draw(p, c, r);
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
  figures_free(r);
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
