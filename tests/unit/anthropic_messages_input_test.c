/* SPDX-License-Identifier: MIT */
/* Messages and blocks of an Anthropic Messages request. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "dialect/dialect.h"
#include "dialect/sealed.h"

static const cJSON *body(struct arena *a, const char *messages)
{
	return parse(a, arena_printf(a,
				     "{\"model\":\"m\",\"max_tokens\":5,"
				     "\"messages\":[%s]}",
				     messages));
}

/* Messages on one line each, as "user: a|b", "assistant: a (why) +id=f{}",
 * "tool id: x"; "~" after a role marks a message that is continued. */
static const char *or_nothing(const char *text)
{
	return text == NULL ? "" : text;
}

static const char *told_part(struct arena *a, const struct chat_part *part)
{
	static const char *const kinds[] = {
		[CHAT_PART_TEXT] = "",
		[CHAT_PART_IMAGE] = "image ",
		[CHAT_PART_VIDEO] = "video ",
		[CHAT_PART_FILE] = "file ",
	};

	return arena_printf(a, "%s%s%s%s", kinds[part->kind],
			    or_nothing(part->name),
			    part->name == NULL ? "" : " ", part->text);
}

static const char *told_message(struct arena *a, const struct chat_message *m)
{
	const char *text = arena_printf(a, "%s%s%s%s:", chat_role_name(m->role),
					m->partial ? "~" : "",
					m->call_id == NULL ? "" : " ",
					or_nothing(m->call_id));

	for (size_t i = 0; i < m->n_parts; i++)
		text = arena_printf(a, "%s%s%s", text, i == 0 ? " " : "|",
				    told_part(a, &m->parts[i]));
	if (m->reasoning != NULL)
		text = arena_printf(a, "%s (%s)", text, m->reasoning);
	for (size_t i = 0; i < m->n_calls; i++)
		text = arena_printf(a, "%s +%s=%s%s", text, m->calls[i].id,
				    m->calls[i].name, m->calls[i].arguments);
	return text;
}

static const char *told(struct arena *a, const char *messages)
{
	struct chat_request r;
	const char *text = "";
	struct error e;

	if (!dialect_anthropic_messages.decode(a, body(a, messages), &r, &e))
		fail_msg("%s In: %s", e.message, messages);
	for (size_t i = 0; i < r.n_messages; i++)
		text = arena_printf(a, "%s%s%s", text, i == 0 ? "" : "\n",
				    told_message(a, &r.messages[i]));
	return text;
}

static void tells(struct arena *a, const char *messages, const char *wanted)
{
	assert_string_equal(told(a, messages), wanted);
}

static void refused(struct arena *a, const char *messages, enum error_kind kind,
		    const char *param)
{
	struct error e = { .kind = ERROR_KINDS };
	struct chat_request r;

	if (dialect_anthropic_messages.decode(a, body(a, messages), &r, &e))
		fail_msg("accepted: %s", messages);
	if (e.kind != kind || strcmp(e.param, param) != 0)
		fail_msg("%s %s, not %s %s: %s", error_name(e.kind), e.param,
			 error_name(kind), param, messages);
	if (*param != '\0')
		assert_int_equal(strncmp(e.message, param, strlen(param)), 0);
}

#define USER(content) "{\"role\":\"user\",\"content\":" content "}"
#define ANSWER(content) "{\"role\":\"assistant\",\"content\":" content "}"
#define SYSTEM(content) "{\"role\":\"system\",\"content\":" content "}"
#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define USE(id)                                                                \
	"{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"f\","             \
	"\"input\":{\"a\":1}}"
#define RESULT(id, content)                                                    \
	"{\"type\":\"tool_result\",\"tool_use_id\":\"" id                      \
	"\",\"content\":" content "}"
#define PICTURE                                                                \
	"{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":"  \
	"\"image/png\",\"data\":\"AAAA\"}}"

