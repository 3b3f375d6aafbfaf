/* Drop-ins of systemd that `scorpius setup` makes: the folders besides their own that hardened services may write to.
 */
#ifndef CLI_DROP_IN_H
#define CLI_DROP_IN_H

#include "error.h"
#include "mem.h"

/* The drop-in for those folders (absolute paths): they are mounted before, and may be written to. NULL: none is needed.
 * A path that a unit can't hold as it is (spaces, quotes, '%', '\') is INVALID_SETTING. */
enum result drop_in_text(
    TALLOC_CTX *mem, const char *const *paths, size_t n, const char **text, struct error *e) MUST_CHECK;

/* Puts that text in place as UNITS/UNIT.d/scorpius-setup.conf, whole or not at all; NULL: removes it. *changed is set
 * when there was another one, and left alone otherwise. IO. */
enum result drop_in_put(
    TALLOC_CTX *mem, const char *units, const char *unit, const char *text, bool *changed, struct error *e) MUST_CHECK;

#endif
