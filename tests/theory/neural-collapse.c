#include "theory/neural-collapse/neural-collapse.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void agrees(const char *what, assay_value v, const char *printed) {
  const char *point = strchr(printed, '.');
  const double unit = .5 * pow(10, point ? -(double)strspn(point + 1, "0123456789") : 0);
  cr_expect(fabs(v.value - strtod(printed, NULL)) <= 1.000001 * unit, "%s: %.14g, not %s", what, v.value,
            printed);
  cr_expect(v.error >= 0 && v.error <= 1e-9 * fabs(v.value) + 1e-14, "%s: error %.3g of %.6g", what, v.error,
            v.value);
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

Test(neural_collapse, cross_entropy_optima) {
  static const struct {
    double K, lw;
    const char *w, *g, *w8, *F8;
  } row[] = {{2, .1, "1.064017259233", ".225712235451", "1.128839386359", ".279536346339"},
             {3, .005, "2.821595465848", ".088332182078", "3.220466020507", ".118874025095"},
             {4, .01, "2.658285388552", ".224437967872", "2.975109539635", ".295321136155"},
             {10, .005, "3.489855425716", ".475317189114", "3.899893373638", ".627881923031"},
             {10, .0005, "5.315464562744", ".094845718007", "6.206251243652", ".131827973142"}};
  assay_value F, w;
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    ok(neural_collapse_bound(NEURAL_COLLAPSE_CE, row[i].K, row[i].lw, 1, &F, &w, e));
    agrees("w", w, row[i].w);
    agrees("g*", F, row[i].g);
    ok(neural_collapse_bound(NEURAL_COLLAPSE_CE, row[i].K, row[i].lw, .8, &F, &w, e));
    agrees("w(.8)", w, row[i].w8);
    agrees("F(.8)", F, row[i].F8);
  }
  ok(neural_collapse_bound(NEURAL_COLLAPSE_CE, 7, .01, 0, &F, &w, e));
  cr_expect(w.value == 0 && fabs(F.value - log(7)) < 1e-15);
  ok(neural_collapse_bound(NEURAL_COLLAPSE_CE, 10, .01, 1, &F, &w, e));
  agrees("decay lw for lw/2", F, ".72708");
  refuses(neural_collapse_bound(NEURAL_COLLAPSE_CE, 1, .01, 1, &F, &w, e), "two classes");
}

Test(neural_collapse, squared_loss_ambiguous_and_decayed_features) {
  assay_value g, w;
  neural_collapse_decayed r;
  ok(neural_collapse_bound(NEURAL_COLLAPSE_MSE, 4, .01, 1, &g, &w, e));
  agrees("w", w, ".961538461538");
  agrees("g*", g, ".019230769231");
  ok(neural_collapse_bound(NEURAL_COLLAPSE_MSE, 10, .02, 1, &g, &w, e));
  agrees("w", w, ".833333333333");
  agrees("g*", g, ".083333333333");
  ok(neural_collapse_mse_bias(4, .01, &g, &w, e));
  agrees("w", w, ".728155339806");
  agrees("g*", g, ".010922330097");
  ok(neural_collapse_mse_bias(10, .02, &g, &w, e));
  agrees("w", w, ".762711864407");
  agrees("g*", g, ".068644067797");
  static const struct {
    double K, lw, q;
    const char *w, *g;
  } row[] = {{4, .01, .1, "2.057968156474", ".535526237321"},
             {3, .005, .3, ".995646673415", ".826476436965"},
             {10, .005, .2, "2.657587196565", "1.152205989216"}};
  for (int i = 0; i < 3; i++) {
    ok(neural_collapse_ambiguous(row[i].K, row[i].lw, row[i].q, &g, &w, e));
    agrees("w", w, row[i].w);
    agrees("g*", g, row[i].g);
  }
  ok(neural_collapse_ambiguous(4, .01, .8, &g, &w, e));
  cr_expect(w.value == 0 && fabs(g.value - log(4)) < 1e-15);
  ok(neural_collapse_feature_decay(NEURAL_COLLAPSE_CE, 4, 5, .01, .01, &r, e));
  agrees("p", r.p, "2.798259912817");
  agrees("J", r.J, ".319721988032");
  agrees("|u|", r.u_norm, "2.501419473773");
  agrees("|h|", r.h_norm, "1.118668796720");
  ok(neural_collapse_feature_decay(NEURAL_COLLAPSE_MSE, 4, 5, .01, .01, &r, e));
  agrees("p", r.p, ".910557280900");
  agrees("J", r.J, ".085442719100");
  ok(neural_collapse_feature_decay(NEURAL_COLLAPSE_CE, 4, 5, .1, .1, &r, e));
  agrees("p", r.p, ".290035782581");
  agrees("J", r.J, "1.370567650306");
  ok(neural_collapse_feature_decay(NEURAL_COLLAPSE_MSE, 4, 5, .1, .1, &r, e));
  agrees("p", r.p, ".105572809000");
  agrees("J", r.J, ".494427191000");
  ok(neural_collapse_feature_decay(NEURAL_COLLAPSE_CE, 4, 5, .12, .12, &r, e));
  cr_expect(r.p.value == 0 && fabs(r.J.value - log(4)) < 1e-15);
}

