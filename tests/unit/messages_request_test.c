/* SPDX-License-Identifier: MIT */
/* The body of /messages: what each model takes, in blocks. */
#include "tests/unit/support/test.h"

#include "base/base64.h"
#include "chat/call_id.h"
#include "tests/unit/support/media.h"
#include "upstream/api/known_models.h"
#include "upstream/api/messages_request.h"
#include "upstream/model.h"
#include "upstream/services.h"

#define USER "{\"role\":\"user\",\"content\":\"Hi\"}"
#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define THINKING(text) "{\"type\":\"thinking\",\"thinking\":\"" text "\"}"
#define SENT(role, blocks) "{\"role\":\"" role "\",\"content\":[" blocks "]}"
#define HI SENT("user", TEXT("Hi"))
#define ADAPTIVE                                                               \
	",\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"}"

static bool write_body(struct arena *a, const char *model, const char *rest,
		       const char **body, struct error *e)
{
	struct chat_request r = decode(
		a, arena_printf(a, "{\"model\":\"%s\",%s}", model, rest));
	struct rope *out = rope_new(a, 1 << 20);
	struct model m = known_models_assume(model, &upstream_code);

	media_attach(a, &r);
	*body = "";
	if (!messages_request_write(out, a, &m, &r, e))
		return false;
	*body = rope_text(a, out);
	return true;
}

static const char *body_of(struct arena *a, const char *model, const char *rest)
{
	struct error e = { 0 };
	const char *body;

	if (!write_body(a, model, rest, &body, &e))
		fail_msg("%s", e.message);
	parse(a, body);
	return body;
}

struct row {
	const char *model, *members;
	const char *tools; /* what is sent of them, ended by a comma */
	const char *rest;  /* what is sent after the limit, begun by one */
};

static void adds(struct arena *a, const struct row *row, int limit)
{
	const char *body = body_of(
		a, row->model,
		arena_printf(a, "\"messages\":[" USER "]%s%s",
			     *row->members == '\0' ? "" : ",", row->members));

	assert_string_equal(
		body, arena_printf(a,
				   "{\"model\":\"%s\",%s\"messages\":[" HI "],"
				   "\"max_tokens\":%d%s,\"stream\":true}",
				   row->model, row->tools, limit, row->rest));
}

static void all_add(struct arena *a, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		adds(a, &rows[i], 32768);
}

/* What is sent of the messages. */
static void sends(struct arena *a, const char *messages, const char *expected)
{
	const char *body = body_of(
		a, "k3", arena_printf(a, "\"messages\":[%s]", messages));

	assert_string_equal(json_print(a, json_at(parse(a, body), "messages")),
			    arena_printf(a, "[%s]", expected));
}

static void the_smallest_request_has_a_limit(void **state)
{
	static const struct row rows[] = {
		{ "kimi-for-coding", "", "", "" },
		{ "k3", "", "", ADAPTIVE },
		{ "unknown", "\"temperature\":0.5,\"top_p\":0.5,\"seed\":1", "",
		  "" },
	};

	all_add(*state, rows, COUNT(rows));
}

static void limits_and_stops_are_sent(void **state)
{
	static const struct row row = {
		"kimi-for-coding", "\"max_tokens\":7,\"stop\":[\"A\",\"B\"]",
		"", ",\"stop_sequences\":[\"A\",\"B\"]"
	};
	struct model small = { .name = "small", .context = 8192 };
	struct chat_request r = { 0 };
	const char *body;
	struct error e;
	struct rope *out = rope_new(*state, 1024);

	adds(*state, &row, 7);
	body = body_of(*state, "kimi-for-coding-highspeed",
		       "\"max_tokens\":900000,\"messages\":[" USER "]");
	/* Everything that fits beside the prompt. */
	assert_in_range(json_int(parse(*state, body), "max_tokens", 0),
			262144 - 100, 262144 - 10);
	assert_true(messages_request_write(out, *state, &small, &r, &e));
	assert_contains(rope_text(*state, out), "\"max_tokens\":8192,");
}

