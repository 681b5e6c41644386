/* SPDX-License-Identifier: MIT */
/* Any lines after those of the 256 bytes: refused, or a sound image. */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/base64.h>

#include "tokens/vocabulary_image.h"

#define BYTES 256

/* A line of each byte: base64 of one byte has four characters. */
static size_t put_bytes(char *out)
{
	size_t n = 0;

	for (unsigned i = 0; i < BYTES; i++) {
		uint8_t byte = (uint8_t)i;

		base64_encode_raw(out + n, 1, &byte);
		n += BASE64_ENCODE_RAW_LENGTH(1);
		out[n++] = ' ';
		if (i >= 100)
			out[n++] = (char)('0' + i / 100);
		if (i >= 10)
			out[n++] = (char)('0' + i / 10 % 10);
		out[n++] = (char)('0' + i % 10);
		out[n++] = '\n';
	}
	return n;
}

/* Every token has a slot, and their texts fill the image. */
static void check_image(const void *image, size_t size)
{
	const struct image_header *h = image;
	const struct image_slot *slots = image_slots(image);
	const uint32_t *offsets = image_offsets(image);
	const char *text = image_text(image);
	uint32_t used = 0;

	assert(image_header_valid(h, size));
	assert(offsets[0] == 0);
	assert(text + offsets[h->n_tokens] == (const char *)image + size);
	for (uint32_t i = 0; i < h->n_slots; i++) {
		uint32_t rank = slots[i].rank, from, length;

		if (rank == UINT32_MAX)
			continue;
		used++;
		assert(rank < h->n_tokens);
		from = offsets[rank];
		length = offsets[rank + 1] - from;
		assert(length > 0 && length <= h->longest);
		assert(slots[i].tag ==
		       (uint32_t)(image_hash(text + from, length) >> 32));
	}
	assert(used == h->n_tokens && used < h->n_slots);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct image_source source = { .size = size };
	struct error e = { .kind = ERROR_KINDS };
	size_t n, length;
	char *text = malloc(BYTES * 9 + size);
	void *image;

	assert(text != NULL);
	n = put_bytes(text);
	if (size > 0)
		memcpy(text + n, data, size);
	image = image_build(text, n + size, &source, &length, &e);
	free(text);
	if (image == NULL)
		assert(e.kind == ERROR_SETUP && e.message[0] != '\0');
	else
		check_image(image, length);
	free(image);
	return 0;
}
