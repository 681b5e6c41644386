/* SPDX-License-Identifier: MIT */
#ifndef FAKE_CODE_H
#define FAKE_CODE_H

#include "exchange.h"

/* Kimi Code, once for each region, which differ in the keys they know: both
 * flavours of chats, models, usage, search. */
extern const struct service code_service, code_ai_service;
extern const struct service code_messages_service, code_ai_messages_service;

enum MHD_Result code_answer_completion(struct exchange *ex,
				       struct scene *scene);
enum MHD_Result code_answer_messages(struct exchange *ex, struct scene *scene);
enum MHD_Result code_answer_models(struct exchange *ex, struct scene *scene);
enum MHD_Result code_answer_usages(struct exchange *ex, struct scene *scene);
enum MHD_Result code_answer_user(struct exchange *ex, struct scene *scene);
enum MHD_Result code_answer_search(struct exchange *ex, struct scene *scene);
enum MHD_Result code_answer_fetch(struct exchange *ex, struct scene *scene);
enum MHD_Result code_answer_unknown(struct exchange *ex, struct scene *scene);

/* The fault of fault.h that a credential is refused with, or NULL. */
const char *code_key_fault(const struct exchange *ex, const char *key);

#endif
