/* One question to a web server, as a browser would ask it. */
#ifndef WEB_WEB_GET_H
#define WEB_WEB_GET_H

#include "error.h"
#include "mem.h"

struct web_answer {
	long status;
	int64_t date_s;   /* of its Date, in seconds since 1970; 0: it had none */
	const char *body; /* its first 64 KiB, in mem */
};
/* GET of `url`, certificates verified against the system's authorities, no redirect followed, `seconds` at most.
 * `here`: the connection goes to this machine whatever the name says. UNAVAILABLE, with libcurl's words as the cause.
 */
enum result web_get(
    TALLOC_CTX *mem, const char *url, bool here, long seconds, struct web_answer *out, struct error *e) MUST_CHECK;

#endif
