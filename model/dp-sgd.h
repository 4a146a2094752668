/* The problem of private linear regression by one-pass DP-SGD with aggressive clipping: what both the theory and the
 * experiments are given.
 *
 * Samples x_k ~ N(0, Sigma), tr Sigma = d, y_k = x_k.theta* + N(0, zeta^2), k = 1..n, gamma = d/n. From theta_0 = 0,
 *     theta_k = theta_{k-1} - eta_k clip(g_k, C) + s_k N(0, I),  g_k = x_k (x_k.theta_{k-1} - y_k),
 * with C = c sqrt(d), eta_k = eta((k-1)/n)/n. Excess risk R = ||Sigma^{1/2}(theta - theta*)||^2/2, P = R + zeta^2/2. */
#ifndef ASSAY_MODEL_DP_SGD_H
#define ASSAY_MODEL_DP_SGD_H

#include "model/schedule.h"
#include "model/spectrum.h"

/* How the Gaussian noise that makes theta_n rho^2/2-zCDP is spread over the steps. */
typedef enum {
  DP_SGD_NO_NOISE,  /* s = 0; rho is not used */
  DP_SGD_OUTPUT,    /* all at the last step: s_n = 2 C max eta_k / rho */
  DP_SGD_SCHEDULED, /* s_k^2 = (2C/rho)^2 (eta_k^2 - eta_{k+1}^2), s_n = 2 C eta_n/rho; needs eta non-increasing */
  DP_SGD_NAIVE      /* s_k = 2 C eta_k/rho at every step: private without amplification by iteration, and far too much */
} dp_sgd_noise;

typedef struct {
  double gamma, c, rho, zeta, R0; /* > 0; c and rho may be infinite; R0 is R(0), isotropic problems only */
  schedule eta;
  dp_sgd_noise noise;
} dp_sgd_problem;

#endif
