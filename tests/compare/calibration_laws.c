/* The laws on which the decisions are calibrated: what is drawn, what is true of it, and how widely it
 * varies. */
#include <math.h>

#include "sim/kernels/random.h"
#include "tests/compare/calibration.h"

enum { BLOCK = 512 };

static random_source source_of(const assay_stream *stream, int index) {
  return random_open(stream, RANDOM_DESIGN, (unsigned)index);
}

/* ---- one record ---- */

static void normals(const assay_stream *stream, int index, double *x, long n) {
  random_source source = source_of(stream, index);
  random_normals(&source, x, (size_t)n);
}

/* Mean and standard deviation 1, skewness 2. */
static void exponentials(const assay_stream *stream, int index, double *x, long n) {
  random_source source = source_of(stream, index);
  random_uniforms(&source, x, (size_t)n);
  for (long i = 0; i < n; i++) x[i] = -log(x[i]);
}

static void add_exponentials(const assay_stream *stream, int index, double scale, double *x, long n) {
  double e[BLOCK];
  random_source source = source_of(stream, index);
  for (long at = 0; at < n; at += BLOCK) {
    long size = n - at < BLOCK ? n - at : BLOCK;
    random_uniforms(&source, e, (size_t)size);
    for (long i = 0; i < size; i++) x[at + i] -= scale * log(e[i]);
  }
}

static void gammas(const assay_stream *stream, int index, double shape, double *x, long n) {
  random_source source = source_of(stream, index);
  random_gammas(&source, shape, x, (size_t)n);
}

static void draw_constant(const calibration_law *law, const assay_stream *stream, long n, double *const x[]) {
  (void)stream;
  for (long i = 0; i < n; i++) x[0][i] = law->truth;
}

static void draw_normal(const calibration_law *law, const assay_stream *stream, long n, double *const x[]) {
  (void)law;
  normals(stream, 0, x[0], n);
}

static void draw_exponential(const calibration_law *law, const assay_stream *stream, long n,
                             double *const x[]) {
  (void)law;
  exponentials(stream, 0, x[0], n);
}

static void draw_uniform(const calibration_law *law, const assay_stream *stream, long n, double *const x[]) {
  (void)law;
  random_source source = source_of(stream, 0);
  random_uniforms(&source, x[0], (size_t)n);
}

/* shape[0]: the parameter of the gamma, whose mean it is and whose skewness is 2/sqrt(shape). */
static void draw_gamma(const calibration_law *law, const assay_stream *stream, long n, double *const x[]) {
  gammas(stream, 0, law->shape[0], x[0], n);
}

/* shape[0]: the standard deviation of the logarithm. */
static void draw_lognormal(const calibration_law *law, const assay_stream *stream, long n,
                           double *const x[]) {
  normals(stream, 0, x[0], n);
  for (long i = 0; i < n; i++) x[0][i] = exp(law->shape[0] * x[0][i]);
}

/* Student's t with 3 degrees of freedom: variance 3, no third moment. A normal over the root of a gamma, of
 * the same source: kinds of draws are independent. */
static void draw_t3(const calibration_law *law, const assay_stream *stream, long n, double *const x[]) {
  (void)law;
  double chi[BLOCK];
  random_source bottom = source_of(stream, 0);
  normals(stream, 0, x[0], n);
  for (long at = 0; at < n; at += BLOCK) {
    long size = n - at < BLOCK ? n - at : BLOCK;
    random_gammas(&bottom, 1.5, chi, (size_t)size);
    for (long i = 0; i < size; i++) x[0][at + i] /= sqrt(chi[i] / 1.5);
  }
}

/* Failures before the next success of probability p. */
static long gap(random_source *source, double p) {
  double u;
  random_uniforms(source, &u, 1);
  return (long)(log(u) / log1p(-p));
}

/* A standard normal, but shape[1] with probability shape[0]. */
static void draw_rare(const calibration_law *law, const assay_stream *stream, long n, double *const x[]) {
  random_source source = source_of(stream, 1);
  normals(stream, 0, x[0], n);
  for (long i = gap(&source, law->shape[0]); i < n; i += 1 + gap(&source, law->shape[0]))
    x[0][i] = law->shape[1];
}

/* Judged as a mean: 1 with probability shape[0], else 0. */
static void draw_two_points(const calibration_law *law, const assay_stream *stream, long n,
                            double *const x[]) {
  draw_uniform(law, stream, n, x);
  for (long i = 0; i < n; i++) x[0][i] = x[0][i] < law->shape[0];
}

