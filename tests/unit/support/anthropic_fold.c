/* SPDX-License-Identifier: MIT */
/* Reads answers of Anthropic Messages, and holds them to their format. */
#include "tests/unit/support/anthropic_fold.h"

#include <string.h>

#include "dialect/sealed.h"
#include "tests/unit/support/test.h"

struct fold {
	struct arena *arena;
	const char *line;  /* so far */
	const char *block; /* type of the one that is open; NULL: none */
	const char *text, *signature, *sources, *name;
	int64_t index;
	bool started, ended, finished; /* finished: message_delta came */
};

static void say(struct fold *f, const char *word)
{
	f->line = arena_printf(f->arena, "%s%s%s", f->line,
			       *f->line == '\0' ? "" : " ", word);
}

static bool is(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Members that must be there, in this order, and no others. */
static void assert_members(const cJSON *v, const char *const *names)
{
	const cJSON *m = v->child;

	for (; *names != NULL && m != NULL && is(m->string, *names); names++)
		m = m->next;
	if (*names != NULL)
		fail_msg("'%s' is missing after %s", *names, v->string);
	if (m != NULL)
		fail_msg("'%s' is too much", m->string);
}

static void assert_id(const char *id, const char *prefix)
{
	assert_non_null(id);
	assert_int_equal(strncmp(id, prefix, strlen(prefix)), 0);
	assert_int_equal(strspn(id + strlen(prefix),
				"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
				"UVWXYZ0123456789_-"),
			 strlen(id) - strlen(prefix));
	assert_true(strlen(id) > strlen(prefix));
}

/* For what must be there: an empty text fails where it is looked at. */
static const char *member(const cJSON *v, const char *name)
{
	const char *text = json_text(v, name);

	assert_non_null(text);
	return text == NULL ? "" : text;
}

static const char *usage_of(struct arena *a, const cJSON *v)
{
	const cJSON *usage = json_at(v, "usage");
	bool searched = json_at(usage, "server_tool_use") != NULL;

	assert_members(
		usage,
		(const char *[]){ "input_tokens", "cache_creation_input_tokens",
				  "cache_creation", "cache_read_input_tokens",
				  "output_tokens",
				  searched ? "server_tool_use" : "service_tier",
				  searched ? "service_tier" : NULL, NULL });
	assert_true(json_int(usage, "input_tokens", -1) >= 0);
	return arena_printf(a, "%lld+%lld %lld",
			    (long long)json_int(usage, "input_tokens", -1),
			    (long long)json_int(usage,
						"cache_read_input_tokens", -1),
			    (long long)json_int(usage, "output_tokens", -1));
}

/* The reason, and the sequence if it is that. */
static void say_stop(struct fold *f, const cJSON *v)
{
	const char *sequence = json_text(v, "stop_sequence");

	say(f, json_text(v, "stop_reason"));
	if (sequence == NULL)
		return;
	assert_string_equal(json_text(v, "stop_reason"), "stop_sequence");
	say(f, sequence);
}

static void assert_message(const cJSON *m)
{
	assert_members(m, (const char *[]){ "id", "type", "role", "model",
					    "content", "stop_reason",
					    "stop_sequence", "usage", NULL });
	assert_id(json_text(m, "id"), "msg_");
	assert_string_equal(json_text(m, "type"), "message");
	assert_string_equal(json_text(m, "role"), "assistant");
	assert_non_null(json_text(m, "model"));
	assert_true(cJSON_IsArray(json_at(m, "content")));
}

static const char *source_of(const cJSON *citation)
{
	assert_members(citation,
		       (const char *[]){ "type", "url", "title", "cited_text",
					 "encrypted_index", NULL });
	assert_string_equal(json_text(citation, "type"),
			    "web_search_result_location");
	return json_text(citation, "url");
}

/* --- A block, once all of it is known --- */

static void say_block(struct fold *f, const char *type)
{
	const char *thought;

	if (is(type, "text")) {
		assert_true(*f->text != '\0');
		say(f,
		    arena_printf(f->arena, "text:%s%s", f->text, f->sources));
	} else if (is(type, "thinking")) {
		assert_true(*f->signature != '\0');
		thought = sealed_get(f->arena, f->signature);
		say(f, arena_printf(f->arena, "thinking:%s/%s", f->text,
				    thought == NULL ? "?" : thought));
	} else {
		say(f, arena_printf(f->arena, "tool:%s%s", f->name,
				    *f->text == '\0' ? "{}" : f->text));
	}
}

/* --- The stream --- */

static void start(struct fold *f, const cJSON *v)
{
	const cJSON *m = json_at(v, "message");

	assert_false(f->started);
	f->started = true;
	assert_message(m);
	assert_int_equal(cJSON_GetArraySize(json_at(m, "content")), 0);
	assert_null(json_at(m, "stop_reason"));
	assert_null(json_at(m, "stop_sequence"));
	assert_true(json_int(m, "usage.input_tokens", 0) > 0);
	assert_int_equal(json_int(m, "usage.output_tokens", 0), 1);
}

static void open_block(struct fold *f, const cJSON *v)
{
	const cJSON *block = json_at(v, "content_block");

	assert_null(f->block);
	assert_false(f->finished);
	assert_int_equal(json_int(v, "index", -1), f->index);
	f->block = json_text(block, "type");
	f->text = f->signature = f->sources = "";
	if (is(f->block, "text")) {
		assert_members(block, (const char *[]){ "type", "text", NULL });
		assert_string_equal(json_text(block, "text"), "");
	} else if (is(f->block, "thinking")) {
		assert_members(block, (const char *[]){ "type", "thinking",
							"signature", NULL });
		assert_string_equal(json_text(block, "thinking"), "");
		assert_string_equal(json_text(block, "signature"), "");
	} else {
		assert_string_equal(f->block, "tool_use");
		assert_members(block, (const char *[]){ "type", "id", "name",
							"input", NULL });
		assert_id(json_text(block, "id"), "toolu_");
		assert_true(cJSON_IsObject(json_at(block, "input")) &&
			    json_at(block, "input")->child == NULL);
		f->name = json_text(block, "name");
	}
}

static void add_delta(struct fold *f, const cJSON *v)
{
	static const struct {
		const char *type, *block, *member;
	} kinds[] = {
		{ "text_delta", "text", "text" },
		{ "thinking_delta", "thinking", "thinking" },
		{ "input_json_delta", "tool_use", "partial_json" },
	};
	const cJSON *delta = json_at(v, "delta");
	const char *type = json_text(delta, "type");

	assert_int_equal(json_int(v, "index", -1), f->index);
	assert_non_null(f->block);
	assert_string_equal(f->signature, ""); /* it is the last */
	if (is(type, "signature_delta")) {
		assert_string_equal(f->block, "thinking");
		f->signature = member(delta, "signature");
		return;
	}
	if (is(type, "citations_delta")) {
		assert_string_equal(f->block, "text");
		assert_true(*f->text != '\0');
		f->sources =
			arena_printf(f->arena, "%s[%s]", f->sources,
				     source_of(json_at(delta, "citation")));
		return;
	}
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (is(type, kinds[i].type)) {
			assert_string_equal(f->block, kinds[i].block);
			assert_members(delta, (const char *[]){ "type",
								kinds[i].member,
								NULL });
			assert_true(*json_text(delta, kinds[i].member) != '\0');
			f->text =
				arena_printf(f->arena, "%s%s", f->text,
					     json_text(delta, kinds[i].member));
			return;
		}
	fail_msg("delta of an unknown kind: %s", type);
}

/* An input that is whole, as it prints; escapes may be written in two ways. */
static const char *printed(struct fold *f, const char *input)
{
	struct error ignored;
	const cJSON *tree =
		json_parse(f->arena, input, strlen(input), &ignored);

	return tree == NULL ? input : json_print(f->arena, tree);
}

static void close_block(struct fold *f, const cJSON *v)
{
	assert_non_null(f->block);
	assert_int_equal(json_int(v, "index", -1), f->index++);
	assert_members(v, (const char *[]){ "type", "index", NULL });
	if (is(f->block, "tool_use"))
		f->text = printed(f, f->text);
	say_block(f, f->block);
	f->block = NULL;
}

static void finish(struct fold *f, const cJSON *v)
{
	const cJSON *delta = json_at(v, "delta");

	assert_null(f->block);
	assert_false(f->finished);
	f->finished = true;
	assert_members(delta, (const char *[]){ "stop_reason", "stop_sequence",
						NULL });
	say_stop(f, delta);
	say(f, usage_of(f->arena, v));
}

static void end(struct fold *f, const cJSON *v)
{
	assert_members(v, (const char *[]){ "type", NULL });
	assert_true(f->finished);
	f->ended = true;
}

static void fail_stream(struct fold *f, const cJSON *v)
{
	assert_members(v,
		       (const char *[]){ "type", "error", "request_id", NULL });
	assert_members(json_at(v, "error"),
		       (const char *[]){ "type", "message",
					 json_at(v, "error.details") != NULL ?
						 "details" :
						 NULL,
					 NULL });
	say(f, arena_printf(f->arena, "error:%s", json_text(v, "error.type")));
	f->ended = true;
}

static void take(struct fold *f, const char *name, const cJSON *v)
{
	static const struct {
		const char *name;
		void (*take)(struct fold *f, const cJSON *v);
	} kinds[] = {
		{ "message_start", start },
		{ "content_block_start", open_block },
		{ "content_block_delta", add_delta },
		{ "content_block_stop", close_block },
		{ "message_delta", finish },
		{ "message_stop", end },
		{ "error", fail_stream },
	};

	assert_false(f->ended);
	assert_string_equal(json_text(v, "type"), name);
	assert_true(f->started || is(name, "message_start"));
	if (is(name, "ping")) {
		assert_members(v, (const char *[]){ "type", NULL });
		return;
	}
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (is(name, kinds[i].name)) {
			kinds[i].take(f, v);
			return;
		}
	fail_msg("event of an unknown kind: %s", name);
}

static struct fold fold_of(struct arena *a)
{
	return (struct fold){ .arena = a,
			      .line = "",
			      .text = "",
			      .signature = "",
			      .sources = "",
			      .name = "" };
}

const char *anthropic_fold_stream(struct arena *a, const char *body)
{
	struct fold f = fold_of(a);

	while (*body != '\0') {
		const char *name = body + strlen("event: ");
		const char *data = strchr(body, '\n') + 1;
		const char *last = strstr(data, "\n\n");

		assert_int_equal(strncmp(body, "event: ", 7), 0);
		assert_int_equal(strncmp(data, "data: {", 7), 0);
		assert_non_null(last);
		take(&f, arena_copy_n(a, name, (size_t)(data - 1 - name)),
		     parse(a, arena_copy_n(a, data + 6,
					   (size_t)(last - data - 6))));
		body = last + 2;
	}
	assert_true(f.ended);
	return f.line;
}

/* --- The whole answer --- */

static void read_block(struct fold *f, const cJSON *block)
{
	const char *type = json_text(block, "type");
	const cJSON *source;

	f->sources = "";
	if (is(type, "text")) {
		f->text = member(block, "text");
		cJSON_ArrayForEach(source, json_at(block, "citations"))
			f->sources = arena_printf(f->arena, "%s[%s]",
						  f->sources,
						  source_of(source));
		assert_members(block,
			       *f->sources == '\0' ?
				       (const char *[]){ "type", "text",
							 NULL } :
				       (const char *[]){ "type", "text",
							 "citations", NULL });
	} else if (is(type, "thinking")) {
		assert_members(block, (const char *[]){ "type", "thinking",
							"signature", NULL });
		f->text = member(block, "thinking");
		f->signature = member(block, "signature");
	} else {
		assert_string_equal(type, "tool_use");
		assert_members(block, (const char *[]){ "type", "id", "name",
							"input", NULL });
		assert_id(json_text(block, "id"), "toolu_");
		assert_true(cJSON_IsObject(json_at(block, "input")));
		f->name = json_text(block, "name");
		f->text = json_print(f->arena, json_at(block, "input"));
	}
	say_block(f, type);
}

const char *anthropic_fold_whole(struct arena *a, const char *body)
{
	struct fold f = fold_of(a);
	const cJSON *v = parse(a, body), *block;

	if (is(json_text(v, "type"), "error")) {
		fail_stream(&f, v);
		return f.line;
	}
	assert_message(v);
	cJSON_ArrayForEach(block, json_at(v, "content"))
		read_block(&f, block);
	say_stop(&f, v);
	say(&f, usage_of(a, v));
	return f.line;
}
