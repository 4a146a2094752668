#include "cli/diff.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/gather.h"
#include "cli/values.h"

typedef struct {
  char *name[2];
  char *workers;
  bool json, all, strict;
} arguments;

enum { KEY_ALL = 256, KEY_STRICT };

const struct argp_option cli_diff_options[] = {
    {"json", 'J', NULL, 0, "one JSON object", 0},
    {"all", KEY_ALL, NULL, 0, "show every row, also those of rounding and of noise", 0},
    {"strict", KEY_STRICT, NULL, 0, "what moved by rounding has moved too", 0},
    {"jobs", 'j', "N", 0, "worker processes for the present build (default: one for every processor)", 0},
    CLI_DATA_OPTION,
    {0}};

static error_t parse(int key, char *value, struct argp_state *state) {
  arguments *a = state->input;
  switch (key) {
  case CLI_KEY_DATA:
    return cli_use_data(value) ? 0 : EINVAL;
  case 'J':
    a->json = true;
    return 0;
  case 'j':
    a->workers = value;
    return 0;
  case KEY_ALL:
    a->all = true;
    return 0;
  case KEY_STRICT:
    a->strict = true;
    return 0;
  case ARGP_KEY_ARG:
    if (a->name[1]) argp_error(state, "two at a time; '%s' is a third one", value);
    a->name[a->name[0] != NULL] = value;
    return 0;
  case ARGP_KEY_END:
    if (!a->name[1])
      argp_error(state, "compare A with what? Give two baselines or stores, or . for the present build");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* ---- JSON ---- */

static json_t *side_json(const char *name, const baseline *b) {
  char seed[24];
  snprintf(seed, sizeof seed, "%" PRIu64, b->seed);
  return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b}", "name", name, "version", b->version, "tier",
                   assay_tier_names[b->tier], "seed", seed, "fingerprint", b->fingerprint, "machine",
                   b->machine, "judged", b->judged);
}

static json_t *counts_json(const diff *d) {
  json_t *all = json_object();
  for (int k = 0; k < DIFF_KINDS; k++) {
    json_t *one = json_object();
    for (int g = 0; g < DIFF_GRADES; g++)
      json_object_set_new(one, diff_grade_name((diff_grade)g), json_integer(d->count[k][g]));
    json_object_set_new(all, diff_kind_name((diff_kind)k), one);
  }
  return all;
}

static json_t *side_value(const char *text, double x) {
  return text ? json_string(text) : values_number(x);
}

static json_t *row_json(const diff_row *r) {
  return json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "grade", diff_grade_name(r->grade), "kind",
                   diff_kind_name(r->kind), "claim", r->claim, "where", r->where, "what", r->what, "a",
                   side_value(r->a_text, r->a), "b", side_value(r->b_text, r->b), "relative",
                   values_number(r->relative), "units", values_number(r->units), "probability",
                   values_number(r->probability));
}

void diff_print_json(const diff_view *v) {
  json_t *rows = json_array();
  for (int i = 0; i < v->d->n_rows; i++) json_array_append_new(rows, row_json(&v->d->rows[i]));
  values_print_json(json_pack("{s:i,s:o,s:o,s:b,s:b,s:f,s:i,s:{s:i,s:i,s:i},s:o,s:o,s:o}", "format", 1, "a",
                              side_json(v->a_name, v->a), "b", side_json(v->b_name, v->b), "moved",
                              diff_moved(v->d, v->strict), "strict", v->strict, "alpha", DIFF_ALPHA, "tests",
                              v->d->tests, "runs", "common", v->d->runs_common, "only_a", v->d->runs_a,
                              "only_b", v->d->runs_b, "speed", values_number(v->d->speed), "counts",
                              counts_json(v->d), "changes", rows));
}

/* ---- the command ---- */

/* The side that is not the present build first: it says what the present build has to give. */
static int gather_both(const assay_paper *const *papers, const arguments *a, baseline side[2]) {
  long workers = cli_processors();
  bool present[2] = {gather_is_present(a->name[0]), gather_is_present(a->name[1])};
  if (a->workers && !cli_read_long("--jobs", a->workers, 1, 256, &workers)) return EXIT_MISTAKE;
  if (present[0] && present[1])
    return cli_fail("both sides are the present build; give a baseline or a store");
  int first = present[0] ? 1 : 0, second = 1 - first;
  int status = gather_any(papers, a->name[first], &side[first]);
  if (status != EXIT_GOOD) return status;
  status = present[second] ? gather_present(papers, &side[first], (int)workers, &side[second])
                           : gather_any(papers, a->name[second], &side[second]);
  if (status != EXIT_GOOD) baseline_free(&side[first]);
  return status;
}

static int show(const arguments *a, const baseline side[2]) {
  diff d;
  assay_error error = {0};
  if (diff_make(&side[0], &side[1], &d, &error) != ASSAY_OK) return cli_fail("%s", error.text);
  diff_view view = {a->name[0], a->name[1], &side[0], &side[1], &d, a->all, a->strict};
  if (a->json)
    diff_print_json(&view);
  else
    diff_print_text(&view);
  int status = diff_moved(&d, a->strict) ? EXIT_FAILED : EXIT_GOOD;
  diff_free(&d);
  return status;
}

int cli_diff(const assay_paper *const *papers, int argc, char **argv) {
  static const struct argp argp = {
      cli_diff_options,
      parse,
      "A B",
      "Shows what moved from A to B: theory, same-seed replicates, estimates, verdicts, speed. A and B are "
      "baselines or stores; . or "
      "build is the present build, whose theory and first replicates are computed now."
      "\vExit status: 0 nothing moved but by rounding or within noise, 1 something moved, 2 a mistake. Speed "
      "never counts.",
      NULL,
      NULL,
      NULL};
  arguments a = {0};
  baseline side[2] = {0};
  if (argp_parse(&argp, argc, argv, 0, NULL, &a)) return EXIT_MISTAKE;
  int status = gather_both(papers, &a, side);
  if (status == EXIT_GOOD) {
    status = show(&a, side);
    baseline_free(&side[0]);
    baseline_free(&side[1]);
  }
  return status;
}
