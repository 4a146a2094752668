#include "theory/ttt-icl/ttt-icl.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- comparing ---- */

/* A printed reference, "1.2345e6" or ".433", to half a unit of its last digit. */
static void agrees(const char *what, double value, double error, const char *printed) {
  const char *point = strchr(printed, '.'), *exponent = strpbrk(printed, "eE");
  const double digits = point ? (double)strspn(point + 1, "0123456789") : 0,
               power = exponent ? atof(exponent + 1) : 0;
  const double reference = strtod(printed, NULL), unit = .5 * pow(10, power - digits);
  cr_expect(fabs(value - reference) <= 1.000001 * unit + error, "%s: %.14g, not %s", what, value, printed);
  cr_expect(error >= 0 && error <= 1e-9 * fabs(value) + 1e-14, "%s: error %.3g of %.6g", what, error, value);
}

static void agrees_value(const char *what, assay_value v, const char *printed) {
  agrees(what, v.value, v.error, printed);
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

static ttt_icl_parabola warm(double n, double k, double d, double sigma2) {
  ttt_icl_parabola p;
  ok(ttt_icl_isotropic(n, k, d, sigma2, ttt_icl_pretrained_isotropic(n, d, sigma2), TTT_ICL_RIGHT, &p, e));
  return p;
}

/* ---- every size ---- */

Test(ttt_icl, isotropic_references) {
  static const struct {
    double n, k, d, sigma2;
    const char *L0, *C1, *C2, *warm, *cold, *shared;
  } row[] = {
      {50, 100, 50, 0, ".5049504950", "6.0043133026e4", "5.0597230541e10", ".4336980216", ".3986091031",
       ".1705461937"},
      {200, 400, 200, .25, ".5565410200", "4.8918146912e6", "2.5116222847e14", ".4612645482", ".4036885441",
       ".2343011344"},
      {100, 400, 100, 0, ".5024875622", "9.8017375808e5", "1.0376159773e13", ".4098964093", ".2398331966",
       ".1012998878"},
      {60, 400, 200, 0, ".7701149425", "8.4132646321e5", "2.6554366754e12", ".5035560657", ".4073691181",
       ".2575592403"},
      {30, 15, 60, .5, ".7520661157", "7.3442729322e3", "1.3600284005e9", ".7124063962", ".8928860466",
       ".6547239720"},
  };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    const ttt_icl_parabola p = warm(row[i].n, row[i].k, row[i].d, row[i].sigma2);
    assay_value cold, shared, s0;
    ok(ttt_icl_cold(row[i].n, row[i].k, row[i].d, row[i].sigma2, TTT_ICL_RIGHT, &cold, e));
    ok(ttt_icl_shared(row[i].n, row[i].k, row[i].d, row[i].sigma2, true, &shared, &s0, e));
    agrees_value("L0", p.L0, row[i].L0);
    agrees_value("C1", p.C1, row[i].C1);
    agrees_value("C2", p.C2, row[i].C2);
    agrees_value("L*", p.L_star, row[i].warm);
    agrees_value("cold", cold, row[i].cold);
    agrees_value("shared", shared, row[i].shared);
  }
}

enum { MOST = 60 };

static void general_problem(int d, double n, double sigma2, double *lam, double *w, double *b) {
  double sum = 0, norm = 0;
  for (int i = 0; i < d; i++) {
    lam[i] = .3 + 1.4 * i / (d - 1);
    w[i] = 2 - 1.9 * i / (d - 1);
    b[i] = cos(i + 1);
    sum += w[i];
    norm += b[i] * b[i];
  }
  for (int i = 0; i < d; i++) {
    w[i] /= sum;
    b[i] /= sqrt(norm);
  }
  ok(ttt_icl_pretrained(n, sigma2, d, w, TTT_ICL_RIGHT, w, NULL, e));
}

