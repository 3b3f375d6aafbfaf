/* Receiving files: from the parts of a request to rows and durable objects. */
#ifndef API_UPLOAD_H
#define API_UPLOAD_H

#include "app.h"
#include "upload_sql.h"

struct upload_file {
	const char *name;
	const struct content_type *type;
	struct store_put *put;
	int64_t size, validation_ms;
	uint8_t sha256[32];
	struct uuid blob_id;
	bool known;           /* the organisation has these bytes already, under blob_id */
	bool stored;          /* an object of this request */
	struct blob_key blob; /* the row that stands after all */
	struct document_created created;
	struct document_row row;
};

/* An upload in parts that ends with this request (resumable.c). */
struct upload_resumed {
	struct uuid id;
	int64_t received;        /* where its last part begins */
	struct upload_life life; /* filled in by upload_store() */
};

struct upload {
	struct upload_file *files;
	size_t n;
	struct opt_uuid tender_id; /* of the form, or of the route */
	const char *document_type;
	struct opt_uuid replaces;       /* a document of that tender, whose place the one file takes */
	struct upload_resumed *resumed; /* NULL: the files came with this request */
};

/* One file: begin, add its bytes, end. What is begun goes with the request unless upload_store() succeeds. Faults of
 * the content (EMPTY_FILE, FILE_TYPE_REFUSED) are only noted in `e`, so that those of other files are told with them.
 */
enum result upload_file_begin(
    struct request *rq, struct upload *up, const char *name, struct upload_file **out, struct error *e) MUST_CHECK;
enum result upload_file_add(
    struct request *rq, struct upload_file *f, const void *bytes, size_t n, struct error *e) MUST_CHECK;
enum result upload_file_end(struct request *rq, struct upload_file *f, struct error *e) MUST_CHECK;

/* Streams a multipart request into temporary objects and checks every part. Nothing is kept unless upload_store()
 * succeeds: temporary objects go with the request. `with_tender`: whether the form may name one. */
enum result upload_receive(struct request *rq, bool with_tender, struct upload *out, struct error *e) MUST_CHECK;
/* Makes objects durable and commits the rows: documents, their first event, and, when `process`, the work to do; with a
 * tender also its next dossier version. Fills in files[].row. */
enum result upload_store(struct request *rq, struct upload *up, bool process, struct error *e) MUST_CHECK;
/* Whether the document that is to be replaced (NULL: there is none) is part of that tender's dossier: NOT_FOUND, and
 * BAD_STATE of one that has been replaced. */
enum result upload_check_replaced(
    const struct document_row *row, const struct uuid *tender_id, struct error *e) MUST_CHECK;
/* 201 with the documents: one an object, several a list. */
void upload_answer(const struct upload *up, struct response *rs);

#endif
