#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/session.h"
#include "compare/registry.h"
#include "compare/worker.h"

typedef struct {
  char *address, *store, *tier, *seed;
} arguments;

enum { KEY_STORE = 256, KEY_SEED };

const struct argp_option cli_replay_options[] = {
    {"store", KEY_STORE, "FILE", 0, "compare with what FILE holds", 0},
    {"tier", 't', "TIER", 0, "the tier that has the point and size (default: the first that has)", 0},
    {"seed", KEY_SEED, "S", 0, "seed of the random streams (default 1)", 0},
    CLI_DATA_OPTION,
    {0}};

static error_t parse(int key, char *value, struct argp_state *state) {
  arguments *a = state->input;
  switch (key) {
  case CLI_KEY_DATA: return cli_use_data(value) ? 0 : EINVAL;
  case KEY_STORE: a->store = value; return 0;
  case 't': a->tier = value; return 0;
  case KEY_SEED: a->seed = value; return 0;
  case ARGP_KEY_ARG:
    if (a->address) argp_error(state, "one replicate at a time");
    a->address = value;
    return 0;
  case ARGP_KEY_END:
    if (!a->address) argp_error(state, "which CLAIM/POINT/SIZE/REPLICATE?");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

bool cli_read_address(const char *text, cli_address *out) {
  const char *part[5];
  int n = 0;
  for (const char *s = text; s && n < 5; s = strchr(s, '/') ? strchr(s, '/') + 1 : NULL) part[n++] = s;
  char *end_size = NULL, *end = NULL;
  if (n == 5) {
    snprintf(out->claim, sizeof out->claim, "%.*s", (int)(part[2] - part[0] - 1), part[0]);
    snprintf(out->label, sizeof out->label, "%.*s", (int)(part[3] - part[2] - 1), part[2]);
    out->size = strtod(part[3], &end_size);
    out->replicate = strtol(part[4], &end, 10);
  }
  if (n == 5 && *end_size == '/' && end_size > part[3] && end > part[4] && !*end && out->replicate >= 0 && part[4][0] != '-')
    return true;
  cli_fail("'%.200s' is not an address; it has the form slug/name/POINT/SIZE/REPLICATE, e.g. dp-sgd/final-risk/I1/200/0", text);
  return false;
}

static void print_values(const plan_run *run, const double *out) {
  for (int k = 0; k < run->readouts; k++) {
    int column = 0;
    if (run->readouts > 1) printf("read-out %d\n", k + 1);
    for (int r = 0; run->experiment->records[r].name; r++) {
      int length = assay_observable_length(run->sim, r);
      for (int e = 0; e < length; e++, column++) {
        double x = out[k * run->width + column];
        char name[96];
        snprintf(name, sizeof name, run->experiment->records[r].length ? "%s%d" : "%s", run->experiment->records[r].name, e + 1);
        printf("  %-14s %.17g  %a\n", name, x, x);
      }
    }
  }
}

/* Compares with the stored replicate, bit for bit. */
static int compare_stored(const plan_run *run, long replicate, int state, const double *out, const char *path) {
  if (replicate >= run->capacity || run->state[replicate] == RUN_ABSENT)
    return cli_fail("%s does not hold replicate %ld of this run", path, replicate);
  size_t row = (size_t)run->readouts * (size_t)run->width;
  bool same = run->state[replicate] == state &&
              (state != RUN_OK || !memcmp(run->values + (size_t)replicate * row, out, row * sizeof *out));
  printf(same ? "the same as in %s, bit for bit\n" : "NOT the same as in %s\n", path);
  return same ? EXIT_GOOD : EXIT_FAILED;
}

static int replay_run(plan *p, const cli_address *at, const char *store_path) {
  assay_error error = {0};
  plan_run *run = plan_find_run(p, at->claim, at->label, at->size, &error);
  if (!run) return cli_fail("%s", error.text);
  assay_call *call;
  void *state;
  int values;
  char *text = assay_call_text(run->sim, 0);
  if (!text) return cli_fail("no memory");
  printf("%s replicate %ld, stream %016llx\n%s\n", run->experiment->id, at->replicate, (unsigned long long)run->stream, text);
  int status = EXIT_GOOD;
  if (worker_open(run->experiment, text, &call, &state, &values, &error) != ASSAY_OK) status = cli_fail("%s", error.text);
  free(text);
  if (status != EXIT_GOOD) return status;
  double *out = calloc((size_t)values + 1, sizeof *out);
  assay_stream stream = {run->stream, (uint64_t)at->replicate};
  int how = out ? worker_replicate(run->experiment, call, state, &stream, values, out, &error) : RUN_FAILED;
  if (how == RUN_OK) print_values(run, out);
  else printf("%s: %s\n", how == RUN_FAILED ? "failed" : "discarded", error.text);
  if (store_path && out) status = compare_stored(run, at->replicate, how, out, store_path);
  else if (how == RUN_FAILED) status = EXIT_FAILED;
  worker_close(run->experiment, call, state);
  free(out);
  return status;
}

/* A plan of the claim in the first tier that has the point and size. */
static int replay_fresh(const assay_paper *const *papers, const arguments *a, const cli_address *at) {
  uint64_t seed = ASSAY_DEFAULT_SEED;
  assay_tier only = ASSAY_QUICK;
  if (a->seed && !cli_read_seed(a->seed, &seed)) return EXIT_MISTAKE;
  if (a->tier && !cli_read_tier(a->tier, &only)) return EXIT_MISTAKE;
  const char *glob = at->claim;
  assay_error error = {0};
  for (assay_tier tier = a->tier ? only : ASSAY_QUICK; tier < ASSAY_TIERS; tier++) {
    plan p = {0};
    int status = plan_select(papers, &glob, 1, &p, &error) == ASSAY_OK && plan_build(&p, tier, seed, &error) == ASSAY_OK
                     ? EXIT_GOOD
                     : cli_fail("%s", error.text);
    bool last = a->tier || tier == ASSAY_DEEP;
    if (status == EXIT_GOOD && (last || plan_find_run(&p, at->claim, at->label, at->size, &error))) {
      status = replay_run(&p, at, NULL);
      plan_free(&p);
      return status;
    }
    plan_free(&p);
    if (status != EXIT_GOOD) return status;
  }
  return cli_fail("%s", error.text);
}

static int replay_stored(const assay_paper *const *papers, const arguments *a, const cli_address *at) {
  session_request want = {0};
  session s;
  if (a->seed && !cli_read_seed(a->seed, &want.seed)) return EXIT_MISTAKE;
  if (a->tier && !cli_read_tier(a->tier, &want.tier)) return EXIT_MISTAKE;
  want.seed_given = a->seed != NULL;
  want.tier_given = a->tier != NULL;
  int status = session_open(&s, &want, papers, a->store, STORE_READ);
  if (status != EXIT_GOOD) return status;
  status = replay_run(&s.p, at, a->store);
  return session_close(&s, false, true, status);
}

int cli_replay(const assay_paper *const *papers, int argc, char **argv) {
  static const struct argp argp = {cli_replay_options, parse, "CLAIM/POINT/SIZE/REPLICATE",
      "Computes one replicate again and prints its records in full; replicates are counted from 0.", NULL, NULL, NULL};
  arguments a = {0};
  cli_address at;
  assay_error error = {0};
  if (argp_parse(&argp, argc, argv, 0, NULL, &a) || !cli_read_address(a.address, &at)) return EXIT_MISTAKE;
  if (!registry_claim(papers, at.claim, &error)) return cli_fail("%s", error.text);
  return a.store ? replay_stored(papers, &a, &at) : replay_fresh(papers, &a, &at);
}
