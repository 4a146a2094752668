#include "model/data/data.h"
#include "theory/token-embeddings/token-embeddings.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- comparing ---- */

/* A printed reference to half a unit of its last digit. */
static void agrees(const char *what, double value, double error, const char *printed) {
  const char *point = strchr(printed, '.'), *exponent = strpbrk(printed, "eE");
  const double digits = point ? (double)strspn(point + 1, "0123456789") : 0,
               power = exponent ? atof(exponent + 1) : 0;
  const double unit = .5 * pow(10, power - digits);
  cr_expect(fabs(value - strtod(printed, NULL)) <= 1.000001 * unit, "%s: %.14g, not %s", what, value,
            printed);
  cr_expect(error >= 0 && error <= 1e-9 * fabs(value) + 1e-12, "%s: error %.3g of %.6g", what, error, value);
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

/* ---- phase 1 ---- */

Test(token_embeddings, toy_step) {
  static const char *const alphas[] = {".1875", ".125", "-.083333333", ".104166667", ".166666667"};
  static const char *const a2s[2][5] = {
      {".00390625", "0.00000000", "0.00000000", ".00390625", "-.0078125"},
      {"-.003125", "-.0046875", "-.0041666667", "-.0072916667", "-.0236979167"}};
  static const char *const b2s[2][5] = {
      {".001953125", "0.00000000", "0.00000000", ".001953125", "-.00390625"},
      {".004296875", "0.00000000", "0.00000000", ".004296875", "-.00859375"}};
  static const char *const vs[] = {"1.1678466797", ".9316406250", ".9913194444", ".8499213325",
                                   ".7013346354"};
  static const char *const ps[] = {"1.4760742188", "1.1953125000", "1.1157407407", "1.2445927373",
                                   "1.2622251157"};
  double alpha[5], a2[5], b2[5], a[5], b[5], V_v[5], V_p[5];
  ok(token_embeddings_signed_frequency(&token_embeddings_toy, alpha, e));
  ok(token_embeddings_step_variance(&token_embeddings_toy, 10, 0, V_v, V_p, e));
  for (int s = 0; s < 5; s++) {
    agrees("alpha", alpha[s], 0, alphas[s]);
    agrees("V_v", V_v[s], 0, vs[s]);
    agrees("V_p", V_p[s], 0, ps[s]);
  }
  for (int r = 0; r < 2; r++) {
    ok(token_embeddings_step_mean(&token_embeddings_toy, .3 * r, a2, b2, e));
    ok(token_embeddings_step_mean_numerically(&token_embeddings_toy, .3 * r, a, b, e));
    for (int s = 0; s < 5; s++) {
      agrees("a2", a2[s], 0, a2s[r][s]);
      agrees("b2", b2[s], 0, b2s[r][s]);
      cr_expect_float_eq(a[s], a2[s], 2e-9);
      cr_expect_float_eq(b[s], b2[s], 2e-9);
    }
  }
}

Test(token_embeddings, balanced_design) {
  enum { k = 3, m0 = 10, T = 5, n = 2 * k * m0, m = 2 * k + m0 };
  double count[n * m], y[n], alpha[m];
  const token_embeddings_data data = {n, m, count, y};
  ok(token_embeddings_balanced(k, m0, T, count, y, e));
  ok(token_embeddings_signed_frequency(&data, alpha, e));
  for (int s = 0; s < m; s++)
    cr_expect_float_eq(alpha[s], s < k ? 1. / (2 * k * T) : s < 2 * k ? -1. / (2 * k * T) : 0, 1e-16);
  refuses(token_embeddings_balanced(3, 4, 6, count, y, e), "balanced");
}

Test(token_embeddings, cosines_and_bias_of_the_margin) {
  token_embeddings_cosine c;
  assay_value bias;
  ok(token_embeddings_alignment(3, 10, 5, 1, 1, 0, &c, e));
  agrees_value("bias", c.d_bias, "-.2208");
  agrees_value("limit", c.limit, ".7071067812");
  agrees_value("V_v", c.V_v, "1.53");
  agrees_value("V_p", c.V_p, "1.704");
  ok(token_embeddings_alignment(3, 10, 5, 2, 1, 0, &c, e));
  agrees_value("bias", c.d_bias, "-.3245");
  agrees_value("V_v", c.V_v, "3.52");
  agrees_value("V_p", c.V_p, "3.816");
  ok(token_embeddings_alignment(3, 10, 5, 1, 2, 0, &c, e));
  agrees_value("sigma = 2", c.d_bias, "-.3893");
  static const char *const sds[] = {".7589", ".4330", ".1549"};
  static const double x[] = {.5, 1, 2};
  for (int i = 0; i < 3; i++) {
    ok(token_embeddings_alignment(3, 10, 5, x[i], 1, 1, &c, e));
    agrees("plain sd", sqrt(c.d_variance.value), 0, sds[i]);
    cr_expect_float_eq(c.d_bias.value, x[i] * (x[i] * x[i] / 2 - .25) * pow(1 + x[i] * x[i], -2.5), 1e-14);
  }
  ok(token_embeddings_margin_bias(3, 10, 5, 1, 1, &bias, e));
  agrees_value("a = 1", bias, "-12.846164");
  ok(token_embeddings_margin_bias(3, 10, 5, 2, 1, &bias, e));
  agrees_value("a = 2", bias, "-9.738984");
  ok(token_embeddings_margin_bias(3, 10, 5, 0, 1, &bias, e));
  agrees_value("a = 0", bias, "-14.000000");
}

Test(token_embeddings, frequencies) {
  token_embeddings_frequencies f;
  ok(token_embeddings_frequency_moments(400, 6, 4, 20, &f, e));
  agrees("mean", f.mean_important, 0, ".0208333333");
  agrees("important", f.var_important, 0, "7.59548611e-6");
  agrees("irrelevant", f.var_irrelevant, 0, "2.08333333e-5");
  agrees("covariance", f.cov_irrelevant, 0, "3.47222222e-6");
  ok(token_embeddings_frequency_moments(1000, 5, 2, 50, &f, e));
  agrees("mean", f.mean_important, 0, ".05");
  agrees("important", f.var_important, 0, "7.5e-6");
  agrees("irrelevant", f.var_irrelevant, 0, "3.392e-6");
  agrees("covariance", f.cov_irrelevant, 0, "1.92e-7");
}

Test(token_embeddings, separation) {
  static const struct {
    int n, T, k, m0;
    const char *p;
  } row[] = {{60, 6, 4, 20, ".0024859820"},   {120, 6, 4, 20, ".1556913936"},
             {160, 6, 4, 20, ".3980134191"},  {320, 6, 4, 20, ".9390113822"},
             {30, 5, 2, 50, ".5600841901"},   {60, 5, 2, 50, ".9737417658"},
             {120, 10, 4, 40, ".0777606806"}, {160, 10, 4, 40, ".2915503693"},
             {320, 10, 4, 40, ".9285895392"}, {46, 6, 2, 20, ".4861027731"}};
  assay_value p;
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    ok(token_embeddings_separation(row[i].n, row[i].T, row[i].k, row[i].m0, TOKEN_EMBEDDINGS_POISSONISED, &p,
                                   e));
    agrees_value("p_sep", p, row[i].p);
  }
  static const struct {
    int n, T, k, m0;
    const char *p;
  } exact[] = {{46, 6, 2, 20, ".484467"},
               {30, 5, 2, 50, ".557999"},
               {40, 5, 2, 50, ".811246"},
               {6, 2, 1, 2, ".449218750000"}};
  for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
    ok(token_embeddings_separation(exact[i].n, exact[i].T, exact[i].k, exact[i].m0, TOKEN_EMBEDDINGS_COUNTS,
                                   &p, e));
    agrees_value("exactly", p, exact[i].p);
  }
  ok(token_embeddings_separation(160, 6, 4, 20, TOKEN_EMBEDDINGS_BINOMIAL, &p, e));
  agrees("independent", p.value, 0, ".41151");
  ok(token_embeddings_separation(46, 6, 2, 20, TOKEN_EMBEDDINGS_BINOMIAL, &p, e));
  agrees("independent", p.value, 0, ".49796");
  /* one position a sequence: no irrelevant token at all, so that all important ones have to be seen */
  ok(token_embeddings_separation(1, 1, 1, 3, TOKEN_EMBEDDINGS_COUNTS, &p, e));
  cr_expect_float_eq(p.value, 0, 1e-12);
}

