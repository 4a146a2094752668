/* The clipping factors of DP-SGD: what clipping the residual r ~ N(0, 2P) at c does to the mean step and to
 * its square.
 *
 * With a = c/sqrt(2P) and the standard normal density phi:
 *     mu(c,P) = Prob(|r| < c)             = erf(a/sqrt 2)
 *     nu(c,P) = E min(r^2, c^2) / E r^2   = erf(a/sqrt 2) - 2 a phi(a) + a^2 erfc(a/sqrt 2)
 * mu is the drift (by Stein's identity E r h(r) = mu E r^2 for h the clipped residual), nu the second moment.
 * Both lie in [0,1] with mu^2 <= nu <= mu; mu ~ a sqrt(2/pi) and nu ~ a^2 as a -> 0, both are 1 at c = inf.
 * Marshall, Xiao, Agarwala, Paquette, arXiv 2406.11733.
 *
 * The three terms of nu cancel to order a^2 as a -> 0; below a = 1 it is summed from its power series, so
 * that both factors have a relative error of about 1e-15 everywhere. c > 0, may be infinite; P > 0 and
 * finite; NaN otherwise. */
#ifndef ASSAY_MODEL_CLIPPING_H
#define ASSAY_MODEL_CLIPPING_H

double clipping_mu(double c, double P);
double clipping_nu(double c, double P);

#endif
