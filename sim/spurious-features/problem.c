#include "sim/spurious-features/problem.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

enum { BLOCK = 64 }; /* rows of signs that are mixed at once */

static double *numbers(assay_call *call, size_t count) {
  return assay_alloc(call, count * sizeof(double));
}

static spurious_features_model read_model(const assay_call *call) {
  spurious_features_model m = {.d = (int)assay_integer(call, "d"),
                               .v = assay_real(call, "v"),
                               .rho = assay_real(call, "rho"),
                               .v1 = assay_real(call, "v1"),
                               .v2 = assay_real(call, "v2"),
                               .r1 = assay_real(call, "r1"),
                               .r2 = assay_real(call, "r2"),
                               .alpha = assay_real(call, "alpha"),
                               .bet = assay_real(call, "bet")};
  spurious_features_from_word(assay_word(call, "model"), &m.kind);
  return m;
}

/* The covariance of x_i with the one y that it goes with; of dct the correlation. */
static void couplings(problem *p) {
  for (int i = 0; i < p->dx; i++) switch (p->model.kind) {
    case SPURIOUS_FEATURES_ISO:
    case SPURIOUS_FEATURES_DCT:
      p->along[i] = p->model.rho;
      break;
    case SPURIOUS_FEATURES_TWOBLOCK:
      p->along[i] = i < p->dx / 2 ? p->model.r1 : p->model.r2;
      break;
    case SPURIOUS_FEATURES_NEGCORE:
      p->along[i] = i % 2 ? .3 : 1;
    }
}

static assay_status open_transform(assay_call *call, problem *p) {
  p->wave = numbers(call, (size_t)p->dx), p->spectrum = numbers(call, (size_t)p->dx);
  if (!p->wave || !p->spectrum) return ASSAY_NO_MEMORY;
  p->forward = fftw_plan_r2r_1d(p->dx, p->wave, p->spectrum, FFTW_REDFT10, FFTW_ESTIMATE);
  p->backward = fftw_plan_r2r_1d(p->dx, p->spectrum, p->wave, FFTW_REDFT01, FFTW_ESTIMATE);
  return p->forward && p->backward
             ? ASSAY_OK
             : assay_fail(call, ASSAY_NO_MEMORY, "no plan of a cosine transform of %d", p->dx);
}

/* The symmetric root of Sigma, which mixes independent signs. */
static assay_status symmetric_root(assay_call *call, problem *p) {
  size_t D = (size_t)p->D;
  double *w = numbers(call, D), *scaled = numbers(call, D * D), *U = numbers(call, D * D),
         *theta = numbers(call, D);
  p->root = numbers(call, D * D), p->block = numbers(call, BLOCK * D);
  if (!w || !scaled || !U || !theta || !p->root || !p->block) return ASSAY_NO_MEMORY;
  spurious_features_covariance(&p->model, U, theta);
  if (LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', p->D, U, p->D, w))
    return assay_fail(call, ASSAY_NUMERIC, "the eigenvalues of Sigma did not converge");
  for (size_t k = 0; k < D; k++)
    for (size_t i = 0; i < D; i++) scaled[k * D + i] = U[k * D + i] * sqrt(w[k]);
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, p->D, p->D, p->D, 1, scaled, p->D, U, p->D, 0, p->root,
              p->D);
  return ASSAY_OK;
}

static void cross_image(const problem *p, const double *v, double *out);

assay_status problem_open(assay_call *call, problem *p) {
  p->model = read_model(call);
  assay_status status = spurious_features_check(&p->model, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  spurious_features_sizes(&p->model, &p->dx, &p->dy);
  p->D = p->dx + p->dy, p->n = (int)assay_integer(call, "n"), p->sigma = sqrt(assay_real(call, "sigma2"));
  p->rademacher = assay_has_param(call, "entries") && !strcmp(assay_word(call, "entries"), "rademacher");
  size_t D = (size_t)p->D, n = (size_t)p->n;
  p->theta = numbers(call, D), p->u = numbers(call, D), p->variances = numbers(call, D),
  p->deviation = numbers(call, D);
  p->along = numbers(call, D), p->Z = numbers(call, n * D), p->g = numbers(call, n);
  if (!p->theta || !p->u || !p->variances || !p->deviation || !p->along || !p->Z || !p->g)
    return ASSAY_NO_MEMORY;
  spurious_features_truth(&p->model, p->theta);
  spurious_features_variances(&p->model, p->variances);
  for (size_t i = 0; i < D; i++) p->deviation[i] = sqrt(p->variances[i]);
  couplings(p);
  bool dct = p->model.kind == SPURIOUS_FEATURES_DCT;
  if (dct) status = open_transform(call, p);
  if (status == ASSAY_OK && dct && p->rademacher) status = symmetric_root(call, p);
  if (status == ASSAY_OK) cross_image(p, p->theta, p->u + p->dx);
  return status;
}

void problem_close(problem *p) {
  if (p->forward) fftw_destroy_plan(p->forward);
  if (p->backward) fftw_destroy_plan(p->backward);
  p->forward = p->backward = NULL;
}

/* ---- rows ---- */

/* spectrum = U' wave; wave is left. */
static void to_frequencies(const problem *p) {
  fftw_execute(p->forward);
  double scale = sqrt(2. / p->dx) / 2;
  p->spectrum[0] *= 1 / (2 * sqrt(p->dx));
  for (int k = 1; k < p->dx; k++) p->spectrum[k] *= scale;
}

/* wave = U spectrum; spectrum is overwritten. */
static void to_waves(const problem *p) {
  double scale = sqrt(2. / p->dx) / 2;
  p->spectrum[0] /= sqrt(p->dx);
  for (int k = 1; k < p->dx; k++) p->spectrum[k] *= scale;
  fftw_execute(p->backward);
}

/* One row of independent entries becomes one of covariance Sigma, in place. */
static void colour_pairs(const problem *p, double *z) {
  int d = p->dx;
  for (int i = 0; i < d; i++) {
    double r = p->along[i], y = r * z[i] + sqrt((1 - r) * (1 + r)) * z[d + i];
    z[d + i] = p->deviation[d + i] * y;
  }
}
static void colour_waves(const problem *p, double *z) {
  int d = p->dx;
  double r = p->model.rho, rest = sqrt((1 - r) * (1 + r));
  memcpy(p->wave, z, (size_t)d * sizeof *z);
  to_frequencies(p);
  for (int i = 0; i < d; i++) {
    z[i] *= p->deviation[i];
    z[d + i] = p->deviation[d + i] * (r * p->spectrum[i] + rest * z[d + i]);
  }
}
static void colour_triples(const problem *p, double *z) {
  int d = p->dx;
  for (int c = 0; c < p->dy; c++) {
    double first = p->along[2 * c] / p->deviation[2 * c],
           second = p->along[2 * c + 1] / p->deviation[2 * c + 1];
    z[d + c] = first * z[2 * c] + second * z[2 * c + 1] +
               sqrt(p->variances[d + c] - first * first - second * second) * z[d + c];
    z[2 * c] *= p->deviation[2 * c], z[2 * c + 1] *= p->deviation[2 * c + 1];
  }
}

static void mix_signs(const problem *p, random_source *source, int rows, double *Z) {
  for (int first = 0; first < rows; first += BLOCK) {
    int count = rows - first < BLOCK ? rows - first : BLOCK;
    random_signs(source, p->block, (size_t)count * (size_t)p->D);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, count, p->D, p->D, 1, p->block, p->D, p->root,
                p->D, 0, Z + (size_t)first * (size_t)p->D, p->D);
  }
}

