/* SPDX-License-Identifier: MIT */
/* Files for Kimi web: uploaded, processed there, named in the message. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "base/clock.h"
#include "chat/data_url.h"
#include "tests/unit/support/scenes.h"
#include "tests/unit/support/web_call.h"

#define CHAT_CALL "/apiv2/kimi.gateway.chat.v1.ChatService/Chat"
#define UPLOAD "/apiv2-files/file/upload"
#define PROGRESS "FileService/GetFileParseProgress"
#define DONE "\0\0\0\0\x0B{\"done\":{}}\2\0\0\0\2{}"

#define CURRENT_ANSWER                                                         \
	{                                                                      \
		.method = "POST", .path = CHAT_CALL, .status = 200,            \
		.body = DONE, .n = sizeof(DONE) - 1                            \
	}
#define POSTS(call, code, text)                                                \
	{                                                                      \
		.method = "POST", .path = (call), .status = (code),            \
		.body = (text)                                                 \
	}
#define UPLOADS(id)                                                            \
	POSTS(UPLOAD, 200,                                                     \
	      "{\"file\":{\"id\":\"" id "\",\"meta\":{\"sizeBytes\":\"3\"}}}")
#define PARSES(id, status)                                                     \
	POSTS(PROGRESS, 200,                                                   \
	      "{\"progresses\":[{\"fileId\":\"" id                             \
	      "\",\"status\":\"PROCESS_STATUS_" status "\"}]}")

#define PNG "data:image/png;base64,iVBORw0KGgo="
#define PDF "data:application/pdf;base64,JVBERi0xLjQ=" /* %PDF-1.4 */

/* SHA-256 of that document. */
#define PDF_HASH                                                               \
	"e16fa5d9b51928755db85b917f0297babaf22c7a47e97d9212adab56e61ba04e"

static struct chat_part part_of(struct arena *a, enum chat_part_kind kind,
				const char *url, const char *name)
{
	struct error e = { 0 };
	struct chat_part part = { .kind = kind,
				  .text = url,
				  .param = "the part",
				  .file = data_url_file(a, url, name, &e) };

	if (part.file == NULL)
		fail_msg("%s", e.message);
	return part;
}

/* A message with a text, and the file once or twice. */
static struct chat_request asking(struct arena *a, enum chat_part_kind kind,
				  const char *url, const char *name, size_t n)
{
	struct chat_request r = decode(a, WEB(SAYS("What is it?")));
	struct chat_part *parts = arena_array(a, n + 1, sizeof(*parts));
	struct chat_message *m = arena_alloc(a, sizeof(*m));

	parts[0] = r.messages[0].parts[0];
	for (size_t i = 1; i <= n; i++)
		parts[i] = part_of(a, kind, url, name);
	*m = r.messages[0];
	m->parts = parts;
	m->n_parts = n + 1;
	r.messages = m;
	return r;
}

static struct web_call *run(struct arena *a, struct replay_answer *answers,
			    struct web_call *w, const struct chat_request *r,
			    bool *ok)
{
	if (w == NULL)
		w = web_call_new(a, answers);
	w->config.web_protocol = CONFIG_PROTOCOL_AUTO;
	*ok = web_call_run(w, r);
	return w;
}

/* The calls so far, without host and folders. */
static const char *calls_of(const struct web_call *w)
{
	const char *calls = "";

	for (size_t i = 0; i < w->replay.n_calls; i++)
		calls = arena_printf(w->arena, "%s%s%s", calls,
				     i == 0 ? "" : " ",
				     strrchr(w->replay.calls[i].url, '/') + 1);
	return calls;
}

