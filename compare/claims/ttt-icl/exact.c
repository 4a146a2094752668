/* Identities at every size: the parabola, the cold start, the shared context, training to the end. */
#include <math.h>
#include <string.h>

#include "compare/claims/ttt-icl/claims.h"
#include "sim/ttt-icl/experiments.h"

/* ---- ttt-icl/loss-parabola ---- */

static const assay_param parabola_params[] = {
    PARAM_N,
    PARAM_K,
    PARAM_D,
    PARAM_SIGMA2,
    PARAM_START,
    {"lam", NULL, "covariance before whitening; not given: 1", ASSAY_REALS, 0, NULL, "(0,inf)", ""},
    {"s", NULL, "task variances of the pretraining; not given: 1/d", ASSAY_REALS, 0, NULL, "[0,inf)", ""},
    {"b", NULL, "the task; not given: the first axis", ASSAY_REALS, 0, NULL, NULL, ""},
    {"tau", NULL, "step over the best step", ASSAY_REAL, ASSAY_READOUT, NULL, NULL, "1"},
    PARAM_DRAWS,
    {0}};
enum { O_L0, O_C1, O_C2, O_L_STAR, O_S_STAR, O_L };
static const assay_observable parabola_observables[] = {
    {"L0", NULL, "risk without training", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"C1", NULL, "half of minus the slope of the risk at s = 0", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 0},
    {"C2", NULL, "half of the curvature of the risk", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"L_star", NULL, "least risk over the step", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"s_star", NULL, "the step of the least risk", NULL, ASSAY_PREDICTED, 0, 0},
    {"L", NULL, "risk at the step tau s*", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};

static bool cold_start(const assay_call *call) {
  return !strcmp(assay_word(call, "start"), "cold");
}

static bool diagonal(const assay_call *call) {
  return assay_given(call, "lam") || assay_given(call, "s") || assay_given(call, "b");
}

/* Lists of length d: lam, w, b [3 d], presets in place of what is not given. */
static assay_status read_diagonal(assay_call *call, double **lists) {
  static const char *const names[] = {"lam", "s", "b"};
  const int d = (int)assay_integer(call, "d");
  double *out = *lists = assay_alloc(call, 3 * (size_t)d * sizeof *out);
  if (!out) return ASSAY_NO_MEMORY;
  for (int l = 0; l < 3; l++) {
    int count;
    const double *given = assay_list(call, names[l], &count);
    if (count && count != d) return assay_fail(call, ASSAY_DOMAIN, "%s has %d elements, d = %d", names[l], count, d);
    for (int i = 0; i < d; i++) out[l * d + i] = count ? given[i] : l == 0 ? 1 : l == 1 ? 1. / d : i == 0;
  }
  double *w = out + d;
  if (cold_start(call)) {
    memset(w, 0, (size_t)d * sizeof *w);
    return ASSAY_OK;
  }
  return ttt_icl_pretrained(assay_real(call, "n"), assay_real(call, "sigma2"), d, w, TTT_ICL_RIGHT, w, NULL, assay_call_error(call));
}

static assay_status parabola_of(assay_call *call, ttt_icl_mistake mistake, ttt_icl_parabola *p) {
  double n = assay_real(call, "n"), k = assay_real(call, "k"), d = assay_real(call, "d"), sigma2 = assay_real(call, "sigma2"), *lists;
  if (!diagonal(call)) {
    double c = cold_start(call) ? 0 : ttt_icl_pretrained_isotropic(n, d, sigma2);
    return ttt_icl_isotropic(n, k, d, sigma2, c, mistake, p, assay_call_error(call));
  }
  assay_status status = read_diagonal(call, &lists);
  if (status != ASSAY_OK) return status;
  ttt_icl_problem problem = {(int)d, lists, lists + (int)d, lists + 2 * (int)d, n, k, sigma2};
  return ttt_icl_exact(&problem, mistake, p, assay_call_error(call));
}

static assay_status parabola_with(assay_call *call, ttt_icl_mistake mistake) {
  ttt_icl_parabola p;
  assay_status status = parabola_of(call, mistake, &p);
  if (status != ASSAY_OK) return status;
  double tau = assay_real(call, "tau"), shape = tau * (2 - tau);
  ttt_icl_put(call, O_L0, p.L0);
  ttt_icl_put(call, O_C1, p.C1);
  ttt_icl_put(call, O_C2, p.C2);
  ttt_icl_put(call, O_L_STAR, p.L_star);
  ttt_icl_put(call, O_S_STAR, p.s_star);
  assay_put(call, O_L, 0, p.L0.value - (p.L0.value - p.L_star.value) * shape, p.L0.error + (p.L0.error + p.L_star.error) * fabs(shape));
  return ASSAY_OK;
}

static assay_status parabola(assay_call *call) {
  return parabola_with(call, TTT_ICL_RIGHT);
}
static assay_status no_wishart(assay_call *call) {
  return parabola_with(call, TTT_ICL_NO_WISHART);
}
static assay_status no_one(assay_call *call) {
  return parabola_with(call, TTT_ICL_NO_ONE);
}
static assay_status no_chi_square(assay_call *call) {
  return parabola_with(call, TTT_ICL_NO_CHI_SQUARE);
}

static assay_status arrange_isotropic(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)realised;
  bool cold = assay_has_param(claim, "start") && cold_start(claim);
  double sigma2 = assay_has_param(claim, "sigma2") ? assay_real(claim, "sigma2") : 0;
  return ttt_icl_set_isotropic(sim, assay_real(claim, "n"), assay_real(claim, "k"), assay_real(claim, "d"), sigma2, cold);
}

