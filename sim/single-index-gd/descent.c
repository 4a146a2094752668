/* Full-batch gradient descent on a stored design. */
#include <cblas.h>
#include <math.h>

#include "sim/single-index-gd/single-index-gd.h"

assay_status single_index_data_new(assay_call *call, single_index_link link, long n, long d,
                                   single_index_data *data) {
  data->link = link;
  assay_status status = design_new(call, n, d, &data->X);
  if (status != ASSAY_OK) return status;
  data->y = assay_alloc(call, (size_t)n * sizeof(double));
  data->theta = assay_alloc(call, 3 * (size_t)d * sizeof(double));
  if (!data->y || !data->theta) return ASSAY_NO_MEMORY;
  data->gradient = data->theta + d;
  data->old = data->gradient + d;
  return ASSAY_OK;
}

void single_index_draw(single_index_data *data, const assay_stream *stream) {
  design_gaussian(&data->X, stream, RANDOM_DESIGN);
  for (long i = 0; i < data->X.rows; i++)
    data->y[i] = single_index_sigma(data->link, data->X.x[i * data->X.cols]);
}

double single_index_norm(const double *x, long d) {
  return cblas_dnrm2((int)d, x, 1);
}

void single_index_direction(const assay_stream *stream, unsigned index, long d, double norm, double *out) {
  random_source source = random_open(stream, RANDOM_INIT, index);
  random_normals(&source, out, (size_t)d);
  cblas_dscal((int)d, norm / single_index_norm(out, d), out, 1);
}

static double correlation_factor(long i, double u, const void *context) {
  const single_index_data *data = context;
  return data->y[i] * single_index_slope(data->link, u) / (double)data->X.rows;
}

double single_index_correlation_gradient(single_index_data *data) {
  design_gradient(&data->X, data->theta, correlation_factor, data, data->gradient);
  return cblas_ddot((int)data->X.cols, data->gradient, 1, data->theta, 1);
}

double single_index_spherical_step(single_index_data *data, double eta) {
  int d = (int)data->X.cols;
  double mu = single_index_correlation_gradient(data);
  cblas_dscal(d, 1 - eta * mu, data->theta, 1);
  cblas_daxpy(d, eta, data->gradient, 1, data->theta, 1);
  cblas_dscal(d, 1 / single_index_norm(data->theta, d), data->theta, 1);
  return mu;
}

static double squared_factor(long i, double u, const void *context) {
  const single_index_data *data = context;
  return (single_index_sigma(data->link, u) - data->y[i]) * single_index_slope(data->link, u) /
         (double)data->X.rows;
}

void single_index_squared_step(single_index_data *data, double eta) {
  design_gradient(&data->X, data->theta, squared_factor, data, data->gradient);
  cblas_daxpy((int)data->X.cols, -eta, data->gradient, 1, data->theta, 1);
}
