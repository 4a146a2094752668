#include "compare/hash.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static assay_status digest(const char *text, unsigned char bytes[32], assay_error *error) {
  unsigned length = 32;
  if (EVP_Digest(text, strlen(text), bytes, &length, EVP_sha256(), NULL) == 1 && length == 32) return ASSAY_OK;
  return assay_error_set(error, ASSAY_IO, "the crypto library could not compute a SHA-256");
}

assay_status hash_text(const char *text, char hex[HASH_TEXT], assay_error *error) {
  unsigned char bytes[32];
  assay_status status = digest(text, bytes, error);
  for (int i = 0; status == ASSAY_OK && i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
  return status;
}

assay_status hash_key(const char *text, uint64_t *key, assay_error *error) {
  unsigned char bytes[32];
  assay_status status = digest(text, bytes, error);
  *key = 0;
  for (int i = 0; status == ASSAY_OK && i < 8; i++) *key = *key << 8 | bytes[i];
  return status;
}
