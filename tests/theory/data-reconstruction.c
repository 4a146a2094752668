#include "theory/data-reconstruction/data-reconstruction.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- comparing ---- */

static double half_unit(const char *printed) {
  const char *point = strchr(printed, '.');
  return .5 * pow(10, point ? -(double)strspn(point + 1, "0123456789") : 0);
}

static void agrees(const char *what, assay_value v, const char *printed) {
  cr_expect(fabs(v.value - strtod(printed, NULL)) <= 1.0000001 * half_unit(printed) + v.error,
            "%s: %.14g, not %s", what, v.value, printed);
  cr_expect(v.error >= 0 && v.error <= 1e-9 * fabs(v.value) + 1e-12, "%s: error %.3g of %.6g", what, v.error,
            v.value);
}

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error why = {ASSAY_OK, ""};                                                                        \
    assay_error *e = &why;                                                                                   \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, why.text);                                                 \
  } while (0)

#define refuses(call, part)                                                                                  \
  do {                                                                                                       \
    assay_error why = {ASSAY_OK, ""};                                                                        \
    assay_error *e = &why;                                                                                   \
    cr_expect_eq(call, ASSAY_DOMAIN, "%s gave another status", #call);                                       \
    cr_expect(strstr(why.text, part) != NULL, "%s: \"%s\" lacks \"%s\"", #call, why.text, part);             \
  } while (0)

#define RIGHT DATA_RECONSTRUCTION_RIGHT

/* ---- span ---- */

static const struct {
  activation act;
  const char *schur, *dup[4]; /* at rho = 0, .3, .5, .9 */
  const char *loss;
} singles[] = {{ACTIVATION_RELU,
                "0.2818037518",
                {"0.3243394082", "0.2213201173", "0.1478941847", "0.0166894746"},
                "0.6682378137"},
               {ACTIVATION_ABS,
                "0.3950027856",
                {"0.5947152654", "0.5228856089", "0.4011490395", "0.0587436495"},
                "0.6331336732"},
               {ACTIVATION_ERF,
                "0.2803532460",
                {"0.1482201462", "0.1293243642", "0.0968945388", "0.0093875727"},
                "0.7213926559"},
               {ACTIVATION_TANH, "0.2322026377", {NULL}, "0.7113780398"},
               {ACTIVATION_RELU_ERF,
                "0.9502434802",
                {"0.5788039450", "0.4068752853", "0.2751246262", "0.0273778582"},
                "0.6860495515"},
               {ACTIVATION_RELU_TANH, "0.8761966247", {NULL}, "0.6820620315"}};

Test(data_reconstruction, residuals_and_losses) {
  static const double G[] = {1, .1, .3, .1, 1, -.2, .3, -.2, 1}, g[] = {.5, .2, -.3}, at[] = {0, .3, .5, .9};
  static const double X[] = {2, 0, 0, 0, 1, 1, 1, 1}, Y[] = {1, .5}, Xh[] = {1, 1, 1, -1, 0, 2, 0, 0},
                      swapped[] = {1, 1, 1, 1, 2, 0, 0, 0};
  assay_value v;
  for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
    ok(data_reconstruction_schur(singles[i].act, G, g, 3, RIGHT, &v, e));
    agrees("schur", v, singles[i].schur);
    for (int k = 0; k < 4 && singles[i].dup[0]; k++) {
      ok(data_reconstruction_duplicate(singles[i].act, at[k], RIGHT, &v, e));
      agrees("Dup", v, singles[i].dup[k]);
    }
    ok(data_reconstruction_loss(singles[i].act, X, Y, Xh, 2, 4, RIGHT, &v, e));
    agrees("L", v, singles[i].loss);
    ok(data_reconstruction_loss(singles[i].act, X, Y, swapped, 2, 4, RIGHT, &v, e));
    cr_expect_float_eq(v.value, 0, 1e-12);
    ok(data_reconstruction_schur(singles[i].act, G, G, 3, RIGHT, &v, e));
    cr_expect_float_eq(v.value, 0, 1e-12);
  }
  ok(data_reconstruction_duplicate(ACTIVATION_LIN, .4, RIGHT, &v, e));
  cr_expect_float_eq(v.value, 0, 1e-14);
  ok(data_reconstruction_duplicate(ACTIVATION_QUAD, .4, RIGHT, &v, e));
  cr_expect_float_eq(v.value, 2 * pow(1 - .16, 2), 1e-13);
  refuses(data_reconstruction_duplicate(ACTIVATION_RELU, 1, RIGHT, &v, e), "rho = 1");
}

static const struct {
  activation act;
  double gamma;
  const char *m, *Pi[4], *kappa; /* Pi at .3, 1, pi/2, pi */
} profiles[] = {{ACTIVATION_RELU,
                 .25,
                 "0.826357230171",
                 {"0.0734727305", "0.4714589838", "0.5948687289", "0.5047867938"},
                 "0.9131786151"},
                {ACTIVATION_RELU,
                 1,
                 "0.447906205337",
                 {"0.0568457374", "0.3354766397", "0.4056432165", "0.4012399376"},
                 "0.7239531027"},
                {ACTIVATION_RELU,
                 4,
                 "0.104776193322",
                 {"0.0416286861", "0.2093951354", "0.2340782105", "0.1626533153"},
                 "0.5523880967"},
                {ACTIVATION_RELU_ERF,
                 .25,
                 "0.778164140080",
                 {"0.0745351681", "0.5363909819", "0.7195079032", "0.2072916998"},
                 "0.8828749665"},
                {ACTIVATION_RELU_ERF,
                 1,
                 "0.268777417355",
                 {"0.0379635510", "0.2391864286", "0.3015777378", "0.1829453909"},
                 "0.4649448011"},
                {ACTIVATION_RELU_ERF,
                 4,
                 "0.031560384186",
                 {"0.0207381301", "0.0973686075", "0.1069512399", "0.1066705833"},
                 "0.2703183032"},
                {ACTIVATION_RELU_TANH,
                 1,
                 "0.266387337039",
                 {"0.0366095240", "0.2337786718", "0.2959609724", "0.1926804362"},
                 "0.4488032091"}};

Test(data_reconstruction, identification_profile) {
  static const double at[] = {.3, 1, M_PI / 2, M_PI};
  assay_value v;
  double s, m;
  for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
    ok(data_reconstruction_m(profiles[i].act, profiles[i].gamma, &s, &m, e));
    agrees("m", (assay_value){m, 0}, profiles[i].m);
    for (int k = 0; k < 4; k++) {
      double r = cos(at[k]);
      ok(data_reconstruction_profile(profiles[i].act, profiles[i].gamma, &r, 1, RIGHT, &v, e));
      agrees("Pi", v, profiles[i].Pi[k]);
    }
    ok(data_reconstruction_antipode(profiles[i].act, profiles[i].gamma, RIGHT, &v, e));
    agrees("antipode", v, profiles[i].Pi[3]);
    ok(data_reconstruction_curvature(profiles[i].act, profiles[i].gamma, RIGHT, &v, e));
    agrees("kappa", v, profiles[i].kappa);
    double near = cos(1e-3);
    assay_value close;
    ok(data_reconstruction_profile(profiles[i].act, profiles[i].gamma, &near, 1, RIGHT, &close, e));
    cr_expect_float_eq(close.value / 1e-6 / v.value, 1, 2e-3);
  }
  refuses(data_reconstruction_m(ACTIVATION_LIN, 1, &s, &m, e), "linear");
  ok(data_reconstruction_m(ACTIVATION_QUAD, 1, &s, &m, e));
  cr_expect_eq(m, 1);
}

