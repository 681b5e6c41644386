/* SPDX-License-Identifier: MIT */
/* A byte buffer that grows up to a hard limit. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 256
#define LARGE (1024 * 1024)
#define INT_SIZE 20 /* of "-9223372036854775808" */

void buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf){ .limit = limit };
}

void buf_fini(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .limit = b->limit };
}

void buf_drop(void *buf)
{
	buf_fini(buf);
}

static bool resize(struct buf *b, size_t cap)
{
	char *p = realloc(b->p, cap);

	if (p == NULL && cap < LARGE)
		abort();
	if (p == NULL) {
		b->full = b->starved = true;
		return false;
	}
	b->p = p;
	b->cap = cap;
	return true;
}

static bool reserve(struct buf *b, size_t n)
{
	size_t cap = b->cap == 0 ? FIRST_SIZE : b->cap;

	if (n > b->limit - b->len) {
		b->full = true;
		return false;
	}
	if (b->p != NULL && b->cap - b->len > n)
		return true;
	while (cap - b->len <= n)
		cap *= 2;
	return resize(b, cap);
}

bool buf_reserve(struct buf *b, size_t n)
{
	if (n > b->limit) {
		b->full = true;
		return false;
	}
	if (b->cap > n)
		return true;
	if (!resize(b, n + 1))
		return false;
	b->p[b->len] = '\0';
	return true;
}

/* What is nearly always so, and needs no call. */
static bool has_room(const struct buf *b, size_t n)
{
	return b->cap - b->len > n && b->limit - b->len >= n;
}

char *buf_extend(struct buf *b, size_t n)
{
	assert(b->len <= b->limit);
	if (!has_room(b, n) && !reserve(b, n))
		return NULL;
	b->len += n;
	b->p[b->len] = '\0';
	return b->p + b->len - n;
}

bool buf_append(struct buf *b, const void *p, size_t n)
{
	char *to = buf_extend(b, n);

	if (to != NULL && n > 0)
		memcpy(to, p, n);
	return to != NULL;
}

bool buf_put(struct buf *b, char c)
{
	char *to = buf_extend(b, 1);

	if (to != NULL)
		*to = c;
	return to != NULL;
}

bool buf_puts(struct buf *b, const char *s)
{
	return buf_append(b, s, strlen(s));
}

bool buf_put_int(struct buf *b, int64_t v)
{
	char digits[INT_SIZE], *end = digits + sizeof(digits), *p = end;
	uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (v < 0)
		*--p = '-';
	return buf_append(b, p, (size_t)(end - p));
}

bool buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(n >= 0);
	if (!reserve(b, (size_t)n))
		return false;
	va_start(args, format);
	vsnprintf(b->p + b->len, (size_t)n + 1, format, args);
	va_end(args);
	b->len += (size_t)n;
	return true;
}

void buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n == 0)
		return;
	b->len -= n;
	memmove(b->p, b->p + n, b->len);
	b->p[b->len] = '\0';
}

void buf_cut(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->len = n;
	b->full = b->starved = false;
	if (b->p != NULL)
		b->p[n] = '\0';
}

void buf_clear(struct buf *b)
{
	buf_cut(b, 0);
}

const char *buf_text(const struct buf *b)
{
	return b->p == NULL ? "" : b->p;
}
