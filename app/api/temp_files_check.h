/* nginx's temporary files: they hold uploads and answers in clear, so that they must not reach a disk that is not
 * encrypted. Looked at once, when a worker starts. */
#ifndef API_TEMP_FILES_CHECK_H
#define API_TEMP_FILES_CHECK_H

#include "error.h"
#include "settings.h"

/* The folder of NGINX_TEMP_PATH must be in memory (tmpfs, ramfs), or on a volume that NGINX_TEMP_ENCRYPTED declares
 * encrypted, and have room for one request of MAX_REQUEST_SIZE. INVALID_SETTING in production; elsewhere a warning in
 * the log. Nothing is looked at when the setting is empty: nginx may run on another machine. */
enum result temp_files_check(const struct settings *s, struct error *e) MUST_CHECK;

#endif
