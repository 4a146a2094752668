/* Ridge regression: its effective ridge, spurious correlation, loss, fluctuations, and their universality. */
#include <math.h>

#include "compare/claims/spurious-features/claims.h"
#include "sim/spurious-features/experiments.h"
#include "theory/numerics/effective_ridge.h"

#define PARAMS_RIDGE PARAMS_MODEL(0), PARAMS_SAMPLES, PARAM_LAMBDA(NULL), PARAM_SIGMA2
static const assay_param ridge_params[] = {PARAMS_RIDGE, {0}};

#define FOUR_RIDGES " lambda=.05,.3,1,4"
#define THREE_RIDGES " lambda=.05,.3,1"

/* ---- spurious-features/effective-ridge ---- */

static const assay_observable tau_observables[] = {
    {"tau", NULL, "effective ridge", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY}, {0}};

static assay_status tau_with(assay_call *call, spurious_features_mistake mistake) {
  spurious_features_ridge r;
  assay_status status = spurious_features_ridge_of(call, mistake, &r);
  if (status == ASSAY_OK) claim_put(call, 0, r.tau);
  return status;
}
static assay_status tau(assay_call *call) {
  return tau_with(call, SPURIOUS_FEATURES_RIGHT);
}
static assay_status tau_lambda(assay_call *call) {
  return tau_with(call, SPURIOUS_FEATURES_TAU_LAMBDA);
}
static assay_status tau_core(assay_call *call) {
  return tau_with(call, SPURIOUS_FEATURES_CORE_TRACE);
}
static assay_status tau_half(assay_call *call) {
  return tau_with(call, SPURIOUS_FEATURES_HALF_TRACE);
}

/* sd(tau) n is .06, .19, .37, .76 at n = 3d, lambda = .05, .3, 1, 4, and .6 to 1 at n = 1.5d. */
static assay_status spread_tau(assay_call *call) {
  assay_put(call, 0, 0, 1 / assay_real(call, "n"), 0);
  return ASSAY_OK;
}

/* A trace by 8 vectors of random signs has at most the variance 2/8 |A|^2, A = (W + lambda)^{-1}, of which
 * |A|^2 = -(tr A)' with tr A = n/tau - (n - D)/lambda and dtau/dlambda = 1/(1 - df2/n). */
static assay_status spread_tau_probed(assay_call *call) {
  spurious_features_spectrum p;
  assay_value tau;
  double n, lambda = assay_real(call, "lambda");
  assay_status status = spurious_features_spectrum_at(call, &p, &n);
  if (status != ASSAY_OK) return status;
  status = effective_ridge(p.s, p.m, p.count, n, lambda, &tau, assay_call_error(call));
  double t = tau.value, Dn = 1 - effective_freedom(p.s, p.m, p.count, t, 2) / n;
  double square = n / (Dn * t * t) - (n - p.D) / (lambda * lambda);
  spurious_features_spectrum_free(&p);
  if (status == ASSAY_OK) assay_put(call, 0, 0, (t * t * sqrt(square / 4) + 1) / n, 0);
  return status;
}

static const assay_leg tau_legs[] = {
    {.experiment = &spurious_features_ridge_path,
     .arrange = spurious_features_arrange,
     .points = POINTS("D3: model=dct n_over_d=3" FOUR_RIDGES, "T3: model=twoblock n_over_d=3" FOUR_RIDGES,
                      "D1: model=dct n_over_d=1.5" FOUR_RIDGES, "T1: model=twoblock n_over_d=1.5" FOUR_RIDGES,
                      "D6: model=dct n_over_d=6" FOUR_RIDGES, "T6: model=twoblock n_over_d=6" FOUR_RIDGES),
     .sizes = {"d=40", "d=100", "d=400"},
     .first = {128, 128, 128},
     .looks = {3, 4, 3}},
    {.experiment = &spurious_features_ridge_large,
     .arrange = spurious_features_arrange,
     .points = POINTS("X3: model=twoblock n_over_d=3" THREE_RIDGES),
     .sizes = {NULL, NULL, "d=3200"},
     .first = {128, 128, 128},
     .looks = {3, 3, 3}},
    {0}};

