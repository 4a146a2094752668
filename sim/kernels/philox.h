/* Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3" (SC 2011): a bijection of 128-bit counters, chosen by a 64-bit key, whose values pass as
 * independent uniform bits. */
#ifndef ASSAY_SIM_KERNELS_PHILOX_H
#define ASSAY_SIM_KERNELS_PHILOX_H

#include <stddef.h>
#include <stdint.h>

/* The block at `counter`: four words of 32 bits. */
void philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4]);

/* The blocks at counters (low 64 bits first, first + 1, ..., high 64 bits `high`), each as two 64-bit words,
 * words 0 and 1 of the block in the first (0 in the low half) and 2 and 3 in the second. words[2 * blocks].
 * Vectorised, see simd.h. */
void philox_words(const uint32_t key[2], uint64_t first, const uint32_t high[2], uint64_t *words,
                  size_t blocks);

#endif
