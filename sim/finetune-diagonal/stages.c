/* Data, teachers and weights. */
#include <cblas.h>
#include <math.h>
#include <string.h>

#include "sim/finetune-diagonal/finetune-diagonal.h"
#include "sim/kernels/random.h"

void finetune_diagonal_draw(const assay_stream *stream, unsigned stage, const double *beta, double s2, int n,
                            int d, double *X, double *y) {
  random_source design = random_open(stream, RANDOM_DESIGN, stage),
                label = random_open(stream, RANDOM_LABEL, stage);
  size_t size = (size_t)n * (size_t)d;
  random_normals(&design, X, size);
  cblas_dscal((int)size, 1 / sqrt(d), X, 1);
  random_normals(&label, y, (size_t)n);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, n, d, 1, X, d, beta, 1, sqrt(s2), y, 1);
}

void finetune_diagonal_teachers(const assay_stream *stream, const finetune_diagonal_task *task,
                                const long count[3], int d, double *pt, double *ft) {
  random_source source = random_open(stream, RANDOM_TEACHER, 0);
  long both = count[0], only_pt = both + count[1], only_ft = only_pt + count[2];
  random_signs(&source, pt, (size_t)d);
  for (int i = 0; i < d; i++) {
    double sign = pt[i];
    pt[i] = i < only_pt ? sign * task->m_pt : 0;
    ft[i] = i < both || (i >= only_pt && i < only_ft) ? sign * task->m_ft : 0;
  }
}

void finetune_diagonal_start(const finetune_diagonal_init *init, int d, double *w) {
  double u = sqrt(init->c * (1 + init->lambda) / 2), v = sqrt(init->c * (1 - init->lambda) / 2);
  for (int i = 0; i < d; i++) w[i] = w[2 * d + i] = u, w[d + i] = w[3 * d + i] = v;
}

void finetune_diagonal_learned(const finetune_diagonal_init *init, const double *b, int d, double *w) {
  double u = sqrt(init->c * (1 + init->lambda) / 2), v = sqrt(init->c * (1 - init->lambda) / 2);
  for (int i = 0; i < d; i++) {
    double xi = asinh(b[i] / init->c) / 2, C = cosh(xi), S = sinh(xi);
    w[i] = u * C + v * S, w[d + i] = u * S + v * C;
    w[2 * d + i] = u * C - v * S, w[3 * d + i] = v * C - u * S;
  }
}

void finetune_diagonal_renew(const finetune_diagonal_init *init, int d, double *w) {
  for (int i = 0; i < d; i++) {
    double up = w[i], um = w[2 * d + i];
    if (init->reset == FINETUNE_DIAGONAL_SUM) w[i] = w[2 * d + i] = up + um;
    if (init->reset == FINETUNE_DIAGONAL_RMS) w[i] = w[2 * d + i] = sqrt((up * up + um * um) / 2);
    w[d + i] = w[3 * d + i] = init->gamma;
  }
}

void finetune_diagonal_conserved(const double *w, int d, double *kappa, double *beta0) {
  for (int i = 0; i < d; i++) {
    double up = w[i], vp = w[d + i], um = w[2 * d + i], vm = w[3 * d + i];
    double A = (up + vp) * (up + vp) + (um - vm) * (um - vm),
           B = (up - vp) * (up - vp) + (um + vm) * (um + vm);
    kappa[i] = sqrt(A) * sqrt(B) / 2;
    beta0[i] = up * vp - um * vm;
  }
}

void finetune_diagonal_coefficients(const double *w, int d, double *beta) {
  for (int i = 0; i < d; i++) beta[i] = w[i] * w[d + i] - w[2 * d + i] * w[3 * d + i];
}

double finetune_diagonal_distance(const double *a, const double *b, int d) {
  double sum = 0;
  for (int i = 0; i < d; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum / d;
}
