#include <cblas.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/lbfgs.h"
#include "sim/kernels/random.h"
#include "sim/neural-collapse/neural-collapse.h"

/* One block of p matrices that turns x = e_1 into x' at the angle delta: unknowns t and A_1..A_{p-1} [3][3];
 * the best A_p for them, a matrix of rank one, is put in its place: (1/2)(sum |A_j|^2 + |t x' -
 * x|^2/|A_{p-1}..A_1 x|^2). */
enum { D = 3, MOST = 6 };

typedef struct {
  int p;
  double target[D];
} turn;

static double turn_objective(const double *x, double *g, void *context) {
  const turn *w = context;
  const double t = x[0], *A = x + 1;
  double v[MOST][D] = {{1}}, back[D], through[D], r = 0, s, f = 0;
  memset(g, 0, (size_t)(1 + (w->p - 1) * D * D) * sizeof *g);
  for (int j = 1; j < w->p; j++)
    cblas_dgemv(CblasRowMajor, CblasNoTrans, D, D, 1, A + (j - 1) * D * D, D, v[j - 1], 1, 0, v[j], 1);
  s = cblas_ddot(D, v[w->p - 1], 1, v[w->p - 1], 1);
  for (int i = 0; i < D; i++) {
    const double miss = t * w->target[i] - (i == 0);
    r += miss * miss;
    g[0] += w->target[i] * miss / s;
  }
  f = r / s / 2;
  for (int i = 0; i < D; i++) back[i] = -r / (s * s) * v[w->p - 1][i];
  for (int j = w->p - 1; j >= 1; j--) {
    double *gA = g + 1 + (j - 1) * D * D;
    const double *Aj = A + (j - 1) * D * D;
    cblas_dger(CblasRowMajor, D, D, 1, back, 1, v[j - 1], 1, gA, D);
    cblas_daxpy(D * D, 1, Aj, 1, gA, 1);
    f += cblas_ddot(D * D, Aj, 1, Aj, 1) / 2;
    cblas_dgemv(CblasRowMajor, CblasTrans, D, D, 1, Aj, D, back, 1, 0, through, 1);
    memcpy(back, through, sizeof back);
  }
  return f;
}

assay_status neural_collapse_turn_cost(int p, double angle, unsigned index, const assay_stream *stream,
                                       double *cost, assay_error *error) {
  enum { UNKNOWNS = 1 + (MOST - 1) * D * D };
  static const lbfgs_rule rule = {20, 4000, 1e-9};
  double x[UNKNOWNS], room[44 * UNKNOWNS + 40], noise[UNKNOWNS];
  const turn work = {p, {cos(angle), sin(angle), 0}};
  const size_t unknowns = (size_t)(1 + (p - 1) * D * D);
  lbfgs_report report;
  random_source init = random_open(stream, RANDOM_INIT, index);
  random_normals(&init, noise, unknowns);
  x[0] = .9;
  for (size_t i = 1; i < unknowns; i++) x[i] = ((i - 1) % (D * D) % (D + 1) == 0 ? .5 : 0) + .05 * noise[i];
  const assay_status status =
      lbfgs_minimise(turn_objective, (void *)(uintptr_t)&work, unknowns, &rule, x, room, &report, error);
  *cost = report.value;
  return status;
}
