/* SPDX-License-Identifier: MIT */
/* Builds the compiled form of a vocabulary, and locates its parts. */
#include "tokens/vocabulary_image.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

#define SETTING "KIMI_VOCABULARY"
#define BYTES 256
#define MAX_TOKENS (1u << 24)
#define EMPTY UINT32_MAX

/* A token, while the lines are read. */
struct entry {
	uint32_t at, length; /* in the decoded text; length 0: not seen yet */
};

struct builder {
	struct entry *entries; /* by rank */
	uint32_t n;
	char *text;
	size_t used;
	struct error *e;
};

static uint64_t mix(uint64_t h)
{
	h *= 0x9E3779B97F4A7C15;
	return h ^ h >> 29;
}

uint64_t image_hash(const void *p, size_t n)
{
	const unsigned char *s = p;
	uint64_t h = mix(n + 1), word;

	for (; n >= sizeof(word); n -= sizeof(word), s += sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		h = mix(h ^ word);
	}
	for (word = 0; n > 0; n--)
		word = word << 8 | s[n - 1];
	return mix(mix(h ^ word));
}

uint64_t image_header_check(const struct image_header *h)
{
	return image_hash(h, offsetof(struct image_header, check));
}

static size_t fixed_size(const struct image_header *h)
{
	return sizeof(*h) + (size_t)h->n_slots * sizeof(struct image_slot) +
	       ((size_t)h->n_tokens + 1) * sizeof(uint32_t);
}

bool image_header_valid(const struct image_header *h, size_t size)
{
	return size >= sizeof(*h) &&
	       memcmp(h->magic, IMAGE_MAGIC, sizeof(h->magic)) == 0 &&
	       h->byte_order == IMAGE_BYTE_ORDER &&
	       h->version == IMAGE_VERSION && h->size == size &&
	       h->check == image_header_check(h) && h->n_tokens < h->n_slots &&
	       (h->n_slots & (h->n_slots - 1)) == 0 && fixed_size(h) <= size;
}

const struct image_slot *image_slots(const void *image)
{
	return (const void *)((const char *)image +
			      sizeof(struct image_header));
}

const uint32_t *image_offsets(const void *image)
{
	const struct image_header *h = image;

	return (const void *)(image_slots(image) + h->n_slots);
}

const char *image_text(const void *image)
{
	return (const char *)image + fixed_size(image);
}

/* A rank: digits to the end of the line, without sign or leading zero. */
static bool read_rank(const char *p, size_t n, uint32_t max, uint32_t *rank)
{
	uint32_t value = 0;

	if (n == 0 || n > 8 || (n > 1 && *p == '0'))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(p[i] - '0');
	}
	*rank = value;
	return value < max;
}

static bool add_line(struct builder *b, const char *line, size_t n)
{
	const char *blank = memchr(line, ' ', n);
	struct entry *entry;
	uint32_t rank;
	size_t length;

	if (blank == NULL ||
	    !read_rank(blank + 1, n - (size_t)(blank - line) - 1, b->n,
		       &rank) ||
	    !base64_decode(line, (size_t)(blank - line), b->text + b->used,
			   &length) ||
	    length == 0)
		return false;
	entry = &b->entries[rank];
	if (entry->length != 0)
		return false;
	entry->at = (uint32_t)b->used;
	entry->length = (uint32_t)length;
	b->used += length;
	return true;
}

/* Each rank is below the number of lines and none occurs twice, so all ranks
 * are there. */
static bool read_lines(struct builder *b, const char *p, size_t n)
{
	const char *end = p + n;

	for (uint32_t number = 1; p < end; number++) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		if (stop == NULL)
			stop = end;
		if (!add_line(b, p, (size_t)(stop - p)))
			return error_field(b->e, ERROR_SETUP, SETTING,
					   "Line %u of the vocabulary named by "
					   "KIMI_VOCABULARY is not a token in "
					   "base64 and an unused rank below "
					   "%u.",
					   number, b->n);
		p = stop + 1;
	}
	return true;
}

static size_t count_lines(const char *p, size_t n)
{
	size_t lines = n > 0 && p[n - 1] != '\n';

	for (size_t i = 0; i < n; i++)
		lines += p[i] == '\n';
	return lines;
}

