/* SPDX-License-Identifier: MIT */
/* Kimi web, current protocol: from frames to what the assistant says. */
#include "upstream/web/reader.h"

#include <stdlib.h>
#include <string.h>

#include "upstream/error_body.h"
#include "upstream/web/names.h"
#include "upstream/web/reply_error.h"

#define BLOCK_LIMIT (16 * 1024 * 1024)

/* What one block says, and how much of it was passed on. */
struct web_block {
	struct web_block *next; /* older ones */
	const char *id;
	bool think;	 /* of the block's two texts this is block.think */
	bool thinking;	 /* reasoning, not text of the reply */
	struct buf said; /* passed on */
	size_t at;	 /* the block now says this much of it again */
};

void web_reader_init(struct web_reader *r, struct upstream_call *call,
		     struct chat_stream *stream, const char *parent)
{
	static const char *const deltas[] = {
		"eventOffset",
		"block.text.content",
		"block.think.content",
		NULL,
	};

	*r = (struct web_reader){ .call = call,
				  .stream = stream,
				  .parent = parent };
	connect_protocol_init(&r->connect, UPSTREAM_PEER);
	json_alike_init(&r->alike, deltas);
	citation_marks_init(&r->marks, stream);
}

void web_reader_fini(struct web_reader *r)
{
	json_alike_fini(&r->alike);
	connect_protocol_fini(&r->connect);
}

static bool fail(struct web_reader *r, const char *why)
{
	return error_set(r->call->error, ERROR_UPSTREAM, "%s", why);
}

static bool fail_as_kimi_says(struct web_reader *r, const cJSON *error)
{
	r->unknown = web_reply_error_is_unknown_call(error);
	return web_reply_error_current(r->call, 0, 0, error);
}

static bool same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* --- Blocks --- */

static struct web_block *block_of(struct web_reader *r, const char *id,
				  bool think)
{
	struct web_block *b = r->blocks;

	if (id == NULL)
		id = "";
	while (b != NULL && (b->think != think || strcmp(b->id, id) != 0))
		b = b->next;
	if (b != NULL)
		return b;
	b = arena_alloc(r->call->arena, sizeof(*b));
	b->id = arena_copy(r->call->arena, id);
	b->think = b->thinking = think;
	arena_buf_init(r->call->arena, &b->said, BLOCK_LIMIT);
	b->next = r->blocks;
	r->blocks = b;
	return b;
}

static bool say(struct web_reader *r, const struct web_block *b, const char *p,
		size_t n)
{
	if (n == 0)
		return true;
	r->said = true;
	if (r->speaking != b && !citation_marks_break(&r->marks))
		return false;
	r->speaking = b;
	return b->thinking ? chat_stream_reasoning(r->stream, p, n) :
			     citation_marks_text(&r->marks, p, n);
}

static size_t common_length(const char *a, size_t n, const char *b, size_t m)
{
	size_t i = 0;

	while (i < n && i < m && a[i] == b[i])
		i++;
	return i;
}

/* More of a block, after what it says now. */
static bool extend(struct web_reader *r, struct web_block *b, const char *p,
		   size_t n)
{
	size_t known = common_length(buf_text(&b->said) + b->at,
				     b->said.len - b->at, p, n);
	size_t from = b->at + known;

	b->at = from;
	if (known == n)
		return true;
	if (from < b->said.len) { /* it says something different now */
		b->said.len = from;
		from = 0;
	}
	if (!buf_append(&b->said, p + known, n - known))
		return fail(r, "Kimi sent a text that is too long.");
	b->at = b->said.len;
	return say(r, b, b->said.p + from, b->said.len - from);
}

/* Older builds mark reasoning by a flag of the text. */
static void set_flags(struct web_block *b, const char *flags)
{
	if (flags != NULL && *flags != '\0')
		b->thinking = strcmp(flags, "thinking") == 0;
}

static bool take_content(struct web_reader *r, const cJSON *block,
			 const char *name, bool append)
{
	const cJSON *text = json_at(block, name);
	const char *content = json_text(text, "content");
	struct web_block *b;

	if (text == NULL)
		return true;
	b = block_of(r, json_text(block, "id"), strcmp(name, "think") == 0);
	set_flags(b, json_text(text, "flags"));
	if (content == NULL)
		return true;
	if (!append)
		b->at = 0;
	return extend(r, b, content, strlen(content));
}

/* --- Sources --- */

static void add_source(struct web_reader *r, const char *key,
		       const cJSON *source)
{
	citation_marks_source(&r->marks, key, json_text(source, "url"),
			      json_text(source, "title"));
}

/* A search result, under the key by which marks refer to it. */
static void add_result(struct web_reader *r, const cJSON *result)
{
	const char *key =
		web_names_either_text(result, "refIndex", "ref_index");

	add_source(r, key != NULL ? key : json_text(result, "id"),
		   json_at(result, "base"));
}

static void add_sources_of_block(struct web_reader *r, const cJSON *block)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, json_at(block, "tool.contents"))
		add_result(r, web_names_either(v, "searchResult",
					       "search_result"));
	cJSON_ArrayForEach(v, web_names_either(block, "search.webPages",
					       "search.web_pages"))
		add_source(r, NULL, v);
}

/* --- Messages --- */

static bool take_block(struct web_reader *r, const cJSON *block, bool append)
{
	const char *message =
		web_names_either_text(block, "messageId", "message_id");
	const cJSON *exception = json_at(block, "exception");
	const cJSON *error = json_at(exception, "error");

	if (message != NULL && *message != '\0' && r->reply != NULL &&
	    strcmp(message, r->reply) != 0)
		return true;
	if (exception != NULL)
		return fail_as_kimi_says(r, error != NULL ? error : exception);
	add_sources_of_block(r, block);
	return take_content(r, block, "think", append) &&
	       take_content(r, block, "text", append);
}

