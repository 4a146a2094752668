#include "tests/reports/synthetic.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_NAME                                                                                            \
  "a-name-that-goes-on-and-on-well-beyond-what-fits-beside-a-figure-or-into-a-column-of-a-table"

static char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text(const char *format, ...) {
  va_list arguments;
  char *made = NULL;
  va_start(arguments, format);
  if (vasprintf(&made, format, arguments) < 0) abort();
  va_end(arguments);
  return made;
}

static void *several(int n, size_t size) {
  void *made = calloc((size_t)n, size);
  if (!made) abort();
  return made;
}

/* ---- cells ---- */

/* A mean with its interval at estimate -+ half. */
static assay_cell_result cell(const char *target, const char *place, double theory, double estimate,
                              double half, double margin, assay_verdict verdict) {
  assay_cell_result c = {
      .target = target,
      .point = text("%.*s", (int)strcspn(place, ":"), place),
      .id = text("%s:%s", place, target),
      .params = text("gamma=0.2 c=0.3 rho=1 zeta=0.5 R0=0.5 schedule=const eta0=6 noise=output"),
      .sizes = text("200"),
      .estimand = "mean",
      .theory = theory,
      .theory_error = 1e-12 * fabs(theory),
      .estimate = estimate,
      .lo = estimate - half,
      .hi = estimate + half,
      .d = estimate - theory,
      .demonstrated = fabs(estimate - theory) + half,
      .margin = margin,
      .margin_bias = 0.4 * margin,
      .margin_sd = margin,
      .margin_reason = "0.6/d of the limit + 10 sd/sqrt(n_max), sd from the fluctuation theory",
      .used = 512,
      .look = 3,
      .looks = 6,
      .skew = 0.21,
      .drift = NAN,
      .seconds = 0.75,
      .verdict = verdict};
  c.demonstrated_relative = c.demonstrated / fabs(theory);
  return c;
}

static void add_controls(assay_cell_result *c, bool rejected) {
  c->n_controls = 2;
  c->controls = several(2, sizeof *c->controls);
  c->controls[0] = (assay_control_result){.name = "half-sensitivity",
                                          .mistake = "sensitivity C instead of 2C: a quarter of the noise",
                                          .wrong = c->theory / 4,
                                          .lo = 0.7 * c->theory,
                                          .hi = 0.8 * c->theory,
                                          .distance = 0.7 * c->theory / c->margin,
                                          .separation = 0.75 * c->theory / c->margin,
                                          .rejected = true};
  c->controls[1] = (assay_control_result){.name = "rademacher",
                                          .mistake = "covariates of random signs & a start at <e_1>",
                                          .wrong_experiment = true,
                                          .wrong = 1.3 * c->theory,
                                          .lo = 0.2 * c->theory,
                                          .hi = 0.4 * c->theory,
                                          .distance = rejected ? 2.5 : 0.83,
                                          .separation = NAN,
                                          .rejected = rejected};
  if (!rejected)
    strcpy(c->controls[1].reason,
           "the interval of its difference from the theory comes within 0.83 M of zero");
}

/* ---- claims ---- */

static const assay_paper private_regression = {
    .abi = ASSAY_ABI,
    .size = sizeof(assay_paper),
    .slug = "dp-sgd",
    .authors = "Simone Bombari, Inbar Seroussi, Marco Mondelli",
    .title = "Better Rates for Private Linear Regression in the Proportional Regime via Aggressive Clipping",
    .arxiv = "2505.16329"};
static const assay_paper odd = {.abi = ASSAY_ABI,
                                .size = sizeof(assay_paper),
                                .slug = "odd",
                                .authors = "A. \"Quote\" O'Brien & B. <Tag>",
                                .title = "Texts & Numbers < That > Break Things | a `report`",
                                .arxiv = ""};

