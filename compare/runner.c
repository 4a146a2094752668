#include "compare/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compare/frame.h"
#include "compare/judge.h"
#include "compare/worker.h"

enum { QUEUE = 2, REQUEST_FD = 3, PROGRESS_FD = 4, STARTS_WITHOUT_WORK = 3 };
static const double commit_every = 0.1, watch_every = 0.25;

/* Replicates first..first+count-1 of a run. */
typedef struct {
  int run;
  long first, count;
} job;

typedef struct {
  job what;
  unsigned char *state;
} arrived; /* stored, not yet committed */

typedef struct {
  bool running;
  pid_t pid; /* 0: it runs elsewhere */
  int fd;
  worker_progress *progress;
  frame_buffer buffer;
  job queue[QUEUE];
  int queued;
  int open_run;
  int idle_deaths; /* deaths in a row before any reply */
  bool overdue;    /* killed for its time limit */
} worker;

typedef struct {
  plan *p;
  store *s;
  const runner_options *options;
  runner_report *report;
  worker *workers;
  job *again; /* to be issued before anything new */
  int n_again, room_again;
  arrived *waiting;
  int n_waiting, room_waiting;
  double last_commit, last_watch;
  int tried; /* runs before this one have had their first block given out */
  bool judged_something;
} runner;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Makes room for one more element. */
static bool grow(void *array, int n, int *room, size_t element) {
  if (n < *room) return true;
  int more = *room ? 2 * *room : 16;
  void **at = array, *grown = realloc(*at, (size_t)more * element);
  if (!grown) return false;
  *at = grown;
  *room = more;
  return true;
}

static assay_status no_memory(assay_error *error) { return assay_error_set(error, ASSAY_NO_MEMORY, "no memory to run"); }

/* ---- workers ---- */

static void child(const runner_options *o, pid_t parent, int request, int progress) {
  /* What asks the whole group of processes to end is for the parent, which lets its workers finish: a worker that ended by
   * itself would leave a failed replicate behind. A parent that dies takes them along. */
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(125); /* it died before */
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  setenv("OMP_NUM_THREADS", "1", 1);
  int high_request = fcntl(request, F_DUPFD, 10), high_progress = fcntl(progress, F_DUPFD, 10);
  if (high_request < 0 || high_progress < 0 || dup2(high_request, REQUEST_FD) < 0 || dup2(high_progress, PROGRESS_FD) < 0)
    _exit(126);
  close(high_request);
  close(high_progress);
  dup2(STDERR_FILENO, STDOUT_FILENO); /* what an experiment prints must not mix with our data */
  if (o->memory_limit > 0) {
    struct rlimit limit = {(rlim_t)o->memory_limit << 20, (rlim_t)o->memory_limit << 20};
    setrlimit(RLIMIT_AS, &limit);
  }
  execl(o->executable, o->executable, "worker", (char *)NULL);
  _exit(127);
}

static void begin_worker(worker *w, pid_t pid, int fd) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  frame_buffer_free(&w->buffer);
  w->running = true;
  w->pid = pid;
  w->fd = fd;
  w->queued = 0;
  w->open_run = -1;
  w->overdue = false;
}

/* A worker that runs elsewhere shares no memory: what it is at is not known. */
static assay_status connect_worker(runner *r, worker *w, assay_error *error) {
  static worker_progress unknown;
  int fd = r->options->connect(r->options->connect_with, (int)(w - r->workers));
  if (fd < 0) return assay_error_set(error, ASSAY_IO, "worker %d cannot be reached", (int)(w - r->workers));
  w->progress = &unknown;
  begin_worker(w, 0, fd);
  return ASSAY_OK;
}

