/* The merge of what was read with what people decided. */
#include "decision.h"

#include <string.h>

static bool same(const struct json *a, const struct json *b);

struct comparison {
	const struct json *other;
	size_t members;
	bool same;
};

static void compare_member(const char *name, const struct json *v, void *arg)
{
	struct comparison *c = arg;
	c->members++;
	c->same = c->same && same(v, json_get(c->other, name));
}

static void count_member(const char *name, const struct json *v, void *arg)
{
	(void)name, (void)v;
	*(size_t *)arg += 1;
}

/* Whether two values say the same, however they are written. */
static bool same(const struct json *a, const struct json *b)
{
	enum json_kind ka = json_kind(a), kb = json_kind(b);
	if ((ka == JSON_INT || ka == JSON_NUM) && (kb == JSON_INT || kb == JSON_NUM)) {
		double difference = json_num(a) - json_num(b);
		return difference < 1e-9 && difference > -1e-9;
	}
	if (ka != kb)
		return false;
	if (ka == JSON_STRING)
		return strcmp(json_string(a), json_string(b)) == 0;
	if (ka == JSON_BOOL)
		return json_truth(a) == json_truth(b);
	if (ka == JSON_ARRAY) {
		bool equal = json_len(a) == json_len(b);
		for (size_t i = 0; equal && i < json_len(a); i++)
			equal = same(json_at(a, i), json_at(b, i));
		return equal;
	}
	if (ka == JSON_OBJECT) {
		struct comparison c = { b, 0, true };
		size_t members = 0;
		json_each(a, compare_member, &c);
		json_each(b, count_member, &members);
		return c.same && c.members == members;
	}
	return true;
}

enum result decision_read(TALLOC_CTX *mem, const char *key, const char *lot, const char *action, const char *value,
    struct decision *out, struct error *e)
{
	*out = (struct decision){ .key = key, .lot = lot };
	int i = 0;
	while (decision_actions[i] && strcmp(decision_actions[i], action) != 0)
		i++;
	if (!decision_actions[i] || (value && json_parse(mem, value, strlen(value), &out->value, e) != ERR_OK)) {
		error_cause(e, "a stored decision can't be understood");
		e->n_faults = 0;
		return error_set(e, ERR_DAMAGED, NULL);
	}
	out->action = (enum decision_action)i;
	return ERR_OK;
}

const struct decision *decision_find(const struct decision *list, size_t n, const char *key, const char *lot)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].key, key) == 0 &&
		    (lot ? list[i].lot && strcmp(list[i].lot, lot) == 0 : !list[i].lot))
			return &list[i];
	return NULL;
}

/* Whether it speaks of what was read: a confirmation or rejection holds for its own value only. */
static bool applies(const struct decision *d, const struct json *read)
{
	return d->action == DECISION_CORRECTED || (read && d->value && same(d->value, read));
}

static const struct json *facts_of_lot(const struct json *lots, const char *number)
{
	for (size_t i = 0; i < json_len(lots); i++) {
		const char *other = json_string(json_get(json_at(lots, i), "number"));
		if (other && strcmp(other, number) == 0)
			return json_get(json_at(lots, i), "facts");
	}
	return NULL;
}

const struct json *decision_fact(const struct json *facts, const char *key, const char *lot)
{
	if (!lot)
		return json_get(facts, key);
	return json_get(facts_of_lot(json_get(json_get(facts, "lots_list"), "value"), lot), key);
}

bool decision_lot_stands(const struct json *facts, const char *lot)
{
	const struct json *lots = json_get(json_get(facts, "lots_list"), "value");
	for (size_t i = 0; i < json_len(lots); i++) {
		const char *number = json_string(json_get(json_at(lots, i), "number"));
		if (number && strcmp(number, lot) == 0)
			return true;
	}
	return false;
}

/* ---- writing ---- */

struct merge {
	TALLOC_CTX *mem;
	struct json_writer *w;
	const struct decision *list;
	size_t n;
	const char *lot;            /* whose facts are being written */
	const struct decision *one; /* applies to the fact being written, or NULL */
};

static void write_facts(const struct merge *m, const struct json *facts, const char *lot);

static bool decides_lot(const struct merge *m, const char *lot)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->list[i].lot && strcmp(m->list[i].lot, lot) == 0)
			return true;
	return false;
}

static void write_lot_member(const char *name, const struct json *v, void *arg)
{
	const struct merge *m = arg;
	if (strcmp(name, "facts") == 0)
		return;
	jw_key(m->w, name);
	jw_raw(m->w, json_print(m->mem, v));
}

/* `lots` may be a person's list: what was read of a lot (`read`) stays with its number. */
static void write_lots(const struct merge *m, const struct json *lots, const struct json *read)
{
	jw_open(m->w, '[');
	for (size_t i = 0; i < json_len(lots); i++) {
		const struct json *lot = json_at(lots, i);
		const char *number = json_string(json_get(lot, "number"));
		const struct json *facts = number ? facts_of_lot(read, number) : NULL;
		struct merge copy = *m;
		if (!number || (!decides_lot(m, number) && (!facts || lots == read))) {
			jw_raw(m->w, json_print(m->mem, lot));
			continue;
		}
		jw_open(m->w, '{');
		json_each(lot, write_lot_member, &copy);
		jw_key(m->w, "facts");
		write_facts(m, facts, number);
		jw_close(m->w, '}');
	}
	jw_close(m->w, ']');
}

