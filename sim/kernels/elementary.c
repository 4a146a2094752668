#include "sim/kernels/elementary.h"

#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "sim/kernels/portable_math.h"
#include "sim/kernels/simd.h"

/* ---- polynomials ---- */

#define COUNT(c) (int)(sizeof(c) / sizeof *(c))
#define ROUNDER 0x1.8p52 /* adding it rounds to a whole number, found in the last bits */

/* (e^r - 1 - r)/r^2, |r| <= ln(2)/2. */
static const double exp_series[] = {0.5000000000000001,    0.16666666666666667,   0.041666666666624128,
                                    0.0083333333333300618, 0.0013888888917213717, 0.00019841269863053617,
                                    2.4801521295954375e-5, 2.7557268459997065e-6, 2.7620088445409748e-7,
                                    2.5100385495510319e-8};
/* erf(x)/x in x^2, |x| <= 1. */
static const double erf_series[] = {1.1283791670955126,     -0.3761263890318354,   0.11283791670945006,
                                    -0.02686617064323777,   0.0052239776071164227, -0.00085483259753896921,
                                    0.00012055294904839708, -1.492473690741966e-5, 1.6447424703317362e-6,
                                    -1.6208483801871706e-7, 1.3720064546777686e-8, -7.7958988270021422e-10};
/* e^(x^2) erfc(x) in (x - 3.5)/(x + 3.5), 1 <= x <= 6. */
static const double erfcx_series[] = {0.15529365560889431,   -0.28926504483276778,    0.23313048160024457,
                                      -0.16133852476441674,  0.094427806910007142,    -0.045436761189646752,
                                      0.016976760887292246,  -0.0042422384546376202,  0.00026738627615024996,
                                      0.0002885541030553711, -0.00010810064258366754, -4.6834691889556667e-6,
                                      1.343620257925221e-5,  -1.473864784591073e-6,   -1.6106205470855353e-6};
/* (asin(s)/s - 1)/s^2 in s^2 <= 1/4. */
static const double asin_series[] = {0.16666666666666668,   0.074999999999984329, 0.04464285714635543,
                                     0.030381944138531247,  0.022372172942149888, 0.017352392720869973,
                                     0.013971212973552933,  0.011479177415184906, 0.010322814350185779,
                                     0.0054575067186403583, 0.017400879442694022, -0.014851887071247203,
                                     0.028757851367421565};

/* ---- every level ---- */

#define AT(name) name##_sse2
#define TARGET
#define LANES 2
#define SQRT(v) (V) _mm_sqrt_pd((__m128d)(v))
#include "sim/kernels/elementary_lanes.h"

#define AT(name) name##_avx2
#define TARGET __attribute__((target("avx2")))
#define LANES 4
#define SQRT(v) (V) _mm256_sqrt_pd((__m256d)(v))
#include "sim/kernels/elementary_lanes.h"

#define AT(name) name##_avx512
#define TARGET __attribute__((target("avx512f")))
#define LANES 8
#define SQRT(v) (V) _mm512_sqrt_pd((__m512d)(v))
#include "sim/kernels/elementary_lanes.h"

#define DISPATCH(f, x, n, out)                                                                               \
  (simd_current() == SIMD_AVX512 ? f##_avx512 : simd_current() == SIMD_AVX2 ? f##_avx2 : f##_sse2)(x, n, out)

void elementary_exp(const double *x, size_t n, double *out) {
  DISPATCH(exp, x, n, out);
}
void elementary_erf(const double *x, size_t n, double *out) {
  DISPATCH(erf, x, n, out);
}
void elementary_tanh(const double *x, size_t n, double *out) {
  DISPATCH(tanh, x, n, out);
}
void elementary_asin(const double *x, size_t n, double *out) {
  DISPATCH(asin, x, n, out);
}
void elementary_acos(const double *x, size_t n, double *out) {
  DISPATCH(acos, x, n, out);
}
void elementary_relu_kernel(const double *r, size_t n, double *out) {
  DISPATCH(relu_kernel, r, n, out);
}

void elementary_activation(activation act, const double *z, size_t n, double *out) {
  switch (act) {
  case ACTIVATION_RELU:
    DISPATCH(relu, z, n, out);
    break;
  case ACTIVATION_ERF:
    DISPATCH(erf, z, n, out);
    break;
  case ACTIVATION_TANH:
    DISPATCH(tanh, z, n, out);
    break;
  case ACTIVATION_RELU_ERF:
    DISPATCH(relu_erf, z, n, out);
    break;
  case ACTIVATION_RELU_TANH:
    DISPATCH(relu_tanh, z, n, out);
    break;
  case ACTIVATION_SQUAREPLUS:
    DISPATCH(squareplus, z, n, out);
    break;
  default:
    activation_values(act, z, n, out);
  }
}

void elementary_activation_slope(activation act, const double *z, size_t n, double *out) {
  switch (act) {
  case ACTIVATION_ERF:
    DISPATCH(erf_slope, z, n, out);
    break;
  case ACTIVATION_TANH:
    DISPATCH(tanh_slope, z, n, out);
    break;
  case ACTIVATION_RELU_ERF:
    DISPATCH(relu_erf_slope, z, n, out);
    break;
  case ACTIVATION_RELU_TANH:
    DISPATCH(relu_tanh_slope, z, n, out);
    break;
  case ACTIVATION_SQUAREPLUS:
    DISPATCH(squareplus_slope, z, n, out);
    break;
  default:
    activation_slopes(act, z, n, out);
  }
}
