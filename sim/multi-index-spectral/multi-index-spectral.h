/* Simulators of spectral estimators for multi-index models; laws and preprocessings in
 * model/multi-index-spectral.h. The signals are the first coordinates. */
#ifndef ASSAY_SIM_MULTI_INDEX_SPECTRAL_H
#define ASSAY_SIM_MULTI_INDEX_SPECTRAL_H

#include "model/multi-index-spectral.h"
#include "sim/kernels/design.h"

/* One point of a rule for expectations over a sample: its signal block s [p], its label and its weight. */
typedef void multi_index_visit(const double *s, double y, double weight, void *context);
/* Visits the points of a rule for E h(s, y) that knows the labels' definition only (no conditional moment):
 * trapezoids where labels are smooth in s, double exponential half axes where they are not at s_j = 0, rings
 * and angles where they are cells. The weights sum to 1 within 2e-6. Relative error 1e-5 or better for smooth
 * T; 1e-4 for T with jumps. For norm h may depend on ||s|| only, for the parity of three or more on the label
 * only. */
assay_status multi_index_expectation(const multi_index_model *model, multi_index_visit *visit, void *context,
                                     assay_error *error);

/* What the experiments on one drawn data set hold; all memory is the call's. */
typedef struct {
  multi_index_model model;
  multi_index_preprocessing T;
  design A;
  double *y, *z;            /* [n] labels, T of them */
  double *normal, *uniform; /* [n] noise of the labels */
} multi_index_data;

assay_status multi_index_data_new(assay_call *call, long n, long d, multi_index_data *data);
/* `block` tells designs of one replicate apart. */
void multi_index_draw(multi_index_data *data, const assay_stream *stream, unsigned block);

/* ---- parameters that the experiments share ---- */

/* clang-format off */
#define MULTI_INDEX_SIM_PARAMS \
  MULTI_INDEX_LAW_PARAMS, \
  MULTI_INDEX_T_PARAMS(MULTI_INDEX_T_WORDS, NULL), \
  {"u1", NULL, "direction of Td and Topt", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "1"}, \
  {"u2", NULL, "direction of Td and Topt", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "0"}, \
  {"scale", NULL, "sqrt(delta_t/delta) of Td", ASSAY_REAL, ASSAY_PAIRED, NULL, "(0,inf)", "1"}, \
  {"n", NULL, "samples", ASSAY_INTEGER, ASSAY_SIM, NULL, "[2,2147483647]", NULL}, \
  {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[8,2147483647]", NULL}
/* clang-format on */

#endif
