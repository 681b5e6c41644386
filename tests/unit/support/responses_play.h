/* SPDX-License-Identifier: MIT */
#ifndef SUPPORT_RESPONSES_PLAY_H
#define SUPPORT_RESPONSES_PLAY_H

#include "chat/reply.h"
#include "chat/stream.h"
#include "dialect/dialect.h"
#include "http/sink.h"
#include "tests/unit/support/string_gateway.h"

#define PLAY_UID "abcdefghijklmnopqrstuvwx"
#define PLAY_MAX_STEPS 32

/* What a service says: "r" thinks, "t" writes, "@" cites, "c" calls a tool,
 * "a" gives it arguments, "p" is silent, "e" ends. */
struct play_step {
	char kind;
	const char *text;
};

struct play_scene {
	const char *title, *body; /* of the request, beside the model */
	struct play_step steps[PLAY_MAX_STEPS];
};

/* Ends with a scene without title. */
extern const struct play_scene play_scenes[];

/* A scene for a client of the Responses API that streams. */
struct play {
	struct arena *arena;
	struct dialect_envelope answer;
	struct chat_request request;
	struct string_gateway *gateway;
	struct sink sink;
	struct response response;
	struct encoder *encoder;
	struct chat_stream stream;
	struct chat_reply reply;
	unsigned calls;
	struct error error;
};

struct play *play_open(struct arena *a, const struct play_scene *s);
size_t play_steps(const struct play_scene *s);

/* The first `n` steps; all of them and the opening at once. */
void play_to(struct play *p, const struct play_scene *s, size_t n);
struct play *play_all(struct arena *a, const struct play_scene *s);
void play_fail(struct play *p, enum error_kind kind, int64_t wait_ms);

/* What the client got; and a new client, of a whole answer. */
const char *play_body(const struct play *p);
void play_new_client(struct play *p);

#endif