static const struct {
  activation act;
  double r[2];
  const char *Pi;
} several[] = {{ACTIVATION_RELU, {.7, .6}, "0.1729518904"},
               {ACTIVATION_RELU_ERF, {.7, .6}, "0.1056612995"},
               {ACTIVATION_RELU, {.5, -.5}, "0.3356592884"},
               {ACTIVATION_RELU_ERF, {.5, -.5}, "0.2161116199"}};

Test(data_reconstruction, profile_near_several_samples) {
  assay_value v, twice;
  for (size_t i = 0; i < sizeof several / sizeof *several; i++) {
    ok(data_reconstruction_profile(several[i].act, 1, several[i].r, 2, RIGHT, &v, e));
    agrees("Pi", v, several[i].Pi);
  }
  const double far[] = {.9, .9};
  refuses(data_reconstruction_profile(ACTIVATION_RELU, 1, far, 2, RIGHT, &v, e), "squared length");
  /* Slopes of the antipode. */
  ok(data_reconstruction_antipode(ACTIVATION_RELU, 4, RIGHT, &v, e));
  ok(data_reconstruction_antipode(ACTIVATION_RELU, 8, RIGHT, &twice, e));
  cr_expect_float_eq(log2(twice.value / v.value), -.91283836, 5.1e-9);
  ok(data_reconstruction_antipode(ACTIVATION_TANH, 4, RIGHT, &v, e));
  cr_expect_eq(v.value, 0);
}

