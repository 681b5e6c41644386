/* SPDX-License-Identifier: MIT */
/* Recorded replies of Kimi, and the requests that they were replies to. */
#include "tests/unit/support/golden.h"

#include <stdlib.h>
#include <string.h>

#include "chat/event_log.h"
#include "chat/stream.h"
#include "dialect/dialect.h"
#include "emulate/emulate.h"
#include "tests/unit/support/database.h"
#include "tests/unit/support/files.h"
#include "tests/unit/support/fold.h"
#include "tests/unit/support/replay.h"
#include "tests/unit/support/site.h"
#include "tests/unit/support/skipped_time.h"
#include "tests/unit/support/test.h"
#include "upstream/model.h"
#include "upstream/upstream.h"

#define FOLDER "tests/golden/"
#define EVENTS_LIMIT (1024 * 1024)
#define LONGEST_COOLDOWN_MS ((int64_t)4 * 24 * 3600 * 1000)

/* --- Wires --- */

/* How Kimi Code's Chat flavour refuses a program. */
#define REFUSAL                                                                \
	"{\"error\":{\"message\":\"Kimi For Coding is currently only "         \
	"available for Coding Agents.\",\"type\":"                             \
	"\"access_terminated_error\"}}"

static const struct wire {
	const char *folder;
	const char *path;     /* of the call that is recorded */
	const char *settings; /* of the site */
	enum config_protocol protocol;
	unsigned traits; /* of the model, beside the known ones */
} wires[GOLDEN_WIRES] = {
	[GOLDEN_WEB_LEGACY] = { .folder = "web_legacy",
				.path = "/completion",
				.protocol = CONFIG_PROTOCOL_LEGACY },
	[GOLDEN_WEB_CURRENT] = { .folder = "web_current",
				 .path = "/kimi.gateway.chat.v1.ChatService/"
					 "Chat",
				 .settings = "KIMI_WEB_PROTOCOL=current\n",
				 .protocol = CONFIG_PROTOCOL_CURRENT },
	[GOLDEN_PLATFORM] = { .folder = "platform",
			      .path = "/chat/completions" },
	[GOLDEN_CODE_CHAT] = { .folder = "code_chat",
			       .path = "/chat/completions",
			       .settings = "KIMI_TOKENS=sk-kimi-unit\n" },
	[GOLDEN_CODE_MESSAGES] = { .folder = "code_messages",
				   .path = "/messages",
				   .settings = "KIMI_TOKENS=sk-kimi-unit\n",
				   .traits = MODEL_MESSAGES },
};

/* --- Files --- */

const char *golden_path(struct arena *a, const struct golden *g,
			const char *ending)
{
	return arena_printf(a, FOLDER "%s/%s.%s", wires[g->wire].folder,
			    g->name, ending);
}

const char *golden_bytes(struct arena *a, const struct golden *g, size_t *n)
{
	return files_read(a, golden_path(a, g, "kimi"), n);
}

/* --- Requests --- */

#define FUNCTION "\"type\":\"function\""
#define CHAT_TOOL(name) "{" FUNCTION ",\"function\":{\"name\":\"" name "\"}}"
#define RESPONSES_TOOL(name) "{" FUNCTION ",\"name\":\"" name "\"}"
#define MESSAGES_TOOL(name)                                                    \
	"{\"name\":\"" name "\",\"input_schema\":{\"type\":\"object\"}}"
#define TWO(tool) ",\"tools\":[" tool("get_weather") "," tool("get_time") "]"
#define NAMED(tool) ",\"tools\":[" tool("21st.weather") "," tool("时间") "]"

/* Members of a request for each trait; each has its comma in front. */
static const struct speech {
	const char *name, *uri, *start, *tools, *named;
	const char *thinking, *search, *usage;
} speeches[GOLDEN_DIALECTS] = {
	[GOLDEN_CHAT] = {
		.name = "chat",
		.uri = "/v1/chat/completions",
		.start = "\"messages\":[{\"role\":\"user\",\"content\":"
			 "\"Hi\"}]",
		.tools = TWO(CHAT_TOOL),
		.named = NAMED(CHAT_TOOL),
		.search = ",\"web_search_options\":{}",
		.usage = ",\"stream_options\":{\"include_usage\":true}",
	},
	[GOLDEN_RESPONSES] = {
		.name = "responses",
		.uri = "/v1/responses",
		.start = "\"input\":\"Hi\"",
		.tools = TWO(RESPONSES_TOOL),
		.named = NAMED(RESPONSES_TOOL),
		.search = ",\"tools\":[{\"type\":\"web_search\"}]",
	},
	[GOLDEN_MESSAGES] = {
		.name = "messages",
		.uri = "/v1/messages",
		.start = "\"max_tokens\":32000,\"messages\":[{\"role\":"
			 "\"user\",\"content\":\"Hi\"}]",
		.tools = TWO(MESSAGES_TOOL),
		.named = NAMED(MESSAGES_TOOL),
		.thinking = ",\"thinking\":{\"type\":\"adaptive\"}",
		.search = ",\"tools\":[{\"type\":\"web_search_20250305\","
			  "\"name\":\"web_search\"}]",
	},
};

