#include "sim/kernels/gradient_flow.h"

#include <cvodes/cvodes.h>
#include <lapacke.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdlib.h>
#include <string.h>
#include <sunmatrix/sunmatrix_dense.h>

#define MOST_STEPS 200000

struct gradient_flow {
  gradient_flow_problem problem;
  SUNContext context;
  void *cvode;
  N_Vector w;
  SUNMatrix matrix;
  SUNLinearSolver solver;
  double t;
};

/* ---- LU by LAPACK: SUNDIALS' own is many times slower, and Debian's has no other ---- */

static SUNLinearSolver_Type direct(SUNLinearSolver solver) {
  (void)solver;
  return SUNLINEARSOLVER_DIRECT;
}
static int factor(SUNLinearSolver solver, SUNMatrix A) {
  int n = (int)SUNDenseMatrix_Columns(A);
  return LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, n, n, SUNDenseMatrix_Data(A), n, solver->content);
}
static int solve(SUNLinearSolver solver, SUNMatrix A, N_Vector x, N_Vector b, realtype tolerance) {
  (void)tolerance;
  int n = (int)SUNDenseMatrix_Columns(A);
  N_VScale(1, b, x);
  return LAPACKE_dgetrs_work(LAPACK_COL_MAJOR, 'N', n, 1, SUNDenseMatrix_Data(A), n, solver->content,
                             N_VGetArrayPointer(x), n);
}
static int release(SUNLinearSolver solver) {
  free(solver->content);
  solver->content = NULL;
  SUNLinSolFreeEmpty(solver);
  return SUNLS_SUCCESS;
}

static SUNLinearSolver lapack_solver(int n, SUNContext context) {
  SUNLinearSolver solver = SUNLinSolNewEmpty(context);
  if (!solver) return NULL;
  solver->ops->gettype = direct, solver->ops->setup = factor, solver->ops->solve = solve;
  solver->ops->free = release;
  solver->content = calloc((size_t)n, sizeof(lapack_int));
  if (solver->content) return solver;
  release(solver);
  return NULL;
}

/* ---- the flow ---- */

static int call_f(double t, N_Vector w, N_Vector out, void *data) {
  (void)t;
  const gradient_flow_problem *p = &((gradient_flow *)data)->problem;
  p->f(N_VGetArrayPointer(w), N_VGetArrayPointer(out), p->context);
  for (int i = 0; i < p->n; i++)
    if (!isfinite(N_VGetArrayPointer(out)[i])) return 1;
  return 0;
}

static int call_jacobian(double t, N_Vector w, N_Vector f, SUNMatrix J, void *data, N_Vector a, N_Vector b,
                         N_Vector c) {
  (void)t, (void)f, (void)a, (void)b, (void)c;
  const gradient_flow_problem *p = &((gradient_flow *)data)->problem;
  p->jacobian(N_VGetArrayPointer(w), SUNDenseMatrix_Data(J), p->context);
  return 0;
}

static void keep_quiet(int code, const char *module, const char *function, char *text, void *data) {
  (void)code, (void)module, (void)function, (void)text, (void)data;
}

static int set_up(gradient_flow *g, const double *w) {
  const gradient_flow_problem *p = &g->problem;
  if (SUNContext_Create(NULL, &g->context) != 0) return CV_MEM_FAIL;
  g->w = N_VNew_Serial(p->n, g->context);
  g->cvode = CVodeCreate(CV_BDF, g->context);
  g->matrix = SUNDenseMatrix(p->n, p->n, g->context);
  if (!g->w || !g->cvode || !g->matrix) return CV_MEM_FAIL;
  memcpy(N_VGetArrayPointer(g->w), w, (size_t)p->n * sizeof *w);
  g->solver = lapack_solver(p->n, g->context);
  if (!g->solver) return CV_MEM_FAIL;
  int code = CVodeSetErrHandlerFn(g->cvode, keep_quiet, NULL);
  if (code == CV_SUCCESS) code = CVodeInit(g->cvode, call_f, 0, g->w);
  if (code == CV_SUCCESS) code = CVodeSetUserData(g->cvode, g);
  if (code == CV_SUCCESS) code = CVodeSStolerances(g->cvode, p->rtol, p->atol);
  if (code == CV_SUCCESS) code = CVodeSetMaxNumSteps(g->cvode, MOST_STEPS);
  if (code == CV_SUCCESS) code = CVodeSetLinearSolver(g->cvode, g->solver, g->matrix);
  if (code == CV_SUCCESS && p->jacobian) code = CVodeSetJacFn(g->cvode, call_jacobian);
  return code;
}

gradient_flow *gradient_flow_new(const gradient_flow_problem *problem, const double *w, assay_error *error) {
  gradient_flow *g = calloc(1, sizeof *g);
  if (g) {
    g->problem = *problem;
    if (set_up(g, w) == CV_SUCCESS) return g;
  }
  gradient_flow_free(g);
  assay_error_set(error, ASSAY_NO_MEMORY, "a flow of %d equations could not be set up", problem->n);
  return NULL;
}

void gradient_flow_free(gradient_flow *g) {
  if (!g) return;
  if (g->cvode) CVodeFree(&g->cvode);
  if (g->solver) SUNLinSolFree(g->solver);
  if (g->matrix) SUNMatDestroy(g->matrix);
  if (g->w) N_VDestroy(g->w);
  if (g->context) SUNContext_Free(&g->context);
  free(g);
}

static assay_status failed(const gradient_flow *g, int code, assay_error *error) {
  return assay_error_set(error, ASSAY_NUMERIC, "a flow failed near t = %.6g: CVODES returned %d", g->t, code);
}

assay_status gradient_flow_to(gradient_flow *g, double t, double *w, assay_error *error) {
  if (!(t >= g->t))
    return assay_error_set(error, ASSAY_DOMAIN, "a flow at t = %g cannot go back to %g", g->t, t);
  int code = t > g->t ? CVode(g->cvode, t, g->w, &g->t, CV_NORMAL) : CV_SUCCESS;
  if (code < 0 && code != CV_TOO_CLOSE) return failed(g, code, error);
  memcpy(w, N_VGetArrayPointer(g->w), (size_t)g->problem.n * sizeof *w);
  return ASSAY_OK;
}

assay_status gradient_flow_finish(gradient_flow *g, double *w, double *t, assay_error *error) {
  const gradient_flow_problem *p = &g->problem;
  for (long step = 0; !p->done(N_VGetArrayPointer(g->w), p->context); step++) {
    if (step == MOST_STEPS)
      return assay_error_set(error, ASSAY_NUMERIC,
                             "a flow did not reach its stopping rule in %ld steps, t = %.6g", step, g->t);
    int code = CVode(g->cvode, g->t + 1, g->w, &g->t, CV_ONE_STEP); /* the time only scales the first step */
    if (code < 0) return failed(g, code, error);
  }
  memcpy(w, N_VGetArrayPointer(g->w), (size_t)p->n * sizeof *w);
  if (t) *t = g->t;
  return ASSAY_OK;
}
