/* Letters are lists of paragraphs with names in braces, rendered twice. */
#include "letter.h"

#include <string.h>

#include "text.h"

#define LETTER_MAX 65536
#define NAME_MAX_BYTES 120
#define PARAGRAPHS 8

#define NB "\u00a0" /* a space where no line breaks: before ; : ? ! and within « » */

struct model {
	const char *name;
	const char *page; /* below PUBLIC_URL; NULL: no link with a token */
	const char *subject;
	const char *paragraphs[PARAGRAPHS];
	const char *action; /* the link's words in HTML */
};

static const char once[] = "Ce lien est personnel, ne peut servir qu’une fois et reste valable jusqu’au {expires} "
			   "(heure de Paris). Ne le transmettez à personne.";

static const struct model models[LETTER__COUNT] = {
	[LETTER_INVITATION] = {
		.name = "invitation",
		.page = "/account/invitation",
		.subject = "Invitation à rejoindre {organization} sur {product}",
		.action = "Accepter l’invitation",
		.paragraphs = {
			"Bonjour,",
			"{inviter} vous invite à rejoindre l’organisation «" NB "{organization}" NB "» sur {product}, "
			"{rights}.",
			"Pour accepter, ouvrez la page suivante et choisissez votre mot de passe" NB ":",
			"{link}",
			once,
			"Si vous n’attendiez pas cette invitation, ignorez ce message" NB ": aucun compte ne sera créé.",
		},
	},
	[LETTER_EMAIL_CONFIRM] = {
		.name = "email_confirm",
		.page = "/account/confirm",
		.subject = "Confirmez votre adresse électronique pour {product}",
		.action = "Confirmer mon adresse",
		.paragraphs = {
			"Bonjour {name},",
			"Cette adresse électronique a été indiquée pour un compte {product}. Pour confirmer qu’elle est bien "
			"la vôtre, ouvrez la page suivante" NB ":",
			"{link}",
			once,
			"Si vous n’êtes pas à l’origine de cette demande, ignorez ce message" NB ": l’adresse ne sera pas "
			"confirmée.",
		},
	},
	[LETTER_PASSWORD_RESET] = {
		.name = "password_reset",
		.page = "/account/reset",
		.subject = "Réinitialisation de votre mot de passe {product}",
		.action = "Choisir un nouveau mot de passe",
		.paragraphs = {
			"Bonjour {name},",
			"La réinitialisation du mot de passe de votre compte {product} a été demandée. Pour choisir un nouveau "
			"mot de passe, ouvrez la page suivante" NB ":",
			"{link}",
			once,
			"Si vous n’êtes pas à l’origine de cette demande, ignorez ce message" NB ": votre mot de passe reste "
			"inchangé.",
		},
	},
	[LETTER_NEW_SIGN_IN] = {
		.name = "new_sign_in",
		.subject = "Nouvelle connexion à votre compte {product}",
		.action = "Ouvrir {product}",
		.paragraphs = {
			"Bonjour {name},",
			"Une connexion à votre compte {product} a eu lieu le {when} (heure de Paris) depuis un appareil ou "
			"un réseau qui n’avait pas encore été utilisé.",
			"{origin}",
			"Si c’était vous, vous n’avez rien à faire.",
			"Si ce n’était pas vous, changez immédiatement votre mot de passe, fermez les autres sessions et "
			"prévenez le responsable de votre organisation" NB ":",
			"{link}",
		},
	},
	[LETTER_PASSWORD_CHANGED] = {
		.name = "password_changed",
		.subject = "Votre mot de passe {product} a été modifié",
		.action = "Ouvrir {product}",
		.paragraphs = {
			"Bonjour {name},",
			"Le mot de passe de votre compte {product} a été modifié le {when} (heure de Paris). Les autres "
			"sessions ont été fermées.",
			"Si c’était vous, vous n’avez rien à faire.",
			"Si ce n’était pas vous, demandez immédiatement la réinitialisation de votre mot de passe et prévenez "
			"le responsable de votre organisation" NB ":",
			"{link}",
		},
	},
	[LETTER_RETENTION] = {
		.name = "retention",
		.subject = "{product}" NB ": suppressions prévues à partir du {when}",
		.action = "Ouvrir {product}",
		.paragraphs = {
			"Bonjour {name},",
			"Sur {product}, les consultations archivées de l’organisation «" NB "{organization}" NB "», ainsi que "
			"les documents qui ne sont rattachés à aucune consultation, sont conservés pendant {kept}. Cette durée s’achève "
			"pour les éléments suivants, qui seront supprimés à partir du jour indiqué" NB ":",
			"{items}",
			"{afterwards}",
			"D’ici là, téléchargez ce que vous souhaitez garder. En cas de litige, un propriétaire de l’organisation "
			"peut placer une consultation sous «" NB "conservation pour litige" NB "»" NB ": elle n’est alors plus "
			"supprimée tant que cette mesure n’est pas levée.",
			"{link}",
		},
	},
};

