#include "theory/neural-collapse/neural-collapse.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/neural-collapse.h"

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
  } row[] = {{{3, 2, M_PI / 4, .005, .005, 1, NEURAL_COLLAPSE_CE, 0}, ".015710176334", ".0948730052187"},
             {{3, 2, M_PI / 4, .005, .005, 2, NEURAL_COLLAPSE_CE, 0}, ".031549509132", ".0941690361731"},
             {{3, 2, M_PI / 4, .005, .005, 4, NEURAL_COLLAPSE_CE, 0}, ".022948487105", ".0923760812923"},
             {{3, 2, M_PI / 4, .005, .005, 8, NEURAL_COLLAPSE_CE, 0}, ".013813505658", ".0909160548468"},
             {{3, 2, M_PI / 4, .005, .005, 16, NEURAL_COLLAPSE_CE, 0}, ".007842600205", ".0899249394412"},
             {{3, 2, M_PI / 4, .005, .005, 32, NEURAL_COLLAPSE_CE, 0}, ".0043591616611", ".0892945201398"},
             {{3, 2, M_PI / 4, .005, .005, 64, NEURAL_COLLAPSE_CE, 0}, ".0023995428493", ".0889055040744"},
             {{10, 2, M_PI / 4, .005, .005, 1, NEURAL_COLLAPSE_CE, 0}, ".0066100950386", ".498272991089"},
             {{10, 2, M_PI / 4, .005, .005, 4, NEURAL_COLLAPSE_CE, 0}, ".016876430435", ".491839752286"},
             {{10, 2, M_PI / 4, .005, .005, 64, NEURAL_COLLAPSE_CE, 0}, ".0019079178633", ".477714472283"},
             {{4, 3, 1, .01, .002, 2, NEURAL_COLLAPSE_CE, 0}, ".0017871711253", ".232222240500"},
             {{4, 3, 1, .01, .002, 8, NEURAL_COLLAPSE_CE, 0}, ".0066515025243", ".228050675426"},
             {{4, 3, 1, .01, .002, 64, NEURAL_COLLAPSE_CE, 0}, ".00098044067168", ".225110828601"},
             {{3, 2, M_PI / 4, .05, .01, 1, NEURAL_COLLAPSE_MSE, 0}, NULL, ".076643468752"},
             {{3, 2, M_PI / 4, .05, .01, 4, NEURAL_COLLAPSE_MSE, 0}, NULL, ".07199594361"},
             {{3, 2, M_PI / 4, .05, .01, 64, NEURAL_COLLAPSE_MSE, 0}, NULL, ".0663215683054"}};
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
  } wrong[] = {{NEURAL_COLLAPSE_MEANS_ONLY, ".02689"},
               {NEURAL_COLLAPSE_DEVIATIONS_ONLY, ".02129"},
               {NEURAL_COLLAPSE_NO_DEPTH, ".0690"}};
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
    const neural_collapse_chain chain = {3, 2, M_PI / 4, .005, .005, row[i].L, NEURAL_COLLAPSE_CE, 0};
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
  const neural_collapse_chain chain = {4, 3, 1, .01, .002, 2, NEURAL_COLLAPSE_CE, 0};
  neural_collapse_depth r;
  ok(neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &r, e));
  ok(neural_collapse_contraction(2, r.tau.value, 3, 8, &J, e));
  cr_expect_float_eq(chain.lb / 2 * J.value, r.decay.value, 1e-12);
  ok(neural_collapse_least_angle(1, s, 2, &rho, e));
  cr_expect_float_eq(tan(rho.value / 2), tan(.5) * .9 / 1.1 * .7 / 1.3, 1e-15);
  refuses(neural_collapse_turn(2, 2, .3, 0, &rho, &J, e), "pi/2");
}

