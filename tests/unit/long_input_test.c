/* SPDX-License-Identifier: MIT */
/* Inputs of many small pieces that become one: the memory that they take grows
 * with them, and not with their square. */
#include "tests/unit/support/test.h"

#include <string.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "dialect/dialect.h"

#define PIECES 4000
#define MOST_KIB (64 * 1024)
#define LIMIT (16 * 1024 * 1024)

/* The most that the process has had. */
static long memory_kib(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

/* A request of `before`, many times the piece, and `after`. */
static struct chat_request many(struct arena *a, const struct dialect *d,
				const char *before, const char *piece,
				const char *after)
{
	struct buf *text = arena_buf(a, LIMIT);
	struct chat_request q;
	struct error e;
	const cJSON *body;
	long kib;

	buf_puts(text, before);
	for (size_t i = 0; i < PIECES; i++)
		buf_printf(text, "%s%s", i == 0 ? "" : ",", piece);
	buf_puts(text, after);
	body = parse(a, buf_text(text));
	kib = memory_kib();
	if (!d->decode(a, body, &q, &e))
		fail_msg("%s", e.message);
	assert_in_range(memory_kib() - kib, 0, MOST_KIB);
	return q;
}

static void many_results_of_a_call(void **state)
{
	struct chat_request q =
		many(*state, &dialect_openai_responses,
		     "{\"model\":\"m\",\"input\":[{\"type\":\"function_call\","
		     "\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"},",
		     "{\"type\":\"function_call_output\",\"call_id\":\"c\","
		     "\"output\":\"x\"}",
		     "]}");

	assert_int_equal(q.n_messages, 2);
	assert_int_equal(strlen(chat_message_text(&q.messages[1], *state)),
			 2 * PIECES - 1);
}

static void many_replies_one_after_another(void **state)
{
	struct chat_request q = many(
		*state, &dialect_anthropic_messages,
		"{\"model\":\"m\",\"max_tokens\":5,\"messages\":[",
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\","
		"\"thinking\":\"A thought of some length, and another.\"},"
		"{\"type\":\"text\",\"text\":\"x\"},{\"type\":\"tool_use\","
		"\"id\":\"c\",\"name\":\"f\",\"input\":{}}]}",
		"]}");

	assert_int_equal(q.n_messages, 1);
	assert_int_equal(q.messages[0].n_parts, PIECES);
	assert_int_equal(q.messages[0].n_calls, PIECES);
}

static void many_thoughts_of_a_reply(void **state)
{
	struct chat_request q = many(
		*state, &dialect_anthropic_messages,
		"{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":"
		"\"assistant\",\"content\":[",
		"{\"type\":\"thinking\",\"thinking\":"
		"\"A thought of some length, and another.\"}",
		"]}]}");

	assert_int_equal(q.n_messages, 1);
	assert_int_equal(strlen(q.messages[0].reasoning), 39 * PIECES - 1);
}

#define LONG_NAME                                                              \
	"0123456789012345678901234567890123456789012345678901234567890123456"  \
	"7890123456789012345678901234567890123456789012345678901234567890123"

static void many_allowed_tools(void **state)
{
	struct buf *before = arena_buf(*state, LIMIT);
	struct chat_request q;

	buf_puts(before, "{\"model\":\"m\",\"input\":\"Hi\",\"tools\":[");
	for (int i = 0; i < 300; i++)
		buf_printf(before, "%s{\"type\":\"function\",\"name\":\"f%d\"}",
			   i == 0 ? "" : ",", i);
	buf_puts(before,
		 "],\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":"
		 "\"auto\",\"tools\":[{\"name\":\"f299\"},");
	q = many(*state, &dialect_openai_responses, buf_text(before),
		 "{\"namespace\":\"n\",\"name\":\"" LONG_NAME "\"}", "]}}");
	assert_int_equal(q.n_tools, 1);
	assert_string_equal(q.tools[0].name, "f299");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(many_results_of_a_call),
		TEST(many_allowed_tools),
		TEST(many_thoughts_of_a_reply),
		TEST(many_replies_one_after_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
