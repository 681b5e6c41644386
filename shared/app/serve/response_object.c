/* SPDX-License-Identifier: MIT */
/* Translates a stored response into the Responses dialect's object. */
#include "app/serve/response_object.h"

#include <string.h>

static enum openai_response_status
status_of(const struct stored_response *stored)
{
	switch (stored->status) {
	case STORED_RESPONSE_RUNNING:
		return OPENAI_RESPONSE_IN_PROGRESS;
	case STORED_RESPONSE_FAILED:
		return OPENAI_RESPONSE_FAILED;
	case STORED_RESPONSE_CANCELLED:
		return OPENAI_RESPONSE_CANCELLED;
	case STORED_RESPONSE_DONE:
		break;
	}
	return chat_finish_cuts(stored->finish) ? OPENAI_RESPONSE_INCOMPLETE :
						  OPENAI_RESPONSE_COMPLETED;
}

void response_object_failure(const struct stored_response *stored,
			     struct error *failure)
{
	enum error_kind kind = stored->error_kind == NULL ?
				       ERROR_INTERNAL :
				       error_kind_named(stored->error_kind);

	/* Not a kind of error: the process was killed. */
	if (stored->error_kind != NULL &&
	    strcmp(stored->error_kind, "interrupted") == 0)
		kind = ERROR_INTERNAL;
	error_set(failure, kind, "%s",
		  stored->error == NULL ? "The response failed." :
					  stored->error);
}

void response_object_fill(struct openai_response *object,
			  const struct stored_response *stored, struct arena *a,
			  struct error *failure)
{
	bool ended = stored->status != STORED_RESPONSE_RUNNING;
	struct error ignored;

	*object = (struct openai_response){
		.id = stored->id,
		.settings = json_parse(a, stored->settings,
				       strlen(stored->settings), &ignored),
		.model = stored->model,
		.metadata = stored->metadata,
		.previous = stored->previous,
		.conversation = stored->conversation,
		.status = status_of(stored),
		.created = stored->created_ms / 1000,
		.message = stored->message,
		.finish = stored->finish,
		.usage = stored->usage.source == CHAT_USAGE_NONE ?
				 NULL :
				 &stored->usage,
	};
	if (ended)
		object->completed =
			(stored->created_ms + stored->duration_ms) / 1000;
	if (stored->status == STORED_RESPONSE_FAILED) {
		response_object_failure(stored, failure);
		object->error = failure;
	}
}
