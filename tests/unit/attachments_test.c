/* SPDX-License-Identifier: MIT */
/* Images and videos of a request, from the client to each service; who may use
 * a file, and for how long. */
#include "tests/unit/support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/unit/support/attached.h"
#include "tests/unit/support/database.h"

/* --- Images --- */

static void images_are_sent_inline_whatever_they_came_as(void **state)
{
	static const char *const urls[] = {
		PNG,
		"data:;base64," PNG64,
		"data:image/jpeg;base64,iVBORw0KGgo",
		"data:application/octet-stream;base64,iVBO\\nRw0K Ggo=",
		"DATA:image/png;x=y;BASE64," PNG64,
	};
	struct replay_answer answers[] = { SAID_AGAIN, { 0 } };
	struct site *s = site_open(*state, NULL, answers);

	for (size_t i = 0; i < COUNT(urls); i++) {
		attached_seen(s,
			      arena_printf(*state, ASKS("kimi-k3", IMAGE("%s")),
					   urls[i]));
		assert_contains(attached_body(s),
				"{\"type\":\"image_url\",\"image_url\":"
				"{\"url\":\"" PNG "\"}}");
	}
}

static void a_large_image_is_sent_whole(void **state)
{
	struct replay_answer answers[] = { SAID, { 0 } };
	struct site *s = site_open(*state, NULL, answers);
	size_t n = 400000;
	char *text = arena_alloc(*state, n + 1);

	for (size_t i = 0; i < n; i++)
		text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij0123456789+/"
			[(i * 7 + i / 100) % 48];
	memcpy(text, "iVBORw0KGgoA", 12);
	attached_seen(s, arena_printf(*state,
				      ASKS("kimi-k3",
					   IMAGE("data:image/png;base64,%s")),
				      text));
	assert_contains(attached_body(s),
			arena_printf(*state, "\"data:image/png;base64,%s\"",
				     text));
}

static void an_uploaded_image_is_an_image_part(void **state)
{
	struct replay_answer answers[] = { SAID_AGAIN, { 0 } };
	struct site *s = site_open(*state, NULL, answers);
	const char *id =
		attached_upload(s, SITE_KEY, "a.bin", "\x89PNG\r\n\x1A\n");

	attached_seen(s, arena_printf(*state, ASKS("kimi-k3", KEPT), id));
	assert_contains(attached_body(s), "{\"url\":\"" PNG "\"}");
	attached_seen(s,
		      arena_printf(*state,
				   ASKS("kimi-k3",
					"{\"type\":\"image_url\",\"image_url\""
					":{\"file_id\":\"%s\"}}"),
				   id));
	assert_contains(attached_body(s), "{\"url\":\"" PNG "\"}");
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
		{ VIDEO(PNG), "video_url", "supported video type" },
		{ "{\"type\":\"file\",\"file\":{\"file_id\":\"file-none\"}}",
		  "file.file_id", "No such file" },
		{ "{\"type\":\"image_url\",\"image_url\":{\"file_id\":"
		  "\"file-none\"}}",
		  "image_url.file_id", "No such file" },
	};
	struct site *s = site_open(*state, NULL, NULL);

	for (size_t i = 0; i < COUNT(rows); i++)
		attached_refused(
			*state,
			attached_ask(s, arena_printf(*state,
						     ASKS("kimi-k3",
							  TEXT("Look") ",%s"),
						     rows[i].part)),
			strstr(rows[i].param, "file_id") == NULL ? "400" :
								   "404",
			arena_printf(*state, "messages[0].content[1].%s",
				     rows[i].param),
			rows[i].message);
	assert_int_equal(s->replay.n_calls, 0);
}

static void only_the_platform_gets_ids_of_its_files(void **state)
{
	struct replay_answer answers[] = { SAID, { 0 } };
	struct site *s = site_open(*state, NULL, answers);

	attached_seen(s,
		      ASKS("kimi-k3", IMAGE("ms://f-1") "," VIDEO("ms://v")));
	assert_contains(attached_body(s), "{\"url\":\"ms://f-1\"}");
	assert_contains(attached_body(s), "{\"url\":\"ms://v\"}");
	attached_refused(*state, attached_ask(s, ASKS("k2", IMAGE("ms://f-1"))),
			 "400", "messages[0].content[0].image_url",
			 "data: URL");
	attached_refused(
		*state,
		attached_ask(s,
			     ASKS("k2", VIDEO("data:video/mp4;base64,AAAA"))),
		"400", "messages[0].content[0].video_url",
		"does not support videos");
}