#define OFF "\"thinking\":{\"type\":\"disabled\"}"
#define ON "\"thinking\":{\"type\":\"enabled\"}"
#define BUDGET ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":32767}"
#define EFFORT(word) "\"reasoning_effort\":\"" word "\""
#define CONFIG(word) ",\"output_config\":{\"effort\":\"" word "\"}"
#define OUTPUT(word) ADAPTIVE CONFIG(word)

static void thinking_follows_the_model(void **state)
{
	static const struct row rows[] = {
		{ "kimi-for-coding", OFF, "", "," OFF },
		{ "kimi-for-coding", ON, "", "," ON },
		{ "kimi-for-coding", EFFORT("none"), "", "," OFF },
		{ "kimi-for-coding", EFFORT("low"), "", "," ON CONFIG("low") },
		{ "kimi-for-coding", EFFORT("medium"), "",
		  "," ON CONFIG("high") },
		{ "kimi-for-coding", EFFORT("xhigh"), "",
		  "," ON CONFIG("max") },
		{ "kimi-for-coding", OFF "," EFFORT("high"), "", "," OFF },
		{ "kimi-for-coding-highspeed", OFF, "", "" },
		{ "kimi-for-coding-highspeed", EFFORT("high"), "", "" },
		{ "k3", ON, "", ADAPTIVE },
		{ "k3", OFF, "", OUTPUT("low") },
		{ "k3", EFFORT("none"), "", OUTPUT("low") },
		{ "k3", EFFORT("medium"), "", OUTPUT("high") },
		{ "k3", EFFORT("xhigh"), "", OUTPUT("max") },
		{ "k3-256k", EFFORT("ultra"), "", OUTPUT("max") },
		{ "k3.1-pro", "", "", ADAPTIVE },
		{ "k3.1-pro", OFF, "", OUTPUT("low") },
		{ "k3.1-pro", EFFORT("off"), "", OUTPUT("low") },
		{ "k3.1-pro", EFFORT("light"), "", OUTPUT("low") },
		{ "k3.1-pro", EFFORT("minimal"), "", OUTPUT("low") },
		{ "k3.1-pro", EFFORT("auto"), "", ADAPTIVE },
		{ "k3.9-listed", EFFORT("medium"), "", OUTPUT("high") },
		{ "unknown", ON, "", "" },
		{ "unknown", EFFORT("high"), "", "" },
	};

	all_add(*state, rows, COUNT(rows));
}

#define METADATA(id) ",\"metadata\":{\"user_id\":\"" id "\"}"

static void the_cache_key_or_the_user_is_sent(void **state)
{
	static const struct row rows[] = {
		{ "kimi-for-coding", "\"prompt_cache_key\":\"s\"", "",
		  METADATA("s") },
		{ "kimi-for-coding", "\"user\":\"u\"", "", METADATA("u") },
		{ "kimi-for-coding",
		  "\"user\":\"u\",\"prompt_cache_key\":\"s\"", "",
		  METADATA("s") },
	};

	all_add(*state, rows, COUNT(rows));
}

#define TOOL(name)                                                             \
	"{\"type\":\"function\",\"function\":{\"name\":\"" name                \
	"\",\"strict\":true}}"
#define TOOLS                                                                  \
	"\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","      \
	"\"description\":\"d\",\"parameters\":{\"type\":\"object\","           \
	"\"properties\":{\"a\":{\"type\":\"string\"}}}}}," TOOL("g") "]"
#define SENT_F                                                                 \
	"{\"name\":\"f\",\"description\":\"d\",\"input_schema\":{\"type\":"    \
	"\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}"
#define SENT_G                                                                 \
	"{\"name\":\"g\",\"input_schema\":{\"type\":\"object\",\"properties\"" \
	":{}}}"
