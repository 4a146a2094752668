#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/cli.h"
#include "compare/worker.h"

/* Descriptors as compare/runner.h starts a worker with. */
enum { REQUESTS = 3, PROGRESS = 4 };

int cli_worker(const assay_paper *const *papers, int argc, char **argv) {
  (void)argv;
  if (argc != 1 || fcntl(REQUESTS, F_GETFD) < 0)
    return cli_fail("`assay worker` is started by `assay run`, with its requests on descriptor %d", REQUESTS);
  worker_progress *progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED, PROGRESS, 0);
  return worker_serve(papers, REQUESTS, REQUESTS, progress == MAP_FAILED ? NULL : progress);
}
