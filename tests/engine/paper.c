/* A paper of known truth, for the tests of the harness: cheap draws whose means, variances and failures are known. */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare/claim.h"
#include "sim/kernels/random.h"

/* ---- an experiment: normal draws, with ways to go wrong ---- */

#define MISHAPS "none|nan|error|crash|exit|sleep|discard|three|open|open-crash|open-hang|half|slow|memory"

static const assay_param draw_params[] = {
    {"d", NULL, "size", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[1,1000000]", NULL},
    {"mean", NULL, "mean of a draw", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "0"},
    {"bias", NULL, "bias times size", ASSAY_REAL, ASSAY_SIM, NULL, NULL, "0"},
    {"sd", NULL, "standard deviation", ASSAY_REAL, ASSAY_SIM, NULL, "[0,inf)", "1"},
    {"t", NULL, "a factor read out", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,1]", "1"},
    {"fail", NULL, "what replicate 5 does, or every replicate", ASSAY_WORD, ASSAY_SIM,
     MISHAPS, NULL, "none"},
    {0}};
static const assay_observable draw_records[] = {{"x", NULL, "t (mean + sd z) + bias/d", NULL, ASSAY_MEASURED, 0, 0},
                                                {"above", NULL, "x > mean", NULL, ASSAY_MEASURED | ASSAY_BINARY, 0, 1},
                                                {0}};

typedef struct {
  double mean, bias, sd, d;
  const double *t;
  int n;
  const char *fail;
} draw_state;

static assay_status draw_open(assay_call *call, void **state) {
  draw_state *s = assay_alloc(call, sizeof *s);
  if (!s) return ASSAY_NO_MEMORY;
  s->mean = assay_real(call, "mean");
  s->bias = assay_real(call, "bias");
  s->sd = assay_real(call, "sd");
  s->d = assay_real(call, "d");
  s->t = assay_list(call, "t", &s->n);
  s->fail = assay_word(call, "fail");
  if (!strcmp(s->fail, "open")) return assay_fail(call, ASSAY_DOMAIN, "this experiment never opens");
  if (!strcmp(s->fail, "open-crash")) raise(SIGKILL);
  if (!strcmp(s->fail, "open-hang")) sleep(1000);
  *state = s;
  return ASSAY_OK;
}

static assay_status go_wrong(assay_call *call, const char *how, uint64_t replicate) {
  if (!strcmp(how, "three") && replicate < 3) return assay_fail(call, ASSAY_NUMERIC, "one of the first three");
  if (!strcmp(how, "half") && replicate % 2) return assay_fail(call, ASSAY_DISCARD, "an odd one");
  if (!strcmp(how, "slow")) usleep(4000);
  if (replicate != 5) return ASSAY_OK;
  if (!strcmp(how, "error")) return assay_fail(call, ASSAY_NUMERIC, "the fifth goes wrong");
  if (!strcmp(how, "discard")) return assay_fail(call, ASSAY_DISCARD, "the fifth does not count");
  if (!strcmp(how, "crash")) raise(SIGKILL);
  if (!strcmp(how, "exit")) _exit(9);
  if (!strcmp(how, "sleep")) sleep(1000);
  if (!strcmp(how, "memory")) {
    void *volatile much = malloc((size_t)600 << 20);
    if (!much) return assay_fail(call, ASSAY_NO_MEMORY, "no memory for 600 MiB");
    free(much);
  }
  return ASSAY_OK;
}

static assay_status draw_replicate(assay_call *call, void *state, const assay_stream *stream, double *out) {
  const draw_state *s = state;
  double z;
  random_source source = random_open(stream, RANDOM_NOISE, 0);
  random_normals(&source, &z, 1);
  assay_status status = go_wrong(call, s->fail, stream->replicate);
  if (status != ASSAY_OK) return status;
  for (int i = 0; i < s->n; i++) {
    out[2 * i] = s->t[i] * (s->mean + s->sd * z) + s->bias / s->d;
    out[2 * i + 1] = z > 0;
  }
  if (!strcmp(s->fail, "nan") && stream->replicate == 5) out[0] = NAN;
  return ASSAY_OK;
}

static const assay_experiment draw = {"truth/draw", "normal draws", draw_params, draw_records, 32,
                                      draw_open,    draw_replicate, NULL};

/* ---- the claims ---- */

static const assay_param params[] = {
    {"d", NULL, "size", ASSAY_INTEGER, ASSAY_SIZE, NULL, "[1,1000000]", ""},
    {"mean", NULL, "mean", ASSAY_REAL, ASSAY_PAIRED, NULL, NULL, "0"},
    {"bias", NULL, "bias times size", ASSAY_REAL, ASSAY_SIM, NULL, NULL, "0"},
    {"sd", NULL, "standard deviation", ASSAY_REAL, ASSAY_SIM, NULL, "[0,inf)", "1"},
    {"t", NULL, "factor", ASSAY_REAL, ASSAY_READOUT, NULL, "[0,1]", "1"},
    {"fail", NULL, "mishap", ASSAY_WORD, ASSAY_SIM, MISHAPS, NULL, "none"},
    {0}};

enum { O_X, O_ABOVE, O_SLOPE };
static const assay_observable observables[] = {{"x", NULL, "t mean", NULL, 3, 0, 0},
                                               {"above", NULL, "one half", NULL, 3, 0, 1},
                                               {"slope", NULL, "of x on t", NULL, 3, 0, 0},
                                               {0}};

static assay_status predict_shifted(assay_call *call, double shift) {
  assay_put(call, O_X, 0, assay_real(call, "t") * assay_real(call, "mean") + shift, 0);
  assay_put(call, O_ABOVE, 0, 0.5 + shift, 0);
  assay_put(call, O_SLOPE, 0, assay_real(call, "mean") + shift, 0);
  return ASSAY_OK;
}

static assay_status predict(assay_call *call) { return predict_shifted(call, 0); }
static assay_status predict_far(assay_call *call) { return predict_shifted(call, 1); }
static assay_status predict_near(assay_call *call) { return predict_shifted(call, 0.01); }
static assay_status predict_domain(assay_call *call) {
  return assay_fail(call, ASSAY_DOMAIN, "there is no theory here, for the sake of a test");
}
static assay_status spread(assay_call *call) {
  assay_put(call, O_X, 0, assay_real(call, "sd"), 0);
  return ASSAY_OK;
}
static assay_status slope(const assay_sample *s, double *out) {
  *out = (s->value[1] - s->value[0]) / (s->axis[1] - s->axis[0]);
  return ASSAY_OK;
}

#define POINTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define LEG(points_, size_, n1, J) \
  (const assay_leg[]) { \
    {.experiment = &draw, .points = points_, .sizes = {size_, size_, size_}, .first = {n1, n1, n1}, .looks = {J, J, J}}, {0} \
  }
#define M(value) {{.bias = value}, {.bias = value}, {.bias = value}}
#define CLAIM(name_, kinds_, predict_, legs_, targets_, controls_) \
  &(const assay_claim) { \
    .id = "truth/" name_, .kinds = kinds_, .statement = "a claim of known truth", .source = "derived here", .params = params, \
    .observables = observables, .predict = predict_, .legs = legs_, .targets = targets_, .controls = controls_ \
  }

static const assay_control far[] = {{.name = "far", .mistake = "off by one", .predict = predict_far}, {0}};
static const assay_control near[] = {{.name = "near", .mistake = "off by too little to see", .predict = predict_near}, {0}};
static const assay_control moved[] = {{.name = "moved", .mistake = "another mean", .change = "bias=100"}, {0}};
static const assay_control opposite[] = {{.name = "opposite", .mistake = "the other order", .targets = "x", .reversed = true}, {0}};

static const assay_target mean_x[] = {{.name = "x", .margin = M(0.2), .reason = "by hand"}, {0}};
static const assay_target mean_x_sd[] = {
    {.name = "x", .spread = spread,
     .margin = {{.deviations = 10}, {.deviations = 10}, {.deviations = 10}}, .reason = "10 sd/sqrt(n_max)"}, {0}};
static const assay_target proportion[] = {{.name = "above", .estimand = ASSAY_PROPORTION, .margin = M(0.1), .reason = "by hand"}, {0}};
static const assay_target order[] = {
    {.name = "x", .against = "mean=0", .points = "P:mean=1", .side = 1, .margin = M(0), .reason = "an order"},
    {0}};
static const assay_target slopes[] = {{.name = "slope", .records = "x", .estimand = ASSAY_SMOOTH, .along = "t", .reduce = slope,
                                       .predict = predict, .margin = M(0.2), .reason = "by hand"}, {0}};
static const assay_target ladder[] = {
    {.name = "x", .estimand = ASSAY_EXTRAPOLATED, .exponent = 1, .margin = M(0.3), .reason = "by hand"}, {0}};

/* ---- a theory with edges, and no experiment ---- */

static const assay_param edge_params[] = {{"a", NULL, "positive, or infinite", ASSAY_REAL, 0, NULL, "(0,inf]", NULL},
                                          {"n", NULL, "a whole number", ASSAY_INTEGER, 0, NULL, "[0,9]", "0"},
                                          {"lam", NULL, "a list", ASSAY_REALS, 0, NULL, "[0,inf)", ""},
                                          {0}};
static const assay_observable edge_observables[] = {{"minus", NULL, "-a", NULL, ASSAY_PREDICTED, 0, 0},
                                                    {"absent", NULL, "1, for finite a", NULL, ASSAY_PREDICTED, 0, 0},
                                                    {"e", NULL, "lam", "lam", ASSAY_PREDICTED, 0, 0},
                                                    {0}};

static assay_status predict_edge(assay_call *call) {
  int n;
  const double *lam = assay_list(call, "lam", &n);
  double a = assay_real(call, "a");
  if (a == 2) return assay_fail(call, ASSAY_DOMAIN, "a = 2 is a pole");
  assay_put(call, 0, 0, -a, 0);
  if (isinf(a)) assay_absent(call, 1, "there is none at a = inf");
  else assay_put(call, 1, 0, 1, 0);
  for (int i = 0; i < n; i++) assay_put(call, 2, i, lam[i], 0);
  return ASSAY_OK;
}

static const assay_claim edge = {.id = "truth/edge", .kinds = "identity", .statement = "a theory with edges", .source = "derived here",
                                 .params = edge_params, .observables = edge_observables, .predict = predict_edge};

/* ---- a claim whose data are not there ---- */

static assay_status without_data(assay_call *claim, assay_call *sim, assay_call *realised) {
  (void)sim, (void)realised;
  return assay_fail(claim, ASSAY_NO_DATA, "install the data that nobody has");
}
static const assay_leg data_legs[] = {{.experiment = &draw, .arrange = without_data, .points = POINTS("A: mean=1"),
                                       .sizes = {"d=100", "d=100", "d=100"}, .first = {128, 128, 128}, .looks = {2, 2, 2}}, {0}};

static const assay_claim *const table[] = {
    CLAIM("mean", "limit", predict, LEG(POINTS("A: mean=1 t=.5,1", "B: mean=-3"), "d=100", 128, 6), mean_x, far),
    CLAIM("mean-sd", "limit", predict, LEG(POINTS("A: mean=1"), "d=100", 128, 6), mean_x_sd, far),
    CLAIM("biased", "limit", predict, LEG(POINTS("A: mean=1 bias=100"), "d=100", 128, 6), mean_x, far),
    CLAIM("unsharp", "limit", predict, LEG(POINTS("A: mean=1"), "d=100", 128, 6), mean_x, near),
    CLAIM("undecided", "limit", predict, LEG(POINTS("A: mean=1 sd=50"), "d=100", 128, 2), mean_x, far),
    CLAIM("no-theory", "limit", predict_domain, LEG(POINTS("A: mean=1"), "d=100", 128, 2), mean_x, far),
    CLAIM("flat", "limit", predict, LEG(POINTS("A: mean=1 sd=0"), "d=100", 128, 2), mean_x, far),
    CLAIM("proportion", "limit", predict, LEG(POINTS("A: mean=0"), "d=100", 128, 7), proportion, far),
    CLAIM("order", "order", predict, LEG(POINTS("P: mean=0,1"), "d=100", 128, 4), order, opposite),
    CLAIM("slope", "rate", predict, LEG(POINTS("A: mean=2 t=.5,1"), "d=100", 128, 7), slopes, far),
    CLAIM("ladder", "limit", predict, LEG(POINTS("A: mean=1 bias=5"), "d=10,40,160", 128, 8), ladder, far),
    CLAIM("moved", "limit", predict, LEG(POINTS("A: mean=1"), "d=100", 128, 6), mean_x, moved),
    CLAIM("nan", "limit", predict, LEG(POINTS("A: mean=1 fail=nan"), "d=100", 128, 6), mean_x, far),
    CLAIM("error", "limit", predict, LEG(POINTS("A: mean=1 fail=error"), "d=100", 128, 6), mean_x, far),
    CLAIM("crash", "limit", predict, LEG(POINTS("A: mean=1 fail=crash"), "d=100", 128, 6), mean_x, far),
    CLAIM("exit", "limit", predict, LEG(POINTS("A: mean=1 fail=exit"), "d=100", 128, 6), mean_x, far),
    CLAIM("sleep", "limit", predict, LEG(POINTS("A: mean=1 fail=sleep"), "d=100", 128, 6), mean_x, far),
    CLAIM("discard", "limit", predict, LEG(POINTS("A: mean=1 fail=discard"), "d=100", 128, 6), mean_x, far),
    CLAIM("three", "limit", predict, LEG(POINTS("A: mean=1 fail=three"), "d=100", 128, 6), mean_x, far),
    CLAIM("open", "limit", predict, LEG(POINTS("A: mean=1 fail=open"), "d=100", 128, 6), mean_x, far),
    CLAIM("open-crash", "limit", predict, LEG(POINTS("A: mean=1 fail=open-crash"), "d=100", 128, 6), mean_x, far),
    CLAIM("open-hang", "limit", predict, LEG(POINTS("A: mean=1 fail=open-hang"), "d=100", 128, 6), mean_x, far),
    CLAIM("memory", "limit", predict, LEG(POINTS("A: mean=1 fail=memory"), "d=100", 128, 6), mean_x, far),
    CLAIM("slow", "limit", predict, LEG(POINTS("A: mean=1 sd=.25 fail=slow", "B: mean=2 sd=.25 fail=slow"), "d=100", 128, 3), mean_x, far),
    CLAIM("uncontrolled", "limit", predict, LEG(POINTS("A: mean=1"), "d=100", 128, 6), mean_x, NULL),
    CLAIM("long", "limit", predict, LEG(POINTS("A: mean=1 sd=40"), "d=100", 128, 13), mean_x, far),
    CLAIM("no-data", "limit", predict, data_legs, mean_x, far),
    &edge,
    NULL};

static const assay_experiment *const experiments[] = {&draw, NULL};

static const assay_paper truth_paper = {.abi = ASSAY_ABI, .size = sizeof(assay_paper), .slug = "truth",
    .authors = "nobody", .title = "Claims of known truth", .arxiv = NULL, .claims = table, .experiments = experiments};

extern const assay_paper *const truth_papers[];
const assay_paper *const truth_papers[] = {&truth_paper, NULL};
