/* Gaussian kernels of activations, k(rho) = E phi(z1) phi(z2) and k'(rho) = E phi'(z1) phi'(z2) for standard
 * normals of correlation rho, and their Hermite numbers. Closed forms (arc-cosine, arcsine, polynomials)
 * where there are; tanh by the trapezoidal rule, which converges geometrically. Relative precision 1e-12. */
#ifndef ASSAY_THEORY_NUMERICS_ACTIVATION_KERNEL_H
#define ASSAY_THEORY_NUMERICS_ACTIVATION_KERNEL_H

#include "model/activation.h"

/* k and k' at rho in [-1,1] (clipped); k'(1) may be infinite for no activation here. */
double activation_kernel(activation act, double rho);
double activation_kernel_slope(activation act, double rho);

/* mu0 = E phi, mu1 = E phi' = E z phi; mus2 = k(1) - mu0^2 - mu1^2, all of degree >= 2, and its even and odd
 * parts. */
typedef struct {
  double mu0, mu1, mus2, e2, o2;
} activation_hermite;
activation_hermite activation_numbers(activation act);

#endif
