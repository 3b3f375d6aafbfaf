/* What Scorpius writes to people, in French: one source for the plain text and its HTML twin. Pure: the moment, the
 * names and the link are given. */
#ifndef MAIL_LETTER_H
#define MAIL_LETTER_H

#include "mail.h"

enum letter {
	LETTER_INVITATION,       /* join an organisation: link */
	LETTER_EMAIL_CONFIRM,    /* confirm an address: link */
	LETTER_PASSWORD_RESET,   /* choose another password: link */
	LETTER_NEW_SIGN_IN,      /* somebody logged in from elsewhere */
	LETTER_PASSWORD_CHANGED, /* the password was changed */
	LETTER_RETENTION,        /* what goes when its retention ends */
	LETTER__COUNT
};

/* "invitation", "email_confirm", "password_reset", "new_sign_in", "password_changed", "retention": the words of jobs
 * and tables. */
bool letter_parse(const char *purpose, enum letter *out);
const char *letter_name(enum letter letter);
/* Whether it carries a link with a token. */
bool letter_has_link(enum letter letter);

/* The address that a letter's token is opened with: below the application's URL, the token behind '#'. Browsers keep
 * that part to themselves, so that no server's log and no Referer has it. */
const char *letter_link(TALLOC_CTX *mem, enum letter letter, const char *public_url, const char *token);

/* What goes. */
struct letter_item {
	bool tender;      /* or a document */
	const char *name; /* what people call it; NULL: nothing yet */
	const char *day;  /* "26/11/2026": it goes on that day */
};

/* NULL where a letter does not need it. Names of people and organisations come from strangers: one that holds a control
 * character or what a mail program would turn into a link is replaced by a general word, and a long one is cut. */
struct letter_values {
	const char *product;             /* APP_NAME */
	const char *public_url;          /* of the application */
	const char *name;                /* of the recipient; not for an invitation */
	const char *organization;        /* invitation */
	const char *inviter;             /* invitation: a person's name */
	bool viewer;                     /* invitation: may only read */
	const char *token;               /* with a link */
	const char *expires;             /* "26/11/2026 à 14h05", local time of Paris; with a link */
	const char *when;                /* the same, for what happened */
	const char *address, *agent;     /* new sign-in: address and program of whom logged in; NULL: not known */
	const struct letter_item *items; /* retention: the first to go first; at least one */
	size_t n_items;
	int64_t items_more;                /* retention: how many there are besides */
	int64_t retention_days, undo_days; /* retention: how long things are kept, and can come back after that */
};

/* Writes subject, text and html of the message, in `mem`. ERR_MAIL_REFUSED when a value is missing that the letter
 * needs. */
enum result letter_write(TALLOC_CTX *mem, enum letter letter, const struct letter_values *v, struct mail_message *out,
    struct error *e) MUST_CHECK;

#endif
