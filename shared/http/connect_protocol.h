/* SPDX-License-Identifier: MIT */
#ifndef HTTP_CONNECT_PROTOCOL_H
#define HTTP_CONNECT_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/flow.h"

/*
 * Envelopes of the Connect protocol (connectrpc.com, "Streaming RPCs"): a flag
 * byte, four length bytes, big endian, and that many bytes of JSON.
 */
enum connect_protocol_frame {
	CONNECT_PROTOCOL_MESSAGE,
	CONNECT_PROTOCOL_END,	  /* the last frame: {} or {"error":…} */
	CONNECT_PROTOCOL_TRAILER, /* the same in gRPC-web: header lines */
};

#define CONNECT_HEAD_SIZE 5

/*
 * An incremental parser: however the bytes are cut, the frames are the same.
 * Empty messages are ignored, as is everything after the last frame.
 */
struct connect_protocol {
	const char *peer; /* what error texts call the sender */
	unsigned char head[CONNECT_HEAD_SIZE];
	size_t head_len;
	struct buf body;
	bool ended; /* the last frame came */
};

/* `peer` is borrowed. */
void connect_protocol_init(struct connect_protocol *p, const char *peer);
void connect_protocol_fini(struct connect_protocol *p);

/*
 * Calls `on_frame` for each complete frame; its bytes are NUL-terminated and
 * valid during the call. Ends with what that returned, unless it was
 * FLOW_CONTINUE; or with FLOW_FAILED and ERROR_UPSTREAM on a frame over 8 MiB,
 * a compressed frame or an unknown flag.
 */
enum flow connect_protocol_feed(
	struct connect_protocol *p, const char *bytes, size_t n,
	enum flow (*on_frame)(void *ctx, enum connect_protocol_frame kind,
			      const char *body, size_t n),
	void *ctx, struct error *e);

/* Writes the head of a message of `n` bytes: CONNECT_HEAD_SIZE of them. */
void connect_protocol_head(char *out, uint32_t n);

#endif
