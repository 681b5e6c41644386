/* SPDX-License-Identifier: MIT */
/* Rounds of a search, over a service that plays a script. */
#include "tests/unit/support/test.h"

#include <string.h>

#include "tests/unit/support/event_log.h"
#include "upstream/api/search.h"
#include "upstream/model.h"

#define MAX_ROUNDS 12

/* What the service says in one round. */
struct scripted {
	const char *reasoning, *text;
	struct chat_call calls[3];
	int64_t prompt; /* tokens; 0: it does not say */
	bool fails;
};

struct script {
	const struct scripted *rounds;
	bool for_ever; /* repeats the last round */
	size_t n;      /* rounds so far */
	struct chat_request asked[MAX_ROUNDS];
	const char *performed; /* arguments of the searches, joined */
	bool search_fails;
};

struct fixture {
	struct arena *arena;
	struct script script;
	struct credential_notes notes; /* brings the script along */
	struct upstream_call call;
	struct model model;
	struct error error;
	struct event_log log;
	struct chat_stream stream;
	bool ok;
};

static struct script *script_of(const struct upstream_call *call)
{
	return call->notes->ctx;
}

static bool say_calls(struct chat_stream *stream, const struct scripted *r)
{
	for (unsigned i = 0; i < COUNT(r->calls) && r->calls[i].id != NULL;
	     i++) {
		const char *args = r->calls[i].arguments;

		if (!chat_stream_tool(stream, i, r->calls[i].id,
				      r->calls[i].name) ||
		    !chat_stream_tool_args(stream, i, args, strlen(args) / 2) ||
		    !chat_stream_tool_args(stream, i, args + strlen(args) / 2,
					   strlen(args) - strlen(args) / 2))
			return false;
	}
	return true;
}

static bool play(struct upstream_call *call, const struct chat_request *request,
		 struct chat_stream *stream)
{
	struct script *s = script_of(call);
	const struct scripted *r = &s->rounds[s->for_ever ? 0 : s->n];

	assert_true(s->n < MAX_ROUNDS);
	s->asked[s->n++] = *request;
	if (r->reasoning != NULL &&
	    !chat_stream_reasoning(stream, r->reasoning, strlen(r->reasoning)))
		return false;
	if (r->text != NULL &&
	    !chat_stream_text(stream, r->text, strlen(r->text)))
		return false;
	if (r->fails)
		return error_set(call->error, ERROR_QUOTA, "used up");
	if (r->prompt > 0)
		chat_stream_usage(stream, &(struct chat_usage){
						  .source = CHAT_USAGE_UPSTREAM,
						  .prompt = r->prompt,
						  .completion = 1,
						  .cached = 2,
						  .reasoning = 3 });
	chat_stream_finish_reason(stream, r->calls[0].id != NULL ?
						  CHAT_FINISH_CALLS :
						  CHAT_FINISH_STOP);
	return say_calls(stream, r);
}

static bool perform(struct upstream_call *call, const char *arguments,
		    struct chat_stream *stream, const char **result)
{
	struct script *s = script_of(call);

	if (s->search_fails)
		return error_set(call->error, ERROR_UPSTREAM, "no search");
	s->performed =
		arena_printf(call->arena, "%s%s;", s->performed, arguments);
	*result = arena_printf(call->arena, "found %s", arguments);
	return strstr(arguments, "cite") == NULL ||
	       chat_stream_cite(stream, "https://cited.example", "Cited");
}

static const struct search tool = {
	.tool = { .name = "find", .parameters = "{}" },
	.perform = perform,
	.charged = true,
};
static const struct search unthinking = { .tool = { .name = "find",
						    .parameters = "{}" },
					  .perform = perform,
					  .unthinking = true };

#define ASK(more)                                                              \
	"{\"model\":\"kimi-k2.6\",\"messages\":[{\"role\":\"user\","           \
	"\"content\":\"Q\"}]" more "}"
#define SEARCH ",\"web_search_options\":{}"
#define TOOL(name)                                                             \
	"{\"type\":\"function\",\"function\":{\"name\":\"" name "\"}}"
#define LOOK ",\"tools\":[" TOOL("look") "]"

static struct fixture *prepare(struct arena *a, const struct scripted *rounds)
{
	struct fixture *f = arena_alloc(a, sizeof(*f));

	f->arena = a;
	f->script = (struct script){ .rounds = rounds, .performed = "" };
	f->notes = (struct credential_notes){ .ctx = &f->script };
	f->model = *model_known("kimi-k2.6", NULL);
	f->call = (struct upstream_call){ .arena = a,
					  .notes = &f->notes,
					  .model = &f->model,
					  .error = &f->error };
	event_log_init(&f->log, a);
	chat_stream_init(&f->stream, a, event_log_event, &f->log);
	return f;
}

