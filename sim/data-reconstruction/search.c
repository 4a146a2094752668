/* The loss of a candidate, its zeros, and reconstruction from random starts. */
#include "sim/data-reconstruction/experiments.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "sim/data-reconstruction/room.h"

/* ---- the loss of a candidate ---- */

static assay_status open_loss(assay_call *call, void **state) {
  room *k;
  int x, h;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  k->X = assay_list(call, "X", &x), k->Y = assay_list(call, "Y", &k->n), k->Xh = assay_list(call, "Xhat", &h);
  if (!k->n || x % k->n || x != h || k->n > 6)
    return assay_fail(call, ASSAY_DOMAIN, "X and Xhat have %d and %d numbers for %d labels", x, h, k->n);
  k->d = x / k->n;
  status = room_give(call, k, (size_t)x, (size_t)k->p * (size_t)k->d, 0, 0, 0, 0, 0);
  if (status == ASSAY_OK) k->solver = reconstruction_new(k->act, k->d, k->n, k->p, assay_call_error(call));
  return status != ASSAY_OK || k->solver ? status : ASSAY_NO_MEMORY;
}

static assay_status replicate_loss(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  room_draw_weights(stream, k->p, k->d, k->B);
  assay_status status = reconstruction_train(k->solver, k->B, k->X, k->Y, assay_call_error(call));
  memcpy(k->A, k->Xh, (size_t)k->n * (size_t)k->d * sizeof *k->A);
  if (status == ASSAY_OK) out[0] = reconstruction_solve(k->solver, k->A, 0, 0);
  return status;
}

static const assay_param loss_params[] = {
    ACT,
    {"X", NULL, "samples, row by row", ASSAY_REALS, 0, NULL, NULL, NULL},
    {"Y", NULL, "labels", ASSAY_REALS, 0, NULL, NULL, NULL},
    {"Xhat", NULL, "candidates, row by row", ASSAY_REALS, 0, NULL, NULL, NULL},
    FEATURES,
    {0}};
static const assay_observable loss_records[] = {
    {"L", NULL, "reconstruction loss", NULL, ASSAY_MEASURED, 0, 1}, {0}};
const assay_experiment data_reconstruction_candidate_loss = {
    .id = "data-reconstruction/candidate-loss",
    .doc = "The reconstruction loss of a given candidate.",
    .params = loss_params,
    .records = loss_records,
    .block = 16,
    .open = open_loss,
    .replicate = replicate_loss,
    .close = room_close};

/* ---- reconstruction from random starts ---- */

static assay_status train(room *k, const assay_stream *stream, assay_error *error) {
  random_source label = random_open(stream, RANDOM_LABEL, 0);
  room_draw_samples(stream, k->n, k->d, k->A), room_draw_weights(stream, k->p, k->d, k->B);
  random_signs(&label, k->x, (size_t)k->n);
  return reconstruction_train(k->solver, k->B, k->A, k->x, error);
}

static assay_status open_zeros(assay_call *call, void **state) {
  assay_status status = room_open_search(call, state);
  if (status == ASSAY_OK)
    reconstruction_tell_signs(((room *)*state)->solver, !strcmp(assay_word(call, "signs"), "apart"));
  return status;
}

