/* Spectra, channels, priors, the spectral estimator and state evolution: printed values, closed forms,
 * identities. What `assay theory` gives is held to further values by tests/compare-claims/reference.tsv. */
#include <criterion/criterion.h>
#include <gsl/gsl_sf_erf.h>
#include <gsl/gsl_sf_expint.h>
#include <math.h>
#include <stdio.h>

#include "theory/orthogonal-glm/orthogonal-glm.h"

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, error.text);                                               \
  } while (0)

static void near(const char *what, double value, double reference, double tolerance) {
  cr_expect(fabs(value - reference) <= tolerance, "%s: %.14g, not %.14g", what, value, reference);
}

static const glm_spectrum haar2 = {GLM_HAAR, 0, 0, 2}, two15 = {GLM_TWO, .5, 0, 1.5},
                          beta1 = {GLM_BETA, 0, 0, 1}, unif2 = {GLM_UNIF, 0, 0, 2},
                          two2 = {GLM_TWO, .5, 0, 2}, beta15 = {GLM_BETA, 0, 0, 1.5},
                          unif05 = {GLM_UNIF, 0, 0, .5}, beta06 = {GLM_BETA, 0, 0, .6},
                          prod15 = {GLM_PROD, 0, 1, 1.5}, haar3 = {GLM_HAAR, 0, 0, 3},
                          haar16 = {GLM_HAAR, 0, 0, 1.6}, mp15 = {GLM_MP, 0, 0, 1.5}, mp2 = {GLM_MP, 0, 0, 2},
                          haar07 = {GLM_HAAR, 0, 0, .7}, two02 = {GLM_TWO, .2, 0, 1.5};

/* ---- spectra ---- */

Test(glm_law, resolvents_satisfy_their_identity_and_closed_forms) {
  const glm_spectrum all[] = {haar2,
                              two15,
                              beta1,
                              unif2,
                              unif05,
                              beta06,
                              prod15,
                              mp15,
                              {GLM_MP, 0, 0, .6},
                              haar07,
                              {GLM_AR, 0, 0, 2}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    glm_law law;
    ok(glm_law_make(&all[i], &law, e));
    for (double t = 1e-3; t < 1e8; t *= 37) {
      double m, f1, r = 1.3;
      ok(glm_law_resolvent(&law, r, t, &m, &f1, e));
      near("r m + t delta f1", r * m + t * all[i].delta * f1, 1, 1e-12);
    }
    if (law.all.n > 0) {
      ok(free_check(&law.all, e));
      ok(free_check(&law.rows, e));
      near("E lam", free_moment(&law.all, 1), all[i].delta, 1e-12),
          near("E_n lam", free_moment(&law.rows, 1), 1, 1e-12);
    }
    glm_law_free(&law);
  }
}

/* E 1/(r + 3 c u^2) = atan(sqrt(3c/r))/sqrt(3cr); the nodes of mp against its quadratic. */
Test(glm_law, nodes_are_fine_enough) {
  glm_law law;
  double m, f1;
  ok(glm_law_make(&unif2, &law, e));
  for (double t = 1e-2; t < 1e11; t *= 100) {
    ok(glm_law_resolvent(&law, 1, t, &m, &f1, e));
    double root = sqrt(6 * t);
    near("unif", m / (atan(root) / root), 1, 1e-11);
  }
  glm_law_free(&law);
  ok(glm_law_make(&mp15, &law, e));
  for (double t = 1e-2; t < 1e3; t *= 10) {
    double nodes = 0;
    ok(glm_law_resolvent(&law, 1, t, &m, &f1, e));
    for (int i = 0; i < law.all.n; i++) nodes += law.all.w[i] / (1 + t * law.all.x[i]);
    near("mp", nodes, m, 1e-12);
  }
  glm_law_free(&law);
}

/* Strata of the finite experiment have the law's moments. */
Test(glm_spectrum, strata_have_the_moments_of_the_law) {
  const glm_spectrum all[] = {haar2, two15, beta1, unif2, unif05, mp15, {GLM_MP, 0, 0, .6}};
  enum { RANK = 3000 };
  static double lam[RANK];
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    glm_law law;
    double sum = 0, squares = 0, cols = RANK * fmax(1, 1 / all[i].delta);
    if (all[i].delta < 1) cols = RANK / all[i].delta;
    ok(glm_law_make(&all[i], &law, e));
    ok(glm_spectrum_values(&all[i], RANK, lam, e));
    for (int k = 0; k < RANK; k++) sum += lam[k], squares += lam[k] * lam[k];
    near("mean", sum / cols, all[i].delta, 1e-9), near("second", squares / cols / law.second, 1, 2e-5);
    glm_law_free(&law);
  }
}

/* ---- the spectral estimator ---- */

typedef struct {
  const char *name;
  const glm_spectrum *spectrum;
  glm_channel channel;
  double L, gamma1, gamma2, eta, q, edge; /* 0: not printed */
} spectral_row;

