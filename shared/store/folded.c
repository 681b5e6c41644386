/* SPDX-License-Identifier: MIT */
/* Texts in small letters, as SQL compares them. */
#include "store/folded_internal.h"

#include <stddef.h>
#include <wctype.h>

#include "base/utf8.h"

static uint32_t small(uint32_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 'a';
	return c < 0x80 ? c : (uint32_t)towlower((wint_t)c);
}

/* A bad byte becomes U+FFFD, which has three; other characters have at most one
 * more as small letters. */
static void folded(sqlite3_context *context, int n, sqlite3_value **values)
{
	const char *p = (const char *)sqlite3_value_text(values[0]);
	int length = sqlite3_value_bytes(values[0]);
	const char *end;
	char *text, *to;

	(void)n;
	if (p == NULL)
		return;
	end = p + length;
	text = to = sqlite3_malloc64(3 * (sqlite3_uint64)length + 1);
	if (text == NULL) {
		sqlite3_result_error_nomem(context);
		return;
	}
	while (p < end)
		to += utf8_put(to, small(utf8_next(&p, end)));
	sqlite3_result_text64(context, text, (sqlite3_uint64)(to - text),
			      sqlite3_free, SQLITE_UTF8);
}

int folded_add_function(sqlite3 *handle)
{
	return sqlite3_create_function_v2(handle, "folded", 1,
					  SQLITE_UTF8 | SQLITE_DETERMINISTIC,
					  NULL, folded, NULL, NULL, NULL);
}
