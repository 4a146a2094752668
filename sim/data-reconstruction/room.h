/* What the experiments on random features share; private to this folder. */
#ifndef ASSAY_SIM_DATA_RECONSTRUCTION_ROOM_H
#define ASSAY_SIM_DATA_RECONSTRUCTION_ROOM_H

#include <stdbool.h>

#include "model/activation.h"
#include "sim/data-reconstruction/reconstruction.h"
#include "sim/experiment.h"
#include "sim/kernels/random.h"

/* clang-format off */
#define INTEGER(name, doc, role, domain, preset) {name, NULL, doc, ASSAY_INTEGER, role, NULL, domain, preset}
#define ACT {"act", NULL, "activation", ASSAY_WORD, 0, ACTIVATION_WORDS, NULL, "relu+erf"}
#define DIMENSION(role) INTEGER("d", "input dimension", role, "[2,100000]", NULL)
#define SAMPLES INTEGER("n", "samples", 0, "[1,100000]", NULL)
#define FEATURES INTEGER("p", "features", ASSAY_SIM, "[1,1000000000]", NULL)
/* clang-format on */

typedef struct {
  activation act;
  int d, n, p, C, starts, count; /* count: numbers of a list */
  double rho, one;
  const double *G, *g, *X, *Y, *Xh, *t, *counts;
  double *A, *B, *K, *x, *y, *w, *work, *U, *VT; /* room, as each experiment says */
  bool perturbed, fresh;
  reconstruction *solver;
} room;

/* Doubles, zeroed, that live as long as the call. */
double *room_numbers(assay_call *call, size_t count);
/* *state and *out: room with act, d, n, p, C and starts as far as the call has them. */
assay_status room_open(assay_call *call, void **state, room **out);
assay_status room_give(assay_call *call, room *k, size_t A, size_t B, size_t K, size_t x, size_t y, size_t w,
                       size_t work);
/* For experiments that search: the reconstruction's work space too; n <= 6 and p >= n + 2. */
assay_status room_open_search(assay_call *call, void **state);
void room_close(void *state);

/* Rows of X [n][d] uniform on the sphere of radius sqrt(d); V [p][d] of N(0, I/d). */
void room_spherical(random_source *source, int n, int d, double *X);
void room_draw_samples(const assay_stream *stream, int n, int d, double *X);
void room_draw_weights(const assay_stream *stream, int p, int d, double *V);

#endif
