/* scorpius storage: what lies in the file store against what the database says, the change of the master key, copies to
 * another store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "clock.h"
#include "crypto.h"
#include "file_check.h"
#include "metrics.h"
#include "operator_backup.h"
#include "operator_files.h"
#include "settings.h"
#include "storage_scan.h"
#include "storage_try.h"
#include "store_settings.h"
#include "uuid.h"

const char storage_help[] =
    "verify              relit chaque fichier et compare le magasin à la base : fichiers manquants, abîmés, "
    "illisibles,\n"
    "                    orphelins\n"
    "  --quick           ne relit pas les fichiers : présence et taille seulement\n"
    "  --repair          supprime les orphelins (plus de 24 heures, inconnus de la base à deux reprises) et rien "
    "d'autre\n"
    "rotate-key          enveloppe la clé de chaque fichier avec SECRET_KEY, là où SECRET_KEY_PREVIOUS l'avait fait ;\n"
    "                    les fichiers eux-mêmes ne sont pas réécrits ; peut être interrompu et relancé\n"
    "copy --to OÙ        copie chaque fichier, tel qu'il est, du magasin des réglages vers OÙ : directory:DOSSIER ou "
    "s3\n"
    "                    (le compartiment des réglages S3_…) ; relit la copie et la compare ; peut être interrompu et\n"
    "                    relancé : ce qui est déjà là est laissé en place\n"
    "  --reread          compare aussi octet par octet ce qui était déjà là, et pas seulement sa taille\n"
    "scan                montre à clamd (CLAMD_SOCKET) les fichiers qu'aucun antivirus n'a encore vus\u00a0; met en\n"
    "                    quarantaine ce qui est infecté ; peut être interrompu et relancé\n"
    "  --all             revoit tous les fichiers, avec les signatures d'aujourd'hui ; ce qui avait été mis en\n"
    "                    quarantaine à tort en sort et est lu\n"
    "try                 essaie le compartiment des réglages S3_…\u00a0: y écrit un objet, le relit, le supprime\n"
    "  --account-stdin   avec le compte lu sur l'entrée standard\u00a0: le secret, ou l'identifiant puis le secret\n"
    "Code de sortie : 0, tout est bon ; 74, des fichiers manquent, sont abîmés ou diffèrent de leur copie ; 65, clamd\n"
    "ne prend pas certains fichiers ; 69, clamd ou le service S3 ne répond pas.\n";

/* Younger objects may belong to an upload that is about to commit. */
#define ORPHAN_AGE_S 86400

struct storage {
	TALLOC_CTX *mem;
	struct operator_db *db;
	struct master_keys *keys;
	struct store *store;
	bool quick, repair;
	const char *metrics_path;
	unsigned files, missing, damaged, unreadable;
	struct store_key *orphans; /* found by the first look */
	size_t n_orphans;
};

static const char *environment(const char *name)
{
	return getenv(name);
}

/* What went wrong, on standard error; gives the exit status. */
static int tell(const struct error *e)
{
	if (e->cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e->cause);
	return cli_fail("storage", e);
}

static void say_unreadable(const struct store_key *key, const struct error *e)
{
	file_say("illisible", &key->organization_id, &key->id);
	fprintf(stderr, "scorpius\u00a0: %s\n", e->cause);
}

static void advise_unreadable(unsigned n)
{
	if (n > 0)
		printf("%u fichiers n'ont pas pu être lus et sont peut-être entiers\u00a0: vérifiez le disque (journal "
		       "du noyau, smartctl) ou le service S3, puis relancez\n",
		    n);
}

/* ---- verify ---- */

static enum result check_row(void *arg, const struct file_row *row, struct error *e)
{
	struct storage *s = arg;
	struct store_key key = { row->organization_id, row->id };
	enum result rc = file_check(s->store, row, s->quick, e);
	s->files++;
	/* One bad place of a disk must not hide what else is wrong. A service that is away ends it: all would fail. */
	if (rc != ERR_NOT_FOUND && rc != ERR_DAMAGED && rc != ERR_IO)
		return rc;
	/* Its row may have been purged, with it, since we read it. */
	bool known;
	struct error why = *e;
	error_clear(e);
	TRY(operator_file_known(s->db, &key.organization_id, &key.id, &known, e));
	if (known && rc == ERR_NOT_FOUND) {
		s->missing++;
		file_say("manquant", &key.organization_id, &key.id);
	} else if (known && rc == ERR_IO) {
		s->unreadable++;
		say_unreadable(&key, &why);
	} else if (known) {
		s->damaged++;
		file_say("abîmé", &key.organization_id, &key.id);
	}
	return ERR_OK;
}

static enum result look(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	struct storage *s = arg;
	bool known = true;
	if (age_s > ORPHAN_AGE_S)
		TRY(operator_file_known(s->db, &key->organization_id, &key->id, &known, e));
	if (!known) {
		s->orphans = mem_grow(s->mem, s->orphans, struct store_key, s->n_orphans + 1);
		s->orphans[s->n_orphans++] = *key;
	}
	return ERR_OK;
}

