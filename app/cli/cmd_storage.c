/* scorpius storage: what lies in the file store against what the database says, and the change of the master key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "crypto.h"
#include "operator_files.h"
#include "settings.h"
#include "storage_scan.h"
#include "store.h"
#include "uuid.h"

const char storage_help[] =
    "verify              relit chaque fichier et compare le magasin à la base : fichiers manquants, abîmés, orphelins\n"
    "  --quick           ne relit pas les fichiers : présence et taille seulement\n"
    "  --repair          supprime les orphelins (plus de 24 heures, inconnus de la base à deux reprises) et rien "
    "d'autre\n"
    "rotate-key          enveloppe la clé de chaque fichier avec SECRET_KEY, là où SECRET_KEY_PREVIOUS l'avait fait ;\n"
    "                    les fichiers eux-mêmes ne sont pas réécrits ; peut être interrompu et relancé\n"
    "scan                montre à clamd (CLAMD_SOCKET) les fichiers qu'aucun antivirus n'a encore vus\u00a0; met en\n"
    "                    quarantaine ce qui est infecté ; peut être interrompu et relancé\n"
    "  --all             revoit tous les fichiers, avec les signatures d'aujourd'hui ; ce qui avait été mis en\n"
    "                    quarantaine à tort en sort et est lu\n"
    "Code de sortie : 0, tout est bon ; 74, des fichiers manquent ou sont abîmés ; 65, clamd ne prend\n"
    "pas certains fichiers ; 69, clamd ne répond pas.\n";

/* Younger objects may belong to an upload that is about to commit. */
#define ORPHAN_AGE_S 86400

struct storage {
	TALLOC_CTX *mem;
	struct operator_db *db;
	struct master_keys *keys;
	struct store *store;
	bool quick, repair;
	unsigned files, missing, damaged;
	struct store_key *orphans; /* found by the first look */
	size_t n_orphans;
};

static const char *environment(const char *name)
{
	return getenv(name);
}

static void say_file(const char *what, const struct store_key *key)
{
	char organization[37], id[37];
	uuid_format(&key->organization_id, organization);
	uuid_format(&key->id, id);
	printf("%s\u00a0: %s/%s\n", what, organization, id);
}

/* ---- verify ---- */

static enum result digest_of(struct store_get *get, uint8_t sha256[32], struct error *e)
{
	struct crypto_sha256 *hash = crypto_sha256_begin(get);
	char chunk[65536];
	size_t got;
	for (int64_t at = 0;; at += (int64_t)got) {
		TRY(store_get_read_at(get, at, chunk, sizeof(chunk), &got, e));
		if (got == 0)
			break;
		crypto_sha256_add(hash, chunk, got);
	}
	crypto_sha256_end(hash, sha256);
	return ERR_OK;
}

/* NOT_FOUND, DAMAGED, or what keeps us from looking. */
static enum result check_file(struct storage *s, TALLOC_CTX *mem, const struct file_row *row, struct error *e)
{
	struct store_object object = { { row->organization_id, row->id }, row->wrapped_key };
	struct store_get *get;
	uint8_t sha256[32];
	TRY(store_get_open(s->store, mem, &object, &get, e));
	if (store_get_size(get) != row->size)
		return error_set(e, ERR_DAMAGED, NULL);
	if (s->quick)
		return ERR_OK;
	TRY(digest_of(get, sha256, e));
	return memcmp(sha256, row->sha256, sizeof(sha256)) == 0 ? ERR_OK : error_set(e, ERR_DAMAGED, NULL);
}

static enum result check_row(struct storage *s, const struct file_row *row, struct error *e)
{
	TALLOC_CTX *mem = mem_new("file", 0);
	struct store_key key = { row->organization_id, row->id };
	enum result rc = check_file(s, mem, row, e);
	talloc_free(mem);
	s->files++;
	if (rc != ERR_NOT_FOUND && rc != ERR_DAMAGED)
		return rc;
	/* Its row may have been purged, with it, since we read it. */
	bool known;
	error_clear(e);
	TRY(operator_file_known(s->db, &key.organization_id, &key.id, &known, e));
	if (known && rc == ERR_NOT_FOUND) {
		s->missing++;
		say_file("manquant", &key);
	} else if (known) {
		s->damaged++;
		say_file("abîmé", &key);
	}
	return ERR_OK;
}

