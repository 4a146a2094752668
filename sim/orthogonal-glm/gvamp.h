/* Bayes-GVAMP on one drawn problem, its i.i.d. cousin GAMP, and exact posterior sampling. */
#ifndef ASSAY_SIM_ORTHOGONAL_GLM_GVAMP_H
#define ASSAY_SIM_ORTHOGONAL_GLM_GVAMP_H

#include "sim/orthogonal-glm/instance.h"

/* The messages r1 = b + N(0,1/g1), z | p1 ~ N(p1,1/t1), and the estimates of the last iteration. */
typedef struct {
  double *r1, *p1; /* [d], [n] */
  double g1, t1;
  double *estimate, *linear; /* [d] denoised and LMMSE */
  double e1;                 /* the mean posterior variance that the denoiser reports */
  double *r2, *p2, *z2;      /* work: [d], [n], [n] */
  double *c2, *cp;           /* work: [rank] */
  bool stopped;              /* e1 has reached 1e-9: nothing moves any more */
  long clamped;              /* precisions that had to be clamped to [1e-9, 1e12] */
} gvamp;

assay_status gvamp_open(assay_call *call, const glm_instance *p, gvamp *g);
/* One iteration: both posterior means from (r1,g1,p1,t1), the linear step, the next messages. */
void gvamp_step(glm_instance *p, gvamp *g);

typedef struct {
  double *mean, *r, *s, *z, *p; /* [d], [d], [n], [n], [n] */
  double variance;
  double *c, *fresh; /* work: [rank], [d] */
} gamp;

assay_status gamp_open(assay_call *call, const glm_instance *p, gamp *g);
/* `steps` iterations from the prior; s and the mean are damped from the second on: keep = 0 for none. */
void gamp_run(glm_instance *p, gamp *g, int steps, double keep);

/* sum over sweeps of (E[b | u]).b/(d sweeps) for a Gaussian prior, by data augmentation u ~ N(z, s2) in the
 * rotated coordinates, the chain starting at the signal: sign (truncated normals) and abs (two-point signs).
 * work: 5 (n + rank). */
double posterior_overlap(glm_instance *p, const assay_stream *stream, int burn, int sweeps, double *work);

#endif
