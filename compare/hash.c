#include "compare/hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static assay_status no_digest(assay_error *error) {
  return assay_error_set(error, ASSAY_IO, "the crypto library could not compute a SHA-256");
}

static assay_status digest(const char *text, unsigned char bytes[32], assay_error *error) {
  unsigned length = 32;
  if (EVP_Digest(text, strlen(text), bytes, &length, EVP_sha256(), NULL) == 1 && length == 32) return ASSAY_OK;
  return no_digest(error);
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

static assay_status add_directory(EVP_MD_CTX *sum, const char *directory, assay_error *error) {
  char path[4096];
  data_names names;
  assay_status status = data_list(directory, ".txt", &names, error);
  for (int i = 0; status == ASSAY_OK && i < names.count; i++) {
    snprintf(path, sizeof path, "%s%s", directory, names.name[i]);
    status = EVP_DigestUpdate(sum, names.name[i], strlen(names.name[i]) + 1) == 1 ? add_file(sum, path, error) : no_digest(error);
  }
  data_free_names(&names);
  return status;
}

static assay_status add_set(EVP_MD_CTX *sum, const char *name, assay_error *error) {
  const data_set *set = data_find(name);
  char path[4096];
  if (!set) return assay_error_set(error, ASSAY_NO_DATA, "data set %s is not known to this program", name);
  for (const char *const *file = set->files; *file; file++) {
    assay_status status = data_path(set, *file, path, sizeof path, error);
    const bool directory = status == ASSAY_OK && path[strlen(path) - 1] == '/';
    if (status == ASSAY_OK) status = directory ? add_directory(sum, path, error) : add_file(sum, path, error);
    if (status != ASSAY_OK) return status;
  }
  return ASSAY_OK;
}

assay_status hash_data(const char *names, char hex[HASH_TEXT], assay_error *error) {
  unsigned char bytes[32];
  char name[DATA_NAME];
  unsigned length = 32;
  *hex = 0;
  if (!names) return ASSAY_OK;
  EVP_MD_CTX *sum = EVP_MD_CTX_new();
  assay_status status = sum && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1 ? ASSAY_OK : no_digest(error);
  while (status == ASSAY_OK && data_next(&names, name)) status = add_set(sum, name, error);
  if (status == ASSAY_OK && EVP_DigestFinal_ex(sum, bytes, &length) != 1) status = no_digest(error);
  for (int i = 0; status == ASSAY_OK && i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
  EVP_MD_CTX_free(sum);
  return status;
}