static bool take_chat(struct web_reader *r, const cJSON *chat, bool append)
{
	const char *id = json_text(chat, "id");

	(void)append;
	if (id == NULL || *id == '\0')
		return true;
	id = arena_printf(r->call->arena, WEB_READER_CHAT "%s", id);
	if (r->stream->bookmark.chat == NULL)
		upstream_made_chat(r->call, id);
	chat_stream_bookmark(r->stream, id, NULL);
	return true;
}

static void begin_reply(struct web_reader *r, const char *id)
{
	if (id == NULL || *id == '\0' || same(id, r->reply))
		return;
	r->reply = arena_copy(r->call->arena, id);
	r->blocks = NULL;
	chat_stream_bookmark(r->stream, NULL, id);
}

/* Only the reply: messages of the user are echoed as well. */
static bool take_message(struct web_reader *r, const cJSON *message,
			 bool append)
{
	const char *role = json_text(message, "role");
	const char *id = json_text(message, "id");
	const cJSON *v;

	if ((role != NULL && strcmp(role, "assistant") != 0) ||
	    same(id, r->parent))
		return true;
	if (role != NULL)
		begin_reply(r, id);
	cJSON_ArrayForEach(v, web_names_either(message, "refs.searchChunks",
					       "refs.search_chunks"))
		add_result(r, v);
	if (role == NULL && !same(id, r->reply))
		return true;
	cJSON_ArrayForEach(v, json_at(message, "blocks"))
		if (!take_block(r, v, append))
			return false;
	return true;
}

static bool take_ref(struct web_reader *r, const cJSON *ref, bool append)
{
	(void)append;
	add_source(r, json_text(ref, "id"), json_at(ref, "search.base"));
	return true;
}

static bool take_error(struct web_reader *r, const cJSON *error, bool append)
{
	(void)append;
	return !error_body_says(error) || fail_as_kimi_says(r, error);
}

static bool take_done(struct web_reader *r, const cJSON *done, bool append)
{
	(void)done;
	(void)append;
	r->done = true;
	return true;
}

/* The members of a message; others, such as heartbeats, are ignored. */
static const struct {
	const char *name;
	bool (*take)(struct web_reader *r, const cJSON *value, bool append);
	bool by_op; /* it is set or appended */
} members[] = {
	{ "error", take_error, false },	   { "chat", take_chat, true },
	{ "message", take_message, true }, { "ref", take_ref, true },
	{ "block", take_block, true },	   { "done", take_done, false },
};

static bool take(struct web_reader *r, const cJSON *tree)
{
	const char *op = json_text(tree, "op");
	bool append = same(op, "append");
	bool known = op == NULL || append || same(op, "set");

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		const cJSON *value = json_at(tree, members[i].name);

		if (value != NULL && (known || !members[i].by_op) &&
		    !members[i].take(r, value, append))
			return false;
	}
	return true;
}

/* --- Frames --- */

/* A trailer of gRPC-web: lines of text, with a number as the code. */
static bool take_trailer(struct web_reader *r, const char *text)
{
	const char *status = strcasestr(text, "grpc-status:");

	r->ended = true;
	if (status == NULL ||
	    strtol(status + strlen("grpc-status:"), NULL, 10) == 0)
		return true;
	return fail(r, "Kimi ended the reply with an error.");
}

static bool take_end(struct web_reader *r, const cJSON *tree)
{
	const cJSON *error = json_at(tree, "error");

	r->ended = true;
	return !error_body_says(error) || fail_as_kimi_says(r, error);
}

static bool take_frame(struct web_reader *r, enum connect_protocol_frame kind,
		       const char *body, size_t n)
{
	struct error ignored;
	const cJSON *tree;

	if (kind == CONNECT_PROTOCOL_TRAILER)
		return take_trailer(r, body);
	if (n == 0)
		return take_end(r, NULL);
	tree = json_alike_read(&r->alike, body, n, &ignored);
	if (tree == NULL)
		return fail(r, "Kimi sent a message that is not JSON.");
	return kind == CONNECT_PROTOCOL_END ? take_end(r, tree) : take(r, tree);
}

static enum flow on_frame(void *ctx, enum connect_protocol_frame kind,
			  const char *body, size_t n)
{
	struct web_reader *r = ctx;

	return chat_stream_flow(r->stream, take_frame(r, kind, body, n));
}

enum flow web_reader_bytes(void *reader, const char *p, size_t n)
{
	struct web_reader *r = reader;
	enum flow flow = connect_protocol_feed(&r->connect, p, n, on_frame, r,
					       r->call->error);

	r->failed |= flow == FLOW_FAILED;
	return flow;
}

bool web_reader_knows_chat(const void *reader)
{
	const struct web_reader *r = reader;

	return r->stream->bookmark.chat != NULL;
}

enum http_progress web_reader_progress(const void *reader)
{
	const struct web_reader *r = reader;

	if (r->ended)
		return HTTP_WHOLE;
	if (r->done)
		return HTTP_USABLE;
	return r->stream->started ? HTTP_UNDER_WAY : HTTP_NOTHING_YET;
}

bool web_reader_end(struct web_reader *r)
{
	if (!r->said && !r->done)
		return fail(r, "Kimi sent an empty reply.");
	if (!r->done && !r->ended)
		return fail(r, "Kimi's reply ended unexpectedly.");
	return citation_marks_end(&r->marks);
}