static void a_file_is_a_form_and_then_a_block(void **state)
{
	struct replay_answer answers[] = {
		UPLOADS("f1"), PARSES("f1", "SUCCESS"), CURRENT_ANSWER, { 0 }
	};
	struct chat_request r =
		asking(*state, CHAT_PART_FILE, PDF, "a \"b\" \xC3\xBC.pdf", 1);
	const struct replay_call *sent;
	struct web_call *w;
	bool ok;

	w = run(*state, answers, NULL, &r, &ok);
	assert_true(ok);
	assert_string_equal(calls_of(w), "upload GetFileParseProgress Chat");
	sent = &w->replay.calls[0];
	assert_string_equal(sent->url, WEB_ONE UPLOAD);
	assert_non_null(sent->bearer);
	assert_contains(sent->body, "; name=\"file\"; filename=\"a %22b%22 "
				    "\xC3\xBC.pdf\"\r\nContent-Type: "
				    "application/pdf\r\n\r\n%PDF-1.4\r\n--");
	assert_memory_equal(sent->head, "multipart/form-data; boundary=", 30);
	assert_string_equal(w->replay.calls[1].body, "{\"file_ids\":[\"f1\"]}");
	assert_contains(w->replay.calls[2].body + 5,
			"\"blocks\":[{\"file\":{\"id\":\"f1\",\"status\":"
			"\"PROCESS_STATUS_SUCCESS\"}},{\"message_id\":\"\","
			"\"text\":{\"content\":\"What is it?\"}}]");
	assert_string_equal(web_call_note(w, "file " PDF_HASH), "f1");
}

static void a_file_that_kimi_has_is_not_uploaded_again(void **state)
{
	struct replay_answer answers[] = {
		UPLOADS("f1"),	PARSES("f1", "SUCCESS"),
		CURRENT_ANSWER, PARSES("f1", "SUCCESS"),
		CURRENT_ANSWER, { 0 }
	};
	struct chat_request r = asking(*state, CHAT_PART_IMAGE, PNG, NULL, 2);
	struct web_call *w;
	bool ok;

	w = run(*state, answers, NULL, &r, &ok);
	assert_true(ok);
	run(*state, answers, w, &r, &ok);
	assert_true(ok);
	assert_string_equal(calls_of(w), "upload GetFileParseProgress Chat "
					 "GetFileParseProgress Chat");
	assert_contains(w->replay.calls[4].body + 5,
			"\"blocks\":[{\"file\":{\"id\":\"f1\",\"status\":"
			"\"PROCESS_STATUS_SUCCESS\"}},{\"message_id\"");
}

static void a_file_that_is_gone_is_uploaded_again(void **state)
{
	struct replay_answer answers[] = { POSTS(PROGRESS, 404,
						 "{\"code\":\"not_found\"}"),
					   UPLOADS("f2"),
					   PARSES("f2", "SUCCESS"),
					   CURRENT_ANSWER,
					   { 0 } };
	struct chat_request r = asking(*state, CHAT_PART_FILE, PDF, NULL, 1);
	struct web_call *w = web_call_new(*state, answers);
	bool ok;

	w->notes.save(w, "file " PDF_HASH, "f1");
	run(*state, answers, w, &r, &ok);
	assert_true(ok);
	assert_string_equal(web_call_note(w, "file " PDF_HASH), "f2");
	assert_contains(w->replay.calls[3].body + 5, "\"id\":\"f2\"");
}

static void a_reply_waits_until_the_file_is_read(void **state)
{
	struct replay_answer answers[] = { UPLOADS("f1"),
					   PARSES("f1", "PROCESSING"),
					   PARSES("f1", "SUCCESS"),
					   CURRENT_ANSWER,
					   { 0 } };
	struct chat_request r = asking(*state, CHAT_PART_FILE, PDF, NULL, 1);
	int64_t begun = clock_ms();
	bool ok;

	run(*state, answers, NULL, &r, &ok);
	assert_true(ok);
	assert_true(clock_ms() - begun >= 300);
}

static void an_unreadable_file_is_the_clients_fault(void **state)
{
	struct replay_answer answers[] = { UPLOADS("f1"),
					   PARSES("f1", "FAILED"),
					   { 0 } };
	struct chat_request r =
		asking(*state, CHAT_PART_FILE, PDF, "bad.pdf", 1);
	struct web_call *w;
	bool ok;

	w = run(*state, answers, NULL, &r, &ok);
	assert_false(ok);
	assert_error(&w->error, ERROR_VALUE, "the part");
	assert_contains(w->error.message, "bad.pdf");
	assert_null(web_call_note(w, "file " PDF_HASH));
}

