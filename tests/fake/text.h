/* SPDX-License-Identifier: MIT */
#ifndef FAKE_TEXT_H
#define FAKE_TEXT_H

#include <stddef.h>

/* Growing bytes, always NUL-terminated once something was added. Start from
 * {0}; text_fini frees. Out of memory aborts. */
struct text {
	char *at;
	size_t length, room;
};

void text_add(struct text *t, const void *bytes, size_t n);
void text_put(struct text *t, const char *string);
void text_printf(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* As a JSON string, with its quotes. */
void text_quote(struct text *t, const char *bytes, size_t n);
void text_quote_string(struct text *t, const char *string);
/* The bytes, never NULL; caller frees. */
char *text_take(struct text *t);
void text_fini(struct text *t);

/* Zeroed memory, caller frees; aborts when there is none. */
void *memory_new(size_t n);
/* Copy of a string, NULL for NULL; caller frees. */
char *memory_copy(const char *string);

size_t utf8_count(const char *bytes, size_t n);
/* The offset behind the first `characters` characters. */
size_t utf8_offset(const char *bytes, size_t n, size_t characters);

#endif
