#include "theory/spurious-features/spurious-features.h"

#include <criterion/criterion.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "theory/numerics/activation_kernel.h"
#include "theory/numerics/effective_ridge.h"
#include "theory/numerics/panels.h"

/* ---- comparing ---- */

static double half_unit(const char *printed) {
  const char *point = strchr(printed, '.');
  return .5 * pow(10, point ? -(double)strspn(point + 1, "0123456789") : 0);
}

/* The value agrees with a printed reference to its last digit, and its error bound is at most 1e-9 relative.
 */
static void agrees(const char *what, assay_value v, const char *printed) {
  cr_expect(fabs(v.value - strtod(printed, NULL)) <= 1.0000001 * half_unit(printed) + v.error,
            "%s: %.14g, not %s", what, v.value, printed);
  cr_expect(v.error >= 0 && v.error <= 1e-9 * fabs(v.value) + 1e-13, "%s: error %.3g of %.6g", what, v.error,
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

#define RIGHT SPURIOUS_FEATURES_RIGHT
#define ISO(d_, v_, rho_)                                                                                    \
  { .kind = SPURIOUS_FEATURES_ISO, .d = d_, .v = v_, .rho = rho_ }
#define TWOBLOCK(d_)                                                                                         \
  { .kind = SPURIOUS_FEATURES_TWOBLOCK, .d = d_, .v1 = 1.6, .v2 = .4, .r1 = .5, .r2 = .5 }
#define DCT(d_)                                                                                              \
  { .kind = SPURIOUS_FEATURES_DCT, .d = d_, .rho = .7, .alpha = .3, .bet = .7 }
#define NEGCORE(m)                                                                                           \
  { .kind = SPURIOUS_FEATURES_NEGCORE, .d = 2 * (m) }
static const spurious_features_model twoblock = TWOBLOCK(100), dct = DCT(100);

/* ---- ridge ---- */

static const struct {
  spurious_features_model model;
  double n, lambda, sigma2;
  const char *tau, *C, *L, *n_var_C;
} isotropic[] = {
    {ISO(60, 1, .5), 180, .5, .25, "0.7708138223", "0.0667768677", "0.5335205062", "0.0400631332"},
    {ISO(60, 1, .5), 90, .5, .25, "1.1723766345", "0.0655806030", "0.7081368029", "0.0345312992"},
    {ISO(60, 2, .8), 240, .2, .1, "0.3035420200", "0.2255293393", "0.2167136467", "0.1344566689"},
    {ISO(60, .5, .9), 60, .1, .5, "0.5641398601", "0.1814079013", "1.2551468762", "0.1179694365"}};

Test(spurious_features, ridge_on_isotropic_data) {
  spurious_features_spectrum p;
  spurious_features_ridge r;
  for (size_t i = 0; i < sizeof isotropic / sizeof *isotropic; i++) {
    ok(spurious_features_spectrum_new(&isotropic[i].model, &p, e));
    ok(spurious_features_at(&p, isotropic[i].n, isotropic[i].lambda, isotropic[i].sigma2, RIGHT, &r, e));
    agrees("tau", r.tau, isotropic[i].tau), agrees("C", r.C, isotropic[i].C),
        agrees("L", r.L, isotropic[i].L);
    agrees("n_var_C", r.n_var_C, isotropic[i].n_var_C);
    spurious_features_spectrum_free(&p);
  }
}

static const struct {
  const spurious_features_model *model;
  double n, lambda;
  const char *tau, *C, *L, *dC, *n_var_C;
} references[] = {
    {&twoblock, 150, .05, "0.3821288580", "0.0521432030", "0.8218865561", "0.11677172", "0.09648405"},
    {&twoblock, 150, .3, "0.8427660467", "0.0603361592", "0.6894562878", "0.00238425", "0.04356630"},
    {&twoblock, 150, 1, "1.7695132332", "0.0545965871", "0.7556934718", "-0.01074140", "0.02293852"},
    {&twoblock, 300, .05, "0.1149332819", "0.0273232423", "0.5091593350", "0.32532884", "0.10978165"},
    {&twoblock, 300, .3, "0.4983690815", "0.0563198780", "0.4830253801", "0.03625732", "0.04694237"},
    {&twoblock, 300, 1, "1.3423017446", "0.0582128923", "0.6254394395", "-0.00858159", "0.02540134"},
    {&dct, 150, .05, "0.3095349965", "0.1133206080", "0.7431599449", "0.25843462", "0.19658804"},
    {&dct, 150, .3, "0.7576482493", "0.1255234169", "0.6153477279", "-0.01697522", "0.06707681"},
    {&dct, 150, 1, "1.6791974328", "0.1048991182", "0.6824272752", "-0.02848687", "0.03049122"},
    {&dct, 300, .05, "0.1079388212", "0.0685014929", "0.4747463008", "0.73339397", "0.25355015"},
    {&dct, 300, .3, "0.4720972315", "0.1238111361", "0.4491706919", "0.04286958", "0.08011390"},
    {&dct, 300, 1, "1.3031279145", "0.1140751863", "0.5688711241", "-0.02782203", "0.03406957"}};

Test(spurious_features, ridge_on_twoblock_and_dct) {
  spurious_features_spectrum p;
  spurious_features_ridge r;
  double dense;
  for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
    ok(spurious_features_spectrum_new(references[i].model, &p, e));
    ok(spurious_features_at(&p, references[i].n, references[i].lambda, .25, RIGHT, &r, e));
    agrees("tau", r.tau, references[i].tau), agrees("C", r.C, references[i].C),
        agrees("L", r.L, references[i].L);
    agrees("dC", r.dC, references[i].dC), agrees("n_var_C", r.n_var_C, references[i].n_var_C);
    ok(spurious_features_C_dense(references[i].model, r.tau.value, &dense, e));
    cr_expect_float_eq(dense, r.C.value, 1e-13);
    spurious_features_spectrum_free(&p);
  }
}

/* dC and dL are derivatives; the closed form of v = 1, rho = 0; both ends of lambda. */
Test(spurious_features, identities_of_the_ridge) {
  spurious_features_spectrum p;
  spurious_features_ridge r, above, below;
  spurious_features_model white = ISO(50, 1, 0);
  ok(spurious_features_spectrum_new(&dct, &p, e));
  ok(spurious_features_at(&p, 300, .3, .25, RIGHT, &r, e));
  ok(spurious_features_at(&p, 300, .3 + 1e-5, .25, RIGHT, &above, e));
  ok(spurious_features_at(&p, 300, .3 - 1e-5, .25, RIGHT, &below, e));
  cr_expect_float_eq((above.C.value - below.C.value) / 2e-5, r.dC.value, 1e-8);
  cr_expect_float_eq((above.L.value - below.L.value) / 2e-5, r.dL.value, 1e-8);
  cr_expect_float_eq(spurious_features_C_slope(&p, 0), .49 / .51, 1e-10);
  ok(spurious_features_at(&p, 300, 0, .25, RIGHT, &r, e));
  cr_expect_float_eq(r.L.value, .25 * 300 / 100, 1e-12);
  refuses(spurious_features_at(&p, 0, .3, .25, RIGHT, &r, e), "n = 0");
  refuses(spurious_features_at(&p, 300, -1, .25, RIGHT, &r, e), "lambda = -1");
  spurious_features_spectrum_free(&p);
  ok(spurious_features_spectrum_new(&white, &p, e));
  ok(spurious_features_at(&p, 150, .4, 0, RIGHT, &r, e));
  double t = r.tau.value;
  cr_expect_float_eq(t * t + t * (1 - .4) - t * 100 / 150 - .4, 0, 1e-13);
  spurious_features_spectrum_free(&p);
}

static const struct {
  const spurious_features_model *model;
  double n;
  const char *lambda_m, *lambda_C, *sigma2_c, *C, *L, *dC;
} optima[] = {
    {&twoblock, 150, "0.2906469686", "0.3289274822", "0.2810281178", "0.0603097541", "0.6894110423",
     "0.00327267"},
    {&twoblock, 300, "0.1546657141", "0.6078990438", "1.0179237560", "0.0469185570", "0.4633569937",
     "0.10776711"},
    {&dct, 150, "0.2939131144", "0.2262377438", "0.1917812907", "0.1256237966", "0.6153292938",
     "-0.01599748"},
    {&dct, 300, "0.1590769855", "0.4341949584", "0.7157206461", "0.1098299490", "0.4350703021", "0.18736020"},
    {&dct, 600, "0.0856838537", "0.5381735658", "1.7635993570", "0.0719017434", "0.3390343750",
     "0.48945822"}};

Test(spurious_features, best_ridges_and_thresholds) {
  spurious_features_spectrum p;
  spurious_features_best best;
  spurious_features_peak peak;
  assay_value sigma2_c;
  for (size_t i = 0; i < sizeof optima / sizeof *optima; i++) {
    ok(spurious_features_spectrum_new(optima[i].model, &p, e));
    ok(spurious_features_trade_off(&p, optima[i].n, .25, &best, e));
    ok(spurious_features_shape(&p, optima[i].n, &peak, e));
    ok(spurious_features_noise_threshold(&p, optima[i].n, RIGHT, &sigma2_c, e));
    agrees("lambda_m", best.lambda_m, optima[i].lambda_m),
        agrees("lambda_C", peak.lambda_C, optima[i].lambda_C);
    agrees("sigma2_c", sigma2_c, optima[i].sigma2_c), agrees("C", best.at.C, optima[i].C),
        agrees("L", best.at.L, optima[i].L);
    agrees("dC", best.at.dC, optima[i].dC);
    spurious_features_spectrum_free(&p);
  }
  ok(spurious_features_spectrum_new(&dct, &p, e));
  ok(spurious_features_shape(&p, 300, &peak, e));
  agrees("tau_C", peak.tau_C, "0.6421521731"), agrees("C_max", peak.C_max, "0.1262266692");
  spurious_features_spectrum_free(&p);
  ok(spurious_features_spectrum_new(&twoblock, &p, e));
  ok(spurious_features_shape(&p, 300, &peak, e));
  agrees("tau_C", peak.tau_C, "0.8868706054"), agrees("C_max", peak.C_max, "0.0603694149");
  spurious_features_spectrum_free(&p);
}

Test(spurious_features, negative_core) {
  spurious_features_model model = NEGCORE(25);
  spurious_features_spectrum p;
  spurious_features_ridge r;
  ok(spurious_features_spectrum_new(&model, &p, e));
  ok(spurious_features_at(&p, 150, .1, .25, RIGHT, &r, e));
  agrees("C", r.C, "-0.03624429");
  ok(spurious_features_at(&p, 150, 3, .25, RIGHT, &r, e));
  agrees("C", r.C, "0.00453327");
  spurious_features_spectrum_free(&p);
}

/* ---- bounds ---- */

Test(spurious_features, bounds_at_reference_points) {
  spurious_features_bounds b;
  ok(spurious_features_bound(&twoblock, .5, false, &b, e));
  agrees("E-", (assay_value){b.E_minus, 0}, "0.04"), agrees("E+", (assay_value){b.E_plus, 0}, "0.0727272727");
  agrees("U", (assay_value){b.U_b, 0}, "0.0761904762");
  ok(spurious_features_bound(&twoblock, 2, false, &b, e));
  agrees("E-", (assay_value){b.E_minus, 0}, "0.0281690141"),
      agrees("E+", (assay_value){b.E_plus, 0}, "0.0769230769");
  agrees("U", (assay_value){b.U_b, 0}, "0.0808080808");
  ok(spurious_features_bound(&dct, .5, false, &b, e));
  agrees("U", (assay_value){b.U_b, 0}, "0.7666072249");
  cr_expect_not(b.unit);
}

/* E(l) = tau theta' [s M_0] [(1 + tau) I - s M_0]^{-1} theta, s = l/(l + tau), whatever Sxx; Syy is diagonal.
 */
static double form_a(const spurious_features_model *m, double tau, double l) {
  int d = m->d, D = 2 * d, pivots[100];
  double *Sigma = malloc((size_t)(D * D + d * d + 2 * d) * sizeof *Sigma), *A = Sigma + D * D,
         *theta = A + d * d, *x = theta + d, sum = 0, s = l / (l + tau);
  cr_assert(Sigma && d <= 100);
  spurious_features_covariance(m, Sigma, theta);
  memcpy(x, theta, (size_t)d * sizeof *x);
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++) {
      double explained = 0;
      for (int k = d; k < D; k++) explained += Sigma[i * D + k] * Sigma[j * D + k] / Sigma[k * D + k];
      A[i * d + j] = (i == j ? 1 + tau : 0) - s * explained;
    }
  cr_assert_eq(LAPACKE_dgesv(LAPACK_ROW_MAJOR, d, 1, A, d, pivots, x, 1), 0);
  /* s M_0 x = (1 + tau) x - theta. */
  for (int i = 0; i < d; i++) sum += tau * theta[i] * ((1 + tau) * x[i] - theta[i]);
  free(Sigma);
  return sum;
}

