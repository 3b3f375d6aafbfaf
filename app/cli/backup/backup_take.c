/* Makes a backup. docs/architecture.md says why database and files agree. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "child.h"
#include "clock.h"
#include "fail_point.h"
#include "file_check.h"
#include "store_settings.h"

struct taking {
	struct backup_run *run;
	struct operator_db *snapshot, *now; /* the moment of the backup, and the present */
	struct store *store;
	struct backup b;
	struct manifest_head head;
	struct sealed_file *manifest;
	int64_t copied, copied_bytes, erased;
};

/* The file into the pool, proved there. NOT_FOUND, DAMAGED: the store does not have it (any more) as its row says, or
 * can't read it. */
static enum result into_pool(struct taking *t, const struct file_row *row, struct error *e)
{
	struct store_key key = { row->organization_id, row->id };
	uint8_t file_key[CRYPTO_KEY_SIZE];
	enum result rc = file_prove(t->run->pool, row, true, e);
	if (rc == ERR_OK || (rc != ERR_NOT_FOUND && rc != ERR_DAMAGED))
		return rc;
	error_clear(e);
	if (rc == ERR_DAMAGED) {
		/* When it is the row that is damaged, former backups may know the key of what lies there. */
		TRY(file_key_unwrap(t->run->keys, &key, row->wrapped_key, file_key, NULL, e));
		crypto_wipe(file_key, sizeof(file_key));
		TRY(store_set_aside(t->run->pool, &key, e));
	}
	TRY(file_fetch(t->store, t->run->pool, row, e));
	t->copied++;
	t->copied_bytes += row->size;
	fail_point("file copied");
	return ERR_OK;
}

static enum result take_file(void *arg, const struct file_row *row, struct error *e)
{
	struct taking *t = arg;
	enum result rc = into_pool(t, row, e);
	bool lost = rc == ERR_NOT_FOUND || rc == ERR_DAMAGED, erased = false;
	if (rc != ERR_OK && !lost)
		return rc;
	error_clear(e);
	/* The only ones whose files go before their rows. */
	if (rc == ERR_NOT_FOUND)
		TRY(operator_is_being_erased(t->now, &row->organization_id, &erased, e));
	if (erased) {
		t->erased++;
		return ERR_OK;
	}
	if (lost) {
		t->b.missing++;
		file_say(rc == ERR_DAMAGED ? "abîmé ou illisible dans le magasin" : "manquant dans le magasin",
		    &row->organization_id, &row->id);
	} else {
		t->b.files++;
		t->b.bytes += row->size;
	}
	return manifest_write_file(t->manifest, row, lost, e);
}

static enum result fill(struct taking *t, int folder, const char *snapshot, struct error *e)
{
	struct backup_run *run = t->run;
	TRY(backup_dump(run, folder, &t->b, snapshot, &t->head, e));
	TRY(backup_dump_check(run, folder, &t->b, &t->head, e));
	TRY(backup_part_create(run->mem, folder, &t->b, BACKUP_MANIFEST, run->keys, &t->manifest, e));
	TRY(manifest_write_head(t->manifest, &t->head, e));
	TRY(operator_each_file(t->snapshot, NULL, take_file, t, e));
	TRY(manifest_write_end(t->manifest, &t->b, e));
	fail_point("manifest written");
	/* Its files were proved when they came into the pool. */
	TRY(backup_manifest_check(run, folder, &t->b, e));
	return backup_commit(run->set, &t->b, folder, e);
}

/* Under a wrong SECRET_KEY nothing that is made would be of use. */
static enum result demand_keys(const struct backup_run *run, const struct name_list *key_ids, struct error *e)
{
	enum result rc = backup_file_keys_check(run, key_ids, e);
	if (rc != ERR_OK)
		fputs("scorpius\u00a0: des fichiers sont chiffrés avec une autre clé que SECRET_KEY et "
		      "SECRET_KEY_PREVIOUS\u00a0; rien n'est sauvegardé\n",
		    stderr);
	return rc;
}

