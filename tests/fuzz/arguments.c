/* What commands read from their arguments: addresses of replicates, sweeps, seeds, tiers, counts, limits. The first byte chooses. */
#include <math.h>

#include "cli/cli.h"
#include "tests/fuzz/fuzz.h"

static void address(const char *text) {
  cli_address at;
  if (!cli_read_address(text, &at)) return;
  FUZZ_REQUIRE(at.replicate >= 0 && strlen(at.claim) < sizeof at.claim && strlen(at.label) < sizeof at.label);
}

static void sweep(const char *text) {
  char *list = cli_spelled_out(text);
  if (!list) return;
  const char *equals = strchr(text, '=');
  if (equals && strchr(equals, ':')) FUZZ_REQUIRE(strchr(list, ',') && !strchr(strchr(list, '='), ':'));
  free(list);
}

static void numbers(const char *text) {
  long whole;
  double real;
  uint64_t seed;
  assay_tier tier;
  if (cli_read_long("--n", text, -3, 1L << 40, &whole)) FUZZ_REQUIRE(whole >= -3 && whole <= 1L << 40);
  if (cli_read_real("--x", text, 0, &real)) FUZZ_REQUIRE(isfinite(real) && real >= 0);
  cli_read_seed(text, &seed);
  if (cli_read_tier(text, &tier)) FUZZ_REQUIRE(tier < ASSAY_TIERS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static void (*const readers[])(const char *) = {address, sweep, numbers};
  if (size < 1) return 0;
  char *text = fuzz_text(data + 1, size - 1);
  readers[data[0] % 3](text);
  free(text);
  return 0;
}
