#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/values.h"
#include "compare/evaluate.h"
#include "compare/point.h"
#include "compare/registry.h"

typedef struct {
  const char *claim;
  char **settings;
  int n_settings;
  bool json;
} arguments;

const struct argp_option cli_theory_options[] = {{"json", 'J', NULL, 0, "one JSON object a point and line", 0}, CLI_DATA_OPTION, {0}};

static error_t parse(int key, char *value, struct argp_state *state) {
  arguments *a = state->input;
  switch (key) {
  case CLI_KEY_DATA: return cli_use_data(value) ? 0 : EINVAL;
  case 'J': a->json = true; return 0;
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

enum { MOST_POINTS = 1000000 };

char *cli_spelled_out(const char *setting) {
  const char *equals = strchr(setting, '=');
  if (!equals || !strchr(equals, ':')) return strdup(setting);
  double lo, hi;
  long count;
  char scale[8] = "", extra;
  int fields = sscanf(equals + 1, "%lf:%lf:%ld:%7[a-z]%c", &lo, &hi, &count, scale, &extra);
  bool logarithmic = fields == 4 && !strcmp(scale, "log");
  bool well_formed = (fields == 3 && equals[strlen(equals) - 1] != ':') || logarithmic;
  if (!well_formed || !isfinite(lo) || !isfinite(hi) || count < 2 || count > MOST_POINTS || (logarithmic && !(lo > 0 && hi > 0))) {
    cli_fail("'%.100s' is not a sweep: name=lo:hi:count or name=lo:hi:count:log, with count from 2 to %d%s", setting, MOST_POINTS,
             logarithmic ? " and lo, hi > 0" : "");
    return NULL;
  }
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  fprintf(out, "%.*s=", (int)(equals - setting), setting);
  for (long i = 0; i < count; i++) {
    double s = (double)i / (double)(count - 1), x = logarithmic ? lo * pow(hi / lo, s) : lo + s * (hi - lo);
    if (i == count - 1) x = hi;
    fprintf(out, "%s%.17g", i ? "," : "", x);
  }
  return fclose(out) == 0 ? text : NULL;
}

static json_t *point_json(const assay_claim *claim, const assay_call *call) {
  json_t *observables = json_object();
  for (int o = 0; claim->observables[o].name; o++) {
    int length = assay_observable_length(call, o);
    bool list = claim->observables[o].length != NULL;
    for (int e = 0; e < length; e++) {
      char name[96];
      assay_value value;
      const char *reason = NULL;
      snprintf(name, sizeof name, list ? "%s%d" : "%s", claim->observables[o].name, e + 1);
      bool there = assay_result(call, o, e, &value, &reason);
      json_object_set_new(observables, name, there ? values_pair(value.value, value.error) : values_absent(reason));
    }
  }
  return json_pack("{s:s,s:o,s:o}", "claim", claim->id, "params", values_params(call), "observables", observables);
}

static void point_text(const assay_claim *claim, const assay_call *call) {
  char *params = assay_call_text(call, 0);
  printf("%s\n", params ? params : "");
  free(params);
  for (int o = 0; claim->observables[o].name; o++) {
    bool list = claim->observables[o].length != NULL;
    for (int e = 0; e < assay_observable_length(call, o); e++) {
      assay_value value;
      const char *reason = NULL;
      char name[96];
      snprintf(name, sizeof name, list ? "%s%d" : "%s", claim->observables[o].name, e + 1);
      if (assay_result(call, o, e, &value, &reason)) printf("  %-14s %.15g  (error %.1e)\n", name, value.value, value.error);
      else printf("  %-14s none: %s\n", name, reason);
    }
  }
}

/* Every point of the product of the parameters with several values; the first varies slowest. */
static int evaluate_from(const assay_claim *claim, assay_call *call, int from, bool json) {
  const assay_param *params = claim->params;
  for (int i = from; params[i].name; i++) {
    int n;
    const double *v = assay_list(call, params[i].name, &n);
    if ((params[i].type != ASSAY_REAL && params[i].type != ASSAY_INTEGER) || n < 2) continue;
    double *values = malloc((size_t)n * sizeof *values);
    if (!values) return cli_fail("no memory for a sweep");
    memcpy(values, v, (size_t)n * sizeof *values);
    int status = EXIT_GOOD;
    for (int k = 0; k < n; k++) {
      assay_set(call, params[i].name, values[k]);
      int one = evaluate_from(claim, call, i + 1, json);
      if (one != EXIT_GOOD) status = one;
      if (ferror(stdout)) break;
    }
    assay_set_list(call, params[i].name, values, n);
    free(values);
    return status;
  }
  assay_error error = {0};
  if (evaluate(claim->predict, call, &error) == ASSAY_OK) {
    if (json) values_print_json(point_json(claim, call));
    else point_text(claim, call);
    return EXIT_GOOD;
  }
  char *at = assay_call_text(call, 0);
  int status = cli_fail("%s at %s: %s", claim->id, at ? at : "?", error.text);
  free(at);
  return status;
}

static int set_all(const assay_claim *claim, assay_call *call, const arguments *a) {
  for (int i = 0; i < a->n_settings; i++) {
    char *setting = cli_spelled_out(a->settings[i]);
    bool good = setting && cli_set_arguments(claim, call, &setting, 1, true);
    free(setting);
    if (!good) return EXIT_MISTAKE;
  }
  return EXIT_GOOD;
}

int cli_theory(const assay_paper *const *papers, int argc, char **argv) {
  static const struct argp argp = {cli_theory_options, parse, "CLAIM [name=value...]",
      "Evaluates the theory of a claim at any point of its domain."
      "\vA number may be a list (t=.25,.5) or a sweep (t=0:1:101, c=.01:30:61:log): every combination is evaluated. Lists are written "
      "lam=0.25,1.75 and infinity inf. Exit status 2 when some point is outside the domain.",
      NULL, NULL, NULL};
  arguments a = {NULL, calloc((size_t)argc + 1, sizeof(char *)), 0, false};
  assay_error error = {0};
  if (!a.settings || argp_parse(&argp, argc, argv, 0, NULL, &a)) {
    free(a.settings);
    return EXIT_MISTAKE;
  }
  const assay_claim *claim = registry_claim(papers, a.claim, &error);
  assay_call *call = claim ? assay_call_new(claim->params, claim->observables, &error) : NULL;
  int status = call ? set_all(claim, call, &a) : cli_fail("%s", error.text);
  if (status == EXIT_GOOD && assay_call_complete(call, &error) != ASSAY_OK) status = cli_fail("%s: %s", claim->id, error.text);
  if (status == EXIT_GOOD) status = evaluate_from(claim, call, 0, a.json);
  assay_call_free(call);
  free(a.settings);
  return status;
}
