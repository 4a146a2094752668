#include "sim/dp-sgd/experiments.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const assay_experiment *const all[] = {&dp_sgd_one_step,    &dp_sgd_norm_chain, &dp_sgd_vector,
                                              &dp_sgd_sensitivity, &dp_sgd_tangent,    &dp_sgd_sde_chain};
/* A small point of each. */
static const char *const points[] = {
    "d=20 c=.3 P=.625 draws=300",
    "n=100 d=20 c=.5 rho=1 zeta=.4 eta0=3 noise=output t=.5,1",
    "n=100 d=20 c=.5 rho=1 zeta=.4 schedule=harmonic alpha=3 t0=.5 noise=scheduled spectrum=uniform "
    "lam_lo=.2 "
    "start=spread t=.5,1",
    "n=100 d=20 c=.5 zeta=.4 eta=3 k_fraction=.5",
    "n=100 d=20 c=.5 zeta=.4 eta=3 t0=.25",
    "n=100 d=20 c=.5 rho=1 zeta=.4 schedule=sqrt eta0=3 noise=scheduled t=.5,1",
};
static const int widths[] = {2, 3, 3, 1, 1, 1};

/* A call at a point given as "name=value name=value". */
static assay_call *call_at(const assay_experiment *experiment, const char *point) {
  assay_error error = {0};
  assay_call *call = assay_call_new(experiment->params, experiment->records, &error);
  cr_assert_not_null(call, "%s: %s", experiment->id, error.text);
  char *text = strdup(point), *rest = text;
  for (char *word; (word = strsep(&rest, " "));) {
    char *value = strchr(word, '=');
    *value++ = 0;
    cr_assert_eq(assay_set_text(call, word, value, true, &error), ASSAY_OK, "%s: %s", experiment->id,
                 error.text);
  }
  free(text);
  cr_assert_eq(assay_call_complete(call, &error), ASSAY_OK, "%s: %s", experiment->id, error.text);
  return call;
}

/* The records of replicates 0..count-1 at a point, out[count][readouts * records]. */
static void run(const assay_experiment *experiment, const char *point, int count, int numbers, double *out) {
  assay_call *call = call_at(experiment, point);
  void *state = NULL;
  cr_assert_eq(experiment->open(call, &state), ASSAY_OK, "%s: %s", experiment->id,
               assay_call_error(call)->text);
  for (int i = 0; i < count; i++) {
    const assay_stream stream = {77, (uint64_t)i};
    for (int k = 0; k < numbers; k++) out[i * numbers + k] = NAN;
    cr_assert_eq(experiment->replicate(call, state, &stream, out + i * numbers), ASSAY_OK);
  }
  if (experiment->close) experiment->close(state);
  assay_call_free(call);
}

static void expect_refused(const assay_experiment *experiment, const char *point, const char *reason) {
  assay_call *call = call_at(experiment, point);
  void *state = NULL;
  cr_expect_eq(experiment->open(call, &state), ASSAY_DOMAIN, "%s at %s", experiment->id, point);
  cr_expect(strstr(assay_call_error(call)->text, reason), "%s", assay_call_error(call)->text);
  if (experiment->close) experiment->close(state);
  assay_call_free(call);
}

Test(dp_sgd_experiments, every_record_is_filled_within_its_range_and_reproducible) {
  enum { COUNT = 5, MOST = 6 };
  for (int e = 0; e < 6; e++) {
    const int readouts = strstr(points[e], "t=.5,1") ? 2 : 1, numbers = readouts * widths[e];
    double first[COUNT * MOST], again[COUNT * MOST];
    run(all[e], points[e], COUNT, numbers, first);
    run(all[e], points[e], COUNT, numbers, again);
    cr_expect_arr_eq(first, again, (size_t)(COUNT * numbers) * sizeof *first, "%s", all[e]->id);
    for (int i = 0; i < COUNT * numbers; i++) {
      const assay_observable *record = &all[e]->records[i % widths[e]];
      cr_expect(isfinite(first[i]), "%s: %s", all[e]->id, record->name);
      if (record->lo < record->hi)
        cr_expect(first[i] >= record->lo && first[i] <= record->hi, "%s", record->name);
    }
    cr_expect_neq(first[0], first[numbers], "%s: replicates differ", all[e]->id);
  }
}

Test(dp_sgd_experiments, readouts_come_in_the_order_asked_for) {
  double up[12], down[12];
#define POINT "n=90 d=30 c=.5 rho=1 zeta=.4 eta0=3 noise=output "
  run(&dp_sgd_norm_chain, POINT "t=0,.3,.6,1", 1, 12, up);
  run(&dp_sgd_norm_chain, POINT "t=.6,1,0,.3", 1, 12, down);
  const int place[] = {2, 3, 0, 1};
  for (int i = 0; i < 4; i++) cr_expect_arr_eq(up + 3 * i, down + 3 * place[i], 3 * sizeof *up);
  cr_expect_eq(up[0], 0.5);
  for (int i = 0; i < 4; i++) cr_expect_eq(up[3 * i + 1], up[1]); /* F */
  cr_expect_eq(up[2], 0);                                         /* nothing clipped before the first step */
}