/* Every data set of n sequences: the label, the important token and T - 1 irrelevant ones, as digits of a
 * number. */
static double separated_share(int n, int T, int k, int m0) {
  const int one = 2 * k * (int)lround(pow(m0, T - 1));
  const long all = lround(pow(one, n));
  long separated = 0;
  for (long set = 0; set < all; set++) {
    int S[16] = {0}, least = n, most = 0;
    long rest = set;
    for (int i = 0; i < n; i++, rest /= one) {
      int digits = (int)(rest % one);
      const int chosen = digits % (2 * k), y = chosen < k ? 1 : -1;
      S[chosen]++;
      digits /= 2 * k;
      for (int t = 1; t < T; t++, digits /= m0) S[2 * k + digits % m0] += y;
    }
    for (int s = 0; s < 2 * k; s++) least = S[s] < least ? S[s] : least;
    for (int s = 2 * k; s < 2 * k + m0; s++) most = abs(S[s]) > most ? abs(S[s]) : most;
    separated += most < least;
  }
  return (double)separated / (double)all;
}

Test(token_embeddings, separation_by_enumeration) {
  static const int row[][4] = {{3, 3, 1, 2}, {6, 2, 1, 3}, {5, 2, 1, 4}, {4, 3, 1, 3},
                               {6, 1, 1, 3}, {5, 2, 2, 2}, {7, 2, 1, 2}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    const int *r = row[i];
    assay_value p;
    ok(token_embeddings_separation(r[0], r[1], r[2], r[3], TOKEN_EMBEDDINGS_COUNTS, &p, e));
    cr_expect_float_eq(p.value, separated_share(r[0], r[1], r[2], r[3]), 1e-12,
                       "n = %d, T = %d, k = %d, m0 = %d: %.15g", r[0], r[1], r[2], r[3], p.value);
  }
}

