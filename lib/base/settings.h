/* Settings: environment variables, one row each in settings_list.h; read once by main, passed on as a struct. No
 * library reads the environment. */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include "error.h"
#include "buf.h"
#include "settings_list.h"

enum setting_type {
	SETTING_TEXT,    /* const char * */
	SETTING_INT,     /* int64_t, min..max */
	SETTING_SIZE,    /* int64_t bytes; "104857600", "100M", "100 MiB" */
	SETTING_SECONDS, /* int64_t seconds; "90", "15m", "2h", "7d" */
	SETTING_BOOL,    /* bool; true/false, 1/0, yes/no, on/off */
	SETTING_CHOICE,  /* const char *, one of the words in `choices`, parted by '|' */
	SETTING_LIST,    /* const char *, NULL-terminated array: a JSON list of texts or words parted by commas */
};

#define SETTING_TEXT_C const char *
#define SETTING_INT_C int64_t
#define SETTING_SIZE_C int64_t
#define SETTING_SECONDS_C int64_t
#define SETTING_BOOL_C bool
#define SETTING_CHOICE_C const char *
#define SETTING_LIST_C const char *const *

struct settings {
#define X(name, type, fallback, min, max, choices, secret, help) SETTING_##type##_C name;
	SETTINGS_LIST(X)
#undef X
};

struct setting {
	const char *name;
	enum setting_type type;
	const char *fallback; /* NULL: none; the value is then NULL / 0 unless a program requires it */
	long long min, max;   /* of the value, or of a text's length in bytes (both 0: no bound) */
	const char *choices;
	bool secret; /* never printed, never logged */
	const char *help;
	size_t offset;
};
extern const struct setting settings_table[];
extern const size_t settings_count;

/* Reads all settings through `get` (getenv in main, a table in tests). `${NAME}` in a value stands for another
 * setting's value. All faults are told at once (INVALID_SETTING). With APP_ENV=production, secrets that are absent,
 * short or well-known are refused. */
enum result settings_read(
    TALLOC_CTX *mem, const char *(*get)(const char *name), struct settings *out, struct error *e) MUST_CHECK;

/* Whether production refuses this key: short, without variety, or with a word of an example in it. */
bool settings_secret_is_weak(const char *s);

/* The table as text: name, type, bounds, default, current value (secrets as "(set)"), help. */
void settings_explain(const struct settings *s, struct buf *out);

#endif
