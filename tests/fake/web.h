/* SPDX-License-Identifier: MIT */
#ifndef FAKE_WEB_H
#define FAKE_WEB_H

#include "exchange.h"

/* Kimi web, legacy protocol: REST calls and completions as SSE. */
extern const struct service web_service;

enum MHD_Result web_answer_refresh(struct exchange *ex, struct scene *scene);
enum MHD_Result web_answer_user(struct exchange *ex, struct scene *scene);
enum MHD_Result web_answer_create(struct exchange *ex, struct scene *scene);
enum MHD_Result web_answer_delete(struct exchange *ex, struct scene *scene);
enum MHD_Result web_answer_completion(struct exchange *ex, struct scene *scene);
enum MHD_Result web_answer_pre_sign(struct exchange *ex, struct scene *scene);
enum MHD_Result web_answer_put(struct exchange *ex, struct scene *scene);
enum MHD_Result web_answer_file(struct exchange *ex, struct scene *scene);
enum MHD_Result web_answer_parse(struct exchange *ex, struct scene *scene);
enum MHD_Result web_answer_unknown(struct exchange *ex, struct scene *scene);

/* For the files of the service. */
enum MHD_Result web_error(struct exchange *ex, const struct scene *scene,
			  int status, const char *type, const char *message);
enum MHD_Result web_unauthorized(struct exchange *ex,
				 const struct scene *scene);
enum MHD_Result web_no_chat(struct exchange *ex, const struct scene *scene);
/* Of a whole conversation in one text, what was said last: a scene in an
 * earlier turn was played then. */
const char *web_last_turn(const char *said);

#endif
