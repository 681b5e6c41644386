/* SPDX-License-Identifier: MIT */
/* Documents of a request: read by Kimi, or put into the message. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/attached.h"
#include "upstream/upload.h"

/* --- Documents --- */

static void the_platform_reads_documents_itself(void **state)
{
	struct replay_answer answers[] = {
		READS("f-1", 200,
		      "{\"content\":\"It says \\\"x\\\".\",\"type\":\"file\"}"),
		TAKES("f-1"),
		SAID,
		{ 0 }
	};
	struct site *s = site_open(*state, NULL, answers);
	const struct replay_call *c = s->replay.calls;

	attached_seen(s, ASKS("kimi-k3", TEXT("Sum it up") "," BROUGHT(
						 PDF, "dir/a \\\"b\\\".pdf")));
	assert_int_equal(s->replay.n_calls, 3);
	assert_memory_equal(c[0].head, "multipart/form-data; boundary=", 30);
	assert_contains(c[0].body, "name=\"purpose\"\r\n\r\nfile-extract\r\n");
	assert_contains(c[0].body, "; name=\"file\"; filename=\"a %22b%22.pdf\""
				   "\r\nContent-Type: application/pdf\r\n\r\n"
				   "%PDF-1.4\r\n--");
	assert_string_equal(c[1].method, "GET");
	assert_contains(c[2].body,
			"\"messages\":[{\"role\":\"system\",\"content\":"
			"\"File a \\\"b\\\".pdf:\\nIt says \\\"x\\\".\"},"
			"{\"role\":\"user\",\"content\":\"Sum it up"
			"[File a \\\"b\\\".pdf]\"}]");
}

