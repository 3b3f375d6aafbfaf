/* What is true of the store in an S3 bucket only; run by tests/test_store_s3.py, which starts the service. */
#include "crypto.h"
#include "s3_http.h"
#include "test_store_backend.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(s3, .init = set_up, .fini = tear_down);

static struct store *open_as(struct store_s3 s3)
{
	struct store *s;
	cr_assert_eq(store_open_s3(mem, &s3, keys, &s, &err), ERR_OK);
	return s;
}

Test(s3, a_wrong_secret_is_refused_and_told_without_the_secret)
{
	struct store_object key = new_object();
	struct store_s3 s3 = s3_of_test("test-refused/");
	s3.secret_access_key = "not-the-secret";
	struct store *s = open_as(s3);
	cr_assert_eq(put_bytes(s, &key, "abc", 3, NULL), ERR_IO);
	error_clear(&err);
	cr_assert_eq(store_writable(s, &err), ERR_IO);
	cr_assert_str_eq(err.cause, "object store: GET: HTTP 403 SignatureDoesNotMatch");
}

Test(s3, a_bucket_that_is_not_there_is_told)
{
	struct store_s3 s3 = s3_of_test("");
	unsigned strange;
	s3.bucket = "no-such-bucket";
	struct store *s = open_as(s3);
	cr_assert_eq(store_writable(s, &err), ERR_IO);
	error_clear(&err);
	cr_assert_eq(store_list(s, NULL, NULL, &strange, &err), ERR_IO);
}

Test(s3, a_service_that_can_not_be_reached_is_unavailable)
{
	struct store_s3 s3 = s3_of_test("");
	bool there;
	s3.endpoint = "http://127.0.0.1:1";
	struct store *s = open_as(s3);
	cr_assert_eq(store_exists(s, a_key(), &there, &err), ERR_UNAVAILABLE);
	error_clear(&err);
	cr_assert_eq(store_writable(s, &err), ERR_UNAVAILABLE);
}

Test(s3, a_prefix_parts_stores_of_one_bucket)
{
	struct store_object key = new_object();
	bool there;
	cr_assert_eq(put_bytes(store, &key, "abc", 3, NULL), ERR_OK);
	struct store *s = open_as(s3_of_test("test-elsewhere/"));
	cr_assert_eq(store_exists(s, &key.key, &there, &err), ERR_OK);
	cr_assert_not(there);
}

Test(s3, a_digest_that_is_not_that_of_the_bytes_is_refused)
{
	struct store_s3 s3 = s3_of_test("");
	struct s3_account account = { s3.endpoint, s3.bucket, s3.region, s3.access_key_id, s3.secret_access_key, NULL };
	struct s3_client *client;
	struct s3_answer answer;
	uint8_t digest[32];
	crypto_sha256_of("abd", 3, digest);
	struct s3_request rq = { .method = "PUT", .key = "test-digest", .body = "abc", .size = 3, .sha256 = digest };
	buf_init(&answer.body, mem, 65536);
	cr_assert_eq(s3_client_new(mem, &account, &client, &err), ERR_OK);
	cr_assert_eq(s3_send(client, &rq, &answer, &err), ERR_IO, "%s", err.cause);
}

/* Begins an upload in parts that nobody ends. */
static void leave_behind(const char *key)
{
	struct store_s3 s3 = s3_of_test("");
	struct s3_account account = { s3.endpoint, s3.bucket, s3.region, s3.access_key_id, s3.secret_access_key, NULL };
	struct s3_client *client;
	struct s3_answer answer;
	struct s3_request rq = { .method = "POST", .key = key, .query = "uploads=" };
	buf_init(&answer.body, mem, 65536);
	cr_assert_eq(s3_client_new(mem, &account, &client, &err), ERR_OK);
	cr_assert_eq(s3_send(client, &rq, &answer, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(answer.status, 200);
}

Test(s3, uploads_that_nobody_ended_are_given_up_by_age)
{
	char organization[37], id[37];
	const struct store_key *key = a_key();
	unsigned removed = 9;
	uuid_format(&key->organization_id, organization);
	uuid_format(&key->id, id);
	leave_behind(mem_printf(mem, "test-left/%s/%s", organization, id));
	leave_behind("test-left/of-another-program");
	struct store *s = open_as(s3_of_test("test-left/"));
	cr_assert_eq(store_clean(s, 3600, &removed, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(removed, 0, "younger than the limit");
	cr_assert_eq(store_clean(s, -5, &removed, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(removed, 1);
	cr_assert_eq(store_clean(s, -5, &removed, &err), ERR_OK, "%s", err.cause);
	cr_assert_eq(removed, 0);
}

Test(s3, parent_and_child_have_connections_of_their_own)
{
	struct store_object key = new_object();
	struct bytes all;
	int status;
	cr_assert_eq(put_bytes(store, &key, "abc", 3, NULL), ERR_OK);
	pid_t child = fork();
	if (child == 0) {
		enum result r = store_get_bytes(store, mem, &key, 3, &all, &err);
		talloc_free(mem);
		_exit(r == ERR_OK ? 0 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0);
	cr_assert_eq(store_get_bytes(store, mem, &key, 3, &all, &err), ERR_OK, "%s", err.cause);
}
