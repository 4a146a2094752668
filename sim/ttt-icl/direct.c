#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/random.h"
#include "sim/ttt-icl/ttt-icl.h"

size_t ttt_icl_direct_room(const ttt_icl_matrices *m) {
  const size_t rows = (size_t)(m->n > m->k ? m->n : m->k), d = (size_t)m->d, k = (size_t)m->k;
  return rows * (d + 1) + 5 * d + k * d + (k > d ? k : d);
}

/* The task: the first axis, or uniform on the sphere. */
static void draw_task(const ttt_icl_matrices *m, const assay_stream *stream, double *b) {
  const int d = (int)m->d;
  memset(b, 0, (size_t)d * sizeof *b);
  b[0] = 1;
  if (!m->rademacher) return;
  random_source source = random_open(stream, RANDOM_TEACHER, 0);
  random_normals(&source, b, (size_t)d);
  cblas_dscal(d, 1 / cblas_dnrm2(d, b, 1), b, 1);
}

/* rows examples of the task: X [rows][d], y = X b + noise. */
static void draw_examples(const ttt_icl_matrices *m, long rows, unsigned index, const assay_stream *stream,
                          const double *b, double *X, double *y) {
  random_source design = random_open(stream, RANDOM_DESIGN, index),
                noise = random_open(stream, RANDOM_LABEL, index);
  const size_t all = (size_t)rows * (size_t)m->d;
  if (m->rademacher)
    random_signs(&design, X, all);
  else
    random_normals(&design, X, all);
  random_normals(&noise, y, (size_t)rows);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)rows, (int)m->d, 1, X, (int)m->d, b, 1, sqrt(m->sigma2), y,
              1);
}

/* |r - P r|^2, P the projection on the span of the k rows of X, which is overwritten. */
static assay_status converged(double *X, long k, long d, const double *r, double *solution, double *result,
                              assay_error *error) {
  *result = 0;
  if (k >= d) return ASSAY_OK;
  memcpy(solution, r, (size_t)d * sizeof *r);
  /* X' as a d x k matrix in column order; after dgels the residual's norm is that of the last d - k entries.
   */
  const lapack_int info = LAPACKE_dgels(LAPACK_COL_MAJOR, 'N', (lapack_int)d, (lapack_int)k, 1, X,
                                        (lapack_int)d, solution, (lapack_int)d);
  if (info)
    return assay_error_set(error, ASSAY_NUMERIC, "the targets are linearly dependent (dgels: %d)", (int)info);
  *result = cblas_ddot((int)(d - k), solution + k, 1, solution + k, 1);
  return ASSAY_OK;
}

/* Rademacher coordinates: E h h' of the fresh context lacks 2 n diag(b_i^2). */
static void rademacher_terms(const ttt_icl_matrices *m, const double *b, const double *h, const double *g,
                             ttt_icl_direct_result *out) {
  double b4 = 0, bgh = 0, bh = 0;
  const double n = (double)m->n, g2 = cblas_ddot((int)m->d, g, 1, g, 1);
  for (long i = 0; i < m->d; i++) {
    b4 += b[i] * b[i];
    bgh += b[i] * b[i] * g[i] * h[i];
    bh += b[i] * b[i] * h[i] * h[i];
  }
  out->L0 -= 2 * n * m->c * m->c * b4;
  out->c1 += 2 * n * m->c * bgh;
  out->c2 -= 2 * n * g2 * bh;
}

assay_status ttt_icl_direct(const ttt_icl_matrices *m, bool converge, const assay_stream *stream,
                            ttt_icl_direct_result *out, assay_error *error) {
  const int d = (int)m->d, k = (int)m->k;
  double *b = m->room, *h = b + d, *r = h + d, *g = r + d, *solution = g + d + d;
  double *X = solution + (k > d ? k : d) + (size_t)k * (size_t)d,
         *y = X + (size_t)(m->n > m->k ? m->n : m->k) * (size_t)d;
  const double n = (double)m->n, t = 1 + m->sigma2;
  draw_task(m, stream, b);
  draw_examples(m, m->n, 0, stream, b, X, y);
  cblas_dgemv(CblasRowMajor, CblasTrans, (int)m->n, d, 1, X, d, y, 1, 0, h, 1);
  draw_examples(m, m->k, 1, stream, b, X, y);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, k, d, -m->c, X, d, h, 1, 1, y, 1);
  cblas_dgemv(CblasRowMajor, CblasTrans, k, d, 1, X, d, y, 1, 0, g, 1);
  for (int i = 0; i < d; i++) r[i] = b[i] - m->c * h[i];
  const double hb = cblas_ddot(d, h, 1, b, 1), bg = cblas_ddot(d, b, 1, g, 1), gh = cblas_ddot(d, g, 1, h, 1);
  const double g2 = cblas_ddot(d, g, 1, g, 1), h2 = cblas_ddot(d, h, 1, h, 1);
  out->L0 = ttt_icl_start_risk(n, (double)d, m->sigma2, m->c);
  out->c1 = hb * (n - n * (n + 1) * m->c) * bg - n * t * m->c * gh;
  out->c2 = g2 * (n * (n + 1) * hb * hb + n * t * h2);
  out->icl = cblas_ddot(d, r, 1, r, 1);
  out->shared =
      out->icl - 2 * m->shared_step * cblas_ddot(d, r, 1, g, 1) + m->shared_step * m->shared_step * g2;
  out->converged = 0;
  if (m->rademacher) rademacher_terms(m, b, h, g, out);
  return converge ? converged(X, k, d, r, solution, &out->converged, error) : ASSAY_OK;
}