void problem_rows(const problem *p, random_source *source, int rows, double *Z) {
  size_t D = (size_t)p->D;
  if (p->root) {
    mix_signs(p, source, rows, Z);
    return;
  }
  for (size_t k = 0; k < (size_t)rows; k++) {
    double *z = Z + k * D;
    (p->rademacher ? random_signs : random_normals)(source, z, D);
    if (p->model.kind == SPURIOUS_FEATURES_DCT)
      colour_waves(p, z);
    else if (p->model.kind == SPURIOUS_FEATURES_NEGCORE)
      colour_triples(p, z);
    else
      colour_pairs(p, z);
  }
}

void problem_draw(problem *p, const assay_stream *stream) {
  random_source design = random_open(stream, RANDOM_DESIGN, 0), label = random_open(stream, RANDOM_LABEL, 0);
  problem_rows(p, &design, p->n, p->Z);
  random_normals(&label, p->g, (size_t)p->n);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, p->n, p->dx, 1, p->Z, p->D, p->theta, 1, p->sigma, p->g, 1);
}

/* ---- Sigma ---- */

/* out [dy] = Syx v, v [dx]. */
static void cross_image(const problem *p, const double *v, double *out) {
  int d = p->dx;
  if (p->model.kind == SPURIOUS_FEATURES_DCT) {
    for (int i = 0; i < d; i++) p->wave[i] = p->deviation[i] * v[i];
    to_frequencies(p);
    for (int k = 0; k < d; k++) out[k] = p->model.rho * p->deviation[d + k] * p->spectrum[k];
  } else if (p->model.kind == SPURIOUS_FEATURES_NEGCORE) {
    for (int c = 0; c < p->dy; c++) out[c] = p->along[2 * c] * v[2 * c] + p->along[2 * c + 1] * v[2 * c + 1];
  } else {
    for (int i = 0; i < d; i++) out[i] = p->along[i] * p->deviation[d + i] * v[i];
  }
}

/* out [dx] += Sxy w, w [dy]. */
static void add_cross(const problem *p, const double *w, double *out) {
  int d = p->dx;
  if (p->model.kind == SPURIOUS_FEATURES_DCT) {
    for (int k = 0; k < d; k++) p->spectrum[k] = p->deviation[d + k] * w[k];
    to_waves(p);
    for (int i = 0; i < d; i++) out[i] += p->model.rho * p->deviation[i] * p->wave[i];
  } else if (p->model.kind == SPURIOUS_FEATURES_NEGCORE) {
    for (int i = 0; i < d; i++) out[i] += p->along[i] * w[i / 2];
  } else {
    for (int i = 0; i < d; i++) out[i] += p->along[i] * p->deviation[d + i] * w[i];
  }
}

void problem_covariance(const problem *p, const double *v, double *out) {
  cross_image(p, v, out + p->dx);
  for (int i = 0; i < p->dy; i++) out[p->dx + i] += p->variances[p->dx + i] * v[p->dx + i];
  for (int i = 0; i < p->dx; i++) out[i] = p->variances[i] * v[i];
  add_cross(p, v + p->dx, out);
}

double problem_loss(const problem *p, const double *hat, double *miss, double *image) {
  memcpy(miss, hat, (size_t)p->D * sizeof *miss);
  cblas_daxpy(p->dx, -1, p->theta, 1, miss, 1);
  problem_covariance(p, miss, image);
  return p->sigma * p->sigma + cblas_ddot(p->D, miss, 1, image, 1);
}
