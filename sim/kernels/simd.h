/* Which vector instructions the kernels use. Every level computes the same bits; only the time differs. */
#ifndef ASSAY_SIM_KERNELS_SIMD_H
#define ASSAY_SIM_KERNELS_SIMD_H

#include <stddef.h>

typedef enum { SIMD_SSE2, SIMD_AVX2, SIMD_AVX512 } simd_level;

/* The highest level that this processor and operating system have. */
simd_level simd_best(void);

/* The level in force: the best one, or a lower one named by the environment variable ASSAY_SIMD = sse2 | avx2
 * | avx512 when it is first asked for (a level the machine lacks, or another word, is ignored). Safe from any
 * thread. */
simd_level simd_current(void);

/* For tests: puts `level`, or the best one if that is lower, in force for the whole process; returns what is
 * in force. */
simd_level simd_set_level(simd_level level);

const char *simd_level_name(simd_level level); /* "sse2", "avx2", "avx512" */

/* ---- for the files of kernels ---- */

/* Four numbers: one AVX register or two SSE2 registers. Lane by lane the same operations at every level,
 * hence the same bits. (Wider registers gain nothing: the loops wait for the cache, for divisions, or for
 * units that take a wide register in halves.) */
enum { SIMD_LANES = 4 };
typedef double simd_lanes __attribute__((vector_size(32)));
typedef double simd_lanes_anywhere __attribute__((vector_size(32), aligned(8), may_alias));
#define SIMD_AT(p) (*(const simd_lanes_anywhere *)(p))
#define SIMD_PUT(p) (*(simd_lanes_anywhere *)(p))

/* What the function `name` does is written once, as name##_body; this compiles it for SSE2 and for AVX2, and
 * defines `name`, which may be a macro's, to choose. `give` is `return`, or empty for void; `linkage` is
 * `static` or empty. */
#define SIMD_BODY static inline __attribute__((always_inline))
#define SIMD_AT_LEVELS(...) SIMD_AT_EXPANDED_LEVELS(__VA_ARGS__)
#define SIMD_AT_EXPANDED_LEVELS(linkage, type, give, name, parameters, arguments)                            \
  static type name##_sse2 parameters {                                                                       \
    give name##_body arguments;                                                                              \
  }                                                                                                          \
  __attribute__((target("avx2"))) static type name##_avx2 parameters {                                       \
    give name##_body arguments;                                                                              \
  }                                                                                                          \
  linkage type name parameters {                                                                             \
    if (simd_current() >= SIMD_AVX2)                                                                         \
      give name##_avx2 arguments;                                                                            \
    else                                                                                                     \
      give name##_sse2 arguments;                                                                            \
  }

/* Sums of short rows, of x and of x y: in registers they cost less than a call of BLAS. */
SIMD_BODY double simd_total(const simd_lanes *s) {
  return ((*s)[0] + (*s)[1]) + ((*s)[2] + (*s)[3]);
}

SIMD_BODY double simd_sum(const double *x, size_t n) {
  simd_lanes s = {0};
  double rest = 0;
  size_t i = 0;
  for (; i + SIMD_LANES <= n; i += SIMD_LANES) s += SIMD_AT(x + i);
  for (; i < n; i++) rest += x[i];
  return simd_total(&s) + rest;
}

SIMD_BODY double simd_dot(const double *x, const double *y, size_t n) {
  simd_lanes s = {0};
  double rest = 0;
  size_t i = 0;
  for (; i + SIMD_LANES <= n; i += SIMD_LANES) s += SIMD_AT(x + i) * SIMD_AT(y + i);
  for (; i < n; i++) rest += x[i] * y[i];
  return simd_total(&s) + rest;
}

#endif
