/* The one error type. A function that can fail returns an `enum result` and, through a last parameter `struct error *`,
 * says what went wrong as codes with named arguments; no text is made before the edge (HTTP answer, terminal), where
 * error_text() renders it in the reader's language. One list makes the enum, the API's codes, HTTP status, exit status,
 * both texts and docs/errors.md.
 *
 * Words of the texts: lower case, the problem first, the subject quoted, one line, no full stop. `{name}` stands for
 * the argument of that name. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "types.h"
#include "error_list.h"

enum result {
#define X(name, id, http, exit_status, en, fr) ERR_##name,
	ERROR_LIST(X)
#undef X
	    ERR__COUNT
};

enum language { LANG_EN, LANG_FR };

#define ERROR_MAX_FAULTS 32
#define ERROR_MAX_ARGS 3

struct error_arg {
	char name[16];
	char value[112]; /* cut at a UTF-8 boundary when longer */
};

struct fault {
	enum result code;
	char field[96]; /* path of the field at fault ("capabilities[2].name"); "" where there is none */
	struct error_arg args[ERROR_MAX_ARGS];
	unsigned n_args;
};

struct error {
	enum result code; /* of the whole: that of the first fault */
	unsigned n_faults;
	struct fault faults[ERROR_MAX_FAULTS]; /* further faults are dropped */
	char cause[256];                       /* for the log only: libpq's or the system's words */
	unsigned retry_after;                  /* seconds; 0: no Retry-After */
	const char *file;                      /* where it was found first */
	int line;
};

/* Empties `e`. Every `struct error` is cleared once before use; one can be used again after clearing. */
void error_clear(struct error *e);

/* error_set(e, ERR_X, "field" or NULL, "arg", value, "arg2", value2...): adds a fault with its arguments (pairs of
 * C strings, copied) and returns its code, so that `return error_set(...)` works. Call it again to tell several faults.
 */
#define error_set(e, ...) error_set_at((e), __FILE__, __LINE__, __VA_ARGS__, (char *)NULL)
enum result error_set_at(struct error *e, const char *file, int line, enum result code, const char *field, ...)
    __attribute__((sentinel));

/* Writes what the log should say (never shown to a client): a library's or the system's words. The first one stays. */
void error_cause(struct error *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The stable identifier ("not_found"), HTTP status and exit status (sysexits) of a code. */
const char *error_id(enum result code);
int error_http_status(enum result code);
int error_exit_status(enum result code);

/* Renders one fault in `lang` into `out` (always terminated, cut at a UTF-8 boundary). */
void error_text(const struct fault *f, enum language lang, char *out, size_t size);

/* Decimal text of a number, for an error argument: error_set(e, ERR_TOO_LONG, f, "max", num_text(255).s). */
struct num_text {
	char s[24];
};
struct num_text num_text(long long n);

/* Passes a failure up untouched. Safe anywhere: the memory context holds whatever must be released. */
#define TRY(call) \
	do { \
		enum result try_ = (call); \
		if (try_ != ERR_OK) \
			return try_; \
	} while (0)

/* An invariant of ours is broken: logs where and ends the process (the supervisor starts a fresh one). */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
void bug_at(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4) __attribute__((noreturn));

#endif