Test(neural_collapse, depth_law) {
  static const struct {
    neural_collapse_chain chain;
    const char *NC1, *J;
  } row[] = {{{3, 2, M_PI / 4, .005, .005, 1, NEURAL_COLLAPSE_CE}, ".015710176334", ".0948730052187"},
             {{3, 2, M_PI / 4, .005, .005, 2, NEURAL_COLLAPSE_CE}, ".031549509132", ".0941690361731"},
             {{3, 2, M_PI / 4, .005, .005, 4, NEURAL_COLLAPSE_CE}, ".022948487105", ".0923760812923"},
             {{3, 2, M_PI / 4, .005, .005, 8, NEURAL_COLLAPSE_CE}, ".013813505658", ".0909160548468"},
             {{3, 2, M_PI / 4, .005, .005, 16, NEURAL_COLLAPSE_CE}, ".007842600205", ".0899249394412"},
             {{3, 2, M_PI / 4, .005, .005, 32, NEURAL_COLLAPSE_CE}, ".0043591616611", ".0892945201398"},
             {{3, 2, M_PI / 4, .005, .005, 64, NEURAL_COLLAPSE_CE}, ".0023995428493", ".0889055040744"},
             {{10, 2, M_PI / 4, .005, .005, 1, NEURAL_COLLAPSE_CE}, ".0066100950386", ".498272991089"},
             {{10, 2, M_PI / 4, .005, .005, 4, NEURAL_COLLAPSE_CE}, ".016876430435", ".491839752286"},
             {{10, 2, M_PI / 4, .005, .005, 64, NEURAL_COLLAPSE_CE}, ".0019079178633", ".477714472283"},
             {{4, 3, 1, .01, .002, 2, NEURAL_COLLAPSE_CE}, ".0017871711253", ".232222240500"},
             {{4, 3, 1, .01, .002, 8, NEURAL_COLLAPSE_CE}, ".0066515025243", ".228050675426"},
             {{4, 3, 1, .01, .002, 64, NEURAL_COLLAPSE_CE}, ".00098044067168", ".225110828601"},
             {{3, 2, M_PI / 4, .05, .01, 1, NEURAL_COLLAPSE_MSE}, NULL, ".076643468752"},
             {{3, 2, M_PI / 4, .05, .01, 4, NEURAL_COLLAPSE_MSE}, NULL, ".07199594361"},
             {{3, 2, M_PI / 4, .05, .01, 64, NEURAL_COLLAPSE_MSE}, NULL, ".0663215683054"}};
  static const char *const tan2[] = {".052577053718", ".045746492709", ".0053956622626"};
  neural_collapse_depth r;
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    ok(neural_collapse_depth_law(&row[i].chain, NEURAL_COLLAPSE_RIGHT, &r, e));
    agrees("J", r.J, row[i].J);
    if (row[i].NC1)
      agrees("NC1", r.NC1, row[i].NC1);
    else
      agrees("tan2", r.tan2, tan2[i - 13]);
  }
  const neural_collapse_chain L8 = row[3].chain;
  ok(neural_collapse_depth_law(&L8, NEURAL_COLLAPSE_RIGHT, &r, e));
  agrees("tau", r.tau, "2.1410542");
  agrees("decay", r.decay, ".001761277");
  static const struct {
    neural_collapse_mistake mistake;
    const char *NC1;
  } wrong[] = {
      {NEURAL_COLLAPSE_MEANS_ONLY, ".02689"}, {NEURAL_COLLAPSE_DEVIATIONS_ONLY, ".02129"}, {NEURAL_COLLAPSE_NO_DEPTH, ".0690"}};
  for (int i = 0; i < 3; i++) {
    ok(neural_collapse_depth_law(&L8, wrong[i].mistake, &r, e));
    agrees("mistake", r.NC1, wrong[i].NC1);
  }
  ok(neural_collapse_depth_law(&row[10].chain, NEURAL_COLLAPSE_EQUAL_SPLIT, &r, e));
  agrees("equal split", r.NC1, ".013609");
}

