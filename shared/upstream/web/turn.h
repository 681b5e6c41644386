/* SPDX-License-Identifier: MIT */
#ifndef UPSTREAM_WEB_TURN_H
#define UPSTREAM_WEB_TURN_H

#include "chat/file.h"
#include "upstream/upstream.h"

/* Kimi web speaks two protocols, of which neither has a published description:
 * everything here is as observed from public clients. */
enum web_protocol { WEB_CURRENT, WEB_LEGACY };

/* A file that Kimi has. */
struct web_attachment {
	const char *id; /* there */
	const struct chat_file *file;
};

/* One reply of one host, whatever the protocol. */
struct web_turn {
	struct upstream_call *call;
	const struct chat_request *request;
	struct chat_stream *stream;
	const char *host;
	const char *chat; /* the id of the chat to continue; NULL: a new one */
	const char *text; /* of all messages that the chat does not know */
	const struct web_attachment *attachments; /* of those messages */
	size_t n_attachments;

	bool unknown; /* out: the host does not know the protocol */
};

/* The error for a turn whose messages do not fit into a body. Always false. */
bool web_turn_too_large(const struct web_turn *t, size_t limit);

#endif
