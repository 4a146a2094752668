#include "cli/cli.h"
#include "compare/claims/papers.h"

int main(int argc, char **argv) { return cli_main(shipped_papers, argc, argv); }