Test(neural_collapse, depth_law_of_transformers) {
  static const struct {
    neural_collapse_chain chain;
    const char *NC1, *J;
  } row[] = {{{3, 2, M_PI / 4, .005, .005, 1, NEURAL_COLLAPSE_CE, 1}, ".021170762316", ".0946769816268"},
             {{3, 2, M_PI / 4, .005, .005, 2, NEURAL_COLLAPSE_CE, 1}, ".028539763209", ".0931886483399"},
             {{3, 2, M_PI / 4, .005, .005, 4, NEURAL_COLLAPSE_CE, 1}, ".017480571594", ".0914387367094"},
             {{3, 2, M_PI / 4, .005, .005, 8, NEURAL_COLLAPSE_CE, 1}, ".0097939383075", ".0902369690954"},
             {{3, 2, M_PI / 4, .005, .005, 16, NEURAL_COLLAPSE_CE, 1}, ".0053829801324", ".0894792416078"},
             {{3, 2, M_PI / 4, .005, .005, 32, NEURAL_COLLAPSE_CE, 1}, ".0029435476911", ".0890149049256"},
             {{3, 2, M_PI / 4, .005, .005, 64, NEURAL_COLLAPSE_CE, 1}, ".0016048530747", ".0887345028073"},
             {{4, 3, .9, .01, .004, 2, NEURAL_COLLAPSE_CE, 1}, ".0243410672", NULL},
             {{4, 3, .9, .01, .004, 4, NEURAL_COLLAPSE_CE, 1}, ".0134618326", NULL}};
  static const char *const excess[] = {".0103421120", ".0061379859"};
  neural_collapse_depth r, without;
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    ok(neural_collapse_depth_law(&row[i].chain, NEURAL_COLLAPSE_RIGHT, &r, e));
    agrees("NC1", r.NC1, row[i].NC1);
    if (row[i].J)
      agrees("J", r.J, row[i].J);
    else
      agrees("J - g*", (assay_value){r.J.value - r.gstar.value, 0}, excess[i - 7]);
    ok(neural_collapse_depth_law(&row[i].chain, NEURAL_COLLAPSE_NO_ATTENTION, &without, e));
    cr_expect_gt(without.J.value, r.J.value); /* attention helps */
  }
  const neural_collapse_chain deep = {3, 2, M_PI / 4, .005, .005, 4096, NEURAL_COLLAPSE_CE, 1};
  neural_collapse_rate rate;
  ok(neural_collapse_depth_law(&deep, NEURAL_COLLAPSE_RIGHT, &r, e));
  ok(neural_collapse_asymptotics(&deep, &rate, e));
  cr_expect_float_eq(r.tan2.value / rate.tan2.value, 1, 1e-3);
  neural_collapse_chain half = deep;
  half.L = 2.5;
  refuses(neural_collapse_depth_law(&half, NEURAL_COLLAPSE_RIGHT, &r, e), "whole");
}

Test(neural_collapse, two_matrices_in_each_block) {
  static const struct {
    neural_collapse_branch branch;
    double L, lb;
    const char *NC1, *excess;
  } row[] = {{NEURAL_COLLAPSE_CONTRACTS, 1, .005, ".01597397", ".01405503"},
             {NEURAL_COLLAPSE_CONTRACTS, 16, .005, ".01597397", ".01405503"},
             {NEURAL_COLLAPSE_EXPANDS, 4, .005, ".11458691", ".01913606"},
             {NEURAL_COLLAPSE_EXPANDS, 8, .005, ".10039296", ".01824127"},
             {NEURAL_COLLAPSE_EXPANDS, 16, .005, ".09340831", ".01778326"},
             {NEURAL_COLLAPSE_EXPANDS, INFINITY, .005, ".08652070", ".01731856"},
             {NEURAL_COLLAPSE_CONTRACTS, 2, .005 / 2, ".0039564261", ".0072643"},
             {NEURAL_COLLAPSE_CONTRACTS, 4, .005 / 4, ".00098681596", ".0036911"},
             {NEURAL_COLLAPSE_CONTRACTS, 8, .005 / 8, ".00024656123", ".0018603"}};
  neural_collapse_depth r;
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    const neural_collapse_chain chain = {3, 2, M_PI / 4, .005, row[i].lb, row[i].L, NEURAL_COLLAPSE_CE, 0};
    ok(neural_collapse_two_matrices(&chain, row[i].branch, &r, e));
    agrees("NC1", r.NC1, row[i].NC1);
    agrees("J - g*", (assay_value){r.J.value - r.gstar.value, 0}, row[i].excess);
  }
  const neural_collapse_chain dear = {3, 2, M_PI / 4, .005, 5, 4, NEURAL_COLLAPSE_CE, 0};
  refuses(neural_collapse_two_matrices(&dear, NEURAL_COLLAPSE_EXPANDS, &r, e), "interior minimum");
}

