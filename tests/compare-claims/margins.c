/* Every shipped claim, planned in every tier without a simulation: margins that can be met, controls that are
 * seen, names that last. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare/claims/papers.h"
#include "compare/plan.h"
#include "tests/compare-claims/printed.h"

/* Below this an interval is not yet as exact as the error probabilities that are claimed (skewness up to .7).
 */
enum { LEAST_REPLICATES = 512, FIRST_DECIDES = 128 }; /* orders, exact intervals: power is all that more would give */

/* A margin that is given as a number, not made of deviations: its reason has to say what ten standard errors (or deviations) come to. */
static bool margin_is_given(const plan_cell *cell, assay_tier tier) {
  const char *reason = cell->result.margin_reason;
  return cell->target->margin[tier].deviations == 0 && (strstr(reason, "sd") || strstr(reason, " se"));
}

static double largest_look(const plan *p, const plan_cell *cell) {
  return (double)cell->first * ldexp(1, cell->leg->looks[p->tier] - 1);
}

/* ---- one cell ---- */

static void expect_margin(const plan *p, const plan_cell *cell, const char *claim) {
  const assay_cell_result *r = &cell->result;
  const assay_margin *m = &cell->target->margin[p->tier];
  bool exact = cell->target->estimand == ASSAY_EXACT, order = r->side != 0 && r->margin == 0;
  cr_expect(isfinite(r->theory) && isfinite(r->margin), "%s %s: theory %g, margin %g", claim, r->id,
            r->theory, r->margin);
  cr_expect(r->margin_reason[0], "%s %s: a margin without a reason", claim, r->id);
  if (!cell->leg->experiment || exact) return;
  double n = largest_look(p, cell);
  bool distribution_free = cell->target->estimand == ASSAY_QUANTILE || cell->target->estimand == ASSAY_PROPORTION;
  double least_n = distribution_free || order ? FIRST_DECIDES : cell->target->skew_floor > 0 ? LEAST_REPLICATES / 2 : LEAST_REPLICATES;
  cr_expect(n >= least_n, "%s %s: at most %g replicates", claim, r->id, n);
  if (cell->target->estimand == ASSAY_PROPORTION) return; /* exact intervals: the margin lies between the sides of a threshold */
  if (order || margin_is_given(cell, p->tier)) return;
  if (r->side != 0 && m->deviations == 0) return; /* a bound true of every draw, or of a median */
  cr_expect(m->deviations >= 10 && isfinite(r->margin_sd) && r->margin_sd > 0,
            "%s %s: a margin of %g deviations of %g", claim, r->id, m->deviations, r->margin_sd);
  double least = r->margin_bias + 10 * r->margin_sd / sqrt(n) + 4 * r->theory_error;
  cr_expect(r->margin >= least * (1 - 1e-12), "%s %s: margin %g is less than %g", claim, r->id, r->margin,
            least);
}

static void expect_controls(const plan_cell *cell, const char *claim) {
  const assay_cell_result *r = &cell->result;
  for (int c = 0; c < r->n_controls; c++) {
    const assay_control_result *control = &r->controls[c];
    cr_expect(control->mistake && control->mistake[0], "%s %s: control %s names no mistake", claim, r->id,
              control->name);
    if (control->wrong_experiment || cell->controls[c].of->reversed) continue;
    cr_expect(!isnan(control->wrong), "%s %s: control %s has no value", claim, r->id, control->name);
    cr_expect(control->separation >= 2, "%s %s: control %s is only %.3g margins away", claim, r->id,
              control->name, control->separation);
  }
}

/* ---- one claim ---- */

static bool named_before(const plan *p, int cell) {
  for (int i = 0; i < cell; i++)
    if (p->cells[i].claim == p->cells[cell].claim && !strcmp(p->cells[i].result.id, p->cells[cell].result.id))
      return true;
  return false;
}

/* A simulated claim has a control at a simulated cell; every control of the tier is at some cell. */
static void expect_claim_is_controlled(const plan *p, int claim) {
  const assay_claim *of = p->claims[claim].claim;
  int simulated = 0, controlled = 0;
  for (int i = 0; i < p->n_cells; i++) {
    const plan_cell *cell = &p->cells[i];
    if (cell->claim != claim || !cell->leg->experiment) continue;
    simulated++;
    controlled += cell->result.n_controls > 0;
  }
  cr_expect(simulated == 0 || controlled > 0, "%s: %d simulated cells, %d with a control", of->id, simulated,
            controlled);
  for (const assay_control *c = of->controls; c->name; c++) {
    int cells = c->tiers && !(c->tiers & 1u << p->tier);
    for (int i = 0; i < p->n_cells && !cells; i++)
      for (int k = 0; k < p->cells[i].result.n_controls; k++) cells += p->cells[i].controls[k].of == c;
    cr_expect(cells > 0, "%s: control '%s' (%s) is at no cell", of->id, c->name,
              c->targets ? c->targets : "all");
  }
}

/* ---- what the mistakes predict, at the quick tier ---- */

