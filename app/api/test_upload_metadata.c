/* What clients say of a file in Upload-Metadata. */
#include "upload_metadata.h"

#include <criterion/criterion.h>
#include <string.h>

static TALLOC_CTX *mem;
static struct error e;
static struct upload_metadata said;

static void setup(void)
{
	mem = mem_new("test", 0);
	error_clear(&e);
}

static void teardown(void)
{
	talloc_free(mem);
}
TestSuite(upload_metadata, .init = setup, .fini = teardown);

#define ID "0199a3f2-5c1e-7a44-9d0b-3f6a1c2b4d5e"
#define ID64 "MDE5OWEzZjItNWMxZS03YTQ0LTlkMGItM2Y2YTFjMmI0ZDVl"

Test(upload_metadata, all_that_may_be_said)
{
	cr_assert_eq(upload_metadata_read(mem,
			 "filename UsOoZ2xlbWVudC5wZGY=,tender_id " ID64
			 ",document_type cmM=,filetype YXBwbGljYXRpb24vcGRm,name",
			 &said, &e),
	    ERR_OK);
	cr_assert_str_eq(said.filename, "R\xC3\xA8glement.pdf");
	cr_assert_str_eq(said.document_type, "rc");
	cr_assert(said.tender_id.set);
}

Test(upload_metadata, only_a_name_is_needed)
{
	cr_assert_eq(upload_metadata_read(mem, "filename YQ==", &said, &e), ERR_OK);
	cr_assert_str_eq(said.filename, "a");
	cr_assert(!said.document_type && !said.tender_id.set);
}

Test(upload_metadata, spaces_around_pairs_are_nothing)
{
	cr_assert_eq(upload_metadata_read(mem, " filename YQ== , document_type cmM= ", &said, &e), ERR_OK);
}

Test(upload_metadata, a_path_is_cut_to_its_last_name)
{
	/* ../../etc/passwd; C:\a\b<LF>.pdf */
	cr_assert_eq(upload_metadata_read(mem, "filename Li4vLi4vZXRjL3Bhc3N3ZA==", &said, &e), ERR_OK);
	cr_assert_str_eq(said.filename, "passwd");
	cr_assert_eq(upload_metadata_read(mem, "filename QzpcYVxiCi5wZGY=", &said, &e), ERR_OK);
	cr_assert_str_eq(said.filename, "b.pdf");
}

static void refused(const char *text, enum result code, const char *field)
{
	error_clear(&e);
	cr_expect_eq(upload_metadata_read(mem, text, &said, &e), code, "'%s': %s", text, error_id(e.code));
	cr_expect_str_eq(e.faults[0].field, field, "'%s': %s", text, e.faults[0].field);
}

Test(upload_metadata, what_is_refused)
{
	refused("", ERR_MISSING_FIELD, "filename");
	refused("document_type cmM=", ERR_MISSING_FIELD, "filename");
	refused("filename", ERR_MISSING_FIELD, "filename");
	refused("filename Li4=", ERR_MISSING_FIELD, "filename"); /* .. */
	refused("filename YS8=", ERR_MISSING_FIELD, "filename"); /* a/ */
	refused("filename YQ=", ERR_UPLOAD_METADATA, "Upload-Metadata");
	refused("filename YQ", ERR_UPLOAD_METADATA, "Upload-Metadata");
	refused("filename Y===", ERR_UPLOAD_METADATA, "Upload-Metadata");
	refused("filename YR==", ERR_UPLOAD_METADATA, "Upload-Metadata"); /* bits left over */
	refused("filename Y-_=", ERR_UPLOAD_METADATA, "Upload-Metadata"); /* the alphabet of addresses */
	refused("filename YQ== YQ==", ERR_UPLOAD_METADATA, "Upload-Metadata");
	refused("filename  YQ==", ERR_UPLOAD_METADATA, "Upload-Metadata");
	refused("filename YQ==,,document_type cmM=", ERR_UPLOAD_METADATA, "Upload-Metadata");
	refused("filename\tYQ==", ERR_UPLOAD_METADATA, "Upload-Metadata");
	refused("filename \xC3\xA9", ERR_UPLOAD_METADATA, "Upload-Metadata");
	refused("filename YQBi", ERR_NUL_IN_TEXT, "filename");
	refused("filename /w==", ERR_INVALID_UTF8, "filename");
	refused("filename YQ==,filename YQ==", ERR_DUPLICATE_FIELD, "filename");
	refused("filename YQ==,folder YQ==", ERR_UNKNOWN_FIELD, "folder");
	refused("filename YQ==,tender_id YQ==", ERR_INVALID_ID, "tender_id");
	refused("filename YQ==,document_type YQ==", ERR_INVALID_VALUE, "document_type");
}

Test(upload_metadata, lengths)
{
	char text[UPLOAD_METADATA_MAX + 2] = "filename ";
	size_t n = strlen(text);
	for (size_t i = n; i < sizeof text - 1; i++)
		text[i] = "YWFh"[(i - n) % 4];
	refused(text, ERR_TOO_LONG, "Upload-Metadata");
	/* 255 bytes are a name, 258 are not. */
	text[n + 344] = '\0';
	refused(text, ERR_TOO_LONG, "filename");
	text[n + 340] = '\0';
	error_clear(&e);
	cr_assert_eq(upload_metadata_read(mem, text, &said, &e), ERR_OK);
	cr_assert_eq(strlen(said.filename), 255);
}

Test(upload_metadata, all_faults_at_once)
{
	cr_assert_eq(upload_metadata_read(mem, "tender_id YQ==,document_type YQ==", &said, &e), ERR_INVALID_ID);
	cr_assert_eq(e.n_faults, 3);
}
