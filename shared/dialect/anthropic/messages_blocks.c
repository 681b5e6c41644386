/* SPDX-License-Identifier: MIT */
/* Anthropic Messages: the blocks that a message's content is made of. */
#include "dialect/anthropic/messages_blocks.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "dialect/sealed.h"

#define TEXT_LIMIT (32 * 1024 * 1024)

struct reader {
	struct arena *arena;
	struct error *error;
	enum chat_role role;
	const char *path;	   /* of the content */
	size_t index;		   /* of the block being read */
	const char *inner;	   /* within a block: ".content"; else "" */
	size_t inner_index;	   /* of the block there */
	struct chat_message *into; /* the result being read; or NULL */
	struct chat_part *to;	   /* where its texts go */
	struct buf *thoughts;	   /* if there are several; or NULL */
	struct anthropic_blocks *out;
};

/* What the client calls the block being read and its `member` (".x" or ""). */
static const char *param_of(const struct reader *r, const char *member)
{
	if (*r->inner == '\0')
		return arena_printf(r->arena, "%s.%zu%s", r->path, r->index,
				    member);
	return arena_printf(r->arena, "%s.%zu%s.%zu%s", r->path, r->index,
			    r->inner, r->inner_index, member);
}

static bool fault(struct reader *r, enum error_kind kind, const char *member,
		  const char *text)
{
	const char *param = param_of(r, member);

	return error_field(r->error, kind, param, "%s: %s", param, text);
}

static bool says_nothing(const char *text)
{
	return text == NULL || *text == '\0';
}

static void add_text(struct reader *r, const char *text)
{
	const struct chat_part part = { .text = text };

	if (says_nothing(text))
		return;
	if (r->into != NULL)
		r->to[r->into->n_parts++] = part;
	else
		r->out->parts[r->out->n_parts++] = part;
}

/* Results cannot hold files: they follow after them. */
static void add_file(struct reader *r, struct chat_part part)
{
	r->out->parts[r->out->n_parts++] = part;
}

static bool read_text(struct reader *r, const cJSON *v)
{
	const char *text = json_text(v, "text");

	if (text == NULL)
		return fault(r, ERROR_MISSING, ".text", "Field required");
	add_text(r, text);
	return true;
}

/* --- Images and documents --- */

static bool read_source(struct reader *r, const cJSON *v,
			struct chat_part *part)
{
	const char *type = json_text(v, "source.type");
	const char *media = json_text(v, "source.media_type");
	const char *data = json_text(v, "source.data");

	part->param = param_of(r, ".source");
	if (type == NULL)
		return fault(r, ERROR_MISSING, ".source.type",
			     "Field required");
	if (strcmp(type, "url") == 0) {
		part->text = json_text(v, "source.url");
		return !says_nothing(part->text) ||
		       fault(r, ERROR_MISSING, ".source.url", "Field required");
	}
	if (strcmp(type, "base64") != 0)
		return fault(r, ERROR_UNSUPPORTED, ".source.type",
			     "File sources are not supported: send "
			     "'base64' or 'url'");
	if (says_nothing(data))
		return fault(r, ERROR_MISSING, ".source.data",
			     "Field required");
	part->text = arena_printf(r->arena, "data:%s;base64,%s",
				  media == NULL ? "" : media, data);
	return true;
}

static bool read_image(struct reader *r, const cJSON *v)
{
	struct chat_part part = { .kind = CHAT_PART_IMAGE };

	if (!read_source(r, v, &part))
		return false;
	add_file(r, part);
	return true;
}

/* Lines, each if there is one. */
static void put_line(struct buf *text, const char *line)
{
	if (says_nothing(line))
		return;
	if (text->len > 0)
		buf_puts(text, "\n");
	buf_puts(text, line);
}

static struct buf *new_text(struct arena *a)
{
	struct buf *text = arena_buf(a, TEXT_LIMIT);

	return text;
}

/* A text document goes among the other texts. */
static void add_document(struct reader *r, const cJSON *v, const cJSON *content)
{
	struct buf *text = new_text(r->arena);
	const cJSON *block;

	put_line(text, json_text(v, "title"));
	put_line(text, json_text(v, "context"));
	if (cJSON_IsString(content))
		put_line(text, content->valuestring);
	else
		cJSON_ArrayForEach(block, content)
			put_line(text, json_text(block, "text"));
	if (text->len > 0)
		add_text(r, arena_printf(r->arena,
					 "<document>\n%s\n"
					 "</document>\n",
					 buf_text(text)));
}

