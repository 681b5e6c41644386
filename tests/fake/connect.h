/* SPDX-License-Identifier: MIT */
#ifndef FAKE_CONNECT_H
#define FAKE_CONNECT_H

#include "exchange.h"

/* Kimi web, current protocol: unary calls as JSON, completions as a stream of
 * Connect envelopes. */
extern const struct service connect_service;

enum MHD_Result connect_answer_chat(struct exchange *ex, struct scene *scene);
enum MHD_Result connect_answer_models(struct exchange *ex, struct scene *scene);
enum MHD_Result connect_answer_delete(struct exchange *ex, struct scene *scene);
enum MHD_Result connect_answer_batch(struct exchange *ex, struct scene *scene);
enum MHD_Result connect_answer_list(struct exchange *ex, struct scene *scene);
enum MHD_Result connect_answer_messages(struct exchange *ex,
					struct scene *scene);
enum MHD_Result connect_answer_upload(struct exchange *ex, struct scene *scene);
enum MHD_Result connect_answer_parse(struct exchange *ex, struct scene *scene);
enum MHD_Result connect_answer_refresh(struct exchange *ex,
				       struct scene *scene);
enum MHD_Result connect_answer_user(struct exchange *ex, struct scene *scene);
enum MHD_Result connect_answer_stats(struct exchange *ex, struct scene *scene);
enum MHD_Result connect_answer_unknown(struct exchange *ex,
				       struct scene *scene);

/* For the files of the service. */

/* The member of that snake_case name, or of its camelCase form; NULL: none. */
const cJSON *connect_member(const cJSON *json, const char *name);
/* Its text, or NULL. */
const char *connect_string(const cJSON *json, const char *name);
/* An error object, with a debug detail if there is a reason. */
void connect_error_body(struct text *body, const char *code,
			const char *message, const char *reason);
/* An error of a unary call; the status follows from the code. */
enum MHD_Result connect_error(const struct exchange *ex,
			      const struct scene *scene, const char *code,
			      const char *message);
enum MHD_Result connect_unauthorized(const struct exchange *ex,
				     const struct scene *scene);
/* Whose call it is, or NULL when it was answered with *result: a bad token, or
 * a body that is no object. Caller frees. */
char *connect_caller(const struct exchange *ex, const struct scene *scene,
		     enum MHD_Result *result);
/* An error of a stream: status 200 and nothing but the trailer. */
enum MHD_Result connect_trailer(const struct exchange *ex,
				const struct scene *scene, const char *code,
				const char *message, const char *reason);

#endif
