/* Factored designs X = L diag(s) R^T (n x d, rank r): L and R have r orthonormal columns and are applied, not
 * formed.
 *
 *     fast         L and R the first r columns of fast orthogonal matrices; s^2 at permuted strata of the
 *                  spectrum's law
 *     haar         the same with stored Haar matrices
 *     cdp          [C D_1; ...; C D_delta], C the DCT, D_l random signs; cdp_complex: Fourier and phases;
 *                  cdp_equal: all D_l equal
 *     rademacher   independent signs; ar: Gaussian rows of circulant covariance 2^-min(k,d-k); prod: W1 W2;
 *                  student: independent t_3; sparse: 5 % of the entries not 0, Gaussian; sketch and images:
 *                  of images, see images.h. By one dense singular value decomposition
 *
 * The trace of X^T X is n for all of them. */
#ifndef ASSAY_SIM_ORTHOGONAL_GLM_DESIGN_H
#define ASSAY_SIM_ORTHOGONAL_GLM_DESIGN_H

#include "model/orthogonal-glm.h"
#include "sim/kernels/operator.h"
#include "sim/kernels/orthogonal.h"

typedef enum {
  GLM_FAST,
  GLM_EXACT,
  GLM_CDP,
  GLM_CDP_COMPLEX,
  GLM_CDP_EQUAL,
  GLM_RADEMACHER,
  GLM_ROWS,
  GLM_PRODUCT,
  GLM_STUDENT,
  GLM_SPARSE,
  GLM_SKETCH,
  GLM_IMAGES
} glm_design_kind;
#define GLM_DESIGNS "fast|haar|cdp|cdp_complex|cdp_equal|rademacher|ar|prod|student|sparse|sketch|images"

typedef struct {
  glm_design_kind kind;
  glm_spectrum spectrum; /* fast, haar; prod: kappa */
  long n, d, rank;
  int width;
  double *s, *lam; /* [rank] singular values and their squares */
  double *strata;  /* [rank] */
  size_t *order;   /* [rank] */
  orthogonal *left, *right;
  cosine *C;         /* cdp */
  double *masks;     /* [delta][d][width] */
  double *x, *u, *v; /* dense: [n][d] row-major work, L [n][r], R^T [r][d] */
  double *work;      /* [max(n,d)][width] twice */
} glm_design;

/* Arrays from the call; plans are freed by glm_design_close, which may be called after a failure. */
assay_status glm_design_open(assay_call *call, glm_design_kind kind, const glm_spectrum *spectrum, long n,
                             long d, int width, glm_design *X);
void glm_design_close(glm_design *X);
assay_status glm_design_draw(glm_design *X, const assay_stream *stream, assay_error *error);

/* The dense X.x [n][d], which is lost, into u, s, lam and v: scaled to tr X^T X = n, with s^(1/4) for s in a
 * sketch. */
assay_status glm_design_decompose(glm_design *X, assay_error *error);

/* out = L c, c [rank], out [n]; out = L^T x; out = R c, out [d]; out = R^T x. All entries of `width` doubles.
 */
void glm_left(glm_design *X, const double *c, double *out);
void glm_left_transposed(glm_design *X, const double *x, double *out);
void glm_right(glm_design *X, const double *c, double *out);
void glm_right_transposed(glm_design *X, const double *x, double *out);
/* X R = L diag(s): the design in the coordinates of its right singular vectors, doubles being counted. */
linear_operator glm_rotated(glm_design *X);

#endif
