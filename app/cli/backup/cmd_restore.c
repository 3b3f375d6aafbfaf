/* scorpius restore: a backup into an empty database and an empty file store. Files come first and the database last, in
 * one transaction: where the database is, everything is. What was cut off goes on where it was. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup.h"
#include "cli.h"
#include "clock.h"
#include "fail_point.h"
#include "file_check.h"
#include "store_settings.h"
#include "migrate.h"
#include "schema_state.h"
#include "uuid.h"

const char restore_help[] =
    "Rétablit la sauvegarde NOM de BACKUP_PATH (sans nom : la dernière entière) dans la base de DATABASE_URL et le\n"
    "magasin de fichiers, qui doivent être vides : aucune option n'écrase quoi que ce soit. Avant de toucher à rien,\n"
    "compare l'empreinte de la clé maîtresse, les versions, et relit la sauvegarde de la base. Interrompue, la "
    "commande se\n"
    "relance et reprend où elle en était. Termine par ce que fait « scorpius migrate ».\n"
    "Code de sortie : 0, tout est rétabli ; 74, des fichiers manquaient à la sauvegarde, chacun est nommé.\n";

/* In the store's folder until all is done: which backup is being restored. */
#define MARK "restore"

struct restoring {
	struct backup_run *run;
	struct backup b;
	struct manifest_head head;
	struct manifest *manifest;
	int folder;
	struct operator_db *db;
	struct store *store;
	bool resumed, database_done;
	int64_t copied, lost;
};

static const char *mark_path(const struct restoring *r)
{
	return mem_printf(r->run->mem, "%s/" MARK, r->run->settings.UPLOAD_PATH);
}

static enum result refuse_touching(enum result code)
{
	fputs("scorpius\u00a0: rien n'a été touché\n", stderr);
	return code;
}

/* ---- before anything is touched ---- */

static enum result check_keys(struct restoring *r, struct error *e)
{
	TRY(backup_key_check(&r->b, r->run->keys, e));
	TRY(manifest_open(r->run->mem, r->folder, &r->b, r->run->keys, &r->manifest, &r->head, e));
	return backup_head_keys_check(r->run, &r->head, e);
}

static enum result check_versions(struct restoring *r, struct error *e)
{
	const struct backup_facts *facts = &r->head.facts;
	int64_t server;
	size_t index;
	for (size_t i = 0; i < facts->changes.n; i++)
		if (!schema_plan_find(facts->changes.p[i], &index))
			return error_set(e, ERR_RESTORE_TOO_NEW, NULL, "reason",
			    mem_printf(r->run->mem, "scorpius %s, %s", r->b.program, facts->changes.p[i]));
	TRY(operator_server_version(r->db, &server, e));
	if (facts->server_version / 10000 > server / 10000)
		return error_set(e, ERR_RESTORE_TOO_NEW, NULL, "reason",
		    mem_printf(r->run->mem, "PostgreSQL %lld > %lld", (long long)facts->server_version / 10000,
			(long long)server / 10000));
	return ERR_OK;
}

static enum result found_one(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	(void)arg, (void)key, (void)age_s;
	return error_set(e, ERR_RESTORE_NOT_EMPTY, NULL, "place", "UPLOAD_PATH");
}

static bool same_names(const struct name_list *a, const struct name_list *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->p[i], b->p[i]) != 0)
			return false;
	return a->n <= b->n;
}

/* Ours of before, when we were cut off after the database had come: what was in the backup stands there. */
static enum result check_database(struct restoring *r, struct error *e)
{
	struct backup_facts there;
	bool empty, deployed = false;
	TRY(operator_is_empty(r->db, &empty, e));
	if (empty)
		return ERR_OK;
	if (r->resumed)
		TRY(operator_has_schema(r->db, &deployed, e));
	if (deployed) {
		TRY(operator_backup_facts(r->db, r->run->mem, &there, e));
		r->database_done =
		    there.blobs == r->head.facts.blobs && same_names(&r->head.facts.changes, &there.changes);
	}
	return r->database_done ? ERR_OK : error_set(e, ERR_RESTORE_NOT_EMPTY, NULL, "place", "DATABASE_URL");
}

static enum result check_empty(struct restoring *r, struct error *e)
{
	char ours[37], mark[38] = "";
	unsigned strange;
	uuid_format(&r->b.id, ours);
	int fd = open(mark_path(r), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		ssize_t n = read(fd, mark, 36);
		mark[n > 0 ? n : 0] = '\0';
		close(fd);
	}
	r->resumed = strcmp(mark, ours) == 0;
	if (!r->resumed)
		TRY(store_list(r->store, found_one, NULL, &strange, e));
	return check_database(r, e);
}

static enum result check_owners(struct restoring *r, struct error *e)
{
	const struct backup_facts *facts = &r->head.facts;
	struct name_list others = { mem_array(r->run->mem, const char *, facts->owners.n + 1), 0 };
	const char *missing;
	for (size_t i = 0; i < facts->owners.n; i++) {
		bool ours = false;
		for (size_t k = 0; k < facts->n_roles; k++)
			ours = ours || strcmp(facts->owners.p[i], facts->roles[k].name) == 0;
		if (!ours)
			others.p[others.n++] = facts->owners.p[i];
	}
	TRY(operator_role_missing(r->db, r->run->mem, &others, &missing, e));
	if (!missing)
		return ERR_OK;
	fprintf(stderr,
	    "scorpius\u00a0: dans la base sauvegardée, des objets appartiennent au rôle « %s »\u00a0: créez-le sur ce "
	    "serveur (create role), ou employez le même compte d'exploitant\n",
	    missing);
	return error_set(e, ERR_INVALID_SETTING, "DATABASE_URL", "name", "DATABASE_URL", "reason",
	    mem_printf(r->run->mem, "role %s", missing));
}

