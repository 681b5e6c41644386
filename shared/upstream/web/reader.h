/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_READER_H
#define UPSTREAM_WEB_READER_H

#include "http/connect.h"
#include "upstream/web/citation_marks.h"
#include "upstream/web/service.h"

/*
 * Reads one answer of the current protocol into a stream (kimi-upstreams B6,
 * B7). Only what the assistant says is taken; names may be in camelCase or
 * snake_case, masks and unknown members do not matter.
 *
 * A block of text or thinking is said once, though the service may say it
 * again: of a "set" only what is new is passed on, and nothing while it has
 * less than was said already. What was said cannot be taken back: when a block
 * comes to say something else than before, it is said anew, whole.
 */
struct web_reader {
	struct upstream_call *call;
	struct chat_stream *stream;
	const char *parent; /* the message before, none of ours; may be NULL */
	const char *answer; /* id of the assistant's message */
	struct connect connect;
	struct citation_marks marks;
	struct web_block *blocks; /* of that message */
	const struct web_block *speaking;
	bool said;    /* something of the answer came */
	bool done;    /* it was said to be complete */
	bool ended;   /* the last frame came */
	bool failed;  /* the error is filled */
	bool unknown; /* … and says that the host does not know the call */
};

void web_reader_init(struct web_reader *r, struct upstream_call *call,
		     struct chat_stream *stream, const char *parent);
void web_reader_fini(struct web_reader *r);

/* Bytes of the reply, for struct http_call; `reader` is a struct web_reader.
 * Failures are in the error of the call. */
enum flow web_reader_bytes(void *reader, const char *p, size_t n);

/* Whether we know what the chat is called, for struct http_call, too. */
bool web_reader_knows_chat(const void *reader);

/* Whether the service said that the answer is complete, and no error came. */
bool web_reader_complete(const struct web_reader *r);

/* After the last byte. False when the stream's listener ended it, or with a
 * filled error, also when the reply broke off. */
bool web_reader_end(struct web_reader *r);

#endif
