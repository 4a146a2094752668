#include <math.h>
#include <string.h>

#include "compare/claims/orthogonal-glm/claims.h"

static double real_or(const assay_call *call, const char *name, double otherwise) {
  return assay_has_param(call, name) && assay_given(call, name) ? assay_real(call, name) : otherwise;
}

assay_status glm_problem_open_at(assay_call *call, unsigned with, const glm_spectrum *spectrum, glm_problem *p) {
  assay_error *error = assay_call_error(call);
  *p = (glm_problem){.spectrum = *spectrum};
  p->channel = (glm_channel){(glm_channel_kind)glm_word(assay_word(call, "channel"), GLM_CHANNELS), assay_real(call, "sigma")};
  const char *prior = assay_has_param(call, "prior")            ? assay_word(call, "prior")
                      : glm_channel_width(p->channel.kind) == 2 ? "cgauss"
                                                                : "gauss";
  p->prior = (glm_prior){(glm_prior_kind)glm_word(prior, GLM_PRIORS), real_or(call, "eps", .5)};
  if (glm_prior_width(p->prior.kind) != glm_channel_width(p->channel.kind))
    return assay_fail(call, ASSAY_DOMAIN, "the channel and the prior are both real or both complex (cabs with cgauss)");
  assay_status status = glm_law_make(spectrum, &p->law, error);
  if (status == ASSAY_OK && with & GLM_WITH_OUTPUT) status = glm_output_make(&p->channel, &p->output, error);
  if (status == ASSAY_OK && with & GLM_WITH_TABLE) status = glm_channel_table_make(&p->channel, &p->table, error);
  return status;
}

static glm_spectrum spectrum_of(const assay_call *call) {
  return (glm_spectrum){(glm_spectrum_kind)glm_word(assay_word(call, "spectrum"), GLM_SPECTRA), assay_real(call, "a"),
                        assay_real(call, "kappa"), real_or(call, "delta", 1)};
}

assay_status glm_problem_open(assay_call *call, unsigned with, glm_problem *p) {
  glm_spectrum spectrum = spectrum_of(call);
  return glm_problem_open_at(call, with, &spectrum, p);
}

assay_status glm_problem_open_iid(assay_call *call, unsigned with, glm_problem *p) {
  glm_spectrum spectrum = spectrum_of(call);
  spectrum.kind = GLM_MP;
  return glm_problem_open_at(call, with, &spectrum, p);
}

void glm_problem_close(glm_problem *p) {
  glm_law_free(&p->law), glm_output_free(&p->output), glm_channel_table_free(&p->table);
}

glm_evolution glm_evolution_of(const glm_problem *p) {
  return (glm_evolution){&p->law, &p->table, p->prior, GLM_RIGHT};
}

assay_status glm_start_of(assay_call *call, const glm_problem *p, double *g1, double *t1) {
  const char *start = assay_word(call, "start");
  *g1 = 0, *t1 = 1;
  if (!strcmp(start, "cold")) return ASSAY_OK;
  if (!strcmp(start, "informed")) {
    *g1 = assay_real(call, "g1"), *t1 = assay_real(call, "t1");
    return ASSAY_OK;
  }
  glm_outlier out;
  assay_status status = glm_optimal(&p->law, &p->output, &out, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  if (!out.out)
    return assay_fail(call, ASSAY_DOMAIN, "L = %.4g: below the threshold the spectral estimator knows nothing",
                      glm_growth(&p->law, &p->output));
  *g1 = out.overlap2 / (1 - out.overlap2), *t1 = out.gamma1;
  return ASSAY_OK;
}

/* q and gamma1, where the simulation is started by, or measures, the spectral messages. */
static assay_status arrange_messages(assay_call *realised, assay_call *sim) {
  glm_problem p;
  glm_outlier out = {0};
  assay_status status = glm_problem_open(realised, GLM_WITH_OUTPUT, &p);
  if (status == ASSAY_OK) status = glm_optimal(&p.law, &p.output, &out, assay_call_error(realised));
  if (status == ASSAY_OK && out.out) {
    status = assay_set(sim, "q", out.overlap2);
    if (status == ASSAY_OK) status = assay_set(sim, "gamma1", out.gamma1);
  }
  glm_problem_close(&p);
  return status;
}

assay_status glm_arrange(assay_call *claim, assay_call *sim, assay_call *realised) {
  double d = assay_real(claim, "d"), n = round(d * assay_real(claim, "delta"));
  if (!(n >= 2))
    return assay_fail(claim, ASSAY_DOMAIN, "d = %g is too small for delta = %g: less than two observations", d, assay_real(claim, "delta"));
  assay_status status = assay_set(sim, "n", n);
  if (status == ASSAY_OK) status = assay_set(realised, "delta", n / d);
  if (status == ASSAY_OK && assay_has_param(claim, "spectrum") && !strcmp(assay_word(claim, "spectrum"), "prod"))
    status = assay_set_word(sim, "design", "prod");
  if (status == ASSAY_OK && !strcmp(assay_word(claim, "channel"), "cabs")) status = assay_set_word(sim, "prior", "cgauss");
  bool even = glm_channel_even((glm_channel_kind)glm_word(assay_word(claim, "channel"), GLM_CHANNELS));
  bool spectral = !assay_has_param(claim, "start") || !strcmp(assay_word(claim, "start"), "spectral");
  if (status != ASSAY_OK || !even || !spectral || !assay_has_param(sim, "q")) return status;
  return arrange_messages(realised, sim);
}

assay_status glm_per_power(const assay_sample *sample, double *result) {
  *result = sample->value[0] / sample->value[1];
  return ASSAY_OK;
}
