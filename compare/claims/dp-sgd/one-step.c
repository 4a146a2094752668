/* dp-sgd/clip-factors: drift and second moment of one clipped gradient. */
#include <math.h>

#include "compare/claims/dp-sgd/claims.h"
#include "sim/dp-sgd/experiments.h"

static const assay_param params[] = {
    PARAM_C,
    {"P", NULL, "test risk, half the residual's variance", ASSAY_REAL, 0, NULL, "(0,inf)", NULL},
    {"zeta", NULL, "standard deviation of the label noise, zeta^2 < 2P; not given: sqrt(P)", ASSAY_REAL,
     ASSAY_SIM, NULL, "[0,inf)", ""},
    {"draws", NULL, "draws averaged in one replicate", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,2147483647]", "1"},
    PARAM_D,
    {0},
};

enum { O_MU, O_NU };
static const assay_observable observables[] = {
    {"mu", NULL, "E[gbar.delta]/||delta||^2: Prob(|r| < c)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"nu", NULL, "E||gbar||^2/(2 P d): E min(r^2, c^2)/(2P)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0},
};

static assay_status predict_with(assay_call *call, dp_sgd_mistake mistake) {
  assay_value mu, nu;
  assay_status status = dp_sgd_clip_factors(assay_real(call, "c"), assay_real(call, "P"), mistake, &mu, &nu,
                                            assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_MU, mu);
  claim_put(call, O_NU, nu);
  return ASSAY_OK;
}

static assay_status predict(assay_call *call) {
  return predict_with(call, DP_SGD_RIGHT);
}
static assay_status predict_naive(assay_call *call) {
  return predict_with(call, DP_SGD_NAIVE_MU);
}
static assay_status predict_residual_p(assay_call *call) {
  return predict_with(call, DP_SGD_RESIDUAL_P);
}

/* Standard deviations of the mean of N draws of h g/||delta|| and of h^2 ||x||^2/(2Pd). With s^2 = 2P, beta =
 * ||delta||^2/s^2, a = c/s and u = x.delta, Var(h u) follows from u given r being N(beta r, ||delta||^2
 * (1-beta)), and E h^4 from truncated moments. */
static assay_status spread(assay_call *call) {
  double c = assay_real(call, "c"), P = assay_real(call, "P"), s2 = 2 * P, a = c / sqrt(s2);
  double zeta2 = assay_given(call, "zeta") ? pow(assay_real(call, "zeta"), 2) : P, length2 = s2 - zeta2,
         beta = length2 / s2;
  double phi = exp(-a * a / 2) / sqrt(2 * M_PI), m0 = erf(a / M_SQRT2), m2 = m0 - 2 * a * phi,
         m4 = 3 * m2 - 2 * a * a * a * phi;
  double nu = m2 + a * a * erfc(a / M_SQRT2),
         h2u2 = beta * beta * s2 * s2 * (m4 + a * a * (1 - m2)) + length2 * (1 - beta) * s2 * nu;
  double h4 = s2 * s2 * (m4 + a * a * a * a * erfc(a / M_SQRT2)), draws = assay_real(call, "draws");
  assay_put(call, O_MU, 0, sqrt((h2u2 / (length2 * length2) - m0 * m0) / draws), 0);
  assay_put(call, O_NU, 0, sqrt((h4 / (s2 * s2) - nu * nu) / draws), 0);
  return ASSAY_OK;
}

/* Runs whose steps are too small to move the error: `draws` samples at the same P. */
static assay_status arrange_still(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  double zeta = assay_real(claim, "zeta");
  assay_status status = assay_set(sim, "n", assay_real(claim, "draws"));
  if (status == ASSAY_OK) status = assay_set(sim, "R0", assay_real(claim, "P") - zeta * zeta / 2);
  return status == ASSAY_OK ? assay_set(sim, "eta0", 1e-9) : status;
}

/* mu is also the share of samples that are not clipped. */
static assay_status share_kept(const assay_sample *s, double *out) {
  *out = 1 - s->value[0];
  return ASSAY_OK;
}

static assay_status spread_kept(assay_call *call) {
  double mu = erf(assay_real(call, "c") / (2 * sqrt(assay_real(call, "P"))));
  assay_put(call, O_MU, 0, sqrt(mu * (1 - mu) / assay_real(call, "draws")), 0);
  return ASSAY_OK;
}

static const assay_leg legs[] = {
    {.experiment = &dp_sgd_one_step,
     .points = POINTS("S1: c=.3 P=.625 zeta=.5", "S2: c=1 P=.625 zeta=.5", "S3: c=.1 P=.1 zeta=.3",
                      "S4: c=.01 P=1 zeta=.5"),
     .sizes = {"d=200 draws=100", "d=400 draws=1000", "d=2000 draws=10000"},
     .first = {128, 128, 128},
     .looks = {5, 7, 8}},
    {.experiment = &dp_sgd_vector,
     .arrange = arrange_still,
     .points = POINTS("V1: c=.3 P=.625 zeta=.5", "V2: c=1 P=.625 zeta=.5"),
     .sizes = {"d=100 draws=1000", "d=200 draws=1000", "d=1000 draws=2000"},
     .first = {128, 128, 128},
     .looks = {3, 5, 4}},
    {0},
};

#define MARGIN_08 MARGIN(.8)
static const assay_target targets[] = {
    {.name = "mu", .points = "S*", .spread = spread, .margin = MARGIN_08, .reason = REASON(.8)},
    {.name = "nu", .points = "S*", .spread = spread, .margin = MARGIN_08, .reason = REASON(.8)},
    {.name = "mu",
     .title = "share not clipped",
     .records = "clip_fraction",
     .points = "V*",
     .estimand = ASSAY_SMOOTH,
     .reduce = share_kept,
     .predict = predict,
     .spread = spread_kept,
     .margin = MARGIN(1.2),
     .reason = REASON(1.2)},
    {0},
};

static const assay_control controls[] = {
    {.name = "naive factor",
     .mistake = "mu is E min(1, c/|r|), the mean shrinkage, instead of Prob(|r| < c)",
     .targets = "mu,share not clipped",
     .points = "S1,S2,S3,V1,V2",
     .predict = predict_naive},
    {.name = "residual variance P",
     .mistake = "the residual's variance is taken for P; it is 2P",
     .targets = "mu",
     .points = "S1,S3",
     .predict = predict_residual_p},
    {0},
};

static const assay_figure figures[] = {
    {.title = "Clipping factors against the threshold at P = 0.625",
     .x = "c",
     .x_label = "threshold c",
     .y = "mu,nu",
     .y_label = "factor",
     .points = "S1",
     .sweep = "0.02:8:81",
     .flags = ASSAY_LOG_X},
    {0},
};

const assay_claim dp_sgd_clip_factors_claim = {
    .id = "dp-sgd/clip-factors",
    .kinds = "limit",
    .statement = "The one-step drift and second moment of the clipped gradient are mu_c(P) and nu_c(P).",
    .source = "arXiv 2505.16329, definitions of mu_c and nu_c; also Marshall et al., arXiv 2406.11733",
    .params = params,
    .observables = observables,
    .predict = predict,
    .legs = legs,
    .targets = targets,
    .controls = controls,
    .figures = figures};
