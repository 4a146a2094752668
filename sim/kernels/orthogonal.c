#include "sim/kernels/orthogonal.h"

#include <cblas.h>
#include <fftw3.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the transform ---- */

struct cosine {
  long n;
  int width;
  double *in, *out; /* [n][width] */
  fftw_plan forward, backward;
};

static bool plans(cosine *C) {
  int n = (int)C->n;
  if (C->width == 1) {
    C->forward = fftw_plan_r2r_1d(n, C->in, C->out, FFTW_REDFT10, FFTW_ESTIMATE);
    C->backward = fftw_plan_r2r_1d(n, C->in, C->out, FFTW_REDFT01, FFTW_ESTIMATE);
  } else {
    C->forward =
        fftw_plan_dft_1d(n, (fftw_complex *)C->in, (fftw_complex *)C->out, FFTW_FORWARD, FFTW_ESTIMATE);
    C->backward =
        fftw_plan_dft_1d(n, (fftw_complex *)C->in, (fftw_complex *)C->out, FFTW_BACKWARD, FFTW_ESTIMATE);
  }
  return C->forward && C->backward;
}

assay_status cosine_new(long n, int width, cosine **out, assay_error *error) {
  *out = NULL;
  if (n < 1 || n > 1 << 30) return assay_error_set(error, ASSAY_DOMAIN, "a transform of length %ld", n);
  cosine *C = calloc(1, sizeof *C);
  if (C) {
    size_t bytes = (size_t)(n * width) * sizeof(double);
    *C = (cosine){n, width, fftw_malloc(bytes), fftw_malloc(bytes), NULL, NULL};
    if (C->in && C->out && plans(C)) {
      *out = C;
      return ASSAY_OK;
    }
  }
  cosine_free(C);
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a transform of length %ld", n);
}

void cosine_free(cosine *C) {
  if (!C) return;
  if (C->forward) fftw_destroy_plan(C->forward);
  if (C->backward) fftw_destroy_plan(C->backward);
  fftw_free(C->in), fftw_free(C->out);
  free(C);
}

/* FFTW's sums carry no normalisation: sqrt(1/(2n)), and at frequency 0 sqrt(1/(4n)) forward, sqrt(1/n)
 * backward. */
static double scale_of(const cosine *C) {
  return 1 / sqrt((double)(C->width == 1 ? 2 * C->n : C->n));
}

/* From C->in to C->out without the scale; frequency 0 is made like the others. */
static void forward(cosine *C) {
  fftw_execute(C->forward);
  if (C->width == 1) C->out[0] *= M_SQRT1_2;
}
static void backward(cosine *C) {
  if (C->width == 1) C->in[0] *= M_SQRT2;
  fftw_execute(C->backward);
}

void cosine_apply(cosine *C, const double *x, double *y) {
  double scale = scale_of(C);
  memcpy(C->in, x, (size_t)(C->n * C->width) * sizeof *x);
  forward(C);
  for (long i = 0; i < C->n * C->width; i++) y[i] = scale * C->out[i];
}

void cosine_transposed(cosine *C, const double *x, double *y) {
  double scale = scale_of(C);
  for (long i = 0; i < C->n * C->width; i++) C->in[i] = scale * x[i];
  backward(C);
  memcpy(y, C->out, (size_t)(C->n * C->width) * sizeof *y);
}

/* ---- random orthogonal matrices ---- */

struct orthogonal {
  long n;
  int width;
  cosine *C;       /* NULL: stored */
  double *D[3];    /* [n][width] signs or phases; D[0] and D[1] carry the transform's scale */
  size_t *places;  /* [n] P: entry i comes from places[i] */
  double *q, *tau; /* stored: [n][n] columns, and work */
};

static orthogonal *shell(long n, int width) {
  orthogonal *O = calloc(1, sizeof *O);
  if (O) O->n = n, O->width = width;
  return O;
}

assay_status orthogonal_fast_new(long n, int width, orthogonal **out, assay_error *error) {
  *out = NULL;
  orthogonal *O = shell(n, width);
  if (!O) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for an orthogonal matrix");
  assay_status status = cosine_new(n, width, &O->C, error);
  if (status == ASSAY_OK) {
    double *memory = malloc((size_t)(3 * n * width) * sizeof *memory);
    O->places = malloc((size_t)n * sizeof *O->places);
    for (int i = 0; i < 3 && memory; i++) O->D[i] = memory + i * n * width;
    if (!memory || !O->places)
      status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for an orthogonal matrix of order %ld", n);
  }
  if (status != ASSAY_OK)
    orthogonal_free(O);
  else
    *out = O;
  return status;
}

