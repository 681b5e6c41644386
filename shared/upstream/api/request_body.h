/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_REQUEST_BODY_H
#define UPSTREAM_API_REQUEST_BODY_H

#include "base/json.h"
#include "chat/chat.h"

/* The parts that the bodies of /chat/completions and /messages have in
 * common. */

struct request_body_schema {
	const char *json;
	bool strict;	   /* it must not say less than the client's */
	const char *param; /* what errors call it; NULL: it has no name */
};

/* Writes a JSON schema in the subset that Kimi takes (schema.h). */
bool request_body_put_schema(struct json_writer *w, struct arena *a,
			     const char *key,
			     const struct request_body_schema *schema,
			     struct error *e);

/* The same for the parameters of a tool, if it has any. */
bool request_body_put_parameters(struct json_writer *w, struct arena *a,
				 const char *key, const struct chat_tool *tool,
				 struct error *e);

/* ERROR_VALUE if there are more tools than Kimi accepts. */
bool request_body_check_tools(const struct chat_request *r, struct error *e);

/* Whether Kimi is told of the tool. No thinking model takes a named tool: it
 * gets that one alone. */
bool request_body_sends_tool(const struct chat_request *r,
			     const struct chat_tool *tool);

/* How URLs begin of files that the client uploaded to Kimi itself. */
#define REQUEST_BODY_FILE_SCHEME "ms://"

/* Whether the part has bytes to put into the body, or such a URL, which goes
 * in as it is. */
bool request_body_has_medium(const struct chat_part *part);

/* The error for an image or a video whose bytes are not there. Always false. */
bool request_body_refuse_url(const struct chat_part *part, struct error *e);

/* Whether messages[i] is followed by the result of its call number `k`. */
bool request_body_is_answered(const struct chat_request *r, size_t i, size_t k);

/* The result given for a call that has none. */
#define REQUEST_BODY_NO_RESULT "(no result)"

/* The reasoning given for a call of the model's where it is not known: Kimi
 * refuses calls without any. */
#define REQUEST_BODY_NO_REASONING " "

/* At the end: ERROR_TOO_LARGE if the body did not fit. */
bool request_body_fits(const struct rope *body, struct error *e);

#endif