/* Form (a) is the bound where Sxx = I, and no bound of dct, whose C lies below it. */
Test(spurious_features, bounds_of_form_a_need_a_unit_covariance) {
  spurious_features_bounds b;
  spurious_features_spectrum p;
  ok(spurious_features_bound(&twoblock, .5, false, &b, e));
  cr_expect_float_eq(form_a(&twoblock, .5, .4), b.E_minus, 1e-13);
  cr_expect_float_eq(form_a(&twoblock, .5, 1.6), b.E_plus, 1e-13);
  double variances[200], lo = INFINITY, hi = 0;
  spurious_features_variances(&dct, variances);
  for (int i = 100; i < 200; i++) lo = fmin(lo, variances[i]), hi = fmax(hi, variances[i]);
  ok(spurious_features_spectrum_new(&dct, &p, e));
  agrees("C", spurious_features_C(&p, .01, RIGHT), "0.0092");
  agrees("E-", (assay_value){form_a(&dct, .01, lo), 0}, "0.0149");
  agrees("E+", (assay_value){form_a(&dct, .01, hi), 0}, "0.0373");
  spurious_features_spectrum_free(&p);
}

/* Of random covariances G G'/40, by a congruential generator: |C| stays below U_b. */
Test(spurious_features, bound_of_random_covariances) {
  unsigned long state = 12345;
  for (int trial = 0; trial < 200; trial++) {
    double G[20 * 40], Sigma[400], beta[20] = {0}, u[20] = {0}, norm = 0;
    for (int i = 0; i < 800; i++) {
      double sum = -6;
      for (int k = 0; k < 12; k++)
        state = state * 6364136223846793005ul + 1442695040888963407ul,
        sum += (double)(state >> 11) / 9007199254740992.;
      G[i] = sum;
    }
    for (int i = 0; i < 20; i++)
      for (int j = 0; j < 20; j++) {
        Sigma[i * 20 + j] = 0;
        for (int k = 0; k < 40; k++) Sigma[i * 20 + j] += G[i * 40 + k] * G[j * 40 + k] / 40;
      }
    for (int i = 0; i < 10; i++) beta[i] = G[i], norm += G[i] * G[i];
    for (int i = 0; i < 10; i++) beta[i] /= sqrt(norm);
    for (int i = 10; i < 20; i++)
      for (int j = 0; j < 10; j++) u[i] += Sigma[i * 20 + j] * beta[j];
    spurious_features_spectrum p;
    ok(spurious_features_spectrum_of(Sigma, 20, 10, beta, u, &p, e));
    /* lambda_min(S) >= lambda_min(Sigma), |Sxx - S| <= lambda_max(Sxx), l+ <= lambda_max(Sigma). */
    for (double tau = 1e-3; tau < 200; tau *= 10) {
      double far = spurious_features_C(&p, tau, RIGHT).value, l = p.s[19];
      cr_expect_leq(fabs(far), tau * l / (tau + l) * p.core[9] / (p.s[0] + tau));
    }
    spurious_features_spectrum_free(&p);
  }
}

