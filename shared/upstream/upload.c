/* SPDX-License-Identifier: MIT */
/* Bodies that contain a file without having it in memory. */
#include "upstream/upload.h"

#include <string.h>

#include "base/random_id.h"

/* Copies the part of [from, from + n) that a text at `start` covers; returns
 * its length, 0 if it does not begin with the text. */
static size_t copy_text(char *to, size_t n, int64_t from, const char *text,
			int64_t start)
{
	int64_t left = start + (int64_t)strlen(text) - from;

	if (left <= 0 || from < start)
		return 0;
	if ((int64_t)n > left)
		n = (size_t)left;
	memcpy(to, text + (from - start), n);
	return n;
}

static bool copy_file(const struct upload *u, char *to, size_t n, int64_t from,
		      size_t *part, struct error *e)
{
	int64_t left = u->head_len + u->file->size - from;

	*part = 0;
	if (left <= 0 || from < u->head_len)
		return true;
	*part = (int64_t)n > left ? (size_t)left : n;
	return u->file->read(u->file, from - u->head_len, to, *part, e);
}

static bool read_upload(const struct http_source *s, int64_t offset, void *p,
			size_t n, struct error *e)
{
	const struct upload *u = s->ctx;
	char *to = p;

	while (n > 0) {
		size_t part = copy_text(to, n, offset, u->head, 0);

		if (part == 0 && !copy_file(u, to, n, offset, &part, e))
			return false;
		if (part == 0)
			part = copy_text(to, n, offset, u->tail,
					 u->head_len + u->file->size);
		to += part;
		offset += (int64_t)part;
		n -= part;
	}
	return true;
}

static struct upload *upload_new(struct arena *a, const struct chat_file *file,
				 const char *type, const char *head,
				 const char *tail)
{
	struct upload *u = arena_alloc(a, sizeof(*u));

	u->type = type;
	u->file = file;
	u->head = head;
	u->head_len = (int64_t)strlen(head);
	u->tail = tail;
	u->source = (struct http_source){
		.size = u->head_len + file->size + (int64_t)strlen(tail),
		.read = read_upload,
		.ctx = u,
	};
	return u;
}

struct upload *upload_bytes(struct arena *a, const struct chat_file *file)
{
	return upload_new(a, file, file->type, "", "");
}

/* As browsers do it; no name here has a line end. */
static const char *quoted_name(struct arena *a, const char *name)
{
	char *text = arena_alloc(a, 3 * strlen(name) + 1), *p = text;

	for (; *name != '\0'; name++)
		if (*name != '"') {
			*p++ = *name;
		} else {
			memcpy(p, "%22", 3);
			p += 3;
		}
	return text;
}

struct upload *upload_form(struct arena *a, const struct chat_file *file,
			   const char *purpose)
{
	const char *boundary = random_id(a, "kimi-proxy-"), *field = "";

	if (purpose != NULL)
		field = arena_printf(a,
				     "--%s\r\nContent-Disposition: form-data; "
				     "name=\"purpose\"\r\n\r\n%s\r\n",
				     boundary, purpose);
	return upload_new(
		a, file,
		arena_printf(a, "multipart/form-data; boundary=%s", boundary),
		arena_printf(a,
			     "%s--%s\r\nContent-Disposition: form-data; "
			     "name=\"file\"; filename=\"%s\"\r\n"
			     "Content-Type: %s\r\n\r\n",
			     field, boundary, quoted_name(a, file->name),
			     file->type),
		arena_printf(a, "\r\n--%s--\r\n", boundary));
}
