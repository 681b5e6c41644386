/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_H
#define FAKE_PLATFORM_H

#include "exchange.h"

/* The Open Platform, once for each region, which differ in the keys they
 * know: chat completions, messages, models, balance. */
extern const struct service platform_service, platform_cn_service;
extern const struct service platform_messages_service;
extern const struct service platform_cn_messages_service;

enum MHD_Result platform_answer_models(struct exchange *ex,
				       struct scene *scene);
enum MHD_Result platform_answer_balance(struct exchange *ex,
					struct scene *scene);
enum MHD_Result platform_answer_tokens(struct exchange *ex,
				       struct scene *scene);
enum MHD_Result platform_answer_completion(struct exchange *ex,
					   struct scene *scene);
enum MHD_Result platform_answer_messages(struct exchange *ex,
					 struct scene *scene);
enum MHD_Result platform_answer_unknown(struct exchange *ex,
					struct scene *scene);

/* The fault of fault.h that the request's key is refused with, or NULL. */
const char *platform_key_fault(const struct exchange *ex);

#endif
