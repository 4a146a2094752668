/* Elementary functions of arrays, in vectors as wide as the machine has (simd.h). They are made of additions,
 * multiplications, divisions and square roots alone, so the bits are the same at every level. Errors in units
 * in the last place (ulp) of the result; tests/sim/elementary.c measures them.
 * x and out [n], which may be one array. NaN gives NaN. */
#ifndef ASSAY_SIM_KERNELS_ELEMENTARY_H
#define ASSAY_SIM_KERNELS_ELEMENTARY_H

#include <stddef.h>

#include "model/activation.h"

void elementary_exp(const double *x, size_t n, double *out);  /* 2 ulp, |x| <= 708; 0 below, e^708 above */
void elementary_erf(const double *x, size_t n, double *out);  /* 2 ulp */
void elementary_tanh(const double *x, size_t n, double *out); /* 3 ulp */
void elementary_asin(const double *x, size_t n, double *out); /* 3 ulp, |x| <= 1 */
void elementary_acos(const double *x, size_t n, double *out); /* 3 ulp, |x| <= 1 */

/* phi(z) and phi'(z): activation_values and activation_slopes of model/activation.h, relu, erf,
 * tanh, their sums with relu, and squareplus in vectors. */
void elementary_activation(activation act, const double *z, size_t n, double *out);
void elementary_activation_slope(activation act, const double *z, size_t n, double *out);

/* E phi(g) phi(h) of normals g, h of variance 1 and correlation r for phi = max(., 0): (sqrt(1 - r^2) +
 * r acos(-r))/(2 pi). 2e-16 absolute; r beyond +-1 is taken for +-1. */
void elementary_relu_kernel(const double *r, size_t n, double *out);

#endif