static const struct {
  const char *claim, *cell, *control, *printed;
} mistakes[] = {
    {"dp-sgd/clip-factors", "S1:d=200:mu", "naive factor", ".509434"},
    {"dp-sgd/clip-factors", "S1:d=200:mu", "residual variance P", ".295664"},
    {"dp-sgd/isotropic-trajectory", "I2:t=1:d=200:R", "naive mu", ".02661"},
    {"dp-sgd/isotropic-trajectory", "I1:t=1:d=200:R", "naive mu", ".10886"},
    {"dp-sgd/isotropic-trajectory", "I2:t=1:d=200:R", "half noise", ".03775"},
    {"dp-sgd/isotropic-trajectory", "I1:t=1:d=200:R", "half noise", ".07400"},
    {"dp-sgd/isotropic-trajectory", "I2:t=1:d=200:R", "nu = 1", "390"},
    {"dp-sgd/isotropic-trajectory", "I1:t=1:d=200:R", "nu = 1", ".4911"},
    {"dp-sgd/isotropic-trajectory", "I2:t=1:d=200:R", "nu = mu^2", ".05687"},
    {"dp-sgd/isotropic-trajectory", "I1:t=1:d=200:R", "nu = mu^2", ".14474"},
    {"dp-sgd/isotropic-trajectory", "I2:t=1:d=200:R", "no label noise", ".01265"},
    {"dp-sgd/isotropic-trajectory", "I1:t=1:d=200:R", "no label noise", ".07495"},
    {"dp-sgd/isotropic-trajectory", "I2:t=1:d=200:R", "residual variance P", ".03979"},
    {"dp-sgd/isotropic-trajectory", "I1:t=1:d=200:R", "residual variance P", ".11448"},
    {"dp-sgd/final-risk", "I2:d=200:J", "sensitivity C", ".0648"},
    {"dp-sgd/final-risk", "I1:d=200:J", "sensitivity C", ".5"},
    {"dp-sgd/sensitivity-contraction", "T1:d=100:contraction", "linear rate", ".21261"},
    {"dp-sgd/anisotropic-blocks", "A1C:t=1:d=200:R", "isotropic ODE", ".042943"},
    {"dp-sgd/anisotropic-blocks", "A1C:t=1:d=200:R", "lam^2 p", ".140415"},
    {"dp-sgd/anisotropic-blocks", "A1C:t=1:d=200:R", "p only", ".082955"},
    {"dp-sgd/anisotropic-sandwich", "A2C:t=1:d=200:R_up", "bounds exchanged", ".042338"},
    {"dp-sgd/anisotropic-sandwich", "A2C:t=1:d=200:R_low", "bounds exchanged", ".115704"},
    {"dp-sgd/no-clipping-limit", "U1:t=1:d=200:R", "no noise growth", ".17575"},
    {"dp-sgd/stationary-risk", "E5:R_stat", "unclipped formula", ".375"},
    {"dp-sgd/clip-optimum-joint", "C:c=1:d=200:F_star", "privacy is free", ".0263387"},
    {"dp-sgd/clip-optimum-joint", "C:c=10:d=200:F_star", "privacy is free", ".0238913"},
    {"dp-sgd/rate-constant-lr", "R:d=100:slope", "no logarithm", "1"},
    {"dp-sgd/rate-decaying-lr", "R:d=100:slope", "constant step", ".7880"},
    {"dp-sgd/universality", "L1:d=100:R", "Gaussian limit", ".017742"},
};

static const assay_control_result *control_at(const plan *p, const char *claim, const char *cell,
                                              const char *control) {
  for (int i = 0; i < p->n_cells; i++) {
    const assay_cell_result *r = &p->cells[i].result;
    if (strcmp(p->claims[p->cells[i].claim].claim->id, claim) || strcmp(r->id, cell)) continue;
    for (int c = 0; c < r->n_controls; c++)
      if (!strcmp(r->controls[c].name, control)) return &r->controls[c];
  }
  return NULL;
}

static void expect_mistakes(const plan *p) {
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
    const assay_control_result *r = control_at(p, mistakes[i].claim, mistakes[i].cell, mistakes[i].control);
    cr_assert(r, "%s: no control '%s' at %s", mistakes[i].claim, mistakes[i].control, mistakes[i].cell);
    cr_expect(printed_agrees(r->wrong, 0, mistakes[i].printed), "%s %s: '%s' predicts %.9g, not %s",
              mistakes[i].claim, mistakes[i].cell, mistakes[i].control, r->wrong, mistakes[i].printed);
  }
}

/* ---- a tier ---- */