static const char *member(const struct golden *g, enum golden_trait trait,
			  const char *text)
{
	return (g->traits & trait) && text != NULL ? text : "";
}

static const char *request_of(struct arena *a, const struct golden *g,
			      enum golden_dialect d, bool stream)
{
	const struct speech *s = &speeches[d];

	return arena_printf(a, "{\"model\":\"%s\",%s,\"stream\":%s%s%s%s%s%s}",
			    g->model, s->start, stream ? "true" : "false",
			    member(g, GOLDEN_TOOLS, s->tools),
			    member(g, GOLDEN_NAMES, s->named),
			    member(g, GOLDEN_THINKING, s->thinking),
			    member(g, GOLDEN_SEARCH, s->search),
			    member(g, GOLDEN_USAGE, s->usage));
}

const char *golden_ending(struct arena *a, enum golden_dialect d, bool stream)
{
	return arena_printf(a, "%s.%s", speeches[d].name,
			    stream ? "stream" : "whole");
}

/* --- Kimi's side --- */

enum {
	FIRST,
	SECOND,
	SEARCH,
	REFUSED,
	USAGES,
	NEW_CHAT,
	END_CHAT,
	END_CHAT_CURRENT,
	REPLIES
};

static const char *further(struct arena *a, const struct golden *g,
			   const char *ending)
{
	size_t n;

	return files_read(a, golden_path(a, g, ending), &n);
}

static const char *second_path(const struct golden *g)
{
	if (g->traits & GOLDEN_FALLBACK)
		return "/messages";
	return g->traits & GOLDEN_2_ROUNDS ? wires[g->wire].path : "-";
}

/* All that Kimi may be asked, ended by one without a method. */
static struct replay_answer *replies_of(struct arena *a, const struct golden *g)
{
	const struct wire *w = &wires[g->wire];
	bool rounds = g->traits & (GOLDEN_2_ROUNDS | GOLDEN_FALLBACK);
	bool found = (g->traits & GOLDEN_SEARCH) && g->wire >= GOLDEN_CODE_CHAT;
	struct replay_answer *r = arena_array(a, REPLIES + 1, sizeof(*r));

	for (int i = 0; i < REPLIES; i++)
		r[i] = (struct replay_answer){ .method = "POST",
					       .status = 200,
					       .body = "{}",
					       .again = true };
	r[FIRST].path = w->path;
	r[FIRST].body = golden_bytes(a, g, &r[FIRST].n);
	r[FIRST].status = g->status == 0 ? 200 : g->status;
	r[FIRST].breaks = g->traits & GOLDEN_BREAKS;
	r[FIRST].again = !(g->traits & GOLDEN_2_ROUNDS);
	r[SECOND].path = second_path(g);
	r[SECOND].body = rounds ? further(a, g, "2.kimi") : "";
	r[SEARCH].path = "/search";
	r[SEARCH].body = found ? further(a, g, "search.kimi") : "";
	r[REFUSED].path = "/chat/completions";
	r[REFUSED].status = 403;
	r[REFUSED].body = REFUSAL;
	r[USAGES].method = "GET";
	r[USAGES].path = "/usages";
	r[NEW_CHAT].path = "/api/chat";
	r[NEW_CHAT].body = "{\"id\":\"d1abcdefghij01234567\"}";
	r[END_CHAT].method = "DELETE";
	r[END_CHAT].path = "/api/chat/";
	r[END_CHAT_CURRENT].path = "/DeleteChat";
	return r;
}

/* All replies can be given again. */
static void reuse(struct replay_answer *replies)
{
	for (int i = 0; i < REPLIES; i++)
		replies[i].used = false;
}

/* --- The whole program --- */

struct golden_site {
	const struct golden *golden;
	struct site *site;
};

struct golden_site *golden_open(struct arena *a, const struct golden *g)
{
	struct golden_site *s = arena_alloc(a, sizeof(*s));

	skipped_time_begin();
	s->golden = g;
	s->site = site_open(a, wires[g->wire].settings, replies_of(a, g));
	return s;
}

