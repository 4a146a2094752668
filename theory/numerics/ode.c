#include "theory/numerics/ode.h"

#include <cvodes/cvodes.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdlib.h>
#include <string.h>
#include <sundials/sundials_context.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>
#include <sunnonlinsol/sunnonlinsol_fixedpoint.h>

#define MAX_STEPS 200000

/* Everything that SUNDIALS allocates for one integration. */
typedef struct {
  const ode_problem *problem;
  SUNContext context;
  void *cvode;
  N_Vector y, quad; /* quad is NULL without quadratures */
  SUNMatrix jacobian;
  SUNLinearSolver linear;
  SUNNonlinearSolver functional;
  double t, last; /* reached; the last output time, which no step goes beyond */
} integrator;

/* ---- callbacks ---- */

static int all_finite(const double *x, int n) {
  for (int i = 0; i < n; i++)
    if (!isfinite(x[i])) return 0;
  return 1;
}

static int call_f(realtype t, N_Vector y, N_Vector out, void *context) {
  const ode_problem *p = ((integrator *)context)->problem;
  double *slope = N_VGetArrayPointer(out);
  return p->f(t, N_VGetArrayPointer(y), slope, p->context) || !all_finite(slope, p->n);
}

static int call_quad(realtype t, N_Vector y, N_Vector out, void *context) {
  const ode_problem *p = ((integrator *)context)->problem;
  double *slope = N_VGetArrayPointer(out);
  return p->quad(t, N_VGetArrayPointer(y), slope, p->context) || !all_finite(slope, p->n_quad);
}

static int call_event(realtype t, N_Vector y, realtype *out, void *context) {
  const ode_problem *p = ((integrator *)context)->problem;
  return p->event(t, N_VGetArrayPointer(y), out, p->context);
}

/* CVODES' own messages are replaced by this module's. */
static void keep_quiet(int code, const char *module, const char *function, char *text, void *context) {
  (void)code, (void)module, (void)function, (void)text, (void)context;
}

/* ---- set-up ---- */

static void close_integrator(integrator *g) {
  if (g->cvode) CVodeFree(&g->cvode);
  if (g->functional) SUNNonlinSolFree(g->functional);
  if (g->linear) SUNLinSolFree(g->linear);
  if (g->jacobian) SUNMatDestroy(g->jacobian);
  if (g->quad) N_VDestroy(g->quad);
  if (g->y) N_VDestroy(g->y);
  if (g->context) SUNContext_Free(&g->context);
}

static int attach_solver(integrator *g) {
  const ode_problem *p = g->problem;
  if (p->method == ODE_ADAMS) {
    g->functional = SUNNonlinSol_FixedPoint(g->y, 0, g->context);
    return g->functional ? CVodeSetNonlinearSolver(g->cvode, g->functional) : CV_MEM_FAIL;
  }
  g->jacobian = SUNDenseMatrix(p->n, p->n, g->context);
  if (!g->jacobian) return CV_MEM_FAIL;
  g->linear = SUNLinSol_Dense(g->y, g->jacobian, g->context);
  return g->linear ? CVodeSetLinearSolver(g->cvode, g->linear, g->jacobian) : CV_MEM_FAIL;
}

static int attach_quadratures(integrator *g) {
  const ode_problem *p = g->problem;
  if (p->n_quad == 0) return CV_SUCCESS;
  g->quad = N_VNew_Serial(p->n_quad, g->context);
  if (!g->quad) return CV_MEM_FAIL;
  N_VConst(0, g->quad);
  int code = CVodeQuadInit(g->cvode, call_quad, g->quad);
  if (code == CV_SUCCESS) code = CVodeQuadSStolerances(g->cvode, p->rtol, p->atol);
  return code == CV_SUCCESS ? CVodeSetQuadErrCon(g->cvode, SUNTRUE) : code;
}

