#include "account.h"
#include "guard.h"
#include "text.h"
#include "tokens.h"

#include <arpa/inet.h>
#include <string.h>

#define USER_AGENT_MAX 300

void account_write(struct json_writer *w, const struct account_row *a)
{
	jw_open(w, '{');
	jw_field_uuid(w, "id", &a->id);
	jw_field_text(w, "email", a->email);
	jw_field_text(w, "full_name", a->full_name);
	jw_field_text(w, "role", a->role);
	jw_field_bool(w, "is_owner", a->is_owner);
	jw_key(w, "organization_id");
	jw_opt_uuid(w, &a->organization_id);
	jw_field_instant(w, "created_at", a->created_at.us);
	jw_close(w, '}');
}

enum result account_password_new(struct request *rq, const char *password, const char *email, const char *full_name,
    const char *organization, char hash[PASSWORD_HASH_SIZE], struct error *e)
{
	size_t n = strlen(password);
	TRY(password_rule_check(password, n, email, full_name, organization, e));
	return guard_hash(rq, password, hash, e);
}

enum result account_password_again(
    struct request *rq, const char *password, const char *field, struct password_owner *owner, struct error *e)
{
	struct session_key key = { rq->identity.session_id, rq->identity.user_id };
	TRY(app_begin(rq, e));
	TRY(password_of_last(app_of(rq)->db, &key, rq->mem, owner, e));
	/* A stolen session must not be a way around the delays of logins. */
	TRY(guard_login_ask(rq, owner->email, e));
	enum result rc = guard_check(rq, password, owner->password_hash, e);
	if (rc == ERR_INVALID_CREDENTIALS) {
		guard_login_failed(rq, owner->email);
		/* Not 401: the token is as good as before. */
		error_clear(e);
		return error_set(e, ERR_WRONG_PASSWORD, field);
	}
	TRY(rc);
	guard_login_passed(rq, owner->email);
	return ERR_OK;
}

enum result account_link(const char *token, uint8_t hash[32], struct error *e)
{
	/* The same form as a refresh token: random bytes of which the hash is stored. */
	return refresh_token_hash(token, hash) ? ERR_OK : error_set(e, ERR_LINK_INVALID, "token");
}

const char *account_user_agent(const struct request *rq)
{
	const char *given = request_header(rq, "HTTP_USER_AGENT");
	if (!given || !*given)
		return NULL;
	size_t n = strnlen(given, 4 * USER_AGENT_MAX);
	char *text = mem_strndup(rq->mem, given, n);
	bool valid = text_utf8_valid(text, n);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f || (!valid && (unsigned char)text[i] >= 0x80))
			text[i] = '?';
	text[text_cut(text, n, USER_AGENT_MAX)] = '\0';
	return text;
}

const char *account_address(const struct request *rq)
{
	const char *s = request_header(rq, "REMOTE_ADDR");
	unsigned char bytes[sizeof(struct in6_addr)];
	return s && (inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1) ? s : NULL;
}

void account_version(struct response *rs, int64_t version)
{
	char digest[sizeof rs->etag];
	app_version_of_body(rs);
	memcpy(digest, rs->etag, sizeof digest);
	response_version(rs, "%lld-%.32s", (long long)version, digest);
}
