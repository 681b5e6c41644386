/* SPDX-License-Identifier: MIT */
/* Images and documents of a request, from the client to each service. */
#include "tests/unit/support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/unit/support/database.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"
#include "upstream/upload.h"

#define CODE_KEY "sk-kimi-unit0123456789abcdefghij"

#define PNG64 "iVBORw0KGgo=" /* its first eight bytes */
#define PNG "data:image/png;base64," PNG64
#define PDF "data:application/pdf;base64,JVBERi0xLjQ=" /* %PDF-1.4 */

#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define IMAGE(url)                                                             \
	"{\"type\":\"image_url\",\"image_url\":{\"url\":\"" url "\"}}"
#define VIDEO(url)                                                             \
	"{\"type\":\"video_url\",\"video_url\":{\"url\":\"" url "\"}}"
#define BROUGHT(url, name)                                                     \
	"{\"type\":\"file\",\"file\":{\"file_data\":\"" url                    \
	"\",\"filename\":\"" name "\"}}"
#define KEPT "{\"type\":\"file\",\"file\":{\"file_id\":\"%s\"}}"
#define ASKS(model, parts)                                                     \
	"{\"model\":\"" model "\",\"messages\":[{\"role\":\"user\","           \
	"\"content\":[" parts "]}]}"

#define SAID PLATFORM_SAYS(200, DELTA("Seen") END)
#define TAKES(id)                                                              \
	{                                                                      \
		.method = "POST", .path = "/files", .status = 200,             \
		.body = "{\"id\":\"" id "\",\"object\":\"file\"}"              \
	}
#define READS(id, code, text)                                                  \
	{                                                                      \
		.method = "GET", .path = "/files/" id "/content",              \
		.status = (code), .body = (text)                               \
	}

static const char *ask(struct site *s, const char *body)
{
	return site_ask(s, "POST", CHAT, body);
}

static void assert_seen(struct site *s, const char *body)
{
	const char *answer = ask(s, body);

	if (strncmp(answer, "Status: 200 ", 12) != 0)
		fail_msg("%s", answer);
}

static void assert_refused(struct arena *a, const char *answer,
			   const char *status, const char *param,
			   const char *message)
{
	const cJSON *t = parse(a, site_body(answer));

	if (memcmp(answer + 8, status, 3) != 0)
		fail_msg("%s", answer);
	assert_string_equal(json_text(t, "error.param"), param);
	assert_contains(json_text(t, "error.message"), message);
}

/* The id of a file that was uploaded. */
static const char *uploaded(struct site *s, const char *key, const char *name,
			    const char *bytes)
{
	struct string_gateway *g = site_request(
		s, "POST", "/v1/files",
		arena_printf(s->arena,
			     "--b\r\nContent-Disposition: form-data; "
			     "name=\"purpose\"\r\n\r\nuser_data\r\n--b\r\n"
			     "Content-Disposition: form-data; name=\"file\"; "
			     "filename=\"%s\"\r\n\r\n%s\r\n--b--",
			     name, bytes));

	string_gateway_set(g, "CONTENT_TYPE",
			   "multipart/form-data; boundary=b");
	string_gateway_set(g, "HTTP_AUTHORIZATION",
			   arena_printf(s->arena, "Bearer %s", key));
	return json_text(parse(s->arena, site_body(site_serve(s, g))), "id");
}

static const char *last_body(const struct site *s)
{
	return s->replay.calls[s->replay.n_calls - 1].body;
}

/* --- Images --- */

static void images_go_inline_whatever_they_came_as(void **state)
{
	static const char *const urls[] = {
		PNG,
		"data:;base64," PNG64,
		"data:image/jpeg;base64,iVBORw0KGgo",
		"data:application/octet-stream;base64,iVBO\\nRw0K Ggo=",
		"DATA:image/png;x=y;BASE64," PNG64,
	};
	struct replay_answer answers[] = { SAID, { 0 } };
	struct site *s = site_open(*state, NULL, answers);

	answers[0].again = true;
	for (size_t i = 0; i < COUNT(urls); i++) {
		assert_seen(s,
			    arena_printf(*state, ASKS("kimi-k3", IMAGE("%s")),
					 urls[i]));
		assert_contains(last_body(s),
				"{\"type\":\"image_url\",\"image_url\":"
				"{\"url\":\"" PNG "\"}}");
	}
}

