#include "requirement_ids.h"

#include <stdlib.h>
#include <string.h>

#include "tender_view.h"

#define NEAR_IN_SECTION 0.7 /* share of common words, in the section of the same title */
#define NEAR_ANYWHERE 0.8
#define CANDIDATES 8 /* of each requirement, the nearest ones of before */

/* FNV-1a, 64 bits: short, and the same on every machine. */
static uint64_t hash(uint64_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ULL;
	return (h ^ '\n') * 0x100000001b3ULL;
}

static uint64_t own_id(TALLOC_CTX *tmp, const char *section, const char *text)
{
	uint64_t h = hash(0xcbf29ce484222325ULL, section ? view_fold(tmp, section, strlen(section)) : "");
	return hash(h, view_fold(tmp, text, strlen(text)));
}

static char *id_text(TALLOC_CTX *mem, uint64_t id)
{
	return mem_printf(mem, "%016llx", (unsigned long long)id);
}

char *requirement_id(TALLOC_CTX *mem, const char *section, const char *text)
{
	TALLOC_CTX *tmp = mem_new("requirement id", 0);
	char *id = id_text(mem, own_id(tmp, section, text));
	talloc_free(tmp);
	return id;
}

/* ---- a sentence for comparing ---- */

struct sentence {
	uint64_t id, own, title; /* before: the id it had; title: of its section, without the number */
	uint32_t *words;         /* hashed, sorted, each as often as it stands */
	size_t n;
	uint64_t bits; /* which of 64 kinds of words it has: tells quickly what can't be near */
	bool taken;
};

