/* SPDX-License-Identifier: MIT */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Bytes that grow, never beyond the limit given when the buffer was made.
 * `p` is NULL while empty, else always followed by a NUL that `len` does not
 * count.
 */
struct buf {
	char *p;
	size_t len, cap, limit;
	bool full; /* something did not fit */
};

void buf_init(struct buf *b, size_t limit);
void buf_fini(struct buf *b);

/* For arena_own: frees what a struct buf holds, not the struct. */
void buf_drop(void *buf);

/* False, and nothing appended, when the limit would be passed. */
bool buf_append(struct buf *b, const void *p, size_t n);
bool buf_puts(struct buf *b, const char *s);
bool buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Forgets the first `n` bytes, keeping what follows. */
void buf_consume(struct buf *b, size_t n);
void buf_clear(struct buf *b);

/* The text, "" while empty. Valid until the next change. */
const char *buf_text(const struct buf *b);

#endif