static assay_status arrange_diagonal(assay_call *claim, assay_call *sim, assay_call *realised) {
  static const char *const names[] = {"lam", "w", "b"};
  (void)realised;
  ttt_icl_parabola p;
  double *lists;
  const int d = (int)assay_integer(claim, "d");
  assay_status status = parabola_of(claim, TTT_ICL_RIGHT, &p);
  if (status == ASSAY_OK) status = read_diagonal(claim, &lists);
  for (int i = 0; i < d && status == ASSAY_OK; i++) lists[d + i] = ttt_icl_rounded(lists[d + i]);
  for (int i = 0; i < 3 && status == ASSAY_OK; i++) status = assay_set_list(sim, names[i], lists + i * d, d);
  return status == ASSAY_OK ? assay_set(sim, "step", ttt_icl_rounded(p.s_star.value)) : status;
}

/* lam linear .3 to 1.7, s linear 2 to .1 normalised to sum 1, b ~ cos(i) normalised (to the digits given). */
#define TEN                                                                                                                                \
  "lam=.3,.455555556,.611111111,.766666667,.922222222,1.077777778,1.233333333,1.388888889,1.544444444,1.7 "                                \
  "s=.19047619,.170426065,.15037594,.130325815,.110275689,.090225564,.070175439,.050125313,.030075188,.00952381 "                          \
  "b=.2506,-.193,-.4592,-.3032,.1316,.4454,.3497,-.0675,-.4226,-.3892"

/* With lam = 1, s = 1/d and |b| = 1 the general form is the isotropic one, whose sums are written out apart. */
static assay_status closed_form_with(assay_call *call, ttt_icl_mistake mistake) {
  double n = assay_real(call, "n"), d = assay_real(call, "d"), sigma2 = assay_real(call, "sigma2");
  ttt_icl_parabola p;
  assay_status status =
      ttt_icl_isotropic(n, assay_real(call, "k"), d, sigma2, cold_start(call) ? 0 : ttt_icl_pretrained_isotropic(n, d, sigma2), mistake, &p,
                        assay_call_error(call));
  if (status != ASSAY_OK) return status;
  ttt_icl_put(call, O_L0, p.L0);
  ttt_icl_put(call, O_C1, p.C1);
  ttt_icl_put(call, O_C2, p.C2);
  ttt_icl_put(call, O_L_STAR, p.L_star);
  return ASSAY_OK;
}
static assay_status closed_form(assay_call *call) {
  return closed_form_with(call, TTT_ICL_RIGHT);
}
static assay_status closed_form_no_one(assay_call *call) {
  return closed_form_with(call, TTT_ICL_NO_ONE);
}