Test(dp_sgd_experiments, blocks_record_their_norms) {
#define BLOCKS POINT "lam=2,.5 p=.3333333333,.6666666667 w=.4,.9 "
  double chain[10], vector[10];
  run(&dp_sgd_norm_chain, BLOCKS "t=0,1", 1, 10, chain);
  run(&dp_sgd_vector, BLOCKS "spectrum=blocks t=0,1", 1, 10, vector);
  for (int i = 0; i < 10; i += 5) {
    cr_expect_float_eq(chain[i], (2 * chain[i + 3] + 0.5 * chain[i + 4]) / 2, 1e-12);
    cr_expect_float_eq(vector[i], (2 * vector[i + 3] + 0.5 * vector[i + 4]) / 2, 1e-12);
  }
  cr_expect_eq(chain[3], 0.4);
  cr_expect_eq(chain[4], 0.9);
}

/* Clipped counts of adjoining windows add up. */
Test(dp_sgd_experiments, clip_fractions_of_windows_add_up) {
  double whole[3], early[3], late[3];
  run(&dp_sgd_norm_chain, POINT "t=1", 1, 3, whole);
  run(&dp_sgd_norm_chain, POINT "t=.3", 1, 3, early);
  run(&dp_sgd_norm_chain, POINT "t=1 t_lo=.3", 1, 3, late);
  cr_expect(whole[2] > 0 && whole[2] < 1);
  cr_expect_float_eq(90 * whole[2], 27 * early[2] + 63 * late[2], 1e-12);
}

Test(dp_sgd_experiments, arms_without_noise_agree_before_the_release) {
  for (int e = 1; e <= 2; e++) {
    double output[3], none[3];
    run(all[e], POINT "t=1", 1, 3, output);
    run(all[e], "n=90 d=30 c=.5 zeta=.4 eta0=3 t=1", 1, 3, none);
    cr_expect_eq(output[0], none[0]);
    cr_expect_eq(none[1], none[0]);
    cr_expect_gt(output[1], output[0]);
  }
}

/* A table with enough nodes is the schedule that it tabulates. */
Test(dp_sgd_experiments, a_table_runs_like_its_schedule) {
  double linear[3], table[3];
  run(&dp_sgd_norm_chain, "n=64 d=30 c=.5 rho=1 zeta=.4 schedule=linear eta0=4 noise=scheduled", 1, 3,
      linear);
  char point[4096] = "n=64 d=30 c=.5 rho=1 zeta=.4 schedule=table noise=scheduled table=";
  for (int i = 0; i <= 200; i++)
    snprintf(point + strlen(point), 32, "%s%.12g", i ? "," : "", 4 * (1 - (i / 200.0) * (i / 200.0)));
  run(&dp_sgd_norm_chain, point, 1, 3, table);
  for (int i = 0; i < 2; i++) cr_expect_float_eq(table[i], linear[i], 1e-3 * linear[i]);
}

Test(dp_sgd_experiments, points_outside_the_domain_are_refused_with_a_reason) {
  expect_refused(&dp_sgd_one_step, "d=20 c=.3 P=.1 zeta=.5", "zeta^2/2");
  expect_refused(&dp_sgd_norm_chain, "n=9 d=3 c=inf rho=1 zeta=.4 eta0=3 noise=output", "c = inf");
  expect_refused(&dp_sgd_norm_chain, "n=9 d=3 c=1 rho=1 zeta=.4", "schedule=const needs eta0");
  expect_refused(&dp_sgd_norm_chain, "n=9 d=3 c=1 rho=1 zeta=.4 schedule=harmonic alpha=1", "alpha and t0");
  expect_refused(&dp_sgd_norm_chain, "n=9 d=3 c=1 rho=1 zeta=.4 schedule=table table=1,2 noise=scheduled",
                 "never increases");
  expect_refused(&dp_sgd_norm_chain, "n=9 d=3 c=1 zeta=.4 eta0=1 lam=1 p=1", "1, 1 and 0 elements");
  expect_refused(&dp_sgd_norm_chain, "n=9 d=3 c=1 zeta=.4 eta0=1 lam=2,1 p=.5,.5 w=1,1", "1.5");
  expect_refused(&dp_sgd_vector, "n=9 d=3 c=1 zeta=.4 eta0=1 spectrum=blocks", "lam, p and w");
  expect_refused(&dp_sgd_vector, "n=9 d=3 c=1 zeta=.4 eta0=1 spectrum=uniform", "lam_lo");
  expect_refused(&dp_sgd_vector, "n=9 d=3 c=1 zeta=.4 eta0=1 lam=1 p=1 w=1", "spectrum=blocks");
  expect_refused(&dp_sgd_sensitivity, "n=9 d=3 c=inf zeta=.4 eta=1 k_fraction=1", "c = inf");
}
