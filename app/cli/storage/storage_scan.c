#include "storage_scan.h"

#include <stdio.h>

#include "scanner.h"
#include "uuid.h"

struct scanning {
	struct operator_db *db;
	struct store *store;
	struct scanner scanner;
	unsigned files, infected, released, large, damaged;
};

static enum result read_object(void *object, int64_t offset, void *p, size_t n, size_t *got, struct error *e)
{
	return store_get_read_at(object, offset, p, n, got, e);
}

static void say(const char *what, const struct file_row *row, const char *name)
{
	char organization[37], id[37];
	uuid_format(&row->organization_id, organization);
	uuid_format(&row->id, id);
	printf("%s\u00a0: %s/%s%s%s\n", what, organization, id, name[0] ? " " : "", name);
}

static enum result scan(
    struct scanning *s, TALLOC_CTX *mem, const struct file_row *row, struct scan_result *r, struct error *e)
{
	struct store_object object = { { row->organization_id, row->id }, row->wrapped_key };
	struct store_get *get;
	TRY(store_get_open(s->store, mem, &object, &get, e));
	return scan_file(&s->scanner, read_object, get, r, e);
}

static enum result scan_row(void *arg, const struct file_row *row, struct error *e)
{
	struct scanning *s = arg;
	struct scan_result r;
	bool changed;
	TALLOC_CTX *mem = mem_new("scan", 0);
	enum result code = scan(s, mem, row, &r, e);
	talloc_free(mem);
	/* As in verify, one bad place of a disk ends nothing: what clamd or a service does has other codes. */
	if (code == ERR_NOT_FOUND || code == ERR_DAMAGED || code == ERR_IO) {
		if (code == ERR_IO)
			fprintf(stderr, "scorpius\u00a0: %s\n", e->cause);
		error_clear(e);
		s->damaged++;
		say(code == ERR_IO ? "illisible" : "manquant ou abîmé", row, "");
		return ERR_OK;
	}
	TRY(code);
	s->files++;
	if (r.verdict == SCAN_TOO_LARGE) {
		s->large++;
		say("au-delà des limites de clamd", row, r.name);
		return ERR_OK;
	}
	TRY(operator_file_scanned(s->db, row, r.verdict == SCAN_INFECTED ? r.name : NULL, &changed, e));
	if (r.verdict == SCAN_INFECTED) {
		s->infected++;
		say("infecté", row, r.name);
	} else if (changed) {
		s->released++;
		say("sorti de quarantaine", row, "");
	}
	return ERR_OK;
}

enum result storage_scan(
    const struct settings *settings, struct operator_db *db, struct store *store, bool all, struct error *e)
{
	struct scanning s = { .db = db, .store = store };
	bool on;
	scanner_configure(settings, &s.scanner, &on);
	if (!on)
		return error_set(
		    e, ERR_INVALID_SETTING, "CLAMD_SOCKET", "name", "CLAMD_SOCKET", "reason", "is not set");
	enum result code = operator_each_file_to_scan(db, all, scan_row, &s, e);
	printf("%u fichiers vérifiés par clamd\u00a0: %u infectés, %u sortis de quarantaine, %u au-delà de ses "
	       "limites\u00a0; "
	       "%u manquants, abîmés ou illisibles\n",
	    s.files, s.infected, s.released, s.large, s.damaged);
	TRY(code);
	if (s.damaged > 0)
		return error_set(e, ERR_DAMAGED, NULL);
	return s.large > 0 ? error_set(e, ERR_SCAN_TOO_LARGE, NULL) : ERR_OK;
}
