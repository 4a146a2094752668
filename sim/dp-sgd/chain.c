/* Simulators on the norms of the blocks. Draws are generated for CHUNK steps at a time. */
#include <math.h>
#include <stdlib.h>

#include "model/clipping.h"
#include "sim/dp-sgd/path.h"
#include "sim/kernels/random.h"

enum { CHUNK = 256 };

/* Normals and chi-squares (d_j - 1 degrees of freedom) of block j for the n steps after `first`. */
static void draw_block(const dp_sgd_path *path, random_purpose purpose, int j, long first, long n,
                       double *normal, double *chi_square) {
  random_source source = random_open(&path->stream, purpose, (unsigned)j);
  random_seek(&source, (uint64_t)first);
  random_normals(&source, normal, (size_t)n);
  random_seek(&source, (uint64_t)first);
  random_chi_squares(&source, (uint64_t)path->plan->size[j] - 1, chi_square, (size_t)n);
}

static long chunk_length(const dp_sgd_plan *plan, long first) {
  return plan->n - first < CHUNK ? plan->n - first : CHUNK;
}

/* The terminal noise on V[m]. */
static void release_norms(const dp_sgd_path *path, double *V) {
  const long last = path->plan->n - 1;
  for (int j = 0; j < path->plan->m; j++) {
    double g, H;
    draw_block(path, RANDOM_PRIVACY, j, last, 1, &g, &H);
    V[j] = dp_sgd_kick(V[j], path->plan->s[last], g, H);
  }
}

/* ---- the norm chain ---- */

typedef struct {
  dp_sgd_path path;
  double *V;                 /* [m] */
  double *label, *threshold; /* [CHUNK] zeta z and C/||x|| */
  double *along, *across;    /* [m][CHUNK] lam^{1/2} g and lam H */
  double *noise_g, *noise_H; /* [m][CHUNK] */
} norm_chain;

static void draw_steps(norm_chain *chain, long first) {
  const dp_sgd_plan *plan = chain->path.plan;
  const long n = chunk_length(plan, first);
  random_source labels = random_open(&chain->path.stream, RANDOM_LABEL, 0);
  random_seek(&labels, (uint64_t)first);
  random_normals(&labels, chain->label, (size_t)n);
  double square[CHUNK] = {0}; /* ||x||^2 */
  for (int j = 0; j < plan->m; j++) {
    double *along = chain->along + j * CHUNK, *across = chain->across + j * CHUNK;
    const double lam = plan->lam[j], root = sqrt(lam);
    draw_block(&chain->path, RANDOM_DESIGN, j, first, n, along, across);
    for (long i = 0; i < n; i++) {
      along[i] *= root;
      across[i] *= lam;
      square[i] += along[i] * along[i] + across[i];
    }
  }
  for (long i = 0; i < n; i++) {
    chain->label[i] *= plan->zeta;
    chain->threshold[i] = plan->C / sqrt(square[i]);
  }
}

/* Noise for the steps of a chunk, if one of them, the last of all apart, has any. */
static void draw_noise(norm_chain *chain, long first) {
  const dp_sgd_plan *plan = chain->path.plan;
  const long n = chunk_length(plan, first);
  bool any = false;
  for (long i = first; i < first + n && i < plan->n - 1; i++) any = any || plan->s[i] > 0;
  for (int j = 0; any && j < plan->m; j++)
    draw_block(&chain->path, RANDOM_PRIVACY, j, first, n, chain->noise_g + j * CHUNK,
               chain->noise_H + j * CHUNK);
}

/* The gradient step from draw i of the chunk; true when it was clipped. */
static inline bool norm_step(const norm_chain *chain, int m, long i, double eta) {
  double *V = chain->V, r = -chain->label[i];
  for (int j = 0; j < m; j++) r += chain->along[j * CHUNK + i] * sqrt(V[j]);
  const double most = chain->threshold[i], h = dp_sgd_clip(r, most);
  for (int j = 0; j < m; j++)
    V[j] = dp_sgd_kick(V[j], -eta * h, chain->along[j * CHUNK + i], chain->across[j * CHUNK + i]);
  return fabs(r) > most;
}

static void norm_advance(dp_sgd_path *path, long step) {
  norm_chain *chain = (norm_chain *)path;
  const dp_sgd_plan *plan = path->plan;
  for (long k = path->step; k < step; k++) { /* steps counted from 0 */
    const long i = k % CHUNK;
    if (i == 0) {
      draw_steps(chain, k);
      draw_noise(chain, k);
    }
    path->clipped += norm_step(chain, plan->m, i, plan->eta[k]) && k >= plan->window;
    if (plan->s[k] > 0 && k < plan->n - 1)
      for (int j = 0; j < plan->m; j++)
        chain->V[j] = dp_sgd_kick(chain->V[j], plan->s[k], chain->noise_g[j * CHUNK + i],
                                  chain->noise_H[j * CHUNK + i]);
  }
}

static void norm_start(dp_sgd_path *path) {
  for (int j = 0; j < path->plan->m; j++) ((norm_chain *)path)->V[j] = path->plan->start[j];
}

static void norm_release(dp_sgd_path *path) {
  release_norms(path, ((norm_chain *)path)->V);
}

static void norm_norms(const dp_sgd_path *path, double *V) {
  for (int j = 0; j < path->plan->m; j++) V[j] = ((const norm_chain *)path)->V[j];
}

