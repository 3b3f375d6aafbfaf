/* scorpius backup: makes backups, lists and verifies them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "cli.h"
#include "clock.h"
#include "file_check.h"

const char backup_help[] =
    "Sans option : sauvegarde la base et les fichiers, tels qu'ils sont à un même instant, dans un nouveau dossier de\n"
    "BACKUP_PATH, pendant que le service continue ; relit ce qui vient d'être écrit ; supprime les sauvegardes de plus "
    "de\n"
    "BACKUP_KEEP_DAYS jours (jamais la dernière qui soit entière) ; lance BACKUP_AFTER. Tout est chiffré : seul qui a\n"
    "SECRET_KEY peut s'en servir, et la clé n'y figure pas. Un fichier déjà sauvegardé n'est pas copié une seconde "
    "fois.\n"
    "list             les sauvegardes et leur âge ; code 75 si la dernière entière a plus de BACKUP_MAX_AGE\n"
    "verify [NOM]     relit chaque octet d'une sauvegarde (la dernière entière) et le compare à son empreinte ; "
    "écarte\n"
    "                 de pool/ les fichiers abîmés, que la sauvegarde suivante copiera de nouveau\n"
    "Code de sortie : 0, tout est bon ; 74, des fichiers manquent ou sont abîmés ; 75, une autre sauvegarde est en "
    "cours,\n"
    "ou la copie par BACKUP_AFTER a échoué.\n";

static const char *environment(const char *name)
{
	return getenv(name);
}

enum result backup_run_begin(struct backup_run *run, TALLOC_CTX *mem, struct error *e)
{
	*run = (struct backup_run){ .mem = mem };
	TRY(settings_read(mem, environment, &run->settings, e));
	return master_keys_new(mem, run->settings.SECRET_KEY, run->settings.SECRET_KEY_PREVIOUS, &run->keys, e);
}

static enum result tell_newer(struct backup_run *run, const struct backup *chosen, struct error *e)
{
	struct backup *all;
	size_t n;
	TRY(backup_list(run->mem, run->settings.BACKUP_PATH, &all, &n, e));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(all[i].name, chosen->name) <= 0)
			continue;
		if (all[i].unreadable)
			fprintf(stderr, "scorpius\u00a0: la sauvegarde %s, plus récente, est illisible\n", all[i].name);
		else
			fprintf(stderr,
			    "scorpius\u00a0: la sauvegarde %s, plus récente, est incomplète (fichiers manquants\u00a0: "
			    "%lld)\u00a0; pour la choisir, donnez son nom\n",
			    all[i].name, (long long)all[i].missing);
	}
	return ERR_OK;
}

enum result backup_choose(struct backup_run *run, const char *name, struct backup *out, bool *writable, struct error *e)
{
	const char *path = run->settings.BACKUP_PATH;
	enum result rc = writable ? backup_set_mend(run->mem, path, run->keys, &run->set, writable, e)
				  : backup_set_read(run->mem, path, run->keys, &run->set, e);
	if (rc == ERR_OK)
		rc = backup_find(run->mem, path, name, out, e);
	if (rc == ERR_OK && !name)
		return tell_newer(run, out, e);
	if (rc == ERR_NOT_FOUND)
		fprintf(stderr, "scorpius\u00a0: pas de sauvegarde %s dans %s\u00a0; voyez « scorpius backup list »\n",
		    name ? name : "entière", path);
	return rc;
}

enum result backup_manifest_check(struct backup_run *run, int folder, const struct backup *b, struct error *e)
{
	TALLOC_CTX *mem = mem_new("manifest", 0);
	struct manifest *m;
	struct manifest_head head;
	struct file_row row;
	bool missing, end = false;
	enum result rc = manifest_open(mem, folder, b, run->keys, &m, &head, e);
	while (rc == ERR_OK && !end)
		rc = manifest_next(m, &row, &missing, &end, e);
	talloc_free(mem);
	return rc;
}

enum result backup_file_keys_check(const struct backup_run *run, const struct name_list *key_ids, struct error *e)
{
	const char *ours = master_key_id(run->keys), *previous = master_key_previous_id(run->keys);
	for (size_t i = 0; i < key_ids->n; i++)
		if (strcmp(key_ids->p[i], ours) != 0 && (!previous || strcmp(key_ids->p[i], previous) != 0))
			return error_set(e, ERR_WRONG_MASTER_KEY, NULL, "theirs", key_ids->p[i], "ours", ours);
	return ERR_OK;
}

enum result backup_head_keys_check(struct backup_run *run, const struct manifest_head *head, struct error *e)
{
	enum result rc = backup_file_keys_check(run, &head->facts.key_ids, e);
	if (rc != ERR_OK)
		fputs("scorpius\u00a0: cette sauvegarde date d'un changement de clé maîtresse\u00a0: il faut les deux "
		      "clés, "
		      "dans SECRET_KEY et SECRET_KEY_PREVIOUS\n",
		    stderr);
	return rc;
}

static const char *with_comma(TALLOC_CTX *mem, double value, const char *unit)
{
	char *text = mem_printf(mem, "%.1f %s", value, unit);
	char *point = strchr(text, '.');
	if (point)
		*point = ',';
	return text;
}

const char *backup_size_text(TALLOC_CTX *mem, int64_t bytes)
{
	static const char *const units[] = { "ko", "Mo", "Go", "To" };
	double value = (double)bytes / 1000;
	size_t i = 0;
	if (bytes < 1000)
		return mem_printf(mem, "%lld octets", (long long)bytes);
	for (; value >= 1000 && i + 1 < ARRAY_LEN(units); i++)
		value /= 1000;
	return with_comma(mem, value, units[i]);
}

static const char *age_text(TALLOC_CTX *mem, int64_t us)
{
	int64_t minutes = us / 60000000;
	if (minutes < 120)
		return mem_printf(mem, "%lld min", (long long)minutes);
	return minutes < 2880 ? mem_printf(mem, "%lld h", (long long)minutes / 60)
			      : mem_printf(mem, "%lld jours", (long long)minutes / 1440);
}

static enum result list(struct backup_run *run, struct error *e)
{
	TALLOC_CTX *mem = run->mem;
	struct backup *all;
	size_t n, unreadable = 0;
	int64_t now = clock_now_us(), last = 0;
	TRY(backup_list(mem, run->settings.BACKUP_PATH, &all, &n, e));
	for (size_t i = 0; i < n; i++) {
		const struct backup *b = &all[i];
		if (b->unreadable) {
			printf(
			    "%s  ILLISIBLE\u00a0: backup.json manque, est abîmé ou vient d'une version plus récente\n",
			    b->name);
			unreadable++;
			continue;
		}
		printf("%s  il y a %-8s  %lld fichiers, %s  clé %s  %s%s\n", b->name,
		    age_text(mem, now - b->created_us), (long long)b->files, backup_size_text(mem, b->bytes),
		    b->master_key,
		    b->missing ? mem_printf(mem, "INCOMPLÈTE\u00a0: %lld fichiers manquent", (long long)b->missing)
			       : "entière",
		    run->settings.BACKUP_AFTER[0] == '\0' ? ""
		    : b->sent                             ? ", copiée ailleurs"
							  : ", PAS copiée ailleurs");
		if (b->missing == 0)
			last = b->created_us;
	}
	if (last != 0)
		printf("dernière sauvegarde entière\u00a0: il y a %s\n", age_text(mem, now - last));
	else
		puts("aucune sauvegarde entière");
	if (unreadable > 0)
		printf("sauvegardes illisibles\u00a0: %zu\u00a0; tant qu'il y en a, rien n'est retiré de pool/\n",
		    unreadable);
	if (now - last <= run->settings.BACKUP_MAX_AGE * 1000000)
		return ERR_OK;
	return error_set(e, ERR_BACKUP_TOO_OLD, NULL, "time", age_text(mem, run->settings.BACKUP_MAX_AGE * 1000000));
}

/* Out of the pool, so that the next backup copies it anew while the store has it; into pool/aside, since it may be all
 * that is left, and a disk or memory that fails accuses good files. */