/* The optimum with one matrix shared by all blocks: printed values, and the depth law on symmetric data. */
Test(neural_collapse, shared_matrix) {
  static const struct {
    int K, n, d;
    double phi;
    int L;
    const char *J, *NC1;
  } row[] = {{3, 4, 8, M_PI / 4, 2, ".09859138665", NULL},
             {3, 4, 8, M_PI / 4, 4, ".0954946525496", ".0387371715053"},
             {3, 4, 8, M_PI / 4, 8, ".0929622622765", ".0225700483137"},
             {3, 4, 8, M_PI / 4, 16, ".0911869355571", ".0123123651872"},
             {3, 4, 8, M_PI / 4, 32, ".0900360481336", ".0065484453141"},
             {4, 3, 10, .7, 4, ".1508371098765", ".0272345902406"},
             {4, 3, 10, .7, 8, ".1480267911952", ".0159459873136"},
             {4, 3, 10, .7, 16, ".1461101472343", ".0088523749940"},
             {3, 8, 4, M_PI / 4, 4, NULL, ".353"},
             {3, 8, 4, M_PI / 4, 8, NULL, ".346"},
             {3, 8, 4, M_PI / 4, 16, NULL, ".337"},
             {3, 8, 4, M_PI / 4, 32, NULL, ".330"}};
  static const char *const plateau[] = {".0909546", ".0889107", ".0872958", ".0862224"};
  neural_collapse_tied r;
  double X[24 * 10];
  assay_value gstar, w;
  ok(neural_collapse_bound(NEURAL_COLLAPSE_CE, 3, .005, 1, &gstar, &w, e));
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    const neural_collapse_set set = {NEURAL_COLLAPSE_DET, row[i].K, row[i].n, row[i].d, row[i].phi, false, 1};
    ok(neural_collapse_samples(&set, X, e));
    ok(neural_collapse_tied_optimum(X, row[i].K, row[i].n, row[i].d, .005, .005, row[i].L, &r, e));
    if (row[i].J)
      agrees("J", r.J, row[i].J);
    else
      agrees("J - g*", (assay_value){r.J.value - gstar.value, 0}, plateau[i - 8]);
    if (row[i].NC1) agrees("NC1", r.NC1, row[i].NC1);
  }
  const neural_collapse_set sym = {NEURAL_COLLAPSE_SYM, 4, 3, 11, .9, false, 1};
  const neural_collapse_chain chain = {4, 3, .9, .01, .004, 16, NEURAL_COLLAPSE_CE, 0};
  neural_collapse_depth law;
  ok(neural_collapse_samples(&sym, X, e));
  ok(neural_collapse_tied_optimum(X, 4, 3, 11, .01, .004, 16, &r, e));
  ok(neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &law, e));
  cr_expect_float_eq(r.J.value, law.J.value, 1e-13);
  cr_expect_float_eq(r.NC1.value, law.NC1.value, 1e-10 * law.NC1.value);
  /* the penalty must not grow with depth: lb L in place of lb */
  static const char *const grown[] = {".0147851", ".0145242", ".0143403"};
  const neural_collapse_set det = {NEURAL_COLLAPSE_DET, 3, 4, 8, M_PI / 4, false, 1};
  ok(neural_collapse_samples(&det, X, e));
  for (int i = 0; i < 3; i++) {
    const double L = 4 << i;
    ok(neural_collapse_tied_optimum(X, 3, 4, 8, .005, .005 * L, L, &r, e));
    agrees("penalty that does not fall", (assay_value){r.J.value - gstar.value, 0}, grown[i]);
  }
  /* what linear maps leave of det(3,8,4) at no cost */
  const neural_collapse_set crowded = {NEURAL_COLLAPSE_DET, 3, 8, 4, M_PI / 4, false, 1};
  ok(neural_collapse_samples(&crowded, X, e));
  ok(neural_collapse_tied_optimum(X, 3, 8, 4, .005, 1e-5, 1e6, &r, e));
  cr_expect(r.J.value - gstar.value > .0846291563 && r.J.value - gstar.value < .0846291573, "%.10f",
            r.J.value - gstar.value);
  refuses(neural_collapse_tied_optimum(X, 3, 4, 8, .005, 0, 4, &r, e), "decays > 0");
  refuses(neural_collapse_tied_optimum(X, 3, 4, 8, .005, .005, 1, &r, e), "L >= 2");
}