/* ---- random features ---- */

static const double widths[] = {100, 150, 450, 900, INFINITY};
static const struct {
  activation act;
  double ell;
  const char *tau[5], *C[5], *L[5];
} widths_of[] = {{ACTIVATION_ERF,
                  0,
                  {"0.9776490512", "0.4687592640", "0.1308845005", "0.1308845005", "0.1308845005"},
                  {"0.1217684310", "0.1236997448", "0.0771301405", "0.0771301405", "0.0771301405"},
                  {"1.0066891010", "1.0443671482", "1.1715348108", "0.6386489285", "0.4610203011"}},
                 {ACTIVATION_ERF,
                  .1,
                  {"1.3226386931", "0.8625951667", "0.4701369952", "0.4117783711", "0.3656368536"},
                  {"0.1135916176", "0.1240043643", "0.1237461106", "0.1212485670", "0.1183422494"},
                  {"0.8960264512", "0.7642095398", "0.5369035936", "0.4849024788", "0.4386534120"}},
                 {ACTIVATION_RELU,
                  0,
                  {"1.7678272775", "1.0225035029", "0.3956414473", "0.3956414473", "0.3956414473"},
                  {"0.1028323288", "0.1207926078", "0.1203385130", "0.1203385130", "0.1203385130"},
                  {"1.2096436526", "1.3622854654", "1.4271912792", "0.6876477613", "0.4411332553"}},
                 {ACTIVATION_RELU,
                  .1,
                  {"2.2389990741", "1.5634075085", "0.9137023597", "0.8122619893", "0.7335937618"},
                  {"0.0927354391", "0.1076675178", "0.1230676331", "0.1248119644", "0.1257704617"},
                  {"1.0641260770", "0.9693122176", "0.6794342790", "0.5806037094", "0.4852332708"}}};