static const char *set_aside(struct backup_run *run, const struct file_row *row, bool writable, int64_t *aside)
{
	struct store_key key = { row->organization_id, row->id };
	struct error e;
	error_clear(&e);
	if (!writable)
		return "abîmé ou illisible (reste dans pool/, où nous ne pouvons pas écrire)";
	if (store_set_aside(run->pool, &key, &e) == ERR_OK) {
		(*aside)++;
		return "abîmé ou illisible, écarté dans pool/aside";
	}
	fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return "abîmé ou illisible (n'a pu être écarté de pool/)";
}

static enum result verify_files(
    struct backup_run *run, struct manifest *m, bool writable, int64_t *bad, int64_t *aside, struct error *e)
{
	struct file_row row;
	bool missing, end;
	for (;;) {
		TRY(manifest_next(m, &row, &missing, &end, e));
		if (end)
			return ERR_OK;
		enum result rc = missing ? ERR_NOT_FOUND : file_prove(run->pool, &row, false, e);
		if (rc != ERR_OK && rc != ERR_NOT_FOUND && rc != ERR_DAMAGED)
			return rc;
		error_clear(e);
		if (rc == ERR_OK)
			continue;
		(*bad)++;
		file_say(missing               ? "manquait déjà au moment de la sauvegarde"
			 : rc == ERR_NOT_FOUND ? "manquant"
					       : set_aside(run, &row, writable, aside),
		    &row.organization_id, &row.id);
	}
}