static const spectral_row spectral_rows[] = {
    {"S1",
     &haar2,
     {GLM_ABS, .1},
     1.9605920988,
     1.679271882429,
     .679271882429,
     2.358543764859,
     .576009563656,
     .91790},
    {"S2",
     &two15,
     {GLM_ABS, .1},
     1.7155180865,
     1.271710972133,
     .353668816516,
     1.625379788649,
     .326387240988,
     .96999},
    {"S3",
     &beta1,
     {GLM_ABS, .1},
     2.7448289383,
     1.527895950144,
     .571749753437,
     2.099645703580,
     .272307729091,
     .90324},
    {"S4",
     &unif2,
     {GLM_ABS, .5},
     3.3280000000,
     2.003591502783,
     .485793410984,
     2.489384913767,
     .390291921750,
     .78124},
    {"S5",
     &haar2,
     {GLM_ABS, .5},
     1.2800000000,
     1.116478561433,
     .116478561433,
     1.232957122867,
     .188941787631,
     .99343},
    {"S6",
     &two2,
     {GLM_ABS, .3},
     2.5250399798,
     1.736645065639,
     .581369281490,
     2.318014347128,
     .501609735254,
     .87545396},
    {"S7",
     &beta15,
     {GLM_ABS, .3},
     4.3767359650,
     2.313144176552,
     .811845752620,
     3.124989929172,
     .389687217089,
     .71195836},
    {"S8",
     &unif05,
     {GLM_ABS, .3},
     1.3466879892,
     1.096363766884,
     .131658965821,
     1.228022732705,
     .053606078420,
     0},
    {"S9",
     &beta06,
     {GLM_ABS, .1},
     2.7448289383,
     1.527895950144,
     .571749753437,
     2.099645703580,
     .163384637454,
     0},
    {"S10",
     &prod15,
     {GLM_ABS, .3},
     5.0500799596,
     2.646633490202,
     .914863974315,
     3.561497464517,
     .385314316561,
     0},
    {"S11", &unif2, {GLM_ABSOUT, .2}, 4.8083246662, 3.3606702632, 1.3153114086, 4.6759816719, .5625819351, 0},
    {"haar 3 abs .3", &haar3, {GLM_ABS, .3}, 0, 0, 0, 0, .753067437622, 0},
    {"haar 2 abs .3", &haar2, {GLM_ABS, .3}, 0, 0, 0, 0, .426773494080, 0},
    {"haar 1.6 abs .1", &haar16, {GLM_ABS, .1}, 0, 0, 0, 0, .160658540078, 0},
    {"haar 3 cabs .1", &haar3, {GLM_CABS, .1}, 0, 0, 0, 0, .552791085163, 0},
    {"haar 3 cabs .5", &haar3, {GLM_CABS, .5}, 0, 0, 0, 0, .198381294711, 0},
    {"mp 1.5 abs .1", &mp15, {GLM_ABS, .1}, 0, 0, 0, 0, .444235805765, 0},
    {"mp 2 abs .3", &mp2, {GLM_ABS, .3}, 0, 0, 0, 0, .518740745682, 0},
    {"mp 2 cabs .1", &mp2, {GLM_CABS, .1}, 0, 0, 0, 0, .326296623661, 0}};
enum { SPECTRAL_ROWS = sizeof spectral_rows / sizeof *spectral_rows };

/* E[G/(uG+1)] = (1-I)/u: abs I = sqrt(pi/(2ab)) erfcx(sqrt(a/(2b))), cabs I = (1/b) e^{a/b} E1(a/b); a = 1 +
 * u s2/(1+s2), b = u/(1+s2). */
static double closed_eta(const glm_channel *c, double u) {
  double s2 = c->sigma * c->sigma, a = 1 + u * s2 / (1 + s2), b = u / (1 + s2), x = sqrt(a / (2 * b));
  double I = c->kind == GLM_ABS ? sqrt(M_PI / (2 * a * b)) * exp(x * x + gsl_sf_log_erfc(x))
                                : exp(a / b) * gsl_sf_expint_E1(a / b) / b;
  return u / (1 - I);
}

Test(glm_spectral, reference_table_and_closed_forms) {
  for (int i = 0; i < SPECTRAL_ROWS; i++) {
    const spectral_row *r = &spectral_rows[i];
    glm_law law;
    glm_output o;
    glm_outlier out;
    ok(glm_law_make(r->spectrum, &law, e));
    ok(glm_output_make(&r->channel, &o, e));
    ok(glm_optimal(&law, &o, &out, e));
    double digits = r->channel.kind == GLM_ABSOUT ? 6e-11 : r->channel.kind == GLM_CABS ? 2e-12 : 6e-13;
    near(r->name, out.overlap2, r->q, digits);
    if (r->L > 0)
      near(r->name, glm_growth(&law, &o), r->L, 6e-11), near(r->name, out.gamma1, r->gamma1, digits),
          near(r->name, out.gamma2, r->gamma2, digits), near(r->name, out.eta, r->eta, digits);
    if (r->channel.kind != GLM_ABSOUT)
      near(r->name, out.eta, closed_eta(&r->channel, out.gamma1 - 1), 1e-11 * out.eta);
    if (law.all.n > 0) { /* T* by the general route: rho = 1, the same overlap */
      glm_top top;
      ok(glm_preprocessed(&law, &o, GLM_T_OPT, r->channel.sigma, &top, e));
      near(r->name, top.rho, 1, 1e-10), near(r->name, top.overlap2, out.overlap2, 1e-10);
      if (r->edge > 0) near(r->name, top.edge, r->edge, 6e-6);
      cr_expect(top.out && top.edge < 1, "%s", r->name);
    }
    glm_output_free(&o), glm_law_free(&law);
  }
}