Test(spurious_features, random_features_of_every_width) {
  spurious_features_spectrum p;
  spurious_features_random r;
  ok(spurious_features_spectrum_new(&dct, &p, e));
  for (size_t i = 0; i < sizeof widths_of / sizeof *widths_of; i++) {
    activation_hermite h = activation_numbers(widths_of[i].act);
    for (int k = 0; k < 5; k++) {
      ok(spurious_features_random_features(&p, 300, widths[k], h.mu1, h.mus2, widths_of[i].ell, .25, RIGHT,
                                           &r, e));
      agrees("tau", r.tau, widths_of[i].tau[k]), agrees("C", r.C, widths_of[i].C[k]),
          agrees("L", r.L, widths_of[i].L[k]);
    }
  }
  activation_hermite h = activation_numbers(ACTIVATION_HE3);
  ok(spurious_features_random_features(&p, 300, 100, h.mu1, h.mus2, 0, .25, RIGHT, &r, e));
  agrees("C", r.C, "0.1168341325");
  ok(spurious_features_random_features(&p, 300, 900, h.mu1, h.mus2, 0, .25, RIGHT, &r, e));
  agrees("C", r.C, "0.0966213078");
  spurious_features_spectrum_free(&p);
}

/* ---- numerics ---- */

static const struct {
  activation act;
  const char *k[4], *slope; /* k(-.5), k(.3), k(.7), k(1); k'(.3) */
} kernels[] = {
    {ACTIVATION_RELU, {"0.054498890522", "0.241372141918", "0.375045204627", "0.5"}, "0.298493342010"},
    {ACTIVATION_ABS, {"0.717995562088", "0.665488567671", "0.800180818507", "1"}, "0.193973368041"},
    {ACTIVATION_ERF,
     {"-0.216346895939", "0.128188433698", "0.309090436496", "0.464559054398"},
     "0.433164889574"},
    {ACTIVATION_TANH,
     {"-0.186324413203", "0.110668385547", "0.265126730089", "0.394294490398"},
     "0.372991912342"},
    {ACTIVATION_RELU_ERF,
     {"-0.487583013352", "0.565001580377", "1.140164652232", "1.616029070268"},
     "1.383128247455"},
    {ACTIVATION_RELU_TANH, {"-0.434678277482", "0.533752180346", "1.064165791437", "1.5"}, "1.277190763954"}};