static const assay_leg parabola_legs[] = {{.experiment = &ttt_icl_chain_run,
                                           .arrange = arrange_isotropic,
                                           .points = POINTS("A: n=20 k=30 d=15", "B: n=50 k=100 d=50", "C: n=200 k=400 d=200 sigma2=.25",
                                                            "T: n=100 k=200 d=100 tau=.5,1,2,3", "Z: n=50 k=100 d=50 start=cold"),
                                           .sizes = {"draws=1000", "draws=10000", "draws=20000"},
                                           .first = {128, 128, 128},
                                           .looks = {4, 5, 7}},
                                          {.experiment = &ttt_icl_sampler_run,
                                           .arrange = arrange_diagonal,
                                           .points = POINTS("G: n=14 k=9 d=10 sigma2=.2 " TEN),
                                           .sizes = {"draws=1000", "draws=10000", "draws=10000"},
                                           .first = {128, 128, 128},
                                           .looks = {4, 5, 9}},
                                          {.experiment = &ttt_icl_direct_run,
                                           .arrange = arrange_isotropic,
                                           .points = POINTS("M: n=20 k=30 d=15", "MN: n=20 k=30 d=15 sigma2=.5"),
                                           .sizes = {"", "", ""},
                                           .first = {128, 128, 128},
                                           .looks = {8, 11, 13}},
                                          {.check = closed_form,
                                           .points = POINTS("K1: n=7 k=5 d=5 sigma2=.4 lam=1,1,1,1,1 s=.2,.2,.2,.2,.2 b=.6,.8,0,0,0",
                                                            "K2: n=3 k=2 d=4 lam=1,1,1,1 s=.25,.25,.25,.25 b=.5,-.5,.5,.5",
                                                            "K3: n=2 k=1 d=2 sigma2=1.5 lam=1,1 s=.5,.5 b=.28,.96",
                                                            "K4: n=4 k=3 d=2 sigma2=.7 start=cold lam=1,1 s=.5,.5 b=.28,-.96"),
                                           .sizes = {"", "", ""}},
                                          {0}};

/* Pilots of 20000 draws, seed 2, sd times sqrt(d): icl .46 to .56; relative of c1 1.3 to 2.6, of c2 3.0 to 4.1; L at tau up to 1
 * .09 to .47, at 2 .81, at 3 1.84. */
static assay_status parabola_spread(assay_call *call) {
  ttt_icl_parabola p;
  const double tau = assay_real(call, "tau");
  assay_status status = parabola_of(call, TTT_ICL_RIGHT, &p);
  if (status != ASSAY_OK) return status;
  ttt_icl_put_spread(call, O_L0, .65);
  ttt_icl_put_spread(call, O_C1, 2.7 * p.C1.value);
  ttt_icl_put_spread(call, O_C2, 4.5 * p.C2.value);
  ttt_icl_put_spread(call, O_L, .5 * fmax(1, tau * tau / 2));
  return ASSAY_OK;
}

static const assay_target parabola_targets[] = {{.name = "L0",
                                                 .records = "icl",
                                                 .points = "A,B,C,T,G",
                                                 .margin = TEN_SD,
                                                 .spread = parabola_spread,
                                                 .reason = REASON_TEN_SD},
                                                {.name = "C1",
                                                 .points = "A,B,C,G",
                                                 .margin = TEN_SD,
                                                 .spread = parabola_spread,
                                                 .reason = REASON_TEN_SD},
                                                {.name = "C2",
                                                 .points = "A,B,C,G",
                                                 .margin = TEN_SD,
                                                 .spread = parabola_spread,
                                                 .reason = REASON_TEN_SD},
                                                {.name = "L",
                                                 .points = "A,B,C,T,Z,G",
                                                 .margin = TEN_SD,
                                                 .spread = parabola_spread,
                                                 .reason = REASON_TEN_SD},
                                                {.name = "L",
                                                 .title = "L (matrices)",
                                                 .points = "M,MN",
                                                 .margin = TEN_SD,
                                                 .spread = parabola_spread,
                                                 .reason = REASON_TEN_SD},
                                                {.name = "L0",
                                                 .title = "L0 (closed form)",
                                                 .points = "K?",
                                                 .estimand = ASSAY_EXACT,
                                                 .margin = RELATIVE(1e-10, 1e-10, 1e-10),
                                                 .reason = "rounding"},
                                                {.name = "C1",
                                                 .title = "C1 (closed form)",
                                                 .points = "K?",
                                                 .estimand = ASSAY_EXACT,
                                                 .margin = RELATIVE(1e-10, 1e-10, 1e-10),
                                                 .reason = "rounding"},
                                                {.name = "C2",
                                                 .title = "C2 (closed form)",
                                                 .points = "K?",
                                                 .estimand = ASSAY_EXACT,
                                                 .margin = RELATIVE(1e-10, 1e-10, 1e-10),
                                                 .reason = "rounding"},
                                                {.name = "L_star",
                                                 .title = "L_star (closed form)",
                                                 .points = "K?",
                                                 .estimand = ASSAY_EXACT,
                                                 .margin = RELATIVE(1e-10, 1e-10, 1e-10),
                                                 .reason = "rounding"},
                                                {0}};

