/* Harnesses for readers of text and bytes from outside. Each is one function, called by libFuzzer (tests/fuzz/run) or, in the
 * normal tests, with every file of its corpus (replay.c). They hold a reader to what it promises beyond not crashing. */
#ifndef ASSAY_TESTS_FUZZ_H
#define ASSAY_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program with the reason: the fuzzer reports it as a crash. */
#define FUZZ_REQUIRE(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      abort(); \
    } \
  } while (0)

/* The input as text, cut at its first NUL. Malloc'd. */
static inline char *fuzz_text(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  FUZZ_REQUIRE(text);
  if (size) memcpy(text, data, size);
  text[size] = 0;
  return text;
}

#endif
