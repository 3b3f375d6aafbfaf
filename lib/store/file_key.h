/* Keys of files. Each object has a random key of its own, kept beside its row, wrapped by the master key, which is
 * derived (HKDF) from the operator's secret. Changing the secret wraps these keys anew and leaves the objects alone.
 * Nothing here changes after it is made: safe after a fork. */
#ifndef STORE_FILE_KEY_H
#define STORE_FILE_KEY_H

#include "crypto.h"
#include "error.h"

struct store_key;

/* The master key of today and the one before it, which only unwraps. Wiped when freed. */
struct master_keys;
/* INVALID_SETTING when SECRET_KEY is NULL or shorter than 32 bytes; `previous` may be NULL or empty. */
enum result master_keys_new(
    TALLOC_CTX *mem, const char *current, const char *previous, struct master_keys **out, struct error *e) MUST_CHECK;
/* 16 hexadecimal digits that tell master keys apart and nothing about them. */
const char *master_key_id(const struct master_keys *k);
/* The same of the master key before it; NULL when there is none. */
const char *master_key_previous_id(const struct master_keys *k);
/* A key for something else than files, `label` (HKDF's info), from whichever of the two is named `id`. False, and
 * nothing in `key`, when neither is. */
bool master_key_derive(
    const struct master_keys *k, const char *id, const char *label, uint8_t key[CRYPTO_KEY_SIZE]) MUST_CHECK;

void file_key_wrap(const struct master_keys *k, const struct store_key *object, const uint8_t key[CRYPTO_KEY_SIZE],
    uint8_t wrapped[CRYPTO_WRAPPED_SIZE]);
/* DAMAGED when no master key that we have wrapped it for this object; *current tells which one did (may be NULL). */
enum result file_key_unwrap(const struct master_keys *k, const struct store_key *object, struct bytes wrapped,
    uint8_t key[CRYPTO_KEY_SIZE], bool *current, struct error *e) MUST_CHECK;

#endif
