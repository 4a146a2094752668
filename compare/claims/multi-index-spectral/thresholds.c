/* Where weak recovery starts, for a given preprocessing and for the best one; and the best overlap. */
#include <math.h>

#include "compare/claims/multi-index-spectral/claims.h"
#include "compare/fits.h"
#include "sim/multi-index-spectral/experiments.h"

#define CRITICAL_EXPONENT (-1 / 3.)

/* ---- what several of them need ---- */

/* delta_c of eigenvalue k and delta_t. Topt has the threshold of Td, of which it is the fixed point. */
static assay_status thresholds_of(assay_call *call, int k, multi_index_mistake mistake, assay_value *delta_c, assay_value *delta_t) {
  multi_index_model m;
  multi_index_preprocessing T;
  double u[2];
  assay_error *error = assay_call_error(call);
  assay_status status = multi_index_read(call, &m, &T);
  if (status == ASSAY_OK) status = multi_index_threshold(&m, mistake, delta_t, u, error);
  if (status != ASSAY_OK || !delta_c) return status;
  if (T.kind == MULTI_INDEX_TD || T.kind == MULTI_INDEX_TOPT) return multi_index_td_threshold(&m, k, delta_c, error);
  if (T.kind == MULTI_INDEX_TABLE) status = multi_index_prepare(&m, 1, &T, error);
  if (status == ASSAY_OK && T.kind == MULTI_INDEX_TOPT20) status = multi_index_prepare(&m, 1, &T, error);
  return status == ASSAY_OK ? multi_index_transition(&m, &T, k, delta_c, error) : status;
}

/* ---- multi-index-spectral/phase-transition ---- */

static const assay_param transition_params[] = {
    PARAMS_LAW_AND_PRE, {"k", NULL, "eigenvalue, from the right", ASSAY_INTEGER, 0, NULL, "[1,8]", "1"},
    {"delta", NULL, "where the overlap is looked at", ASSAY_REAL, ASSAY_SIM, NULL, "(0,inf)", "1"}, PARAM_D, {0}};
