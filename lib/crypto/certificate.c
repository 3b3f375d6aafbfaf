#include "certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void free_certificate(void *x)
{
	X509_free(x);
}

static const char *open_file(TALLOC_CTX *mem, const char *path, FILE **out)
{
	*out = fopen(path, "re");
	return *out ? NULL : mem_printf(mem, "%s: %s", path, strerror(errno));
}

/* `more`: whether another one stands behind it. */
static const char *read_first(TALLOC_CTX *mem, const char *path, X509 **out, bool *more)
{
	FILE *f;
	const char *why = open_file(mem, path, &f);
	if (why)
		return why;
	*out = PEM_read_X509(f, NULL, NULL, NULL);
	X509 *second = *out ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	*more = second != NULL;
	X509_free(second);
	fclose(f);
	if (!*out)
		return mem_printf(mem, "%s: not a certificate in PEM", path);
	mem_defer(mem, free_certificate, *out);
	return NULL;
}

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;
	return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static bool is_address(const char *host)
{
	uint8_t unused[16];
	return inet_pton(AF_INET, host, unused) == 1 || inet_pton(AF_INET6, host, unused) == 1;
}

static const char *name_of(TALLOC_CTX *mem, const X509_NAME *name)
{
	static const int kinds[] = { NID_commonName, NID_organizationName };
	char text[200];
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (X509_NAME_get_text_by_NID((X509_NAME *)name, kinds[i], text, sizeof(text)) > 0)
			return mem_strdup(mem, text);
	return "";
}

const char *certificate_look(TALLOC_CTX *mem, const char *path, const char *host, struct certificate_facts *out)
{
	X509 *x;
	bool more;
	const char *why = read_first(mem, path, &x, &more);
	if (why)
		return why;
	*out = (struct certificate_facts){
		.begins_s = seconds_of(X509_get0_notBefore(x)),
		.ends_s = seconds_of(X509_get0_notAfter(x)),
		.names_host =
		    is_address(host) ? X509_check_ip_asc(x, host, 0) == 1 : X509_check_host(x, host, 0, 0, NULL) == 1,
		.chain = more,
		.self_signed = X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0,
		.issuer = name_of(mem, X509_get_issuer_name(x)),
	};
	return NULL;
}

/* Asks nobody for a password. */
static int no_password(char *out, int size, int writing, void *arg)
{
	(void)out, (void)size, (void)writing, (void)arg;
	return -1;
}

const char *certificate_key_matches(TALLOC_CTX *mem, const char *path, const char *key_path, bool *matches)
{
	X509 *x;
	bool more;
	FILE *f;
	const char *why = read_first(mem, path, &x, &more);
	if (!why)
		why = open_file(mem, key_path, &f);
	if (why)
		return why;
	EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, no_password, NULL);
	fclose(f);
	if (!key)
		return mem_printf(mem, "%s: not a private key in PEM, or one under a password", key_path);
	*matches = X509_check_private_key(x, key) == 1;
	EVP_PKEY_free(key);
	return NULL;
}
