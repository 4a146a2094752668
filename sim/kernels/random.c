#include "sim/kernels/random.h"

#include <assert.h>
#include <math.h>

#include <stdbool.h>
#include "sim/kernels/philox.h"
#include "sim/kernels/portable_math.h"
#include "sim/kernels/ziggurat_table.h"

/* Kinds of words; part of every result, like the purposes. */
typedef enum { BITS, UNIFORM, NORMAL, SIGN, GAMMA, GAMMA_BOOST, INTEGER } word_kind;

enum { CHUNK = 512 }; /* words generated at a time: 4 KB, in the first-level cache */

__extension__ typedef unsigned __int128 uint128;

/* ---- sources and their words ---- */

random_source random_open(const assay_stream *stream, random_purpose purpose, unsigned index) {
  assert(purpose < RANDOM_PURPOSES && index < RANDOM_INDICES);
  const uint64_t key = stream->key + (stream->replicate >> 32) * 0x9E3779B97F4A7C15u;
  return (random_source){.key = {(uint32_t)key, (uint32_t)(key >> 32)},
                         .replicate = (uint32_t)stream->replicate,
                         .label = (uint32_t)purpose << 26 | (uint32_t)index << 14};
}

void random_seek(random_source *source, uint64_t slot) {
  source->position = slot;
}

static uint32_t label_of(const random_source *source, word_kind kind, uint32_t attempt) {
  return source->label | (uint32_t)kind << 10 | attempt;
}

/* out[n] = words first, first + 1, ... of a kind. */
static void words_from(const random_source *source, word_kind kind, uint64_t first, uint64_t *out, size_t n) {
  const uint32_t high[2] = {source->replicate, label_of(source, kind, 0)};
  uint64_t pair[2];
  if (n && first % 2) {
    philox_words(source->key, first / 2, high, pair, 1);
    *out++ = pair[1];
    first++, n--;
  }
  philox_words(source->key, first / 2, high, out, n / 2);
  if (n % 2) {
    philox_words(source->key, (first + n) / 2, high, pair, 1);
    out[n - 1] = pair[0];
  }
}

/* The words with which one slot goes on after a rejection. */
typedef struct {
  const random_source *source;
  uint64_t slot, spare;
  word_kind kind;
  uint32_t attempt;
  bool has_spare;
} detour;

static detour detour_of(const random_source *source, word_kind kind, uint64_t slot) {
  return (detour){.source = source, .slot = slot, .kind = kind};
}

static uint64_t detour_word(detour *d) {
  if (d->has_spare) {
    d->has_spare = false;
    return d->spare;
  }
  uint64_t pair[2];
  d->attempt++; /* ten bits: a draw that rejects 1000 times has probability below 1e-1000 */
  const uint32_t high[2] = {d->source->replicate, label_of(d->source, d->kind, d->attempt & 1023)};
  philox_words(d->source->key, d->slot, high, pair, 1);
  d->spare = pair[1];
  d->has_spare = true;
  return pair[0];
}

static size_t chunk_of(size_t left, size_t most) {
  return left < most ? left : most;
}

void random_bits(random_source *source, uint64_t *out, size_t n) {
  words_from(source, BITS, source->position, out, n);
  source->position += n;
}

/* ---- uniforms ---- */

/* (i + 1/2) 2^-52 for the upper 52 bits i: the number 1 + i 2^-52 is made from its bits; the difference is
 * exact. */
static inline double uniform_of(uint64_t word) {
  const uint64_t bits = word >> 12 | (uint64_t)1023 << 52;
  double in_1_2;
  memcpy(&in_1_2, &bits, sizeof in_1_2);
  return in_1_2 - (1 - 0x1p-53);
}

void random_uniforms(random_source *source, double *out, size_t n) {
  uint64_t words[CHUNK];
  for (size_t part; n; out += part, n -= part, source->position += part) {
    part = chunk_of(n, CHUNK);
    words_from(source, UNIFORM, source->position, words, part);
    for (size_t i = 0; i < part; i++) out[i] = uniform_of(words[i]);
  }
}

/* ---- normals ---- */

static inline unsigned layer_of(uint64_t word) {
  return word % ZIGGURAT_LAYERS;
}

