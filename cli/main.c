#include "cli/cli.h"
#include "compare/registry.h"

int main(int argc, char **argv) { return cli_main(registry_papers, argc, argv); }
