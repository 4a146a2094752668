/* Context length: o(d) suffices from a cold start; from a warm one the risk is not monotone. */
#include <math.h>
#include <string.h>

#include "compare/claims/ttt-icl/claims.h"
#include "sim/ttt-icl/experiments.h"

enum { RUNGS = TTT_ICL_RUNGS };
#define OF_SEVEN(x) x "1," x "2," x "3," x "4," x "5," x "6," x "7"

/* ---- ttt-icl/context-exponent ---- */

static const assay_param exponent_params[] = {
    {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,2147483647]", NULL},
    {"gamma", NULL, "targets over dimension; with eps: lengths at equal risk", ASSAY_REAL, 0, NULL, "(0,inf)", ""},
    {"eps", NULL, "risk to reach", ASSAY_REAL, 0, NULL, "(0,1)", ""},
    {"lengths", NULL, "context lengths that are simulated: around sqrt(d), or around d", ASSAY_WORD, ASSAY_SIM, "sqrt|linear", NULL,
     "sqrt"},
    {0}};
enum { O_N_HALF, O_SLOPE, O_N_TTT, O_N_ICL, O_SAVING, O_N_HALF_ICL, O_SLOPE_ICL, O_RISK_TTT, O_RISK_ICL };
static const assay_observable exponent_observables[] = {
    {"n_half", NULL, "context length with half of the full gain of a cold step", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"slope", NULL, "slope of log n_half on log d over d, 4d, 16d, 64d", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"n_TTT", NULL, "context length at which a cold step has risk eps", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"n_ICL", NULL, "context length at which in-context learning has risk eps", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"saving", NULL, "n_ICL/n_TTT", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"n_half_icl", NULL, "context length at which in-context learning has risk 1/2: d + 1", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0,
     INFINITY},
    {"slope_icl", NULL, "its slope over the same dimensions", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 2},
    {"risk_TTT", NULL, "risk of a cold step at n_TTT rounded", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"risk_ICL", NULL, "in-context risk at n_ICL rounded", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};

static double slope_of(const double *y) {
  return (-3 * log(y[0]) - log(y[1]) + log(y[2]) + 3 * log(y[3])) / (20 * log(2));
}

static assay_status put_lengths(assay_call *call) {
  static const int all[] = {O_N_TTT, O_SAVING, O_RISK_TTT, O_N_ICL, O_RISK_ICL};
  if (!assay_given(call, "gamma") || !assay_given(call, "eps")) {
    for (int i = 0; i < 5; i++) assay_absent(call, all[i], "gamma and eps are not both given");
    return ASSAY_OK;
  }
  assay_value ttt, icl = {NAN, 0};
  assay_error why = {0};
  double eps = assay_real(call, "eps");
  assay_status status = ttt_icl_context_for_risk(assay_real(call, "d"), assay_real(call, "gamma"), eps, &ttt, &icl, &why);
  if (isfinite(icl.value)) {
    ttt_icl_put(call, O_N_ICL, icl);
    assay_put(call, O_RISK_ICL, 0, eps, 0);
  }
  if (status == ASSAY_DOMAIN) {
    for (int i = 0; i < 3; i++) assay_absent(call, all[i], "%s", why.text);
    return ASSAY_OK;
  }
  if (status != ASSAY_OK) return assay_fail(call, status, "%s", why.text);
  ttt_icl_put(call, O_N_TTT, ttt);
  double saving = icl.value / ttt.value;
  assay_put(call, O_SAVING, 0, saving, saving * (icl.error / icl.value + ttt.error / ttt.value + 4e-16));
  assay_put(call, O_RISK_TTT, 0, eps, 0);
  return ASSAY_OK;
}

static assay_status exponent(assay_call *call) {
  double d = assay_real(call, "d"), icl[4];
  for (int i = 0; i < 4; i++) icl[i] = d * pow(4, i) + 1;
  assay_put(call, O_N_HALF, 0, ttt_icl_half_context(d), 1e-15 * ttt_icl_half_context(d));
  assay_put(call, O_SLOPE, 0, ttt_icl_half_context_slope(d), 1e-14);
  assay_put(call, O_N_HALF_ICL, 0, d + 1, 0);
  assay_put(call, O_SLOPE_ICL, 0, slope_of(icl), 1e-14);
  return put_lengths(call);
}

/* As if any context were enough, or as long as for in-context learning. */
static assay_status any_context(assay_call *call) {
  assay_put(call, O_N_HALF, 0, 1, 0);
  assay_put(call, O_SLOPE, 0, 1, 0);
  assay_put(call, O_SLOPE_ICL, 0, .5, 0);
  return ASSAY_OK;
}

static bool around_root(const assay_call *call) {
  return !strcmp(assay_word(call, "lengths"), "sqrt");
}

/* 2^(j/2) sqrt(d), or 2^(j/4) d, j = -2..4. */
static void lengths(const assay_call *call, double *n) {
  double d = assay_real(call, "d");
  for (int j = 0; j < RUNGS; j++) n[j] = round(around_root(call) ? pow(2, (j - 2) / 2.) * sqrt(d) : pow(2, (j - 3) / 4.) * d);
}

static assay_status arrange_lengths(assay_call *claim, assay_call *sim, assay_call *realised) {
  double n[RUNGS], k[RUNGS], d = assay_real(claim, "d");
  (void)realised;
  lengths(claim, n);
  for (int j = 0; j < RUNGS; j++) k[j] = 2 * d;
  return ttt_icl_set_ladder(sim, RUNGS, n, k, d, 0);
}

static assay_status arrange_equal(assay_call *claim, assay_call *sim, assay_call *realised) {
  assay_value ttt, icl;
  double d = assay_real(claim, "d"), gamma = assay_real(claim, "gamma");
  (void)realised;
  assay_status status = ttt_icl_context_for_risk(d, gamma, assay_real(claim, "eps"), &ttt, &icl, assay_call_error(claim));
  if (status != ASSAY_OK) return status;
  double n[] = {round(ttt.value), round(icl.value)}, k[] = {round(gamma * d), round(gamma * d)};
  return ttt_icl_set_ladder(sim, 2, n, k, d, 0);
}

/* The length at which a cubic in log n crosses `target`. */
static double crossing_length(const assay_call *point, const double *risk, double target) {
  double n[RUNGS], x[RUNGS], c[4], middle;
  lengths(point, n);
  middle = log(n[3]);
  for (int j = 0; j < RUNGS; j++) x[j] = log(n[j]) - middle;
  if (!ttt_icl_fit(x, risk, RUNGS, 3, c)) return NAN;
  c[0] -= target;
  return exp(middle + ttt_icl_zero(c, 3));
}

static double half_risk(const assay_call *point) {
  double d = assay_real(point, "d");
  return around_root(point) ? 1 - d / (3 * d + 1) : .5; /* 1 - g_d/2 at k = 2d */
}

static assay_status length_of(const assay_sample *s, double *out) {
  *out = crossing_length(s->points[0], s->value, half_risk(s->points[0]));
  return isfinite(*out) ? ASSAY_OK : ASSAY_NUMERIC;
}

static assay_status slope_of_lengths(const assay_sample *s, double *out) {
  double n[4];
  for (int i = 0; i < 4; i++) n[i] = crossing_length(s->points[i * RUNGS], s->value + i * RUNGS, half_risk(s->points[i * RUNGS]));
  *out = slope_of(n);
  return isfinite(*out) && s->groups == 4 * RUNGS ? ASSAY_OK : ASSAY_NUMERIC;
}

static const assay_leg exponent_legs[] = {
    {.experiment = &ttt_icl_ladder_run,
     .arrange = arrange_lengths,
     .points = POINTS("T: lengths=sqrt", "I: lengths=linear"),
     .sizes = {"d=400,1600,6400,25600 draws=100", "d=400,1600,6400,25600 draws=1000", "d=400,1600,6400,25600 draws=2000"},
     .first = {128, 128, 128},
     .looks = {3, 4, 7}},
    {.experiment = &ttt_icl_ladder_run,
     .arrange = arrange_equal,
     .points = POINTS("E1: gamma=4 eps=.25", "E2: gamma=4 eps=.3", "E3: gamma=9 eps=.15"),
     .sizes = {"d=400 draws=200", "d=400,1600 draws=2000", "d=400,1600 draws=2000"},
     .first = {128, 128, 128},
     .looks = {3, 4, 6}},
    {0}};

static const assay_target exponent_targets[] = {
    {.name = "n_half",
     .records = OF_SEVEN("C"),
     .points = "T",
     .estimand = ASSAY_SMOOTH,
     .reduce = length_of,
     .predict = exponent,
     .margin = RELATIVE(.015, .012, .012),
     .reason = "the cubic's interpolation (exact theory: 1 % at d = 400, less above) + 10 se"},
    {.name = "n_half_icl",
     .records = OF_SEVEN("I"),
     .points = "I",
     .estimand = ASSAY_SMOOTH,
     .reduce = length_of,
     .predict = exponent,
     .margin = RELATIVE(.015, .005, .002),
     .reason = "the cubic's interpolation (exact theory: 2e-4) + 10 se"},
    {.name = "slope",
     .records = OF_SEVEN("C"),
     .points = "T",
     .along = "d",
     .estimand = ASSAY_SMOOTH,
     .reduce = slope_of_lengths,
     .predict = exponent,
     .margin = FIXED(.01, .004, .001),
     .reason = "the cubic's interpolation, 4e-4, + 10 se"},
    {.name = "slope_icl",
     .records = OF_SEVEN("I"),
     .points = "I",
     .along = "d",
     .estimand = ASSAY_SMOOTH,
     .reduce = slope_of_lengths,
     .predict = exponent,
     .margin = FIXED(.01, .004, .001),
     .reason = "10 se"},
    {.name = "risk_TTT",
     .records = "C1",
     .points = "E?",
     .margin = FIXED(.003, .003, .003),
     .reason = "rounding of n_TTT moves the risk by up to .001; 10 sd"},
    {.name = "risk_ICL", .records = "I2", .points = "E?", .margin = FIXED(.003, .003, .003), .reason = "10 sd"},
    {0}};

static const assay_control exponent_controls[] = {
    {.name = "linear length",
     .mistake = "the length of a cold step grows like d, that of in-context learning like sqrt(d)",
     .targets = "slope,slope_icl",
     .predict = any_context},
    {.name = "any context suffices", .mistake = "one example of context is enough", .targets = "n_half", .predict = any_context},
    {0}};

const assay_claim ttt_icl_context_exponent_claim = {
    .id = "ttt-icl/context-exponent",
    .kinds = "rate",
    .statement = "With k of order d targets a cold step needs a context of order sqrt(d) only, in-context learning one of order d.",
    .source = "arXiv 2503.11842: o(d) context suffices; the exponent is derived here",
    .params = exponent_params,
    .observables = exponent_observables,
    .predict = exponent,
    .legs = exponent_legs,
    .targets = exponent_targets,
    .controls = exponent_controls};

/* ---- ttt-icl/context-nonmonotone ---- */

static const assay_param hump_params[] = {{"gamma", NULL, "targets over dimension, k/d", ASSAY_REAL, 0, NULL, "(0,inf]", NULL},
                                          PARAM_SIZE_D,
                                          {"lengths", NULL,
                                           "context lengths that are simulated: the extrema, around the peak, or .05, .1, .2 times d",
                                           ASSAY_WORD, ASSAY_SIM, "extrema|peak|short", NULL, "peak"},
                                          PARAM_DRAWS,
                                          {0}};
enum { H_ALPHA, H_L, H_N_MIN, H_L_MIN, H_N_MAX, H_L_MAX };
static const assay_observable hump_observables[] = {
    {"alpha_peak", NULL, "limit: context length n/d with the greatest warm risk", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"L_peak", NULL, "limit of that risk", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"n_min", NULL, "first minimum of the warm risk at d", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"L_min", NULL, "risk there", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"n_max", NULL, "maximum after it", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"L_max", NULL, "risk there", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};

static assay_status put_extrema(assay_call *call) {
  ttt_icl_extrema e;
  assay_error why = {0};
  if (!assay_given(call, "d") || isinf(assay_real(call, "gamma"))) {
    for (int i = H_N_MIN; i <= H_L_MAX; i++) assay_absent(call, i, "%s", assay_given(call, "d") ? "gamma is infinite" : "d is not given");
    return ASSAY_OK;
  }
  assay_status status = ttt_icl_context_extrema(assay_real(call, "d"), assay_real(call, "gamma"), &e, &why);
  if (status == ASSAY_DOMAIN) {
    for (int i = H_N_MIN; i <= H_L_MAX; i++) assay_absent(call, i, "%s", why.text);
    return ASSAY_OK;
  }
  if (status != ASSAY_OK) return assay_fail(call, status, "%s", why.text);
  assay_put(call, H_N_MIN, 0, e.n_min, 0);
  ttt_icl_put(call, H_L_MIN, e.L_min);
  assay_put(call, H_N_MAX, 0, e.n_max, 0);
  ttt_icl_put(call, H_L_MAX, e.L_max);
  return ASSAY_OK;
}

static assay_status hump(assay_call *call) {
  assay_value alpha = {0, 0}, L = {0, 0};
  assay_error why = {0};
  assay_status status = ttt_icl_peak(assay_real(call, "gamma"), &alpha, &L, &why),
               put = ttt_icl_put_or_absent(call, H_ALPHA, status, alpha, &why);
  if (put == ASSAY_OK) put = ttt_icl_put_or_absent(call, H_L, status, L, &why);
  return put == ASSAY_OK ? put_extrema(call) : put;
}

static assay_status no_change(assay_call *call) {
  assay_put(call, H_L, 0, 0, 0);
  return ASSAY_OK;
}

/* The peak of u - g u^2: alpha = 2g - 1. */
static assay_status squared_peak(assay_call *call) {
  double gamma = assay_real(call, "gamma"), g = gamma / (1 + gamma);
  assay_put(call, H_N_MAX, 0, (2 * g - 1) * assay_real(call, "d"), 0);
  return ASSAY_OK;
}

/* (1-g) u, the risk on the context of the step. */
static assay_status reused(assay_call *call) {
  double gamma = assay_real(call, "gamma"), d = assay_real(call, "d");
  ttt_icl_extrema e;
  assay_status status = ttt_icl_context_extrema(d, gamma, &e, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  assay_put(call, H_L_MAX, 0, 1 / ((1 + gamma) * (1 + e.n_max / d)), 0);
  assay_put(call, H_L_MIN, 0, 1 / ((1 + gamma) * (1 + e.n_min / d)), 0);
  return ASSAY_OK;
}

/* The simulated lengths; *count of them. */
static assay_status hump_lengths(const assay_call *call, double *n, int *count, assay_error *error) {
  double d = assay_real(call, "d"), gamma = assay_real(call, "gamma");
  const char *word = assay_word(call, "lengths");
  ttt_icl_extrema e;
  assay_value alpha, L;
  assay_status status = ASSAY_OK;
  *count = 3;
  if (!strcmp(word, "short")) {
    for (int j = 0; j < 3; j++) n[j] = round(.05 * pow(2, j) * d);
  } else if (!strcmp(word, "extrema")) {
    status = ttt_icl_context_extrema(d, gamma, &e, error);
    n[0] = e.n_min, n[1] = e.n_max, n[2] = 2 * d;
  } else {
    status = ttt_icl_peak(gamma, &alpha, &L, error);
    *count = RUNGS;
    for (int j = 0; j < RUNGS && status == ASSAY_OK; j++) n[j] = round((.6 + .8 * j / 6) * alpha.value * d);
  }
  return status;
}

static assay_status arrange_hump(assay_call *claim, assay_call *sim, assay_call *realised) {
  double n[RUNGS], k[RUNGS], d = assay_real(claim, "d");
  int count;
  assay_status status = hump_lengths(claim, n, &count, assay_call_error(claim));
  for (int j = 0; j < RUNGS; j++) k[j] = round(assay_real(claim, "gamma") * d);
  if (status == ASSAY_OK) status = assay_set(realised, "gamma", k[0] / d);
  return status == ASSAY_OK ? ttt_icl_set_ladder(sim, count, n, k, d, 0) : status;
}

/* The maximum of a cubic in log n. */
static assay_status peak_length(const assay_sample *s, double *out) {
  double n[RUNGS], x[RUNGS], c[4], middle;
  int count;
  if (hump_lengths(s->points[0], n, &count, NULL) != ASSAY_OK) return ASSAY_NUMERIC;
  middle = log(n[3]);
  for (int j = 0; j < RUNGS; j++) x[j] = log(n[j]) - middle;
  if (!ttt_icl_fit(x, s->value, RUNGS, 3, c)) return ASSAY_NUMERIC;
  double derivative[] = {c[1], 2 * c[2], 3 * c[3]};
  *out = exp(middle + ttt_icl_zero(derivative, 2));
  return isfinite(*out) ? ASSAY_OK : ASSAY_NUMERIC;
}

static const assay_leg hump_legs[] = {
    {.experiment = &ttt_icl_ladder_run,
     .arrange = arrange_hump,
     .points = POINTS("E: gamma=8 lengths=extrema"),
     .sizes = {"d=1000 draws=200", "d=1000 draws=1000", "d=1000 draws=5000"},
     .first = {128, 128, 128},
     .looks = {3, 3, 5}},
    {.experiment = &ttt_icl_ladder_run,
     .arrange = arrange_hump,
     .points = POINTS("P2: gamma=2", "P8: gamma=8"),
     .sizes = {"d=10000 draws=200", "d=10000 draws=500", "d=100000 draws=1000"},
     .first = {128, 128, 128},
     .looks = {3, 4, 5}},
    {.experiment = &ttt_icl_ladder_run,
     .arrange = arrange_hump,
     .points = POINTS("S25: gamma=.25 lengths=short", "S50: gamma=.5 lengths=short", "S100: gamma=1 lengths=short"),
     .sizes = {"d=100000 draws=50", "d=100000 draws=200", "d=100000 draws=200"},
     .first = {128, 128, 128},
     .looks = {5, 4, 4}},
    {0}};

#define CHANGE(label, from, to, sign, words)                                                                                               \
  {                                                                                                                                        \
    .name = "L_peak", .title = words, .records = "L" to ",L" from, .points = label, .estimand = ASSAY_COMBINATION,                         \
    .reduce = ttt_icl_difference, .predict = no_change, .side = sign, .reason = "an order"                                                 \
  }
/* A pilot of 10000 draws at E, sd times sqrt(d): .51 and .38. */
static assay_status hump_spread(assay_call *call) {
  ttt_icl_put_spread(call, H_L_MIN, .55);
  ttt_icl_put_spread(call, H_L_MAX, .55);
  return ASSAY_OK;
}
static const assay_target hump_targets[] = {{.name = "L_min",
                                             .records = "L1",
                                             .points = "E",
                                             .margin = TEN_SD,
                                             .spread = hump_spread,
                                             .reason = REASON_TEN_SD},
                                            {.name = "L_max",
                                             .records = "L2",
                                             .points = "E",
                                             .margin = TEN_SD,
                                             .spread = hump_spread,
                                             .reason = REASON_TEN_SD},
                                            {.name = "n_max",
                                             .records = OF_SEVEN("L"),
                                             .points = "P?",
                                             .estimand = ASSAY_SMOOTH,
                                             .reduce = peak_length,
                                             .predict = hump,
                                             .margin = RELATIVE(.02, .008, .005),
                                             .reason = "the cubic's interpolation, 5e-4 (exact theory), + 10 se"},
                                            CHANGE("E", "1", "2", 1, "rises to the peak"),
                                            CHANGE("E", "2", "3", -1, "falls after the peak"),
                                            CHANGE("S25,S50", "1", "2", -1, "falls for gamma <= 1/2"),
                                            CHANGE("S25,S50", "2", "3", -1, "falls on for gamma <= 1/2"),
                                            CHANGE("S100", "1", "2", 1, "rises for gamma > 1/2"),
                                            CHANGE("S100", "2", "3", 1, "rises on for gamma > 1/2"),
                                            {0}};

static const assay_control hump_controls[] = {
    {.name = "reused context",
     .mistake = "(1-g) u, monotone: the query uses the context of the step",
     .targets = "L_min,L_max",
     .predict = reused},
    {.name = "squared factor", .mistake = "gain g u^2, with its peak at 2g - 1", .targets = "n_max", .predict = squared_peak},
    {.name = "opposite order",
     .mistake = "the risk falls with the context for gamma > 1/2 and rises below",
     .targets = "rises*,falls*",
     .reversed = true},
    {0}};

const assay_claim ttt_icl_context_nonmonotone_claim = {.id = "ttt-icl/context-nonmonotone",
                                                       .kinds = "threshold",
                                                       .statement = "For gamma > 1/2 the warm risk after one step is not monotone in the "
                                                                    "context length: it rises to n/d = sqrt(3g) - 1 and falls after.",
                                                       .source = "arXiv 2503.11842, the hump; finite sizes derived here",
                                                       .params = hump_params,
                                                       .observables = hump_observables,
                                                       .predict = hump,
                                                       .legs = hump_legs,
                                                       .targets = hump_targets,
                                                       .controls = hump_controls};