static const assay_claim claims[] = {
    {.id = "dp-sgd/final-risk",
     .kinds = "limit",
     .statement =
         "After the terminal noise F_n -> F = R(1-) + J: privacy costs exactly 2 gamma^2 c^2 eta^2/rho^2.",
     .source = "Theorem 4.2; the fluctuations are derived here"},
    {.id = "dp-sgd/isotropic-trajectory",
     .kinds = "limit",
     .statement = "For Sigma = I the risk R(theta_[nt]) follows R(t), the solution of the ODE.",
     .source = "Theorem 3.1"},
    {.id = "dp-sgd/sensitivity-contraction",
     .kinds = "bound,limit",
     .statement = "Runs on data sets that differ in sample k stay within 2 C eta_k of each other.",
     .source = "derived here"},
    {.id = "dp-sgd/zcdp-calibration",
     .kinds = "identity",
     .statement = "The implemented s_k satisfy the privacy constraint with equality at every k.",
     .source = "Section 2"},
    {.id = "dp-sgd/fluctuations",
     .kinds = "limit,rate",
     .statement = "n Var R(theta_[nt]) -> v(t); the standard deviation falls like d^(-1/2).",
     .source = "derived here"},
    {.id = "dp-sgd/constant-rate",
     .kinds = "rate",
     .statement = "With the best constant step the final risk is of order gamma up to a logarithm.",
     .source = "Theorem 5.1"},
    {.id = "dp-sgd/universality",
     .kinds = "limit",
     .statement = "Covariates of random signs have the same limit from a start in a random direction.",
     .source = "beyond the paper"},
    {.id = "odd/" LONG_NAME,
     .kinds = "identity",
     .statement = "if a < b && b > c then \"x\" | 'y' `z` *w* \xCE\xB3 \xE2\x89\xA4 \xFF\x01",
     .source = "<script>alert(1)</script>"},
    {.id = "odd/data",
     .kinds = "order",
     .statement = "Needs a data set.",
     .source = "Figure 1",
     .data = "mnist"},
};

static void begin(assay_claim_result *r, int claim, assay_verdict verdict, int n_cells) {
  r->claim = &claims[claim];
  r->paper = claim < 7 ? &private_regression : &odd;
  r->verdict = verdict;
  r->cells = several(n_cells + 1, sizeof *r->cells);
  r->n_cells = n_cells;
  r->seconds = 3.5 * (claim + 1);
  r->reproduce = text("assay run '%s' --tier standard --seed 1", r->claim->id);
}

static assay_series series(const char *label, int n_line, int n_points) {
  return (assay_series){.label = text("%s", label),
                        .n_line = n_line,
                        .n_points = n_points,
                        .line_x = several(n_line + 1, sizeof(double)),
                        .line_y = several(n_line + 1, sizeof(double)),
                        .point_x = several(n_points + 1, sizeof(double)),
                        .point_y = several(n_points + 1, sizeof(double)),
                        .point_lo = several(n_points + 1, sizeof(double)),
                        .point_hi = several(n_points + 1, sizeof(double))};
}

static void set_point(assay_series *s, int k, double x, double y, double half) {
  s->point_x[k] = x;
  s->point_y[k] = y;
  s->point_lo[k] = y - half;
  s->point_hi[k] = y + half;
}

static assay_figure_result *figure(assay_claim_result *r, const assay_figure *of, int n_series) {
  r->figures = several(1, sizeof *r->figures);
  r->n_figures = 1;
  r->figures[0] = (assay_figure_result){of, several(n_series, sizeof(assay_series)), n_series};
  return r->figures;
}