/* With the number of irrelevant positions left open p_sep is off by something of the order of 1/(n T). */
Test(token_embeddings, separation_with_an_open_total) {
  static const int row[][4] = {{46, 6, 2, 20},  {30, 5, 2, 50},  {40, 5, 2, 50},
                               {120, 6, 4, 20}, {160, 6, 4, 20}, {160, 10, 4, 40}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    const int *r = row[i];
    assay_value p, open;
    ok(token_embeddings_separation(r[0], r[1], r[2], r[3], TOKEN_EMBEDDINGS_COUNTS, &p, e));
    ok(token_embeddings_separation(r[0], r[1], r[2], r[3], TOKEN_EMBEDDINGS_POISSONISED, &open, e));
    const double share = (open.value - p.value) * r[0] * r[1];
    cr_expect(share > 0 && share < 1, "n = %d, T = %d: %.3g/(n T)", r[0], r[1], share);
  }
}

/* ---- phase 2 ---- */

Test(token_embeddings, ideal_margins) {
  static const struct {
    double kp, km, m0, ap, am, eta, sigma;
    const char *h, *norm2, *w, *pv;
  } row[] = {
      {3, 3, 10, .03, .03, 100, 1, "3.75", "3.75", ".375", "0.000000"},
      {2, 4, 10, .05, .02, 100, 1, "3.727598566308", "3.727598566308", ".372759856631", ".035842293907"},
      {4, 2, 10, .02, .06, 1000, 1, "3.678193933824", "3.678193933824", ".367819393382", "-.00574448529"},
      {2, 4, 10, .05, .02, 400, .5, "3.726258309592", "14.90503323837", ".372625830959", ".009496676163"},
      {5, 2, 30, .04, .03, 200, 1, "4.300548024228", "4.300548024228", ".143351600808", ".121142197866"},
      {1, 5, 10, .1, .02, 300, 1, "3.75", "3.75", ".375", "0.0000000"}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    const int kp = (int)row[i].kp, km = (int)row[i].km, m0 = (int)row[i].m0, m = kp + km + m0,
              n = (kp + km) * m0;
    token_embeddings_margin r;
    ok(token_embeddings_ideal_margin(row[i].kp, row[i].km, row[i].m0, row[i].ap, row[i].am, row[i].eta,
                                     row[i].sigma, &r, e));
    agrees("h", r.h, 0, row[i].h);
    agrees("norm2", r.norm2, 0, row[i].norm2);
    agrees("w", r.w, 0, row[i].w);
    agrees("pv", r.pv, 0, row[i].pv);
    /* the quadratic program on the ideal Gram matrix, and the tight formula */
    double *count = calloc((size_t)(n * m), sizeof *count), y[400], gam[64], K[64 * 64], q[64], weight[64];
    for (int s = 0; s < m; s++) {
      gam[s] = row[i].eta / 2 * (s < kp ? row[i].ap : s < kp + km ? -row[i].am : 0);
      q[s] = s >= kp + km;
    }
    for (int s = 0; s < kp + km; s++)
      for (int j = 0; j < m0; j++) {
        count[(s * m0 + j) * m + s] = count[(s * m0 + j) * m + kp + km + j] = 1;
        y[s * m0 + j] = s < kp ? 1 : -1;
      }
    for (int s = 0; s < m; s++)
      for (int t = 0; t < m; t++) K[s * m + t] = (s == t) * row[i].sigma * row[i].sigma + gam[s] * gam[t];
    const token_embeddings_data data = {n, m, count, y};
    assay_value norm2, tight;
    ok(token_embeddings_max_margin(&data, K, gam, weight, &norm2, e));
    ok(token_embeddings_tight(K, q, m, &tight, e));
    cr_expect_float_eq(norm2.value, r.norm2, 1e-10 * r.norm2, "QP %.15g, %.15g", norm2.value, r.norm2);
    cr_expect_float_eq(tight.value, r.norm2, 1e-12 * r.norm2);
    cr_expect_lt(norm2.error, 1e-9 * r.norm2);
    free(count);
  }
  token_embeddings_margin r;
  refuses(token_embeddings_ideal_margin(0, 0, 3, 1, 1, 1, 1, &r, e), "kp + km");
}

