#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "sim/kernels/elementary.h"
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
    w->odds[i] = exp(data->y[i] * w->gam[best]);
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

/* sum q, sum q (gam* - gam) y/sum q for the selected value gam*, and the sums of q on its token and on
 * others: of sequence i, q_s = count e_s. What is missing of gam* is summed without cancellation. */
typedef struct {
  double total, missing, chosen, others;
} sequence_sums;

static sequence_sums sums_of(const token_embeddings_walk *w, int i, const double *e) {
  const int star = w->selected[i];
  const double best = w->gam[star];
  sequence_sums sums = {0};
  for (const struct token_embeddings_cell *c = w->cell + w->first[i]; c < w->cell + w->first[i + 1]; c++) {
    const double q = c->count * e[c->token];
    sums.total += q;
    sums.missing += q * (best - w->gam[c->token]);
    *(c->token == star ? &sums.chosen : &sums.others) += q;
  }
  sums.missing *= w->data.y[i] / sums.total;
  return sums;
}

/* e^(z - max z), [m]. */
static const double *exponentials(const token_embeddings_walk *w, const double *z) {
  const int m = w->data.m;
  double *e = w->room + 14 * m, top = -INFINITY;
  for (int s = 0; s < m; s++) top = fmax(top, z[s]);
  for (int s = 0; s < m; s++) e[s] = z[s] - top;
  elementary_exp(e, (size_t)m, e);
  return e;
}

/* B at the logits z. */
static void field(const token_embeddings_walk *w, const double *z, double *B) {
  enum { GROUP = 64 };
  const token_embeddings_data *data = &w->data;
  const double *e = exponentials(w, z);
  double totals[GROUP], missing[GROUP], odds[GROUP];
  memset(B, 0, (size_t)data->m * sizeof *B);
  for (int first = 0; first < data->n; first += GROUP) {
    const int some = data->n - first < GROUP ? data->n - first : GROUP;
    for (int i = 0; i < some; i++) {
      const sequence_sums sums = sums_of(w, first + i, e);
      totals[i] = sums.total;
      missing[i] = sums.missing;
      odds[i] = -sums.missing;
    }
    elementary_exp(odds, (size_t)some, odds);
    for (int i = 0; i < some; i++) {
      const int at = first + i;
      const double y = data->y[at], best = w->gam[w->selected[at]],
                   g = 1 / (1 + w->odds[at] * odds[i]) / data->n / totals[i];
      for (const struct token_embeddings_cell *c = w->cell + w->first[at]; c < w->cell + w->first[at + 1];
           c++)
        B[c->token] += g * c->count * e[c->token] * (missing[i] - y * (best - w->gam[c->token]));
    }
  }
}

static void logits(const token_embeddings_walk *w, const double *om, double *z) {
  const int m = w->data.m;
  memcpy(z, w->z0, (size_t)m * sizeof *z);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, m, m, 1, w->K, m, om, 1, 1, z, 1);
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
  const double *e = exponentials(w, z);
  w->excess = w->attention = w->missing = 0;
  for (int i = 0; i < w->data.n; i++) {
    const sequence_sums sums = sums_of(w, i, e);
    w->excess += log1p(expm1(sums.missing) / (1 + w->odds[i])) / w->data.n;
    w->attention += sums.chosen / sums.total / w->data.n;
    w->missing += sums.others / sums.total / w->data.n;
  }
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
