/* SPDX-License-Identifier: MIT */
#ifndef FAKE_PLATFORM_MEDIA_H
#define FAKE_PLATFORM_MEDIA_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "platform_check.h"
#include "text.h"

/* An image or video that came with a request, or a file. */
struct media {
	char kind[8]; /* "image", "video" */
	char type[64];
	size_t size;
	char hash[9]; /* of its bytes: the start of the SHA-256, in hex */
};

/* Fills size and hash. */
void media_digest(struct media *media, const void *bytes, size_t n);
/* As `TYPE SIZE bytes sha256 HASH`. */
void media_describe(struct text *t, const struct media *media);

/* Is this part of a message (either flavour's) an image or a video? */
bool media_is(const cJSON *part);
/* Its contents; false: refused, and `no` says why. */
bool media_read(const struct ask *ask, const cJSON *part, struct media *media,
		struct refusal *no);
/* How many bytes of the request it occupies. */
size_t media_bytes(const cJSON *part);
/* Calls back for each one in the messages, tool results included. */
void media_each(const cJSON *messages,
		void (*visit)(void *context, const cJSON *part), void *context);

#endif
