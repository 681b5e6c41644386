/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_PLATFORM_H
#define UPSTREAM_PLATFORM_H

#include "base/buf.h"
#include "upstream/upstream.h"

/*
 * The parts of the Moonshot Open Platform adapter. Its wire format is that of
 * platform.kimi.ai/docs (api/chat) as of November 2026.
 */

/* Writes the body of POST /chat/completions, always streamed. */
bool platform_write_request(struct buf *out, struct arena *a,
			    const struct model *model,
			    const struct chat_request *request,
			    struct error *e);

#endif
