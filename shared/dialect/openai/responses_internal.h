/* SPDX-License-Identifier: MIT */
#ifndef DIALECT_OPENAI_RESPONSES_INTERNAL_H
#define DIALECT_OPENAI_RESPONSES_INTERNAL_H

#include "dialect/openai/responses.h"

/* Inside of the Responses dialect. */
bool openai_responses_decode(struct arena *a, const cJSON *body,
			     struct chat_request *request, struct error *e);

read_field openai_responses_read_tools, openai_responses_read_tool_choice;

/* Whether what tool_choice demands is there. */
bool openai_responses_check_choice(struct chat_request *request,
				   struct error *e);

struct encoder *openai_responses_encoder(struct arena *a,
					 const struct dialect_answer *answer,
					 struct response *response);
bool openai_responses_event(struct encoder *encoder,
			    const struct chat_event *event);

/* The answer in both of its forms: all but how it ended, and that. */
struct openai_response openai_response_of(const struct dialect_answer *answer,
					  struct arena *a);
void openai_response_finish(struct openai_response *r,
			    const struct dialect_answer *answer,
			    enum chat_finish finish);

/* The members that a response says again of its request. */
void openai_response_echo(struct json_writer *w, const cJSON *settings);

/* The same as openai_response_put, but only the item at the place `cut` is
 * not whole. */
void openai_response_put_cut(struct json_writer *w, const char *key,
			     const struct openai_response *r, size_t cut);
#define OPENAI_RESPONSE_NO_CUT SIZE_MAX

/* What the client asked for: no reasoning at all, or sealed reasoning. */
bool openai_response_hides_reasoning(const cJSON *settings);
bool openai_response_seals_reasoning(const cJSON *settings);

#endif
