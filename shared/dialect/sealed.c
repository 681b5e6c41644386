/* SPDX-License-Identifier: MIT */
/* Texts that clients carry without reading them. */
#include "dialect/sealed.h"

#include <string.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/utf8.h"

#define PREFIX "k1."
#define PREFIX_DETAILS "k2."
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)
#define SUM_LENGTH 16
#define HEAD_LENGTH (PREFIX_LENGTH + SUM_LENGTH + 1)
#define PIECE 3072 /* bytes encoded at a time: a multiple of three */
#define LIMIT (256 * 1024 * 1024)

static void sum(const char *text, size_t n, char out[HASH_SIZE])
{
	struct hash h;

	hash_init(&h);
	hash_add(&h, text, n);
	hash_end(&h, out);
}

static bool write_bytes(struct buf *out, const char *prefix, const char *text,
			size_t n)
{
	char digits[HASH_SIZE], coded[BASE64_LENGTH(PIECE)];
	bool ok;

	sum(text, n, digits);
	ok = buf_printf(out, "%s%.*s.", prefix, SUM_LENGTH, digits);
	for (size_t i = 0; ok && i < n; i += PIECE) {
		size_t piece = n - i < PIECE ? n - i : PIECE;

		base64_write(text + i, piece, coded);
		ok = buf_append(out, coded, BASE64_LENGTH(piece));
	}
	return ok;
}

bool sealed_write(struct buf *out, const struct sealed *sealed)
{
	struct buf both;
	bool ok;

	if (sealed->details == NULL)
		return write_bytes(out, PREFIX, sealed->text, sealed->n);
	buf_init(&both, LIMIT);
	ok = buf_puts(&both, sealed->details) && buf_puts(&both, "\n") &&
	     buf_append(&both, sealed->text, sealed->n) &&
	     write_bytes(out, PREFIX_DETAILS, both.p, both.len);
	buf_fini(&both);
	return ok;
}

const char *sealed_put(struct arena *a, const char *text, size_t n)
{
	return sealed_print(a, &(struct sealed){ text, n, NULL });
}

const char *sealed_print(struct arena *a, const struct sealed *sealed)
{
	struct buf *out = arena_buf(a, LIMIT);

	sealed_write(out, sealed);
	return buf_text(out);
}

/* Whether it ends as we would write it: base64 has several ways to code the
 * last bytes. */
static bool ends_as_written(const char *coded, size_t n, const char *text,
			    size_t bytes)
{
	size_t last = (bytes - 1) / 3 * 3;
	char end[BASE64_LENGTH(3)];

	base64_write(text + last, bytes - last, end);
	return n == BASE64_LENGTH(bytes) &&
	       memcmp(coded + n - sizeof(end), end, sizeof(end)) == 0;
}

static char *read_bytes(struct arena *a, const char *opaque)
{
	size_t n = strlen(opaque), bytes;
	const char *coded;
	char digits[HASH_SIZE], *text;

	if (n < HEAD_LENGTH || opaque[HEAD_LENGTH - 1] != '.')
		return NULL;
	coded = opaque + HEAD_LENGTH;
	if (!base64_check(coded, n - HEAD_LENGTH, &bytes) || bytes == 0)
		return NULL;
	text = arena_alloc(a, bytes + 1);
	base64_read(coded, 0, text, bytes);
	sum(text, bytes, digits);
	if (memcmp(digits, opaque + PREFIX_LENGTH, SUM_LENGTH) != 0 ||
	    !ends_as_written(coded, n - HEAD_LENGTH, text, bytes) ||
	    memchr(text, '\0', bytes) != NULL || !utf8_valid(text, bytes))
		return NULL;
	return text;
}

bool sealed_read(struct arena *a, const char *opaque, struct sealed *sealed)
{
	char *text, *line;

	*sealed = (struct sealed){ 0 };
	if (opaque == NULL)
		return false;
	if (strncmp(opaque, PREFIX, PREFIX_LENGTH) == 0) {
		sealed->text = read_bytes(a, opaque);
	} else if (strncmp(opaque, PREFIX_DETAILS, PREFIX_LENGTH) == 0 &&
		   (text = read_bytes(a, opaque)) != NULL &&
		   (line = strchr(text, '\n')) != NULL) {
		*line++ = '\0';
		sealed->details = text;
		sealed->text = *line == '\0' ? NULL : line;
	}
	if (sealed->text != NULL)
		sealed->n = strlen(sealed->text);
	return sealed->text != NULL || sealed->details != NULL;
}

const char *sealed_get(struct arena *a, const char *opaque)
{
	struct sealed sealed;

	sealed_read(a, opaque, &sealed);
	return sealed.text;
}