static void content_is_a_string_or_blocks(void **state)
{
	tells(*state, USER("\"a\"") "," ANSWER("\"b\"") "," USER("\"c\""),
	      "user: a\nassistant: b\nuser: c");
	tells(*state, USER("[" TEXT("a") "," TEXT("") "," TEXT("b") "]"),
	      "user: a|b");
	tells(*state,
	      USER("[{\"type\":\"text\",\"text\":\"a\",\"citations\":[],"
		   "\"cache_control\":{\"type\":\"ephemeral\"}}]"),
	      "user: a");
}

static void empty_messages_are_dropped(void **state)
{
	tells(*state,
	      USER("\"a\"") "," ANSWER("[]") "," ANSWER("\"\"") "," SYSTEM(
		      "\"\"") "," USER("[]") "," USER("\"b\""),
	      "user: a\nuser: b");
}

/* As Claude Code 2.1 has it. */
static void a_system_message_stays_where_it_is(void **state)
{
	tells(*state,
	      USER("\"a\"") "," SYSTEM("[" TEXT("s") "," TEXT("t") "]") "," ANSWER(
		      "\"b\"") "," SYSTEM("\"u\"") "," USER("\"c\""),
	      "user: a\nsystem: s\n\nt\nassistant: b\nsystem: u\nuser: c");
}

static void a_final_assistant_message_is_continued(void **state)
{
	tells(*state, USER("\"a\"") "," ANSWER("\"{\""),
	      "user: a\nassistant~: {");
	tells(*state, USER("\"a\"") "," ANSWER("[" USE("toolu_1") "]"),
	      "user: a\nassistant: +call_1=f{\"a\":1}");
	tells(*state, USER("\"a\"") "," ANSWER("\"b\"") "," USER("\"c\""),
	      "user: a\nassistant: b\nuser: c");
}

static void calls_and_results_have_our_ids(void **state)
{
	tells(*state,
	      USER("\"a\"") "," ANSWER("[" TEXT("b") "," USE("toolu_1") "," USE("call_2") "]") "," USER(
		      "[" RESULT("toolu_1", "\"x\"") "," RESULT(
			      "call_2", "[" TEXT("y") "," TEXT("z") "]") "]"),
	      "user: a\nassistant: b +call_1=f{\"a\":1} +call_2=f{\"a\":1}\n"
	      "tool call_1: x\ntool call_2: y|z");
}

#define INPUT(json)                                                            \
	"{\"type\":\"tool_use\",\"id\":\"i\",\"name\":\"f\"" json "}"