Test(neural_collapse, training_sets) {
  const neural_collapse_set det = {NEURAL_COLLAPSE_DET, 3, 4, 8, M_PI / 4, false, 1};
  double X[12 * 8];
  ok(neural_collapse_samples(&det, X, e));
  agrees("x_0", (assay_value){X[0], 0}, ".72753626");
  agrees("x_0", (assay_value){X[1], 0}, "-.37317972");
  agrees("x_0", (assay_value){X[2], 0}, "-.37895044");
  for (int kind = 0; kind < 3; kind++) {
    const neural_collapse_set set = {(neural_collapse_data)kind, 3, 2, 8, .6, kind == 0, 7};
    ok(neural_collapse_samples(&set, X, e));
    for (int i = 0; i < 6; i++) {
      double square = 0;
      for (int j = 0; j < 8; j++) square += X[i * 8 + j] * X[i * 8 + j];
      cr_expect_float_eq(square, 1, 1e-14);
    }
  }
  const neural_collapse_set narrow = {NEURAL_COLLAPSE_SYM, 3, 2, 4, .6, false, 1},
                            flat = {NEURAL_COLLAPSE_DET, 3, 2, 4, 2, false, 1};
  refuses(neural_collapse_samples(&narrow, X, e), "at least 5");
  refuses(neural_collapse_samples(&flat, X, e), "pi/2");
}

/* The rest of the printed depth laws. */
Test(neural_collapse, more_depth_laws) {
  static const struct {
    neural_collapse_chain chain;
    const char *NC1, *J;
  } row[] = {{{10, 2, M_PI / 4, .005, .005, 2, NEURAL_COLLAPSE_CE, 0}, ".011250370151", "-.497721772562"},
             {{10, 2, M_PI / 4, .005, .005, 8, NEURAL_COLLAPSE_CE, 0}, ".010621312458", "-.486047665252"},
             {{10, 2, M_PI / 4, .005, .005, 16, NEURAL_COLLAPSE_CE, 0}, ".0061527926607", "-.481973007646"},
             {{10, 2, M_PI / 4, .005, .005, 32, NEURAL_COLLAPSE_CE, 0}, ".0034521100228", "-.479344595764"},
             {{4, 3, 1, .01, .002, 1, NEURAL_COLLAPSE_CE, 0}, ".0014183950569", "-.232244264308"},
             {{4, 3, 1, .01, .002, 4, NEURAL_COLLAPSE_CE, 0}, ".011627147508", "-.230537461484"},
             {{4, 3, 1, .01, .002, 16, NEURAL_COLLAPSE_CE, 0}, ".0035251874558", "-.226510447910"},
             {{4, 3, 1, .01, .002, 32, NEURAL_COLLAPSE_CE, 0}, ".0018543318535", "-.225619865352"},
             {{2, 4, .6, .02, .02, 2, NEURAL_COLLAPSE_CE, 0}, ".0919921", ".008743446"},
             {{2, 4, .6, .02, .02, 8, NEURAL_COLLAPSE_CE, 0}, ".03098521", ".003953002"},
             {{2, 4, .6, .02, .02, 32, NEURAL_COLLAPSE_CE, 0}, ".009816707", ".001596109"},
             {{5, 2, M_PI / 3, .002, .01, 2, NEURAL_COLLAPSE_CE, 0}, ".08609236", ".02062239"},
             {{5, 2, M_PI / 3, .002, .01, 8, NEURAL_COLLAPSE_CE, 0}, ".0400657", ".00943811"},
             {{5, 2, M_PI / 3, .002, .01, 32, NEURAL_COLLAPSE_CE, 0}, ".0128389", ".003555572"}};
  neural_collapse_depth r;
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) { /* a minus: J itself, else J - g* */
    ok(neural_collapse_depth_law(&row[i].chain, NEURAL_COLLAPSE_RIGHT, &r, e));
    agrees("NC1", r.NC1, row[i].NC1);
    if (row[i].J[0] == '-')
      agrees("J", r.J, row[i].J + 1);
    else
      agrees("J - g*", (assay_value){r.J.value - r.gstar.value, 0}, row[i].J);
  }
  static const struct {
    double L;
    const char *tan2, *J;
  } squared[] = {{2, ".064327878177", ".0747315217415"},
                 {8, ".028453609644", ".0697345310028"},
                 {16, ".016746553462", ".0681116869245"}};
  for (int i = 0; i < 3; i++) {
    const neural_collapse_chain chain = {3, 2, M_PI / 4, .05, .01, squared[i].L, NEURAL_COLLAPSE_MSE, 0};
    ok(neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &r, e));
    agrees("tan2", r.tan2, squared[i].tan2);
    agrees("J", r.J, squared[i].J);
    cr_expect_float_eq(r.NC1.value, 1.5 * r.tan2.value, 1e-15);
  }
  agrees("g*", r.gstar, ".065217391304");
  static const char *const tau[] = {"2.0767233", "1.7280986", "1.8872516", "2.1410542",
                                    "2.4240924", "2.7177378", "3.0162385"},
                           *const decay[] = {".005605625", ".003964495",  ".002679727", ".001761277",
                                             ".001125188", ".0007022718", ".0004301113"};
  for (int i = 0; i < 7; i++) {
    const neural_collapse_chain chain = {3, 2, M_PI / 4, .005, .005, 1 << i, NEURAL_COLLAPSE_CE, 0};
    ok(neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &r, e));
    agrees("tau", r.tau, tau[i]);
    agrees("decay", r.decay, decay[i]);
  }
}

