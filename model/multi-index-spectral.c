#include "model/multi-index-spectral.h"

#include <gsl/gsl_sf_bessel.h>
#include <math.h>
#include <string.h>

static double period_of(const multi_index_model *m) {
  return m->period > 0 ? m->period : M_PI;
}

static int ascending(const double *edges, int n, double end) {
  for (int i = 1; i < n; i++)
    if (!(edges[i] > edges[i - 1])) return 0;
  return n >= 2 && n <= MULTI_INDEX_CELLS / 2 && edges[0] == 0 && fabs(edges[n - 1] - end) < 1e-9;
}

assay_status multi_index_check(const multi_index_model *m, assay_error *error) {
  if (m->kind == MULTI_INDEX_MIXED && !(m->alpha > 0 && m->alpha < 1 && fabs(m->c) < 1 && m->sigma >= 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "alpha = %g, c = %g, sigma = %g; 0 < alpha < 1, |c| < 1, sigma >= 0", m->alpha,
                           m->c, m->sigma);
  if ((m->kind == MULTI_INDEX_NORM || m->kind == MULTI_INDEX_PARITY) &&
      !(m->p >= (m->kind == MULTI_INDEX_PARITY ? 2 : 1) && m->p <= MULTI_INDEX_SIGNALS))
    return assay_error_set(error, ASSAY_DOMAIN, "p = %d; norm has 1 to %d signals, parity 2 to %d", m->p,
                           MULTI_INDEX_SIGNALS, MULTI_INDEX_SIGNALS);
  if (m->kind == MULTI_INDEX_POLAR &&
      !(ascending(m->out, m->n_out, M_PI) && ascending(m->in, m->n_in, M_PI) && m->q > 0))
    return assay_error_set(error, ASSAY_DOMAIN,
                           "edges of cells ascend from 0 to pi, at most %d of them, and q > 0",
                           MULTI_INDEX_CELLS / 2);
  if (m->kind == MULTI_INDEX_WEDGE && !ascending(m->out, m->n_out, period_of(m)))
    return assay_error_set(error, ASSAY_DOMAIN, "edges of classes ascend from 0 to %s, at most %d of them",
                           m->period > 4 ? "2 pi" : "pi", MULTI_INDEX_CELLS / 2);
  return ASSAY_OK;
}

int multi_index_signals(const multi_index_model *m) {
  return m->kind == MULTI_INDEX_PHASE                                   ? 1
         : m->kind == MULTI_INDEX_NORM || m->kind == MULTI_INDEX_PARITY ? m->p
                                                                        : 2;
}

int multi_index_order(const multi_index_model *m) {
  return m->kind == MULTI_INDEX_PHASE || m->kind == MULTI_INDEX_NORM ||
                 (m->kind == MULTI_INDEX_PARITY && m->p != 2)
             ? 1
             : 2;
}

/* ---- cells ---- */

static int inner_cells(const multi_index_model *m) {
  return m->kind == MULTI_INDEX_POLAR ? m->n_in - 1 : 0;
}
int multi_index_cells(const multi_index_model *m) {
  return m->kind == MULTI_INDEX_PARITY ? 2 : inner_cells(m) + m->n_out - 1;
}

/* Ends, mean of r^2 and probability of the ring of a cell; r^2 is exponential with mean 2. */
static const double *cell_edges(const multi_index_model *m, int cell, int *at, double *mean, double *ring) {
  int inner = cell < inner_cells(m);
  double e = m->kind == MULTI_INDEX_POLAR ? exp(-m->q / 2) : 1;
  *ring = inner ? 1 - e : e;
  *mean = inner ? (2 - (m->q + 2) * e) / (1 - e) : m->kind == MULTI_INDEX_POLAR ? m->q + 2 : 2;
  *at = inner ? cell : cell - inner_cells(m);
  return inner ? m->in : m->out;
}

double multi_index_cell_probability(const multi_index_model *m, int cell) {
  double mean, ring;
  int at;
  if (m->kind == MULTI_INDEX_PARITY) return .5;
  const double *e = cell_edges(m, cell, &at, &mean, &ring);
  return ring * (e[at + 1] - e[at]) / period_of(m);
}

static double cell_of(const multi_index_model *m, const double *s) {
  double angle = atan2(s[1], s[0]);
  if (angle < 0) angle += period_of(m);
  if (angle >= period_of(m)) angle -= period_of(m);
  int inner = m->kind == MULTI_INDEX_POLAR && s[0] * s[0] + s[1] * s[1] < m->q,
      n = inner ? m->n_in : m->n_out, i = 0;
  const double *e = inner ? m->in : m->out;
  while (i < n - 2 && angle >= e[i + 1]) i++;
  return i + (inner ? 0 : inner_cells(m));
}

/* ---- labels and moments ---- */

double multi_index_label(const multi_index_model *m, const double *s, double normal, double uniform) {
  double y = m->kind == MULTI_INDEX_PARITY ? 1 : 0;
  switch (m->kind) {
  case MULTI_INDEX_PHASE:
    return s[0] * s[0];
  case MULTI_INDEX_MIXED:
    y = (uniform < m->alpha ? s[0] : m->c * s[0] + sqrt(1 - m->c * m->c) * s[1]) + m->sigma * normal;
    return y * y;
  case MULTI_INDEX_PRODUCT:
    return s[0] * s[1];
  case MULTI_INDEX_RELU_PRODUCT:
    return fmax(s[0], 0) * fmax(s[1], 0);
  case MULTI_INDEX_STAIR:
    return s[0] * (1 + s[1]);
  case MULTI_INDEX_NORM:
    for (int i = 0; i < m->p; i++) y += s[i] * s[i];
    return y;
  case MULTI_INDEX_PARITY:
    for (int i = 0; i < m->p; i++) y = s[i] < 0 ? -y : y;
    return y;
  default:
    return cell_of(m, s);
  }
}

static void fill(double *G, double a, double b, double c) {
  G[0] = a, G[1] = G[2] = b, G[3] = c;
}

void multi_index_moment(const multi_index_model *m, double y, double *G) {
  double kappa, w, mean, ring, size = fabs(y);
  int at;
  switch (m->kind) {
  case MULTI_INDEX_PHASE:
    G[0] = y - 1;
    return;
  case MULTI_INDEX_NORM:
    G[0] = y / m->p - 1;
    return;
  case MULTI_INDEX_MIXED:
    kappa = 1 / (1 + m->sigma * m->sigma), w = kappa * (y * kappa - 1);
    fill(G, w * (m->alpha + (1 - m->alpha) * m->c * m->c), w * (1 - m->alpha) * m->c * sqrt(1 - m->c * m->c),
         w * (1 - m->alpha) * (1 - m->c * m->c));
    return;
  case MULTI_INDEX_STAIR:
    fill(G, NAN, NAN, NAN);
    return;
  case MULTI_INDEX_PRODUCT:
  case MULTI_INDEX_RELU_PRODUCT:
    if (m->kind == MULTI_INDEX_RELU_PRODUCT && y == 0) {
      fill(G, 0, -2 / (3 * M_PI), 0);
      return;
    }
    w = size > 0 ? size * gsl_sf_bessel_K1_scaled(size) / gsl_sf_bessel_K0_scaled(size) : 0;
    fill(G, w - 1, y, w - 1);
    return;
  case MULTI_INDEX_PARITY:
    if (m->p == 2)
      fill(G, 0, M_2_PI * y, 0);
    else
      G[0] = 0;
    return;
  default:
    break;
  }
  const double *e = cell_edges(m, (int)y, &at, &mean, &ring);
  w = e[at + 1] - e[at];
  double middle = (e[at + 1] + e[at]), factor = mean / 2 * sin(w) / w;
  fill(G, mean / 2 + factor * cos(middle) - 1, factor * sin(middle), mean / 2 - factor * cos(middle) - 1);
}

/* A cell of width w around the middle angle m: E r^4 times the mean of cos^4 of the angle to u. */
static double cell_fourth(double w, double m, double r4, const double *u) {
  double away = m - atan2(u[1], u[0]);
  return r4 * (3 / 8. + sin(w) / w * cos(2 * away) / 2 + sin(2 * w) / (2 * w) * cos(4 * away) / 8);
}

/* Per component e: u.s given v = sqrt(kappa y) is normal of mean (u.w_e) sqrt(kappa) v and variance 1 - kappa
 * (u.w_e)^2. */
static double mixed_fourth(const multi_index_model *m, double y, const double *u) {
  double kappa = 1 / (1 + m->sigma * m->sigma), sum = 0;
  const double cosine[] = {u[0], m->c * u[0] + sqrt(1 - m->c * m->c) * u[1]},
               share[] = {m->alpha, 1 - m->alpha};
  for (int e = 0; e < 2; e++) {
    double part = kappa * cosine[e] * cosine[e], mean2 = part * kappa * y, V = 1 - part;
    sum += share[e] * (mean2 * mean2 + 6 * mean2 * V + 3 * V * V);
  }
  return sum;
}

static double product_fourth(double y, const double *u) {
  double t = fabs(y), K0 = gsl_sf_bessel_K0_scaled(t), h = t * gsl_sf_bessel_K1_scaled(t) / K0,
         s4 = t * t * gsl_sf_bessel_Kn_scaled(2, t) / K0;
  double a = u[0], b = u[1];
  return (a * a * a * a + b * b * b * b) * s4 + 4 * a * b * (a * a + b * b) * y * h +
         6 * a * a * b * b * y * y;
}

double multi_index_fourth(const multi_index_model *m, double y, const double *u) {
  double mean, ring, e2 = m->kind == MULTI_INDEX_POLAR ? exp(-m->q / 2) : 1, q = m->q;
  int at;
  switch (m->kind) {
  case MULTI_INDEX_PHASE:
    return y * y;
  case MULTI_INDEX_NORM:
    return 3 * y * y / (m->p * (m->p + 2.));
  case MULTI_INDEX_MIXED:
    return mixed_fourth(m, y, u);
  case MULTI_INDEX_STAIR:
    return NAN;
  case MULTI_INDEX_PRODUCT:
    return product_fourth(y, u);
  case MULTI_INDEX_RELU_PRODUCT:
    return y > 0 ? product_fourth(y, u)
                 : 3 - 16 * u[0] * u[1] / (3 * M_PI); /* what the quadrant leaves of 3 */
  case MULTI_INDEX_PARITY:
    return m->p == 2 ? cell_fourth(M_PI_2, y > 0 ? M_PI_4 : 3 * M_PI_4, 8, u) : 3;
  default:
    break;
  }
  const double *e = cell_edges(m, (int)y, &at, &mean, &ring);
  double outer = m->kind == MULTI_INDEX_POLAR ? q * q + 4 * q + 8 : 8,
         r4 = (int)y < inner_cells(m) ? (8 - (q * q + 4 * q + 8) * e2) / (1 - e2) : outer;
  return cell_fourth(e[at + 1] - e[at], (e[at + 1] + e[at]) / 2, r4, u);
}

/* ---- preprocessings ---- */

double multi_index_T_of(const multi_index_model *m, const multi_index_preprocessing *T, double y) {
  double G[4], g = 0;
  switch (T->kind) {
  case MULTI_INDEX_ID:
    return y;
  case MULTI_INDEX_TABLE:
    return T->table[m->kind == MULTI_INDEX_PARITY ? y > 0 : (int)y];
  case MULTI_INDEX_TANH:
    return tanh(T->a * y);
  case MULTI_INDEX_CAP:
    return fmin(y, T->t);
  case MULTI_INDEX_SUBSET:
    return y > T->t;
  default:
    break;
  }
  multi_index_moment(m, y, G);
  g = multi_index_order(m) == 1
          ? G[0]
          : T->u[0] * T->u[0] * G[0] + 2 * T->u[0] * T->u[1] * G[1] + T->u[1] * T->u[1] * G[3];
  double f = T->kind == MULTI_INDEX_TD ? T->c * g : g;
  return fmax(f / (1 + f),
              T->kind == MULTI_INDEX_TOPT20 ? -20 : -1e300); /* -inf at f = -1 would make z/(mu - z) a NaN */
}

/* ---- as parameters of a call ---- */

static int word_of(const assay_call *call, const char *name, const char *const *words) {
  int i = 0;
  while (words[i] && strcmp(words[i], assay_word(call, name))) i++;
  return i;
}

/* Edges of a wedge: given, or K equal classes. */
static assay_status read_edges(assay_call *call, multi_index_model *m) {
  m->out = assay_list(call, "edges", &m->n_out);
  if (m->n_out > 0) return ASSAY_OK;
  int K = (int)assay_integer(call, "K");
  double *edges = assay_alloc(call, ((size_t)K + 1) * sizeof *edges);
  if (!edges) return ASSAY_NO_MEMORY;
  for (int i = 0; i <= K; i++) edges[i] = m->period * i / K;
  m->out = edges, m->n_out = K + 1;
  return ASSAY_OK;
}

assay_status multi_index_read(assay_call *call, multi_index_model *m, multi_index_preprocessing *T) {
  static const char *const models[] = {"phase", "mixed",  "product", "relu_product", "stair",
                                       "norm",  "parity", "polar",   "wedge",        NULL};
  static const char *const kinds[] = {"id", "table", "tanh", "cap", "subset", "Td", "Topt", "Topt20", NULL};
  *m = (multi_index_model){.kind = (multi_index_kind)word_of(call, "model", models),
                           .p = (int)assay_integer(call, "p"),
                           .alpha = assay_real(call, "alpha"),
                           .c = assay_real(call, "c"),
                           .sigma = assay_real(call, "sigma"),
                           .q = assay_real(call, "q"),
                           .period = M_PI};
  m->in = assay_list(call, "e_in", &m->n_in);
  m->out = assay_list(call, "e_out", &m->n_out);
  if (T) {
    *T = (multi_index_preprocessing){.kind = (multi_index_T)word_of(call, "T", kinds),
                                     .a = assay_real(call, "a"),
                                     .t = assay_real(call, "t"),
                                     .u = {1, 0},
                                     .c = 1};
    T->table = assay_list(call, "table", &T->n_table);
    if (assay_has_param(call, "scale"))
      T->u[0] = assay_real(call, "u1"), T->u[1] = assay_real(call, "u2"), T->c = assay_real(call, "scale");
  }
  if (m->kind != MULTI_INDEX_WEDGE) return ASSAY_OK;
  if (!assay_integer(call, "antipodal")) m->period = 2 * M_PI;
  return read_edges(call, m);
}
