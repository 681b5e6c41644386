/* SPDX-License-Identifier: MIT */
/* From items to messages. What the model said in one go (reasoning, text and
 * calls, up to the next thing said to it) becomes one message. */
#include "dialect/openai/items_read.h"

#include <stdio.h>
#include <string.h>

#include "base/key_index.h"
#include "dialect/openai/agent_items.h"
#include "dialect/openai/arguments.h"
#include "dialect/openai/content_parts.h"
#include "dialect/openai/items.h"
#include "dialect/openai/loaded_tools.h"
#include "dialect/openai/tool_name.h"
#include "dialect/sealed.h"

#define PATH_SIZE 80
#define LIMIT (256 * 1024 * 1024)

struct reader {
	struct arena *arena;
	struct error *error;
	const char *param;
	size_t index; /* of the item being read */
	struct chat_message *messages;
	size_t n;

	struct chat_message *run; /* of the model, still growing; or NULL */
	struct chat_part *parts;  /* of it */
	struct chat_call *calls;
	size_t parts_room, calls_room;
	const char *uid;	 /* of the reply it is from, if known */
	struct buf thought;	 /* its reasoning */
	struct buf next_thought; /* reasoning not yet followed by a reply */
	const char *details, *next_details; /* of either */
	const struct chat_message *asking;  /* the last one with calls */
	struct key_index asked;		    /* the calls of it, by their ids */
	struct key_index answered;	    /* all calls that have results */
	struct openai_tool_spaces spaces;
};

typedef bool read_item(struct reader *r, const cJSON *v);

static bool fault(struct reader *r, enum error_kind kind, const char *member,
		  const char *text)
{
	char param[PATH_SIZE];

	snprintf(param, sizeof(param), "%s[%zu]%s", r->param, r->index, member);
	return error_field(r->error, kind, param, "'%s' %s.", param, text);
}

static void drop_thought(struct reader *r)
{
	buf_clear(&r->next_thought);
	r->next_details = NULL;
}

static void end_run(struct reader *r)
{
	if (r->run != NULL && r->thought.len > 0)
		r->run->reasoning = arena_copy_n(
			r->arena, buf_text(&r->thought), r->thought.len);
	if (r->run != NULL)
		r->run->details = r->details;
	buf_clear(&r->thought);
	r->details = NULL;
	r->run = NULL;
}

/* The model continues: earlier reasoning belongs to what follows. */
static void go_on(struct reader *r)
{
	if (r->run == NULL) {
		r->run = &r->messages[r->n++];
		r->run->role = CHAT_ASSISTANT;
		r->parts = NULL;
		r->calls = NULL;
		r->parts_room = r->calls_room = 0;
		r->uid = NULL;
	}
	buf_append(&r->thought, buf_text(&r->next_thought),
		   r->next_thought.len);
	if (r->next_details != NULL)
		r->details = r->next_details;
	drop_thought(r);
}

static void add_message(struct reader *r, const struct chat_message *m)
{
	end_run(r);
	r->messages[r->n++] = *m;
	if (m->role == CHAT_TOOL)
		key_index_put(&r->answered, m->call_id, r->n);
}

static void remember_uid(struct reader *r, const cJSON *v)
{
	const char *id = json_text(v, "id");
	size_t place;

	if (id == NULL || !openai_items_parse_id(id, &r->uid, &place, r->arena))
		r->uid = NULL;
}

/* Texts that follow each other are messages of their own, unless both are of
 * one reply, or results of calls must follow the first. */
static bool goes_on(const struct reader *r, const cJSON *v)
{
	const char *id = json_text(v, "id"), *uid;
	size_t place;

	if (r->run == NULL || r->run->n_calls > 0)
		return r->run != NULL;
	return r->uid != NULL && id != NULL &&
	       openai_items_parse_id(id, &uid, &place, r->arena) &&
	       strcmp(uid, r->uid) == 0;
}

static void add_answer(struct reader *r, const cJSON *v,
		       const struct chat_message *m)
{
	if (!goes_on(r, v))
		end_run(r);
	go_on(r);
	remember_uid(r, v);
	r->parts = arena_grow(r->arena, r->parts, &r->parts_room,
			      r->run->n_parts + m->n_parts, sizeof(*r->parts));
	memcpy(r->parts + r->run->n_parts, m->parts,
	       m->n_parts * sizeof(*m->parts));
	r->run->parts = r->parts;
	r->run->n_parts += m->n_parts;
}

static bool read_role(struct reader *r, const cJSON *v, struct chat_message *m)
{
	static const struct {
		const char *name;
		enum chat_role role;
	} roles[] = {
		{ "user", CHAT_USER },
		{ "assistant", CHAT_ASSISTANT },
		{ "system", CHAT_SYSTEM },
		{ "developer", CHAT_SYSTEM },
	};
	const char *name = json_text(v, "role");

	if (name == NULL)
		return fault(r, ERROR_MISSING, ".role", "is missing");
	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (strcmp(name, roles[i].name) == 0) {
			m->role = roles[i].role;
			return true;
		}
	return fault(r, ERROR_VALUE, ".role",
		     "must be user, assistant, system or developer");
}