bool letter_parse(const char *purpose, enum letter *out)
{
	for (int i = 0; i < LETTER__COUNT; i++)
		if (strcmp(models[i].name, purpose) == 0)
			return *out = (enum letter)i, true;
	return false;
}

const char *letter_name(enum letter letter)
{
	return models[letter].name;
}

bool letter_has_link(enum letter letter)
{
	return models[letter].page != NULL;
}

const char *letter_link(TALLOC_CTX *mem, enum letter letter, const char *public_url, const char *token)
{
	return mem_printf(mem, "%s%s#token=%s", public_url, models[letter].page, token);
}

static bool begins_word(const char *s)
{
	return (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (unsigned char)*s >= 0x80;
}

/* Mail programs make links of such words: a stranger's name must not become the link that is clicked. */
static bool is_domain(const char *s)
{
	/* "piege.example", but not "S.A.R.L.", "M. Martin" or "Firefox/128.0". */
	for (const char *p = strchr(s, '.'); p; p = strchr(p + 1, '.'))
		if (p > s && p[-1] != ' ' && p[-1] != '.' && begins_word(p + 1) && begins_word(p + 2))
			return true;
	return false;
}

static bool may_become_link(const char *s)
{
	return is_domain(s) || strstr(s, "://") || strcasestr(s, "www.") || strchr(s, '@') || strchr(s, '<') ||
	       strchr(s, '\\');
}

/* A stranger's word, or `instead`. */
static const char *word(TALLOC_CTX *mem, const char *s, const char *instead)
{
	if (!s || !*s || may_become_link(s) || !text_utf8_valid(s, strlen(s)))
		return instead;
	for (const char *p = s, *end = s + strlen(s); p < end;) {
		uint32_t c = text_decode(&p, end);
		/* Controls, line separators, and what turns the direction of writing around. */
		if (c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069))
			return instead;
	}
	size_t n = strlen(s), cut = text_cut(s, n, NAME_MAX_BYTES);
	return cut == n ? s : mem_printf(mem, "%.*s…", (int)cut, s);
}

static void put_html(struct buf *out, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '&':
			buf_str(out, "&amp;");
			break;
		case '<':
			buf_str(out, "&lt;");
			break;
		case '>':
			buf_str(out, "&gt;");
			break;
		case '"':
			buf_str(out, "&quot;");
			break;
		case '\'':
			buf_str(out, "&#39;");
			break;
		default:
			buf_char(out, *s);
		}
}

/* What the braces stand for. */
struct pair {
	const char *name, *value;
};

struct writer {
	const struct pair *pairs;
	size_t n;
	const char *missing; /* a name without a value */
};

static const char *value_of(struct writer *w, const char *name, size_t n)
{
	for (size_t i = 0; i < w->n; i++)
		if (strlen(w->pairs[i].name) == n && memcmp(w->pairs[i].name, name, n) == 0) {
			if (w->pairs[i].value == NULL)
				w->missing = w->pairs[i].name;
			return w->pairs[i].value ? w->pairs[i].value : "";
		}
	BUG("a letter has a name without meaning: %.*s", (int)n, name);
}

static void fill(struct writer *w, struct buf *out, const char *model, bool html)
{
	while (*model) {
		size_t n = strcspn(model, "{");
		const char *plain = mem_strndup(out->mem, model, n);
		if (html)
			put_html(out, plain);
		else
			buf_str(out, plain);
		model += n;
		if (*model == '\0')
			break;
		const char *end = strchr(model, '}');
		const char *value = value_of(w, model + 1, (size_t)(end - model - 1));
		if (html)
			put_html(out, value);
		else
			buf_str(out, value);
		model = end + 1;
	}
}

static const char page_begin[] = "<!DOCTYPE html>\r\n<html lang=\"fr\"><head><meta charset=\"utf-8\"><title>";
static const char page_body[] =
    "</title></head>\r\n<body "
    "style=\"font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5;color:#1a1a1a;"
    "max-width:600px;margin:0 auto;padding:16px\">\r\n";
static const char farewell[] = "Ce message est envoyé automatiquement" NB "; merci de ne pas y répondre.";

static void put_html_link(struct writer *w, struct buf *out, const struct model *m, const char *link)
{
	buf_str(out, "<p><a href=\"");
	put_html(out, link);
	buf_str(out, "\">");
	fill(w, out, m->action, true);
	/* Spelt out besides: whoever does not trust a button sees where it leads. */
	buf_str(out, "</a></p>\r\n<p style=\"font-size:13px;word-break:break-all\">");
	put_html(out, link);
	buf_str(out, "</p>\r\n");
}

/* A file's name without its ending: "dossier.zip" is what a mail program would turn into a link. */
static const char *stem(TALLOC_CTX *mem, const char *name)
{
	const char *dot = name ? strrchr(name, '.') : NULL;
	return dot && dot > name ? mem_strndup(mem, name, (size_t)(dot - name)) : name;
}

