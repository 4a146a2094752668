#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "compare/merge.h"

typedef struct {
  const char **paths; /* OUT and the shards */
  int n;
} arguments;

static error_t parse(int key, char *value, struct argp_state *state) {
  arguments *a = state->input;
  switch (key) {
  case ARGP_KEY_ARG: a->paths[a->n++] = value; return 0;
  case ARGP_KEY_END:
    if (a->n < 2) argp_error(state, "which OUT, and which SHARDs?");
    return 0;
  default: return ARGP_ERR_UNKNOWN;
  }
}

int cli_merge(const assay_paper *const *papers, int argc, char **argv) {
  static const struct argp argp = {
      NULL,
      parse,
      "OUT SHARD...",
      "Makes the store OUT of complete rounds of shards (and of an earlier OUT that a later round went on "
      "from). What is missing, overlaps or "
      "does not belong together is refused with the reason.\vGo on with `assay report OUT -o DIR`, or `assay "
      "plan OUT`, which tells what is "
      "still undecided; a second round is `assay run --from OUT --shard i/n --store ...`.",
      NULL,
      NULL,
      NULL};
  arguments a = {calloc((size_t)argc + 1, sizeof *a.paths), 0};
  assay_error error = {0};
  (void)papers;
  int status = a.paths && !argp_parse(&argp, argc, argv, 0, NULL, &a) ? EXIT_GOOD : EXIT_MISTAKE;
  if (status == EXIT_GOOD && merge_stores(a.paths[0], a.paths + 1, a.n - 1, &error) != ASSAY_OK) status = cli_fail("%s", error.text);
  free(a.paths);
  return status;
}
