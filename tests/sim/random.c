#include "sim/kernels/random.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <math.h>
#include <Random123/philox.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/philox.h"
#include "sim/kernels/portable_math.h"
#include "sim/kernels/simd.h"
#include "sim/kernels/ziggurat_table.h"

/* Statistics are asymptotic and the key is fixed, so that a test passes always or never. Thresholds are
 * quantiles of the null distribution at 1e-2 (Kolmogorov-Smirnov, Anderson-Darling) or five standard errors
 * (moments, correlations, counts). */
#define KS_99 1.628
#define AD_99 3.857

static const assay_stream stream = {0x243F6A8885A308D3u, 7};

static double *doubles(size_t n) {
  double *x = malloc(n * sizeof *x);
  cr_assert_not_null(x);
  return x;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Both tests of u[n], which it sorts, against the uniform law. */
static void expect_uniform(double *u, size_t n, const char *what) {
  qsort(u, n, sizeof *u, ascending);
  double worst = 0, sum = 0;
  for (size_t i = 0; i < n; i++) {
    worst = fmax(worst, fmax((double)(i + 1) / (double)n - u[i], u[i] - (double)i / (double)n));
    sum += (2 * (double)i + 1) * (log(u[i]) + log1p(-u[n - 1 - i]));
  }
  const double ks = worst * sqrt((double)n), ad = -(double)n - sum / (double)n;
  cr_expect_lt(ks, KS_99, "%s: Kolmogorov-Smirnov %g", what, ks);
  cr_expect_lt(ad, AD_99, "%s: Anderson-Darling %g", what, ad);
}

/* The mean of x^power over x[n] lies within five standard errors of `expected`, the variance of x^power being
 * `variance`. */
static void expect_moment(const double *x, size_t n, int power, double expected, double variance,
                          const char *what) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += gsl_pow_int(x[i], power);
  const double z = (sum / (double)n - expected) / sqrt(variance / (double)n);
  cr_expect_lt(fabs(z), 5, "%s: moment %d is %g standard errors off", what, power, z);
}

/* ---- Philox ---- */