static bool read_content(struct reader *r, const cJSON *v, const char *name,
			 struct chat_message *m)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s[%zu].%s", r->param, r->index, name);
	return openai_content_parts_read(r->arena, json_at(v, name), path, m,
					 r->error);
}

static bool read_message(struct reader *r, const cJSON *v)
{
	struct chat_message m = { 0 };

	if (!read_role(r, v, &m) || !read_content(r, v, "content", &m))
		return false;
	if (m.role != CHAT_ASSISTANT)
		drop_thought(r);
	if (m.n_parts == 0)
		return true;
	if (m.role == CHAT_ASSISTANT)
		add_answer(r, v, &m);
	else
		add_message(r, &m);
	return true;
}

static void note_asked(struct reader *r, const char *call_id)
{
	if (r->asking != r->run)
		key_index_init(&r->asked, r->arena);
	r->asking = r->run;
	if (key_index_find(&r->asked, call_id) == KEY_INDEX_NONE)
		key_index_put(&r->asked, call_id, r->run->n_calls - 1);
}

static bool add_call(struct reader *r, const cJSON *v, const char *name,
		     const char *arguments)
{
	struct chat_call *call;

	if (json_text(v, "call_id") == NULL)
		return fault(r, ERROR_MISSING, ".call_id", "is missing");
	if (name == NULL)
		return fault(r, ERROR_MISSING, ".name", "is missing");
	go_on(r);
	remember_uid(r, v);
	r->calls = arena_grow(r->arena, r->calls, &r->calls_room,
			      r->run->n_calls + 1, sizeof(*r->calls));
	call = &r->calls[r->run->n_calls++];
	call->id = json_text(v, "call_id");
	call->name = openai_tool_name_flat(&r->spaces,
					   json_text(v, "namespace"), name);
	call->arguments = arguments;
	r->run->calls = r->calls;
	note_asked(r, call->id);
	return true;
}

static bool add_function_call(struct reader *r, const cJSON *v,
			      const char *name)
{
	const char *arguments =
		openai_arguments_text(r->arena, json_at(v, "arguments"));

	if (arguments == NULL)
		return fault(r, ERROR_TYPE, ".arguments",
			     "must be a string of JSON");
	return add_call(r, v, name, arguments);
}

static bool read_call(struct reader *r, const cJSON *v)
{
	return add_function_call(r, v, json_text(v, "name"));
}

static bool read_custom_call(struct reader *r, const cJSON *v)
{
	const cJSON *given = json_at(v, "input");
	const char *input = cJSON_GetStringValue(given);

	if (given == NULL)
		input = "";
	else if (cJSON_IsObject(given))
		input = json_print(r->arena, given);
	if (input == NULL)
		return fault(r, ERROR_TYPE, ".input", "must be a string");
	return add_call(r, v, json_text(v, "name"),
			openai_arguments_of_input(r->arena, input));
}

/* A search that the service ran has no id: there is nothing to answer. */
static bool read_search_call(struct reader *r, const cJSON *v)
{
	return json_text(v, "call_id") == NULL ||
	       add_function_call(r, v, OPENAI_TOOL_SEARCH);
}

static bool read_result(struct reader *r, const cJSON *v,
			struct chat_message *m)
{
	m->role = CHAT_TOOL;
	m->call_id = json_text(v, "call_id");
	if (m->call_id == NULL)
		return fault(r, ERROR_MISSING, ".call_id", "is missing");
	m->param =
		arena_printf(r->arena, "%s[%zu].call_id", r->param, r->index);
	return read_content(r, v, "output", m);
}

/* The name of the tool, if the last calls are those that the result is for. */
static const char *asked_tool(const struct reader *r, const char *call_id)
{
	size_t i = key_index_find(&r->asked, call_id);

	return i == KEY_INDEX_NONE ? NULL : r->asking->calls[i].name;
}

static bool is_answered(const struct reader *r, const char *call_id)
{
	return key_index_find(&r->answered, call_id) != KEY_INDEX_NONE;
}

/* A tool may report once more after others were called: no result of it can
 * be there, so it becomes a message. */
static void add_result(struct reader *r, const struct chat_message *m)
{
	struct chat_message late;

	if (asked_tool(r, m->call_id) != NULL || !is_answered(r, m->call_id)) {
		add_message(r, m);
		return;
	}
	late = openai_agent_items_late(r->arena, m);
	add_message(r, &late);
}

static bool read_output(struct reader *r, const cJSON *v)
{
	struct chat_message m = { 0 };

	if (!read_result(r, v, &m))
		return false;
	add_result(r, &m);
	return true;
}

/* The name later shows that it is a custom tool. */
static bool read_custom_output(struct reader *r, const cJSON *v)
{
	struct chat_message m = { 0 };

	if (!read_result(r, v, &m))
		return false;
	m.name = asked_tool(r, m.call_id);
	add_result(r, &m);
	return true;
}