static void a_large_image_comes_whole(void **state)
{
	struct replay_answer answers[] = { SAID, { 0 } };
	struct site *s = site_open(*state, NULL, answers);
	size_t n = 400000;
	char *text = arena_alloc(*state, n + 1);

	for (size_t i = 0; i < n; i++)
		text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij0123456789+/"
			[(i * 7 + i / 100) % 48];
	memcpy(text, "iVBORw0KGgoA", 12);
	assert_seen(s, arena_printf(*state,
				    ASKS("kimi-k3",
					 IMAGE("data:image/png;base64,%s")),
				    text));
	assert_contains(last_body(s),
			arena_printf(*state, "\"data:image/png;base64,%s\"",
				     text));
}

static void a_kept_image_is_an_image_part(void **state)
{
	struct replay_answer answers[] = { SAID, { 0 } };
	struct site *s = site_open(*state, NULL, answers);
	const char *id = uploaded(s, SITE_KEY, "a.bin", "\x89PNG\r\n\x1A\n");

	answers[0].again = true;
	assert_seen(s, arena_printf(*state, ASKS("kimi-k3", KEPT), id));
	assert_contains(last_body(s), "{\"url\":\"" PNG "\"}");
	assert_seen(s, arena_printf(*state,
				    ASKS("kimi-k3",
					 "{\"type\":\"image_url\",\"image_url\""
					 ":{\"file_id\":\"%s\"}}"),
				    id));
	assert_contains(last_body(s), "{\"url\":\"" PNG "\"}");
}

static void what_is_no_image_is_refused(void **state)
{
	static const struct {
		const char *part, *param, *message;
	} rows[] = {
		{ IMAGE("data:image/svg+xml;base64,PHN2Zy8+"), "image_url",
		  "SVG" },
		{ IMAGE(PDF), "image_url", "application/pdf" },
		{ IMAGE("data:image/png," PNG64), "image_url", "base64" },
		{ IMAGE("data:image/png;base64,"), "image_url", "empty" },
		{ IMAGE("data:image/png;base64,!!!!"), "image_url", "base64" },
		{ IMAGE("data:x"), "image_url", "base64" },
		{ IMAGE("ftp://x.example/a.png"), "image_url", "data: URL" },
		{ IMAGE("http://x.example/a.png"), "image_url", "data: URL" },
		{ IMAGE("https://x.example/a.png"), "image_url",
		  "KIMI_FETCH=1" },
		{ IMAGE("file:///etc/passwd"), "image_url", "data: URL" },
		{ VIDEO(PNG), "video_url", "no video" },
		{ "{\"type\":\"file\",\"file\":{\"file_id\":\"file-none\"}}",
		  "file.file_id", "No such file" },
		{ "{\"type\":\"image_url\",\"image_url\":{\"file_id\":"
		  "\"file-none\"}}",
		  "image_url.file_id", "No such file" },
	};
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_refused(
			*state,
			ask(s, arena_printf(*state,
					    ASKS("kimi-k3", TEXT("Look") ",%s"),
					    rows[i].part)),
			strstr(rows[i].param, "file_id") == NULL ? "400" :
								   "404",
			arena_printf(*state, "messages[0].content[1].%s",
				     rows[i].param),
			rows[i].message);
	assert_int_equal(s->replay.n_calls, 0);
}

static void ids_of_the_platform_go_to_it_alone(void **state)
{
	struct replay_answer answers[] = { SAID, { 0 } };
	struct site *s = site_open(*state, NULL, answers);

	assert_seen(s, ASKS("kimi-k3", IMAGE("ms://f-1") "," VIDEO("ms://v")));
	assert_contains(last_body(s), "{\"url\":\"ms://f-1\"}");
	assert_contains(last_body(s), "{\"url\":\"ms://v\"}");
	assert_refused(*state, ask(s, ASKS("k2", IMAGE("ms://f-1"))), "400",
		       "messages[0].content[0].image_url", "data: URL");
	assert_refused(*state,
		       ask(s, ASKS("k2", VIDEO("data:video/mp4;base64,AAAA"))),
		       "400", "messages[0].content[0].video_url", "no videos");
}

static void a_video_goes_inline(void **state)
{
	struct replay_answer answers[] = { SAID, SAID, { 0 } };
	struct site *s = site_open(*state, NULL, answers);

	assert_seen(s, ASKS("kimi-k3", VIDEO("data:video/mp4;base64,AAAA")));
	assert_contains(last_body(s), "{\"type\":\"video_url\",\"video_url\":"
				      "{\"url\":\"data:video/mp4;base64,"
				      "AAAA\"}}");
	assert_seen(s, ASKS("kimi-k3", BROUGHT("AAAA", "a.mp4")));
	assert_contains(last_body(s), "\"video_url\"");
}

