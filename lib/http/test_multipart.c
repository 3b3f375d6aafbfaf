#include "multipart.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct portions {
	const char *p;
	size_t n, step;
};

static enum result give(void *self, void *p, size_t n, size_t *got, struct error *e)
{
	struct portions *f = self;
	(void)e;
	*got = f->n < f->step ? f->n : f->step;
	if (*got > n)
		*got = n;
	memcpy(p, f->p, *got);
	f->p += *got;
	f->n -= *got;
	return ERR_OK;
}

/* Reads everything and writes it down as "name|filename|content;" per part. */
static enum result parse_type(const char *type, const char *body, size_t n, size_t step, char *out, size_t size)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	struct portions f = { body, n, step };
	struct multipart *m;
	struct multipart_part part;
	struct error e;
	bool more = true;
	size_t len = 0;
	error_clear(&e);
	enum result rc = multipart_begin(mem, type, give, &f, &m, &e);
	while (rc == ERR_OK) {
		rc = multipart_next(m, &more, &part, &e);
		if (rc != ERR_OK || !more)
			break;
		len +=
		    (size_t)snprintf(out + len, size - len, "%s|%s|", part.name, part.filename ? part.filename : "-");
		size_t got = 1;
		while (rc == ERR_OK && got) {
			rc = multipart_read(m, out + len, size - len - 2, &got, &e);
			len += got;
		}
		out[len++] = ';';
		out[len] = '\0';
	}
	talloc_free(mem);
	return rc;
}
#define TYPE "multipart/form-data; boundary=xyz"
static char out[200000];
#define PARSE(body) parse_type(TYPE, body, sizeof(body) - 1, 4096, out, sizeof out)

#define TWO \
	"preamble\r\n--xyz\r\nContent-Disposition: form-data; name=\"tender_id\"\r\n\r\n42\r\n" \
	"--xyz  \r\nContent-Type: application/pdf\r\nContent-Disposition: form-data; name=\"file\"; " \
	"filename=\"R\xC3\xA8glement; \\\"v2\\\".pdf\"\r\n\r\n%PDF\r\n--xy\r\n-\r\n\r\n--xyz--\r\nepilogue"

Test(multipart, reads_parts_however_they_arrive)
{
	for (size_t step = 1; step <= sizeof(TWO); step++) {
		out[0] = '\0';
		cr_assert_eq(parse_type(TYPE, TWO, sizeof(TWO) - 1, step, out, sizeof out), ERR_OK);
		cr_assert_str_eq(
		    out, "tender_id|-|42;file|R\xC3\xA8glement; \"v2\".pdf|%PDF\r\n--xy\r\n-\r\n;", "step %zu", step);
	}
}

Test(multipart, reads_empty_parts)
{
	cr_assert_eq(
	    PARSE("--xyz\r\nContent-Disposition: form-data; name=file; filename=a.txt\r\n\r\n\r\n--xyz--"), ERR_OK);
	cr_assert_str_eq(out, "file|a.txt|;");
	cr_assert_eq(
	    PARSE("--xyz\r\nContent-Disposition: form-data; name=file; filename=a.txt\r\n\r\n--xyz--"), ERR_OK);
	cr_assert_str_eq(out, "file|a.txt|;");
	out[0] = '\0';
	cr_assert_eq(PARSE("--xyz--"), ERR_OK);
	cr_assert_str_eq(out, "");
}

Test(multipart, a_form_without_a_file_chosen_has_an_empty_name)
{
	cr_assert_eq(
	    PARSE("--xyz\r\nContent-Disposition: form-data; name=file; filename=\"\"\r\n\r\n\r\n--xyz--"), ERR_OK);
	cr_assert_str_eq(out, "file||;");
	cr_assert_eq(PARSE("--xyz\r\nContent-Disposition: form-data; name=file; filename=\"a/\"\r\n\r\n\r\n--xyz--"),
	    ERR_MALFORMED_MULTIPART);
}

Test(multipart, takes_a_quoted_boundary)
{
	const char body[] = "--a b\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--a b--";
	cr_assert_eq(parse_type("multipart/form-data; charset=x; boundary=\"a b\"", body, sizeof body - 1, 4096, out,
			 sizeof out),
	    ERR_OK);
	cr_assert_str_eq(out, "x|-|1;");
}

