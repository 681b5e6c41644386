/* SPDX-License-Identifier: MIT */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The nouns: what a conversation is, with no wire format. All pointers live as
 * long as the request's arena; a missing text is NULL, never "".
 *
 * `param` is the client's own name for the thing, in the words of its dialect
 * ("messages[0].content[1].image_url"): an error about the thing names it so,
 * wherever the error is found. It stays with the thing while messages are
 * joined, reordered, dropped and inserted. NULL: the client did not send it.
 */

enum chat_role { CHAT_SYSTEM, CHAT_USER, CHAT_ASSISTANT, CHAT_TOOL };

enum chat_part_kind {
	CHAT_PART_TEXT,
	CHAT_PART_IMAGE,
	CHAT_PART_VIDEO,
	CHAT_PART_FILE, /* a document */
};

struct chat_part {
	enum chat_part_kind kind;
	const char *text; /* the text, or the URL; NULL: `id` names a file */
	const char *id;	  /* of a file the client uploaded; or NULL */
	const char *name; /* of a document, if the client gave one */
	const char *param;

	/* The bytes, once the relay has found them; else NULL. */
	const struct chat_file *file;
};

/* A call of a tool by the model. `arguments` is the text of a JSON object, or
 * what the model wrote in its place: see call_arguments.h. */
struct chat_call {
	const char *id, *name, *arguments;
};

struct chat_citation {
	const char *url, *title;
};

/* A citation and how many characters of text precede it. */
struct chat_cited {
	struct chat_citation citation;
	size_t offset;
};

enum chat_block { CHAT_BLOCK_TEXT, CHAT_BLOCK_REASONING, CHAT_BLOCK_CALL };

/* `n` bytes of the message's text or reasoning, or one of its calls (1). */
struct chat_span {
	enum chat_block block;
	size_t n;
	size_t from; /* in the text or reasoning, or among the calls */
};

/*
 * A reply consists of reasoning, text and calls, in this order. Where a service
 * went back and forth between them, `spans` has the order.
 */
struct chat_message {
	enum chat_role role;
	bool partial;	  /* the last one: the reply continues it */
	bool compacts;	  /* assistant: a summary of all before it */
	const char *name; /* of the speaker, optional */
	const struct chat_part *parts;
	size_t n_parts;
	const char *reasoning;	       /* assistant only */
	const char *details;	       /* of it: JSON for Kimi alone */
	const struct chat_call *calls; /* assistant only */
	size_t n_calls;
	const char *call_id; /* tool only: the call it is the result of */
	const char *param;   /* of the call_id */
	const struct chat_cited *cited; /* assistant only */
	size_t n_cited;
	const struct chat_span *spans; /* NULL: in the order above */
	size_t n_spans;
	const char *uid; /* 24 of [A-Za-z0-9] once it is stored; else NULL */
};

struct chat_tool {
	const char *name, *description;
	const char *parameters; /* JSON schema as text */
	const char *param;	/* of the schema */
	bool has_strict, strict;
};

enum chat_tool_choice {
	CHAT_TOOLS_AUTO,
	CHAT_TOOLS_NONE,
	CHAT_TOOLS_REQUIRED,
	CHAT_TOOLS_NAMED,
};

enum chat_format { CHAT_FORMAT_TEXT, CHAT_FORMAT_JSON, CHAT_FORMAT_SCHEMA };

enum chat_thinking {
	CHAT_THINKING_DEFAULT,
	CHAT_THINKING_ON,
	CHAT_THINKING_OFF
};

enum chat_search { CHAT_SEARCH_DEFAULT, CHAT_SEARCH_ON, CHAT_SEARCH_OFF };

/* Whether the reply can be retrieved later; if OFF no text is stored. */
enum chat_store { CHAT_STORE_DEFAULT, CHAT_STORE_ON, CHAT_STORE_OFF };

/* A position in a chat at Kimi from which a turn can continue. */
struct chat_bookmark {
	const char *chat;    /* NULL: no chat */
	const char *message; /* id of the last reply, if the service has ids */
	size_t known;	     /* messages[0..known) are in the chat already */
};

struct chat_request {
	const char *model;	  /* as the client named it */
	const char *conversation; /* the client's id; NULL: stateless */
	const struct chat_message *messages;
	size_t n_messages;
	struct chat_bookmark bookmark;

	const struct chat_tool *tools;
	size_t n_tools;
	enum chat_tool_choice tool_choice;
	const char *tool_name; /* with CHAT_TOOLS_NAMED */
	bool one_call;	       /* at most one call in the reply */

	enum chat_search search; /* of the web, by the service */

	enum chat_format format;
	const char *schema;	  /* {"name","schema",…} as JSON text */
	const char *schema_param; /* of the member "schema" in it */

