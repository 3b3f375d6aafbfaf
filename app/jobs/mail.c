/* The job `mail`: writes a letter and hands it to the mail server. The job knows who and why only; the token of a link
 * is made here, committed as its hash, and then sent: whoever opens the letter at once finds it valid. When the sending
 * fails, or the word that it did not is lost, the next attempt makes another token, which takes the place of this one.
 */
#include "worker.h"

#include <string.h>

#include "clock.h"
#include "crypto.h"
#include "json.h"
#include "letter.h"
#include "log.h"
#include "mail_sql.h"
#include "metrics.h"
#include "retention_sql.h"
#include "uuid.h"

#define LEASE_MARGIN_S 30 /* beyond the longest sending */
#define TOKEN_BYTES 32
#define ITEMS_MAX 50 /* of what goes, that a letter names */

struct task {
	enum letter letter;
	bool invitation;
	struct uuid subject; /* the account or the invitation */
	struct uuid notice;  /* of retention */
	char token[CRYPTO_BASE64URL_SIZE(TOKEN_BYTES)];
	uint8_t hash[CRYPTO_SHA256_SIZE];
	const char *to;
	struct letter_values values;
};

static enum result read_task(TALLOC_CTX *mem, const struct job *job, struct task *t, struct error *e)
{
	const struct json *j;
	const char *text = job->payload.s ? job->payload.s : "null";
	TRY(json_parse(mem, text, strlen(text), &j, e));
	const char *purpose = json_string(json_get(j, "purpose"));
	if (purpose != NULL && letter_parse(purpose, &t->letter)) {
		t->invitation = t->letter == LETTER_INVITATION;
		const char *id = json_string(json_get(j, t->invitation ? "invitation_id" : "account_id"));
		log_context("purpose", letter_name(t->letter));
		const char *notice = json_string(json_get(j, "notice_id"));
		bool whole = t->letter != LETTER_RETENTION || (notice != NULL && uuid_parse(notice, &t->notice));
		if (id != NULL && uuid_parse(id, &t->subject) && whole)
			return ERR_OK;
	}
	error_cause(e, "the job's payload names no letter or nobody");
	return error_set(e, ERR_MAIL_REFUSED, NULL);
}

static void make_token(struct task *t)
{
	uint8_t random[TOKEN_BYTES];
	crypto_random(random, sizeof(random));
	crypto_base64url(random, sizeof(random), t->token);
	crypto_wipe(random, sizeof(random));
	crypto_sha256_of(t->token, strlen(t->token), t->hash);
	t->values.token = t->token;
}

static int64_t token_life(const struct settings *s, enum letter letter)
{
	return letter == LETTER_EMAIL_CONFIRM ? s->EMAIL_CONFIRM_EXPIRE_DAYS * 86400
					      : s->PASSWORD_RESET_EXPIRE_MINUTES * 60;
}

/* Behind the fence. *wanted is false when the letter has lost its sense meanwhile. */
static enum result prepare_invitation(struct worker *w, TALLOC_CTX *mem, struct task *t, bool *wanted, struct error *e)
{
	struct mail_invitation_row row;
	TRY(mail_invitation_get(w->db, &(struct mail_invitation_key){ t->subject }, mem, &row, e));
	*wanted = row.open;
	if (!row.open)
		return ERR_OK;
	make_token(t);
	t->to = row.email;
	t->values.organization = row.organization;
	t->values.inviter = row.inviter;
	t->values.viewer = row.viewer;
	t->values.expires = row.expires;
	return mail_invitation_set_token_later(
	    w->db, &(struct mail_invitation_token){ t->subject, { t->hash, sizeof(t->hash) } }, NULL, e);
}

/* What was told of that day and may still go. */
static enum result prepare_items(struct worker *w, TALLOC_CTX *mem, struct task *t, bool *wanted, struct error *e)
{
	struct retention_letter_key key = { t->subject, t->notice, w->settings->RETENTION_DAYS, ITEMS_MAX };
	struct retention_letter_row *rows;
	size_t n;
	TRY(retention_letter_list(w->db, &key, mem, &rows, &n, e));
	*wanted = n > 0 && key.days > 0;
	if (!*wanted)
		return ERR_OK;
	struct letter_item *items = mem_array(mem, struct letter_item, n);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct letter_item){ rows[i].tender, rows[i].name, rows[i].day };
	t->values.items = items;
	t->values.n_items = n;
	t->values.items_more = rows[0].all - (int64_t)n;
	t->values.when = items[0].day;
	t->values.retention_days = key.days;
	t->values.undo_days = w->settings->DELETE_UNDO_DAYS;
	return ERR_OK;
}

