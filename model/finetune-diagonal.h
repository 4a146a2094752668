/* Pretraining and fine-tuning of a diagonal linear network: what defines the problem. Anguita et al., arXiv
 * 2602.20062.
 *
 * The network is f(x) = x.beta with beta = u+ v+ - u- v-, coordinate by coordinate; u is the early layer, v
 * the readout. Pretraining starts with every u = sqrt(c (1+lambda)/2) and every v = sqrt(c (1-lambda)/2).
 * Before fine-tuning the readout becomes v+ = v- = gamma, and the early layer is kept or made even. Both
 * stages are gradient flow on half the squared residual, to interpolation. Rows of X are N(0, I/d), labels
 * X beta* + sqrt(s2) z.
 *
 * A coordinate of the two teachers is active in both (a fraction rho_both), in pretraining only (rho_pt), in
 * fine-tuning only (rho_ft), or in neither; active values are eps m_pt and eps m_ft with one random sign eps
 * per coordinate. */
#ifndef ASSAY_MODEL_FINETUNE_DIAGONAL_H
#define ASSAY_MODEL_FINETUNE_DIAGONAL_H

/* What fine-tuning does with the pretrained early layer: u+, u- <- u+ + u-; sqrt((u+^2 + u-^2)/2); as is. */
typedef enum { FINETUNE_DIAGONAL_SUM, FINETUNE_DIAGONAL_RMS, FINETUNE_DIAGONAL_KEEP } finetune_diagonal_reset;

typedef struct {
  double c;                      /* absolute scale u0^2 + v0^2 of the start of pretraining, > 0 */
  double lambda;                 /* relative scale (u0^2 - v0^2)/c in [-1,1] */
  double gamma;                  /* readout at the start of fine-tuning, >= 0 */
  finetune_diagonal_reset reset; /* of the early layer */
} finetune_diagonal_init;

typedef struct {
  double rho_both, rho_pt, rho_ft; /* fractions, their sum <= 1 */
  double m_pt, m_ft;               /* active values */
} finetune_diagonal_task;

#endif