static void expect_tier(assay_tier tier) {
  plan p = {0};
  assay_error error = {0};
  cr_assert_eq(plan_select(shipped_papers, NULL, 0, &p, &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(plan_build(&p, tier, ASSAY_DEFAULT_SEED, &error), ASSAY_OK, "%s", error.text);
  for (int c = 0; c < p.n_claims; c++) {
    cr_expect_eq(p.claims[c].broken, 0, "%s: %s", p.claims[c].claim->id, p.claims[c].reason);
    if (!p.claims[c].broken) expect_claim_is_controlled(&p, c);
  }
  for (int i = 0; i < p.n_cells; i++) {
    const plan_cell *cell = &p.cells[i];
    const char *claim = p.claims[cell->claim].claim->id;
    cr_expect(!named_before(&p, i), "%s %s: two cells of that name", claim, cell->result.id);
    cr_expect_eq(cell->result.reason[0], 0, "%s %s: %s", claim, cell->result.id, cell->result.reason);
    if (cell->target->exploratory || cell->result.reason[0]) continue;
    expect_margin(&p, cell, claim);
    expect_controls(cell, claim);
  }
  if (tier == ASSAY_QUICK) expect_mistakes(&p);
  plan_free(&p);
}

Test(margins, quick) {
  expect_tier(ASSAY_QUICK);
}
Test(margins, standard) {
  expect_tier(ASSAY_STANDARD);
}
Test(margins, deep) {
  expect_tier(ASSAY_DEEP);
}

/* ---- names that scripts use ---- */

typedef struct {
  const char *claim, *params, *observables;
} names;

#define SCHEDULE "schedule,eta0,alpha,t0,noise"
#define PROBLEM "gamma,c,rho,zeta,R0," SCHEDULE
static const names golden[] = {
    {"dp-sgd/clip-factors", "c,P,zeta", "mu,nu"},
    {"dp-sgd/isotropic-trajectory", PROBLEM ",t", "R"},
    {"dp-sgd/fluctuations", PROBLEM ",t", "d_var_R,d_var_F,slope"},
    {"dp-sgd/final-risk", PROBLEM, "F,J"},
    {"dp-sgd/zcdp-calibration", PROBLEM ",d", "max_ratio,min_ratio,naive_ratio"},
    {"dp-sgd/sensitivity-contraction", "gamma,c,zeta,R0,eta,t0", "contraction,sensitivity"},
    {"dp-sgd/clip-frequency", "gamma,c,zeta,R0,eta,t_lo,t_hi", "clip_fraction"},
    {"dp-sgd/anisotropic-blocks", "spectrum,lam,p,w,lam_lo,gamma,c,rho,zeta," SCHEDULE ",t", "R,F,V"},
    {"dp-sgd/anisotropic-sandwich", "spectrum,lam,p,w,lam_lo,gamma,c,rho,zeta," SCHEDULE ",t",
     "R_low,R_up,R_low_weak,R_up_weak,R"},
    {"dp-sgd/no-clipping-limit", "gamma,eta,zeta,R0,t", "R,R_inf"},
    {"dp-sgd/stationary-risk", "gamma,c,eta,zeta,T,R0", "R_stat,R_T"},
    {"dp-sgd/clip-optimum", "gamma,eta,rho,zeta,R0,c_over_cstar", "c_star,F"},
    {"dp-sgd/clip-optimum-joint", "gamma,rho,zeta,R0,c", "F_star,eta_star,c_star"},
    {"dp-sgd/schedule-ordering", PROBLEM, "F"},
    {"dp-sgd/rate-constant-lr", "gamma,c,zeta,kk", "F_over_gamma,L,expansion"},
    {"dp-sgd/rate-decaying-lr", "c,zeta,kk,gamma", "A,B,G,G_low,G_up,F_over_gamma"},
    {"dp-sgd/homogenised-sde", PROBLEM ",t", "R,d_var_R"},
    {"dp-sgd/universality", PROBLEM ",t,start", "R"},
};

/* Calls `expect` on each name of a comma-separated list. */
static void expect_each(const assay_claim *claim, const char *list,
                        void (*expect)(const assay_claim *, const char *)) {
  char name[64];
  for (const char *s = list; *s; s += strspn(s, ",")) {
    size_t n = strcspn(s, ",");
    snprintf(name, sizeof name, "%.*s", (int)n, s);
    expect(claim, name);
    s += n;
  }
}

static void expect_param(const assay_claim *claim, const char *name) {
  const assay_param *q = claim->params;
  while (q->name && strcmp(q->name, name)) q++;
  cr_expect(q->name, "%s has lost its parameter %s", claim->id, name);
}

static void expect_observable(const assay_claim *claim, const char *name) {
  const assay_observable *o = claim->observables;
  while (o->name && strcmp(o->name, name)) o++;
  cr_expect(o->name, "%s has lost its observable %s", claim->id, name);
}

Test(names, are_stable) {
  plan p = {0};
  assay_error error = {0};
  cr_assert_eq(plan_select(shipped_papers, NULL, 0, &p, &error), ASSAY_OK, "%s", error.text);
  for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
    const assay_claim *claim = NULL;
    for (int c = 0; c < p.n_claims; c++)
      if (!strcmp(p.claims[c].claim->id, golden[i].claim)) claim = p.claims[c].claim;
    cr_assert(claim, "%s is gone", golden[i].claim);
    expect_each(claim, golden[i].params, expect_param);
    expect_each(claim, golden[i].observables, expect_observable);
  }
  for (int c = 0; c < p.n_claims; c++)
    for (int other = 0; other < c; other++)
      cr_expect(strcmp(p.claims[c].claim->id, p.claims[other].claim->id), "two claims are called %s",
                p.claims[c].claim->id);
  plan_free(&p);
}