/* What every response repeats of its request would hide what is its own. */
static void shorten_echo(char *text)
{
	static const char echo[] =
		"\"instructions\":null,\"max_output_tokens\":null,"
		"\"max_tool_calls\":null,\"parallel_tool_calls\":true,"
		"\"prompt_cache_key\":null,\"safety_identifier\":null,"
		"\"reasoning\":{\"effort\":null,\"summary\":null},"
		"\"service_tier\":\"default\",\"store\":true,"
		"\"background\":false,\"temperature\":1,\"top_p\":1,"
		"\"presence_penalty\":0,\"frequency_penalty\":0,"
		"\"top_logprobs\":0,\"text\":{\"format\":{\"type\":\"text\"},"
		"\"verbosity\":\"medium\"},\"tool_choice\":\"auto\",";
	static const char shown[] = "\"ECHO\":0,";
	size_t n = strlen(echo), m = strlen(shown);

	while ((text = strstr(text, echo)) != NULL) {
		memcpy(text, shown, m);
		memmove(text + m, text + n, strlen(text + n) + 1);
	}
}

/* The status that is stored is the one that was sent. */
static void check_record(const struct golden_site *s, const char *response)
{
	int64_t stored = database_int(s->site->db_path,
				      "SELECT http_status FROM requests "
				      "ORDER BY seq DESC LIMIT 1");

	if (stored != strtol(response + strlen("Status: "), NULL, 10))
		fail_msg("stored as %d: %s", (int)stored, response);
}

char *golden_serve(struct golden_site *s, enum golden_dialect d, bool stream,
		   size_t step)
{
	struct site *site = s->site;
	char *response;

	reuse(site->replay.answers);
	site->replay.step = step;
	site->replay.n_calls = 0;
	/* Whatever an earlier failure made unavailable is available again. */
	skipped_time_pass(LONGEST_COOLDOWN_MS);
	response = arena_copy(
		site->arena,
		site_ask(site, "POST", speeches[d].uri,
			 request_of(site->arena, s->golden, d, stream)));
	if (stream && step == 0)
		check_record(s, response);
	fold_normalise(response);
	shorten_echo(response);
	return response;
}

/* --- Events alone --- */

struct golden_player {
	const struct golden *golden;
	struct replay_answer *replies;
	struct chat_request request;
	struct config config;
	struct model model;
	struct arena arena; /* of the last play */
	struct buf events;
};

static void close_player(void *player)
{
	struct golden_player *p = player;

	arena_fini(&p->arena);
	buf_fini(&p->events);
}

struct golden_player *golden_player_open(struct arena *a,
					 const struct golden *g)
{
	struct golden_player *p = arena_alloc(a, sizeof(*p));

	p->golden = g;
	p->replies = replies_of(a, g);
	p->request = decode(a, request_of(a, g, GOLDEN_CHAT, true));
	p->config = (struct config){
		.web_protocol = wires[g->wire].protocol,
		.web_urls = config_list_parse(a, "https://web.example", ','),
		.platform_urls =
			config_list_parse(a, "https://platform.example", ','),
		.code_urls = config_list_parse(a, "https://code.example", ','),
	};
	p->model = *model_known(p->request.model, NULL);
	p->model.traits |= wires[g->wire].traits;
	arena_init(&p->arena);
	buf_init(&p->events, EVENTS_LIMIT);
	arena_own(a, p, close_player);
	return p;
}

static enum flow on_event(void *ctx, const struct chat_event *event)
{
	chat_event_log_write(ctx, event);
	return FLOW_CONTINUE;
}

static void play(struct golden_player *p, struct replay *replay)
{
	struct chat_stream stream;
	struct http_client http;
	struct error e = { 0 };
	struct upstream_call call = { .arena = &p->arena,
				      .http = &http,
				      .config = &p->config,
				      .bearer = "x",
				      .model = &p->model,
				      .error = &e };

	chat_stream_init(&stream, &p->arena, on_event, &p->events);
	http_client_init(&http);
	replay_attach(replay, &http);
	if (!emulate_run(&call, &p->request, &stream) ||
	    !chat_stream_end(&stream, &e))
		chat_stream_fail(&stream, &e);
	replay_detach(&http);
}

const char *golden_player_events(struct golden_player *p, size_t cut,
				 size_t step)
{
	struct replay *replay;
	char *text;

	arena_reset(&p->arena);
	buf_clear(&p->events);
	reuse(p->replies);
	replay = arena_alloc(&p->arena, sizeof(*replay));
	replay->arena = &p->arena;
	replay->answers = p->replies;
	replay->cut = cut;
	replay->step = step;
	play(p, replay);
	text = arena_copy(&p->arena, buf_text(&p->events));
	fold_normalise(text);
	return text;
}

void golden_player_send(struct golden_player *p, const char *bytes, size_t n)
{
	p->replies[FIRST].body = bytes;
	p->replies[FIRST].n = n;
}
