/* What an archive calls its files. */
#include <criterion/criterion.h>
#include <string.h>
#include "export_names.h"

static TALLOC_CTX *mem;
static struct export_names *names;

static void setup(void)
{
	mem = mem_new("test", 0);
	names = export_names_new(mem);
}

static void teardown(void)
{
	talloc_free(mem);
}
TestSuite(export_names, .init = setup, .fini = teardown);

static void expect(const char *path, const char *name, const char *id, const char *wanted)
{
	const char *got = export_names_add(names, mem, "files", path, name, id);
	cr_expect_str_eq(got, wanted, "%s", got);
}

Test(export_names, original_names_stay)
{
	expect("", "RC.pdf", "1", "files/RC.pdf");
	expect(
	    "Pièces/Lot n°1", "Règlement « définitif ».pdf", "2", "files/Pièces/Lot n°1/Règlement « définitif ».pdf");
	expect("", ".hidden", "3", "files/.hidden");
}

Test(export_names, duplicates_are_made_distinct)
{
	expect("a", "RC.pdf", "1", "files/a/RC.pdf");
	expect("a", "RC.pdf", "2", "files/a/RC (2).pdf");
	expect("a", "rc.PDF", "3", "files/a/rc (3).PDF");
	expect("a", "RC (2).pdf", "4", "files/a/RC (2) (2).pdf");
	expect("b", "RC.pdf", "5", "files/b/RC.pdf");
	expect("", "ÉTAT", "6", "files/ÉTAT");
	expect("", "état", "7", "files/état (2)");
}

Test(export_names, nothing_leaves_the_folder)
{
	expect("../../etc", "passwd", "1", "files/etc/passwd");
	expect("/etc//./cron.d/..", "..", "2", "files/etc/cron.d/_");
	expect("a\\..\\b", "x\ny\x7f", "3", "files/a_.._b/x_y_");
	expect("", "../../x", "4", "files/.._.._x");
}

Test(export_names, a_file_is_no_folder)
{
	expect("", "a", "1", "files/a");
	expect("a", "b", "id-2", "files/id-2/b");
	expect("c", "d", "3", "files/c/d");
	expect("", "c", "4", "files/c (2)");
}

Test(export_names, many_of_one_name)
{
	const char *last = "";
	for (int i = 0; i < 3000; i++)
		last = export_names_add(names, mem, "files", "", "x.txt", mem_printf(mem, "id-%d", i));
	cr_expect_str_eq(last, "files/id-2999/x.txt");
}

Test(export_names, long_ones_are_cut)
{
	char name[600];
	memset(name, 'a', sizeof(name));
	memcpy(name + 199, "é", 2);
	name[599] = '\0';
	cr_expect_eq(strlen(export_names_add(names, mem, "files", "", name, "1")), 6 + 199);
}