static void final_risk(assay_claim_result *r) {
  static const double theory[] = {2.1578130985, .3331372756, .0916793713, .1297641434, .4632163363};
  static const double off[] = {.2, -.35, .5, -.1, .62};
  begin(r, 0, ASSAY_VERDICT_PASS, 5);
  for (int i = 0; i < 5; i++) {
    char place[32];
    snprintf(place, sizeof place, "I%d:d=200", i + 1);
    double margin = .02 * theory[i];
    r->cells[i] =
        cell("F", place, theory[i], theory[i] + off[i] * margin, .22 * margin, margin, ASSAY_VERDICT_PASS);
    if (i < 3) add_controls(&r->cells[i], true);
  }
  static const assay_figure of = {
      .title = "Final risk against the clipping constant, at a fixed and at the best step",
      .x = "c",
      .x_label = "clipping constant c",
      .y = "F",
      .y_label = "final risk F",
      .flags = ASSAY_LOG_X | ASSAY_LOG_Y};
  assay_figure_result *f = figure(r, &of, 3);
  for (int i = 0; i < 3; i++) {
    static const char *const labels[] = {"eta = 4.8", "eta optimal", "no privacy (rho = inf)"};
    assay_series *s = &f->series[i];
    *s = series(labels[i], 60, 7);
    for (int k = 0; k < 60; k++) {
      double x = .03 * pow(1000, k / 59.), level = i == 0 ? .02 : i == 1 ? .009 : 0;
      s->line_x[k] = x;
      s->line_y[k] = .03 + .02 / x + level * x * x * 8 / (1 + (i == 1) * x * x * .2);
    }
    for (int k = 0; k < 7; k++)
      set_point(s, k, s->line_x[8 * k + 4], s->line_y[8 * k + 4], .06 * s->line_y[8 * k + 4]);
  }
  /* An interval that reaches below zero on a logarithmic axis, and a point at infinity. */
  f->series[2].point_lo[6] = -1;
  set_point(&f->series[1], 6, INFINITY, .4, .1);
}

static double decay(double t, double rate, double floor) {
  return floor + (.5 - floor) * exp(-rate * t);
}

static void trajectory(assay_claim_result *r) {
  begin(r, 1, ASSAY_VERDICT_PASS, 60);
  for (int i = 0; i < 60; i++) {
    char place[64];
    double t = .05 * (i % 20 + 1), theory = decay(t, 2 + i / 20, .05 + .02 * (i / 20));
    snprintf(place, sizeof place, "I%d:t=%.2f:d=400", i / 20 + 1, t);
    r->cells[i] = cell("R", place, theory, theory + .0004 * sin(1.7 * i), .0003, .0011, ASSAY_VERDICT_PASS);
  }
  static const assay_figure of = {.title = "Risk along the path for three problems",
                                  .x = "t",
                                  .x_label = "time t = k/n",
                                  .y = "R",
                                  .y_label = "excess risk R(t)"};
  assay_figure_result *f = figure(r, &of, 3);
  for (int i = 0; i < 3; i++) {
    assay_series *s = &f->series[i];
    *s = series(i == 0   ? "I1: gamma = 0.5, c = 1"
                : i == 1 ? "I2: gamma = 0.2, c = 0.3"
                         : "I3: gamma = 0.1, c = 0.3",
                41, 10);
    for (int k = 0; k < 41; k++) {
      s->line_x[k] = k / 40.;
      s->line_y[k] = i == 2 && k > 18 && k < 23 ? NAN : decay(k / 40., 2 + i, .05 + .02 * i);
    }
    for (int k = 0; k < 10; k++)
      set_point(s, k, .1 * (k + 1), decay(.1 * (k + 1), 2 + i, .05 + .02 * i), .008);
  }
}

static void contraction(assay_claim_result *r) {
  begin(r, 2, ASSAY_VERDICT_PASS, 5);
  for (int i = 0; i < 4; i++) {
    char place[32];
    double ratio = .35 + .16 * i, half = .04;
    snprintf(place, sizeof place, "S%d:t0=%.2f:d=200", i + 1, .25 * i);
    assay_cell_result *c = &r->cells[i];
    *c = cell("sensitivity", place, 1, ratio, half, i < 2 ? 1e-9 : .25, ASSAY_VERDICT_PASS);
    if (i == 0) c->margin = 0;
    c->side = -1;
    c->d = 1 - ratio;
    c->estimand = "exact";
    c->margin_reason = i < 2 ? "true of every draw" : "a quarter of the bound";
  }
  r->cells[4] = cell("contraction", "S1:t0=0.25:d=200", .3949565434, .3951, .0005, .002, ASSAY_VERDICT_PASS);
  add_controls(&r->cells[4], true);
}

