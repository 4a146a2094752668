#include <math.h>

#include "sim/kernels/random.h"
#include "sim/ttt-icl/ttt-icl.h"

/* out ~ N(q v, q (tau2 I - v v')), tau2 >= |v|^2, from d normals in `out`. */
static void conditional(const double *v, int d, double tau2, double q, double *out) {
  double v2 = 0, zv = 0;
  for (int i = 0; i < d; i++) {
    v2 += v[i] * v[i];
    zv += out[i] * v[i];
  }
  const double across = sqrt(q * tau2),
               along = v2 > 0 ? (sqrt(q * fmax(tau2 - v2, 0)) - across) * zv / v2 : 0;
  for (int i = 0; i < d; i++) out[i] = (q + along) * v[i] + across * out[i];
}

double ttt_icl_diagonal_start_risk(const ttt_icl_diagonal *p) {
  double bb = 0, bw = 0, bw2 = 0, w2 = 0, n = (double)p->n;
  for (int i = 0; i < p->d; i++) {
    const double b2 = p->b[i] * p->b[i];
    bb += b2;
    bw += p->w[i] * b2;
    bw2 += p->w[i] * p->w[i] * b2;
    w2 += p->w[i] * p->w[i];
  }
  return bb - 2 * n * bw + n * (n + 1) * bw2 + n * (bb + p->sigma2) * w2;
}

/* c1 and c2 of one realised h and g; t = |b|^2 + sigma2. */
static void step_terms(const ttt_icl_diagonal *p, double t, const double *h, const double *g,
                       ttt_icl_means *sum) {
  double hb = 0, bg = 0, wbg = 0, gwh = 0, g2 = 0, h2 = 0, n = (double)p->n;
  for (int i = 0; i < p->d; i++) {
    const double lam = p->lam[i], lg = lam * g[i], lh = lam * h[i];
    hb += lh * p->b[i];
    bg += lg * p->b[i];
    wbg += lg * p->w[i] * p->b[i];
    gwh += lg * p->w[i] * lh;
    g2 += lg * lg;
    h2 += lh * lh;
  }
  sum->c1 += hb * (n * bg - n * (n + 1) * wbg) - n * t * gwh;
  sum->c2 += g2 * (n * (n + 1) * hb * hb + n * t * h2);
}

void ttt_icl_sampler(const ttt_icl_diagonal *p, long draws, const assay_stream *stream,
                     ttt_icl_means *means) {
  double *h = p->room, *r = h + p->d, *g = r + p->d, bb = 0, q, q2;
  random_source context = random_open(stream, RANDOM_DESIGN, 0),
                targets = random_open(stream, RANDOM_DESIGN, 1);
  random_source h_normals = random_open(stream, RANDOM_NOISE, 0),
                g_normals = random_open(stream, RANDOM_NOISE, 1);
  for (int i = 0; i < p->d; i++) bb += p->b[i] * p->b[i];
  *means = (ttt_icl_means){0};
  for (long draw = 0; draw < draws; draw++) {
    double r2 = 0;
    random_chi_squares(&context, (uint64_t)p->n, &q, 1);
    random_chi_squares(&targets, (uint64_t)p->k, &q2, 1);
    random_normals(&h_normals, h, (size_t)p->d);
    random_normals(&g_normals, g, (size_t)p->d);
    conditional(p->b, p->d, bb + p->sigma2, q, h);
    for (int i = 0; i < p->d; i++) {
      r[i] = p->b[i] - p->w[i] * h[i];
      r2 += r[i] * r[i];
    }
    conditional(r, p->d, r2 + p->sigma2, q2, g);
    step_terms(p, bb + p->sigma2, h, g, means);
    means->icl += r2;
  }
  means->c1 /= (double)draws;
  means->c2 /= (double)draws;
  means->icl /= (double)draws;
}

/* The prompts of one half into its sums b h' [d][d] and h_i^2 [d]. */
static double prompts_of_half(const ttt_icl_pretraining *p, unsigned half, const assay_stream *stream,
                              double *bh, double *hh) {
  random_source tasks = random_open(stream, RANDOM_TEACHER, half),
                lengths = random_open(stream, RANDOM_DESIGN, half);
  random_source normals = random_open(stream, RANDOM_NOISE, half);
  double *b = p->room, *h = b + p->d, risk = 0, q;
  for (long prompt = 0; prompt < p->prompts / 2; prompt++) {
    double bb = 0, miss = 0;
    random_normals(&tasks, b, (size_t)p->d);
    for (int i = 0; i < p->d; i++) {
      b[i] *= sqrt(p->s[i]);
      bb += b[i] * b[i];
    }
    random_chi_squares(&lengths, (uint64_t)p->n, &q, 1);
    random_normals(&normals, h, (size_t)p->d);
    conditional(b, p->d, bb + p->sigma2, q, h);
    for (int i = 0; i < p->d; i++) {
      miss += (b[i] - p->w[i] * h[i]) * (b[i] - p->w[i] * h[i]);
      hh[i] += h[i] * h[i];
      for (int j = 0; j < p->d; j++) bh[i * p->d + j] += b[i] * h[j];
    }
    risk += miss;
  }
  return risk;
}

void ttt_icl_pretrain(const ttt_icl_pretraining *p, const assay_stream *stream, double *risk, double *product,
                      double *bh, double *hh) {
  const int d = p->d;
  double *first = p->room + 2 * d, *second = first + d * d, *hh2 = second + d * d, sum = 0;
  for (int i = 0; i < 2 * d * d; i++) first[i] = 0;
  for (int i = 0; i < d; i++) hh[i] = hh2[i] = 0;
  *risk = (prompts_of_half(p, 0, stream, first, hh) + prompts_of_half(p, 1, stream, second, hh2)) /
          (double)p->prompts;
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++)
      if (i != j) sum += first[i * d + j] * second[i * d + j] / (hh[j] * hh2[j]);
  *product = d > 1 ? sum / (d * (d - 1.)) : 0;
  for (int i = 0; i < d; i++) {
    bh[i] = (first[i * d + i] + second[i * d + i]) / (double)p->prompts;
    hh[i] = (hh[i] + hh2[i]) / (double)p->prompts;
  }
}