static enum result check_room(struct restoring *r, struct error *e)
{
	int64_t room;
	TRY(store_room(r->store, &room, e));
	return r->resumed || room > r->b.bytes ? ERR_OK : error_set(e, ERR_STORAGE_FULL, NULL);
}

static enum result check(struct restoring *r, const char *name, struct error *e)
{
	struct backup_run *run = r->run;
	TRY(backup_choose(run, name, &r->b, NULL, e));
	TRY(backup_folder(run->set, run->mem, &r->b, &r->folder, e));
	TRY(check_keys(r, e));
	TRY(operator_connect(run->mem, run->settings.DATABASE_URL, &r->db, e));
	TRY(check_versions(r, e));
	TRY(store_open(run->mem, &run->settings, run->keys, &r->store, e));
	TRY(check_empty(r, e));
	TRY(check_owners(r, e));
	TRY(check_room(r, e));
	/* Its files are read as they are restored: damage far down would come to light when half of them are there. */
	TRY(backup_manifest_check(run, r->folder, &r->b, e));
	return backup_dump_check(run, r->folder, &r->b, &r->head, e);
}

/* ---- the restoration ---- */

static enum result io_fault(struct error *e, const char *what)
{
	int err = errno;
	error_cause(e, "%s: %s", what, strerror(err));
	return error_set(e, err == ENOSPC || err == EDQUOT ? ERR_STORAGE_FULL : ERR_IO, NULL);
}

static enum result mark(struct restoring *r, struct error *e)
{
	char id[37];
	if (r->resumed)
		return ERR_OK;
	uuid_format(&r->b.id, id);
	int fd = open(mark_path(r), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || write(fd, id, 36) != 36 || fsync(fd) != 0) {
		if (fd >= 0)
			close(fd);
		return io_fault(e, "note the restoration");
	}
	close(fd);
	fail_point("restoration noted");
	return ERR_OK;
}

static enum result restore_file(struct restoring *r, const struct file_row *row, struct error *e)
{
	if (r->resumed) {
		enum result there = file_check(r->store, row, true, e);
		if (there != ERR_NOT_FOUND)
			return there;
		error_clear(e);
	}
	TRY(file_fetch(r->run->pool, r->store, row, e));
	r->copied++;
	fail_point("file restored");
	return ERR_OK;
}

static enum result restore_files(struct restoring *r, struct error *e)
{
	struct file_row row;
	bool missing, end;
	TRY(backup_pool(r->run->set, &r->run->pool, e));
	for (;;) {
		TRY(manifest_next(r->manifest, &row, &missing, &end, e));
		if (end)
			return ERR_OK;
		enum result rc = missing ? ERR_NOT_FOUND : restore_file(r, &row, e);
		if (rc != ERR_OK && rc != ERR_NOT_FOUND && rc != ERR_DAMAGED)
			return rc;
		error_clear(e);
		if (rc != ERR_OK) {
			r->lost++;
			file_say(
			    rc == ERR_DAMAGED ? "abîmé ou illisible dans la sauvegarde" : "manquant dans la sauvegarde",
			    &row.organization_id, &row.id);
		}
	}
}

static enum result restore_database(struct restoring *r, struct error *e)
{
	if (!r->database_done) {
		TRY(operator_roles_make(r->db, r->head.facts.roles, r->head.facts.n_roles, e));
		TRY(backup_dump_restore(r->run, r->folder, &r->b, e));
		fail_point("database restored");
	}
	TRY(migrate_deploy(r->run->mem, &r->run->settings, e));
	fail_point("schema migrated");
	return unlink(mark_path(r)) == 0 ? ERR_OK : io_fault(e, "note the end of the restoration");
}

static enum result restore(struct restoring *r, const char *name, struct error *e)
{
	int64_t begun = clock_mono_us();
	enum result rc = check(r, name, e);
	if (rc != ERR_OK)
		return r->resumed ? rc : refuse_touching(rc);
	if (r->resumed)
		puts("une restauration interrompue reprend");
	TRY(mark(r, e));
	TRY(restore_files(r, e));
	TRY(restore_database(r, e));
	printf("sauvegarde %s rétablie\u00a0: base et %lld fichiers (%lld copiés cette fois), %.1f s\n", r->b.name,
	    (long long)(r->b.files - (r->lost > r->b.missing ? r->lost - r->b.missing : 0)), (long long)r->copied,
	    (double)(clock_mono_us() - begun) / 1000000);
	puts("Pour vérifier\u00a0:\n"
	     "  scorpius migrate --verify    le schéma est celui du programme\n"
	     "  scorpius storage verify      chaque fichier connu de la base est là, intact\n"
	     "  démarrez les programmes, puis GET /api/v1/ready et téléchargez un document\n"
	     "Redis se remplit de lui-même. Ce qui a été fait après la sauvegarde est à refaire.");
	return r->lost > 0 ? error_set(e, ERR_BACKUP_INCOMPLETE, NULL) : ERR_OK;
}

int cmd_restore(TALLOC_CTX *mem, int argc, char **argv)
{
	struct backup_run run;
	struct restoring r = { .run = &run };
	struct error e;
	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return cli_usage("restore");
	error_clear(&e);
	enum result rc = backup_run_begin(&run, mem, &e);
	if (rc == ERR_OK)
		rc = restore(&r, argc == 2 ? argv[1] : NULL, &e);
	if (rc == ERR_OK)
		return 0;
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return cli_fail("restore", &e);
}
