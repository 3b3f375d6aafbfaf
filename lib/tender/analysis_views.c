#include "analysis_views.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static const struct json *value_of(const struct json *facts, const char *key)
{
	return json_get(json_get(facts, key), "value");
}

static void write_list(TALLOC_CTX *mem, struct json_writer *w, const char *name, const struct json *list)
{
	jw_key(w, name);
	jw_raw(w, json_kind(list) == JSON_ARRAY ? json_print(mem, list) : "[]");
}

static void write_pieces(struct json_writer *w, const struct json *list, const char *part)
{
	for (size_t i = 0; i < json_len(list); i++) {
		const struct json *piece = json_at(list, i);
		jw_open(w, '{');
		jw_field_text(w, "name", json_string(json_get(piece, "name")));
		jw_field_text(w, "piece", json_string(json_get(piece, "piece")));
		jw_field_text(w, "format", json_string(json_get(piece, "format")));
		jw_field_text(w, "part", part);
		jw_close(w, '}');
	}
}

struct date {
	const char *key, *value;
	bool computed;
	size_t place;
};

/* By the day, those of one day by the hour, which one that has none precedes. */
static int by_moment(const void *a, const void *b)
{
	const struct date *x = a, *y = b;
	int order = strcmp(x->value, y->value);
	return order ? order : (x->place > y->place) - (x->place < y->place);
}

static void write_dates(TALLOC_CTX *mem, struct json_writer *w, const struct json *facts)
{
	static const char *const keys[] = { "visit_dates", "question_deadline", "answers_deadline", "deadline",
		"deadline_offers" };
	struct date *all = NULL;
	size_t n = 0;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const struct json *v = value_of(facts, keys[i]);
		bool computed = json_truth(json_get(json_get(facts, keys[i]), "computed"));
		size_t values = json_kind(v) == JSON_ARRAY ? json_len(v) : 1;
		all = mem_grow(mem, all, struct date, n + values);
		for (size_t k = 0; k < values; k++) {
			const char *value = json_string(json_kind(v) == JSON_ARRAY ? json_at(v, k) : v);
			if (value) {
				all[n] = (struct date){ keys[i], value, computed, n };
				n++;
			}
		}
	}
	qsort(all, n, sizeof *all, by_moment);
	jw_key(w, "dates");
	jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		jw_open(w, '{');
		jw_field_text(w, "key", all[i].key);
		jw_field_text(w, "value", all[i].value);
		jw_field_bool(w, "computed", all[i].computed);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

void analysis_views_write(TALLOC_CTX *mem, struct json_writer *w, const struct json *facts)
{
	const struct json *candidature = value_of(facts, "mandatory_candidature"),
			  *offer = value_of(facts, "mandatory_offer");
	write_list(mem, w, "criteria", value_of(facts, "criteria"));
	write_list(mem, w, "lots", value_of(facts, "lots_list"));
	jw_key(w, "mandatory_documents");
	jw_open(w, '[');
	write_pieces(w, candidature, "candidature");
	write_pieces(w, offer, "offer");
	/* One list of all, where the dossier does not part them. */
	if (json_len(candidature) + json_len(offer) == 0)
		write_pieces(w, value_of(facts, "mandatory_documents"), NULL);
	jw_close(w, ']');
	write_dates(mem, w, facts);
}
