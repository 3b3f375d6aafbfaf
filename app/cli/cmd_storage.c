/* scorpius storage: what lies in the file store against what the database says, and the change of the master key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "crypto.h"
#include "file_check.h"
#include "operator_backup.h"
#include "settings.h"
#include "store.h"

const char storage_help[] =
    "verify              relit chaque fichier et compare le magasin à la base : fichiers manquants, abîmés, orphelins\n"
    "  --quick           ne relit pas les fichiers : présence et taille seulement\n"
    "  --repair          supprime les orphelins (plus de 24 heures, inconnus de la base à deux reprises) et rien "
    "d'autre\n"
    "rotate-key          enveloppe la clé de chaque fichier avec SECRET_KEY, là où SECRET_KEY_PREVIOUS l'avait fait ;\n"
    "                    les fichiers eux-mêmes ne sont pas réécrits ; peut être interrompu et relancé\n"
    "Code de sortie : 0, tout est bon ; 74, des fichiers manquent ou sont abîmés.\n";

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

/* ---- verify ---- */

static enum result check_row(struct storage *s, const struct file_row *row, struct error *e)
{
	struct store_key key = { row->organization_id, row->id };
	enum result rc = file_check(s->store, row, s->quick, e);
	s->files++;
	if (rc != ERR_NOT_FOUND && rc != ERR_DAMAGED)
		return rc;
	/* Its row may have been purged, with it, since we read it. */
	bool known;
	error_clear(e);
	TRY(operator_file_known(s->db, &key.organization_id, &key.id, &known, e));
	if (known && rc == ERR_NOT_FOUND) {
		s->missing++;
		file_say("manquant", &key.organization_id, &key.id);
	} else if (known) {
		s->damaged++;
		file_say("abîmé", &key.organization_id, &key.id);
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
		file_say(s->repair ? "orphelin supprimé" : "orphelin", &key->organization_id, &key->id);
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
	/* What a backup has seen must stay until it has it. */
	if (s->repair)
		TRY(operator_removal_begin(s->db, e));
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
	TRY(each_row(s, master_key_id(s->keys), rewrap, e));
	printf("%u clés de fichiers enveloppées avec SECRET_KEY (%s)\n", s->files, master_key_id(s->keys));
	if (s->damaged > 0)
		return error_set(e, ERR_DAMAGED, NULL);
	puts("SECRET_KEY_PREVIOUS peut être retirée des réglages une fois tous les programmes relancés avec "
	     "SECRET_KEY\u00a0; "
	     "gardez-la tant que des sauvegardes d'avant existent");
	return ERR_OK;
}

static enum result run(struct storage *s, bool rotating, struct error *e)
{
	struct settings settings;
	TRY(settings_read(s->mem, environment, &settings, e));
	TRY(master_keys_new(s->mem, settings.SECRET_KEY, settings.SECRET_KEY_PREVIOUS, &s->keys, e));
	TRY(operator_connect(s->mem, settings.DATABASE_URL, &s->db, e));
	if (rotating)
		return rotate(s, e);
	TRY(store_open_directory(s->mem, settings.UPLOAD_PATH, s->keys, &s->store, e));
	return verify(s, e);
}

int cmd_storage(TALLOC_CTX *mem, int argc, char **argv)
{
	struct storage s = { .mem = mem };
	struct error e;
	bool rotating = argc == 2 && strcmp(argv[1], "rotate-key") == 0;
	if (!rotating && (argc < 2 || strcmp(argv[1], "verify") != 0))
		return cli_usage("storage");
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--quick") == 0)
			s.quick = true;
		else if (strcmp(argv[i], "--repair") == 0)
			s.repair = true;
		else
			return cli_usage("storage");
	}
	error_clear(&e);
	if (run(&s, rotating, &e) == ERR_OK)
		return 0;
	if (e.cause[0] != '\0')
		fprintf(stderr, "scorpius\u00a0: %s\n", e.cause);
	return cli_fail("storage", &e);
}
