/* Finite-size pretraining and fine-tuning of diagonal linear networks (model/finetune-diagonal.h has the
 * problem).
 *
 * Two simulators end at the same point. The *network* integrates gradient flow on the weights; it is genuine
 * and stiff, for d up to a few hundred. The *dual* jumps to the limit: the interpolator of least hypentropy
 * divergence (sim/kernels/hypentropy.h), whose kappa and beta0 are read off the weights at the start of the
 * stage. Between the stages the weights of a pretrained value b follow from what the flow conserves,
 *
 *     u+ = u0 cosh xi + v0 sinh xi,   v+ = u0 sinh xi + v0 cosh xi,   u-, v-: xi -> -xi,   2 xi = asinh(b/c).
 *
 * Weights are [4][d]: u+, v+, u-, v-. Draws come from the sources DESIGN (X), LABEL (z) and TEACHER (signs),
 * index 0 in pretraining and 1 in fine-tuning, so that arms with other scales or resets share them. */
#ifndef ASSAY_SIM_FINETUNE_DIAGONAL_FINETUNE_DIAGONAL_H
#define ASSAY_SIM_FINETUNE_DIAGONAL_FINETUNE_DIAGONAL_H

#include "model/finetune-diagonal.h"
#include "sim/experiment.h"

/* ---- data and weights ---- */

typedef struct {
  int n, d;
  const double *X, *y; /* [n][d], [n] */
} finetune_diagonal_data;

/* X with rows N(0, I/d) and y = X beta + sqrt(s2) z, of stage 0 (pretraining) or 1. */
void finetune_diagonal_draw(const assay_stream *stream, unsigned stage, const double *beta, double s2, int n,
                            int d, double *X, double *y);

/* Signed teachers: the first count[0] coordinates are active in both, then count[1] in pretraining, count[2]
 * in fine-tuning only. */
void finetune_diagonal_teachers(const assay_stream *stream, const finetune_diagonal_task *task,
                                const long count[3], int d, double *pt, double *ft);

void finetune_diagonal_start(const finetune_diagonal_init *init, int d, double *w);
/* The weights at the end of pretraining to b [d]. */
void finetune_diagonal_learned(const finetune_diagonal_init *init, const double *b, int d, double *w);
/* What happens between the stages. */
void finetune_diagonal_renew(const finetune_diagonal_init *init, int d, double *w);
/* kappa = sqrt(AB)/2 and beta0 = u+ v+ - u- v- of weights, [d]. */
void finetune_diagonal_conserved(const double *w, int d, double *kappa, double *beta0);
void finetune_diagonal_coefficients(const double *w, int d, double *beta);

/* ||a - b||^2/d. */
double finetune_diagonal_distance(const double *a, const double *b, int d);

/* ---- flows ---- */

/* Gradient flow of the network on half the squared residual, rtol 1e-10, atol 1e-13: w becomes the weights at
 * each of the times (in order), which are handed to visit; and at the end, where ||X beta - y|| <= 1e-10
 * ||y||. */
typedef void finetune_diagonal_visit(int time, const double *w, void *context);
assay_status finetune_diagonal_flow(const finetune_diagonal_data *data, double *w, const double *times,
                                    int count, finetune_diagonal_visit *visit, void *context,
                                    assay_error *error);

/* beta(t) [count][d] of the dual flow beta = kappa sinh(a0 + 2 X'nu), nu' = y - X beta, nu(0) = 0. */
assay_status finetune_diagonal_dual_flow(const finetune_diagonal_data *data, const double *kappa,
                                         const double *beta0, const double *times, int count, double *beta,
                                         assay_error *error);

/* Gradient descent with step h for floor(time/h) steps. */
void finetune_diagonal_descend(const finetune_diagonal_data *data, double *w, double h, double time,
                               double *work);

/* int (Y - beta) dt of a network of one coordinate fitted to (x = 1, Y) by gradient flow; rtol 1e-12. */
assay_status finetune_diagonal_measure_time(const double weights[4], double Y, double *time,
                                            assay_error *error);

#endif
