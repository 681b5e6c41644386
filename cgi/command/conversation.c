/* SPDX-License-Identifier: MIT */
/* `conversation`: what was said, for the owner. */
#include "cgi/command/conversation.h"

#include <inttypes.h>

#include "base/clock.h"
#include "cgi/command/key.h"
#include "cgi/command/option_value.h"
#include "cgi/command/prompt.h"
#include "store/archive.h"

#define DEFAULT_LIMIT 50
#define MOST 100000
#define SEARCH_MS 10000

/* The one that the command line names. */
static bool find(struct command *c, struct archived_conversation *found,
		 struct error *e)
{
	int64_t key;

	return key_option(c, &key, e) &&
	       store_archive_find(c->store, argument(&c->options, 0), key,
				  found, &c->arena, e);
}

/* --- List ----------------------------------------------------------------- */

const struct command_option conversation_list_options[] = {
	{ "key", "KEY", "only those of this API key" },
	{ "since", "TIME", "only those used after it: a date, or 7d" },
	{ "limit", "NUMBER", "how many at most (default: 50)" },
	{ NULL, NULL, NULL },
};

static const struct output_column list_columns[] = {
	{ "id", OUTPUT_ID, OUTPUT_ALWAYS },
	{ "key", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "model", OUTPUT_TEXT, OUTPUT_IF_WIDE },
	{ "last_turn", OUTPUT_TIME, OUTPUT_ALWAYS },
	{ "started", OUTPUT_TIME, OUTPUT_DETAIL },
	{ "turns", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "messages", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
	{ "tokens", OUTPUT_INTEGER, OUTPUT_IF_WIDE },
};

#define LIST_COLUMNS (sizeof(list_columns) / sizeof(*list_columns))

static void put_conversation(struct output *o,
			     const struct archived_conversation *c)
{
	output_text(o, c->conversation.name);
	output_text(o, c->key);
	output_text(o, c->model);
	output_number(o, c->updated_ms);
	output_number(o, c->conversation.created_ms);
	output_number(o, c->turns);
	output_number(o, c->messages);
	output_number(o, c->tokens);
}

enum command_exit conversation_list(struct command *c)
{
	struct archive_filter filter = { .limit = DEFAULT_LIMIT };
	struct archived_conversation *list;
	struct error e;
	size_t n;

	if (!key_option(c, &filter.key, &e) ||
	    !option_number(&c->options, "limit", 1, MOST, &filter.limit, &e) ||
	    !option_time(&c->options, "since", clock_wall_ms(), &filter.since,
			 &e) ||
	    !store_archive_list(c->store, &filter, &list, &n, &c->arena, &e))
		return command_fail(&e);
	output_table(&c->output, NULL, list_columns, LIST_COLUMNS);
	for (size_t i = 0; i < n; i++)
		put_conversation(&c->output, &list[i]);
	output_end_or(&c->output, "No conversations.");
	return COMMAND_DONE;
}

/* --- Show ----------------------------------------------------------------- */

const struct command_option conversation_key_option[] = {
	{ "key", "KEY", "the API key, if several have one of that ID" },
	{ NULL, NULL, NULL },
};

static const struct output_column message_columns[] = {
	{ "at", OUTPUT_TIME, OUTPUT_ALWAYS },
	{ "role", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "content", OUTPUT_TEXT, OUTPUT_ALWAYS },
	{ "reasoning", OUTPUT_TEXT, OUTPUT_DETAIL },
	{ "tool_calls", OUTPUT_TEXT, OUTPUT_DETAIL },
	{ "request", OUTPUT_ID, OUTPUT_DETAIL },
};

#define MESSAGE_COLUMNS (sizeof(message_columns) / sizeof(*message_columns))

static void put_messages(struct output *o, const struct archived_message *list,
			 size_t n)
{
	output_table(o, "messages_in_it", message_columns, MESSAGE_COLUMNS);
	for (size_t i = 0; i < n; i++) {
		output_number(o, list[i].created_ms);
		output_text(o, list[i].role);
		output_text(o, list[i].content);
		output_text(o, list[i].reasoning);
		output_text(o, list[i].tool_calls);
		output_text(o, list[i].request);
	}
	output_end(o);
}

static void print_message(struct output *o, const struct archived_message *m)
{
	const char *text = m->content == NULL ? "" : m->content;

	if (m->content != NULL || m->tool_calls == NULL)
		output_passage(o, m->role, m->created_ms, text);
	if (m->media != NULL)
		output_line(o, "(and images, videos or files)");
	if (m->tool_calls != NULL)
		output_passage(o, "calls of tools", m->created_ms,
			       m->tool_calls);
}

enum command_exit conversation_show(struct command *c)
{
	struct output *o = &c->output;
	struct archived_conversation found;
	struct archived_message *messages;
	struct error e;
	size_t n;

	if (!find(c, &found, &e) ||
	    !store_archive_messages(c->store, found.conversation.row, &messages,
				    &n, &c->arena, &e))
		return command_fail(&e);
	output_group(o, NULL);
	output_record(o, NULL, list_columns, LIST_COLUMNS);
	put_conversation(o, &found);
	output_end(o);
	if (o->format == OUTPUT_JSON)
		put_messages(o, messages, n);
	else
		for (size_t i = 0; i < n; i++)
			print_message(o, &messages[i]);
	output_end_group(o);
	return COMMAND_DONE;
}

/* --- Delete --------------------------------------------------------------- */

enum command_exit conversation_delete(struct command *c)
{
	struct archived_conversation found;
	struct error e;

	if (!find(c, &found, &e) ||
	    !prompt_confirm(c, &e,
			    "This will delete the conversation '%.128s' of %s, "
			    "with %" PRId64 " messages and all stored "
			    "responses in it, for good.",
			    found.conversation.name, found.key,
			    found.messages) ||
	    !store_conversation_delete(c->store, &found.conversation, &e))
		return command_fail(&e);
	command_say("Deleted: %s. Backups still have it.",
		    found.conversation.name);
	if (found.conversation.chat != NULL)
		command_say("Its chat at Kimi, %s, is deleted there when a "
			    "request comes to the server, if its credential "
			    "still works.",
			    found.conversation.chat);
	return COMMAND_DONE;
}

/* --- Search --------------------------------------------------------------- */

const struct command_option conversation_search_options[] = {
	{ "limit", "NUMBER", "how many at most (default: 50)" },
	{ "time", "DURATION", "how long to search (default: 10s)" },
	{ NULL, NULL, NULL },
};

static void put_hits(struct output *o, const struct archive_search *s)
{
	static const struct output_column columns[] = {
		{ "at", OUTPUT_TIME, OUTPUT_ALWAYS },
		{ "key", OUTPUT_TEXT, OUTPUT_IF_WIDE },
		{ "conversation", OUTPUT_TEXT, OUTPUT_ALWAYS },
		{ "request", OUTPUT_ID, OUTPUT_IF_WIDE },
		{ "role", OUTPUT_TEXT, OUTPUT_IF_WIDE },
		{ "text", OUTPUT_TEXT, OUTPUT_ALWAYS },
	};

	output_table(o, NULL, columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < s->n; i++) {
		output_number(o, s->hits[i].created_ms);
		output_text(o, s->hits[i].key);
		output_text(o, s->hits[i].conversation);
		output_text(o, s->hits[i].request);
		output_text(o, s->hits[i].role);
		output_text(o, s->hits[i].excerpt);
	}
	output_end_or(o, "Nothing was found.");
}

enum command_exit conversation_search(struct command *c)
{
	struct archive_search s = { .text = argument(&c->options, 0),
				    .limit = DEFAULT_LIMIT,
				    .most_ms = SEARCH_MS };
	struct error e;

	if (!option_number(&c->options, "limit", 1, MOST, &s.limit, &e) ||
	    !option_duration(&c->options, "time", &s.most_ms, &e) ||
	    !store_archive_search(c->store, &s, &c->arena, &e))
		return command_fail(&e);
	put_hits(&c->output, &s);
	if (s.stopped)
		command_say("The search stopped here: older messages may have "
			    "it, too (--limit, --time).");
	return COMMAND_DONE;
}