static bool read_document(struct reader *r, const cJSON *v)
{
	const char *type = json_text(v, "source.type");
	struct chat_part part = { .kind = CHAT_PART_FILE,
				  .name = json_text(v, "title") };

	if (type != NULL && strcmp(type, "text") == 0) {
		add_document(r, v, json_at(v, "source.data"));
		return true;
	}
	if (type != NULL && strcmp(type, "content") == 0) {
		add_document(r, v, json_at(v, "source.content"));
		return true;
	}
	if (says_nothing(part.name))
		part.name = NULL;
	if (!read_source(r, v, &part))
		return false;
	add_file(r, part);
	return true;
}

/* --- Results of Anthropic's server tools, and unknown blocks --- */

static void put_members(struct buf *text, const cJSON *v)
{
	static const char *const members[] = {
		"title",     "source",	    "url",
		"text",	     "stdout",	    "stderr",
		"tool_name", "source.data", "content.source.data",
	};

	if (cJSON_IsString(v))
		put_line(text, v->valuestring);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		put_line(text, json_text(v, members[i]));
}

/* The readable parts of it; ids and encrypted parts are not. */
static bool read_other(struct reader *r, const cJSON *v)
{
	struct buf *text = new_text(r->arena);
	const cJSON *content = json_at(v, "content"), *entry;

	put_members(text, v);
	if (cJSON_IsArray(content))
		cJSON_ArrayForEach(entry, content)
			put_members(text, entry);
	else
		put_members(text, content);
	if (text->len > 0)
		add_text(r, arena_printf(r->arena, "%s\n", buf_text(text)));
	return true;
}

static bool drop(struct reader *r, const cJSON *v)
{
	(void)r;
	(void)v;
	return true;
}

/* --- Thinking --- */

const char *anthropic_messages_blocks_think(struct arena *a, struct buf **all,
					    const char *before,
					    const char *more)
{
	if (before == NULL || more == NULL)
		return before == NULL ? more : before;
	if (*all == NULL) {
		*all = arena_buf(a, SIZE_MAX); /* the body is the limit */
		buf_puts(*all, before);
	}
	buf_puts(*all, "\n");
	buf_puts(*all, more);
	return buf_text(*all);
}

static void add_thinking(struct reader *r, const char *text)
{
	if (r->role == CHAT_ASSISTANT && !says_nothing(text))
		r->out->reasoning = anthropic_messages_blocks_think(
			r->arena, &r->thoughts, r->out->reasoning, text);
}

static void add_details(struct reader *r, const char *details)
{
	if (r->role == CHAT_ASSISTANT && details != NULL)
		r->out->details = details;
}

static bool read_thinking(struct reader *r, const cJSON *v)
{
	const char *text = json_text(v, "thinking");
	struct sealed sealed;

	if (sealed_read(r->arena, json_text(v, "signature"), &sealed))
		add_details(r, sealed.details);
	add_thinking(r, says_nothing(text) ? sealed.text : text);
	return true;
}

static bool read_redacted(struct reader *r, const cJSON *v)
{
	struct sealed sealed;

	if (sealed_read(r->arena, json_text(v, "data"), &sealed)) {
		add_details(r, sealed.details);
		add_thinking(r, sealed.text);
	}
	return true;
}

/* --- Tools --- */

static const char *own_id(struct arena *a, const char *id)
{
	return strncmp(id, "toolu_", 6) == 0 ?
		       arena_printf(a, "call_%s", id + 6) :
		       id;
}

/* Some clients send the JSON of the object as a string. NULL: neither. */
static const char *read_input(struct reader *r, const cJSON *input)
{
	const char *text = cJSON_GetStringValue(input);
	struct error ignored;
	const cJSON *tree;

	if (input == NULL || (text != NULL && *text == '\0'))
		return "{}";
	if (cJSON_IsObject(input))
		return json_print(r->arena, input);
	if (text == NULL)
		return NULL;
	tree = json_parse(r->arena, text, strlen(text), &ignored);
	return cJSON_IsObject(tree) ? text : NULL;
}

static bool read_tool_use(struct reader *r, const cJSON *v)
{
	struct chat_call *call = &r->out->calls[r->out->n_calls];
	const char *id = json_text(v, "id");

	call->name = json_text(v, "name");
	if (r->role != CHAT_ASSISTANT)
		return fault(r, ERROR_VALUE, "",
			     "Only an assistant message can have 'tool_use' "
			     "blocks");
	if (says_nothing(id))
		return fault(r, ERROR_MISSING, ".id", "Field required");
	/* An empty one is what some model said. */
	if (call->name == NULL)
		return fault(r, ERROR_MISSING, ".name", "Field required");
	call->id = own_id(r->arena, id);
	call->arguments = read_input(r, json_at(v, "input"));
	if (call->arguments == NULL)
		return fault(r, ERROR_TYPE, ".input",
			     "Input should be a valid dictionary");
	r->out->n_calls++;
	return true;
}

/* --- Blocks --- */

struct kind {
	const char *type;
	bool (*read)(struct reader *r, const cJSON *v);
};