Test(ttt_icl, general_references) {
  static const struct {
    int d;
    double n, k, sigma2;
    const char *L0, *C1, *C2, *L;
  } row[] = {{10, 14, 9, .2, ".57995337879", "7.9268274646e2", "9.3512684143e6", ".5127597203"},
             {30, 25, 40, .2, ".64359449079", "1.1195236273e4", "1.1607523395e9", ".5356185592"},
             {40, 80, 100, 0, ".38185792311", "1.4419864872e5", "2.8385345445e11", ".3086044539"}};
  for (size_t i = 0; i < 3; i++) {
    double lam[MOST], w[MOST], b[MOST];
    ttt_icl_parabola p;
    general_problem(row[i].d, row[i].n, row[i].sigma2, lam, w, b);
    const ttt_icl_problem problem = {row[i].d, lam, w, b, row[i].n, row[i].k, row[i].sigma2};
    ok(ttt_icl_exact(&problem, TTT_ICL_RIGHT, &p, e));
    agrees_value("L0", p.L0, row[i].L0);
    agrees_value("C1", p.C1, row[i].C1);
    agrees_value("C2", p.C2, row[i].C2);
    agrees_value("L*", p.L_star, row[i].L);
  }
}

/* The general form with Lam = I, W = cI is the isotropic one; mistakes included. */
Test(ttt_icl, the_general_form_contains_the_isotropic_one) {
  for (int mistake = TTT_ICL_RIGHT; mistake <= TTT_ICL_NO_CHI_SQUARE; mistake++)
    for (int i = 0; i < 6; i++) {
      const int d = 2 + 9 * i;
      const double n = 3 + 7 * i, k = 1 + 11 * i, sigma2 = .3 * (i % 3),
                   c = ttt_icl_pretrained_isotropic(n, d, sigma2);
      double w[MOST], b[MOST] = {0};
      ttt_icl_parabola p, q;
      for (int j = 0; j < d; j++) w[j] = c;
      b[i % d] = .6;
      b[(i + 1) % d] = .8;
      const ttt_icl_problem problem = {d, NULL, w, b, n, k, sigma2};
      ok(ttt_icl_exact(&problem, (ttt_icl_mistake)mistake, &p, e));
      ok(ttt_icl_isotropic(n, k, d, sigma2, c, (ttt_icl_mistake)mistake, &q, e));
      cr_expect_float_eq(p.L0.value, q.L0.value, 1e-13);
      cr_expect_float_eq(p.C1.value / q.C1.value, 1, 1e-13);
      cr_expect_float_eq(p.C2.value / q.C2.value, 1, 1e-13, "mistake %d, d = %d: %.15g", mistake, d,
                         p.C2.value / q.C2.value);
    }
}

/* From W = 0 the parabola gives the closed form, and for every weight the gain is proportional to k/(k+d+1)
 * without noise. */
Test(ttt_icl, cold_start_and_gain_in_k) {
  for (int i = 1; i < 8; i++) {
    ttt_icl_parabola p, q;
    assay_value cold;
    const double n = 3. * i, k = 5. * i * i, d = 2 + 10. * i;
    ok(ttt_icl_isotropic(n, k, d, .1 * i, 0, TTT_ICL_RIGHT, &p, e));
    ok(ttt_icl_cold(n, k, d, .1 * i, TTT_ICL_RIGHT, &cold, e));
    cr_expect_float_eq(p.L_star.value, cold.value, 1e-13);
    p = warm(n, k, d, 0);
    q = warm(n, 1, d, 0);
    cr_expect_float_eq((p.L0.value - p.L_star.value) * (k + d + 1) / k,
                       (q.L0.value - q.L_star.value) * (d + 2), 1e-12);
  }
}

Test(ttt_icl, pretrained_weight) {
  double s[8], w[8], sum = 0;
  assay_value L;
  for (int i = 0; i < 8; i++) sum += s[i] = 2 - 1.9 * i / 7;
  for (int i = 0; i < 8; i++) s[i] /= sum;
  ok(ttt_icl_pretrained(12, .2, 8, s, TTT_ICL_RIGHT, w, &L, e));
  agrees_value("L_pre", L, ".4263366721");
  agrees("w1", w[0], 0, ".0554324");
  agrees("w8", w[7], 0, ".0087873");
  ok(ttt_icl_pretrained(12, .2, 8, s, TTT_ICL_NO_NOISE, w, NULL, e));
  agrees("w1 without noise", w[0], 0, ".05814");
  agrees("w8 without noise", w[7], 0, ".01031");
  ok(ttt_icl_pretrained(12, .2, 8, s, TTT_ICL_N_FOR_N_PLUS_1, w, NULL, e));
  agrees("w1 with n", w[0], 0, ".05869");
  agrees("w8 with n", w[7], 0, ".00887");
}

