#include "sim/kernels/elementary.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/random.h"
#include "sim/kernels/simd.h"

typedef void of_array(const double *x, size_t n, double *out);
typedef long double of_number(long double x);

static long double relu_kernel(long double r) {
  return (sqrtl((1 - r) * (1 + r)) + r * acosl(-r)) / (2 * acosl(-1));
}
static long double erf_slope(long double x) {
  return 2 / sqrtl(acosl(-1)) * expl(-x * x);
}
static long double tanh_slope(long double x) {
  long double c = coshl(x);
  return 1 / (c * c);
}
static void erf_slopes(const double *x, size_t n, double *out) {
  elementary_activation_slope(ACTIVATION_ERF, x, n, out);
}
static void tanh_slopes(const double *x, size_t n, double *out) {
  elementary_activation_slope(ACTIVATION_TANH, x, n, out);
}

static const struct {
  const char *name;
  of_array *array;
  of_number *number;
  double reach; /* arguments in (-reach, reach) */
  double ulp, absolute;
} functions[] = {
    {"exp", elementary_exp, expl, 708, 2, 0},
    {"exp, near 0", elementary_exp, expl, 1, 2, 0},
    {"erf", elementary_erf, erfl, 7, 3, 0},
    {"erf, near 0", elementary_erf, erfl, 1.2, 3, 0},
    {"tanh", elementary_tanh, tanhl, 25, 3, 0},
    {"tanh, near 0", elementary_tanh, tanhl, .5, 3, 0},
    {"asin", elementary_asin, asinl, 1, 3, 0},
    {"asin, near 0", elementary_asin, asinl, 1e-3, 3, 0},
    {"acos", elementary_acos, acosl, 1, 3, 0},
    {"relu kernel", elementary_relu_kernel, relu_kernel, 1, 0, 2e-16},
    {"erf'", erf_slopes, erf_slope, 5, 0, 4e-16},
    {"tanh'", tanh_slopes, tanh_slope, 5, 0, 6e-16},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions, COUNT = 50001 };

/* Against long double, and the same bits at every level of vectors. */
Test(elementary, functions_are_as_exact_as_stated_and_the_same_at_every_level) {
  static double x[COUNT], base[COUNT], out[COUNT];
  for (int f = 0; f < FUNCTIONS; f++) {
    random_source source = random_open(&(assay_stream){3, 0}, RANDOM_TEST, (unsigned)f);
    random_uniforms(&source, x, COUNT);
    for (int i = 0; i < COUNT; i++) x[i] = functions[f].reach * (2 * x[i] - 1);
    for (int level = SIMD_SSE2; level <= (int)simd_best(); level++) {
      simd_set_level((simd_level)level);
      functions[f].array(x, COUNT, level == SIMD_SSE2 ? base : out);
      if (level > SIMD_SSE2) cr_assert(!memcmp(base, out, sizeof out), "%s", functions[f].name);
    }
    for (int i = 0; i < COUNT; i++) {
      long double exact = functions[f].number(x[i]), unit = ldexpl(1, ilogb((double)exact) - 52);
      cr_assert_leq(fabsl(base[i] - exact), functions[f].ulp * unit + functions[f].absolute,
                    "%s(%.17g) = %.17g, not %.17Lg", functions[f].name, x[i], base[i], exact);
    }
  }
}

/* Every length, on an array of its own and in place: what lies behind is left alone. */
Test(elementary, lengths_and_places_do_not_matter) {
  double x[40], all[40], out[41];
  for (int i = 0; i < 40; i++) x[i] = .05 * (i - 20) + .01;
  for (int level = SIMD_SSE2; level <= (int)simd_best(); level++) {
    simd_set_level((simd_level)level);
    elementary_erf(x, 40, all);
    for (size_t n = 0; n <= 40; n++) {
      memcpy(out, x, sizeof x), out[40] = 7;
      elementary_erf(out, n, out);
      for (size_t i = 0; i < 40; i++) cr_assert_eq(out[i], i < n ? all[i] : x[i]);
      cr_assert_eq(out[40], 7);
    }
  }
}

Test(elementary, ends_of_the_domains) {
  const double x[] = {-INFINITY, -800, -0., 0, 800, INFINITY, NAN};
  double e[7], t[7], f[7], one[] = {-1.1, -1, 1, 1.1};
  elementary_exp(x, 7, e), elementary_tanh(x, 7, t), elementary_erf(x, 7, f);
  cr_expect(e[0] == 0 && e[1] == 0 && e[2] == 1 && e[3] == 1 && e[4] > 1e307 && e[5] > 1e307 && isnan(e[6]));
  for (int i = 0; i < 6; i++) {
    cr_expect(t[i] == (x[i] == 0 ? x[i] : x[i] > 0 ? 1 : -1) && signbit(t[i]) == signbit(x[i]));
    cr_expect(f[i] == t[i] && signbit(f[i]) == signbit(x[i]));
  }
  cr_expect(isnan(t[6]) && isnan(f[6]));
  elementary_relu_kernel(one, 4, one);
  cr_expect(one[0] == 0 && one[1] == 0 && one[2] == .5 && one[3] == .5);
}

/* The activations are those of the model, whichever way they are computed. */
Test(elementary, activations_are_those_of_the_model) {
  double z[33], value[33], slope[33];
  for (int i = 0; i < 33; i++) z[i] = .2 * (i - 16);
  for (int act = 0; act <= ACTIVATION_SQUAREPLUS; act++) {
    elementary_activation((activation)act, z, 33, value);
    elementary_activation_slope((activation)act, z, 33, slope);
    for (int i = 0; i < 33; i++) {
      cr_expect_float_eq(value[i], activation_value((activation)act, z[i]), 1e-14);
      cr_expect_float_eq(slope[i], activation_slope((activation)act, z[i]), 1e-14);
    }
  }
}
