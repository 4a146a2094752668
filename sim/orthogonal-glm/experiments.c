#include "sim/orthogonal-glm/experiments.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "sim/orthogonal-glm/gvamp.h"

/* clang-format off */
#define PARAMS_PROBLEM \
    {"design", NULL, "see sim/orthogonal-glm/design.h", ASSAY_WORD, 0, GLM_DESIGNS, NULL, "fast"}, \
    {"spectrum", NULL, "of fast and haar designs", ASSAY_WORD, 0, GLM_SPECTRA, NULL, "haar"}, \
    {"a", NULL, "atom of two", ASSAY_REAL, 0, NULL, "(0,2)", "0.5"}, \
    {"kappa", NULL, "inner dimension of prod over d", ASSAY_REAL, 0, NULL, "(0,inf)", "1"}, \
    {"channel", NULL, "q", ASSAY_WORD, 0, GLM_CHANNELS, NULL, NULL}, \
    {"sigma", NULL, "noise", ASSAY_REAL, 0, NULL, "(0,inf)", NULL}, \
    {"prior", NULL, "law of the signal", ASSAY_WORD, 0, GLM_PRIORS, NULL, "gauss"}, \
    {"eps", NULL, "share of nonzero entries (bg)", ASSAY_REAL, 0, NULL, "(0,1)", "0.5"}, \
    {"n", NULL, "observations", ASSAY_INTEGER, ASSAY_SIM, NULL, "[2,100000000]", NULL}, \
    {"d", NULL, "dimension", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[8,100000000]", NULL}
#define PARAMS_SPECTRAL_START \
    {"q", NULL, "predicted squared overlap of the start", ASSAY_REAL, ASSAY_SIM, NULL, "[0,1)", "0"}, \
    {"gamma1", NULL, "predicted precision of the start", ASSAY_REAL, ASSAY_SIM, NULL, "[1,inf)", "1"}, \
    {"messages", NULL, "p1 corrected or not", ASSAY_WORD, ASSAY_SIM, "corrected|plain", NULL, "corrected"}
/* clang-format on */

static double square(double x) {
  return x * x;
}
static double distance2(const double *x, const double *y, long n) {
  double sum = 0;
  for (long i = 0; i < n; i++) sum += square(x[i] - y[i]);
  return sum;
}

/* |z|^2/n, of mean exactly 1: tr A = n, |b|^2 = d, and signs make Q^T b isotropic. */
static double power(const glm_instance *p) {
  return square(cblas_dnrm2((int)(p->X.n * p->X.width), p->z, 1)) / (double)p->X.n;
}

/* ---- orthogonal-glm/spectral ---- */

typedef struct {
  glm_instance p;
  glm_T T;
  double sigma_T, q, gamma1;
  int pairs;
  bool plain;
  double *vectors, *r1, *p1;
} spectral_run;

static assay_status open_spectral(assay_call *call, void **state) {
  spectral_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  assay_status status = glm_instance_open(call, &run->p);
  if (status != ASSAY_OK) return status;
  run->T = (glm_T)glm_word(assay_word(call, "T"), GLM_PREPROCESSINGS);
  run->sigma_T = assay_real(call, "sigma_T") > 0 ? assay_real(call, "sigma_T") : run->p.channel.sigma;
  run->q = assay_real(call, "q"), run->gamma1 = assay_real(call, "gamma1"),
  run->pairs = (int)assay_integer(call, "pairs");
  run->plain = !strcmp(assay_word(call, "messages"), "plain");
  if (!glm_channel_even(run->p.channel.kind))
    return assay_fail(call, ASSAY_DOMAIN, "spectral estimators are for even channels (abs, cabs, absout)");
  size_t w = (size_t)run->p.X.width, r = (size_t)run->p.X.rank * w, d = (size_t)run->p.X.d * w,
         n = (size_t)run->p.X.n * w;
  run->vectors = assay_alloc(call, (2 * r + d + n) * sizeof(double));
  if (!run->vectors) return ASSAY_NO_MEMORY;
  run->r1 = run->vectors + 2 * r, run->p1 = run->r1 + d;
  return ASSAY_OK;
}

static void close_spectral(void *state) {
  if (state) glm_instance_close(&((spectral_run *)state)->p);
}

static assay_status replicate_spectral(assay_call *call, void *state, const assay_stream *stream,
                                       double *out) {
  spectral_run *run = state;
  glm_instance *p = &run->p;
  long w = p->X.width, d = p->X.d, n = p->X.n;
  double values[2] = {0, 0};
  assay_status status = glm_instance_draw(p, stream, assay_call_error(call));
  if (status == ASSAY_OK)
    status = glm_spectral(p, run->T, run->sigma_T, run->pairs, stream, values, run->vectors,
                          assay_call_error(call));
  if (status != ASSAY_OK) return status;
  /* |b|^2 = d, of which the design sees |R^T b|^2 */
  out[0] = overlap_squared(run->vectors, p->rotated, p->X.rank, (int)w) *
           square(cblas_dnrm2((int)(p->X.rank * w), p->rotated, 1)) / (double)d;
  out[1] = values[0], out[2] = values[1], out[3] = out[4] = out[5] = 0, out[6] = (double)d * out[0];
  out[7] = power(p);
  if (!(run->q > 0)) return ASSAY_OK;
  glm_messages(p, run->vectors, run->q, run->gamma1, run->plain, run->r1, run->p1);
  out[3] = cblas_ddot((int)(n * w), p->z, 1, run->p1, 1) / (double)n;
  out[4] = cblas_ddot((int)(n * w), run->p1, 1, run->p1, 1) / (double)n;
  out[5] = distance2(run->r1, p->b, d * w) / (double)d;
  return ASSAY_OK;
}

static const assay_param spectral_params[] = {
    PARAMS_PROBLEM,
    {"T", NULL, "preprocessing", ASSAY_WORD, ASSAY_PAIRED, GLM_PREPROCESSINGS, NULL, "opt"},
    {"sigma_T", NULL, "noise that T is made for (0: the channel's)", ASSAY_REAL, ASSAY_SIM, NULL, "[0,inf)",
     "0"},
    {"pairs", NULL, "eigenpairs", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,2]", "1"},
    PARAMS_SPECTRAL_START,
    {0}};

static const assay_observable spectral_records[] = {
    {"overlap2", NULL, "squared overlap of the top eigenvector and the signal", NULL, ASSAY_MEASURED, 0, 1},
    {"eigenvalue", NULL, "top eigenvalue", NULL, ASSAY_MEASURED, 0, 0},
    {"lambda2", NULL, "second eigenvalue (with pairs = 2)", NULL, ASSAY_MEASURED, 0, 0},
    {"zp1", NULL, "z.p1/n", NULL, ASSAY_MEASURED, 0, 0},
    {"p1p1", NULL, "|p1|^2/n", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"r1mse", NULL, "|v/q - b|^2/d", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"d_overlap2", NULL, "d times the squared overlap", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"zz", NULL, "|z|^2/n, of mean 1", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment orthogonal_glm_spectral = {.id = "orthogonal-glm/spectral",
                                                  .doc = "Top of the spectrum of X^T diag(T(y)) X.",
                                                  .params = spectral_params,
                                                  .records = spectral_records,
                                                  .block = 4,
                                                  .open = open_spectral,
                                                  .replicate = replicate_spectral,
                                                  .close = close_spectral};

/* ---- orthogonal-glm/gvamp ---- */

typedef enum { START_COLD, START_INFORMED, START_SPECTRAL } start_kind;
enum { GVAMP_RECORDS = 10 };

typedef struct {
  glm_instance p;
  gvamp g;
  start_kind start;
  double g1, t1, q, gamma1;
  bool plain;
  double *vectors;
} gvamp_run;

static assay_status open_gvamp(assay_call *call, void **state) {
  gvamp_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  assay_status status = glm_instance_open(call, &run->p);
  if (status == ASSAY_OK) status = gvamp_open(call, &run->p, &run->g);
  if (status != ASSAY_OK) return status;
  if (run->p.channel.kind == GLM_ABSOUT)
    return assay_fail(call, ASSAY_DOMAIN, "noise outside the modulus is for the spectral estimator only");
  run->start = (start_kind)glm_word(assay_word(call, "start"), "cold|informed|spectral");
  run->g1 = assay_real(call, "g1"), run->t1 = assay_real(call, "t1"), run->q = assay_real(call, "q"),
  run->gamma1 = assay_real(call, "gamma1");
  run->plain = !strcmp(assay_word(call, "messages"), "plain");
  if (run->start == START_INFORMED && !(run->g1 > 0 && run->t1 > 1))
    return assay_fail(call, ASSAY_DOMAIN, "an informed start has g1 > 0 and t1 > 1, not %g and %g", run->g1,
                      run->t1);
  if (run->start == START_SPECTRAL && !(run->q > 0))
    return assay_fail(call, ASSAY_DOMAIN, "the spectral start needs an overlap q > 0");
  run->vectors = assay_alloc(call, (size_t)(run->p.X.rank * run->p.X.width) * sizeof(double));
  return run->vectors ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static void close_gvamp(void *state) {
  if (state) glm_instance_close(&((gvamp_run *)state)->p);
}

/* r1 = b + N(0,1/g1), p1 = (1-1/t1)(z + N(0,1/(t1-1))) */
static void inform(gvamp_run *run, const assay_stream *stream) {
  glm_instance *p = &run->p;
  random_source source = random_open(stream, RANDOM_INIT, 0);
  long w = p->X.width, d = p->X.d * w, n = p->X.n * w;
  double share = 1 - 1 / run->t1, per = sqrt((double)w);
  random_normals(&source, run->g.r1, (size_t)d), random_normals(&source, run->g.p1, (size_t)n);
  for (long i = 0; i < d; i++) run->g.r1[i] = p->b[i] + run->g.r1[i] / (per * sqrt(run->g1));
  for (long i = 0; i < n; i++) run->g.p1[i] = share * (p->z[i] + run->g.p1[i] / (per * sqrt(run->t1 - 1)));
  run->g.g1 = run->g1, run->g.t1 = run->t1;
}

static assay_status begin(gvamp_run *run, const assay_stream *stream, double *overlap2, assay_error *error) {
  glm_instance *p = &run->p;
  double value;
  long w = p->X.width;
  run->g.stopped = false, run->g.clamped = 0, *overlap2 = 0;
  if (run->start == START_INFORMED) inform(run, stream);
  if (run->start == START_COLD) {
    memset(run->g.r1, 0, (size_t)(p->X.d * w) * sizeof(double)),
        memset(run->g.p1, 0, (size_t)(p->X.n * w) * sizeof(double));
    run->g.g1 = 0, run->g.t1 = 1;
  }
  if (run->start != START_SPECTRAL) return ASSAY_OK;
  assay_status status = glm_spectral(p, GLM_T_OPT, p->channel.sigma, 1, stream, &value, run->vectors, error);
  if (status != ASSAY_OK) return status;
  *overlap2 = overlap_squared(run->vectors, p->rotated, p->X.rank, (int)w) *
              square(cblas_dnrm2((int)(p->X.rank * w), p->rotated, 1)) / (double)p->X.d;
  glm_messages(p, run->vectors, run->q, run->gamma1, run->plain, run->g.r1, run->g.p1);
  run->g.g1 = run->q / (1 - run->q), run->g.t1 = run->gamma1;
  return ASSAY_OK;
}

static void record(const gvamp_run *run, double zp1, double overlap2, double *out) {
  const glm_instance *p = &run->p;
  long size = p->X.d * p->X.width;
  double d = (double)p->X.d;
  out[0] = distance2(run->g.estimate, p->b, size) / d, out[1] = distance2(run->g.linear, p->b, size) / d,
  out[2] = zp1;
  out[3] = cblas_ddot((int)size, run->g.estimate, 1, p->b, 1) / d,
  out[4] = square(cblas_dnrm2((int)size, run->g.estimate, 1)) / d;
  out[5] = out[3] - out[4], out[6] = run->g.e1 - out[0], out[7] = overlap2, out[8] = run->g.clamped > 0;
  out[9] = power(p);
}

static assay_status replicate_gvamp(assay_call *call, void *state, const assay_stream *stream, double *out) {
  gvamp_run *run = state;
  glm_instance *p = &run->p;
  int count;
  const double *k = assay_list(call, "k", &count);
  double overlap2, last = 0;
  for (int i = 0; i < count; i++) last = fmax(last, k[i]);
  assay_status status = glm_instance_draw(p, stream, assay_call_error(call));
  if (status == ASSAY_OK) status = begin(run, stream, &overlap2, assay_call_error(call));
  for (long step = 0; step <= (long)last && status == ASSAY_OK; step++) {
    double zp1 = cblas_ddot((int)(p->X.n * p->X.width), p->z, 1, run->g.p1, 1) / (double)p->X.n;
    gvamp_step(p, &run->g);
    for (int i = 0; i < count; i++)
      if ((long)k[i] == step) record(run, zp1, overlap2, out + i * GVAMP_RECORDS);
  }
  return status;
}

static const assay_param gvamp_params[] = {
    PARAMS_PROBLEM,
    {"start", NULL, "initial messages", ASSAY_WORD, 0, "cold|informed|spectral", NULL, "cold"},
    {"g1", NULL, "precision of r1 (informed)", ASSAY_REAL, 0, NULL, "[0,inf)", "1"},
    {"t1", NULL, "precision of p1 (informed)", ASSAY_REAL, 0, NULL, "[1,inf)", "2"},
    PARAMS_SPECTRAL_START,
    {"k", NULL, "iteration, from 0", ASSAY_INTEGER, ASSAY_READOUT, NULL, "[0,1000]", "0"},
    {0}};

static const assay_observable gvamp_records[] = {
    {"mse1", NULL, "squared error of the denoised estimate over d", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"mse2", NULL, "squared error of the LMMSE estimate over d", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"zp1", NULL, "z.p1/n", NULL, ASSAY_MEASURED, 0, 0},
    {"xb", NULL, "estimate.signal/d", NULL, ASSAY_MEASURED, 0, 0},
    {"xx", NULL, "|estimate|^2/d", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"xb_xx", NULL, "their difference", NULL, ASSAY_MEASURED, 0, 0},
    {"e1_mse1", NULL, "reported minus true error", NULL, ASSAY_MEASURED, 0, 0},
    {"overlap2", NULL, "squared overlap of the spectral start", NULL, ASSAY_MEASURED, 0, 1},
    {"clamped", NULL, "a precision left [1e-9, 1e12] and was clamped", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0,
     1},
    {"zz", NULL, "|z|^2/n, of mean 1", NULL, ASSAY_MEASURED, 0, INFINITY},
    {0}};

const assay_experiment orthogonal_glm_gvamp = {.id = "orthogonal-glm/gvamp",
                                               .doc = "Bayes-GVAMP by iteration.",
                                               .params = gvamp_params,
                                               .records = gvamp_records,
                                               .block = 4,
                                               .open = open_gvamp,
                                               .replicate = replicate_gvamp,
                                               .close = close_gvamp};

/* ---- orthogonal-glm/gamp ---- */

typedef struct {
  glm_instance p;
  gvamp v;
  gamp g;
} gamp_pair;

static assay_status open_gamp(assay_call *call, void **state) {
  gamp_pair *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  assay_status status = glm_instance_open(call, &run->p);
  if (status == ASSAY_OK) status = gvamp_open(call, &run->p, &run->v);
  return status == ASSAY_OK ? gamp_open(call, &run->p, &run->g) : status;
}

static void close_gamp(void *state) {
  if (state) glm_instance_close(&((gamp_pair *)state)->p);
}

static assay_status replicate_gamp(assay_call *call, void *state, const assay_stream *stream, double *out) {
  gamp_pair *run = state;
  glm_instance *p = &run->p;
  long size = p->X.d * p->X.width, n = p->X.n * p->X.width;
  assay_status status = glm_instance_draw(p, stream, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  memset(run->v.r1, 0, (size_t)size * sizeof(double)), memset(run->v.p1, 0, (size_t)n * sizeof(double));
  run->v.g1 = 0, run->v.t1 = 1, run->v.stopped = false, run->v.clamped = 0;
  for (long i = 0; i < assay_integer(call, "iterations"); i++) gvamp_step(p, &run->v);
  gamp_run(p, &run->g, (int)assay_integer(call, "steps"), assay_real(call, "keep"));
  double gamp_mse = distance2(run->g.mean, p->b, size) / (double)p->X.d;
  out[0] = distance2(run->v.estimate, p->b, size) / (double)p->X.d;
  out[3] = !(gamp_mse <= 1); /* NaN is divergence */
  out[1] = out[3] > 0 ? 1 : gamp_mse;
  out[2] = out[1] - out[0];
  return ASSAY_OK;
}

static const assay_param gamp_params[] = {
    PARAMS_PROBLEM,
    {"iterations", NULL, "of GVAMP", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,1000]", "20"},
    {"steps", NULL, "of GAMP", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,1000]", "60"},
    {"keep", NULL, "share of the old that GAMP keeps", ASSAY_REAL, ASSAY_SIM, NULL, "[0,1)", "0"},
    {0}};

static const assay_observable gamp_records[] = {
    {"mse_gvamp", NULL, "squared error over d", NULL, ASSAY_MEASURED, 0, INFINITY},
    {"mse_gamp", NULL, "the same of GAMP, at most 1", NULL, ASSAY_MEASURED, 0, 1},
    {"gamp_minus_gvamp", NULL, "their difference", NULL, ASSAY_MEASURED, 0, 0},
    {"gamp_diverged", NULL, "GAMP's error exceeds 1", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
    {0}};

const assay_experiment orthogonal_glm_gamp = {.id = "orthogonal-glm/gamp",
                                              .doc = "GVAMP and GAMP from the cold start on the same data.",
                                              .params = gamp_params,
                                              .records = gamp_records,
                                              .block = 4,
                                              .open = open_gamp,
                                              .replicate = replicate_gamp,
                                              .close = close_gamp};

/* ---- orthogonal-glm/posterior ---- */

typedef struct {
  glm_instance p;
  double *work;
} posterior_run;

static assay_status open_posterior(assay_call *call, void **state) {
  posterior_run *run = *state = assay_alloc(call, sizeof *run);
  if (!run) return ASSAY_NO_MEMORY;
  assay_status status = glm_instance_open(call, &run->p);
  if (status != ASSAY_OK) return status;
  if (run->p.prior.kind != GLM_GAUSS || (run->p.channel.kind != GLM_SIGN && run->p.channel.kind != GLM_ABS))
    return assay_fail(call, ASSAY_DOMAIN,
                      "posteriors are sampled for the Gaussian prior and the channels sign and abs");
  run->work = assay_alloc(call, (size_t)(5 * (run->p.X.n + run->p.X.d)) * sizeof(double));
  return run->work ? ASSAY_OK : ASSAY_NO_MEMORY;
}

static void close_posterior(void *state) {
  if (state) glm_instance_close(&((posterior_run *)state)->p);
}

static assay_status replicate_posterior(assay_call *call, void *state, const assay_stream *stream,
                                        double *out) {
  posterior_run *run = state;
  assay_status status = glm_instance_draw_prior(&run->p, stream, assay_call_error(call));
  if (status != ASSAY_OK) return status;
  out[0] = 1 - posterior_overlap(&run->p, stream, (int)assay_integer(call, "burn"),
                                 (int)assay_integer(call, "sweeps"), run->work);
  return ASSAY_OK;
}

static const assay_param posterior_params[] = {
    PARAMS_PROBLEM,
    {"burn", NULL, "sweeps before the average", ASSAY_INTEGER, ASSAY_SIM, NULL, "[0,1000000]", "100"},
    {"sweeps", NULL, "sweeps in the average", ASSAY_INTEGER, ASSAY_SIM, NULL, "[1,1000000]", "300"},
    {0}};

static const assay_observable posterior_records[] = {
    {"bayes_mse", NULL, "1 - E[b|y].b/d, averaged over the chain", NULL, ASSAY_MEASURED, 0, 0}, {0}};

const assay_experiment orthogonal_glm_posterior = {
    .id = "orthogonal-glm/posterior",
    .doc = "Bayes risk by exact posterior sampling from a chain that starts at the truth.",
    .params = posterior_params,
    .records = posterior_records,
    .block = 4,
    .open = open_posterior,
    .replicate = replicate_posterior,
    .close = close_posterior};
