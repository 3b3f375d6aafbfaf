/* What scorpius-reader writes to its parent: one header, then `length` bytes. Integers are little-endian.
 *
 *   0  magic "SCRD"
 *   4  u32 version of the frame
 *   8  u32 enum reader_status
 *   12 u32 zero
 *   16 u64 length: of the encoded document when the status is READER_OK, else of a short reason (a word of ASCII)
 *
 * The answer to the format "zip" is a stream of records instead, so that nobody holds an archive inflated. A record is
 * a u32 kind (enum reader_record), a u32 length of at most READER_RECORD_MAX, and so many bytes:
 *
 *   ENTRY    path of a file, UTF-8, parts joined by '/'
 *   DATA     its next bytes
 *   END      it is whole; no bytes
 *   REFUSED  why it is not, or was not begun (a word); an ENTRY stood before
 *   DONE     nothing follows: all entries were told; no bytes
 *   FAILED   the archive was given up: u32 enum reader_status, then the reason
 *
 * Shared by the program and its client; nothing else needs it. */
#ifndef DOCUMENT_READER_FRAME_H
#define DOCUMENT_READER_FRAME_H

#include "types.h"

#define READER_FRAME_MAGIC "SCRD"
#define READER_FRAME_VERSION 1
#define READER_FRAME_HEADER 24
#define READER_REASON_MAX 64

#define READER_RECORD_HEADER 8
#define READER_RECORD_MAX 65536

enum reader_record {
	READER_ENTRY = 1,
	READER_DATA,
	READER_END,
	READER_REFUSED,
	READER_DONE,
	READER_FAILED,
};

#define READER_FD_INPUT 3
#define READER_FD_OUTPUT 4

enum reader_status {
	READER_OK,
	READER_ENCRYPTED,  /* asks for a password */
	READER_UNREADABLE, /* not what its format says, or beyond repair; reason: which part */
	READER_TOO_BIG,    /* a limit; reason: which one */
	READER_UNKNOWN_FORMAT,
	READER_STATUS__COUNT
};

#endif
