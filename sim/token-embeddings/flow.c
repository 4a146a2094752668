#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/runge_kutta.h"
#include "sim/token-embeddings/token-embeddings.h"

assay_status token_embeddings_select(token_embeddings_walk *w, assay_error *error) {
  const token_embeddings_data *data = &w->data;
  const int m = data->m;
  int cells = 0;
  for (int i = 0; i < data->n; i++) {
    const double *row = data->count + (size_t)i * (size_t)m;
    int best = -1;
    w->first[i] = cells;
    for (int s = 0; s < m; s++) {
      if (!(row[s] > 0)) continue;
      w->cell[cells++] = (struct token_embeddings_cell){s, row[s]};
      if (best < 0 || data->y[i] * w->gam[s] > data->y[i] * w->gam[best]) best = s;
    }
    if (best < 0) return assay_error_set(error, ASSAY_DOMAIN, "sequence %d is empty", i + 1);
    w->selected[i] = best;
  }
  w->first[data->n] = cells;
  double *against = w->room + 16 * m; /* [m][m], used before the counts: 1 where a is selected against b */
  memset(against, 0, (size_t)m * (size_t)m * sizeof *against);
  for (int i = 0; i < data->n; i++)
    for (int b = 0; b < m; b++)
      if (data->count[(size_t)i * (size_t)m + b] > 0 && b != w->selected[i])
        against[w->selected[i] * m + b] = 1;
  for (int a = 0; a < m; a++)
    for (int b = 0; b < a; b++)
      if (against[a * m + b] > 0 && against[b * m + a] > 0)
        return assay_error_set(error, ASSAY_DISCARD, "tokens %d and %d are each selected against the other",
                               a, b);
  return ASSAY_OK;
}

/* B, excess and attention at the logits z. What is missing of the selected value is summed without
 * cancellation. */
static void field(token_embeddings_walk *w, const double *z, double *B) {
  const token_embeddings_data *data = &w->data;
  const int m = data->m;
  double *e = w->room + 14 * m, top = -INFINITY;
  memset(B, 0, (size_t)m * sizeof *B);
  w->excess = w->attention = w->missing = 0;
  for (int s = 0; s < m; s++) top = fmax(top, z[s]);
  for (int s = 0; s < m; s++) e[s] = exp(z[s] - top);
  for (int i = 0; i < data->n; i++) {
    const struct token_embeddings_cell *begin = w->cell + w->first[i], *end = w->cell + w->first[i + 1];
    const int star = w->selected[i];
    const double y = data->y[i], best = w->gam[star];
    double total = 0, missing = 0, chosen = 0, others = 0;
    for (const struct token_embeddings_cell *c = begin; c < end; c++) {
      const double q = c->count * e[c->token];
      total += q;
      missing += q * (best - w->gam[c->token]);
      *(c->token == star ? &chosen : &others) += q;
    }
    missing *= y / total;
    const double odds = exp(y * best), g = 1 / (1 + odds * exp(-missing)) / data->n / total;
    for (const struct token_embeddings_cell *c = begin; c < end; c++)
      B[c->token] += g * c->count * e[c->token] * (missing - y * (best - w->gam[c->token]));
    w->excess += log1p(expm1(missing) / (1 + odds)) / data->n;
    w->attention += chosen / total / data->n;
    w->missing += others / total / data->n;
  }
}

static void logits(const token_embeddings_walk *w, const double *om, double *z) {
  const int m = w->data.m;
  for (int s = 0; s < m; s++) {
    z[s] = w->z0[s];
    for (int r = 0; r < m; r++) z[s] += w->K[s * m + r] * om[r];
  }
}

static void motion(double tau, const double *om, double *out, void *context) {
  token_embeddings_walk *w = context;
  double *z = w->room + 13 * w->data.m;
  logits(w, om, z);
  field(w, z, out);
  for (int s = 0; s < w->data.m; s++) out[s] *= exp(tau);
}

assay_status token_embeddings_flow_advance(token_embeddings_walk *w, double t0, double t1, double *step,
                                           double *om, assay_error *error) {
  return runge_kutta_advance(motion, w, (size_t)w->data.m, log1p(t0), log1p(t1), 1e-9, 1e-9, step, om,
                             w->room, error);
}

void token_embeddings_flow_read(token_embeddings_walk *w, const double *om, double *z) {
  logits(w, om, z);
  field(w, z, w->room);
}