static const assay_target tau_targets[] = {
    {.name = "tau",
     .points = "D1,T1",
     .spread = spread_tau,
     .margin = {{.bias = .0167, .deviations = 10},
                {.bias = .0067, .deviations = 10},
                {.bias = .0017, .deviations = 10}},
     .reason = "bias 1/n at n = 1.5 d (measured: at most .25/n, .5/n above lambda = 1) + 10 sd/sqrt(n_max), "
               "sd at most 1/n"},
    {.name = "tau",
     .points = "D3,T3,D6,T6",
     .spread = spread_tau,
     .margin = {{.bias = .0083, .deviations = 10},
                {.bias = .0033, .deviations = 10},
                {.bias = .0008, .deviations = 10}},
     .reason = "bias 1/n at n = 3 d (measured: at most .1/n, .5/n above lambda = 1) + 10 sd/sqrt(n_max), sd "
               "at most 1/n"},
    {.name = "tau",
     .points = "X3",
     .spread = spread_tau_probed,
     .margin = ALL_TIERS({.bias = .0001, .deviations = 10}),
     .reason = "bias 1/n + 10 sd/sqrt(n_max)"},
    {0}};

static const assay_control tau_controls[] = {{.name = "tau = lambda",
                                              .mistake = "the ridge is not renormalised",
                                              .points = "D3,T3,D1,T1",
                                              .predict = tau_lambda},
                                             {.name = "core trace",
                                              .mistake = "the trace runs over the core block only",
                                              .points = "D3,T3,D1,T1",
                                              .predict = tau_core},
                                             {.name = "half the trace",
                                              .mistake = "d/n in place of D/n",
                                              .points = "D3,T3,D1,T1",
                                              .predict = tau_half},
                                             {0}};

static const assay_figure tau_figures[] = {{.title = "Effective ridge against the ridge",
                                            .x = "lambda",
                                            .x_label = "lambda",
                                            .y = "tau",
                                            .y_label = "tau",
                                            .points = "D1,D3,D6",
                                            .sweep = "0.01:10:41",
                                            .flags = ASSAY_LOG_X | ASSAY_LOG_Y},
                                           {0}};

const assay_claim spurious_features_effective_ridge_claim = {
    .id = "spurious-features/effective-ridge",
    .kinds = "limit",
    .statement = "n/tr (ZZ'/n + lambda)^{-1} converges to tau, the root of lambda/tau + tr(Sigma (Sigma + "
                 "tau)^{-1})/n = 1.",
    .source = "known: ridge deterministic equivalents; arXiv 2502.01347",
    .params = ridge_params,
    .observables = tau_observables,
    .predict = tau,
    .legs = tau_legs,
    .targets = tau_targets,
    .controls = tau_controls,
    .figures = tau_figures};

/* ---- spurious-features/spurious-correlation ---- */

enum { O_C, O_DEFINITION };
static const assay_observable C_observables[] = {
    {"C", NULL, "spurious correlation", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"definition", NULL, "covariance of f([x~; y]) and g less hat.u", NULL, ASSAY_PREDICTED | ASSAY_MEASURED,
     0, 0},
    {0}};

static assay_status C_with(assay_call *call, spurious_features_mistake mistake) {
  spurious_features_ridge r;
  assay_status status = spurious_features_ridge_of(call, mistake, &r);
  if (status != ASSAY_OK) return status;
  if (isnan(r.C.value))
    assay_absent(call, O_C, "C = 0 at lambda = 0, n >= D");
  else
    claim_put(call, O_C, r.C);
  assay_put(call, O_DEFINITION, 0, 0, 0);
  return ASSAY_OK;
}
static assay_status C(assay_call *call) {
  return C_with(call, SPURIOUS_FEATURES_RIGHT);
}
static assay_status C_tau_lambda(assay_call *call) {
  return C_with(call, SPURIOUS_FEATURES_TAU_LAMBDA);
}
static assay_status C_core(assay_call *call) {
  return C_with(call, SPURIOUS_FEATURES_CORE_TRACE);
}
static assay_status C_no_tau(assay_call *call) {
  return C_with(call, SPURIOUS_FEATURES_NO_TAU);
}
static assay_status C_schur(assay_call *call) {
  return C_with(call, SPURIOUS_FEATURES_SCHUR_ONLY);
}
static assay_status C_modulus(assay_call *call) {
  return C_with(call, SPURIOUS_FEATURES_MODULUS);
}

