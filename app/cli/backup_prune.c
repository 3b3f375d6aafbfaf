/* Backups that have had their time, and files that only those had. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup.h"
#include "clock.h"

struct sweep {
	struct backup_run *run;
	struct store_key *wanted;
	size_t n;
	struct store_key *unwanted;
	size_t n_unwanted;
};

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct store_key));
}

static enum result want(struct sweep *s, TALLOC_CTX *mem, const struct backup *b, struct error *e)
{
	struct manifest *m;
	struct manifest_head head;
	struct file_row row;
	bool missing, end;
	int folder;
	size_t room = s->n;
	TRY(backup_folder(s->run->set, mem, b, &folder, e));
	TRY(manifest_open(mem, folder, b, s->run->keys, &m, &head, e));
	for (;;) {
		TRY(manifest_next(m, &row, &missing, &end, e));
		if (end)
			return ERR_OK;
		if (s->n == room) {
			room = room * 2 + 1024;
			s->wanted = mem_grow(s->run->mem, s->wanted, struct store_key, room);
		}
		s->wanted[s->n++] = (struct store_key){ row.organization_id, row.id };
	}
}

static enum result look(void *arg, const struct store_key *key, int64_t age_s, struct error *e)
{
	struct sweep *s = arg;
	(void)age_s, (void)e;
	if (s->n > 0 && bsearch(key, s->wanted, s->n, sizeof(*key), by_key))
		return ERR_OK;
	s->unwanted = mem_grow(s->run->mem, s->unwanted, struct store_key, s->n_unwanted + 1);
	s->unwanted[s->n_unwanted++] = *key;
	return ERR_OK;
}

/* A backup that can't be read may need anything: then nothing is taken away. */
static enum result sweep(struct backup_run *run, const struct backup *all, size_t n, struct error *e)
{
	struct sweep s = { .run = run };
	unsigned strange;
	for (size_t i = 0; i < n; i++) {
		TALLOC_CTX *mem = mem_new("sweep", 0);
		enum result rc = want(&s, mem, &all[i], e);
		talloc_free(mem);
		if (rc != ERR_OK) {
			fprintf(stderr,
			    "scorpius\u00a0: la sauvegarde %s est illisible avec les clés d'aujourd'hui\u00a0; les "
			    "fichiers devenus inutiles restent dans pool/\n",
			    all[i].name);
			error_clear(e);
			return ERR_OK;
		}
	}
	if (s.n > 0)
		qsort(s.wanted, s.n, sizeof(*s.wanted), by_key);
	TRY(store_list(run->pool, look, &s, &strange, e));
	for (size_t i = 0; i < s.n_unwanted; i++)
		TRY(store_remove(run->pool, &s.unwanted[i], e));
	return store_clean(run->pool, 0, NULL, e);
}

enum result backup_prune(struct backup_run *run, struct error *e)
{
	struct backup *all, last;
	size_t n, kept = 0;
	int64_t since = clock_now_us() - run->settings.BACKUP_KEEP_DAYS * INT64_C(86400000000);
	TRY(backup_list(run->mem, run->settings.BACKUP_PATH, &all, &n, e));
	bool any = backup_find(run->mem, run->settings.BACKUP_PATH, NULL, &last, e) == ERR_OK;
	error_clear(e);
	for (size_t i = 0; i < n; i++) {
		if (all[i].created_us >= since || (any && strcmp(all[i].name, last.name) == 0)) {
			all[kept++] = all[i];
			continue;
		}
		TRY(backup_remove(run->set, &all[i], e));
		printf("sauvegarde %s supprimée\u00a0: plus de %lld jours\n", all[i].name,
		    (long long)run->settings.BACKUP_KEEP_DAYS);
	}
	if (kept == n)
		return ERR_OK;
	TRY(backup_pool(run->set, &run->pool, e));
	return sweep(run, all, kept, e);
}