static void run(struct fixture *f, const char *body)
{
	struct chat_request request = decode(f->arena, body);

	f->ok = search_run(&f->call, &request, &f->stream, &tool, play);
}

static struct fixture *search(struct arena *a, const struct scripted *rounds,
			      const char *body)
{
	struct fixture *f = prepare(a, rounds);

	run(f, body);
	return f;
}

static void ends_as(struct fixture *f, const char *expected)
{
	if (!f->ok)
		fail_msg("%s", f->error.message);
	assert_true(chat_stream_end(&f->stream, &f->error));
	assert_string_equal(buf_text(&f->log.text), expected);
}

static const char *first_text(const struct chat_message *m)
{
	return m->n_parts == 0 ? NULL : m->parts[0].text;
}

static void without_a_search_the_request_is_unchanged(void **state)
{
	static const struct scripted rounds[] = {
		{ .text = "[a](https://a.example)",
		  .calls = { { "c", "find", "{}" } } },
	};
	struct fixture *f = search(*state, rounds, ASK(LOOK));

	assert_int_equal(f->script.asked[0].n_tools, 1);
	ends_as(f, "start open0:text delta0:[a](https://a.example) close0 "
		   "open1:call0(c,find) delta1:{ delta1:} close1 "
		   "finish:tool_calls");
}

static void rounds_become_one_reply(void **state)
{
	static const struct scripted rounds[] = {
		{ .reasoning = "hm",
		  .text = "I look. ",
		  .calls = { { "c1", "find", "{\"q\":1}" } } },
		{ .reasoning = "so", .text = "It is." },
	};
	struct fixture *f = search(*state, rounds, ASK(SEARCH));
	const struct chat_request *second = &f->script.asked[1];

	assert_int_equal(f->script.n, 2);
	assert_int_equal(second->n_messages, 3);
	assert_string_equal(second->messages[1].reasoning, "hm");
	assert_string_equal(first_text(&second->messages[1]), "I look. ");
	assert_string_equal(second->messages[1].calls[0].arguments,
			    "{\"q\":1}");
	assert_string_equal(second->messages[2].call_id, "c1");
	assert_string_equal(second->messages[2].name, "find");
	assert_string_equal(first_text(&second->messages[2]),
			    "found {\"q\":1}");
	ends_as(f, "start open0:reasoning delta0:hm close0 "
		   "open1:text delta1:I look.  close1 "
		   "open2:reasoning delta2:so close2 "
		   "open3:text delta3:It is. close3 finish:stop");
}

static void each_round_repeats_what_was_said_in_it(void **state)
{
	static const struct scripted rounds[] = {
		{ .reasoning = "r1",
		  .text = "t1",
		  .calls = { { "c1", "find", "{}" } } },
		{ .calls = { { "c2", "find", "{}" }, { "c3", "find", "[]" } } },
		{ .text = "t3" },
	};
	struct fixture *f = search(*state, rounds, ASK(SEARCH));
	const struct chat_message *m = f->script.asked[2].messages;

	assert_int_equal(f->script.asked[2].n_messages, 6);
	assert_string_equal(first_text(&m[1]), "t1");
	assert_string_equal(m[1].reasoning, "r1");
	assert_null(first_text(&m[3]));
	assert_null(m[3].reasoning);
	assert_int_equal(m[3].n_calls, 2);
	assert_string_equal(m[4].call_id, "c2");
	assert_string_equal(m[5].call_id, "c3");
	assert_string_equal(f->script.performed, "{};{};[];");
}

static void usage_is_the_sum_of_all_rounds(void **state)
{
	static const struct scripted rounds[] = {
		{ .prompt = 100, .calls = { { "c1", "find", "{}" } } },
		{ .calls = { { "c2", "find", "{}" } } },
		{ .prompt = 50, .text = "done" },
	};
	struct fixture *f = search(*state, rounds, ASK(SEARCH));

	/* One of them did not say what it used. */
	assert_int_equal(f->stream.usage.source, CHAT_USAGE_ESTIMATED);
	assert_int_equal(f->stream.usage.prompt, 150);
	assert_int_equal(f->stream.usage.completion, 2);
	assert_int_equal(f->stream.usage.cached, 4);
	assert_int_equal(f->stream.usage.reasoning, 6);
	assert_int_equal(f->stream.usage.searches, 2);
}