/* sqrt(n Var C/n) of the fluctuations' limit, at the noise that is simulated; and the sampling of 2000
 * triples. */
static assay_status spread_C(assay_call *call) {
  spurious_features_ridge r;
  assay_status status = spurious_features_ridge_of(call, SPURIOUS_FEATURES_RIGHT, &r);
  if (status != ASSAY_OK) return status;
  double n =
      assay_given(call, "n") ? assay_real(call, "n") : assay_real(call, "n_over_d") * assay_real(call, "d");
  double floor = assay_real(call, "lambda") >= 4 ? 1.6 : 1.2; /* of d = 50 */
  assay_put(call, O_C, 0, sqrt(floor * r.n_var_C.value / n), 0);
  assay_put(call, O_DEFINITION, 0, .03,
            0); /* pilot: .022 (twoblock, lambda = .3, 2000 triples, 1000 replicates) */
  return ASSAY_OK;
}

#define NOISE_FREE " sigma2=0"
static const assay_leg C_legs[] = {
    {.experiment = &spurious_features_ridge_path,
     .arrange = spurious_features_arrange,
     .points = POINTS("D3: model=dct n_over_d=3" NOISE_FREE FOUR_RIDGES,
                      "T3: model=twoblock n_over_d=3" NOISE_FREE FOUR_RIDGES,
                      "D1: model=dct n_over_d=1.5" NOISE_FREE FOUR_RIDGES,
                      "T1: model=twoblock n_over_d=1.5" NOISE_FREE FOUR_RIDGES,
                      "D6: model=dct n_over_d=6" NOISE_FREE FOUR_RIDGES,
                      "T6: model=twoblock n_over_d=6" NOISE_FREE FOUR_RIDGES),
     .sizes = {"d=50", "d=100", "d=400"},
     .first = {128, 128, 128},
     .looks = {5, 6, 3}},
    {.experiment = &spurious_features_ridge_path,
     .arrange = spurious_features_arrange,
     .points = POINTS("N: model=negcore n_over_d=3 sigma2=0 lambda=.1,3"),
     .sizes = {"d=50", "d=100", "d=400"},
     .first = {128, 128, 128},
     .looks = {4, 5, 3}},
    {.experiment = &spurious_features_ridge_large,
     .arrange = spurious_features_arrange,
     .points = POINTS("X3: model=twoblock n_over_d=3" NOISE_FREE THREE_RIDGES),
     .sizes = {NULL, "d=200", "d=3200"},
     .first = {128, 128, 128},
     .looks = {3, 3, 3}},
    {.experiment = &spurious_features_ridge_path,
     .arrange = spurious_features_arrange,
     .points = POINTS("F: model=twoblock n_over_d=3 sigma2=0 lambda=.3"),
     .sizes = {"d=50 triples=2000", "d=100 triples=2000", "d=100 triples=20000"},
     .first = {128, 128, 128},
     .looks = {3, 4, 3}},
    {0}};

#define BIASED(name_, title_, points_, spread_, quick, standard, deep, text)                                 \
  {                                                                                                          \
    .name = name_, .title = title_, .records = name_, .points = points_, .spread = spread_,                  \
    .reason = text " + 10 sd/sqrt(n_max)", .margin = {                                                       \
      {.bias = quick, .deviations = 10},                                                                     \
      {.bias = standard, .deviations = 10},                                                                  \
      {.bias = deep, .deviations = 10}                                                                       \
    }                                                                                                        \
  }