/* The signed abscissa in units of 2^-52 of the layer's width: the upper 53 bits. */
static inline int64_t abscissa_of(uint64_t word) {
  return (int64_t)word >> 11;
}

/* The point of the layer's box that the word picks; true when it is surely below the density. */
static inline bool normal_accepts(uint64_t word, double *x) {
  const unsigned layer = layer_of(word);
  const int64_t abscissa = abscissa_of(word);
  *x = (double)abscissa * ziggurat_box[layer].width;
  return (abscissa < 0 ? -abscissa : abscissa) < ziggurat_box[layer].inner;
}

/* Beyond the last edge r, by Marsaglia's method: r + E/r for an exponential E, kept with probability
 * exp(-(E/r)^2/2). */
static double normal_tail(detour *d) {
  for (;;) {
    const double beyond = -portable_log(uniform_of(detour_word(d))) / ZIGGURAT_TAIL;
    if (-2 * portable_log(uniform_of(detour_word(d))) > beyond * beyond) return ZIGGURAT_TAIL + beyond;
  }
}

/* The normal that a word leads to, whose later words are the detour's. */
static double normal_from(uint64_t word, detour *d) {
  double x;
  while (!normal_accepts(word, &x)) {
    const unsigned layer = layer_of(word);
    if (layer == 0) return abscissa_of(word) < 0 ? -normal_tail(d) : normal_tail(d);
    const double low = ziggurat_height[layer], high = ziggurat_height[layer + 1];
    if (low + uniform_of(detour_word(d)) * (high - low) < portable_exp(-x * x / 2)) return x;
    word = detour_word(d);
  }
  return x;
}

static double normal_after_rejection(const random_source *source, uint64_t slot, uint64_t word) {
  detour d = detour_of(source, NORMAL, slot);
  return normal_from(word, &d);
}

/* Rejected slots are noted and finished afterwards: no branch to mispredict, and their long chains of
 * operations overlap. */
void random_normals(random_source *source, double *out, size_t n) {
  uint64_t words[CHUNK];
  uint16_t rejected[CHUNK + 1];
  for (size_t part; n; out += part, n -= part, source->position += part) {
    part = chunk_of(n, CHUNK);
    words_from(source, NORMAL, source->position, words, part);
    size_t rejections = 0;
    for (size_t i = 0; i < part; i++) {
      rejected[rejections] = (uint16_t)i;
      rejections += !normal_accepts(words[i], &out[i]);
    }
    for (size_t r = 0; r < rejections; r++) {
      const size_t i = rejected[r];
      out[i] = normal_after_rejection(source, source->position + i, words[i]);
    }
  }
}

/* ---- signs ---- */

/* 1.0 with the bit as its sign: a branch would be mispredicted every other time. */
static inline double sign_of(uint64_t bit) {
  const uint64_t bits = (uint64_t)1023 << 52 | bit << 63;
  double sign;
  memcpy(&sign, &bits, sizeof sign);
  return sign;
}

void random_signs(random_source *source, double *out, size_t n) {
  uint64_t words[CHUNK];
  for (size_t part; n; out += part, n -= part, source->position += part) {
    const uint64_t first = source->position / 64, offset = source->position % 64;
    part = chunk_of(n, 64 * (CHUNK - 1));
    words_from(source, SIGN, first, words, (offset + part + 63) / 64);
    for (size_t i = 0; i < part; i++) {
      const uint64_t bit = offset + i;
      out[i] = sign_of(words[bit / 64] >> bit % 64);
    }
  }
}

/* ---- gammas ---- */

/* Marsaglia-Tsang for shape >= 1: scale (1 + width x)^3 with x normal, scale = shape - 1/3, width = 1/(3
 * sqrt(scale)). */
typedef struct {
  double scale, width;
} gamma_law;

static gamma_law gamma_law_of(double shape) {
  const double scale = shape - 1.0 / 3;
  return (gamma_law){scale, 1 / (3 * sqrt(scale))};
}

/* Keeps x with probability exp(h), h = x^2/2 + scale (1 - v + ln v), v = (1 + z)^3, z = width x. The
 * quadratic and cubic terms of h in z cancel, h = -3 scale (z^4/4 - z^5/5 + ...) >= -1.5 scale z^4 for |z| <=
 * 1/2, and exp(h) >= 1 + h: this accepts nearly always without a logarithm. */
