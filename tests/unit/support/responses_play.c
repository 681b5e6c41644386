/* SPDX-License-Identifier: MIT */
/* Scenes of all kinds, and what plays them. */
#include "tests/unit/support/responses_play.h"

#include <string.h>

#include "tests/unit/support/quoted.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/test.h"

const struct play_scene play_scenes[] = {
	{ "text", "", { { 't', "Grüße" }, { 't', "!" }, { 'e', "stop" } } },
	{ "nothing", "", { { 'e', "stop" } } },
	{ "silence first",
	  "",
	  { { 'p', "" }, { 't', "a" }, { 'p', "" }, { 'e', "stop" } } },
	{ "thinking",
	  "",
	  { { 'r', "Hm." }, { 'r', " So." }, { 't', "a" }, { 'e', "stop" } } },
	{ "only thinking", "", { { 'r', "Hm." }, { 'e', "length" } } },
	{ "sealed thinking",
	  "'include':['reasoning.encrypted_content']",
	  { { 'r', "Hm." }, { 't', "a" }, { 'e', "stop" } } },
	{ "hidden thinking",
	  "'reasoning':{'effort':'none'}",
	  { { 'r', "Hm." },
	    { 't', "a" },
	    { 'r', "So." },
	    { 'c', "f" },
	    { 'a', "{}" },
	    { 'e', "tool_calls" } } },
	{ "hidden thinking that is cut",
	  "'reasoning':{'effort':'none'}",
	  { { 't', "a" }, { 'r', "Hm." }, { 'e', "length" } } },
	{ "calls",
	  "",
	  { { 'r', "Hm." },
	    { 'c', "f" },
	    { 'a', "{\"a\"" },
	    { 'a', ":1}" },
	    { 'c', "g" },
	    { 'e', "tool_calls" } } },
	{ "back and forth",
	  "",
	  { { 't', "a" },
	    { 'r', "b" },
	    { 'c', "f" },
	    { 'a', "{}" },
	    { 'r', "c" },
	    { 't', "d" },
	    { 't', "e" },
	    { 'c', "g" },
	    { 'e', "stop" } } },
	{ "citations",
	  "",
	  { { 't', "Grüße" },
	    { '@', "https://a" },
	    { '@', "https://b" },
	    { 'r', "Hm." },
	    { '@', "https://c" },
	    { 't', "Öl" },
	    { 't', "." },
	    { '@', "https://d" },
	    { 'e', "stop" } } },
	{ "a citation at half a character",
	  "",
	  { { 't', "ab" },
	    { 'r', "Hm." },
	    { 't', "\xC3" },
	    { '@', "https://a" },
	    { 't', "\xB6." },
	    { 'e', "stop" } } },
	{ "cut text", "", { { 't', "a" }, { 'e', "length" } } },
	{ "a cut call",
	  "",
	  { { 't', "a" }, { 'c', "f" }, { 'a', "{\"x" }, { 'e', "length" } } },
	{ "a filter", "", { { 't', "a" }, { 'e', "content_filter" } } },
	{ "tools by other names",
	  "'tools':[{'type':'namespace','name':'mcp','tools':["
	  "{'type':'function','name':'g'}]},{'type':'custom','name':'patch'}]",
	  { { 'c', "mcp__g" },
	    { 'a', "{}" },
	    { 'c', "patch" },
	    { 'a', "{\"input\":\"x" },
	    { 'a', "\\ny\"}" },
	    { 'c', "patch" },
	    { 'a', "broken" },
	    { 'e', "tool_calls" } } },
	{ "a search for tools",
	  "'tools':[{'type':'tool_search','execution':'client'}]",
	  { { 'r', "Hm." },
	    { 'c', "tool_search" },
	    { 'a', "{\"query\":" },
	    { 'a', "\"notes\"}" },
	    { 'c', "tool_search" },
	    { 'a', "broken" },
	    { 'e', "tool_calls" } } },
	{ "a summary",
	  "'input':[{'role':'user','content':'Hi'},"
	  "{'type':'compaction_trigger'}]",
	  { { 'p', "" },
	    { 'r', "Hm." },
	    { 't', "What" },
	    { 'p', "" },
	    { '@', "https://a" },
	    { 'r', "So." },
	    { 't', " was said: Grüße." },
	    { 'e', "stop" } } },
	{ 0 },
};

