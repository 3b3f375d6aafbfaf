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

static void tell_unreadable(struct backup_run *run, const struct backup *all, size_t n)
{
	for (size_t i = 0; i < n && !run->told; i++)
		if (all[i].unreadable)
			fprintf(stderr,
			    "scorpius\u00a0: la sauvegarde %s est illisible (backup.json)\u00a0: tant qu'elle est là, "
			    "les "
			    "fichiers devenus inutiles restent dans pool/\n",
			    all[i].name);
	run->told = true;
}

enum result backup_prune(struct backup_run *run, struct error *e)
{
	struct backup *all;
	size_t n, kept = 0, unreadable = 0, last;
	int64_t since = clock_now_us() - run->settings.BACKUP_KEEP_DAYS * INT64_C(86400000000);
	TRY(backup_list(run->mem, run->settings.BACKUP_PATH, &all, &n, e));
	tell_unreadable(run, all, n);
	for (last = n; last > 0 && !backup_is_whole(&all[last - 1]);)
		last--;
	for (size_t i = 0; i < n; i++) {
		if (all[i].unreadable || all[i].created_us >= since || i + 1 == last) {
			unreadable += all[i].unreadable;
			all[kept++] = all[i];
			continue;
		}
		TRY(backup_remove(run->set, &all[i], e));
		printf("sauvegarde %s supprimée\u00a0: plus de %lld jours\n", all[i].name,
		    (long long)run->settings.BACKUP_KEEP_DAYS);
	}
	/* What an unreadable one needs, nobody knows. */
	if (kept == n || unreadable > 0)
		return ERR_OK;
	TRY(backup_pool(run->set, &run->pool, e));
	return sweep(run, all, kept, e);
}