static inline bool gamma_accepts(const gamma_law *law, double x, double u, double *value) {
  const double z = law->width * x, square = z * z, v = (1 + z) * (1 + z) * (1 + z);
  *value = law->scale * v;
  if (square <= 0.25 && u < 1 - 1.5 * law->scale * square * square) return true;
  return v > 0 && portable_log(u) < x * x / 2 + law->scale * (1 - v + portable_log(v));
}

/* One slot from its two words and, after a rejection, its detour. */
static double gamma_with_detour(const random_source *source, uint64_t slot, const uint64_t words[2],
                                const gamma_law *law) {
  detour d = detour_of(source, GAMMA, slot);
  uint64_t normal_word = words[0], uniform_word = words[1];
  for (;;) {
    double value;
    if (gamma_accepts(law, normal_from(normal_word, &d), uniform_of(uniform_word), &value)) return value;
    normal_word = detour_word(&d);
    uniform_word = detour_word(&d);
  }
}

/* The same; most slots need no detour. */
static inline double gamma_of(const random_source *source, uint64_t slot, const uint64_t words[2],
                              const gamma_law *law) {
  double x, value;
  if (__builtin_expect(normal_accepts(words[0], &x) && gamma_accepts(law, x, uniform_of(words[1]), &value),
                       1))
    return value;
  return gamma_with_detour(source, slot, words, law);
}

/* out[n] times U^(1/shape), slots from `slot` on. */
static void gamma_boost(const random_source *source, uint64_t slot, double shape, double *out, size_t n) {
  uint64_t words[CHUNK];
  words_from(source, GAMMA_BOOST, slot, words, n);
  for (size_t i = 0; i < n; i++) out[i] *= portable_exp(portable_log(uniform_of(words[i])) / shape);
}

void random_gammas(random_source *source, double shape, double *out, size_t n) {
  assert(shape > 0);
  const bool boosted = shape < 1;
  const gamma_law law = gamma_law_of(boosted ? shape + 1 : shape);
  uint64_t words[CHUNK];
  for (size_t part; n; out += part, n -= part, source->position += part) {
    part = chunk_of(n, CHUNK / 2);
    words_from(source, GAMMA, 2 * source->position, words, 2 * part);
    for (size_t i = 0; i < part; i++) out[i] = gamma_of(source, source->position + i, words + 2 * i, &law);
    if (boosted) gamma_boost(source, source->position, shape, out, part);
  }
}

void random_chi_squares(random_source *source, uint64_t freedom, double *out, size_t n) {
  if (freedom == 0) {
    for (size_t i = 0; i < n; i++) out[i] = 0;
    source->position += n;
    return;
  }
  random_gammas(source, 0.5 * (double)freedom, out, n);
  for (size_t i = 0; i < n; i++) out[i] *= 2;
}

/* ---- integers ---- */

/* floor(word bound / 2^64), refused for the 2^64 mod bound lowest fractions, which would make some values
 * more likely. */
static uint64_t integer_of(const random_source *source, uint64_t slot, uint64_t word, uint64_t bound) {
  uint128 product = (uint128)word * bound;
  if ((uint64_t)product >= bound) return (uint64_t)(product >> 64);
  detour d = detour_of(source, INTEGER, slot);
  const uint64_t refused = (0 - bound) % bound;
  while ((uint64_t)product < refused) product = (uint128)detour_word(&d) * bound;
  return (uint64_t)(product >> 64);
}

void random_integers(random_source *source, uint64_t bound, uint64_t *out, size_t n) {
  assert(bound >= 1);
  words_from(source, INTEGER, source->position, out, n);
  for (size_t i = 0; i < n; i++) out[i] = integer_of(source, source->position + i, out[i], bound);
  source->position += n;
}

/* Fisher-Yates from the inside out: element i goes to a place among the first i + 1, whose occupant moves to
 * the end. */
void random_permutation(random_source *source, size_t *out, size_t n) {
  uint64_t words[CHUNK];
  for (size_t i = 0; i < n; i++) {
    const size_t offset = i % CHUNK;
    if (offset == 0) words_from(source, INTEGER, source->position + i, words, chunk_of(n - i, CHUNK));
    const size_t place = integer_of(source, source->position + i, words[offset], i + 1);
    out[i] = out[place];
    out[place] = i;
  }
  source->position += n;
}