Test(ttt_icl, controls_at_finite_size) {
  ttt_icl_parabola p, q;
  const double c = ttt_icl_pretrained_isotropic(20, 15, 0);
  ok(ttt_icl_isotropic(20, 30, 15, 0, c, TTT_ICL_RIGHT, &p, e));
  ok(ttt_icl_isotropic(20, 30, 15, 0, c, TTT_ICL_NO_WISHART, &q, e));
  agrees("C2", q.C2.value / p.C2.value - 1, 0, "-.35");
  agrees("L*", q.L_star.value - p.L_star.value, 0, "-.018");
  ok(ttt_icl_isotropic(20, 30, 15, 0, c, TTT_ICL_NO_ONE, &q, e));
  agrees("C2", q.C2.value / p.C2.value - 1, 0, "-.022");
  ok(ttt_icl_isotropic(20, 30, 15, 0, c, TTT_ICL_NO_CHI_SQUARE, &q, e));
  agrees("C2", q.C2.value / p.C2.value - 1, 0, "-.076");
}

Test(ttt_icl, training_to_the_end) {
  assay_value all, one;
  ok(ttt_icl_multi_step(60, 30, 60, TTT_ICL_RIGHT, &all, &one, e));
  agrees_value("converged", all, ".2520661");
  agrees_value("one step", one, ".3379348");
  ok(ttt_icl_multi_step(120, 20, 60, TTT_ICL_RIGHT, &all, &one, e));
  agrees_value("converged", all, ".2246777");
  agrees_value("one step", one, ".2538026");
  ok(ttt_icl_multi_step(60, 60, 60, TTT_ICL_RIGHT, &all, &one, e));
  cr_expect_eq(all.value, 0);
}

/* ---- thresholds at finite size ---- */

Test(ttt_icl, crossings) {
  static const struct {
    double alpha, d, sigma2;
    const char *k;
  } row[] = {{.5, 400, 0, ".9475380872"},   {.5, 1600, 0, ".9116888868"},   {1, 400, 0, "1.3693900246"},
             {1, 1600, 0, "1.3422532394"},  {3, 400, 0, "3.2471214027"},    {3, 1600, 0, "3.2116948908"},
             {1, 400, .25, "1.4453259480"}, {1, 1600, .25, "1.4131080061"}, {1, 100, 0, "1.48390"}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    assay_value k;
    ok(ttt_icl_crossing(row[i].alpha * row[i].d, row[i].d, row[i].sigma2, &k, e));
    agrees("k*/d", k.value / row[i].d, k.error / row[i].d, row[i].k);
    const double c = ttt_icl_pretrained_isotropic(row[i].alpha * row[i].d, row[i].d, row[i].sigma2);
    ttt_icl_parabola p, q;
    ok(ttt_icl_isotropic(row[i].alpha * row[i].d, k.value, row[i].d, row[i].sigma2, c, TTT_ICL_RIGHT, &p, e));
    ok(ttt_icl_isotropic(row[i].alpha * row[i].d, k.value, row[i].d, row[i].sigma2, 0, TTT_ICL_RIGHT, &q, e));
    cr_expect_float_eq(p.L_star.value, q.L_star.value, 1e-12);
  }
}