/* ---- the step itself ---- */

typedef struct {
  int n, k, d;
  double *W, *X, *y, *Xk, *yk, *h, *residual, *update, *x;
} step_room;

/* (mean: 1/k times) sum_j (y_j - x_j.W h)^2. */
static double loss(const step_room *s, bool mean) {
  double *u = s->x + s->d, sum = 0;
  cblas_dgemv(CblasRowMajor, CblasNoTrans, s->d, s->d, 1, s->W, s->d, s->h, 1, 0, u, 1);
  memcpy(s->residual, s->yk, (size_t)s->k * sizeof(double));
  cblas_dgemv(CblasRowMajor, CblasNoTrans, s->k, s->d, -1, s->Xk, s->d, u, 1, 1, s->residual, 1);
  sum = cblas_ddot(s->k, s->residual, 1, s->residual, 1);
  return mean ? sum / s->k : sum;
}

static void fill(const assay_stream *stream, unsigned index, double *x, int count) {
  random_source source = random_open(stream, RANDOM_DESIGN, index);
  random_normals(&source, x, (size_t)count);
}

/* update = s X_k'(y_k - X_k W h) h'. */
static void make_update(const step_room *s, double factor, double step, double *g) {
  loss(s, false);
  cblas_dgemv(CblasRowMajor, CblasTrans, s->k, s->d, 1, s->Xk, s->d, s->residual, 1, 0, g, 1);
  memset(s->update, 0, (size_t)(s->d * s->d) * sizeof(double));
  cblas_dger(CblasRowMajor, s->d, s->d, 2 * step * factor, g, 1, s->h, 1, s->update, s->d);
}

static double against_differences(const step_room *s, bool mean, double step) {
  const double width = 1e-5;
  double worst = 0, largest = 0;
  for (int i = 0; i < s->d * s->d; i++) {
    const double keep = s->W[i];
    s->W[i] = keep + width;
    const double up = loss(s, mean);
    s->W[i] = keep - width;
    const double down = loss(s, mean);
    s->W[i] = keep;
    const double quotient = -step * (up - down) / (2 * width);
    worst = fmax(worst, fabs(quotient - s->update[i]));
    largest = fmax(largest, fabs(quotient));
  }
  return worst / largest;
}

/* x.(W + update) h' against x.W h' + s (x.g)(h.h'). */
static double against_prediction(const step_room *s, double s_step, const double *g) {
  const int d = s->d;
  double *x = s->x, *u = x + d, *fresh = u + d, before, after;
  cblas_dgemv(CblasRowMajor, CblasNoTrans, d, d, 1, s->W, d, fresh, 1, 0, u, 1);
  before = cblas_ddot(d, x, 1, u, 1);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, d, d, 1, s->update, d, fresh, 1, 1, u, 1);
  after = cblas_ddot(d, x, 1, u, 1);
  const double change = s_step * cblas_ddot(d, x, 1, g, 1) * cblas_ddot(d, s->h, 1, fresh, 1);
  return fabs(after - before - change) / (fabs(before) + fabs(change));
}

static assay_status second_over_first(const step_room *s, double *ratio, assay_error *error) {
  double *values = s->residual + s->k, *spare = values + s->d;
  const lapack_int info = LAPACKE_dgesvd(LAPACK_ROW_MAJOR, 'N', 'N', s->d, s->d, s->update, s->d, values,
                                         NULL, 1, NULL, 1, spare);
  if (info)
    return assay_error_set(error, ASSAY_NUMERIC, "the update's singular values did not converge (dgesvd: %d)",
                           (int)info);
  *ratio = s->d > 1 ? values[1] / values[0] : 0;
  return ASSAY_OK;
}

assay_status ttt_icl_check_step(long n, long k, long d, double factor, bool mean, const assay_stream *stream,
                                double *gradient_error, double *rank_ratio, double *prediction_error,
                                assay_error *error) {
  const size_t numbers = (size_t)(2 * d * d + n * d + n + k * d + k + d + k + 2 * d + 3 * d + d);
  double *room = calloc(numbers, sizeof *room);
  if (!room)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a step at n = %ld, k = %ld, d = %ld", n, k,
                           d);
  const double step = .5e-3;
  step_room s = {(int)n, (int)k, (int)d, room, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
  s.update = s.W + d * d;
  s.X = s.update + d * d;
  s.y = s.X + n * d;
  s.Xk = s.y + n;
  s.yk = s.Xk + k * d;
  s.h = s.yk + k;
  s.residual = s.h + d; /* k, then 2 d for the singular values */
  s.x = s.residual + k + 2 * d;
  double *g = s.x + 3 * d;
  fill(stream, 0, s.W, (int)(d * d));
  fill(stream, 1, s.X, (int)(n * d));
  fill(stream, 2, s.y, (int)n);
  fill(stream, 3, s.Xk, (int)(k * d));
  fill(stream, 4, s.yk, (int)k);
  fill(stream, 5, s.x, (int)(3 * d));
  cblas_dscal((int)(d * d), 1. / (double)(n + d), s.W, 1);
  cblas_dgemv(CblasRowMajor, CblasTrans, s.n, s.d, 1, s.X, s.d, s.y, 1, 0, s.h, 1);
  make_update(&s, factor, step, g);
  *gradient_error = against_differences(&s, mean, step);
  fill(stream, 5, s.x, (int)(3 * d));
  *prediction_error = against_prediction(&s, 2 * step * factor, g);
  assay_status status = second_over_first(&s, rank_ratio, error);
  free(room);
  return status;
}
