/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_ANTHROPIC_MESSAGES_H
#define DIALECT_ANTHROPIC_MESSAGES_H

#include "dialect/dialect.h"
#include "dialect/field_table.h"

/*
 * The parts of the Anthropic Messages dialect, as clients speak it: versions
 * 2023-06-01 and 2026-10-21 of that API (POST /v1/messages and
 * /v1/messages/count_tokens). Paths in errors are Anthropic's:
 * "messages.0.content.1.text".
 */
extern const struct field anthropic_messages_fields[];

bool anthropic_messages_decode(struct arena *a, const cJSON *body,
			       struct chat_request *request, struct error *e);

/* The same without max_tokens: only the prompt is asked about. */
bool anthropic_count_decode(struct arena *a, const cJSON *body,
			    struct chat_request *request, struct error *e);

/* Whether that body asks only to have the prompt read: max_tokens is 0. */
bool anthropic_messages_is_warm_up(const cJSON *body);

/*
 * Reads the array `messages`. What Anthropic puts into one message may be
 * several here: results of tools come before all else that stands between two
 * answers, and answers that follow each other are one.
 */
bool anthropic_read_messages(struct arena *a, const cJSON *messages,
			     struct chat_request *request, struct error *e);

/* What the content of one message holds, in its order. */
struct anthropic_content {
	struct chat_part *parts; /* with the images inside of results */
	size_t n_parts;
	const char *reasoning;
	struct chat_call *calls;
	size_t n_calls;
	struct chat_message *results; /* one of CHAT_TOOL for each */
	size_t n_results;
};

/* A string or an array of blocks at `path`; NULL is empty. */
bool anthropic_read_content(struct arena *a, const cJSON *content,
			    enum chat_role role, const char *path,
			    struct anthropic_content *out, struct error *e);

/* `system`, in every form, as one text; NULL if it says nothing. */
bool anthropic_read_system(struct arena *a, const cJSON *system,
			   const char **text, struct error *e);

/* Kimi's own search may be among them; other tools of the server are not
 * offered and are left out. */
read_field anthropic_read_tools, anthropic_read_tool_choice;

struct encoder *anthropic_encoder(struct arena *a,
				  const struct dialect_answer *answer,
				  struct response *response);
bool anthropic_event(struct encoder *encoder, const struct chat_event *event);
bool anthropic_reply(struct arena *a, const struct dialect_answer *answer,
		     struct response *response, const struct chat_reply *reply);

/* What a client is told: some kinds have a status of their own there. */
int anthropic_status(enum error_kind kind, bool stream);

/* {"type":"error",…}, with its status or as an event. */
bool anthropic_error(struct arena *a, struct response *response,
		     const struct error *e);

/* The same where the size of the prompt is known: clients shorten theirs by
 * the numbers in the message. 0: it is not. */
bool anthropic_error_sized(struct arena *a, struct response *response,
			   const struct error *e, int64_t prompt_tokens);

/* Shared by both forms of an answer. */
void anthropic_put_head(struct json_writer *w, const char *key,
			const struct dialect_answer *answer, struct arena *a);
void anthropic_put_usage(struct json_writer *w, const struct chat_usage *u);
void anthropic_put_citation(struct json_writer *w, const char *key,
			    const struct chat_citation *citation);
const char *anthropic_stop_reason(enum chat_finish finish);

/* A call's id: "call_…" here is "toolu_…" there. */
const char *anthropic_tool_id(struct arena *a, const char *id);

/* Whether thinking is to be left out, or shown by its signature only. */
bool anthropic_hides_thinking(const struct dialect_answer *answer);
bool anthropic_omits_thinking(const struct dialect_answer *answer);

#endif
