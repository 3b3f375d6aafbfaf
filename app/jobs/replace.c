/* Rectified pieces: one that is a later version of another takes its place, before the dossier is analysed. Looked at
 * here and not when it is uploaded, as its kind is known only when it has been read. */
#include "piece_versions.h"
#include "uuid.h"
#include "version_sql.h"
#include "worker.h"

enum result dossier_replace(
    struct worker *w, TALLOC_CTX *mem, const struct uuid *tender_id, bool *changed, struct error *e)
{
	struct tender_key key = { *tender_id };
	struct dossier_item *items;
	size_t n;
	*changed = false;
	TRY(dossier_items(w->db, &key, mem, &items, &n, e));
	struct piece_version *pieces = mem_array(mem, struct piece_version, n + 1);
	for (size_t i = 0; i < n; i++)
		pieces[i] = (struct piece_version){ items[i].name, items[i].path, items[i].document_type,
			items[i].since, items[i].stands };
	size_t *by = piece_replacements(mem, pieces, n);
	for (size_t i = 0; i < n; i++) {
		if (by[i] == n)
			continue;
		*changed = true;
		TRY(document_replace_later(
		    w->db, &(struct document_replacement){ items[i].id, items[by[i]].id }, NULL, e));
	}
	if (!*changed)
		return ERR_OK;
	struct dossier_version_of_replaced version = { uuid_new(), *tender_id };
	struct dossier_version_fill_key fill = { version.id, *tender_id };
	TRY(dossier_version_replaced_later(w->db, &version, NULL, e));
	return dossier_version_fill_later(w->db, &fill, NULL, e);
}