/* Zero losses are below 1e-18; a zero is right at err < 1e-4, wrong at err > 1e-2. */
static assay_status replicate_zeros(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  assay_status status = train(k, stream, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  int zeros = 0;
  out[0] = out[1] = 0;
  for (int s = 0; s < k->starts; s++) {
    random_source start = random_open(stream, RANDOM_INIT, (unsigned)s);
    room_spherical(&start, k->n, k->d, k->y);
    if (reconstruction_solve(k->solver, k->y, 1e-24, 200) >= 1e-18) continue;
    double err = reconstruction_error(k->solver, k->y);
    zeros++;
    if (err < 1e-4) out[0] = 1;
    if (err > 1e-2) out[1] = 1;
  }
  return zeros ? ASSAY_OK : assay_fail(call, ASSAY_DISCARD, "no start of %d ended at a zero loss", k->starts);
}

static assay_status replicate_best(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  assay_status status = train(k, stream, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  double best = INFINITY;
  out[1] = 2;
  for (int s = 0; s < k->starts; s++) {
    random_source start = random_open(stream, RANDOM_INIT, (unsigned)s);
    room_spherical(&start, k->n, k->d, k->y);
    double L = reconstruction_solve(k->solver, k->y, 1e-15, 150);
    if (L < best) best = L, out[1] = reconstruction_error(k->solver, k->y);
  }
  out[0] = out[1] < 1e-3;
  out[2] = best;
  return isfinite(best) ? ASSAY_OK : assay_fail(call, ASSAY_NUMERIC, "no start has independent features");
}

#define STARTS(preset) INTEGER("starts", "random starts", ASSAY_SIM, "[1,1000]", preset)
static const assay_param zero_params[] = {ACT,
                                          DIMENSION(0),
                                          SAMPLES,
                                          INTEGER("p", "features", 0, "[1,1000000]", NULL),
                                          STARTS("6"),
                                          {"signs", NULL,
                                           "of odd and even activations: not told apart, or told apart",
                                           ASSAY_WORD, ASSAY_SIM, "alike|apart", NULL, "alike"},
                                          {0}};
static const assay_observable zero_records[] = {
    {"right", NULL, "some zero is the training set", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {"wrong", NULL, "some zero is another set", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {0}};
const assay_experiment data_reconstruction_zero_losses = {
    .id = "data-reconstruction/zero-losses",
    .doc = "Which zeros of the loss random starts end at; data sets without one are discarded.",
    .params = zero_params,
    .records = zero_records,
    .block = 2,
    .open = open_zeros,
    .replicate = replicate_zeros,
    .close = room_close};

static const assay_param best_params[] = {ACT, DIMENSION(0), SAMPLES, FEATURES, STARTS("10"), {0}};
static const assay_observable best_records[] = {
    {"success", NULL, "the start of lowest loss has err < 1e-3", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {"err", NULL, "its error", NULL, ASSAY_MEASURED, 0, 2},
    {"L", NULL, "the lowest loss", NULL, ASSAY_MEASURED, 0, 1},
    {0}};
const assay_experiment data_reconstruction_best_start = {
    .id = "data-reconstruction/best-start",
    .doc = "Reconstruction by the random start of lowest loss.",
    .params = best_params,
    .records = best_records,
    .block = 2,
    .open = room_open_search,
    .replicate = replicate_best,
    .close = room_close};

/* A zero of P_perp phi is below 1e-12; it is spurious at an overlap below .999 with every sample. */
static assay_status replicate_points(assay_call *call, void *state, const assay_stream *stream, double *out) {
  room *k = state;
  assay_status status = train(k, stream, assay_call_error(call));
  int zeros = 0;
  out[0] = 0;
  for (int s = 0; s < k->starts && status == ASSAY_OK; s++) {
    random_source start = random_open(stream, RANDOM_INIT, (unsigned)s);
    room_spherical(&start, 1, k->d, k->y);
    if (reconstruction_point(k->solver, k->y, 1e-20, 300) >= 1e-12) continue;
    zeros++;
    if (reconstruction_overlap(k->solver, k->y) < 0.999) out[0] = 1;
  }
  if (status != ASSAY_OK) return status;
  return zeros ? ASSAY_OK : assay_fail(call, ASSAY_DISCARD, "no start of %d ended in the span", k->starts);
}

static const assay_param point_params[] = {
    ACT, DIMENSION(0), SAMPLES, INTEGER("p", "features", 0, "[1,1000000]", NULL), STARTS("10"), {0}};
static const assay_observable point_records[] = {
    {"spurious", NULL, "some point of the span is no sample", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {0}};
const assay_experiment data_reconstruction_span_points = {
    .id = "data-reconstruction/span-points",
    .doc = "Which points of the sphere have their feature in the span of the samples' features.",
    .params = point_params,
    .records = point_records,
    .block = 2,
    .open = room_open_search,
    .replicate = replicate_points,
    .close = room_close};