Test(neural_collapse, rates) {
  static const struct {
    int L;
    const char *ratio;
  } row[] = {{8, "1.0221"}, {16, "1.0251"}, {64, "1.0115"}, {1024, "1.0012"}, {4096, "1.0003"}};
  for (int i = 0; i < 5; i++) {
    const neural_collapse_chain chain = {3, 2, M_PI / 4, .005, .005, row[i].L, NEURAL_COLLAPSE_CE};
    neural_collapse_depth exact;
    neural_collapse_rate rate;
    ok(neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &exact, e));
    ok(neural_collapse_asymptotics(&chain, &rate, e));
    agrees("exact over asymptotic", (assay_value){exact.tan2.value / rate.tan2.value, 0}, row[i].ratio);
  }
  static const double L[] = {4, 8, 16, 32, 64};
  static const char *const slopes[] = {"-.9932948", ".0033526", ".3355684"};
  for (int p = 1; p <= 3; p++) {
    assay_value slope;
    ok(neural_collapse_transport_exponent(p, 1, L, 5, &slope, e));
    agrees("exponent", slope, slopes[p - 1]);
  }
}

Test(neural_collapse, transport) {
  static const struct {
    int L;
    const char *rho, *J;
  } row[] = {{1, ".101919778342", "-.864701063246"},
             {2, ".138073885129", "-.900118873551"},
             {4, ".085685099397", "-.942713209862"},
             {8, ".046265520913", "-.969698243299"},
             {32, ".012061678817", "-.992155901241"}};
  static const double targets[] = {3, 1.5, .4}, s[] = {.1, .3};
  static const char *const products[] = {".135182039462", ".058258482925", ".013767544676"};
  assay_value rho, J;
  for (int i = 0; i < 5; i++) {
    ok(neural_collapse_turn(row[i].L, 1.3, .3, 0, &rho, &J, e));
    agrees("rho", rho, row[i].rho);
    agrees("J", J, row[i].J);
  }
  for (int i = 0; i < 3; i++) {
    ok(neural_collapse_product(i == 2 ? 16 : 2 << i, targets, 3, .2, &J, e));
    agrees("product", J, products[i]);
  }
  /* the same cost as the depth law's decay at its tau */
  const neural_collapse_chain chain = {4, 3, 1, .01, .002, 2, NEURAL_COLLAPSE_CE};
  neural_collapse_depth r;
  ok(neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &r, e));
  ok(neural_collapse_contraction(2, r.tau.value, 3, 8, &J, e));
  cr_expect_float_eq(chain.lb / 2 * J.value, r.decay.value, 1e-12);
  ok(neural_collapse_least_angle(1, s, 2, &rho, e));
  cr_expect_float_eq(tan(rho.value / 2), tan(.5) * .9 / 1.1 * .7 / 1.3, 1e-15);
  refuses(neural_collapse_turn(2, 2, .3, 0, &rho, &J, e), "pi/2");
}