/* --- URLs --- */

static size_t resolve_public(const char *host, struct sockaddr_storage *list,
			     size_t most)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	(void)most;
	v4.sin_addr.s_addr = htonl(
		strcmp(host, "good.example") == 0 ? 0x5DB8D822 : 0x7F000001);
	memcpy(&list[0], &v4, sizeof(v4));
	return 1;
}

static void a_url_is_fetched_once_for_a_request(void **state)
{
	struct replay_answer answers[] = {
		{ .method = "GET",
		  .path = "https://good.example/dir/a.png?x=1",
		  .status = 200,
		  .body = "\x89PNG\r\n\x1A\n" },
		SAID,
		{ 0 }
	};
	struct site *s = site_open(*state, "KIMI_FETCH=1\n", answers);

	s->worker.http.resolve = resolve_public;
	assert_seen(s,
		    ASKS("kimi-k3",
			 IMAGE("https://good.example/dir/a.png?x=1") "," IMAGE(
				 "https://good.example/dir/a.png?x=1")));
	assert_int_equal(s->replay.n_calls, 2);
	assert_null(s->replay.calls[0].bearer);
	assert_contains(last_body(s), "{\"url\":\"" PNG "\"}},{");
}

static void urls_of_our_own_network_are_not_fetched(void **state)
{
	static const char *const urls[] = {
		"https://127.0.0.1/",	     "https://inner.example/a.png",
		"https://2130706433/",	     "https://good.example:8443/a.png",
		"http://good.example/a.png",
	};
	struct site *s = site_open(*state, "KIMI_FETCH=1\n", NULL);

	s->worker.http.resolve = resolve_public;
	for (size_t i = 0; i < COUNT(urls); i++)
		assert_refused(*state,
			       ask(s, arena_printf(*state,
						   ASKS("kimi-k3", IMAGE("%s")),
						   urls[i])),
			       "400", "messages[0].content[0].image_url",
			       "cannot be fetched");
	assert_int_equal(s->replay.n_calls, 0);
}