static const assay_control parabola_controls[] = {
    {.name = "Wishart correction dropped",
     .mistake = "E |g|^2 with k^2 in place of k (k + d + 1)",
     .targets = "C2",
     .points = "A,B,C",
     .predict = no_wishart},
    {.name = "without the one",
     .mistake = "k (k + d) for k (k + d + 1)",
     .targets = "C2",
     .points = "A",
     .tiers = 1u << ASSAY_STANDARD | 1u << ASSAY_DEEP,
     .predict = no_one},
    {.name = "without the one, closed form",
     .mistake = "k (k + d) for k (k + d + 1)",
     .targets = "C2 (closed form)",
     .check = closed_form_no_one},
    {.name = "moments of a constant", .mistake = "the moments of |y|^2 are n^j", .targets = "C2", .points = "A", .predict = no_chi_square},
    {0}};

static const assay_figure parabola_figures[] = {{.title = "Risk against the step: break-even at twice the best step",
                                                 .x = "tau",
                                                 .x_label = "tau = s / s*",
                                                 .y = "L",
                                                 .y_label = "risk",
                                                 .points = "T",
                                                 .sweep = "0:3:61"},
                                                {0}};

const assay_claim ttt_icl_loss_parabola_claim = {
    .id = "ttt-icl/loss-parabola",
    .kinds = "identity",
    .statement = "The risk after one step is exactly L0 - 2 s C1 + s^2 C2 at every size; break-even lies at twice the best step.",
    .source = "derived here at every size; main theorem of arXiv 2503.11842 in the limit",
    .params = parabola_params,
    .observables = parabola_observables,
    .predict = parabola,
    .legs = parabola_legs,
    .targets = parabola_targets,
    .controls = parabola_controls,
    .figures = parabola_figures};

/* ---- ttt-icl/cold-start-exact ---- */

static const assay_param cold_params[] = {PARAM_N, PARAM_K, PARAM_D, PARAM_SIGMA2, PARAM_DRAWS, {0}};
static const assay_observable cold_observables[] = {{"L_cold", NULL, "least risk from W = 0", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, 1},
                                                    {0}};

static assay_status cold_with(assay_call *call, ttt_icl_mistake mistake) {
  assay_value L;
  assay_status status = ttt_icl_cold(assay_real(call, "n"), assay_real(call, "k"), assay_real(call, "d"), assay_real(call, "sigma2"),
                                     mistake, &L, assay_call_error(call));
  if (status == ASSAY_OK) ttt_icl_put(call, 0, L);
  return status;
}

static assay_status cold(assay_call *call) {
  return cold_with(call, TTT_ICL_RIGHT);
}
static assay_status no_context(assay_call *call) {
  return cold_with(call, TTT_ICL_NO_CONTEXT);
}

static const assay_leg cold_legs[] = {
    {.experiment = &ttt_icl_chain_run,
     .arrange = arrange_isotropic,
     .points = POINTS("A: n=20 k=200 d=100 sigma2=.5", "B: n=50 k=100 d=1000", "C: n=20 k=800 d=400", "D: n=3 k=5 d=2"),
     .sizes = {"draws=1000", "draws=10000", "draws=20000"},
     .first = {128, 128, 128},
     .looks = {4, 4, 7}},
    {0}};