static void the_tool_comes_after_the_clients_tools(void **state)
{
	static const struct scripted rounds[] = { { .text = "x" } };
	struct fixture *f = search(*state, rounds, ASK(SEARCH LOOK));

	assert_int_equal(f->script.asked[0].n_tools, 2);
	assert_string_equal(f->script.asked[0].tools[0].name, "look");
	assert_string_equal(f->script.asked[0].tools[1].name, "find");
	f = search(*state, rounds,
		   ASK(SEARCH LOOK ",\"tool_choice\":\"none\""));
	assert_int_equal(f->script.asked[0].n_tools, 1);
	assert_string_equal(f->script.asked[0].tools[0].name, "find");
	assert_int_equal(f->script.asked[0].tool_choice, CHAT_TOOLS_AUTO);
}

static void a_client_may_have_a_tool_of_that_name(void **state)
{
	static const struct scripted rounds[] = {
		{ .calls = { { "c", "find", "{}" } } },
	};
	struct fixture *f = search(*state, rounds,
				   ASK(SEARCH ",\"tools\":[" TOOL("find") "]"));

	assert_int_equal(f->script.asked[0].n_tools, 1);
	assert_string_equal(f->script.performed, "");
	ends_as(f, "start open0:call0(c,find) delta0:{ delta0:} close0 "
		   "finish:tool_calls");
}

static void with_a_demanded_call_there_is_no_search(void **state)
{
	static const char *const choices[] = {
		ASK(SEARCH LOOK ",\"tool_choice\":\"required\""),
		ASK(SEARCH LOOK ",\"tool_choice\":" TOOL("look")),
	};
	static const struct scripted rounds[] = { { .text = "x" } };

	for (size_t i = 0; i < COUNT(choices); i++) {
		struct fixture *f = search(*state, rounds, choices[i]);

		assert_int_equal(f->script.asked[0].n_tools, 1);
	}
}

static void the_clients_call_ends_the_rounds(void **state)
{
	static const struct scripted rounds[] = {
		{ .calls = { { "s", "find", "{}" },
			     { "l", "look", "{\"a\":1}" },
			     { "t", "find", "{}" } } },
	};
	struct fixture *f = search(*state, rounds, ASK(SEARCH LOOK));

	assert_int_equal(f->script.n, 1);
	assert_string_equal(f->script.performed, "");
	ends_as(f, "start open0:call0(l,look) delta0:{\"a\":1} close0 "
		   "finish:tool_calls");
}

static void one_call_limits_the_clients_calls_only(void **state)
{
	static const struct scripted rounds[] = {
		{ .calls = { { "s", "find", "{}" }, { "t", "find", "[]" } } },
		{ .calls = { { "a", "look", "{}" }, { "b", "look", "{}" } } },
	};
	struct fixture *f = prepare(*state, rounds);

	f->stream.one_call = true;
	run(f, ASK(SEARCH LOOK ",\"parallel_tool_calls\":false"));
	assert_string_equal(f->script.performed, "{};[];");
	ends_as(f, "start open0:call0(a,look) delta0:{ delta0:} close0 "
		   "finish:tool_calls");
}

static void endless_searches_are_ended(void **state)
{
	static const struct scripted round = {
		.calls = { { "c", "find", "{}" } },
	};
	struct fixture *f = prepare(*state, &round);

	f->script.for_ever = true;
	run(f, ASK(SEARCH LOOK));
	assert_false(f->ok);
	assert_error(&f->error, ERROR_UPSTREAM, "");
	assert_int_equal(f->script.n, 7);
	assert_int_equal(f->script.asked[5].n_tools, 2);
	assert_int_equal(f->script.asked[6].n_tools, 1);
}

static void sources_are_cited_once(void **state)
{
	static const struct scripted rounds[] = {
		{ .calls = { { "c", "find", "cite" },
			     { "d", "find", "cite" } } },
		{ .text = "[x](https://linked.example)" },
	};

	/* The service named its sources: links are not cited as well. */
	ends_as(search(*state, rounds, ASK(SEARCH)),
		"start open0:text delta0:[x](https://linked.example) "
		"cite:https://cited.example(Cited)@27 close0 finish:stop");
}