static bool read_search_output(struct reader *r, const cJSON *v)
{
	struct chat_message m = openai_agent_items_loaded(r->arena, v);

	if (m.call_id == NULL)
		return true;
	m.param = arena_printf(r->arena, "%s[%zu].call_id", r->param, r->index);
	add_message(r, &m);
	return true;
}

static void add_texts(struct buf *out, const cJSON *parts)
{
	const cJSON *part;

	cJSON_ArrayForEach(part, parts) {
		const char *text = json_text(part, "text");

		if (text != NULL)
			buf_puts(out, text);
	}
}

/* The whole of it is in what was sealed, then in its content. */
static bool read_reasoning(struct reader *r, const cJSON *v)
{
	size_t before = r->next_thought.len;
	struct sealed sealed;

	if (sealed_read(r->arena, json_text(v, "encrypted_content"), &sealed))
		r->next_details = sealed.details;
	if (sealed.text != NULL) {
		buf_puts(&r->next_thought, sealed.text);
		return true;
	}
	add_texts(&r->next_thought, json_at(v, "content"));
	if (r->next_thought.len == before)
		add_texts(&r->next_thought, json_at(v, "summary"));
	return true;
}

static bool read_agent_message(struct reader *r, const cJSON *v)
{
	struct chat_message m = openai_agent_items_told(r->arena, v);

	drop_thought(r);
	if (m.n_parts > 0)
		add_message(r, &m);
	return true;
}

/* Without it the conversation would be lost unnoticed. */
static bool read_compaction(struct reader *r, const cJSON *v)
{
	struct chat_message m;

	if (!openai_agent_items_summary(r->arena, v, &m))
		return fault(r, ERROR_VALUE, ".encrypted_content",
			     "is no summary that this server made, so the "
			     "conversation that it stands for cannot be read: "
			     "start a new one, or send its messages instead");
	drop_thought(r);
	add_message(r, &m);
	return true;
}

/* As older versions of Codex call it; in some it carries nothing. */
static bool read_context_compaction(struct reader *r, const cJSON *v)
{
	return json_at(v, "encrypted_content") == NULL || read_compaction(r, v);
}

/* It asks for a reply and says nothing itself. */
static bool read_trigger(struct reader *r, const cJSON *v)
{
	return v->next == NULL ||
	       fault(r, ERROR_VALUE, "",
		     "must be the last item, as everything before it is to be "
		     "summarized");
}

/* Thinking may be lost, what was said may not. */
static bool read_reference(struct reader *r, const cJSON *v)
{
	const char *id = json_text(v, "id");

	if (id != NULL && strncmp(id, "rs_", 3) == 0)
		return true;
	return fault(r, ERROR_VALUE, ".id", "is not the id of a stored item");
}

static const char *type_of(const cJSON *v)
{
	const char *type = json_text(v, "type");

	if (type != NULL)
		return type;
	if (json_at(v, "role") != NULL)
		return "message";
	return json_at(v, "id") != NULL ? "item_reference" : NULL;
}

/* Items of tools that run elsewhere and items of unknown types are ignored. */
static bool read_one(struct reader *r, const cJSON *v)
{
	static const struct {
		const char *type;
		read_item *read;
	} readers[] = {
		{ "message", read_message },
		{ "function_call", read_call },
		{ "function_call_output", read_output },
		{ "custom_tool_call", read_custom_call },
		{ "custom_tool_call_output", read_custom_output },
		{ "tool_search_call", read_search_call },
		{ "tool_search_output", read_search_output },
		{ "reasoning", read_reasoning },
		{ "agent_message", read_agent_message },
		{ "compaction", read_compaction },
		{ "compaction_summary", read_compaction },
		{ "context_compaction", read_context_compaction },
		{ OPENAI_ITEMS_TRIGGER, read_trigger },
		{ "item_reference", read_reference },
	};
	const char *type = type_of(v);

	if (!cJSON_IsObject(v))
		return fault(r, ERROR_TYPE, "", "must be an object");
	if (type == NULL)
		return fault(r, ERROR_MISSING, ".type", "is missing");
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (strcmp(type, readers[i].type) == 0)
			return readers[i].read(r, v);
	return true;
}

bool openai_items_read(struct decoder *d, const cJSON *items, const char *param,
		       struct chat_message **messages, size_t *n)
{
	struct reader r = { .arena = d->arena,
			    .error = d->error,
			    .param = param };
	const cJSON *v;
	bool ok = true;

	*n = 0;
	if (!cJSON_IsArray(items))
		return field_wrong_type(d, param, "an array");
	key_index_init(&r.asked, d->arena);
	key_index_init(&r.answered, d->arena);
	openai_tool_spaces_init(&r.spaces, d->arena, json_at(d->body, "tools"));
	buf_init(&r.thought, LIMIT);
	buf_init(&r.next_thought, LIMIT);
	r.messages = arena_array(d->arena, (size_t)cJSON_GetArraySize(items),
				 sizeof(*r.messages));
	for (v = items->child; ok && v != NULL; v = v->next, r.index++)
		ok = read_one(&r, v);
	end_run(&r);
	buf_fini(&r.thought);
	buf_fini(&r.next_thought);
	*messages = r.messages;
	*n = r.n;
	return ok;
}