static void toy_gram(double c, double *K, double *E) {
  token_embeddings_toy_embeddings(c, E);
  for (int s = 0; s < 5; s++)
    for (int r = 0; r < 5; r++) {
      K[5 * s + r] = 0;
      for (int j = 0; j < 6; j++) K[5 * s + r] += E[6 * s + j] * E[6 * r + j];
    }
}

Test(token_embeddings, toy_selection) {
  static const char *const ps[] = {"-.5194340891", "-.1560190748", ".2189080852",
                                   ".3503295910",  "-.4212974940", ".0540921269"};
  double K[25], E[30], weight[5];
  int selected[4];
  assay_value norm2, L;
  toy_gram(1.2, K, E);
  ok(token_embeddings_selection(&token_embeddings_toy, token_embeddings_toy_values, selected, e));
  const int expected[] = {0, 0, 1, 2};
  cr_expect_arr_eq(selected, expected, sizeof expected);
  ok(token_embeddings_max_margin(&token_embeddings_toy, K, token_embeddings_toy_values, weight, &norm2, e));
  agrees_value("norm2", norm2, ".645222833351");
  for (int j = 0; j < 6; j++) {
    double p = 0;
    for (int s = 0; s < 5; s++) p += weight[s] * E[6 * s + j];
    agrees("p_hat", p, 0, ps[j]);
  }
  ok(token_embeddings_least_loss(&token_embeddings_toy, token_embeddings_toy_values, &L, e));
  agrees_value("L*", L, ".152061727649");
  toy_gram(1.3, K, E);
  ok(token_embeddings_max_margin(&token_embeddings_toy, K, token_embeddings_toy_values, weight, &norm2, e));
  agrees_value("c = 1.3", norm2, ".2326056167");
  const double both[] = {1, 1}, rows[] = {1, 1, 1, 1}, values[] = {1, -1};
  const token_embeddings_data clash = {2, 2, rows, both};
  const double signs[] = {1, -1};
  const token_embeddings_data torn = {2, 2, rows, signs};
  ok(token_embeddings_selection(&clash, values, selected, e));
  refuses(token_embeddings_selection(&torn, values, selected, e), "each selected against");
}