static void without_named_sources_links_are_cited(void **state)
{
	static const struct {
		const char *text, *cited;
	} rows[] = {
		{ "see [A b](https://a.example/x?y=z) and [B](http://b.example).",
		  "https://a.example/x?y=z(A b) http://b.example(B) " },
		{ "[A](https://a.example)[A](https://a.example)",
		  "https://a.example(A) " },
		{ "[](https://a.example)", "https://a.example() " },
		{ "[二](https://a.example/一)", "https://a.example/一(二) " },
		{ "[[1]](https://a.example)", "" },
		{ "[1] [A](ftp://a.example) [B](/b) (c)", "" },
		{ "[A](https://a.example", "" },
		{ "[A](https://a.example x)", "" },
		{ "[A\nb](https://a.example)", "" },
		{ "[A] (https://a.example)", "" },
		{ "[", "" },
		{ "[]", "" },
		{ "[](", "" },
		{ "[x[A](https://a.example)", "https://a.example(A) " },
		{ "([A](https://a.example/B_(c)_(d)))",
		  "https://a.example/B_(c)_(d)(A) " },
		{ "[A](https://a.example/B_(c) and", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scripted rounds[] = { { .text = rows[i].text } };
		struct fixture *f = search(*state, rounds, ASK(SEARCH));
		const char *p, *found = "";

		assert_true(f->ok);
		for (p = buf_text(&f->log.text);
		     (p = strstr(p, " cite:")) != NULL; p++)
			found = arena_printf(*state, "%s%.*s ", found,
					     (int)strcspn(p + 6, "@"), p + 6);
		assert_string_equal(found, rows[i].cited);
	}
}

static void a_link_is_found_across_rounds_and_pieces(void **state)
{
	static const struct scripted rounds[] = {
		{ .text = "[A](https://a.",
		  .calls = { { "c", "find", "{}" } } },
		{ .text = "example)" },
	};

	ends_as(search(*state, rounds, ASK(SEARCH)),
		"start open0:text delta0:[A](https://a. delta0:example) "
		"cite:https://a.example(A)@22 close0 finish:stop");
}

static void thinking_is_off_where_the_tool_requires_it(void **state)
{
	static const struct scripted rounds[] = { { .text = "x" } };
	static const struct {
		const char *model;
		const struct search *search;
		enum chat_thinking thinking;
	} rows[] = {
		{ "kimi-k2.6", &unthinking, CHAT_THINKING_OFF },
		{ "kimi-k2.6", &tool, CHAT_THINKING_ON },
		{ "kimi-k3", &unthinking, CHAT_THINKING_ON },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture *f = prepare(*state, rounds);
		struct chat_request q =
			decode(*state, ASK(SEARCH ",\"thinking\":{\"type\":"
						  "\"enabled\"}"));

		f->model = *model_known(rows[i].model, NULL);
		assert_true(search_run(&f->call, &q, &f->stream, rows[i].search,
				       play));
		assert_int_equal(f->script.asked[0].thinking, rows[i].thinking);
	}
}

static void a_round_that_fails_fails_the_reply(void **state)
{
	static const struct scripted rounds[] = {
		{ .text = "a", .calls = { { "c", "find", "{}" } } },
		{ .text = "b", .fails = true },
	};
	struct fixture *f = search(*state, rounds, ASK(SEARCH));

	assert_false(f->ok);
	assert_error(&f->error, ERROR_QUOTA, "");
	assert_string_equal(buf_text(&f->log.text),
			    "start open0:text delta0:a delta0:b");
	f = prepare(*state, rounds);
	f->script.search_fails = true;
	run(f, ASK(SEARCH));
	assert_false(f->ok);
	assert_error(&f->error, ERROR_UPSTREAM, "");
	assert_int_equal(f->script.n, 1);
}

static void after_the_client_leaves_there_is_no_further_round(void **state)
{
	static const struct scripted rounds[] = {
		{ .text = "a", .calls = { { "c", "find", "{}" } } },
		{ .text = "b" },
	};

	for (unsigned after = 1; after <= 3; after++) {
		struct fixture *f = prepare(*state, rounds);

		f->log.stop_after = after;
		error_set(&f->error, ERROR_CLIENT_GONE, "The client left.");
		run(f, ASK(SEARCH));
		assert_false(f->ok);
		assert_error(&f->error, ERROR_CLIENT_GONE, "");
		assert_int_equal(f->script.n, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_search_the_request_is_unchanged),
		TEST(rounds_become_one_reply),
		TEST(each_round_repeats_what_was_said_in_it),
		TEST(usage_is_the_sum_of_all_rounds),
		TEST(the_tool_comes_after_the_clients_tools),
		TEST(a_client_may_have_a_tool_of_that_name),
		TEST(with_a_demanded_call_there_is_no_search),
		TEST(the_clients_call_ends_the_rounds),
		TEST(one_call_limits_the_clients_calls_only),
		TEST(endless_searches_are_ended),
		TEST(sources_are_cited_once),
		TEST(without_named_sources_links_are_cited),
		TEST(a_link_is_found_across_rounds_and_pieces),
		TEST(thinking_is_off_where_the_tool_requires_it),
		TEST(a_round_that_fails_fails_the_reply),
		TEST(after_the_client_leaves_there_is_no_further_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
