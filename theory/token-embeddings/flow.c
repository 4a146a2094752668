/* The gradient flow of p, as a flow of m weights: p = p_0 + E' w, dw/dt = B(z_0 + K w), in the time log(1 +
 * t). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "theory/numerics/ode.h"
#include "theory/token-embeddings/token-embeddings.h"

typedef struct {
  const token_embeddings_flow *flow;
  int *selected; /* [n] */
  double *z, *B; /* [m] */
  double excess; /* L - L* at the last call of field */
} walker;

/* What attention leaves of the value of the selected token: De = sum_s Q_s y (gam_* - gam_s), without
 * cancellation. Fills B of the logits z and the excess loss. */
static void field(walker *w) {
  const token_embeddings_data *data = &w->flow->data;
  const double *gam = w->flow->gam;
  const int m = data->m;
  memset(w->B, 0, (size_t)m * sizeof *w->B);
  w->excess = 0;
  for (int i = 0; i < data->n; i++) {
    const double *row = data->count + (size_t)i * (size_t)m, y = data->y[i], best = gam[w->selected[i]];
    double top = -INFINITY, total = 0, missing = 0;
    for (int s = 0; s < m; s++)
      if (row[s] > 0 && w->z[s] > top) top = w->z[s];
    for (int s = 0; s < m; s++) {
      if (!(row[s] > 0)) continue;
      const double e = row[s] * exp(w->z[s] - top);
      total += e;
      missing += e * y * (best - gam[s]);
    }
    missing /= total;
    const double g = 1 / (1 + exp(y * best - missing)) / data->n;
    for (int s = 0; s < m; s++)
      if (row[s] > 0) w->B[s] += g * row[s] * exp(w->z[s] - top) / total * (missing - y * (best - gam[s]));
    w->excess += log1p(expm1(missing) / (1 + exp(y * best))) / data->n;
  }
}

static void logits(walker *w, const double *weight) {
  const int m = w->flow->data.m;
  for (int s = 0; s < m; s++) {
    w->z[s] = w->flow->z0[s];
    for (int r = 0; r < m; r++) w->z[s] += w->flow->K[s * m + r] * weight[r];
  }
}

static int motion(double tau, const double *weight, double *out, void *context) {
  walker *w = context;
  logits(w, weight);
  field(w);
  for (int s = 0; s < w->flow->data.m; s++) out[s] = exp(tau) * w->B[s];
  return 0;
}

/* State from weights; the errors follow from those of a second, looser set. */
static void read_state(walker *w, const assay_value *weight, double *at, double *p2, double *excess,
                       double shift) {
  const int m = w->flow->data.m;
  double sum = w->flow->p0_norm2;
  for (int s = 0; s < m; s++) at[s] = weight[s].value + shift * weight[s].error;
  logits(w, at);
  for (int s = 0; s < m; s++) sum += at[s] * (w->z[s] + w->flow->z0[s]);
  field(w);
  *p2 = fmax(0, sum);
  *excess = w->excess;
}

static void put_state(walker *w, const assay_value *weight, double *at, token_embeddings_state *state) {
  const int m = w->flow->data.m;
  double p2, excess, far_p2, far_excess;
  read_state(w, weight, at, &far_p2, &far_excess, 1);
  for (int s = 0; s < m; s++) state->z[s].error = w->z[s];
  read_state(w, weight, at, &p2, &excess, 0);
  for (int s = 0; s < m; s++)
    state->z[s] = (assay_value){w->z[s], fabs(state->z[s].error - w->z[s]) + 1e-14 * (1 + fabs(w->z[s]))};
  state->pnorm = (assay_value){sqrt(p2), fabs(sqrt(far_p2) - sqrt(p2)) + 1e-14 * (1 + sqrt(p2))};
  state->excess = (assay_value){excess, fabs(far_excess - excess) + 1e-14 * excess};
}

assay_status token_embeddings_flow_at(const token_embeddings_flow *flow, const double *t, int count,
                                      token_embeddings_state *state, assay_error *error) {
  const size_t m = (size_t)flow->data.m;
  walker w = {flow, malloc((size_t)flow->data.n * sizeof(int)), calloc(2 * m, sizeof(double)), NULL, 0};
  double *tau = calloc((size_t)count + 2 * m, sizeof *tau);
  assay_value *rows = calloc((size_t)count * m, sizeof *rows);
  assay_status status = ASSAY_OK;
  if (!w.selected || !w.z || !tau || !rows)
    status = assay_error_set(error, ASSAY_NO_MEMORY, "no memory for a flow of %zu tokens", m);
  if (status == ASSAY_OK) {
    w.B = w.z + m;
    for (int i = 0; i < count; i++) tau[i] = log1p(t[i]);
    status = token_embeddings_selection(&flow->data, flow->gam, w.selected, error);
  }
  ode_problem problem = {
      .n = (int)m, .f = motion, .context = &w, .method = ODE_ADAMS, .rtol = 1e-12, .atol = 1e-13};
  if (status == ASSAY_OK) status = ode_solve_values(&problem, 0, tau + count, tau, count, rows, NULL, error);
  for (int i = 0; i < count && status == ASSAY_OK; i++)
    put_state(&w, rows + (size_t)i * m, tau + count + m, &state[i]);
  free(w.selected);
  free(w.z);
  free(tau);
  free(rows);
  return status;
}

assay_status token_embeddings_least_loss(const token_embeddings_data *data, const double *gam, assay_value *L,
                                         assay_error *error) {
  int *selected = malloc((size_t)data->n * sizeof *selected);
  if (!selected) return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %d sequences", data->n);
  assay_status status = token_embeddings_selection(data, gam, selected, error);
  double sum = 0;
  for (int i = 0; i < data->n && status == ASSAY_OK; i++)
    sum += log1p(exp(-data->y[i] * gam[selected[i]])) / data->n;
  *L = (assay_value){sum, 1e-15 * sum};
  free(selected);
  return status;
}