static void write_value(const struct merge *m, const char *key, const struct json *v, const struct json *read)
{
	jw_key(m->w, "value");
	if (!m->lot && strcmp(key, "lots_list") == 0 && json_kind(v) == JSON_ARRAY)
		write_lots(m, v, read);
	else
		jw_raw(m->w, json_print(m->mem, v));
}

static void write_decision(const struct merge *m)
{
	if (m->one->action == DECISION_CORRECTED)
		jw_field_text(m->w, "source", "person");
	jw_key(m->w, "decision");
	jw_open(m->w, '{');
	jw_field_text(m->w, "action", decision_actions[m->one->action]);
	jw_field_text(m->w, "by", m->one->by);
	jw_field_text(m->w, "at", m->one->at);
	jw_close(m->w, '}');
}

/* The members of a fact that a decision leaves as they are. */
static void write_member(const char *name, const struct json *v, void *arg)
{
	const struct merge *m = arg;
	if (strcmp(name, "value") == 0)
		return;
	if (m->one && (strcmp(name, "confidence") == 0 || strcmp(name, "status") == 0))
		return;
	/* What was reckoned is replaced by what a person knows. */
	if (m->one && m->one->action == DECISION_CORRECTED && strcmp(name, "computed") == 0)
		return;
	jw_key(m->w, name);
	jw_raw(m->w, json_print(m->mem, v));
}

/* `fact` NULL: it was not read. */
static void write_fact(const struct merge *m, const char *key, const struct json *fact)
{
	struct merge one = *m;
	const struct json *value = json_get(fact, "value");
	one.one = decision_find(m->list, m->n, key, m->lot);
	if (one.one && !applies(one.one, value))
		one.one = NULL;
	if (one.one ? one.one->action == DECISION_REJECTED : !fact)
		return;
	jw_key(m->w, key);
	jw_open(m->w, '{');
	write_value(&one, key, one.one && one.one->action == DECISION_CORRECTED ? one.one->value : value, value);
	json_each(fact, write_member, &one);
	if (one.one) {
		jw_key(m->w, "confidence");
		jw_int(m->w, 1);
		jw_field_text(m->w, "status", "found");
		if (!fact) {
			jw_key(m->w, "evidence");
			jw_open(m->w, '[');
			jw_close(m->w, ']');
		}
		write_decision(&one);
	}
	jw_close(m->w, '}');
}

static void write_read_fact(const char *name, const struct json *v, void *arg)
{
	write_fact(arg, name, v);
}

static void write_facts(const struct merge *m, const struct json *facts, const char *lot)
{
	struct merge of = *m;
	of.lot = lot;
	jw_open(m->w, '{');
	json_each(facts, write_read_fact, &of);
	for (size_t i = 0; i < m->n; i++) {
		const struct decision *d = &m->list[i];
		if (decision_find(d, 1, d->key, lot) && json_kind(json_get(facts, d->key)) == JSON_NULL)
			write_fact(&of, d->key, NULL);
	}
	jw_close(m->w, '}');
}

void decision_write_facts(
    TALLOC_CTX *mem, struct json_writer *w, const struct json *facts, const struct decision *list, size_t n)
{
	struct merge m = { .mem = mem, .w = w, .list = list, .n = n };
	write_facts(&m, facts, NULL);
}

/* ---- what lists show ---- */

const char *decision_shown(
    const struct decision *list, size_t n, const char *key, const char *value, enum fact_status status)
{
	const struct decision *d = decision_find(list, n, key, NULL);
	bool moment = strcmp(key, "deadline") == 0;
	bool sure = moment ? status == FACT_FOUND : status != FACT_CONTRADICTED;
	if (d && d->action == DECISION_CORRECTED) {
		value = json_string(d->value);
		sure = true;
	} else if (d && value && json_string(d->value) && strcmp(json_string(d->value), value) == 0) {
		sure = d->action == DECISION_CONFIRMED;
	}
	return sure && value && (!moment || decision_is_moment(value)) ? value : NULL;
}

static const char *shown(const struct decision *list, size_t n, const struct json *facts, const char *key)
{
	static const char *const words[] = { "found", "uncertain", "contradicted" };
	const struct json *fact = json_get(facts, key);
	const char *word = json_string(json_get(fact, "status"));
	enum fact_status status = FACT_CONTRADICTED;
	for (int i = 0; word && i < 3; i++)
		if (strcmp(words[i], word) == 0)
			status = (enum fact_status)i;
	return decision_shown(list, n, key, json_string(json_get(fact, "value")), status);
}

void decision_shown_all(const struct decision *list, size_t n, const struct json *facts, struct tender_shown *out)
{
	out->reference = shown(list, n, facts, "reference");
	out->title = shown(list, n, facts, "object");
	out->buyer = shown(list, n, facts, "buyer");
	out->deadline_local = shown(list, n, facts, "deadline");
}