/* haar: u = (1-1/delta) q/(1-q), E[G/(1+uG)] = 1-q. mp: gamma1 = 1/(1-q), 1/(1-q) = delta
 * E[(G-1)^2/(1+q(G-1))]. delta < 1: q = delta q(1). */
Test(glm_spectral, special_cases) {
  glm_law law;
  glm_output o;
  glm_outlier out, one;
  ok(glm_output_make(&(glm_channel){GLM_ABS, .3}, &o, e));
  ok(glm_law_make(&haar3, &law, e));
  ok(glm_optimal(&law, &o, &out, e));
  near("haar u", out.gamma1 - 1, (1 - 1 / 3.) * out.overlap2 / (1 - out.overlap2), 1e-11),
      near("haar eta", 1 / out.eta, 1 - out.overlap2, 1e-12);
  glm_law_free(&law);
  ok(glm_law_make(&mp2, &law, e));
  ok(glm_optimal(&law, &o, &out, e));
  double q = out.overlap2, sum = 0;
  for (int i = 0; i < o.n; i++) sum += o.w[i] * pow(o.G[i] - 1, 2) / (1 + q * (o.G[i] - 1));
  near("mp gamma1", out.gamma1, 1 / (1 - q), 1e-11), near("mp", 1 / (1 - q), 2 * sum, 1e-10);
  glm_law_free(&law);
  ok(glm_law_make(&beta1, &law, e));
  ok(glm_optimal(&law, &o, &one, e));
  glm_law_free(&law);
  ok(glm_law_make(&beta06, &law, e));
  ok(glm_optimal(&law, &o, &out, e));
  near("delta < 1", out.overlap2, .6 * one.overlap2, 1e-13), near("delta < 1", out.gamma1, one.gamma1, 1e-12);
  glm_law_free(&law), glm_output_free(&o);
  /* L -> 1: q is linear and no trivial root is returned */
  double at[2];
  for (int i = 0; i < 2; i++) {
    glm_spectrum s = {GLM_HAAR, 0, 0, 0};
    assay_value critical;
    ok(glm_output_make(&(glm_channel){GLM_ABS, .3}, &o, e));
    ok(glm_critical_ratio(&(glm_spectrum){GLM_HAAR, 0, 0, 1}, &o, &critical, e));
    s.delta = critical.value * (1 + (i ? 1e-6 : 2e-6));
    ok(glm_law_make(&s, &law, e));
    ok(glm_optimal(&law, &o, &out, e));
    at[i] = out.overlap2;
    glm_law_free(&law), glm_output_free(&o);
  }
  near("linear above the threshold", at[0] / at[1], 2, 1e-3);
}

Test(glm_spectral, thresholds) {
  glm_output o;
  assay_value delta;
  const struct {
    glm_channel_kind kind;
    glm_spectrum s;
    double delta_c;
  } noiseless[] = {{GLM_ABS, {GLM_HAAR, 0, 0, 1}, 1.5},
                   {GLM_CABS, {GLM_HAAR, 0, 0, 1}, 2},
                   {GLM_ABS, {GLM_MP, 0, 0, 1}, .5},
                   {GLM_CABS, {GLM_MP, 0, 0, 1}, 1}};
  for (int i = 0; i < 4; i++) {
    ok(glm_output_make(&(glm_channel){noiseless[i].kind, 1e-6}, &o, e));
    ok(glm_critical_ratio(&noiseless[i].s, &o, &delta, e));
    near("noiseless", delta.value, noiseless[i].delta_c, 1e-9);
    glm_output_free(&o);
  }
  /* abs, haar, delta = 2: L = 1 at sigma^2 = sqrt2 - 1; VarG 2/(1+s2)^2, cabs 1/(1+s2)^2 */
  glm_law law;
  ok(glm_law_make(&haar2, &law, e));
  ok(glm_output_make(&(glm_channel){GLM_ABS, sqrt(M_SQRT2 - 1)}, &o, e));
  near("noise threshold", glm_growth(&law, &o), 1, 1e-12), near("VarG", o.variance, 1, 1e-12);
  glm_output_free(&o), glm_law_free(&law);
  const double absout[][2] = {{.2, 1.8493556409}, {.5, 1.2919524437}};
  for (int i = 0; i < 2; i++) {
    ok(glm_output_make(&(glm_channel){GLM_ABSOUT, absout[i][0]}, &o, e));
    double mean = 0;
    for (int k = 0; k < o.n; k++) mean += o.w[k] * o.G[k];
    near("VarG of absout", o.variance, absout[i][1], 6e-11), near("E G", mean, 1, 1e-12);
    glm_output_free(&o);
  }
  ok(glm_output_make(&(glm_channel){GLM_ABS, .3}, &o, e));
  ok(glm_critical_ratio(&(glm_spectrum){GLM_PROD, 0, 1, 1.5}, &o, &delta, e));
  near("prod", delta.value * 2 * o.variance, 1, 1e-12);
  ok(glm_critical_ratio(&(glm_spectrum){GLM_TWO, .3, 0, 1}, &o, &delta, e));
  near("two(.3)", delta.value, 1.06983, 6e-6);
  glm_output_free(&o);
  assay_error refused = {0};
  cr_expect_eq(glm_output_make(&(glm_channel){GLM_SIGN, .3}, &o, &refused), ASSAY_DOMAIN);
}

