/* What the claims of Bombari and Mondelli (arXiv 2502.01347) share. The mathematics stands in
 * theory/spurious-features/spurious-features.h. */
#ifndef ASSAY_COMPARE_CLAIMS_SPURIOUS_FEATURES_CLAIMS_H
#define ASSAY_COMPARE_CLAIMS_SPURIOUS_FEATURES_CLAIMS_H

#include "compare/claim.h"
#include "theory/spurious-features/spurious-features.h"

extern const assay_claim spurious_features_effective_ridge_claim, spurious_features_spurious_correlation_claim,
    spurious_features_test_loss_claim, spurious_features_schur_bounds_claim, spurious_features_simplicity_order_claim,
    spurious_features_lambda_shape_claim, spurious_features_trade_off_claim, spurious_features_trade_off_threshold_claim,
    spurious_features_fluctuations_claim, spurious_features_rf_equivalence_claim, spurious_features_rf_width_claim,
    spurious_features_universality_claim, spurious_features_fashion_colour_claim, spurious_features_network_colour_claim;

/* ---- parameters ---- */

/* clang-format off */
#define REAL(name, doc, role, domain, preset) {name, NULL, doc, ASSAY_REAL, role, NULL, domain, preset}
#define PARAMS_MODEL(role) \
  {"model", NULL, "of the covariance", ASSAY_WORD, 0, "iso|twoblock|dct|negcore", NULL, "twoblock"}, \
  {"d", NULL, "core dimension (2m of negcore)", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[2,100000]", ""}, \
  {"m", NULL, "negcore: copies, in place of d", ASSAY_INTEGER, 0, NULL, "[1,50000]", ""}, \
  REAL("v", "iso: variance of y", role, "(0,inf)", "1"), REAL("rho", "iso, dct: correlation; dct: .7 unless given", 0, "(-1,1)", ""), \
  REAL("v1", "twoblock: first variance", 0, "(0,inf)", "1.6"), REAL("v2", "second", 0, "(0,inf)", "0.4"), \
  REAL("r1", "twoblock: first correlation", 0, "(-1,1)", "0.5"), REAL("r2", "second", 0, "(-1,1)", "0.5"), \
  REAL("alpha", "dct: exponent of Sxx", 0, "[0,inf)", "0.3"), REAL("bet", "dct: exponent of Syy", 0, "[0,inf)", "0.7")
#define PARAMS_SAMPLES \
  {"n", NULL, "samples", ASSAY_REAL, 0, NULL, "(0,inf)", ""}, REAL("n_over_d", "samples over core dimension, in place of n", 0, "(0,inf)", "")
#define PARAM_LAMBDA(preset) {"lambda", NULL, "ridge; 0: least norm", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,inf)", preset}
#define PARAM_SIGMA2 REAL("sigma2", "variance of the label noise", 0, "[0,inf)", "0.25")
/* clang-format on */

/* The model of a call; fails, with the reason, without d (or m). */
assay_status spurious_features_model_of(assay_call *call, spurious_features_model *model);
/* The model's spectrum and n; to be freed when ASSAY_OK. */
assay_status spurious_features_spectrum_at(assay_call *call, spurious_features_spectrum *spectrum, double *n);
/* Everything of ridge regression at the call's lambda and sigma2. */
assay_status spurious_features_ridge_of(assay_call *call, spurious_features_mistake mistake, spurious_features_ridge *out);

/* n = round(n_over_d d), d = 2m, and dct's rho, for the simulation; the realised n. */
assay_status spurious_features_arrange(assay_call *claim, assay_call *sim, assay_call *realised);
/* The ridge whose effective ridge is tau: tau (1 - df1/n). */
double spurious_features_lambda_of(const spurious_features_spectrum *spectrum, double n, double tau);
/* A number that the theory supplies to a simulation, to 9 digits. */
double spurious_features_rounded(double x);

static inline void claim_put(assay_call *call, int observable, assay_value value) {
  assay_put(call, observable, 0, value.value, value.error);
}

/* ---- tables ---- */

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ALL_TIERS(...)                                                                                                                     \
  { __VA_ARGS__, __VA_ARGS__, __VA_ARGS__ }
#define LATER (1u << ASSAY_STANDARD | 1u << ASSAY_DEEP)

#endif