static const char *read_type(struct reader *r, const cJSON *v)
{
	const char *type = json_text(v, "type");

	if (!cJSON_IsObject(v))
		fault(r, ERROR_TYPE, "", "Input should be an object");
	else if (type == NULL)
		fault(r, ERROR_MISSING, ".type", "Field required");
	return type;
}

static bool read_kind(struct reader *r, const cJSON *v, const char *type,
		      const struct kind *kinds)
{
	while (kinds->type != NULL && strcmp(kinds->type, type) != 0)
		kinds++;
	return kinds->type == NULL ? read_other(r, v) : kinds->read(r, v);
}

static bool read_result_blocks(struct reader *r, const cJSON *content)
{
	static const struct kind kinds[] = {
		{ "text", read_text },
		{ "image", read_image },
		{ "document", read_document },
		{ 0 },
	};
	const cJSON *v;

	r->inner = ".content";
	r->inner_index = 0;
	cJSON_ArrayForEach(v, content) {
		const char *type = read_type(r, v);

		if (type == NULL || !read_kind(r, v, type, kinds))
			return false;
		r->inner_index++;
	}
	r->inner = "";
	return true;
}

/* A tool that failed says so in words, as Kimi has no field for it. */
static bool read_result_content(struct reader *r, const cJSON *v)
{
	const cJSON *content = json_at(v, "content");
	size_t files = r->out->n_parts;

	if (cJSON_IsTrue(json_at(v, "is_error")))
		add_text(r, "Error: ");
	if (cJSON_IsString(content))
		add_text(r, content->valuestring);
	else if (cJSON_IsArray(content) && !read_result_blocks(r, content))
		return false;
	else if (content != NULL && !cJSON_IsArray(content))
		return fault(r, ERROR_TYPE, ".content",
			     "Input should be a string or an array of blocks");
	if (r->into->n_parts == 0 && r->out->n_parts > files)
		add_text(r, "(The result is below.)");
	return true;
}

static bool read_result(struct reader *r, const cJSON *v)
{
	struct chat_message *m = &r->out->results[r->out->n_results];
	const char *id = json_text(v, "tool_use_id");
	size_t room = (size_t)cJSON_GetArraySize(json_at(v, "content")) + 2;
	bool ok;

	if (r->role != CHAT_USER)
		return fault(r, ERROR_VALUE, "",
			     "Only a user message can have 'tool_result' "
			     "blocks");
	if (says_nothing(id))
		return fault(r, ERROR_MISSING, ".tool_use_id",
			     "Field required");
	r->to = arena_array(r->arena, room, sizeof(*r->to));
	*m = (struct chat_message){ .role = CHAT_TOOL,
				    .call_id = own_id(r->arena, id),
				    .param = param_of(r, ".tool_use_id"),
				    .parts = r->to };
	r->into = m;
	ok = read_result_content(r, v);
	r->into = NULL;
	r->out->n_results++;
	return ok;
}

static bool read_blocks(struct reader *r, const cJSON *content)
{
	static const struct kind kinds[] = {
		{ "text", read_text },
		{ "image", read_image },
		{ "document", read_document },
		{ "thinking", read_thinking },
		{ "redacted_thinking", read_redacted },
		{ "tool_use", read_tool_use },
		{ "tool_result", read_result },
		{ "server_tool_use", drop },
		{ "container_upload", drop },
		{ 0 },
	};
	const cJSON *v;

	cJSON_ArrayForEach(v, content) {
		const char *type = read_type(r, v);

		if (type == NULL || !read_kind(r, v, type, kinds))
			return false;
		r->index++;
	}
	return true;
}

/* How many blocks there are, including those within results. */
static size_t count_blocks(const cJSON *content)
{
	size_t n = 1;
	const cJSON *v;

	cJSON_ArrayForEach(v, content)
		n += 1 + (size_t)cJSON_GetArraySize(json_at(v, "content"));
	return n;
}

bool anthropic_messages_blocks_read(struct arena *a, const cJSON *content,
				    enum chat_role role, const char *path,
				    struct anthropic_blocks *out,
				    struct error *e)
{
	struct reader r = { .arena = a,
			    .error = e,
			    .role = role,
			    .path = path,
			    .inner = "",
			    .out = out };
	size_t room = count_blocks(content);

	*out = (struct anthropic_blocks){ 0 };
	out->parts = arena_array(a, room, sizeof(*out->parts));
	out->calls = arena_array(a, room, sizeof(*out->calls));
	out->results = arena_array(a, room, sizeof(*out->results));
	if (cJSON_IsArray(content))
		return read_blocks(&r, content);
	if (content != NULL && !cJSON_IsString(content))
		return error_field(e, ERROR_TYPE, path,
				   "%s: Input should be a string or an array "
				   "of blocks",
				   path);
	if (content != NULL)
		add_text(&r, content->valuestring);
	return true;
}
