#include <criterion/criterion.h>
#include <gsl/gsl_math.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "theory/single-index-gd/single-index-gd.h"

/* ---- comparing ---- */

static double half_unit(const char *printed) {
  const char *point = strchr(printed, '.');
  return .5 * pow(10, point ? -(double)strspn(point + 1, "0123456789") : 0);
}

/* The value agrees with a printed reference to its last digit, and its error bound is at most `relative`. */
static void agrees_within(double relative, const char *what, assay_value v, const char *printed) {
  double reference = strtod(printed, NULL);
  cr_expect(fabs(v.value - reference) <= 1.0000001 * half_unit(printed) + v.error, "%s: %.14g, not %s", what,
            v.value, printed);
  cr_expect(v.error >= 0 && v.error <= relative * fabs(v.value) + 1e-14, "%s: error %.3g of %.6g", what,
            v.error, v.value);
}

static void agrees(const char *what, assay_value v, const char *printed) {
  agrees_within(1e-9, what, v, printed);
}

static void near(const char *what, double value, double other, double tolerance) {
  cr_expect(fabs(value - other) <= tolerance, "%s: %.15g and %.15g", what, value, other);
}

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, error.text);                                               \
  } while (0)

#define refuses(call, part)                                                                                  \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_expect_eq(call, ASSAY_DOMAIN, "%s gave another status", #call);                                       \
    cr_expect(strstr(error.text, part) != NULL, "%s: \"%s\" lacks \"%s\"", #call, error.text, part);         \
  } while (0)

static const single_index_link quad = {SINGLE_INDEX_QUAD, 0};
static single_index_link hard(double M) {
  return (single_index_link){SINGLE_INDEX_HARD, M};
}
static single_index_link smooth(double M) {
  return (single_index_link){SINGLE_INDEX_SMOOTH, M};
}

/* ---- the spectral matrix ---- */