static enum flow on_event(void *ctx, const struct chat_event *event)
{
	struct play *p = ctx;

	chat_reply_event(&p->reply, event);
	return dialect_openai_responses.event(p->encoder, event) ?
		       FLOW_CONTINUE :
		       FLOW_STOP;
}

void play_new_client(struct play *p)
{
	p->gateway = string_gateway_new(p->arena, "POST", "/", NULL);
	sink_init(&p->sink, &p->gateway->gateway);
	response_fini(&p->response);
	response_init(&p->response, &p->sink, false);
}

struct play *play_open(struct arena *a, const struct play_scene *s)
{
	struct play *p = arena_alloc(a, sizeof(*p));
	const cJSON *body = quoted_tree(
		a, arena_printf(a, "{'model':'m'%s%s%s}",
				strstr(s->body, "'input'") == NULL ?
					",'input':'Hi'" :
					"",
				*s->body == '\0' ? "" : ",", s->body));

	p->arena = a;
	assert_true(dialect_openai_responses.decode(a, body, &p->request,
						    &p->error));
	p->answer = (struct dialect_envelope){
		.id = PLAY_UID,
		.created = 1700000000,
		.completed = 1700000009,
		.model = "kimi",
		.request = &p->request,
		.body = body,
		.after = -1,
	};
	play_new_client(p);
	arena_own(a, &p->response.head, buf_drop);
	chat_reply_init(&p->reply, a);
	p->reply.compacts = p->request.compacts;
	chat_stream_init(&p->stream, a, on_event, p);
	p->encoder =
		dialect_openai_responses.encoder(a, &p->answer, &p->response);
	return p;
}

void play_fail(struct play *p, enum error_kind kind, int64_t wait_ms)
{
	error_set(&p->error, kind, "It broke.");
	p->error.retry_after_ms = wait_ms;
	chat_stream_fail(&p->stream, &p->error);
}

static enum chat_finish finish_named(const char *name)
{
	int i = CHAT_FINISH_STOP;

	while (strcmp(chat_finish_name((enum chat_finish)i), name) != 0)
		i++;
	return (enum chat_finish)i;
}

static void end(struct play *p, const char *reason)
{
	struct chat_usage usage = { .source = CHAT_USAGE_UPSTREAM,
				    .prompt = 10,
				    .completion = 7,
				    .cached = 4,
				    .reasoning = 2,
				    .cache_write = 3 };

	chat_stream_usage(&p->stream, &usage);
	chat_stream_finish_reason(&p->stream, finish_named(reason));
	assert_true(chat_stream_end(&p->stream, &p->error));
}

static void one_step(struct play *p, const struct play_step *step)
{
	struct chat_stream *s = &p->stream;
	size_t n = strlen(step->text);

	switch (step->kind) {
	case 'r':
		chat_stream_reasoning(s, step->text, n);
		break;
	case 't':
		chat_stream_text(s, step->text, n);
		break;
	case '@':
		chat_stream_cite(s, step->text, "T");
		break;
	case 'c':
		p->calls++;
		chat_stream_tool(s, p->calls,
				 arena_printf(p->arena, "call_%u", p->calls),
				 step->text);
		break;
	case 'a':
		chat_stream_tool_args(s, p->calls, step->text, n);
		break;
	case 'p':
		chat_stream_ping(s);
		break;
	case 'e':
		end(p, step->text);
		break;
	}
}

const char *play_body(const struct play *p)
{
	return site_body(buf_text(&p->gateway->out));
}

size_t play_steps(const struct play_scene *s)
{
	size_t n = 0;

	while (s->steps[n].kind != '\0')
		n++;
	return n;
}

void play_to(struct play *p, const struct play_scene *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		one_step(p, &s->steps[i]);
}

struct play *play_all(struct arena *a, const struct play_scene *s)
{
	struct play *p = play_open(a, s);

	play_to(p, s, play_steps(s));
	return p;
}