#define SENT_TOOLS "\"tools\":[" SENT_F "," SENT_G "]"
#define CHOICE(type) ",\"tool_choice\":{\"type\":\"" type "\"}"
#define ONE_CALL(type)                                                         \
	",\"tool_choice\":{\"type\":\"" type                                   \
	"\",\"disable_parallel_tool_use\":true}"
#define CHOOSE(word) TOOLS ",\"tool_choice\":\"" word "\""
#define NAMED                                                                  \
	TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":"          \
	      "{\"name\":\"g\"}}"

static void tools_and_choices_follow_the_model(void **state)
{
	static const struct row rows[] = {
		{ "k3", TOOLS, SENT_TOOLS ",", ADAPTIVE },
		{ "k3", CHOOSE("auto"), SENT_TOOLS ",", ADAPTIVE },
		{ "k3", CHOOSE("none"), SENT_TOOLS CHOICE("none") ",",
		  ADAPTIVE },
		{ "k3", CHOOSE("required"), SENT_TOOLS CHOICE("any") ",",
		  ADAPTIVE },
		{ "k3", NAMED, "\"tools\":[" SENT_G "]" CHOICE("any") ",",
		  ADAPTIVE },
		{ "k3", TOOLS ",\"parallel_tool_calls\":false",
		  SENT_TOOLS ONE_CALL("auto") ",", ADAPTIVE },
		{ "kimi-for-coding",
		  CHOOSE("required") ",\"parallel_tool_calls\":false",
		  SENT_TOOLS ONE_CALL("any") ",", "," OFF },
		{ "kimi-for-coding", NAMED,
		  "\"tools\":[" SENT_G "]" CHOICE("any") ",", "," OFF },
	};

	all_add(*state, rows, COUNT(rows));
}

static void formats_are_sent(void **state)
{
	static const struct row row = {
		"k3",
		EFFORT("low") ",\"response_format\":{\"type\":"
			      "\"json_schema\",\"json_schema\":{\"name\":"
			      "\"n\",\"strict\":true,\"schema\":{\"type\":"
			      "\"object\"}}}",
		"",
		ADAPTIVE ",\"output_config\":{\"effort\":\"low\","
			 "\"format\":{\"type\":\"json_schema\",\"schema\":"
			 "{\"type\":\"object\"}}}"
	};
	const char *body = body_of(*state, "kimi-for-coding",
				   "\"messages\":[" USER
				   "],\"response_format\":"
				   "{\"type\":\"json_object\"}");

	adds(*state, &row, 32768);
	assert_contains(body,
			"\"system\":[" TEXT("Answer with one JSON object and "
					    "nothing else.") "],\"messages\"");
}

static void system_messages_are_collected(void **state)
{
	const char *body = body_of(
		*state, "k3",
		"\"messages\":[{\"role\":\"system\",\"content\":\"A\"}," USER
		",{\"role\":\"developer\",\"content\":\"B\"}]");

	assert_contains(body, "\"system\":[" TEXT("A") "," TEXT(
				      "B") "],\"messages\":[" HI "]");
	body = body_of(*state, "k3",
		       "\"messages\":[{\"role\":\"system\",\"content\":"
		       "\"Hi\"}]");
	assert_contains(body, "\"k3\",\"messages\":[" HI "]");
}

static void neighbours_of_one_role_are_one_message(void **state)
{
	sends(*state,
	      USER "," USER ",{\"role\":\"assistant\",\"content\":\"a\"},"
		   "{\"role\":\"system\",\"content\":\"s\"},"
		   "{\"role\":\"assistant\",\"content\":\"b\","
		   "\"reasoning_content\":\"t\"}," USER,
	      SENT("user", TEXT("Hi") "," TEXT("Hi")) "," SENT(
		      "assistant",
		      TEXT("a") "," THINKING("t") "," TEXT("b")) "," HI);
}

