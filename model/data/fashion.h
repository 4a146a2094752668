/* Images of clothes with a coloured patch: a spurious feature on real data. Bombari and Mondelli, arXiv
 * 2502.01347.
 *
 * The pool is Fashion-MNIST's 60000 training images: x = means over cells of side x side pixels, centred on
 * the pool's mean and scaled by one number so that tr Sxx = dx, the number of cells; label l = +1 for the
 * classes {0,2,3,4,6} and -1 for the others. The patch y has dx coordinates y_j = kap c + sqrt(1 - kap^2) e_j
 * with a colour c = +-1, P(c = l) = (1 + r)/2. z = [x; y]. */
#ifndef ASSAY_MODEL_DATA_FASHION_H
#define ASSAY_MODEL_DATA_FASHION_H

#include <stdbool.h>

#include "model/data/idx.h"
#include "model/status.h"

/* The first `most` (0: all) of Fashion-MNIST's training or test images, 28 x 28, and their labels (NULL: not
 * wanted). ASSAY_NO_DATA when the set is absent, damaged or another one, ASSAY_NO_MEMORY; nothing is to be
 * freed then, though it may be. */
assay_status fashion_read(bool test, int most, idx_images *images, idx_labels *labels, assay_error *error);

typedef struct {
  int count, dx;
  double *x, *label; /* [count][dx], [count] */
} fashion_pool;

/* side is 1, 2, 4, 7, 14 or 28. ASSAY_NO_DATA when the set is absent or damaged, ASSAY_NO_MEMORY,
 * ASSAY_DOMAIN for another side. */
assay_status fashion_pool_read(int side, fashion_pool *pool, assay_error *error);
void fashion_pool_free(fashion_pool *pool);

/* Regression on z, the pool being the population. Linear labels: g = x.theta + sigma eps with theta
 * proportional to (Sxx + .01)^{-1} E[x l], theta' Sxx theta = 1, sigma^2 = .25. Real labels: g = l. */
typedef struct {
  int dx, D;
  double *Sigma, *c, *beta; /* [D][D]; [D] Cov(z, g); [D] Sigma^{-1} c, of linear labels [theta; 0] */
  double second, noise;     /* E g^2; E (g - z.beta)^2 */
} fashion_problem;

/* ASSAY_DOMAIN when |r| > 1 or kap is not in [0,1); ASSAY_NUMERIC when Sigma is singular. */
assay_status fashion_problem_of(const fashion_pool *pool, bool real_labels, double r, double kap,
                                fashion_problem *out, assay_error *error);
void fashion_problem_free(fashion_problem *problem);

#endif