Test(ttt_icl, targets_for_a_risk) {
  static const struct {
    double alpha, d, eps, sigma2;
    bool warm;
    const char *k;
  } row[] = {{1, 100, .42, 0, true, "248.821"},    {1, 400, .42, 0, true, "768.779"},
             {1, 1600, .42, 0, true, "2899.509"},  {1, 6400, .42, 0, true, "11432.227"},
             {1, 100, .42, 0, false, "157.427"},   {1, 400, .42, 0, false, "570.558"},
             {1, 1600, .42, 0, false, "2227.432"}, {1, 6400, .42, 0, false, "8855.938"}};
  static const struct {
    double alpha, eps, sigma2;
    const char *warm, *cold, *limit_warm, *limit_cold;
  } table[] = {{1, .42, 0, "1.9219467", "1.4263950", "1.7777778", "1.3809524"},
               {1, .46, .25, "1.9393500", "1.5197210", "1.8252078", "1.4673913"},
               {2, .3, 0, "12.604828", "2.3836469", "9", "2.3333333"}};
  assay_value k, g;
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    ok(ttt_icl_targets(row[i].alpha * row[i].d, row[i].d, row[i].sigma2, row[i].warm, row[i].eps, &k, e));
    agrees_value("k", k, row[i].k);
  }
  for (size_t i = 0; i < 3; i++)
    for (int start = 0; start < 2; start++) {
      ok(ttt_icl_targets(400 * table[i].alpha, 400, table[i].sigma2, start == 0, table[i].eps, &k, e));
      agrees("k/d", k.value / 400, k.error / 400, start ? table[i].cold : table[i].warm);
      ok(ttt_icl_targets_limit(table[i].alpha, table[i].sigma2, start == 0, table[i].eps, &g, e));
      agrees("gamma", g.value, 0, start ? table[i].limit_cold : table[i].limit_warm);
    }
  agrees_value("floor at k = 256 d", warm(100, 25600, 100, 0).L_star, ".3869729");
  agrees("floor", ttt_icl_floor(1, 0), 0, ".375");
  agrees("highest floor", ttt_icl_floor(sqrt(3) - 1, 0), 0, ".3849");
  refuses(ttt_icl_targets(100, 100, 0, true, .3, &k, e), "however many");
  refuses(ttt_icl_targets(100, 100, 0, true, .6, &k, e), "without any target");
  refuses(ttt_icl_targets_limit(1, 0, true, .37, &g, e), "floor");
}

Test(ttt_icl, context_lengths) {
  static const struct {
    double d, gamma, eps;
    const char *ttt, *icl;
  } row[] = {{400, 4, .25, "113.957", "1203"},
             {400, 4, .3, "69.1007", "935.667"},
             {400, 9, .15, "123.867", "2272.33"},
             {1600, 4, .25, "188.164", "4803"}};
  for (size_t i = 0; i < 4; i++) {
    assay_value ttt, icl, L;
    ok(ttt_icl_context_for_risk(row[i].d, row[i].gamma, row[i].eps, &ttt, &icl, e));
    agrees_value("n_TTT", ttt, row[i].ttt);
    agrees_value("n_ICL", icl, row[i].icl);
    ok(ttt_icl_cold(ttt.value, row[i].gamma * row[i].d, row[i].d, 0, TTT_ICL_RIGHT, &L, e));
    cr_expect_float_eq(L.value, row[i].eps, 1e-12);
  }
  agrees("slope", ttt_icl_half_context_slope(400), 0, ".47854");
  static const double at[] = {40, 80, 160, 320};
  static const char *const risk[] = {".8693359", ".6748880", ".4771995", ".3798942"};
  for (int i = 0; i < 4; i++) {
    assay_value L;
    ok(ttt_icl_cold(at[i], 12800, 6400, 0, TTT_ICL_RIGHT, &L, e));
    agrees_value("L", L, risk[i]);
  }
  assay_value ttt, icl;
  refuses(ttt_icl_context_for_risk(400, 2, .3, &ttt, &icl, e), "every context length");
}

/* The last two maxima were found in rational arithmetic: at n = 2151 the risk is .54548480274, at 2152
 * .54548479478. */