static void tool_input_may_be_missing_or_json_in_a_string(void **state)
{
	static const char *const rows[][2] = {
		{ "", "{}" },
		{ ",\"input\":null", "{}" },
		{ ",\"input\":\"\"", "{}" },
		{ ",\"input\":\"{\\\"a\\\": 1.0}\"", "{\"a\": 1.0}" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		tells(*state,
		      arena_printf(
			      *state,
			      USER("\"a\"") "," ANSWER("[" INPUT("%s") "]"),
			      rows[i][0]),
		      arena_printf(*state, "user: a\nassistant: +i=f%s",
				   rows[i][1]));
}

static void results_come_before_everything_else(void **state)
{
	const char *start = "user: a\nassistant: +call_1=f{\"a\":1} "
			    "+call_2=f{\"a\":1}\ntool call_1: x\n"
			    "tool call_2: y\n";
#define CALLS                                                                  \
	USER("\"a\"") "," ANSWER("[" USE("toolu_1") "," USE("toolu_2") "]") ","

	tells(*state,
	      CALLS USER(
		      "[" TEXT("t") "," RESULT("toolu_1", "\"x\"") "," RESULT(
			      "toolu_2", "\"y\"") "," TEXT("u") "]"),
	      arena_printf(*state, "%suser: t|u", start));
	tells(*state,
	      CALLS USER("[" RESULT("toolu_1", "\"x\"") "," TEXT(
		      "t") "]") "," USER("[" RESULT("toolu_2", "\"y\"") "]"),
	      arena_printf(*state, "%suser: t", start));
	tells(*state,
	      CALLS SYSTEM("\"s\"") "," USER("[" RESULT(
		      "toolu_1", "\"x\"") "," RESULT("toolu_2", "\"y\"") "]"),
	      arena_printf(*state, "%ssystem: s", start));
}

static void consecutive_assistant_messages_are_joined(void **state)
{
	const char *turns = arena_printf(
		*state, "%s,%s,%s,%s,%s,%s", USER("\"a\""),
		ANSWER("[{\"type\":\"thinking\",\"thinking\":\"w\"}]"),
		ANSWER("\"b\""), ANSWER("[" USE("toolu_1") "]"),
		ANSWER("[{\"type\":\"thinking\",\"thinking\":\"v\"}," USE(
			"toolu_2") "]"),
		USER("\"c\""));

	tells(*state, turns,
	      "user: a\nassistant: b (w\nv) +call_1=f{\"a\":1} "
	      "+call_2=f{\"a\":1}\nuser: c");
}

static void failed_results_say_so_and_empty_ones_stay_empty(void **state)
{
#define CALLED USER("\"a\"") "," ANSWER("[" USE("toolu_1") "]") ","
#define AFTER_CALL "user: a\nassistant: +call_1=f{\"a\":1}\ntool call_1:"
	tells(*state,
	      CALLED USER("[{\"type\":\"tool_result\",\"tool_use_id\":"
			  "\"toolu_1\",\"is_error\":true,\"content\":"
			  "\"no such file\"}]"),
	      AFTER_CALL " Error: |no such file");
	tells(*state,
	      CALLED USER("[{\"type\":\"tool_result\",\"tool_use_id\":"
			  "\"toolu_1\",\"is_error\":true}]"),
	      AFTER_CALL " Error: ");
	tells(*state,
	      CALLED USER("[{\"type\":\"tool_result\",\"tool_use_id\":"
			  "\"toolu_1\",\"is_error\":false,\"content\":null}]"),
	      AFTER_CALL);
}

static void images_are_data_or_urls(void **state)
{
	tells(*state,
	      USER("[" PICTURE ",{\"type\":\"image\",\"source\":{\"type\":"
		   "\"url\",\"url\":\"http://x/y.png\"}}]"),
	      "user: image data:image/png;base64,AAAA|image http://x/y.png");
	refused(*state,
		USER("[{\"type\":\"image\",\"source\":{\"type\":\"file\","
		     "\"file_id\":\"file_1\"}}]"),
		ERROR_UNSUPPORTED, "messages.0.content.0.source.type");
}

static void images_in_results_follow_after_them(void **state)
{
	tells(*state,
	      CALLED USER(
		      "[" RESULT("toolu_1", "[" PICTURE "]") "," TEXT("t") "]"),
	      AFTER_CALL " (The result is below.)\n"
			 "user: image data:image/png;base64,AAAA|t");
	tells(*state,
	      CALLED USER(
		      "[" RESULT("toolu_1", "[" TEXT("r") "," PICTURE "]") "]"),
	      AFTER_CALL " r\nuser: image data:image/png;base64,AAAA");
}

#define DOCUMENT(source, more)                                                 \
	"{\"type\":\"document\",\"source\":{" source "}" more "}"

static void documents_are_texts_or_files(void **state)
{
	const char *texts =
		arena_printf(*state, USER("[%s,%s]"),
			     DOCUMENT("\"type\":\"text\",\"media_type\":"
				      "\"text/plain\",\"data\":\"d\"",
				      ",\"title\":\"T\",\"context\":\"C\""),
			     DOCUMENT("\"type\":\"content\",\"content\":[" TEXT(
					      "e") "," TEXT("f") "]",
				      ""));

	tells(*state, texts,
	      "user: <document>\nT\nC\nd\n</document>\n|"
	      "<document>\ne\nf\n</document>\n");
	tells(*state,
	      USER("[" DOCUMENT(
		      "\"type\":\"base64\",\"media_type\":"
		      "\"application/pdf\",\"data\":\"AAAA\"",
		      ",\"title\":\"a.pdf\"") "," DOCUMENT("\"type\":\"url\",\"url\":"
							   "\"http://x/b.pdf\"",
							   "") "]"),
	      "user: file a.pdf data:application/pdf;base64,AAAA|"
	      "file http://x/b.pdf");
	refused(*state,
		USER("[" DOCUMENT("\"type\":\"file\",\"file_id\":\"f\"",
				  "") "]"),
		ERROR_UNSUPPORTED, "messages.0.content.0.source.type");
}

#define THINKING(text, signature)                                              \
	"{\"type\":\"thinking\",\"thinking\":\"" text                          \
	"\",\"signature\":\"" signature "\"}"

static void thinking_comes_back_by_text_or_signature(void **state)
{
	const char *mine = sealed_put(*state, "hm", 2);
	const struct {
		const char *block, *reasoning;
	} rows[] = {
		{ THINKING("well", "foreign"), " (well)" },
		{ THINKING("", "ErUBforeign"), "" },
		{ "{\"type\":\"thinking\"}", "" },
		{ arena_printf(*state, THINKING("", "%s"), mine), " (hm)" },
		{ arena_printf(*state, THINKING("", "%.*s"),
			       (int)strlen(mine) - 4, mine),
		  "" },
		{ arena_printf(*state,
			       "{\"type\":\"redacted_thinking\","
			       "\"data\":\"%s\"}",
			       mine),
		  " (hm)" },
		{ "{\"type\":\"redacted_thinking\",\"data\":\"x\"}", "" },
		{ arena_printf(*state,
			       THINKING("one", "x") "," THINKING("", "%s"),
			       mine),
		  " (one\nhm)" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		tells(*state,
		      arena_printf(*state,
				   USER("\"a\"") "," ANSWER("[%s," TEXT(
					   "b") "]") "," USER("\"c\""),
				   rows[i].block),
		      arena_printf(*state, "user: a\nassistant: b%s\nuser: c",
				   rows[i].reasoning));
}

/* Somebody else's thinking is not the model's. */
static void only_assistant_messages_have_thinking(void **state)
{
	tells(*state, USER("[" THINKING("x", "y") "," TEXT("a") "]"),
	      "user: a");
}

static void readable_results_of_server_tools_become_text(void **state)
{
	tells(*state,
	      USER("\"a\"") "," ANSWER(
		      "[{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":"
		      "\"web_search\",\"input\":{}},"
		      "{\"type\":\"web_search_tool_result\",\"tool_use_id\":"
		      "\"s\",\"content\":[{\"type\":\"web_search_result\","
		      "\"title\":\"T\",\"url\":\"http://x\","
		      "\"encrypted_content\":\"e\"}]}," TEXT(
			      "b") "]") "," USER("\"c\""),
	      "user: a\nassistant: T\nhttp://x\n|b\nuser: c");
	tells(*state,
	      USER("[{\"type\":\"search_result\",\"source\":\"s\","
		   "\"title\":\"t\",\"content\":[" TEXT(
			   "u") "]},"
				"{\"type\":\"container_upload\",\"file_id\":\"f\"},"
				"{\"type\":\"bash_code_execution_tool_result\","
				"\"content\":{\"stdout\":\"o\",\"stderr\":\"p\"}},"
				"{\"type\":\"newer\",\"text\":\"n\"},"
				"{\"type\":\"newest\",\"x\":1}]"),
	      "user: t\ns\nu\n|o\np\n|n\n");
	tells(*state,
	      CALLED USER("[" RESULT("toolu_1", "[{\"type\":\"tool_reference\","
						"\"tool_name\":\"g\"}]") "]"),
	      AFTER_CALL " g\n");
}

static void errors_name_the_field(void **state)
{
	static const struct {
		const char *messages;
		enum error_kind kind;
		const char *param;
	} rows[] = {
		{ "1", ERROR_TYPE, "messages.0" },
		{ "{\"content\":\"x\"}", ERROR_MISSING, "messages.0.role" },
		{ "{\"role\":\"tool\",\"content\":\"x\"}", ERROR_VALUE,
		  "messages.0.role" },
		{ USER("\"a\"") ",{\"role\":\"user\"}", ERROR_MISSING,
		  "messages.1.content" },
		{ USER("1"), ERROR_TYPE, "messages.0.content" },
		{ USER("[1]"), ERROR_TYPE, "messages.0.content.0" },
		{ USER("[" TEXT("a") ",{\"text\":\"b\"}]"), ERROR_MISSING,
		  "messages.0.content.1.type" },
		{ USER("[{\"type\":\"text\"}]"), ERROR_MISSING,
		  "messages.0.content.0.text" },
		{ USER("[{\"type\":\"image\"}]"), ERROR_MISSING,
		  "messages.0.content.0.source.type" },
		{ USER("[{\"type\":\"image\",\"source\":{\"type\":\"base64\"}}"
		       "]"),
		  ERROR_MISSING, "messages.0.content.0.source.data" },
		{ USER("[{\"type\":\"image\",\"source\":{\"type\":\"url\"}}]"),
		  ERROR_MISSING, "messages.0.content.0.source.url" },
		{ USER("[" USE("toolu_1") "]"), ERROR_VALUE,
		  "messages.0.content.0" },
		{ ANSWER("[" RESULT("toolu_1", "\"x\"") "]"), ERROR_VALUE,
		  "messages.0.content.0" },
		{ ANSWER("[{\"type\":\"tool_use\",\"name\":\"f\"}]"),
		  ERROR_MISSING, "messages.0.content.0.id" },
		{ ANSWER("[{\"type\":\"tool_use\",\"id\":\"f\"}]"),
		  ERROR_MISSING, "messages.0.content.0.name" },
		{ USER("[{\"type\":\"tool_result\"}]"), ERROR_MISSING,
		  "messages.0.content.0.tool_use_id" },
		{ ANSWER("[" INPUT(",\"input\":\"x\"") "]"), ERROR_TYPE,
		  "messages.0.content.0.input" },
		{ ANSWER("[" INPUT(",\"input\":\"[1]\"") "]"), ERROR_TYPE,
		  "messages.0.content.0.input" },
		{ ANSWER("[" INPUT(",\"input\":[1]") "]"), ERROR_TYPE,
		  "messages.0.content.0.input" },
		{ ANSWER("[" INPUT(",\"input\":7") "]"), ERROR_TYPE,
		  "messages.0.content.0.input" },
		{ USER("[" RESULT("i", "1") "]"), ERROR_TYPE,
		  "messages.0.content.0.content" },
		{ USER("[" RESULT("i",
				  "[" TEXT("a") ",{\"type\":\"text\"}]") "]"),
		  ERROR_MISSING, "messages.0.content.0.content.1.text" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		refused(*state, rows[i].messages, rows[i].kind, rows[i].param);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(content_is_a_string_or_blocks),
		TEST(empty_messages_are_dropped),
		TEST(a_system_message_stays_where_it_is),
		TEST(a_final_assistant_message_is_continued),
		TEST(calls_and_results_have_our_ids),
		TEST(tool_input_may_be_missing_or_json_in_a_string),
		TEST(results_come_before_everything_else),
		TEST(consecutive_assistant_messages_are_joined),
		TEST(failed_results_say_so_and_empty_ones_stay_empty),
		TEST(images_are_data_or_urls),
		TEST(images_in_results_follow_after_them),
		TEST(documents_are_texts_or_files),
		TEST(thinking_comes_back_by_text_or_signature),
		TEST(only_assistant_messages_have_thinking),
		TEST(readable_results_of_server_tools_become_text),
		TEST(errors_name_the_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
