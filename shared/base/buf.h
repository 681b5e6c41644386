/* SPDX-License-Identifier: MIT */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes that grow, never past the limit the buffer was made with. Whoever calls
 * buf_init calls buf_fini; see arena_buf for one that goes with an arena. `p`
 * is NULL while nothing was appended, else followed by a NUL that is not part
 * of `len`. Running out of memory aborts; for a MiB or more it counts as a
 * limit.
 */
struct buf {
	char *p;
	size_t len, cap, limit; /* bytes */
	bool full;		/* something did not fit, … */
	bool starved;		/* … as the system had no memory for it */
};

void buf_init(struct buf *b, size_t limit);
void buf_fini(struct buf *b);

/* buf_fini, for arena_own. */
void buf_drop(void *buf);

/* False, with nothing appended and `full` set, when it would not fit. */
bool buf_append(struct buf *b, const void *p, size_t n);
bool buf_put(struct buf *b, char c);
bool buf_puts(struct buf *b, const char *s);
bool buf_put_int(struct buf *b, int64_t v);
bool buf_printf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends `n` bytes for the caller to fill; NULL if they would not fit. */
char *buf_extend(struct buf *b, size_t n);

/* Makes room for `n` bytes in all, where that is known. False, with `full` set,
 * as for bytes that are appended. */
bool buf_reserve(struct buf *b, size_t n);

/* Removes the first `n` bytes. */
void buf_consume(struct buf *b, size_t n);

/* Removes all but the first `n` bytes, and resets as buf_clear does. */
void buf_cut(struct buf *b, size_t n);

/* Removes all bytes and resets `full` and `starved`; the memory is kept for reuse. */
void buf_clear(struct buf *b);

/* The bytes as a C string, "" while empty. Valid until the next change. */
const char *buf_text(const struct buf *b);

#endif