static void a_request_has_only_so_many_urls(void **state)
{
	struct replay_answer answers[] = { { .method = "GET",
					     .path = "https://good.example/",
					     .status = 200,
					     .body = "\x89PNG\r\n\x1A\n",
					     .again = true },
					   { 0 } };
	struct site *s = site_open(*state, "KIMI_FETCH=1\n", answers);
	const char *parts = TEXT("Look");

	s->worker.http.resolve = resolve_public;
	for (int i = 0; i < 17; i++)
		parts = arena_printf(*state,
				     "%s," IMAGE("https://good.example/%d"),
				     parts, i);
	assert_refused(*state,
		       ask(s,
			   arena_printf(*state, ASKS("kimi-k3", "%s"), parts)),
		       "400", "messages[0].content[17].image_url", "16");
}

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

	assert_seen(s, ASKS("kimi-k3", TEXT("Sum it up") "," BROUGHT(
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
		SAID,
		{ 0 }
	};
	struct site *s = site_open(*state, NULL, answers);
	const char *body = arena_printf(
		*state, ASKS("kimi-k3", KEPT "," KEPT "," TEXT("?")),
		uploaded(s, SITE_KEY, "a.pdf", "%PDF"),
		uploaded(s, SITE_KEY, "b.pdf", "%PDF"));

	answers[6].again = true;
	assert_seen(s, body);
	assert_contains(last_body(s), "File a.pdf:\\none");
	assert_int_equal(s->replay.n_calls, 3);
	assert_seen(s, body);
	assert_contains(last_body(s), "File a.pdf:\\ntwo");
	assert_int_equal(s->replay.n_calls, 5);
	/* Kimi lost it meanwhile. */
	assert_seen(s, body);
	assert_contains(last_body(s), "File a.pdf:\\nplain, not JSON");
	assert_int_equal(s->replay.n_calls, 9);
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
	const char *one = uploaded(s, SITE_KEY, "a.pdf", "%PDF");
	const char *two = uploaded(s, SITE_KEY, "b.pdf", "%PDF");

	assert_seen(s, arena_printf(*state, ASKS("kimi-k3", KEPT), one));
	site_ask(s, "DELETE", arena_printf(*state, "/v1/files/%s", one), NULL);
	assert_int_equal(s->replay.n_calls, 3);
	/* The last one with these bytes. */
	assert_contains(site_ask(s, "DELETE",
				 arena_printf(*state, "/v1/files/%s", two),
				 NULL),
			"\"deleted\":true");
	assert_int_equal(s->replay.n_calls, 4);
	one = uploaded(s, SITE_KEY, "a.pdf", "%PDF");
	assert_seen(s, arena_printf(*state, ASKS("kimi-k3", KEPT), one));
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
	const char *answer = ask(s, ASKS("kimi-k3", BROUGHT(PDF, "a.pdf")));

	assert_contains(answer, "Status: 400 ");
	assert_contains(answer, "File size is too large");
}

static void texts_are_put_in_where_no_documents_are_taken(void **state)
{
	struct replay_answer answers[] = { SAID, SAID, { 0 } };
	struct site *s =
		site_open(*state, "KIMI_TOKENS=" CODE_KEY "\n", answers);
	const char *id = uploaded(s, SITE_KEY, "notes.md", "# A \xE2\x82\xAC");

	assert_seen(
		s, arena_printf(*state,
				ASKS("kimi-for-coding", TEXT("Read:") "," KEPT),
				id));
	assert_contains(last_body(s), "\"content\":\"Read:File notes.md:\\n"
				      "# A \xE2\x82\xAC\\n\"");
	assert_seen(s, ASKS("kimi-for-coding", IMAGE(PNG)));
	assert_contains(last_body(s), "{\"url\":\"" PNG "\"}");
	assert_refused(*state,
		       ask(s, ASKS("kimi-for-coding", BROUGHT(PDF, "a.pdf"))),
		       "400", "messages[0].content[0].file", "application/pdf");
	assert_refused(
		*state,
		ask(s, ASKS("kimi-for-coding",
			    BROUGHT("data:text/plain;base64,AP8=", "a.txt"))),
		"400", "messages[0].content[0].file", "UTF-8");
}

/* --- Whose, and for how long --- */

static void files_of_others_are_unknown(void **state)
{
	struct site *s = site_open(
		*state, "DEFAULT_AUTHKEYS=" SITE_KEY ",other\n", NULL);
	const char *id = uploaded(s, "other", "a.txt", "secret");

	assert_refused(*state,
		       ask(s, arena_printf(*state, ASKS("kimi-k3", KEPT), id)),
		       "404", "messages[0].content[0].file.file_id",
		       "No such file");
}

static const char *turn(struct site *s, const char *body)
{
	return site_ask(s, "POST", CONVERSATION, body);
}

static void a_conversation_outlives_its_files(void **state)
{
	struct replay_answer answers[] = { SAID, { 0 } };
	struct site *s = site_open(*state, NULL, answers);
	const char *id = uploaded(s, SITE_KEY, "a.png", "\x89PNG\r\n\x1A\n");
	const char *media;

	answers[0].again = true;
	assert_contains(turn(s,
			     arena_printf(*state, ASKS("kimi-k3", KEPT), id)),
			"Status: 200 ");
	media = database_text(*state, s->db_path,
			      "SELECT media FROM messages "
			      "WHERE media IS NOT NULL");
	assert_contains(media, id);
	assert_lacks(media, "base64");
	assert_contains(turn(s, PLATFORM(SAYS("And now?"))), "Status: 200 ");
	assert_contains(last_body(s), PNG);
	site_ask(s, "DELETE", arena_printf(*state, "/v1/files/%s", id), NULL);
	assert_contains(turn(s, PLATFORM(SAYS("And then?"))), "Status: 200 ");
	assert_lacks(last_body(s), PNG);
	assert_contains(last_body(s), "cannot be seen any more");
	/* What is new must be there. */
	assert_refused(*state,
		       turn(s, arena_printf(*state, ASKS("kimi-k3", KEPT), id)),
		       "404", "messages[0].content[0].file.file_id",
		       "No such file");
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
		TEST(images_go_inline_whatever_they_came_as),
		TEST(a_large_image_comes_whole),
		TEST(a_kept_image_is_an_image_part),
		TEST(what_is_no_image_is_refused),
		TEST(ids_of_the_platform_go_to_it_alone),
		TEST(a_video_goes_inline),
		TEST(a_url_is_fetched_once_for_a_request),
		TEST(urls_of_our_own_network_are_not_fetched),
		TEST(a_request_has_only_so_many_urls),
		TEST(the_platform_reads_documents_itself),
		TEST(a_document_is_uploaded_once),
		TEST(a_deleted_document_is_deleted_there),
		TEST(what_kimi_says_of_a_document_is_told),
		TEST(texts_are_put_in_where_no_documents_are_taken),
		TEST(files_of_others_are_unknown),
		TEST(a_conversation_outlives_its_files),
		TEST(a_form_is_the_same_however_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
