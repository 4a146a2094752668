/* The framed pipe between runner and workers, tunnelled through MPI. On either side one thread, the only one that calls MPI after the
 * start, carries bytes between sockets and messages; an empty message closes. */
#include "cli/ranks.h"

#include <errno.h>
#include <mpi.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compare/worker.h"

enum { MOST_RANKS = 257, CHUNK = 1 << 20, WAIT_MS = 1 };

/* The job that this process belongs to; set once at the start. */
static struct {
  int rank, size;
  int ours[MOST_RANKS];   /* the carrier's end for rank r; -1: closed */
  int theirs[MOST_RANKS]; /* the other end */
  int to_hear;            /* ranks whose closing message has not come yet */
  pthread_t carrier;
  bool carrying;
} job = {.size = 1};

/* ---- carrying ---- */

static bool write_all(int fd, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t done = write(fd, bytes, count);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes += done;
    count -= (size_t)done;
  }
  return true;
}

/* From the socket to the rank. */
static void carry_out(int rank, char *buffer) {
  ssize_t n = read(job.ours[rank], buffer, CHUNK);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
  MPI_Send(buffer, n > 0 ? (int)n : 0, MPI_BYTE, rank, 0, MPI_COMM_WORLD);
  if (n > 0) return;
  close(job.ours[rank]);
  job.ours[rank] = -1;
}

/* From a rank to its socket. False when nothing has come. */
static bool carry_in(char *buffer) {
  int there = 0, count = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &there, &status);
  if (!there) return false;
  MPI_Get_count(&status, MPI_BYTE, &count);
  MPI_Recv(buffer, count, MPI_BYTE, status.MPI_SOURCE, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  int fd = job.ours[status.MPI_SOURCE];
  job.to_hear -= count == 0;
  if (fd < 0) return true;
  if (count == 0) shutdown(fd, SHUT_WR);
  else write_all(fd, buffer, (size_t)count);
  return true;
}

static void *carry(void *unused) {
  char *buffer = malloc(CHUNK);
  (void)unused;
  if (!buffer) MPI_Abort(MPI_COMM_WORLD, 2);
  for (bool open = true; open;) {
    struct pollfd fds[MOST_RANKS];
    int rank_of[MOST_RANKS], n = 0;
    for (int r = 0; r < job.size; r++)
      if (job.ours[r] >= 0) fds[n] = (struct pollfd){job.ours[r], POLLIN, 0}, rank_of[n++] = r;
    open = n > 0 || job.to_hear > 0;
    if (open && poll(fds, (nfds_t)n, WAIT_MS) > 0)
      for (int i = 0; i < n; i++)
        if (fds[i].revents) carry_out(rank_of[i], buffer);
    while (carry_in(buffer)) continue;
  }
  free(buffer);
  return NULL;
}

static bool start_carrying(int first, int last) {
  for (int r = 0; r < MOST_RANKS; r++) job.ours[r] = job.theirs[r] = -1;
  for (int r = first; r <= last; r++) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return false;
    job.ours[r] = pair[0];
    job.theirs[r] = pair[1];
    job.to_hear++;
  }
  job.carrying = pthread_create(&job.carrier, NULL, carry, NULL) == 0;
  return job.carrying;
}

/* ---- the two sides ---- */

bool ranks_serve(const assay_paper *const *papers, int *status) {
  int provided;
  if (!getenv("OMPI_COMM_WORLD_SIZE") && !getenv("PMI_SIZE")) return false; /* not under mpirun */
  MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &job.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &job.size);
  if (provided < MPI_THREAD_SERIALIZED || job.size > MOST_RANKS) MPI_Abort(MPI_COMM_WORLD, 2);
  signal(SIGPIPE, SIG_IGN);
  bool first = job.rank == 0;
  if (job.size > 1 && !start_carrying(first ? 1 : 0, first ? job.size - 1 : 0)) MPI_Abort(MPI_COMM_WORLD, 2);
  if (first) return false;
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  *status = worker_serve(papers, job.theirs[0], job.theirs[0], NULL);
  close(job.theirs[0]);
  ranks_finish();
  return true;
}

int ranks_count(void) { return job.size - 1; }

int ranks_connect(void *with, int worker) {
  (void)with;
  int fd = worker + 1 < job.size ? job.theirs[worker + 1] : -1;
  if (fd >= 0) job.theirs[worker + 1] = -1; /* it is the runner's now, who closes it */
  return fd;
}

void ranks_finish(void) {
  int initialised;
  MPI_Initialized(&initialised);
  if (!initialised) return;
  for (int r = 0; r < MOST_RANKS && job.carrying; r++)
    if (job.theirs[r] >= 0 && job.rank == 0) close(job.theirs[r]); /* never connected */
  if (job.carrying) pthread_join(job.carrier, NULL);
  MPI_Finalize();
}
