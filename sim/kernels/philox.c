#include "sim/kernels/philox.h"

#include <immintrin.h>

#include "sim/kernels/simd.h"

#define ROUNDS 10
#define MULTIPLIER0 0xD2511F53u
#define MULTIPLIER1 0xCD9E8D57u
#define WEYL0 0x9E3779B9u /* the key grows by these in every round */
#define WEYL1 0xBB67AE85u

void philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  for (uint32_t r = 0; r < ROUNDS; r++) {
    const uint64_t p0 = (uint64_t)MULTIPLIER0 * c0, p1 = (uint64_t)MULTIPLIER1 * c2;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ (key[0] + r * WEYL0);
    c1 = (uint32_t)p1;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ (key[1] + r * WEYL1);
    c3 = (uint32_t)p0;
  }
  block[0] = c0, block[1] = c1, block[2] = c2, block[3] = c3;
}

#define LOW_HALVES 0xFFFFFFFFll

#define NAME words_sse2
#define TARGET
#define V __m128i
#define LANES 2
#define LANE_BLOCKS _mm_set_epi64x(1, 0)
#define SET1(x) _mm_set1_epi64x((long long)(x))
#define ADD _mm_add_epi64
#define MUL _mm_mul_epu32
#define SHR32(x) _mm_srli_epi64(x, 32)
#define XOR3(x, y, z) _mm_xor_si128(_mm_xor_si128(x, y), z)
#define JOIN(low, high) _mm_or_si128(_mm_and_si128(low, SET1(LOW_HALVES)), _mm_slli_epi64(high, 32))
#define STORE_INTERLEAVED(p, a, b)                                                                           \
  _mm_storeu_si128((__m128i *)(p), _mm_unpacklo_epi64(a, b));                                                \
  _mm_storeu_si128((__m128i *)(p) + 1, _mm_unpackhi_epi64(a, b))
#include "sim/kernels/philox_lanes.h"

#define NAME words_avx2
#define TARGET __attribute__((target("avx2")))
#define V __m256i
#define LANES 4
#define LANE_BLOCKS _mm256_setr_epi64x(0, 2, 1, 3)
#define SET1(x) _mm256_set1_epi64x((long long)(x))
#define ADD _mm256_add_epi64
#define MUL _mm256_mul_epu32
#define SHR32(x) _mm256_srli_epi64(x, 32)
#define XOR3(x, y, z) _mm256_xor_si256(_mm256_xor_si256(x, y), z)
#define JOIN(low, high) _mm256_blend_epi32(low, _mm256_slli_epi64(high, 32), 0xAA)
#define STORE_INTERLEAVED(p, a, b)                                                                           \
  _mm256_storeu_si256((__m256i *)(p), _mm256_unpacklo_epi64(a, b));                                          \
  _mm256_storeu_si256((__m256i *)(p) + 1, _mm256_unpackhi_epi64(a, b))
#include "sim/kernels/philox_lanes.h"

#define NAME words_avx512
#define TARGET __attribute__((target("avx512f")))
#define V __m512i
#define LANES 8
#define LANE_BLOCKS _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7)
#define SET1(x) _mm512_set1_epi64((long long)(x))
#define ADD _mm512_add_epi64
#define MUL _mm512_mul_epu32
#define SHR32(x) _mm512_srli_epi64(x, 32)
#define XOR3(x, y, z) _mm512_ternarylogic_epi64(x, y, z, 0x96)
#define JOIN(low, high) _mm512_mask_blend_epi32(0xAAAA, low, _mm512_slli_epi64(high, 32))
#define STORE_INTERLEAVED(p, a, b)                                                                           \
  _mm512_storeu_si512((p), _mm512_unpacklo_epi64(a, b));                                                     \
  _mm512_storeu_si512((p) + 8, _mm512_unpackhi_epi64(a, b))
#include "sim/kernels/philox_lanes.h"

/* As many blocks as the widest lanes do; each level costs a key schedule, which is not worth it for one
 * block. */
static size_t words_of_lanes(const uint32_t key[2], uint64_t first, const uint32_t high[2], uint64_t *words,
                             size_t blocks) {
  const simd_level level = simd_current();
  size_t done = 0;
  if (level >= SIMD_AVX512 && blocks >= 8) done = words_avx512(key, first, high, words, blocks);
  if (level >= SIMD_AVX2 && blocks - done >= 4)
    done += words_avx2(key, first + done, high, words + 2 * done, blocks - done);
  if (blocks - done >= 2) done += words_sse2(key, first + done, high, words + 2 * done, blocks - done);
  return done;
}

void philox_words(const uint32_t key[2], uint64_t first, const uint32_t high[2], uint64_t *words,
                  size_t blocks) {
  size_t done = blocks > 1 ? words_of_lanes(key, first, high, words, blocks) : 0;
  for (; done < blocks; done++) {
    const uint64_t index = first + done;
    const uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), high[0], high[1]};
    uint32_t block[4];
    philox_block(counter, key, block);
    words[2 * done] = block[0] | (uint64_t)block[1] << 32;
    words[2 * done + 1] = block[2] | (uint64_t)block[3] << 32;
  }
}