Test(glm_spectral, general_preprocessings) {
  const struct {
    const glm_spectrum *s;
    glm_T T;
    double q, rho, edge; /* edge 0: on the tail */
  } rows[] = {{&haar3, GLM_T_MM, .6308843383, 1.1352732767, 0},
              {&two2, GLM_T_MM, .4091115065, 1.0699506178, 0},
              {&beta15, GLM_T_MM, .3340278839, 1.2477396058, .97066008},
              {&haar3, GLM_T_TRIM, 0, 6.8415797047, 6.8415797047},
              {&two2, GLM_T_TRIM, 0, 6.4715503232, 6.4715503232},
              {&beta15, GLM_T_TRIM, 0, 9.3404468063, 9.3404468063},
              {&haar3, GLM_T_SUBSET, .4873354152, 2.2670337494, 2.18708041},
              {&two2, GLM_T_SUBSET, .2250912009, 2.0932201738, 2.06886608},
              {&beta15, GLM_T_SUBSET, .1288981555, 2.9699366157, 2.87496196},
              {&haar3, GLM_T_CLIP, .5471451870, 8.5150538315, 8.10658732},
              {&two2, GLM_T_CLIP, .2843017835, 7.8422765549, 7.67181649},
              {&beta15, GLM_T_CLIP, .1252138768, 11.8542617222, 11.48247734},
              {&haar3, GLM_T_TANH, .7205534059, 2.7125259813, 2.62715186},
              {&two2, GLM_T_TANH, .3054381706, 2.5549057006, 2.52743255},
              {&beta15, GLM_T_TANH, 0, 4.8607497, 4.8607497}};
  glm_output o;
  ok(glm_output_make(&(glm_channel){GLM_ABS, .3}, &o, e));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    glm_law law;
    glm_top top;
    char name[40];
    snprintf(name, sizeof name, "row %zu", i);
    ok(glm_law_make(rows[i].s, &law, e));
    ok(glm_preprocessed(&law, &o, rows[i].T, .3, &top, e));
    near(name, top.overlap2, rows[i].q, 6e-10);
    near(name, top.rho, rows[i].rho,
         rows[i].T == GLM_T_TANH && rows[i].q == 0 ? 6e-7 : 6e-10 * fmax(1, rows[i].rho));
    if (rows[i].edge > 0)
      near(name, top.edge, rows[i].edge, 6e-7);
    else
      cr_expect(top.tail, "%s", name);
    glm_law_free(&law);
  }
  glm_output_free(&o);
}

/* a T has the same overlap and a times rho; T* + c has not, but for haar. T made for twice the noise has its
 * outlier elsewhere. */
Test(glm_spectral, scaling_shifts_and_wrong_noise) {
  glm_output o;
  static double T[2000];
  const glm_spectrum *laws[] = {&two2, &haar2};
  ok(glm_output_make(&(glm_channel){GLM_ABS, .3}, &o, e));
  for (int k = 0; k < 2; k++) {
    glm_law law;
    glm_top top, reference;
    ok(glm_law_make(laws[k], &law, e));
    ok(glm_preprocessed(&law, &o, GLM_T_OPT, .3, &reference, e));
    for (int i = 0; i < o.n; i++) T[i] = 2.5 * (1 - 1 / o.G[i]);
    ok(glm_general(&law, &o, T, 2.5, &top, e));
    near("2.5 T", top.overlap2, reference.overlap2, 1e-10), near("2.5 T", top.rho, 2.5, 1e-9);
    const double shift[] = {.3, -.3}, two_shifted[] = {.486076, .464576};
    for (int s = 0; s < 2; s++) {
      for (int i = 0; i < o.n; i++) T[i] = 1 - 1 / o.G[i] + shift[s];
      ok(glm_general(&law, &o, T, 1 + shift[s], &top, e));
      near("shifted T", top.overlap2, k == 0 ? two_shifted[s] : reference.overlap2, k == 0 ? 6e-7 : 1e-9);
    }
    glm_law_free(&law);
  }
  glm_output_free(&o);
  const struct {
    const glm_spectrum *s;
    double sigma, rho;
  } wrong[] = {{&haar2, .1, .98936}, {&two2, .3, .86582}, {&unif2, .5, .60560}};
  for (int i = 0; i < 3; i++) {
    glm_law law;
    glm_top top;
    ok(glm_law_make(wrong[i].s, &law, e));
    ok(glm_output_make(&(glm_channel){GLM_ABS, wrong[i].sigma}, &o, e));
    ok(glm_preprocessed(&law, &o, GLM_T_OPT, 2 * wrong[i].sigma, &top, e));
    near("sigma doubled", top.rho, wrong[i].rho, 6e-6);
    glm_law_free(&law), glm_output_free(&o);
  }
}