static void calibration(assay_claim_result *r) {
  begin(r, 3, ASSAY_VERDICT_PASS, 3);
  r->cells[0] = cell("max_ratio", "P1:d=200", 1, 1 + 3e-15, 2e-15, 1e-12, ASSAY_VERDICT_PASS);
  r->cells[1] = cell("max_ratio", "P2:d=200", 1, 1 - 8e-15, 0, 1e-12, ASSAY_VERDICT_PASS);
  r->cells[2] = cell("residual", "P1:d=200", 0, 2.5e-14, 1e-15, 1e-12, ASSAY_VERDICT_PASS);
  r->cells[2].demonstrated_relative = INFINITY;
  for (int i = 0; i < 3; i++) {
    r->cells[i].estimand = "exact";
    r->cells[i].theory_error = 0;
    r->cells[i].look = r->cells[i].looks = 1;
    r->cells[i].used = 1;
  }
}

static void fluctuations(assay_claim_result *r) {
  begin(r, 4, ASSAY_VERDICT_FAIL, 4);
  strcpy(r->reason, "d_var_R at I2:t=1:d=200 differs from the theory by 3.8 M");
  r->cells[0] = cell("d_var_R", "I1:t=1:d=200", .0495, .0501, .0006, .002, ASSAY_VERDICT_PASS);
  r->cells[1] = cell("d_var_R", "I2:t=1:d=200", .01096, .01576, .0004, .00126, ASSAY_VERDICT_FAIL);
  strcpy(r->cells[1].reason, "the interval of the difference, [0.0044, 0.0052], lies outside of -+ 0.00126");
  r->cells[2] = cell("d_var_R", "I5:t=1:d=200", .0221, .0224, .0011, .0012, ASSAY_VERDICT_UNDECIDED);
  strcpy(r->cells[2].reason, "the interval was still wider than the margin after look 6 of 6");
  r->cells[2].used = 4096;
  r->cells[2].look = 0;
  r->cells[2].failed = 2;
  r->cells[3] = cell("slope", "I1", -.5, -.493, .008, .03, ASSAY_VERDICT_PASS);
  r->cells[3].estimand = "slope";
  free(r->cells[3].sizes);
  r->cells[3].sizes = text("100,400,1600,6400");
  add_controls(&r->cells[0], true);
}

static void constant_rate(assay_claim_result *r) {
  begin(r, 5, ASSAY_VERDICT_UNDECIDED, 2);
  strcpy(r->reason, "slope: the interval was still wider than the margin after look 4 of 4");
  r->cells[0] = cell("slope", "R1", .788, .7953, .041, .03, ASSAY_VERDICT_UNDECIDED);
  strcpy(r->cells[0].reason, "the interval was still wider than the margin after look 4 of 4");
  r->cells[1] = cell("F_over_gamma", "R1:gamma=0.001", .7616, .76825, .01, .04, ASSAY_VERDICT_EXPLORATORY);
  r->cells[1].margin = r->cells[1].margin_bias = NAN;
}

static void universality(assay_claim_result *r) {
  begin(r, 6, ASSAY_VERDICT_UNDERPOWERED, 1);
  strcpy(r->reason, "the control 'rademacher' is not rejected at I2:d=300:R");
  r->cells[0] = cell("R", "I2:d=300", .073937, .07317, .0012, .004, ASSAY_VERDICT_UNDERPOWERED);
  strcpy(r->cells[0].reason, "the control 'rademacher' is not rejected");
  add_controls(&r->cells[0], false);
}