Test(token_embeddings, toy_flow) {
  static const double t[] = {0, 1, 10, 1e2, 1e4, 1e6, 1e8};
  static const char *const excess[] = {".260181871382",   ".2268494771",     ".0720268110",
                                       "6.5878436011e-3", "6.4306263927e-5", "6.4471185254e-7",
                                       "6.4510740542e-9"};
  static const char *const norm[] = {"0.0000000000", ".1825400317",   "1.3292358902", "3.2727450995",
                                     "6.9667246833", "10.6482526396", "14.3361208561"};
  static const char *const z[7][5] = {
      {"0.000", "0.000", "0.000", "0.000", "0.000"},
      {".17460836", ".11315988", ".13311804", "-.00478770", "-.15952190"},
      {"1.31802862", ".72472403", "1.03079642", "-.26559893", "-.93016869"},
      {"3.06096398", "1.85407257", "2.76888347", "-.96660747", "-1.98577126"},
      {"6.16284218", "4.44956040", "5.94862694", "-2.44492461", "-3.84756467"},
      {"9.17764311", "7.25387717", "8.98671832", "-4.01413595", "-5.59254573"},
      {"12.16192510", "10.14018479", "11.98012101", "-5.62660001", "-7.28934517"}};
  double K[25], E[30], zero[5] = {0};
  assay_value logits[7][5];
  token_embeddings_state state[7];
  toy_gram(1.2, K, E);
  for (int i = 0; i < 7; i++) state[i].z = logits[i];
  const token_embeddings_flow flow = {token_embeddings_toy, K, token_embeddings_toy_values, zero, 0};
  ok(token_embeddings_flow_at(&flow, t, 7, state, e));
  for (int i = 0; i < 7; i++) {
    agrees("excess", state[i].excess.value, 0, excess[i]);
    cr_expect_leq(state[i].excess.error, 1e-9 * state[i].excess.value, "%g",
                  state[i].excess.error / state[i].excess.value);
    agrees("pnorm", state[i].pnorm.value, 0, norm[i]);
    for (int s = 0; s < 5; s++) agrees("z", logits[i][s].value, 0, z[i][s]);
  }
  static const double late[] = {1e4, 1e6, 1e8, 1e10};
  static const char *const slow[] = {".22807674", ".22991190", ".23083201", ".23132508"};
  toy_gram(1.3, K, E);
  ok(token_embeddings_flow_at(&flow, late, 4, state, e));
  for (int i = 0; i < 4; i++) agrees("t (L - L*)", late[i] * state[i].excess.value, 0, slow[i]);
}

Test(token_embeddings, trajectories) {
  static const struct {
    int k, m0, T;
    double a;
    const char *q[3], *excess[3], *half;
  } row[] = {{3,
              10,
              5,
              2,
              {".3486517996", ".8087408125", ".9837708736"},
              {".2771535428", ".0540574121", ".0039248835"},
              "36.1468907425"},
             {3,
              10,
              3,
              1,
              {".4542595020", ".8004879180", ".9848211657"},
              {".1783309317", ".0576877369", ".0041049196"},
              "27.2073131431"},
             {4,
              20,
              10,
              1.5,
              {".1234903579", ".3743848543", ".9753569765"},
              {".4033990418", ".2498590205", ".0068459684"},
              "124"}};
  static const double at[] = {20, 100, 1000};
  token_embeddings_trajectory r;
  assay_value t;
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < 3; j++) {
      ok(token_embeddings_trajectory_at(row[i].k, row[i].m0, row[i].T, row[i].a, 1, at[j],
                                        TOKEN_EMBEDDINGS_RIGHT, &r, e));
      agrees_value("q", r.q, row[i].q[j]);
      agrees_value("excess", r.excess, row[i].excess[j]);
    }
    ok(token_embeddings_trajectory_time(row[i].k, row[i].m0, row[i].T, row[i].a, 1, log(row[i].T - 1), &t,
                                        e));
    if (i < 2) agrees_value("t_half", t, row[i].half);
  }
  agrees_value("t_half", t, "123.3993601957");
  ok(token_embeddings_trajectory_time(3, 10, 5, 2, 1, 5, &t, e));
  agrees_value("t(5)", t, "628.1307579180");
  ok(token_embeddings_trajectory_time(3, 10, 5, 2, 1, .5, &t, e));
  agrees_value("t(.5)", t, "13.4660260071");
  ok(token_embeddings_trajectory_time(3, 10, 3, 1, 1, 5, &t, e));
  agrees_value("t(5)", t, "1132.4220337802");
  ok(token_embeddings_trajectory_time(4, 20, 10, 1.5, 1, 5, &t, e));
  agrees_value("t(5)", t, "503.1959977636");
  static const double early[] = {5, 20, 50, 100, 1000};
  static const char *const wrong[2][5] = {{".35086", ".40697", ".52520", ".68804", ".97478"},
                                          {".36784", ".48628", ".70786", ".87130", ".99179"}};
  for (int j = 0; j < 5; j++)
    for (int w = 0; w < 2; w++) {
      ok(token_embeddings_trajectory_at(3, 10, 3, 1, 1, early[j],
                                        w ? TOKEN_EMBEDDINGS_FROZEN_SIGMOID : TOKEN_EMBEDDINGS_FROZEN_LOGITS,
                                        &r, e));
      agrees_value("mistake", r.q, wrong[w][j]);
    }
  ok(token_embeddings_transverse(3, 10, 5, 2, 1, .5, &t, e));
  agrees_value("transverse", t, "9.196723475612");
  ok(token_embeddings_transverse(3, 10, 5, 2, 1, 1, &t, e));
  agrees_value("transverse", t, "9.600373997112");
  ok(token_embeddings_transverse(3, 10, 3, 1, 1, .5, &t, e));
  agrees_value("transverse", t, "1.179438664948");
  ok(token_embeddings_trajectory_at(3, 10, 3, 1, 1, 0, TOKEN_EMBEDDINGS_RIGHT, &r, e));
  cr_expect(r.u.value == 0 && fabs(r.q.value - 1. / 3) < 1e-15);
  refuses(token_embeddings_trajectory_at(3, 10, 1, 1, 1, 0, TOKEN_EMBEDDINGS_RIGHT, &r, e), "T = 1");
}

