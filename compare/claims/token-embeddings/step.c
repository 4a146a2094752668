/* Phase 1: one gradient step on the embeddings. */
#include <math.h>

#include "compare/claims/token-embeddings/claims.h"
#include "sim/token-embeddings/experiments.h"

/* ---- token-embeddings/gradient-identity ---- */

static const assay_param gradient_params[] = {{0}};
static const assay_observable gradient_observables[] = {
    {"embedding_error", NULL, "step on E against difference quotients of the loss, relative", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"vector_error", NULL, "dL/dp against difference quotients, relative", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"rank_ratio", NULL, "third singular value of the update over the first", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"sum_error", NULL, "sum of B over its terms", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};
static assay_status nothing(assay_call *call) {
  for (int i = 0; i < 4; i++) assay_put(call, i, 0, 0, 0);
  return ASSAY_OK;
}
static const assay_leg gradient_legs[] = {{.experiment = &token_embeddings_gradient_run,
                                           .points = POINTS("G:"),
                                           .sizes = {"", "", ""},
                                           .first = {128, 512, 4096},
                                           .looks = {1, 1, 1}},
                                          {0}};
static const assay_target gradient_targets[] = {
    {.name = "embedding_error",
     .estimand = ASSAY_EXACT,
     .margin = FIXED(1e-8, 1e-8, 1e-8),
     .reason = "rounding of the quotients at width 1e-5"},
    {.name = "vector_error", .estimand = ASSAY_EXACT, .margin = FIXED(1e-7, 1e-7, 1e-7), .reason = "the same; dL/dp can be small"},
    {.name = "rank_ratio", .estimand = ASSAY_EXACT, .margin = FIXED(1e-12, 1e-12, 1e-12), .reason = "rounding"},
    {.name = "sum_error", .estimand = ASSAY_EXACT, .margin = FIXED(1e-13, 1e-13, 1e-13), .reason = "rounding"},
    {0}};
static const assay_control gradient_controls[] = {
    {.name = "softmax derivative dropped", .mistake = "B = 0", .targets = "embedding_error", .change = "softmax=dropped"},
    {.name = "value for difference",
     .mistake = "gam_s instead of gam_s - f_i in B",
     .targets = "embedding_error,sum_error",
     .change = "softmax=value"},
    {0}};
const assay_claim token_embeddings_gradient_identity_claim = {
    .id = "token-embeddings/gradient-identity",
    .kinds = "identity",
    .statement = "One step adds eta (A_s v + B_s p_0) to every embedding: a matrix of rank two; sum_s B_s = 0.",
    .source = "arXiv 2505.17282, the gradient step",
    .params = gradient_params,
    .observables = gradient_observables,
    .predict = nothing,
    .legs = gradient_legs,
    .targets = gradient_targets,
    .controls = gradient_controls};

/* ---- token-embeddings/signed-frequency ---- */

static const assay_param frequency_params[] = {PARAM_N, PARAM_T, PARAM_K, PARAM_M0, {0}};
static const assay_observable frequency_observables[] = {
    {"mean_important", NULL, "mean alpha of a positive token", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"var_important", NULL, "its variance", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"var_irrelevant", NULL, "variance of alpha of an irrelevant token, whose mean is 0", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"cov_irrelevant", NULL, "covariance of two of them", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};
static assay_status frequencies(assay_call *call) {
  token_embeddings_frequencies f;
  assay_status status = token_embeddings_frequency_moments(assay_real(call, "n"), assay_real(call, "T"), assay_real(call, "k"),
                                                           assay_real(call, "m0"), &f, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  const double all[] = {f.mean_important, f.var_important, f.var_irrelevant, f.cov_irrelevant};
  for (int i = 0; i < 4; i++) assay_put(call, i, 0, all[i], 1e-15 * all[i]);
  return ASSAY_OK;
}
/* f/T; variance of the raw frequency's order without the squared share. */
static assay_status frequencies_wrong(assay_call *call) {
  double T = assay_real(call, "T"), m0 = assay_real(call, "m0"), n = assay_real(call, "n"), share = (T - 1) / m0;
  assay_put(call, 0, 0, 1 / (assay_real(call, "k") * T), 0);
  assay_put(call, 2, 0, share * (1 - 1 / m0) / (n * T * T), 0);
  assay_put(call, 3, 0, 0, 0);
  return ASSAY_OK;
}
/* One replicate is the mean of draws = 40 at A, 10 at B. The positive tokens share n+ ~ Bin(n, 1/2); the other records are
 * means of squares and of products of normal variables: 2k of one variance, m0 of one variance and covariance. */
static assay_status frequency_spread(assay_call *call) {
  token_embeddings_frequencies f;
  const double n = assay_real(call, "n"), k = assay_real(call, "k"), m0 = assay_real(call, "m0"), draws = n > 400 ? 10 : 40;
  assay_status status =
      token_embeddings_frequency_moments(n, assay_real(call, "T"), k, m0, &f, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  const double V = f.var_irrelevant, W = f.cov_irrelevant, common = V + (m0 - 1) * W, own = V - W;
  const double one[] = {.5 / (k * assay_real(call, "T") * sqrt(n)), f.var_important * sqrt(1 / k),
                        sqrt(2 * (common * common + (m0 - 1) * own * own)) / m0,
                        sqrt(2 * (common * common + own * own / (m0 - 1))) / m0};
  for (int i = 0; i < 4; i++) assay_put(call, i, 0, one[i] / sqrt(draws), 0);
  return ASSAY_OK;
}
/* Least squares of log sd on log n. */
static assay_status sd_slope(const assay_sample *s, double *out) {
  double mx = 0, my = 0, xy = 0, xx = 0;
  for (int i = 0; i < s->groups; i++) {
    if (!(s->value[i] > 0)) return ASSAY_NUMERIC;
    mx += log(s->axis[i]) / s->groups;
    my += log(s->value[i]) / 2 / s->groups;
  }
  for (int i = 0; i < s->groups; i++) {
    xy += (log(s->axis[i]) - mx) * (log(s->value[i]) / 2 - my);
    xx += (log(s->axis[i]) - mx) * (log(s->axis[i]) - mx);
  }
  *out = xy / xx;
  return ASSAY_OK;
}
static assay_status inverse_rate(assay_call *call) {
  assay_put(call, 2, 0, -1, 0);
  return ASSAY_OK;
}
static assay_status half_rate(assay_call *call) {
  assay_put(call, 2, 0, -.5, 0);
  return ASSAY_OK;
}
static const assay_leg frequency_legs[] = {{.experiment = &token_embeddings_counts_run,
                                            .points = POINTS("A: n=400 T=6 k=4 m0=20"),
                                            .sizes = {"draws=40", "draws=40", "draws=40"},
                                            .first = {128, 128, 128},
                                            .looks = {5, 7, 11}},
                                           {.experiment = &token_embeddings_counts_run,
                                            .points = POINTS("B: n=1000 T=5 k=2 m0=50"),
                                            .sizes = {"draws=10", "draws=10", "draws=10"},
                                            .first = {128, 128, 128},
                                            .looks = {5, 9, 13}},
                                           {.experiment = &token_embeddings_counts_run,
                                            .points = POINTS("R: T=6 k=4 m0=20 n=100,400,1600,6400"),
                                            .sizes = {"draws=2", "draws=10", "draws=20"},
                                            .first = {128, 128, 128},
                                            .looks = {3, 5, 7}},
                                           {0}};
#define TEN_SD ALL_TIERS({.deviations = 10})
#define REASON_MOMENT "exact at every n; 10 sd/sqrt(n_max)"
static const assay_target frequency_targets[] = {
    {.name = "mean_important", .points = "A,B", .margin = TEN_SD, .spread = frequency_spread, .reason = REASON_MOMENT},
    {.name = "var_important", .points = "A,B", .margin = TEN_SD, .spread = frequency_spread, .reason = REASON_MOMENT},
    {.name = "var_irrelevant", .points = "A,B", .margin = TEN_SD, .spread = frequency_spread, .reason = REASON_MOMENT},
    {.name = "cov_irrelevant", .points = "A", .margin = TEN_SD, .spread = frequency_spread, .reason = REASON_MOMENT},
    {.name = "var_irrelevant",
     .title = "slope of the sd",
     .points = "R",
     .along = "n",
     .estimand = ASSAY_SMOOTH,
     .reduce = sd_slope,
     .predict = half_rate,
     .margin = FIXED(.04, .02, .005),
     .reason = "exact; 10 se"},
    {0}};
static const assay_control frequency_controls[] = {
    {.name = "every label counts",
     .mistake = "f/T: the probability 1/2 of the label is missing",
     .targets = "mean_important",
     .predict = frequencies_wrong},
    {.name = "irrelevant tokens as binomials",
     .mistake = "the last term of V is missing; no covariance",
     .targets = "var_irrelevant,cov_irrelevant",
     .points = "A",
     .predict = frequencies_wrong},
    {.name = "rate 1/n", .mistake = "the sd falls like 1/n", .targets = "slope of the sd", .predict = inverse_rate},
    {0}};
const assay_claim token_embeddings_signed_frequency_claim = {.id = "token-embeddings/signed-frequency",
                                                             .kinds = "identity,rate",
                                                             .statement =
                                                                 "The average signed frequency is f_j/(2T) for a positive token and 0 for "
                                                                 "an irrelevant one, with variances of order 1/n known exactly.",
                                                             .source = "arXiv 2505.17282, average signed frequency; moments derived here",
                                                             .params = frequency_params,
                                                             .observables = frequency_observables,
                                                             .predict = frequencies,
                                                             .legs = frequency_legs,
                                                             .targets = frequency_targets,
                                                             .controls = frequency_controls};

/* ---- token-embeddings/one-step-mean ---- */

#define PARAM_TOKEN                                                                                                                        \
  { "token", NULL, "the toy's tokens", ASSAY_INTEGERS, 0, NULL, "[0,4]", "0,1,2,3,4" }
#define PARAM_RHO                                                                                                                          \
  { "rho", NULL, "v.p_0", ASSAY_REAL, 0, NULL, "[-1,1]", "0" }
static const assay_param mean_params[] = {PARAM_TOY, PARAM_RHO, PARAM_TOKEN, {0}};
enum { M_ALPHA, M_A2, M_B2, M_PROJECT_A, M_PROJECT_B, M_SUM };
static const assay_observable mean_observables[] = {
    {"alpha", NULL, "average signed frequency", "token", ASSAY_PREDICTED, 0, 0},
    {"a2", NULL, "(E A - alpha/2)/eps^2", "token", ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"b2", NULL, "E B/eps^2", "token", ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"project_a2", NULL, "(E A - alpha/2).a2/(eps^2 |a2|^2)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"project_b2", NULL, "E B.b2/(eps^2 |b2|^2)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"sum_a2", NULL, "sum of a2", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

static assay_status tokens_of(assay_call *call, int *token, int *count) {
  const double *list = assay_list(call, "token", count);
  if (*count > TOKEN_EMBEDDINGS_TOY_M)
    return assay_fail(call, ASSAY_DOMAIN, "%d tokens are listed, the toy has %d", *count, TOKEN_EMBEDDINGS_TOY_M);
  for (int i = 0; i < *count; i++) token[i] = (int)list[i];
  return ASSAY_OK;
}

static assay_status put_mean(assay_call *call, int numerically) {
  int token[TOKEN_EMBEDDINGS_TOY_M], count;
  double alpha[TOKEN_EMBEDDINGS_TOY_M], a2[TOKEN_EMBEDDINGS_TOY_M], b2[TOKEN_EMBEDDINGS_TOY_M], rho = assay_real(call, "rho"), sum = 0;
  assay_status status = tokens_of(call, token, &count);
  if (status == ASSAY_OK) status = token_embeddings_signed_frequency(&token_embeddings_toy, alpha, assay_call_error(call));
  if (status == ASSAY_OK)
    status = (numerically ? token_embeddings_step_mean_numerically : token_embeddings_step_mean)(&token_embeddings_toy, rho, a2, b2,
                                                                                                 assay_call_error(call));
  if (status != ASSAY_OK) return status;
  for (int i = 0; i < count; i++) {
    assay_put(call, M_ALPHA, i, alpha[token[i]], 1e-17);
    assay_put(call, M_A2, i, a2[token[i]], 1e-17);
    assay_put(call, M_B2, i, b2[token[i]], 1e-17);
  }
  for (int s = 0; s < TOKEN_EMBEDDINGS_TOY_M; s++) sum += a2[s];
  assay_put(call, M_SUM, 0, sum, 1e-16);
  assay_put(call, M_PROJECT_A, 0, 1, 0);
  assay_put(call, M_PROJECT_B, 0, 1, 0);
  return ASSAY_OK;
}
static assay_status step_mean(assay_call *call) {
  return put_mean(call, 0);
}
static assay_status step_mean_laplacian(assay_call *call) {
  return put_mean(call, 1);
}

/* a2 without its rho term, projected on the right one. */
static assay_status without_rho(assay_call *call) {
  double a2[TOKEN_EMBEDDINGS_TOY_M], b2[TOKEN_EMBEDDINGS_TOY_M], a0[TOKEN_EMBEDDINGS_TOY_M], b0[TOKEN_EMBEDDINGS_TOY_M], aa = 0, a0a = 0,
                                                                                                                         bb = 0, b0b = 0;
  assay_status status = token_embeddings_step_mean(&token_embeddings_toy, assay_real(call, "rho"), a2, b2, assay_call_error(call));
  if (status == ASSAY_OK) status = token_embeddings_step_mean(&token_embeddings_toy, 0, a0, b0, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  for (int s = 0; s < TOKEN_EMBEDDINGS_TOY_M; s++) {
    aa += a2[s] * a2[s], a0a += a0[s] * a2[s];
    bb += b2[s] * b2[s], b0b += b0[s] * b2[s];
  }
  assay_put(call, M_PROJECT_A, 0, a0a / aa, 0);
  assay_put(call, M_PROJECT_B, 0, b0b / bb, 0);
  assay_put(call, M_SUM, 0, 0, 0);
  return ASSAY_OK;
}
static assay_status no_correction(assay_call *call) {
  assay_put(call, M_PROJECT_A, 0, 0, 0);
  assay_put(call, M_PROJECT_B, 0, 0, 0);
  return ASSAY_OK;
}
static assay_status arrange_mean(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  double a2[TOKEN_EMBEDDINGS_TOY_M], b2[TOKEN_EMBEDDINGS_TOY_M];
  assay_status status = token_embeddings_step_mean(&token_embeddings_toy, assay_real(claim, "rho"), a2, b2, assay_call_error(claim));
  for (int s = 0; s < TOKEN_EMBEDDINGS_TOY_M; s++) a2[s] = token_embeddings_rounded(a2[s]), b2[s] = token_embeddings_rounded(b2[s]);
  if (status == ASSAY_OK) status = assay_set_list(sim, "a2", a2, TOKEN_EMBEDDINGS_TOY_M);
  return status == ASSAY_OK ? assay_set_list(sim, "b2", b2, TOKEN_EMBEDDINGS_TOY_M) : status;
}
static const assay_leg mean_legs[] = {
    {.experiment = &token_embeddings_antithetic_run,
     .arrange = arrange_mean,
     .points = POINTS("Z: rho=0", "R: rho=.5"),
     .sizes = {"eps=.1 draws=200", "eps=.05 draws=200", "eps=.05 draws=200"},
     .first = {128, 128, 128},
     .looks = {4, 8, 12}},
    {.check = step_mean_laplacian, .points = POINTS("L0: rho=0", "L3: rho=.3", "L5: rho=.5"), .sizes = {"", "", ""}},
    {0}};
/* Pilots of 4000 replicates: project_a2 .14 (rho = 0), .10 (.5); project_b2 .49, .23; sum_a2 .007. Biases at eps = .1, .05
 * with 2 se: .01, .01; .03, .02; 6e-4, 5e-4. */
static assay_status mean_spread(assay_call *call) {
  assay_put(call, M_PROJECT_A, 0, .14, 0);
  assay_put(call, M_PROJECT_B, 0, .5, 0);
  assay_put(call, M_SUM, 0, .007, 0);
  return ASSAY_OK;
}
/* clang-format off */
#define MARGIN_MEAN(quick, later) {{.bias = quick, .deviations = 10}, {.bias = later, .deviations = 10}, {.bias = later, .deviations = 10}}
/* clang-format on */
#define REASON_MEAN "order eps^2, and 10 sd/sqrt(n_max); sd by pilots"
static const assay_target mean_targets[] = {
    {.name = "project_a2", .points = "Z,R", .margin = MARGIN_MEAN(.05, .02), .spread = mean_spread, .reason = REASON_MEAN},
    {.name = "project_b2", .points = "Z,R", .margin = MARGIN_MEAN(.05, .02), .spread = mean_spread, .reason = REASON_MEAN},
    {.name = "sum_a2", .points = "R", .margin = MARGIN_MEAN(.002, .001), .spread = mean_spread, .reason = REASON_MEAN},
    {.name = "a2",
                                             .points = "L?",
                                             .estimand = ASSAY_EXACT,
                                             .margin = FIXED(2e-9, 2e-9, 2e-9),
                                             .reason = "difference quotients of width 1e-3"},
                                            {.name = "b2",
                                             .points = "L?",
                                             .estimand = ASSAY_EXACT,
                                             .margin = FIXED(2e-9, 2e-9, 2e-9),
                                             .reason = "difference quotients of width 1e-3"},
                                            {0}};
static const assay_control mean_controls[] = {{.name = "no correction",
                                               .mistake = "E A = alpha/2 and E B = 0 to second order too",
                                               .targets = "project_a2,project_b2",
                                               .points = "Z,R",
                                               .predict = no_correction},
                                              {.name = "rho forgotten",
                                               .mistake = "a2 without its term in rho",
                                               .targets = "sum_a2,project_a2",
                                               .points = "R",
                                               .predict = without_rho},
                                              {0}};
const assay_claim token_embeddings_one_step_mean_claim = {
    .id = "token-embeddings/one-step-mean",
    .kinds = "limit",
    .statement =
        "On average one step adds eta alpha_s/2 along v and nothing along p_0, with corrections a2, b2 of order 1/d known exactly.",
    .source = "arXiv 2505.17282, alignment with the output vector; corrections derived here",
    .params = mean_params,
    .observables = mean_observables,
    .predict = step_mean,
    .legs = mean_legs,
    .targets = mean_targets,
    .controls = mean_controls};

/* ---- token-embeddings/one-step-fluctuation ---- */

static const assay_param variance_params[] = {PARAM_TOY,
                                              {"eta", NULL, "step size", ASSAY_REAL, 0, NULL, "[0,inf)", NULL},
                                              {"rho", NULL, "v.p_0; the variances are known at 0", ASSAY_REAL, 0, NULL, "[0,0]", "0"},
                                              PARAM_TOKEN,
                                              {0}};
static const assay_observable variance_observables[] = {
    {"var_v", "eps^2", "variance of E^1.v", "token", ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"var_p", "eps^2", "variance of E^1.p_0", "token", ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};
static assay_status variance_with(assay_call *call, double eta, int half) {
  int token[TOKEN_EMBEDDINGS_TOY_M], count;
  double v[TOKEN_EMBEDDINGS_TOY_M], p[TOKEN_EMBEDDINGS_TOY_M];
  assay_status status = tokens_of(call, token, &count);
  if (status == ASSAY_OK) status = token_embeddings_step_variance(&token_embeddings_toy, eta, half, v, p, assay_call_error(call));
  for (int i = 0; i < count && status == ASSAY_OK; i++) {
    assay_put(call, 0, i, v[token[i]], 1e-15 * v[token[i]]);
    assay_put(call, 1, i, p[token[i]], 1e-15 * p[token[i]]);
  }
  return status;
}
static assay_status variances(assay_call *call) {
  return variance_with(call, assay_real(call, "eta"), 0);
}
static assay_status variances_half(assay_call *call) {
  return variance_with(call, assay_real(call, "eta"), 1);
}
static assay_status variances_start(assay_call *call) {
  return variance_with(call, 0, 0);
}
/* One replicate is the mean of 500 squares of nearly normal variables. */
static assay_status variance_spread(assay_call *call) {
  int token[TOKEN_EMBEDDINGS_TOY_M], count;
  double v[TOKEN_EMBEDDINGS_TOY_M], p[TOKEN_EMBEDDINGS_TOY_M];
  assay_status status = tokens_of(call, token, &count);
  if (status == ASSAY_OK)
    status = token_embeddings_step_variance(&token_embeddings_toy, assay_real(call, "eta"), 0, v, p, assay_call_error(call));
  for (int i = 0; i < count && status == ASSAY_OK; i++) {
    assay_put(call, 0, i, v[token[i]] * sqrt(2 / 500.), 0);
    assay_put(call, 1, i, p[token[i]] * sqrt(2 / 500.), 0);
  }
  return status;
}
static const assay_leg variance_legs[] = {
    {.experiment = &token_embeddings_step_run,
     .points = POINTS("E5: eta=5", "E10: eta=10"),
     .sizes = {"data=toy d=1111 draws=500", "data=toy d=1111 draws=500", "data=toy d=4444 draws=500"},
     .first = {128, 128, 128},
     .looks = {3, 7, 12}},
    {0}};
static const assay_target variance_targets[] = {{.name = "var_v",
                                                 .records = "v2",
                                                 .margin = {{.relative = .0045, .deviations = 10},
                                                            {.relative = .0045, .deviations = 10},
                                                            {.relative = .0012, .deviations = 10}},
                                                 .spread = variance_spread,
                                                 .reason = "5 eps^2 of the value, and 10 sd/sqrt(n_max)"},
                                                {.name = "var_p",
                                                 .records = "p2",
                                                 .margin = {{.relative = .0045, .deviations = 10},
                                                            {.relative = .0045, .deviations = 10},
                                                            {.relative = .0012, .deviations = 10}},
                                                 .spread = variance_spread,
                                                 .reason = "5 eps^2 of the value, and 10 sd/sqrt(n_max)"},
                                                {0}};
static const assay_control variance_controls[] = {{.name = "noise of the start",
                                                   .mistake = "the step adds no noise: both variances stay eps^2",
                                                   .targets = "var_v,var_p",
                                                   .points = "E10:var_v1,E10:var_v4,E10:var_v5,E10:var_p?",
                                                   .predict = variances_start},
                                                  {.name = "half for a quarter",
                                                   .mistake = "(eta/2) M in place of (eta/4) M",
                                                   .targets = "var_v",
                                                   .points = "E10:var_v1,E10:var_v2,E10:var_v5",
                                                   .predict = variances_half},
                                                  {0}};
const assay_claim token_embeddings_one_step_fluctuation_claim = {
    .id = "token-embeddings/one-step-fluctuation",
    .kinds = "limit",
    .statement = "After one step the alignments with v and p_0 keep noise of order 1/sqrt(d), with variances known from the data.",
    .source = "derived here, for arXiv 2505.17282",
    .params = variance_params,
    .observables = variance_observables,
    .predict = variances,
    .legs = variance_legs,
    .targets = variance_targets,
    .controls = variance_controls};

/* ---- token-embeddings/alignment-cosine ---- */

static const assay_param cosine_params[] = {PARAM_K, PARAM_M0, PARAM_T, PARAM_A, PARAM_SIGMA, PARAM_DESIGN, PARAM_D, {0}};
enum { C_LIMIT, C_BIAS, C_SD, C_VAR_V, C_VAR_P };
static const assay_observable cosine_observables[] = {
    {"limit", NULL, "limit of cos(E^1_s, v) of a positive token", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, -1, 1},
    {"bias_times_d", NULL, "d (mean - limit), first order", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"sd_times_sqrt_d", NULL, "sqrt(d) sd, first order", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"var_v", "eps^2", "variance of E^1.v", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"var_p", "eps^2", "variance of E^1.p_0", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};
static assay_status cosine_with(assay_call *call, double times, int plain) {
  token_embeddings_cosine c;
  assay_status status =
      token_embeddings_alignment((int)assay_integer(call, "k"), (int)assay_integer(call, "m0"), (int)assay_integer(call, "T"),
                                 times * assay_real(call, "a"), assay_real(call, "sigma"), plain, &c, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  token_embeddings_put(call, C_LIMIT, c.limit);
  token_embeddings_put(call, C_BIAS, c.d_bias);
  assay_put(call, C_SD, 0, sqrt(c.d_variance.value), 1e-14 * sqrt(c.d_variance.value));
  token_embeddings_put(call, C_VAR_V, c.V_v);
  token_embeddings_put(call, C_VAR_P, c.V_p);
  return ASSAY_OK;
}
static assay_status cosine(assay_call *call) {
  return cosine_with(call, 1, 0);
}
static assay_status cosine_double(assay_call *call) {
  return cosine_with(call, 2, 0);
}
static assay_status cosine_plain(assay_call *call) {
  return cosine_with(call, 1, 1);
}
/* One replicate's cosine, to first order. */
static assay_status cosine_spread(assay_call *call) {
  assay_status status = cosine(call);
  assay_value sd;
  const char *reason;
  if (status != ASSAY_OK) return status;
  if (!assay_result(call, C_SD, 0, &sd, &reason)) return assay_fail(call, ASSAY_NUMERIC, "%s", reason);
  assay_put(call, C_LIMIT, 0, sd.value / sqrt(assay_real(call, "d")), 0);
  return ASSAY_OK;
}
static assay_status root_d(const assay_sample *s, double *out) {
  *out = sqrt(assay_real(s->points[0], "d") * s->value[0]);
  return ASSAY_OK;
}
static const assay_leg cosine_legs[] = {{.experiment = &token_embeddings_step_run,
                                         .arrange = token_embeddings_arrange_signal,
                                         .points = POINTS("A: k=3 m0=10 T=5 a=1", "B: k=3 m0=10 T=5 a=2", "S: k=3 m0=10 T=5 a=1 sigma=2"),
                                         .sizes = {"d=400 draws=16", "d=400 draws=32", "d=1600 draws=128"},
                                         .first = {128, 128, 128},
                                         .looks = {8, 9, 11}},
                                        {0}};
static const assay_target cosine_targets[] = {
    {.name = "limit",
     .records = "cos",
     .margin = ALL_TIERS({.over_size = 1, .deviations = 10}),
     .spread = cosine_spread,
     .reason = "the bias formula, below .9 of the limit over d, and 10 sd/sqrt(n_max)"},
    {.name = "bias_times_d",
     .records = "d_cos",
     .margin = FIXED(.12, .06, .06),
     .reason = "5/d + 10 sd/sqrt(all draws), sd of one pair about 3 at d = 400 (pilot)"},
    {.name = "sd_times_sqrt_d",
     .records = "cos",
     .estimand = ASSAY_SMOOTH,
     .of = ASSAY_VARIANCE,
     .reduce = root_d,
     .predict = cosine,
     .margin = RELATIVE(.1, .05, .03),
     .reason = "10 se, each 1/sqrt(2 n_max) of the value, and 1/d"},
    {.name = "var_v", .records = "v2", .margin = RELATIVE(.06, .03, .01), .reason = "5/d + 10 se, each sqrt(2/all draws) of the value"},
    {.name = "var_p", .records = "p2", .margin = RELATIVE(.06, .03, .01), .reason = "5/d + 10 se, each sqrt(2/all draws) of the value"},
    {0}};
static const assay_control cosine_controls[] = {
    {.name = "no half", .mistake = "x = eta alpha: the sigmoid at 0 is 1/2", .targets = "limit", .predict = cosine_double},
    {.name = "plain signal plus noise",
     .mistake = "the noise stays that of the start, V_v = V_p = 1",
     .targets = "bias_times_d,var_v,var_p,sd_times_sqrt_d",
     .points = "B",
     .predict = cosine_plain},
    {0}};
static const assay_figure cosine_figures[] = {{.title = "Cosine of an important token's embedding with v after one step",
                                               .x = "a",
                                               .x_label = "signal a = eta alpha / 2",
                                               .y = "limit",
                                               .y_label = "cosine",
                                               .points = "A,B",
                                               .sweep = "0.01:5:41"},
                                              {0}};
const assay_claim token_embeddings_alignment_cosine_claim = {
    .id = "token-embeddings/alignment-cosine",
    .kinds = "limit",
    .statement = "After one step the cosine of an embedding with v tends to x/sqrt(sigma^2+x^2), x = eta alpha_s/2; bias and variance at "
                 "finite d are known.",
    .source = "arXiv 2505.17282, alignment with the output vector; finite d derived here",
    .params = cosine_params,
    .observables = cosine_observables,
    .predict = cosine,
    .legs = cosine_legs,
    .targets = cosine_targets,
    .controls = cosine_controls,
    .figures = cosine_figures};

/* ---- token-embeddings/frequency-order ---- */

static const assay_param order_params[] = {
    PARAM_N,  PARAM_T, {"k", NULL, "positive tokens, with frequencies proportional to 1/j", ASSAY_INTEGER, 0, NULL, "[8,8]", "8"},
    PARAM_M0, PARAM_D, {0}};
static const assay_observable order_observables[] = {
    {"slope", NULL, "log-log slope of the mean E^1.v on the frequency", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"ratio", NULL, "slope of E^1.v on alpha over eta/2", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"irrelevant", NULL, "mean E^1.v of irrelevant tokens, first token 1", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};
static assay_status in_proportion(assay_call *call) {
  assay_put(call, 0, 0, 1, 0);
  assay_put(call, 1, 0, 1, 0);
  assay_put(call, 2, 0, 0, 0);
  return ASSAY_OK;
}
/* Exponent 1/2; no factor 1/2; irrelevant tokens by their raw frequency, 2 (T-1)/(m0 f_1). */
static assay_status raw_frequency(assay_call *call) {
  double total = 0;
  for (int j = 1; j <= 8; j++) total += 1. / j;
  assay_put(call, 0, 0, .5, 0);
  assay_put(call, 1, 0, 2, 0);
  assay_put(call, 2, 0, 2 * (assay_real(call, "T") - 1) / assay_real(call, "m0") * total, 0);
  return ASSAY_OK;
}
/* One replicate: pilots at d = 400, n = 4000. */
static assay_status order_spread(assay_call *call) {
  assay_put(call, 0, 0, .094, 0);
  assay_put(call, 1, 0, .032, 0);
  assay_put(call, 2, 0, .008, 0);
  return ASSAY_OK;
}
static assay_status rank_slope(const assay_sample *s, double *out) {
  double mx = 0, my = 0, xy = 0, xx = 0;
  for (int j = 0; j < 8; j++) {
    if (!(s->value[j] > 0)) return ASSAY_NUMERIC;
    mx -= log(j + 1) / 8;
    my += log(s->value[j]) / 8;
  }
  for (int j = 0; j < 8; j++) {
    xy += (-log(j + 1) - mx) * (log(s->value[j]) - my);
    xx += (-log(j + 1) - mx) * (-log(j + 1) - mx);
  }
  *out = xy / xx;
  return ASSAY_OK;
}
static const assay_leg order_legs[] = {{.experiment = &token_embeddings_order_run,
                                        .points = POINTS("Z: n=4000 T=6 m0=40"),
                                        .sizes = {"d=400", "d=400", "d=800"},
                                        .first = {128, 128, 128},
                                        .looks = {4, 7, 10}},
                                       {0}};
static const assay_target order_targets[] = {{.name = "slope",
                                              .records = "gam1,gam2,gam3,gam4,gam5,gam6,gam7,gam8",
                                              .estimand = ASSAY_SMOOTH,
                                              .reduce = rank_slope,
                                              .predict = in_proportion,
                                              .margin = ALL_TIERS({.over_size = 1, .deviations = 10}),
                                              .spread = order_spread,
                                              .reason = "1/d, and 10 se"},
                                             {.name = "ratio",
                                              .margin = ALL_TIERS({.over_size = 2, .deviations = 10}),
                                              .spread = order_spread,
                                              .reason = "2/d (measured .0016 +- .0016 at d = 400), and 10 sd/sqrt(n_max)"},
                                             {.name = "irrelevant",
                                              .margin = ALL_TIERS({.bias = 5e-4, .deviations = 10}),
                                              .spread = order_spread,
                                              .reason = "odd in the labels but for the third order, and 10 sd/sqrt(n_max)"},
                                             {0}};
static const assay_control order_controls[] = {
    {.name = "square root", .mistake = "E^1.v grows like the root of the frequency", .targets = "slope", .predict = raw_frequency},
    {.name = "no half", .mistake = "slope eta instead of eta/2", .targets = "ratio", .predict = raw_frequency},
    {.name = "raw frequency",
     .mistake = "irrelevant tokens align by their raw frequency",
     .targets = "irrelevant",
     .predict = raw_frequency},
    {0}};
const assay_claim token_embeddings_frequency_order_claim = {.id = "token-embeddings/frequency-order",
                                                            .kinds = "order",
                                                            .statement =
                                                                "After one step tokens align with v in proportion to their signed "
                                                                "frequency, and irrelevant ones not at all, whatever their raw frequency.",
                                                            .source = "arXiv 2505.17282, first phase",
                                                            .params = order_params,
                                                            .observables = order_observables,
                                                            .predict = in_proportion,
                                                            .legs = order_legs,
                                                            .targets = order_targets,
                                                            .controls = order_controls};

/* ---- token-embeddings/separation ---- */

static const assay_param separation_params[] = {
    {"n", NULL, "number of sequences; without it n_half alone", ASSAY_INTEGER, 0, NULL, "[1,4000]", ""}, PARAM_T, PARAM_K, PARAM_M0, {0}};
enum { P_SEP, P_HALF };
static const assay_observable separation_observables[] = {
    {"p_sep", NULL, "probability that all important tokens have a larger |alpha| than all irrelevant ones", NULL,
     ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"n_half", NULL, "n at which that is 1/2", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};
static assay_status separation_at(assay_call *call, long n, token_embeddings_counts counts) {
  assay_value p;
  assay_status status = token_embeddings_separation((int)n, (int)assay_integer(call, "T"), (int)assay_integer(call, "k"),
                                                    (int)assay_integer(call, "m0"), counts, &p, assay_call_error(call));
  if (status == ASSAY_OK) token_embeddings_put(call, P_SEP, p);
  return status;
}
static assay_status separation(assay_call *call) {
  assay_value n;
  if (assay_given(call, "n")) {
    assay_absent(call, P_HALF, "it is computed when n is not given");
    return separation_at(call, assay_integer(call, "n"), TOKEN_EMBEDDINGS_COUNTS);
  }
  assay_absent(call, P_SEP, "n is not given");
  assay_status status = token_embeddings_half((int)assay_integer(call, "T"), (int)assay_integer(call, "k"), (int)assay_integer(call, "m0"),
                                              TOKEN_EMBEDDINGS_COUNTS, &n, assay_call_error(call));
  if (status == ASSAY_OK) token_embeddings_put(call, P_HALF, n);
  return status;
}
static assay_status separation_independent(assay_call *call) {
  return separation_at(call, assay_integer(call, "n"), TOKEN_EMBEDDINGS_BINOMIAL);
}
static assay_status separation_normal(assay_call *call) {
  return separation_at(call, assay_integer(call, "n"), TOKEN_EMBEDDINGS_NORMAL);
}
/* As if n k^-1 counted: the probability at half of n, which a law n ~ k would give for twice as many tokens. */
static assay_status half_the_data(assay_call *call) {
  return separation_at(call, assay_integer(call, "n") / 2, TOKEN_EMBEDDINGS_COUNTS);
}
/* One replicate is the mean of 350 draws. */
static assay_status separation_spread(assay_call *call) {
  assay_value p;
  assay_status status =
      token_embeddings_separation((int)assay_integer(call, "n"), (int)assay_integer(call, "T"), (int)assay_integer(call, "k"),
                                  (int)assay_integer(call, "m0"), TOKEN_EMBEDDINGS_COUNTS, &p, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, P_SEP, 0, sqrt(p.value * (1 - p.value) / 350), 0);
  return status;
}
/* The zero of the least-squares line of the logit on log n. */
static assay_status half_way(const assay_sample *s, double *out) {
  double mx = 0, my = 0, xy = 0, xx = 0;
  for (int i = 0; i < s->groups; i++) {
    if (!(s->value[i] > 0 && s->value[i] < 1)) return ASSAY_NUMERIC;
    mx += log(s->axis[i]) / s->groups;
    my += log(s->value[i] / (1 - s->value[i])) / s->groups;
  }
  for (int i = 0; i < s->groups; i++) {
    xy += (log(s->axis[i]) - mx) * (log(s->value[i] / (1 - s->value[i])) - my);
    xx += (log(s->axis[i]) - mx) * (log(s->axis[i]) - mx);
  }
  *out = exp(mx - my * xx / xy);
  return ASSAY_OK;
}
static const assay_leg separation_legs[] = {{.experiment = &token_embeddings_counts_run,
                                             .points = POINTS("A: n=160 T=6 k=4 m0=20", "B: n=120 T=10 k=4 m0=40", "C: n=320 T=6 k=4 m0=20",
                                                              "D: n=60 T=5 k=2 m0=50", "E: n=40 T=5 k=2 m0=50"),
                                             .sizes = {"draws=350", "draws=350", "draws=350"},
                                             .first = {128, 128, 128},
                                             .looks = {3, 7, 9}},
                                            {.experiment = &token_embeddings_counts_run,
                                             .points = POINTS("H2: n=42,46,50 T=6 k=2 m0=20", "H4: n=160,176,194 T=6 k=4 m0=20"),
                                             .sizes = {"draws=350", "draws=350", "draws=350"},
                                             .first = {128, 128, 128},
                                             .looks = {3, 5, 8}},
                                            {0}};
static const assay_target separation_targets[] = {
    {.name = "p_sep",
     .records = "separated",
     .points = "A,B,C",
     .margin = ALL_TIERS({.deviations = 10}),
     .spread = separation_spread,
     .reason = "the law is exact; 10 sd/sqrt(n_max)"},
    {.name = "p_sep",
     .title = "p_sep (short)",
     .records = "separated",
     .points = "D,E",
     .margin = ALL_TIERS({.deviations = 10}),
     .spread = separation_spread,
     .reason = "the law is exact; 10 sd/sqrt(n_max)"},
    {.name = "p_sep",
     .title = "n_half",
     .records = "separated",
     .points = "H?",
     .along = "n",
     .estimand = ASSAY_SMOOTH,
     .reduce = half_way,
     .margin = RELATIVE(.02, .01, .006),
     .reason = "10 se by the slope of P, about 1 a factor e in n"},
    {0}};
static const assay_control separation_controls[] = {{.name = "independent tokens",
                                                     .mistake = "irrelevant tokens as independent binomial differences",
                                                     .targets = "p_sep",
                                                     .points = "A",
                                                     .tiers = 1u << ASSAY_STANDARD | 1u << ASSAY_DEEP,
                                                     .predict = separation_independent},
                                                    {.name = "normal counts",
                                                     .mistake = "irrelevant counts as independent normal variables, whatever the labels",
                                                     .targets = "p_sep (short)",
                                                     .points = "E",
                                                     .predict = separation_normal},
                                                    {.name = "linear in k",
                                                     .mistake = "the n that is needed grows like k instead of k^2: half of n",
                                                     .targets = "p_sep*,n_half",
                                                     .points = "A,C,D,H4",
                                                     .predict = half_the_data},
                                                    {0}};
static const assay_figure separation_figures[] = {{.title = "Probability that all important tokens stand out",
                                                   .x = "n",
                                                   .x_label = "sequences n",
                                                   .y = "p_sep",
                                                   .y_label = "probability",
                                                   .points = "A",
                                                   .sweep = "40:400:19"},
                                                  {0}};
const assay_claim token_embeddings_separation_claim = {
    .id = "token-embeddings/separation",
    .kinds = "threshold,rate",
    .statement = "All important tokens stand out from all irrelevant ones once n passes a threshold that grows like k^2.",
    .source = "derived here, for arXiv 2505.17282",
    .params = separation_params,
    .observables = separation_observables,
    .predict = separation,
    .legs = separation_legs,
    .targets = separation_targets,
    .controls = separation_controls,
    .figures = separation_figures};