static void extremes(assay_claim_result *r) {
  begin(r, 7, ASSAY_VERDICT_ERROR, 6);
  strcpy(r->reason, "three replicates failed; the first: \"singular <matrix>\" & so on");
  r->cells[0] = cell("huge", "X1:d=10", DBL_MAX, DBL_MAX, 1e300, 1e301, ASSAY_VERDICT_PASS);
  r->cells[1] = cell("tiny", "X1:d=10", DBL_MIN, 2 * DBL_MIN, DBL_MIN / 4, 3 * DBL_MIN, ASSAY_VERDICT_PASS);
  r->cells[2] = cell("inf", "X1:d=10", INFINITY, INFINITY, 0, 1, ASSAY_VERDICT_ERROR);
  r->cells[3] = cell("nan", "X1:d=10", NAN, NAN, NAN, NAN, ASSAY_VERDICT_ERROR);
  r->cells[3].skew = NAN;
  strcpy(r->cells[3].reason, "three replicates failed");
  r->cells[3].failed = 3;
  r->cells[4] =
      cell("a<b & \"c\" | d, e", LONG_NAME ":d=10", -1.5e-7, -1.52e-7, 3e-10, 1e-8, ASSAY_VERDICT_PASS);
  r->cells[4].unit = "m/s";
  r->cells[5] = cell("far", "X2:d=10", 12.5, 80, 1, .5, ASSAY_VERDICT_FAIL);
  free(r->cells[5].params);
  r->cells[5].params = NULL;
  r->cells[5].margin_reason = NULL;
  static const assay_figure of = {
      .title = "Degenerate <data> & one value",
      .x = "x",
      .y = "y",
      .y_label = "a very long label of an axis that would not fit beside the plot in any case"};
  assay_figure_result *f = figure(r, &of, 9);
  for (int i = 0; i < 9; i++) {
    char label[32];
    snprintf(label, sizeof label, "series <%d>", i + 1);
    f->series[i] = series(i == 8 ? LONG_NAME : label, 2, 1);
    f->series[i].line_x[0] = f->series[i].line_y[0] = f->series[i].line_y[1] = 3;
    f->series[i].line_x[1] = 3;
    set_point(&f->series[i], 0, i == 8 ? NAN : 3, 3, 0);
  }
}

static void data(assay_claim_result *r) {
  begin(r, 8, ASSAY_VERDICT_SKIPPED, 0);
  strcpy(r->reason, "the data set 'mnist' is not installed;\ninstall it with: apt-get install #mnist");
  r->seconds = NAN;
}

/* ---- runs ---- */

static void describe(assay_results *r) {
  r->tier = ASSAY_STANDARD;
  r->seed = UINT64_MAX;
  r->command = text("assay run 'dp-sgd/*' odd -j 2 --tier standard -o out");
  r->version = text("0.1.0");
  r->fingerprint = text("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
  r->machine = text("Generic x86-64 CPU; OpenBLAS 0.3.21, Haswell; gcc 12.2.0; GSL 2.7.1, SUNDIALS 6.4.1");
  r->started = text("2025-06-01T12:34:56Z");
  r->wall_seconds = 734.2;
  r->worker_seconds = 1402.75;
}

const assay_results *synthetic_results(void) {
  static assay_results results;
  static void (*const makers[])(assay_claim_result *) = {final_risk,   trajectory,   contraction,
                                                         calibration,  fluctuations, constant_rate,
                                                         universality, extremes,     data};
  if (results.claims) return &results;
  describe(&results);
  results.n_claims = sizeof makers / sizeof *makers;
  results.claims = several(results.n_claims, sizeof *results.claims);
  for (int i = 0; i < results.n_claims; i++) {
    makers[i](&results.claims[i]);
    results.count[results.claims[i].verdict]++;
    for (int k = 0; k < results.claims[i].n_cells; k++)
      results.n_cells += results.claims[i].cells[k].verdict != ASSAY_VERDICT_EXPLORATORY;
  }
  results.n_failures = 2;
  results.failures = several(2, sizeof *results.failures);
  results.failures[0] = (assay_failure){text("dp-sgd/fluctuations/I5/200/117"), text("killed by signal 9")};
  results.failures[1] =
      (assay_failure){text("odd/" LONG_NAME "/X1/10/3"), text("the matrix is <singular> & \x1b[31mred\n")};
  return &results;
}

const assay_results *synthetic_nothing(void) {
  static assay_results results;
  if (!results.command) describe(&results);
  results.default_seed = true;
  return &results;
}
