#include "compare/hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
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

static assay_status add_file(EVP_MD_CTX *sum, const char *path, assay_error *error) {
  char bytes[1 << 16];
  size_t n;
  FILE *in = fopen(path, "rb");
  bool good = in != NULL;
  while (good && (n = fread(bytes, 1, sizeof bytes, in)) > 0) good = EVP_DigestUpdate(sum, bytes, n) == 1;
  good = good && !ferror(in);
  assay_status status = good ? ASSAY_OK : assay_error_set(error, ASSAY_NO_DATA, "%s cannot be read (%s)", path, strerror(errno));
  if (in) fclose(in);
  return status;
}

assay_status hash_data(const data_set *set, char hex[HASH_TEXT], assay_error *error) {
  unsigned char bytes[32];
  char path[4096];
  unsigned length = 32;
  *hex = 0;
  if (!set) return ASSAY_OK;
  EVP_MD_CTX *sum = EVP_MD_CTX_new();
  assay_status status = sum && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1
                            ? ASSAY_OK
                            : assay_error_set(error, ASSAY_IO, "the crypto library could not compute a SHA-256");
  for (const char *const *file = set->files; status == ASSAY_OK && *file; file++) {
    status = data_path(set, *file, path, sizeof path, error);
    if (status == ASSAY_OK) status = add_file(sum, path, error);
  }
  if (status == ASSAY_OK && EVP_DigestFinal_ex(sum, bytes, &length) != 1)
    status = assay_error_set(error, ASSAY_IO, "the crypto library could not compute a SHA-256");
  for (int i = 0; status == ASSAY_OK && i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
  EVP_MD_CTX_free(sum);
  return status;
}