Test(activation_kernel, reference_values) {
  static const double at[] = {-.5, .3, .7, 1};
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
    for (int k = 0; k < 4; k++)
      agrees("k", (assay_value){activation_kernel(kernels[i].act, at[k]), 1e-13}, kernels[i].k[k]);
    agrees("k'", (assay_value){activation_kernel_slope(kernels[i].act, .3), 1e-13}, kernels[i].slope);
  }
}

/* k' is the derivative of k, k(0) = mu0^2, k'(0) = mu1^2, and k(1) = mu0^2 + mu1^2 + mus2, for every
 * activation. */
Test(activation_kernel, identities) {
  for (activation act = ACTIVATION_RELU; act <= ACTIVATION_HE3; act++) {
    activation_hermite h = activation_numbers(act);
    for (double r = -.8; r < .9; r += .2)
      cr_expect_float_eq((activation_kernel(act, r + 1e-5) - activation_kernel(act, r - 1e-5)) / 2e-5,
                         activation_kernel_slope(act, r), 2e-8);
    cr_expect_float_eq(activation_kernel(act, 0), h.mu0 * h.mu0, 1e-13);
    cr_expect_float_eq(activation_kernel_slope(act, 0), h.mu1 * h.mu1, 1e-13);
    cr_expect_float_eq(activation_kernel(act, 1), h.mu0 * h.mu0 + h.mu1 * h.mu1 + h.mus2, 1e-13);
  }
}

/* The equation holds, and dtau/dlambda = 1/(1 - df2/n). */
Test(effective_ridge, solves_its_equation) {
  const double s[] = {.1, 1, 5}, m[] = {30, 50, 20};
  assay_value tau, above;
  for (double n = 40; n < 400; n *= 2)
    for (double lambda = 1e-6; lambda < 100; lambda *= 10) {
      ok(effective_ridge(s, m, 3, n, lambda, &tau, e));
      double residual = lambda / tau.value + effective_freedom(s, m, 3, tau.value, 1) / n - 1;
      cr_expect_float_eq(residual, 0, 1e-12);
      ok(effective_ridge(s, m, 3, n, lambda * 1.0001, &above, e));
      double slope = (above.value - tau.value) / (lambda * 1e-4),
             expected = 1 / (1 - effective_freedom(s, m, 3, tau.value, 2) / n);
      cr_expect_float_eq(slope / expected, 1, 2e-3);
    }
  ok(effective_ridge(s, m, 3, 60, 0, &tau, e));
  cr_expect_float_eq(effective_freedom(s, m, 3, tau.value, 1), 60, 1e-10);
  ok(effective_ridge(s, m, 3, 100, 0, &tau, e));
  cr_expect_eq(tau.value, 0);
}

/* Two eigenvalues, long double and bisection: an independent root. */
static double by_bisection(const double *s, const double *m, int count, double n, double lambda) {
  long double lo = -800, hi = 800;
  for (int i = 0; i < 200; i++) {
    long double mid = (lo + hi) / 2, tau = expl(mid), sum = n;
    for (int k = 0; k < count; k++) sum -= s[k] > 0 ? m[k] : 0; /* exact: 0 when n is the rank */
    for (int k = 0; k < count; k++)
      if (s[k] > 0) sum += m[k] * (tau / (s[k] + tau));
    sum -= n * lambda / tau;
    if (sum > 0)
      hi = mid;
    else
      lo = mid;
  }
  return (double)expl((lo + hi) / 2);
}

/* Conditions to 1e40, ridges from 0 to 1e12, more and fewer samples than dimensions, as many, and singular
 * covariances. */
