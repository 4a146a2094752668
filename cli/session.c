#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/hash.h"
#include "compare/judge.h"
#include "compare/machine.h"

static char *join(const char *const *globs, int n) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  for (int i = 0; i < n; i++) fprintf(out, "%s%s", i ? "\n" : "", globs[i]);
  return fclose(out) == 0 ? text : NULL;
}

int session_split(char *text, const char ***globs) {
  int n = 0;
  *globs = calloc(strlen(text) / 2 + 2, sizeof **globs);
  for (char *rest = text, *one; *globs && (one = strsep(&rest, "\n"));)
    if (*one) (*globs)[n++] = one;
  return n;
}

static int differs(const char *path, const char *what, const char *stored, const char *asked) {
  return cli_fail("%s was made with %s %s, not %s; leave the option out or give another --store", path, what, stored, asked);
}

/* Patterns, tier and seed from a store. */
static int adopt(session *s, store *from, session_request *r, const char *path) {
  char *patterns = store_get(from, "patterns"), *tier = store_get(from, "tier"), *seed = store_get(from, "seed");
  char *asked = join(r->globs, r->n_globs), seed_text[32];
  snprintf(seed_text, sizeof seed_text, "%llu", (unsigned long long)r->seed);
  int status = EXIT_GOOD;
  if (!patterns || !tier || !seed || !asked)
    status = cli_fail("%s does not say what it was made for; it was left before its run began: remove it", path);
  else if (r->n_globs > 0 && strcmp(asked, patterns)) status = differs(path, "the patterns", patterns, asked);
  else if (r->tier_given && strcmp(tier, assay_tier_names[r->tier])) status = differs(path, "tier", tier, assay_tier_names[r->tier]);
  else if (r->seed_given && strcmp(seed, seed_text)) status = differs(path, "seed", seed, seed_text);
  else if (!cli_read_tier(tier, &r->tier) || !cli_read_seed(seed, &r->seed)) status = EXIT_MISTAKE;
  if (status == EXIT_GOOD) {
    s->patterns = patterns;
    patterns = NULL;
    r->n_globs = session_split(s->patterns, &r->globs);
  }
  free(patterns);
  free(tier);
  free(seed);
  free(asked);
  return status;
}

/* What the store was made for, and on what. */
static int describe(session *s, const session_request *r) {
  char *patterns = join(r->globs, r->n_globs), *machine = machine_text(), *now = cli_now(), seed[32], alpha[64];
  assay_error error = {0};
  snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
  snprintf(alpha, sizeof alpha, "%g %g %d", ASSAY_ALPHA_PASS, ASSAY_ALPHA_FAIL, ASSAY_LOOKS);
  assay_status status = ASSAY_OK;
  const char *const facts[][2] = {{"patterns", patterns},
                                  {"tier", assay_tier_names[r->tier]},
                                  {"seed", seed},
                                  {"alpha", alpha},
                                  {"version", machine_version()},
                                  {"fingerprint", machine_fingerprint()},
                                  {"machine", machine},
                                  {"started", now}};
  for (size_t i = 0; i < sizeof facts / sizeof *facts && status == ASSAY_OK; i++)
    status = store_set(s->s, facts[i][0], facts[i][1] ? facts[i][1] : "", &error);
  free(patterns);
  free(machine);
  free(now);
  return status == ASSAY_OK ? EXIT_GOOD : cli_fail("%s", error.text);
}

/* Replicates of other sources are not used; say so instead of starting from nothing in silence. */
static void warn_fingerprint(store *s, const char *path) {
  char *stored = store_get(s, "fingerprint");
  if (stored && strcmp(stored, machine_fingerprint()))
    fprintf(stderr, "assay: %s holds replicates of other simulation sources; they are not used\n", path);
  free(stored);
}