Test(single_index_bbp, reference_values) {
  const struct {
    single_index_link link;
    double delta;
    const char *x, *lambda_1, *q, *lambda_2;
  } rows[] = {{hard(8), 2, "10.0042962336", "6.6210981128", ".1940028840", "6.4192412808"},
              {hard(8), 4, "13.3950148152", "4.6765528148", ".4433635443", "4.1052343985"},
              {hard(8), 10, "24.5662580647", "3.5900242637", ".7137025708", "2.5847072128"},
              {hard(4), 1, "5.2401113447", "7.2968349526", ".0721297409", "7.2665356343"},
              {hard(4), 2, "6.6651169499", "4.8635307101", ".2683677159", "4.6463330601"},
              {hard(4), 5, "11.0608249113", "3.3945874278", ".5543021482", "2.8636870967"},
              {smooth(8), 10, "25.8548545457", "3.7261395773", ".6965481241", "2.7445904763"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    single_index_spectrum s;
    ok(single_index_bbp(rows[i].link, rows[i].delta, 1, &s, e));
    agrees("x*", s.x, rows[i].x);
    agrees("lambda_1", s.lambda_1, rows[i].lambda_1);
    agrees("q", s.q, rows[i].q);
    agrees("lambda_2", s.lambda_2, rows[i].lambda_2);
  }
}

Test(single_index_bbp, at_a_random_point) {
  single_index_spectrum s;
  ok(single_index_bbp(hard(8), 4, erf(sqrt(8 / 2.)), &s, e));
  agrees("lambda_1", s.lambda_1, "4.6633985");
  agrees("q", s.q, ".4417189");
}

Test(single_index_bbp, thresholds) {
  static const struct {
    double M;
    const char *delta_c;
  } rows[] = {{2, "1.0574294"},   {3, ".8009044"},   {4, ".7230505555"}, {6, ".7654530"},
              {8, ".9637395298"}, {12, "1.8236244"}, {16, "3.4164458"}};
  assay_value delta, x;
  for (int i = 0; i < 7; i++) {
    ok(single_index_bbp_threshold(hard(rows[i].M), &delta, &x, e));
    agrees("delta_c", delta, rows[i].delta_c);
  }
  ok(single_index_bbp_threshold(hard(4), &delta, &x, e));
  agrees("x_c", x, "4.8613571568");
  ok(single_index_bbp_threshold(hard(8), &delta, &x, e));
  agrees("x_c", x, "8.6482026422");
  ok(single_index_bbp_threshold(smooth(4), &delta, &x, e));
  agrees("delta_c", delta, ".7481496");
  ok(single_index_bbp_threshold(smooth(8), &delta, &x, e));
  agrees("delta_c", delta, "1.9305730386");
  agrees("x_c", x, "12.2317776531");
}

Test(single_index_bbp, large_and_small_delta) {
  single_index_spectrum s;
  ok(single_index_bbp(hard(8), 1e7, 1, &s, e));
  near("lambda_1 -> E T g^2", s.lambda_1.value, 2.8993867628, 1e-5);
  near("lambda_2 -> E T", s.lambda_2.value, .9914101742, 2e-3);
  ok(single_index_bbp(hard(8), .9, 1, &s, e));
  cr_expect(!s.out && s.q.value == 0 && s.lambda_1.value == s.lambda_2.value);
  refuses(single_index_bbp(quad, 4, 1, &s, e), "unbounded");
  refuses(single_index_bbp(hard(8), -1, 1, &s, e), "delta");
}

Test(single_index_bbp, levels) {
  assay_value delta;
  ok(single_index_truncated_level(hard(8), .3, &delta, e));
  agrees("delta at .3", delta, "2.6909393836");
  ok(single_index_truncated_level(hard(4), .3, &delta, e));
  agrees("delta at .3", delta, "2.2117298577");
  ok(single_index_truncated_level(hard(8), .5, &delta, e));
  agrees("delta at .5", delta, "4.7188279628");
  ok(single_index_truncated_level(hard(4), .5, &delta, e));
  agrees("delta at .5", delta, "4.1664339870");
}

/* ---- untruncated labels ---- */

Test(single_index_quadratic, dawson_branch) {
  static const struct {
    double delta;
    const char *x, *psi, *q;
  } rows[] = {{4, "14.9586880692", "5.0792219803", ".5293791022"},
              {6, "19.0796611166", "4.4111394192", ".5368182185"},
              {8, "22.8616295954", "4.0341637242", ".6001312841"},
              {10, "26.6487874986", "3.8077657674", ".6656069401"},
              {20, "46.2586643101", "3.3861331931", ".8272312565"}};
  single_index_spectrum s;
  for (int i = 0; i < 5; i++) {
    ok(single_index_dawson(rows[i].delta, &s, e));
    agrees("x_s", s.x, rows[i].x);
    agrees("psi", s.lambda_1, rows[i].psi);
    agrees("q", s.q, rows[i].q);
  }
  refuses(single_index_dawson(2.27, &s, e), "2.2708");
  ok(single_index_dawson(2.2709, &s, e));
}

Test(single_index_quadratic, leading_sample) {
  static const struct {
    double d, delta;
    const char *lambda, *q;
  } rows[] = {{400, 6, "4.40523069", ".48998159"},  {400, 8, "4.01904028", ".60198502"},
              {400, 12, "3.65765522", ".72422360"}, {1000, 4, "5.38571401", ".23098763"},
              {1000, 6, "4.44654671", ".44877961"}, {1000, 8, "4.03203215", ".58518097"},
              {1e4, 6, "4.64888057", ".21238711"},  {1e4, 8, "4.07791147", ".49142534"},
              {1e6, 12, "3.72018775", ".47352241"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assay_value lambda, q;
    ok(single_index_quadratic(rows[i].d, rows[i].delta, 64, &lambda, &q, e));
    agrees_within(1e-7, "lambda_1", lambda, rows[i].lambda);
    agrees_within(1e-6, "q", q, rows[i].q);
  }
}

Test(single_index_quadratic, level_thresholds) {
  static const struct {
    double d, level;
    const char *delta;
  } rows[] = {
      {64, .3, "2.8795746"},   {128, .3, "3.1971152"},  {256, .3, "3.6003601"},  {512, .3, "4.0654299"},
      {1024, .3, "4.5810408"}, {2048, .3, "5.1416328"}, {4096, .3, "5.7421398"}, {1e4, .3, "6.5619540"},
      {1e5, .3, "8.8379717"},  {1e6, .3, "11.2134304"}, {1e8, .3, "15.990289"},  {1e10, .3, "20.7347419"},
      {64, .5, "5.2177566"},   {128, .5, "5.5564835"},  {256, .5, "5.9128847"},  {512, .5, "6.2749294"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assay_value delta;
    ok(single_index_quadratic_level(rows[i].d, rows[i].level, &delta, e));
    agrees_within(1e-5, "delta at the level", delta, rows[i].delta);
  }
}

Test(single_index_quadratic, noise_spike) {
  static const struct {
    double d, delta;
    const char *q;
  } rows[] = {{200, .5, ".0581360"},  {400, .5, ".0341506"}, {800, .5, ".0191060"},
              {1600, .5, ".0103507"}, {200, .25, ".038377"}, {800, .25, ".013653"}};
  assay_value q;
  for (int i = 0; i < 6; i++) {
    ok(single_index_noise_spike(rows[i].d, rows[i].delta, &q, e));
    agrees_within(1e-7, "q", q, rows[i].q);
  }
  ok(single_index_largest_label(400, .5, &q, e));
  agrees_within(1e-7, "T_1/d", q, ".02239");
  ok(single_index_largest_label(1600, .5, &q, e));
  agrees_within(1e-7, "T_1/d", q, ".00719");
  refuses(single_index_noise_spike(400, 2.28, &q, e), "2.2708");
}

/* ---- gradient descent on the correlation loss ---- */

Test(single_index_flow, reference_values) {
  const struct {
    single_index_link link;
    double delta;
    const char *m, *q, *gamma, *mu;
  } rows[] = {{hard(8), 6, ".8462278881", ".7161016386", ".0389520356", "5.2074253310"},
              {hard(8), 10, ".8960620978", ".8029272831", ".0241044546", "5.1582658842"},
              {hard(8), 20, ".9415451420", ".8865072544", ".0124719542", "5.1134589256"},
              {smooth(8), 8, ".8625115588", ".7439261890", ".0268943568", "6.1883105563"},
              {smooth(8), 10, ".8837529270", ".7810192360", ".0220385937", "6.1077460426"},
              {smooth(8), 20, ".9336482541", ".8716990624", ".0116893832", "5.9239976568"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    single_index_flow_end end;
    ok(single_index_flow(rows[i].link, rows[i].delta, SINGLE_INDEX_RIGHT, &end, e));
    agrees("m", end.m, rows[i].m);
    agrees("q", end.q, rows[i].q);
    agrees("gamma", end.gamma, rows[i].gamma);
    agrees("mu", end.mu, rows[i].mu);
    near("mu = E u f", end.mu_again, end.mu.value, 1e-8);
    if (rows[i].delta == 10)
      near("stability", end.stability, rows[i].link.kind == SINGLE_INDEX_HARD ? .27 : .08, .005);
  }
}

Test(single_index_flow, mistakes_and_large_delta) {
  single_index_flow_end end;
  assay_value C;
  ok(single_index_flow(hard(8), 10, SINGLE_INDEX_NO_KINK, &end, e));
  near("without the kink", end.q.value, .7143, 5e-5);
  ok(single_index_flow(hard(8), 20, SINGLE_INDEX_NO_KINK, &end, e));
  near("without the kink", end.q.value, .8329, 5e-5);
  ok(single_index_flow_constant(quad, SINGLE_INDEX_RIGHT, &C, e));
  agrees("C", C, "3.75");
  ok(single_index_flow_constant(hard(8), SINGLE_INDEX_RIGHT, &C, e));
  agrees("C", C, "2.7500167946");
  ok(single_index_flow_constant(smooth(8), SINGLE_INDEX_RIGHT, &C, e));
  agrees("C", C, "3.1866906267");
  ok(single_index_flow(smooth(8), 1e4, SINGLE_INDEX_RIGHT, &end, e));
  near("delta (1-q) -> C", 1e4 * (1 - end.q.value), C.value, 2e-2);
  ok(single_index_flow_constant(hard(8), SINGLE_INDEX_NO_KINK, &C, e));
  agrees("C without the kink", C, "4.024");
}

/* ---- one-pass SGD ---- */

Test(single_index_sgd, growth) {
  single_index_growth g;
  ok(single_index_growth_of(quad, &g, e));
  agrees("C", g.C, "4"), agrees("c", g.c, "12"), agrees("V2", g.V2, "60");
  ok(single_index_growth_of(hard(8), &g, e));
  agrees("C", g.C, "3.6403746627"), agrees("c", g.c, "10.8016971438"), agrees("V2", g.V2, "49.4388811973");
  near("eta_opt", g.C.value / g.c.value, .3370187679, 5e-11);
  near("1/(2 kappa)", g.c.value / (g.C.value * g.C.value), .8150792374, 5e-11);
  ok(single_index_growth_of(smooth(8), &g, e));
  agrees("C", g.C, "3.9023782424"), agrees("c", g.c, "11.5877005014"), agrees("V2", g.V2, "56.2299677903");
  near("eta_opt", g.C.value / g.c.value, .3367689942, 5e-11);
  near("1/(2 kappa)", g.c.value / (g.C.value * g.C.value), .7609191930, 5e-11);
}

Test(single_index_sgd, trajectories) {
  assay_value m, s;
  ok(single_index_sgd(quad, 1 / 3., .09, 2, SINGLE_INDEX_RIGHT, &m, &s, e));
  agrees("s", s, ".1573530042");
  ok(single_index_sgd(quad, .1, .09, 4, SINGLE_INDEX_RIGHT, &m, &s, e));
  agrees("s", s, ".4015588322");
  ok(single_index_sgd(quad, .1, .09, 8, SINGLE_INDEX_RIGHT, &m, &s, e));
  agrees("s", s, ".5201828385");
  ok(single_index_sgd(quad, 1 / 3., .09, 2, SINGLE_INDEX_NO_DIFFUSION, &m, &s, e));
  near("without the noise term", s.value, .953, 5e-4);
  ok(single_index_sgd(quad, 1 / 3., .09, 400, SINGLE_INDEX_CONSTANT_V2, &m, &s, e));
  near("with E v^2 = 12", s.value, .5, 1e-9);
  static const struct {
    double tau;
    const char *m;
  } rows[] = {{1, ".41989715"}, {2, ".519091404"}, {4, ".603710043"}, {8, ".620336786"}};
  for (int i = 0; i < 4; i++) {
    ok(single_index_sgd(hard(8), .2, .09, rows[i].tau, SINGLE_INDEX_RIGHT, &m, &s, e));
    agrees("m", m, rows[i].m);
  }
  ok(single_index_sgd(hard(1e4), .1, .09, 4, SINGLE_INDEX_RIGHT, &m, &s, e));
  near("M -> inf is quad", s.value, .4015588322, 1e-9);
  ok(single_index_sgd(smooth(1e4), .1, .09, 4, SINGLE_INDEX_RIGHT, &m, &s, e));
  near("M -> inf is quad", s.value, .4015588322, 1e-9);
}

Test(single_index_sgd, hitting_times) {
  static const struct {
    double d, eta, s1;
    const char *mean, *sd;
  } rows[] = {
      {1000, 1 / 3., .05, "2.8104759942", "1.6660811018"}, {300, 1 / 3., .05, "1.9074963910", "1.6660811018"},
      {1e4, 1 / 3., .05, "4.5374148139", "1.6660811018"},  {3e4, 1 / 3., .05, "5.3613740304", "1.6660811018"},
      {1000, .1, .2, "9.4242897003", "3.2668256898"},      {1e4, .1, .2, "12.8104442488", "3.2668256898"}};
  assay_value mean, sd, eta;
  for (int i = 0; i < 6; i++) {
    ok(single_index_hitting(quad, rows[i].d, rows[i].eta, rows[i].s1, SINGLE_INDEX_RIGHT, &mean, &sd, e));
    agrees("mean", mean, rows[i].mean);
    agrees("sd", sd, rows[i].sd);
    double kappa = 4 * rows[i].eta - 6 * pow(rows[i].eta, 2),
           rho = 4 * rows[i].eta + 24 * pow(rows[i].eta, 2), s1 = rows[i].s1;
    double V = 1 + pow(rows[i].eta, 2) * 60 / (2 * kappa);
    near("closed form", mean.value,
         (log(rows[i].d) - log(V) + M_EULER + M_LN2 + log(s1 * kappa / (kappa - rho * s1))) / (2 * kappa),
         1e-10);
  }
  refuses(single_index_hitting(quad, 1000, 1 / 3., .2, SINGLE_INDEX_RIGHT, &mean, &sd, e), "does not reach");
  static const struct {
    double d;
    const char *mean;
  } best[] = {{1e2, "5.27"}, {1e3, "7.47"}, {1e4, "9.62"}, {1e6, "13.85"}};
  for (int i = 0; i < 4; i++) {
    ok(single_index_hitting_best(quad, best[i].d, .3, &mean, &eta, e));
    near("best mean", mean.value, strtod(best[i].mean, NULL), .00501);
  }
}

/* ---- gradient descent on the squared loss ---- */

Test(single_index_population, reference_values) {
  static const struct {
    int t;
    const char *quad_a, *quad_b, *hard_a, *hard_b;
  } rows[] = {{10, ".2663142366", ".3762587554", ".2571709157", ".3756507718"},
              {20, ".5840691491", ".3826939135", ".5525380515", ".3876814835"},
              {30, ".8758418563", ".2580077404", ".8418521771", ".2763648755"},
              {40, ".9755087788", ".1259963719", ".9618548974", ".1446091000"},
              {60, ".9991627579", ".0244018840", ".9983447717", ".0308920963"}};
  assay_value a, b;
  for (int i = 0; i < 5; i++) {
    ok(single_index_population(quad, .1, .3, .02, rows[i].t, SINGLE_INDEX_RIGHT, &a, &b, e));
    agrees("a", a, rows[i].quad_a), agrees("b", b, rows[i].quad_b);
    ok(single_index_population(hard(8), .1, .3, .02, rows[i].t, SINGLE_INDEX_RIGHT, &a, &b, e));
    agrees("a", a, rows[i].hard_a), agrees("b", b, rows[i].hard_b);
  }
  ok(single_index_population(hard(500), .1, .3, .02, 20, SINGLE_INDEX_RIGHT, &a, &b, e));
  near("M -> inf is quad", a.value, .5840691491, 1e-9);
  ok(single_index_population(quad, .1, .3, .02, 20, SINGLE_INDEX_FOUR_FOR_SIX, &a, &b, e));
  near("4 for 6", a.value, .3539, 5e-5);
  refuses(single_index_population(smooth(8), .1, .3, .02, 20, SINGLE_INDEX_RIGHT, &a, &b, e),
          "quad and hard");
}

Test(single_index_search, times_and_alignment) {
  static const struct {
    double delta, d, T;
  } rows[] = {{10, 50, 101.61}, {10, 100, 124.85}, {10, 200, 148.10}, {10, 400, 171.35},
              {4, 50, 79.5},    {4, 100, 97.7},    {4, 200, 115.9},   {4, 400, 134.1}};
  single_index_search s;
  for (int i = 0; i < 8; i++) {
    ok(single_index_search_time(hard(8), rows[i].delta, rows[i].d, .02, 4, .01, &s, e));
    near("T", s.T.value, rows[i].T, rows[i].delta == 4 ? .05 : .005);
  }
  ok(single_index_search_time(hard(8), 10, 100, .02, 4, .01, &s, e));
  near("slope", s.slope.value, 33.54, .005);
  ok(single_index_search_time(hard(8), 4, 100, .02, 4, .01, &s, e));
  near("slope", s.slope.value, 26.24, .005);
  static const struct {
    double p;
    const char *delta;
  } starts[] = {{2, "6.726"}, {4, "3.943"}, {8, "2.717"}, {15, "2.118"}, {30, "1.723"}};
  for (int i = 0; i < 5; i++) {
    assay_value delta;
    ok(single_index_alignment_threshold(hard(8), .02, starts[i].p, &delta, e));
    agrees("a = 0", delta, starts[i].delta);
  }
}

Test(single_index_curvature, reference_values) {
  static const struct {
    double delta;
    const char *lambda;
  } rows[] = {{2, ".0779955396"},   {4, ".4110543133"},   {10, "1.1062334930"},
              {20, "1.6638007701"}, {50, "2.3071560571"}, {INFINITY, "3.8159531772"}};
  assay_value lambda;
  double scale;
  for (int i = 0; i < 6; i++) {
    ok(single_index_curvature_at_truth(hard(8), rows[i].delta, SINGLE_INDEX_RIGHT, &lambda, NULL, e));
    agrees("lambda_min", lambda, rows[i].lambda);
  }
  ok(single_index_curvature_at_truth(hard(8), 10, SINGLE_INDEX_RIGHT, &lambda, &scale, e));
  agrees("scale of the excess at d", (assay_value){scale, 0}, "0.776129320225");
  refuses(single_index_curvature_at_truth(hard(8), .9, SINGLE_INDEX_RIGHT, &lambda, NULL, e), "more than 1");
}

/* The diffusion of m, dm = F dtau + (eta/sqrt d) sqrt(D) dB with D = E[v^2 w^2] (1-m^2), quad: moments of its
 * time to m^2 = s1 from a uniform start by T'' = -(2/S)(r + F T'), S = eta^2 D/d, r = 1 and then 2 T; T' = 0
 * at 0 by symmetry. Implicit trapezoids. */
static void diffusion_times(double d, double eta, double s1, double *mean, double *sd) {
  enum { N = 200000 };
  static double T[2][N + 1], slope[N + 1];
  double h = sqrt(s1) / N, moment[2] = {0};
  for (int pass = 0; pass < 2; pass++) {
    double u = 0, A = 0, B = 0;
    for (int i = 0; i <= N; i++) {
      double m = i * h, m2 = m * m, b2 = 1 - m2, F = 4 * eta * m * b2 - eta * eta * m * (6 + 24 * m2);
      double S = eta * eta / d * 4 * b2 * (15 * m2 * m2 + 54 * m2 * b2 + 15 * b2 * b2), a = -2 * F / S,
             b = -2 * (pass ? 2 * T[0][i] : 1) / S;
      if (i > 0) u = (u + h / 2 * (A * u + B + b)) / (1 - h / 2 * a);
      slope[i] = u, A = a, B = b;
    }
    T[pass][N] = 0;
    for (int i = N - 1; i >= 0; i--) T[pass][i] = T[pass][i + 1] - h / 2 * (slope[i] + slope[i + 1]);
    for (int i = 0; i <= N; i++)
      moment[pass] += T[pass][i] * 2 * sqrt(d / (2 * M_PI)) * exp(-d * i * h * i * h / 2) * h *
                      (i == 0 || i == N ? .5 : 1);
  }
  *mean = moment[0], *sd = sqrt(moment[1] - moment[0] * moment[0]);
}

/* The mean and the sd of the theory are the limits of the diffusion's, from below and from above, like 1/d.
 */
Test(single_index_sgd, hitting_times_are_the_limit_of_a_diffusion) {
  const double sizes[] = {1e4, 1e5, 1e6};
  double gap_mean[3], gap_sd[3];
  for (int i = 0; i < 3; i++) {
    assay_value mean, sd;
    double m, s;
    ok(single_index_hitting((single_index_link){SINGLE_INDEX_QUAD, 0}, sizes[i], 1 / 3., .05,
                            SINGLE_INDEX_RIGHT, &mean, &sd, e));
    diffusion_times(sizes[i], 1 / 3., .05, &m, &s);
    gap_mean[i] = m - mean.value, gap_sd[i] = s - sd.value;
  }
  cr_expect(gap_mean[0] < -.01 && gap_sd[0] > .02, "%g %g", gap_mean[0], gap_sd[0]);
  cr_expect(fabs(gap_mean[2]) < 2e-4 && fabs(gap_sd[2]) < 1e-3, "%g %g", gap_mean[2], gap_sd[2]);
  cr_expect(fabs(gap_mean[1] / gap_mean[2] - 10) < 2 && gap_sd[1] / gap_sd[2] > 5, "%g %g",
            gap_mean[1] / gap_mean[2], gap_sd[1] / gap_sd[2]);
}