static enum result make(struct taking *t, struct error *e)
{
	struct backup_run *run = t->run;
	const char *snapshot;
	bool deployed;
	int folder;
	TRY(operator_connect(run->mem, run->settings.DATABASE_URL, &t->snapshot, e));
	TRY(operator_connect(run->mem, run->settings.DATABASE_URL, &t->now, e));
	TRY(operator_has_schema(t->now, &deployed, e));
	if (!deployed) {
		fputs("scorpius\u00a0: le schéma n'est pas déployé\u00a0: il n'y a rien à sauvegarder\n", stderr);
		return error_set(e, ERR_UNAVAILABLE, NULL);
	}
	TRY(store_open(run->mem, &run->settings, run->keys, &t->store, e));
	TRY(backup_pool(run->set, &run->pool, e));
	TRY(operator_backup_begin(t->snapshot, run->mem, &snapshot, e));
	TRY(operator_backup_facts(t->snapshot, run->mem, &t->head.facts, e));
	TRY(demand_keys(run, &t->head.facts.key_ids, e));
	TRY(backup_begin(run->set, run->mem, &t->b, &folder, e));
	fail_point("backup begun");
	enum result rc = fill(t, folder, snapshot, e);
	if (rc != ERR_OK)
		backup_abort(run->set, &t->b);
	fail_point("backup named");
	/* Files may be removed again. */
	talloc_free(t->snapshot);
	talloc_free(t->now);
	return rc;
}

/* *why, in run->mem, when the command has failed (NOT_SENT). */
static enum result send(struct backup_run *run, const struct backup *b, const char **why, struct error *e)
{
	const char *argv[] = { "/bin/sh", "-c", run->settings.BACKUP_AFTER, NULL };
	const char *env[8];
	static const char *const kept[] = { "PATH", "LANG", "LC_ALL", "HOME", "TMPDIR" };
	size_t n = 0;
	struct child child;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (getenv(kept[i]) != NULL)
			env[n++] = mem_printf(run->mem, "%s=%s", kept[i], getenv(kept[i]));
	env[n++] = mem_printf(run->mem, "BACKUP_PATH=%s", run->settings.BACKUP_PATH);
	env[n++] = mem_printf(run->mem, "BACKUP_NAME=%s", b->name);
	env[n] = NULL;
	enum result rc = child_start(argv, env, NULL, CHILD_PLAIN, &child, e);
	if (rc == ERR_OK)
		rc = child_end(&child, e);
	if (rc == ERR_OK)
		return backup_note_sent(run->set, b, e);
	*why = mem_strdup(run->mem, e->cause[0] ? e->cause : strerror(errno));
	error_clear(e);
	return error_set(e, ERR_BACKUP_NOT_SENT, NULL, "reason", *why);
}

static void tell(const struct taking *t, int64_t us)
{
	TALLOC_CTX *mem = t->run->mem;
	printf("sauvegarde %s\u00a0: %lld fichiers (%s), dont %lld nouveaux (%s)\u00a0; base\u00a0: %s\u00a0; clé "
	       "maîtresse %s\u00a0; %.1f s\n",
	    t->b.name, (long long)t->b.files, backup_size_text(mem, t->b.bytes), (long long)t->copied,
	    backup_size_text(mem, t->copied_bytes), backup_size_text(mem, t->head.dump_size), t->b.master_key,
	    (double)us / 1000000);
	if (t->erased > 0)
		printf("%lld fichiers d'organisations en cours d'effacement n'y figurent pas\n", (long long)t->erased);
}

enum result backup_take(struct backup_run *run, struct error *e)
{
	struct taking t = { .run = run };
	int64_t begun = clock_mono_us();
	TRY(backup_set_open(run->mem, run->settings.BACKUP_PATH, run->keys, &run->set, e));
	/* First, since their place may be what the new one needs. */
	TRY(backup_prune(run, e));
	TRY(make(&t, e));
	tell(&t, clock_mono_us() - begun);
	TRY(backup_prune(run, e));
	fail_point("backups pruned");
	/* One that lacks files goes out as well: a file that is lost for ever must not keep all others at home. */
	const char *why = "";
	enum result rc = run->settings.BACKUP_AFTER[0] ? send(run, &t.b, &why, e) : ERR_OK;
	if (t.b.missing == 0)
		return rc;
	if (rc == ERR_BACKUP_NOT_SENT)
		fprintf(stderr, "scorpius\u00a0: BACKUP_AFTER a échoué\u00a0: %s\n", why);
	else
		TRY(rc);
	error_clear(e);
	fputs("scorpius\u00a0: cette sauvegarde n'est pas entière\u00a0; voyez « scorpius storage verify »\n", stderr);
	return error_set(e, ERR_BACKUP_INCOMPLETE, NULL);
}