static assay_status start_worker(runner *r, worker *w, assay_error *error) {
  if (r->options->connect) return connect_worker(r, w, error);
  int pair[2], shared = memfd_create("assay-progress", MFD_CLOEXEC);
  if (shared < 0 || ftruncate(shared, sizeof *w->progress) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
    if (shared >= 0) close(shared);
    return assay_error_set(error, ASSAY_IO, "no worker can be started: %s", strerror(errno));
  }
  if (w->progress) munmap(w->progress, sizeof *w->progress);
  w->progress = mmap(NULL, sizeof *w->progress, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
  pid_t parent = getpid(), pid = w->progress == MAP_FAILED ? -1 : fork();
  if (pid == 0) child(r->options, parent, pair[1], shared);
  close(pair[1]);
  close(shared);
  if (pid < 0) {
    close(pair[0]);
    return assay_error_set(error, ASSAY_IO, "no worker can be started: %s", strerror(errno));
  }
  begin_worker(w, pid, pair[0]);
  return ASSAY_OK;
}

static void stop_workers(runner *r) {
  for (int i = 0; i < r->options->workers; i++) {
    worker *w = &r->workers[i];
    if (w->running) {
      close(w->fd);
      if (w->pid > 0 && w->queued) kill(w->pid, SIGKILL);
      if (w->pid > 0) waitpid(w->pid, NULL, 0);
    }
    if (w->pid > 0 && w->progress && w->progress != MAP_FAILED) munmap(w->progress, sizeof *w->progress);
    frame_buffer_free(&w->buffer);
  }
}

/* ---- giving out work ---- */

static bool push_again(runner *r, job what) {
  if (what.count < 1) return true;
  if (!grow(&r->again, r->n_again, &r->room_again, sizeof *r->again)) return false;
  r->again[r->n_again++] = what;
  return true;
}

/* The next replicates of a run that nobody has. */
static bool next_of(plan_run *run, int index, job *out) {
  long first = run->issued;
  while (first < run->need && first < run->capacity && run->state[first] != RUN_ABSENT) first++;
  run->issued = first;
  if (first >= run->need) return false;
  long block = run->experiment->block > 0 ? run->experiment->block : 1, end = (first / block + 1) * block;
  if (end > run->need) end = run->need;
  for (long i = first; i < end && i < run->capacity; i++)
    if (run->state[i] != RUN_ABSENT) end = i;
  *out = (job){index, first, end - first};
  run->issued = end;
  return true;
}

static bool next_job(runner *r, const worker *w, job *out) {
  if (r->n_again > 0) {
    *out = r->again[--r->n_again];
    return true;
  }
  /* A block of every run first, so that what each costs is known early. */
  for (; r->tried < r->p->n_runs; r->tried++)
    if (r->p->runs[r->tried].issued == 0 && next_of(&r->p->runs[r->tried], r->tried, out)) return true;
  if (w->open_run >= 0 && next_of(&r->p->runs[w->open_run], w->open_run, out)) return true;
  for (int i = 0; i < r->p->n_runs; i++)
    if (next_of(&r->p->runs[i], i, out)) return true;
  return false;
}

static json_t *open_request(const plan_run *run, int index) {
  char stream[24], *at = assay_call_text(run->sim, 0);
  snprintf(stream, sizeof stream, "%016" PRIx64, run->stream);
  json_t *head = at ? json_pack("{s:s,s:i,s:s,s:s,s:s,s:i}", "do", "open", "run", index, "experiment", run->experiment->id,
                                "stream", stream, "point", at, "values", run->readouts * run->width)
                    : NULL;
  free(at);
  return head;
}

static bool request(worker *w, json_t *head) { return frame_request(w->fd, head, &w->buffer, NULL) == ASSAY_OK; }

static assay_status give(runner *r, worker *w, job what, assay_error *error) {
  plan_run *run = &r->p->runs[what.run];
  assay_status status = plan_reserve(run, what.first + what.count, error);
  if (status != ASSAY_OK) return status;
  w->queue[w->queued++] = what; /* a worker that is gone gives it back when its death is seen */
  if (w->open_run != what.run) {
    if (!request(w, open_request(run, what.run))) return ASSAY_OK;
    w->open_run = what.run;
  }
  request(w, json_pack("{s:s,s:i,s:I,s:I}", "do", "run", "run", what.run, "first", (json_int_t)what.first, "count",
                       (json_int_t)what.count));
  return ASSAY_OK;
}

static assay_status give_all(runner *r, assay_error *error) {
  /* First everybody one job, then everybody a second: nobody waits while another has two. */
  for (int depth = 1; depth <= QUEUE; depth++)
    for (int i = 0; i < r->options->workers; i++) {
      worker *w = &r->workers[i];
      job what;
      while (w->running && w->queued < depth && next_job(r, w, &what)) {
        assay_status status = give(r, w, what, error);
        if (status != ASSAY_OK) return status;
      }
    }
  return ASSAY_OK;
}

static int in_flight(const runner *r) {
  int n = 0;
  for (int i = 0; i < r->options->workers; i++) n += r->workers[i].queued;
  return n;
}

/* ---- taking results ---- */

static assay_status keep_block(runner *r, job what, unsigned char *state, double took, assay_error *error) {
  plan_run *run = &r->p->runs[what.run];
  const double *values = run->values + (size_t)what.first * (size_t)run->readouts * (size_t)run->width;
  assay_status status = store_put(r->s, run, what.first, what.count, state, values, took, error);
  if (status == ASSAY_OK && !grow(&r->waiting, r->n_waiting, &r->room_waiting, sizeof *r->waiting)) status = no_memory(error);
  if (status != ASSAY_OK) {
    free(state);
    return status;
  }
  r->waiting[r->n_waiting++] = (arrived){what, state};
  run->seconds += took;
  r->report->worker_seconds += took;
  r->report->replicates += what.count;
  return ASSAY_OK;
}

static assay_status take_reasons(runner *r, const plan_run *run, json_t *reasons, assay_error *error) {
  size_t i;
  json_t *entry;
  json_array_foreach(reasons, i, entry) {
    long replicate = (long)json_integer_value(json_array_get(entry, 0));
    const char *text = json_string_value(json_array_get(entry, 1));
    assay_status status = store_put_failure(r->s, run, replicate, text ? text : "no reason given", error);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}

static assay_status take_reply(runner *r, worker *w, json_t *head, const double *payload, size_t doubles,
                               assay_error *error) {
  if (w->queued < 1) return assay_error_set(error, ASSAY_IO, "a worker answered without being asked");
  job what = w->queue[0];
  plan_run *run = &r->p->runs[what.run];
  size_t row = (size_t)run->readouts * (size_t)run->width;
  const char *states = json_string_value(json_object_get(head, "states"));
  bool fits = json_integer_value(json_object_get(head, "run")) == what.run &&
              json_integer_value(json_object_get(head, "first")) == what.first &&
              json_integer_value(json_object_get(head, "count")) == what.count && doubles == (size_t)what.count * row &&
              (!states || (strlen(states) == (size_t)what.count && strspn(states, "123") == (size_t)what.count));
  if (!fits) return assay_error_set(error, ASSAY_IO, "a worker answered what it was not asked");
  unsigned char *state = malloc((size_t)what.count);
  if (!state) return no_memory(error);
  for (long i = 0; i < what.count; i++) state[i] = states ? (unsigned char)(states[i] - '0') : RUN_OK;
  if (doubles) memcpy(run->values + (size_t)what.first * row, payload, doubles * sizeof *payload);
  memmove(w->queue, w->queue + 1, (size_t)--w->queued * sizeof *w->queue);
  w->idle_deaths = 0;
  assay_status status = keep_block(r, what, state, json_number_value(json_object_get(head, "seconds")), error);
  return status == ASSAY_OK ? take_reasons(r, run, json_object_get(head, "reasons"), error) : status;
}

/* Records every replicate of a job as failed. */
static assay_status lose(runner *r, job what, const char *reason, assay_error *error) {
  plan_run *run = &r->p->runs[what.run];
  size_t row = (size_t)run->readouts * (size_t)run->width;
  unsigned char *state = malloc((size_t)what.count);
  if (!state) return no_memory(error);
  memset(state, RUN_FAILED, (size_t)what.count);
  memset(run->values + (size_t)what.first * row, 0, (size_t)what.count * row * sizeof *run->values);
  assay_status status = keep_block(r, what, state, 0, error);
  for (long i = 0; i < what.count && status == ASSAY_OK; i++)
    status = store_put_failure(r->s, run, what.first + i, reason, error);
  return status;
}

/* Records one replicate of a job as failed and gives out the rest again. */
static assay_status lose_one(runner *r, job what, long replicate, const char *reason, assay_error *error) {
  bool room = push_again(r, (job){what.run, replicate + 1, what.first + what.count - replicate - 1});
  room &= push_again(r, (job){what.run, what.first, replicate - what.first});
  return room ? lose(r, (job){what.run, replicate, 1}, reason, error) : no_memory(error);
}

/* A worker is gone: the replicate in progress has failed for good, everything else it had is given out again. A run whose
 * opening ends its worker again and again loses what was to be computed of it. */
static assay_status bury(runner *r, worker *w, assay_error *error) {
  int how = 0;
  char reason[256];
  close(w->fd);
  w->running = false;
  if (w->pid == 0) return assay_error_set(error, ASSAY_IO, "worker %d, which runs elsewhere, is gone", (int)(w - r->workers));
  waitpid(w->pid, &how, 0);
  uint64_t at = w->progress->replicate;
  if (w->overdue) snprintf(reason, sizeof reason, "exceeded the time limit of %g s", r->options->time_limit);
  else if (WIFSIGNALED(how))
    snprintf(reason, sizeof reason, "the worker was killed by signal %d (%s)", WTERMSIG(how), strsignal(WTERMSIG(how)));
  else snprintf(reason, sizeof reason, "the worker ended with status %d", WEXITSTATUS(how));
  job current = w->queued > 0 ? w->queue[0] : (job){-1, 0, 0};
  bool opening = current.run >= 0 && at == WORKER_OPENING;
  bool inside = current.run >= 0 && at > (uint64_t)current.first && at <= (uint64_t)(current.first + current.count);
  bool enough = !inside && ++w->idle_deaths >= STARTS_WITHOUT_WORK;
  if (enough && !opening) return assay_error_set(error, ASSAY_IO, "workers cannot be kept running: %s", reason);
  bool room = true, lost = inside || (enough && opening);
  for (int k = w->queued - 1; k >= (lost ? 1 : 0); k--) room &= push_again(r, w->queue[k]);
  w->queued = 0;
  assay_status status = room ? ASSAY_OK : no_memory(error);
  if (status == ASSAY_OK && inside) status = lose_one(r, current, (long)at - 1, reason, error);
  else if (status == ASSAY_OK && lost) {
    char opened[300];
    snprintf(opened, sizeof opened, "at its opening %s", reason);
    status = lose(r, current, opened, error);
  }
  return status == ASSAY_OK ? start_worker(r, w, error) : status;
}

static assay_status take(runner *r, worker *w, assay_error *error) {
  bool closed;
  assay_status status = frame_read(w->fd, &w->buffer, &closed, error);
  while (status == ASSAY_OK) {
    json_t *head;
    double *payload;
    size_t doubles;
    status = frame_take(&w->buffer, &head, &payload, &doubles, error);
    if (status != ASSAY_OK || !head) break;
    status = take_reply(r, w, head, payload, doubles, error);
    json_decref(head);
    free(payload);
  }
  return status == ASSAY_OK && closed ? bury(r, w, error) : status;
}

static void kill_overdue(runner *r) {
  if (r->options->time_limit <= 0) return;
  for (int i = 0; i < r->options->workers; i++) {
    worker *w = &r->workers[i];
    uint64_t replicate = w->running && w->pid > 0 ? w->progress->replicate : 0, started = w->progress->started;
    if (!replicate || w->overdue) continue;
    if (seconds() - 1e-9 * (double)started > r->options->time_limit) {
      w->overdue = true;
      kill(w->pid, SIGKILL);
    }
  }
}

/* ---- judging ---- */

static assay_status judge_all(runner *r, assay_error *error) {
  assay_error why = {0};
  for (int i = 0; i < r->p->n_cells; i++) {
    plan_cell *cell = &r->p->cells[i];
    if (!cell->open) continue;
    r->judged_something |= judge_cell(r->p, cell, &why);
    judge_need(r->p, cell);
  }
  if (why.status == ASSAY_NO_MEMORY) return assay_error_set(error, ASSAY_NO_MEMORY, "%s", why.text);
  return ASSAY_OK;
}

/* What is committed counts: marks it and judges. */
static assay_status commit(runner *r, assay_error *error) {
  assay_status status = store_commit(r->s, error);
  r->last_commit = seconds();
  for (int i = 0; i < r->n_waiting; i++) {
    arrived *a = &r->waiting[i];
    for (long k = 0; k < a->what.count && status == ASSAY_OK; k++)
      plan_mark(&r->p->runs[a->what.run], a->what.first + k, a->state[k]);
    free(a->state);
  }
  r->n_waiting = 0;
  return status == ASSAY_OK ? judge_all(r, error) : status;
}

static void watch(runner *r, bool now) {
  if (!r->options->watch || (!now && seconds() - r->last_watch < watch_every)) return;
  r->last_watch = seconds();
  r->options->watch(r->options->with, r->p);
}

static bool stopped(const runner *r) { return r->options->stop && *r->options->stop; }

/* ---- the loop ---- */

static assay_status wait_for_workers(runner *r, assay_error *error) {
  int n = r->options->workers;
  struct pollfd fds[256];
  for (int i = 0; i < n; i++) fds[i] = (struct pollfd){r->workers[i].running ? r->workers[i].fd : -1, POLLIN, 0};
  if (poll(fds, (nfds_t)n, 50) < 0 && errno != EINTR)
    return assay_error_set(error, ASSAY_IO, "waiting for workers failed: %s", strerror(errno));
  assay_status status = ASSAY_OK;
  for (int i = 0; i < n && status == ASSAY_OK; i++)
    if (fds[i].fd >= 0 && fds[i].revents) status = take(r, &r->workers[i], error);
  kill_overdue(r);
  return status;
}

static assay_status loop(runner *r, assay_error *error) {
  assay_status status = judge_all(r, error);
  while (status == ASSAY_OK) {
    if (!stopped(r)) status = give_all(r, error);
    if (status != ASSAY_OK) break;
    bool starving = false;
    for (int i = 0; i < r->options->workers; i++) starving |= r->workers[i].queued == 0;
    bool due = seconds() - r->last_commit >= commit_every || starving;
    if (r->n_waiting > 0 && due) {
      r->judged_something = false;
      status = commit(r, error);
      watch(r, r->judged_something);
      continue; /* the judgement may have asked for more */
    }
    if (in_flight(r) == 0 && r->n_waiting == 0) break;
    status = wait_for_workers(r, error);
    watch(r, false);
  }
  r->report->interrupted = stopped(r);
  return status;
}

/* True when something is to be computed at all. */
static bool work_to_do(const plan *p) {
  for (int i = 0; i < p->n_cells; i++)
    if (p->cells[i].open && p->cells[i].sample.n > 0) return true;
  for (int i = 0; i < p->n_runs; i++)
    if (p->runs[i].issued < p->runs[i].need) return true;
  return false;
}

assay_status runner_run(plan *p, store *s, const runner_options *options, runner_report *report, assay_error *error) {
  runner r = {.p = p, .s = s, .options = options, .report = report};
  *report = (runner_report){0};
  double begun = seconds();
  if (options->workers < 1 || options->workers > 256)
    return assay_error_set(error, ASSAY_USAGE, "the number of workers is %d; it lies between 1 and 256", options->workers);
  r.workers = calloc((size_t)options->workers, sizeof *r.workers);
  if (!r.workers) return no_memory(error);
  r.last_commit = begun;
  assay_status status = judge_all(&r, error);
  bool work = status == ASSAY_OK && work_to_do(p);
  void (*old)(int) = signal(SIGPIPE, SIG_IGN); /* a worker's death is seen when its pipe is read */
  for (int i = 0; i < options->workers && work && status == ASSAY_OK; i++) status = start_worker(&r, &r.workers[i], error);
  if (status == ASSAY_OK && work) status = loop(&r, error);
  stop_workers(&r);
  signal(SIGPIPE, old);
  for (int i = 0; i < r.n_waiting; i++) free(r.waiting[i].state);
  free(r.waiting);
  free(r.again);
  free(r.workers);
  watch(&r, true);
  report->wall_seconds = seconds() - begun;
  return status;
}
