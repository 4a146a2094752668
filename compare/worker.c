#include "compare/worker.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compare/frame.h"
#include "compare/plan.h"
#include "compare/registry.h"

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- one experiment ---- */

assay_status worker_open(const assay_experiment *experiment, const char *at, assay_call **call, void **state, int *values,
                         assay_error *error) {
  *state = NULL;
  *call = assay_call_new(experiment->params, experiment->records, error);
  if (!*call) return error ? error->status : ASSAY_NO_MEMORY;
  assay_status status = point_set_words(*call, at, true, error);
  if (status == ASSAY_OK) status = assay_call_complete(*call, error);
  if (status == ASSAY_OK) {
    status = experiment->open(*call, state);
    if (status != ASSAY_OK)
      assay_error_set(error, status, "%s: %s", experiment->id,
                      assay_call_error(*call)->text[0] ? assay_call_error(*call)->text : "could not be opened");
  }
  if (status != ASSAY_OK) {
    assay_call_free(*call);
    *call = NULL;
    return status;
  }
  int readouts = 1, width = 0;
  for (const assay_param *q = experiment->params; q->name; q++) {
    int n;
    if (q->role & ASSAY_READOUT) assay_list(*call, q->name, &n), readouts *= n > 0 ? n : 1;
  }
  for (int r = 0; experiment->records[r].name; r++) width += assay_observable_length(*call, r);
  *values = readouts * width;
  return ASSAY_OK;
}

void worker_close(const assay_experiment *experiment, assay_call *call, void *state) {
  if (experiment && experiment->close && call) experiment->close(state);
  assay_call_free(call);
}

int worker_replicate(const assay_experiment *experiment, assay_call *call, void *state, const assay_stream *stream,
                     int values, double *out, assay_error *error) {
  for (int i = 0; i < values; i++) out[i] = NAN; /* a record that is not filled is a failure */
  assay_status status = experiment->replicate(call, state, stream, out);
  if (status == ASSAY_OK) {
    int bad = 0;
    while (bad < values && isfinite(out[bad])) bad++;
    if (bad == values) return RUN_OK;
    assay_error_set(error, ASSAY_NUMERIC, "record %d came out as %g", bad, out[bad]);
  } else {
    const char *why = assay_call_error(call)->text;
    assay_error_set(error, status, "%s", why[0] ? why : assay_status_name(status));
  }
  for (int i = 0; i < values; i++) out[i] = 0;
  assay_call_reset(call);
  return status == ASSAY_DISCARD ? RUN_DISCARDED : RUN_FAILED;
}

/* ---- serving ---- */

typedef struct {
  const assay_paper *const *papers;
  int out;
  worker_progress *progress;
  const assay_experiment *experiment;
  assay_call *call;
  void *state;
  int run, values;
  uint64_t key;
  char why[1024]; /* why the open run could not be opened; "" when it is */
} serving;

static void close_run(serving *s) {
  worker_close(s->experiment, s->call, s->state);
  s->experiment = NULL;
  s->call = NULL;
  s->state = NULL;
}

static void note_progress(serving *s, uint64_t at) {
  if (!s->progress) return;
  s->progress->started = now_ns();
  s->progress->replicate = at;
}

static assay_status serve_open(serving *s, json_t *head, assay_error *error) {
  const char *id = json_string_value(json_object_get(head, "experiment"));
  const char *at = json_string_value(json_object_get(head, "point"));
  const char *stream = json_string_value(json_object_get(head, "stream"));
  if (!id || !at || !stream) return assay_error_set(error, ASSAY_IO, "an open request lacks a field");
  close_run(s);
  s->run = (int)json_integer_value(json_object_get(head, "run"));
  s->key = strtoull(stream, NULL, 16);
  s->why[0] = 0;
  s->values = (int)json_integer_value(json_object_get(head, "values"));
  const assay_experiment *experiment = registry_experiment(s->papers, id);
  assay_error why = {0};
  int values = 0;
  note_progress(s, WORKER_OPENING);
  if (!experiment) snprintf(s->why, sizeof s->why, "this program has no experiment %s", id);
  else if (worker_open(experiment, at, &s->call, &s->state, &values, &why) != ASSAY_OK)
    snprintf(s->why, sizeof s->why, "%s", why.text);
  else if (values != s->values) snprintf(s->why, sizeof s->why, "%s records %d values, not %d", id, values, s->values);
  if (!s->why[0]) s->experiment = experiment;
  else if (s->call) worker_close(experiment, s->call, s->state), s->call = NULL;
  note_progress(s, 0);
  return ASSAY_OK;
}