/* The flow on the balanced design with the ideal Gram matrix follows the one equation. */
Test(token_embeddings, balanced_flow_follows_the_trajectory) {
  enum { k = 3, m0 = 10, T = 3, n = 2 * k * m0, m = 2 * k + m0 };
  double count[n * m], y[n], gam[m], zero[m] = {0}, K[m * m];
  static const double t[] = {5, 20, 100, 1000, 1e8};
  assay_value logits[5][m];
  token_embeddings_state state[5];
  ok(token_embeddings_balanced(k, m0, T, count, y, e));
  for (int s = 0; s < m; s++) gam[s] = s < k ? 1 : s < 2 * k ? -1 : 0;
  for (int s = 0; s < m * m; s++) K[s] = (s / m == s % m) + gam[s / m] * gam[s % m];
  for (int i = 0; i < 5; i++) state[i].z = logits[i];
  const token_embeddings_flow flow = {{n, m, count, y}, K, gam, zero, 0};
  ok(token_embeddings_flow_at(&flow, t, 5, state, e));
  for (int i = 0; i < 5; i++) {
    token_embeddings_trajectory r;
    ok(token_embeddings_trajectory_at(k, m0, T, 1, 1, t[i], TOKEN_EMBEDDINGS_RIGHT, &r, e));
    cr_expect_float_eq(logits[i][0].value - logits[i][m - 1].value, r.u.value, 1e-8 * (1 + r.u.value));
    cr_expect_float_eq(state[i].excess.value / r.excess.value, 1, 1e-7);
  }
  cr_expect_float_eq(t[4] * state[4].excess.value, 3.75, 1e-4);
}

Test(token_embeddings, test_gain) {
  static const struct {
    int n, T, k, m0;
    double d, a;
    const char *err0, *refined;
  } row[] = {{200, 10, 4, 20, 400, 2, ".3510053863", ".3511310056"},
             {100, 20, 4, 40, 400, 2, ".4483265504", ".4483417113"},
             {400, 10, 4, 40, 100, 1, ".1791206930", ".1761548793"},
             {800, 6, 3, 20, 200, 1, ".0101568770", ".0086104785"},
             {800, 10, 4, 40, 400, 2, ".0871619186", ".0870531691"}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    token_embeddings_gain g;
    ok(token_embeddings_test_gain(row[i].n, row[i].T, row[i].k, row[i].m0, row[i].d, row[i].a, &g, e));
    agrees_value("err0", g.err0, row[i].err0);
    agrees_value("refined", g.err0_refined, row[i].refined);
    cr_expect_float_eq(g.margin.value, row[i].a / row[i].T, 1e-15);
    cr_expect_lt(g.err0_no_data.value, g.err0.value / 2);
  }
}

/* ---- a whole vocabulary ---- */

