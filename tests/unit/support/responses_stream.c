/* SPDX-License-Identifier: MIT */
/* The rules of a stream of the Responses API. */
#include "tests/unit/support/responses_stream.h"

#include <string.h>

#include "tests/unit/support/test.h"

#define MAX_EVENTS 4096
#define PREFIX "event: "
#define DATA "\ndata: "

struct checker {
	struct arena *arena;
	const cJSON *event;
	const cJSON *item;	  /* the one that is open; or NULL */
	bool part;		  /* its part is open */
	const char *text, *input; /* the deltas, joined */
	bool done_text;		  /* its text is done */
	int64_t n_annotations;
	const char *annotations; /* with commas, as is: */
	const char *done;	 /* all items that are done, with commas */
	int64_t n_done;
};

static const char *of(const struct checker *c, const char *path)
{
	const char *text = json_text(c->event, path);

	if (text == NULL)
		fail_msg("no %s: %s", path, json_print(c->arena, c->event));
	return text;
}

static void same_place(const struct checker *c)
{
	assert_non_null(c->item);
	assert_string_equal(of(c, "item_id"), json_text(c->item, "id"));
	assert_int_equal(json_int(c->event, "output_index", -1), c->n_done);
}

static void same_part(const struct checker *c, const char *index)
{
	same_place(c);
	assert_true(c->part);
	assert_int_equal(json_int(c->event, index, -1), 0);
}

static void on_added(struct checker *c)
{
	const char *status;

	assert_null(c->item);
	assert_int_equal(json_int(c->event, "output_index", -1), c->n_done);
	c->item = json_at(c->event, "item");
	status = json_text(c->item, "status");
	assert_string_equal(status == NULL ? "in_progress" : status,
			    "in_progress");
	assert_int_equal(cJSON_GetArraySize(json_at(c->item, "content")), 0);
	assert_int_equal(cJSON_GetArraySize(json_at(c->item, "summary")), 0);
	c->text = c->input = "";
	c->part = c->done_text = false;
	c->n_annotations = 0;
	c->annotations = "";
}

static void on_part_added(struct checker *c)
{
	assert_false(c->part);
	c->part = true;
	assert_string_equal(of(c, "part.text"), "");
}

static void on_delta(struct checker *c)
{
	assert_false(c->done_text);
	c->text = arena_printf(c->arena, "%s%s", c->text, of(c, "delta"));
}

static void on_text_delta(struct checker *c)
{
	same_part(c, "content_index");
	assert_true(cJSON_IsArray(json_at(c->event, "logprobs")));
	assert_true(*of(c, "delta") != '\0');
	on_delta(c);
}

static void on_summary_delta(struct checker *c)
{
	same_part(c, "summary_index");
	assert_true(*of(c, "delta") != '\0');
	on_delta(c);
}

static void on_call_delta(struct checker *c)
{
	same_place(c);
	on_delta(c);
}

static void on_text_done(struct checker *c)
{
	assert_true(c->part);
	same_place(c);
	assert_string_equal(of(c, "text"), c->text);
	c->done_text = true;
}

static void on_part_done(struct checker *c)
{
	assert_true(c->part && c->done_text);
	same_place(c);
	assert_string_equal(of(c, "part.text"), c->text);
	c->part = false;
}

static void on_arguments_done(struct checker *c)
{
	same_place(c);
	assert_string_equal(of(c, "name"), json_text(c->item, "name"));
	assert_string_equal(of(c, "arguments"), c->text);
	c->done_text = true;
}

static void on_compacting(struct checker *c)
{
	same_place(c);
	assert_string_equal(json_text(c->item, "type"), "compaction");
}

static void on_input_done(struct checker *c)
{
	same_place(c);
	assert_string_equal(of(c, "input"), c->text);
	c->done_text = true;
}

static void on_annotation(struct checker *c)
{
	same_part(c, "content_index");
	assert_int_equal(json_int(c->event, "annotation_index", -1),
			 c->n_annotations);
	c->annotations = arena_printf(
		c->arena, "%s%s%s", c->annotations,
		c->n_annotations++ == 0 ? "" : ",",
		json_print(c->arena, json_at(c->event, "annotation")));
}

/* What a finished item says must be what its deltas said. */
static const char *said(const cJSON *item)
{
	static const char *const paths[] = { "content.0.text", "summary.0.text",
					     "arguments", "input" };

	for (size_t i = 0; i < COUNT(paths); i++)
		if (json_text(item, paths[i]) != NULL)
			return json_text(item, paths[i]);
	return NULL;
}

/* Searches for tools and summaries come in one piece. */
static void check_said(const struct checker *c, const cJSON *item)
{
	const char *type = json_text(item, "type");

	if (strcmp(type, "tool_search_call") == 0 ||
	    strcmp(type, "compaction") == 0) {
		assert_string_equal(c->text, "");
		return;
	}
	assert_true(c->done_text && !c->part);
	assert_string_equal(said(item), c->text);
}