/* E/2 - 3E'/2 + 1 with exponentials: mean 0, variance 5/2, skewness -1.64; what an order sees of two paired
 * arms. */
static void draw_difference(const calibration_law *law, const assay_stream *stream, long n,
                            double *const x[]) {
  (void)law;
  exponentials(stream, 0, x[0], n);
  for (long i = 0; i < n; i++) x[0][i] = x[0][i] / 2 + 1;
  add_exponentials(stream, 1, -1.5, x[0], n);
}

/* ---- several groups ---- */

/* Centred exponentials of standard deviations 1, 3 and .3 about 1, 2 and 3. */
static void draw_heteroscedastic(const calibration_law *law, const assay_stream *stream, long n,
                                 double *const x[]) {
  static const double mean[] = {1, 2, 3}, sd[] = {1, 3, .3};
  for (int k = 0; k < law->groups; k++) {
    exponentials(stream, k, x[k], n);
    for (long i = 0; i < n; i++) x[k][i] = mean[k] + sd[k] * (x[k][i] - 1);
  }
}

static assay_status contrast(const assay_sample *s, double *result) {
  *result = s->value[0] - 2 * s->value[1] + .5 * s->value[2];
  return ASSAY_OK;
}

static const double doubled[] = {1, 2, 4, 8, 16};

/* A gamma of shape 4 with mean 1/axis: its coefficient of variation is 1/2, its skewness 1. */
static void draw_power_law(const calibration_law *law, const assay_stream *stream, long n,
                           double *const x[]) {
  for (int k = 0; k < law->groups; k++) {
    gammas(stream, k, 4, x[k], n);
    for (long i = 0; i < n; i++) x[k][i] /= 4 * law->problem.axis[k];
  }
}

/* The slope of least squares, with equal weights, of log value against log axis. */
static assay_status log_slope(const assay_sample *s, double *result) {
  double x = 0, y = 0, xx = 0, xy = 0, n = s->groups;
  for (int k = 0; k < s->groups; k++) {
    double u = log(s->axis[k]), v = log(s->value[k]);
    x += u, y += v, xx += u * u, xy += u * v;
  }
  *result = (xy - x * y / n) / (xx - x * x / n);
  return ASSAY_OK;
}

/* .4 - k plus half a centred exponential: the line through the means crosses zero at .4. */
static void draw_crossing(const calibration_law *law, const assay_stream *stream, long n, double *const x[]) {
  for (int k = 0; k < law->groups; k++) {
    exponentials(stream, k, x[k], n);
    for (long i = 0; i < n; i++) x[k][i] = .4 - k + .5 * (x[k][i] - 1);
  }
}

static assay_status crossing(const assay_sample *s, double *result) {
  *result = s->value[0] / (s->value[0] - s->value[1]);
  return ASSAY_OK;
}

/* Exponentials of mean 1 and 2. */
static void draw_exponential_pair(const calibration_law *law, const assay_stream *stream, long n,
                                  double *const x[]) {
  for (int k = 0; k < law->groups; k++) {
    exponentials(stream, k, x[k], n);
    for (long i = 0; i < n; i++) x[k][i] *= k + 1;
  }
}

static assay_status quotient(const assay_sample *s, double *result) {
  *result = s->value[0] / s->value[1];
  return ASSAY_OK;
}

static const double steps[] = {0, 1, 2};

/* k/2 + 5 c + e_k: the five-fold exponential c is common to a replicate, and the slope does not see it. */
static void draw_common(const calibration_law *law, const assay_stream *stream, long n, double *const x[]) {
  exponentials(stream, 0, x[0], n);
  for (int k = law->groups - 1; k >= 0; k--) /* the first group holds c until the others have it */
    for (long i = 0; i < n; i++) x[k][i] = .5 * k + 5 * x[0][i];
  for (int k = 0; k < law->groups; k++) add_exponentials(stream, k + 1, 1, x[k], n);
}

static assay_status end_slope(const assay_sample *s, double *result) {
  *result = (s->value[2] - s->value[0]) / (s->axis[2] - s->axis[0]);
  return ASSAY_OK;
}

