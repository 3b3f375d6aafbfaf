#include "buf.h"

#include <criterion/criterion.h>

Test(buf, grows_up_to_its_maximum_and_no_further)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct buf b;
	buf_init(&b, mem, 1000);
	for (int i = 0; i < 100; i++)
		buf_str(&b, "0123456789");
	cr_assert_eq(b.len, 1000u);
	cr_assert_not(b.full);
	buf_char(&b, 'x');
	cr_assert(b.full);
	cr_assert_eq(b.len, 1000u);
	talloc_free(mem);
}

Test(buf, formats_texts_longer_than_its_stack)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct buf b;
	buf_init(&b, mem, 10000);
	buf_printf(&b, "%04000d", 7);
	cr_assert_eq(b.len, 4000u);
	cr_assert_eq(b.data[3999], '7');
	talloc_free(mem);
}

static int order[3], n_order;

static void note(void *arg)
{
	order[n_order++] = *(int *)arg;
}

Test(mem, deferred_calls_run_newest_first)
{
	static int one = 1, two = 2, three = 3;
	TALLOC_CTX *mem = mem_new("test", 0);
	mem_defer(mem, note, &one);
	mem_defer(mem, note, &two);
	mem_defer(mem, note, &three);
	talloc_free(mem);
	cr_assert_eq(n_order, 3);
	cr_assert(order[0] == 3 && order[1] == 2 && order[2] == 1);
}

Test(mem, past_its_limit_the_process_ends, .exit_code = 71)
{
	TALLOC_CTX *mem = mem_new("test", 1 << 20);
	for (;;)
		mem_array(mem, char, 4096);
}