Test(effective_ridge, corners) {
  static const double ratio[] = {1e-20, 1e-8, 1e-3, 1, 1e3, 1e8, 1e20},
                      samples[] = {3, 50, 99, 100, 101, 1e6, 1e-3, 1e12},
                      ridges[] = {0, 1e-300, 1e-30, 1e-12, 1e-3, 1, 1e6, 1e12};
  assay_value tau;
  for (int a = 0; a < 7; a++)
    for (int b = 0; b < 8; b++)
      for (int c = 0; c < 8; c++)
        for (int zero = 0; zero < 2; zero++) {
          double s[] = {1, ratio[a], 0}, m[] = {60, 40, zero ? 25 : 0}, n = samples[b], lambda = ridges[c];
          ok(effective_ridge(s, m, 3, n, lambda, &tau, e));
          if (lambda == 0 && n >= 100) {
            cr_expect_eq(tau.value, 0);
            continue;
          }
          double exact = by_bisection(s, m, 2, n, lambda);
          cr_expect(fabs(tau.value - exact) <= tau.error + 1e-13 * exact,
                    "ratio %g, n = %g, lambda = %g: %.17g +- %g, not %.17g", ratio[a], n, lambda, tau.value,
                    tau.error, exact);
          cr_expect(tau.error <= 1e-9 * tau.value, "ratio %g, n = %g, lambda = %g: error %g of %g", ratio[a],
                    n, lambda, tau.error, tau.value);
        }
}

/* A law: uniform on [.5, 3], df1 = D (1 - tau/2.5 log((3 + tau)/(.5 + tau))), by Gauss-Legendre nodes. */
Test(effective_ridge, of_a_law) {
  const double cuts[] = {.5, 3};
  panels rule;
  assay_value tau;
  ok(panels_make(cuts, 2, 1, 64, &rule, e));
  for (int i = 0; i < rule.n; i++) rule.w[i] *= 80 / 2.5;
  for (double n = 40; n < 400; n *= 3)
    for (double lambda = 1e-4; lambda < 1e3; lambda *= 10) {
      ok(effective_ridge(rule.x, rule.w, rule.n, n, lambda, &tau, e));
      double df1 = 80 * (1 - tau.value / 2.5 * log((3 + tau.value) / (.5 + tau.value)));
      cr_expect_float_eq(lambda / tau.value + df1 / n, 1, 1e-12);
    }
  panels_free(&rule);
}

Test(effective_ridge, refuses_what_has_no_root) {
  const double s[] = {1, -1e-3}, infinite[] = {1, INFINITY}, m[] = {1, 1}, negative[] = {1, -1},
               zeros[] = {0, 0};
  assay_value tau;
  refuses(effective_ridge(s, m, 2, 1, 1, &tau, e), "eigenvalue -0.001");
  refuses(effective_ridge(infinite, m, 2, 1, 1, &tau, e), "eigenvalue inf");
  refuses(effective_ridge(m, negative, 2, 1, 1, &tau, e), "multiplicity -1");
  refuses(effective_ridge(m, m, 2, NAN, 1, &tau, e), "n = nan");
  refuses(effective_ridge(m, m, 2, INFINITY, 1, &tau, e), "n = inf");
  refuses(effective_ridge(m, m, 2, 1, INFINITY, &tau, e), "lambda = inf");
  ok(effective_ridge(zeros, m, 2, 5, .3, &tau, e));
  cr_expect_eq(tau.value, .3);
}

/* ---- more of the paper ---- */

static const struct {
  double v, lambda;
  const char *C;
} simplicity[] = {{.25, 1, "0.02363833"},  {.5, 1, "0.04056942"},  {1, 1, "0.06391869"},
                  {2, 1, "0.09118479"},    {4, 1, "0.11780329"},   {.25, .05, "0.01967996"},
                  {.5, .05, "0.02511624"}, {1, .05, "0.02960899"}, {2, .05, "0.03278109"},
                  {4, .05, "0.03474874"}};

Test(spurious_features, simplicity) {
  spurious_features_spectrum p;
  spurious_features_ridge r;
  for (size_t i = 0; i < sizeof simplicity / sizeof *simplicity; i++) {
    spurious_features_model model = ISO(50, simplicity[i].v, .5);
    ok(spurious_features_spectrum_new(&model, &p, e));
    ok(spurious_features_at(&p, 150, simplicity[i].lambda, .25, RIGHT, &r, e));
    agrees("C", r.C, simplicity[i].C);
    spurious_features_spectrum_free(&p);
  }
  static const struct {
    double lambda;
    const char *half[2];
  } halves[] = {{1, {"0.04135403", "0.01685887"}}, {.05, {"0.01520245", "0.01212079"}}};
  spurious_features_model model = TWOBLOCK(50);
  for (int i = 0; i < 2; i++) {
    ok(spurious_features_spectrum_new(&model, &p, e));
    ok(spurious_features_at(&p, 150, halves[i].lambda, .25, RIGHT, &r, e));
    for (int h = 0; h < 2; h++)
      agrees("half", (assay_value){spurious_features_half(&model, h, r.tau.value), 0}, halves[i].half[h]);
    spurious_features_spectrum_free(&p);
  }
}