/* The same numbers from dense matrices, entry by entry, on a toy whose lengths differ. */
Test(token_embeddings, regression_agrees_with_dense_matrices) {
  enum { n = TOKEN_EMBEDDINGS_TOY_N, m = TOKEN_EMBEDDINGS_TOY_M };
  int start[n + 1] = {0}, token[n * m];
  double count[n * m], length[n], y[n], M[m][m] = {{0}}, P[m][m] = {{0}}, S[m][m], alpha[m], a2[m], b2[m];
  const double eta = 7, sigma = 1.3, d = 50, eps2 = sigma * sigma / d;
  token_embeddings_regression r;
  assay_error error;
  for (int i = 0; i < n; i++) {
    start[i + 1] = start[i];
    length[i] = 0;
    y[i] = token_embeddings_toy.y[i];
    for (int s = 0; s < m; s++) {
      const double c = token_embeddings_toy.count[i * m + s];
      length[i] += c;
      if (c > 0) token[start[i + 1]] = s, count[start[i + 1]++] = c;
    }
  }
  const token_embeddings_sequences data = {n, m, start, token, count, length, y};
  cr_assert_eq(token_embeddings_step_regression(&data, eta, sigma, d, &r, &error), ASSAY_OK, "%s",
               error.text);
  cr_assert_eq(token_embeddings_signed_frequency(&token_embeddings_toy, alpha, &error), ASSAY_OK);
  cr_assert_eq(token_embeddings_step_mean(&token_embeddings_toy, 0, a2, b2, &error), ASSAY_OK);
  for (int i = 0; i < n; i++)
    for (int s = 0; s < m; s++)
      for (int t = 0; t < m; t++) {
        const double u = token_embeddings_toy.count[i * m + s] * token_embeddings_toy.count[i * m + t] /
                         (length[i] * length[i] * n);
        M[s][t] += u;
        P[s][t] -= y[i] * u;
      }
  for (int s = 0; s < m; s++) P[s][s] += alpha[s];
  double aa = 0, a2a = 0, along = 0, all = 0, trace = 0, squares = 0, sSs = 0;
  for (int s = 0; s < m; s++) {
    double Ma = 0, Pa = 0;
    aa += alpha[s] * alpha[s];
    a2a += a2[s] * alpha[s];
    for (int t = 0; t < m; t++) {
      Ma += M[s][t] * alpha[t];
      Pa += P[s][t] * alpha[t];
      all += M[s][t] * M[s][t] / 16 + P[s][t] * P[s][t] / 4;
      S[s][t] = 0;
      for (int q = 0; q < m; q++)
        S[s][t] += ((s == q) - eta / 4 * M[s][q]) * ((t == q) - eta / 4 * M[t][q]) +
                   eta * eta / 4 * P[s][q] * P[t][q];
    }
    along += Ma * Ma / 16 + Pa * Pa / 4;
  }
  for (int s = 0; s < m; s++)
    for (int t = 0; t < m; t++) {
      trace += s == t ? S[s][s] : 0;
      squares += S[s][t] * S[s][t];
      sSs += eta * eta / 4 * alpha[s] * S[s][t] * alpha[t];
    }
  const double ss = eta * eta / 4 * aa, w = eps2 * trace / ss, R = eps2 * all, R1 = eps2 * along / aa;
  cr_expect_float_eq(r.slope, 1 + 2 * eps2 * a2a / aa, 1e-14);
  cr_expect_float_eq(r.slope_sd, 2 * sqrt(R1) / sqrt(aa), 1e-14);
  cr_expect_float_eq(r.unexplained, (R - R1) / (R + aa / 4), 1e-14);
  cr_expect_float_eq(r.cosine, 1 / sqrt(1 + w), 1e-14);
  cr_expect_float_eq(
      r.cosine_sd,
      pow(1 + w, -1.5) * sqrt(eps2 * eps2 * squares / (2 * ss * ss) + w * w * eps2 * sSs / (ss * ss)), 1e-14);
}

/* One token, or labels that cancel: nothing to align with. */
Test(token_embeddings, regression_without_a_signal_is_refused) {
  int start[] = {0, 1, 2}, token[] = {0, 0};
  double count[] = {3, 2}, length[] = {3, 2}, y[] = {1, -1};
  token_embeddings_sequences data = {2, 1, start, token, count, length, y};
  token_embeddings_regression r;
  assay_error error;
  cr_expect_eq(token_embeddings_step_regression(&data, 1, 1, 10, &r, &error), ASSAY_DOMAIN);
  y[1] = 1; /* one class only: alpha = 1 */
  cr_expect_eq(token_embeddings_step_regression(&data, 1, 1, 10, &r, &error), ASSAY_OK, "%s", error.text);
  cr_expect_float_eq(r.unexplained, 0, 1e-15);
  cr_expect_eq(token_embeddings_step_regression(&data, 0, 1, 10, &r, &error), ASSAY_DOMAIN);
}

