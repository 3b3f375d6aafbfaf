/* What an S3 service answers, of which only a few elements matter; private to lib/store. An answer is hostile input: no
 * entity, no external file, nothing of the network. */
#ifndef STORE_S3_XML_H
#define STORE_S3_XML_H

#include "error.h"
#include "mem.h"

struct s3_xml; /* closes when freed */

/* IO when the bytes are no XML or their root element has another name. */
enum result s3_xml_read(
    TALLOC_CTX *mem, const void *p, size_t n, const char *root, struct s3_xml **out, struct error *e) MUST_CHECK;

/* Text of the root's first child of that name; NULL when there is none. Belongs to x. */
const char *s3_xml_text(struct s3_xml *x, const char *name);
/* The next child of the root with that name becomes the current one, the first at the first call; false at the end. */
bool s3_xml_next(struct s3_xml *x, const char *name);
/* Text of the current one's first child of that name; NULL when there is none. Belongs to x. */
const char *s3_xml_item(struct s3_xml *x, const char *name);

#endif