static const struct {
  spurious_features_model model;
  double n, sigma2;
  const char *lambda_m, *dC, *C;
} smaller[] = {{DCT(50), 150, .25, "0.15970303", "0.19281731", "0.11183760"},
               {TWOBLOCK(50), 150, .25, "0.15466571", "0.10776711", "0.04691856"},
               {DCT(50), 75, .1, "0.12102646", "0.072210", "0.12602539"}};

/* The best ridge at d = 50, without ridge, thresholds with and without b, and n lambda_m at many samples. */
Test(spurious_features, best_ridges_of_smaller_models) {
  spurious_features_spectrum p;
  spurious_features_best best;
  spurious_features_peak peak;
  assay_value value;
  for (size_t i = 0; i < sizeof smaller / sizeof *smaller; i++) {
    ok(spurious_features_spectrum_new(&smaller[i].model, &p, e));
    ok(spurious_features_trade_off(&p, smaller[i].n, smaller[i].sigma2, &best, e));
    agrees("lambda_m", best.lambda_m, smaller[i].lambda_m), agrees("dC", best.at.dC, smaller[i].dC),
        agrees("C", best.at.C, smaller[i].C);
    spurious_features_spectrum_free(&p);
  }
  static const struct {
    spurious_features_model model;
    double n;
    const char *threshold, *without_b;
  } thresholds[] = {{DCT(50), 150, "0.71760215", "0.8521"},
                    {DCT(50), 75, "0.19057185", "0.3250"},
                    {ISO(50, 1, .5), 150, "0.86602540", "1.0670"},
                    {TWOBLOCK(50), 150, "1.01792376", "1.2255"}};
  for (int i = 0; i < 4; i++) {
    ok(spurious_features_spectrum_new(&thresholds[i].model, &p, e));
    ok(spurious_features_noise_threshold(&p, thresholds[i].n, RIGHT, &value, e));
    agrees("sigma2_c", value, thresholds[i].threshold);
    ok(spurious_features_noise_threshold(&p, thresholds[i].n, SPURIOUS_FEATURES_NO_B, &value, e));
    agrees("without b", value, thresholds[i].without_b);
    spurious_features_spectrum_free(&p);
  }
  static const struct {
    double ratio;
    const char *n_lambda_m;
  } many[] = {{12, "54.8681"}, {24, "57.4421"}, {48, "59.0683"}, {96, "59.9957"}, {400, "60.7619"}};
  ok(spurious_features_spectrum_new(&dct, &p, e));
  for (int i = 0; i < 5; i++) {
    ok(spurious_features_trade_off(&p, 100 * many[i].ratio, .25, &best, e));
    agrees("n lambda_m", (assay_value){100 * many[i].ratio * best.lambda_m.value, 0}, many[i].n_lambda_m);
  }
  ok(spurious_features_noise_threshold(&p, 1e13, RIGHT, &value, e));
  agrees("sigma2_c/n", (assay_value){value.value / 1e13, 0}, "0.0034929290");
  ok(spurious_features_shape(&p, 150, &peak, e));
  ok(effective_ridge(p.s, p.m, p.count, 150, 0, &value, e));
  agrees("tau_0", value, "0.1559697512");
  agrees("lambda_min", (assay_value){p.s[0], 0}, "0.1489214450"),
      agrees("lambda_max", (assay_value){p.s[199], 0}, "10.0430690866");
  spurious_features_spectrum_free(&p);
  ok(spurious_features_spectrum_new(&smaller[0].model, &p, e));
  ok(spurious_features_shape(&p, 50, &peak, e));
  agrees("C_0, n = 50", peak.C_0, "0.12896601");
  ok(spurious_features_shape(&p, 75, &peak, e));
  agrees("C_0, n = 75", peak.C_0, "0.08745227");
  spurious_features_spectrum_free(&p);
}

static const struct {
  spurious_features_mistake mistake;
  double lambda;
  const char *twoblock, *dct; /* C at n = 300; NULL: not given */
} mistakes[] = {{SPURIOUS_FEATURES_TAU_LAMBDA, .3, "0.047504", "0.112267"},
                {SPURIOUS_FEATURES_TAU_LAMBDA, .05, NULL, "0.039020"},
                {SPURIOUS_FEATURES_CORE_TRACE, .3, "0.052692", "0.120136"},
                {SPURIOUS_FEATURES_CORE_TRACE, .05, NULL, "0.051958"},
                {SPURIOUS_FEATURES_NO_TAU, .3, "0.1130", "0.2623"},
                {SPURIOUS_FEATURES_NO_TAU, .05, NULL, "0.6346"}};

