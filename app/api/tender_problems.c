/* What stands in the way of a tender's analysis: stored as codes, told as French sentences with what to do about it. */
#include "document_view.h"
#include "tender_answer.h"

#include <ctype.h>
#include <string.h>

#define NBSP "\u00a0"

static const struct {
	enum result code;
	const char *text;
} advice[] = {
	{ ERR_DOCUMENT_ENCRYPTED,
	    "Demandez à l'acheteur une version sans mot de passe, ou déposez-en une copie déverrouillée." },
	{ ERR_DOCUMENT_UNREADABLE,
	    "Ouvrez le fichier, enregistrez-le de nouveau et déposez-le à sa place, ou demandez-le à l'acheteur." },
	{ ERR_DOCUMENT_TOO_BIG, "Déposez-le en plusieurs parties." },
	{ ERR_READER_TIMEOUT,
	    "Relancez sa lecture" NBSP "; si elle échoue encore, enregistrez le fichier de nouveau et "
	    "déposez-le à sa place." },
	{ ERR_READER_CRASHED,
	    "Relancez sa lecture" NBSP "; si elle échoue encore, enregistrez le fichier de nouveau et "
	    "déposez-le à sa place." },
	{ ERR_DOCUMENT_QUARANTINED,
	    "N'ouvrez pas ce fichier" NBSP ": prévenez l'acheteur et demandez-lui-en une copie saine." },
	{ ERR_SCAN_TOO_LARGE, "Prévenez l'exploitant, ou déposez le fichier en plusieurs parties." },
	{ ERR_SCANNER_UNAVAILABLE,
	    "La lecture reprendra d'elle-même" NBSP "; si l'attente dure, prévenez l'exploitant." },
	{ ERR_FORMAT_UNREAD, "Déposez-en une version PDF, DOCX ou XLSX pour que son contenu soit analysé." },
	{ ERR_ENTRY_REFUSED, "S'il compte pour la réponse, déposez-le à part ou demandez-le à l'acheteur." },
	{ ERR_FILE_TYPE_REFUSED, "S'il compte pour la réponse, déposez-le à part dans un autre format." },
	{ ERR_EMPTY_FILE, "Demandez-le à l'acheteur s'il compte pour la réponse." },
	{ ERR_NO_TEXT, "C'est sans doute une numérisation" NBSP ": demandez à l'acheteur le fichier d'origine, ou "
		       "déposez-en une copie dont le texte a été reconnu." },
	{ ERR_PAGES_WITHOUT_TEXT, "Lisez-les vous-même" NBSP ": ce sont le plus souvent des images." },
	{ ERR_PARTLY_READ, "Ouvrez-le pour lire ce qui manque, ou demandez-en une autre copie à l'acheteur." },
	{ ERR_NO_DOCUMENTS, "Ajoutez au moins une pièce lisible, puis relancez l'analyse." },
	{ ERR_NO_RULES_DOCUMENT, "Ajoutez le règlement de la consultation" NBSP
				 ": il donne la date limite, les critères et les pièces à remettre." },
	{ ERR_RETENTION_ENDS, "Téléchargez ce que vous souhaitez garder" NBSP
			      "; si un litige est possible, demandez à un propriétaire de l'organisation une "
			      "conservation pour litige." },
	{ ERR_IO, "Relancez l'analyse" NBSP "; si l'échec se répète, prévenez l'exploitant." },
	{ ERR_STORAGE_FULL, "Prévenez l'exploitant, qui doit faire de la place, puis relancez l'analyse." },
	{ ERR_DAMAGED, "Déposez le fichier de nouveau" NBSP "; si l'échec se répète, prévenez l'exploitant." },
	{ ERR_INTERNAL, "Relancez l'analyse" NBSP "; si l'échec se répète, prévenez l'exploitant." },
};

/* "« RC.pdf » : le document est protégé par un mot de passe. Demandez..." */
static const char *sentence(TALLOC_CTX *mem, const char *code, const char *args, const char *file)
{
	const char *what = stored_error_text(mem, code, args, LANG_FR), *todo = NULL;
	for (size_t i = 0; i < ARRAY_LEN(advice); i++)
		if (strcmp(error_id(advice[i].code), code) == 0)
			todo = advice[i].text;
	if (!what)
		return NULL;
	if (file)
		what = mem_printf(mem, "«" NBSP "%s" NBSP "»" NBSP ": %s", file, what);
	else
		what = mem_printf(mem, "%c%s", toupper((unsigned char)what[0]), what + 1);
	return todo ? mem_printf(mem, "%s. %s", what, todo) : mem_printf(mem, "%s.", what);
}

static void write_one(TALLOC_CTX *mem, struct json_writer *w, const struct json *p)
{
	const char *code = json_string(json_get(p, "code"));
	const struct json *args = json_get(p, "args");
	const char *text =
	    code ? sentence(mem, code, args ? json_print(mem, args) : NULL, json_string(json_get(p, "file"))) : NULL;
	if (!text) /* of another version */
		return;
	jw_open(w, '{');
	jw_field_text(w, "code", code);
	jw_field_text(w, "message", text);
	jw_field_text(w, "document_id", json_string(json_get(p, "document_id")));
	jw_close(w, '}');
}

/* A problem of the tender as a whole. */
static void write_whole(struct json_writer *w, const char *code, const char *text)
{
	jw_open(w, '{');
	jw_field_text(w, "code", code);
	jw_field_text(w, "message", text);
	jw_key(w, "document_id");
	jw_null(w);
	jw_close(w, '}');
}

void tender_problems_write(TALLOC_CTX *mem, struct json_writer *w, const char *stored, const char *failure,
    const char *last_day, bool unscanned)
{
	const struct json *list;
	struct error e;
	error_clear(&e);
	jw_open(w, '[');
	if (failure) {
		const char *text = sentence(mem, failure, NULL, NULL);
		write_whole(w, failure, text ? text : "L'analyse a échoué.");
	}
	if (last_day) {
		const char *code = error_id(ERR_RETENTION_ENDS);
		write_whole(w, code, sentence(mem, code, mem_printf(mem, "{\"date\":\"%s\"}", last_day), NULL));
	}
	if (unscanned) {
		const char *code = error_id(ERR_SCANNER_UNAVAILABLE);
		write_whole(w, code, sentence(mem, code, NULL, NULL));
	}
	if (json_parse(mem, stored, strlen(stored), &list, &e) == ERR_OK)
		for (size_t i = 0; i < json_len(list); i++)
			write_one(mem, w, json_at(list, i));
	jw_close(w, ']');
}