Test(philox, known_answers) {
  static const struct {
    uint32_t counter[4], key[2], block[4];
  } known[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (int i = 0; i < 3; i++) {
    uint32_t block[4];
    philox_block(known[i].counter, known[i].key, block);
    cr_expect_arr_eq(block, known[i].block, sizeof block);
  }
}

Test(philox, equals_random123_at_every_level_and_length) {
  enum { BLOCKS = 37 };
  const uint32_t key[2] = {0xdeadbeef, 0x01234567}, high[2] = {99, 0xfedcba98};
  const uint64_t first = 0xfffffff0u; /* so that the carry into the counter's second word is met */
  for (int level = SIMD_SSE2; level <= (int)simd_best(); level++) {
    simd_set_level((simd_level)level);
    for (size_t blocks = 0; blocks <= BLOCKS; blocks++) {
      uint64_t words[2 * BLOCKS + 1];
      words[2 * blocks] = 42;
      philox_words(key, first, high, words, blocks);
      for (size_t b = 0; b < blocks; b++) {
        const philox4x32_ctr_t counter = {
            {(uint32_t)(first + b), (uint32_t)((first + b) >> 32), high[0], high[1]}};
        const philox4x32_key_t random123_key = {{key[0], key[1]}};
        const philox4x32_ctr_t r = philox4x32(counter, random123_key);
        cr_assert_eq(words[2 * b], r.v[0] | (uint64_t)r.v[1] << 32);
        cr_assert_eq(words[2 * b + 1], r.v[2] | (uint64_t)r.v[3] << 32);
      }
      cr_assert_eq(words[2 * blocks], 42);
    }
  }
}

/* ---- exp, log and the table of the ziggurat ---- */

Test(portable_math, agrees_with_long_double) {
  random_source source = random_open(&stream, RANDOM_NOISE, 1);
  for (int i = 0; i < 200000; i++) {
    double u;
    random_uniforms(&source, &u, 1);
    const double x = (i % 2 ? 8 : 700) * (2 * u - 1), y = i % 3 ? exp(x) : 0.5 + u;
    const long double e = expl(x), l = logl(y);
    cr_assert_lt(fabsl((portable_exp(x) - e) / e), 4e-16L, "exp(%a)", x);
    cr_assert_leq(fabsl(portable_log(y) - l), 5e-16L * fabsl(l), "log(%a)", y);
  }
  cr_expect_eq(portable_log(1), 0);
  cr_expect_eq(portable_exp(0), 1);
  cr_expect_eq(portable_exp(-1e9), 0);
}

Test(ziggurat, boxes_have_equal_areas_and_cover_the_density) {
  const double r = ZIGGURAT_TAIL;
  const double area = r * exp(-r * r / 2) + sqrt(M_PI / 2) * erfc(r / M_SQRT2);
  double edge = r;
  for (int i = 1; i < ZIGGURAT_LAYERS; i++) {
    edge = ziggurat_box[i].width * 0x1p52;
    cr_expect_float_eq(ziggurat_height[i], exp(-edge * edge / 2), 1e-15);
    cr_expect_float_eq(edge * (ziggurat_height[i + 1] - ziggurat_height[i]), area, 2e-15, "box %d", i);
    const double next = i + 1 < ZIGGURAT_LAYERS ? ziggurat_box[i + 1].width * 0x1p52 : 0;
    cr_expect_float_eq((double)ziggurat_box[i].inner * 0x1p-52, next / edge, 1e-15);
  }
  cr_expect_eq(ziggurat_height[ZIGGURAT_LAYERS], 1);
  cr_expect_float_eq(ziggurat_box[0].width * 0x1p52 * exp(-r * r / 2), area, 1e-16);
  cr_expect_float_eq((double)ziggurat_box[0].inner * ziggurat_box[0].width, r, 1e-14);
}

/* ---- a draw depends on its slot alone ---- */

enum { SOME = 1500 };

static void fill_gammas(random_source *s, double *out, size_t n) {
  random_gammas(s, 1.7, out, n);
}
static void fill_small_gammas(random_source *s, double *out, size_t n) {
  random_gammas(s, 0.5, out, n);
}
static void fill_chi_squares(random_source *s, double *out, size_t n) {
  random_chi_squares(s, 199, out, n);
}
static void fill_bits(random_source *s, double *out, size_t n) {
  random_bits(s, (uint64_t *)out, n);
}
static void fill_integers(random_source *s, double *out, size_t n) {
  random_integers(s, (uint64_t)3 << 62, (uint64_t *)out, n); /* a quarter of the words is refused */
}

static const struct {
  const char *name;
  void (*fill)(random_source *, double *, size_t);
} kinds[] = {
    {"bits", fill_bits},
    {"uniforms", random_uniforms},
    {"normals", random_normals},
    {"signs", random_signs},
    {"gammas", fill_gammas},
    {"gammas below 1", fill_small_gammas},
    {"chi-squares", fill_chi_squares},
    {"integers", fill_integers},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

Test(random, slots_do_not_depend_on_blocking_or_level) {
  for (int k = 0; k < KINDS; k++) {
    double whole[SOME], parts[SOME];
    simd_set_level(SIMD_SSE2);
    random_source source = random_open(&stream, RANDOM_DESIGN, 3);
    random_seek(&source, 5);
    kinds[k].fill(&source, whole, SOME);
    for (int level = SIMD_SSE2; level <= (int)simd_best(); level++) {
      simd_set_level((simd_level)level);
      source = random_open(&stream, RANDOM_DESIGN, 3);
      random_seek(&source, 5);
      for (size_t at = 0, n = 1; at < SOME; at += n, n = n * 3 % 101 + 1) {
        if (n > SOME - at) n = SOME - at;
        kinds[k].fill(&source, parts + at, n);
      }
      cr_expect_eq(source.position, 5 + SOME);
      cr_expect_arr_eq(parts, whole, sizeof whole, "%s, %s", kinds[k].name,
                       simd_level_name((simd_level)level));
    }
    for (size_t i = SOME; i-- > 0;) { /* one at a time, backwards */
      random_seek(&source, 5 + i);
      kinds[k].fill(&source, parts + i, 1);
    }
    cr_expect_arr_eq(parts, whole, sizeof whole, "%s, singly", kinds[k].name);
  }
}

Test(random, every_level_gives_the_same_million_normals_and_gammas) {
  if (simd_best() == SIMD_SSE2) cr_skip_test("this machine has one level only");
  enum { N = 1000000 };
  double *base = doubles(N), *other = doubles(N);
  for (int k = 2; k <= 6; k += 2) { /* normals, gammas, chi-squares */
    simd_set_level(SIMD_SSE2);
    random_source source = random_open(&stream, RANDOM_DESIGN, 0);
    kinds[k].fill(&source, base, N);
    for (int level = SIMD_AVX2; level <= (int)simd_best(); level++) {
      simd_set_level((simd_level)level);
      source = random_open(&stream, RANDOM_DESIGN, 0);
      kinds[k].fill(&source, other, N);
      cr_expect_eq(memcmp(base, other, N * sizeof *base), 0, "%s at %s", kinds[k].name,
                   simd_level_name((simd_level)level));
    }
  }
  free(base), free(other);
}

/* Two blocks of normals from different sources: five standard errors of a correlation. */
static void expect_uncorrelated(random_source a, random_source b, const char *what) {
  enum { N = 200000 };
  double *x = doubles(N), *y = doubles(N), product = 0, squares = 0;
  random_normals(&a, x, N);
  random_normals(&b, y, N);
  for (int i = 0; i < N; i++) {
    product += x[i] * y[i];
    squares += (x[i] * x[i] - 1) * (y[i] * y[i] - 1) / 2;
  }
  cr_expect_lt(fabs(product), 5 * sqrt(N), "%s", what);
  cr_expect_lt(fabs(squares), 5 * sqrt(N), "%s", what);
  free(x), free(y);
}

Test(random, sources_are_independent) {
  const random_source source = random_open(&stream, RANDOM_DESIGN, 0);
  expect_uncorrelated(source, random_open(&stream, RANDOM_NOISE, 0), "purposes");
  expect_uncorrelated(source, random_open(&stream, RANDOM_DESIGN, 1), "indices");
  for (int shift = 0; shift < 64; shift += 21) {
    const assay_stream next = {stream.key, stream.replicate ^ (uint64_t)1 << shift};
    expect_uncorrelated(source, random_open(&next, RANDOM_DESIGN, 0), "replicates");
    const assay_stream other = {stream.key ^ (uint64_t)1 << shift, stream.replicate};
    expect_uncorrelated(source, random_open(&other, RANDOM_DESIGN, 0), "keys");
  }
  random_source shifted = source;
  random_seek(&shifted, 1);
  expect_uncorrelated(source, shifted, "neighbouring slots");
  random_seek(&shifted, (uint64_t)1 << 33);
  expect_uncorrelated(source, shifted, "distant slots");
}

Test(random, kinds_of_one_source_are_independent) {
  enum { N = 200000 };
  random_source source = random_open(&stream, RANDOM_DESIGN, 0);
  double *x = doubles(N), *u = doubles(N), *h = doubles(N), with_u = 0, with_h = 0;
  random_normals(&source, x, N);
  random_seek(&source, 0);
  random_uniforms(&source, u, N);
  random_seek(&source, 0);
  random_chi_squares(&source, 50, h, N);
  for (int i = 0; i < N; i++) {
    with_u += x[i] * (u[i] - 0.5) * sqrt(12);
    with_h += x[i] * (h[i] - 50) / 10;
  }
  cr_expect_lt(fabs(with_u), 5 * sqrt(N));
  cr_expect_lt(fabs(with_h), 5 * sqrt(N));
  free(x), free(u), free(h);
}

Test(random, index_out_of_range_stops_the_program, .signal = SIGABRT) {
  random_open(&stream, RANDOM_DESIGN, RANDOM_INDICES);
}

/* ---- laws ---- */

Test(random, uniforms_are_uniform) {
  enum { N = 2000000 };
  random_source source = random_open(&stream, RANDOM_DESIGN, 0);
  double *u = doubles(N);
  random_uniforms(&source, u, N);
  expect_moment(u, N, 1, 0.5, 1.0 / 12, "uniform");
  expect_moment(u, N, 2, 1.0 / 3, 4.0 / 45, "uniform");
  expect_uniform(u, N, "uniforms");
  cr_expect(u[0] > 0 && u[N - 1] < 1);
  free(u);
}

Test(random, ten_million_normals_are_normal) {
  enum { N = 10000000 };
  random_source source = random_open(&stream, RANDOM_DESIGN, 0);
  double *x = doubles(N);
  random_normals(&source, x, N);
  const double even[] = {1, 1, 3, 15, 105, 945, 10395, 135135, 2027025}; /* moments 0, 2, .., 16 */
  for (int k = 1; k <= 8; k++) {
    const double mean = k % 2 ? 0 : even[k / 2];
    expect_moment(x, N, k, mean, even[k] - mean * mean, "normal");
  }
  for (double edge = 2; edge <= 4.8; edge += 0.2) { /* wedges and tail, counted */
    int above = 0;
    for (int i = 0; i < N; i++) above += fabs(x[i]) > edge;
    const double p = 2 * gsl_cdf_ugaussian_Q(edge);
    cr_expect_lt(fabs(above - N * p), 5 * sqrt(N * p) + 1, "beyond %g: %d, expected %g", edge, above, N * p);
  }
  enum { CELLS = 4096 };
  static int count[CELLS];
  for (int i = 0; i < N; i++) {
    x[i] = 0.5 * erfc(-x[i] * M_SQRT1_2);
    count[(int)(x[i] * CELLS)]++;
  }
  double chi = 0;
  for (int c = 0; c < CELLS; c++) chi += gsl_pow_2(count[c] - (double)N / CELLS) / ((double)N / CELLS);
  cr_expect_gt(gsl_cdf_chisq_Q(chi, CELLS - 1), 1e-3);
  cr_expect_gt(gsl_cdf_chisq_P(chi, CELLS - 1), 1e-3);
  expect_uniform(x, N, "normals");
  free(x);
}

Test(random, gammas_have_their_moments_and_law) {
  enum { N = 300000 };
  const double shapes[] = {0.1, 0.5, 0.8, 1, 1.5, 3, 99.5, 1e5};
  double *x = doubles(N);
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    const double a = shapes[s];
    char what[40];
    snprintf(what, sizeof what, "gamma of shape %g", a);
    random_source source = random_open(&stream, RANDOM_NOISE, (unsigned)s);
    random_gammas(&source, a, x, N);
    double moment[9] = {1}; /* E x^k */
    for (int k = 1; k <= 8; k++) moment[k] = moment[k - 1] * (a + k - 1);
    for (int k = 1; k <= 3; k++)
      expect_moment(x, N, k, moment[k], moment[2 * k] - gsl_pow_2(moment[k]), what);
    for (int i = 0; i < N; i++) {
      cr_assert(x[i] > 0);
      x[i] = gsl_cdf_gamma_P(x[i], a, 1);
    }
    expect_uniform(x, N, what);
  }
  free(x);
}

Test(random, chi_squares_have_their_moments_and_law) {
  enum { N = 300000 };
  const uint64_t freedoms[] = {1, 2, 199, 999999};
  double *x = doubles(N);
  for (size_t s = 0; s < sizeof freedoms / sizeof *freedoms; s++) {
    const double f = (double)freedoms[s];
    char what[40];
    snprintf(what, sizeof what, "chi-square %g", f);
    random_source source = random_open(&stream, RANDOM_LABEL, (unsigned)s);
    random_chi_squares(&source, freedoms[s], x, N);
    expect_moment(x, N, 1, f, 2 * f, what);
    for (int i = 0; i < N; i++) x[i] = gsl_cdf_chisq_P(x[i], f);
    expect_uniform(x, N, what);
  }
  random_source source = random_open(&stream, RANDOM_LABEL, 9);
  random_chi_squares(&source, 0, x, 5);
  for (int i = 0; i < 5; i++) cr_expect_eq(x[i], 0);
  cr_expect_eq(source.position, 5);
  free(x);
}

Test(random, signs_are_balanced_at_every_lag) {
  enum { N = 1 << 20 };
  random_source source = random_open(&stream, RANDOM_DESIGN, 0);
  double *x = doubles(N);
  random_signs(&source, x, N);
  double sum = 0;
  for (int i = 0; i < N; i++) {
    cr_assert(x[i] == 1 || x[i] == -1);
    sum += x[i];
  }
  cr_expect_lt(fabs(sum), 5 * sqrt(N));
  for (int lag = 1; lag <= 128; lag++) {
    double product = 0;
    for (int i = lag; i < N; i++) product += x[i] * x[i - lag];
    cr_expect_lt(fabs(product), 5 * sqrt(N), "lag %d", lag);
  }
  free(x);
}

Test(random, integers_are_uniform_below_their_bound) {
  enum { N = 300000 };
  const uint64_t bounds[] = {1, 2, 7, 1000, (uint64_t)3 << 62};
  uint64_t *k = malloc(N * sizeof *k);
  double *u = doubles(N);
  for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
    random_source source = random_open(&stream, RANDOM_SPLIT, (unsigned)b);
    random_integers(&source, bounds[b], k, N);
    double sum = 0;
    const double bound = (double)bounds[b];
    for (int i = 0; i < N; i++) {
      cr_assert_lt(k[i], bounds[b]);
      sum += (double)k[i] - (bound - 1) / 2;
    }
    cr_expect_leq(fabs(sum), 5 * sqrt(N * (bound * bound - 1) / 12), "below %g", bound);
  }
  for (int i = 0; i < N; i++) u[i] = (double)k[i] / ((double)bounds[4]);
  expect_uniform(u, N, "integers below 3 2^62");
  free(k), free(u);
}

Test(random, permutations_are_uniform) {
  enum { N = 120000 };
  random_source source = random_open(&stream, RANDOM_SPLIT, 0);
  int count[256] = {0};
  for (int i = 0; i < N; i++) {
    size_t p[4];
    random_permutation(&source, p, 4);
    count[p[0] << 6 | p[1] << 4 | p[2] << 2 | p[3]]++;
  }
  int seen = 0;
  for (int c = 0; c < 256; c++)
    if (count[c]) {
      seen++;
      cr_expect_lt(fabs(count[c] - N / 24.0), 5 * sqrt(N / 24.0));
    }
  cr_expect_eq(seen, 24);

  enum { LONG = 5000 };
  static size_t p[LONG];
  static bool hit[LONG];
  random_permutation(&source, p, LONG);
  for (int i = 0; i < LONG; i++) {
    cr_assert(p[i] < LONG && !hit[p[i]]);
    hit[p[i]] = true;
  }
}
