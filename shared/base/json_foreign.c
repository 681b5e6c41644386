/* SPDX-License-Identifier: MIT */
/* JSON whose encoding is broken. */
#include "base/json_foreign.h"

#include "base/utf8.h"

/* Thrice the text at most. */
static void mend(struct buf *out, const char *p, size_t n)
{
	const char *end = p + n;
	char character[4];

	while (p < end)
		buf_append(out, character,
			   utf8_put(character, utf8_next(&p, end)));
}

const cJSON *json_foreign_parse(struct arena *a, const char *p, size_t n,
				struct error *e)
{
	struct buf text;
	const cJSON *tree;

	if (utf8_valid(p, n))
		return json_parse(a, p, n, e);
	buf_init(&text, SIZE_MAX);
	mend(&text, p, n);
	tree = json_parse(a, buf_text(&text), text.len, e);
	buf_fini(&text);
	return tree;
}
