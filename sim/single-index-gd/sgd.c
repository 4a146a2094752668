/* One-pass SGD: the scalar chain, and the vectors whose overlap it is. */
#include <math.h>
#include <string.h>

#include "sim/kernels/vector.h"
#include "sim/single-index-gd/single-index-gd.h"

enum { CHUNK = 256 };

void single_index_chain_start(single_index_chain *chain, single_index_link link, long d, double eta, double m,
                              const assay_stream *stream) {
  chain->link = link, chain->d = d, chain->step = 0, chain->eta = eta, chain->m = m,
  chain->across = sqrt(1 - m * m), chain->stream = *stream, chain->source = 0;
}

static void draw_chunk(single_index_chain *chain) {
  random_source along = random_open(&chain->stream, RANDOM_DESIGN, chain->source),
                across = random_open(&chain->stream, RANDOM_DESIGN, chain->source + 1);
  random_seek(&along, (uint64_t)chain->step), random_seek(&across, (uint64_t)chain->step);
  random_normals(&along, chain->u, CHUNK);
  random_normals(&across, chain->w, CHUNK);
  random_seek(&along, (uint64_t)chain->step);
  random_chi_squares(&along, (uint64_t)chain->d - 2, chain->H, CHUNK);
}

bool single_index_chain_run(single_index_chain *chain, long step, double level) {
  double scale = chain->eta / (double)chain->d, m = chain->m, s = chain->across;
  bool hit = m * m >= level;
  for (; chain->step < step && !hit; chain->step++) {
    long i = chain->step % CHUNK;
    if (i == 0) draw_chunk(chain);
    double u = chain->u[i], w = chain->w[i], g = m * u + s * w;
    double c = scale * single_index_sigma(chain->link, g) * single_index_slope(chain->link, u);
    double along = m + c * s * w, turned = s - c * m * w, rest = turned * turned + c * c * chain->H[i];
    double shrink = 1 / sqrt(along * along + rest); /* the two roots and nothing else wait for each other */
    m = along * shrink, s = sqrt(rest) * shrink;
    hit = m * m >= level;
  }
  chain->m = m, chain->across = s;
  return hit;
}

/* theta = scale phi: only phi is written in a step, x.theta and ||x||^2 are read in one pass. */
double single_index_sgd_vector(single_index_link link, long d, double eta, double m0, long steps, double *phi,
                               double *x, const assay_stream *stream) {
  random_source source = random_open(stream, RANDOM_DESIGN, 0);
  size_t size = (size_t)d;
  double scale = 1;
  memset(phi, 0, size * sizeof *phi);
  phi[0] = m0, phi[1] = sqrt(1 - m0 * m0);
  for (long t = 0; t < steps; t++) {
    double u, square;
    random_normals(&source, x, size);
    vector_dot_and_square(x, phi, size, &u, &square);
    u *= scale;
    double c = eta / (double)d * single_index_sigma(link, x[0]) * single_index_slope(link, u),
           shrink = 1 - c * u;
    double norm = sqrt(shrink * shrink + 2 * c * u * shrink + c * c * square); /* of (1 - c u) theta + c x */
    if (fabs(scale * shrink) < 1e-6 * norm) { /* a step that nearly turns theta about: phi becomes theta */
      for (long j = 0; j < d; j++) phi[j] *= scale * shrink / norm;
      scale = 1;
      vector_add_multiple(c / norm, x, phi, size);
      continue;
    }
    scale *= shrink / norm;
    vector_add_multiple(c / (norm * scale), x, phi, size);
  }
  return scale * phi[0];
}