static enum result prepare_account(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, struct task *t, bool *wanted, struct error *e)
{
	struct mail_account_row row;
	TRY(mail_account_get(w->db, &(struct mail_account_key){ t->subject, job->id }, mem, &row, e));
	*wanted = row.active;
	if (!row.active)
		return ERR_OK;
	t->to = row.email;
	t->values.name = row.full_name;
	t->values.organization = row.organization;
	t->values.when = row.happened;
	t->values.address = row.address;
	t->values.agent = row.user_agent;
	if (t->letter == LETTER_RETENTION)
		return prepare_items(w, mem, t, wanted, e);
	if (!letter_has_link(t->letter))
		return ERR_OK;
	make_token(t);
	struct mail_token_row token;
	struct mail_token_new new = { uuid_new(), t->subject, letter_name(t->letter), { t->hash, sizeof(t->hash) },
		token_life(w->settings, t->letter) };
	TRY(mail_token_add(w->db, &new, mem, &token, e));
	t->values.expires = token.expires;
	return ERR_OK;
}

/* Loads what the letter says and stores its token; the lease then lasts until the sending has ended. */
static enum result prepare(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, struct task *t, bool *wanted, struct error *e)
{
	enum result code;
	TRY(worker_begin(w, mem, job, e));
	code = t->invitation ? prepare_invitation(w, mem, t, wanted, e) : prepare_account(w, mem, job, t, wanted, e);
	if (code == ERR_NOT_FOUND) { /* erased meanwhile */
		error_clear(e);
		*wanted = false;
		code = ERR_OK;
	}
	TRY(code);
	if (!*wanted)
		return job_cancel_last(w->db, &(struct job_fail_in){ job->id, job->attempt, NULL }, NULL, e);
	return job_heartbeat_last(
	    w->db, &(struct job_heartbeat_in){ job->id, job->attempt, w->mail->timeout_s + LEASE_MARGIN_S }, NULL, e);
}

static enum result write_and_send(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, struct task *t, struct error *e)
{
	struct mail_message message;
	char id[37], masked[96];
	t->values.product = w->settings->APP_NAME;
	t->values.public_url = w->mail->public_url;
	TRY(letter_write(mem, t->letter, &t->values, &message, e));
	uuid_format(&job->id, id);
	mail_address_mask(t->to, masked);
	log_context("to", masked);
	message.to = t->to;
	message.id = mem_printf(mem, "%s.%lld", id, (long long)job->attempt);
	message.date_us = clock_now_us();
	return mail_send(w->mail, &message, NULL, e);
}

static enum result run(struct worker *w, TALLOC_CTX *mem, const struct job *job, struct error *e)
{
	struct task t = { 0 };
	bool wanted = false;
	TRY(read_task(mem, job, &t, e));
	if (w->mail == NULL) {
		log_info("a letter is not sent: no mail server is set");
		TRY(worker_begin(w, mem, job, e));
		return job_cancel_last(
		    w->db, &(struct job_fail_in){ job->id, job->attempt, error_id(ERR_MAIL_DISABLED) }, NULL, e);
	}
	TRY(prepare(w, mem, job, &t, &wanted, e));
	if (!wanted) {
		log_info("a letter is not sent: it has lost its sense");
		return ERR_OK;
	}
	enum result code = write_and_send(w, mem, job, &t, e);
	crypto_wipe(t.token, sizeof(t.token));
	const char *how = code == ERR_OK ? "sent" : code == ERR_MAIL_REFUSED ? "refused" : "failed";
	metric_add(METRIC_LETTERS, metric_cell(METRIC_LETTERS, how, NULL, NULL), 1);
	TRY(code);
	log_info("mail sent");
	TRY(worker_begin(w, mem, job, e));
	return job_done_last(w->db, &(struct job_fence_key){ job->id, job->attempt }, NULL, e);
}

static enum result fail(
    struct worker *w, TALLOC_CTX *mem, const struct job *job, const struct error *why, struct error *e)
{
	struct task t = { 0 };
	struct error unread;
	error_clear(&unread);
	if (read_task(mem, job, &t, &unread) != ERR_OK)
		return ERR_OK; /* of whom or what is not known */
	struct mail_failed row = { uuid_new(), t.invitation ? "invitation" : "account", t.subject,
		letter_name(t.letter), error_id(why->code) };
	return mail_audit_failed_later(w->db, &row, NULL, e);
}

static int64_t attempts(const struct settings *s)
{
	return s->SMTP_MAX_ATTEMPTS;
}

const struct job_kind job_mail = { "mail", run, fail, attempts, .storeless = true };
