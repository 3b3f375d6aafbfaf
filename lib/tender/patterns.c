#include "patterns.h"
#include <string.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include "error.h"

#define SLOTS 1024
#define STEPS 400000 /* match limit: ordinary rules need hundreds */

struct patterns {
	const char *rx[SLOTS];
	pcre2_code *code[SLOTS];
	unsigned n;
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
};

static void release(void *arg)
{
	struct patterns *p = arg;
	for (unsigned i = 0; i < SLOTS; i++)
		if (p->code[i])
			pcre2_code_free(p->code[i]);
	pcre2_match_data_free(p->data);
	pcre2_match_context_free(p->context);
	if (p->stack)
		pcre2_jit_stack_free(p->stack);
}

struct patterns *patterns_new(TALLOC_CTX *mem)
{
	struct patterns *p = mem_zero(mem, struct patterns);
	p->data = mem_check(pcre2_match_data_create(MATCH_GROUPS, NULL));
	p->context = mem_check(pcre2_match_context_create(NULL));
	pcre2_set_match_limit(p->context, STEPS);
	pcre2_set_heap_limit(p->context, 8192); /* KiB; used only where JIT is not available */
	p->stack = pcre2_jit_stack_create(32 * 1024, 512 * 1024, NULL);
	if (p->stack)
		pcre2_jit_stack_assign(p->context, NULL, p->stack);
	mem_defer(p, release, p);
	return p;
}

static pcre2_code *compiled(struct patterns *p, const char *rx)
{
	unsigned i = (unsigned)(((uintptr_t)rx >> 3) * 2654435761u) % SLOTS;
	while (p->rx[i] && p->rx[i] != rx)
		i = (i + 1) % SLOTS;
	if (p->rx[i])
		return p->code[i];
	if (p->n + 1 >= SLOTS)
		BUG("more than %d patterns", SLOTS);
	int code;
	PCRE2_SIZE at;
	pcre2_code *c = pcre2_compile((PCRE2_SPTR)rx, PCRE2_ZERO_TERMINATED, PCRE2_MULTILINE, &code, &at, NULL);
	if (!c)
		BUG("pattern '%s' is wrong at %zu (error %d)", rx, (size_t)at, code);
	pcre2_jit_compile(c, PCRE2_JIT_COMPLETE); /* without JIT the interpreter does the same, slower */
	p->rx[i] = rx;
	p->code[i] = c;
	p->n++;
	return c;
}

static bool run(
    struct patterns *p, const char *rx, const char *s, size_t n, size_t at, uint32_t options, struct match *m)
{
	if (at > n)
		return false;
	int rc = pcre2_match(compiled(p, rx), (PCRE2_SPTR)s, n, at, options, p->data, p->context);
	if (rc < 0) /* no match, or a limit was reached: a rule that can't decide says nothing */
		return false;
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(p->data);
	unsigned groups = rc == 0 ? MATCH_GROUPS : (unsigned)rc;
	memset(m, 0, sizeof(*m));
	for (unsigned i = 0; i < groups && i < MATCH_GROUPS; i++) {
		if (v[2 * i] == PCRE2_UNSET || v[2 * i + 1] < v[2 * i])
			continue;
		m->g[i].set = true;
		m->g[i].from = v[2 * i];
		m->g[i].to = v[2 * i + 1];
	}
	m->from = m->g[0].from;
	m->to = m->g[0].to;
	return true;
}

bool pattern_find(struct patterns *p, const char *rx, const char *s, size_t n, size_t at, struct match *m)
{
	return run(p, rx, s, n, at, 0, m);
}

bool pattern_at(struct patterns *p, const char *rx, const char *s, size_t n, size_t at, struct match *m)
{
	/* An anchored option would lose JIT: the rule itself begins with \G. */
	return run(p, rx, s, n, at, 0, m) && m->from == at;
}

bool pattern_in(struct patterns *p, const char *rx, const char *s, size_t from, size_t to)
{
	struct match m;
	return to > from && run(p, rx, s + from, to - from, 0, 0, &m);
}

bool pattern_last(struct patterns *p, const char *rx, const char *s, size_t from, size_t to, struct match *m)
{
	struct match k;
	bool any = false;
	size_t at = from;
	while (at < to && run(p, rx, s, to, at, 0, &k)) {
		*m = k;
		any = true;
		at = k.to > k.from ? k.to : k.to + 1;
	}
	return any;
}