static void a_document_is_uploaded_once(void **state)
{
	struct replay_answer answers[] = {
		READS("f-1", 200, "{\"content\":\"one\"}"),
		READS("f-1", 200, "{\"content\":\"two\"}"),
		READS("f-1", 404,
		      "{\"error\":{\"type\":\"resource_not_found_error\","
		      "\"message\":\"gone\"}}"),
		TAKES("f-1"),
		TAKES("f-2"),
		READS("f-2", 200, "plain, not JSON"),
		SAID_AGAIN,
		{ 0 }
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *body = arena_printf(
		*state, ASKS("kimi-k3", KEPT "," KEPT "," TEXT("?")),
		attached_upload(s, SITE_KEY, "a.pdf", "%PDF"),
		attached_upload(s, SITE_KEY, "b.pdf", "%PDF"));

	attached_seen(s, body);
	assert_contains(attached_body(s), "File a.pdf:\\none");
	assert_int_equal(s->replay.n_calls, 3);
	attached_seen(s, body);
	assert_contains(attached_body(s), "File a.pdf:\\ntwo");
	assert_int_equal(s->replay.n_calls, 5);
	/* Kimi lost it meanwhile. */
	attached_seen(s, body);
	assert_contains(attached_body(s), "File a.pdf:\\nplain, not JSON");
	assert_int_equal(s->replay.n_calls, 9);
}

static void a_document_that_kimi_lost_can_be_deleted(void **state)
{
	struct replay_answer answers[] = {
		TAKES("f-1"),
		READS("f-1", 200, "{\"content\":\"one\"}"),
		SAID,
		{ .method = "DELETE",
		  .path = "/files/f-1",
		  .status = 404,
		  .body = "{\"error\":{\"message\":\"gone\"}}" },
		{ 0 }
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *id = attached_upload(s, SITE_KEY, "a.pdf", "%PDF");

	attached_seen(s, arena_printf(*state, ASKS("kimi-k3", KEPT), id));
	assert_contains(site_ask(s, "DELETE",
				 arena_printf(*state, "/v1/files/%s", id),
				 NULL),
			"\"deleted\":true");
	assert_int_equal(s->replay.n_calls, 4);
}

static void a_deleted_document_is_deleted_there(void **state)
{
	struct replay_answer answers[] = {
		TAKES("f-1"),
		READS("f-1", 200, "{\"content\":\"one\"}"),
		SAID,
		{ .method = "DELETE",
		  .path = "/files/f-1",
		  .status = 200,
		  .body = "{}" },
		TAKES("f-2"),
		READS("f-2", 200, "{\"content\":\"two\"}"),
		SAID,
		{ 0 }
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *one = attached_upload(s, SITE_KEY, "a.pdf", "%PDF");
	const char *two = attached_upload(s, SITE_KEY, "b.pdf", "%PDF");

	attached_seen(s, arena_printf(*state, ASKS("kimi-k3", KEPT), one));
	site_ask(s, "DELETE", arena_printf(*state, "/v1/files/%s", one), NULL);
	assert_int_equal(s->replay.n_calls, 3);
	/* The last one with these bytes. */
	assert_contains(site_ask(s, "DELETE",
				 arena_printf(*state, "/v1/files/%s", two),
				 NULL),
			"\"deleted\":true");
	assert_int_equal(s->replay.n_calls, 4);
	one = attached_upload(s, SITE_KEY, "a.pdf", "%PDF");
	attached_seen(s, arena_printf(*state, ASKS("kimi-k3", KEPT), one));
	assert_int_equal(s->replay.n_calls, 7);
}

static void what_kimi_says_of_a_document_is_told(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/files",
		  .status = 400,
		  .body = "{\"error\":{\"type\":\"invalid_request_error\","
			  "\"message\":\"File size is too large\"}}" },
		{ 0 }
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *answer =
		attached_ask(s, ASKS("kimi-k3", BROUGHT(PDF, "a.pdf")));

	assert_contains(answer, "Status: 400 ");
	assert_contains(answer, "File size is too large");
}

/* A file that Kimi has no place for says nothing about the model. */
static void a_missing_place_for_documents_is_no_missing_model(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "POST",
		  .path = "/files",
		  .status = 404,
		  .body = "{\"error\":{\"type\":\"resource_not_found_error\","
			  "\"message\":\"Not found the model kimi-k3 or "
			  "Permission denied\"}}" },
		{ .method = "POST",
		  .path = "/files",
		  .status = 200,
		  .body = "{\"error\":{\"type\":\"rate_limit_reached_error\","
			  "\"message\":\"max RPM\"}}" },
		{ 0 }
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *answer =
		attached_ask(s, ASKS("kimi-k3", BROUGHT(PDF, "a.pdf")));

	assert_contains(answer, "Status: 404 ");
	assert_contains(answer, "\"code\":\"not_found\"");
	assert_contains(answer, "could not take the document 'a.pdf'");
	assert_contains(answer, "or Permission denied");
	assert_lacks(answer, "Similar names");
	answer = attached_ask(s, ASKS("kimi-k3", BROUGHT(PDF, "a.pdf")));
	assert_contains(answer, "Status: 429 ");
	assert_contains(answer, "max RPM");
}

static void texts_are_put_in_where_no_documents_are_taken(void **state)
{
	struct replay_answer answers[] = { SAID, SAID, { 0 } };
	struct site *s =
		site_open(*state, "KIMI_TOKENS=" CODE_KEY "\n", answers);
	const char *id =
		attached_upload(s, SITE_KEY, "notes.md", "# A \xE2\x82\xAC");

	attached_seen(
		s, arena_printf(*state,
				ASKS("kimi-for-coding", TEXT("Read:") "," KEPT),
				id));
	assert_contains(attached_body(s), "\"content\":\"Read:File notes.md:\\n"
					  "# A \xE2\x82\xAC\\n\"");
	attached_seen(s, ASKS("kimi-for-coding", IMAGE(PNG)));
	assert_contains(attached_body(s), "{\"url\":\"" PNG "\"}");
	attached_refused(
		*state,
		attached_ask(s, ASKS("kimi-for-coding", BROUGHT(PDF, "a.pdf"))),
		"400", "messages[0].content[0].file", "application/pdf");
	attached_refused(
		*state,
		attached_ask(s, ASKS("kimi-for-coding",
				     BROUGHT("data:text/plain;base64,AP8=",
					     "a.txt"))),
		"400", "messages[0].content[0].file", "UTF-8");
}

/* --- On the way --- */

static bool read_abc(const struct chat_file *f, int64_t offset, void *p,
		     size_t n, struct error *e)
{
	(void)e;
	assert_true(offset >= 0 && offset + (int64_t)n <= f->size && n > 0);
	memcpy(p, "abcdefghij" + offset, n);
	return true;
}

static void a_form_is_the_same_however_it_is_read(void **state)
{
	struct chat_file file = {
		.name = "n", .type = "a/b", .size = 10, .read = read_abc
	};
	struct upload *form = upload_form(*state, &file, "p");
	size_t n = (size_t)form->source.size;
	char *whole = arena_alloc(*state, n + 1);
	char *piece = arena_alloc(*state, n);
	struct error e;

	assert_true(form->source.read(&form->source, 0, whole, n, &e));
	assert_contains(whole, "\r\n\r\nabcdefghij\r\n--");
	assert_memory_equal(whole + n - 4, "--\r\n", 4);
	for (size_t from = 0; from < n; from++)
		for (size_t m = 1; from + m <= n; m += 3) {
			assert_true(form->source.read(
				&form->source, (int64_t)from, piece, m, &e));
			assert_memory_equal(piece, whole + from, m);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_platform_reads_documents_itself),
		TEST(a_document_is_uploaded_once),
		TEST(a_deleted_document_is_deleted_there),
		TEST(a_document_that_kimi_lost_can_be_deleted),
		TEST(what_kimi_says_of_a_document_is_told),
		TEST(a_missing_place_for_documents_is_no_missing_model),
		TEST(texts_are_put_in_where_no_documents_are_taken),
		TEST(a_form_is_the_same_however_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
