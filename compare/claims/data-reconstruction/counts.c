/* The law p = dn: counting, the unrecoverable fraction, noise, zeros of the loss, and reconstruction. */
#include <math.h>
#include <string.h>

#include "compare/claims/data-reconstruction/claims.h"
#include "sim/data-reconstruction/experiments.h"

/* ---- data-reconstruction/parameter-count-rank ---- */

static const assay_param rank_params[] = {PARAM_ACT(ACTIVATION_WORDS),
                                          INTEGER("d", "input dimension", 0, "[2,100000]", NULL),
                                          INTEGER("n", "samples", 0, "[1,100000]", NULL),
                                          INTEGER("p", "features; p_star does not need it", 0, "[1,1000000000]", ""),
                                          {"counts", NULL, "relu, abs: features by sign pattern, bit i of the index is z_i > 0",
                                           ASSAY_INTEGERS, ASSAY_INSTANCE, NULL, "[0,1000000000]", ""},
                                          {0}};
enum { O_RANK, O_P_STAR, O_FULL, O_GAP, O_SLOPE_D, O_SLOPE_N };
static const assay_observable rank_observables[] = {
    {"rank", NULL, "of the map (X, alpha) -> theta", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"p_star", NULL, "least p of maximal rank", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"prob_full", NULL, "relu, n = 1: probability of full rank", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"gap", NULL, "decades between singular values that count and that do not; at least this", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0,
     INFINITY},
    {"slope_d", NULL, "of log p_star on log d, from d to 2d", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"slope_n", NULL, "of log p_star on log n, from n to 2n", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {0}};

static assay_status put_rank(assay_call *call, activation act, int d, int n, data_reconstruction_mistake mistake) {
  int m = 0;
  long rank, p = assay_given(call, "p") ? assay_integer(call, "p") : 0;
  const double *counts = assay_given(call, "counts") ? assay_list(call, "counts", &m) : NULL;
  bool piecewise = act == ACTIVATION_RELU || act == ACTIVATION_ABS;
  if (piecewise && !counts) {
    assay_absent(call, O_RANK, "relu and abs need the counts of the 2^n sign patterns");
    return ASSAY_OK;
  }
  if (piecewise && (n > 5 || m != 1 << n))
    return assay_fail(call, ASSAY_USAGE, "counts has %d elements; n = %d <= 5 samples have 2^n", m, n);
  if (!piecewise && !assay_given(call, "p")) {
    assay_absent(call, O_RANK, "p is not given");
    return ASSAY_OK;
  }
  assay_status status = data_reconstruction_rank(act, d, n, p, counts, mistake, &rank, assay_call_error(call));
  if (status == ASSAY_OK) assay_put(call, O_RANK, 0, (double)rank, 0);
  return status;
}

/* The least p and its slopes, from the least p at (d, n), (2d, n) and (d, 2n). */
static assay_status put_width(assay_call *call, activation act, int d, int n, data_reconstruction_mistake mistake) {
  const int dims[] = {d, 2 * d, d}, samples[] = {n, n, 2 * n};
  long width[3];
  for (int i = 0; i < 3; i++) {
    assay_status status = data_reconstruction_least_width(act, dims[i], samples[i], mistake, &width[i], assay_call_error(call));
    if (i == 0 && status != ASSAY_OK) return status;
    if (status != ASSAY_OK) width[i] = 0;
  }
  if (width[0] > 0)
    assay_put(call, O_P_STAR, 0, (double)width[0], 0);
  else
    assay_absent(call, O_P_STAR, "the least p of relu and abs is random");
  for (int i = 1; i < 3; i++)
    if (width[0] > 0 && width[i] > 0)
      assay_put(call, i == 1 ? O_SLOPE_D : O_SLOPE_N, 0, log2((double)width[i] / (double)width[0]), 1e-15);
    else
      assay_absent(call, i == 1 ? O_SLOPE_D : O_SLOPE_N, "there is no least p at twice the size");
  return ASSAY_OK;
}

static assay_status rank_with(assay_call *call, data_reconstruction_mistake mistake) {
  activation act = data_reconstruction_act_of(call);
  int d = (int)assay_integer(call, "d"), n = (int)assay_integer(call, "n");
  assay_status status = put_width(call, act, d, n, mistake);
  if (status == ASSAY_OK) status = put_rank(call, act, d, n, mistake);
  if (status != ASSAY_OK) return status;
  assay_put(call, O_GAP, 0, 3, 0);
  if (act == ACTIVATION_RELU && n == 1 && assay_given(call, "p"))
    assay_put(call, O_FULL, 0, data_reconstruction_full_rank(d, assay_integer(call, "p")), 1e-13);
  else
    assay_absent(call, O_FULL, "it is known for relu at n = 1, with p");
  return ASSAY_OK;
}
static assay_status rank(assay_call *call) {
  return rank_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status rank_no_sphere(assay_call *call) {
  return rank_with(call, DATA_RECONSTRUCTION_NO_SPHERE);
}
static assay_status rank_no_coefficients(assay_call *call) {
  return rank_with(call, DATA_RECONSTRUCTION_NO_COEFFICIENTS);
}
static assay_status rank_only_coefficients(assay_call *call) {
  return rank_with(call, DATA_RECONSTRUCTION_ONLY_COEFFICIENTS);
}
static assay_status rank_of_a_point(assay_call *call) {
  return rank_with(call, DATA_RECONSTRUCTION_ADDED);
}
static assay_status rank_of_any(assay_call *call) { /* min(p, nd), whatever phi */
  int m = 0;
  double p = assay_real(call, "p"), N = assay_real(call, "d") * assay_real(call, "n");
  if (assay_given(call, "counts")) {
    const double *counts = assay_list(call, "counts", &m);
    p = 0;
    for (int i = 0; i < m; i++) p += counts[i];
  }
  assay_put(call, O_RANK, 0, fmin(p, N), 0);
  return ASSAY_OK;
}
static assay_status rank_without_silence(assay_call *call) { /* no feature is silent: full from p = d on */
  assay_put(call, O_FULL, 0, assay_integer(call, "p") >= assay_integer(call, "d"), 0);
  return ASSAY_OK;
}

static const assay_leg rank_legs[] = {
    {.experiment = &data_reconstruction_jacobian,
     .points = POINTS("T1: act=tanh d=12 n=2 p=22,24,25,48", "T2: act=tanh d=10 n=3 p=28,30,60", "E: act=erf d=8 n=4 p=30,32,33,64",
                      "S1: act=relu+erf d=12 n=2 p=23,24,48", "S2: act=relu+erf d=8 n=4 p=31,32,64", "U: act=relu+tanh d=10 n=3 p=29,30,60",
                      "C: act=cubic d=12 n=2 p=23,24,48", "L: act=lin d=10 n=3 p=9,10,30", "Q1: act=quad d=12 n=2 p=22,23,24,48",
                      "Q2: act=quad d=8 n=4 p=25,26,32,64", "M: act=quad+lin d=8 n=4 p=28,29,32,64"),
     .sizes = {"", "", ""},
     .first = {8, 32, 64},
     .looks = {1, 1, 1}},
    {.experiment = &data_reconstruction_jacobian,
     .points = POINTS("P1: act=relu d=6 n=2 counts=3,5,4,6", "P2: act=relu d=6 n=2 counts=10,3,20,2", "P3: act=relu d=8 n=2 counts=4,6,7,9",
                      "P4: act=relu d=5 n=3 counts=2,1,2,9,1,2,3,4", "P5: act=abs d=6 n=2 counts=4,2,1,7",
                      "P6: act=abs d=5 n=3 counts=8,1,1,0,1,0,1,6", "P7: act=abs d=4 n=4 counts=2,1,0,1,1,2,0,1,1,0,1,1,0,2,1,2"),
     .sizes = {"", "", ""},
     .first = {8, 32, 64},
     .looks = {1, 1, 1}},
    {.experiment = &data_reconstruction_least_width_search,
     .points = POINTS("W: act=tanh d=6,12 n=2", "W4: act=tanh d=6 n=4", "V: act=relu+erf d=6,12 n=2", "V4: act=relu+erf d=6 n=4"),
     .sizes = {"", "", ""},
     .first = {2, 8, 16},
     .looks = {1, 1, 1}},
    {.experiment = &data_reconstruction_jacobian,
     .points = POINTS("D: act=tanh d=60 n=4 p=239,240,241", "N: act=relu+erf d=20 n=15 p=299,300,301"),
     .sizes = {NULL, "", ""},
     .first = {1, 4, 16},
     .looks = {1, 1, 1}},
    {.experiment = &data_reconstruction_jacobian,
     .points = POINTS("R: act=relu d=20 n=1 p=36,40,44"),
     .sizes = {"", "", ""},
     .first = {128, 128, 128},
     .looks = {4, 7, 9}},
    {0}};
static const assay_target rank_targets[] = {
    {.name = "rank",
     .points = "T*,E*,S*,U*,C*,L*,Q*,M*,D*,N*,P*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = .49}),
     .reason = "an integer, the same for every generic draw"},
    {.name = "gap",
     .title = "a clear rank",
     .records = "gap",
     .points = "T*,E*,S*,U*,C*,L*,Q*,M*,D*,N*,P*",
     .estimand = ASSAY_EXACT,
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "the singular values around the cut-off lie three decades apart in every draw"},
    {.name = "p_star",
     .points = "W*,V*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = .49}),
     .reason = "an integer, the same for every generic draw"},
    {.name = "slope_d", .points = "W*,V*", .estimand = ASSAY_EXACT, .margin = ALL_TIERS({.bias = 1e-9}), .reason = "a ratio of integers"},
    {.name = "slope_n", .points = "W*,V*", .estimand = ASSAY_EXACT, .margin = ALL_TIERS({.bias = 1e-9}), .reason = "a ratio of integers"},
    {.name = "prob_full",
     .records = "full",
     .points = "R*",
     .estimand = ASSAY_PROPORTION,
     .margin = {{.bias = .17}, {.bias = .058}, {.bias = .028}},
     .reason = "exact at every size; 10 sqrt(p(1-p)/n_max) + 12/n_max"},
    {0}};
static const assay_control rank_controls[] = {{.name = "spheres forgotten",
                                               .mistake = "n (d+1) unknowns",
                                               .targets = "rank",
                                               .points = "T1:p=48,T2:p=60,E:p=64,S1:p=48,S2:p=64,U:p=60",
                                               .predict = rank_no_sphere},
                                              {.name = "coefficients forgotten",
                                               .mistake = "n (d-1) unknowns",
                                               .targets = "rank,p_star",
                                               .points = "T1:p=48,T2:p=60,E:p=64,S1:p=48,S2:p=64,U:p=60,W*,V*",
                                               .predict = rank_no_coefficients},
                                              {.name = "coefficients only",
                                               .mistake = "n unknowns",
                                               .targets = "rank,p_star,slope_d",
                                               .points = "T1:p=48,T2:p=60,E:p=64,S1:p=48,S2:p=64,U:p=60,W*,V*",
                                               .predict = rank_only_coefficients},
                                              {.name = "n + d",
                                               .mistake = "n + d unknowns, as for a point in the span",
                                               .targets = "rank,p_star,slope_d,slope_n",
                                               .points = "T1:p=48,T2:p=60,E:p=64,S1:p=48,S2:p=64,U:p=60,W*,V*",
                                               .predict = rank_of_a_point},
                                              {.name = "min(p, nd) for every activation",
                                               .mistake = "quadratic and piecewise linear features are as good as any",
                                               .targets = "rank",
                                               .points = "Q1:p=24,Q1:p=48,Q2:p=32,Q2:p=64,P2,P6",
                                               .predict = rank_of_any},
                                              {.name = "no silent features",
                                               .mistake = "every feature of relu counts",
                                               .targets = "prob_full",
                                               .points = "R:p=36,R:p=40",
                                               .predict = rank_without_silence},
                                              {0}};
const assay_claim data_reconstruction_parameter_count_rank_claim = {
    .id = "data-reconstruction/parameter-count-rank",
    .kinds = "identity,threshold,rate",
    .statement = "The map from samples and coefficients to the fitted parameters has rank min(p, nd): the parameters determine the data "
                 "locally iff p >= nd.",
    .source = "arXiv 2509.22214 for the law; the counts are derived here",
    .params = rank_params,
    .observables = rank_observables,
    .predict = rank,
    .legs = rank_legs,
    .targets = rank_targets,
    .controls = rank_controls};

/* ---- data-reconstruction/span-point-threshold ---- */

static const assay_param point_params[] = {{"act", NULL, "activation", ASSAY_WORD, 0, "tanh|relu+erf|relu+tanh", NULL, "relu+erf"},
                                           INTEGER("d", "input dimension", 0, "[2,100000]", NULL),
                                           INTEGER("n", "samples", 0, "[1,6]", NULL),
                                           INTEGER("p", "features; p_span does not need it", 0, "[1,1000000]", ""),
                                           INTEGER("starts", "random starts", ASSAY_SIM, "[1,1000]", "10"),
                                           {0}};
enum { O_P_SPAN, O_SPURIOUS };
static const assay_observable point_observables[] = {
    {"p_span", NULL, "least p at which the span holds the samples only", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"spurious", NULL, "some point of the span is no sample", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};
static assay_status points_at(assay_call *call, long threshold) {
  long n = assay_integer(call, "n"), d = assay_integer(call, "d"), right = n + d, p = assay_integer(call, "p");
  if (threshold == 0) threshold = right;
  assay_put(call, O_P_SPAN, 0, (double)right, 0);
  if (!assay_given(call, "p"))
    assay_absent(call, O_SPURIOUS, "p is not given");
  else if (p == threshold - 1)
    assay_absent(call, O_SPURIOUS, "at p = n + d - 1 there are finitely many points");
  else
    assay_put(call, O_SPURIOUS, 0, p < threshold, 0);
  return ASSAY_OK;
}
static assay_status points(assay_call *call) {
  return points_at(call, 0);
}
static assay_status points_nd(assay_call *call) {
  return points_at(call, assay_integer(call, "n") * assay_integer(call, "d"));
}
static assay_status points_n(assay_call *call) {
  return points_at(call, assay_integer(call, "n") + 1);
}
static const assay_leg point_legs[] = {
    {.experiment = &data_reconstruction_span_points,
     .points =
         POINTS("B: act=relu+erf d=8 n=5 p=11", "A: act=relu+erf d=8 n=5 p=13", "b: act=tanh d=8 n=5 p=11", "a: act=tanh d=8 n=5 p=13"),
     .sizes = {"", "", ""},
     .first = {64, 64, 64},
     .looks = {2, 3, 5},
     .discarded = .3},
    {.experiment = &data_reconstruction_span_points,
     .points = POINTS("A1: act=relu+erf d=8 n=5 p=14", "B1: act=relu+erf d=20 n=6 p=24", "A2: act=relu+erf d=20 n=6 p=26"),
     .sizes = {NULL, "", ""},
     .first = {64, 64, 64},
     .looks = {1, 3, 4},
     .discarded = .5},
    {0}};
static const assay_target point_targets[] = {{.name = "spurious",
                                              .estimand = ASSAY_PROPORTION,
                                              .margin = {{.bias = .33}, {.bias = .2}, {.bias = .1}},
                                              .reason = "no event in 80 is a limit of .14"},
                                             {0}};
static const assay_control point_controls[] = {
    {.name = "threshold nd", .mistake = "the span, like one theta, needs p = nd", .points = "A*,a", .predict = points_nd},
    {.name = "threshold n + 1", .mistake = "any p > n identifies the samples", .points = "B*,b", .predict = points_n},
    {0}};
const assay_claim data_reconstruction_span_point_threshold_claim = {
    .id = "data-reconstruction/span-point-threshold",
    .kinds = "threshold",
    .statement =
        "The span of the training features holds features of the samples only iff p >= n + d (up to sign for odd and even activations).",
    .source = "arXiv 2509.22214 for p >> dn; the threshold is derived here",
    .params = point_params,
    .observables = point_observables,
    .predict = points,
    .legs = point_legs,
    .targets = point_targets,
    .controls = point_controls};

/* ---- data-reconstruction/multi-output-count ---- */

static const assay_param output_params[] = {INTEGER("d", "input dimension", 0, "[2,100000]", NULL),
                                            INTEGER("n", "samples", 0, "[1,100000]", NULL),
                                            INTEGER("C", "outputs", 0, "[1,1000]", NULL),
                                            INTEGER("p", "features", 0, "[1,1000000]", ""),
                                            {0}};
static const assay_observable output_observables[] = {
    {"p_C", NULL, "least p of maximal rank", NULL, ASSAY_PREDICTED, 0, INFINITY},
    {"rank", NULL, "of the map (X, A) -> Theta", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};
static assay_status output_with(assay_call *call, data_reconstruction_mistake mistake) {
  int d = (int)assay_integer(call, "d"), n = (int)assay_integer(call, "n"), C = (int)assay_integer(call, "C");
  assay_put(call, 0, 0, (double)data_reconstruction_output_width(d, n, C, mistake), 0);
  if (!assay_given(call, "p")) {
    assay_absent(call, 1, "p is not given");
    return ASSAY_OK;
  }
  long p = assay_integer(call, "p"), value = data_reconstruction_output_rank(d, n, C, p);
  if (mistake == DATA_RECONSTRUCTION_NAIVE_OUTPUTS) value = p * C < (long)d * n ? p * C : (long)d * n;
  if (mistake == DATA_RECONSTRUCTION_SHARED_OUTPUTS) value = p < (long)d * n ? p : (long)d * n;
  assay_put(call, 1, 0, (double)value, 0);
  return ASSAY_OK;
}
static assay_status output(assay_call *call) {
  return output_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status output_naive(assay_call *call) {
  return output_with(call, DATA_RECONSTRUCTION_NAIVE_OUTPUTS);
}
static assay_status output_shared(assay_call *call) {
  return output_with(call, DATA_RECONSTRUCTION_SHARED_OUTPUTS);
}
static const assay_leg output_legs[] = {
    {.experiment = &data_reconstruction_jacobian,
     .points = POINTS("A1: d=12 n=3 C=1 p=34,35,36,37,40", "A2: d=12 n=3 C=2 p=18,19,20,21,24", "A3: d=12 n=3 C=3 p=12,13,14,15,18",
                      "A4: d=12 n=3 C=4 p=12,13,14,15,18", "A6: d=12 n=3 C=6 p=12,13,14,15,18", "B1: d=8 n=5 C=1 p=38,39,40,41,44",
                      "B2: d=8 n=5 C=2 p=21,22,23,24,27", "B3: d=8 n=5 C=3 p=15,16,17,18,21", "B4: d=8 n=5 C=4 p=12,13,14,15,18",
                      "B6: d=8 n=5 C=6 p=10,11,12,13,16", "B8: d=8 n=5 C=8 p=10,11,12,13,16"),
     .sizes = {"", "", ""},
     .first = {8, 32, 64},
     .looks = {1, 1, 1}},
    {.experiment = &data_reconstruction_jacobian,
     .points = POINTS("X: d=40 n=6 C=4 p=63,65,66,70"),
     .sizes = {NULL, NULL, ""},
     .first = {1, 1, 8},
     .looks = {1, 1, 1}},
    {0}};
static const assay_target output_targets[] = {
    {.name = "rank", .estimand = ASSAY_EXACT, .margin = ALL_TIERS({.bias = .5}), .reason = "an integer, the same for every generic draw"},
    {0}};
static const assay_control output_controls[] = {{.name = "dn/C",
                                                 .mistake = "dn unknowns whatever the number of outputs: p = dn/C",
                                                 .points = "A2:p=24,A3:p=18,B2:p=27,B3:p=21",
                                                 .predict = output_naive},
                                                {.name = "dn whatever C, features",
                                                 .mistake = "p = dn features are needed whatever the number of outputs",
                                                 .points = "A2:p=24,A3:p=18,B2:p=27,B3:p=21",
                                                 .predict = output_shared},
                                                {0}};
static const assay_figure output_figures[] = {{.title = "Features needed against the number of outputs",
                                               .x = "C",
                                               .x_label = "outputs C",
                                               .y = "p_C",
                                               .y_label = "p_C",
                                               .points = "A1:p=36,B2:p=23",
                                               .sweep = "1:8:8"},
                                              {0}};
const assay_claim data_reconstruction_multi_output_count_claim = {
    .id = "data-reconstruction/multi-output-count",
    .kinds = "identity,threshold",
    .statement = "With C outputs the threshold falls from nd to n + d - 1: p_C = ceil(n (d-1+C)/C) for C <= n.",
    .source = "derived here",
    .params = output_params,
    .observables = output_observables,
    .predict = output,
    .legs = output_legs,
    .targets = output_targets,
    .controls = output_controls,
    .figures = output_figures};

/* ---- data-reconstruction/unrecoverable-fraction ---- */

static const assay_param fraction_params[] = {
    INTEGER("d", "input dimension", 0, "[2,100000]", NULL),
    INTEGER("n", "samples", 0, "[1,100000]", NULL),
    INTEGER("p", "features", 0, "[1,1000000000]", NULL),
    {"act", NULL, "activation", ASSAY_WORD, ASSAY_SIM, "tanh|relu+erf|relu+tanh", NULL, "relu+erf"},
    {"at", NULL, "where the distribution function is read", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,1]", "0.5"},
    {0}};
enum { O_FRACTION, O_VARIANCE, O_CDF };
static const assay_observable fraction_observables[] = {
    {"fraction", NULL, "share of a perturbation of X that theta does not see", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"variance", NULL, "of the fraction: f(1-f)/(q/2+1), q = n(d-1)", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"cdf", NULL, "probability that the fraction is at most `at`", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};
static assay_status fraction_with(assay_call *call, data_reconstruction_mistake mistake) {
  double d = assay_real(call, "d"), n = assay_real(call, "n"), f = data_reconstruction_fraction(d, n, assay_real(call, "p"), mistake);
  assay_put(call, O_FRACTION, 0, f, 1e-15);
  assay_put(call, O_VARIANCE, 0, f * (1 - f) / (n * (d - 1) / 2 + 1), 1e-15);
  assay_put(call, O_CDF, 0, data_reconstruction_fraction_cdf(f, n * (d - 1), assay_real(call, "at")), 1e-12);
  return ASSAY_OK;
}
static assay_status fraction(assay_call *call) {
  return fraction_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status fraction_nd(assay_call *call) {
  return fraction_with(call, DATA_RECONSTRUCTION_OVER_ND);
}
static assay_status fraction_no_coefficients(assay_call *call) {
  return fraction_with(call, DATA_RECONSTRUCTION_NO_COEFFICIENTS);
}
static assay_status spread_fraction(assay_call *call) { /* Beta(f q/2, (1-f) q/2) */
  double d = assay_real(call, "d"), n = assay_real(call, "n"),
         f = data_reconstruction_fraction(d, n, assay_real(call, "p"), DATA_RECONSTRUCTION_RIGHT);
  double variance = f * (1 - f) / (n * (d - 1) / 2 + 1), F = data_reconstruction_fraction_cdf(f, n * (d - 1), assay_real(call, "at"));
  assay_put(call, O_FRACTION, 0, sqrt(variance), 0);
  assay_put(call, O_VARIANCE, 0, 1.42 * variance, 0); /* of (x - m)^2: the kurtosis of these Beta laws is below 3 */
  assay_put(call, O_CDF, 0, sqrt(F * (1 - F)), 0);
  return ASSAY_OK;
}
static assay_status fraction_uniform(assay_call *call) {
  assay_put(call, O_VARIANCE, 0, 1. / 12, 0);
  assay_put(call, O_CDF, 0, assay_real(call, "at"), 0);
  return ASSAY_OK;
}
#define QUANTILES " at=.35,.45,.5,.6,.7"
static const assay_leg fraction_legs[] = {{.experiment = &data_reconstruction_null_share,
                                           .points = POINTS("A: d=5 n=4 p=12", "B: d=10 n=3 p=15"),
                                           .sizes = {"", "", ""},
                                           .first = {128, 128, 128},
                                           .looks = {6, 9, 10}},
                                          {.experiment = &data_reconstruction_null_share,
                                           .points = POINTS("Z: d=5 n=4 p=20,24", "O: d=5 n=4 p=4"),
                                           .sizes = {"", "", ""},
                                           .first = {16, 16, 16},
                                           .looks = {1, 1, 1}},
                                          {.experiment = &data_reconstruction_null_share,
                                           .points = POINTS("K: d=5 n=4 p=12" QUANTILES, "L: d=10 n=3 p=15" QUANTILES),
                                           .sizes = {"", "", ""},
                                           .first = {128, 128, 128},
                                           .looks = {6, 9, 10}},
                                          {.experiment = &data_reconstruction_perturbed,
                                           .points = POINTS("G: d=20 n=4 p=20,40,60"),
                                           .sizes = {NULL, "", ""},
                                           .first = {1, 128, 128},
                                           .looks = {1, 3, 5}},
                                          {.experiment = &data_reconstruction_perturbed,
                                           .points = POINTS("H: d=20 n=4 p=84"),
                                           .sizes = {NULL, "", ""},
                                           .first = {1, 16, 64},
                                           .looks = {1, 1, 1}},
                                          {.experiment = &data_reconstruction_null_share,
                                           .points = POINTS("D: d=20 n=4 p=40,76"),
                                           .sizes = {NULL, NULL, ""},
                                           .first = {1, 1, 128},
                                           .looks = {1, 1, 8}},
                                          {0}};
static const assay_target fraction_targets[] = {
    {.name = "fraction",
     .points = "A,B,D*",
     .spread = spread_fraction,
     .margin = ALL_TIERS({.deviations = 10}),
     .reason = "unbiased; 10 sd/sqrt(n_max) of the Beta law"},
    {.name = "variance",
     .records = "fraction",
     .points = "A,B",
     .estimand = ASSAY_VARIANCE,
     .spread = spread_fraction,
     .margin = ALL_TIERS({.deviations = 10}),
     .reason = "exact; 10 sd/sqrt(n_max) of the Beta law's squares"},
    {.name = "cdf",
     .records = "below",
     .points = "K,L",
     .estimand = ASSAY_PROPORTION,
     .spread = spread_fraction,
     .margin = {{.bias = .003, .deviations = 10}, {.bias = .0004, .deviations = 10}, {.bias = .0002, .deviations = 10}},
     .reason = "exact; 12/n_max + 10 sqrt(p(1-p)/n_max)"},
    {.name = "fraction",
     .title = "after Gauss-Newton",
     .points = "G*",
     .spread = spread_fraction,
     .margin = ALL_TIERS({.bias = 1e-3, .deviations = 10}),
     .reason = "curvature is of order 1e-4 + 10 sd/sqrt(n_max) of the Beta law"},
    {.name = "fraction",
     .title = "nothing left above dn",
     .points = "H",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-6}),
     .reason = "what six Gauss-Newton steps leave of a perturbation of 1e-4"},
    {.name = "fraction",
     .title = "none and all",
     .points = "Z*,O",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-10}),
     .reason = "rounding"},
    {0}};
static const assay_control fraction_controls[] = {{.name = "1 - p/(nd)",
                                                   .mistake = "the fraction of parameters that are missing",
                                                   .targets = "fraction",
                                                   .points = "A,B",
                                                   .predict = fraction_nd},
                                                  {.name = "1 - p/(n(d-1))",
                                                   .mistake = "the parameters all constrain the samples, none the coefficients",
                                                   .targets = "fraction",
                                                   .points = "A,B",
                                                   .predict = fraction_no_coefficients},
                                                  {.name = "uniform law",
                                                   .mistake = "every share is as likely as any other",
                                                   .targets = "variance,cdf",
                                                   .points = "A,B,K:at=0.35:*,K:at=0.7:*",
                                                   .predict = fraction_uniform},
                                                  {0}};
static const assay_figure fraction_figures[] = {{.title = "Share of the data that the parameters do not see",
                                                 .x = "p",
                                                 .x_label = "p",
                                                 .y = "fraction",
                                                 .y_label = "fraction",
                                                 .points = "A,B",
                                                 .sweep = "1:40:40"},
                                                {0}};
const assay_claim data_reconstruction_unrecoverable_fraction_claim = {
    .id = "data-reconstruction/unrecoverable-fraction",
    .kinds = "identity",
    .statement = "Below p = nd a random perturbation of the data keeps the fraction (nd - p)/(n(d-1)) of its squared length unseen.",
    .source = "derived here",
    .params = fraction_params,
    .observables = fraction_observables,
    .predict = fraction,
    .legs = fraction_legs,
    .targets = fraction_targets,
    .controls = fraction_controls,
    .figures = fraction_figures};

/* ---- data-reconstruction/noise-amplification ---- */

static const assay_param noise_params[] = {PARAM_ACT(ACTIVATION_WORDS),
                                           INTEGER("n", "samples", 0, "[1,10000]", "1"),
                                           REAL("p_over_d", "features over dimension", 0, "(0,inf)", ""),
                                           INTEGER("d", "input dimension", ASSAY_SIZE, "[2,100000]", ""),
                                           INTEGER("p", "features; M_exact only", 0, "[1,1000000]", ""),
                                           {0}};
enum { O_NOISE, O_EXACT };
static const assay_observable noise_observables[] = {
    {"M", NULL, "limit of the mean squared error per unit of noise and direction", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"M_exact", NULL, "abs, n = 1: its mean at finite d", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};
static assay_status noise_with(assay_call *call, data_reconstruction_mistake mistake) {
  activation act = data_reconstruction_act_of(call);
  int n = (int)assay_integer(call, "n");
  double d = assay_real(call, "d"), p = assay_real(call, "p"), c = assay_given(call, "p_over_d") ? assay_real(call, "p_over_d") : p / d;
  assay_value M;
  if (isnan(c)) return assay_fail(call, ASSAY_USAGE, "give p_over_d, or p and d");
  if (isnan(p)) p = round(c * d);
  assay_status status = data_reconstruction_noise(act, n, c, mistake, &M, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  claim_put(call, O_NOISE, M);
  if (act == ACTIVATION_ABS && n == 1 && p > d + 1)
    assay_put(call, O_EXACT, 0, mistake == DATA_RECONSTRUCTION_FISHER ? d / p : d / (p - d - 1), 0);
  else
    assay_absent(call, O_EXACT, "the finite mean is known for abs, n = 1, p > d + 1, with d");
  return ASSAY_OK;
}
static assay_status noise(assay_call *call) {
  return noise_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status noise_fisher(assay_call *call) {
  return noise_with(call, DATA_RECONSTRUCTION_FISHER);
}
static assay_status spread_noise(assay_call *call) { /* sd/M is 2/d (abs; relu n = 4), 1.2/sqrt(d) (n = 1, other phi) */
  assay_value M;
  activation act = data_reconstruction_act_of(call);
  double d = assay_real(call, "d");
  assay_status status = data_reconstruction_noise(act, (int)assay_integer(call, "n"), assay_real(call, "p_over_d"),
                                                  DATA_RECONSTRUCTION_RIGHT, &M, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  double sd = M.value * (act == ACTIVATION_ABS || assay_integer(call, "n") > 1 ? 3 / d : 1.3 / sqrt(d));
  assay_put(call, O_NOISE, 0, sd, 0);
  assay_put(call, O_EXACT, 0, sd, 0);
  return ASSAY_OK;
}
static assay_status arrange_noise(assay_call *claim, assay_call *sim, assay_call *realised) {
  double d = assay_real(claim, "d"), p = round(assay_real(claim, "p_over_d") * d);
  assay_status status = assay_set(sim, "p", p);
  if (status == ASSAY_OK) status = assay_set(realised, "p", p);
  return status == ASSAY_OK ? assay_set(realised, "p_over_d", p / d) : status;
}
static const assay_leg noise_legs[] = {
    {.experiment = &data_reconstruction_noise_matrix,
     .arrange = arrange_noise,
     .points = POINTS("X: act=abs n=1 p_over_d=2"),
     .sizes = {"d=30", "d=50", "d=100"},
     .first = {128, 128, 128},
     .looks = {4, 5, 5}},
    {.experiment = &data_reconstruction_noise_matrix,
     .arrange = arrange_noise,
     .points = POINTS("S: act=relu+erf n=1 p_over_d=3", "T: act=tanh n=1 p_over_d=3"),
     .sizes = {"d=60", "d=100", "d=200"},
     .first = {128, 128, 128},
     .looks = {4, 5, 5}},
    {.experiment = &data_reconstruction_noise_matrix,
     .arrange = arrange_noise,
     .points = POINTS("A: act=abs n=4 p_over_d=6", "R: act=relu n=4 p_over_d=8"),
     .sizes = {"d=25", "d=50", "d=100"},
     .first = {128, 128, 128},
     .looks = {3, 3, 3}},
    {.experiment = &data_reconstruction_noise_matrix,
     .arrange = arrange_noise,
     .points = POINTS("S2: act=relu+erf n=1 p_over_d=2", "E: act=erf n=1 p_over_d=3", "R1: act=relu n=1 p_over_d=5"),
     .sizes = {NULL, "d=100", "d=200"},
     .first = {128, 128, 128},
     .looks = {1, 5, 5}},
    {.experiment = &data_reconstruction_noise_matrix,
     .arrange = arrange_noise,
     .points = POINTS("G: act=abs n=1 p_over_d=2,3,5,9"),
     .sizes = {"d=50", "d=100", "d=200"},
     .first = {128, 128, 128},
     .looks = {3, 3, 3}},
    {.experiment = &data_reconstruction_noisy_parameters,
     .arrange = arrange_noise,
     .points = POINTS("Y: act=abs n=1 p_over_d=2"),
     .sizes = {NULL, "d=40", "d=40"},
     .first = {128, 128, 128},
     .looks = {1, 5, 6}},
    {0}};
/* Of log M on log(c - n), all points alike. */
static assay_status rate_of_divergence(const assay_sample *s, double *out) {
  double mx = 0, my = 0, xy = 0, xx = 0, n = assay_real(s->points[0], "n");
  for (int i = 0; i < s->groups; i++) {
    if (!(s->value[i] > 0) || !(s->axis[i] > n)) return ASSAY_NUMERIC;
    mx += log(s->axis[i] - n) / s->groups, my += log(s->value[i]) / s->groups;
  }
  for (int i = 0; i < s->groups; i++) {
    double x = log(s->axis[i] - n) - mx;
    xy += x * (log(s->value[i]) - my), xx += x * x;
  }
  *out = xy / xx;
  return ASSAY_OK;
}
/* sd/M of 3/d at every point over the square root of sum (x - mean)^2, x = 0, log 2, log 4, log 8. */
static assay_status spread_rate(assay_call *call) {
  assay_put(call, O_NOISE, 0, 3 / assay_real(call, "d") / (M_LN2 * sqrt(5)), 0);
  return ASSAY_OK;
}
/* sigma^2 (d-1) times a chi-square of d - 1 in each replicate, besides M's own scatter. */
static assay_status spread_direct(assay_call *call) {
  assay_put(call, O_EXACT, 0, 1.8 * sqrt(2 / (assay_real(call, "d") - 1)), 0);
  return ASSAY_OK;
}
static assay_status noise_no_divergence(assay_call *call) {
  assay_put(call, O_NOISE, 0, 1 / assay_real(call, "p_over_d"), 0);
  return ASSAY_OK;
}
static const assay_target noise_targets[] = {
    {.name = "M_exact",
     .records = "M",
     .points = "X",
     .spread = spread_noise,
     .margin = ALL_TIERS({.deviations = 10}),
     .reason = "exact at every d; 10 sd/sqrt(n_max)"},
    {.name = "M",
     .points = "S,T,A,R,S2,E,R1",
     .spread = spread_noise,
     .margin = ALL_TIERS({.over_size = 3, .deviations = 10}),
     .reason = "bias 3 M/d (measured: 1.2 to 1.5 M/d for orthogonal samples at n = 4) + 10 sd/sqrt(n_max)"},
    {.name = "M",
     .title = "rate of divergence",
     .points = "G*",
     .estimand = ASSAY_SMOOTH,
     .along = "p_over_d",
     .reduce = rate_of_divergence,
     .spread = spread_rate,
     .margin = {{.bias = .012, .deviations = 10}, {.bias = .006, .deviations = 10}, {.bias = .003, .deviations = 10}},
     .reason = "M_exact = 1/(c - 1 - 1/d) bends the line by .5/d + 10 sd/sqrt(n_max)"},
    {.name = "M_exact",
     .title = "Gauss-Newton from noisy parameters",
     .records = "M",
     .points = "Y",
     .spread = spread_direct,
     .margin = ALL_TIERS({.relative = .01, .deviations = 10}),
     .reason = "terms of second order in the noise of 1e-3; 10 sd/sqrt(n_max)"},
    {0}};
static const assay_control noise_controls[] = {{.name = "Fisher information",
                                                .mistake = "the mean information is inverted, without the Marchenko-Pastur correction",
                                                .targets = "M,M_exact,Gauss-Newton from noisy parameters",
                                                .predict = noise_fisher},
                                               {.name = "no divergence",
                                                .mistake = "M falls like d/p, from p = 0 on",
                                                .targets = "rate of divergence",
                                                .predict = noise_no_divergence},
                                               {0}};
static const assay_figure noise_figures[] = {{.title = "Amplification of noise above the threshold",
                                              .x = "p_over_d",
                                              .x_label = "p/d",
                                              .y = "M",
                                              .y_label = "M",
                                              .points = "S,A,R",
                                              .sweep = "4.4:20:40",
                                              .flags = ASSAY_LOG_Y},
                                             {0}};
const assay_claim data_reconstruction_noise_amplification_claim = {
    .id = "data-reconstruction/noise-amplification",
    .kinds = "limit,identity",
    .statement =
        "Noise on the parameters is amplified by M = (c E[b b'/(1 + b'M b)])^{-1}, which diverges at the threshold of the counting law.",
    .source = "derived here",
    .params = noise_params,
    .observables = noise_observables,
    .predict = noise,
    .legs = noise_legs,
    .targets = noise_targets,
    .controls = noise_controls,
    .figures = noise_figures};

/* ---- data-reconstruction/loss-kernel-limit ---- */

static const assay_param loss_params[] = {PARAM_ACT(ACTIVATION_WORDS),
                                          {"X", NULL, "samples, row by row", ASSAY_REALS, 0, NULL, NULL, NULL},
                                          {"Y", NULL, "labels", ASSAY_REALS, 0, NULL, NULL, NULL},
                                          {"Xhat", NULL, "candidates, row by row", ASSAY_REALS, 0, NULL, NULL, NULL},
                                          INTEGER("p", "features", ASSAY_SIM, "[1,1000000]", ""),
                                          {0}};
static const assay_observable loss_observables[] = {{"L", NULL, "reconstruction loss", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1}, {0}};
static assay_status loss_with(assay_call *call, data_reconstruction_mistake mistake) {
  int x, n, h;
  assay_value L;
  const double *X = assay_list(call, "X", &x), *Y = assay_list(call, "Y", &n), *Xh = assay_list(call, "Xhat", &h);
  if (n == 0 || x % n || x != h)
    return assay_fail(call, ASSAY_USAGE, "X and Xhat have %d and %d numbers for %d labels; they need the same multiple", x, h, n);
  assay_status status = data_reconstruction_loss(data_reconstruction_act_of(call), X, Y, Xh, n, x / n, mistake, &L, assay_call_error(call));
  if (status == ASSAY_OK) claim_put(call, 0, L);
  return status;
}
static assay_status loss(assay_call *call) {
  return loss_with(call, DATA_RECONSTRUCTION_RIGHT);
}
static assay_status loss_alpha_y(assay_call *call) {
  return loss_with(call, DATA_RECONSTRUCTION_ALPHA_Y);
}
static assay_status loss_diagonal(assay_call *call) {
  return loss_with(call, DATA_RECONSTRUCTION_DIAGONAL);
}
static assay_status spread_loss(assay_call *call) {
  assay_put(call, 0, 0, .95 / sqrt(assay_real(call, "p")), 0);
  return ASSAY_OK;
}
#define INSTANCE_LK " X=2,0,0,0,1,1,1,1 Y=1,.5 Xhat=1,1,1,-1,0,2,0,0"
static const assay_leg loss_legs[] = {{.experiment = &data_reconstruction_candidate_loss,
                                       .points = POINTS("R: act=relu" INSTANCE_LK, "S: act=relu+erf" INSTANCE_LK),
                                       .sizes = {"p=1000", "p=1000", "p=10000"},
                                       .first = {128, 128, 128},
                                       .looks = {4, 7, 7}},
                                      {0}};
static const assay_target loss_targets[] = {
    {.name = "L",
     .spread = spread_loss,
     .margin = {{.bias = .0006, .deviations = 10}, {.bias = .0006, .deviations = 10}, {.bias = .00006, .deviations = 10}},
     .reason = "bias .6/p (measured: -.5/p) + 10 sd/sqrt(n_max)"},
    {0}};
static const assay_control loss_controls[] = {
    {.name = "alpha = Y", .mistake = "theta = Phi'Y", .predict = loss_alpha_y},
    {.name = "diagonal", .mistake = "the candidates' kernel matrix is diagonal", .predict = loss_diagonal},
    {0}};
const assay_claim data_reconstruction_loss_kernel_limit_claim = {
    .id = "data-reconstruction/loss-kernel-limit",
    .kinds = "limit",
    .statement = "As p grows the reconstruction loss converges to 1 - b'Kh^{-1} b/(alpha'Y).",
    .source = "derived here",
    .params = loss_params,
    .observables = loss_observables,
    .predict = loss,
    .legs = loss_legs,
    .targets = loss_targets,
    .controls = loss_controls};

/* ---- data-reconstruction/zero-loss-dichotomy ---- */

static const assay_param zero_params[] = {{"act", NULL, "activation", ASSAY_WORD, 0, "tanh|relu+erf|relu+tanh", NULL, "relu+erf"},
                                          INTEGER("d", "input dimension", 0, "[2,100000]", NULL),
                                          INTEGER("n", "samples", 0, "[1,6]", NULL),
                                          INTEGER("p", "features", 0, "[1,1000000]", NULL),
                                          INTEGER("starts", "random starts", ASSAY_SIM, "[1,1000]", "6"),
                                          {0}};
enum { O_RIGHT, O_WRONG };
static const assay_observable zero_observables[] = {
    {"right", NULL, "some zero of the loss is the training set", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"wrong", NULL, "some zero is another set", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};
static assay_status zeros_at(assay_call *call, long shift) {
  long excess = assay_integer(call, "p") - assay_integer(call, "d") * assay_integer(call, "n") - shift;
  if (excess == 0) {
    assay_absent(call, O_RIGHT, "at p = dn finitely many zeros are right and wrong");
    assay_absent(call, O_WRONG, "at p = dn finitely many zeros are right and wrong");
    return ASSAY_OK;
  }
  assay_put(call, O_RIGHT, 0, excess > 0, 0);
  assay_put(call, O_WRONG, 0, excess < 0, 0);
  return ASSAY_OK;
}
static assay_status zeros(assay_call *call) {
  return zeros_at(call, 0);
}
static assay_status zeros_lower(assay_call *call) {
  return zeros_at(call, -2);
}
static assay_status zeros_higher(assay_call *call) {
  return zeros_at(call, 2);
}
static const assay_leg zero_legs[] = {{.experiment = &data_reconstruction_zero_losses,
                                       .points = POINTS("B: act=tanh d=4 n=2 p=7", "A: act=tanh d=4 n=2 p=9"),
                                       .sizes = {"", "", ""},
                                       .first = {64, 64, 64},
                                       .looks = {2, 3, 5},
                                       .discarded = .5},
                                      {.experiment = &data_reconstruction_zero_losses,
                                       .points = POINTS("B1: act=tanh d=6 n=2 p=11", "A1: act=tanh d=6 n=2 p=13",
                                                        "B2: act=relu+erf d=6 n=2 p=11", "A2: act=relu+erf d=6 n=2 p=13"),
                                       .sizes = {NULL, "", ""},
                                       .first = {64, 64, 64},
                                       .looks = {1, 4, 5},
                                       .discarded = .9},
                                      {.experiment = &data_reconstruction_zero_losses,
                                       .points = POINTS("B3: act=relu+tanh d=5 n=3 p=14", "A3: act=relu+tanh d=5 n=3 p=16",
                                                        "B4: act=tanh d=8 n=3 p=23", "A4: act=tanh d=8 n=3 p=25"),
                                       .sizes = {NULL, NULL, "starts=20"},
                                       .first = {64, 64, 64},
                                       .looks = {1, 4, 5},
                                       .discarded = .95},
                                      {0}};
static const assay_target zero_targets[] = {{.name = "right",
                                             .estimand = ASSAY_PROPORTION,
                                             .margin = {{.bias = .33}, {.bias = .33}, {.bias = .2}},
                                             .reason = "points of the solution curve near X are rare (under 6 %); 12/n_max"},
                                            {.name = "wrong",
                                             .estimand = ASSAY_PROPORTION,
                                             .margin = {{.bias = .33}, {.bias = .33}, {.bias = .2}},
                                             .reason = "points of the solution curve near X are rare (under 6 %); 12/n_max"},
                                            {0}};
static const assay_control zero_controls[] = {{.name = "threshold dn - 2",
                                               .mistake = "the zeros are right two parameters earlier",
                                               .targets = "right",
                                               .points = "B*",
                                               .predict = zeros_lower},
                                              {.name = "threshold dn + 2",
                                               .mistake = "wrong zeros remain for two more parameters",
                                               .targets = "wrong",
                                               .points = "A*",
                                               .predict = zeros_higher},
                                              {.name = "signs told apart",
                                               .mistake = "the sign of a sample is expected from an odd activation",
                                               .targets = "wrong",
                                               .points = "A,A1",
                                               .change = "signs=apart"},
                                              {0}};
const assay_claim data_reconstruction_zero_loss_dichotomy_claim = {
    .id = "data-reconstruction/zero-loss-dichotomy",
    .kinds = "threshold",
    .statement = "Below p = dn random starts end at wrong data sets of zero loss; above it every zero of the loss is the training set.",
    .source = "derived here by dimension counting",
    .params = zero_params,
    .observables = zero_observables,
    .predict = zeros,
    .legs = zero_legs,
    .targets = zero_targets,
    .controls = zero_controls};

/* ---- data-reconstruction/reconstruction-success ---- */

static const assay_param success_params[] = {{"act", NULL, "activation", ASSAY_WORD, 0, "tanh|relu+erf|relu+tanh", NULL, "relu+erf"},
                                             INTEGER("d", "input dimension", 0, "[2,100000]", NULL),
                                             INTEGER("n", "samples", 0, "[1,6]", NULL),
                                             REAL("p_over_dn", "features over dn", 0, "(0,inf)", NULL),
                                             INTEGER("starts", "random starts", ASSAY_SIM, "[1,1000]", "10"),
                                             {0}};
enum { O_SUCCESS, O_ERR, O_LOSS };
static const assay_observable success_observables[] = {
    {"success", NULL, "the lowest loss has err < 1e-3; above dn at least one half", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {"err", NULL, "error of the lowest loss; below dn at least .5", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 2},
    {"L", NULL, "lowest loss; below dn zero", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
    {0}};
static assay_status success_with(assay_call *call, bool from_n) {
  double c = assay_real(call, "p_over_dn");
  bool below = !from_n && c < 1;
  if (below)
    assay_put(call, O_SUCCESS, 0, 0, 0);
  else if (c < 2.5 && !from_n)
    assay_absent(call, O_SUCCESS, "between dn and 3 dn the optimiser decides");
  else
    assay_put(call, O_SUCCESS, 0, from_n ? 1 : .5, 0);
  if (c < 1) {
    assay_put(call, O_ERR, 0, .5, 0);
    assay_put(call, O_LOSS, 0, 0, 0);
  } else {
    assay_absent(call, O_ERR, "no value above dn");
    assay_absent(call, O_LOSS, "no value above dn");
  }
  return ASSAY_OK;
}
static assay_status success(assay_call *call) {
  return success_with(call, false);
}
static assay_status success_from_n(assay_call *call) {
  return success_with(call, true);
}
static assay_status success_none(assay_call *call) {
  assay_put(call, O_SUCCESS, 0, 0, 0);
  return ASSAY_OK;
}
static assay_status success_a_quarter(assay_call *call) {
  assay_put(call, O_SUCCESS, 0, .25, 0);
  return ASSAY_OK;
}
#define STEP(i)                                                                                                                            \
  static assay_status step_##i(const assay_sample *s, double *out) {                                                                       \
    if (s->groups != 4) return ASSAY_NUMERIC;                                                                                              \
    *out = s->value[i] - s->value[(i)-1];                                                                                                  \
    return ASSAY_OK;                                                                                                                       \
  }
STEP(1)
STEP(2)
STEP(3)
static assay_status arrange_success(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  return assay_set(sim, "p", floor(assay_real(claim, "p_over_dn") * assay_real(claim, "d") * assay_real(claim, "n")));
}
static const assay_leg success_legs[] = {{.experiment = &data_reconstruction_best_start,
                                          .arrange = arrange_success,
                                          .points = POINTS("B: d=8 n=2 p_over_dn=.75", "A: d=8 n=2 p_over_dn=3"),
                                          .sizes = {"", "", ""},
                                          .first = {128, 128, 128},
                                          .looks = {2, 3, 4}},
                                         {.experiment = &data_reconstruction_best_start,
                                          .arrange = arrange_success,
                                          .points = POINTS("B4: d=10 n=4 p_over_dn=.75", "A4: d=10 n=4 p_over_dn=3"),
                                          .sizes = {NULL, "", ""},
                                          .first = {128, 128, 128},
                                          .looks = {1, 2, 3}},
                                         {.experiment = &data_reconstruction_best_start,
                                          .arrange = arrange_success,
                                          .points = POINTS("b: d=8 n=2 p_over_dn=.9", "T: act=tanh d=12 n=2 p_over_dn=.75,3"),
                                          .sizes = {NULL, "", ""},
                                          .first = {128, 128, 128},
                                          .looks = {1, 2, 3}},
                                         {.experiment = &data_reconstruction_best_start,
                                          .arrange = arrange_success,
                                          .points = POINTS("G: d=10 n=4 p_over_dn=.75,1.25,2,3", "H: d=10 n=4 p_over_dn=1.5"),
                                          .sizes = {NULL, "", ""},
                                          .first = {128, 128, 128},
                                          .looks = {1, 3, 3}},
                                         {.experiment = &data_reconstruction_best_start,
                                          .arrange = arrange_success,
                                          .points = POINTS("D: d=20 n=4 p_over_dn=.75,.9,3"),
                                          .sizes = {NULL, NULL, ""},
                                          .first = {128, 128, 128},
                                          .looks = {1, 1, 1}},
                                         {0}};
#define RISES(i, from, to)                                                                                                                 \
  {                                                                                                                                        \
    .name = "success", .title = "no rarer at " to " dn than at " from, .records = "success", .points = "G*",                               \
    .estimand = ASSAY_COMBINATION, .of = ASSAY_PROPORTION, .along = "p_over_dn", .reduce = step_##i, .predict = success_none, .side = 1,   \
    .margin = ALL_TIERS({.bias = .2}), .reason = "an order of two proportions, each known to .1 at n_max = 512"                  \
  }
static const assay_target success_targets[] = {
    {.name = "success",
     .title = "never below dn",
     .records = "success",
     .points = "B*,b,T:p_over_dn=0.75,D:p_over_dn=0.75,D:p_over_dn=0.9",
     .estimand = ASSAY_PROPORTION,
     .margin = ALL_TIERS({.bias = .2}),
     .reason = "no event in 128: a limit of .09"},
    {.name = "success",
     .title = "more often than not at 3 dn",
     .records = "success",
     .points = "A*,T:p_over_dn=3,D:p_over_dn=3",
     .estimand = ASSAY_PROPORTION,
     .side = 1,
     .margin = ALL_TIERS({0}),
     .reason = "a lower limit"},
    RISES(1, ".75", "1.25"),
    RISES(2, "1.25", "2"),
    RISES(3, "2", "3"),
    {.name = "success",
     .title = "a quarter at 1.5 dn",
     .records = "success",
     .points = "H",
     .estimand = ASSAY_PROPORTION,
     .side = 1,
     .predict = success_a_quarter,
     .margin = ALL_TIERS({0}),
     .reason = "a lower limit (measured: .65 of 20)"},
    {.name = "err", .points = "B*", .side = 1, .margin = ALL_TIERS({0}), .reason = "a lower limit of the mean (measured: .8 and more)"},
    {.name = "L",
     .title = "a perfect fit that is not the data",
     .records = "L",
     .points = "B*",
     .estimand = ASSAY_EXACT,
     .margin = ALL_TIERS({.bias = 1e-12}),
     .reason = "the lowest of ten starts is a zero of the loss"},
    {0}};
static const assay_control success_controls[] = {
    {.name = "threshold n", .mistake = "reconstruction succeeds from p = n on", .targets = "never below dn", .predict = success_from_n},
    {.name = "never",
     .mistake = "reconstruction fails more often than not at 3 dn",
     .targets = "more often than not at 3 dn",
     .reversed = true},
    {.name = "threshold 2 dn",
     .mistake = "nothing is reconstructed before p = 2 dn",
     .targets = "a quarter at 1.5 dn",
     .tiers = LATER,
     .reversed = true},
    {.name = "falling",
     .mistake = "more parameters make reconstruction rarer",
     .targets = "no rarer at 2 dn*",
     .tiers = LATER,
     .reversed = true},
    {0}};
const assay_claim data_reconstruction_reconstruction_success_claim = {
    .id = "data-reconstruction/reconstruction-success",
    .kinds = "order,threshold",
    .statement =
        "Reconstruction by optimisation never succeeds below p = dn, where perfect fits are other data sets, and mostly succeeds at 3 dn.",
    .source = "arXiv 2509.22214; the optimiser is this program's",
    .params = success_params,
    .observables = success_observables,
    .predict = success,
    .legs = success_legs,
    .targets = success_targets,
    .controls = success_controls};
