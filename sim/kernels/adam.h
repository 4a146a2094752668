/* Adam. Kingma, Ba, "Adam: a method for stochastic optimization", arXiv 1412.6980, with its bias corrections. */
#ifndef ASSAY_SIM_KERNELS_ADAM_H
#define ASSAY_SIM_KERNELS_ADAM_H

#include <stddef.h>

typedef struct {
  double beta1, beta2, epsilon; /* usually .9, .999, 1e-8 */
} adam_rule;

/* Step number `step` (from 1) from x [n] with the gradient [n] at x:
 *
 *     m = beta1 m + (1 - beta1) g ,   s = beta2 s + (1 - beta2) g^2 ,
 *     x -= rate m/(1 - beta1^step) / (sqrt(s/(1 - beta2^step)) + epsilon) .
 *
 * moments [2][n] holds m and s: zero before step 1. */
void adam_step(const adam_rule *rule, double rate, long step, size_t n, const double *gradient, double *moments, double *x);

#endif
