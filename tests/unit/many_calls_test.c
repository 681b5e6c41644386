/* SPDX-License-Identifier: MIT */
/* Replies and requests with very many tool calls take time in proportion. */
#include "tests/unit/support/test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/unit/support/scenes.h"
#include "tests/unit/support/site.h"

#define FEW ((size_t)2000)
#define TIMES 8

/* In proportion it is TIMES, to the square it is TIMES * TIMES. */
#define MOST (2 * TIMES)

/* What else the machine does only makes it longer, now and then. */
#define TRIES 6

#define LIMIT (64 * 1024 * 1024)

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One line for each i below n. */
static void repeat(struct buf *out, size_t n, const char *before,
		   const char *after)
{
	char number[24];

	for (size_t i = 0; i < n; i++) {
		snprintf(number, sizeof(number), "%zu", i);
		buf_puts(out, before);
		buf_puts(out, number);
		buf_puts(out, after);
	}
}

/* The processor time of one request that must succeed. */
static double ask(struct arena *a, const char *uri, const char *body,
		  const char *reply)
{
	struct replay_answer answers[] = {
		PLATFORM_SAYS(200, reply),
		{ 0 },
	};
	struct site *s = site_open(a, NULL, answers);
	double begun = seconds();

	s->replay.step = 4096;
	assert_contains(site_ask(s, "POST", uri, body), "Status: 200 ");
	return seconds() - begun;
}

/* What takes `n` times something; gives its time. */
typedef double measure_time(struct arena *a, const void *what, size_t n);

static void assert_in_proportion(struct arena *a, const char *name,
				 measure_time *measure, const void *what)
{
	double few = 0, many = 0;

	for (int i = 0; i < TRIES; i++) {
		few = measure(a, what, FEW);
		many = measure(a, what, FEW * TIMES);
		if (many <= MOST * few)
			return;
	}
	fail_msg("%s: %.3f s, and %.3f s for %d times as much", name, few, many,
		 TIMES);
}

#define CALL(id)                                                               \
	"\"id\":\"c" id "\",\"function\":{\"name\":\"f\",\"arguments\":"       \
	"\"{}\"}}"
#define DELTA_OF(more) "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{" more

static const struct reply {
	const char *before, *after;
} replies[] = {
	/* With an index, and with nothing but an id. */
	{ DELTA_OF("\"index\":"), ",\"function\":{\"name\":\"f\","
				  "\"arguments\":\"{}\"}}]}}]}\n\n" },
	{ DELTA_OF("\"id\":\"c"), "\",\"function\":{\"name\":\"f\","
				  "\"arguments\":\"{}\"}}]}}]}\n\n" },
};

static const struct asked {
	const char *uri, *body;
} asked[] = {
	{ CHAT, "{\"model\":\"kimi-k3\",\"stream\":true,\"messages\":[" SAYS(
			"Hi") "]}" },
	{ "/v1/responses",
	  "{\"model\":\"kimi-k3\",\"stream\":true,\"input\":\"Hi\"}" },
	{ "/v1/messages", "{\"model\":\"kimi-k3\",\"stream\":true,"
			  "\"max_tokens\":100,\"messages\":[" SAYS("Hi") "]}" },
};

struct exchange_of {
	const struct asked *asked;
	const struct reply *reply;
};

static double stream(struct arena *a, const void *what, size_t n)
{
	const struct exchange_of *x = what;
	struct buf *text = arena_buf(a, LIMIT);

	repeat(text, n, x->reply->before, x->reply->after);
	buf_puts(text, END);
	return ask(a, x->asked->uri, x->asked->body, buf_text(text));
}

static void a_reply_with_many_calls(void **state)
{
	for (size_t i = 0; i < COUNT(asked); i++)
		for (size_t j = 0; j < (i == 0 ? COUNT(replies) : 1); j++)
			assert_in_proportion(*state, asked[i].uri, stream,
					     &(struct exchange_of){
						     &asked[i], &replies[j] });
}

static const struct request {
	const char *uri, *start;
	const char *call[2];
	const char *between;
	const char *result[2];
	const char *end;
} requests[] = {
	{ CHAT,
	  "{\"model\":\"kimi-k3\",\"messages\":[" SAYS(
		  "Hi") ",{\"role\":\"assistant\",\"tool_calls\":[{" CALL("x"),
	  { ",{\"id\":\"c",
	    "\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}" },
	  "]}",
	  { ",{\"role\":\"tool\",\"tool_call_id\":\"c",
	    "\",\"content\":\"x\"}" },
	  "]}" },
	{ "/v1/responses",
	  "{\"model\":\"kimi-k3\",\"store\":false,\"input\":[" SAYS("Hi"),
	  { ",{\"type\":\"function_call\",\"namespace\":\"n\",\"name\":\"f\","
	    "\"arguments\":\"{}\",\"call_id\":\"c",
	    "\"}" },
	  "",
	  { ",{\"type\":\"function_call_output\",\"output\":\"x\","
	    "\"call_id\":\"c",
	    "\"}" },
	  "]}" },
	{ "/v1/messages",
	  "{\"model\":\"kimi-k3\",\"max_tokens\":100,\"messages\":[" SAYS(
		  "Hi") ",{\"role\":\"assistant\",\"content\":[{\"type\":"
			"\"text\",\"text\":\"x\"}",
	  { ",{\"type\":\"tool_use\",\"name\":\"f\",\"input\":{},\"id\":\"c",
	    "\"}" },
	  "]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
	  "\"tool_use_id\":\"c0\",\"content\":\"x\"}",
	  { ",{\"type\":\"tool_result\",\"content\":\"x\",\"tool_use_id\":"
	    "\"c",
	    "\"}" },
	  "]}]}" },
};

static double request(struct arena *a, const void *what, size_t n)
{
	const struct request *r = what;
	struct buf *text = arena_buf(a, LIMIT);

	buf_puts(text, r->start);
	repeat(text, n, r->call[0], r->call[1]);
	buf_puts(text, r->between);
	repeat(text, n, r->result[0], r->result[1]);
	buf_puts(text, r->end);
	return ask(a, r->uri, buf_text(text), DELTA("fine") END);
}

static void a_request_with_many_calls(void **state)
{
	for (size_t i = 0; i < COUNT(requests); i++)
		assert_in_proportion(*state, requests[i].uri, request,
				     &requests[i]);
}

/* More tools than any service takes are refused before they are compared. */
static void a_request_with_very_many_namespaces(void **state)
{
	struct replay_answer none[] = { { 0 } };
	struct site *s = site_open(*state, NULL, none);
	struct buf *text = arena_buf(*state, LIMIT);

	buf_puts(text, "{\"model\":\"kimi-k3\",\"input\":\"Hi\",\"tools\":["
		       "{\"type\":\"function\",\"name\":\"f\"}");
	repeat(text, 100000, ",{\"type\":\"namespace\",\"name\":\"n",
	       "\",\"tools\":[{\"type\":\"function\",\"name\":\"f\"}]}");
	buf_puts(text, "]}");
	assert_contains(site_ask(s, "POST", "/v1/responses", buf_text(text)),
			"'tools' has too many tools");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_reply_with_many_calls),
		TEST(a_request_with_many_calls),
		TEST(a_request_with_very_many_namespaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
