/* Images of clothes with a coloured patch: ridge regression, and a trained network. */
#include <math.h>
#include <string.h>

#include "compare/claims/spurious-features/claims.h"
#include "model/data/fashion.h"
#include "sim/spurious-features/experiments.h"

/* ---- spurious-features/fashion-colour ---- */

static const assay_param colour_params[] = {
    {"labels", NULL, "linear in the image, or the classes", ASSAY_WORD, 0, "lin|real", NULL, "lin"},
    REAL("r", "correlation of colour and label", 0, "(-1,1)", "0.8"),
    REAL("kap", "strength of the colour", 0, "[0,1)", "0.5"),
    {"n", NULL, "samples", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,100000]", NULL},
    REAL("lambda", "ridge", ASSAY_READOUT, "[0,inf)", NULL),
    {"law", NULL, "images from the pool, or normal vectors of the same covariance", ASSAY_WORD, ASSAY_SIM,
     "pool|twin", NULL, "pool"},
    {0}};
enum { O_C, O_L, O_TAU, O_LAMBDA_M, O_LAMBDA_C };
static const assay_observable colour_observables[] = {
    {"C", NULL, "spurious correlation", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"L", NULL, "test loss", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"tau", NULL, "effective ridge", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"lambda_m", NULL, "ridge of the least loss", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"lambda_C", NULL, "ridge of the largest C", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {0}};

/* The population's spectrum; its noise. */
static assay_status colour_spectrum(assay_call *call, spurious_features_spectrum *p, double *noise) {
  fashion_pool pool;
  fashion_problem problem;
  assay_error *error = assay_call_error(call);
  assay_status status = fashion_pool_read(2, &pool, error);
  if (status != ASSAY_OK) return status;
  status = fashion_problem_of(&pool, !strcmp(assay_word(call, "labels"), "real"), assay_real(call, "r"),
                              assay_real(call, "kap"), &problem, error);
  fashion_pool_free(&pool);
  if (status != ASSAY_OK) return status;
  double *u = assay_alloc(call, (size_t)problem.D * sizeof *u);
  if (!u) status = ASSAY_NO_MEMORY;
  if (u) memcpy(u + problem.dx, problem.c + problem.dx, (size_t)problem.dx * sizeof *u);
  if (u)
    status = spurious_features_spectrum_of(problem.Sigma, problem.D, problem.dx, problem.beta, u, p, error);
  if (status == ASSAY_OK && !strcmp(assay_word(call, "labels"), "lin")) p->u_beta = 0;
  *noise = problem.noise;
  fashion_problem_free(&problem);
  return status;
}

static void put_optima(assay_call *call, const spurious_features_spectrum *p, double noise) {
  spurious_features_best best;
  spurious_features_peak peak;
  assay_error why = {ASSAY_OK, ""};
  if (spurious_features_trade_off(p, assay_real(call, "n"), noise, &best, &why) == ASSAY_OK)
    claim_put(call, O_LAMBDA_M, best.lambda_m);
  else
    assay_absent(call, O_LAMBDA_M, "%s", why.text);
  if (spurious_features_shape(p, assay_real(call, "n"), &peak, &why) == ASSAY_OK)
    claim_put(call, O_LAMBDA_C, peak.lambda_C);
  else
    assay_absent(call, O_LAMBDA_C, "%s", why.text);
}

static assay_status colour_with(assay_call *call, spurious_features_mistake mistake, bool without_y) {
  spurious_features_spectrum p;
  spurious_features_ridge r;
  double noise;
  assay_status status = colour_spectrum(call, &p, &noise);
  if (status != ASSAY_OK) return status;
  status = spurious_features_at(&p, assay_real(call, "n"), assay_real(call, "lambda"), noise, mistake, &r,
                                assay_call_error(call));
  if (status == ASSAY_OK) {
    if (without_y) r.C.value -= p.u_beta;
    claim_put(call, O_C, r.C);
    claim_put(call, O_L, r.L);
    claim_put(call, O_TAU, r.tau);
    put_optima(call, &p, noise);
  }
  spurious_features_spectrum_free(&p);
  return status;
}
static assay_status colour(assay_call *call) {
  return colour_with(call, SPURIOUS_FEATURES_RIGHT, false);
}
static assay_status colour_tau_lambda(assay_call *call) {
  return colour_with(call, SPURIOUS_FEATURES_TAU_LAMBDA, false);
}
static assay_status colour_without_y(assay_call *call) {
  return colour_with(call, SPURIOUS_FEATURES_RIGHT, true);
}

static assay_status spread_colour(assay_call *call) {
  double n = assay_real(call, "n");
  bool real = !strcmp(assay_word(call, "labels"), "real");
  assay_put(call, O_C, 0, (real ? .6 : .7) / sqrt(n), 0);
  assay_put(call, O_L, 0, (real ? .1 : .4) / sqrt(n), 0);
  assay_put(call, O_TAU, 0, 1.5 / n, 0);
  return ASSAY_OK;
}

static const assay_leg colour_legs[] = {
    {.experiment = &spurious_features_colour_ridge,
     .points = POINTS("P: labels=lin lambda=.1,1", "Q: labels=real lambda=1"),
     .sizes = {"n=300", "n=300,800", "n=300,800"},
     .first = {128, 128, 128},
     .looks = {3, 5, 6}},
    {.experiment = &spurious_features_colour_ridge,
     .points = POINTS("G: labels=lin law=twin lambda=.1,1", "H: labels=real law=twin lambda=1"),
     .sizes = {NULL, "n=300,800", "n=300,800"},
     .first = {128, 128, 128},
     .looks = {3, 5, 6}},
    {0}};
static const assay_target colour_targets[] = {
    {.name = "C",
     .points = "P,Q",
     .spread = spread_colour,
     .margin = ALL_TIERS({.bias = .004, .deviations = 10}),
     .reason = "bias .004 of pixels that are not normal + 10 sd/sqrt(n_max)"},
    {.name = "L",
     .points = "P,Q",
     .spread = spread_colour,
     .margin = ALL_TIERS({.relative = .01, .deviations = 10}),
     .reason = "bias 1 % + 10 sd/sqrt(n_max)"},
    {.name = "tau",
     .points = "P,Q",
     .spread = spread_colour,
     .margin = ALL_TIERS({.relative = .02, .deviations = 10}),
     .reason = "bias 2 % + 10 sd/sqrt(n_max)"},
    {.name = "C",
     .points = "G,H",
     .spread = spread_colour,
     .margin = ALL_TIERS({.bias = .001, .deviations = 10}),
     .reason = "bias .3/n at n = 300 + 10 sd/sqrt(n_max)"},
    {.name = "L",
     .points = "G,H",
     .spread = spread_colour,
     .margin = ALL_TIERS({.bias = .0033, .deviations = 10}),
     .reason = "bias 1/n at n = 300 + 10 sd/sqrt(n_max)"},
    {.name = "tau",
     .points = "G,H",
     .spread = spread_colour,
     .margin = ALL_TIERS({.bias = .0017, .deviations = 10}),
     .reason = "bias .5/n at n = 300 + 10 sd/sqrt(n_max)"},
    {0}};
static const assay_control colour_controls[] = {{.name = "tau = lambda",
                                                 .mistake = "the ridge is not renormalised",
                                                 .targets = "L",
                                                 .points = "P:lambda=0.1:*",
                                                 .sizes = "300",
                                                 .predict = colour_tau_lambda},
                                                {.name = "y not predictive",
                                                 .mistake = "-tau u'K beta, without u.beta",
                                                 .targets = "C",
                                                 .points = "Q",
                                                 .predict = colour_without_y},
                                                {0}};
static const assay_figure colour_figures[] = {
    {.title = "Coloured clothes: spurious correlation and loss against the ridge",
     .x = "lambda",
     .x_label = "lambda",
     .y = "C,L",
     .y_label = "C, L",
     .points = "P",
     .sweep = "0.05:100:31",
     .flags = ASSAY_LOG_X},
    {0}};

const assay_claim spurious_features_fashion_colour_claim = {
    .id = "spurious-features/fashion-colour",
    .kinds = "limit",
    .statement = "The limits of tau, C and L hold on images of clothes with a coloured patch, with linear "
                 "and with real labels.",
    .source = "arXiv 2502.01347, its experiments on coloured images; this data set and patch are chosen here",
    .data = "fashion-mnist",
    .params = colour_params,
    .observables = colour_observables,
    .predict = colour,
    .legs = colour_legs,
    .targets = colour_targets,
    .controls = colour_controls,
    .figures = colour_figures};

/* ---- spurious-features/network-colour ---- */

static const assay_param network_params[] = {
    REAL("r", "correlation of colour and label", ASSAY_PAIRED, "[-1,1]", "0.8"),
    REAL("kap", "strength of the colour", ASSAY_PAIRED, "[0,1)", "0.5"),
    REAL("wd", "weight decay", ASSAY_PAIRED, "[0,inf)", "0.03"),
    {"n", NULL, "training samples", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,100000]", "400"},
    {"step", NULL, "steps of gradient descent", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[0,100000]", NULL},
    {0}};
enum { O_N_C, O_N_L };
static const assay_observable network_observables[] = {
    {"C", NULL, "spurious correlation", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"L", NULL, "test loss", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status network(assay_call *call) {
  if (assay_real(call, "r") == 0 || assay_real(call, "kap") == 0)
    assay_put(call, O_N_C, 0, 0, 0);
  else
    assay_absent(call, O_N_C, "no theory of trained networks; only orders are judged");
  assay_absent(call, O_N_L, "no theory of trained networks; only orders are judged");
  return ASSAY_OK;
}
static assay_status nothing(assay_call *call) {
  assay_put(call, O_N_C, 0, 0, 0), assay_put(call, O_N_L, 0, 0, 0);
  return ASSAY_OK;
}

/* The first step's value less the second's. */
static assay_status drop(const assay_sample *s, double *out) {
  *out = s->value[0] - s->value[1];
  return ASSAY_OK;
}

static assay_status spread_network(assay_call *call) {
  assay_put(call, O_N_C, 0, .012, 0);
  return ASSAY_OK;
}

static const assay_leg network_legs[] = {
    {.experiment = &spurious_features_colour_network,
     .points = POINTS("A: r=.8,0 step=30"),
     .sizes = {"n=400", "n=400", "n=400"},
     .first = {32, 32, 32},
     .looks = {4, 4, 4}},
    {.experiment = &spurious_features_colour_network,
     .points = POINTS("R: r=.8,.4,0 step=30,400", "K: kap=.5,.1 step=30", "W: wd=0,.1 step=400"),
     .sizes = {NULL, "n=400", "n=400"},
     .first = {0, 128, 128},
     .looks = {0, 3, 4}},
    {0}};
#define ORDER(title_, observable, points_, against_)                                                         \
  {                                                                                                          \
    .name = observable, .title = title_, .points = points_, .against = against_, .side = 1,                  \
    .margin = ALL_TIERS({0}), .reason = "an order, paired over data and start"                               \
  }
static const assay_target network_targets[] = {
    {.name = "C",
     .title = "C without colour",
     .points = "R:r=0",
     .spread = spread_network,
     .margin = ALL_TIERS({.deviations = 10}),
     .reason = "0 by symmetry; 10 sd/sqrt(n_max)"},
    {.name = "C",
     .title = "r = .8 over 0",
     .points = "A:r=0.8",
     .against = "r=0",
     .side = 1,
     .skew_floor = .3, /* pilot, 1024 replicates of seed 2: skewness .005 */
     .margin = ALL_TIERS({.bias = -.05}),
     .reason = "a gap of .05, which shuffled patches do not have (pilot: .1126)"},
    ORDER("r = .8 over .4", "C", "R:r=0.8", "r=0.4"),
    ORDER("r = .4 over 0", "C", "R:r=0.4", "r=0"),
    ORDER("kap = .5 over .1", "C", "K:kap=0.5", "kap=0.1"),
    {.name = "C",
     .title = "step 30 over 400",
     .points = "R:r=0.8",
     .estimand = ASSAY_SMOOTH,
     .along = "step",
     .reduce = drop,
     .predict = nothing,
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "an order within a run"},
    ORDER("decay raises C", "C", "W:wd=0.1", "wd=0"),
    ORDER("decay lowers L", "L", "W:wd=0", "wd=0.1"),
    {0}};
static const assay_control network_controls[] = {{.name = "shuffled patches",
                                                  .mistake = "y is permuted among the test rows too",
                                                  .targets = "r = .8 over 0",
                                                  .change = "test_y=shuffled"},
                                                 {.name = "reversed",
                                                  .mistake = "the opposite order",
                                                  .targets = "r = *,kap = *,step*,decay*",
                                                  .reversed = true},
                                                 {0}};

const assay_claim spurious_features_network_colour_claim = {
    .id = "spurious-features/network-colour",
    .kinds = "order",
    .statement = "A trained network's spurious correlation grows with that of the data, falls along "
                 "training, and grows with the weight decay that lowers its loss.",
    .source = "arXiv 2502.01347 for trained networks; this network is chosen here",
    .data = "fashion-mnist",
    .params = network_params,
    .observables = network_observables,
    .predict = network,
    .legs = network_legs,
    .targets = network_targets,
    .controls = network_controls};
