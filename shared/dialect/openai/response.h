/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_RESPONSE_H
#define DIALECT_OPENAI_RESPONSE_H

#include "dialect/dialect.h"

#define OPENAI_RESPONSES_PREFIX "resp_" /* of the ids */

enum openai_response_status {
	OPENAI_RESPONSE_QUEUED,
	OPENAI_RESPONSE_IN_PROGRESS,
	OPENAI_RESPONSE_COMPLETED,
	OPENAI_RESPONSE_INCOMPLETE,
	OPENAI_RESPONSE_FAILED,
	OPENAI_RESPONSE_CANCELLED,
};

/* A response as an object: one that is stored, or begins. */
struct openai_response {
	const char *id;	       /* "resp_…" */
	const cJSON *settings; /* the request; its `input` is not looked at */
	const char *model;
	const char *metadata; /* JSON object as text; NULL: the settings' */
	const char *previous, *conversation; /* ids; NULL: none */
	enum openai_response_status status;
	int64_t created, completed;	    /* Unix seconds; 0: not yet */
	const struct chat_message *message; /* the reply; NULL: none yet */
	enum chat_finish finish;	    /* when it is incomplete */
	const struct chat_usage *usage;	    /* NULL: null */
	const struct error *error;	    /* when it failed */
};

/* As the outermost value, a member (`key`) or an array element. */
void openai_response_put(struct json_writer *w, const char *key,
			 const struct openai_response *r);

/* The same, but the item at index `cut` is incomplete. */
void openai_response_put_cut(struct json_writer *w, const char *key,
			     const struct openai_response *r, size_t cut);
#define OPENAI_RESPONSE_NO_CUT SIZE_MAX

/* The member "usage"; NULL: null. */
void openai_response_put_usage(struct json_writer *w,
			       const struct chat_usage *u);

/* For both forms of a response: everything except how it ended, and then how it
 * ended. */
struct openai_response
openai_response_of(const struct dialect_envelope *envelope, struct arena *a);
void openai_response_finish(struct openai_response *r,
			    const struct dialect_envelope *envelope,
			    enum chat_finish finish);

/* What the client asked for: no reasoning at all, or sealed reasoning. */
bool openai_response_hides_reasoning(const cJSON *settings);
bool openai_response_seals_reasoning(const cJSON *settings);

#endif
