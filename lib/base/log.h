/* The log: one JSON object per line on standard error, written with one write(2). Values that come from outside are
 * escaped; secrets and document text are never passed to it. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "error.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Set once by main. `program` must outlive the process. */
void log_open(const char *program, enum log_level lowest);
bool log_level_parse(const char *s, enum log_level *out); /* DEBUG INFO WARNING ERROR, either case */

/* Fields that every line carries until changed (request id, organisation...). NULL value removes. Copied. */
void log_context(const char *key, const char *value);
void log_context_clear(void);

/* log_info("message", "key", value, ..., NULL): pairs of C strings. */
void log_at(enum log_level level, const char *msg, ...) __attribute__((sentinel));
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__, (char *)NULL)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__, (char *)NULL)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__, (char *)NULL)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__, (char *)NULL)
/* A failure with its code, cause and place. */
void log_failure(enum log_level level, const char *msg, const struct error *e);

#endif