static bool equals(const struct builder *b, uint32_t rank, const char *p,
		   size_t n)
{
	const struct entry *entry = &b->entries[rank];

	return entry->length == n && memcmp(b->text + entry->at, p, n) == 0;
}

/* The slot of those bytes, or the empty slot where they belong. */
static struct image_slot *find_slot(const struct builder *b,
				    struct image_slot *slots, uint32_t n_slots,
				    const char *p, size_t n)
{
	uint64_t hash = image_hash(p, n);
	size_t i = hash & (n_slots - 1);

	while (slots[i].rank != EMPTY && !equals(b, slots[i].rank, p, n))
		i = (i + 1) & (n_slots - 1);
	slots[i].tag = (uint32_t)(hash >> 32);
	return &slots[i];
}

static bool fill_slots(const struct builder *b, struct image_slot *slots,
		       uint32_t n_slots)
{
	memset(slots, 0xFF, n_slots * sizeof(*slots));
	for (uint32_t rank = 0; rank < b->n; rank++) {
		const struct entry *entry = &b->entries[rank];
		struct image_slot *slot = find_slot(
			b, slots, n_slots, b->text + entry->at, entry->length);

		if (slot->rank != EMPTY)
			return error_field(b->e, ERROR_SETUP, SETTING,
					   "The vocabulary named by "
					   "KIMI_VOCABULARY has the same token "
					   "at ranks %u and %u.",
					   slot->rank, rank);
		slot->rank = rank;
	}
	for (int byte = 0; byte < BYTES; byte++) {
		char c = (char)byte;

		if (find_slot(b, slots, n_slots, &c, 1)->rank == EMPTY)
			return error_field(b->e, ERROR_SETUP, SETTING,
					   "The vocabulary named by "
					   "KIMI_VOCABULARY has no token for "
					   "the byte 0x%02x.",
					   (unsigned)byte);
	}
	return true;
}

static uint32_t fill_text(const struct builder *b, uint32_t *offsets,
			  char *text)
{
	uint32_t at = 0, longest = 0;

	for (uint32_t rank = 0; rank < b->n; rank++) {
		const struct entry *entry = &b->entries[rank];

		offsets[rank] = at;
		memcpy(text + at, b->text + entry->at, entry->length);
		at += entry->length;
		if (entry->length > longest)
			longest = entry->length;
	}
	offsets[b->n] = at;
	return longest;
}

static void *assemble(const struct builder *b,
		      const struct image_source *source, size_t *size)
{
	struct image_header h = { .byte_order = IMAGE_BYTE_ORDER,
				  .version = IMAGE_VERSION,
				  .source = *source,
				  .n_tokens = b->n,
				  .n_slots = 2 * BYTES };
	struct image_slot *slots;
	char *image, *text;

	while (h.n_slots / 8 * 5 < b->n)
		h.n_slots *= 2;
	memcpy(h.magic, IMAGE_MAGIC, sizeof(h.magic));
	h.size = fixed_size(&h) + b->used;
	image = malloc(h.size);
	if (image == NULL)
		abort();
	slots = (void *)(image + sizeof(h));
	text = image + fixed_size(&h);
	h.longest = fill_text(b, (void *)(slots + h.n_slots), text);
	h.check = image_header_check(&h);
	memcpy(image, &h, sizeof(h));
	*size = h.size;
	if (fill_slots(b, slots, h.n_slots))
		return image;
	free(image);
	return NULL;
}

void *image_build(const char *p, size_t n, const struct image_source *source,
		  size_t *size, struct error *e)
{
	struct builder b = { .e = e };
	size_t lines = count_lines(p, n);
	void *image = NULL;

	if (lines < BYTES || lines > MAX_TOKENS || n > UINT32_MAX) {
		error_field(e, ERROR_SETUP, SETTING,
			    "The file named by KIMI_VOCABULARY has %zu "
			    "lines, so it is not a vocabulary in tiktoken's "
			    "format.",
			    lines);
		return NULL;
	}
	b.n = (uint32_t)lines;
	b.entries = calloc(lines, sizeof(*b.entries));
	b.text = malloc(n);
	if (b.entries == NULL || b.text == NULL)
		abort();
	if (read_lines(&b, p, n))
		image = assemble(&b, source, size);
	free(b.entries);
	free(b.text);
	return image;
}