/* T* + eps cos 2y: no gain, and none of first order. */
Test(glm_spectral, the_optimal_preprocessing_is_stationary) {
  const struct {
    const glm_spectrum *s;
    double gain[4];
  } rows[] = {{&haar3, {-2.79e-3, -2.66e-3, -2.56e-2, -2.23e-2}},
              {&two2, {-1.06e-2, -1.00e-2, -8.5e-2, -7.6e-2}},
              {&beta15, {-4.3e-3, -3.5e-3, -4.2e-2, -2.4e-2}}};
  const double eps[] = {.1, -.1, .3, -.3};
  static double T[2000];
  glm_output o;
  ok(glm_output_make(&(glm_channel){GLM_ABS, .3}, &o, e));
  for (int k = 0; k < 3; k++) {
    glm_law law;
    glm_outlier best;
    ok(glm_law_make(rows[k].s, &law, e));
    ok(glm_optimal(&law, &o, &best, e));
    for (int j = 0; j < 4; j++) {
      double sup = 0;
      glm_top top;
      for (int i = 0; i < o.n; i++) T[i] = 1 - 1 / o.G[i] + eps[j] * cos(2 * o.y[i]), sup = fmax(sup, T[i]);
      ok(glm_general(&law, &o, T, sup, &top, e));
      near("gain", top.overlap2 - best.overlap2, rows[k].gain[j], fabs(rows[k].gain[j]) * .02);
    }
    glm_law_free(&law);
  }
  glm_output_free(&o);
}

/* ---- channels and priors ---- */

Test(glm_channel, posterior_variances_and_informations) {
  const double tau[] = {1, 1.5, 3, 20};
  const struct {
    glm_channel c;
    double V[4], J[4];
  } rows[] = {{{GLM_ABS, .1},
               {1, .4256555063, .1372377240, .0146430144},
               {1.6753289137, 1.8337612872, 2.0100814755, 2.3048027212}},
              {{GLM_ABS, .5}, {1, 0, .2349103500, 0}, {0}},
              {{GLM_SIGN, .3},
               {.4159451630, .3421689962, .2206435312, .0454541901},
               {.4867043764, .5809577011, .7854406819, 1.5484617993}},
              {{GLM_CABS, .3}, {1, .5505505188, .2471446913, .0422771345}, {0}}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    glm_channel_table table;
    char name[40];
    ok(glm_channel_table_make(&rows[i].c, &table, e));
    for (int k = 0; k < 4; k++) {
      snprintf(name, sizeof name, "row %zu, tau = %g", i, tau[k]);
      if (rows[i].V[k] > 0) near(name, glm_channel_variance(&table, tau[k]), rows[i].V[k], 6e-11);
      if (rows[i].J[k] > 0) near(name, glm_channel_information(&table, tau[k]), rows[i].J[k], 6e-11);
    }
    glm_channel_table_free(&table);
  }
}

/* To the 16 digits of a quadrature of 18 (double integrals over p and u, no table). */
Test(glm_channel, informations_to_high_precision) {
  const struct {
    double sigma, tau, J;
  } rows[] = {{.1, 1.5, 1.8337612871662577}, {.1, 3, 2.0100814754617716}, {.5, 20, 1.5612657746560974}};
  const struct {
    double g, I;
  } signs[] = {
      {.5, .20134547158480514}, {2, .50007213606684494}, {8, .68653581946198879}, {60, .69314718055993069}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    glm_channel_table table;
    ok(glm_channel_table_make(&(glm_channel){GLM_ABS, rows[i].sigma}, &table, e));
    near("J", glm_channel_information(&table, rows[i].tau), rows[i].J, 1e-12);
    glm_channel_table_free(&table);
  }
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
    near("I_x", glm_prior_information(&(glm_prior){GLM_RAD, 0}, signs[i].g), signs[i].I, 1e-12);
}

/* 1/V - tau is that of V where nothing cancels, and has its limits where it does: 1/s2 for lin and abs, (E
 * F)/s2 for sign. */
Test(glm_channel, extrinsic_precisions) {
  const glm_channel channels[] = {{GLM_LIN, .3}, {GLM_SIGN, .3}, {GLM_ABS, .3}, {GLM_CABS, .3}};
  for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
    glm_channel_table t;
    ok(glm_channel_table_make(&channels[i], &t, e));
    for (double tau = 1.25; tau < 50; tau *= 1.7)
      near("t2", glm_channel_extrinsic(&t, tau), 1 / glm_channel_variance(&t, tau) - tau, 1e-12 * tau);
    double far = glm_channel_extrinsic(&t, 1e40);
    near("t2 at 1e9", glm_channel_extrinsic(&t, 1e9), far, 1e-6 * far);
    if (channels[i].kind == GLM_LIN) near("t2 far", far, 1 / .09, 1e-12);
    glm_channel_table_free(&t);
  }
}