static void a_partial_reply_stays_the_last_message(void **state)
{
	sends(*state,
	      USER ",{\"role\":\"assistant\",\"content\":\"{\",\"partial\":"
		   "true}",
	      HI "," SENT("assistant", TEXT("{")));
}

#define CALLED(id, arguments)                                                  \
	"{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":"     \
	"\"f\",\"arguments\":\"" arguments "\"}}"
#define CALLS(calls) "{\"role\":\"assistant\",\"tool_calls\":[" calls "]}"
#define RESULT(id)                                                             \
	"{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"r\"}"
#define USE(id, input)                                                         \
	"{\"type\":\"tool_use\",\"id\":\"" id                                  \
	"\",\"name\":\"f\",\"input\":" input "}"
#define RESULTED(id)                                                           \
	"{\"type\":\"tool_result\",\"tool_use_id\":\"" id                      \
	"\",\"content\":[" TEXT("r") "]}"
#define MENDED(id)                                                             \
	"{\"type\":\"tool_result\",\"tool_use_id\":\"" id                      \
	"\",\"content\":\"(no result)\"}"

static void calls_and_results_are_blocks(void **state)
{
	sends(*state,
	      USER "," CALLS(CALLED("f:0", "{\\\"a\\\":1}") "," CALLED(
		      "f.\xC3\xA9-1",
		      "[1")) "," RESULT("f:0") "," RESULT("f.\xC3\xA9-1") "," USER,
	      HI "," SENT(
		      "assistant",
		      THINKING(" ") "," USE("f_0", "{\"a\":1}") "," USE(
			      "f___-1",
			      "{\"INVALID_JSON\":\"[1\"}")) "," SENT("user",
								     RESULTED("f_0") "," RESULTED(
									     "f___-1") "," TEXT("Hi")));
}

static void missing_results_are_added(void **state)
{
	sends(*state,
	      USER "," CALLS(
		      CALLED("a", "{}") "," CALLED("b", "{}")) "," RESULT("a"),
	      HI "," SENT("assistant",
			  THINKING(" ") "," USE("a", "{}") "," USE(
				  "b", "{}")) "," SENT("user",
						       MENDED("b") "," RESULTED(
							       "a")));
}

static void kimi_gets_its_own_call_ids_back(void **state)
{
	const char *id = call_id_wrap(*state, "get_weather:0");
	const char *body = body_of(
		*state, "k3",
		arena_printf(*state,
			     "\"messages\":[" USER
			     ",{\"role\":\"assistant\",\"tool_calls\":[{"
			     "\"id\":\"%s\",\"function\":{\"name\":\"f\","
			     "\"arguments\":\"{}\"}}]},{\"role\":\"tool\","
			     "\"tool_call_id\":\"%s\",\"content\":\"\"}]",
			     id, id));

	assert_contains(body, USE("get_weather_0", "{}"));
	assert_contains(body, "\"tool_use_id\":\"get_weather_0\","
			      "\"content\":[]}");
}

#define IMAGE(url) "{\"type\":\"image_url\",\"image_url\":\"" url "\"}"
#define MEDIA(part) "{\"role\":\"user\",\"content\":[" part "]}"

static void images_become_sources(void **state)
{
	sends(*state,
	      MEDIA(IMAGE("data:image/png;base64,iVBORw0KGgo=") "," IMAGE(
		      "ms://f1")),
	      SENT("user", "{\"type\":\"image\",\"source\":{\"type\":"
			   "\"base64\",\"media_type\":\"image/png\",\"data\":"
			   "\"iVBORw0KGgo=\"}},{\"type\":\"image\",\"source\":"
			   "{\"type\":\"url\",\"url\":\"ms://f1\"}}"));
}

