#include "theory/finetune-diagonal/finetune-diagonal.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- comparing ---- */

/* Half a unit of the last digit of a number as it is printed, e.g. 5e-4 for "1.570". */
static double half_unit(const char *printed) {
  const char *point = strchr(printed, '.');
  return .5 * pow(10, point ? -(double)strspn(point + 1, "0123456789") : 0);
}

/* The value agrees with a printed reference to its last digit, and its error bound is at most `relative`. */
static void agrees_within(double relative, const char *what, assay_value v, const char *printed) {
  cr_expect(fabs(v.value - strtod(printed, NULL)) <= 1.0000001 * half_unit(printed) + v.error,
            "%s: %.14g, not %s", what, v.value, printed);
  cr_expect(v.error >= 0 && v.error <= relative * fabs(v.value) + 1e-14, "%s: error %.3g of %.6g", what,
            v.error, v.value);
}

static void agrees(const char *what, assay_value v, const char *printed) {
  agrees_within(1e-9, what, v, printed);
}

#define ok(call)                                                                                             \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_assert_eq(call, ASSAY_OK, "%s: %s", #call, error.text);                                               \
  } while (0)

#define refuses(call, part)                                                                                  \
  do {                                                                                                       \
    assay_error error = {ASSAY_OK, ""};                                                                      \
    assay_error *e = &error;                                                                                 \
    cr_expect_eq(call, ASSAY_DOMAIN, "%s gave another status", #call);                                       \
    cr_expect(strstr(error.text, part) != NULL, "%s: \"%s\" lacks \"%s\"", #call, error.text, part);         \
  } while (0)

#define RIGHT FINETUNE_DIAGONAL_RIGHT
#define M 2.2360679774997896
static const finetune_diagonal_task nested = {.04, .16, 0, M, 5}, reuse = {.2, 0, 0, M, M},
                                    newsparse = {0, .2, .04, M, 5}, newdense = {.2, 0, .8, M, 1},
                                    mixed = {.06, .14, .04, M, 3.1622776601683795};

/* ---- one coordinate ---- */

static const struct {
  double kappa;
  const char *ell, *q;
} shapes[] = {{1, "1.886663114393", "0.467160024646"},
              {.1, "1.432339127850", "2.093235388186"},
              {10, "1.998341889219", "0.049958457778"},
              {1e-4, "1.112303046315", "8.903587550036"}};

Test(finetune_diagonal, order_of_the_penalty) {
  assay_value q, ell, at, above, order;
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    finetune_diagonal_shape(1, shapes[i].kappa, &q, &ell);
    agrees("ell", ell, shapes[i].ell), agrees("q", q, shapes[i].q);
  }
  /* ell is the logarithmic slope, through the change from series to closed form; 2 - z^2/6 at small z. */
  for (double z = 1e-4; z < 1e4; z *= 3) {
    finetune_diagonal_shape(z * exp(-1e-4), 1, &at, &ell),
        finetune_diagonal_shape(z * exp(1e-4), 1, &above, &ell);
    finetune_diagonal_shape(z, 1, &q, &order);
    cr_expect_float_eq(log(above.value / at.value) / 2e-4, order.value, 1e-7);
  }
  finetune_diagonal_shape(.01, 1, &q, &ell);
  cr_expect_float_eq(ell.value, 2 - 1e-4 / 6, 1e-8);
}

static const struct {
  double b;
  finetune_diagonal_init init;
  const char *fd, *ell;
} dependences[] = {{1, {.1, -.9, .1, FINETUNE_DIAGONAL_SUM}, "0.380157136232", "1.460369346306"},
                   {2, {1e-3, .98, .1, FINETUNE_DIAGONAL_SUM}, "0.986782751144", "1.989768265222"},
                   {2, {100, 0, 1, FINETUNE_DIAGONAL_SUM}, "0.000198944572", "1.999995875563"},
                   {2, {1e-6, -.998, 1e-4, FINETUNE_DIAGONAL_SUM}, "0.190856702578", "1.190857275148"}};

Test(finetune_diagonal, feature_dependence) {
  double kappa, beta0;
  assay_value q, ell, fd;
  for (size_t i = 0; i < sizeof dependences / sizeof *dependences; i++) {
    ok(finetune_diagonal_penalty(dependences[i].b, &dependences[i].init, RIGHT, &kappa, &beta0, e));
    finetune_diagonal_shape(1, kappa, &q, &ell);
    ok(finetune_diagonal_dependence(1, dependences[i].b, &dependences[i].init, RIGHT, &fd, e));
    agrees("ell", ell, dependences[i].ell), agrees("fd", fd, dependences[i].fd);
    cr_expect(fd.value >= 0 && fd.value <= ell.value - 1 + 1e-15, "the bound of reset=sum");
  }
  finetune_diagonal_init keep = {1, 0, 1, FINETUNE_DIAGONAL_KEEP};
  refuses(finetune_diagonal_dependence(1, 1, &keep, RIGHT, &fd, e), "reset=keep");
}

Test(finetune_diagonal, features_of_unused_and_of_large_coordinates) {
  finetune_diagonal_features f;
  ok(finetune_diagonal_pretrained(0, .5, -.4, RIGHT, &f, e));
  cr_expect_float_eq(f.sum_squared, 2 * .5 * .6, 1e-15);
  cr_expect_eq(f.Delta, 0);
  ok(finetune_diagonal_pretrained(-1.7, 1e-12, .3, RIGHT, &f, e));
  cr_expect_float_eq(f.S, 1.7, 1e-11);
  ok(finetune_diagonal_pretrained(0, .5, -1, RIGHT, &f, e));
  cr_expect_eq(f.S, 0);
  refuses(finetune_diagonal_pretrained(1, -1, 0, RIGHT, &f, e), "c = -1");
  refuses(finetune_diagonal_pretrained(1, 1, 1.5, RIGHT, &f, e), "lambda = 1.5");
}

static const struct {
  double b;
  finetune_diagonal_init init;
  const char *kappa, *beta0;
} penalties[] = {{M, {.3, -.9, .5, FINETUNE_DIAGONAL_KEEP}, "0.78487450", "0.96392367"},
                 {0, {.3, -.9, .5, FINETUNE_DIAGONAL_KEEP}, "0.265", "0"},
                 {M, {1, -.99, .1, FINETUNE_DIAGONAL_RMS}, "0.73974487", "0"},
                 {0, {1, -.99, .1, FINETUNE_DIAGONAL_RMS}, "0.015", "0"},
                 {M, {.1, .5, .1, FINETUNE_DIAGONAL_SUM}, "3.51745439", "0"},
                 {0, {.1, .5, .1, FINETUNE_DIAGONAL_SUM}, "0.31", "0"}};

Test(finetune_diagonal, penalty_of_pretrained_values) {
  double kappa, beta0;
  for (size_t i = 0; i < sizeof penalties / sizeof *penalties; i++) {
    ok(finetune_diagonal_penalty(penalties[i].b, &penalties[i].init, RIGHT, &kappa, &beta0, e));
    cr_expect_float_eq(kappa, atof(penalties[i].kappa), 5.1e-9);
    cr_expect_float_eq(beta0, atof(penalties[i].beta0), 5.1e-9);
  }
  finetune_diagonal_init stuck = {1, -1, 0, FINETUNE_DIAGONAL_SUM};
  refuses(finetune_diagonal_penalty(0, &stuck, RIGHT, &kappa, &beta0, e), "kappa = 0");
}

Test(finetune_diagonal, accumulated_residual) {
  const double first[] = {.5, .2, .1, .2}, second[] = {.3, .1, .3, .1}, stuck[] = {0, 0, 0, 0};
  assay_value time;
  ok(finetune_diagonal_residual_time(first, 2, &time, e));
  agrees("first", time, "1.3869960076");
  ok(finetune_diagonal_residual_time(second, .5, &time, e));
  agrees("second", time, "1.1562191706");
  refuses(finetune_diagonal_residual_time(stuck, 1, &time, e), "kappa = 0");
}

/* ---- state evolution ---- */

static const struct {
  double alpha, rho, m, c, s2;
  const char *E, *tau, *zeta;
} pretrainings[] = {{.4, .2, 1, 1, 0, "0.119133643973", "0.545741797861", "1.554786608097"},
                    {.4, .2, 1, .1, 0, "0.112101058289", "0.529388936154", "0.294749750287"},
                    {.4, .2, 1, .01, 0, "0.111818543268", "0.528721437214", "0.134458486577"},
                    {.6, .2, 1, .01, 0, "0.030704586422", "0.226217396997", "0.045279020708"},
                    {.5, .1, 1, .03, .01, "0.038417013077", "0.311181661020", "0.094754843853"},
                    {.3, .5, 1, .3, 0, "0.360039717894", "1.095505542196", "0.998696582934"},
                    {.4, .2, 1, 10, 0, "0.119989779543", "", ""},
                    {.4, .2, 1, 20, 0, "0.119997441224", "", ""},
                    {.4, .2, 1, 40, 0, "0.119999360077", "", ""}};

Test(finetune_diagonal, error_of_pretraining) {
  finetune_diagonal_error r;
  for (size_t i = 0; i < sizeof pretrainings / sizeof *pretrainings; i++) {
    ok(finetune_diagonal_pretraining(pretrainings[i].alpha, pretrainings[i].rho, pretrainings[i].m,
                                     pretrainings[i].c, 0, pretrainings[i].s2, RIGHT, &r, e));
    agrees("E", r.E, pretrainings[i].E);
    if (*pretrainings[i].tau)
      agrees("tau", r.tau, pretrainings[i].tau), agrees("zeta", r.zeta, pretrainings[i].zeta);
  }
  refuses(finetune_diagonal_pretraining(1, .2, 1, 1, 0, 0, RIGHT, &r, e), "alpha = 1");
  refuses(finetune_diagonal_pretraining(.4, 1.2, 1, 1, 0, 0, RIGHT, &r, e), "rho = 1.2");
}

/* c -> inf: least norm; c -> 0: basis pursuit, approached like 1/log. */
Test(finetune_diagonal, error_of_pretraining_at_extreme_scales) {
  finetune_diagonal_error r;
  ok(finetune_diagonal_pretraining(.4, .2, 1, 1e6, 0, .1, RIGHT, &r, e));
  cr_expect_float_eq(r.E.value, .6 * .2 + .1 * .4 / .6, 1e-9);
  static const struct {
    double c;
    const char *E;
  } rich[] = {{1e-50, "0.13128216"}, {1e-100, "0.13207692"}, {1e-200, "0.13248154"}};
  for (int i = 0; i < 3; i++) {
    ok(finetune_diagonal_pretraining(.4, .2, 1, rich[i].c, 0, 0, RIGHT, &r, e));
    agrees_within(1e-7, "rich", r.E, rich[i].E);
  }
}

/* (m, c, gamma^2, s2) -> (t m, t c, t gamma^2, t^2 s2) multiplies E by t^2. */
Test(finetune_diagonal, errors_scale) {
  finetune_diagonal_error one, other;
  finetune_diagonal_init init = {.3, -.6, .4, FINETUNE_DIAGONAL_KEEP},
                         scaled = {.9, -.6, .4 * sqrt(3), FINETUNE_DIAGONAL_KEEP};
  finetune_diagonal_task task = {.05, .1, .05, 1, 2}, larger = {.05, .1, .05, 3, 6};
  ok(finetune_diagonal_finetuning(.3, &init, &task, .1, RIGHT, &one, e));
  ok(finetune_diagonal_finetuning(.3, &scaled, &larger, .9, RIGHT, &other, e));
  cr_expect_float_eq(other.E.value, 9 * one.E.value, 1e-11 * other.E.value);
}

Test(finetune_diagonal, ridge) {
  const finetune_diagonal_class classes[] = {{.2, 1, .1, 0}, {.8, 0, .1, 0}};
  finetune_diagonal_error r;
  ok(finetune_diagonal_evolution(classes, 2, .4, .05, .1, RIGHT, &r, e));
  agrees("E", r.E, "0.1422295739");
}

static const finetune_diagonal_init regimes[] = {
    {100, 0, 1, 0}, {1e-3, .98, .1, 0}, {1, -1 + 1e-6, 1e-3, 0}, {1e-6, -.998, 1e-4, 0}};
static const finetune_diagonal_task *const tasks[] = {&nested, &reuse, &newsparse, &newdense};
static const char *const matrices[2][4][4] = {
    {{"0.7666272335", "0.7666291671", "0.7666738669", "0.7666668605"},
     {"0.1365723825", "0.1424950312", "1.7874143488", "1.7467934606"},
     {"0.1744203621", "0.9023239417", "0.1911300987", "1.0540726598"},
     {"0.0838235648", "0.3788587284", "0.7246597946", "1.3002790465"}},
    {{"0.8499741107", "0.8499745841", "0.8500058219", "0.8500000477"},
     {"0.2427585504", "0.2691378393", "2.3910130379", "2.0550179165"},
     {"0.5926676387", "1.0065346491", "0.6351072604", "1.0872838774"},
     {"0.0036722290", "0.5863322416", "1.3168415134", "1.4023304563"}}};

Test(finetune_diagonal, four_regimes_by_four_tasks) {
  finetune_diagonal_error r;
  for (int noiseless = 0; noiseless < 2; noiseless++)
    for (int i = 0; i < 4; i++)
      for (int j = 0; j < 4; j++) {
        ok(finetune_diagonal_finetuning(noiseless ? .15 : .25, &regimes[i], tasks[j], noiseless ? 0 : .05,
                                        RIGHT, &r, e));
        agrees("E_ft", r.E, matrices[noiseless][i][j]);
      }
}

static const struct {
  double alpha, s2;
  finetune_diagonal_init init;
  const char *E;
} precise[] = {{.2, 0, {.3, -.9, .5, FINETUNE_DIAGONAL_KEEP}, "0.559790967117"},
               {.25, .05, {1, -.99, .1, FINETUNE_DIAGONAL_RMS}, "0.593780221385"},
               {.25, .05, {.1, .5, .1, FINETUNE_DIAGONAL_SUM}, "0.619596208494"}};

Test(finetune_diagonal, mixed_task) {
  finetune_diagonal_error r;
  for (int i = 0; i < 3; i++) {
    ok(finetune_diagonal_finetuning(precise[i].alpha, &precise[i].init, &mixed, precise[i].s2, RIGHT, &r, e));
    agrees("E_ft", r.E, precise[i].E);
  }
}

static const double lambdas[] = {.9, 0, -.9, -.99, -.999, -.9999, -.99999, -.999999};
static const char *const by_lambda[3][8] = {{"0.2357329979", "0.2131605597", "0.0918887288", "0.0421898471",
                                             "0.0367403038", "0.1011110021", "0.3352779587", "0.5282958775"},
                                            {"0.2661162023", "0.2908995834", "0.4569017014", "0.5923545225",
                                             "0.6906684555", "0.7878572538", "0.8917920885", "0.9808727596"},
                                            {"2.8013414553", "2.3038442506", "1.3833594471", "1.0850006497",
                                             "0.9359133916", "0.8117655940", "0.7126812394", "0.6526094350"}};
static const char *const after_rms[] = {"0.83908073", "0.82826090", "0.65150298", "0.36033723", "0.20698874"};
static const char *const after_keep[] = {"0.83538901", "0.81653584", "0.62422593", "0.32060017",
                                         "0.17312488"};

Test(finetune_diagonal, relative_scale_of_the_layers) {
  finetune_diagonal_error r;
  for (int t = 0; t < 3; t++)
    for (int i = 0; i < 8; i++) {
      finetune_diagonal_init init = {1e-3, lambdas[i], 1e-3, FINETUNE_DIAGONAL_SUM};
      ok(finetune_diagonal_finetuning(.15, &init, tasks[t], 0, RIGHT, &r, e));
      agrees("sum", r.E, by_lambda[t][i]);
    }
  for (int i = 0; i < 5; i++) {
    finetune_diagonal_init init = {5, lambdas[i], .05, FINETUNE_DIAGONAL_RMS};
    ok(finetune_diagonal_finetuning(.15, &init, &nested, 0, RIGHT, &r, e));
    agrees("rms", r.E, after_rms[i]);
    init.reset = FINETUNE_DIAGONAL_KEEP;
    ok(finetune_diagonal_finetuning(.15, &init, &nested, 0, RIGHT, &r, e));
    agrees("keep", r.E, after_keep[i]);
  }
}

static const struct {
  double alpha_pt, alpha_ft, s2_pt, s2_ft;
  const finetune_diagonal_task *task;
  finetune_diagonal_init init;
  const char *E_pt, *E_ft, *perfect;
} pipelines[] = {
    {.6,
     .2,
     0,
     0,
     &nested,
     {.05, -.9, .05, FINETUNE_DIAGONAL_SUM},
     "0.1951758624",
     "0.2323696298",
     "0.112812"},
    {.6,
     .2,
     0,
     0,
     &nested,
     {.05, -.9, .05, FINETUNE_DIAGONAL_RMS},
     "0.1951758624",
     "0.2618522894",
     "0.053495"},
    {.6,
     .2,
     0,
     0,
     &nested,
     {.05, -.9, .05, FINETUNE_DIAGONAL_KEEP},
     "0.1951758624",
     "0.2377934676",
     "0.047565"},
    {.35, .25, 0, 0, &mixed, {.05, 0, .3, FINETUNE_DIAGONAL_SUM}, "0.6314246513", "0.6865176892", "0.570546"},
    {.5,
     .3,
     .05,
     .1,
     &mixed,
     {.3, -.99, .1, FINETUNE_DIAGONAL_RMS},
     "0.4998885937",
     "0.6417743408",
     "0.578823"},
    {.5,
     .3,
     .05,
     .1,
     &mixed,
     {.3, -.9, .5, FINETUNE_DIAGONAL_KEEP},
     "0.4998885937",
     "0.6608185955",
     "0.491740"}};

Test(finetune_diagonal, both_stages) {
  finetune_diagonal_error pt, ft;
  for (size_t i = 0; i < sizeof pipelines / sizeof *pipelines; i++) {
    ok(finetune_diagonal_pipeline(pipelines[i].alpha_pt, pipelines[i].alpha_ft, &pipelines[i].init,
                                  pipelines[i].task, pipelines[i].s2_pt, pipelines[i].s2_ft, RIGHT, &pt, &ft,
                                  e));
    agrees("E_pt", pt.E, pipelines[i].E_pt), agrees("E_ft", ft.E, pipelines[i].E_ft);
    ok(finetune_diagonal_pipeline(pipelines[i].alpha_pt, pipelines[i].alpha_ft, &pipelines[i].init,
                                  pipelines[i].task, pipelines[i].s2_pt, pipelines[i].s2_ft,
                                  FINETUNE_DIAGONAL_PERFECT, &pt, &ft, e));
    agrees("perfect", ft.E, pipelines[i].perfect);
  }
}

/* ---- limits ---- */

Test(finetune_diagonal, lazy_limit) {
  const double p[] = {.04, .16, .04, .76}, beta[] = {5, 0, 3, 0}, w[] = {1, 1, .05, .05};
  const double q[] = {.04, .16, .8}, teacher[] = {5, 0, 0}, v[] = {1, 1, .01}, off[] = {1, 1, 0};
  assay_value E;
  ok(finetune_diagonal_lazy(p, beta, w, 4, .15, .1, RIGHT, &E, e));
  agrees("lazy", E, "0.957655727272");
  ok(finetune_diagonal_lazy(p, beta, w, 4, .15, .1, FINETUNE_DIAGONAL_UNWEIGHTED, &E, e));
  agrees("unweighted", E, "1.173647");
  ok(finetune_diagonal_lazy(p, beta, w, 4, .15, .1, FINETUNE_DIAGONAL_INVERSE, &E, e));
  agrees("inverse", E, "1.510266");
  ok(finetune_diagonal_lazy(q, teacher, v, 3, .15, 0, RIGHT, &E, e));
  agrees("lazy", E, "0.272564633578");
  /* A group without weight: pure reuse in dimension rho d. */
  ok(finetune_diagonal_lazy(q, teacher, off, 3, .15, .1, RIGHT, &E, e));
  cr_expect_float_eq(E.value, .25 * 1 + .1 * .75 / .25, 1e-12);
  refuses(finetune_diagonal_lazy(q, teacher, off, 3, .25, .1, RIGHT, &E, e), "alpha = 0.25");
}

static const struct {
  double s;
  const char *alpha;
} weak[] = {{.01, "0.061243959436"}, {.04, "0.173784425041"}, {.05, "0.203899856330"}, {.1, "0.328793505454"},
            {.2, "0.511129610373"},  {.3, "0.645572291997"},  {.5, "0.831299905706"}};
static const struct {
  double R, off;
  const char *alpha;
} weighted[] = {{1, 0, "0.173784425041"},     {1.5, 0, "0.129166219503"},  {2, 0, "0.112473015356"},
                {4, 0, "0.102279857925"},     {1000, 0, "0.102225922075"}, {1, .0125, "0.2038998563"},
                {1.5, .0125, "0.1692323199"}, {2, .0125, "0.1608688523"},  {4, .0125, "0.1758557835"},
                {1000, .0125, "0.2577674204"}};

Test(finetune_diagonal, recovery_thresholds) {
  const double one = 1, pi[] = {.2, .8};
  double th;
  assay_value alpha;
  for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
    ok(finetune_diagonal_threshold(&one, &weak[i].s, &one, 1, RIGHT, &alpha, &th, e));
    agrees("alpha_DT", alpha, weak[i].alpha);
  }
  for (size_t i = 0; i < sizeof weighted / sizeof *weighted; i++) {
    const double s[] = {.2, weighted[i].off}, w[] = {1, weighted[i].R};
    ok(finetune_diagonal_threshold(pi, s, w, 2, RIGHT, &alpha, &th, e));
    agrees("weighted", alpha, weighted[i].alpha);
    /* At the minimiser alpha* = sum pi (s + (1-s) 2 Phi(-t)). */
    double sum = 0;
    for (int g = 0; g < 2; g++) sum += pi[g] * (s[g] + (1 - s[g]) * erfc(th * w[g] / M_SQRT2));
    cr_expect_float_eq(sum, alpha.value, 1e-6);
  }
}

static const struct {
  double alpha, s;
  const char *a;
} rates[] = {{.6, .2, "0.2481606805"},
             {.4, .1, "0.2212098901"},
             {.8, .2, "0.6083806320"},
             {.3, .02, "0.6140575111"},
             {.4, .05, "0.5147852233"}};
static const struct {
  double c, E;
} small_scales[] = {{1e-2, .0035229932}, {1e-4, 3.4595259e-5}, {1e-6, 2.8172585e-7}, {1e-8, 2.3369181e-9}};

Test(finetune_diagonal, rate_of_rich_recovery) {
  assay_value a;
  finetune_diagonal_error r;
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
    ok(finetune_diagonal_rich_rate(rates[i].alpha, rates[i].s, RIGHT, &a, e));
    agrees("a", a, rates[i].a);
  }
  for (size_t i = 0; i < 4; i++) {
    ok(finetune_diagonal_pretraining(.4, .05, 1, small_scales[i].c, 0, 0, RIGHT, &r, e));
    cr_expect_float_eq(r.E.value / small_scales[i].E, 1, 2e-8);
  }
  refuses(finetune_diagonal_rich_rate(.3, .2, RIGHT, &a, e), "alpha_DT");
}