static const assay_target C_targets[] = {
    BIASED("C", NULL, "D1,T1", spread_C, .004, .002, .0005,
           "bias .3/n at n = 1.5 d (measured: at most .05/n)"),
    BIASED("C", NULL, "D3,T3,N", spread_C, .002, .001, .00025,
           "bias .3/n at n = 3 d (measured: at most .05/n)"),
    BIASED("C", NULL, "D6,T6", spread_C, .001, .0005, .00013, "bias .3/n at n = 6 d"),
    BIASED("C", NULL, "X3", spread_C, .0005, .0005, .00004, "bias .3/n"),
    BIASED("definition", NULL, "F", spread_C, 0, 0, 0, "unbiased"),
    {0}};

static const assay_control C_controls[] = {{.name = "tau = lambda",
                                            .mistake = "the ridge is not renormalised",
                                            .targets = "C",
                                            .points = "D3:lambda=0.05:*,T3:lambda=0.05:*,D1:lambda=0.05:*",
                                            .predict = C_tau_lambda},
                                           {.name = "tau = lambda at .3",
                                            .mistake = "the ridge is not renormalised",
                                            .targets = "C",
                                            .points = "D3:lambda=0.3:*,T3:lambda=0.3:*",
                                            .tiers = LATER,
                                            .predict = C_tau_lambda},
                                           {.name = "core trace",
                                            .mistake = "the trace in tau runs over the core block only",
                                            .targets = "C",
                                            .points = "D3:lambda=0.05:*",
                                            .predict = C_core},
                                           {.name = "no tau",
                                            .mistake = "the factor tau is forgotten",
                                            .targets = "C",
                                            .points = "D3,T3",
                                            .predict = C_no_tau},
                                           {.name = "Schur complement only",
                                            .mistake = "the Schur complement is not regularised",
                                            .targets = "C",
                                            .points = "D3,T3:lambda=0.3:*,T3:lambda=1:*",
                                            .predict = C_schur},
                                           {.name = "never negative",
                                            .mistake = "C >= 0 whatever Sxx",
                                            .targets = "C",
                                            .points = "N:lambda=0.1:*",
                                            .predict = C_modulus},
                                           {.name = "the same x",
                                            .mistake = "the test feature keeps its own x",
                                            .targets = "definition",
                                            .points = "F",
                                            .change = "test_x=same"},
                                           {0}};

static const assay_figure C_figures[] = {{.title = "Spurious correlation against the ridge",
                                          .x = "lambda",
                                          .x_label = "lambda",
                                          .y = "C",
                                          .y_label = "C",
                                          .points = "D1,D3,D6",
                                          .sweep = "0.005:30:61",
                                          .flags = ASSAY_LOG_X},
                                         {0}};

const assay_claim spurious_features_spurious_correlation_claim = {
    .id = "spurious-features/spurious-correlation",
    .kinds = "limit,identity",
    .statement = "The spurious correlation of ridge regression converges to C^S(tau(lambda)) for every "
                 "lambda > 0 and n/D.",
    .source = "arXiv 2502.01347, main theorem",
    .params = ridge_params,
    .observables = C_observables,
    .predict = C,
    .legs = C_legs,
    .targets = C_targets,
    .controls = C_controls,
    .figures = C_figures};

/* ---- spurious-features/test-loss ---- */