static enum result settle_orphans(struct storage *s, struct error *e)
{
	size_t left = 0;
	for (size_t i = 0; i < s->n_orphans; i++) {
		const struct store_key *key = &s->orphans[i];
		bool known;
		TRY(operator_file_known(s->db, &key->organization_id, &key->id, &known, e));
		if (known)
			continue;
		file_say(s->repair ? "orphelin supprimé" : "orphelin", &key->organization_id, &key->id);
		left++;
		if (s->repair)
			TRY(store_remove(s->store, key, e));
	}
	s->n_orphans = left;
	return ERR_OK;
}

/* For whoever watches; where no server has run, nobody does. */
static void count_faults(const struct storage *s)
{
	const struct {
		const char *fault;
		size_t n;
	} all[] = { { "missing", s->missing }, { "damaged", s->damaged + s->unreadable },
		{ "orphaned", s->repair ? 0 : s->n_orphans } };
	if (!metrics_attach(s->metrics_path))
		return;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		metric_set(
		    METRIC_VERIFY_FILES, metric_cell(METRIC_VERIFY_FILES, all[i].fault, NULL, NULL), (int64_t)all[i].n);
	metric_set(METRIC_VERIFY_TIME, 0, clock_now_us() / 1000000);
	metrics_close();
}

static enum result verify(struct storage *s, struct error *e)
{
	unsigned strange;
	/* What a backup has seen must stay until it has it. */
	if (s->repair)
		TRY(operator_removal_begin(s->db, e));
	TRY(operator_each_file(s->db, NULL, check_row, s, e));
	TRY(store_list(s->store, look, s, &strange, e));
	TRY(settle_orphans(s, e));
	count_faults(s);
	printf("%u fichiers connus de la base\u00a0: %u manquants, %u abîmés\u00a0; %zu orphelins%s\n", s->files,
	    s->missing, s->damaged, s->n_orphans, s->repair && s->n_orphans ? " supprimés" : "");
	if (strange > 0)
		printf(
		    "%u fichiers du dossier ne viennent pas de Scorpius\u00a0; ils sont laissés en place\n", strange);
	if (s->n_orphans > 0 && !s->repair)
		puts("les orphelins ne gênent pas\u00a0; « scorpius storage verify --repair » les supprime");
	advise_unreadable(s->unreadable);
	if (s->missing > 0 || s->damaged > 0)
		puts("reprenez ces fichiers d'une sauvegarde, au même chemin\u00a0; sinon demandez à leurs "
		     "propriétaires de "
		     "les déposer de nouveau");
	return s->missing + s->damaged + s->unreadable > 0 ? error_set(e, ERR_DAMAGED, NULL) : ERR_OK;
}

/* ---- rotate-key ---- */

static enum result rewrap(void *arg, const struct file_row *row, struct error *e)
{
	struct storage *s = arg;
	struct store_key key = { row->organization_id, row->id };
	uint8_t file_key[CRYPTO_KEY_SIZE], wrapped[CRYPTO_WRAPPED_SIZE];
	bool done;
	if (file_key_unwrap(s->keys, &key, row->wrapped_key, file_key, NULL, e) != ERR_OK) {
		error_clear(e);
		s->damaged++;
		file_say("clé illisible avec SECRET_KEY et SECRET_KEY_PREVIOUS", &key.organization_id, &key.id);
		return ERR_OK;
	}
	file_key_wrap(s->keys, &key, file_key, wrapped);
	crypto_wipe(file_key, sizeof(file_key));
	TRY(operator_file_rewrap(
	    s->db, row, (struct bytes){ wrapped, sizeof(wrapped) }, master_key_id(s->keys), &done, e));
	s->files += done;
	return ERR_OK;
}

static enum result rotate(struct storage *s, struct error *e)
{
	TRY(operator_each_file(s->db, master_key_id(s->keys), rewrap, s, e));
	printf("%u clés de fichiers enveloppées avec SECRET_KEY (%s)\n", s->files, master_key_id(s->keys));
	if (s->damaged > 0)
		return error_set(e, ERR_DAMAGED, NULL);
	puts("SECRET_KEY_PREVIOUS peut être retirée des réglages une fois tous les programmes relancés avec "
	     "SECRET_KEY\u00a0; "
	     "gardez-la tant que des sauvegardes d'avant existent");
	return ERR_OK;
}

/* ---- copy ---- */

struct copying {
	struct store *from, *to;
	enum store_care care;
	unsigned copied, there, damaged, unreadable;
};

static enum result copy_seen(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	struct copying *c = arg;
	struct error other;
	bool copied;
	(void)age_s;
	error_clear(&other);
	enum result rc = store_copy_object(c->from, c->to, key, c->care, &copied, e);
	/* A file that can't be read is one file; a place that can't be written is all of them. */
	if (rc == ERR_IO && store_writable(c->to, &other) == ERR_OK) {
		say_unreadable(key, e);
		error_clear(e);
		c->unreadable++;
		return ERR_OK;
	}
	if (rc == ERR_NOT_FOUND) {
		error_clear(e);
		return ERR_OK; /* removed meanwhile */
	}
	if (rc == ERR_DAMAGED) {
		error_clear(e);
		c->damaged++;
		file_say("la copie diffère", &key->organization_id, &key->id);
		return ERR_OK;
	}
	TRY(rc);
	if (copied)
		c->copied++;
	else
		c->there++;
	return ERR_OK;
}