static double norm_risk(const dp_sgd_path *path) {
  double risk = 0;
  for (int j = 0; j < path->plan->m; j++) risk += 0.5 * path->plan->lam[j] * ((const norm_chain *)path)->V[j];
  return risk;
}

dp_sgd_path *dp_sgd_norm_chain_new(const dp_sgd_plan *plan, assay_error *error) {
  static const dp_sgd_simulator simulator = {norm_start, norm_advance, norm_release, norm_risk, norm_norms};
  if (plan->m > RANDOM_INDICES) {
    assay_error_set(error, ASSAY_DOMAIN, "%d blocks; the norm chain has draws for %d", plan->m,
                    RANDOM_INDICES);
    return NULL;
  }
  const size_t m = (size_t)plan->m, numbers = m + 2 * CHUNK + 4 * m * CHUNK;
  norm_chain *chain = dp_sgd_path_new(&simulator, plan, sizeof *chain + numbers * sizeof(double), error);
  if (!chain) return NULL;
  chain->label = (double *)(chain + 1);
  chain->threshold = chain->label + CHUNK;
  chain->along = chain->threshold + CHUNK;
  chain->across = chain->along + m * CHUNK;
  chain->noise_g = chain->across + m * CHUNK;
  chain->noise_H = chain->noise_g + m * CHUNK;
  chain->V = chain->noise_H + m * CHUNK;
  return &chain->path;
}

/* ---- the homogenised equation ---- */

typedef struct {
  dp_sgd_path path;
  double V;
  double g[CHUNK], H[CHUNK];
} sde_chain;

static void sde_advance(dp_sgd_path *path, long step) {
  sde_chain *chain = (sde_chain *)path;
  const dp_sgd_plan *plan = path->plan;
  const double c = plan->C / sqrt((double)plan->d);
  for (long k = path->step; k < step; k++) {
    const long i = k % CHUNK;
    if (i == 0) draw_block(path, RANDOM_NOISE, 0, k, chunk_length(plan, k), chain->g, chain->H);
    const double P = (chain->V + plan->zeta * plan->zeta) / 2, eta = plan->eta[k],
                 s = k < plan->n - 1 ? plan->s[k] : 0;
    const double drift = 1 - eta * clipping_mu(c, P),
                 variance = 2 * eta * eta * clipping_nu(c, P) * P + s * s;
    chain->V = dp_sgd_kick(chain->V * drift * drift, sqrt(variance), chain->g[i], chain->H[i]);
  }
}

static void sde_start(dp_sgd_path *path) {
  ((sde_chain *)path)->V = path->plan->start[0];
}

static void sde_release(dp_sgd_path *path) {
  release_norms(path, &((sde_chain *)path)->V);
}

static void sde_norms(const dp_sgd_path *path, double *V) {
  *V = ((const sde_chain *)path)->V;
}

static double sde_risk(const dp_sgd_path *path) {
  return 0.5 * ((const sde_chain *)path)->V;
}

dp_sgd_path *dp_sgd_sde_chain_new(const dp_sgd_plan *plan, assay_error *error) {
  static const dp_sgd_simulator simulator = {sde_start, sde_advance, sde_release, sde_risk, sde_norms};
  if (plan->m != 1 || plan->lam[0] != 1) {
    assay_error_set(error, ASSAY_DOMAIN,
                    "the homogenised equation is simulated for isotropic covariates only");
    return NULL;
  }
  if (!(plan->zeta > 0)) {
    assay_error_set(error, ASSAY_DOMAIN, "the homogenised equation needs zeta > 0, not %g", plan->zeta);
    return NULL;
  }
  return dp_sgd_path_new(&simulator, plan, sizeof(sde_chain), error);
}

/* ---- one step ---- */

/* Adds the draws of slots first + 1..first + n to the two sums. */
static void add_one_steps(double C, double norm, double zeta, long d, const assay_stream *stream, long first,
                          long n, double *sum_drift, double *sum_square) {
  double g[CHUNK], H[CHUNK], z[CHUNK];
  random_source design = random_open(stream, RANDOM_DESIGN, 0), labels = random_open(stream, RANDOM_LABEL, 0);
  random_seek(&design, (uint64_t)first);
  random_normals(&design, g, (size_t)n);
  random_seek(&design, (uint64_t)first);
  random_chi_squares(&design, (uint64_t)d - 1, H, (size_t)n);
  random_seek(&labels, (uint64_t)first);
  random_normals(&labels, z, (size_t)n);
  for (long i = 0; i < n; i++) {
    const double square = g[i] * g[i] + H[i], most = C / sqrt(square), r = g[i] * norm - zeta * z[i];
    const double h = dp_sgd_clip(r, most);
    *sum_drift += h * g[i];
    *sum_square += h * h * square;
  }
}

void dp_sgd_run_one_step(double c, double P, double zeta, long d, long draws, const assay_stream *stream,
                         double *mu, double *nu) {
  const double norm = sqrt(2 * P - zeta * zeta), dimension = (double)d; /* ||delta|| */
  double drift = 0, square = 0;
  for (long first = 0; first < draws; first += CHUNK)
    add_one_steps(c * sqrt(dimension), norm, zeta, d, stream, first,
                  draws - first < CHUNK ? draws - first : CHUNK, &drift, &square);
  *mu = drift / (norm * (double)draws);
  *nu = square / (2 * P * dimension * (double)draws);
}