enum { O_L, O_TRAIN };
static const assay_observable loss_observables[] = {
    {"L", NULL, "test loss, label noise included", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"train", NULL, "training loss", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status loss_with(assay_call *call, spurious_features_mistake mistake) {
  spurious_features_ridge r;
  assay_status status = spurious_features_ridge_of(call, mistake, &r);
  if (status != ASSAY_OK) return status;
  claim_put(call, O_L, r.L);
  claim_put(call, O_TRAIN, r.train);
  return ASSAY_OK;
}
static assay_status loss(assay_call *call) {
  return loss_with(call, SPURIOUS_FEATURES_RIGHT);
}
static assay_status loss_tau_lambda(assay_call *call) {
  return loss_with(call, SPURIOUS_FEATURES_TAU_LAMBDA);
}
static assay_status loss_no_denominator(assay_call *call) {
  return loss_with(call, SPURIOUS_FEATURES_NO_DENOMINATOR);
}
static assay_status loss_noise_outside(assay_call *call) {
  return loss_with(call, SPURIOUS_FEATURES_NOISE_OUTSIDE);
}
static assay_status loss_df1(assay_call *call) {
  return loss_with(call, SPURIOUS_FEATURES_DF1);
}

/* sd(L) sqrt(n) is .3 to .63, 1.0 at n < D and lambda = .05 (pilots of 400, d = 50); that of train is sqrt(2)
 * train at most (a mean of n squares). */
static assay_status spread_loss(assay_call *call) {
  spurious_features_ridge r;
  assay_status status = spurious_features_ridge_of(call, SPURIOUS_FEATURES_RIGHT, &r);
  if (status != ASSAY_OK) return status;
  double n = assay_real(call, "n");
  assay_put(call, O_L, 0, (n < 2 * assay_real(call, "d") ? 1 : .7) / sqrt(n), 0);
  assay_put(call, O_TRAIN, 0, 2 * r.train.value / sqrt(n), 0);
  return ASSAY_OK;
}

static const assay_leg loss_legs[] = {
    {.experiment = &spurious_features_ridge_path,
     .arrange = spurious_features_arrange,
     .points = POINTS("D3: model=dct n_over_d=3" FOUR_RIDGES, "T3: model=twoblock n_over_d=3" FOUR_RIDGES,
                      "D1: model=dct n_over_d=1.5 lambda=.3,1,4", "D1S: model=dct n_over_d=1.5 lambda=.05",
                      "T1: model=twoblock n_over_d=1.5 lambda=.3,1,4",
                      "T1S: model=twoblock n_over_d=1.5 lambda=.05"),
     .sizes = {"d=50", "d=100", "d=400"},
     .first = {128, 128, 128},
     .looks = {4, 6, 3}},
    {.experiment = &spurious_features_ridge_path,
     .arrange = spurious_features_arrange,
     .points = POINTS("D6: model=dct n_over_d=6" FOUR_RIDGES, "T6: model=twoblock n_over_d=6" FOUR_RIDGES),
     .sizes = {NULL, "d=100", "d=400"},
     .first = {128, 128, 128},
     .looks = {4, 5, 3}},
    {0}};

#define ONE_OVER_N "bias 1/n (measured: at most .5/n)"
static const assay_target loss_targets[] = {
    BIASED("L", NULL, "D3,T3", spread_loss, .0067, .0033, .0008, ONE_OVER_N),
    BIASED("L", NULL, "D1,T1", spread_loss, .0133, .0067, .0017, ONE_OVER_N),
    BIASED("L", "L at small ridge, n < D", "D1S,T1S", spread_loss, .0533, .0267, .0067,
           "bias 4/n (measured: 3/n)"),
    BIASED("L", NULL, "D6,T6", spread_loss, .0033, .0017, .0004, ONE_OVER_N),
    BIASED("train", NULL, "D3,T3,D6,T6", spread_loss, .0067, .0033, .0008, "bias 1/n at n = 3 d"),
    BIASED("train", NULL, "D1,T1,D1S,T1S", spread_loss, .0133, .0067, .0017, "bias 1/n at n = 1.5 d"),
    {0}};

static const assay_control loss_controls[] = {
    {.name = "no denominator",
     .mistake = "1/(1 - df2/n) is dropped",
     .targets = "L",
     .points = "D3:lambda=0.05:*,D3:lambda=0.3:*,T3:lambda=0.05:*,T3:lambda=0.3:*,D1:lambda=0.3:*",
     .predict = loss_no_denominator},
    {.name = "noise outside",
     .mistake = "the noise is not divided by 1 - df2/n",
     .targets = "L",
     .points = "D3:lambda=0.05:*,D3:lambda=0.3:*",
     .predict = loss_noise_outside},
    {.name = "df1",
     .mistake = "df1 in place of df2",
     .targets = "L",
     .points = "D3:lambda=0.3:*,D3:lambda=1:*",
     .predict = loss_df1},
    {.name = "tau = lambda",
     .mistake = "the ridge is not renormalised",
     .targets = "L*",
     .points = "D1S,T1S",
     .predict = loss_tau_lambda},
    {0}};

static const assay_figure loss_figures[] = {{.title = "Test loss against the ridge",
                                             .x = "lambda",
                                             .x_label = "lambda",
                                             .y = "L",
                                             .y_label = "L",
                                             .points = "D1,D3,T3",
                                             .sweep = "0.005:30:61",
                                             .flags = ASSAY_LOG_X},
                                            {0}};

const assay_claim spurious_features_test_loss_claim = {
    .id = "spurious-features/test-loss",
    .kinds = "limit",
    .statement = "The test loss converges to (sigma2 + b(tau))/(1 - df2/n), the training loss to "
                 "(lambda/tau)^2 times that.",
    .source = "known: ridge deterministic equivalents; arXiv 2502.01347",
    .params = ridge_params,
    .observables = loss_observables,
    .predict = loss,
    .legs = loss_legs,
    .targets = loss_targets,
    .controls = loss_controls,
    .figures = loss_figures};

/* ---- spurious-features/fluctuations ---- */

static const assay_observable variance_observables[] = {
    {"n_var_C", NULL, "limit of n Var C", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY}, {0}};

static assay_status variance_with(assay_call *call, spurious_features_mistake mistake) {
  spurious_features_ridge r;
  assay_status status = spurious_features_ridge_of(call, mistake, &r);
  if (status == ASSAY_OK) claim_put(call, 0, r.n_var_C);
  return status;
}
static assay_status variance(assay_call *call) {
  return variance_with(call, SPURIOUS_FEATURES_RIGHT);
}
static assay_status variance_plain(assay_call *call) {
  return variance_with(call, SPURIOUS_FEATURES_NO_DENOMINATOR);
}
static assay_status variance_first(assay_call *call) {
  return variance_with(call, SPURIOUS_FEATURES_NO_SECOND);
}
static assay_status variance_noise(assay_call *call) {
  return variance_with(call, SPURIOUS_FEATURES_NOISE_ONLY);
}

/* A squared deviation of a nearly normal value has sd sqrt(2) times its mean. */
static assay_status spread_variance(assay_call *call) {
  spurious_features_ridge r;
  assay_status status = spurious_features_ridge_of(call, SPURIOUS_FEATURES_RIGHT, &r);
  if (status == ASSAY_OK) assay_put(call, 0, 0, M_SQRT2 * r.n_var_C.value, 0);
  return status;
}

static assay_status times_n(const assay_sample *s, double *out) {
  *out = s->value[0] * assay_real(s->points[0], "n");
  return ASSAY_OK;
}

static const assay_leg variance_legs[] = {
    {.experiment = &spurious_features_ridge_path,
     .arrange = spurious_features_arrange,
     .points =
         POINTS("D3: model=dct n_over_d=3" THREE_RIDGES, "T1: model=twoblock n_over_d=1.5 lambda=.05,.3"),
     .sizes = {"d=40", "d=50", "d=100"},
     .first = {128, 256, 256},
     .looks = {7, 8, 8}},
    {.experiment = &spurious_features_ridge_path,
     .arrange = spurious_features_arrange,
     .points = POINTS("I: model=iso rho=.95 sigma2=0 n_over_d=3 lambda=.5"),
     .sizes = {NULL, "d=50", "d=100"},
     .first = {128, 256, 256},
     .looks = {6, 9, 9}},
    {0}};

static const assay_target variance_targets[] = {
    {.name = "n_var_C",
     .records = "C",
     .points = "D*",
     .estimand = ASSAY_SMOOTH,
     .of = ASSAY_VARIANCE,
     .reduce = times_n,
     .predict = variance,
     .spread = spread_variance,
     .margin = ALL_TIERS({.over_size = 1.7, .deviations = 10}),
     .reason = "bias 5 value/n at n = 3 d (measured: .7/n at d = 20) + 10 sqrt(2/n_max) of the value"},
    {.name = "n_var_C",
     .records = "C",
     .points = "T*",
     .estimand = ASSAY_SMOOTH,
     .of = ASSAY_VARIANCE,
     .reduce = times_n,
     .predict = variance,
     .spread = spread_variance,
     .margin = ALL_TIERS({.over_size = 3.3, .deviations = 10}),
     .reason = "bias 5 value/n at n = 1.5 d (measured: 2.3/n) + 10 sqrt(2/n_max) of the value"},
    {.name = "n_var_C",
     .title = "n_var_C without noise",
     .records = "C",
     .points = "I",
     .estimand = ASSAY_SMOOTH,
     .of = ASSAY_VARIANCE,
     .reduce = times_n,
     .predict = variance,
     .spread = spread_variance,
     .margin = ALL_TIERS({.over_size = 1, .deviations = 10}),
     .reason = "bias 3 value/n at n = 3 d (measured: 2.3 +- .7) + 10 sqrt(2/n_max) of the value"},
    {0}};

static const assay_control variance_controls[] = {{.name = "no denominator",
                                                   .mistake = "1/(1 - df2/n) is dropped",
                                                   .targets = "n_var_C",
                                                   .points = "T1:lambda=0.05:*",
                                                   .predict = variance_plain},
                                                  {.name = "noise only",
                                                   .mistake = "the label noise is the only source",
                                                   .targets = "n_var_C",
                                                   .points = "D3:lambda=0.3:*,D3:lambda=1:*",
                                                   .tiers = LATER,
                                                   .predict = variance_noise},
                                                  {.name = "first term only",
                                                   .mistake = "tau^2 (u'K Sigma K beta)^2 is dropped",
                                                   .targets = "n_var_C without noise",
                                                   .tiers = LATER,
                                                   .predict = variance_first},
                                                  {0}};

const assay_claim spurious_features_fluctuations_claim = {
    .id = "spurious-features/fluctuations",
    .kinds = "limit",
    .statement = "n Var C converges to [(sigma2 + b) u'K Sigma K u + tau^2 (u'K Sigma K beta)^2]/(1 - df2/n) "
                 "for Gaussian data.",
    .source = "derived here",
    .params = ridge_params,
    .observables = variance_observables,
    .predict = variance,
    .legs = variance_legs,
    .targets = variance_targets,
    .controls = variance_controls};

/* ---- spurious-features/universality ---- */

enum { O_U_TAU, O_U_C, O_U_L, O_U_TRAIN };
static const assay_observable universal_observables[] = {
    {"tau", NULL, "effective ridge", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"C", NULL, "spurious correlation", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"L", NULL, "test loss", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"train", NULL, "training loss", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status universal_with(assay_call *call, spurious_features_mistake mistake) {
  spurious_features_ridge r;
  assay_status status = spurious_features_ridge_of(call, mistake, &r);
  if (status != ASSAY_OK) return status;
  claim_put(call, O_U_TAU, r.tau);
  claim_put(call, O_U_C, r.C);
  claim_put(call, O_U_L, r.L);
  claim_put(call, O_U_TRAIN, r.train);
  return ASSAY_OK;
}
static assay_status universal(assay_call *call) {
  return universal_with(call, SPURIOUS_FEATURES_RIGHT);
}
static assay_status universal_tau_lambda(assay_call *call) {
  return universal_with(call, SPURIOUS_FEATURES_TAU_LAMBDA);
}

static assay_status universal_core(assay_call *call) {
  return universal_with(call, SPURIOUS_FEATURES_CORE_TRACE);
}
static assay_status universal_no_tau(assay_call *call) {
  return universal_with(call, SPURIOUS_FEATURES_NO_TAU);
}
static assay_status universal_no_denominator(assay_call *call) {
  return universal_with(call, SPURIOUS_FEATURES_NO_DENOMINATOR);
}

static assay_status spread_universal(assay_call *call) {
  spurious_features_ridge r;
  assay_status status = spurious_features_ridge_of(call, SPURIOUS_FEATURES_RIGHT, &r);
  if (status != ASSAY_OK) return status;
  double n = assay_real(call, "n");
  assay_put(call, O_U_TAU, 0, 1 / n, 0);
  assay_put(call, O_U_C, 0, sqrt(1.2 * r.n_var_C.value / n), 0);
  assay_put(call, O_U_L, 0, .6 / sqrt(n), 0);
  assay_put(call, O_U_TRAIN, 0, 2 * r.train.value / sqrt(n), 0);
  return ASSAY_OK;
}

static const assay_leg universal_legs[] = {
    {.experiment = &spurious_features_ridge_path,
     .arrange = spurious_features_arrange,
     .points = POINTS("D3: model=dct n_over_d=3" FOUR_RIDGES, "T3: model=twoblock n_over_d=3" FOUR_RIDGES),
     .sizes = {"d=50 entries=rademacher", "d=100 entries=rademacher", "d=400 entries=rademacher"},
     .first = {128, 128, 128},
     .looks = {5, 6, 3}},
    {.experiment = &spurious_features_ridge_path,
     .arrange = spurious_features_arrange,
     .points =
         POINTS("D1: model=dct n_over_d=1.5 lambda=.3,1,4", "T1: model=twoblock n_over_d=1.5 lambda=.3,1,4"),
     .sizes = {NULL, "d=100 entries=rademacher", "d=400 entries=rademacher"},
     .first = {128, 128, 128},
     .looks = {5, 6, 3}},
    {0}};

#define AS_GAUSSIAN ", as for Gaussian data"
static const assay_target universal_targets[] = {
    BIASED("tau", NULL, "D3,T3", spread_universal, .0067, .0033, .0008, "bias 1/n at n = 3 d" AS_GAUSSIAN),
    BIASED("L", NULL, "D3,T3", spread_universal, .0067, .0033, .0008, "bias 1/n at n = 3 d" AS_GAUSSIAN),
    BIASED("train", NULL, "D3,T3", spread_universal, .0067, .0033, .0008, "bias 1/n at n = 3 d" AS_GAUSSIAN),
    BIASED("C", NULL, "D3,T3", spread_universal, .002, .001, .0003, "bias .3/n at n = 3 d" AS_GAUSSIAN),
    BIASED("tau", NULL, "D1,T1", spread_universal, .0133, .0067, .0017, "bias 1/n at n = 1.5 d" AS_GAUSSIAN),
    BIASED("L", NULL, "D1,T1", spread_universal, .0133, .0067, .0017, "bias 1/n at n = 1.5 d" AS_GAUSSIAN),
    BIASED("train", NULL, "D1,T1", spread_universal, .0133, .0067, .0017,
           "bias 1/n at n = 1.5 d" AS_GAUSSIAN),
    BIASED("C", NULL, "D1,T1", spread_universal, .004, .002, .0005, "bias .3/n at n = 1.5 d" AS_GAUSSIAN),
    {0}};

static const assay_control universal_controls[] = {
    {.name = "tau = lambda",
     .mistake = "the ridge is not renormalised",
     .targets = "tau",
     .predict = universal_tau_lambda},
    {.name = "C at tau = lambda",
     .mistake = "the ridge is not renormalised",
     .targets = "C",
     .points = "D3:lambda=0.05:*",
     .predict = universal_tau_lambda},
    {.name = "core trace",
     .mistake = "the trace in tau runs over the core block only",
     .targets = "tau",
     .points = "D3,T3",
     .predict = universal_core},
    {.name = "no tau",
     .mistake = "the factor tau of C is forgotten",
     .targets = "C",
     .points = "D3:lambda=0.05:*,D3:lambda=0.3:*",
     .predict = universal_no_tau},
    {.name = "no denominator",
     .mistake = "1/(1 - df2/n) is dropped",
     .targets = "L",
     .points = "D3:lambda=0.05:*,D3:lambda=0.3:*",
     .predict = universal_no_denominator},
    {0}};

const assay_claim spurious_features_universality_claim = {
    .id = "spurious-features/universality",
    .kinds = "limit",
    .statement = "The limits of tau, C and the losses hold for z = Sigma^{1/2} s with independent signs s.",
    .source = "arXiv 2502.01347 for sub-Gaussian data",
    .params = ridge_params,
    .observables = universal_observables,
    .predict = universal,
    .legs = universal_legs,
    .targets = universal_targets,
    .controls = universal_controls};
