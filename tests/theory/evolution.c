/* State evolutions whose fixed points are known. */
#include <criterion/criterion.h>
#include <math.h>

#include "theory/numerics/evolution.h"

static assay_status halve(const double *x, double *next, double *watch, void *context, assay_error *error) {
  (void)context, (void)error;
  next[0] = .5 * x[0] + 1, next[1] = .25 * x[1] + .1 * x[0];
  *watch = fabs(x[1]);
  return ASSAY_OK;
}

Test(evolution, reaches_the_fixed_point_and_stops_by_its_rule) {
  assay_error error = {0};
  evolution_end end;
  double x[2] = {0, 0}, path[400];
  const evolution_rule plain = {1, 1e-13, -1, 200}, damped = {.4, 1e-13, -1, 200}, hasty = {1, 1e-13, -1, 5},
                       floored = {1, 0, 1e-6, 200};
  cr_assert_eq(evolution_run(halve, NULL, 2, &plain, x, path, &end, &error), ASSAY_OK, "%s", error.text);
  cr_expect(fabs(x[0] - 2) < 1e-11 && fabs(x[1] - 4 / 15.) < 1e-11 && end.steps < 100);
  cr_expect(path[0] == 0 && path[2] == 1 && path[4] == 1.5);
  x[0] = x[1] = 0;
  cr_assert_eq(evolution_run(halve, NULL, 2, &damped, x, NULL, &end, &error), ASSAY_OK, "%s", error.text);
  cr_expect(fabs(x[1] - 4 / 15.) < 1e-10);
  x[0] = x[1] = 0;
  cr_expect_eq(evolution_run(halve, NULL, 2, &hasty, x, NULL, &end, &error), ASSAY_NUMERIC);
  x[0] = x[1] = 0;
  cr_expect_eq(evolution_run(halve, NULL, 2, &floored, x, NULL, &end, &error), ASSAY_OK);
  cr_expect(end.floored && end.steps == 1);
  cr_expect_eq(evolution_run(halve, NULL, 9, &plain, x, NULL, &end, &error), ASSAY_DOMAIN);
}

/* x -> x - c (x-1)(x-2)(x-4): stable at 1 and 4, unstable at 2. */
static assay_status cubic(const double *x, double *next, double *watch, void *context, assay_error *error) {
  (void)context, (void)error;
  next[0] = x[0] - .05 * (x[0] - 1) * (x[0] - 2) * (x[0] - 4), *watch = x[0];
  return ASSAY_OK;
}

Test(evolution, a_first_order_transition_shows_all_fixed_points) {
  assay_error error = {0};
  evolution_point points[5];
  int found;
  cr_assert_eq(evolution_fixed_points(cubic, NULL, .1, 8, 200, points, 5, &found, &error), ASSAY_OK, "%s",
               error.text);
  const double at[] = {1, 2, 4}, slope[] = {.85, 1.1, .7};
  cr_assert_eq(found, 3);
  for (int i = 0; i < 3; i++)
    cr_expect(fabs(points[i].x - at[i]) < 1e-12 && fabs(points[i].slope - slope[i]) < 1e-6 &&
                  points[i].stable == (i != 1),
              "fixed point %d", i);
  cr_assert_eq(evolution_fixed_points(cubic, NULL, 1.5, 3, 200, points, 5, &found, &error), ASSAY_OK);
  cr_expect(found == 3 && points[0].x == 1.5 && points[2].x == 3, "x flows out at both ends");
  cr_expect_eq(evolution_fixed_points(cubic, NULL, .1, 8, 200, points, 2, &found, &error), ASSAY_NUMERIC);
}
