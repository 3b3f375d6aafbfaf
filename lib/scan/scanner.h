/* Files are shown to a virus scanner: clamd, over its Unix socket, by its command INSTREAM. Nothing is written to a
 * disk, and clamd needs no right on our files. What it answers is not trusted beyond its first word: only known forms
 * count, all else is a scanner that does not work. Nothing is kept between two calls: safe in any process and after a
 * fork, from one thread. */
#ifndef SCAN_SCANNER_H
#define SCAN_SCANNER_H

#include "error.h"
#include "settings.h"

struct scanner {
	const char *socket; /* path of clamd's LocalSocket */
	int64_t timeout_s;  /* longest time of clamd's for one file, to its verdict; that of reading the file is not
			       clamd's */
	bool required;      /* what is not scanned is neither read nor given out */
	bool (*stop)(void); /* asked about twice a second; true breaks the scan off (UNAVAILABLE). May be NULL */
};

/* That of the settings; *on is false when there is none (CLAMD_SOCKET is empty). Texts belong to the settings. */
void scanner_configure(const struct settings *s, struct scanner *out, bool *on);

enum scan_verdict {
	SCAN_CLEAN,
	SCAN_INFECTED,
	SCAN_TOO_LARGE, /* more than clamd takes (StreamMaxLength), or than it looked at (its other limits) */
};

#define SCAN_NAME_MAX 128

struct scan_result {
	enum scan_verdict verdict;
	char name[SCAN_NAME_MAX]; /* of what was found: printable ASCII; "" when nothing was */
};

/* Up to n bytes of the file from `offset`; *got < n only at its end. A fault of it ends the scan and is passed on. */
typedef enum result scan_read(void *arg, int64_t offset, void *p, size_t n, size_t *got, struct error *e);

/* Sends a file and takes the verdict. SCANNER_UNAVAILABLE, with the cause for the log: no clamd there, one that closes,
 * answers nonsense or an error of its own, or takes longer than timeout_s. */
enum result scan_file(
    const struct scanner *s, scan_read *read, void *arg, struct scan_result *out, struct error *e) MUST_CHECK;
/* Whether clamd answers, within `ms` milliseconds. SCANNER_UNAVAILABLE. */
enum result scan_ping(const struct scanner *s, int ms, struct error *e) MUST_CHECK;

#endif
