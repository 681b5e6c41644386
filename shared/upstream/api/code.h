/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_CODE_H
#define UPSTREAM_API_CODE_H

#include "upstream/api/service.h"

/*
 * The parts of the Kimi Code adapter: the Open Platform's wire format with
 * models, identity, search and limits of its own (kimi-upstreams, part D).
 */

/* The service with the headers that name this program (D2), in the arena. */
struct platform_service code_service(struct upstream_call *call);

/* Keys are shown as they are; OAuth tokens are renewed (D6). */
struct access_token code_access(struct arena *a, const char *secret);
bool code_renew(struct upstream_call *call, const char *refresh,
		struct access_token *access);

/* GET /models (D3). */
bool code_list(struct upstream_call *call, struct model_list *list);

/* POST /search (D3), as the tool of a struct search. */
bool code_search(struct upstream_call *call, const char *arguments,
		 struct chat_stream *stream, const char **result);

/* How much of each window is used (GET /usages, D3), as a JSON array. */
const char *code_usages(struct upstream_call *call);

/* When the window that is used up begins anew, milliseconds from now; 0 where
 * the service does not tell. */
int64_t code_reset_ms(struct upstream_call *call);

#endif