/* Pilots, sd times sqrt(d): .30 to 1.02; at d = 2 2.1, in the tails. */
static assay_status cold_spread(assay_call *call) {
  ttt_icl_put_spread(call, 0, assay_real(call, "d") > 2 ? 1.05 : 2.1);
  return ASSAY_OK;
}

static const assay_target cold_targets[] = {{.name = "L_cold",
                                             .points = "A,B,C",
                                             .margin = TEN_SD,
                                             .spread = cold_spread,
                                             .reason = REASON_TEN_SD},
                                            {.name = "L_cold",
                                             .title = "L_cold (d = 2)",
                                             .points = "D",
                                             .margin = TEN_SD,
                                             .spread = cold_spread,
                                             .reason = REASON_TEN_SD "; heavy tails at d = 2"},
                                            {0}};
static const assay_control cold_controls[] = {{.name = "no context factor",
                                               .mistake = "1 - k/(k+d+1), whatever the context length",
                                               .targets = "L_cold",
                                               .points = "C",
                                               .predict = no_context},
                                              {0}};

const assay_claim ttt_icl_cold_start_exact_claim = {
    .id = "ttt-icl/cold-start-exact",
    .kinds = "identity",
    .statement = "From W = 0 the least risk is 1 - [k/(k+d+1+d sigma2)][n^2/((n+1)^2 + 2(n+1)t + t^2 d)] at every size.",
    .source = "derived here; cold start of arXiv 2503.11842",
    .params = cold_params,
    .observables = cold_observables,
    .predict = cold,
    .legs = cold_legs,
    .targets = cold_targets,
    .controls = cold_controls};

/* ---- ttt-icl/shared-context ---- */

static const assay_param shared_params[] = {PARAM_N, PARAM_K, PARAM_D, PARAM_SIGMA2, PARAM_START, PARAM_DRAWS, {0}};
static const assay_observable shared_observables[] = {
    {"L_shared", NULL, "least risk when the query uses the context of the step", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY}, {0}};

static assay_status shared(assay_call *call) {
  assay_value L, s0;
  assay_status status = ttt_icl_shared(assay_real(call, "n"), assay_real(call, "k"), assay_real(call, "d"), assay_real(call, "sigma2"),
                                       !cold_start(call), &L, &s0, assay_call_error(call));
  if (status == ASSAY_OK) ttt_icl_put(call, 0, L);
  return status;
}

/* The formula of the fresh context. */
static assay_status fresh(assay_call *call) {
  ttt_icl_parabola p;
  double n = assay_real(call, "n"), d = assay_real(call, "d"), sigma2 = assay_real(call, "sigma2");
  double c = cold_start(call) ? 0 : ttt_icl_pretrained_isotropic(n, d, sigma2);
  assay_status status = ttt_icl_isotropic(n, assay_real(call, "k"), d, sigma2, c, TTT_ICL_RIGHT, &p, assay_call_error(call));
  if (status == ASSAY_OK) ttt_icl_put(call, 0, p.L_star);
  return status;
}

static const assay_leg shared_legs[] = {
    {.experiment = &ttt_icl_chain_run,
     .arrange = arrange_isotropic,
     .points = POINTS("A: n=20 k=30 d=15", "B: n=50 k=100 d=50", "C: n=200 k=400 d=200 sigma2=.25", "Z: n=5 k=100 d=50 start=cold"),
     .sizes = {"draws=1000", "draws=10000", "draws=20000"},
     .first = {128, 128, 128},
     .looks = {3, 3, 6}},
    {0}};
/* Pilots, sd times sqrt(d): .24 to .39. */
static assay_status shared_spread(assay_call *call) {
  ttt_icl_put_spread(call, 0, .42);
  return ASSAY_OK;
}
static const assay_target shared_targets[] = {
    {.name = "L_shared", .margin = TEN_SD, .spread = shared_spread, .reason = REASON_TEN_SD}, {0}};
static const assay_control shared_controls[] = {
    {.name = "fresh context", .mistake = "the formula of a fresh context", .targets = "L_shared", .points = "A,B,C", .predict = fresh},
    {0}};