/* What the negative controls predict. */
Test(spurious_features, mistakes_have_their_values) {
  spurious_features_spectrum p;
  spurious_features_ridge r;
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
    for (int which = 0; which < 2; which++) {
      const char *printed = which ? mistakes[i].dct : mistakes[i].twoblock;
      if (!printed) continue;
      ok(spurious_features_spectrum_new(which ? &dct : &twoblock, &p, e));
      ok(spurious_features_at(&p, 300, mistakes[i].lambda, .25, mistakes[i].mistake, &r, e));
      agrees("C", (assay_value){r.C.value, 0}, printed);
      spurious_features_spectrum_free(&p);
    }
  static const struct {
    spurious_features_mistake mistake;
    const char *L;
  } losses[] = {{SPURIOUS_FEATURES_NO_DENOMINATOR, "0.344620"},
                {SPURIOUS_FEATURES_NOISE_OUTSIDE, "0.373326"},
                {SPURIOUS_FEATURES_DF1, "0.542314"},
                {SPURIOUS_FEATURES_TAU_LAMBDA, "0.435305"}};
  ok(spurious_features_spectrum_new(&dct, &p, e));
  for (int i = 0; i < 4; i++) {
    ok(spurious_features_at(&p, 300, .3, .25, losses[i].mistake, &r, e));
    agrees("L", (assay_value){r.L.value, 0}, losses[i].L);
  }
  spurious_features_random rf;
  activation_hermite h = activation_numbers(ACTIVATION_ERF);
  ok(spurious_features_random_features(&p, 300, 900, h.mu1, h.mus2, 0, .25, SPURIOUS_FEATURES_KERNEL_UPS, &rf,
                                       e));
  agrees("L, df2/n", (assay_value){rf.L.value, 0}, "0.4947");
  ok(spurious_features_random_features(&p, 300, INFINITY, h.mu1, h.mus2, 0, .25, SPURIOUS_FEATURES_HALF_NOISE,
                                       &rf, e));
  agrees("C, d for D", (assay_value){rf.C.value, 0}, "0.052401"),
      agrees("L", (assay_value){rf.L.value, 0}, "0.508594");
  ok(spurious_features_random_features(&p, 300, INFINITY, h.mu1, h.mus2, 0, .25, SPURIOUS_FEATURES_MU1_PLAIN,
                                       &rf, e));
  agrees("C, mu1", (assay_value){rf.C.value, 0}, "0.061424"),
      agrees("L", (assay_value){rf.L.value, 0}, "0.488210");
  ok(spurious_features_random_features(&p, 300, INFINITY, h.mu1, h.mus2, 0, .25,
                                       SPURIOUS_FEATURES_NO_DIMENSION, &rf, e));
  agrees("C, no D", (assay_value){rf.C.value, 0}, "0.000901"),
      agrees("L", (assay_value){rf.L.value, 0}, "0.742791");
  ok(spurious_features_random_features(&p, 300, 150, h.mu1, h.mus2, 0, .25, SPURIOUS_FEATURES_NO_HIGHER, &rf,
                                       e));
  agrees("C, p = 150, mt2 = 0", (assay_value){rf.C.value, 0}, "0.0851");
  h = activation_numbers(ACTIVATION_RELU);
  ok(spurious_features_random_features(&p, 300, INFINITY, h.mu1, h.mus2 + h.mu0 * h.mu0, 0, .25, RIGHT, &rf,
                                       e));
  agrees("L, mu0 inside", (assay_value){rf.L.value, 0}, "0.513423");
  spurious_features_spectrum_free(&p);
}

/* Hermite numbers, and the fluctuations' control. */
Test(spurious_features, constants) {
  activation_hermite h = activation_numbers(ACTIVATION_ERF);
  agrees("mu1", (assay_value){h.mu1, 0}, "0.6514700159"),
      agrees("mt2", (assay_value){h.mus2, 0}, "0.0401458728");
  h = activation_numbers(ACTIVATION_RELU);
  agrees("mt2", (assay_value){h.mus2, 0}, "0.0908450569");
  h = activation_numbers(ACTIVATION_TANH);
  agrees("mu1", (assay_value){h.mu1, 0}, "0.6057055096"),
      agrees("mt2", (assay_value){h.mus2, 0}, "0.0274153260");
  h = activation_numbers(ACTIVATION_HE3);
  agrees("mu1", (assay_value){h.mu1, 0}, "1"), agrees("mt2", (assay_value){h.mus2, 0}, "0.16");
  spurious_features_model model = ISO(50, 1, .95);
  spurious_features_spectrum p;
  spurious_features_ridge r;
  ok(spurious_features_spectrum_new(&model, &p, e));
  ok(spurious_features_at(&p, 150, .5, 0, RIGHT, &r, e));
  agrees("n_var_C", r.n_var_C, "0.022681");
  ok(spurious_features_at(&p, 150, .5, 0, SPURIOUS_FEATURES_NO_SECOND, &r, e));
  agrees("n_var_C", r.n_var_C, "0.018089");
  spurious_features_bounds b;
  spurious_features_model wide = ISO(50, 1, .95);
  ok(spurious_features_bound(&wide, .1, false, &b, e));
  agrees("U, wrong shift", (assay_value){b.U_wrong, 0}, "0.0746"),
      agrees("C", spurious_features_C(&p, .1, RIGHT), "0.293496");
  spurious_features_spectrum_free(&p);
}