assay_status orthogonal_haar_new(long n, orthogonal **out, assay_error *error) {
  *out = NULL;
  if (n < 1) return assay_error_set(error, ASSAY_DOMAIN, "an orthogonal matrix of order %ld", n);
  if (8. * (double)n * (double)n > 2147483648.)
    return assay_error_set(error, ASSAY_NO_MEMORY,
                           "an orthogonal matrix of order %ld takes %.2f GiB; at most 2 are stored", n,
                           8. * (double)n * (double)n / 1073741824.);
  orthogonal *O = shell(n, 1);
  if (O) O->q = malloc((size_t)(n * n) * sizeof *O->q), O->tau = malloc(2 * (size_t)n * sizeof *O->tau);
  if (O && O->q && O->tau) {
    *out = O;
    return ASSAY_OK;
  }
  orthogonal_free(O);
  return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for an orthogonal matrix of order %ld", n);
}

void orthogonal_free(orthogonal *O) {
  if (!O) return;
  cosine_free(O->C);
  free(O->D[0]), free(O->places), free(O->q), free(O->tau);
  free(O);
}

assay_status orthogonal_fill(random_source *source, int n, double *Q, double *work, assay_error *error) {
  double *signs = work + n;
  random_normals(source, Q, (size_t)n * (size_t)n);
  int info = LAPACKE_dgeqrf(LAPACK_COL_MAJOR, n, n, Q, n, work);
  for (int i = 0; i < n; i++) signs[i] = Q[i + (long)i * n] < 0 ? -1 : 1;
  if (info == 0) info = LAPACKE_dorgqr(LAPACK_COL_MAJOR, n, n, n, Q, n, work);
  for (int i = 0; i < n; i++) cblas_dscal(n, signs[i], Q + (long)i * n, 1);
  return info == 0 ? ASSAY_OK
                   : assay_error_set(error, ASSAY_NUMERIC,
                                     "the QR factorisation of a Gaussian matrix failed, code %d", info);
}

static void draw_diagonal(double *D, long n, int width, double scale, random_source *source) {
  if (width == 1)
    random_signs(source, D, (size_t)n);
  else
    random_uniforms(source, D + n, (size_t)n);
  for (long i = 0; i < n && width == 2;
       i++) { /* from the back half, which is read before it is overwritten */
    double angle = 2 * M_PI * D[n + i];
    D[2 * i] = cos(angle), D[2 * i + 1] = sin(angle);
  }
  for (long i = 0; i < n * width; i++) D[i] *= scale;
}

assay_status orthogonal_draw(orthogonal *O, const assay_stream *stream, unsigned index, assay_error *error) {
  random_source source = random_open(stream, RANDOM_MATRIX, index);
  if (!O->C) return orthogonal_fill(&source, (int)O->n, O->q, O->tau, error);
  double scale = scale_of(O->C);
  for (int i = 0; i < 3; i++) {
    source = random_open(stream, RANDOM_MATRIX, index + (unsigned)i);
    draw_diagonal(O->D[i], O->n, O->width, i < 2 ? scale : 1, &source);
  }
  source = random_open(stream, RANDOM_MATRIX, index + 3);
  random_permutation(&source, O->places, (size_t)O->n);
  return ASSAY_OK;
}

/* y = D x, or its conjugate's */
static void diagonal(const double *D, const double *x, double *y, long n, int width, double sign) {
  if (width == 1) {
    for (long i = 0; i < n; i++) y[i] = D[i] * x[i];
    return;
  }
  for (long i = 0; i < n; i++) {
    double a = D[2 * i], b = sign * D[2 * i + 1], re = x[2 * i], im = x[2 * i + 1];
    y[2 * i] = a * re - b * im, y[2 * i + 1] = a * im + b * re;
  }
}

void orthogonal_apply(orthogonal *O, const double *x, double *y) {
  int w = O->width;
  cosine *C = O->C;
  if (!C) {
    cblas_dgemv(CblasColMajor, CblasNoTrans, (int)O->n, (int)O->n, 1, O->q, (int)O->n, x, 1, 0, y, 1);
    return;
  }
  diagonal(O->D[2], x, C->in, O->n, w, 1);
  forward(C);
  diagonal(O->D[1], C->out, y, O->n, w, 1);
  for (long i = 0; i < O->n; i++) memcpy(C->in + i * w, y + (long)O->places[i] * w, (size_t)w * sizeof *y);
  forward(C);
  diagonal(O->D[0], C->out, y, O->n, w, 1);
}

void orthogonal_transposed(orthogonal *O, const double *x, double *y) {
  int w = O->width;
  cosine *C = O->C;
  if (!C) {
    cblas_dgemv(CblasColMajor, CblasTrans, (int)O->n, (int)O->n, 1, O->q, (int)O->n, x, 1, 0, y, 1);
    return;
  }
  diagonal(O->D[0], x, C->in, O->n, w, -1);
  backward(C);
  for (long i = 0; i < O->n; i++) memcpy(y + (long)O->places[i] * w, C->out + i * w, (size_t)w * sizeof *y);
  diagonal(O->D[1], y, C->in, O->n, w, -1);
  backward(C);
  diagonal(O->D[2], C->out, y, O->n, w, -1);
}