static assay_status serve_run(serving *s, json_t *head, assay_error *error) {
  long first = (long)json_integer_value(json_object_get(head, "first"));
  long count = (long)json_integer_value(json_object_get(head, "count"));
  size_t row = (size_t)s->values;
  if (first < 0 || count < 1 || count > 1L << 30) return assay_error_set(error, ASSAY_IO, "a run request is malformed");
  double *values = calloc((size_t)count * row + 1, sizeof *values);
  char *states = calloc((size_t)count + 1, 1);
  json_t *reasons = json_array();
  bool all_ok = true;
  uint64_t begun = now_ns();
  for (long i = 0; values && states && i < count; i++) {
    assay_stream stream = {s->key, (uint64_t)(first + i)};
    assay_error why = {0};
    int state = RUN_FAILED;
    note_progress(s, stream.replicate + 1);
    if (s->why[0]) assay_error_set(&why, ASSAY_DOMAIN, "%s", s->why);
    else state = worker_replicate(s->experiment, s->call, s->state, &stream, s->values, values + (size_t)i * row, &why);
    states[i] = (char)('0' + state);
    all_ok &= state == RUN_OK;
    if (state != RUN_OK) json_array_append_new(reasons, json_pack("[I,s]", (json_int_t)(first + i), why.text));
  }
  note_progress(s, 0);
  json_t *reply = json_pack("{s:s,s:i,s:I,s:I,s:f,s:o}", "done", "run", "run", s->run, "first", (json_int_t)first, "count",
                            (json_int_t)count, "seconds", (double)(now_ns() - begun) * 1e-9, "reasons", reasons);
  if (reply && !all_ok) json_object_set_new(reply, "states", json_string(states));
  assay_status status = values && states && reply
                            ? frame_write(s->out, reply, values, (size_t)count * row * sizeof *values, error)
                            : assay_error_set(error, ASSAY_NO_MEMORY, "no memory for %ld replicates", count);
  free(values);
  free(states);
  return status;
}

static assay_status serve(serving *s, json_t *head, bool *quit, assay_error *error) {
  const char *what = json_string_value(json_object_get(head, "do"));
  if (what && !strcmp(what, "open")) return serve_open(s, head, error);
  if (what && !strcmp(what, "run")) return serve_run(s, head, error);
  if (what && !strcmp(what, "quit")) {
    *quit = true;
    return ASSAY_OK;
  }
  return assay_error_set(error, ASSAY_IO, "a worker was asked to '%s'", what ? what : "?");
}

int worker_serve(const assay_paper *const *papers, int in, int out, worker_progress *progress) {
  serving s = {.papers = papers, .out = out, .progress = progress};
  frame_buffer buffer = {0};
  assay_error error = {0};
  assay_status status = ASSAY_OK;
  bool closed = false, quit = false;
  while (status == ASSAY_OK && !closed && !quit) {
    json_t *head = NULL;
    double *payload = NULL;
    size_t doubles;
    status = frame_take(&buffer, &head, &payload, &doubles, &error);
    if (status == ASSAY_OK && head) status = serve(&s, head, &quit, &error);
    else if (status == ASSAY_OK) status = frame_read(in, &buffer, &closed, &error);
    json_decref(head);
    free(payload);
  }
  close_run(&s);
  frame_buffer_free(&buffer);
  if (status == ASSAY_OK) return 0;
  fprintf(stderr, "assay worker: %s\n", error.text);
  return 2;
}
