/* One coordinate: what pretraining leaves, the penalty of fine-tuning and its shape. */
#include <float.h>
#include <math.h>

#include "theory/finetune-diagonal/finetune-diagonal.h"

static assay_status check_scale(double b, double c, double lambda, assay_error *error) {
  if (!isfinite(b))
    return assay_error_set(error, ASSAY_DOMAIN, "b = %g; a pretrained coordinate is finite", b);
  if (!(c > 0) || !isfinite(c))
    return assay_error_set(error, ASSAY_DOMAIN, "c = %g; the scale of pretraining is finite and > 0", c);
  if (!(fabs(lambda) <= 1))
    return assay_error_set(error, ASSAY_DOMAIN, "lambda = %g; a relative scale lies in [-1,1]", lambda);
  return ASSAY_OK;
}

/* sqrt(c^2 + b^2) - c without cancellation. */
static double radius_less_c(double b, double c) {
  return b * (b / (hypot(b, c) + c));
}

assay_status finetune_diagonal_pretrained(double b, double c, double lambda,
                                          finetune_diagonal_mistake mistake, finetune_diagonal_features *f,
                                          assay_error *error) {
  assay_status status = check_scale(b, c, lambda, error);
  if (status != ASSAY_OK) return status;
  if (mistake == FINETUNE_DIAGONAL_EXCHANGED) lambda = -lambda;
  double excess = radius_less_c(b, c);
  f->sum_squared = (1 + lambda) * (2 * c + excess);
  f->S = (1 + lambda) * c + excess;
  f->V = (1 - lambda) * c + excess;
  f->Delta = copysign(sqrt((1 - lambda) * excess), b);
  if (mistake == FINETUNE_DIAGONAL_ADDED_SCALE) f->S = fabs(b) + c * (1 + lambda);
  return ASSAY_OK;
}

assay_status finetune_diagonal_penalty(double b, const finetune_diagonal_init *init,
                                       finetune_diagonal_mistake mistake, double *kappa, double *beta0,
                                       assay_error *error) {
  finetune_diagonal_features f;
  assay_status status = finetune_diagonal_pretrained(b, init->c, init->lambda, mistake, &f, error);
  if (status != ASSAY_OK) return status;
  double g = init->gamma;
  if (!(g >= 0) || !isfinite(g))
    return assay_error_set(error, ASSAY_DOMAIN, "gamma = %g; a readout is finite and >= 0", g);
  *beta0 = 0;
  if (init->reset == FINETUNE_DIAGONAL_SUM) *kappa = f.sum_squared + g * g;
  if (init->reset == FINETUNE_DIAGONAL_RMS) *kappa = f.S / 2 + g * g;
  if (init->reset == FINETUNE_DIAGONAL_KEEP) {
    double whole = f.S + 2 * g * g, part = 2 * g * fabs(f.Delta);
    *kappa = sqrt((whole - part) * (whole + part)) / 2;
    if (mistake != FINETUNE_DIAGONAL_NO_BETA0) *beta0 = g * f.Delta;
  }
  if (!(*kappa > 0))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "a coordinate pretrained to b = %g at lambda = %g, gamma = %g has kappa = 0 and cannot move", b,
        init->lambda, g);
  return ASSAY_OK;
}

/* q/kappa at z = |beta|/kappa; the series has relative error 1e-13 at its end. */
static double scaled_q(double z) {
  double z2 = z * z;
  if (z < 0.02) return z2 * (1. / 2 - z2 * (1. / 24 - z2 * (1. / 80 - z2 * (5. / 896 - z2 * 7. / 2304))));
  return z * asinh(z) - z2 / (sqrt(1 + z2) + 1);
}

void finetune_diagonal_shape(double beta, double kappa, assay_value *q, assay_value *ell) {
  double z = fabs(beta) / kappa, scaled = scaled_q(z);
  q->value = kappa * scaled;
  q->error = 1e-12 * q->value;
  ell->value = z > 0 ? z * asinh(z) / scaled : 2;
  ell->error = 1e-12 * ell->value;
}

assay_status finetune_diagonal_dependence(double beta, double b, const finetune_diagonal_init *init,
                                          finetune_diagonal_mistake mistake, assay_value *fd,
                                          assay_error *error) {
  double kappa, beta0, r = hypot(init->c, b);
  assay_value q, ell;
  if (init->reset == FINETUNE_DIAGONAL_KEEP)
    return assay_error_set(error, ASSAY_DOMAIN,
                           "reset=keep starts fine-tuning away from zero: its penalty has no dependence FD");
  assay_status status = finetune_diagonal_penalty(b, init, mistake, &kappa, &beta0, error);
  if (status != ASSAY_OK) return status;
  finetune_diagonal_shape(beta, kappa, &q, &ell);
  double slope = init->reset == FINETUNE_DIAGONAL_SUM ? (1 + init->lambda) * b * (b / r) / kappa
                                                      : b * (b / r) / (2 * kappa);
  /* ell - 1 = (sqrt(1+z^2) - 1)/(q/kappa), which does not cancel. */
  double z = fabs(beta) / kappa, above_one = z > 0 ? z * (z / (sqrt(1 + z * z) + 1)) / scaled_q(z) : 1;
  fd->value = (mistake == FINETUNE_DIAGONAL_FD_ELL ? ell.value : above_one) * slope;
  fd->error = 1e-12 * fd->value;
  return ASSAY_OK;
}

assay_status finetune_diagonal_residual_time(const double weights[4], double Y, assay_value *time,
                                             assay_error *error) {
  double up = weights[0], vp = weights[1], um = weights[2], vm = weights[3];
  double A = (up + vp) * (up + vp) + (um - vm) * (um - vm), B = (up - vp) * (up - vp) + (um + vm) * (um + vm);
  double kappa = sqrt(A) * sqrt(B) / 2, beta0 = up * vp - um * vm;
  if (!(kappa > 0) || !isfinite(kappa))
    return assay_error_set(
        error, ASSAY_DOMAIN,
        "the start (%g, %g, %g, %g) has kappa = %g; the flow reaches every target only from kappa > 0", up,
        vp, um, vm, kappa);
  double at_end = asinh(Y / kappa), at_start = asinh(beta0 / kappa);
  *time = (assay_value){(at_end - at_start) / 2, 4 * DBL_EPSILON * (fabs(at_end) + fabs(at_start) + 1)};
  return ASSAY_OK;
}
