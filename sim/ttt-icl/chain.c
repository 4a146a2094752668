#include <math.h>

#include "sim/kernels/random.h"
#include "sim/ttt-icl/ttt-icl.h"

double ttt_icl_start_risk(double n, double d, double sigma2, double c) {
  return 1 - 2 * n * c + c * c * n * (n + 1 + d * (1 + sigma2));
}

/* One replicate's random numbers for a draw. */
typedef struct {
  double q, q2, chi_h, chi_g, z1, z2, z3;
} chain_draw;

typedef struct {
  double r2, rg, g2, c1, c2;
} chain_step;

/* The plane of b and of h's part orthogonal to it; then the gradient given the residual r = b - c h. */
static chain_step step_from(const ttt_icl_rung *p, double c, double hu, double hp, const chain_draw *z) {
  const double ru = 1 - c * hu, rp = -c * hp, r2 = ru * ru + rp * rp, r = sqrt(r2), tau2 = r2 + p->sigma2;
  const double eu = r > 0 ? ru / r : 1, ep = r > 0 ? rp / r : 0;
  const double along = z->q2 * r + sqrt(p->sigma2 * z->q2) * z->z2, across = sqrt(z->q2 * tau2) * z->z3;
  const double gu = along * eu - across * ep, gp = along * ep + across * eu;
  const double g2 = along * along + across * across + z->q2 * tau2 * z->chi_g, n = (double)p->n,
               t = 1 + p->sigma2;
  const double gh = gu * hu + gp * hp, h2 = hu * hu + hp * hp;
  return (chain_step){r2, r * along, g2, hu * (n - n * (n + 1) * c) * gu - n * t * c * gh,
                      g2 * (n * (n + 1) * hu * hu + n * t * h2)};
}

static void accumulate(const ttt_icl_rung *p, const chain_draw *z, ttt_icl_chain_means *sum) {
  const double hu = z->q + sqrt(p->sigma2 * z->q) * z->z1, hp = sqrt(z->q * (1 + p->sigma2) * z->chi_h);
  const chain_step warm = step_from(p, p->c, hu, hp, z), cold = step_from(p, 0, hu, hp, z);
  sum->c1 += warm.c1;
  sum->c2 += warm.c2;
  sum->cold_c1 += cold.c1;
  sum->cold_c2 += cold.c2;
  sum->icl += warm.r2;
  sum->shared += warm.r2 - 2 * p->shared_step * warm.rg + p->shared_step * p->shared_step * warm.g2;
}

void ttt_icl_chain(const ttt_icl_rung *p, long draws, const assay_stream *stream, unsigned index,
                   ttt_icl_chain_means *means) {
  enum { BLOCK = 256 };
  double chi[4][BLOCK], z[3][BLOCK];
  const uint64_t freedom[4] = {(uint64_t)p->n, (uint64_t)p->k, (uint64_t)(p->d - 1), (uint64_t)(p->d - 2)};
  random_source gammas[4], normals[3];
  for (unsigned i = 0; i < 4; i++) gammas[i] = random_open(stream, RANDOM_DESIGN, 4 * index + i);
  for (unsigned i = 0; i < 3; i++) normals[i] = random_open(stream, RANDOM_NOISE, 4 * index + i);
  *means = (ttt_icl_chain_means){0};
  for (long done = 0; done < draws; done += BLOCK) {
    const size_t now = (size_t)(draws - done < BLOCK ? draws - done : BLOCK);
    for (int i = 0; i < 4; i++) random_chi_squares(&gammas[i], freedom[i], chi[i], now);
    for (int i = 0; i < 3; i++) random_normals(&normals[i], z[i], now);
    for (size_t j = 0; j < now; j++) {
      const chain_draw draw = {chi[0][j], chi[1][j], chi[2][j], chi[3][j], z[0][j], z[1][j], z[2][j]};
      accumulate(p, &draw, means);
    }
  }
  double *m[] = {&means->c1, &means->c2, &means->cold_c1, &means->cold_c2, &means->icl, &means->shared};
  for (int i = 0; i < 6; i++) *m[i] /= (double)draws;
}
