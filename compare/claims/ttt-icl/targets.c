/* The number of targets: where a cold start wins, and how many a given risk takes. */
#include <math.h>
#include <string.h>

#include "compare/claims/ttt-icl/claims.h"
#include "sim/ttt-icl/experiments.h"

enum { RUNGS = 5 };
static const double factors[RUNGS] = {.8, .9, 1, 1.1, 1.25};

/* clang-format off */
#define PARAMS_WHERE \
  {"alpha", NULL, "n/d; or n and d", ASSAY_REAL, 0, NULL, "(0,inf)", ""}, \
  {"n", NULL, "context length; not given: round(alpha d)", ASSAY_INTEGER, 0, NULL, "[1,2147483647]", ""}, PARAM_SIZE_D, PARAM_SIGMA2
/* clang-format on */

/* n at d (0: d is not given), and alpha. */
static assay_status place(assay_call *call, double *n, double *d, double *alpha) {
  bool size = assay_given(call, "d");
  if (!assay_given(call, "alpha") && !(size && assay_given(call, "n"))) return assay_fail(call, ASSAY_USAGE, "give alpha, or n and d");
  *d = size ? assay_real(call, "d") : 0;
  *n = !size ? 0 : assay_given(call, "n") ? assay_real(call, "n") : fmax(1, round(assay_real(call, "alpha") * *d));
  *alpha = assay_given(call, "alpha") ? assay_real(call, "alpha") : *n / *d;
  return ASSAY_OK;
}

/* A ladder of k around `middle`. */
static void rungs_around(double middle, double *k) {
  for (int j = 0; j < RUNGS; j++) k[j] = fmax(1, round(factors[j] * middle));
}

/* The zero of a quadratic in log k through values at rungs around `middle`. */
static double zero_of(double middle, const double *value) {
  double k[RUNGS], x[RUNGS], c[3];
  rungs_around(middle, k);
  for (int j = 0; j < RUNGS; j++) x[j] = log(k[j] / middle);
  return ttt_icl_fit(x, value, RUNGS, 2, c) ? middle * exp(ttt_icl_zero(c, 2)) : NAN;
}

static assay_status set_rungs(assay_call *sim, double n, double d, double sigma2, double middle) {
  double k[RUNGS], all_n[RUNGS];
  rungs_around(middle, k);
  for (int j = 0; j < RUNGS; j++) all_n[j] = n;
  return ttt_icl_set_ladder(sim, RUNGS, all_n, k, d, sigma2);
}

/* ---- ttt-icl/cold-warm-crossover ---- */