	enum chat_thinking thinking;
	const char *thinking_keep;
	const char *effort; /* none … max, the client's word */

	int64_t max_tokens;	   /* 0: not given */
	double temperature, top_p; /* NAN: not given */
	double presence_penalty, frequency_penalty;
	const char *const *stop;
	size_t n_stop;
	const char *cache_key, *user;

	/* The reply is to be a summary of the conversation; once Kimi's prompt
	 * is made: the messages that stay beside it (compaction.h). */
	bool compacts;
	const struct chat_message *kept;
	size_t n_kept;

	/*
	 * How many replies are made: `n` of each prompt. There is one prompt,
	 * made of all `messages`, or each message is a prompt of its own.
	 */
	size_t n, n_prompts;

	/* A system message for this reply only: it goes first and is not
	 * stored. */
	const char *instructions;
	const char *previous; /* id of the stored response it continues */
	bool appends;	      /* `messages` are new: no history is in them */
	bool truncates;	      /* the oldest messages may be dropped, to fit */

	enum chat_store store;
	const char *metadata; /* of what is stored: a JSON object */
	bool background;      /* the response comes at once, the reply later */

	bool stream, include_usage;
};

/* The replies that a request asks for, as choices from 0: the first `n` are
 * those of the first prompt. */
size_t chat_choices(const struct chat_request *q);

enum chat_finish {
	CHAT_FINISH_STOP,
	CHAT_FINISH_LENGTH,
	CHAT_FINISH_CALLS,
	CHAT_FINISH_FILTER,
};

/* The least exact comes last. */
enum chat_usage_source {
	CHAT_USAGE_NONE,
	CHAT_USAGE_UPSTREAM,
	CHAT_USAGE_COUNTED,
	CHAT_USAGE_ESTIMATED,
};

/*
 * Tokens. `completion` includes `reasoning`; `prompt` includes `cached`, which
 * Kimi read from its cache, and `cache_write`, which it put there; that includes
 * what stays there for an hour.
 */
struct chat_usage {
	enum chat_usage_source source;
	int64_t prompt, completion, cached, reasoning;
	int64_t cache_write, cache_write_1h;
	int64_t searches; /* of the web, that Kimi charges for: not tokens */
};

/* Adds what another reply used. Who counted the sum is who is less exact. */
void chat_usage_add(struct chat_usage *sum, const struct chat_usage *u);

/* reply = START block* FINISH, where block = OPEN (DELTA | CITATION)* CLOSE.
 * ERROR may end it at any point, even before START; PING may come anywhere. Of
 * several choices each is such a reply, and their events mix; one ERROR ends
 * all of them. */
enum chat_event_kind {
	CHAT_START,
	CHAT_OPEN,
	CHAT_DELTA,
	CHAT_CITATION,
	CHAT_CLOSE,
	CHAT_PING,
	CHAT_FINISH,
	CHAT_ERROR,
};

struct chat_event {
	enum chat_event_kind kind;
	unsigned choice;	 /* which one it belongs to, from 0 */
	enum chat_block block;	 /* OPEN, DELTA, CLOSE */
	unsigned index;		 /* of the block, from 0 */
	unsigned call;		 /* of the tool call, from 0 */
	enum chat_finish finish; /* FINISH */
	const char *id, *name;	 /* OPEN of a call */
	const char *text;	 /* DELTA: `n` bytes, whole characters */
	size_t n;
	const char *details; /* CLOSE of reasoning, FINISH; or NULL */
	const struct chat_citation *citation;
	size_t offset; /* CITATION: characters of text before it */
	/* FINISH with STOP: the stop sequence that ended the reply, "" if the
	 * service does not say which; NULL: none did, as far as is known. */
	const char *stop;
	const struct chat_usage *usage; /* FINISH; the last has that of all */
	const struct error *error;	/* ERROR */
	bool more;			/* FINISH: other choices go on */
	bool lost; /* ERROR: events before it may be missing */
};

/* Sets `from` of all spans: each begins where the last one of its block ends. */
void chat_spans_place(struct chat_span *spans, size_t n);

/* All text parts of a message joined, in the arena given unless there is only
 * one. */
struct arena;
const char *chat_message_text(const struct chat_message *m, struct arena *a);

/* Puts the request's instructions in front of its messages, in the arena. */
void chat_put_instructions(struct chat_request *q, struct arena *a);

const char *chat_role_name(enum chat_role role);
const char *chat_finish_name(enum chat_finish finish);

/* Whether a reply with this end may lack its rest, even within a call. */
bool chat_finish_cuts(enum chat_finish finish);
const char *chat_usage_source_name(enum chat_usage_source source);

/* The value that has this name; STOP or NONE if none has. */
enum chat_finish chat_finish_named(const char *name);
enum chat_usage_source chat_usage_source_named(const char *name);

#endif
