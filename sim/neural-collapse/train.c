/* Networks trained by Adam. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "sim/kernels/adam.h"
#include "sim/kernels/random.h"
#include "sim/neural-collapse/neural-collapse.h"

static void start(const neural_collapse_network *net, const assay_stream *stream, double *x) {
  const int d = net->task.d;
  const size_t blocks = (size_t)net->L * neural_collapse_block_size(net), heads = (size_t)(net->task.K * d);
  random_source block = random_open(stream, RANDOM_INIT, 0), head = random_open(stream, RANDOM_INIT, 1),
                embedding = random_open(stream, RANDOM_INIT, 2);
  random_normals(&block, x, blocks);
  cblas_dscal((int)blocks, 1 / sqrt((double)d * net->L), x, 1);
  random_normals(&head, x + blocks, heads);
  cblas_dscal((int)heads, 1 / sqrt(d), x + blocks, 1);
  if (net->pixels == 0) return;
  random_normals(&embedding, x + blocks + heads, (size_t)(net->pixels * d));
  cblas_dscal(net->pixels * d, 1 / sqrt(net->pixels), x + blocks + heads, 1);
}

assay_status neural_collapse_train(const neural_collapse_network *net, const double *inputs, int epochs,
                                   const assay_stream *stream, neural_collapse_trained *result,
                                   assay_error *error) {
  static const adam_rule rule = {.9, .999, 1e-8};
  const size_t n = neural_collapse_unknowns(net), blocks = (size_t)net->L * neural_collapse_block_size(net);
  neural_collapse_pass pass;
  double *x = calloc(4 * n, sizeof *x), *g = x + n, J = 0;
  if (!x) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a network of %zu unknowns", n);
  assay_status status = neural_collapse_pass_open(net, inputs, &pass, error);
  if (status == ASSAY_OK) start(net, stream, x);
  for (long k = 1; k <= epochs + 1 && status == ASSAY_OK; k++) { /* the last pass is for what it measures */
    J = neural_collapse_objective(x, g, &pass);
    if (!isfinite(J))
      status =
          assay_error_set(error, ASSAY_NUMERIC,
                          "after %ld steps the objective is %g: a feature vector has no direction", k - 1, J);
    else if (k <= epochs)
      adam_step(&rule, .005 * (1 + cos(M_PI * (double)k / epochs)) / 2, k, n, g, g + n, x);
  }
  if (status == ASSAY_OK) {
    *result = (neural_collapse_trained){.J = J, .loss = pass.loss, .decay = pass.decay};
    neural_collapse_measure(&net->task, x + blocks, neural_collapse_features_of(&pass), &result->metrics);
  }
  neural_collapse_pass_close(&pass);
  free(x);
  return status;
}
