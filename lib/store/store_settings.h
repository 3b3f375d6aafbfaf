/* The store that the settings describe. */
#ifndef STORE_STORE_SETTINGS_H
#define STORE_STORE_SETTINGS_H

#include "settings.h"
#include "store.h"

/* INVALID_SETTING, one fault for each, where STORAGE_BACKEND=s3 and what it needs is absent or of no use. For main, so
 * that a wrong setting ends the program at its start. */
enum result store_settings_check(const struct settings *s, struct error *e) MUST_CHECK;

/* STORAGE_BACKEND=directory: the directory UPLOAD_PATH. s3: that directory before the bucket (store_open_layered). */
enum result store_open(TALLOC_CTX *mem, const struct settings *s, const struct master_keys *keys, struct store **out,
    struct error *e) MUST_CHECK;

/* The bucket alone, whatever STORAGE_BACKEND says; the S3_ settings are checked. */
enum result store_open_bucket(TALLOC_CTX *mem, const struct settings *s, const struct master_keys *keys,
    struct store **out, struct error *e) MUST_CHECK;

#endif
