/* SPDX-License-Identifier: MIT */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "base/rope.h"
#include "http/client.h"

/* Makes the rope the body of the call, in one piece if that is what it is in
 * memory. `source` is room for it; both are borrowed for the call. */
void http_body_put(struct http_call *call, struct http_source *source,
		   const struct rope *body);

#endif
