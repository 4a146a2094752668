/* dp-sgd/universality: Rademacher covariates. From a random direction the limit is the Gaussian one; from a
 * single coordinate it is not. */
#include <math.h>
#include <string.h>

#include "compare/claims/dp-sgd/claims.h"
#include "sim/dp-sgd/experiments.h"

static const assay_param params[] = {
    PARAMS_PROBLEM,
    PARAM_T,
    {"start", NULL, "direction of the first error: random, or localised on one coordinate", ASSAY_WORD, 0,
     "random|localised", NULL, "random"},
    PARAM_D,
    {0},
};
static const assay_observable observables[] = {
    {"R", NULL, "excess risk at t", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0},
};

static assay_status gaussian(assay_call *call) {
  dp_sgd_problem problem;
  assay_value R;
  double t = assay_real(call, "t");
  assay_status status = claim_problem(call, &problem);
  if (status == ASSAY_OK)
    status = dp_sgd_trajectory(&problem, DP_SGD_RIGHT, &t, 1, &R, NULL, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, 0, R);
  return status;
}

static assay_status predict(assay_call *call) {
  dp_sgd_problem problem;
  assay_value R;
  double t = assay_real(call, "t");
  if (strcmp(assay_word(call, "start"), "localised")) return gaussian(call);
  assay_status status = claim_problem(call, &problem);
  if (status == ASSAY_OK) status = dp_sgd_localised(&problem, &t, 1, &R, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, 0, R);
  return status;
}

static assay_status naive_mu(assay_call *call) {
  dp_sgd_problem problem;
  assay_value R;
  double t = assay_real(call, "t");
  assay_status status = claim_problem(call, &problem);
  if (status == ASSAY_OK)
    status = dp_sgd_trajectory(&problem, DP_SGD_NAIVE_MU, &t, 1, &R, NULL, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, 0, R);
  return status;
}

/* From a random start as for Gaussian covariates; from a localised one, what pilots showed (seed 2, d = 200,
 * 2000 replicates). */
static assay_status spread(assay_call *call) {
  double root = sqrt(assay_real(call, "d"));
  if (!strcmp(assay_word(call, "start"), "localised")) {
    assay_put(call, 0, 0, (assay_real(call, "zeta") < .3 ? .0262 : .094) / root, 0);
    return ASSAY_OK;
  }
  dp_sgd_problem problem;
  assay_value R, d_var;
  double t = assay_real(call, "t");
  assay_status status = claim_problem(call, &problem);
  if (status == ASSAY_OK)
    status = dp_sgd_trajectory(&problem, DP_SGD_RIGHT, &t, 1, &R, &d_var, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, 0, 0, sqrt(d_var.value) / root, 0);
  return status;
}

#define LOCALISED "gamma=.2 c=.3 schedule=const eta0=6 noise=none start=localised"
#define RADEMACHER " covariates=rademacher"
static const assay_leg legs[] = {
    {.experiment = &dp_sgd_vector,
     .arrange = claim_arrange,
     .points = POINTS("I1: " POINT_I1, "I2: " POINT_I2),
     .sizes = {"d=100" RADEMACHER, "d=300" RADEMACHER, "d=1000" RADEMACHER},
     .first = {128, 128, 128},
     .looks = {3, 3, 3}},
    {.experiment = &dp_sgd_vector,
     .arrange = claim_arrange,
     .points = POINTS("L1: zeta=.1 " LOCALISED, "L5: zeta=.5 " LOCALISED),
     .sizes = {"d=100" RADEMACHER, "d=200" RADEMACHER, "d=1000" RADEMACHER},
     .first = {128, 128, 128},
     .looks = {4, 4, 3}},
    {0},
};

static const assay_target targets[] = {
    {.name = "R", .points = "I1,I2,L5", .spread = spread, .margin = MARGIN(.6), .reason = REASON(.6)},
    {.name = "R", .points = "L1", .spread = spread, .margin = MARGIN(1), .reason = REASON(1)},
    {0},
};

static const assay_control controls[] = {
    {.name = "Gaussian limit",
     .mistake = "the Gaussian limit is taken for the localised start too",
     .targets = "R",
     .points = "L1",
     .predict = gaussian},
    {.name = "naive mu",
     .mistake = "mu is E min(1, c/|r|) instead of Prob(|r| < c)",
     .targets = "R",
     .points = "I2",
     .predict = naive_mu},
    {0},
};

static const assay_figure figures[] = {
    {.title = "Rademacher covariates: random and localised start",
     .x = "t",
     .x_label = "t = k/n",
     .y = "R",
     .y_label = "excess risk R",
     .points = "I1,I2,L1,L5",
     .sweep = "0:1:31"},
    {0},
};

const assay_claim dp_sgd_universality_claim = {
    .id = "dp-sgd/universality",
    .kinds = "limit",
    .statement = "Rademacher covariates have the Gaussian limit from a random start, and another one, known "
                 "in closed form, from a localised start.",
    .source = "derived here, beyond the paper",
    .params = params,
    .observables = observables,
    .predict = predict,
    .legs = legs,
    .targets = targets,
    .controls = controls,
    .figures = figures};