/* Exponents over octaves of depth, exact and asymptotic; J over its asymptote. */
Test(neural_collapse, exponents_over_octaves) {
  static const char *const NC1[] = {"-.7323", "-.8167", "-.8473", "-.8613"}, *const J[] = {"-.646", "-.698",
                                                                                           "-.727", "-.747"};
  neural_collapse_depth half, twice;
  neural_collapse_rate rate;
  for (int i = 0; i < 4; i++) {
    neural_collapse_chain chain = {3, 2, M_PI / 4, .005, .005, 4 << i, NEURAL_COLLAPSE_CE, 0};
    ok(neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &half, e));
    chain.L *= 2;
    ok(neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &twice, e));
    agrees("exponent of NC1", (assay_value){log2(twice.NC1.value / half.NC1.value), 0}, NC1[i]);
    agrees("exponent of J",
           (assay_value){log2((twice.J.value - twice.gstar.value) / (half.J.value - half.gstar.value)), 0},
           J[i]);
  }
  neural_collapse_chain middle = {3, 2, M_PI / 4, .005, .005, 16 * M_SQRT2, NEURAL_COLLAPSE_CE, 0};
  ok(neural_collapse_asymptotics(&middle, &rate, e));
  agrees("16 to 32", rate.exponent_NC1, "-.8377");
  agrees("16 to 32", rate.exponent_J, "-.7207");
  middle.L *= 2;
  ok(neural_collapse_asymptotics(&middle, &rate, e));
  agrees("32 to 64", rate.exponent_NC1, "-.8518");
  agrees("32 to 64", rate.exponent_J, "-.7419");
  static const struct {
    double L;
    const char *ratio;
  } over[] = {{8, "1.0158"}, {16, "1.0146"}, {1024, "1.0007"}, {4096, "1.0002"}};
  for (int i = 0; i < 4; i++) { /* (lb kappa/(2L)) tau (1 + tau), kappa = 6/5 */
    const neural_collapse_chain chain = {3, 2, M_PI / 4, .005, .005, over[i].L, NEURAL_COLLAPSE_CE, 0};
    ok(neural_collapse_depth_law(&chain, NEURAL_COLLAPSE_RIGHT, &half, e));
    ok(neural_collapse_asymptotics(&chain, &rate, e));
    const double tau = -rate.exponent_J.value / (1 + rate.exponent_J.value);
    agrees("J over its asymptote",
           (assay_value){(half.J.value - half.gstar.value) / (.005 * 1.2 / (2 * over[i].L) * tau * (1 + tau)),
                         0},
           over[i].ratio);
  }
}