/* The keys under which the store's own sources kept the runs. */
static int adopt_keys(session *s, store *from) {
  static const char mark[] = " fingerprint=";
  assay_error error = {0};
  char *fingerprint = store_get(from, "fingerprint");
  assay_status status = ASSAY_OK;
  for (int i = 0; fingerprint && i < s->p.n_runs && status == ASSAY_OK; i++) {
    plan_run *run = &s->p.runs[i];
    char *text = NULL, *at = strstr(run->stored_text, mark);
    if (!at) continue;
    if (asprintf(&text, "%.*s%s%s", (int)(at - run->stored_text), run->stored_text, mark, fingerprint) < 0)
      return free(fingerprint), cli_fail("no memory");
    free(run->stored_text);
    run->stored_text = text;
    status = hash_text(text, run->key, &error);
  }
  free(fingerprint);
  return status == ASSAY_OK ? EXIT_GOOD : cli_fail("%s", error.text);
}

int session_judge(session *s) {
  assay_error error = {0};
  for (int i = 0; i < s->p.n_cells; i++)
    if (s->p.cells[i].open) judge_cell(&s->p, &s->p.cells[i], &error);
  return error.status == ASSAY_OK ? EXIT_GOOD : cli_fail("%s", error.text);
}

/* Plans, and loads what `from` holds (NULL: nothing). */
static int plan_and_load(session *out, session_request *r, const assay_paper *const *papers, store *from) {
  assay_error error = {0};
  if (plan_select(papers, r->globs, r->n_globs, &out->p, &error) != ASSAY_OK) return cli_fail("%s", error.text);
  if (plan_build(&out->p, r->tier, r->seed, &error) != ASSAY_OK) return cli_fail("%s", error.text);
  int status = from && r->any_sources ? adopt_keys(out, from) : EXIT_GOOD;
  if (status != EXIT_GOOD) return status;
  for (int i = 0; from && i < out->p.n_runs; i++)
    if (store_load(from, &out->p.runs[i], &error) != ASSAY_OK) return cli_fail("%s", error.text);
  return EXIT_GOOD;
}

/* The patterns that were read from a store are of no use to the caller any more. */
static void forget_patterns(session *out, session_request *r) {
  if (!out->patterns) return;
  free(r->globs);
  r->globs = NULL;
}

int session_open(session *out, session_request *r, const assay_paper *const *papers, const char *path, store_mode mode) {
  assay_error error = {0};
  *out = (session){0};
  out->s = store_open(path, mode, &error);
  if (!out->s) return cli_fail("%s", error.text);
  bool existing = mode == STORE_RESUME || mode == STORE_READ;
  int status = existing ? adopt(out, out->s, r, path) : describe(out, r);
  if (status == EXIT_GOOD && existing && !r->any_sources) warn_fingerprint(out->s, path);
  if (status == EXIT_GOOD) status = plan_and_load(out, r, papers, existing ? out->s : NULL);
  forget_patterns(out, r);
  if (status != EXIT_GOOD) return session_close(out, !existing, false, status);
  return EXIT_GOOD;
}

int session_open_from(session *out, session_request *r, const assay_paper *const *papers, const char *path, const char *from) {
  assay_error error = {0};
  *out = (session){0};
  store *base = store_open(from, STORE_READ, &error);
  if (!base) return cli_fail("%s", error.text);
  int status = adopt(out, base, r, from);
  if (status == EXIT_GOOD && !(out->s = store_open(path, STORE_CREATE, &error))) status = cli_fail("%s", error.text);
  if (status == EXIT_GOOD) status = describe(out, r);
  if (status == EXIT_GOOD) warn_fingerprint(base, from);
  if (status == EXIT_GOOD) status = plan_and_load(out, r, papers, base);
  forget_patterns(out, r);
  store_close(base, NULL);
  if (status != EXIT_GOOD) return session_close(out, true, false, status);
  return EXIT_GOOD;
}

int session_close(session *s, bool private_store, bool keep, int status) {
  assay_error error = {0};
  if (private_store && !keep) store_discard(s->s);
  else if (store_close(s->s, &error) != ASSAY_OK) status = cli_fail("%s", error.text);
  plan_free(&s->p);
  free(s->patterns);
  *s = (session){0};
  return status;
}