static double of_word(const token_embeddings_mails *mails, const double *x, const char *word) {
  for (int s = 0; s < mails->train.m; s++)
    if (!strcmp(mails->word[s], word)) return x[s];
  return NAN;
}

Test(token_embeddings, mails_have_the_known_frequencies) {
  static const struct {
    const char *word;
    double alpha;
  } known[] = {{"the", -.0152787432}, {"your", .0061439399},  {"you", .0061131903},
               {"free", .0026642504}, {"http", -.0075607064}, {"nbsp", .0097173448}};
  token_embeddings_mails mails;
  assay_error error;
  double alpha[TOKEN_EMBEDDINGS_VOCABULARY];
  if (data_check("spam-assassin", &error) != ASSAY_OK) return;
  cr_assert_eq(token_embeddings_read_mails(-1, &mails, &error), ASSAY_OK, "%s", error.text);
  cr_expect(mails.train.n == 4253 && mails.test.n == 0);
  token_embeddings_sparse_frequency(&mails.train, NULL, alpha);
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    cr_expect_float_eq(of_word(&mails, alpha, known[i].word), known[i].alpha, 6e-11, "%s: %.12g",
                       known[i].word, of_word(&mails, alpha, known[i].word));
  token_embeddings_free_mails(&mails);
}

Test(token_embeddings, splits_are_balanced_and_disjoint_enough) {
  token_embeddings_mails a, b;
  assay_error error;
  double sum = 0;
  if (data_check("spam-assassin", &error) != ASSAY_OK) return;
  cr_assert_eq(token_embeddings_read_mails(0, &a, &error), ASSAY_OK, "%s", error.text);
  cr_assert_eq(token_embeddings_read_mails(1, &b, &error), ASSAY_OK, "%s", error.text);
  cr_expect(a.train.n <= 2400 && a.train.n > 2380 && a.test.n <= 1312 && a.test.n > 1290, "%d %d", a.train.n,
            a.test.n);
  for (int i = 0; i < a.train.n; i++) sum += a.train.y[i];
  cr_expect(fabs(sum) < 20);
  cr_expect(a.train.start[a.train.n] != b.train.start[b.train.n]);
  /* Predictions of other splits lie in the range that was seen. */
  token_embeddings_regression r;
  for (int i = 0; i < 2; i++) {
    cr_assert_eq(token_embeddings_step_regression(i ? &b.train : &a.train, 400, 1, 256, &r, &error),
                 ASSAY_OK);
    cr_expect(r.slope_sd > .011 && r.slope_sd < .0135 && r.cosine > .943 && r.cosine < .949 &&
                  r.cosine_sd > .0024 && r.cosine_sd < .003 && r.unexplained > .0028 && r.unexplained < .0038,
              "%g %g %g %g", r.slope_sd, r.unexplained, r.cosine, r.cosine_sd);
  }
  token_embeddings_free_mails(&a);
  token_embeddings_free_mails(&b);
}

Test(token_embeddings, half_of_the_data_sets_are_separated) {
  assay_value n[3], p;
  assay_error error;
  const char *printed[] = {"11.156644", "46.709122", "176.651305"};
  for (int i = 0; i < 3; i++) {
    cr_assert_eq(token_embeddings_half(6, 1 << i, 20, TOKEN_EMBEDDINGS_POISSONISED, &n[i], &error), ASSAY_OK,
                 "%s", error.text);
    agrees("n_half", n[i].value, n[i].error, printed[i]);
  }
  cr_expect_float_eq(log2(n[1].value / n[0].value), 2.07, .005);
  cr_expect_float_eq(log2(n[2].value / n[1].value), 1.92, .005);
  cr_assert_eq(token_embeddings_separation(40, 5, 2, 50, TOKEN_EMBEDDINGS_NORMAL, &p, &error), ASSAY_OK);
  cr_expect_float_eq(p.value, .8507, 6e-5, "%.6f", p.value); /* .811246 exactly */
}
