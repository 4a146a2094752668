#include "cli/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/machine.h"

static char *join(const char *const *globs, int n) {
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  for (int i = 0; i < n; i++) fprintf(out, "%s%s", i ? "\n" : "", globs[i]);
  return fclose(out) == 0 ? text : NULL;
}

static int split(char *text, const char ***globs) {
  int n = 0;
  *globs = calloc(strlen(text) / 2 + 2, sizeof **globs);
  for (char *rest = text, *one; *globs && (one = strsep(&rest, "\n"));)
    if (*one) (*globs)[n++] = one;
  return n;
}

/* Patterns as a person wrote them. */
static char *on_one_line(char *patterns) {
  for (char *s = patterns; *s; s++)
    if (*s == '\n') *s = ' ';
  return patterns;
}

static int differs(const char *path, const char *what, const char *stored, const char *asked) {
  return cli_fail("%s was made with %s %s, not %s; leave the option out or give another --store", path, what, stored, asked);
}

/* Patterns, tier and seed from the store. */
static int adopt(session *s, session_request *r, const char *path) {
  char *patterns = store_get(s->s, "patterns"), *tier = store_get(s->s, "tier"), *seed = store_get(s->s, "seed");
  char *asked = join(r->globs, r->n_globs), seed_text[32];
  snprintf(seed_text, sizeof seed_text, "%llu", (unsigned long long)r->seed);
  int status = EXIT_GOOD;
  if (!patterns || !tier || !seed || !asked)
    status = cli_fail("%s does not say what it was made for; it was left before its run began: remove it", path);
  else if (r->n_globs > 0 && strcmp(asked, patterns))
    status = *patterns ? differs(path, "the patterns", on_one_line(patterns), on_one_line(asked))
                       : cli_fail("%s was made with all claims; leave the patterns out or give another --store", path);
  else if (r->tier_given && strcmp(tier, assay_tier_names[r->tier])) status = differs(path, "tier", tier, assay_tier_names[r->tier]);
  else if (r->seed_given && strcmp(seed, seed_text)) status = differs(path, "seed", seed, seed_text);
  else if (!cli_read_tier(tier, &r->tier) || !cli_read_seed(seed, &r->seed)) status = EXIT_MISTAKE;
  if (status == EXIT_GOOD) {
    s->patterns = patterns;
    patterns = NULL;
    r->n_globs = split(s->patterns, &r->globs);
  }
  free(patterns);
  free(tier);
  free(seed);
  free(asked);
  return status;
}

/* What the store was made for, and on what. */
static int describe(session *s, const session_request *r) {
  char *patterns = join(r->globs, r->n_globs), *machine = machine_text(), *now = cli_now(), seed[32];
  assay_error error = {0};
  snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
  assay_status status = ASSAY_OK;
  const char *const facts[][2] = {{"patterns", patterns},
                                  {"tier", assay_tier_names[r->tier]},
                                  {"seed", seed},
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
static void warn_fingerprint(session *s, const char *path) {
  char *stored = store_get(s->s, "fingerprint");
  if (stored && strcmp(stored, machine_fingerprint()))
    fprintf(stderr, "assay: %s holds replicates of other simulation sources; they are not used\n", path);
  free(stored);
}

int session_open(session *out, session_request *r, const assay_paper *const *papers, const char *path, store_mode mode) {
  assay_error error = {0};
  *out = (session){0};
  out->s = store_open(path, mode, &error);
  if (!out->s) return cli_fail("%s", error.text);
  bool existing = mode == STORE_RESUME || mode == STORE_READ;
  int status = existing ? adopt(out, r, path) : EXIT_GOOD;
  if (status == EXIT_GOOD && plan_select(papers, r->globs, r->n_globs, &out->p, &error) != ASSAY_OK)
    status = cli_fail("%s", error.text);
  if (status == EXIT_GOOD && !existing) status = describe(out, r);
  if (status == EXIT_GOOD && existing) warn_fingerprint(out, path);
  if (status == EXIT_GOOD && plan_build(&out->p, r->tier, r->seed, &error) != ASSAY_OK) status = cli_fail("%s", error.text);
  for (int i = 0; status == EXIT_GOOD && existing && i < out->p.n_runs; i++)
    if (store_load(out->s, &out->p.runs[i], &error) != ASSAY_OK) status = cli_fail("%s", error.text);
  if (out->patterns) {
    free(r->globs);
    r->globs = NULL;
  }
  if (status != EXIT_GOOD) return session_close(out, mode == STORE_PRIVATE || mode == STORE_CREATE, false, status);
  return EXIT_GOOD;
}

int session_close(session *s, bool private_store, bool keep, int status) {
  assay_error error = {0};
  if (private_store && !keep) store_discard(s->s);
  else if (store_close(s->s, &error) != ASSAY_OK && status != EXIT_MISTAKE) /* what went wrong before has been said */
    status = cli_fail("%s", error.text);
  plan_free(&s->p);
  free(s->patterns);
  *s = (session){0};
  return status;
}
