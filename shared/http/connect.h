/* SPDX-License-Identifier: MIT */
#ifndef HTTP_CONNECT_H
#define HTTP_CONNECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * Envelopes of the Connect protocol (connectrpc.com, "Streaming RPCs"): a flag
 * byte, four length bytes, big endian, and that many bytes of JSON.
 */
enum connect_frame {
	CONNECT_MESSAGE,
	CONNECT_END,	 /* the last frame: {} or {"error":…} */
	CONNECT_TRAILER, /* the same of gRPC-web: lines of "name: value" */
};

#define CONNECT_HEAD_SIZE 5

/*
 * An incremental parser. Cut the bytes anywhere: the frames are the same.
 * Messages without content are passed over, as is all behind the last frame.
 */
struct connect {
	const char *peer; /* whom error texts name as the sender */
	unsigned char head[CONNECT_HEAD_SIZE];
	size_t head_len;
	struct buf body;
	bool ended;
};

/* `peer` is borrowed. */
void connect_init(struct connect *p, const char *peer);
void connect_fini(struct connect *p);

/*
 * Calls `on_frame` for each frame as it becomes whole; its bytes are valid
 * during the call and NUL-terminated. Stops and returns false when that
 * returns false, or with ERROR_UPSTREAM on a frame over 8 MiB, one that is
 * compressed, and a flag that is none.
 */
bool connect_feed(struct connect *p, const char *bytes, size_t n,
		  bool (*on_frame)(void *ctx, enum connect_frame kind,
				   const char *body, size_t n),
		  void *ctx, struct error *e);

/* Appends one message, head and all; false when the buffer is full. */
bool connect_put(struct buf *out, const char *body, size_t n);

#endif
