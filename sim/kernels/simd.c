#include "sim/kernels/simd.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = SIMD_AVX512 + 1, UNDECIDED = -1 };

static atomic_int in_force =
    UNDECIDED; /* decided once; deciding twice at the same time gives the same answer */

simd_level simd_best(void) {
  if (__builtin_cpu_supports("avx512f")) return SIMD_AVX512;
  if (__builtin_cpu_supports("avx2")) return SIMD_AVX2;
  return SIMD_SSE2;
}

static simd_level lower(simd_level a, simd_level b) {
  return a < b ? a : b;
}

simd_level simd_current(void) {
  int level = atomic_load_explicit(&in_force, memory_order_relaxed);
  if (level != UNDECIDED) return (simd_level)level;
  const char *wanted = getenv("ASSAY_SIMD");
  simd_level choice = simd_best();
  for (int i = 0; wanted && i < LEVELS; i++)
    if (!strcmp(wanted, simd_level_name((simd_level)i))) choice = lower((simd_level)i, choice);
  return simd_set_level(choice);
}

simd_level simd_set_level(simd_level level) {
  level = lower(level, simd_best());
  atomic_store_explicit(&in_force, (int)level, memory_order_relaxed);
  return level;
}

const char *simd_level_name(simd_level level) {
  static const char *const names[LEVELS] = {"sse2", "avx2", "avx512"};
  return names[level];
}
