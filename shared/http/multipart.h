/* SPDX-License-Identifier: MIT */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

#define MULTIPART_BOUNDARY 70 /* maximum length (RFC 2046, 5.1.1) */

/* The head of a part; "" for what it does not say. */
struct multipart_part {
	char name[64];	/* of the field, cut to fit */
	char file[256]; /* name of the file without folders, UTF-8, cut */
	char type[128]; /* media type, visible ASCII; "" if too long */
};

/* Each returns false, with `e` filled, to stop the parser. */
struct multipart_events {
	bool (*part)(void *ctx, const struct multipart_part *part,
		     struct error *e);
	bool (*bytes)(void *ctx, const char *p, size_t n, struct error *e);
	bool (*end)(void *ctx, struct error *e);
	void *ctx;
};

enum multipart_state {
	MULTIPART_BYTES,    /* in a part, or before the first one */
	MULTIPART_BOUND,    /* after a boundary */
	MULTIPART_DASH,	    /* after a boundary and a dash */
	MULTIPART_LINE_END, /* after a boundary and a carriage return */
	MULTIPART_HEAD,	    /* in the head of a part */
	MULTIPART_OVER,	    /* after the last boundary: ignored */
};

/*
 * An incremental parser of multipart/form-data (RFC 7578): however the body is
 * cut, the parts and bytes are the same.
 */
struct multipart {
	enum multipart_state state;
	char mark[4 + MULTIPART_BOUNDARY + 1]; /* "\r\n--" and the boundary */
	size_t mark_len;
	size_t matched; /* bytes of the mark, seen last */
	size_t implied; /* how many of those are not in the body */
	bool in_part;
	struct buf head;
};

/* `type` is the Content-Type, or NULL. ERROR_BAD_REQUEST unless it is
 * multipart/form-data with a usable boundary. */
bool multipart_init(struct multipart *m, const char *type, struct error *e);
void multipart_fini(struct multipart *m);

/* ERROR_BAD_REQUEST when the body is malformed. */
bool multipart_feed(struct multipart *m, const char *p, size_t n,
		    const struct multipart_events *events, struct error *e);

/* Whether the last boundary has come. */
bool multipart_is_whole(const struct multipart *m);

#endif