static const assay_param crossover_params[] = {PARAMS_WHERE, {0}};
enum { O_GAMMA_STAR, O_K_STAR };
static const assay_observable crossover_observables[] = {
    {"gamma_star", NULL, "limit: a start from W = 0 is better for k/d above it", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"k_star_over_d", NULL, "the same at n and d", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status crossover(assay_call *call) {
  double n, d, alpha, sigma2 = assay_real(call, "sigma2");
  assay_value v = {0, 0};
  assay_error why = {0};
  assay_status status = place(call, &n, &d, &alpha);
  if (status != ASSAY_OK) return status;
  status = ttt_icl_block_crossing(alpha, sigma2, NULL, &v, &why);
  if ((status = ttt_icl_put_or_absent(call, O_GAMMA_STAR, status, v, &why)) != ASSAY_OK) return status;
  if (d == 0) {
    assay_absent(call, O_K_STAR, "d is not given");
    return ASSAY_OK;
  }
  status = ttt_icl_crossing(n, d, sigma2, &v, &why);
  v = (assay_value){v.value / d, v.error / d};
  return ttt_icl_put_or_absent(call, O_K_STAR, status, v, &why);
}

static assay_status one_plus_alpha(assay_call *call) {
  double n, d, alpha;
  assay_status status = place(call, &n, &d, &alpha);
  if (status == ASSAY_OK) assay_put(call, O_K_STAR, 0, 1 + alpha, 0);
  return status;
}

static assay_status just_alpha(assay_call *call) {
  double n, d, alpha;
  assay_status status = place(call, &n, &d, &alpha);
  if (status == ASSAY_OK) assay_put(call, O_K_STAR, 0, alpha, 0);
  return status;
}

static assay_status arrange_crossover(assay_call *claim, assay_call *sim, assay_call *realised) {
  double n, d, alpha, sigma2 = assay_real(claim, "sigma2");
  assay_value k;
  assay_status status = place(claim, &n, &d, &alpha);
  if (status == ASSAY_OK) status = ttt_icl_crossing(n, d, sigma2, &k, assay_call_error(claim));
  if (status == ASSAY_OK) status = assay_set(realised, "n", n);
  return status == ASSAY_OK ? set_rungs(sim, n, d, sigma2, k.value) : status;
}

/* Groups L1..L5, C1..C5. */
static assay_status measured_crossing(const assay_sample *s, double *out) {
  double d = assay_real(s->points[0], "d"), difference[RUNGS];
  assay_value k;
  if (ttt_icl_crossing(assay_real(s->points[0], "n"), d, assay_real(s->points[0], "sigma2"), &k, NULL) != ASSAY_OK) return ASSAY_NUMERIC;
  for (int j = 0; j < RUNGS; j++) difference[j] = s->value[j] - s->value[RUNGS + j];
  *out = zero_of(k.value, difference) / d;
  return isfinite(*out) ? ASSAY_OK : ASSAY_NUMERIC;
}

/* The exact crossing at d = 1e6. */
static assay_status far_crossing(assay_call *call) {
  const double far = 1e6;
  assay_value k;
  assay_status status = ttt_icl_crossing(assay_real(call, "alpha") * far, far, assay_real(call, "sigma2"), &k, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, O_GAMMA_STAR, 0, k.value / far, k.error / far);
  return status;
}

static assay_status limit_one_plus_alpha(assay_call *call) {
  assay_put(call, O_GAMMA_STAR, 0, 1 + assay_real(call, "alpha"), 0);
  return ASSAY_OK;
}

static const assay_leg crossover_legs[] = {{.experiment = &ttt_icl_ladder_run,
                                            .arrange = arrange_crossover,
                                            .points = POINTS("A: alpha=.5", "B: alpha=1", "C: alpha=3", "D: alpha=1 sigma2=.25"),
                                            .sizes = {"d=400 draws=200", "d=400,1600 draws=500", "d=1600 draws=2000"},
                                            .first = {128, 128, 128},
                                            .looks = {3, 5, 7}},
                                           {.check = far_crossing,
                                            .points = POINTS("L1: alpha=1", "L3: alpha=3", "LS: alpha=1 sigma2=.25"),
                                            .sizes = {"", "", ""}},
                                           {0}};
static const assay_target crossover_targets[] = {{.name = "k_star_over_d",
                                                  .records = "L1,L2,L3,L4,L5,C1,C2,C3,C4,C5",
                                                  .points = "A,B,C,D",
                                                  .estimand = ASSAY_SMOOTH,
                                                  .reduce = measured_crossing,
                                                  .predict = crossover,
                                                  .margin = RELATIVE(.015, .004, 5e-4),
                                                  .reason = "interpolation below 1e-4 (exact theory) + 10 se, se about 3.4/sqrt(d draws)"},
                                                 {.name = "gamma_star",
                                                  .points = "L?",
                                                  .estimand = ASSAY_EXACT,
                                                  .margin = RELATIVE(5e-5, 5e-5, 5e-5),
                                                  .reason = "at most 19/d at d = 1e6"},
                                                 {0}};
static const assay_control crossover_controls[] = {
    {.name = "1 + alpha", .mistake = "gamma* = 1 + alpha", .targets = "k_star_over_d", .points = "A,B,C", .predict = one_plus_alpha},
    {.name = "limit 1 + alpha", .mistake = "gamma* = 1 + alpha", .targets = "gamma_star", .predict = limit_one_plus_alpha},
    {.name = "alpha",
     .mistake = "gamma* = alpha, from comparing 1/(1+alpha) with 1/(1+gamma)",
     .targets = "k_star_over_d",
     .points = "A,B",
     .predict = just_alpha},
    {0}};
static const assay_figure crossover_figures[] = {{.title = "Above the line a start from zero is better",
                                                  .x = "alpha",
                                                  .x_label = "alpha = n / d",
                                                  .y = "gamma_star",
                                                  .y_label = "gamma*",
                                                  .points = "B",
                                                  .sweep = "0.1:8:41",
                                                  .flags = ASSAY_LOG_X},
                                                 {0}};

const assay_claim ttt_icl_cold_warm_crossover_claim = {
    .id = "ttt-icl/cold-warm-crossover",
    .kinds = "threshold",
    .statement =
        "A start from W = 0 beats the pretrained weight exactly for k/d above gamma*, (1+alpha)^2/(2+alpha) in the noiseless limit.",
    .source = "arXiv 2503.11842, cold against warm start; finite sizes and noise derived here",
    .params = crossover_params,
    .observables = crossover_observables,
    .predict = crossover,
    .legs = crossover_legs,
    .targets = crossover_targets,
    .controls = crossover_controls,
    .figures = crossover_figures};

/* ---- ttt-icl/k-for-risk ---- */

static const assay_param risk_params[] = {PARAMS_WHERE,
                                          {"eps", NULL, "risk to reach", ASSAY_REAL, 0, NULL, "(0,1)", NULL},
                                          {"start", NULL, "the start whose k is simulated around its prediction; floor: k = 256 d",
                                           ASSAY_WORD, ASSAY_SIM, "warm|cold|floor", NULL, "warm"},
                                          {0}};
enum { R_GAMMA_WARM, R_GAMMA_COLD, R_FLOOR, R_K_WARM, R_K_COLD, R_SLOPE, R_SLOPE_COLD };
static const assay_observable risk_observables[] = {
    {"gamma_warm", NULL, "limit of k/d for risk eps, warm", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"gamma_cold", NULL, "limit of k/d for risk eps, cold", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"floor", NULL, "limit of the warm risk as gamma -> inf", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"k_warm", NULL, "real k for risk eps at n and d, warm", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"k_cold", NULL, "real k for risk eps at n and d, cold", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"slope", NULL, "slope of log k_warm between d and 4d, n growing alike", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"slope_cold", NULL, "the same of k_cold", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};

/* k at n, d, and its slope towards 4n, 4d, from one start. */
static assay_status put_finite(assay_call *call, double n, double d, double sigma2, double eps, bool warm) {
  assay_value k = {0, 0}, later = {0, 0};
  assay_error why = {0};
  assay_status reached = ttt_icl_targets(n, d, sigma2, warm, eps, &k, &why),
               status = ttt_icl_put_or_absent(call, warm ? R_K_WARM : R_K_COLD, reached, k, &why);
  if (status != ASSAY_OK) return status;
  if (reached == ASSAY_OK) reached = ttt_icl_targets(4 * n, 4 * d, sigma2, warm, eps, &later, &why);
  assay_value slope = {log(later.value / k.value) / log(4), later.error / later.value + k.error / k.value + 1e-15};
  return ttt_icl_put_or_absent(call, warm ? R_SLOPE : R_SLOPE_COLD, reached, slope, &why);
}

static assay_status for_risk(assay_call *call) {
  double n, d, alpha, sigma2 = assay_real(call, "sigma2"), eps = assay_real(call, "eps");
  assay_value gamma = {0, 0};
  assay_error why = {0};
  assay_status status = place(call, &n, &d, &alpha);
  if (status != ASSAY_OK) return status;
  assay_status limit = ttt_icl_targets_limit(alpha, sigma2, true, eps, &gamma, &why);
  if ((status = ttt_icl_put_or_absent(call, R_GAMMA_WARM, limit, gamma, &why)) != ASSAY_OK) return status;
  limit = ttt_icl_targets_limit(alpha, sigma2, false, eps, &gamma, &why);
  if ((status = ttt_icl_put_or_absent(call, R_GAMMA_COLD, limit, gamma, &why)) != ASSAY_OK) return status;
  assay_put(call, R_FLOOR, 0, ttt_icl_floor(alpha, sigma2), 1e-15);
  if (d > 0) {
    status = put_finite(call, n, d, sigma2, eps, true);
    return status == ASSAY_OK ? put_finite(call, n, d, sigma2, eps, false) : status;
  }
  for (int i = R_K_WARM; i <= R_SLOPE_COLD; i++) assay_absent(call, i, "d is not given");
  return ASSAY_OK;
}

/* The exact numbers at d = 1e6; and as if the noise counted in the risk alone. */
static assay_status far_targets(assay_call *call) {
  const double far = 1e6, n = assay_real(call, "alpha") * far, sigma2 = assay_real(call, "sigma2"), eps = assay_real(call, "eps");
  for (int warm = 0; warm < 2; warm++) {
    assay_value k;
    assay_status status = ttt_icl_targets(n, far, sigma2, warm, eps, &k, assay_call_error(call));
    if (status != ASSAY_OK) return status;
    assay_put(call, warm ? R_GAMMA_WARM : R_GAMMA_COLD, 0, k.value / far, k.error / far);
  }
  return ASSAY_OK;
}
static assay_status without_noise(assay_call *call) {
  assay_value gamma;
  for (int warm = 0; warm < 2; warm++) {
    assay_status status =
        ttt_icl_targets_limit(assay_real(call, "alpha"), 0, warm, assay_real(call, "eps"), &gamma, assay_call_error(call));
    if (status != ASSAY_OK) return status;
    ttt_icl_put(call, warm ? R_GAMMA_WARM : R_GAMMA_COLD, gamma);
  }
  return ASSAY_OK;
}

/* No floor; and cold k = d/eps. */
static assay_status no_floor(assay_call *call) {
  assay_put(call, R_FLOOR, 0, 0, 0);
  assay_put(call, R_K_COLD, 0, assay_real(call, "d") / assay_real(call, "eps"), 0);
  return ASSAY_OK;
}

/* As many targets as for a cold start. */
static assay_status as_cold(assay_call *call) {
  double n, d, alpha;
  assay_value k;
  assay_status status = place(call, &n, &d, &alpha);
  if (status == ASSAY_OK)
    status = ttt_icl_targets(n, d, assay_real(call, "sigma2"), false, assay_real(call, "eps"), &k, assay_call_error(call));
  if (status == ASSAY_OK) ttt_icl_put(call, R_K_WARM, k);
  return status;
}

static assay_status square_root(assay_call *call) {
  assay_put(call, R_SLOPE, 0, .5, 0);
  assay_put(call, R_SLOPE_COLD, 0, .5, 0);
  return ASSAY_OK;
}

static assay_status middle_of(const assay_call *point, double *k, assay_error *error) {
  double d = assay_real(point, "d");
  assay_value v;
  if (!strcmp(assay_word(point, "start"), "floor")) {
    *k = 256 * d;
    return ASSAY_OK;
  }
  bool warm = !strcmp(assay_word(point, "start"), "warm");
  assay_status status = ttt_icl_targets(assay_real(point, "n"), d, assay_real(point, "sigma2"), warm, assay_real(point, "eps"), &v, error);
  *k = v.value;
  return status;
}

static assay_status arrange_risk(assay_call *claim, assay_call *sim, assay_call *realised) {
  double n, d, alpha, middle;
  assay_status status = place(claim, &n, &d, &alpha);
  if (status == ASSAY_OK) status = assay_set(realised, "n", n);
  if (status == ASSAY_OK) status = middle_of(realised, &middle, assay_call_error(claim));
  return status == ASSAY_OK ? set_rungs(sim, n, d, assay_real(claim, "sigma2"), middle) : status;
}

/* Five groups of one size. */
static double measured_k(const assay_call *point, const double *risk) {
  double middle, excess[RUNGS];
  if (middle_of(point, &middle, NULL) != ASSAY_OK) return NAN;
  for (int j = 0; j < RUNGS; j++) excess[j] = risk[j] - assay_real(point, "eps");
  return zero_of(middle, excess);
}

static assay_status k_of(const assay_sample *s, double *out) {
  *out = measured_k(s->points[0], s->value);
  return isfinite(*out) ? ASSAY_OK : ASSAY_NUMERIC;
}

static assay_status slope_of(const assay_sample *s, double *out) {
  *out = log(measured_k(s->points[RUNGS], s->value + RUNGS) / measured_k(s->points[0], s->value)) / log(s->axis[RUNGS] / s->axis[0]);
  return isfinite(*out) ? ASSAY_OK : ASSAY_NUMERIC;
}

static const assay_leg risk_legs[] = {
    {.experiment = &ttt_icl_ladder_run,
     .arrange = arrange_risk,
     .points = POINTS("W1: alpha=1 eps=.42", "W2: alpha=1 eps=.46 sigma2=.25", "C1: alpha=1 eps=.42 start=cold",
                      "C2: alpha=1 eps=.46 sigma2=.25 start=cold", "C3: alpha=2 eps=.3 start=cold"),
     .sizes = {"d=400,1600 draws=500", "d=400,1600 draws=1000", "d=1600,6400 draws=2000"},
     .first = {128, 128, 128},
     .looks = {4, 4, 7}},
    {.experiment = &ttt_icl_ladder_run,
     .arrange = arrange_risk,
     .points = POINTS("F: alpha=1 eps=.42 start=floor"),
     .sizes = {"d=6400 draws=100", "d=6400 draws=500", "d=6400 draws=2000"},
     .first = {128, 128, 128},
     .looks = {3, 3, 3}},
    {.check = far_targets, .points = POINTS("G: alpha=1 eps=.42", "GN: alpha=1 eps=.46 sigma2=.25"), .sizes = {"", "", ""}},
    {0}};

static const assay_target risk_targets[] = {{.name = "k_warm",
                                             .records = "L1,L2,L3,L4,L5",
                                             .points = "W?",
                                             .estimand = ASSAY_SMOOTH,
                                             .reduce = k_of,
                                             .predict = for_risk,
                                             .margin = RELATIVE(.02, .01, .003),
                                             .reason = "interpolation of the quadratic, 2e-4 (exact theory), + 10 se"},
                                            {.name = "k_cold",
                                             .records = "C1,C2,C3,C4,C5",
                                             .points = "C?",
                                             .estimand = ASSAY_SMOOTH,
                                             .reduce = k_of,
                                             .predict = for_risk,
                                             .margin = RELATIVE(.02, .01, .003),
                                             .reason = "interpolation of the quadratic, 2e-4 (exact theory), + 10 se"},
                                            {.name = "slope",
                                             .records = "L1,L2,L3,L4,L5",
                                             .points = "W1",
                                             .along = "d",
                                             .estimand = ASSAY_SMOOTH,
                                             .reduce = slope_of,
                                             .predict = for_risk,
                                             .margin = FIXED(.02, .01, .004),
                                             .reason = "10 se"},
                                            {.name = "slope_cold",
                                             .records = "C1,C2,C3,C4,C5",
                                             .points = "C1",
                                             .along = "d",
                                             .estimand = ASSAY_SMOOTH,
                                             .reduce = slope_of,
                                             .predict = for_risk,
                                             .margin = FIXED(.02, .01, .004),
                                             .reason = "10 se"},
                                            {.name = "floor",
                                             .records = "L3",
                                             .points = "F",
                                             .margin = FIXED(.003, .002, .0015),
                                             .reason = "exact theory at k = 256 d: .0007 above the limit; 10 sd"},
                                            {.name = "gamma_warm",
                                             .points = "G,GN",
                                             .estimand = ASSAY_EXACT,
                                             .margin = RELATIVE(2e-4, 2e-4, 2e-4),
                                             .reason = "of order 1/d at d = 1e6"},
                                            {.name = "gamma_cold",
                                             .points = "G,GN",
                                             .estimand = ASSAY_EXACT,
                                             .margin = RELATIVE(2e-4, 2e-4, 2e-4),
                                             .reason = "of order 1/d at d = 1e6"},
                                            {0}};

static const assay_control risk_controls[] = {
    {.name = "no floor",
     .mistake = "enough targets bring the risk to 0, as training to the end does; and k = d/eps from a cold start",
     .targets = "floor,k_cold",
     .points = "F,C1,C3",
     .predict = no_floor},
    {.name = "warm as cold", .mistake = "the warm start takes as many targets as the cold one", .targets = "k_warm", .predict = as_cold},
    {.name = "square root", .mistake = "k grows like sqrt(d)", .targets = "slope,slope_cold", .predict = square_root},
    {.name = "without noise",
     .mistake = "as many targets as without noise",
     .targets = "gamma_*",
     .points = "GN",
     .predict = without_noise},
    {0}};

const assay_claim ttt_icl_k_for_risk_claim = {.id = "ttt-icl/k-for-risk",
                                              .kinds = "rate,threshold",
                                              .statement = "The gain of one step is proportional to k/(k+d+1): a given risk takes k of "
                                                           "order d, and from the pretrained weight none reaches below v (1 - v^2).",
                                              .source = "derived here from the parabola of arXiv 2503.11842",
                                              .params = risk_params,
                                              .observables = risk_observables,
                                              .predict = for_risk,
                                              .legs = risk_legs,
                                              .targets = risk_targets,
                                              .controls = risk_controls};
