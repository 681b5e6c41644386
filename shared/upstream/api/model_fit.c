/* SPDX-License-Identifier: MIT */
/* From what a request asks for to what its model takes. */
#include "upstream/api/model_fit.h"

#include <string.h>

/* Many clients ask for this much, whatever the model. */
#define USUAL_LIMIT 32000

/* The client demands a call, of any tool or of a named one. */
static bool demands_call(const struct chat_request *r)
{
	return r->n_tools > 0 && (r->tool_choice == CHAT_TOOLS_REQUIRED ||
				  r->tool_choice == CHAT_TOOLS_NAMED);
}

bool model_fit_forces_call(const struct model *model,
			   const struct chat_request *r)
{
	return demands_call(r) &&
	       (!(model->traits & MODEL_THINKS) ||
		(model->traits & (MODEL_FORCED_CALL | MODEL_THINKING_SWITCH)));
}

static bool wants_no_thinking(const struct chat_request *r)
{
	if (r->thinking != CHAT_THINKING_DEFAULT)
		return r->thinking == CHAT_THINKING_OFF;
	return r->effort != NULL && strcmp(r->effort, "none") == 0;
}

bool model_fit_stops_thinking(const struct model *model,
			      const struct chat_request *r)
{
	return (model->traits & MODEL_THINKING_SWITCH) &&
	       (wants_no_thinking(r) ||
		(demands_call(r) && !(model->traits & MODEL_FORCED_CALL)));
}

static const char *effort_of(const char *word)
{
	if (strcmp(word, "none") == 0 || strcmp(word, "minimal") == 0 ||
	    strcmp(word, "low") == 0)
		return "low";
	if (strcmp(word, "medium") == 0 || strcmp(word, "high") == 0)
		return "high";
	return "max";
}

/* A model that always thinks can be told to think little. */
const char *model_fit_effort(const struct model *model,
			     const struct chat_request *r)
{
	const char *word = wants_no_thinking(r) ? "none" : r->effort;

	if (!(model->traits & MODEL_EFFORT) || word == NULL ||
	    model_fit_stops_thinking(model, r))
		return NULL;
	return effort_of(word);
}

/*
 * A prompt has at most half as many tokens as the bytes written for it. A
 * limit of usual size stays, as the prompt may be too long by itself then.
 */
int64_t model_fit_limit(const struct model *model, int64_t wanted,
			size_t written)
{
	int64_t room = model->context - (int64_t)written / 2, min = wanted;

	if (model->context == 0 || wanted <= room)
		return wanted;
	if (min > USUAL_LIMIT)
		min = USUAL_LIMIT;
	return room > min ? room : min;
}