/* J' = V/2 and I_x' = mmse/2, the informations being computed from entropies; over the switch to the
 * expansion at small P. */
Test(glm_channel, informations_have_half_the_variances_as_slopes) {
  const glm_channel channels[] = {{GLM_LIN, .5}, {GLM_SIGN, .3}, {GLM_ABS, .1}, {GLM_ABS, 1}};
  for (int i = 0; i < 4; i++) {
    glm_channel_table t;
    ok(glm_channel_table_make(&channels[i], &t, e));
    for (double tau = 1.02; tau < 1e4; tau *= 2.3) {
      double h = 1e-3 * (tau - 1),
             slope = (8 * (glm_channel_information(&t, tau + h) - glm_channel_information(&t, tau - h)) -
                      glm_channel_information(&t, tau + 2 * h) + glm_channel_information(&t, tau - 2 * h)) /
                     (12 * h);
      near("J'", slope, .5 * glm_channel_variance(&t, tau), 1e-9);
    }
    near("V is continuous at P = 0", glm_channel_variance(&t, 1 + 1e-9 * channels[i].sigma),
         glm_channel_variance(&t, 1), 1e-6);
    glm_channel_table_free(&t);
  }
  const glm_prior priors[] = {{GLM_GAUSS, 0}, {GLM_RAD, 0}, {GLM_BG, .3}, {GLM_BG, .05}};
  for (int i = 0; i < 4; i++)
    for (double g = .02; g < 60; g *= 1.9) {
      double h = 1e-3 * g,
             slope =
                 (8 * (glm_prior_information(&priors[i], g + h) - glm_prior_information(&priors[i], g - h)) -
                  glm_prior_information(&priors[i], g + 2 * h) +
                  glm_prior_information(&priors[i], g - 2 * h)) /
                 (12 * h);
      near("I_x'", slope, .5 * glm_prior_mmse(&priors[i], g), 1e-9);
    }
}

/* In the noiseless-message expansion V'(1) = -E G^2: even channels keep V(1) = 1. */
Test(glm_channel, even_channels_learn_nothing_at_the_uninformed_point) {
  const glm_channel channels[] = {{GLM_ABS, .1}, {GLM_ABS, .7}, {GLM_CABS, .3}};
  for (int i = 0; i < 3; i++) {
    glm_channel_table t;
    glm_output o;
    ok(glm_channel_table_make(&channels[i], &t, e));
    ok(glm_output_make(&channels[i], &o, e));
    double V1 = glm_channel_variance(&t, 1), u = 1e-5, slope = (glm_channel_variance(&t, 1 + u) - V1) / u;
    near("V(1)", V1, 1, 1e-13), near("V'(1)", slope, -1 - o.variance, 2e-3);
    glm_channel_table_free(&t), glm_output_free(&o);
  }
}

Test(glm_prior, mmse_and_information) {
  const double g[] = {.5, 2, 8};
  const double rad[] = {.6498865953, .2310182219, .0071762572, .2013454716, .5000721361, .6865358195},
               bg[] = {.5956391339, .2285542474, .0593322648, .1949514560, .4647442035, .7939380710};
  const glm_prior priors[] = {{GLM_RAD, 0}, {GLM_BG, .3}};
  for (int p = 0; p < 2; p++)
    for (int k = 0; k < 3; k++) {
      near("mmse", glm_prior_mmse(&priors[p], g[k]), (p ? bg : rad)[k], 6e-11);
      near("information", glm_prior_information(&priors[p], g[k]), (p ? bg : rad)[3 + k], 6e-11);
    }
}

/* ---- state evolution and potential ---- */

typedef struct {
  const char *name;
  const glm_spectrum *spectrum;
  glm_channel channel;
  glm_prior prior;
  double g1, t1; /* 0: spectral start */
  double mse1[6], fixed, Phi;
} evolution_row;