static int open_integrator(integrator *g, const ode_problem *p, double start, const double *y, double last) {
  *g = (integrator){.problem = p, .t = start, .last = last};
  if (SUNContext_Create(NULL, &g->context) != 0) return CV_MEM_FAIL;
  g->y = N_VNew_Serial(p->n, g->context);
  g->cvode = CVodeCreate(p->method == ODE_ADAMS ? CV_ADAMS : CV_BDF, g->context);
  if (!g->y || !g->cvode) return CV_MEM_FAIL;
  memcpy(N_VGetArrayPointer(g->y), y, (size_t)p->n * sizeof *y);
  int code = CVodeSetErrHandlerFn(g->cvode, keep_quiet, NULL);
  if (code == CV_SUCCESS) code = CVodeInit(g->cvode, call_f, start, g->y);
  if (code == CV_SUCCESS) code = CVodeSetUserData(g->cvode, g);
  if (code == CV_SUCCESS) code = CVodeSStolerances(g->cvode, p->rtol, p->atol);
  if (code == CV_SUCCESS) code = CVodeSetMaxNumSteps(g->cvode, p->max_steps > 0 ? p->max_steps : MAX_STEPS);
  if (code == CV_SUCCESS && p->max_step > 0) code = CVodeSetMaxStep(g->cvode, p->max_step);
  if (code == CV_SUCCESS && last > start) code = CVodeSetStopTime(g->cvode, last);
  if (code == CV_SUCCESS) code = attach_solver(g);
  if (code == CV_SUCCESS) code = attach_quadratures(g);
  if (code == CV_SUCCESS && p->n_events > 0) code = CVodeRootInit(g->cvode, p->n_events, call_event);
  return code;
}

/* ---- integration ---- */

static assay_status explain(const integrator *g, int code, assay_error *error) {
  double t = g->t;
  if (g->cvode) CVodeGetCurrentTime(g->cvode, &t);
  switch (code) {
  case CV_MEM_FAIL:
  case CV_MEM_NULL:
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for an integration of %d equations",
                           g->problem->n);
  case CV_TOO_MUCH_WORK:
    return assay_error_set(error, ASSAY_NUMERIC, "an integration used up its steps near t = %.6g%s", t,
                           g->problem->method == ODE_ADAMS ? "; the problem may be stiff" : "");
  case CV_FIRST_RHSFUNC_ERR:
  case CV_REPTD_RHSFUNC_ERR:
  case CV_UNREC_RHSFUNC_ERR:
  case CV_RHSFUNC_FAIL:
    return assay_error_set(error, ASSAY_NUMERIC,
                           "the right-hand side of an integration leaves the finite numbers near t = %.6g",
                           t);
  case CV_TOO_MUCH_ACC:
    return assay_error_set(error, ASSAY_NUMERIC, "an integration cannot reach rtol %.3g near t = %.6g",
                           g->problem->rtol, t);
  default: {
    char *name = CVodeGetReturnFlagName(code);
    assay_status status = assay_error_set(error, ASSAY_NUMERIC, "an integration failed near t = %.6g: %s", t,
                                          name ? name : "?");
    free(name);
    return status;
  }
  }
}

/* Calls on_event for every event found at g->t. *stopped tells whether the integration ends here. */
static int handle_events(integrator *g, int *stopped) {
  const ode_problem *p = g->problem;
  int *found = calloc((size_t)p->n_events, sizeof *found);
  if (!found) return CV_MEM_FAIL;
  int code = CVodeGetRootInfo(g->cvode, found);
  for (int i = 0; i < p->n_events && code == CV_SUCCESS && !*stopped; i++)
    if (found[i]) *stopped = p->on_event ? p->on_event(i, g->t, N_VGetArrayPointer(g->y), p->context) : 1;
  free(found);
  if (code != CV_SUCCESS || *stopped) return code;
  code = CVodeReInit(g->cvode, g->t, g->y);
  if (code == CV_SUCCESS && g->quad) code = CVodeQuadReInit(g->cvode, g->quad);
  return code == CV_SUCCESS && g->t < g->last ? CVodeSetStopTime(g->cvode, g->last) : code;
}

