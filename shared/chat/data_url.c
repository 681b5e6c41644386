/* SPDX-License-Identifier: MIT */
/* Files within JSON. */
#include "chat/data_url.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/text.h"
#include "chat/media_type.h"

#define SCHEME "data:"
#define MARK ";base64"
#define PIECE (12 * 1024)

bool data_url_is(const char *url)
{
	return strncasecmp(url, SCHEME, strlen(SCHEME)) == 0;
}

static bool read_base64(const struct chat_file *f, int64_t offset, void *p,
			size_t n, struct error *e)
{
	(void)e;
	base64_read(f->source, (size_t)offset, p, n);
	return true;
}

/* Some writers break lines. */
static const char *without_blanks(struct arena *a, const char *text)
{
	char *clean = arena_alloc(a, strlen(text) + 1), *out = clean;

	for (; *text != '\0'; text++)
		if (!text_is_space(*text))
			*out++ = *text;
	return clean;
}

static const char *hash_of(struct arena *a, const char *text, size_t size)
{
	char *hash = arena_alloc(a, HASH_SIZE);
	char piece[PIECE];
	struct hash h;

	hash_init(&h);
	for (size_t at = 0; at < size; at += PIECE) {
		size_t n = size - at < PIECE ? size - at : PIECE;

		base64_read(text, at, piece, n);
		hash_add(&h, piece, n);
	}
	hash_end(&h, hash);
	return hash;
}

static const char *type_of(struct arena *a, const char *text, size_t size,
			   const char *declared, const char *name)
{
	char head[MEDIA_TYPE_HEAD];
	size_t n = size < sizeof(head) ? size : sizeof(head);

	base64_read(text, 0, head, n);
	return media_type_of(head, n, declared, name, a);
}

/* The part before the comma, without ";base64"; NULL: it is not base64. */
static const char *declaration(struct arena *a, const char *url, size_t n)
{
	size_t mark = strlen(MARK);

	if (n < mark || strncasecmp(url + n - mark, MARK, mark) != 0)
		return NULL;
	return arena_copy_n(a, url, n - mark);
}

const struct chat_file *data_url_file(struct arena *a, const char *url,
				      const char *name, struct error *e)
{
	const char *comma = strchr(url, ','), *text, *declared;
	struct chat_file *f = arena_alloc(a, sizeof(*f));
	size_t size;

	url += strlen(SCHEME);
	declared = comma == NULL ? NULL :
				   declaration(a, url, (size_t)(comma - url));
	if (declared == NULL) {
		error_set(e, ERROR_VALUE,
			  "A data: URL must have the form "
			  "data:TYPE;base64,BYTES.");
		return NULL;
	}
	text = comma + 1;
	if (!base64_check(text, strlen(text), &size)) {
		text = without_blanks(a, text);
		if (!base64_check(text, strlen(text), &size)) {
			error_set(e, ERROR_VALUE,
				  "The data: URL is not valid base64.");
			return NULL;
		}
	}
	if (size == 0) {
		error_set(e, ERROR_VALUE, "The data: URL is empty.");
		return NULL;
	}
	*f = (struct chat_file){ .type = type_of(a, text, size, declared, name),
				 .size = (int64_t)size,
				 .hash = hash_of(a, text, size),
				 .read = read_base64,
				 .source = text };
	f->name = chat_file_name(a, name, f->type);
	return f;
}
