/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_READER_H
#define UPSTREAM_WEB_READER_H

#include "base/json_alike.h"
#include "http/connect_protocol.h"
#include "upstream/web/citation_marks.h"
#include "upstream/upstream.h"

/* How bookmarks of the current protocol's chats begin, before the id; those of
 * the legacy one are the id alone. Neither is ever continued in the other. */
#define WEB_READER_CHAT "current/"

/*
 * Reads one reply of the current protocol into a stream: messages with the
 * operations "set" and "append" on blocks. Only what the assistant says is
 * taken; names may be in camelCase or snake_case, masks and unknown members
 * are ignored.
 *
 * A block of text or thinking is passed on once, though the service may repeat
 * it: of a "set" only the new part is, and nothing while it is shorter than
 * what was passed on already. That cannot be taken back: when a block says
 * something different from before, it is passed on once more, all of it.
 */
struct web_reader {
	struct upstream_call *call;
	struct chat_stream *stream;
	const char *parent; /* id of the message before the reply; or NULL */
	const char *reply;  /* id of the assistant's message */
	struct connect_protocol connect;
	struct json_alike alike;
	struct citation_marks marks;
	struct web_block *blocks; /* of that message */
	const struct web_block *speaking;
	bool said;    /* something of the reply came */
	bool done;    /* the service said that it is complete */
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

/* Whether the chat's id is known, for struct http_call, too. */
bool web_reader_knows_chat(const void *reader);

/* How far the reply has come, likewise. An error may come after the service
 * said that it is complete, but not after the last frame. */
enum http_progress web_reader_progress(const void *reader);

/* After the last byte. False when the stream's listener ended it, or with a
 * filled error, also when the reply broke off. */
bool web_reader_end(struct web_reader *r);

#endif
