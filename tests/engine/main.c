/* assay with the paper of known truth in place of the shipped ones. */
#include "cli/cli.h"

extern const assay_paper *const truth_papers[];

int main(int argc, char **argv) { return cli_main(truth_papers, argc, argv); }