/* ---- counting ---- */

Test(data_reconstruction, ranks) {
  long rank, p;
  static const struct {
    activation act;
    int d, n;
    long p_star;
  } widths[] = {{ACTIVATION_TANH, 6, 2, 12}, {ACTIVATION_TANH, 24, 2, 48}, {ACTIVATION_RELU_ERF, 6, 8, 48},
                {ACTIVATION_LIN, 9, 3, 9},   {ACTIVATION_QUAD, 8, 4, 26},  {ACTIVATION_QUAD_LIN, 8, 4, 29}};
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
    ok(data_reconstruction_least_width(widths[i].act, widths[i].d, widths[i].n, RIGHT, &p, e));
    cr_expect_eq(p, widths[i].p_star);
    ok(data_reconstruction_rank(widths[i].act, widths[i].d, widths[i].n, p + 3, NULL, RIGHT, &rank, e));
    cr_expect_eq(rank, p);
    ok(data_reconstruction_rank(widths[i].act, widths[i].d, widths[i].n, p - 1, NULL, RIGHT, &rank, e));
    cr_expect_eq(rank, p - 1);
  }
  refuses(data_reconstruction_least_width(ACTIVATION_QUAD, 3, 4, RIGHT, &p, e), "n <= d");
  refuses(data_reconstruction_rank(ACTIVATION_RELU, 5, 2, 10, NULL, RIGHT, &rank, e), "counts");
}

/* relu: silent features count for nothing; patterns (1,0), (0,1), (1,1). abs: b and -b are one line. */
Test(data_reconstruction, ranks_of_sign_patterns) {
  long rank;
  const double many[] = {30, 20, 20, 20}, few[] = {10, 3, 20, 0}, line[] = {0, 30, 30, 0};
  ok(data_reconstruction_rank(ACTIVATION_RELU, 6, 2, 0, many, RIGHT, &rank, e));
  cr_expect_eq(rank, 12);
  ok(data_reconstruction_rank(ACTIVATION_RELU, 6, 2, 0, few, RIGHT, &rank, e));
  cr_expect_eq(rank, 3 + 6);
  ok(data_reconstruction_rank(ACTIVATION_ABS, 6, 2, 0, line, RIGHT, &rank, e));
  cr_expect_eq(rank, 6);
  cr_expect_float_eq(data_reconstruction_full_rank(20, 36), .309, 5.1e-4);
  cr_expect_float_eq(data_reconstruction_full_rank(20, 40), .563, 5.1e-4);
  cr_expect_float_eq(data_reconstruction_full_rank(20, 44), .774, 5.1e-4);
}