static void on_done(struct checker *c)
{
	const cJSON *item = json_at(c->event, "item");

	assert_non_null(c->item);
	assert_int_equal(json_int(c->event, "output_index", -1), c->n_done);
	assert_string_equal(json_text(item, "id"), json_text(c->item, "id"));
	assert_string_equal(json_text(item, "type"),
			    json_text(c->item, "type"));
	check_said(c, item);
	if (json_at(item, "content.0.annotations") != NULL)
		assert_string_equal(
			json_print(c->arena,
				   json_at(item, "content.0.annotations")),
			arena_printf(c->arena, "[%s]", c->annotations));
	c->done = arena_printf(c->arena, "%s%s%s", c->done,
			       c->n_done == 0 ? "" : ",",
			       json_print(c->arena, item));
	c->n_done++;
	c->item = NULL;
}

static const struct {
	const char *type;
	void (*check)(struct checker *c);
} rules[] = {
	{ "response.output_item.added", on_added },
	{ "response.content_part.added", on_part_added },
	{ "response.reasoning_summary_part.added", on_part_added },
	{ "response.output_text.delta", on_text_delta },
	{ "response.reasoning_summary_text.delta", on_summary_delta },
	{ "response.function_call_arguments.delta", on_call_delta },
	{ "response.custom_tool_call_input.delta", on_call_delta },
	{ "response.output_text.annotation.added", on_annotation },
	{ "response.output_text.done", on_text_done },
	{ "response.reasoning_summary_text.done", on_text_done },
	{ "response.content_part.done", on_part_done },
	{ "response.reasoning_summary_part.done", on_part_done },
	{ "response.function_call_arguments.done", on_arguments_done },
	{ "response.custom_tool_call_input.done", on_input_done },
	{ "response.compaction.compacting", on_compacting },
	{ "response.output_item.done", on_done },
};

static void check_event(struct checker *c)
{
	for (size_t i = 0; i < COUNT(rules); i++)
		if (strcmp(of(c, "type"), rules[i].type) == 0) {
			rules[i].check(c);
			return;
		}
	fail_msg("unexpected: %s", json_print(c->arena, c->event));
}

static void check_begin(const cJSON *event, const char *type)
{
	assert_string_equal(json_text(event, "type"), type);
	assert_string_equal(json_text(event, "response.status"), "in_progress");
	assert_int_equal(cJSON_GetArraySize(json_at(event, "response.output")),
			 0);
	assert_null(json_at(event, "response.usage"));
}

/* The name of a terminal event is "response." and the status. */
static void check_end(struct checker *c)
{
	const cJSON *response = json_at(c->event, "response");
	const char *status = json_text(response, "status");

	assert_string_equal(of(c, "type"),
			    arena_printf(c->arena, "response.%s", status));
	assert_true(strcmp(status, "completed") == 0 ||
		    strcmp(status, "incomplete") == 0 ||
		    strcmp(status, "failed") == 0);
	if (strcmp(status, "failed") != 0)
		assert_null(c->item);
	assert_string_equal(json_print(c->arena, json_at(response, "output")),
			    arena_printf(c->arena, "[%s]", c->done));
}

static void add_event(struct responses_stream *s, struct arena *a,
		      const char *text, size_t n)
{
	char *event = arena_copy_n(a, text, n);
	char *data = strstr(event, DATA);
	const cJSON *tree;

	assert_true(strncmp(event, PREFIX, strlen(PREFIX)) == 0);
	assert_non_null(data);
	tree = parse(a, data + strlen(DATA));
	assert_string_equal(
		json_text(tree, "type"),
		arena_copy_n(a, event + strlen(PREFIX),
			     (size_t)(data - event) - strlen(PREFIX)));
	assert_true(s->n < MAX_EVENTS);
	s->events[s->n] = event;
	s->trees[s->n++] = tree;
	s->last = json_at(tree, "response");
}

struct responses_stream responses_stream_split(struct arena *a,
					       const char *body)
{
	struct responses_stream s = {
		.events = arena_array(a, MAX_EVENTS, sizeof(*s.events)),
		.trees = arena_array(a, MAX_EVENTS, sizeof(const cJSON *)),
	};
	const char *end;

	for (; strcmp(body, "data: [DONE]\n\n") != 0; body = end + 2) {
		end = strstr(body, "\n\n");
		if (end == NULL) {
			fail_msg("ends without [DONE]: %s", body);
			break;
		}
		if (*body != ':')
			add_event(&s, a, body, (size_t)(end - body));
	}
	return s;
}

struct responses_stream responses_stream_read(struct arena *a, const char *body)
{
	struct responses_stream s = responses_stream_split(a, body);
	struct checker c = { .arena = a, .done = "" };

	assert_true(s.n >= 3);
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(json_int(s.trees[i], "sequence_number", -1),
				 i);
	check_begin(s.trees[0], "response.created");
	check_begin(s.trees[1], "response.in_progress");
	for (size_t i = 2; i < s.n; i++) {
		c.event = s.trees[i];
		if (i + 1 < s.n)
			check_event(&c);
		else
			check_end(&c);
	}
	return s;
}