static int by_word(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static void read_words(TALLOC_CTX *tmp, const char *text, struct sentence *out)
{
	const char *s = view_fold(tmp, text, strlen(text));
	out->words = mem_array(tmp, uint32_t, strlen(s) / 2 + 1);
	while (*s) {
		uint32_t h = 0x811c9dc5;
		const char *from = s;
		for (; is_word(*s); s++)
			h = (h ^ (unsigned char)*s) * 0x01000193;
		if (s > from) {
			out->words[out->n++] = h;
			out->bits |= UINT64_C(1) << (h >> 26);
		} else {
			s++;
		}
	}
	qsort(out->words, out->n, sizeof *out->words, by_word);
}

static void read_sentence(TALLOC_CTX *tmp, const char *section, const char *text, struct sentence *out)
{
	const char *title = section ? view_fold(tmp, section, strlen(section)) : "";
	while (*title && !(*title >= 'a' && *title <= 'z'))
		title++;
	*out = (struct sentence){ .own = own_id(tmp, section, text), .title = hash(0xcbf29ce484222325ULL, title) };
	read_words(tmp, text, out);
}

/* Twice the common words by all words; 0 when that is below what could count. */
static double nearness(const struct sentence *a, const struct sentence *b)
{
	double all = (double)(a->n + b->n), enough = a->title == b->title ? NEAR_IN_SECTION : NEAR_ANYWHERE;
	size_t without = (size_t)__builtin_popcountll(a->bits & ~b->bits), common = 0, i = 0, k = 0;
	if (a->n == 0 || b->n == 0 || 2.0 * (double)(a->n < b->n ? a->n : b->n) < enough * all ||
	    2.0 * (double)(a->n - without) < enough * all)
		return 0;
	while (i < a->n && k < b->n) {
		if (a->words[i] == b->words[k]) {
			common++;
			i++;
			k++;
		} else if (a->words[i] < b->words[k]) {
			i++;
		} else {
			k++;
		}
	}
	double near = 2.0 * (double)common / all;
	return near < enough ? 0 : near;
}

/* ---- pairs ---- */

struct pair {
	double near;
	bool same_title;
	size_t now, before;
};

static int by_nearness(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	if (x->near < y->near || x->near > y->near)
		return x->near < y->near ? 1 : -1;
	if (x->same_title != y->same_title)
		return x->same_title ? -1 : 1;
	if (x->now != y->now)
		return x->now < y->now ? -1 : 1;
	return (x->before > y->before) - (x->before < y->before);
}

/* Keeps the best of one sentence's pairs. */
static void keep_pair(struct pair *best, size_t *n, const struct pair *p)
{
	size_t at = *n;
	while (at > 0 && by_nearness(p, &best[at - 1]) < 0)
		at--;
	if (at == CANDIDATES)
		return;
	size_t last = *n < CANDIDATES ? *n : CANDIDATES - 1;
	memmove(&best[at + 1], &best[at], (last - at) * sizeof *best);
	best[at] = *p;
	*n = last + 1;
}

static void match_near(TALLOC_CTX *tmp, struct sentence *now, size_t n, struct sentence *before, size_t n_before)
{
	struct pair *all = mem_array(tmp, struct pair, n * CANDIDATES + 1);
	size_t n_all = 0;
	for (size_t i = 0; i < n; i++) {
		size_t found = 0;
		for (size_t k = 0; k < n_before && !now[i].taken; k++) {
			if (before[k].taken)
				continue;
			struct pair p = { nearness(&now[i], &before[k]), now[i].title == before[k].title, i, k };
			if (p.near > 0)
				keep_pair(&all[n_all], &found, &p);
		}
		n_all += found;
	}
	qsort(all, n_all, sizeof *all, by_nearness);
	for (size_t i = 0; i < n_all; i++) {
		struct sentence *a = &now[all[i].now], *b = &before[all[i].before];
		if (a->taken || b->taken)
			continue;
		a->taken = b->taken = true;
		a->id = b->id;
	}
}

struct known {
	uint64_t own;
	size_t at;
};

static int by_own(const void *a, const void *b)
{
	const struct known *x = a, *y = b;
	if (x->own != y->own)
		return x->own < y->own ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static void match_same(TALLOC_CTX *tmp, struct sentence *now, size_t n, struct sentence *before, size_t n_before)
{
	struct known *sorted = mem_array(tmp, struct known, n_before + 1);
	for (size_t i = 0; i < n_before; i++)
		sorted[i] = (struct known){ before[i].own, i };
	qsort(sorted, n_before, sizeof *sorted, by_own);
	for (size_t i = 0; i < n; i++) {
		size_t low = 0, high = n_before;
		while (low < high) {
			size_t middle = low + (high - low) / 2;
			if (sorted[middle].own < now[i].own)
				low = middle + 1;
			else
				high = middle;
		}
		while (low < n_before && sorted[low].own == now[i].own && before[sorted[low].at].taken)
			low++;
		if (low == n_before || sorted[low].own != now[i].own)
			continue;
		before[sorted[low].at].taken = now[i].taken = true;
		now[i].id = before[sorted[low].at].id;
	}
}

/* ---- ids that are given out ---- */

struct used {
	uint64_t *slots; /* 0: free */
	size_t size;     /* a power of two, at least twice the ids */
};

static struct used used_new(TALLOC_CTX *tmp, size_t n)
{
	struct used u = { .size = 16 };
	while (u.size < 2 * n + 2)
		u.size *= 2;
	u.slots = mem_array(tmp, uint64_t, u.size);
	return u;
}

/* False when it is there already. */
static bool use(struct used *u, uint64_t id)
{
	size_t at = (size_t)id & (u->size - 1);
	while (u->slots[at] && u->slots[at] != id)
		at = (at + 1) & (u->size - 1);
	bool is_new = u->slots[at] == 0;
	u->slots[at] = id;
	return is_new;
}

void requirement_ids_keep(TALLOC_CTX *mem, struct analysis *a, const struct requirement_before *before, size_t n_before)
{
	TALLOC_CTX *tmp = mem_new("requirement ids", 0);
	size_t n = a->n_requirements, n_old = 0;
	struct sentence *now = mem_array(tmp, struct sentence, n + 1),
			*old = mem_array(tmp, struct sentence, n_before + 1);
	struct used used = used_new(tmp, n), seen = used_new(tmp, n_before);
	for (size_t i = 0; i < n_before; i++) {
		char *end;
		uint64_t id = strtoull(before[i].id, &end, 16);
		if (id == 0 || *end != '\0' || end - before[i].id != 16 || !use(&seen, id))
			continue;
		read_sentence(tmp, before[i].section, before[i].text, &old[n_old]);
		old[n_old++].id = id;
	}
	for (size_t i = 0; i < n; i++)
		read_sentence(tmp, a->requirements[i].section, a->requirements[i].text, &now[i]);
	match_same(tmp, now, n, old, n_old);
	match_near(tmp, now, n, old, n_old);
	for (size_t i = 0; i < n; i++)
		if (now[i].taken && !use(&used, now[i].id))
			now[i].taken = false;
	for (size_t i = 0; i < n; i++) {
		if (!now[i].taken)
			for (now[i].id = now[i].own; now[i].id == 0 || !use(&used, now[i].id);)
				now[i].id = hash(now[i].id, "again");
		a->requirements[i].id = id_text(mem, now[i].id);
	}
	talloc_free(tmp);
}

size_t requirements_before_read(TALLOC_CTX *mem, const struct json *list, struct requirement_before **out)
{
	size_t n = 0;
	*out = mem_array(mem, struct requirement_before, json_len(list) + 1);
	for (size_t i = 0; i < json_len(list); i++) {
		const struct json *q = json_at(list, i);
		struct requirement_before b = { json_string(json_get(q, "id")), json_string(json_get(q, "text")),
			json_string(json_get(q, "section")) };
		if (b.id && b.text)
			(*out)[n++] = b;
	}
	return n;
}
