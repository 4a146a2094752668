/* Gradient flow and descent on the weights, and the dual flow. */
#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/finetune-diagonal/finetune-diagonal.h"
#include "sim/kernels/gradient_flow.h"

/* ---- the network ---- */

typedef struct {
  const finetune_diagonal_data *data;
  double *gram;                /* [d][d] X'X */
  double *beta, *residual, *g; /* [d], [n], [d] = X'(X beta - y) */
  double size;                 /* ||y|| */
} network;

static const double sign_of[4] = {1, 1, -1, -1};
static const int partner_of[4] = {1, 0, 3, 2};

/* ||X beta - y||, with g. */
static double gradient(network *k, const double *w) {
  const finetune_diagonal_data *s = k->data;
  finetune_diagonal_coefficients(w, s->d, k->beta);
  memcpy(k->residual, s->y, (size_t)s->n * sizeof *k->residual);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, s->n, s->d, 1, s->X, s->d, k->beta, 1, -1, k->residual, 1);
  cblas_dgemv(CblasRowMajor, CblasTrans, s->n, s->d, 1, s->X, s->d, k->residual, 1, 0, k->g, 1);
  return cblas_dnrm2(s->n, k->residual, 1);
}

/* w_k' = -sign_k g times the partner of w_k. */
static void velocity(const double *w, double *out, void *context) {
  network *k = context;
  int d = k->data->d;
  gradient(k, w);
  for (int b = 0; b < 4; b++)
    for (int i = 0; i < d; i++) out[b * d + i] = -sign_of[b] * k->g[i] * w[partner_of[b] * d + i];
}

static void velocity_jacobian(const double *w, double *J, void *context) {
  network *k = context;
  int d = k->data->d, n = 4 * d;
  gradient(k, w);
  for (int l = 0; l < 4; l++)
    for (int j = 0; j < d; j++) {
      double right = sign_of[l] * w[partner_of[l] * d + j], *column = J + (size_t)(l * d + j) * (size_t)n;
      for (int b = 0; b < 4; b++)
        for (int i = 0; i < d; i++)
          column[b * d + i] = -sign_of[b] * w[partner_of[b] * d + i] * k->gram[(size_t)j * d + i] * right;
      column[partner_of[l] * d + j] -= sign_of[l] * k->g[j];
    }
}

static bool fitted(const double *w, void *context) {
  network *k = context;
  return gradient(k, w) <= 1e-10 * k->size;
}

static assay_status run_flow(network *k, double *w, const double *times, int count,
                             finetune_diagonal_visit *visit, void *context, assay_error *error) {
  gradient_flow_problem problem = {.n = 4 * k->data->d,
                                   .f = velocity,
                                   .jacobian = velocity_jacobian,
                                   .done = fitted,
                                   .context = k,
                                   .rtol = 1e-10,
                                   .atol = 1e-13};
  gradient_flow *flow = gradient_flow_new(&problem, w, error);
  assay_status status = flow ? ASSAY_OK : ASSAY_NO_MEMORY;
  for (int i = 0; i < count && status == ASSAY_OK; i++) {
    status = gradient_flow_to(flow, times[i], w, error);
    if (status == ASSAY_OK) visit(i, w, context);
  }
  if (status == ASSAY_OK) status = gradient_flow_finish(flow, w, NULL, error);
  gradient_flow_free(flow);
  return status;
}

assay_status finetune_diagonal_flow(const finetune_diagonal_data *data, double *w, const double *times,
                                    int count, finetune_diagonal_visit *visit, void *context,
                                    assay_error *error) {
  size_t D = (size_t)data->d, N = (size_t)data->n;
  network k = {.data = data,
               .gram = malloc((D * D + 2 * D + N) * sizeof *k.gram),
               .size = cblas_dnrm2(data->n, data->y, 1)};
  if (!k.gram)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a network of %d coordinates", data->d);
  k.beta = k.gram + D * D, k.g = k.beta + D, k.residual = k.g + D;
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, data->d, data->d, data->n, 1, data->X, data->d,
              data->X, data->d, 0, k.gram, data->d);
  assay_status status = run_flow(&k, w, times, count, visit, context, error);
  free(k.gram);
  return status;
}

void finetune_diagonal_descend(const finetune_diagonal_data *data, double *w, double h, double time,
                               double *work) {
  int d = data->d;
  network k = {.data = data, .beta = work, .g = work + d, .residual = work + 2 * d};
  for (long step = 0, steps = (long)floor(time / h * (1 + 1e-12)); step < steps; step++) {
    gradient(&k, w);
    for (int i = 0; i < d; i++) {
      double up = w[i], vp = w[d + i], um = w[2 * d + i], vm = w[3 * d + i], move = h * k.g[i];
      w[i] -= move * vp, w[d + i] -= move * up, w[2 * d + i] += move * vm, w[3 * d + i] += move * um;
    }
  }
}