static enum result verify(struct backup_run *run, const char *name, struct error *e)
{
	struct backup b;
	struct manifest *m;
	struct manifest_head head;
	int64_t bad = 0, aside = 0, begun = clock_mono_us();
	int folder;
	bool writable;
	TRY(backup_choose(run, name, &b, &writable, e));
	TRY(backup_key_check(&b, run->keys, e));
	TRY(backup_pool(run->set, &run->pool, e));
	TRY(backup_folder(run->set, run->mem, &b, &folder, e));
	TRY(manifest_open(run->mem, folder, &b, run->keys, &m, &head, e));
	/* Without its key a good file would pass for a damaged one. */
	TRY(backup_head_keys_check(run, &head, e));
	TRY(backup_dump_check(run, folder, &b, &head, e));
	TRY(verify_files(run, m, writable, &bad, &aside, e));
	printf("sauvegarde %s\u00a0: base (%s) et %lld fichiers (%s) relus, %lld en défaut\u00a0; %.1f s\n", b.name,
	    backup_size_text(run->mem, head.dump_size), (long long)b.files, backup_size_text(run->mem, b.bytes),
	    (long long)bad, (double)(clock_mono_us() - begun) / 1000000);
	if (aside > 0)
		puts("ce qui a été écarté sera copié de nouveau par la prochaine sauvegarde, si le magasin l'a encore");
	return bad > 0 ? error_set(e, ERR_BACKUP_INCOMPLETE, NULL) : ERR_OK;
}

int cmd_backup(TALLOC_CTX *mem, int argc, char **argv)
{
	struct backup_run run;
	struct error e;
	bool listing = argc == 2 && strcmp(argv[1], "list") == 0;
	bool verifying = (argc == 2 || argc == 3) && strcmp(argv[1], "verify") == 0;
	if (argc > 1 && !listing && !verifying)
		return cli_usage("backup");
	error_clear(&e);
	enum result rc = backup_run_begin(&run, mem, &e);
	if (rc == ERR_OK)
		rc = listing     ? list(&run, &e)
		     : verifying ? verify(&run, argc == 3 ? argv[2] : NULL, &e)
				 : backup_take(&run, &e);
	if (rc == ERR_OK)
		return 0;
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return cli_fail("backup", &e);
}
