/* Counter-based random numbers: every draw is a function of (key, replicate, purpose, index, kind, slot) and
 * of nothing else.
 *
 * A *source* is opened from a replicate's stream for one purpose. It has a position, the slot of the next
 * draw; filling 7 draws and then 9 gives what filling 16 gives, and random_seek goes anywhere at no cost.
 * Each kind of draw (bits, uniforms, normals, gammas, signs, integers) has its own words, so that slot 5 as a
 * normal is independent of slot 5 as a uniform, and two kinds may be drawn from one source at the same slots.
 * A chi-square is a gamma: one slot has one of them.
 *
 * A draw that has to reject its first words (ziggurat, Marsaglia-Tsang, integers) goes on with a *detour*:
 * words of its own, which no other slot uses. No draw shifts another.
 *
 * The bits are Philox4x32-10 (philox.h), generated in blocks with the widest vectors the machine has
 * (simd.h). All draws have the same bits on every x86-64 level, compiler and libm: beyond correctly rounded
 * arithmetic and square roots they use only portable_math.h. This needs -ffp-contract=off.
 *
 * Layout of the 128-bit counter, from the low end: block 64 (two 64-bit words each), replicate 32, attempt
 * 10, kind 4, index 12, purpose 6. The replicate's high half is mixed into the key. Attempt 0 holds the
 * slots' own words in order; the detour of slot s is block s at attempts 1, 2, .... */
#ifndef ASSAY_SIM_KERNELS_RANDOM_H
#define ASSAY_SIM_KERNELS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "sim/experiment.h"

/* What draws are for. Their numbers are part of every result: add at the end, never renumber. At most 64. */
typedef enum {
  RANDOM_DESIGN,       /* covariates, data matrices */
  RANDOM_NOISE,        /* noise of an algorithm or a channel that no other purpose names */
  RANDOM_INIT,         /* where an iteration starts */
  RANDOM_LABEL,        /* label noise, labels */
  RANDOM_PRIVACY,      /* noise added for privacy */
  RANDOM_SPLIT,        /* splits into training, validation and test sets, folds, mini-batches */
  RANDOM_TEACHER,      /* the truth that is to be learned */
  RANDOM_TEST,         /* fresh samples on which a risk is measured */
  RANDOM_PERTURBATION, /* directions of a perturbation */
  RANDOM_MATRIX,       /* random matrices that are not data: orthogonal, projection, Hessian probes */
  RANDOM_SOLVER,       /* start vectors of eigensolvers and the like */
  RANDOM_PURPOSES
} random_purpose;

enum { RANDOM_INDICES = 4096 };

typedef struct {
  uint64_t position; /* slot of the next draw */
  uint32_t key[2], replicate, label;
} random_source;

/* The source of `stream` for `purpose`, at slot 0. `index` tells several sources of one purpose apart: blocks
 * of coordinates, layers, restarts; 0 <= index < RANDOM_INDICES, anything else is a programming error and
 * stops the program. */
random_source random_open(const assay_stream *stream, random_purpose purpose, unsigned index);

/* Makes `slot` the next one. */
void random_seek(random_source *source, uint64_t slot);

/* Each fills out[n] from the next n slots. */

/* 64 independent bits. */
void random_bits(random_source *source, uint64_t *out, size_t n);
/* Uniform on the midpoints (i + 1/2) 2^-52 of 2^52 equal cells of (0,1): never 0 or 1, symmetric about 1/2.
 */
void random_uniforms(random_source *source, double *out, size_t n);
/* Standard normal: ziggurat of 256 layers with 53-bit abscissae and the exact tail. */
void random_normals(random_source *source, double *out, size_t n);
/* -1 or +1, one bit each. */
void random_signs(random_source *source, double *out, size_t n);
/* Gamma with density x^(shape-1) e^-x / Gamma(shape); shape > 0. Marsaglia, Tsang, "A simple method for
 * generating gamma variables" (2000); a shape below 1 is that of shape + 1 times U^(1/shape), which may
 * underflow to 0 when the shape is below 0.05. */
void random_gammas(random_source *source, double shape, double *out, size_t n);
/* Chi-square with `freedom` >= 0 degrees of freedom: twice a gamma of shape freedom/2; 0 when freedom = 0. */
void random_chi_squares(random_source *source, uint64_t freedom, double *out, size_t n);
/* Uniform on 0..bound-1 without bias; bound >= 1. Lemire, "Fast random integer generation in an interval"
 * (2019). */
void random_integers(random_source *source, uint64_t bound, uint64_t *out, size_t n);
/* A uniform permutation of 0..n-1. Uses n slots of the integers. */
void random_permutation(random_source *source, size_t *out, size_t n);

#endif
