/* SPDX-License-Identifier: MIT */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

#define MULTIPART_BOUNDARY 70 /* longest (RFC 2046, 5.1.1) */

/* What stands at the head of a part; "" for what it does not say. */
struct multipart_part {
	char name[64];	/* of the field, cut */
	char file[256]; /* name of a file without folders, UTF-8, cut */
	char type[128]; /* media type, visible ASCII; "" if it is longer */
};

/* False ends the parsing; then `e` is filled. */
struct multipart_events {
	bool (*part)(void *ctx, const struct multipart_part *part,
		     struct error *e);
	bool (*bytes)(void *ctx, const char *p, size_t n, struct error *e);
	bool (*end)(void *ctx, struct error *e);
	void *ctx;
};

enum multipart_state {
	MULTIPART_BYTES,    /* of a part, or before the first one */
	MULTIPART_BOUND,    /* behind a boundary */
	MULTIPART_DASH,	    /* … and a dash */
	MULTIPART_LINE_END, /* the line of a boundary ends */
	MULTIPART_HEAD,
	MULTIPART_OVER, /* what follows is not looked at */
};

/*
 * A multipart/form-data body (RFC 7578), taken as it comes: the same parts and
 * bytes however it is cut.
 */
struct multipart {
	enum multipart_state state;
	char mark[4 + MULTIPART_BOUNDARY + 1]; /* "\r\n--" and the boundary */
	size_t mark_len;
	size_t matched; /* bytes of the mark seen last */
	size_t implied; /* … of which so many were never there */
	bool in_part;
	struct buf head;
};

/* ERROR_BAD_REQUEST when the Content-Type (NULL: none) is another, or names
 * no usable boundary. */
bool multipart_init(struct multipart *m, const char *type, struct error *e);
void multipart_fini(struct multipart *m);

/* ERROR_BAD_REQUEST when the body is malformed. */
bool multipart_feed(struct multipart *m, const char *p, size_t n,
		    const struct multipart_events *events, struct error *e);

/* Whether the last boundary came. */
bool multipart_is_whole(const struct multipart *m);

#endif
