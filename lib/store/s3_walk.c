/* Walking over a bucket, and what is left in it. */
#include "clock.h"
#include "s3_private.h"
#include "s3_xml.h"
#include "uuid.h"

#include <string.h>

#define LIST_QUERY "list-type=2&max-keys=1000&prefix=%s"

/* An object's key from its name in the bucket. */
static bool parse_name(const struct s3 *s, const char *name, struct store_key *key)
{
	size_t n = strlen(s->prefix);
	char organization[37];
	if (strncmp(name, s->prefix, n) != 0 || strlen(name + n) != 73 || name[n + 36] != '/')
		return false;
	memcpy(organization, name + n, 36);
	organization[36] = '\0';
	return uuid_parse(organization, &key->organization_id) && uuid_parse(name + n + 37, &key->id);
}

static int64_t age_of(const char *time)
{
	int64_t us;
	return time && clock_parse_rfc3339(time, &us) ? (clock_now_us() - us) / 1000000 : 0;
}

static enum result list_page(
    struct s3 *s, TALLOC_CTX *mem, char **token, store_seen *each, void *arg, unsigned *strange, struct error *e)
{
	struct s3_answer answer;
	struct s3_xml *xml;
	struct store_key key;
	const char *first = *token ? mem_printf(mem, "continuation-token=%s&", s3_encode(mem, *token)) : "";
	const char *query = mem_printf(mem, "%s" LIST_QUERY, first, s->encoded_prefix);
	struct s3_request rq = { .method = "GET", .query = query };
	TRY(s3_ask_for(s, mem, &rq, &answer, e));
	TRY(s3_xml_read(mem, answer.body.data, answer.body.len, "ListBucketResult", &xml, e));
	while (s3_xml_next(xml, "Contents")) {
		const char *name = s3_xml_item(xml, "Key");
		if (name && parse_name(s, name, &key))
			TRY(each(arg, &key, age_of(s3_xml_item(xml, "LastModified")), e));
		else
			(*strange)++;
	}
	const char *truncated = s3_xml_text(xml, "IsTruncated"), *next = s3_xml_text(xml, "NextContinuationToken");
	bool more = truncated && strcmp(truncated, "true") == 0;
	talloc_free(*token);
	*token = more && next ? mem_strdup(s, next) : NULL;
	return more && !next ? s3_refused(e, &rq, answer.status) : ERR_OK;
}

enum result s3_list(void *backend, store_seen *each, void *arg, unsigned *strange, struct error *e)
{
	struct s3 *s = backend;
	char *token = NULL;
	enum result r;
	do {
		TALLOC_CTX *mem = talloc_new(s);
		r = list_page(s, mem, &token, each, arg, strange, e);
		talloc_free(mem);
	} while (r == ERR_OK && token);
	talloc_free(token);
	return r;
}

/* Asks only: what is written every few seconds would pile up where a bucket keeps all versions. A right to write that
 * is missing shows with the first object that waits. */
static enum result probe(struct s3 *s, TALLOC_CTX *mem, struct error *e)
{
	struct s3_answer answer;
	struct s3_request rq = { .method = "GET",
		.query = mem_printf(mem, "list-type=2&max-keys=1&prefix=%s", s->encoded_prefix) };
	return s3_ask_for(s, mem, &rq, &answer, e);
}

enum result s3_writable(void *backend, struct error *e)
{
	struct s3 *s = backend;
	TALLOC_CTX *mem = talloc_new(s);
	enum result r = probe(s, mem, e);
	talloc_free(mem);
	return r;
}

/* Gives up uploads in parts that nobody will end: one page of them, the next call sees what is left. */
static enum result clean(struct s3 *s, TALLOC_CTX *mem, int64_t older_than_s, unsigned *removed, struct error *e)
{
	struct s3_answer answer;
	struct s3_xml *xml;
	struct store_key unused;
	struct s3_request rq = { .method = "GET",
		.query = mem_printf(mem, "max-uploads=1000&prefix=%s&uploads=", s->encoded_prefix) };
	TRY(s3_ask_for(s, mem, &rq, &answer, e));
	TRY(s3_xml_read(mem, answer.body.data, answer.body.len, "ListMultipartUploadsResult", &xml, e));
	while (s3_xml_next(xml, "Upload")) {
		const char *key = s3_xml_item(xml, "Key"), *id = s3_xml_item(xml, "UploadId");
		if (!key || !id || !parse_name(s, key, &unused) || age_of(s3_xml_item(xml, "Initiated")) < older_than_s)
			continue;
		struct s3_request abort_it = {
			.method = "DELETE", .key = key, .query = mem_printf(mem, "uploadId=%s", s3_encode(mem, id))
		};
		struct s3_answer ended;
		TRY(s3_ask(s, mem, &abort_it, &ended, e));
		(*removed)++;
	}
	return ERR_OK;
}

enum result s3_clean(void *backend, int64_t older_than_s, unsigned *removed, struct error *e)
{
	struct s3 *s = backend;
	TALLOC_CTX *mem = talloc_new(s);
	enum result r = clean(s, mem, older_than_s, removed, e);
	talloc_free(mem);
	return r;
}
