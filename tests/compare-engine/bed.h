/* A bed for the engine's tests: an experiment that is never run, claims made on the spot, and replicates put
 * in by hand. */
#ifndef ASSAY_TESTS_BED_H
#define ASSAY_TESTS_BED_H

#include "compare/plan.h"

/* One table for the claims and the experiment: d (size), mean, arm (paired), sd (simulation only), t
 * (read-out), kind (word), lam (list). Records and observables: x, above (0 or 1), e (as long as lam);
 * observables also: slope. */
extern const assay_param bed_params[];
extern const assay_observable bed_observables[];
enum { BED_X, BED_ABOVE, BED_E, BED_SLOPE };
extern const assay_experiment bed_draw, bed_other; /* bed_other records x only */

/* x = t (mean + arm), above = 1/2, e = lam, slope = mean + arm. */
assay_status bed_predict(assay_call *call);
/* The same, off by ten. */
assay_status bed_predict_far(assay_call *call);
/* (value[1] - value[0]) / (axis[1] - axis[0]) */
assay_status bed_slope(const assay_sample *sample, double *out);

extern const assay_control bed_far[]; /* bed_predict_far at every cell of every tier */

#define BED_POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define BED_LEG(size, n1, looks_, ...)                                                                       \
  {                                                                                                          \
    .experiment = &bed_draw, .points = BED_POINTS(__VA_ARGS__), .sizes = {size, size, size},                 \
    .first = {n1, n1, n1}, .looks = {                                                                        \
      looks_,                                                                                                \
      looks_,                                                                                                \
      looks_                                                                                                 \
    }                                                                                                        \
  }
#define BED_LEGS(...) ((const assay_leg[]){__VA_ARGS__, {0}})
#define BED_TARGETS(...) ((const assay_target[]){__VA_ARGS__, {0}})
#define BED_CONTROLS(...) ((const assay_control[]){__VA_ARGS__, {0}})
#define BED_MARGIN(m)                                                                                        \
  {                                                                                                          \
    {.bias = m}, {.bias = m}, {                                                                              \
      .bias = m                                                                                              \
    }                                                                                                        \
  }

/* The claim bed/claim with bed_predict. */
assay_claim bed_claim(const assay_leg *legs, const assay_target *targets, const assay_control *controls);

typedef struct {
  plan p;
  assay_paper paper;
  const assay_paper *papers[2];
  const assay_claim *claims[9];
} bed;

/* Plans up to 8 claims; stops the test when that is refused. The claims live as long as the bed. */
void bed_build(bed *b, const assay_claim *const *claims, int n, assay_tier tier, uint64_t seed);
void bed_one(bed *b, const assay_claim *claim); /* one claim at the quick tier */
void bed_free(bed *b);

/* Replicate number r of a sample with mean 0, variance near 1 and no skewness: whatever even number of them
 * is taken. */
double bed_normal(long r);
/* Puts mean + sd bed_normal(r) into every column of replicates first..last-1. */
void bed_fill(plan_run *run, long first, long last, double mean, double sd);
/* Judges the first cell after its run number 0 has got replicates 0..n-1 about mean. */
void bed_judge(bed *b, long n, double mean, double sd);

/* The run at this claim's point; stops the test when there is none. */
plan_run *bed_run(bed *b, const char *label, double size);

#endif