static enum result open_target(
    TALLOC_CTX *mem, const struct settings *settings, const char *to, struct store **out, struct error *e)
{
	if (strcmp(to, "s3") != 0)
		return store_open_directory(mem, to + strlen("directory:"), NULL, out, e);
	if (strcmp(settings->STORAGE_BACKEND, "s3") == 0)
		return error_set(e, ERR_INVALID_SETTING, "STORAGE_BACKEND", "name", "STORAGE_BACKEND", "reason",
		    "the files are in S3 already");
	return store_open_bucket(mem, settings, NULL, out, e);
}

static enum result copy(TALLOC_CTX *mem, const char *to, bool reread, struct error *e)
{
	struct copying c = { .care = reread ? STORE_PROVE_ALL : STORE_PROVE_NEW };
	struct settings settings;
	unsigned strange;
	TRY(settings_read(mem, environment, &settings, e));
	TRY(store_open(mem, &settings, NULL, &c.from, e));
	TRY(open_target(mem, &settings, to, &c.to, e));
	enum result rc = store_list(c.from, copy_seen, &c, &strange, e);
	printf("%u fichiers copiés, %u déjà là, %u dont la copie diffère, %u illisibles\n", c.copied, c.there,
	    c.damaged, c.unreadable);
	if (strange > 0)
		printf("%u fichiers qui ne viennent pas de Scorpius n'ont pas été copiés\n", strange);
	advise_unreadable(c.unreadable);
	if (rc != ERR_OK)
		puts("la copie n'est pas finie\u00a0; relancez-la, elle reprendra où elle en est");
	else if (c.damaged + c.unreadable > 0)
		rc = error_set(e, ERR_DAMAGED, NULL);
	return rc;
}

static int run_copy(TALLOC_CTX *mem, int argc, char **argv)
{
	struct error e;
	const char *to = NULL;
	bool reread = false;
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--reread") == 0)
			reread = true;
		else if (strcmp(argv[i], "--to") == 0 && i + 1 < argc && !to)
			to = argv[++i];
		else
			return cli_usage("storage");
	}
	if (!to || (strcmp(to, "s3") != 0 && (strncmp(to, "directory:", 10) != 0 || to[10] == '\0')))
		return cli_usage("storage");
	error_clear(&e);
	return copy(mem, to, reread, &e) == ERR_OK ? 0 : tell(&e);
}

static enum result run(struct storage *s, const char *what, bool all, struct error *e)
{
	struct settings settings;
	TRY(settings_read(s->mem, environment, &settings, e));
	s->metrics_path = settings.METRICS_PATH;
	TRY(master_keys_new(s->mem, settings.SECRET_KEY, settings.SECRET_KEY_PREVIOUS, &s->keys, e));
	TRY(operator_connect(s->mem, settings.DATABASE_URL, &s->db, e));
	if (strcmp(what, "rotate-key") == 0)
		return rotate(s, e);
	TRY(store_open(s->mem, &settings, s->keys, &s->store, e));
	return strcmp(what, "scan") == 0 ? storage_scan(&settings, s->db, s->store, all, e) : verify(s, e);
}

static int run_try(TALLOC_CTX *mem, int argc, char **argv)
{
	struct error e;
	bool stdin_account = argc == 3 && strcmp(argv[2], "--account-stdin") == 0;
	if (argc != 2 && !stdin_account)
		return cli_usage("storage");
	error_clear(&e);
	return storage_try(mem, stdin_account, &e) == ERR_OK ? 0 : tell(&e);
}

int cmd_storage(TALLOC_CTX *mem, int argc, char **argv)
{
	struct storage s = { .mem = mem };
	struct error e;
	const char *what = argc > 1 ? argv[1] : "";
	bool scan = strcmp(what, "scan") == 0, check = strcmp(what, "verify") == 0, all = false;
	if (strcmp(what, "copy") == 0)
		return run_copy(mem, argc, argv);
	if (strcmp(what, "try") == 0)
		return run_try(mem, argc, argv);
	if (!scan && !check && strcmp(what, "rotate-key") != 0)
		return cli_usage("storage");
	for (int i = 2; i < argc; i++) {
		if (check && strcmp(argv[i], "--quick") == 0)
			s.quick = true;
		else if (check && strcmp(argv[i], "--repair") == 0)
			s.repair = true;
		else if (scan && strcmp(argv[i], "--all") == 0)
			all = true;
		else
			return cli_usage("storage");
	}
	error_clear(&e);
	return run(&s, what, all, &e) == ERR_OK ? 0 : tell(&e);
}