static const glm_prior gauss = {GLM_GAUSS, 0}, rad = {GLM_RAD, 0};
static const evolution_row evolution_rows[] = {
    {"G1",
     &haar2,
     {GLM_ABS, .1},
     {GLM_GAUSS, 0},
     0,
     0,
     {.423990436, .296442202, .181066709, .090928602, .036067113, .013287316},
     .0060659268,
     2.5972548437},
    {"G2",
     &two15,
     {GLM_ABS, .1},
     {GLM_RAD, 0},
     0,
     0,
     {.657778526, .596325193, .506311502, .404079791, .276238977, .126209323},
     0,
     .6931471806},
    {"G3",
     &beta1,
     {GLM_ABS, .1},
     {GLM_GAUSS, 0},
     0,
     0,
     {.727692271, .658364675, .600313676, .553801597, .517432906, .489380373},
     .4002872486,
     1.6384977865},
    {"G4",
     &unif2,
     {GLM_ABS, .5},
     {GLM_RAD, 0},
     0,
     0,
     {.583845500, .475311427, .391837299, .332004844, .288719218, .256569007},
     .1049205184,
     .6545055345},
    {"G5",
     &two15,
     {GLM_ABS, .3},
     {GLM_BG, .3},
     0,
     0,
     {.742561406, .713252650, .615795350, .529914483, .425949404, .327638798},
     .0495183477,
     .8843953276},
    {"G6",
     &mp15,
     {GLM_ABS, .1},
     {GLM_GAUSS, 0},
     0,
     0,
     {.555764194, .429986312, .320516752, .229249054, .156370185, .101976849},
     .0279005007,
     0},
    {"I1",
     &haar2,
     {GLM_ABS, .3},
     {GLM_GAUSS, 0},
     .5,
     1.6,
     {.666666667, .387772818, .326791631, .272946251, .227264106, .190272826},
     .1003117356,
     0},
    {"I2",
     &two15,
     {GLM_ABS, .3},
     {GLM_BG, .3},
     .6,
     1.5,
     {.542846985, .430428922, .335660195, .242643674, .170706834, .118835446},
     .0495183477,
     0},
    {"I3",
     &beta1,
     {GLM_ABS, .3},
     {GLM_RAD, 0},
     .8,
     1.5,
     {.518759209, .686522769, .626528602, .609067120, .591941912, .578320777},
     .5090096106,
     0},
    {"C1",
     &two02,
     {GLM_SIGN, .3},
     {GLM_GAUSS, 0},
     0,
     1,
     {1, .456160370, .444706355, .444036350, .443996442, .443994062},
     .4439939115,
     .5481213972},
    {"C2",
     &haar2,
     {GLM_SIGN, .3},
     {GLM_RAD, 0},
     0,
     1,
     {1, .139668776, .126116555, .098276687, .094315937, .087225585},
     .0822115158,
     .6367094842},
    {"C3",
     &unif2,
     {GLM_LIN, .5},
     {GLM_BG, .2},
     0,
     1,
     {1, .137846777, .078086617, .065864915, .062921504, .062183158},
     .0619322507,
     .6229980185},
    {"C4",
     &haar07,
     {GLM_SIGN, .3},
     {GLM_BG, .1},
     0,
     1,
     {1, .290573701, .240456401, .221148816, .214421170, .211523792},
     .2095842059,
     0}};

static void spectral_start(const glm_law *law, const glm_channel *channel, double *g1, double *t1) {
  glm_output o;
  glm_outlier out;
  ok(glm_output_make(channel, &o, e));
  ok(glm_optimal(law, &o, &out, e));
  *g1 = out.overlap2 / (1 - out.overlap2), *t1 = out.gamma1;
  glm_output_free(&o);
}

Test(glm_evolution, reference_table) {
  for (size_t i = 0; i < sizeof evolution_rows / sizeof *evolution_rows; i++) {
    const evolution_row *r = &evolution_rows[i];
    glm_law law;
    glm_channel_table table;
    ok(glm_law_make(r->spectrum, &law, e));
    ok(glm_channel_table_make(&r->channel, &table, e));
    glm_evolution evolution = {&law, &table, r->prior, GLM_RIGHT};
    glm_state states[6], fixed;
    double g1 = r->g1, t1 = r->t1;
    if (t1 == 0) spectral_start(&law, &r->channel, &g1, &t1);
    ok(glm_evolve(&evolution, g1, t1, 5, states, e));
    ok(glm_fixed_point(&evolution, g1, t1, &fixed, e));
    for (int k = 0; k < 6; k++) near(r->name, states[k].mse1, r->mse1[k], 6e-10);
    near(r->name, fixed.mse1, r->fixed, 6e-11);
    if (r->Phi > 0) near(r->name, glm_potential(&evolution, &fixed, law.of.delta).value, r->Phi, 6e-11);
    if (r->fixed > 0) {
      double gradient = glm_potential_gradient(&evolution, &fixed, law.of.delta, 1e-3);
      cr_expect(gradient < 1e-8, "%s: gradient %g", r->name, gradient);
    }
    glm_channel_table_free(&table), glm_law_free(&law);
  }
}

Test(glm_evolution, linear_response_and_a_forgotten_subtraction) {
  const struct {
    const glm_spectrum *s;
    double ratio;
  } rows[] = {{&haar2, 1.68285809}, {&beta1, 2.35544813}};
  for (int i = 0; i < 2; i++) {
    glm_law law;
    glm_channel_table table;
    ok(glm_law_make(rows[i].s, &law, e));
    ok(glm_channel_table_make(&(glm_channel){GLM_ABS, .3}, &table, e));
    glm_evolution evolution = {&law, &table, gauss, GLM_RIGHT};
    glm_state states[2];
    ok(glm_evolve(&evolution, 0, 1 + 1e-4, 1, states, e));
    near("ratio", (states[1].t1 - 1) / 1e-4, rows[i].ratio, 1e-8);
    glm_channel_table_free(&table), glm_law_free(&law);
  }
  glm_law law;
  glm_channel_table table;
  ok(glm_law_make(&haar2, &law, e));
  ok(glm_channel_table_make(&(glm_channel){GLM_SIGN, .3}, &table, e));
  glm_evolution forgotten = {&law, &table, rad, GLM_NOT_EXTRINSIC};
  glm_state states[5];
  ok(glm_evolve(&forgotten, 0, 1, 4, states, e));
  const double wrong[] = {1, .139669, .111984, .090684, .084912};
  for (int k = 0; k < 5; k++) near("t1 <- 1/v2", states[k].mse1, wrong[k], 6e-7);
  glm_channel_table_free(&table), glm_law_free(&law);
}

