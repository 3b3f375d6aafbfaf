/* scorpius storage scan: files that came in before there was a virus scanner, or before it knew what it knows now. */
#ifndef CLI_STORAGE_SCAN_H
#define CLI_STORAGE_SCAN_H

#include "operator_files.h"
#include "settings.h"
#include "store.h"

/* Shows the files of documents that no scanner has seen, or all of them, to clamd, writes what it says and tells it in
 * French on standard output. Ends at the first file that clamd gives no verdict on (SCANNER_UNAVAILABLE; done again, it
 * goes on there); DAMAGED when a file is missing, damaged or can't be read, SCAN_TOO_LARGE when one exceeds clamd's
 * limits, both after all others. INVALID_SETTING without CLAMD_SOCKET. */
enum result storage_scan(
    const struct settings *settings, struct operator_db *db, struct store *store, bool all, struct error *e) MUST_CHECK;

#endif
