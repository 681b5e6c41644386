/* SPDX-License-Identifier: MIT */
#ifndef FAKE_CONNECT_FRAME_H
#define FAKE_CONNECT_FRAME_H

#include <stdbool.h>

#include "text.h"

#define CONNECT_TYPE "application/connect+json"

/* Connect envelopes: a flag, four bytes of length (big endian), the bytes. */
enum frame_flag {
	FRAME_MESSAGE = 0x00,
	FRAME_COMPRESSED = 0x01,
	FRAME_END = 0x02,
	FRAME_GRPC_END = 0x80
};

#define FRAME_HEAD 5

/* Starts an envelope; what is added up to frame_end(t, that offset) is in
 * it. */
size_t frame_begin(struct text *t, enum frame_flag flag);
void frame_end(struct text *t, size_t begin);
/* Before frame_end: gives JSON members, and masks, names_like_this. */
void frame_snake(struct text *t, size_t begin);
/* Before frame_end: as gzip. */
void frame_compress(struct text *t, size_t begin);
/* The content of the one message envelope that these bytes are; NULL, and
 * why, if they are something else. Borrowed. */
const char *frame_only(const struct text *bytes, size_t *length,
		       struct text *why);

#endif