static void a_video_is_sent_inline(void **state)
{
	struct replay_answer answers[] = { SAID, SAID, { 0 } };
	struct site *s = site_open(*state, NULL, answers);

	attached_seen(s, ASKS("kimi-k3", VIDEO("data:video/mp4;base64,AAAA")));
	assert_contains(attached_body(s),
			"{\"type\":\"video_url\",\"video_url\":"
			"{\"url\":\"data:video/mp4;base64,"
			"AAAA\"}}");
	attached_seen(s, ASKS("kimi-k3", BROUGHT("AAAA", "a.mp4")));
	assert_contains(attached_body(s), "\"video_url\"");
}

/* --- URLs --- */

static size_t resolve_public(const char *host, struct sockaddr_storage *list,
			     size_t max)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	(void)max;
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
	attached_seen(
		s, ASKS("kimi-k3",
			IMAGE("https://good.example/dir/a.png?x=1") "," IMAGE(
				"https://good.example/dir/a.png?x=1")));
	assert_int_equal(s->replay.n_calls, 2);
	assert_null(s->replay.calls[0].bearer);
	assert_contains(attached_body(s), "{\"url\":\"" PNG "\"}},{");
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
		attached_refused(*state,
				 attached_ask(s, arena_printf(*state,
							      ASKS("kimi-k3",
								   IMAGE("%s")),
							      urls[i])),
				 "400", "messages[0].content[0].image_url",
				 "cannot be fetched");
	assert_int_equal(s->replay.n_calls, 0);
}

static void the_urls_of_a_request_are_limited(void **state)
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
	attached_refused(*state,
			 attached_ask(s, arena_printf(*state,
						      ASKS("kimi-k3", "%s"),
						      parts)),
			 "400", "messages[0].content[17].image_url", "16");
}

/* --- Who may use them, and for how long --- */

static void files_of_others_are_unknown(void **state)
{
	struct site *s = site_open(
		*state, "DEFAULT_AUTHKEYS=" SITE_KEY ",other\n", NULL);
	const char *id = attached_upload(s, "other", "a.txt", "secret");

	attached_refused(
		*state,
		attached_ask(s,
			     arena_printf(*state, ASKS("kimi-k3", KEPT), id)),
		"404", "messages[0].content[0].file.file_id", "No such file");
}

static const char *turn(struct site *s, const char *body)
{
	return site_ask(s, "POST", CONVERSATION, body);
}

static void a_conversation_outlives_its_files(void **state)
{
	struct replay_answer answers[] = { SAID_AGAIN, { 0 } };
	struct site *s = site_open(*state, NULL, answers);
	const char *id =
		attached_upload(s, SITE_KEY, "a.png", "\x89PNG\r\n\x1A\n");
	const char *media;

	assert_contains(turn(s,
			     arena_printf(*state, ASKS("kimi-k3", KEPT), id)),
			"Status: 200 ");
	media = database_text(*state, s->db_path,
			      "SELECT media FROM messages "
			      "WHERE media IS NOT NULL");
	assert_contains(media, id);
	assert_lacks(media, "base64");
	assert_contains(turn(s, PLATFORM(SAYS("And now?"))), "Status: 200 ");
	assert_contains(attached_body(s), PNG);
	site_ask(s, "DELETE", arena_printf(*state, "/v1/files/%s", id), NULL);
	assert_contains(turn(s, PLATFORM(SAYS("And then?"))), "Status: 200 ");
	assert_lacks(attached_body(s), PNG);
	assert_contains(attached_body(s), "no longer available");
	/* The files of the new turn must exist. */
	attached_refused(
		*state,
		turn(s, arena_printf(*state, ASKS("kimi-k3", KEPT), id)), "404",
		"messages[0].content[0].file.file_id", "No such file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(images_are_sent_inline_whatever_they_came_as),
		TEST(a_large_image_is_sent_whole),
		TEST(an_uploaded_image_is_an_image_part),
		TEST(what_is_no_image_is_refused),
		TEST(only_the_platform_gets_ids_of_its_files),
		TEST(a_video_is_sent_inline),
		TEST(a_url_is_fetched_once_for_a_request),
		TEST(urls_of_our_own_network_are_not_fetched),
		TEST(the_urls_of_a_request_are_limited),
		TEST(files_of_others_are_unknown),
		TEST(a_conversation_outlives_its_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
