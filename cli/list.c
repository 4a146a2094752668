#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

typedef struct {
  const char **globs;
  int n_globs;
  const char *kind, *format;
} arguments;

enum { KEY_FORMAT = 256 };

const struct argp_option cli_list_options[] = {
    {"kind", 'k', "KIND", 0, "only claims of this kind: limit, identity, bound, threshold, rate or order", 0},
    {"json", 'J', NULL, 0, "the same as --format json", 0},
    {"format", KEY_FORMAT, "FORMAT", 0,
     "text (default); json: one array, with parameters and observables; ctest: a CTestTestfile.cmake that "
     "makes every claim and tier a test",
     0},
    {0}};

static error_t parse(int key, char *value, struct argp_state *state) {
  arguments *a = state->input;
  switch (key) {
  case 'k': a->kind = value; return 0;
  case 'J': a->format = "json"; return 0;
  case KEY_FORMAT: a->format = value; return 0;
  case ARGP_KEY_ARG: a->globs[a->n_globs++] = value; return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

const char *const cli_kinds[] = {"limit", "identity", "bound", "threshold", "rate", "order", NULL};
enum { N_KINDS = sizeof cli_kinds / sizeof *cli_kinds - 1 };

static bool check_kind(const char *kind) {
  for (int i = 0; kind && i < N_KINDS; i++)
    if (!strcmp(kind, cli_kinds[i])) return true;
  if (!kind) return true;
  const char *nearest = assay_nearest(kind, cli_kinds, N_KINDS);
  cli_fail("unknown kind '%.64s'; known: limit, identity, bound, threshold, rate, order%s%s%s", kind,
           nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
  return false;
}

const char *const cli_list_formats[] = {"text", "json", "ctest", NULL};
enum { N_FORMATS = sizeof cli_list_formats / sizeof *cli_list_formats - 1 };

static bool check_format(const char *format) {
  for (int i = 0; i < N_FORMATS; i++)
    if (!strcmp(format, cli_list_formats[i])) return true;
  const char *nearest = assay_nearest(format, cli_list_formats, N_FORMATS);
  cli_fail("unknown format '%.64s'; known: text, json, ctest%s%s%s", format, nearest ? "; did you mean '" : "",
           nearest ? nearest : "", nearest ? "'?" : "");
  return false;
}

static const char *sizes_of(const assay_claim *claim, int tier, char *text, size_t room) {
  size_t used = 0;
  *text = 0;
  for (int l = 0; claim->legs && claim->legs[l].points; l++) {
    const char *sizes = claim->legs[l].sizes[tier];
    if (!sizes || !*sizes) continue;
    int more = snprintf(text + used, room - used, "%s%s", used ? "; " : "", sizes);
    if (more > 0 && used + (size_t)more < room) used += (size_t)more;
  }
  return text;
}

static json_t *role_names(unsigned role) {
  static const char *const names[] = {"size", "simulation", "readout", "paired", "instance"};
  json_t *list = json_array();
  for (int i = 0; i < 5; i++)
    if (role & 1u << i) json_array_append_new(list, json_string(names[i]));
  return list;
}

static json_t *params_json(const assay_param *p) {
  static const char *const types[] = {"real", "integer", "word", "reals", "integers"};
  json_t *list = json_array();
  for (; p->name; p++)
    json_array_append_new(list, json_pack("{s:s,s:s,s:s*,s:s*,s:s*,s:s*,s:s*,s:o}", "name", p->name, "type", types[p->type], "unit",
                                          p->unit, "doc", p->doc, "words", p->words, "domain", p->domain, "preset",
                                          p->preset, "role", role_names(p->role)));
  return list;
}

static json_t *observables_json(const assay_observable *o) {
  json_t *list = json_array();
  for (; o->name; o++)
    json_array_append_new(list, json_pack("{s:s,s:s*,s:s*,s:s*}", "name", o->name, "unit", o->unit, "doc", o->doc, "length",
                                          o->length));
  return list;
}

static json_t *claim_json(const assay_claim *claim) {
  char text[256];
  json_t *sizes = json_object();
  for (int t = 0; t < ASSAY_TIERS; t++)
    json_object_set_new(sizes, assay_tier_names[t], json_string(sizes_of(claim, t, text, sizeof text)));
  return json_pack("{s:s,s:s,s:s,s:s*,s:s*,s:o,s:o,s:o}", "id", claim->id, "kinds", claim->kinds, "statement", claim->statement,
                   "source", claim->source, "data", claim->data, "params", params_json(claim->params), "observables",
                   observables_json(claim->observables), "sizes", sizes);
}

static void print_text(const assay_claim *claim) {
  char text[256];
  printf("%s (%s)\n    %s\n", claim->id, claim->kinds, claim->statement);
  for (int t = 0; t < ASSAY_TIERS; t++) {
    sizes_of(claim, t, text, sizeof text);
    if (*text) printf("    %-8s %s\n", assay_tier_names[t], text);
  }
}

static bool in_tier(const assay_claim *claim, int tier) {
  for (int l = 0; claim->legs && claim->legs[l].points; l++)
    if (claim->legs[l].sizes[tier]) return true;
  return false;
}

/* A test of CTest for every tier of the claim: `ctest -L quick -R dp-sgd`. Labels: paper, kinds, tier. */
static void print_ctest(const assay_claim *claim, const assay_paper *paper, const char *program) {
  for (int t = 0; t < ASSAY_TIERS; t++) {
    if (!in_tier(claim, t)) continue;
    const char *tier = assay_tier_names[t];
    printf("add_test([=[%s@%s]=] [=[%s]=] run %s --tier %s -j 1 -q)\n", claim->id, tier, program, claim->id, tier);
    printf("set_tests_properties([=[%s@%s]=] PROPERTIES LABELS \"%s;", claim->id, tier, paper->slug);
    for (const char *k = claim->kinds; *k; k++) putchar(*k == ',' ? ';' : *k);
    printf(";%s\" SKIP_RETURN_CODE 77)\n", tier);
  }
}

static int print_all(const plan *p, const arguments *a) {
  char program[4096];
  ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
  if (n < 0) return cli_fail("the program's own path cannot be read");
  program[n] = 0;
  json_t *all = json_array();
  bool json = !strcmp(a->format, "json"), ctest = !strcmp(a->format, "ctest");
  for (int i = 0; i < p->n_claims; i++) {
    const assay_claim *claim = p->claims[i].claim;
    if (a->kind && !strstr(claim->kinds, a->kind)) continue;
    if (json) json_array_append_new(all, claim_json(claim));
    else if (ctest) print_ctest(claim, p->claims[i].paper, program);
    else print_text(claim);
  }
  if (json) {
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
  }
  json_decref(all);
  return EXIT_GOOD;
}

int cli_list(const assay_paper *const *papers, int argc, char **argv) {
  static const struct argp argp = {cli_list_options, parse, "[PATTERN...]",
      "Names the claims whose ids match the patterns (shell globs such as 'dp-sgd/*'; none: all).", NULL, NULL, NULL};
  arguments a = {.globs = calloc((size_t)argc + 1, sizeof *a.globs), .format = "text"};
  assay_error error = {0};
  plan p = {0};
  if (!a.globs) return cli_fail("no memory");
  int status = argp_parse(&argp, argc, argv, 0, NULL, &a) ? EXIT_MISTAKE : EXIT_GOOD;
  if (status == EXIT_GOOD && (!check_kind(a.kind) || !check_format(a.format))) status = EXIT_MISTAKE;
  if (status == EXIT_GOOD && plan_select(papers, a.globs, a.n_globs, &p, &error) != ASSAY_OK)
    status = cli_fail("%s", error.text);
  if (status == EXIT_GOOD) status = print_all(&p, &a);
  plan_free(&p);
  free(a.globs);
  return status;
}