static void a_refused_upload_says_why(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum error_kind kind;
	} rows[] = {
		{ 429, "{\"code\":\"resource_exhausted\"}", ERROR_RATE_LIMIT },
		{ 200, "{}", ERROR_UPSTREAM },
		{ 200, "<html>", ERROR_UPSTREAM },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct replay_answer answers[] = {
			POSTS(UPLOAD, rows[i].status, rows[i].body), { 0 }
		};
		struct chat_request r =
			asking(*state, CHAT_PART_FILE, PDF, NULL, 1);
		struct web_call *w;
		bool ok;

		w = run(*state, answers, NULL, &r, &ok);
		assert_false(ok);
		assert_error(&w->error, rows[i].kind, "");
	}
}

/* --- The legacy protocol --- */

#define SIGNS(url)                                                             \
	POSTS("/api/pre-sign-url", 200,                                        \
	      "{\"url\":\"" url                                                \
	      "\",\"object_name\":\"o1\",\"file_id\":\"p1\"}")
#define STORAGE "https://storage.example/o1?sign=a%2Fb"
#define PUTS                                                                   \
	{                                                                      \
		.method = "PUT", .path = STORAGE, .status = 200, .body = ""    \
	}
#define RECORDS(status)                                                        \
	POSTS("/api/file", 200,                                                \
	      "{\"id\":\"f1\",\"status\":\"" status "\",\"size\":8}")
#define STEPS(one, two)                                                        \
	POSTS("/api/file/parse_process", 200,                                  \
	      "data: {\"event\":\"resp\",\"id\":\"f1\",\"status\":\"" one      \
	      "\"}\n\ndata: {\"event\":\"resp\",\"id\":\"f1\",\"status\":"     \
	      "\"" two "\"}\n\n")
#define LEGACY_CHAT                                                            \
	COMPLETES("new", 200, CMPL("Hello") ALL_DONE), CREATES("new")

static struct web_call *run_legacy(struct arena *a,
				   struct replay_answer *answers,
				   const struct chat_request *r, bool *ok)
{
	struct web_call *w = web_call_new(a, answers);

	w->config.web_protocol = CONFIG_PROTOCOL_LEGACY;
	*ok = web_call_run(w, r);
	return w;
}

/* More specific paths first: they contain the ones that follow. */
static void legacy_files_are_put_recorded_and_parsed(void **state)
{
	struct replay_answer answers[] = {
		SIGNS(STORAGE),		PUTS,	     STEPS("parsing", "parsed"),
		RECORDS("initialized"), LEGACY_CHAT, { 0 }
	};
	struct chat_request r = asking(*state, CHAT_PART_FILE, PDF, "a.pdf", 1);
	const struct replay_call *c;
	struct web_call *w;
	bool ok;

	w = run_legacy(*state, answers, &r, &ok);
	assert_true(ok);
	assert_string_equal(calls_of(w), "chat pre-sign-url o1?sign=a%2Fb file "
					 "parse_process stream");
	c = w->replay.calls;
	assert_string_equal(c[1].body,
			    "{\"action\":\"file\",\"name\":\"a.pdf\"}");
	assert_string_equal(c[2].body, "%PDF-1.4");
	assert_memory_equal(c[2].head, "application/pdf", 15);
	/* Kimi's storage is another host: it gets no token. */
	assert_null(c[2].bearer);
	assert_string_equal(c[3].body,
			    "{\"type\":\"file\",\"name\":\"a.pdf\","
			    "\"object_name\":\"o1\",\"file_id\":\"\","
			    "\"chat_id\":\"new\"}");
	assert_string_equal(c[4].body, "{\"ids\":[\"f1\"]}");
	assert_contains(c[5].body,
			"\"refs\":[\"f1\"],\"refs_file\":[{\"id\":"
			"\"f1\",\"name\":\"a.pdf\",\"size\":8,"
			"\"done\":true,\"parse_status\":\"success\"");
	assert_string_equal(web_call_note(w, "legacy file " PDF_HASH), "f1");
}

