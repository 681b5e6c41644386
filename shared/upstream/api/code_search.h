/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_API_CODE_SEARCH_H
#define UPSTREAM_API_CODE_SEARCH_H

#include "upstream/upstream.h"

/* POST /search with the "query" of the arguments, for a struct search: the
 * results become citations of the stream and JSON for the model. */
bool code_search_perform(struct upstream_call *call, const char *arguments,
			 struct chat_stream *stream, const char **result);

#endif