/* Phi at perfect recovery is ln 2 from every start that gets there, with an error that covers the difference.
 */
Test(glm_potential, perfect_recovery_from_every_start) {
  const glm_spectrum spectra[] = {{GLM_HAAR, 0, 0, 1.3}, {GLM_MP, 0, 0, 2}, {GLM_BETA, 0, 0, 2}};
  const glm_channel channels[] = {{GLM_ABS, .1}, {GLM_LIN, .1}, {GLM_LIN, .001}};
  const double starts[][2] = {{2, 3}, {20, 100}, {100, 100}, {10, 1e8}, {1e4, 1e4}, {1e6, 1e6}};
  for (int i = 0; i < 3; i++) {
    glm_law law;
    glm_channel_table table;
    ok(glm_law_make(&spectra[i], &law, e));
    ok(glm_channel_table_make(&channels[i], &table, e));
    glm_evolution evolution = {&law, &table, rad, GLM_RIGHT};
    for (size_t k = 0; k < sizeof starts / sizeof *starts; k++) {
      glm_state fixed;
      ok(glm_fixed_point(&evolution, starts[k][0], starts[k][1], &fixed, e));
      assay_value Phi = glm_potential(&evolution, &fixed, law.of.delta);
      cr_expect(fabs(Phi.value - M_LN2) <= Phi.error && Phi.error < 1e-11, "row %d from %g, %g: %.15g +- %g",
                i, starts[k][0], starts[k][1], Phi.value, Phi.error);
      cr_expect_lt(fixed.mse1, 1e-15);
    }
    glm_channel_table_free(&table), glm_law_free(&law);
  }
}

/* No information: Phi = delta I(z;y). Perfect recovery with rad: Phi = ln 2. */
Test(glm_potential, ends_and_hard_phases) {
  const struct {
    glm_spectrum s;
    glm_channel c;
    glm_prior p;
    double informed_Phi, informed_mse, uninformed_Phi;
  } rows[] = {{{GLM_HAAR, 0, 0, 1.3}, {GLM_ABS, .1}, {GLM_RAD, 0}, .69314718, 0, 2.17792759},
              {{GLM_HAAR, 0, 0, 1.4}, {GLM_ABS, .05}, {GLM_GAUSS, 0}, 3.12435905, .00227736, 3.26813995}};
  for (int i = 0; i < 2; i++) {
    glm_law law;
    glm_channel_table table;
    glm_state cold, informed;
    double delta = rows[i].s.delta, t2 = 1 / (rows[i].c.sigma * rows[i].c.sigma);
    ok(glm_law_make(&rows[i].s, &law, e));
    ok(glm_channel_table_make(&rows[i].c, &table, e));
    glm_evolution evolution = {&law, &table, rows[i].p, GLM_RIGHT};
    ok(glm_fixed_point(&evolution, 0, 1, &cold, e));
    ok(glm_fixed_point(&evolution, delta * t2, 1e8, &informed, e));
    near("uninformed", glm_potential(&evolution, &cold, delta).value, rows[i].uninformed_Phi, 6e-9);
    near("uninformed is delta I(z;y)", glm_potential(&evolution, &(glm_state){.t1 = 1, .g2 = 1}, delta).value,
         delta * glm_channel_information(&table, 1), 1e-12);
    near("MSE", cold.mse1, 1, 1e-12), near("MSE", informed.mse1, rows[i].informed_mse, 6e-9);
    near("informed", glm_potential(&evolution, &informed, delta).value, rows[i].informed_Phi, 6e-9);
    if (rows[i].p.kind == GLM_RAD)
      near("ln 2",
           glm_potential(&evolution, &(glm_state){.g1 = delta * t2, .t1 = 1e8, .g2 = 1e8, .t2 = t2}, delta)
               .value,
           M_LN2, 1e-6);
    else {
      int stable;
      glm_state least, most;
      ok(glm_gauss_fixed_points(&evolution, &stable, &least, &most, e));
      cr_expect_eq(stable, 2);
      near("least informed", least.mse2, 1, 1e-12);
      near("most informed", most.mse2, rows[i].informed_mse, 6e-9);
      near("its potential", glm_potential(&evolution, &least, delta).value, rows[i].uninformed_Phi, 6e-9);
      near("its potential", glm_potential(&evolution, &most, delta).value, rows[i].informed_Phi, 6e-9);
    }
    glm_channel_table_free(&table), glm_law_free(&law);
  }
}
