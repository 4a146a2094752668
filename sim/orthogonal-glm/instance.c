#include "sim/orthogonal-glm/instance.h"

#include <cblas.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

assay_status glm_instance_open(assay_call *call, glm_instance *p) {
  long n = assay_integer(call, "n"), d = assay_integer(call, "d");
  gsl_set_error_handler_off();
  p->channel = (glm_channel){(glm_channel_kind)glm_word(assay_word(call, "channel"), GLM_CHANNELS),
                             assay_real(call, "sigma")};
  p->prior =
      (glm_prior){(glm_prior_kind)glm_word(assay_word(call, "prior"), GLM_PRIORS), assay_real(call, "eps")};
  glm_spectrum spectrum = {(glm_spectrum_kind)glm_word(assay_word(call, "spectrum"), GLM_SPECTRA),
                           assay_real(call, "a"), assay_real(call, "kappa"), 0};
  int width = glm_channel_width(p->channel.kind);
  if (width != glm_prior_width(p->prior.kind))
    return assay_fail(call, ASSAY_DOMAIN,
                      "the channel and the prior are both real or both complex (cabs with cgauss)");
  assay_status status =
      glm_design_open(call, (glm_design_kind)glm_word(assay_word(call, "design"), GLM_DESIGNS), &spectrum, n,
                      d, width, &p->X);
  if (status != ASSAY_OK) return status;
  size_t rows = (size_t)(n * width), cols = (size_t)(d * width);
  p->values = assay_alloc(call, ((size_t)d + 2 * cols + 4 * rows + (size_t)n) * sizeof(double));
  p->order = assay_alloc(call, (size_t)d * sizeof *p->order);
  if (!p->values || !p->order) return ASSAY_NO_MEMORY;
  p->b = p->values + d, p->rotated = p->b + cols, p->z = p->rotated + cols, p->noise = p->z + rows,
  p->T = p->noise + rows, p->work = p->T + rows, p->y = p->work + rows;
  return glm_prior_values(&p->prior, d, p->values, assay_call_error(call));
}

void glm_instance_close(glm_instance *p) {
  glm_design_close(&p->X);
}

static void draw_signal(glm_instance *p, const assay_stream *stream) {
  random_source source = random_open(stream, RANDOM_TEACHER, 0),
                phases = random_open(stream, RANDOM_TEACHER, 1);
  long d = p->X.d;
  random_permutation(&source, p->order, (size_t)d);
  if (p->X.width == 1) {
    for (long i = 0; i < d; i++) p->b[i] = p->values[p->order[i]];
    return;
  }
  random_uniforms(&phases, p->rotated, (size_t)d);
  for (long i = 0; i < d; i++) {
    double size = p->values[p->order[i]], angle = 2 * M_PI * p->rotated[i];
    p->b[2 * i] = size * cos(angle), p->b[2 * i + 1] = size * sin(angle);
  }
}

static void observe(glm_instance *p, const assay_stream *stream) {
  glm_design *X = &p->X;
  int w = X->width;
  linear_operator rotated = glm_rotated(X);
  rotated.apply(rotated.context, p->rotated, p->z);
  random_source source = random_open(stream, RANDOM_NOISE, 0);
  random_normals(&source, p->noise, (size_t)(X->n * w));
  for (long i = 0; i < X->n * w && w == 2; i++) p->noise[i] *= M_SQRT1_2;
  for (long i = 0; i < X->n; i++) p->y[i] = glm_channel_draw(&p->channel, p->z + i * w, p->noise + i * w);
}

assay_status glm_instance_draw(glm_instance *p, const assay_stream *stream, assay_error *error) {
  assay_status status = glm_design_draw(&p->X, stream, error);
  if (status != ASSAY_OK) return status;
  draw_signal(p, stream);
  glm_right_transposed(&p->X, p->b, p->rotated);
  observe(p, stream);
  return ASSAY_OK;
}

assay_status glm_instance_draw_prior(glm_instance *p, const assay_stream *stream, assay_error *error) {
  assay_status status = glm_design_draw(&p->X, stream, error);
  if (status != ASSAY_OK) return status;
  random_source source = random_open(stream, RANDOM_TEACHER, 0);
  random_normals(&source, p->rotated, (size_t)p->X.rank);
  observe(p, stream);
  return ASSAY_OK;
}

assay_status glm_spectral(glm_instance *p, glm_T T, double sigma_T, int pairs, const assay_stream *stream,
                          double *values, double *vectors, assay_error *error) {
  glm_design *X = &p->X;
  const glm_channel made_for = {p->channel.kind, sigma_T};
  const double delta = (double)X->n / (double)X->d;
  for (long i = 0; i < X->n; i++) {
    double value = glm_preprocess(T, &made_for, delta, p->y[i]);
    for (int k = 0; k < X->width; k++) p->T[i * X->width + k] = value;
  }
  linear_operator rotated = glm_rotated(X);
  return operator_weighted_eigen(&rotated, p->T, EIGEN_LARGEST, pairs, 40, 1e-6, stream, p->work, values,
                                 vectors, error);
}

void glm_messages(glm_instance *p, double *v, double q, double gamma1, bool plain, double *r1, double *p1) {
  glm_design *X = &p->X;
  long r = X->rank, w = X->width;
  overlap_align(v, p->rotated, r, (int)w);
  double scale = sqrt((double)X->d * q) / cblas_dnrm2((int)(r * w), v, 1);
  cblas_dscal((int)(r * w), scale, v, 1);
  glm_right(X, v, r1);
  cblas_dscal((int)(X->d * w), 1 / q, r1, 1);
  linear_operator rotated = glm_rotated(X);
  rotated.apply(rotated.context, v, p1);
  for (long i = 0; i < X->n * w && !plain; i++)
    p1[i] *= (gamma1 - glm_preprocess(GLM_T_OPT, &p->channel, 1, p->y[i / w])) / gamma1;
}
