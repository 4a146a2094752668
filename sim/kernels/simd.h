/* Which vector instructions the kernels use. Every level computes the same bits; only the time differs. */
#ifndef ASSAY_SIM_KERNELS_SIMD_H
#define ASSAY_SIM_KERNELS_SIMD_H

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

#endif
