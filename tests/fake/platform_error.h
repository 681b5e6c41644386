/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_ERROR_H
#define FAKE_PLATFORM_ERROR_H

#include "exchange.h"
#include "fault.h"

struct refusal;

/* How the services with an OpenAI flavour word errors, and how those with an
 * Anthropic one do. */
void platform_error_body(struct text *body, const struct fault *fault);
void anthropic_error_body(struct text *body, const struct fault *fault);
/* The same for a bare status. */
void platform_failure_body(struct text *body, int status);
void anthropic_failure_body(struct text *body, int status);
/* Rate limits and the id of the request. */
void platform_headers(struct MHD_Response *response);

/* Replies in the words of the route's service: an error, one of fault.h, or
 * a refusal, whose message is freed. */
enum MHD_Result platform_error(struct exchange *ex, const struct scene *scene,
			       int status, const char *type,
			       const char *message);
enum MHD_Result platform_fault(struct exchange *ex, const struct scene *scene,
			       const char *name);
enum MHD_Result platform_refuse(struct exchange *ex, struct refusal *no);

#endif
