/* SPDX-License-Identifier: MIT */
/* Parses and writes Connect envelopes. */
#include "http/connect_protocol.h"

#define FRAME_LIMIT (8 * 1024 * 1024)

#define FLAG_MESSAGE 0x00
#define FLAG_COMPRESSED 0x01U
#define FLAG_END 0x02
#define FLAG_TRAILER 0x80

void connect_protocol_init(struct connect_protocol *p, const char *peer)
{
	*p = (struct connect_protocol){ .peer = peer };
	buf_init(&p->body, FRAME_LIMIT);
}

void connect_protocol_fini(struct connect_protocol *p)
{
	buf_fini(&p->body);
}

static uint32_t length_of(const struct connect_protocol *p)
{
	return (uint32_t)p->head[1] << 24 | (uint32_t)p->head[2] << 16 |
	       (uint32_t)p->head[3] << 8 | p->head[4];
}

static bool is_kind(unsigned flag)
{
	return flag == FLAG_MESSAGE || flag == FLAG_END || flag == FLAG_TRAILER;
}

static bool check_head(const struct connect_protocol *p, struct error *e)
{
	unsigned flag = p->head[0];

	if (!is_kind(flag) && is_kind(flag & ~FLAG_COMPRESSED))
		return error_set(e, ERROR_UPSTREAM,
				 "%s sent a compressed frame, which was not "
				 "requested.",
				 p->peer);
	if (!is_kind(flag))
		return error_set(e, ERROR_UPSTREAM,
				 "%s did not send Connect frames.", p->peer);
	if (length_of(p) > FRAME_LIMIT)
		return error_set(e, ERROR_UPSTREAM,
				 "%s sent a frame larger than %d MiB.", p->peer,
				 FRAME_LIMIT >> 20);
	return true;
}

/* The frame is complete; leaves the parser ready for the next one. */
static enum flow
end_frame(struct connect_protocol *p,
	  enum flow (*on_frame)(void *ctx, enum connect_protocol_frame kind,
				const char *body, size_t n),
	  void *ctx)
{
	unsigned flag = p->head[0];
	enum flow flow = FLOW_CONTINUE;

	p->head_len = 0;
	p->ended = flag != FLAG_MESSAGE;
	if (p->ended || p->body.len > 0)
		flow = on_frame(ctx,
				flag == FLAG_MESSAGE ?
					CONNECT_PROTOCOL_MESSAGE :
				flag == FLAG_END ? CONNECT_PROTOCOL_END :
						   CONNECT_PROTOCOL_TRAILER,
				buf_text(&p->body), p->body.len);
	buf_clear(&p->body);
	return flow;
}

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

enum flow connect_protocol_feed(
	struct connect_protocol *p, const char *bytes, size_t n,
	enum flow (*on_frame)(void *ctx, enum connect_protocol_frame kind,
			      const char *body, size_t n),
	void *ctx, struct error *e)
{
	const char *end = bytes + n;
	enum flow flow = FLOW_CONTINUE;

	while (bytes < end && !p->ended && flow == FLOW_CONTINUE) {
		size_t take;

		if (p->head_len < CONNECT_HEAD_SIZE) {
			p->head[p->head_len++] = (unsigned char)*bytes++;
			if (p->head_len < CONNECT_HEAD_SIZE)
				continue;
			if (!check_head(p, e))
				return FLOW_FAILED;
		}
		take = min((size_t)(end - bytes), length_of(p) - p->body.len);
		buf_append(&p->body, bytes, take); /* within its limit */
		bytes += take;
		if (p->body.len == length_of(p))
			flow = end_frame(p, on_frame, ctx);
	}
	return flow;
}

void connect_protocol_head(char *out, uint32_t n)
{
	out[0] = FLAG_MESSAGE;
	for (int i = 1; i < CONNECT_HEAD_SIZE; i++)
		out[i] = (char)(n >> 8 * (CONNECT_HEAD_SIZE - 1 - i));
}