/* "- Consultation « Infogérance » (le 10/12/2026)" */
static void put_items(struct buf *text, struct buf *html, const struct letter_values *v)
{
	TALLOC_CTX *mem = text->mem;
	buf_str(html, "<ul>\r\n");
	for (size_t i = 0; i <= v->n_items; i++) {
		const char *line;
		if (i < v->n_items) {
			const struct letter_item *item = &v->items[i];
			line =
			    mem_printf(mem, "%s «" NB "%s" NB "» (le %s)", item->tender ? "Consultation" : "Document",
				word(mem, item->tender ? item->name : stem(mem, item->name), "sans titre"), item->day);
		} else if (v->items_more > 0) {
			line = v->items_more == 1
				   ? "et un autre élément"
				   : mem_printf(mem, "et %lld autres éléments", (long long)v->items_more);
		} else {
			break;
		}
		buf_printf(text, "- %s\r\n", line);
		buf_str(html, "<li>");
		put_html(html, line);
		buf_str(html, "</li>\r\n");
	}
	buf_str(text, "\r\n");
	buf_str(html, "</ul>\r\n");
}

static const char *days(TALLOC_CTX *mem, int64_t n)
{
	return n == 1 ? "un jour" : mem_printf(mem, "%lld jours", (long long)n);
}

static void write_bodies(struct writer *w, const struct model *m, struct buf *text, struct buf *html, const char *link,
    const char *origin, const struct letter_values *v)
{
	for (size_t i = 0; i < PARAGRAPHS && m->paragraphs[i]; i++) {
		const char *p = m->paragraphs[i];
		if (strcmp(p, "{origin}") == 0 && origin == NULL)
			continue;
		if (strcmp(p, "{items}") == 0) {
			put_items(text, html, v);
			continue;
		}
		fill(w, text, p, false);
		buf_str(text, "\r\n\r\n");
		if (strcmp(p, "{link}") == 0) {
			put_html_link(w, html, m, link);
		} else {
			buf_str(html, "<p>");
			fill(w, html, p, true);
			buf_str(html, "</p>\r\n");
		}
	}
	buf_printf(text, "-- \r\n%s\r\n%s\r\n", v->product, farewell);
	buf_str(html, "<p style=\"font-size:13px;color:#595959\">");
	put_html(html, v->product);
	buf_str(html, "<br>\r\n");
	put_html(html, farewell);
	buf_str(html, "</p>\r\n</body></html>\r\n");
}

enum result letter_write(
    TALLOC_CTX *mem, enum letter letter, const struct letter_values *v, struct mail_message *out, struct error *e)
{
	const struct model *m = &models[letter];
	const char *link = v->public_url, *origin = NULL;
	if (m->page)
		link = v->token ? letter_link(mem, letter, v->public_url, v->token) : NULL;
	if (v->address)
		origin = mem_printf(mem, "Adresse" NB ": %s%s%s", v->address, v->agent ? " — programme" NB ": " : "",
		    v->agent ? word(mem, v->agent, "inconnu") : "");
	const char *afterwards =
	    v->undo_days > 0
		? mem_printf(mem,
		      "Un élément supprimé peut encore être restauré pendant %s" NB "; il est ensuite effacé "
		      "définitivement.",
		      days(mem, v->undo_days))
		: "Un élément supprimé est effacé définitivement" NB ": il ne peut pas être restauré.";
	const struct pair pairs[] = {
		{ "product", v->product },
		{ "name", word(mem, v->name, "Madame, Monsieur") },
		{ "organization", word(mem, v->organization, "une organisation") },
		{ "inviter", word(mem, v->inviter, "Un responsable") },
		{ "rights", v->viewer ? "en consultation seule" : "pour y préparer des réponses aux marchés publics" },
		{ "expires", v->expires },
		{ "when", v->when },
		{ "origin", origin },
		{ "link", link },
		{ "kept", days(mem, v->retention_days) },
		{ "afterwards", afterwards },
	};
	struct writer w = { pairs, ARRAY_LEN(pairs), NULL };
	struct buf subject, text, html;
	buf_init(&subject, mem, 1024);
	buf_init(&text, mem, LETTER_MAX);
	buf_init(&html, mem, LETTER_MAX);
	fill(&w, &subject, m->subject, false);
	buf_str(&html, page_begin);
	put_html(&html, subject.data);
	buf_str(&html, page_body);
	write_bodies(&w, m, &text, &html, link ? link : "", origin, v);
	if (letter == LETTER_RETENTION && v->n_items == 0)
		w.missing = "items";
	if (w.missing || subject.full || text.full || html.full) {
		error_cause(e, "the letter %s: %s", m->name, w.missing ? w.missing : "too long");
		return error_set(e, ERR_MAIL_REFUSED, NULL);
	}
	out->subject = subject.data;
	out->text = text.data;
	out->html = html.data;
	return ERR_OK;
}