/* ---- the dual flow ---- */

typedef struct {
  const finetune_diagonal_data *data;
  const double *kappa;
  double *a0, *s, *beta; /* [d] */
  double *scaled;        /* [n][d] */
} dual;

/* beta = kappa sinh(a0 + 2 X'nu). */
static void dual_beta(const dual *k, const double *nu, double *beta) {
  int d = k->data->d;
  cblas_dgemv(CblasRowMajor, CblasTrans, k->data->n, d, 2, k->data->X, d, nu, 1, 0, k->s, 1);
  for (int i = 0; i < d; i++) beta[i] = k->kappa[i] * sinh(k->a0[i] + k->s[i]);
}

static void dual_velocity(const double *nu, double *out, void *context) {
  dual *k = context;
  dual_beta(k, nu, k->beta);
  memcpy(out, k->data->y, (size_t)k->data->n * sizeof *out);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, k->data->n, k->data->d, -1, k->data->X, k->data->d, k->beta, 1, 1,
              out, 1);
}

/* -2 X diag(sqrt(kappa^2 + beta^2)) X'. */
static void dual_jacobian(const double *nu, double *J, void *context) {
  dual *k = context;
  int n = k->data->n, d = k->data->d;
  dual_beta(k, nu, k->beta);
  for (int r = 0; r < n; r++)
    for (int i = 0; i < d; i++)
      k->scaled[(size_t)r * d + i] = k->data->X[(size_t)r * d + i] * hypot(k->kappa[i], k->beta[i]);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, d, -2, k->scaled, d, k->data->X, d, 0, J, n);
}

assay_status finetune_diagonal_dual_flow(const finetune_diagonal_data *data, const double *kappa,
                                         const double *beta0, const double *times, int count, double *beta,
                                         assay_error *error) {
  size_t D = (size_t)data->d, N = (size_t)data->n;
  double *nu = calloc(N + 3 * D + N * D, sizeof *nu);
  if (!nu) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a dual flow");
  dual k = {.data = data,
            .kappa = kappa,
            .a0 = nu + N,
            .s = nu + N + D,
            .beta = nu + N + 2 * D,
            .scaled = nu + N + 3 * D};
  for (size_t i = 0; i < D; i++) k.a0[i] = asinh(beta0[i] / kappa[i]);
  gradient_flow_problem problem = {.n = data->n,
                                   .f = dual_velocity,
                                   .jacobian = dual_jacobian,
                                   .context = &k,
                                   .rtol = 1e-10,
                                   .atol = 1e-13};
  gradient_flow *flow = gradient_flow_new(&problem, nu, error);
  assay_status status = flow ? ASSAY_OK : ASSAY_NO_MEMORY;
  for (int i = 0; i < count && status == ASSAY_OK; i++) {
    status = gradient_flow_to(flow, times[i], nu, error);
    if (status == ASSAY_OK) dual_beta(&k, nu, beta + (size_t)i * D);
  }
  gradient_flow_free(flow);
  free(nu);
  return status;
}

/* ---- one coordinate ---- */

typedef struct {
  double Y;
} scalar;

/* w: the four weights and the accumulated residual. */
static void scalar_velocity(const double *w, double *out, void *context) {
  double missing = ((const scalar *)context)->Y - (w[0] * w[1] - w[2] * w[3]);
  out[0] = missing * w[1], out[1] = missing * w[0], out[2] = -missing * w[3], out[3] = -missing * w[2];
  out[4] = missing;
}

static bool scalar_fitted(const double *w, void *context) {
  double Y = ((const scalar *)context)->Y;
  return fabs(Y - (w[0] * w[1] - w[2] * w[3])) <= 1e-13 * (1 + fabs(Y));
}

assay_status finetune_diagonal_measure_time(const double weights[4], double Y, double *time,
                                            assay_error *error) {
  scalar k = {Y};
  double w[5] = {weights[0], weights[1], weights[2], weights[3], 0};
  gradient_flow_problem problem = {
      .n = 5, .f = scalar_velocity, .done = scalar_fitted, .context = &k, .rtol = 1e-12, .atol = 1e-15};
  gradient_flow *flow = gradient_flow_new(&problem, w, error);
  if (!flow) return ASSAY_NO_MEMORY;
  assay_status status = gradient_flow_finish(flow, w, NULL, error);
  gradient_flow_free(flow);
  *time = w[4];
  return status;
}
