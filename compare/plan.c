#include "compare/plan.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/evaluate.h"
#include "compare/hash.h"
#include "compare/machine.h"
#include "compare/plan_private.h"

void *plan_grow(void *array, int n, int *room, size_t element) {
  if (n < *room) return array;
  int more = *room ? 2 * *room : 16;
  void *grown = realloc(array, (size_t)more * element);
  if (!grown) return NULL;
  memset((char *)grown + (size_t)n * element, 0, (size_t)(more - n) * element);
  *room = more;
  return grown;
}

/* ---- selecting claims ---- */

static assay_status no_match(const assay_paper *const *papers, const char *glob, assay_error *error) {
  const char *names[1024];
  size_t count = 0;
  for (; *papers; papers++)
    for (const assay_claim *const *c = (*papers)->claims; *c && count < 1024; c++) names[count++] = (*c)->id;
  const char *nearest = assay_nearest(glob, names, count);
  return assay_error_set(error, ASSAY_USAGE, "no claim matches '%.100s'%s%s%s (`assay list` names them all)", glob,
                         nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

assay_status plan_select(const assay_paper *const *papers, const char *const *globs, int n_globs, plan *p,
                         assay_error *error) {
  int room = 0;
  for (int g = 0; g < n_globs; g++) {
    bool matched = false;
    for (const assay_paper *const *paper = papers; *paper; paper++)
      for (const assay_claim *const *c = (*paper)->claims; *c; c++) matched |= fnmatch(globs[g], (*c)->id, 0) == 0;
    if (!matched) return no_match(papers, globs[g], error);
  }
  for (; *papers; papers++) {
    if ((*papers)->abi != ASSAY_ABI || (*papers)->size != sizeof(assay_paper))
      return assay_error_set(error, ASSAY_USAGE, "paper '%s' was built for another version of the claim header",
                             (*papers)->slug);
    for (const assay_claim *const *c = (*papers)->claims; *c; c++) {
      bool wanted = n_globs == 0;
      for (int g = 0; g < n_globs && !wanted; g++) wanted = fnmatch(globs[g], (*c)->id, 0) == 0;
      if (!wanted) continue;
      void *grown = plan_grow(p->claims, p->n_claims, &room, sizeof *p->claims);
      if (!grown) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for the claims");
      p->claims = grown;
      p->claims[p->n_claims++] = (plan_claim){.claim = *c, .paper = *papers};
    }
  }
  return ASSAY_OK;
}

/* ---- runs ---- */

const char *plan_size_name(const assay_param *params) {
  for (; params->name; params++)
    if (params->role & ASSAY_SIZE) return params->name;
  return NULL;
}

static bool add_value(double *v, int *n, double x) {
  for (int i = 0; i < *n; i++)
    if (v[i] == x) return false;
  int at = (*n)++;
  for (; at > 0 && v[at - 1] > x; at--) v[at] = v[at - 1];
  v[at] = x;
  return true;
}

/* Adds the read-outs of `sim` to those of the run. */
static assay_status merge_readouts(plan_run *run, const assay_call *sim, assay_error *error) {
  for (const assay_param *p = run->experiment->params; p->name; p++) {
    if (!(p->role & ASSAY_READOUT)) continue;
    int old, more;
    const double *a = assay_list(run->sim, p->name, &old), *b = assay_list(sim, p->name, &more);
    double *all = malloc(((size_t)(old + more) + 1) * sizeof *all);
    if (!all) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for read-outs");
    int n = 0;
    for (int i = 0; i < old; i++) add_value(all, &n, a[i]);
    for (int i = 0; i < more; i++) add_value(all, &n, b[i]);
    assay_status status = n ? assay_set_list(run->sim, p->name, all, n) : ASSAY_OK;
    free(all);
    if (status != ASSAY_OK) return assay_error_set(error, status, "%s", assay_call_error(run->sim)->text);
  }
  return ASSAY_OK;
}

static char *run_text(const assay_experiment *experiment, const assay_call *sim, unsigned without, uint64_t seed) {
  char *at = assay_call_text(sim, without), *text = NULL;
  if (!at || asprintf(&text, "seed=%llu experiment=%s %s", (unsigned long long)seed, experiment->id, at) < 0)
    text = NULL;
  free(at);
  return text;
}

/* The run at `sim` (copied), made if it is new; -1 on error. */
static int add_run(plan *p, const assay_experiment *experiment, const assay_call *sim, const char *data, const char *address,
                   assay_error *error) {
  assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a run");
  char *text = run_text(experiment, sim, ASSAY_READOUT, p->seed);
  if (!text) return -1;
  for (int i = 0; i < p->n_runs; i++)
    if (p->runs[i].experiment == experiment && !strcmp(p->runs[i].text, text)) {
      free(text);
      return merge_readouts(&p->runs[i], sim, error) == ASSAY_OK ? i : -1;
    }
  plan_run *runs = plan_grow(p->runs, p->n_runs, &p->hidden->room_runs, sizeof *runs);
  char *stream = run_text(experiment, sim, ASSAY_READOUT | ASSAY_PAIRED, p->seed);
  plan_run run = {.experiment = experiment, .data = data, .text = text, .address = strdup(address), .sim = assay_call_copy(sim, error)};
  if (runs) p->runs = runs;
  if (!runs || !stream || !run.address || !run.sim || hash_key(stream, &run.stream, error) != ASSAY_OK) {
    free(stream);
    free(text);
    free(run.address);
    assay_call_free(run.sim);
    return -1;
  }
  free(stream);
  p->runs[p->n_runs] = run;
  return p->n_runs++;
}

/* Once all read-outs are known: widths and the name in a store. */
static assay_status finish_run(plan_run *run, uint64_t seed, assay_error *error) {
  run->readouts = 1;
  for (const assay_param *q = run->experiment->params; q->name; q++) {
    int n;
    if (q->role & ASSAY_READOUT) assay_list(run->sim, q->name, &n), run->readouts *= n > 0 ? n : 1;
  }
  run->width = 0;
  for (int r = 0; run->experiment->records[r].name; r++) run->width += assay_observable_length(run->sim, r);
  free(run->stored_text);
  run->stored_text = NULL;
  char *text = run_text(run->experiment, run->sim, 0, seed), data[HASH_TEXT];
  assay_status status = hash_data(run->data, data, error);
  if (status == ASSAY_OK && text &&
      asprintf(&run->stored_text, "%s data=%s fingerprint=%s", text, data, machine_fingerprint()) < 0)
    run->stored_text = NULL;
  free(text);
  if (status != ASSAY_OK) return status;
  if (!run->stored_text) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a run");
  return hash_text(run->stored_text, run->key, error);
}

assay_status plan_reserve(plan_run *run, long n, assay_error *error) {
  if (n <= run->capacity) return ASSAY_OK;
  long more = run->capacity ? run->capacity : 256;
  while (more < n) more *= 2;
  size_t row = (size_t)run->readouts * (size_t)run->width * sizeof *run->values;
  double *values = realloc(run->values, (size_t)more * row);
  if (values) run->values = values;
  unsigned char *state = realloc(run->state, (size_t)more);
  if (state) run->state = state;
  if (!values || !state)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %ld replicates of %zu bytes (%s)", more, row,
                           run->address);
  memset(run->state + run->capacity, RUN_ABSENT, (size_t)(more - run->capacity));
  run->capacity = more;
  return ASSAY_OK;
}

void plan_mark(plan_run *run, long replicate, int state) {
  run->state[replicate] = (unsigned char)state;
  while (run->prefix < run->capacity && run->state[run->prefix] != RUN_ABSENT) run->prefix++;
}

/* ---- instances ---- */

int plan_count_controls(const assay_claim *claim) {
  int n = 0;
  while (claim->controls && claim->controls[n].name) n++;
  return n;
}

static bool size_listed(const char *sizes, double size) {
  char text[32];
  snprintf(text, sizeof text, "%.15g", size);
  return !sizes || point_matches(sizes, text);
}

bool plan_control_applies(const assay_control *c, assay_tier tier, const char *const *names, double size) {
  if (c->tiers && !(c->tiers & 1u << tier)) return false;
  if (!size_listed(c->sizes, size)) return false;
  for (; *names; names++)
    if (point_matches(c->points, *names)) return true;
  return false;
}

/* Does some glob, whatever read-outs it goes on to name, match the point? */
static bool point_mentioned(const char *globs, const point *at) {
  if (point_matches(globs, at->label)) return true;
  char glob[128];
  for (const char *s = globs; *s; s += *s == ',') {
    size_t n = strcspn(s, ","), stem = strcspn(s, ":,");
    snprintf(glob, sizeof glob, "%.*s", (int)stem, s);
    if (point_matches(glob, at->base)) return true;
    s += n;
  }
  return false;
}

/* The parameters that stand behind the sizes: on the claim's call when it has them, else on the simulation's (NULL: left out). */
static assay_status set_extras(const char *extras, assay_call *call, assay_call *sim, assay_error *error) {
  char word[256], name[128];
  assay_status status = ASSAY_OK;
  for (const char *s = extras + strspn(extras, " "); *s && status == ASSAY_OK; s += strspn(s, " ")) {
    size_t n = strcspn(s, " ");
    snprintf(word, sizeof word, "%.*s", (int)n, s);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    assay_call *to = assay_has_param(call, name) ? call : sim;
    if (to) status = point_set_words(to, word, true, error);
    s += n;
  }
  return status;
}

static assay_status arrange(const assay_claim *claim, const assay_leg *leg, const char *extras, assay_call *call,
                            assay_call *sim, assay_call *realised, assay_error *error) {
  assay_status status = assay_copy_params(sim, call, error);
  if (status == ASSAY_OK) status = set_extras(extras, call, sim, error);
  if (status != ASSAY_OK || !leg->arrange) return status;
  assay_call *all[] = {call, sim, realised};
  status = leg->arrange(call, sim, realised);
  for (int i = 0; i < 3; i++) {
    const assay_error *why = assay_call_error(all[i]);
    if (status != ASSAY_OK || why->status != ASSAY_OK)
      if (why->text[0]) return assay_error_set(error, why->status, "%s", why->text);
  }
  return status == ASSAY_OK ? ASSAY_OK : assay_error_set(error, status, "%s: a leg could not be arranged", claim->id);
}

static assay_status add_control_runs(plan *p, const assay_claim *claim, instance *at, const char *address,
                                     assay_error *error) {
  int n = plan_count_controls(claim);
  at->control_run = malloc(((size_t)n + 1) * sizeof *at->control_run);
  if (!at->control_run) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for controls");
  for (int c = 0; c < n; c++) {
    const assay_control *control = &claim->controls[c];
    at->control_run[c] = -1;
    if (!control->change && !control->experiment) continue;
    if (control->tiers && !(control->tiers & 1u << p->tier)) continue;
    if (!size_listed(control->sizes, at->size) || !point_mentioned(control->points, at->at)) continue;
    const assay_experiment *experiment = control->experiment ? control->experiment : claim->legs[at->leg].experiment;
    if (!experiment) continue;
    assay_call *sim = assay_call_new(experiment->params, experiment->records, error);
    assay_status status = sim ? assay_copy_params(sim, at->sim, error) : ASSAY_NO_MEMORY;
    if (status == ASSAY_OK && control->change) status = point_set_words(sim, control->change, true, error);
    if (status == ASSAY_OK) status = assay_call_complete(sim, error);
    if (status == ASSAY_OK) {
      char name[512];
      snprintf(name, sizeof name, "%s (control '%s')", address, control->name);
      at->control_run[c] = add_run(p, experiment, sim, claim->data, name, error);
      if (at->control_run[c] < 0) status = error->status;
    }
    assay_call_free(sim);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}

/* One claim, leg, point and size. */
static assay_status add_instance(plan *p, int claim_index, int leg_index, const point *at, double size,
                                 const char *extras, assay_error *error) {
  const assay_claim *claim = p->claims[claim_index].claim;
  const assay_leg *leg = &claim->legs[leg_index];
  struct plan_private *hidden = p->hidden;
  instance *instances = plan_grow(hidden->instances, hidden->n_instances, &hidden->room_instances, sizeof *instances);
  if (!instances) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a point");
  hidden->instances = instances;
  instance made = {.claim = claim_index, .leg = leg_index, .at = at, .size = size, .run = -1};
  assay_call *call = assay_call_copy(at->call, error);
  assay_status status = call ? ASSAY_OK : ASSAY_NO_MEMORY;
  if (status == ASSAY_OK && !isnan(size)) {
    status = assay_set(call, plan_size_name(claim->params), size);
    if (status != ASSAY_OK) assay_error_set(error, status, "%s", assay_call_error(call)->text);
  }
  if (status == ASSAY_OK) status = set_extras(extras, call, NULL, error);
  if (status == ASSAY_OK) status = assay_call_complete(call, error);
  if (status == ASSAY_OK && !(made.realised = assay_call_copy(call, error))) status = ASSAY_NO_MEMORY;
  if (status == ASSAY_OK && leg->experiment) {
    made.sim = assay_call_new(leg->experiment->params, leg->experiment->records, error);
    status = made.sim ? arrange(claim, leg, extras, call, made.sim, made.realised, error) : ASSAY_NO_MEMORY;
    if (status == ASSAY_OK) status = assay_call_complete(made.sim, error);
    if (status == ASSAY_OK) {
      char address[512];
      snprintf(address, sizeof address, "%s/%s/%.15g", claim->id, at->label, size);
      made.run = add_run(p, leg->experiment, made.sim, claim->data, address, error);
      if (made.run < 0) status = error->status;
      else status = add_control_runs(p, claim, &made, address, error);
    }
  }
  assay_call_free(call);
  hidden->instances[hidden->n_instances++] = made;
  if (status == ASSAY_OK) return ASSAY_OK;
  assay_error why = *error;
  return assay_error_set(error, status, "point %s: %s", at->label, why.text);
}

/* "d=100,200 draws=50" into the sizes and the rest. */
static assay_status read_sizes(const assay_claim *claim, const char *text, double *size, int *n, const char **extras,
                               assay_error *error) {
  const char *name = plan_size_name(claim->params);
  size_t length = name ? strlen(name) : 0;
  *n = 1;
  size[0] = NAN;
  *extras = text;
  if (!name || strncmp(text, name, length) || text[length] != '=') return ASSAY_OK;
  *n = 0;
  const char *s = text + length;
  do {
    char *end;
    double value = strtod(s + 1, &end);
    if (end == s + 1 || *n == 32)
      return assay_error_set(error, ASSAY_USAGE, "%s: the sizes '%s' cannot be read", claim->id, text);
    size[(*n)++] = value;
    s = end;
  } while (*s == ',');
  *extras = s;
  return ASSAY_OK;
}

static assay_status plan_leg(plan *p, int claim_index, int leg_index, assay_error *error) {
  const assay_claim *claim = p->claims[claim_index].claim;
  const assay_leg *leg = &claim->legs[leg_index];
  point_list *points = &p->hidden->points[claim_index];
  if (!leg->sizes[p->tier]) return ASSAY_OK;
  double size[32];
  int sizes;
  const char *extras;
  assay_status status = read_sizes(claim, leg->sizes[p->tier], size, &sizes, &extras, error);
  int looks = leg->looks[p->tier];
  if (status == ASSAY_OK && leg->experiment && (looks < 1 || looks > ASSAY_LOOKS || leg->first[p->tier] < 1))
    status = assay_error_set(error, ASSAY_USAGE, "%s: a leg has %d looks of %ld replicates", claim->id, looks,
                             leg->first[p->tier]);
  for (int i = 0; status == ASSAY_OK && leg->points[i]; i++) {
    /* The points of all legs were parsed before, so that instances can hold on to them. */
    const char *colon = strchr(leg->points[i], ':');
    for (int k = 0; k < points->n && status == ASSAY_OK; k++) {
      size_t length = colon ? (size_t)(colon - leg->points[i]) : 0;
      if (strlen(points->at[k].base) != length || strncmp(points->at[k].base, leg->points[i], length)) continue;
      for (int s = 0; s < sizes && status == ASSAY_OK; s++)
        status = add_instance(p, claim_index, leg_index, &points->at[k], size[s], extras, error);
    }
  }
  return status;
}

/* Every glob names some point: a misspelt one would silently judge nothing. */
static assay_status check_globs(const assay_claim *claim, const char *globs, bool readouts, const point_list *points,
                                const char *what, const char *name, assay_error *error) {
  char glob[128];
  for (const char *s = globs ? globs : ""; *s; s += *s == ',') {
    size_t n = strcspn(s, ",");
    bool named = false;
    snprintf(glob, sizeof glob, "%.*s", (int)n, s);
    for (int i = 0; i < points->n && !named; i++) {
      const point *at = &points->at[i];
      named = readouts ? point_mentioned(glob, at) : point_matches(glob, at->label) || point_matches(glob, at->base);
    }
    if (!named)
      return assay_error_set(error, ASSAY_USAGE, "%s, %s '%s': no point is called %s", claim->id, what, name, glob);
    s += n;
  }
  return ASSAY_OK;
}

static assay_status check_all_globs(const assay_claim *claim, const point_list *points, assay_error *error) {
  assay_status status = ASSAY_OK;
  for (const assay_target *t = claim->targets; t && t->name && status == ASSAY_OK; t++)
    status = check_globs(claim, t->points, false, points, "target", t->title ? t->title : t->name, error);
  for (const assay_control *c = claim->controls; c && c->name && status == ASSAY_OK; c++)
    status = check_globs(claim, c->points, true, points, "control", c->name, error);
  return status;
}

static assay_status plan_runs_of(plan *p, int claim_index, assay_error *error) {
  const assay_claim *claim = p->claims[claim_index].claim;
  assay_status status = claim->data ? data_check(claim->data, error) : ASSAY_OK;
  for (int l = 0; status == ASSAY_OK && claim->legs && claim->legs[l].points; l++)
    for (int i = 0; status == ASSAY_OK && claim->legs[l].points[i]; i++)
      status = point_parse(claim, claim->legs[l].points[i], &p->hidden->points[claim_index], error);
  if (status == ASSAY_OK) status = check_all_globs(claim, &p->hidden->points[claim_index], error);
  for (int l = 0; status == ASSAY_OK && claim->legs && claim->legs[l].points; l++)
    status = plan_leg(p, claim_index, l, error);
  return status;
}

static void mark_broken(plan_claim *claim, const assay_error *error) {
  claim->broken = error->status == ASSAY_NO_DATA ? ASSAY_VERDICT_SKIPPED : ASSAY_VERDICT_ERROR;
  snprintf(claim->reason, sizeof claim->reason, "%s", error->text);
}

assay_status plan_build(plan *p, assay_tier tier, uint64_t seed, assay_error *error) {
  p->tier = tier;
  p->seed = seed;
  p->hidden = calloc(1, sizeof *p->hidden);
  if (p->hidden) p->hidden->points = calloc((size_t)p->n_claims + 1, sizeof *p->hidden->points);
  if (!p->hidden || !p->hidden->points) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a plan");
  for (int c = 0; c < p->n_claims; c++) {
    assay_error why = {0};
    if (plan_runs_of(p, c, &why) != ASSAY_OK) mark_broken(&p->claims[c], &why);
  }
  for (int r = 0; r < p->n_runs; r++) {
    assay_status status = finish_run(&p->runs[r], seed, error);
    if (status != ASSAY_OK) return status;
  }
  for (int c = 0; c < p->n_claims; c++) {
    assay_error why = {0};
    if (!p->claims[c].broken && cells_build(p, c, &why) != ASSAY_OK) mark_broken(&p->claims[c], &why);
  }
  return ASSAY_OK;
}

plan_run *plan_find_run(plan *p, const char *claim, const char *label, double size, assay_error *error) {
  char known[512] = "";
  size_t used = 0;
  for (int i = 0; i < p->hidden->n_instances; i++) {
    const instance *at = &p->hidden->instances[i];
    if (at->run < 0 || strcmp(p->claims[at->claim].claim->id, claim)) continue;
    bool same = at->size == size || (isnan(at->size) && isnan(size));
    if (!strcmp(at->at->label, label) && same) return &p->runs[at->run];
    int more = snprintf(known + used, sizeof known - used, "%s%s/%.15g", used ? ", " : "", at->at->label, at->size);
    if (more > 0 && used + (size_t)more < sizeof known) used += (size_t)more;
  }
  assay_error_set(error, ASSAY_USAGE, "no simulated point %s at size %.15g; known: %s", label, size, known);
  return NULL;
}

/* ---- freeing ---- */

static void free_sample(plan_sample *s) {
  free(s->group);
  free(s->axis);
  free(s->points);
  free(s->theory);
}

static void free_cell(plan_cell *cell) {
  free_sample(&cell->sample);
  for (int c = 0; c < cell->result.n_controls; c++) free_sample(&cell->controls[c].sample);
  free(cell->controls);
  free(cell->result.controls);
  free(cell->result.point);
  free(cell->result.id);
  free(cell->result.params);
  free(cell->result.sizes);
}

void plan_free(plan *p) {
  for (int i = 0; i < p->n_runs; i++) {
    plan_run *run = &p->runs[i];
    assay_call_free(run->sim);
    free(run->text);
    free(run->stored_text);
    free(run->address);
    free(run->values);
    free(run->state);
  }
  for (int i = 0; i < p->n_cells; i++) free_cell(&p->cells[i]);
  for (int i = 0; p->hidden && i < p->hidden->n_instances; i++) {
    assay_call_free(p->hidden->instances[i].realised);
    assay_call_free(p->hidden->instances[i].sim);
    free(p->hidden->instances[i].control_run);
  }
  for (int i = 0; p->hidden && i < p->hidden->n_predictions; i++) {
    free(p->hidden->predictions[i].text);
    assay_call_free(p->hidden->predictions[i].call);
  }
  if (p->hidden) {
    for (int c = 0; p->hidden->points && c < p->n_claims; c++) point_list_free(&p->hidden->points[c]);
    for (int i = 0; i < p->hidden->n_kept; i++) assay_call_free(p->hidden->kept[i]);
    free(p->hidden->kept);
    free(p->hidden->points);
    free(p->hidden->instances);
    free(p->hidden->predictions);
  }
  free(p->hidden);
  free(p->claims);
  free(p->runs);
  free(p->cells);
  *p = (plan){0};
}