Test(ttt_icl, hump) {
  static const struct {
    double d, gamma, n_min, n_max;
    const char *L_min, *L_max;
  } row[] = {{1000, 8, 121, 616, ".320680", ".410846"},
             {1000, 2, 147, 380, ".461507", ".476177"},
             {1e4, 1, 719, 2151, ".536918", ".545485"},
             {1e4, 2, 564, 4112, ".402246", ".471855"}};
  ttt_icl_extrema x;
  for (size_t i = 0; i < 4; i++) {
    ok(ttt_icl_context_extrema(row[i].d, row[i].gamma, &x, e));
    cr_expect(x.n_min == row[i].n_min && x.n_max == row[i].n_max, "%g and %g", x.n_min, x.n_max);
    agrees_value("L_min", x.L_min, row[i].L_min);
    agrees_value("L_max", x.L_max, row[i].L_max);
  }
  refuses(ttt_icl_context_extrema(100, 8, &x, e), "no interior");
  refuses(ttt_icl_context_extrema(300, 2, &x, e), "no interior");
  refuses(ttt_icl_context_extrema(1000, 1, &x, e), "no interior");
  static const char *const peaks[][3] = {{"1", ".2247448714", ".5443310540"},
                                         {"2", ".4142135624", ".4714045208"},
                                         {"4", ".5491933385", ".4303314829"},
                                         {"8", ".6329931619", ".4082482905"}};
  assay_value alpha, L;
  for (int i = 0; i < 4; i++) {
    ok(ttt_icl_peak(atof(peaks[i][0]), &alpha, &L, e));
    agrees_value("alpha", alpha, peaks[i][1]);
    agrees_value("L", L, peaks[i][2]);
  }
  refuses(ttt_icl_peak(.5, &alpha, &L, e), "1/2");
  static const double gamma[] = {.25, .5, 1};
  static const char *const falls[][3] = {{".780444", ".759043", ".717649"},
                                         {".665819", ".659011", ".640526"},
                                         {".522537", ".533969", ".544121"}};
  for (int g = 0; g < 3; g++)
    for (int i = 0; i < 3; i++)
      agrees_value("L at 1e5", warm(5000 << i, gamma[g] * 1e5, 1e5, 0).L_star, falls[g][i]);
}

/* ---- limits ---- */

Test(ttt_icl, isotropic_limits) {
  static const struct {
    double alpha, gamma, sigma2;
    const char *L0, *warm, *cold, *s;
  } row[] = {{1, 1, 0, ".5", ".4375", ".5", ".25"},
             {1, 2, 0, ".5", ".4166666667", ".3333333333", ".1666666667"},
             {.5, 2, 0, ".6666666667", ".4691358025", ".3333333333", ".2222222222"},
             {2, 4, 0, ".3333333333", ".3037037037", ".2", ".0666666667"},
             {4, 4, 0, ".2", ".1936", ".2", ".04"},
             {1, 1.5, .25, ".5555555556", ".4683685569", ".4545454545", ".1883239171"},
             {3, 2, .5, ".3333333333", ".3168724280", ".4285714286", ".0740740741"}};
  ttt_icl_limits l;
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    ok(ttt_icl_isotropic_limits(row[i].alpha, row[i].gamma, row[i].sigma2, TTT_ICL_RIGHT, &l, e));
    agrees_value("L0", l.L0, row[i].L0);
    agrees_value("warm", l.L_warm, row[i].warm);
    agrees_value("cold", l.L_cold, row[i].cold);
    agrees_value("s", l.s_scaled, row[i].s);
    /* the exact theory tends to it */
    const double d = 1e7;
    const ttt_icl_parabola p = warm(row[i].alpha * d, row[i].gamma * d, d, row[i].sigma2);
    cr_expect_float_eq(p.L_star.value, l.L_warm.value, 3e-5 / row[i].alpha);
  }
  ok(ttt_icl_isotropic_limits(1, 2, 0, TTT_ICL_SQUARED_GAIN, &l, e));
  agrees("squared", l.L_warm.value, 0, ".3333");
  ok(ttt_icl_isotropic_limits(1, 2, 0, TTT_ICL_REUSED_CONTEXT, &l, e));
  agrees("reused", l.L_warm.value, 0, ".1667");
  refuses(ttt_icl_isotropic_limits(-1, 2, 0, TTT_ICL_RIGHT, &l, e), "alpha = -1");
  refuses(ttt_icl_isotropic_limits(1, 2, -.1, TTT_ICL_RIGHT, &l, e), "sigma2");
}

