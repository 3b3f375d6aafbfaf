#include "test_pdf.h"

#include <stdio.h>
#include <string.h>

void test_pdf_init(struct test_pdf *p, TALLOC_CTX *mem)
{
	memset(p, 0, sizeof(*p));
	buf_init(&p->out, mem, (size_t)64 << 20);
	buf_str(&p->out, "%PDF-1.5\n");
}

unsigned test_pdf_object(struct test_pdf *p, const char *body)
{
	p->offsets[p->n++] = p->out.len;
	buf_printf(&p->out, "%u 0 obj\n", p->n);
	buf_str(&p->out, body);
	buf_str(&p->out, "\nendobj\n");
	return p->n;
}

unsigned test_pdf_stream(struct test_pdf *p, const char *dict, const char *data, size_t n)
{
	p->offsets[p->n++] = p->out.len;
	buf_printf(&p->out, "%u 0 obj\n<< /Length %zu ", p->n, n);
	buf_str(&p->out, dict);
	buf_str(&p->out, " >>\nstream\n");
	buf_add(&p->out, data, n);
	buf_str(&p->out, "\nendstream\nendobj\n");
	return p->n;
}

void test_pdf_end(struct test_pdf *p)
{
	size_t at = p->out.len;
	buf_printf(&p->out, "xref\n0 %u\n0000000000 65535 f \n", p->n + 1);
	for (unsigned i = 0; i < p->n; i++)
		buf_printf(&p->out, "%010zu 00000 n \n", p->offsets[i]);
	buf_printf(&p->out, "trailer\n<< /Size %u /Root 1 0 R %s >>\nstartxref\n%zu\n%%%%EOF\n", p->n + 1,
	    p->trailer ? p->trailer : "", at);
}

void test_pdf_pages(struct test_pdf *p, TALLOC_CTX *mem, const char *const *contents, unsigned n)
{
	struct buf kids;
	char text[512];
	test_pdf_init(p, mem);
	buf_init(&kids, mem, 100000);
	test_pdf_object(p, "<< /Type /Catalog /Pages 2 0 R >>");
	buf_printf(&kids, "<< /Type /Pages /Count %u /Kids [", n);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&kids, " %u 0 R", 5 + 2 * i);
	buf_str(&kids, " ] >>");
	test_pdf_object(p, kids.data);
	test_pdf_object(p, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
	test_pdf_object(p, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>");
	for (unsigned i = 0; i < n; i++) {
		snprintf(text, sizeof(text),
		    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %u 0 R "
		    "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>",
		    6 + 2 * i);
		test_pdf_object(p, text);
		test_pdf_stream(p, "", contents[i], strlen(contents[i]));
	}
}