/* ---- max margin ---- */

assay_status token_embeddings_hildreth(const token_embeddings_walk *w, double *weight, double *norm2,
                                       double *slack, double *room, assay_error *error) {
  const int m = w->data.m;
  double *lambda = room, *z = room + m * m, *pair = z + 2 * m, change = 1;
  const double *K = w->K;
  memset(room, 0, (size_t)(2 * m * m + 2 * m) * sizeof *room);
  memset(weight, 0, (size_t)m * sizeof *weight);
  for (int i = 0; i < w->data.n; i++)
    for (int b = 0; b < m; b++)
      if (w->data.count[(size_t)i * (size_t)m + b] > 0 && b != w->selected[i])
        pair[w->selected[i] * m + b] = 1;
  for (int round = 0; change > 1e-13; round++) {
    if (round == 100000)
      return assay_error_set(error, ASSAY_NUMERIC, "Hildreth's sweeps did not converge: last change %g",
                             change);
    change = 0;
    for (int j = 0; j < m * m; j++) {
      const int a = j / m, b = j % m;
      if (!(pair[j] > 0)) continue;
      const double length2 = K[a * m + a] - 2 * K[a * m + b] + K[b * m + b],
                   next = fmax(0, lambda[j] + (1 - z[a] + z[b]) / length2);
      const double by = next - lambda[j];
      lambda[j] = next;
      weight[a] += by;
      weight[b] -= by;
      for (int s = 0; s < m; s++) z[s] += by * (K[s * m + a] - K[s * m + b]);
      change = fmax(change, fabs(by));
    }
  }
  double sum = 0, least = INFINITY;
  *norm2 = 0;
  *slack = INFINITY;
  for (int s = 0; s < m; s++) *norm2 += weight[s] * z[s];
  for (int j = 0; j < m * m; j++) {
    sum += lambda[j];
    if (pair[j] > 0) least = fmin(least, z[j / m] - z[j % m]);
  }
  /* Primal p/least is feasible, so |p_hat|^2 lies between the dual and the primal value. */
  const double gap = *norm2 / (least * least) - (2 * sum - *norm2);
  if (isfinite(least) && !(least > 0 && gap < 1e-8 * *norm2))
    return assay_error_set(error, ASSAY_NUMERIC, "Hildreth's sweeps left a duality gap of %g of %g", gap,
                           *norm2);
  for (int j = 0; j < m * m; j++)
    if (pair[j] > 0 && z[j / m] - z[j % m] > 1 + 1e-6) *slack = fmin(*slack, z[j / m] - z[j % m]);
  return ASSAY_OK;
}

assay_status token_embeddings_tight_norm2(const double *K, const double *q, int m, double *norm2,
                                          double *room, assay_error *error) {
  double *x = room + m * m, qq = 0, q1 = 0, ones = 0;
  memcpy(room, K, (size_t)m * (size_t)m * sizeof *room);
  for (int s = 0; s < m; s++) x[2 * s] = q[s], x[2 * s + 1] = 1;
  const lapack_int info = LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', m, 2, room, m, x, 2);
  if (info)
    return assay_error_set(error, ASSAY_NUMERIC, "the Gram matrix is not positive definite (dposv: %d)",
                           (int)info);
  for (int s = 0; s < m; s++) {
    qq += q[s] * x[2 * s];
    q1 += x[2 * s];
    ones += x[2 * s + 1];
  }
  *norm2 = qq - q1 * q1 / ones;
  return ASSAY_OK;
}

void token_embeddings_wishart(int m, long freedom, const assay_stream *stream, double *W, double *room) {
  random_source below = random_open(stream, RANDOM_MATRIX, 0),
                diagonal = random_open(stream, RANDOM_MATRIX, 1);
  memset(room, 0, (size_t)m * (size_t)m * sizeof *room);
  for (int i = 0; i < m; i++) {
    random_normals(&below, room + i * m, (size_t)i);
    random_chi_squares(&diagonal, (uint64_t)(freedom - i), &room[i * m + i], 1);
    room[i * m + i] = sqrt(room[i * m + i]);
  }
  for (int i = 0; i < m; i++)
    for (int j = 0; j <= i; j++) {
      double sum = 0;
      for (int r = 0; r <= j; r++) sum += room[i * m + r] * room[j * m + r];
      W[i * m + j] = W[j * m + i] = sum;
    }
}
