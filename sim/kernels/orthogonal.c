#include "sim/kernels/orthogonal.h"

#include <cblas.h>
#include <lapacke.h>

assay_status orthogonal_draw(random_source *source, int d, double *Q, double *tau, assay_error *error) {
  double signs[256], *sign = d <= 256 ? signs : NULL;
  if (d < 1 || !sign)
    return assay_error_set(error, ASSAY_DOMAIN, "d = %d: rotations of 1 to 256 dimensions", d);
  random_normals(source, Q, (size_t)d * (size_t)d);
  lapack_int info = LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, d, d, Q, d, tau);
  for (int j = 0; j < d; j++) sign[j] = Q[j * d + j] < 0 ? -1 : 1;
  if (!info) info = LAPACKE_dorgqr(LAPACK_ROW_MAJOR, d, d, d, Q, d, tau);
  if (info)
    return assay_error_set(error, ASSAY_NUMERIC, "the rotation could not be made (QR: %d)", (int)info);
  for (int j = 0; j < d; j++) cblas_dscal(d, sign[j], Q + j, d);
  return ASSAY_OK;
}
