/* A certificate in a PEM file, looked at as its server's operator does. */
#ifndef CRYPTO_CERTIFICATE_H
#define CRYPTO_CERTIFICATE_H

#include "mem.h"

struct certificate_facts {
	int64_t begins_s, ends_s; /* moments of its validity, in seconds since 1970 */
	bool names_host;          /* it is for that host, or address */
	bool chain;               /* the file holds further certificates behind it */
	bool self_signed;
	const char *issuer; /* common name or organisation, in mem; "" */
};
/* The first certificate of the file. NULL, or why it can't be read (in mem). */
const char *certificate_look(TALLOC_CTX *mem, const char *path, const char *host, struct certificate_facts *out);
/* Whether the private key in `key_path` is that of the certificate in `path`: *matches. NULL, or why one of them can't
 * be read; a key under a password can't. */
const char *certificate_key_matches(TALLOC_CTX *mem, const char *path, const char *key_path, bool *matches);

#endif
