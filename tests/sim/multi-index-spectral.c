#include "sim/multi-index-spectral/multi-index-spectral.h"

#include <criterion/criterion.h>
#include <math.h>

#include "sim/kernels/random.h"

static const double in_edges[] = {0, M_PI_2, M_PI}, out_edges[] = {0, .8, 1.9, M_PI}, whole_edges[] = {0, 1.1, 4, 2 * M_PI};
static const multi_index_model models[] = {{.kind = MULTI_INDEX_PHASE},
                                           {.kind = MULTI_INDEX_MIXED, .alpha = .7, .c = .3, .sigma = .5},
                                           {.kind = MULTI_INDEX_PRODUCT},
                                           {.kind = MULTI_INDEX_NORM, .p = 3},
                                           {.kind = MULTI_INDEX_PARITY, .p = 2},
                                           {.kind = MULTI_INDEX_POLAR, .q = 3, .in = in_edges, .n_in = 3, .out = out_edges, .n_out = 4},
                                           {.kind = MULTI_INDEX_WEDGE, .out = out_edges, .n_out = 4},
                                           {.kind = MULTI_INDEX_RELU_PRODUCT},
                                           {.kind = MULTI_INDEX_WEDGE, .period = 2 * M_PI, .out = whole_edges, .n_out = 4}};

/* Labels drawn from the model have the second and fourth moments that the model states: (s s^T - I - G(y)) cos y and
 * ((u.s)^4 - fourth(y)) cos y average to 0 within six standard errors. */
Test(multi_index_model, labels_have_the_stated_moments) {
  enum { DRAWS = 40000 };
  const double u[] = {.6, .8};
  for (size_t k = 0; k < sizeof models / sizeof *models; k++) {
    const multi_index_model *m = &models[k];
    const assay_stream stream = {3, k};
    random_source source = random_open(&stream, RANDOM_DESIGN, 0), uniforms = random_open(&stream, RANDOM_LABEL, 0);
    double sum[3] = {0}, square[3] = {0};
    for (int i = 0; i < DRAWS; i++) {
      double s[4], G[4] = {0}, uniform;
      random_normals(&source, s, 4);
      random_uniforms(&uniforms, &uniform, 1);
      double y = multi_index_label(m, s, s[3], uniform), h = cos(y), along = multi_index_order(m) == 1 ? s[0] : u[0] * s[0] + u[1] * s[1];
      multi_index_moment(m, y, G);
      double x[] = {(s[0] * s[0] - 1 - G[0]) * h, multi_index_order(m) == 1 ? 0 : (s[0] * s[1] - G[1]) * h, (pow(along, 4) - multi_index_fourth(m, y, u)) * h};
      for (int j = 0; j < 3; j++) sum[j] += x[j], square[j] += x[j] * x[j];
    }
    for (int j = 0; j < 3; j++)
      cr_expect(fabs(sum[j]) <= 6 * sqrt(square[j]) + 1e-9, "model %zu, moment %d: %g, se %g", k, j, sum[j] / DRAWS, sqrt(square[j]) / DRAWS);
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