enum { P_DELTA_C, P_SLOPE, P_EXPONENT };
static const assay_observable transition_observables[] = {
    {"delta_c", NULL, "n/d from which on eigenvalue k leaves the bulk", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"slope", NULL, "of rho_1^2 on delta/delta_c - 1 at the threshold, by a difference quotient; 4 digits", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"exponent", NULL, "of the overlap in d at the threshold", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

static assay_status transition_slope(assay_call *call, double delta_c) {
  multi_index_model m;
  multi_index_preprocessing T;
  multi_index_result r[2];
  assay_error *error = assay_call_error(call);
  assay_status status = multi_index_read(call, &m, &T);
  const double step[] = {1e-3, 2e-3};
  for (int i = 0; i < 2 && status == ASSAY_OK; i++) {
    double delta = delta_c * (1 + step[i]);
    status = multi_index_prepare(&m, delta, &T, error);
    if (status == ASSAY_OK) status = multi_index_spectrum(&m, &T, delta, (int)assay_integer(call, "k"), &r[i], error);
  }
  if (status != ASSAY_OK) return status;
  double one = r[0].outlier.rho2.value / step[0], two = r[1].outlier.rho2.value / step[1];
  assay_put(call, P_SLOPE, 0, 2 * one - two, 1e-2 * fabs(one - two) + 1e-6 * one);
  return ASSAY_OK;
}

static assay_status transition(assay_call *call) {
  assay_value delta_c, delta_t;
  assay_status status = thresholds_of(call, (int)assay_integer(call, "k"), MULTI_INDEX_RIGHT, &delta_c, &delta_t);
  if (status == ASSAY_OK) claim_value(call, P_DELTA_C, delta_c);
  if (status == ASSAY_OK) status = transition_slope(call, delta_c.value);
  if (status == ASSAY_OK) assay_put(call, P_EXPONENT, 0, CRITICAL_EXPONENT, 0);
  return status;
}

CONSTANT(critical, P_EXPONENT, CRITICAL_EXPONENT)

/* T = 1{y > t}: P(S)/(E[(s^2-1) 1_S])^2; parity: the cubic (2/pi) mu (mu^2-1) = mu^2+1. */
static assay_status transition_closed(assay_call *call) {
  multi_index_model m;
  multi_index_preprocessing T;
  assay_status status = multi_index_read(call, &m, &T);
  if (status != ASSAY_OK) return status;
  if (m.kind == MULTI_INDEX_PHASE) {
    double root = sqrt(T.t), density = exp(-T.t / 2) / sqrt(2 * M_PI);
    assay_put(call, P_DELTA_C, 0, erfc(root / M_SQRT2) / (4 * T.t * density * density), 0);
    return ASSAY_OK;
  }
  double mu = 3;
  for (int i = 0; i < 60; i++) {
    double f = M_2_PI * mu * (mu * mu - 1) - mu * mu - 1, slope = M_2_PI * (3 * mu * mu - 1) - 2 * mu;
    mu -= f / slope;
  }
  assay_put(call, P_DELTA_C, 0, pow(mu * mu - 1, 2) / (mu * mu + 1), 0);
  return ASSAY_OK;
}

static assay_status transition_as_optimal(assay_call *call) {
  assay_value delta_t;
  assay_status status = thresholds_of(call, 1, MULTI_INDEX_RIGHT, NULL, &delta_t);
  if (status == ASSAY_OK) claim_value(call, P_DELTA_C, delta_t);
  return status;
}

static const assay_leg transition_legs[] = {
    {.check = transition_closed, .points = POINTS("I1: model=phase T=subset t=2.6861904", "I2: model=phase T=subset t=1", "C: model=parity T=id"), .sizes = {"", "", ""}},
    {.experiment = &multi_index_spectral_spectrum, .arrange = multi_index_arrange, .points = POINTS("below: model=parity T=id delta=2"),
     .sizes = {"d=50,100,200", "d=50,100,200", "d=100,200,400"}, .first = {256, 512, 512}, .looks = {4, 4, 4}},
    {.experiment = &multi_index_spectral_spectrum, .arrange = multi_index_arrange, .points = POINTS("above: model=parity T=id delta=4.8"),
     .sizes = {"d=50,100,200", "d=50,100,200", "d=100,200,400"}, .first = {256, 512, 512}, .looks = {4, 4, 4}},
    {0}};

static const assay_target transition_targets[] = {
    {.name = "delta_c", .points = "I1,I2,C", .estimand = ASSAY_EXACT, .margin = ALL_TIERS({.relative = 1e-9}), .reason = "closed forms against the general condition"},
    {.name = "exponent", .title = "below", .records = "rho2", .points = "below", .estimand = ASSAY_SMOOTH, .along = "d", .reduce = fit_exponent, .side = -1, .predict = critical,
     .margin = ALL_TIERS({.bias = 0}), .reason = "at .68 delta_c the overlap falls faster than at the threshold"},
    {.name = "exponent", .title = "above", .records = "rho2", .points = "above", .estimand = ASSAY_SMOOTH, .along = "d", .reduce = fit_exponent, .side = 1, .predict = critical,
     .margin = ALL_TIERS({.bias = 0}), .reason = "at 1.64 delta_c it falls less fast"},
    {0}};

static const assay_control transition_controls[] = {
    {.name = "optimal threshold", .mistake = "delta_c = delta_t whatever T", .targets = "delta_c", .predict = transition_as_optimal},
    {.name = "recovery below", .mistake = "the overlap does not fall with d below the threshold", .targets = "below", .reversed = true},
    {.name = "nothing above", .mistake = "the overlap falls like 1/d above the threshold", .targets = "above", .reversed = true},
    {0}};

static const assay_figure transition_figures[] = {
    {.title = "Thresholds of indicators of y > t", .x = "t", .x_label = "t", .y = "delta_c", .y_label = "n/d", .points = "I1", .sweep = "0.3:6:30"}, {0}};

const assay_claim multi_index_spectral_phase_transition_claim = {
    .id = "multi-index-spectral/phase-transition",
    .kinds = "threshold",
    .statement = "For a given preprocessing eigenvalue k escapes iff delta exceeds the root of r_k(mu_bar(delta)) = 1/delta.",
    .source = "arXiv 2502.01583; closed forms derived here",
    .params = transition_params,
    .observables = transition_observables,
    .predict = transition,
    .legs = transition_legs,
    .targets = transition_targets,
    .controls = transition_controls,
    .figures = transition_figures};

/* ---- multi-index-spectral/optimal-threshold ---- */

static const assay_param optimal_params[] = {
    PARAMS_LAW_AND_PRE_OF("Td"), {"k", NULL, "direction (mixed)", ASSAY_INTEGER, 0, NULL, "[1,2]", "1"},
    {"delta", NULL, "where Td is looked at", ASSAY_REAL, ASSAY_SIM, NULL, "(0,inf)", ""}, PARAM_D, {0}};
enum { O_DELTA_T, O_DELTA_C, O_RHO2 };
static const assay_observable optimal_observables[] = {
    {"delta_t", NULL, "least n/d at which some T recovers weakly", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"delta_c", NULL, "n/d from which on Td recovers direction k", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"rho2", NULL, "overlap of Td at delta, where it is given", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};

static assay_status optimal_with(assay_call *call, multi_index_mistake mistake) {
  assay_value delta_t, delta_c;
  multi_index_result r;
  assay_status status = thresholds_of(call, 1, mistake, NULL, &delta_t);
  if (status != ASSAY_OK) return status;
  claim_value(call, O_DELTA_T, delta_t);
  if (isinf(delta_t.value)) assay_absent(call, O_DELTA_C, "G = 0: nothing is recovered at any delta");
  else if ((status = thresholds_of(call, (int)assay_integer(call, "k"), MULTI_INDEX_RIGHT, &delta_c, &delta_t)) == ASSAY_OK) claim_value(call, O_DELTA_C, delta_c);
  if (status != ASSAY_OK || !assay_given(call, "delta")) return status;
  status = claim_spectrum(call, (int)assay_integer(call, "k"), &r);
  if (status == ASSAY_OK) claim_value(call, O_RHO2, r.outlier.rho2);
  return status;
}

static assay_status optimal(assay_call *call) { return optimal_with(call, MULTI_INDEX_RIGHT); }
static assay_status optimal_no_identity(assay_call *call) { return optimal_with(call, MULTI_INDEX_NO_I); }
static assay_status optimal_frobenius(assay_call *call) { return optimal_with(call, MULTI_INDEX_NORM_F); }
static assay_status optimal_mean(assay_call *call) { return optimal_with(call, MULTI_INDEX_MEAN); }

/* phase 1/2, norm p/2, parity of two pi^2/4, mixed 1/(2 kappa^2 beta_1^2), K wedges 2/sinc(pi/K)^2 (K >= 3). */
static assay_status optimal_closed(assay_call *call) {
  multi_index_model m;
  multi_index_preprocessing T;
  assay_status status = multi_index_read(call, &m, &T);
  if (status != ASSAY_OK) return status;
  double K = assay_real(call, "K"), sinc = sin(M_PI / K) / (M_PI / K), kappa = 1 / (1 + m.sigma * m.sigma);
  double beta = (1 + sqrt(1 - 4 * m.alpha * (1 - m.alpha) * (1 - m.c * m.c))) / 2;
  double value = m.kind == MULTI_INDEX_PHASE ? .5 : m.kind == MULTI_INDEX_NORM ? m.p / 2. : m.kind == MULTI_INDEX_PARITY ? M_PI * M_PI / 4
                 : m.kind == MULTI_INDEX_MIXED ? 1 / (2 * kappa * kappa * beta * beta) : 2 / (sinc * sinc);
  assay_put(call, O_DELTA_T, 0, value, 0);
  return ASSAY_OK;
}

static assay_status spread_optimal(assay_call *call) {
  assay_put(call, O_RHO2, 0, 1.3 / sqrt(assay_real(call, "d")), 0);
  return ASSAY_OK;
}
CONSTANT(optimal_nothing, O_RHO2, 0)

static const assay_leg optimal_legs[] = {
    {.check = optimal_closed,
     .points = POINTS("phase: model=phase", "norm: model=norm p=4", "parity: model=parity", "mixed: model=mixed alpha=.7 c=.3 sigma=.5", "wedge: model=wedge K=3", "wedge5: model=wedge K=5"),
     .sizes = {"", "", ""}},
    {.experiment = &multi_index_spectral_spectrum, .arrange = multi_index_arrange, .points = POINTS("S: model=parity delta=6", "N: model=phase delta=2"),
     .sizes = {"d=120", "d=200", "d=400"}, .first = {128, 256, 256}, .looks = {5, 4, 4}},
    {0}};

static const assay_target optimal_targets[] = {
    {.name = "delta_t", .estimand = ASSAY_EXACT, .points = "phase,norm,parity,mixed,wedge,wedge5", .margin = ALL_TIERS({.relative = 1e-9}), .reason = "closed forms against quadrature and maximisation"},
    {.name = "rho2", .points = "S,N", .spread = spread_optimal, .margin = {{.bias = .025, .deviations = 10}, {.bias = .015, .deviations = 10}, {.bias = .01, .deviations = 10}}, .reason = "3/d + 10 sd/sqrt(n_max)"},
    {0}};

static const assay_control optimal_controls[] = {
    {.name = "C for G", .mistake = "the second moment itself, without - I", .targets = "delta_t", .points = "phase,norm", .predict = optimal_no_identity},
    {.name = "Frobenius norm", .mistake = "1/E ||G||_F^2", .targets = "delta_t", .points = "parity,wedge", .predict = optimal_frobenius},
    {.name = "mean", .mistake = "E[u^T G u] is maximised, which is 0", .targets = "delta_t", .points = "phase", .predict = optimal_mean},
    {.name = "nothing at twice delta_t", .mistake = "Td does not recover at 2.4 and 4 delta_t", .targets = "rho2", .predict = optimal_nothing},
    {0}};

const assay_claim multi_index_spectral_optimal_threshold_claim = {
    .id = "multi-index-spectral/optimal-threshold",
    .kinds = "threshold",
    .statement = "The least delta at which some scalar T recovers weakly is 1/max_u E[(u^T G u)^2], and Td attains it.",
    .source = "arXiv 2502.01583, main theorem on preprocessing",
    .params = optimal_params,
    .observables = optimal_observables,
    .predict = optimal,
    .legs = optimal_legs,
    .targets = optimal_targets,
    .controls = optimal_controls};

/* ---- multi-index-spectral/threshold-optimality ---- */

static const assay_param ratio_params[] = {PARAMS_LAW_AND_PRE, {0}};
static const assay_observable ratio_observables[] = {{"ratio", NULL, "delta_c of T over delta_t", NULL, ASSAY_PREDICTED, 0, INFINITY}, {0}};

static assay_status ratio(assay_call *call) {
  assay_value delta_c, delta_t;
  assay_status status = thresholds_of(call, 1, MULTI_INDEX_RIGHT, &delta_c, &delta_t);
  if (status == ASSAY_OK) assay_put(call, 0, 0, delta_c.value / delta_t.value, delta_c.error / delta_t.value + 1e-12);
  return status;
}
CONSTANT(at_least_one, 0, 1)

/* With a delta_t that is too large by half. */
static assay_status ratio_too_large(assay_call *call) {
  assay_value delta_c, delta_t;
  assay_status status = thresholds_of(call, 1, MULTI_INDEX_RIGHT, &delta_c, &delta_t);
  if (status == ASSAY_OK) assay_put(call, 0, 0, delta_c.value / (1.5 * delta_t.value), 0);
  return status;
}

static const assay_leg ratio_legs[] = {
    {.check = ratio,
     .points = POINTS("Td: model=phase", "cap5: model=phase T=cap t=5", "cap2: model=phase T=cap t=2", "subset: model=phase T=subset t=2.686", "tanh: model=phase T=tanh",
                      "product: model=product T=tanh", "parity: model=parity T=id", "polar: model=polar" ANGLES " T=table table=-.8,-.2,.9,1,.7",
                      "best: model=polar" ANGLES " T=table table=-.1410320,-4.3665594,.9408268,1,-.8963902"),
     .sizes = {"", "", ""}},
    {0}};

static const assay_target ratio_targets[] = {
    {.name = "ratio", .estimand = ASSAY_EXACT, .side = 1, .predict = at_least_one, .margin = ALL_TIERS({.bias = 1e-9}), .reason = "Cauchy-Schwarz; true of every T"},
    {.name = "ratio", .title = "attained", .points = "Td,best", .estimand = ASSAY_EXACT, .predict = at_least_one, .margin = ALL_TIERS({.bias = 1e-6}), .reason = "equality for Td, up to the table's seven digits"},
    {0}};

static const assay_control ratio_controls[] = {
    {.name = "delta_t too large", .mistake = "delta_t 1.5 times as large is violated by Td", .targets = "ratio,attained", .points = "Td,best", .check = ratio_too_large}, {0}};

const assay_claim multi_index_spectral_threshold_optimality_claim = {
    .id = "multi-index-spectral/threshold-optimality",
    .kinds = "bound",
    .statement = "No preprocessing T has a threshold below delta_t; equality holds for Td.",
    .source = "arXiv 2502.01583, main theorem on preprocessing; proof by Cauchy-Schwarz",
    .params = ratio_params,
    .observables = ratio_observables,
    .predict = ratio,
    .legs = ratio_legs,
    .targets = ratio_targets,
    .controls = ratio_controls};

/* ---- multi-index-spectral/optimal-overlap ---- */

static const assay_param best_params[] = {PARAMS_LAW_AND_PRE_OF("Topt|Topt20|Td"), PARAM_DELTA, PARAM_D, {0}};
enum { B_RHO2, B_LAM, B_MU };
static const assay_observable best_observables[] = {
    {"rho2", NULL, "overlap along u*", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"lam", NULL, "largest eigenvalue; 1/delta for Topt", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"mu", NULL, "1/(1-rho2) for Topt", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {0}};

static assay_status best(assay_call *call) {
  multi_index_model m;
  multi_index_preprocessing T;
  multi_index_result r;
  assay_value share;
  double delta = assay_real(call, "delta");
  assay_status status = multi_index_read(call, &m, &T);
  if (status != ASSAY_OK) return status;
  if (m.kind >= MULTI_INDEX_POLAR) return assay_fail(call, ASSAY_DOMAIN, "u* has to be an eigenvector of R for every function of y; it is not for polar and wedge");
  if (T.kind == MULTI_INDEX_TOPT) {
    status = multi_index_best_overlap(&m, delta, &share, assay_call_error(call));
    if (status != ASSAY_OK) return status;
    claim_value(call, B_RHO2, share);
    if (share.value > 0) assay_put(call, B_LAM, 0, 1 / delta, 0), assay_put(call, B_MU, 0, 1 / (1 - share.value), share.error / pow(1 - share.value, 2));
    return ASSAY_OK;
  }
  status = claim_spectrum(call, 1, &r);
  if (status != ASSAY_OK) return status;
  claim_value(call, B_RHO2, r.outlier.rho2);
  claim_value(call, B_LAM, r.outlier.lambda);
  claim_value(call, B_MU, r.outlier.x);
  return ASSAY_OK;
}

static assay_status best_is_td(assay_call *call) {
  multi_index_result r;
  assay_status status = assay_set_word(call, "T", "Td");
  if (status == ASSAY_OK) status = claim_spectrum(call, 1, &r);
  if (status == ASSAY_OK) claim_value(call, B_RHO2, r.outlier.rho2);
  return status;
}
static assay_status best_linear(assay_call *call) {
  assay_put(call, B_RHO2, 0, 1 - .5 / assay_real(call, "delta"), 0);
  return ASSAY_OK;
}

static assay_status spread_best(assay_call *call) {
  assay_put(call, B_RHO2, 0, 1.2 / sqrt(assay_real(call, "d")), 0);
  assay_put(call, B_LAM, 0, 1.6 / sqrt(assay_real(call, "delta") * assay_real(call, "d")), 0);
  return ASSAY_OK;
}

static const assay_leg best_legs[] = {
    {.experiment = &multi_index_spectral_spectrum, .arrange = multi_index_arrange, .points = POINTS("best: model=phase T=Topt20 delta=2", "td: model=phase T=Td delta=2"),
     .sizes = {"d=200", "d=200", "d=400"}, .first = {256, 256, 256}, .looks = {3, 3, 3}},
    {0}};

static const assay_target best_targets[] = {
    {.name = "rho2", .points = "best", .spread = spread_best, .margin = {{.bias = .015, .deviations = 10}, {.bias = .015, .deviations = 10}, {.bias = .0075, .deviations = 10}}, .reason = "3/d + 10 sd/sqrt(n_max)"},
    {.name = "lam", .points = "best", .spread = spread_best, .margin = ALL_TIERS({.relative = .02, .deviations = 10}), .reason = "2 % + 10 sd/sqrt(n_max)"},
    {.name = "rho2", .title = "gain over Td", .points = "best", .against = "td", .side = 1, .margin = ALL_TIERS({.bias = -.05}), .reason = "a gain of at least .05 is demanded; the theory has .151"},
    {0}};

static const assay_control best_controls[] = {
    {.name = "Td is best", .mistake = "Td is taken for overlap-optimal", .targets = "rho2", .predict = best_is_td},
    {.name = "1 - delta_t/delta", .mistake = "a linear law of the overlap", .targets = "rho2", .predict = best_linear},
    {.name = "order exchanged", .mistake = "Td beats Topt", .targets = "gain over Td", .reversed = true},
    {0}};

static const assay_figure best_figures[] = {
    {.title = "Overlaps of Topt20 and Td in phase retrieval", .x = "delta", .x_label = "n/d", .y = "rho2", .y_label = "squared overlap", .points = "best,td", .sweep = "0.6:4:35"}, {0}};

const assay_claim multi_index_spectral_optimal_overlap_claim = {
    .id = "multi-index-spectral/optimal-overlap",
    .kinds = "limit,order",
    .statement = "T* = 1 - 1/E[(u.s)^2|y] has the largest overlap at every delta, known implicitly, and lambda_1 = 1/delta.",
    .source = "p = 1: Luo, Alghamdi, Lu, IEEE TSP 2019; p > 1 derived here",
    .params = best_params,
    .observables = best_observables,
    .predict = best,
    .legs = best_legs,
    .targets = best_targets,
    .controls = best_controls,
    .figures = best_figures};
