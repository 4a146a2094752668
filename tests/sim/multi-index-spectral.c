#include "sim/multi-index-spectral/multi-index-spectral.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/kernels/random.h"
#include "sim/multi-index-spectral/experiments.h"

static const double in_edges[] = {0, M_PI_2, M_PI}, out_edges[] = {0, .8, 1.9, M_PI},
                    whole_edges[] = {0, 1.1, 4, 2 * M_PI};
static const multi_index_model models[] = {
    {.kind = MULTI_INDEX_PHASE},
    {.kind = MULTI_INDEX_MIXED, .alpha = .7, .c = .3, .sigma = .5},
    {.kind = MULTI_INDEX_PRODUCT},
    {.kind = MULTI_INDEX_NORM, .p = 3},
    {.kind = MULTI_INDEX_PARITY, .p = 2},
    {.kind = MULTI_INDEX_POLAR, .q = 3, .in = in_edges, .n_in = 3, .out = out_edges, .n_out = 4},
    {.kind = MULTI_INDEX_WEDGE, .out = out_edges, .n_out = 4},
    {.kind = MULTI_INDEX_RELU_PRODUCT},
    {.kind = MULTI_INDEX_WEDGE, .period = 2 * M_PI, .out = whole_edges, .n_out = 4}};

/* Labels drawn from the model have the second and fourth moments that the model states: (s s^T - I - G(y))
 * cos y and
 * ((u.s)^4 - fourth(y)) cos y average to 0 within six standard errors. */
Test(multi_index_model, labels_have_the_stated_moments) {
  enum { DRAWS = 40000 };
  const double u[] = {.6, .8};
  for (size_t k = 0; k < sizeof models / sizeof *models; k++) {
    const multi_index_model *m = &models[k];
    const assay_stream stream = {3, k};
    random_source source = random_open(&stream, RANDOM_DESIGN, 0),
                  uniforms = random_open(&stream, RANDOM_LABEL, 0);
    double sum[3] = {0}, square[3] = {0};
    for (int i = 0; i < DRAWS; i++) {
      double s[4], G[4] = {0}, uniform;
      random_normals(&source, s, 4);
      random_uniforms(&uniforms, &uniform, 1);
      double y = multi_index_label(m, s, s[3], uniform), h = cos(y),
             along = multi_index_order(m) == 1 ? s[0] : u[0] * s[0] + u[1] * s[1];
      multi_index_moment(m, y, G);
      double x[] = {(s[0] * s[0] - 1 - G[0]) * h, multi_index_order(m) == 1 ? 0 : (s[0] * s[1] - G[1]) * h,
                    (pow(along, 4) - multi_index_fourth(m, y, u)) * h};
      for (int j = 0; j < 3; j++) sum[j] += x[j], square[j] += x[j] * x[j];
    }
    for (int j = 0; j < 3; j++)
      cr_expect(fabs(sum[j]) <= 6 * sqrt(square[j]) + 1e-9, "model %zu, moment %d: %g, se %g", k, j,
                sum[j] / DRAWS, sqrt(square[j]) / DRAWS);
  }
}

/* ---- expectations ---- */

typedef struct {
  const multi_index_model *m;
  double one, second, off; /* E 1, E (s_1^2 - 1 - G_11) h, E (s_1 s_2 - G_12) h, h = 1/(1 + y^2) */
} moments;

static void add_moment(const double *s, double y, double weight, void *context) {
  moments *x = context;
  double G[4] = {0}, h = weight / (1 + y * y), square = s[0] * s[0];
  int order = multi_index_order(x->m), p = multi_index_signals(x->m);
  multi_index_moment(x->m, y, G);
  if (x->m->kind == MULTI_INDEX_NORM) square /= p; /* the rule puts ||s|| on the first axis */
  x->one += weight, x->second += (square - 1 - G[0]) * h;
  if (order == 2) x->off += (s[0] * s[1] - G[1]) * h;
}