/* W (1 + .3 e) and W (2 + .3 e') with W = exp(z/2) common to a replicate, z, e, e' standard normal. */
static void draw_common_factor(const calibration_law *law, const assay_stream *stream, long n,
                               double *const x[]) {
  double z[BLOCK];
  random_source common = source_of(stream, law->groups);
  for (int k = 0; k < law->groups; k++) normals(stream, k, x[k], n);
  for (long at = 0; at < n; at += BLOCK) {
    long size = n - at < BLOCK ? n - at : BLOCK;
    random_normals(&common, z, (size_t)size);
    for (long i = 0; i < size; i++)
      for (int k = 0; k < law->groups; k++) x[k][at + i] = exp(z[i] / 2) * (k + 1 + .3 * x[k][at + i]);
  }
}

static assay_status log_quotient(const assay_sample *s, double *result) {
  *result = log(s->value[1] / s->value[0]);
  return ASSAY_OK;
}

static const double ladder[] = {100, 400, 1600};

/* Unit noise (a gamma of shape 16, skewness .5) about shape[0] (N/1600)^-shape[1]; the limit is 0. */
static void draw_ladder(const calibration_law *law, const assay_stream *stream, long n, double *const x[]) {
  for (int k = 0; k < law->groups; k++) {
    long all = n * law->multiple[k];
    double bias = law->shape[0] * pow(law->problem.size[k] / ladder[2], -law->shape[1]);
    gammas(stream, k, 16, x[k], all);
    for (long i = 0; i < all; i++) x[k][i] = bias + (x[k][i] - 16) / 4;
  }
}

/* ---- the table ---- */

/* clang-format off */

/* Moments in closed form; sd is that of the estimate times sqrt(n), by the delta method if not linear. */
#define MEAN .estimand = "mean", .problem = {.estimand = ASSAY_MEAN}, .groups = 1
#define ONE_SIDED .estimand = "mean, one-sided", .problem = {.estimand = ASSAY_MEAN}, .groups = 1, .side = 1
#define FINE_MEAN                                                                                            \
  .estimand = "mean, G = .3", .problem = {.estimand = ASSAY_MEAN, .skew_floor = .3}, .groups = 1
#define MEDIAN .estimand = "median", .problem = {.estimand = ASSAY_QUANTILE, .level = .5}, .groups = 1
#define VARIANCE .estimand = "variance", .problem = {.estimand = ASSAY_VARIANCE}, .groups = 1
#define COMBINATION(f) .problem = {.estimand = ASSAY_COMBINATION, .reduce = f}
#define SMOOTH(f, over) .problem = {.estimand = ASSAY_SMOOTH, .reduce = f, .axis = over}
#define BERNOULLI(p, deviation)                                                                              \
  {.name = "Bernoulli " #p, .estimand = "proportion", .problem = {.estimand = ASSAY_PROPORTION},             \
   .groups = 1, .truth = p, .sd = deviation, .first = 128, .looks = 6, .power = true}
/* Sizes 100, 400, 1600 and g = 1, hence q = 1; the wider of A -+ q(A - A') is m_1/3 - 2 m_2 + 8 m_3/3. */
#define LADDER(what, size_of_bias, true_exponent, reach)                                                     \
  {.name = "ladder, bias N^-" what, .estimand = "extrapolated, g = 1", .draw = draw_ladder,                  \
   .problem = {.estimand = ASSAY_EXTRAPOLATED, .exponent = 1, .size = ladder}, .groups = 3,                  \
   .multiple = {16, 4, 1}, .shape = {size_of_bias, true_exponent}, .bias = reach, .sd = 2.849220,            \
   .first = 128, .looks = 3, .power = true}