Test(data_reconstruction, several_outputs) {
  static const struct {
    int d, n, C;
    long p;
  } widths[] = {{12, 3, 1, 36}, {12, 3, 2, 20}, {12, 3, 3, 14}, {12, 3, 6, 14},
                {8, 5, 2, 23},  {8, 5, 3, 17},  {8, 5, 8, 12}};
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
    int d = widths[i].d, n = widths[i].n, C = widths[i].C;
    long p = data_reconstruction_output_width(d, n, C, RIGHT);
    cr_expect_eq(p, widths[i].p);
    cr_expect_eq(data_reconstruction_output_rank(d, n, C, p), n * (d - 1 + C));
    cr_expect_lt(data_reconstruction_output_rank(d, n, C, p - 1), n * (d - 1 + C));
  }
  cr_expect_float_eq(data_reconstruction_fraction(20, 4, 20, RIGHT), 60. / 76, 1e-15);
  cr_expect_eq(data_reconstruction_fraction(20, 4, 80, RIGHT), 0);
  cr_expect_eq(data_reconstruction_fraction(20, 4, 3, RIGHT), 1);
}

static const struct {
  activation act;
  int n;
  double c;
  const char *M;
} noises[] = {{ACTIVATION_RELU, 1, 3, "2"},
              {ACTIVATION_RELU, 1, 5, "0.6666666667"},
              {ACTIVATION_RELU, 2, 4, "2"},
              {ACTIVATION_RELU, 2, 6, "0.8"},
              {ACTIVATION_RELU, 3, 5, "1.9360962310"},
              {ACTIVATION_RELU, 4, 6, "1.8926793894"},
              {ACTIVATION_RELU, 4, 8, "0.8728715609"},
              {ACTIVATION_RELU, 4, 12, "0.4187005048"},
              {ACTIVATION_RELU, 8, 12, "0.9149198339"},
              {ACTIVATION_TANH, 1, 1.2, "42.7848472816"},
              {ACTIVATION_TANH, 1, 2, "3.4500935537"},
              {ACTIVATION_TANH, 1, 3, "1.3970751653"},
              {ACTIVATION_ERF, 1, 1.2, "71.0464151827"},
              {ACTIVATION_ERF, 1, 2, "3.1516685738"},
              {ACTIVATION_ERF, 1, 3, "1.1981807911"},
              {ACTIVATION_RELU_ERF, 1, 1.2, "13.3242181744"},
              {ACTIVATION_RELU_ERF, 1, 2, "0.9655707224"},
              {ACTIVATION_RELU_ERF, 1, 3, "0.3911743667"},
              {ACTIVATION_QUAD, 1, 1.2, "11.2297020564"},
              {ACTIVATION_QUAD, 1, 2, "0.6674713817"},
              {ACTIVATION_QUAD, 1, 3, "0.2328995875"},
              {ACTIVATION_ABS, 1, 1.2, "5"},
              {ACTIVATION_ABS, 4, 6, "0.5"}};

Test(data_reconstruction, amplification_of_noise) {
  assay_value M;
  for (size_t i = 0; i < sizeof noises / sizeof *noises; i++) {
    ok(data_reconstruction_noise(noises[i].act, noises[i].n, noises[i].c, RIGHT, &M, e));
    agrees("M", M, noises[i].M);
  }
  ok(data_reconstruction_noise(ACTIVATION_RELU, 4, 1e6, RIGHT, &M, e));
  assay_value fisher;
  ok(data_reconstruction_noise(ACTIVATION_RELU, 4, 1e6, DATA_RECONSTRUCTION_FISHER, &fisher, e));
  cr_expect_float_eq(M.value / fisher.value, 1, 1e-5);
  refuses(data_reconstruction_noise(ACTIVATION_RELU, 2, 2.6, RIGHT, &M, e), "above 2.66");
  refuses(data_reconstruction_noise(ACTIVATION_TANH, 2, 9, RIGHT, &M, e), "n = 2");
}