/* The rule knows the labels' definition only, and finds the conditional moments that the model states. */
Test(multi_index_expectation, finds_the_stated_moments) {
  for (size_t k = 0; k < sizeof models / sizeof *models; k++) {
    moments x = {&models[k], 0, 0, 0};
    assay_error error = {0};
    cr_assert_eq(multi_index_expectation(&models[k], add_moment, &x, &error), ASSAY_OK, "%s", error.text);
    cr_expect(fabs(x.one - 1) < 2e-6, "model %zu: %.12g", k, x.one);
    cr_expect(fabs(x.second) < 2e-5 && fabs(x.off) < 2e-5, "model %zu: %g %g", k, x.second, x.off);
  }
}

/* ---- experiments ---- */

static const struct {
  const assay_experiment *experiment;
  const char *point;
  int numbers;
} rows[] = {
    {&multi_index_spectral_spectrum, "model=phase T=Td scale=.5 n=80 d=40 cv1=1.4,-.5,1,0 left=yes", 17},
    {&multi_index_spectral_spectrum,
     "model=mixed alpha=.6 sigma=.5 T=Td scale=.4 n=160 d=40 k=1,2 cv2=1.3,-.5,0,1", 34},
    {&multi_index_spectral_spectrum, "model=norm p=3 T=Td scale=.5 n=160 d=40 cv1=1.7,-.5,1,0", 17},
    {&multi_index_spectral_spectrum, "model=stair T=tanh n=120 d=40", 17},
    {&multi_index_spectral_pair, "model=parity T=Td u1=.7071 u2=.7071 scale=.9 n=60 d=24 factor=2", 2},
    {&multi_index_spectral_secular, "model=parity T=id n=240 d=40 mu=8 lam=1.6 identity=yes", 11},
    {&multi_index_spectral_matrix, "model=wedge T=Td scale=.7 n=120 d=30", 2},
    {&multi_index_spectral_bulk, "model=parity T=id n=120 d=30 at=-.5,0,.5 bin=.5", 3}};

static void run(int row, uint64_t replicate, double *out) {
  assay_error error = {0};
  const assay_experiment *experiment = rows[row].experiment;
  assay_call *call = assay_call_new(experiment->params, experiment->records, &error);
  cr_assert_not_null(call, "%s", error.text);
  char *text = strdup(rows[row].point), *rest = text;
  for (char *word; (word = strsep(&rest, " "));) {
    char *value = strchr(word, '=');
    *value++ = 0;
    cr_assert_eq(assay_set_text(call, word, value, true, &error), ASSAY_OK, "%s: %s", experiment->id,
                 error.text);
  }
  free(text);
  void *state = NULL;
  const assay_stream stream = {77, replicate};
  cr_assert_eq(experiment->open(call, &state), ASSAY_OK, "%s: %s", experiment->id,
               assay_call_error(call)->text);
  cr_assert_eq(experiment->replicate(call, state, &stream, out), ASSAY_OK, "%s: %s", experiment->id,
               assay_call_error(call)->text);
  assay_call_free(call);
}

Test(multi_index_experiments, records_are_finite_and_reproducible) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    double first[34] = {0}, again[34] = {0}, other[34] = {0};
    run((int)i, 3, first), run((int)i, 3, again), run((int)i, 4, other);
    for (int k = 0; k < rows[i].numbers; k++) {
      cr_expect(isfinite(first[k]), "%s %d", rows[i].point, k);
      cr_expect_eq(first[k], again[k], "%s %d", rows[i].point, k);
    }
    cr_expect_neq(first[0], other[0], "%s: replicates differ", rows[i].point);
  }
}

/* At the largest eigenvalue the secular equation holds to rounding. */
Test(multi_index_experiments, the_secular_equation_is_an_identity) {
  for (uint64_t r = 0; r < 20; r++) {
    double out[11];
    run(5, r, out);
    cr_expect(out[10] < 1e-10, "%g", out[10]);
  }
}
