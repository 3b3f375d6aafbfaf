#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings_file.h"

static TALLOC_CTX *mem;

static void set_up(void)
{
	mem = mem_new("test", 0);
}

static void tear_down(void)
{
	talloc_free(mem);
}

TestSuite(settings_file, .init = set_up, .fini = tear_down);

static const char *value_in(const char *text)
{
	return settings_file_get(settings_file_parse(mem, "x", text), "A");
}

Test(settings_file, values_are_read_as_systemd_reads_them)
{
	static const struct {
		const char *text, *value;
	} cases[] = { { "A=1\n", "1" }, { "A=1\r\n", "1" }, { "A=1\nA=2\n", "2" }, { "A=\n", "" },
		{ "A= b c \t\n", "b c" }, { "A='b \\ c'\n", "b \\ c" }, { "A=\"b \\\" \\\\ \\x\"\n", "b \" \\ \\x" },
		{ "A=b\\ c\\\n", "b c\\" }, { "A=[\"b\"]\n", "[\"b\"]" }, { "A='' \n", "" }, { "#A=1\nB=2\n", NULL },
		{ ";A=1\n", NULL }, { "AA=1\n", NULL }, { "A\n", NULL }, { "", NULL }, { "A=b#c", "b#c" } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *got = value_in(cases[i].text);
		cr_assert_eq(got == NULL, cases[i].value == NULL, "%s", cases[i].text);
		cr_assert(got == NULL || strcmp(got, cases[i].value) == 0, "%s gives %s", cases[i].text, got);
	}
}

Test(settings_file, what_is_set_is_read_again)
{
	static const char *const values[] = { "", "plain", "with blanks", "'", "\"", "\\", "it's \"all\" \\ `of` $it",
		" x ", "#", "é", "[\"https://a.b\"]", "\"", "$HOME", "{}" };
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct error e;
		error_clear(&e);
		struct settings_file *f = settings_file_parse(mem, "x", "# head\nA=before\nB=other\n");
		cr_assert_eq(settings_file_set(f, READ_BY_SYSTEMD, "A", values[i], &e), ERR_OK, "%s", values[i]);
		struct settings_file *again = settings_file_parse(mem, "x", settings_file_text(f));
		cr_assert_str_eq(settings_file_get(again, "A"), values[i]);
		cr_assert_str_eq(settings_file_get(again, "B"), "other");
		cr_assert_eq(again->n, 3);
	}
}

Test(settings_file, what_readers_would_not_read_alike_is_refused)
{
	static const struct {
		enum settings_reader reader;
		const char *value;
	} cases[] = { { READ_BY_SYSTEMD, "a\nB=1" }, { READ_BY_SYSTEMD, "\t" }, { READ_BY_SYSTEMD, "\x7f" },
		{ READ_BY_SYSTEMD, "${B}" }, { READ_BY_COMPOSE, "it's" }, { READ_BY_COMPOSE, "a\\b c" },
		{ READ_BY_COMPOSE, "x${B}" } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error e;
		error_clear(&e);
		struct settings_file *f = settings_file_parse(mem, "x", "A=1\n");
		cr_assert_eq(settings_file_set(f, cases[i].reader, "A", cases[i].value, &e), ERR_INVALID_SETTING);
		cr_assert_str_eq(settings_file_text(f), "A=1\n");
	}
}

Test(settings_file, a_file_that_is_no_text_is_refused)
{
	static const struct {
		const char *bytes;
		size_t n;
	} cases[] = { { "A=\0b", 4 }, { "A=\xff", 3 } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char path[] = "/tmp/scorpius-settings-XXXXXX";
		struct settings_file *f;
		struct error e;
		error_clear(&e);
		int fd = mkstemp(path);
		cr_assert(write(fd, cases[i].bytes, cases[i].n) == (ssize_t)cases[i].n);
		close(fd);
		cr_assert_eq(settings_file_read(mem, path, &f, &e), ERR_INVALID_SETTING);
		unlink(path);
	}
}

Test(settings_file, the_mode_of_a_file_that_is_there_stays_and_a_new_one_is_shut)
{
	char folder[] = "/tmp/scorpius-settings-XXXXXX", path[64];
	struct settings_file *f;
	struct error e;
	struct stat st;
	error_clear(&e);
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/a.env", folder);
	cr_assert_eq(settings_file_read(mem, path, &f, &e), ERR_OK);
	cr_assert_not(f->exists);
	cr_assert_eq(settings_file_set(f, READ_BY_SYSTEMD, "A", "1", &e), ERR_OK);
	cr_assert_eq(settings_file_write(f, getuid(), getgid(), &e), ERR_OK);
	cr_assert(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
	cr_assert(chmod(path, 0640) == 0);
	cr_assert_eq(settings_file_set(f, READ_BY_SYSTEMD, "A", "2", &e), ERR_OK);
	cr_assert_eq(settings_file_write(f, getuid(), getgid(), &e), ERR_OK);
	cr_assert(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640);
	cr_assert_eq(settings_file_read(mem, path, &f, &e), ERR_OK);
	cr_assert(f->exists && strcmp(settings_file_get(f, "A"), "2") == 0);
	unlink(path);
	rmdir(folder);
}
