/* Draws of regression with a spurious feature (model/spurious-features.h), shared by the experiments.
 *
 * Rows z = A s, s of independent standard entries (source DESIGN), A A' = Sigma; labels g = x.theta + sigma
 * eps, eps from LABEL. A and Sigma are used by their structure, O(D) a row (pairs, triples) or O(D log D)
 * (one cosine transform), and never stored, but for the symmetric root that mixes independent signs of dct.
 */
#ifndef ASSAY_SIM_SPURIOUS_FEATURES_PROBLEM_H
#define ASSAY_SIM_SPURIOUS_FEATURES_PROBLEM_H

#include <fftw3.h>

#include "model/spurious-features.h"
#include "sim/experiment.h"
#include "sim/kernels/random.h"

typedef struct {
  spurious_features_model model;
  int dx, dy, D, n;
  bool rademacher;
  double sigma;
  double *theta, *u;             /* [dx]; [D], [0; Syx theta] */
  double *variances, *deviation; /* [D] the diagonal of Sigma, and its square root */
  double *along;                 /* [dx] correlation of pairs; of dct rho; covariances of triples */
  double *root, *block;          /* signs of dct: [D][D], and a block of rows; else NULL */
  double *wave, *spectrum;       /* [d] of the cosine transform */
  fftw_plan forward, backward;   /* U'e up to scale, and back */
  double *Z, *g;                 /* [n][D], [n] */
} problem;

/* The parameters that every experiment on the test models has. */
/* clang-format off */
#define SPURIOUS_REAL(name, doc, role, domain, preset) \
  {name, NULL, doc, ASSAY_REAL, role, NULL, domain, preset}
#define SPURIOUS_MODEL(role) \
  {"model", NULL, "of the covariance", ASSAY_WORD, 0, "iso|twoblock|dct|negcore", NULL, "twoblock"}, \
  {"d", NULL, "core dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,100000]", NULL}, \
  SPURIOUS_REAL("v", "iso: variance of y", role, "(0,inf)", "1"), \
  SPURIOUS_REAL("rho", "iso, dct: correlation", 0, "(-1,1)", "0.5"), \
  SPURIOUS_REAL("v1", "twoblock: first variance", 0, "(0,inf)", "1.6"), \
  SPURIOUS_REAL("v2", "second", 0, "(0,inf)", "0.4"), \
  SPURIOUS_REAL("r1", "twoblock: first correlation", 0, "(-1,1)", "0.5"), \
  SPURIOUS_REAL("r2", "second", 0, "(-1,1)", "0.5"), \
  SPURIOUS_REAL("alpha", "dct: exponent of Sxx", 0, "[0,inf)", "0.3"), \
  SPURIOUS_REAL("bet", "dct: exponent of Syy", 0, "[0,inf)", "0.7")
#define SPURIOUS_SAMPLES {"n", NULL, "samples", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,1000000]", NULL}
#define SPURIOUS_NOISE SPURIOUS_REAL("sigma2", "variance of the label noise", 0, "[0,inf)", "0.25")
/* clang-format on */

/* Reads the call; memory is the call's. ASSAY_DOMAIN for a model that is none, ASSAY_NO_MEMORY. */
assay_status problem_open(assay_call *call, problem *p);
/* What the call does not own. */
void problem_close(problem *p);

/* Z and g of a replicate. */
void problem_draw(problem *p, const assay_stream *stream);
/* `rows` rows of z from the next slots of the source. */
void problem_rows(const problem *p, random_source *source, int rows, double *Z);
/* out = Sigma v, both [D]. */
void problem_covariance(const problem *p, const double *v, double *out);
/* sigma^2 + (hat - beta)' Sigma (hat - beta); miss [D] becomes hat - beta and image [D] Sigma times it. */
double problem_loss(const problem *p, const double *hat, double *miss, double *image);

#endif
