/* The replica potential, and the Bayes risk. */
#include <math.h>
#include <string.h>

#include "compare/claims/orthogonal-glm/claims.h"
#include "sim/orthogonal-glm/experiments.h"
#include "theory/numerics/root.h"

/* ---- orthogonal-glm/replica-fixed-point ---- */

static const assay_param replica_params[] = {PARAMS_POINT, PARAMS_PRIOR, PARAMS_START("cold"), {0}};
enum { R_PHI, R_GRADIENT };
static const assay_observable replica_observables[] = {
    {"Phi", NULL, "potential at the fixed point of state evolution", NULL, ASSAY_PREDICTED, 0, 0},
    {"gradient", NULL, "its largest derivative there", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status fixed_point(assay_call *call, glm_problem *p, glm_state *state) {
  double g1, t1;
  const char *channel = assay_word(call, "channel");
  if (strcmp(channel, "lin") && strcmp(channel, "sign") && strcmp(channel, "abs"))
    return assay_fail(call, ASSAY_DOMAIN, "the potential is given for the channels lin, sign and abs");
  if (!strcmp(assay_word(call, "spectrum"), "prod"))
    return assay_fail(call, ASSAY_DOMAIN, "prod is known by its resolvent only; the potential needs E ln(g2 + t2 lam)");
  assay_status status = glm_problem_open(call, GLM_WITH_TABLE | (!strcmp(assay_word(call, "start"), "spectral") ? GLM_WITH_OUTPUT : 0u), p);
  if (status == ASSAY_OK) status = glm_start_of(call, p, &g1, &t1);
  glm_evolution e = glm_evolution_of(p);
  return status == ASSAY_OK ? glm_fixed_point(&e, g1, t1, state, assay_call_error(call)) : status;
}

static assay_status replica(assay_call *call) {
  glm_problem p = {0};
  glm_state state;
  assay_status status = fixed_point(call, &p, &state);
  glm_evolution e = glm_evolution_of(&p);
  if (status == ASSAY_OK) {
    assay_value Phi = glm_potential(&e, &state, p.law.of.delta);
    assay_put(call, R_PHI, 0, Phi.value, Phi.error);
    assay_put(call, R_GRADIENT, 0, 0, 0);
  }
  glm_problem_close(&p);
  return status;
}

static assay_status differentiated(assay_call *call, double scale_of_one) {
  glm_problem p = {0};
  glm_state state;
  assay_status status = fixed_point(call, &p, &state);
  glm_evolution e = glm_evolution_of(&p);
  if (status == ASSAY_OK)
    assay_put(call, R_GRADIENT, 0, glm_potential_gradient(&e, &state, scale_of_one > 0 ? scale_of_one : p.law.of.delta, 1e-3), 1e-10);
  glm_problem_close(&p);
  return status;
}
static assay_status derivative(assay_call *call) {
  return differentiated(call, 0);
}
static assay_status derivative_not_scaled(assay_call *call) {
  return differentiated(call, 1);
}

static const assay_leg replica_legs[] = {
    {.check = derivative,
     .points = POINTS("G1: " S1 " start=spectral", "G2: " S2 " prior=rad start=spectral",
                      "hard: spectrum=haar delta=1.3 sigma=.1 prior=rad start=informed g1=2 t1=3",
                      "G3: " S3 " start=spectral", "G4: " S4 " prior=rad start=spectral",
                      "G5: spectrum=two a=.5 delta=1.5 sigma=.3 prior=bg eps=.3 start=spectral",
                      "I1: spectrum=haar delta=2 sigma=.3 start=informed g1=.5 t1=1.6",
                      "I3: spectrum=beta delta=1 sigma=.3 prior=rad start=informed g1=.8 t1=1.5",
                      "C1: spectrum=two a=.2 delta=1.5 channel=sign sigma=.3", "C2: spectrum=haar delta=2 channel=sign sigma=.3 prior=rad",
                      "C3: spectrum=unif delta=2 channel=lin sigma=.5 prior=bg eps=.2",
                      "C4: spectrum=haar delta=.7 channel=sign sigma=.3 prior=bg eps=.1"),
     .sizes = {"", "", ""},
     .first = {1, 1, 1},
     .looks = {1, 1, 1}},
    {0}};

static const assay_target replica_targets[] = {{.name = "gradient",
                                                .estimand = ASSAY_EXACT,
                                                .margin = ALL_TIERS({.bias = 1e-8}),
                                                .reason = "differences of fourth order; the four informations come from entropies"},
                                               {0}};

static const assay_control replica_controls[] = {{.name = "ln(t1+t2)/2",
                                                  .mistake = "the last logarithm without its factor delta",
                                                  .targets = "gradient",
                                                  .points = "G1,G4,G5,I1,C1,C2,C3,C4",
                                                  .check = derivative_not_scaled},
                                                 {0}};

const assay_claim orthogonal_glm_replica_fixed_point_claim = {
    .id = "orthogonal-glm/replica-fixed-point",
    .kinds = "identity",
    .statement = "Fixed points of state evolution are the stationary points of the replica-symmetric mutual information.",
    .source = "arXiv 2602.09240; Takahashi, Kabashima 2020; Gabrie et al. 2018",
    .params = replica_params,
    .observables = replica_observables,
    .predict = replica,
    .legs = replica_legs,
    .targets = replica_targets,
    .controls = replica_controls};

/* ---- orthogonal-glm/bayes-risk ---- */

static const assay_param risk_params[] = {PARAMS_POINT, PARAM_D, {0}};
static const assay_observable risk_observables[] = {
    {"bayes_mse", NULL, "Bayes risk per coordinate with a Gaussian prior", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"mse_gvamp", NULL, "GVAMP's from an uninformed start: the least informed stable fixed point", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"mse_informed", NULL, "the most informed one's; larger errors before it are the hard phase", NULL, ASSAY_PREDICTED, 0, 1},
    {"mse_spectral", NULL, "1 - q of the spectral estimator (even channels)", NULL, ASSAY_PREDICTED, 0, 1},
    {0}};
enum { B_BAYES, B_GVAMP, B_INFORMED, B_SPECTRAL };

/* The fixed point of least potential; the two ends are compared where there are two. */
static void put_risks(assay_call *call, const glm_evolution *e, int stable, const glm_state *least, const glm_state *most) {
  assay_value Phi[2] = {glm_potential(e, least, e->law->of.delta), glm_potential(e, most, e->law->of.delta)};
  double bayes = Phi[0].value < Phi[1].value ? least->mse2 : most->mse2;
  glm_put(call, B_GVAMP, least->mse2), glm_put(call, B_INFORMED, most->mse2);
  if (stable > 2)
    assay_absent(call, B_BAYES, "state evolution has %d stable fixed points; the potential is compared for two", stable);
  else if (stable == 2 && fabs(Phi[0].value - Phi[1].value) <= Phi[0].error + Phi[1].error)
    assay_absent(call, B_BAYES, "two fixed points have the same potential: the risk jumps here");
  else
    glm_put(call, B_BAYES, bayes);
}

static assay_status put_spectral(assay_call *call, const glm_problem *p) {
  glm_outlier out;
  if (!glm_channel_even(p->channel.kind)) {
    assay_absent(call, B_SPECTRAL, "the channel is not even");
    return ASSAY_OK;
  }
  assay_status status = glm_optimal(&p->law, &p->output, &out, assay_call_error(call));
  if (status == ASSAY_OK) glm_put(call, B_SPECTRAL, 1 - out.overlap2);
  return status;
}

static assay_status risk_with(assay_call *call, bool iid) {
  glm_problem p = {0};
  int stable = 0;
  glm_state least, most;
  const char *channel = assay_word(call, "channel");
  if (strcmp(channel, "sign") && strcmp(channel, "abs"))
    return assay_fail(call, ASSAY_DOMAIN, "the Bayes risk is given for the channels sign and abs");
  const unsigned with = GLM_WITH_TABLE | (strcmp(channel, "sign") ? GLM_WITH_OUTPUT : 0u);
  assay_status status = iid ? glm_problem_open_iid(call, with, &p) : glm_problem_open(call, with, &p);
  glm_evolution e = glm_evolution_of(&p);
  if (status == ASSAY_OK) status = glm_gauss_fixed_points(&e, &stable, &least, &most, assay_call_error(call));
  if (status == ASSAY_OK && stable == 0)
    status = assay_fail(call, ASSAY_NUMERIC, "no stable fixed point of state evolution was found");
  if (status == ASSAY_OK) put_risks(call, &e, stable, &least, &most);
  if (status == ASSAY_OK) status = put_spectral(call, &p);
  glm_problem_close(&p);
  return status;
}
static assay_status risk(assay_call *call) {
  return risk_with(call, false);
}
static assay_status risk_iid(assay_call *call) {
  return risk_with(call, true);
}

/* sd sqrt(d): .2 to .24 from the measured standard errors at d = 120. */
static assay_status risk_spread(assay_call *call) {
  double root = sqrt(assay_real(call, "d"));
  assay_put(call, B_BAYES, 0, (!strcmp(assay_word(call, "channel"), "sign") ? .3 : 1) / root, 0);
  assay_put(call, B_GVAMP, 0, .02 / root, 0); /* the trajectory's end: pilots (seed 2, d = 2000) have .01 */
  return ASSAY_OK;
}

static assay_status arrange_abs(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_status status = glm_arrange(claim, sim, realised);
  return status == ASSAY_OK ? assay_set(sim, "burn", 1000) : status;
}

static assay_status arrange_spectral(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_status status = assay_set_word(sim, "start", "spectral");
  if (status == ASSAY_OK) status = glm_arrange(claim, sim, realised);
  return status == ASSAY_OK ? assay_set(sim, "k", 20) : status;
}

static const assay_leg risk_legs[] = {{.experiment = &orthogonal_glm_posterior,
                                       .arrange = glm_arrange,
                                       .points = POINTS("haar: spectrum=haar delta=2 channel=sign sigma=.3"),
                                       .sizes = {"d=60", "d=120", "d=300"},
                                       .first = {128, 128, 128},
                                       .looks = {3, 3, 3}},
                                      {.experiment = &orthogonal_glm_posterior,
                                       .arrange = glm_arrange,
                                       .points = POINTS("two: spectrum=two a=.2 delta=1.5 channel=sign sigma=.3"),
                                       .sizes = {NULL, "d=120", "d=300"},
                                       .first = {0, 128, 128},
                                       .looks = {0, 5, 5}},
                                      {.experiment = &orthogonal_glm_posterior,
                                       .arrange = arrange_abs,
                                       .points = POINTS("abs: spectrum=unif delta=3 sigma=.7"),
                                       .sizes = {NULL, "d=240", "d=480"},
                                       .first = {0, 128, 128},
                                       .looks = {0, 3, 3}},
                                      {.experiment = &orthogonal_glm_gvamp,
                                       .arrange = arrange_spectral,
                                       .points = POINTS("GVAMP: spectrum=haar delta=2,2.5,3 sigma=.1"),
                                       .sizes = {NULL, "d=2000", "d=32000"},
                                       .first = {0, 128, 128},
                                       .looks = {0, 3, 3}},
                                      {0}};

static const assay_target risk_targets[] = {
    {.name = "mse_gvamp",
     .records = "mse1",
     .points = "GVAMP",
     .spread = risk_spread,
     .margin = {{0}, {.bias = .0005, .deviations = 10}, {.bias = 3.1e-5, .deviations = 10}},
     .reason = "1/d + 10 sd/sqrt(n_max)"},
    {.name = "bayes_mse",
     .points = "haar,two",
     .spread = risk_spread,
     .margin = {{.bias = .0084, .deviations = 10}, {.bias = .0042, .deviations = 10}, {.bias = .0017, .deviations = 10}},
     .reason = ".5/d + 10 sd/sqrt(n_max)"},
    {.name = "bayes_mse",
     .title = "even channel",
     .records = "bayes_mse",
     .points = "abs",
     .spread = risk_spread,
     .margin = {{0}, {.bias = .0042, .deviations = 10}, {.bias = .0021, .deviations = 10}},
     .reason = "1/d + 10 sd/sqrt(n_max)"},
    {0}};

static const assay_control risk_controls[] = {{.name = "independent entries",
                                               .mistake = "the Bayes risk of an i.i.d. design",
                                               .targets = "bayes_mse",
                                               .points = "haar",
                                               .predict = risk_iid},
                                              {0}};

static const assay_figure risk_figures[] = {{.title = "Bayes risk against observations over dimension",
                                             .x = "delta",
                                             .x_label = "n/d",
                                             .y = "bayes_mse",
                                             .y_label = "Bayes risk",
                                             .points = "haar,two",
                                             .sweep = ".5:4:36"},
                                            {.title = "Final errors: the hard phase is where GVAMP and the Bayes risk differ",
                                             .x = "delta",
                                             .x_label = "n/d",
                                             .y = "mse_gvamp,bayes_mse,mse_informed,mse_spectral",
                                             .y_label = "squared error over d",
                                             .points = "GVAMP",
                                             .sweep = "1.2:3.2:81",
                                             .flags = ASSAY_LOG_Y},
                                            {0}};

const assay_claim orthogonal_glm_bayes_risk_claim = {
    .id = "orthogonal-glm/bayes-risk",
    .kinds = "limit",
    .statement = "Where state evolution has one stable fixed point, GVAMP's error there is the Bayes risk.",
    .source = "arXiv 2602.09240; conjectured by the replica method",
    .params = risk_params,
    .observables = risk_observables,
    .predict = risk,
    .legs = risk_legs,
    .targets = risk_targets,
    .controls = risk_controls,
    .figures = risk_figures};
