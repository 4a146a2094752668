#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/session.h"
#include "cli/values.h"
#include "compare/evaluate.h"
#include "compare/judge.h"
#include "compare/registry.h"
#include "compare/runner.h"

typedef struct {
  const char *claim, *experiment;
  char **settings;
  int n_settings;
  char *size, *reps, *seed, *workers;
  bool json;
} arguments;

enum { KEY_SEED = 256, KEY_EXPERIMENT };

const struct argp_option cli_simulate_options[] = {
    {"size", 'n', "N", 0, "the size (default: the smallest of the quick tier)", 0},
    {"reps", 'r', "R", 0, "replicates (default 100)", 0},
    {"seed", KEY_SEED, "S", 0, "seed of the random streams (default 2: other draws than those that verdicts rest on)", 0},
    {"jobs", 'j', "N", 0, "worker processes (default: one for every processor)", 0},
    {"experiment", KEY_EXPERIMENT, "ID", 0, "the experiment, where a claim has several (default: the first)", 0},
    {"json", 'J', NULL, 0, "one JSON object a point and line", 0},
    CLI_DATA_OPTION,
    {0}};

static error_t parse(int key, char *value, struct argp_state *state) {
  arguments *a = state->input;
  switch (key) {
  case CLI_KEY_DATA: return cli_use_data(value) ? 0 : EINVAL;
  case 'n': a->size = value; return 0;
  case 'r': a->reps = value; return 0;
  case 'j': a->workers = value; return 0;
  case 'J': a->json = true; return 0;
  case KEY_SEED: a->seed = value; return 0;
  case KEY_EXPERIMENT: a->experiment = value; return 0;
  case ARGP_KEY_ARG:
    if (!a->claim) a->claim = value;
    else a->settings[a->n_settings++] = value;
    return 0;
  case ARGP_KEY_END:
    if (!a->claim) argp_error(state, "which CLAIM? `assay list` names them");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

/* ---- the claim as if it had this one point, with everything shown and nothing judged ---- */

enum { MOST_TARGETS = 64 };

typedef struct {
  assay_claim claim;
  assay_paper paper;
  const assay_claim *claims[2];
  const assay_paper *papers[2];
  assay_leg legs[2];
  const char *points[2];
  assay_target targets[MOST_TARGETS + 1];
  char *point_text, *size_text;
} single_point;

static const assay_leg *choose_leg(const assay_claim *claim, const char *experiment) {
  char known[512] = "";
  size_t used = 0;
  for (const assay_leg *leg = claim->legs; leg && leg->points; leg++) {
    if (!leg->experiment) continue;
    if (!experiment || !strcmp(leg->experiment->id, experiment)) return leg;
    if (strstr(known, leg->experiment->id)) continue;
    int more = snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", leg->experiment->id);
    if (more > 0 && used + (size_t)more < sizeof known) used += (size_t)more;
  }
  if (experiment) cli_fail("%s has no experiment '%.64s'; known: %s", claim->id, experiment, known);
  else cli_fail("%s has no experiment: it is checked without a simulation", claim->id);
  return NULL;
}

static bool has_records(const assay_experiment *experiment, const assay_target *t) {
  const char *s = t->records ? t->records : t->name;
  for (int i = 0; experiment->records[i].name; i++)
    if (!strcmp(experiment->records[i].name, s)) return true;
  return false;
}

/* Targets of one record at one point; each name once. */
static int choose_targets(const assay_claim *claim, const assay_experiment *experiment, assay_target *out) {
  int n = 0;
  for (const assay_target *t = claim->targets; t && t->name && n < MOST_TARGETS; t++) {
    bool simple = !t->along && !t->against && !t->reduce && t->estimand != ASSAY_EXTRAPOLATED && has_records(experiment, t);
    const char *title = t->title ? t->title : t->name;
    for (int i = 0; i < n && simple; i++) simple = strcmp(title, out[i].title ? out[i].title : out[i].name) != 0;
    if (!simple) continue;
    out[n] = *t;
    out[n].points = NULL;
    out[n].exploratory = true;
    if (t->estimand == ASSAY_EXACT) out[n].estimand = ASSAY_MEAN;
    n++;
  }
  /* Observables that are recorded under their own name and that no target judges at a single point. */
  for (int o = 0; claim->observables[o].name && n < MOST_TARGETS; o++) {
    assay_target t = {.name = claim->observables[o].name, .exploratory = true};
    bool there = false;
    for (int i = 0; i < n; i++) there |= !strcmp(out[i].title ? out[i].title : out[i].name, t.name);
    if (!there && has_records(experiment, &t)) out[n++] = t;
  }
  out[n] = (assay_target){0};
  return n;
}

static bool is_param(const assay_param *params, const char *setting) {
  size_t n = strcspn(setting, "=");
  for (; params->name; params++)
    if (strlen(params->name) == n && !strncmp(params->name, setting, n)) return true;
  return false;
}

/* Settings of the claim go into the point; the experiment's own ones after the size. */
static bool write_point(single_point *s, const assay_claim *claim, const assay_leg *leg, const arguments *a, const char *size) {
  const char *size_name = plan_size_name(claim->params);
  size_t room;
  FILE *point_out = open_memstream(&s->point_text, &room), *size_out = open_memstream(&s->size_text, &room);
  if (!point_out || !size_out) return false;
  fputs("given:", point_out);
  if (size_name && size) fprintf(size_out, "%s=%s", size_name, size);
  for (int i = 0; i < a->n_settings; i++) {
    bool own = !is_param(claim->params, a->settings[i]) && is_param(leg->experiment->params, a->settings[i]);
    fprintf(own ? size_out : point_out, " %s", a->settings[i]);
  }
  return fclose(point_out) == 0 && fclose(size_out) == 0;
}

static const char *smallest_size(const assay_claim *claim, const assay_leg *leg, char *text, size_t room) {
  const char *sizes = leg->sizes[ASSAY_QUICK] ? leg->sizes[ASSAY_QUICK]
                      : leg->sizes[ASSAY_STANDARD] ? leg->sizes[ASSAY_STANDARD] : leg->sizes[ASSAY_DEEP];
  const char *equals = sizes ? strchr(sizes, '=') : NULL;
  (void)claim;
  if (!equals) return NULL;
  snprintf(text, room, "%.*s", (int)strcspn(equals + 1, ", "), equals + 1);
  return text;
}

static bool single_point_make(single_point *s, const assay_claim *claim, const assay_leg *leg, const arguments *a, long reps) {
  char size[32];
  if (!write_point(s, claim, leg, a, a->size ? a->size : smallest_size(claim, leg, size, sizeof size))) return false;
  s->points[0] = s->point_text;
  s->legs[0] = *leg;
  s->legs[0].points = s->points;
  s->legs[0].sizes[0] = s->size_text;
  s->legs[0].first[0] = reps;
  s->legs[0].looks[0] = 1;
  s->claim = *claim;
  s->claim.legs = s->legs;
  s->claim.controls = NULL;
  s->claim.targets = s->targets;
  s->claim.figures = NULL;
  choose_targets(claim, leg->experiment, s->targets);
  s->claims[0] = &s->claim;
  s->paper = (assay_paper){.abi = ASSAY_ABI, .size = sizeof s->paper, .slug = "", .claims = s->claims};
  s->papers[0] = &s->paper;
  return true;
}

/* ---- output ---- */

static void print_point(plan *p, const plan_cell *first, double size, bool json) {
  assay_error error = {0};
  const assay_call *at = first->sample.points[0];
  json_t *observables = json_object();
  long used = 0;
  if (!json) {
    char *text = assay_call_text(at, 0);
    printf("%s\n", text ? text : "");
    free(text);
  }
  for (int i = 0; i < p->n_cells; i++) {
    plan_cell *cell = &p->cells[i];
    char *here = assay_call_text(cell->sample.points[0], 0), *there = assay_call_text(at, 0), name[96];
    bool same = here && there && !strcmp(here, there);
    free(here);
    free(there);
    if (!same) continue;
    const char *colon = strrchr(cell->result.id, ':');
    double value, se;
    snprintf(name, sizeof name, "%s", colon ? colon + 1 : cell->result.target);
    judge_estimate(p, cell, cell->first, &value, &se, &used, &error);
    if (json) json_object_set_new(observables, name, values_pair(value, se));
    else printf("  %-14s %.10g +- %.2g\n", name, value, se);
  }
  if (!json) {
    printf("  (%ld replicates)\n", used);
    json_decref(observables);
    return;
  }
  values_print_json(json_pack("{s:s,s:o,s:o,s:o,s:I}", "claim", p->claims[0].claim->id, "params",
                              values_params(at), "size",
                              isnan(size) ? json_null() : json_integer((json_int_t)size), "observables",
                              observables, "replicates", (json_int_t)used));
}

static bool seen_before(const plan *p, int index) {
  char *here = assay_call_text(p->cells[index].sample.points[0], 0);
  bool seen = false;
  for (int i = 0; i < index && here && !seen; i++) {
    char *there = assay_call_text(p->cells[i].sample.points[0], 0);
    seen = there && !strcmp(here, there);
    free(there);
  }
  free(here);
  return seen;
}

static void keep_first(void *with, long replicate, const char *reason) {
  char **first = with;
  if (!*first && asprintf(first, "replicate %ld: %s", replicate, reason) < 0) *first = NULL;
}

/* Data with holes is no success: says how many, and the first reason. */
static int report_failures(session *s) {
  assay_error error;
  long failed = 0, all = 0;
  char *first = NULL;
  for (int i = 0; i < s->p.n_runs; i++) {
    const plan_run *run = &s->p.runs[i];
    for (long r = 0; r < run->prefix; r++) failed += run->state[r] == RUN_FAILED;
    all += run->prefix;
    if (store_failures(s->s, run, keep_first, &first, &error) != ASSAY_OK) cli_fail("%s", error.text);
  }
  if (failed) cli_fail("%ld of %ld replicates failed and are left out (%s)", failed, all, first ? first : "no reason");
  free(first);
  return failed ? EXIT_MISTAKE : EXIT_GOOD;
}

static int print_all(session *s, bool json) {
  plan *p = &s->p;
  for (int i = 0; i < p->n_cells; i++) {
    if (seen_before(p, i)) continue;
    double size = *p->cells[i].result.sizes ? strtod(p->cells[i].result.sizes, NULL) : NAN;
    print_point(p, &p->cells[i], size, json);
  }
  return report_failures(s);
}

/* Records are kept in memory until they are summed up. */
static const double MOST_BYTES = 2.0 * (1 << 30);

static int run_all(session *s, long reps, int workers) {
  assay_error error = {0};
  runner_report report;
  runner_options o = {.workers = workers, .executable = "/proc/self/exe", .stop = &cli_interrupted};
  if (s->p.claims[0].broken) return cli_fail("%s: %s", s->p.claims[0].claim->id, s->p.claims[0].reason);
  if (s->p.n_cells == 0) return cli_fail("%s: nothing of this experiment is an observable of the claim", s->p.claims[0].claim->id);
  for (int i = 0; i < s->p.n_runs; i++) {
    double bytes = (double)reps * s->p.runs[i].readouts * s->p.runs[i].width * sizeof(double);
    if (bytes > MOST_BYTES)
      return cli_fail("--reps %ld would take %.3g GiB of records; at most %g are kept", reps, bytes / (1 << 30), MOST_BYTES / (1 << 30));
    s->p.runs[i].need = reps;
  }
  for (int i = 0; i < s->p.n_cells; i++) s->p.cells[i].open = false;
  cli_catch_interrupts();
  if (runner_run(&s->p, s->s, &o, &report, &error) != ASSAY_OK) return cli_fail("%s", error.text);
  return report.interrupted ? EXIT_INTERRUPTED : EXIT_GOOD;
}

static int simulate(const assay_paper *const *papers, const arguments *a) {
  assay_error error = {0};
  long reps = 100, workers = cli_processors();
  uint64_t seed = CLI_PILOT_SEED;
  if (a->reps && !cli_read_long("--reps", a->reps, 2, 100000000, &reps)) return EXIT_MISTAKE;
  if (a->workers && !cli_read_long("--jobs", a->workers, 1, 256, &workers)) return EXIT_MISTAKE;
  if (a->seed && !cli_read_seed(a->seed, &seed)) return EXIT_MISTAKE;
  long whole;
  if (a->size && !cli_read_long("--size", a->size, 1, 1L << 40, &whole)) return EXIT_MISTAKE;
  const assay_claim *claim = registry_claim(papers, a->claim, &error);
  if (!claim) return cli_fail("%s", error.text);
  assay_call *call = assay_call_new(claim->params, claim->observables, &error);
  const assay_leg *leg = call ? choose_leg(claim, a->experiment) : NULL;
  int status = leg ? EXIT_GOOD : EXIT_MISTAKE;
  for (int i = 0; i < a->n_settings && status == EXIT_GOOD; i++) {
    const char *size = plan_size_name(claim->params);
    if (size && strcspn(a->settings[i], "=") == strlen(size) && !strncmp(a->settings[i], size, strlen(size)))
      status = cli_fail("%s is the size of %s; give it with --size", size, claim->id);
    bool own = leg->experiment && !is_param(claim->params, a->settings[i]) && is_param(leg->experiment->params, a->settings[i]);
    if (status == EXIT_GOOD && !own && !cli_set_arguments(claim, call, &a->settings[i], 1, true)) status = EXIT_MISTAKE;
  }
  assay_call_free(call);
  if (status != EXIT_GOOD) return status;
  single_point one = {0};
  char *path = cli_private_store();
  session_request want = {.seed = seed, .tier = ASSAY_QUICK};
  session s = {0};
  status = path && single_point_make(&one, claim, leg, a, reps) ? EXIT_GOOD : EXIT_MISTAKE;
  if (status == EXIT_GOOD) status = session_open(&s, &want, one.papers, path, STORE_PRIVATE);
  if (status == EXIT_GOOD) {
    status = run_all(&s, reps, (int)workers);
    if (status == EXIT_GOOD) status = print_all(&s, a->json);
    status = session_close(&s, true, false, status);
  }
  free(path);
  free(one.point_text);
  free(one.size_text);
  return status;
}

int cli_simulate(const assay_paper *const *papers, int argc, char **argv) {
  static const struct argp argp = {cli_simulate_options, parse, "CLAIM [name=value...]",
      "Runs the experiment of a claim at any point and prints what it measures, with standard errors."
      "\vParameters of the claim and of its experiment may be given; a read-out may have several values (t=.25,.5,1).",
      NULL, NULL, NULL};
  arguments a = {.settings = calloc((size_t)argc + 1, sizeof(char *))};
  int status = EXIT_MISTAKE;
  if (a.settings && !argp_parse(&argp, argc, argv, 0, NULL, &a)) status = simulate(papers, &a);
  free(a.settings);
  return status;
}
