/* SPDX-License-Identifier: MIT */
/* From the store's words to those of the Responses dialect. */
#include "app/serve/response_object.h"

#include <string.h>

static enum openai_response_status
status_of(const struct stored_response *answer)
{
	switch (answer->status) {
	case STORED_RESPONSE_RUNNING:
		return OPENAI_RESPONSE_IN_PROGRESS;
	case STORED_RESPONSE_FAILED:
		return OPENAI_RESPONSE_FAILED;
	case STORED_RESPONSE_CANCELLED:
		return OPENAI_RESPONSE_CANCELLED;
	case STORED_RESPONSE_DONE:
		break;
	}
	return answer->finish == CHAT_FINISH_LENGTH ||
			       answer->finish == CHAT_FINISH_FILTER ?
		       OPENAI_RESPONSE_INCOMPLETE :
		       OPENAI_RESPONSE_COMPLETED;
}

void response_failure(const struct stored_response *answer,
		      struct error *failure)
{
	enum error_kind kind = answer->error_kind == NULL ?
				       ERROR_INTERNAL :
				       error_kind_named(answer->error_kind);

	/* Not a kind: its process was killed. */
	if (answer->error_kind != NULL &&
	    strcmp(answer->error_kind, "interrupted") == 0)
		kind = ERROR_INTERNAL;
	error_set(failure, kind, "%s",
		  answer->error == NULL ? "It failed." : answer->error);
}

void response_object(struct openai_response *object,
		     const struct stored_response *answer, struct arena *a,
		     struct error *failure)
{
	bool ended = answer->status != STORED_RESPONSE_RUNNING;
	struct error ignored;

	*object = (struct openai_response){
		.id = answer->id,
		.settings = json_parse(a, answer->settings,
				       strlen(answer->settings), &ignored),
		.model = answer->model,
		.metadata = answer->metadata,
		.previous = answer->previous,
		.conversation = answer->conversation,
		.status = status_of(answer),
		.created = answer->created_ms / 1000,
		.message = answer->message,
		.finish = answer->finish,
		.usage = answer->usage.source == CHAT_USAGE_NONE ?
				 NULL :
				 &answer->usage,
	};
	if (ended)
		object->completed =
			(answer->created_ms + answer->duration_ms) / 1000;
	if (answer->status == STORED_RESPONSE_FAILED) {
		response_failure(answer, failure);
		object->error = failure;
	}
}