Test(multipart, a_name_has_no_path_and_no_control_characters)
{
	cr_assert_eq(PARSE("--xyz\r\nContent-Disposition: form-data; name=file; "
			   "filename=\"../../etc/pass\x1B[wd\"\r\n\r\nx\r\n--xyz--"),
	    ERR_OK);
	cr_assert_str_eq(out, "file|pass[wd|x;");
	cr_assert_eq(PARSE("--xyz\r\nContent-Disposition: form-data; name=file; "
			   "filename=\"C:\\dce\\RC.pdf\"\r\n\r\nx\r\n--xyz--"),
	    ERR_OK);
	cr_assert_str_eq(out, "file|RC.pdf|x;");
	cr_assert_neq(
	    PARSE("--xyz\r\nContent-Disposition: form-data; name=file; filename=\"..\"\r\n\r\nx\r\n--xyz--"), ERR_OK);
	cr_assert_eq(
	    PARSE("--xyz\r\nContent-Disposition: form-data; name=file; filename=\"\xC0\xAF\"\r\n\r\nx\r\n--xyz--"),
	    ERR_INVALID_UTF8);
}

Test(multipart, refuses_what_is_malformed)
{
	cr_assert_eq(PARSE(""), ERR_MALFORMED_MULTIPART);
	cr_assert_eq(PARSE("hello"), ERR_MALFORMED_MULTIPART);
	cr_assert_eq(PARSE("--abc\r\n\r\n--abc--"), ERR_MALFORMED_MULTIPART);
	cr_assert_eq(PARSE("--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\nx"), ERR_MALFORMED_MULTIPART);
	cr_assert_eq(PARSE("--xyz\r\nContent-Disposition: form-data; name=a"), ERR_MALFORMED_MULTIPART);
	cr_assert_eq(PARSE("--xyz\r\nContent-Type: x\r\n\r\nx\r\n--xyz--"), ERR_MALFORMED_MULTIPART);
	cr_assert_eq(PARSE("--xyz\r\nContent-Disposition: attachment\r\n\r\nx\r\n--xyz--"), ERR_MALFORMED_MULTIPART);
	cr_assert_eq(PARSE("--xyz\r\nX: a\0b\r\n\r\nx\r\n--xyz--"), ERR_MALFORMED_MULTIPART);
	cr_assert_eq(PARSE("--xyzq\r\n\r\nx\r\n--xyz--"), ERR_MALFORMED_MULTIPART);
}

Test(multipart, refuses_types_and_boundaries)
{
	cr_assert_eq(parse_type("application/json", "", 0, 1, out, sizeof out), ERR_UNSUPPORTED_MEDIA_TYPE);
	cr_assert_eq(parse_type("multipart/form-data", "", 0, 1, out, sizeof out), ERR_MALFORMED_MULTIPART);
	cr_assert_eq(parse_type("multipart/form-data; boundary=", "", 0, 1, out, sizeof out), ERR_MALFORMED_MULTIPART);
	char type[200] = "multipart/form-data; boundary=";
	memset(type + strlen(type), 'b', 71);
	cr_assert_eq(parse_type(type, "", 0, 1, out, sizeof out), ERR_MALFORMED_MULTIPART);
}

Test(multipart, header_and_part_limits_hold)
{
	static char body[400000];
	for (int over = 0; over < 2; over++) {
		int n = snprintf(body, sizeof body, "--xyz\r\nContent-Disposition: form-data; name=a\r\nX: ");
		size_t used = (size_t)n - strlen("--xyz\r\n") + 4; /* with both CRLFs behind */
		size_t fill = MULTIPART_MAX_HEADERS - 2 - used + (size_t)over;
		memset(body + n, 'x', fill);
		snprintf(body + n + fill, sizeof body - (size_t)n - fill, "\r\n\r\n1\r\n--xyz--");
		enum result rc = parse_type(TYPE, body, strlen(body), 4096, out, sizeof out);
		cr_assert_eq(rc, over ? ERR_MALFORMED_MULTIPART : ERR_OK, "over %d", over);
	}
	for (int over = 0; over < 2; over++) {
		size_t n = 0;
		for (int i = 0; i < MULTIPART_MAX_PARTS + over; i++)
			n += (size_t)snprintf(body + n, sizeof body - n,
			    "%s--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n1", i ? "\r\n" : "");
		n += (size_t)snprintf(body + n, sizeof body - n, "\r\n--xyz--");
		cr_assert_eq(parse_type(TYPE, body, n, 4096, out, sizeof out), over ? ERR_MALFORMED_MULTIPART : ERR_OK);
	}
}