/* Calls `each` for every row, or every one that another master key wrapped. */
static enum result each_row(struct storage *s, const char *not_key,
    enum result (*each)(struct storage *, const struct file_row *, struct error *), struct error *e)
{
	struct file_row last = { 0 }, *rows;
	size_t n;
	for (bool begun = false;; begun = true) {
		TALLOC_CTX *mem = mem_new("files", 0);
		enum result rc = operator_files(s->db, mem, begun ? &last : NULL, not_key, &rows, &n, e);
		for (size_t i = 0; i < n && rc == ERR_OK; i++)
			rc = each(s, &rows[i], e);
		if (rc == ERR_OK && n > 0)
			last =
			    (struct file_row){ .organization_id = rows[n - 1].organization_id, .id = rows[n - 1].id };
		talloc_free(mem);
		if (rc != ERR_OK || n == 0)
			return rc;
	}
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
		say_file(s->repair ? "orphelin supprimé" : "orphelin", key);
		left++;
		if (s->repair)
			TRY(store_remove(s->store, key, e));
	}
	s->n_orphans = left;
	return ERR_OK;
}

static enum result verify(struct storage *s, struct error *e)
{
	unsigned strange;
	TRY(each_row(s, NULL, check_row, e));
	TRY(store_list(s->store, look, s, &strange, e));
	TRY(settle_orphans(s, e));
	printf("%u fichiers connus de la base\u00a0: %u manquants, %u abîmés\u00a0; %zu orphelins%s\n", s->files,
	    s->missing, s->damaged, s->n_orphans, s->repair && s->n_orphans ? " supprimés" : "");
	if (strange > 0)
		printf(
		    "%u fichiers du dossier ne viennent pas de Scorpius\u00a0; ils sont laissés en place\n", strange);
	if (s->n_orphans > 0 && !s->repair)
		puts("les orphelins ne gênent pas\u00a0; « scorpius storage verify --repair » les supprime");
	if (s->missing > 0 || s->damaged > 0) {
		puts("reprenez ces fichiers d'une sauvegarde, au même chemin\u00a0; sinon demandez à leurs "
		     "propriétaires de "
		     "les déposer de nouveau");
		return error_set(e, ERR_DAMAGED, NULL);
	}
	return ERR_OK;
}

/* ---- rotate-key ---- */

static enum result rewrap(struct storage *s, const struct file_row *row, struct error *e)
{
	struct store_key key = { row->organization_id, row->id };
	uint8_t file_key[CRYPTO_KEY_SIZE], wrapped[CRYPTO_WRAPPED_SIZE];
	bool done;
	if (file_key_unwrap(s->keys, &key, row->wrapped_key, file_key, NULL, e) != ERR_OK) {
		error_clear(e);
		s->damaged++;
		say_file("clé illisible avec SECRET_KEY et SECRET_KEY_PREVIOUS", &key);
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
	TRY(each_row(s, master_key_id(s->keys), rewrap, e));
	printf("%u clés de fichiers enveloppées avec SECRET_KEY (%s)\n", s->files, master_key_id(s->keys));
	if (s->damaged > 0)
		return error_set(e, ERR_DAMAGED, NULL);
	puts("SECRET_KEY_PREVIOUS peut être retirée des réglages une fois tous les programmes relancés avec "
	     "SECRET_KEY\u00a0; "
	     "gardez-la tant que des sauvegardes d'avant existent");
	return ERR_OK;
}

static enum result run(struct storage *s, const char *what, bool all, struct error *e)
{
	struct settings settings;
	TRY(settings_read(s->mem, environment, &settings, e));
	TRY(master_keys_new(s->mem, settings.SECRET_KEY, settings.SECRET_KEY_PREVIOUS, &s->keys, e));
	TRY(operator_connect(s->mem, settings.DATABASE_URL, &s->db, e));
	if (strcmp(what, "rotate-key") == 0)
		return rotate(s, e);
	TRY(store_open_directory(s->mem, settings.UPLOAD_PATH, s->keys, &s->store, e));
	return strcmp(what, "scan") == 0 ? storage_scan(&settings, s->db, s->store, all, e) : verify(s, e);
}

int cmd_storage(TALLOC_CTX *mem, int argc, char **argv)
{
	struct storage s = { .mem = mem };
	struct error e;
	const char *what = argc > 1 ? argv[1] : "";
	bool scan = strcmp(what, "scan") == 0, check = strcmp(what, "verify") == 0, all = false;
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
	if (run(&s, what, all, &e) == ERR_OK)
		return 0;
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return cli_fail("storage", &e);
}