/* d (L*_exact - limit). */
Test(ttt_icl, first_corrections) {
  static const struct {
    double alpha, gamma, sigma2;
    const char *coefficient;
  } row[] = {{1, 1, 0, ".750"}, {1, 2, 0, ".903"},     {1, 4, 0, "1.020"}, {2, 4, 0, ".374"},
             {4, 4, 0, ".186"}, {1, 1.5, .25, ".947"}, {.3, 2, 0, "8.37"}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    ttt_icl_limits l;
    const double d = 1e6;
    ok(ttt_icl_isotropic_limits(row[i].alpha, row[i].gamma, row[i].sigma2, TTT_ICL_RIGHT, &l, e));
    const double c =
        d * (warm(row[i].alpha * d, row[i].gamma * d, d, row[i].sigma2).L_star.value - l.L_warm.value);
    agrees("coefficient", c, 0, row[i].coefficient);
  }
}

Test(ttt_icl, crossing_limits) {
  static const struct {
    double alpha, sigma2;
    const char *gamma;
  } row[] = {{.25, 0, ".6944444444"},  {.5, 0, ".9"},          {1, 0, "1.3333333333"},
             {2, 0, "2.25"},           {3, 0, "3.2"},          {5, 0, "5.1428571429"},
             {1, .25, "1.4025286539"}, {1, 1, "1.6414607001"}, {3, .5, "3.3038436285"}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    assay_value g;
    ok(ttt_icl_block_crossing(row[i].alpha, row[i].sigma2, NULL, &g, e));
    agrees_value("gamma*", g, row[i].gamma);
  }
}

static ttt_icl_parabola blocks_at(const ttt_icl_blocks *blocks, double alpha, double gamma, double d,
                                  double sigma2) {
  int count[4], total;
  double lam[400], w[400], b[400];
  ttt_icl_parabola p;
  ok(ttt_icl_block_sizes(blocks, d, count, &total, e));
  ok(ttt_icl_block_problem(blocks, count, alpha * total, sigma2, lam, w, b, e));
  const ttt_icl_problem problem = {total, lam, w, b, alpha * total, gamma * total, sigma2};
  ok(ttt_icl_exact(&problem, TTT_ICL_RIGHT, &p, e));
  return p;
}

Test(ttt_icl, blocks) {
  static const double S[] = {1.9, .1}, half[] = {.5, .5};
  static const struct {
    double alpha, rho, sigma2;
    const char *A, *B, *crossing, *L0, *L, *L0_200, *L_200;
  } row[] = {
      {1, 1, 0, ".11891", ".21876", "2.2391978493", ".337664", ".316728", ".3398728808", ".3200233441"},
      {1, .5, 0, ".47268", ".21876", ".8378023750", ".691434", ".529869", ".6918950909", ".5351964906"},
      {1, 0, 0, ".82645", ".21876", NULL, "1.045204", ".718467", "1.0439173009", ".7262740497"},
      {2, 1, 0, ".04340", ".16363", "4.0062658312", ".207031", ".200965", ".2086217578", ".2027932205"},
      {2, .5, 0, ".36892", ".16363", "1.6876501381", ".532552", ".362172", ".5331278019", ".3653354750"},
      {2, 0, 0, ".69444", ".16363", ".4793956971", ".858073", ".483394", ".8576338460", ".4879863213"},
      {4, 1, 0, ".01352", ".10782", "7.3319790609", ".121345", ".120140", ".1223244129", ".1211583316"},
      {4, 0, 0, ".51020", ".10782", "1.9405449559", ".618028", ".281075", ".6180535968", ".2833893571"},
      {2, .5, .25, ".40222", ".18289", "", ".585104", ".423756", ".5855570858", ".4268759423"}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    const double rho[] = {row[i].rho, 1 - row[i].rho};
    const ttt_icl_blocks blocks = {2, S, half, rho, NULL};
    ttt_icl_aligned a;
    assay_value g;
    ok(ttt_icl_block_limits(row[i].alpha, row[i].alpha, row[i].sigma2, &blocks, TTT_ICL_RIGHT, &a, e));
    agrees_value("A", a.A, row[i].A);
    agrees_value("B", a.B, row[i].B);
    agrees_value("L0", a.L0, row[i].L0);
    agrees_value("L*", a.L_star, row[i].L);
    if (!row[i].crossing)
      refuses(ttt_icl_block_crossing(row[i].alpha, row[i].sigma2, &blocks, &g, e), "cold always wins");
    else if (*row[i].crossing) {
      ok(ttt_icl_block_crossing(row[i].alpha, row[i].sigma2, &blocks, &g, e));
      agrees_value("gamma*", g, row[i].crossing);
    }
    const ttt_icl_parabola p = blocks_at(&blocks, row[i].alpha, row[i].alpha, 200, row[i].sigma2);
    agrees_value("L0 at 200", p.L0, row[i].L0_200);
    agrees_value("L* at 200", p.L_star, row[i].L_200);
  }
}