const assay_claim ttt_icl_shared_context_claim = {
    .id = "ttt-icl/shared-context",
    .kinds = "identity",
    .statement = "On the context of the step the least risk is (d+1)^2/((n+d+1)(k+d+1)) without noise: symmetric in n and k, no barrier.",
    .source = "derived here, a variant of arXiv 2503.11842",
    .params = shared_params,
    .observables = shared_observables,
    .predict = shared,
    .legs = shared_legs,
    .targets = shared_targets,
    .controls = shared_controls};

/* ---- ttt-icl/multi-step ---- */

static const assay_param multi_params[] = {PARAM_N, PARAM_K, PARAM_D, {0}};
enum { O_CONVERGED, O_ONE_STEP };
static const assay_observable multi_observables[] = {
    {"L_converged", NULL, "risk after training to the end, same context", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {"L_one_step", NULL, "risk after one step of the best size, same context", NULL, ASSAY_PREDICTED | ASSAY_MEASURED, 0, INFINITY},
    {0}};

static assay_status multi_with(assay_call *call, ttt_icl_mistake mistake) {
  assay_value all, one;
  assay_status status =
      ttt_icl_multi_step(assay_real(call, "n"), assay_real(call, "k"), assay_real(call, "d"), mistake, &all, &one, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  ttt_icl_put(call, O_CONVERGED, all);
  ttt_icl_put(call, O_ONE_STEP, one);
  return ASSAY_OK;
}

static assay_status multi(assay_call *call) {
  return multi_with(call, TTT_ICL_RIGHT);
}
static assay_status one_is_all(assay_call *call) {
  return multi_with(call, TTT_ICL_CONVERGED);
}

static assay_status all_is_one(assay_call *call) {
  assay_value all, one;
  assay_status status = ttt_icl_multi_step(assay_real(call, "n"), assay_real(call, "k"), assay_real(call, "d"), TTT_ICL_RIGHT, &all, &one,
                                           assay_call_error(call));
  if (status == ASSAY_OK) ttt_icl_put(call, O_CONVERGED, one);
  return status;
}

static const assay_leg multi_legs[] = {{.experiment = &ttt_icl_direct_run,
                                        .arrange = arrange_isotropic,
                                        .points = POINTS("A: n=60 k=30 d=60", "B: n=120 k=20 d=60"),
                                        .sizes = {"", "", ""},
                                        .first = {128, 128, 128},
                                        .looks = {5, 8, 12}},
                                       {0}};
/* Pilots of 4000 replicates: .056 and .044 of either. */
static assay_status multi_spread(assay_call *call) {
  assay_put(call, O_CONVERGED, 0, .058, 0);
  assay_put(call, O_ONE_STEP, 0, .058, 0);
  return ASSAY_OK;
}
static const assay_target multi_targets[] = {{.name = "L_converged",
                                              .margin = TEN_SD,
                                              .spread = multi_spread,
                                              .reason = REASON_TEN_SD},
                                             {.name = "L_one_step",
                                              .records = "L_shared",
                                              .margin = TEN_SD,
                                              .spread = multi_spread,
                                              .reason = REASON_TEN_SD},
                                             {0}};
static const assay_control multi_controls[] = {{.name = "one step is enough",
                                                .mistake = "one step is taken for training to the end",
                                                .targets = "L_one_step",
                                                .points = "A",
                                                .predict = one_is_all},
                                               {.name = "no more than one step",
                                                .mistake = "training to the end is taken for one step",
                                                .targets = "L_converged",
                                                .points = "A",
                                                .predict = all_is_one},
                                               {0}};

const assay_claim ttt_icl_multi_step_claim = {
    .id = "ttt-icl/multi-step",
    .kinds = "identity",
    .statement =
        "On the same context, without noise, training to the end leaves L0 (1 - k/d); one step makes the fraction d/(k+d+1) of that gain.",
    .source = "derived here, beyond arXiv 2503.11842",
    .params = multi_params,
    .observables = multi_observables,
    .predict = multi,
    .legs = multi_legs,
    .targets = multi_targets,
    .controls = multi_controls};