static void other_media_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ IMAGE("https://x.example/a.png"), "image_url" },
		{ IMAGE("data:image/svg+xml,%3Csvg/%3E"), "image_url" },
		{ "{\"type\":\"video_url\",\"video_url\":\"ms://v\"}",
		  "video_url" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct error e = { .kind = ERROR_KINDS };
		const char *body;

		assert_false(write_body(*state, "k3",
					arena_printf(*state,
						     "\"messages\":[" USER
						     "," MEDIA("%s") "]",
						     rows[i][0]),
					&body, &e));
		assert_error(&e, ERROR_VALUE,
			     arena_printf(*state, "messages[1].content[0].%s",
					  rows[i][1]));
	}
}

/* --- Files whose bytes were found --- */

/* A request of one image that the client names by the id of its file. */
static bool write_uploaded(struct arena *a, const struct chat_file *file,
			   size_t limit, const char **body, struct error *e)
{
	const struct chat_part part = { .kind = CHAT_PART_IMAGE,
					.id = "file-1",
					.file = file };
	const struct chat_message message = { .role = CHAT_USER,
					      .parts = &part,
					      .n_parts = 1 };
	const struct chat_request r = { .messages = &message, .n_messages = 1 };
	struct model m = known_models_assume("k3", &upstream_code);
	struct rope *out = rope_new(a, limit);

	*body = "";
	if (!messages_request_write(out, a, &m, &r, e))
		return false;
	*body = rope_text(a, out);
	return true;
}

static void an_uploaded_image_goes_into_the_body(void **state)
{
	/* Shorter and longer than the pieces in which it is read. */
	static const size_t sizes[] = { 1,     2,     3,     3071,
					3072,  3073,  20000, 65535,
					65536, 65537, 66000, 200000 };
	char *bytes = arena_alloc(*state, 200000);

	for (size_t i = 0; i < 200000; i++)
		bytes[i] = (char)(i * 7);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *text = arena_alloc(*state, BASE64_LENGTH(sizes[i]) + 1);
		struct error e = { 0 };
		const cJSON *source;
		const char *body;

		base64_write(bytes, sizes[i], text);
		if (!write_uploaded(*state,
				    media_file(*state, bytes, sizes[i], false),
				    1 << 20, &body, &e))
			fail_msg("%s", e.message);
		source = json_at(parse(*state, body),
				 "messages.0.content.0.source");
		assert_string_equal(json_text(source, "type"), "base64");
		assert_string_equal(json_text(source, "media_type"),
				    "image/png");
		assert_string_equal(json_text(source, "data"), text);
	}
}

static void a_file_that_cannot_be_read_fails_the_request(void **state)
{
	struct error e = { 0 };
	const char *body;

	assert_false(write_uploaded(*state, media_file(*state, "", 8, true),
				    1 << 20, &body, &e));
	assert_int_equal(e.kind, ERROR_INTERNAL);
	assert_string_equal(e.message, "The disk is broken.");
}

static void a_request_beyond_the_limit_is_refused(void **state)
{
	const char *bytes = arena_alloc(*state, 2000);
	struct error e = { 0 };
	const char *body;

	assert_false(write_uploaded(*state,
				    media_file(*state, bytes, 2000, false),
				    1000, &body, &e));
	assert_int_equal(e.kind, ERROR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_smallest_request_has_a_limit),
		TEST(limits_and_stops_are_sent),
		TEST(thinking_follows_the_model),
		TEST(the_cache_key_or_the_user_is_sent),
		TEST(tools_and_choices_follow_the_model),
		TEST(formats_are_sent),
		TEST(system_messages_are_collected),
		TEST(neighbours_of_one_role_are_one_message),
		TEST(a_partial_reply_stays_the_last_message),
		TEST(calls_and_results_are_blocks),
		TEST(missing_results_are_added),
		TEST(kimi_gets_its_own_call_ids_back),
		TEST(images_become_sources),
		TEST(other_media_are_refused),
		TEST(an_uploaded_image_goes_into_the_body),
		TEST(a_file_that_cannot_be_read_fails_the_request),
		TEST(a_request_beyond_the_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