Test(ttt_icl, blocks_with_covariance_and_controls) {
  static const double S[] = {1.9, .1}, half[] = {.5, .5}, rho[] = {.3, .7}, lam[] = {.5, 1.5};
  const ttt_icl_blocks blocks = {2, S, half, rho, lam}, even = {2, S, half, half, NULL};
  static const char *const values[2][4] = {{".6627604167", ".3171591262", ".6629302195", ".3222994278"},
                                           {".7214833220", ".3826934685", ".7215395304", ".3882975495"}};
  ttt_icl_aligned a;
  for (int i = 0; i < 2; i++) {
    ok(ttt_icl_block_limits(2, 2, .25 * i, &blocks, TTT_ICL_RIGHT, &a, e));
    const ttt_icl_parabola p = blocks_at(&blocks, 2, 2, 200, .25 * i);
    agrees_value("L0", a.L0, values[i][0]);
    agrees_value("L*", a.L_star, values[i][1]);
    agrees_value("L0 at 200", p.L0, values[i][2]);
    agrees_value("L* at 200", p.L_star, values[i][3]);
  }
  ok(ttt_icl_block_limits(2, 2, 0, &blocks, TTT_ICL_LAM_IGNORED, &a, e));
  agrees("Lam ignored", a.L_star.value, 0, ".4122");
  ok(ttt_icl_block_limits(2, 2, 0, &even, TTT_ICL_ALL_REMOVED, &a, e));
  agrees("all removed", a.L_star.value, 0, ".2866");
  ok(ttt_icl_block_limits(2, 2, 0, &even, TTT_ICL_NO_B, &a, e));
  agrees("B dropped", a.L_star.value, 0, ".1230");
}

Test(ttt_icl, shifted_tasks) {
  static const double S[] = {2, 0}, half[] = {.5, .5}, rho[] = {0, 1};
  static const double alpha[] = {1, 4, 16};
  static const char *const values[3][2] = {
      {".6767677", ".6896264"}, {".4920239", ".4960198"}, {".3817487", ".3836285"}};
  const ttt_icl_blocks blocks = {2, S, half, rho, NULL};
  ttt_icl_aligned a;
  for (int i = 0; i < 3; i++) {
    ok(ttt_icl_block_limits(alpha[i], 2, 0, &blocks, TTT_ICL_RIGHT, &a, e));
    agrees_value("L*", a.L_star, values[i][0]);
    agrees_value("L* at 200", blocks_at(&blocks, alpha[i], 2, 200, 0).L_star, values[i][1]);
    cr_expect(a.A.value == 1 && a.L0.value > 1);
  }
  agrees_value("k = 64 d", blocks_at(&blocks, 1, 64, 100, 0).L_star, ".4526883");
  ok(ttt_icl_block_limits(1, INFINITY, 0, &blocks, TTT_ICL_RIGHT, &a, e));
  agrees_value("gamma = inf", a.L_star, ".4040404");
  const double wrong[] = {2, 1};
  const ttt_icl_blocks bad = {2, wrong, half, rho, NULL};
  refuses(ttt_icl_block_limits(1, 1, 0, &bad, TTT_ICL_RIGHT, &a, e), "p S");
}
