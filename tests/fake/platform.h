/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_H
#define FAKE_PLATFORM_H

#include "exchange.h"

/* The Open Platform: chat completions, models, balance. */
extern const struct service platform_service;

enum MHD_Result platform_answer_models(struct exchange *ex,
				       struct scene *scene);
enum MHD_Result platform_answer_balance(struct exchange *ex,
					struct scene *scene);
enum MHD_Result platform_answer_completion(struct exchange *ex,
					   struct scene *scene);
enum MHD_Result platform_answer_unknown(struct exchange *ex,
					struct scene *scene);

#endif
