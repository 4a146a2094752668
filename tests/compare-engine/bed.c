#include "bed.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "compare/judge.h"

const assay_param bed_params[] = {
    {"d", NULL, "size", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[1,1e6]", ""},
    {"mean", NULL, "mean", ASSAY_REAL, 0, NULL, NULL, "0"},
    {"arm", NULL, "arm", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "0"},
    {"sd", NULL, "standard deviation", ASSAY_REAL, ASSAY_SIM, NULL, "[0,inf)", "1"},
    {"t", NULL, "read-out", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,1]", "1"},
    {"kind", NULL, "word", ASSAY_WORD, 0, "a|b|c", NULL, "a"},
    {"lam", NULL, "list", ASSAY_REALS, 0, NULL, "[0,inf)", ""},
    {0}};
const assay_observable bed_observables[] = {
    {"x", "m", "x", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"above", NULL, "above", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {"e", NULL, "e", "lam", ASSAY_MEASURED, 0, 0},
    {"slope", NULL, "slope", NULL, ASSAY_PREDICTED, 0, 0},
    {0}};
static const assay_observable draw_records[] = {
    {"x", NULL, "x", NULL, ASSAY_MEASURED, 0, 0},
    {"above", NULL, "above", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {"e", NULL, "e", "lam", ASSAY_MEASURED, 0, 0},
    {0}};
static const assay_observable other_records[] = {{"x", NULL, "x", NULL, ASSAY_MEASURED, 0, 0}, {0}};

const assay_experiment bed_draw = {"bed/draw", "never run", bed_params, draw_records, 32, NULL, NULL, NULL};
const assay_experiment bed_other = {"bed/other", "never run", bed_params, other_records,
                                    32,          NULL,        NULL,       NULL};

static assay_status predict_shifted(assay_call *call, double shift) {
  int n;
  const double *lam = assay_list(call, "lam", &n);
  double mean = assay_real(call, "mean") + assay_real(call, "arm");
  assay_put(call, BED_X, 0, assay_real(call, "t") * mean + shift, 0);
  assay_put(call, BED_ABOVE, 0, 0.5 + shift, 0);
  for (int i = 0; i < n; i++) assay_put(call, BED_E, i, lam[i] + shift, 0);
  assay_put(call, BED_SLOPE, 0, mean + shift, 0);
  return ASSAY_OK;
}

assay_status bed_predict(assay_call *call) {
  return predict_shifted(call, 0);
}
assay_status bed_predict_far(assay_call *call) {
  return predict_shifted(call, 10);
}

assay_status bed_slope(const assay_sample *s, double *out) {
  *out = (s->value[1] - s->value[0]) / (s->axis[1] - s->axis[0]);
  return ASSAY_OK;
}

const assay_control bed_far[] = {{.name = "far", .mistake = "off by ten", .predict = bed_predict_far}, {0}};

assay_claim bed_claim(const assay_leg *legs, const assay_target *targets, const assay_control *controls) {
  return (assay_claim){.id = "bed/claim",
                       .kinds = "limit",
                       .statement = "a claim",
                       .source = "here",
                       .params = bed_params,
                       .observables = bed_observables,
                       .predict = bed_predict,
                       .legs = legs,
                       .targets = targets,
                       .controls = controls};
}

void bed_build(bed *b, const assay_claim *const *claims, int n, assay_tier tier, uint64_t seed) {
  assay_error error = {0};
  *b = (bed){0};
  for (int i = 0; i < n; i++) b->claims[i] = claims[i];
  b->paper = (assay_paper){.abi = ASSAY_ABI, .size = sizeof(assay_paper), .slug = "bed", .claims = b->claims};
  b->papers[0] = &b->paper;
  cr_assert_eq(plan_select(b->papers, NULL, 0, &b->p, &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(plan_build(&b->p, tier, seed, &error), ASSAY_OK, "%s", error.text);
}

void bed_one(bed *b, const assay_claim *claim) {
  bed_build(b, &claim, 1, ASSAY_QUICK, 1);
  cr_assert_eq(b->p.claims[0].broken, 0, "%s", b->p.claims[0].reason);
}

void bed_free(bed *b) {
  plan_free(&b->p);
}

/* Pairs of opposite sign, their sizes spread evenly over the normal law by van der Corput's sequence. */
double bed_normal(long r) {
  double u = 0, digit = 0.5;
  for (long i = r / 2 + 1; i > 0; i /= 2, digit /= 2) u += digit * (double)(i % 2);
  return (r % 2 ? -1 : 1) * gsl_cdf_ugaussian_Pinv(0.5 + u / 2);
}

void bed_fill(plan_run *run, long first, long last, double mean, double sd) {
  assay_error error = {0};
  long row = (long)run->readouts * run->width;
  cr_assert_eq(plan_reserve(run, last, &error), ASSAY_OK, "%s", error.text);
  for (long r = first; r < last; r++) {
    for (long k = 0; k < row; k++) run->values[r * row + k] = mean + sd * bed_normal(r);
    plan_mark(run, r, RUN_OK);
  }
}

void bed_judge(bed *b, long n, double mean, double sd) {
  assay_error error = {0};
  bed_fill(&b->p.runs[0], b->p.runs[0].prefix, n, mean, sd);
  judge_cell(&b->p, &b->p.cells[0], &error);
}

plan_run *bed_run(bed *b, const char *label, double size) {
  assay_error error = {0};
  plan_run *run = plan_find_run(&b->p, b->p.claims[0].claim->id, label, size, &error);
  cr_assert(run, "%s", error.text);
  return run;
}