/* Goes on to `t`, through events. */
static int advance_to(integrator *g, double t, int *stopped) {
  while (!*stopped && g->t < t) {
    int code = CVode(g->cvode, t, g->y, &g->t, CV_NORMAL);
    if (code == CV_TOO_CLOSE) { /* t is the start, to rounding */
      g->t = t;
      return CV_SUCCESS;
    }
    double reached;
    if (code >= 0 && g->quad && CVodeGetQuad(g->cvode, &reached, g->quad) != CV_SUCCESS) return CV_MEM_NULL;
    if (code == CV_ROOT_RETURN) code = handle_events(g, stopped);
    if (code < 0) return code;
  }
  return CV_SUCCESS;
}

assay_status ode_solve(const ode_problem *p, double start, double *y, const double *t, int count,
                       double *rows, double *quads, double *end, assay_error *error) {
  for (int i = 0; i < count; i++)
    if (!(t[i] >= (i > 0 ? t[i - 1] : start)))
      return assay_error_set(error, ASSAY_DOMAIN, "output time %d of an integration, %g, is before %g", i + 1,
                             t[i], i > 0 ? t[i - 1] : start);
  integrator g;
  int stopped = 0, code = open_integrator(&g, p, start, y, count > 0 ? t[count - 1] : start);
  size_t n = (size_t)p->n, n_quad = (size_t)p->n_quad;
  for (int i = 0; i < count && code == CV_SUCCESS; i++) {
    if (t[i] > start) code = advance_to(&g, t[i], &stopped);
    if (rows) memcpy(rows + (size_t)i * n, N_VGetArrayPointer(g.y), n * sizeof *rows);
    if (quads) memcpy(quads + (size_t)i * n_quad, N_VGetArrayPointer(g.quad), n_quad * sizeof *quads);
  }
  assay_status status = code == CV_SUCCESS ? ASSAY_OK : explain(&g, code, error);
  if (status == ASSAY_OK) memcpy(y, N_VGetArrayPointer(g.y), n * sizeof *y);
  if (end) *end = g.t;
  close_integrator(&g);
  return status;
}

/* ---- with errors ---- */

double ode_error(double tight, double loose, double rtol, double atol) {
  return 2 * fabs(tight - loose) + 4 * rtol * fabs(tight) + atol;
}

static void pair_up(const double *tight, const double *loose, size_t count, const ode_problem *p,
                    assay_value *out) {
  for (size_t i = 0; i < count && out; i++)
    out[i] = (assay_value){tight[i], ode_error(tight[i], loose[i], p->rtol, p->atol)};
}

assay_status ode_solve_values(const ode_problem *problem, double start, const double *y0, const double *t,
                              int count, assay_value *rows, assay_value *quads, assay_error *error) {
  size_t n = (size_t)problem->n, n_rows = n * (size_t)count,
         n_quads = (size_t)problem->n_quad * (size_t)count;
  double *memory = malloc((n + 2 * n_rows + 2 * n_quads) * sizeof *memory);
  if (!memory)
    return assay_error_set(error, ASSAY_NO_MEMORY, "no memory for an integration of %d equations",
                           problem->n);
  double *y = memory, *row = memory + n, *quad = row + 2 * n_rows;
  ode_problem p = *problem;
  assay_status status = ASSAY_OK;
  for (int pass = 0; pass < 2 && status == ASSAY_OK; pass++) {
    memcpy(y, y0, n * sizeof *y);
    status = ode_solve(&p, start, y, t, count, row + (size_t)pass * n_rows,
                       n_quads ? quad + (size_t)pass * n_quads : NULL, NULL, error);
    p.rtol *= ODE_LOOSER, p.atol *= ODE_LOOSER;
  }
  if (status == ASSAY_OK) pair_up(row, row + n_rows, n_rows, problem, rows);
  if (status == ASSAY_OK) pair_up(quad, quad + n_quads, n_quads, problem, quads);
  free(memory);
  return status;
}