static void legacy_images_need_no_parsing(void **state)
{
	struct replay_answer answers[] = {
		SIGNS(STORAGE), PUTS, RECORDS("parsed"), LEGACY_CHAT, { 0 }
	};
	struct chat_request r = asking(*state, CHAT_PART_IMAGE, PNG, NULL, 1);
	struct web_call *w;
	bool ok;

	w = run_legacy(*state, answers, &r, &ok);
	assert_true(ok);
	assert_string_equal(w->replay.calls[1].body,
			    "{\"action\":\"image\",\"name\":\"file.png\"}");
	assert_string_equal(w->replay.calls[3].body,
			    "{\"type\":\"image\",\"name\":\"file.png\","
			    "\"file_id\":\"p1\"}");
	assert_string_equal(calls_of(w),
			    "chat pre-sign-url o1?sign=a%2Fb file stream");
}

static void legacy_parsing_may_fail(void **state)
{
	struct replay_answer answers[] = {
		SIGNS(STORAGE),		PUTS,	     STEPS("parsing", "failed"),
		RECORDS("initialized"), LEGACY_CHAT, { 0 }
	};
	struct chat_request r = asking(*state, CHAT_PART_FILE, PDF, NULL, 1);
	struct web_call *w;
	bool ok;

	w = run_legacy(*state, answers, &r, &ok);
	assert_false(ok);
	assert_error(&w->error, ERROR_VALUE, "the part");
	/* The chat that was made for it can be deleted. */
	assert_string_equal(w->stream.bookmark.chat, "new");
}

static void bytes_go_to_https_only(void **state)
{
	static const char *const urls[] = {
		"http://storage.example/o1", "ftp://storage.example/",
		"file:///etc/passwd",	     "https://a@storage.example/",
		"storage.example",	     "",
	};

	for (size_t i = 0; i < COUNT(urls); i++) {
		struct replay_answer answers[] = {
			POSTS("/api/pre-sign-url", 200,
			      arena_printf(*state,
					   "{\"url\":\"%s\",\"object_name\":"
					   "\"o\",\"file_id\":\"p\"}",
					   urls[i])),
			LEGACY_CHAT,
			{ 0 }
		};
		struct chat_request r =
			asking(*state, CHAT_PART_FILE, PDF, NULL, 1);
		struct web_call *w;
		bool ok;

		w = run_legacy(*state, answers, &r, &ok);
		assert_false(ok);
		assert_error(&w->error, ERROR_UPSTREAM, "");
		assert_string_equal(calls_of(w), "chat pre-sign-url");
	}
}

/* A host without the current protocol gets the file by the legacy one. */
static void a_file_falls_back_to_legacy_with_its_message(void **state)
{
	struct replay_answer answers[] = { POSTS(UPLOAD, 404, "<html>"),
					   SIGNS(STORAGE),
					   PUTS,
					   RECORDS("parsed"),
					   LEGACY_CHAT,
					   { 0 } };
	struct chat_request r = asking(*state, CHAT_PART_IMAGE, PNG, NULL, 1);
	struct web_call *w;
	bool ok;

	w = run(*state, answers, NULL, &r, &ok);
	assert_true(ok);
	assert_string_equal(calls_of(w), "upload chat pre-sign-url "
					 "o1?sign=a%2Fb file stream");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_a_form_and_then_a_block),
		TEST(a_file_that_kimi_has_is_not_uploaded_again),
		TEST(a_file_that_is_gone_is_uploaded_again),
		TEST(a_reply_waits_until_the_file_is_read),
		TEST(an_unreadable_file_is_the_clients_fault),
		TEST(a_refused_upload_says_why),
		TEST(legacy_files_are_put_recorded_and_parsed),
		TEST(legacy_images_need_no_parsing),
		TEST(legacy_parsing_may_fail),
		TEST(bytes_go_to_https_only),
		TEST(a_file_falls_back_to_legacy_with_its_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
