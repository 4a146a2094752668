#include "sim/data-reconstruction/room.h"

#include <cblas.h>
#include <math.h>

double *room_numbers(assay_call *call, size_t count) {
  return assay_alloc(call, (count + 1) * sizeof(double));
}

static int integer_of(const assay_call *call, const char *name) {
  return assay_has_param(call, name) && assay_given(call, name) ? (int)assay_integer(call, name) : 0;
}

assay_status room_open(assay_call *call, void **state, room **out) {
  room *k = *state = *out = assay_alloc(call, sizeof **out);
  if (!k) return ASSAY_NO_MEMORY;
  activation_from_word(assay_word(call, "act"), &k->act);
  k->d = integer_of(call, "d"), k->n = integer_of(call, "n"), k->p = integer_of(call, "p");
  k->C = integer_of(call, "C"), k->starts = integer_of(call, "starts");
  return ASSAY_OK;
}

assay_status room_give(assay_call *call, room *k, size_t A, size_t B, size_t K, size_t x, size_t y, size_t w,
                       size_t work) {
  k->A = room_numbers(call, A), k->B = room_numbers(call, B), k->K = room_numbers(call, K);
  k->x = room_numbers(call, x), k->y = room_numbers(call, y), k->w = room_numbers(call, w);
  k->work = room_numbers(call, work);
  return k->A && k->B && k->K && k->x && k->y && k->w && k->work ? ASSAY_OK : ASSAY_NO_MEMORY;
}

assay_status room_open_search(assay_call *call, void **state) {
  room *k;
  assay_status status = room_open(call, state, &k);
  if (status != ASSAY_OK) return status;
  size_t n = (size_t)k->n, d = (size_t)k->d, p = (size_t)k->p;
  if (k->n > 6 || k->p < k->n + 2) return assay_fail(call, ASSAY_DOMAIN, "n <= 6 and p >= n + 2 are needed");
  status = room_give(call, k, n * d, p * d, 0, n, n * d, p, 0);
  if (status == ASSAY_OK) k->solver = reconstruction_new(k->act, k->d, k->n, k->p, assay_call_error(call));
  return status != ASSAY_OK || k->solver ? status : ASSAY_NO_MEMORY;
}

void room_close(void *state) {
  if (state) reconstruction_free(((room *)state)->solver);
}

void room_spherical(random_source *source, int n, int d, double *X) {
  random_normals(source, X, (size_t)n * (size_t)d);
  for (int i = 0; i < n; i++)
    cblas_dscal(d, sqrt(d) / cblas_dnrm2(d, X + (size_t)i * d, 1), X + (size_t)i * d, 1);
}

void room_draw_samples(const assay_stream *stream, int n, int d, double *X) {
  random_source source = random_open(stream, RANDOM_TEACHER, 0);
  room_spherical(&source, n, d, X);
}

void room_draw_weights(const assay_stream *stream, int p, int d, double *V) {
  random_source source = random_open(stream, RANDOM_MATRIX, 0);
  random_normals(&source, V, (size_t)p * (size_t)d);
  cblas_dscal(p * d, 1 / sqrt(d), V, 1);
}