const calibration_law calibration_laws[] = {
    {.name = "normal", MEAN, .draw = draw_normal, .sd = 1, .first = 128, .looks = 3, .power = true},
    {.name = "normal, more looks", MEAN, .draw = draw_normal, .sd = 1, .first = 128, .looks = 6,
     .power = true},
    {.name = "t_3", MEAN, .draw = draw_t3, .sd = 1.7320508, .first = 128, .looks = 6},
    {.name = "log-normal .5", MEAN, .draw = draw_lognormal, .shape = {.5}, .truth = 1.1331485,
     .sd = .6039006, .first = 128, .looks = 6, .power = true},
    {.name = "log-normal 1", MEAN, .draw = draw_lognormal, .shape = {1}, .truth = 1.6487213, .sd = 2.1611974,
     .first = 128, .looks = 10},
    {.name = "exponential", MEAN, .draw = draw_exponential, .truth = 1, .sd = 1, .first = 128, .looks = 6,
     .power = true},
    {.name = "exponential, two replicates fail", MEAN, .draw = draw_exponential, .truth = 1, .sd = 1,
     .lost = 2, .first = 128, .looks = 6, .power = true},
    {.name = "difference of exponentials", ONE_SIDED, .draw = draw_difference, .sd = 1.5811388, .first = 128,
     .looks = 6, .power = true},
    {.name = "constant", MEAN, .draw = draw_constant, .truth = 1, .sd = 1, .first = 128, .looks = 3},
    {.name = "normal", FINE_MEAN, .draw = draw_normal, .sd = 1, .first = 32, .looks = 4, .power = true},
    {.name = "uniform", FINE_MEAN, .draw = draw_uniform, .truth = .5, .sd = .2886751, .first = 32,
     .looks = 4, .power = true},
    {.name = "gamma, skewness .15", FINE_MEAN, .draw = draw_gamma, .shape = {178}, .truth = 178,
     .sd = 13.3416641, .first = 32, .looks = 4, .power = true},
    {.name = "two points, skewness .15", FINE_MEAN, .draw = draw_two_points, .shape = {.4627},
     .truth = .4627, .sd = .4986065, .first = 32, .looks = 4, .power = true},
    BERNOULLI(.001, .0316070),
    BERNOULLI(.01, .0994987),
    BERNOULLI(.1, .3),
    BERNOULLI(.5, .5),
    BERNOULLI(.9, .3),
    BERNOULLI(.99, .0994987),
    BERNOULLI(.999, .0316070),
    {.name = "exponential", MEDIAN, .draw = draw_exponential, .truth = .6931471805599453, .sd = 1,
     .first = 128, .looks = 3, .power = true},
    {.name = "normal", VARIANCE, .draw = draw_normal, .truth = 1, .sd = 1.4142136, .first = 128, .looks = 7,
     .power = true},
    {.name = "exponential", VARIANCE, .draw = draw_exponential, .truth = 1, .sd = 2.8284271, .first = 128,
     .looks = 8},
    {.name = "exponentials of sd 1, 3, .3", .estimand = "combination of 3", COMBINATION(contrast),
     .groups = 3, .draw = draw_heteroscedastic, .truth = -1.5, .sd = 6.0846117, .first = 128, .looks = 6,
     .power = true},
    {.name = "gammas of mean 1/N", .estimand = "log-log slope of 5", SMOOTH(log_slope, doubled), .groups = 5,
     .draw = draw_power_law, .truth = -1, .sd = .2281089, .first = 128, .looks = 3, .power = true},
    {.name = "exponentials about a line", .estimand = "zero crossing of 2", SMOOTH(crossing, NULL),
     .groups = 2, .draw = draw_crossing, .truth = .4, .sd = .3605551, .first = 128, .looks = 6,
     .power = true},
    {.name = "exponentials of mean 1, 2", .estimand = "ratio of 2", SMOOTH(quotient, NULL), .groups = 2,
     .draw = draw_exponential_pair, .truth = .5, .sd = .7071068, .first = 128, .looks = 6, .power = true},
    {.name = "shared noise cancels", .estimand = "slope of 3", SMOOTH(end_slope, steps), .groups = 3,
     .shared = true, .draw = draw_common, .truth = .5, .sd = .7071068, .first = 128, .looks = 3,
     .power = true},
    {.name = "shared factor cancels, few looks", .estimand = "log ratio of 2", SMOOTH(log_quotient, NULL),
     .groups = 2, .shared = true, .draw = draw_common_factor, .truth = .6931471805599453, .sd = .3800703,
     .first = 128, .looks = 3},
    {.name = "shared factor cancels", .estimand = "log ratio of 2", SMOOTH(log_quotient, NULL), .groups = 2,
     .shared = true, .draw = draw_common_factor, .truth = .6931471805599453, .sd = .3800703, .first = 128,
     .looks = 5, .power = true},
    LADDER("(g/2)", .567, .5, .378),
    LADDER("g", .567, 1, 0),
    LADDER("2g", .0063, 2, .378),
    {.name = "*known limit*: normal, 0.3 % at 20", MEAN, .draw = draw_rare, .shape = {.003, 20},
     .truth = .06, .sd = 1.4810132, .first = 128, .looks = 5, .known_limit = true},
    {.name = NULL},
};

/* clang-format on */
